"""The financial reports: the list of those due, late and received, and the page where a funder records its own.

Named outside the seven usual files: with the amounts it would make one file of two subjects.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.contracts.queries import outline
from cocon.funding import owed, reports, unreported
from cocon.funding.blueprint import blueprint
from cocon.funding.forms import ReportForm
from cocon.kernel.language import LazyString, _
from cocon.partners import queries as partners
from cocon.policy import Permission
from cocon.web import access
from cocon.web.access import needs
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
    state, cursor = state if state in owed.STATES else None, _CURSOR.fullmatch(after or "")
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
        states=owed.STATES,
        side=side,
        side_options=[("", _("qu’il doit ou attend")), *owed.SIDES.items()],
        partner=partner,
        partner_options=[("", _("Tous les partenaires")), *((one.key, one.current_name) for one in signatories)],
    )


@blueprint.get("/actions/<uuid:action_id>/financement/comptes-rendus/<int:year>", endpoint="report")
@needs(Permission.ACCOUNT)
def report(action_id: UUID, year: int) -> Response:
    """What my organisation says of the report on its money for a fiche and a year."""
    return _page(_fiche(action_id, year), year, ReportForm())


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


def _fiche(action_id: UUID, year: int) -> Action:
    fiche = actions.find(str(action_id))
    if fiche is None or year not in outline().years:
        abort(404)
    return fiche


def _page(fiche: Action, year: int, form: ReportForm) -> Response:
    found = owed.own(fiche.id, access.actor().partner_id or "", year)
    following = reports.FOLLOWING[found.kind] if found else ()
    form.kind.choices = [(kind, KINDS[kind]) for kind in following]
    said: dict[str, Any] = {"status": form.status, "form": form, "fiche": fiche, "year": year, "owed": found}
    return show("funding/report.html", **said)
