"""Reading the lines of money that are exported, with all their amounts, costs and other resources: a statement each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, literal_column, or_, select, union_all

from cocon.actions.models import Action, ActionVersion, VersionCost
from cocon.contracts.models import Axis, Objective
from cocon.funding import counting, stages
from cocon.funding.choice import Choice
from cocon.funding.models import Contribution, Resource, Tranche
from cocon.funding.products import REFUSED
from cocon.funding.queries import planned, under
from cocon.funding.words import FORMS, NATURES
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

#: The amounts of a line, in order.
AMOUNTS = ("amount", *stages.LEVELS)
#: What names a fiche, and the order of their codes.
_FICHE: tuple[Any, ...] = (
    Axis.number,
    Axis.title,
    func.coalesce(Objective.letter, ""),
    Action.id,
    Action.code,
    Action.title,
)
_ORDER: tuple[Any, ...] = (Axis.number, func.coalesce(Objective.letter, ""), Action.rank, Action.id)
_PLANNED = or_(Tranche.amount > 0, Tranche.inscribed > 0)


class Line(NamedTuple):
    """A tranche, and all that says where it stands; ``rank`` is that of its partner."""

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
    rank: int = 0

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


class Cost(NamedTuple):
    """What a fiche costs in a year, and what of it a subsidy may bear, in cents; no year where nothing is told."""

    axis: int
    axis_title: str
    letter: str
    action_id: str
    code: str
    title: str
    objective: str | None
    basis: str
    year: int | None
    amount: Cents | None
    eligible: Cents | None


class Received(NamedTuple):
    """What a fiche receives from who signs nothing."""

    axis: int
    axis_title: str
    letter: str
    action_id: str
    code: str
    title: str
    resource: Resource


class Accounts(NamedTuple):
    """The costs of fiches, and what they receive from elsewhere."""

    costs: Sequence[Cost]
    received: Sequence[Received]


def accounts_of(choice: Choice) -> Accounts:
    """Those of the fiches that the matrix shows, whoever funds them; resources refused or withdrawn are left out.

    Every fiche has a row of costs at least. One statement, in which neither multiplies the other.
    """
    nothing: ColumnElement[Any] = literal_column("NULL")
    parts = union_all(
        select(ActionVersion.action_id, VersionCost.id.label("cost"), nothing.label("resource"))
        .join(VersionCost, VersionCost.version_id == ActionVersion.id)
        .join(Action, (Action.id == ActionVersion.action_id) & (Action.version == ActionVersion.number)),
        select(Resource.action_id, nothing, Resource.id).where(
            Resource.withdrawn_at.is_(None), Resource.status != REFUSED
        ),
    ).subquery("parts")
    rows = db.session.execute(
        select(
            *_FICHE,
            Resource,
            Objective.title,
            ActionVersion.cost_basis,
            VersionCost.year,
            VersionCost.amount,
            VersionCost.eligible,
        )
        .join(Action.axis)
        .outerjoin(Action.objective)
        .join(ActionVersion, (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version))
        .outerjoin(parts, parts.c.action_id == Action.id)
        .outerjoin(VersionCost, VersionCost.id == parts.c.cost)
        .outerjoin(Resource, Resource.id == parts.c.resource)
        .where(planned(), *under(choice))
        .order_by(*_ORDER, VersionCost.year, Resource.year, Resource.funder, Resource.id)
    ).all()
    return Accounts(
        [Cost._make((*row[:6], *row[7:])) for row in rows],
        [Received._make(row[:7]) for row in rows if row[6] is not None],
    )


def _lines(*kept: ColumnElement[bool]) -> Sequence[Line]:
    rows = db.session.execute(
        select(
            *_FICHE,
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
        .order_by(*_ORDER, Partner.rank)
    )
    return _in_order(_line(row) for row in rows)


def _line(row: Any) -> Line:
    partner = row[6]
    return Line._make((*row[:6], partner.id, partner.current_name, *row[7:11], tuple(map(int, row[11:])), partner.rank))


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
