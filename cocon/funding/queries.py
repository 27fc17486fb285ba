"""Reading money: sums are made in SQL from indexed rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from cocon.contracts.models import Envelope
from cocon.funding.models import Contribution, Tranche
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner


def promised(partner_id: str, year: int) -> Cents:
    """The sum of a partner's tranches of a year over all actions, in cents."""
    total = db.session.scalar(
        select(func.coalesce(func.sum(Tranche.amount), 0))
        .join(Tranche.contribution)
        .where(Contribution.partner_id == partner_id, Tranche.year == year)
    )
    return int(total or 0)


def lock_envelope(partner_id: str, year: int) -> Envelope | None:
    """The partner's envelope of the year, locked until the commit: the first lock that an act on money takes."""
    return db.session.scalars(
        select(Envelope)
        .where(Envelope.partner_id == partner_id, Envelope.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def tranche(action_id: str, partner_id: str, year: int) -> tuple[Contribution | None, Tranche | None]:
    """The partner's contribution to the action and its tranche of the year, where they exist."""
    row = db.session.execute(
        select(Contribution, Tranche)
        .outerjoin(Tranche, (Tranche.contribution_id == Contribution.id) & (Tranche.year == year))
        .where(Contribution.action_id == action_id, Contribution.partner_id == partner_id)
        .execution_options(populate_existing=True)
    ).first()
    return (row[0], row[1]) if row else (None, None)
