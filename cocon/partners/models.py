"""Partner (with the names it takes in time), Person, Mandate = person × partner × role × dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import JSON

from cocon.kernel import clock
from cocon.kernel.db import Audited


def name_on(name: str, later_names: Sequence[dict[str, Any]], day: date) -> str:
    """The name valid that day, among a first one and those that followed it in time."""
    current = name
    for later in later_names:
        if date.fromisoformat(later["from"]) <= day:
            current = later["name"]
    return current


class Partner(Audited):
    """A signatory. ``later_names`` lists ``{"name", "from", "precision"}`` in order of time."""

    __tablename__ = "partner"

    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    rank: Mapped[int]
    college: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20))
    siren: Mapped[str | None] = mapped_column(String(9))
    siret: Mapped[str | None] = mapped_column(String(14))
    act_example: Mapped[str | None] = mapped_column(String(60))
    departement: Mapped[str | None] = mapped_column(String(3))
    cog: Mapped[str | None] = mapped_column(String(5))
    later_names: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    @property
    def partner_id(self) -> str:
        """A partner belongs to itself: what ``policy.own`` asks."""
        return self.id

    @property
    def complete(self) -> bool:
        """False for the five signatories that no source names in full."""
        return self.status == "confirmed"

    @property
    def unknown(self) -> tuple[str, ...]:
        """The columns of its identity that nobody has given yet."""
        asked = ("kind", "siren", "siret", *(["departement"] if self.college == "territorial" else []))
        return tuple(name for name in asked if getattr(self, name) is None)

    def name_on(self, day: date) -> str:
        """The name valid that day."""
        return name_on(self.name, self.later_names, day)

    @property
    def current_name(self) -> str:
        """The name valid today."""
        return self.name_on(clock.today())


class InternalChain(Audited):
    """Whether a representative validates what the contributors of a partner prepare; without a row, it is so."""

    __tablename__ = "internal_chain"

    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), unique=True)
    validates: Mapped[bool]


class Person(Audited):
    """Somebody who holds mandates. Name and e-mail are erasable."""

    __tablename__ = "person"

    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), unique=True)


class Mandate(Audited):
    """A person acts for a partner in a role between two dates (both included); it is what acts are made with."""

    __tablename__ = "mandate"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partner.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(String(500))

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    partner: Mapped[Partner | None] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("person_id", "partner_id", "role", "starts_on"),)

    def valid_on(self, day: date) -> bool:
        """Whether the mandate can be worn that day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
