"""The ceilings of an axis that a fiche would exceed by going under it, partner by partner and year by year.

Named outside the seven usual files: the structure of the plan asks it before a fiche moves. A ceiling holds its
partner, not the secretariat: the fiche may move, but nobody moves it without having seen this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, cast, func, select

from cocon.actions.models import Action
from cocon.contracts.models import Envelope
from cocon.funding.models import Contribution, Tranche
from cocon.funding.queries import holding
from cocon.funding.words import CASH
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner


@dataclass(frozen=True)
class Overrun:
    """A ceiling of a year, what its partner planned under the axis already, and what the fiche brings."""

    partner: Partner
    year: int
    ceiling: Cents
    there: Cents
    brought: Cents

    @property
    def over(self) -> Cents:
        """By how much it would be exceeded."""
        return self.there + self.brought - self.ceiling

    @property
    def mark(self) -> str:
        """The overrun as it was read."""
        return f"{self.partner.key}.{self.year}.{self.over}"


def of_move(action_id: str, axis_id: str) -> list[Overrun]:
    """What moving a living fiche to an axis, which is not its own, would exceed; in the order of the signatories."""
    brought = (
        select(Contribution.partner_id, Tranche.year, _sum(Tranche.amount).label("cents"))
        .join(Contribution.tranches)
        .where(Contribution.action_id == action_id, Contribution.form == CASH)
        .group_by(Contribution.partner_id, Tranche.year)
        .subquery()
    )
    there = (
        select(
            Contribution.partner_id,
            Tranche.year,
            _sum(holding(Action.maturity, Tranche.amount, Tranche.paid)).label("cents"),
        )
        .join(Contribution.tranches)
        .join(Contribution.action)
        .where(Action.axis_id == axis_id, Action.id != action_id, Contribution.form == CASH)
        .group_by(Contribution.partner_id, Tranche.year)
        .subquery()
    )
    rows = db.session.execute(
        select(Partner, Envelope.year, Envelope.amount, func.coalesce(there.c.cents, 0), brought.c.cents)
        .join(Envelope, Envelope.partner_id == Partner.id)
        .join(brought, (brought.c.partner_id == Envelope.partner_id) & (brought.c.year == Envelope.year))
        .outerjoin(there, (there.c.partner_id == Envelope.partner_id) & (there.c.year == Envelope.year))
        .where(Envelope.axis_id == axis_id, Envelope.hard, brought.c.cents > 0)
        .order_by(Partner.rank, Envelope.year)
    )
    return [one for row in rows if (one := Overrun(*row)).over > 0]


def lock_envelopes(action_id: str) -> frozenset[str]:
    """Lock the envelopes of who funds a fiche until the commit, as acts on money do, before the fiche itself; who."""
    funders = funders_of(action_id)
    db.session.execute(
        select(Envelope.id)
        .where(Envelope.partner_id.in_(funders), Envelope.axis_id.is_(None))
        .order_by(Envelope.partner_id, Envelope.year)
        .with_for_update()
    ).all()
    return funders


def funders_of(action_id: str) -> frozenset[str]:
    """The partners that brought something to a fiche, once at least."""
    return frozenset(db.session.scalars(select(Contribution.partner_id).where(Contribution.action_id == action_id)))


def _sum(amount: Any) -> Any:
    return cast(func.sum(amount), BigInteger)
