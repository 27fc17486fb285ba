"""The files of money: the matrix of the contract, the plan of a fiche, open data."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, request

from cocon.actions import queries as actions
from cocon.actions import words as fiche
from cocon.consolidation import book, charges, money, opendata, others, printed, queries, totals
from cocon.consolidation.money import Heading
from cocon.consolidation.queries import Cost, Line, Received
from cocon.contracts import queries as contracts
from cocon.dossier import pdf
from cocon.dossier.sheet import edition
from cocon.funding import ledger, resources
from cocon.funding import queries as funding
from cocon.funding.budget import Budget
from cocon.funding.choice import Choice, of_matrix
from cocon.kernel.db import db
from cocon.kernel.language import _
from cocon.partners import queries as partners
from cocon.policy import Need, Permission
from cocon.web.access import needs
from cocon.web.errors import Told, error_page
from cocon.web.pages import show

blueprint = Blueprint("consolidation", __name__)
_Row = TypeVar("_Row", Line, Cost, Received)


@blueprint.get("/financement/export.<any(xlsx,ods,csv,pdf):form>", endpoint="matrix")
@needs(Permission.READ)
def matrix(form: str) -> Response:
    """The lines that the matrix shows with the same choices, and their totals."""
    years = contracts.outline().years
    choice, heading, short = _chosen()
    lines = _kept(queries.lines_of(choice), short)
    whole = None if form == "csv" else _whole(lines, years, choice, short)
    db.session.rollback()  # nothing stays open in the database while the file is made
    name = "financement-du-contrat" if choice.planned else f"financement-du-contrat-{choice.level}"
    if whole and form == "pdf":
        return _pdf(heading, whole, name)
    sheets = totals.sheets(heading, whole) if whole else [money.line_sheet(lines)]
    return _file(_written(form, sheets), form, name)


@blueprint.get("/actions/<uuid:action_id>/financement/export.<any(xlsx,ods,csv):form>", endpoint="plan")
@needs(Permission.READ)
def plan(action_id: UUID, form: str) -> Response:
    """The financing plan of a fiche, and its lines with all that was voted, engaged and paid."""
    whole = actions.whole(str(action_id))
    if whole is None:
        abort(404)
    action, lines, rows = whole.action, queries.lines(action_id=str(action_id)), resources.of_action(str(action_id))
    basis = fiche.COST_BASIS.get(whole.version.cost_basis)
    taxes = _("Montants %(basis)s.", basis=basis) if basis else _("HT ou TTC\u00a0: à compléter.")
    heading = Heading(title=f"{action.code} {action.title}", said=[*_said(), str(taxes)])
    name = f"financement-{action.code}"
    letter = action.objective.letter if action.objective else ""
    more = others.lines((action.axis.number, action.axis.title, letter, action.code, action.title), rows)
    years = contracts.outline().years
    budget = Budget.of(whole, funding.financing(str(action_id)).lines, rows)
    sheets = [
        money.plan(heading, lines, rows, whole.costs, years),
        charges.sheet(heading, budget, rows),
        money.line_sheet(lines, more),
    ]
    db.session.rollback()
    return _file(_written(form, sheets), form, name)


@blueprint.get("/enveloppes/<key>/export.<any(xlsx,ods,csv):form>", endpoint="envelopes")
@needs(Permission.READ)
def envelopes(key: str, form: str) -> Response:
    """The table of a partner's envelopes, by year and by axis."""
    partner = ledger.partner(key)
    if partner is None:
        abort(404)
    rows, name = ledger.rows(partner.id), str(partner.current_name)
    heading = Heading(title=str(_("Enveloppes : %(partner)s", partner=name)), said=_said())
    db.session.rollback()
    return _file(_written(form, [money.reserves(heading, rows)]), form, f"enveloppes-{key}")


def _whole(lines: Sequence[Line], years: Sequence[int], choice: Choice, short: Set[str] | None) -> totals.Whole:
    """All that the matrix adds up: of one partner, only the fiches that it funds, and no resource from elsewhere."""
    found = queries.accounts_of(choice)
    costs, received = _kept(found.costs, short), _kept(found.received, short)
    if choice.partner:
        costs = _kept(costs, {line.action_id for line in lines if line.at(choice.column)})
    elsewhere = None if choice.partner else received
    return totals.Whole(lines=lines, costs=costs, received=elsewhere, years=years, choice=choice)


def _kept(rows: Sequence[_Row], fiches: Set[str] | None) -> Sequence[_Row]:
    """Those of some fiches, or all."""
    return rows if fiches is None else [row for row in rows if row.action_id in fiches]


def _chosen() -> tuple[Choice, Heading, Set[str] | None]:
    """What the filters of the matrix keep, what to say of them, and the fiches that lack money where only those are."""
    signatories, short = partners.partners(), None
    choice = of_matrix(request.args, signatories)
    if choice.lacking:
        short = {fiche.id for fiche in funding.matrix(signatories, replace(choice, partner=None)).fiches}
    kept = [
        *([str(_("Axe %(n)s seulement.", n=choice.axis.number))] if choice.axis else []),
        *([_objective(choice.letter)] if choice.letter is not None else []),
        *([str(_("Un seul financeur\u00a0: %(name)s.", name=choice.partner.current_name))] if choice.partner else []),
        *([str(_("Seulement les fiches où il manque de l’argent."))] if choice.lacking else []),
    ]
    title = _("Financement du contrat")
    if not choice.planned:
        title = _("Financement du contrat, %(amounts)s", amounts=choice.amounts)
    return choice, Heading(title=str(title), said=[*_said(), *kept]), short


def _objective(letter: str) -> str:
    if not letter:
        return str(_("Fiches sans objectif seulement."))
    return str(_("Objectif %(letter)s seulement.", letter=letter))


def _said() -> list[str]:
    """What stands on every file: the contract, when it was made, what is fictional."""
    said = [contracts.contract().title, edition(), str(_("Montants en euros."))]
    if contracts.in_demonstration():
        said.append(str(_("Démonstration\u00a0: les montants et les fiches sont fictifs.")))
    return said


def _written(form: str, sheets: Sequence[book.Sheet]) -> bytes:
    if form == "csv":
        return book.text_file(sheets[-1].rows)
    return book.xlsx(sheets) if form == "xlsx" else book.ods(sheets)


def _pdf(heading: Heading, whole: totals.Whole, name: str) -> Response:
    try:
        return _file(printed.render(heading, whole), "pdf", name)
    except pdf.Unprintable as missing:
        return error_page(503, told=Told(_("PDF indisponible"), missing.explanation, missing.advice))


def _file(content: bytes, form: str, name: str) -> Response:
    response = make_response(content)
    response.mimetype = book.MIMES[form]
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{form}")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@blueprint.get("/donnees/", endpoint="data")
@needs(Need.PUBLIC)
def data() -> Response:
    """What is published, and under which terms."""
    return show("consolidation/data.html", demonstration=contracts.in_demonstration())


@blueprint.get("/donnees/subventions.csv", endpoint="subventions")
@needs(Need.PUBLIC)
def subventions() -> Response:
    """SCDL subventions 2.1.1."""
    return _file(opendata.subventions().file, "csv", "subventions")


@blueprint.get("/donnees/deliberations.csv", endpoint="deliberations")
@needs(Need.PUBLIC)
def deliberations() -> Response:
    """SCDL deliberations 2.1.5."""
    return _file(opendata.deliberations().file, "csv", "deliberations")


@blueprint.get("/donnees/subventions/rejets", endpoint="rejected")
@needs(Permission.READ)
def rejected() -> Response:
    """What the files leave out, and why."""
    return show("consolidation/rejected.html", grants=opendata.subventions(), acts=opendata.deliberations())
