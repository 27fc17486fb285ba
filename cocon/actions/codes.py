"""Codes: where a fiche stands in the contract, and the rank that it is given there, once and for all.

Named outside the seven usual files: sharing gives a code and moving gives another, by the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from cocon.actions import refusals
from cocon.actions.models import Action, FormerCode
from cocon.contracts.models import Axis, Objective
from cocon.kernel.db import db


@dataclass(frozen=True)
class Place:
    """An axis, its objective when it has some, and the next rank there."""

    axis: Axis
    objective: Objective | None
    rank: int

    @property
    def code(self) -> str:
        """``1.A.03``, or ``1.03`` while the axis has no objectives."""
        letter = f".{self.objective.letter}" if self.objective else ""
        return f"{self.axis.number}{letter}.{self.rank:02d}"


def take(axis_id: str, objective_id: str | None) -> Place:
    """The next place there; the axis is locked until the commit, so that ranks are given one after the other.

    Raises AxisUnknown, ObjectiveNeeded.
    """
    axis = db.session.scalars(select(Axis).where(Axis.id == axis_id).with_for_update()).first()
    return _place(axis, objective_id)


def foresee(axis_id: str, objective_id: str | None) -> Place:
    """What ``take`` would answer now; nothing is locked."""
    return _place(db.session.scalars(select(Axis).where(Axis.id == axis_id)).first(), objective_id)


def bearing(code: str) -> ColumnElement[bool]:
    """The condition that a fiche bears a code, or bore it before it was moved."""
    return (Action.code == code) | Action.id.in_(select(FormerCode.action_id).where(FormerCode.code == code))


def _place(axis: Axis | None, objective_id: str | None) -> Place:
    if axis is None:
        raise refusals.AxisUnknown
    objective = _objective(axis, objective_id)
    return Place(axis, objective, _next_rank(axis, objective))


def _objective(axis: Axis, objective_id: str | None) -> Objective | None:
    """The objective, which must be chosen as soon as the axis has some."""
    known = {row.id: row for row in db.session.scalars(select(Objective).where(Objective.axis_id == axis.id))}
    if objective_id is None and not known:
        return None
    if objective_id not in known:
        raise refusals.ObjectiveNeeded
    return known[objective_id]


def _next_rank(axis: Axis, objective: Objective | None) -> int:
    """One more than the highest rank ever given there: a fiche withdrawn or moved away keeps its own."""
    given = [
        select(func.max(table.rank))
        .where(
            table.axis_id == axis.id,
            table.objective_id.is_(None) if objective is None else table.objective_id == objective.id,
        )
        .scalar_subquery()
        for table in (Action, FormerCode)
    ]
    highest = db.session.execute(select(*given)).one()
    return max(rank or 0 for rank in highest) + 1
