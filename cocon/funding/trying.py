"""What a simulation would change: the gap of each fiche, each envelope of its partner. Nothing is kept.

Named outside the seven usual files: it reads what only one partner sees, beside what all see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from cocon.actions.models import Action, ActionVersion, VersionCost
from cocon.contracts.models import Axis
from cocon.funding import elsewhere, ledger, queries, words
from cocon.funding.balance import NOTHING, Balance, Share
from cocon.funding.ledger import Row
from cocon.funding.models import Contribution, Tranche
from cocon.funding.simulations import Tried
from cocon.kernel.db import db
from cocon.kernel.money import Cents

#: A fiche, a nature, a year.
Key = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A fiche as it is planned and as it would be; ``natures`` are the rows of the partner's line that are tried."""

    id: str
    code: str
    title: str
    axis: int
    alive: bool
    natures: Sequence[str]
    now: Balance
    then: Balance


@dataclass(frozen=True, kw_only=True)
class Pinch:
    """An envelope as it is and as it would be; ``raised``: something on it would be, whatever else is lowered."""

    now: Row
    then: Row
    raised: bool

    @property
    def grows(self) -> bool:
        """Whether more would be promised on it than is."""
        return self.then.promised > self.now.promised

    @property
    def exceeded(self) -> bool:
        """Whether what is tried would exceed it, or exceed it more; nothing is raised under a ceiling exceeded."""
        return self.then.over > 0 and (self.grows or (self.then.hard and self.raised))

    @property
    def refused(self) -> bool:
        """Whether the ceiling would refuse it."""
        return self.then.hard and self.exceeded


@dataclass(frozen=True)
class Trial:
    """What is tried, what its partner plans now line by line, and what would change."""

    cells: Mapping[Key, Tried]
    shares: Mapping[Key, Share]
    fiches: Sequence[Effect]
    envelopes: Sequence[Pinch]

    def share(self, key: Key) -> Share:
        """What the partner plans now."""
        return self.shares.get(key, NOTHING)

    def stale(self, key: Key) -> bool:
        """Whether its line changed since the amount was tried."""
        return key in self.cells and self.cells[key].revision != self.share(key).rev

    @property
    def lowers(self) -> bool:
        """Whether something is reduced or withdrawn, which says why."""
        return any(one.cell.lowers for one in self.cells.values())


def trial(partner_id: str, tried: Iterable[Tried], also: Sequence[tuple[str, str]] = ()) -> Trial:
    """What the amounts would change; ``also`` are lines shown before anything is tried on them."""
    cells = {one.key: one for one in tried}
    shares = _shares(partner_id)
    changed = {key: one.amount - shares.get(key, NOTHING).amount for key, one in cells.items()}
    rows = dict.fromkeys([(action_id, nature) for action_id, nature, _year in cells] + list(also))
    fiches = _fiches(list(rows), changed)
    axes = {one.id: one.axis for one in fiches}
    return Trial(cells, shares, fiches, _pinches(ledger.rows(partner_id), changed, axes))


def _pinches(rows: Sequence[Row], changed: Mapping[Key, Cents], axes: Mapping[str, int]) -> list[Pinch]:
    more: Counter[tuple[int, int | None]] = Counter()
    raised = set[tuple[int, int | None]]()
    for (action_id, _nature, year), cents in changed.items():
        for axis in (None, axes[action_id]):
            more[year, axis] += cents
            raised |= {(year, axis)} if cents > 0 else set()
    found = [
        Pinch(now=row, then=_more(row, more[row.year, row.axis]), raised=(row.year, row.axis) in raised) for row in rows
    ]
    return [one for one in found if one.now.axis is None or one.now.amount is not None]


def _more(row: Row, cents: Cents) -> Row:
    return replace(row, sums={**row.sums, "promised": row.promised + cents})


def _shares(partner_id: str) -> dict[Key, Share]:
    found = db.session.execute(
        select(
            Contribution.action_id, Tranche.nature, Tranche.year, Tranche.amount, Tranche.stage, Tranche.rev, Tranche.id
        )
        .join(Contribution.tranches)
        .where(Contribution.partner_id == partner_id, Contribution.form == words.CASH)
    )
    return {
        (action_id, nature, year): Share(amount, stage, rev, tranche)
        for action_id, nature, year, amount, stage, rev, tranche in found
    }


def _fiches(rows: Sequence[tuple[str, str]], changed: Mapping[Key, Cents]) -> list[Effect]:
    ids = list(dict.fromkeys(action_id for action_id, _nature in rows))
    planned, other = _planned(ids), _other(ids)
    return [
        Effect(
            id=one["id"],
            code=one["code"],
            title=one["title"],
            axis=one["number"],
            alive=one["maturity"] not in queries.DEAD,
            natures=[nature for nature in words.NATURES if (one["id"], nature) in rows],
            now=Balance(planned=planned[one["id"]], costs=one["costs"], other=other[one["id"]]),
            then=Balance(
                planned=_plus(planned[one["id"]], _of(one["id"], changed)),
                costs=one["costs"],
                other=other[one["id"]],
            ),
        )
        for one in _texts(ids)
    ]


def _plus(planned: Counter[int], more: Counter[int]) -> Counter[int]:
    """Their sum, which may be negative, unlike that of counters."""
    total = Counter(planned)
    total.update(more)
    return total


def _of(action_id: str, changed: Mapping[Key, Cents]) -> Counter[int]:
    found: Counter[int] = Counter()
    for (whose, _nature, year), cents in changed.items():
        if whose == action_id:
            found[year] += cents
    return found


def _planned(ids: Sequence[str]) -> dict[str, Counter[int]]:
    """What all partners plan for each, by year, in money."""
    found = db.session.execute(
        select(Contribution.action_id, Tranche.year, func.sum(Tranche.amount))
        .join(Contribution.tranches)
        .where(Contribution.action_id.in_(ids), Contribution.form == words.CASH)
        .group_by(Contribution.action_id, Tranche.year)
    )
    sums: dict[str, Counter[int]] = {action_id: Counter() for action_id in ids}
    for action_id, year, cents in found:
        sums[action_id][year] = int(cents)
    return sums


def _other(ids: Sequence[str]) -> dict[str, Counter[int]]:
    """What comes to each from elsewhere than signatories, by year, as the plan counts it."""
    sums: dict[str, Counter[int]] = {action_id: Counter() for action_id in ids}
    other = elsewhere.by_year()
    for action_id, year, cents in db.session.execute(select(other).where(other.c.action_id.in_(ids))):
        sums[action_id][year] = int(cents)
    return sums


def _texts(ids: Sequence[str]) -> Iterable[dict[str, Any]]:
    """The fiches with the costs of their current version, in the order of codes."""
    found = db.session.execute(
        select(Action.id, Action.code, Action.title, Action.maturity, Axis.number, VersionCost.year, VersionCost.amount)
        .join(Action.axis)
        .join(ActionVersion, (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version))
        .outerjoin(ActionVersion.costs)
        .where(Action.id.in_(ids))
        .order_by(Axis.number, Action.rank, Action.id)
    ).mappings()
    texts: dict[str, dict[str, Any]] = {}
    for row in found:
        text = texts.setdefault(row["id"], {**row, "costs": {}})
        if row["year"] is not None:
            text["costs"][row["year"]] = row["amount"]
    return texts.values()


def open_fiches() -> Sequence[tuple[str, str]]:
    """The fiches that may still be funded, and what they are called, in the order of codes."""
    found = db.session.execute(
        select(Action.id, Action.code, Action.title).where(Action.maturity.not_in(queries.DEAD)).order_by(Action.code)
    )
    return [(action_id, f"{code}\u00a0– {title}"[:120]) for action_id, code, title in found]
