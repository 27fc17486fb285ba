"""Who owes whom a financial report: one for each year of a contribution in money on which something was paid.

Named outside the seven usual files. A report is due on 30 June of the next year. Who carries the fiche, by its last
adopted text, or its current one while none is adopted, owes it to the funder: a partner, or somebody named freely (an
association), for whom the partner that proposed the fiche sends it; the latter owes it where nobody is named. A funder
owes none to itself. What became of the fiche changes nothing: money that was paid is accounted for. A report of which
something was recorded stays, whoever carries the fiche since and whatever money came back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Select,
    and_,
    cast,
    column,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    table,
    tuple_,
)
from sqlalchemy.orm import aliased

from cocon.actions.models import Action, ActionVersion
from cocon.audit.models import LogChange
from cocon.audit.words import the
from cocon.contracts.models import Axis
from cocon.files.models import Attachment
from cocon.files.queries import READABLE
from cocon.funding.models import Contribution, FinancialReport, Tranche
from cocon.funding.words import CASH
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

PAGE = 25
#: How far a report is, by the word of its address.
STATES: dict[str, LazyString] = {
    "en-retard": _("en retard"),
    "attendus": _("attendus"),
    "recus": _("reçus"),
    "dispenses": _("dispensés"),
}
#: Of those awaited, the ones whose last day is of this year.
SOON = "a-rendre"
#: What a list keeps, by the word of its address.
FILTERS: dict[str, LazyString] = {"en-retard": STATES["en-retard"], SOON: _("à rendre d’ici le 30 juin"), **STATES}
#: On which side of a report a partner is, by the word of its address.
SIDES: dict[str, LazyString] = {"doit": _("qu’il doit"), "attend": _("qu’il attend")}


def due_on(year: int) -> date:
    """The last day to send the report on a year."""
    return date(year + 1, 6, 30)


def days_late(year: int) -> int:
    """How many days ago that was; at most 0 while it has not passed."""
    return (clock.today() - due_on(year)).days


class Owed(NamedTuple):
    """A report: on whose money for which fiche and year, what was recorded of it last, and its document to be read.

    The document is that of the last receipt, though the report be awaited again since.
    ``carrier`` is who owes it when that is no partner; then ``owner`` is the partner that sends it.
    """

    action_id: str
    code: str
    title: str
    axis: int
    carrier: str | None
    owner: Partner
    funder: Partner
    contribution: Contribution
    year: int
    paid: Cents
    kind: str | None
    taken_on: date | None
    reason: str | None
    seq: int | None
    document_id: str | None

    @property
    def debtor(self) -> str:
        """Who owes it, by name."""
        return self.carrier or self.owner.current_name

    @property
    def called(self) -> str:
        """The same with its article; how a name typed freely takes one is not known."""
        return self.carrier or the(self.owner.key, self.owner.current_name)

    @property
    def state(self) -> str:
        """One of STATES."""
        settled = {"received": "recus", "waived": "dispenses"}.get(self.kind or "")
        return settled or ("en-retard" if self.late > 0 else "attendus")

    @property
    def due(self) -> date:
        """The last day to send it."""
        return due_on(self.year)

    @property
    def late(self) -> int:
        """How many days ago that was."""
        return days_late(self.year)


class Page(NamedTuple):
    """25 reports at most; ``next`` is where the next page begins."""

    lines: Sequence[Owed]
    next: str | None


def listed(
    state: str | None, partner_id: str | None, after: tuple[int, str] | None = None, side: str | None = None
) -> Page:
    """The reports in a state, or all, that a partner owes or awaits (one of SIDES, or both), or all; oldest first."""
    kept = [_in(state)] if state else []
    if partner_id:
        owes, awaits = _sends(partner_id), Contribution.partner_id == partner_id
        kept.append({"doit": owes, "attend": awaits}.get(side or "", or_(owes, awaits)))
    if after:
        kept.append(_following(*after))
    order = (_PAID.c.year, Action.code, Contribution.id)
    rows = db.session.execute(_reports().where(*kept).order_by(*order).limit(PAGE + 1))
    lines = [Owed(*row) for row in rows]
    last = lines[PAGE - 1] if len(lines) > PAGE else None
    return Page(lines[:PAGE], f"{last.year}-{last.contribution.id}" if last else None)


def _following(year: int, contribution_id: str) -> ColumnElement[bool]:
    code = (
        select(Action.code)
        .join(Contribution, Contribution.action_id == Action.id)
        .where(Contribution.id == contribution_id)
        .scalar_subquery()
    )
    here = tuple_(literal(year), code, literal(contribution_id))
    return tuple_(_PAID.c.year, Action.code, Contribution.id) > here


def own(action_id: str, partner_id: str, year: int) -> Owed | None:
    """The report that a partner awaits on its money for a fiche and a year."""
    row = db.session.execute(
        _reports()
        .where(Action.id == action_id, Contribution.partner_id == partner_id, _PAID.c.year == year)
        .execution_options(populate_existing=True)
    ).first()
    return Owed(*row) if row else None


#: Something was recorded of the report on a tranche's year.
_TOLD = exists().where(FinancialReport.contribution_id == Tranche.contribution_id, FinancialReport.year == Tranche.year)
#: What was paid in money, by contribution and year.
_PAID = (
    select(Tranche.contribution_id, Tranche.year, cast(func.sum(Tranche.paid), BigInteger).label("paid"))
    .where(or_(Tranche.paid > 0, _TOLD))
    .group_by(Tranche.contribution_id, Tranche.year)
    .subquery("paid")
)
_LATER = aliased(FinancialReport)


#: Consultations, by the name of their table: they are of a package above this one.
_CONSULTATION = table("consultation", column("action_id"), column("version", Integer), column("outcome"))


def _binding() -> ColumnElement[int]:
    """The number of the last text of a fiche that was adopted; of its current one while none is."""
    asked = _CONSULTATION.c
    adopted = select(func.max(asked.version)).where(
        asked.action_id == Action.id, asked.outcome.in_(("adopted", "adopted_with_reserve"))
    )
    return func.coalesce(adopted.correlate(Action).scalar_subquery(), Action.version)


def _sender() -> ColumnElement[str]:
    """The partner that carries the fiche, else the one that proposed it."""
    return func.coalesce(ActionVersion.project_owner_id, Action.partner_id)


def _sends(partner_id: Any) -> ColumnElement[bool]:
    """Whether a partner sends the report; a funder owes none to itself."""
    return and_(_sender() == partner_id, Contribution.partner_id != partner_id)


def _joined(statement: Select[Any]) -> Select[Any]:
    """Years of contributions on which something was paid to another, with the latest fact about their report.

    They are joined with their fiche and the text of it that binds.
    """
    same = and_(_LATER.contribution_id == FinancialReport.contribution_id, _LATER.year == FinancialReport.year)
    latest = and_(
        FinancialReport.contribution_id == Contribution.id,
        FinancialReport.year == _PAID.c.year,
        ~select(_LATER.id).where(same, _LATER.number > FinancialReport.number).exists(),
    )
    return (
        statement.select_from(Contribution)
        .join(_PAID, _PAID.c.contribution_id == Contribution.id)
        .join(Action, Action.id == Contribution.action_id)
        .join(ActionVersion, and_(ActionVersion.action_id == Action.id, ActionVersion.number == _binding()))
        .outerjoin(FinancialReport, latest)
        .where(
            Contribution.form == CASH,
            or_(
                ActionVersion.project_owner_name.is_not(None),
                Contribution.partner_id != _sender(),
                FinancialReport.id.is_not(None),
            ),
        )
    )


def _reports() -> Select[Any]:
    owner, fact = aliased(Partner), FinancialReport
    fiche = (Action.id, Action.code, Action.title, Axis.number)
    readable = Attachment.state.in_(READABLE)
    told = (_PAID.c.year, _PAID.c.paid, fact.kind, fact.taken_on, fact.reason)
    return (
        _joined(
            select(
                *fiche,
                ActionVersion.project_owner_name,
                owner,
                Partner,
                Contribution,
                *told,
                LogChange.seq,
                Attachment.id,
            )
        )
        .join(Action.axis)
        .join(owner, owner.id == _sender())
        .join(Partner, Partner.id == Contribution.partner_id)
        .outerjoin(LogChange, and_(LogChange.row_id == fact.id, LogChange.rev == 1))
        .outerjoin(Attachment, and_(Attachment.report_id == _received(), Attachment.withdrawn_at.is_(None), readable))
    )


def _received() -> ColumnElement[str]:
    """The last receipt of a report, whatever was recorded of it since: its document stands."""
    return (
        select(_LATER.id)
        .where(_LATER.contribution_id == Contribution.id, _LATER.year == _PAID.c.year, _LATER.kind == "received")
        .order_by(_LATER.number.desc())
        .limit(1)
        .correlate(Contribution, _PAID)
        .scalar_subquery()
    )


def _in(state: str) -> ColumnElement[bool]:
    if state == "recus":
        return FinancialReport.kind == "received"
    if state == "dispenses":
        return FinancialReport.kind == "waived"
    today = literal(clock.today(), Date)
    over = _over(today)
    if state == SOON:
        return and_(_open(), _soon(today))
    return and_(_open(), over if state == "en-retard" else ~over)


def _open() -> ColumnElement[bool]:
    return or_(FinancialReport.kind.is_(None), FinancialReport.kind == "reopened")


def _over(today: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether 30 June of the next year has passed."""
    year, day = extract("year", today), extract("month", today) * 100 + extract("day", today)
    return or_(_PAID.c.year + 1 < year, and_(_PAID.c.year + 1 == year, day > 630))


def _soon(today: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether money was paid for a year that ended, of which 30 June has not passed."""
    return and_(_PAID.c.paid > 0, _PAID.c.year < extract("year", today), ~_over(today))


def due(today: ColumnElement[date], *, owner: Any) -> Select[Any]:
    """The years of the reports that a partner has to send by the next 30 June."""
    return _joined(select(_PAID.c.year.label("year"))).where(_sends(owner), _open(), _soon(today))


def late(today: ColumnElement[date], *, owner: Any = None, funder: Any = None) -> Select[Any]:
    """The years of the reports that a partner sends, or awaits, past their last day."""
    whose = Contribution.partner_id == funder if owner is None else _sends(owner)
    return _joined(select(_PAID.c.year.label("year"))).where(whose, _open(), _over(today))
