"""The auditor's desk: a fiche's history, the whole log, one entry and its proof, verification, export, receipts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from operator import itemgetter
from typing import IO, Any
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, request, send_file, url_for

from cocon.audit import export, proofs, queries, trail, voice, words
from cocon.audit.event import KINDS
from cocon.audit.forms import ExportForm, FilterForm
from cocon.audit.queries import Entry
from cocon.audit.refusals import Unsigned
from cocon.audit.sentences import INTERNAL, by_whom
from cocon.audit.titles import FAMILIES, TITLES, family
from cocon.audit.verify import verify
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.language import _
from cocon.policy import Need, Permission
from cocon.web import access
from cocon.web.access import needs, unhurried
from cocon.web.forms import posted
from cocon.web.pages import show

blueprint = Blueprint("audit", __name__)
LARGEST = 2**31 - 2
MEMORY = 16 * 2**20


@blueprint.app_template_filter("the")
def _the(name: str) -> str:
    """A partner's name with its article, for the templates of every domain."""
    return words.the(None, name)


@blueprint.get("/actions/<uuid:action_id>/historique", endpoint="history")
@needs(Permission.READ)
def history(action_id: UUID) -> Response:
    """What happened to a fiche, as sentences under the phases of its life."""
    actor, fiche = access.actor(), queries.fiche(str(action_id))
    if fiche is None:
        abort(404)
    decisions, after = request.args.get("afficher") == "decisions", _number("apres")
    page = queries.history(actor, fiche.id, decisions=decisions, after=after)
    names = queries.names(queries.partners())
    lines = trail.told(actor, page.entries, names, queries.versions(fiche.id))
    return show(
        "audit/history.html",
        fiche=fiche,
        phases=trail.phases(lines),
        decisions=decisions,
        whole=after is None and not page.more,
        first=after is None,
        next=page.entries[-1].seq if page.more else None,
    )


@blueprint.get("/audit", endpoint="index")
@needs(Permission.AUDIT)
def index() -> Response:
    """The whole log, newest first, with filters."""
    actor, form, before = access.actor(), FilterForm(request.args), _number("avant")
    page = queries.listing(actor, form.wanted(), before)
    known = queries.partners()
    return show(
        "audit/index.html",
        form=form,
        asked=any(form.data.values()),
        lines=trail.told(actor, page.entries, {}),
        partners=[(one.key, one.current_name) for one in known],
        families=_families(),
        first=None if before is None else _again(avant=None),
        next=_again(avant=page.entries[-1].seq) if page.more else None,
    )


def _families() -> list[tuple[str, list[tuple[str, str]]]]:
    """The kinds of acts by family, each family whole first."""
    found = []
    for name, called in FAMILIES.items():
        kinds = sorted(
            ((kind, str(TITLES.get(kind, kind))) for kind in KINDS if family(kind) == name), key=itemgetter(1)
        )
        found.append((str(called), [(name, str(_("Tout\u00a0: %(family)s", family=called))), *kinds]))
    return found


@blueprint.get("/audit/<int:seq>", endpoint="entry")
@needs(Permission.READ)
def entry_page(seq: int) -> Response:
    """One entry: the sentence, every value changed, its text and its proof (``?fichier=1`` downloads the proof)."""
    entry = _readable(seq)
    actor, shown = access.actor(), queries.is_open_to(access.actor(), entry)
    checkpoint = proofs.covering(seq)
    if request.args.get("fichier") and shown and checkpoint:
        return _zip(f"preuve-{seq}.zip", lambda out: export.prove(seq, out, actor))
    return show(
        "audit/entry.html",
        entry=entry,
        shown=shown,
        inclusion=proofs.inclusion(seq, entry.text, checkpoint) if checkpoint else None,
        receipt=shown and _is_receipted(entry),
        internal=INTERNAL,
        legal=words.legal,
        **(_in_detail(entry) if shown else {}),
    )


def _in_detail(entry: Entry) -> dict[str, Any]:
    """What the page of an entry shows to those who may read it."""
    actor, body = access.actor(), entry.body
    names = queries.names(queries.partners())
    names |= queries.names_of_rows(trail.pointed_at(body), names)
    opened = queries.opened(actor, trail.digests_of(body))
    (line,) = trail.told(actor, [entry], names)
    return {
        "body": body,
        "line": line,
        "changed_rows": trail.rows(body, opened, names),
        "who": by_whom(body, opened),
        "kind": TITLES.get(entry.kind, entry.kind),
    }


@blueprint.get("/audit/<int:seq>/recu", endpoint="receipt")
@needs(Permission.READ)
def receipt(seq: int) -> Response:
    """The receipt of a formal act, for its author's organisation (``?fichier=1`` downloads the checkpoint)."""
    actor, entry = access.actor(), _readable(seq)
    if not _is_receipted(entry):
        abort(404)
    checkpoint = proofs.covering(seq)
    if request.args.get("fichier") and checkpoint:
        return _text(checkpoint, f"recu-{seq}.txt")
    (line,) = trail.told(actor, [entry], {})
    keys = voice.read(db.engine).keys(seq + 1)
    return show("audit/receipt.html", entry=entry, line=line, checkpoint=checkpoint, keys=keys)


@blueprint.get("/audit/verifier", endpoint="verify")
@needs(Permission.AUDIT)
def verify_page() -> Response:
    """What the verification does, what it proves and what it does not."""
    return show("audit/verify.html", report=None, keys=_keys())


@blueprint.post("/audit/verifier", endpoint="verify_post")
@needs(Permission.AUDIT)
@unhurried
def verify_post() -> Response:
    """Verify now, and say it in plain French."""
    report = verify()
    return show("audit/verify.html", report=report, keys=_keys() if report.ok else [], now=clock.now())


@blueprint.get("/audit/exporter", endpoint="export")
@needs(Permission.EXPORT_LOG)
def export_page() -> Response:
    """How far to export."""
    return show("audit/export.html", form=ExportForm())


@blueprint.post("/audit/exporter", endpoint="export_post")
@needs(Permission.EXPORT_LOG)
@unhurried
def export_post() -> Response:
    """The evidence bundle, as a file."""
    actor, form = access.actor(), posted(ExportForm)
    if not form.validate():
        return show("audit/export.html", form=form, status=422)
    try:
        return _zip("dossier-de-preuves.zip", lambda out: export.export(out, form.until.data, actor))
    except Unsigned as refusal:
        form.refuse(refusal)
        return show("audit/export.html", form=form, status=form.status)


@blueprint.get("/donnees/journal/checkpoint", endpoint="checkpoint")
@needs(Need.PUBLIC)
def checkpoint() -> Response:
    """The latest signed checkpoint, for whoever wants to keep it."""
    newest = proofs.newest()
    if newest is None:
        abort(404)
    response = _text(newest)
    response.headers["X-Log-Key-Id"] = ", ".join(proofs.key_ids(newest))
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _readable(seq: int) -> Entry:
    found = queries.entry(seq) if seq <= LARGEST else None
    if found is None or not queries.may_open(access.actor(), found):
        abort(404)
    return found


def _is_receipted(entry: Entry) -> bool:
    """Whether the act is a formal one of the actor's own organisation."""
    event, partner = KINDS.get(entry.kind), access.actor().partner_key
    return bool(event and event.formal and partner and entry.body["actor"]["partner"] == partner)


def _keys() -> list[str]:
    speaking = voice.read(db.engine)
    return speaking.keys(speaking.upto)


def _zip(name: str, write: Callable[[IO[bytes]], object]) -> Response:
    file = tempfile.SpooledTemporaryFile(MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return send_file(file, "application/zip", as_attachment=True, download_name=name)


def _text(note: str, name: str | None = None) -> Response:
    response = make_response(note)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _again(**changed: Any) -> str:
    """The list again, with the same filters."""
    kept = {name: value for name, value in request.args.items() if value and name in FilterForm.names()}
    return url_for("audit.index", **{**kept, **changed})
