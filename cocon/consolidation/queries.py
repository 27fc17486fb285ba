"""Reading the lines of money that are exported, with all their amounts: one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from cocon.actions.models import Action
from cocon.contracts.models import Axis, Objective
from cocon.funding import stages
from cocon.funding.models import Contribution, Tranche
from cocon.funding.queries import planned
from cocon.funding.words import FORMS, NATURES
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

#: The amounts of a line, in order.
AMOUNTS = ("amount", *stages.LEVELS)


class Line(NamedTuple):
    """A tranche, and all that says where it stands."""

    axis: int
    axis_title: str
    letter: str
    action_id: str
    code: str
    title: str
    partner_id: str
    funder: str
    form: str
    nature: str
    year: int
    stage: str
    cents: tuple[Cents, ...]

    @property
    def planned(self) -> Cents:
        """What the partner plans."""
        return self.cents[0]


def lines(*, axis_id: str | None = None, partner_id: str | None = None, action_id: str | None = None) -> Sequence[Line]:
    """The tranches of the living fiches that the contract may carry out; of one fiche, whatever became of it."""
    kept = {Action.axis_id: axis_id, Contribution.partner_id: partner_id, Action.id: action_id}
    counted = () if action_id else (planned(),)
    rows = db.session.execute(
        select(
            Axis.number,
            Axis.title,
            func.coalesce(Objective.letter, ""),
            Action.id,
            Action.code,
            Action.title,
            Partner,
            Contribution.form,
            Tranche.nature,
            Tranche.year,
            Tranche.stage,
            *(getattr(Tranche, name) for name in AMOUNTS),
        )
        .join(Action.axis)
        .outerjoin(Action.objective)
        .join(Contribution, Contribution.action_id == Action.id)
        .join(Contribution.partner)
        .join(Contribution.tranches)
        .where(
            or_(Tranche.amount > 0, Tranche.inscribed > 0),
            *counted,
            *(column == value for column, value in kept.items() if value),
        )
        .order_by(Axis.number, func.coalesce(Objective.letter, ""), Action.rank, Action.id, Partner.rank)
    )
    return _in_order(_line(row) for row in rows)


def _line(row: Any) -> Line:
    partner = row[6]
    return Line._make((*row[:6], partner.id, partner.current_name, *row[7:11], tuple(map(int, row[11:]))))


def _in_order(found: Iterable[Line]) -> Sequence[Line]:
    """Within a fiche and a partner, money first; then by nature and by year."""
    forms, natures = list(FORMS), list(NATURES)
    ranks: dict[tuple[str, str], int] = {}
    every: list[Line] = list(found)
    for line in every:
        ranks.setdefault((line.action_id, line.partner_id), len(ranks))

    def key(line: Line) -> tuple[Any, ...]:
        rank = ranks[line.action_id, line.partner_id]
        return rank, forms.index(line.form), natures.index(line.nature), line.year

    return sorted(every, key=key)
