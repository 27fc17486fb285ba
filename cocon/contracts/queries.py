"""Reading the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import joinedload

from cocon.contracts.models import Axis, Contract, Envelope, Figure, Objective, Window
from cocon.contracts.refusals import WindowClosed
from cocon.kernel import clock
from cocon.kernel.db import db


def contracts() -> Sequence[Contract]:
    """The contract and its predecessors, oldest first."""
    return db.session.scalars(select(Contract).order_by(Contract.rank)).all()


def contract() -> Contract:
    """The contract in force."""
    return db.session.scalars(select(Contract).where(Contract.in_force)).one()


def axes() -> Sequence[Axis]:
    """The axes of the contract in force."""
    return db.session.scalars(select(Axis).order_by(Axis.number)).all()


def objectives() -> Sequence[Objective]:
    """All objectives with their axes, in order."""
    return db.session.scalars(
        select(Objective).join(Objective.axis).options(joinedload(Objective.axis)).order_by(Axis.number, Objective.letter)
    ).all()


def figures() -> Sequence[Figure]:
    """Published figures, in the order of the sources."""
    return db.session.scalars(select(Figure).order_by(Figure.rank)).all()


def windows() -> Sequence[Window]:
    """The periods of the contract in force."""
    return db.session.scalars(select(Window).order_by(Window.activity)).all()


def envelopes_of(partner_id: str) -> Sequence[Envelope]:
    """A partner's envelopes, by year."""
    return db.session.scalars(select(Envelope).where(Envelope.partner_id == partner_id).order_by(Envelope.year)).all()


def demand_open(activity: str) -> None:
    """Raise WindowClosed unless the period for ``activity`` is open today."""
    window = db.session.scalars(select(Window).where(Window.activity == activity)).one()
    today = clock.today()
    if not window.open_on(today):
        raise WindowClosed(window.opens_on, window.closes_on, today)


@dataclass(frozen=True)
class AxisLine:
    """An axis as lists and filters show it."""

    id: str
    number: int
    title: str


@dataclass(frozen=True)
class Outline:
    """What never changes while the contract runs: its years and its axes. Read once by each process."""

    contract_id: str
    years: tuple[int, ...]
    axes: tuple[AxisLine, ...]


_outlines: WeakKeyDictionary[Engine, Outline] = WeakKeyDictionary()


def outline() -> Outline:
    """The contract's years and axes, without a statement after the first time."""
    engine = db.engine
    known = _outlines.get(engine)
    if known is None:
        current = contract()
        lines = tuple(AxisLine(axis.id, axis.number, axis.title) for axis in axes())
        known = _outlines[engine] = Outline(current.id, current.years, lines)
    return known
