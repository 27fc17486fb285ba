"""Mon espace, the whole fiche, its versions and their comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, Response, abort, g, make_response, redirect, request, url_for
from sqlalchemy import ColumnElement, bindparam
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import comparison, drafts, words
from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.audit import recent
from cocon.contracts.queries import in_demonstration
from cocon.decisions import queries as decisions
from cocon.discussion import queries as discussion
from cocon.dossier import acts, odt, pdf, queries, sheet, wording
from cocon.files import queries as files
from cocon.funding import queries as funding
from cocon.funding.balance import EnvelopeLine
from cocon.kernel import clock, prepared
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import euros
from cocon.policy import Permission, demand
from cocon.structure import queries as structure
from cocon.suggestions import queries as suggestions
from cocon.web import access
from cocon.web.access import needs
from cocon.web.errors import Told, error_page
from cocon.web.filters import date_long
from cocon.web.pages import show

blueprint = Blueprint("dossier", __name__)
RECENT = 8


@blueprint.get("/espace", endpoint="workspace")
@needs(Permission.READ)
def workspace() -> Response:
    """What awaits the mandate worn, what awaits others, what happened."""
    actor = access.actor()
    lists = queries.workspace(actor)
    todo = [wording.line(task) for task in lists.todo]
    g.waiting = len(todo)
    return show(
        "dossier/workspace.html",
        marker=[format_date(clock.today(), "EEEE", locale="fr").capitalize(), date_long(clock.today())],
        situation=wording.situation(todo),
        todo=todo,
        answers=[wording.line(task) for task in lists.answers],
        waiting=[wording.line(task) for task in lists.waiting],
        nothing=wording.nothing(actor),
        recents=_recents(actor),
        envelopes=lists.envelopes,
        promised=sum(line.promised for line in lists.envelopes),
        bars=[_bar(line) for line in lists.envelopes],
    )


def _bar(line: EnvelopeLine) -> dict[str, object]:
    left = "" if line.left is None else _("reste %(left)s", left=euros(line.left))
    return {"label": str(line.year), "promised": line.promised, "pending": 0, "ceiling": line.amount, "text": left}


def _recents(actor: Actor) -> list[tuple[str, str, str | None]]:
    return [
        (date_long(entry.at), entry.sentence, url_for("audit.history", action_id=entry.about) if entry.about else None)
        for entry in recent.entries(actor, RECENT)
    ]


def _beside(who: prepared.Shape) -> Sequence[ColumnElement[Any]]:
    """What the page reads with the fiche: suggestions waiting and settled, its files, a next version, its links."""
    action_id: Any = bindparam("action_id")
    actor = prepared.anyone(who)
    return (
        *suggestions.counts(action_id),
        files.counted(action_id, actor),
        drafts.begun_on(action_id),
        structure.beside(action_id, actor),
    )


@blueprint.get("/actions/<uuid:action_id>", endpoint="action")
@needs(Permission.READ)
def action_page(action_id: UUID) -> BaseResponse:
    """The fiche: what one may do, its text, its money, the positions, the exchanges; of one's draft, its form."""
    actor = access.actor()
    # first: it reads the fiche anew, without its objective
    consultation, deciding = decisions.latest_and_period(str(action_id))
    whole = actions.whole(str(action_id), also=_beside, actor=actor)
    if whole is None:
        return _draft(actor, action_id)
    action, links = whole.action, structure.read(whole.also[-1])
    return show(
        "dossier/action.html",
        whole=whole,
        action=action,
        maturity=words.MATURITY[action.maturity],
        decision=words.DECISION[action.decision],
        progress=words.PROGRESS[action.progress],
        links=links,
        pieces=whole.also[2],
        box=acts.box(actor, action, consultation, deciding, links, whole.also[0], begun=bool(whole.also[3])),
        plan=funding.plan(funding.financing(action.id), whole.costs, actor.partner_id, whole.version.cost_basis),
        consultation=consultation,
        groups=decisions.groups(consultation, actor.partner_id) if consultation else [],
        threads=discussion.threads(action.id, actor),
    )


def _draft(actor: Actor, action_id: UUID) -> BaseResponse:
    """What is not shared yet has no page: those who may read it are led to its form."""
    draft = drafts.find(actor, str(action_id))
    if draft is None:
        abort(404)
    demand(actor, Permission.READ_DRAFT, draft)
    return redirect(url_for("actions.edit", action_id=draft.id), 303)


@blueprint.get("/actions/<uuid:action_id>/versions", endpoint="versions")
@needs(Permission.READ)
def versions(action_id: UUID) -> Response:
    """The versions of a fiche, newest first, with what was decided on them."""
    action, before = _action(action_id), request.args.get("avant")
    return show(
        "dossier/versions.html",
        action=action,
        versions=queries.versions(str(action_id), _number(before) if before else None),
        adopted=queries.ADOPTED,
        choices=_choices(action),
        first=before is None,
    )


@blueprint.get("/actions/<uuid:action_id>/comparer", endpoint="compare")
@needs(Permission.READ)
def compare(action_id: UUID) -> Response:
    """What changed between any two versions; without a choice, what the latest one changed."""
    action = _action(action_id)
    newer = _number(request.args.get("a") or str(action.version))
    older = _number(request.args.get("de") or str(max(newer - 1, 1)))
    texts = [actions.version(action.id, number) for number in (older, newer)]
    if texts[0] is None or texts[1] is None:
        abort(404)
    return show(
        "dossier/compare.html",
        action=action,
        compared=comparison.compare(texts[0], texts[1]),
        choices=_choices(action),
        older=older,
        newer=newer,
        beside=request.args.get("vue") == "cote-a-cote",
    )


def _choices(action: Action) -> list[tuple[int, LazyString]]:
    """The versions of a fiche as a list to choose from, newest first."""
    return [(number, _("version %(n)s", n=number)) for number in range(action.version, 0, -1)]


def _action(action_id: UUID) -> Action:
    action = actions.find(str(action_id))
    if action is None:
        abort(404)
    return action


def _number(text: str) -> int:
    """The number typed in an address; 0, which no version has, when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@blueprint.get("/actions/<uuid:action_id>/export.pdf", endpoint="pdf")
@needs(Permission.READ)
def action_pdf(action_id: UUID) -> Response:
    """The fiche as a PDF; ``version`` gives a former text."""
    document = _document(action_id)
    try:
        return _file(pdf.render(document), document, "pdf", "application/pdf")
    except pdf.Unprintable as missing:
        return error_page(503, told=Told(_("PDF indisponible"), missing.explanation, missing.advice))


@blueprint.get("/actions/<uuid:action_id>/export.odt", endpoint="odt")
@needs(Permission.READ)
def action_odt(action_id: UUID) -> Response:
    """The fiche as a text document that its readers may go on writing."""
    document = _document(action_id)
    return _file(odt.render(document), document, "odt", "application/vnd.oasis.opendocument.text")


def _document(action_id: UUID) -> sheet.Sheet:
    """What is printed, read whole; nothing stays open in the database while it is laid out."""
    asked = request.args.get("version", "")
    if asked and not (asked.isascii() and asked.isdecimal() and len(asked) <= 6):
        abort(404)
    number = int(asked) if asked else None
    document = sheet.of(access.actor(), str(action_id), number, fictional=in_demonstration())
    if document is None:
        abort(404)
    db.session.rollback()
    return document


def _file(content: bytes, document: sheet.Sheet, suffix: str, mimetype: str) -> Response:
    name = f"fiche-{document.code}-version-{document.number}.{suffix}"
    response = make_response(content)
    response.mimetype = mimetype
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
