"""Who has still to decide what it promised: the list on the page of the acts.

Named outside the seven usual files: ``queries`` reads amounts, this module what no act gives yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from cocon.funding import awaiting
from cocon.funding.models import Contribution, Tranche
from cocon.funding.queries import planned
from cocon.funding.words import CASH
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner


@dataclass
class Undecided:
    """A partner that promised what no act gives yet: money, in how many lines; what is kept apart, by form."""

    partner: Partner
    total: Cents = 0
    lines: int = 0
    apart: Counter[str] = field(default_factory=Counter)


def partners() -> Sequence[Undecided]:
    """Who has still to decide: what each planned on living fiches beyond what it voted."""
    rows = db.session.execute(
        select(Partner, Contribution.form, func.sum(Tranche.amount - Tranche.voted), func.count())
        .join(Contribution, Contribution.partner_id == Partner.id)
        .join(Contribution.tranches)
        .join(Contribution.action)
        .where(awaiting.undecided(), planned())
        .group_by(Partner.id, Contribution.form)
        .order_by(Partner.rank)
    )
    found: dict[str, Undecided] = {}
    for partner, form, cents, lines in rows:
        one = found.setdefault(partner.id, Undecided(partner))
        if form == CASH:
            one.total, one.lines = int(cents), lines
        else:
            one.apart[form] += int(cents)
    return list(found.values())
