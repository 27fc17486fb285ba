"""What each envelope holds and how far its money has come, by year and by axis: exact sums of what tranches say.

Named outside the seven usual files: with the plan and the matrix it would make one file of two subjects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Subquery, case, func, select, tuple_
from sqlalchemy.orm import aliased, joinedload

from cocon.actions.models import Action
from cocon.contracts.models import Envelope
from cocon.contracts.queries import outline
from cocon.funding import counting, queries, words
from cocon.funding.balance import EnvelopeLine
from cocon.funding.models import Act, Contribution, EnvelopeVersion, Tranche
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Mandate, Partner

#: How far money has come, in the order of the table.
LEVELS = ("promised", "inscribed", "voted", "contracted", "engaged", "paid")
#: Versions of envelopes on a page.
PAGE = 50
#: A partner, a year, an axis.
_Key = tuple[str, int, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """An envelope of a year, or of an axis of that year, and the sums of what counts in it, by level.

    An axis without an envelope of its own still has a row where money was promised.
    """

    partner_id: str
    year: int
    axis: int | None = None
    id: str | None = None
    amount: Cents | None = None
    hard: bool = False
    rev: int = 0
    sums: Mapping[str, Cents]

    @property
    def promised(self) -> Cents:
        """What its partner plans."""
        return self.sums["promised"]

    @property
    def left(self) -> Cents | None:
        """What is not promised yet; negative when more is promised than set aside, None while undeclared."""
        return None if self.amount is None else self.amount - self.promised

    @property
    def over(self) -> Cents:
        """By how much more is promised than set aside."""
        return max(-(self.left or 0), 0)


class Change(NamedTuple):
    """A version of an envelope: whose row, who, what proved it, the other envelope of a transfer."""

    version: EnvelopeVersion
    envelope: Envelope
    act: Act | None
    other: Envelope | None

    @property
    def difference(self) -> Cents | None:
        """By how much it changed; None for the first amount."""
        return None if self.version.former is None else self.version.amount - self.version.former


def rows(partner_id: str | None = None) -> list[Row]:
    """The whole years and their axes, in order, in two statements; of one partner, or of all."""
    sums, declared = _sums(partner_id), _declared(partner_id)
    numbers = {axis.id: axis.number for axis in outline().axes}
    found = []
    for (whose, year, axis_id), envelope in sorted(declared.items(), key=lambda item: item[0][:2]):
        if axis_id:
            continue
        found.append(_row(whose, year, None, envelope, _total(sums, whose, year)))
        for other, number in numbers.items():
            key = (whose, year, other)
            if key in declared or key in sums:
                found.append(_row(whose, year, number, declared.get(key), sums.get(key, Counter())))
    return found


def _row(partner_id: str, year: int, axis: int | None, envelope: Envelope | None, sums: Counter[str]) -> Row:
    row = Row(partner_id=partner_id, year=year, axis=axis, sums={name: sums[name] for name in LEVELS})
    if envelope is None:
        return row
    return replace(row, id=envelope.id, amount=envelope.amount, hard=envelope.hard, rev=envelope.rev)


def _total(sums: Mapping[_Key, Counter[str]], partner_id: str, year: int) -> Counter[str]:
    total: Counter[str] = Counter()
    for (whose, when, _axis), amounts in sums.items():
        if (whose, when) == (partner_id, year):
            total.update(amounts)
    return total


def _declared(partner_id: str | None) -> dict[_Key, Envelope]:
    mine = [Envelope.partner_id == partner_id] if partner_id else []
    found = db.session.scalars(select(Envelope).where(*mine))
    return {(one.partner_id, one.year, one.axis_id or ""): one for one in found}


def _sums(partner_id: str | None) -> dict[_Key, Counter[str]]:
    """What is planned holds an envelope, and of a fiche that is no more what was paid on it; only money counts."""
    found = db.session.execute(
        select(
            Contribution.partner_id,
            Tranche.year,
            Action.axis_id,
            *(func.sum(held(name)).label(name) for name in LEVELS),
        )
        .join(Contribution.tranches)
        .join(Contribution.action)
        .where(
            Contribution.form == words.CASH,
            *([Contribution.partner_id == partner_id] if partner_id else []),
        )
        .group_by(Contribution.partner_id, Tranche.year, Action.axis_id)
    )
    sums = {}
    for whose, year, axis_id, *amounts in found:
        counted = Counter({name: int(amount) for name, amount in zip(LEVELS, amounts, strict=True)})
        if any(counted.values()):
            sums[whose, year, axis_id] = counted
    return sums


def held(name: str) -> Any:
    """What a tranche holds of an envelope at a level, by the name of its column, as a statement says it."""
    if name == "promised":
        return queries.holding(Action.maturity, Tranche.amount, Tranche.paid)
    column = counting.at(name)
    return case((Action.maturity.in_(queries.DEAD) & (column > Tranche.paid), Tranche.paid), else_=column)


class Changes(NamedTuple):
    """50 versions at most; ``next`` is the one after which the next page begins."""

    lines: Sequence[Change]
    next: str | None


def changes(partner_id: str, after: str | None = None) -> Changes:
    """The versions of a partner's envelopes, the newest first; from the one after ``after``."""
    other = aliased(Envelope)
    found = (
        select(EnvelopeVersion, Envelope, Act, other)
        .join(Envelope, Envelope.id == EnvelopeVersion.envelope_id)
        .outerjoin(Act, Act.id == EnvelopeVersion.act_id)
        .outerjoin(other, other.id == EnvelopeVersion.other_id)
        .where(Envelope.partner_id == partner_id)
        .options(joinedload(EnvelopeVersion.mandate).joinedload(Mandate.person))
        .order_by(EnvelopeVersion.recorded_at.desc(), EnvelopeVersion.id.desc())
    )
    if after is not None:
        cursor = aliased(EnvelopeVersion)
        before = tuple_(EnvelopeVersion.recorded_at, EnvelopeVersion.id) < tuple_(cursor.recorded_at, cursor.id)
        found = found.join(cursor, cursor.id == after).where(before)
    lines = [Change(*row) for row in db.session.execute(found.limit(PAGE + 1))]
    return Changes(lines[:PAGE], lines[PAGE - 1].version.id if len(lines) > PAGE else None)


def partner(key: str) -> Partner | None:
    """A signatory, by its key."""
    return db.session.scalars(select(Partner).where(Partner.key == key)).first()


def envelope_lines(partner_id: str | None = None) -> Sequence[EnvelopeLine]:
    """Envelopes of whole years by partner, with what is promised on each: those of one partner, or all."""
    sums = _promises(partner_id)
    rows = db.session.execute(
        select(Partner, Envelope.year, Envelope.amount, Envelope.hard, Envelope.rev, sums.c.promised)
        .join(Envelope.partner)
        .outerjoin(sums, (sums.c.partner_id == Envelope.partner_id) & (sums.c.year == Envelope.year))
        .where(Envelope.axis_id.is_(None), *([Envelope.partner_id == partner_id] if partner_id else []))
        .order_by(Partner.rank, Envelope.year)
    )
    return [
        EnvelopeLine(partner, year, amount, hard, rev, int(sums_of or 0))
        for partner, year, amount, hard, rev, sums_of in rows
    ]


def _promises(partner_id: str | None) -> Subquery:
    held = queries.holding(Action.maturity, Tranche.amount, Tranche.paid)
    return (
        select(Contribution.partner_id, Tranche.year, func.sum(held).label("promised"))
        .join(Contribution.tranches)
        .join(Contribution.action)
        .where(
            Contribution.form == words.CASH,
            *([Contribution.partner_id == partner_id] if partner_id else []),
        )
        .group_by(Contribution.partner_id, Tranche.year)
        .subquery()
    )
