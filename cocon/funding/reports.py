"""Recording that a financial report came, that none is asked for, or that it is awaited again.

Named outside the seven usual files: the operation of ``FinancialReport``. Source: a body that received a subsidy sends
its report within six months of the end of the year for which it was given (loi 2000-321 of 12 April 2000, art. 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.files.models import Attachment
from cocon.funding import owed, queries, undertakings, unreported
from cocon.funding.models import Contribution, FinancialReport, Step, Tranche
from cocon.funding.standing import standing
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.policy import Permission

#: What may be said after what was said last; None before anything is.
FOLLOWING: dict[str | None, tuple[str, ...]] = {
    None: ("received", "waived"),
    "reopened": ("received", "waived"),
    "waived": ("received", "reopened"),
    "received": ("reopened",),
}


@operation(Permission.ACCOUNT)
def record_report(
    actor: Actor, contribution: Contribution, *, year: int, kind: str, taken_on: date | None, reason: str | None = None
) -> undertakings._Report:
    """Record a fact about the report that the actor's own partner awaits on a year of its contribution.

    Raises NothingOwed, FactNeeded, FactStands, ReportDayNeeded, ReceivedTooEarly, ReportReasonNeeded.
    """
    queries.lock_envelope(contribution.partner_id, year)
    same = FinancialReport.contribution_id == contribution.id, FinancialReport.year == year
    # Before what stands is read: a fact that comes in between has taken the number.
    number = (db.session.scalar(select(func.max(FinancialReport.number)).where(*same)) or 0) + 1
    found = owed.own(contribution.action_id, contribution.partner_id, year)
    if found is None or found.contribution.id != contribution.id:
        raise unreported.NothingOwed
    _demand_following(found.kind, kind)
    day = _day(taken_on, kind, _first_vote(contribution.id, year))
    said = (reason or "").strip() or None
    if kind != "received" and said is None:
        raise unreported.ReportReasonNeeded
    made = FinancialReport(
        id=new_id(),
        contribution_id=contribution.id,
        year=year,
        number=number,
        kind=kind,
        taken_on=day,
        reason=said,
        mandate_id=actor.mandate_id,
        recorded_at=clock.now(),
    )
    db.session.add(made)
    return undertakings.REPORTS[kind](
        subject=Subject("contribution", contribution.id),
        about=contribution.action_id,
        reason=said,
        action_code=found.code,
        year=year,
        taken_on=day,
    )


def last(contribution_id: str, year: int) -> FinancialReport | None:
    """The latest fact about a report."""
    return next(iter(facts(contribution_id, year)), None)


def facts(contribution_id: str, year: int) -> Sequence[FinancialReport]:
    """All of them, the latest first."""
    return db.session.scalars(
        select(FinancialReport)
        .where(FinancialReport.contribution_id == contribution_id, FinancialReport.year == year)
        .order_by(FinancialReport.number.desc())
        .execution_options(populate_existing=True)
    ).all()


def document(action_id: str, document_id: str) -> Attachment | None:
    """One of the documents of the reports on a fiche's money."""
    return db.session.scalars(
        select(Attachment)
        .join(FinancialReport, FinancialReport.id == Attachment.report_id)
        .join(FinancialReport.contribution)
        .where(Attachment.id == document_id, Contribution.action_id == action_id)
    ).first()


def _demand_following(former: str | None, kind: str) -> None:
    if kind and kind == former:
        raise unreported.FactStands
    if kind not in FOLLOWING[former]:
        raise unreported.FactNeeded


def _day(taken_on: date | None, kind: str, voted_on: date | None) -> date:
    if taken_on is None or taken_on > clock.today():
        raise unreported.ReportDayNeeded
    if kind == "received" and voted_on is not None and taken_on < voted_on:
        raise unreported.ReceivedTooEarly(voted_on)
    return taken_on


def _first_vote(contribution_id: str, year: int) -> date | None:
    """The day of the first vote of a year of a contribution."""
    voted = Tranche.contribution_id == contribution_id, Tranche.year == year, Step.kind == "voted", standing()
    return db.session.scalar(select(func.min(Step.taken_on)).join(Tranche, Tranche.id == Step.tranche_id).where(*voted))
