"""Reading the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from string import ascii_uppercase
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, or_, select
from sqlalchemy.orm import joinedload

from cocon.audit.models import LogEntry
from cocon.contracts.models import Axis, Contract, Envelope, Figure, Objective, Window
from cocon.contracts.refusals import WindowClosed
from cocon.kernel import clock, prepared
from cocon.kernel.db import db
from cocon.kernel.language import NBSP, NNBSP, LazyString, _

#: What partners do during a period, in the order of the work: the name of the period, and the acts that it opens.
ACTIVITIES: dict[str, tuple[LazyString, LazyString]] = {
    "proposing": (_("Proposer"), _("partager une nouvelle fiche-action")),
    "discussing": (_("Discuter"), _("écrire un message sur une fiche, en publier une nouvelle version")),
    "deciding": (_("Décider"), _("donner un avis dans une consultation")),
}


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
        select(Objective)
        .join(Objective.axis)
        .options(joinedload(Objective.axis))
        .order_by(Axis.number, Objective.letter)
    ).all()


@dataclass(frozen=True)
class Branch:
    """An axis and its objectives, in the order of their letters."""

    axis: Axis
    objectives: Sequence[Objective]

    @property
    def next_letter(self) -> str:
        """The first letter that no objective has; empty after Z."""
        taken = {objective.letter for objective in self.objectives}
        return next((letter for letter in ascii_uppercase if letter not in taken), "")


def branches() -> list[Branch]:
    """The axes of the contract in force with their objectives, in one statement."""
    rows = db.session.execute(
        select(Axis, Objective)
        .outerjoin(Objective, Objective.axis_id == Axis.id)
        .order_by(Axis.number, Objective.letter)
    )
    return [
        Branch(axis, [objective for _axis, objective in members if objective is not None])
        for axis, members in groupby(rows, key=lambda row: row[0])
    ]


def figures() -> Sequence[Figure]:
    """Published figures, in the order of the sources."""
    return db.session.scalars(select(Figure).order_by(Figure.rank)).all()


def windows() -> Sequence[Window]:
    """The periods of the contract in force, in the order of the work."""
    ranks = {activity: rank for rank, activity in enumerate(ACTIVITIES)}
    return sorted(db.session.scalars(select(Window)), key=lambda window: ranks[window.activity])


def window(activity: str) -> Window | None:
    """One period of the contract in force."""
    return db.session.scalars(select(Window).where(Window.activity == activity)).first()


def written(figure: Figure) -> str:
    """A figure and its unit as French readers write them: ``33 816 491 €``, ``3,6 %``, ``117 dossiers``."""
    whole, rest = divmod(abs(figure.value), 10**figure.scale)
    number = f"{whole:,}".replace(",", NNBSP) + (f",{rest:0{figure.scale}d}" if figure.scale else "")
    unit = "€" if figure.unit == "EUR" else figure.unit
    return f"{'-' if figure.value < 0 else ''}{number}{NBSP}{unit}"


def source_link(source: str) -> tuple[str, str | None]:
    """A source as a page shows it: its words, or the name of its site and the address."""
    host = urlsplit(source).hostname if source.startswith(("http://", "https://")) else None
    return (host.removeprefix("www."), source) if host else (source, None)


def in_demonstration() -> bool:
    """Whether this installation plays a fictional course of the contract."""
    return db.session.scalar(select(LogEntry.seq).where(LogEntry.kind == "demo.started").limit(1)) is not None


def envelopes_of(partner_id: str) -> Sequence[Envelope]:
    """A partner's envelopes of whole years, by year."""
    mine = (Envelope.partner_id == partner_id, Envelope.axis_id.is_(None))
    return db.session.scalars(select(Envelope).where(*mine).order_by(Envelope.year)).all()


def demand_open(activity: str) -> None:
    """Raise WindowClosed unless the period for ``activity`` is open today."""
    window = db.session.scalars(select(Window).where(Window.activity == activity)).one()
    closed = Period(window.opens_on, window.closes_on).closed
    if closed:
        raise closed


@dataclass(frozen=True)
class Period:
    """The dates of a period that another statement read (``period_of``)."""

    opens_on: date | None = None
    closes_on: date | None = None

    @property
    def closed(self) -> WindowClosed | None:
        """Why partners may not act today, if so."""
        today = clock.today()
        if (self.opens_on and today < self.opens_on) or (self.closes_on and self.closes_on < today):
            return WindowClosed(self.opens_on, self.closes_on, today)
        return None

    def until(self, deadline: datetime) -> datetime:
        """The last moment to act, when there is a deadline too."""
        return min(deadline, clock.end_of_day(self.closes_on)) if self.closes_on else deadline


def period_of(activity: str) -> tuple[ColumnElement[date | None], ColumnElement[date | None]]:
    """The dates of a period, as columns of another statement."""
    opens_on = select(Window.opens_on).where(Window.activity == activity).scalar_subquery()
    closes_on = select(Window.closes_on).where(Window.activity == activity).scalar_subquery()
    return opens_on.label("opens_on"), closes_on.label("closes_on")


def open_today(activity: str) -> ColumnElement[bool]:
    """Whether a period is open, as a condition of another statement."""
    today = prepared.today()
    return (
        select(Window.id)
        .where(
            Window.activity == activity,
            or_(Window.opens_on.is_(None), Window.opens_on <= today),
            or_(Window.closes_on.is_(None), Window.closes_on >= today),
        )
        .exists()
    )


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
