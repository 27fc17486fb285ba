"""Contract, Axis, Objective, Figure, Window (when one may act), Envelope (partner × year, × axis when given)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import JSON

from cocon.kernel.db import Audited
from cocon.partners.models import Partner


class Contract(Audited):
    """The contract in force, or one of its predecessors; what no source gives is null."""

    __tablename__ = "contract"

    title: Mapped[str] = mapped_column(String(200))
    rank: Mapped[int]
    in_force: Mapped[bool]
    first_year: Mapped[int | None]
    last_year: Mapped[int | None]
    signed_on: Mapped[date | None]
    act: Mapped[str | None] = mapped_column(String(300))
    parties: Mapped[list[str]] = mapped_column(JSON)
    note: Mapped[str | None] = mapped_column(String(500))
    source: Mapped[str | None] = mapped_column(String(300))

    @property
    def years(self) -> tuple[int, ...]:
        """The exercices of the contract."""
        return tuple(range(self.first_year or 0, (self.last_year or -1) + 1))


class Axis(Audited):
    """A strategic axis. It belongs to a contract: numbers changed meaning between contracts."""

    __tablename__ = "axis"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    objective: Mapped[str] = mapped_column(String(600))
    contents: Mapped[list[str]] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(String(300))

    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("contract_id", "number"),)


class Objective(Audited):
    """An objective under an axis, named by a letter."""

    __tablename__ = "objective"

    axis_id: Mapped[str] = mapped_column(ForeignKey("axis.id"))
    letter: Mapped[str] = mapped_column(String(1))
    title: Mapped[str] = mapped_column(String(200))
    fictional: Mapped[bool]

    axis: Mapped[Axis] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("axis_id", "letter"),)


class Figure(Audited):
    """A published figure with its source; ``value`` counts 10**-scale of the unit."""

    __tablename__ = "figure"

    key: Mapped[str] = mapped_column(String(60), unique=True)
    rank: Mapped[int]
    label: Mapped[str] = mapped_column(String(200))
    value: Mapped[int] = mapped_column(BigInteger)
    scale: Mapped[int]
    unit: Mapped[str] = mapped_column(String(40))
    period: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(300))


class Window(Audited):
    """When partners may propose, discuss or decide; no dates means always open."""

    __tablename__ = "contract_window"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    activity: Mapped[str] = mapped_column(String(20))
    opens_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(1000))

    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("contract_id", "activity"),)

    def open_on(self, day: date) -> bool:
        """Whether the activity is open that day (both ends included)."""
        return (self.opens_on is None or self.opens_on <= day) and (self.closes_on is None or day <= self.closes_on)


class Envelope(Audited):
    """What a partner sets aside for a year, or for an axis of a year, in cents; null until it declares it.

    ``hard`` makes it a ceiling. That of the whole year is there from the start, and is the row that acts lock.
    """

    __tablename__ = "envelope"

    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    year: Mapped[int]
    axis_id: Mapped[str | None] = mapped_column(ForeignKey("axis.id"))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    hard: Mapped[bool]

    partner: Mapped[Partner] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        whole = text("axis_id IS NULL")
        return (
            UniqueConstraint("partner_id", "year", "axis_id"),
            Index("ix_envelope_whole", "partner_id", "year", unique=True, sqlite_where=whole, postgresql_where=whole),
            CheckConstraint("amount IS NULL OR amount >= 0", name="amount_positive"),
            CheckConstraint("NOT hard OR amount IS NOT NULL", name="ceiling_has_amount"),
        )
