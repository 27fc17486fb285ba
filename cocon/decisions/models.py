"""Consultation on one version of a fiche, its frozen roster of Seats, the Positions given, and the outcome."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, inspect, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cocon.actions.models import Action
from cocon.kernel import clock
from cocon.kernel.db import Audited
from cocon.partners.models import Mandate, Partner


class Consultation(Audited):
    """Opened by the secretariat; closed at its deadline; its outcome is pronounced in writing."""

    __tablename__ = "consultation"

    number: Mapped[str] = mapped_column(String(12), unique=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), index=True)
    version: Mapped[int]
    question: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    deadline: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(30))
    outcome_text: Mapped[str | None] = mapped_column(Text)
    outcome_reason: Mapped[str | None] = mapped_column(Text)
    pronounced_at: Mapped[datetime | None]

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    seats: Mapped[list[Seat]] = relationship(lazy="raise_on_sql", back_populates="consultation")

    @property
    def open(self) -> bool:
        """Positions may still be given."""
        return self.pronounced_at is None and clock.now() <= self.deadline

    @property
    def roster_ids(self) -> frozenset[str]:
        """Partners on the roster frozen at the opening; asked again once a write began, which forgets ``seats``."""
        state = inspect(self)
        if "seats" in state.unloaded and state.session is not None:
            return frozenset(state.session.scalars(select(Seat.partner_id).where(Seat.consultation_id == self.id)))
        return frozenset(seat.partner_id for seat in self.seats)


class Seat(Audited):
    """A partner on the roster; ``position_id`` is the position it last gave, null while it is silent."""

    __tablename__ = "seat"

    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultation.id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    position_id: Mapped[str | None] = mapped_column(ForeignKey("position.id"))

    consultation: Mapped[Consultation] = relationship(lazy="raise_on_sql", back_populates="seats")
    partner: Mapped[Partner] = relationship(lazy="raise_on_sql")
    position: Mapped[Position | None] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("consultation_id", "partner_id"),)


class Position(Audited):
    """A position given: a fact, never overwritten. ``number`` counts those of the partner."""

    __tablename__ = "position"

    consultation_id: Mapped[str] = mapped_column(ForeignKey("consultation.id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    number: Mapped[int]
    stance: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    given_at: Mapped[datetime]

    consultation: Mapped[Consultation] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("consultation_id", "partner_id", "number"),)
