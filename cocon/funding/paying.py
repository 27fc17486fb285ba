"""How much of a tranche may be paid on what day, and which vote of it is the last: its steps say it, in their order.

Named outside the seven usual files: a step and a line of a spreadsheet are held to the same days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from cocon.funding import unmet
from cocon.funding.models import Act, Contribution, Step, Tranche
from cocon.funding.standing import standing
from cocon.kernel.db import db
from cocon.kernel.money import Cents


class Fact(NamedTuple):
    """A step of a tranche that says what may be paid: its number, its own amount in cents, its days."""

    tranche_id: str
    number: int
    kind: str
    amount: Cents
    taken_on: date
    act: str | None = None
    adopted_on: date | None = None


#: The steps that say what may be paid.
_KINDS = ("voted", "contracted", "terminated", "engaged", "released", "paid", "returned")


class Vote(NamedTuple):
    """A vote of a tranche: the number of its step, its amount in cents, that of its act."""

    number: int
    amount: Cents
    act: str


def facts_of(*kept: Any) -> dict[str, list[Fact]]:
    """The facts that stand of the tranches that are kept, by tranche, in the order in which they were recorded."""
    rows = db.session.execute(
        select(Step.tranche_id, Step.number, Step.kind, Step.amount, Step.taken_on, Act.number, Act.adopted_on)
        .outerjoin(Act, Act.id == Step.act_id)
        .join(Tranche, Tranche.id == Step.tranche_id)
        .join(Contribution, Contribution.id == Tranche.contribution_id)
        .where(Step.kind.in_(_KINDS), standing(), *kept)
        .order_by(Step.tranche_id, Step.number)
    )
    found: dict[str, list[Fact]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Fact(*row))
    return found


def last_vote(facts: Iterable[Fact]) -> Vote | None:
    """The vote that the next one would replace."""
    votes = [Vote(fact.number, fact.amount, fact.act or "") for fact in facts if fact.kind == "voted"]
    return votes[-1] if votes else None


def payment(tranche_id: str, amount: Cents, taken_on: date) -> Fact:
    """A payment that is not recorded yet."""
    return Fact(tranche_id, 0, "paid", amount, taken_on)


def engagements(facts: Iterable[Fact]) -> list[tuple[date, Cents]]:
    """Since what day how much has been engaged without a break, and voted by then: more on one day than on another.

    What is engaged again for the same amount or less was engaged since the earlier day; what is released lowers all.
    """
    voted: date | None = None
    held: list[tuple[date, Cents]] = []
    engaged = 0
    for fact in facts:
        if fact.kind == "voted":
            voted = fact.adopted_on
        elif fact.kind in ("engaged", "released"):
            engaged = fact.amount if fact.kind == "engaged" else engaged - fact.amount
            held = [(day, min(cents, engaged)) for day, cents in held if engaged]
        if fact.kind == "engaged":
            held.append((max(fact.taken_on, voted or fact.taken_on), engaged))
    return held


def votes(facts: Iterable[Fact]) -> list[tuple[date, Cents]]:
    """Since what day how much has been voted without a break."""
    held: list[tuple[date, Cents]] = []
    for fact in facts:
        if fact.kind == "voted":
            held = [(day, min(cents, fact.amount)) for day, cents in held if fact.amount]
            held.append((fact.adopted_on or fact.taken_on, fact.amount))
    return held


def demand_voted(facts: Iterable[Fact], taken_on: date, amount: Cents) -> None:
    """Refuse a convention on money that was not voted by its day. Raises SignedBeforeVote."""
    if since := unvoted(facts, taken_on, amount):
        raise unmet.SignedBeforeVote(since)


def unvoted(facts: Iterable[Fact], taken_on: date, amount: Cents) -> date | None:
    """Since when so much is voted, when that is after the day."""
    since = min((on for on, cents in votes(facts) if cents >= amount), default=None)
    return since if since is not None and taken_on < since else None


def demand_releasable(facts: Iterable[Fact], taken_on: date | None) -> None:
    """Refuse to release what was not engaged yet. Raises ReleasedBefore."""
    since = min((on for on, _cents in engagements(facts)), default=None)
    if taken_on is not None and since is not None and taken_on < since:
        raise unmet.ReleasedBefore(since)


def demand_last(facts: Iterable[Fact], taken_on: date | None) -> None:
    """Refuse that a contribution ends before what was done of it. Raises EndsBefore."""
    last = max((fact.taken_on for fact in facts), default=None)
    if taken_on is not None and last is not None and taken_on < last:
        raise unmet.EndsBefore(last)


def ended(kinds: Iterable[str]) -> bool:
    """Whether the convention ended and no other was signed since, from the kinds of the steps in their order."""
    told = [kind for kind in kinds if kind in ("contracted", "terminated")]
    return told[-1:] == ["terminated"]


def demand_year(year: int, taken_on: date | None) -> None:
    """Refuse to pay before the first day of the year. Raises PaidBeforeYear."""
    if taken_on is not None and taken_on.year < year:
        raise unmet.PaidBeforeYear(year)


def demand_payable(facts: Sequence[Fact], taken_on: date | None, amount: Cents) -> None:
    """Refuse to pay under a convention that ended, or before the money is engaged.

    Raises ConventionEnded, BeforeEngagement, BeyondEngagement.
    """
    if ended(fact.kind for fact in facts):
        raise unmet.ConventionEnded
    demand_engaged(facts, taken_on, amount)


def demand_paid(facts: Sequence[Fact], taken_on: date | None, amount: Cents) -> None:
    """Refuse that money comes back before it was paid, by its day and by those of what came back later.

    More than was paid at all is left to the bounds of the step. Raises ReturnedBefore.
    """
    moved = [(fact.taken_on, fact.amount if fact.kind == "paid" else -fact.amount) for fact in facts if _moves(fact)]
    if taken_on is None or amount > sum(cents for _on, cents in moved):
        return
    for day in sorted({taken_on, *(on for on, cents in moved if cents < 0 and on > taken_on)}):
        left = sum(cents for on, cents in moved if on <= day)
        if amount > left:
            raise unmet.ReturnedBefore(day, max(0, left))


def _moves(fact: Fact) -> bool:
    return fact.kind in ("paid", "returned")


def demand_endable(facts: Sequence[Fact], taken_on: date | None) -> None:
    """Refuse to end a convention twice, or before the last payment. Raises AlreadyEnded, BeforePayment."""
    if ended(fact.kind for fact in facts):
        raise unmet.AlreadyEnded
    last = max((fact.taken_on for fact in facts if fact.kind == "paid"), default=None)
    if last is not None and taken_on is not None and taken_on < last:
        raise unmet.BeforePayment(last)


def demand_engaged(facts: Sequence[Fact], taken_on: date | None, amount: Cents) -> None:
    """Refuse to pay before the money is engaged: what was paid by that day, and by those of later payments.

    What came back was paid first. More than is engaged at all is left to the bounds of the step. Raises
    BeforeEngagement, BeyondEngagement.
    """
    if taken_on is None:
        return
    held = engagements(facts)
    paid = [(fact.taken_on, fact.amount) for fact in facts if fact.kind == "paid"]
    returned = sum(fact.amount for fact in facts if fact.kind == "returned")
    for day in sorted({taken_on, *(on for on, _cents in paid if on > taken_on)}):
        total = max(0, sum(cents for on, cents in paid if on <= day) - returned) + amount
        since = min((on for on, cents in held if cents >= total), default=None)
        if since is None or since <= day:
            continue
        if all(on > day for on, _cents in held):
            raise unmet.BeforeEngagement(since)
        raise unmet.BeyondEngagement(day, total, since)
