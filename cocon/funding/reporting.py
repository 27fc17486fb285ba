"""The financial reports: the list of those due, late and received, and the page where a funder records its own.

Named outside the seven usual files: with the amounts it would make one file of two subjects.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.contracts.queries import outline
from cocon.files import queries as files
from cocon.files import serving
from cocon.files import words as file_words
from cocon.files.scanning import shelf_of
from cocon.funding import documents, owed, reports, unreported
from cocon.funding.act_forms import ActFileForm
from cocon.funding.blueprint import blueprint
from cocon.funding.documenting import config, largest_request, room, sent_file
from cocon.funding.forms import ReportForm
from cocon.kernel.language import LazyString, _
from cocon.partners import queries as partners
from cocon.policy import Permission, may
from cocon.web import access
from cocon.web.access import needs, receives, unhurried
from cocon.web.forms import posted
from cocon.web.pages import done, show

KINDS: dict[str, LazyString] = {
    "received": _("Le compte rendu est reçu"),
    "waived": _("Nous en dispensons l’organisation"),
    "reopened": _("Nous l’attendons de nouveau"),
}
DONE: dict[str, LazyString] = {
    "received": _("Compte rendu financier reçu."),
    "waived": _("Dispense de compte rendu financier enregistrée."),
    "reopened": _("Le compte rendu financier est de nouveau attendu."),
}
_CURSOR = re.compile(r"(\d{4})-([0-9a-f-]{36})", re.ASCII)


@blueprint.get("/financement/comptes-rendus", endpoint="reports")
@needs(Permission.READ)
def index() -> Response:
    """The financial reports that partners owe each other."""
    signatories, state, after = partners.partners(), request.args.get("etat"), request.args.get("apres")
    partner = next((one for one in signatories if one.key == request.args.get("partenaire")), None)
    state, cursor = state if state in owed.FILTERS else None, _CURSOR.fullmatch(after or "")
    side = request.args.get("sens") if partner and request.args.get("sens") in owed.SIDES else None
    if after and not cursor:
        abort(404)
    place = (int(cursor[1]), cursor[2]) if cursor else None
    found = owed.listed(state, partner.id if partner else None, place, side)
    return show(
        "funding/reports.html",
        found=found.lines,
        next=found.next,
        later=after is not None,
        state=state,
        states=owed.FILTERS,
        side=side,
        side_options=[("", _("qu’il doit ou attend")), *owed.SIDES.items()],
        partner=partner,
        partner_options=[("", _("Tous les partenaires")), *((one.key, one.current_name) for one in signatories)],
    )


@blueprint.get("/actions/<uuid:action_id>/financement/comptes-rendus/<int:year>", endpoint="report")
@needs(Permission.READ)
def report(action_id: UUID, year: int) -> Response:
    """What a funder, my organisation unless another is named, says of the report on a year of its money for a fiche."""
    key = request.args.get("financeur")
    funder = partners.partner_by_key(key) if key else None
    if key and funder is None:
        abort(404)
    return _page(_fiche(action_id, year), year, ReportForm(), funder.id if funder else None)


@blueprint.post("/actions/<uuid:action_id>/financement/comptes-rendus/<int:year>", endpoint="report_post")
@needs(Permission.ACCOUNT)
def report_post(action_id: UUID, year: int) -> BaseResponse:
    """Record it."""
    fiche, form, actor = _fiche(action_id, year), posted(ReportForm), access.actor()
    found = owed.own(fiche.id, actor.partner_id or "", year)
    if found is None:
        form.status = unreported.NothingOwed.status
        return _page(fiche, year, form)
    event = form.carry_out(reports.record_report, actor, found.contribution, year=year)
    if event is None:
        return _page(fiche, year, form)
    return done(url_for("funding.report", action_id=fiche.id, year=year), DONE[str(form.kind.data)])


@blueprint.get("/actions/<uuid:action_id>/financement/comptes-rendus/<int:year>/fichier", endpoint="report_file")
@needs(Permission.ACCOUNT)
def file(action_id: UUID, year: int) -> Response:
    """Ask for the document of a report that my organisation received."""
    return _file_page(_fiche(action_id, year), year, ActFileForm())


@blueprint.post("/actions/<uuid:action_id>/financement/comptes-rendus/<int:year>/fichier", endpoint="report_file_post")
@needs(Permission.ACCOUNT)
@receives(largest_request)
@unhurried
def file_post(action_id: UUID, year: int) -> BaseResponse:
    """Join it. It is examined before the write begins, so that nobody waits for it."""
    fiche, shelf, form = _fiche(action_id, year), shelf_of(config()), sent_file()
    found = owed.own(fiche.id, access.actor().partner_id or "", year)
    if found is None:
        form.refuse(unreported.NotReceived())
        return _file_page(fiche, year, form, form.status)
    if form.validate():
        replayed = access.claim()
        if replayed is not None:
            return replayed
    more: dict[str, Any] = {"year": year, "shelf": shelf}
    if form.carry_out(documents.attach_report_document, access.actor(), found.contribution, **more) is None:
        return _file_page(_fiche(action_id, year), year, form, 413 if form.file.too_large else form.status)
    told = (
        _("Le document est joint. Il sera lisible une fois contrôlé.") if shelf.scanned else _("Le document est joint.")
    )
    return done(url_for("funding.report", action_id=action_id, year=year), told)


@blueprint.get(
    "/actions/<uuid:action_id>/financement/comptes-rendus/fichiers/<uuid:document_id>", endpoint="report_download"
)
@needs(Permission.READ)
def download(action_id: UUID, document_id: UUID) -> Response:
    """The document of a report."""
    found = reports.document(str(action_id), str(document_id))
    if found is None:
        abort(404)
    serving.demand_readable(found, access.actor())
    return serving.sent(found, shelf_of(config()))


def _documents(found: owed.Owed | None, year: int) -> Sequence[files.Piece]:
    """The documents that a report had, whatever was recorded of it since; what stands first."""
    facts = reports.facts(found.contribution.id, year) if found else []
    return files.of_reports([fact.id for fact in facts if fact.kind == "received"])


def _file_page(fiche: Action, year: int, form: ActFileForm, status: int = 200) -> Response:
    partner_id = access.actor().partner_id or ""
    found, shelf = owed.own(fiche.id, partner_id, year), shelf_of(config())
    last = reports.last(found.contribution.id, year) if found else None
    had = files.of_reports([last.id]) if last else []
    return show(
        "funding/report_file.html",
        status=status,
        form=form,
        fiche=fiche,
        year=year,
        received=last is not None and last.kind == "received",
        revision=len(had),
        replaced=next((one.attachment for one in had if one.attachment.alive), None),
        **room(shelf, partner_id),
    )


def _fiche(action_id: UUID, year: int) -> Action:
    fiche = actions.find(str(action_id))
    if fiche is None or year not in outline().years:
        abort(404)
    return fiche


def _page(fiche: Action, year: int, form: ReportForm, funder_id: str | None = None) -> Response:
    actor = access.actor()
    mine = funder_id in (None, actor.partner_id)
    found = owed.own(fiche.id, funder_id or actor.partner_id or "", year)
    following = reports.FOLLOWING[found.kind] if found else ()
    form.kind.choices = [(kind, KINDS[kind]) for kind in following]
    said: dict[str, Any] = {"status": form.status, "form": form, "fiche": fiche, "year": year, "owed": found}
    said |= {"documents": _documents(found, year), "readable": files.READABLE, "mine": mine}
    said["accounts"] = found is not None and may(actor, Permission.ACCOUNT, found.contribution)
    return show("funding/report.html", **said, states=file_words.STATES, weight=file_words.weight)
