"""Since what day a tranche may be paid, and which vote of it is the last: what its steps say, in their order.

Named outside the seven usual files: a step and a line of a spreadsheet are held to the same days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from cocon.funding import unmet
from cocon.funding.models import Act, Contribution, Step, Tranche
from cocon.kernel.db import db
from cocon.kernel.money import Cents


class Fact(NamedTuple):
    """A vote, an engagement or a release of a tranche: its number, the step's own amount in cents, its days."""

    tranche_id: str
    number: int
    kind: str
    amount: Cents
    taken_on: date
    act: str | None
    adopted_on: date | None


class Vote(NamedTuple):
    """A vote of a tranche: the number of its step, its amount in cents, that of its act."""

    number: int
    amount: Cents
    act: str


def facts_of(*kept: Any) -> Mapping[str, Sequence[Fact]]:
    """The facts of the tranches that are kept, by tranche, in the order in which they were recorded."""
    rows = db.session.execute(
        select(Step.tranche_id, Step.number, Step.kind, Step.amount, Step.taken_on, Act.number, Act.adopted_on)
        .outerjoin(Act, Act.id == Step.act_id)
        .join(Tranche, Tranche.id == Step.tranche_id)
        .join(Contribution, Contribution.id == Tranche.contribution_id)
        .where(Step.kind.in_(("voted", "engaged", "released")), *kept)
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


def engaged_since(facts: Iterable[Fact]) -> date | None:
    """Since when something has been engaged without a break, and voted by then; None while nothing is.

    An engagement said again takes the earlier of its days.
    """
    voted: date | None = None
    since: date | None = None
    engaged = 0
    for fact in facts:
        if fact.kind == "voted":
            voted = fact.adopted_on
        elif fact.kind == "released":
            engaged -= fact.amount
            since = since if engaged else None
        else:
            day = max(fact.taken_on, voted or fact.taken_on)
            since, engaged = min(since or day, day), fact.amount
    return since


def demand_engaged(facts: Iterable[Fact], taken_on: date | None) -> None:
    """Refuse to pay before the money is engaged. Raises BeforeEngagement."""
    since = engaged_since(facts)
    if since is not None and taken_on is not None and taken_on < since:
        raise unmet.BeforeEngagement(since)
