"""Reading the lines of money that are exported, with all their amounts: one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from cocon.actions.models import Action
from cocon.contracts.models import Axis, Objective
from cocon.funding import counting, stages
from cocon.funding.choice import Choice
from cocon.funding.models import Contribution, Tranche
from cocon.funding.queries import planned, under
from cocon.funding.words import FORMS, NATURES
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

#: The amounts of a line, in order.
AMOUNTS = ("amount", *stages.LEVELS)
_PLANNED = or_(Tranche.amount > 0, Tranche.inscribed > 0)


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

    def at(self, column: str) -> Cents:
        """Its amount at a level."""
        return self.cents[AMOUNTS.index(column)]


def lines_of(choice: Choice) -> Sequence[Line]:
    """The tranches that the matrix adds up at a level; of what partners plan, also those inscribed and withdrawn."""
    level = counting.at(choice.column)
    partner = [Contribution.partner_id == choice.partner.id] if choice.partner else []
    return _lines(planned(), _PLANNED if choice.planned else level > 0, *under(choice), *partner)


def lines(action_id: str) -> Sequence[Line]:
    """The tranches of a fiche, whatever became of it."""
    return _lines(_PLANNED, Action.id == action_id)


def _lines(*kept: ColumnElement[bool]) -> Sequence[Line]:
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
            *(counting.at(name) for name in AMOUNTS),
        )
        .join(Action.axis)
        .outerjoin(Action.objective)
        .join(Contribution, Contribution.action_id == Action.id)
        .join(Contribution.partner)
        .join(Contribution.tranches)
        .where(*kept)
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
