"""Action (fiche-action), its former codes, immutable versions and costs, the private Draft, the search index."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import JSON

from cocon.contracts.models import Axis, Objective
from cocon.kernel.db import Audited, Free
from cocon.partners.models import Partner

#: Fields of the text of a fiche, in the order of reading.
TEXT_FIELDS = ("context", "objectives", "content", "audience", "territory", "calendar", "results")


class Action(Audited):
    """A shared fiche. ``version`` is the number of its latest text; states are those of the one table of states."""

    __tablename__ = "action"

    code: Mapped[str] = mapped_column(String(20), unique=True)
    axis_id: Mapped[str] = mapped_column(ForeignKey("axis.id"))
    objective_id: Mapped[str | None] = mapped_column(ForeignKey("objective.id"))
    rank: Mapped[int]
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    version: Mapped[int]
    maturity: Mapped[str] = mapped_column(String(20))
    decision: Mapped[str] = mapped_column(String(30))
    progress: Mapped[str | None] = mapped_column(String(20))
    shared_at: Mapped[datetime]
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)

    axis: Mapped[Axis] = relationship(lazy="raise_on_sql")
    objective: Mapped[Objective | None] = relationship(lazy="raise_on_sql")
    partner: Mapped[Partner] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("axis_id", "objective_id", "rank"),)

    @property
    def alive(self) -> bool:
        """Neither withdrawn nor merged."""
        return self.maturity not in ("withdrawn", "merged")


class FormerCode(Audited):
    """A code that a fiche bore before it was moved: it still leads there, and is given to no other."""

    __tablename__ = "former_code"

    code: Mapped[str] = mapped_column(String(20), unique=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), index=True)
    axis_id: Mapped[str] = mapped_column(ForeignKey("axis.id"))
    objective_id: Mapped[str | None] = mapped_column(ForeignKey("objective.id"))
    rank: Mapped[int]
    replaced_at: Mapped[datetime]


class ActionVersion(Audited):
    """The text of a fiche as published under a number; never changed afterwards."""

    __tablename__ = "action_version"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    number: Mapped[int]
    published_at: Mapped[datetime]
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    summary: Mapped[str | None] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(String(300))
    project_owner_id: Mapped[str | None] = mapped_column(ForeignKey("partner.id"))
    project_owner_name: Mapped[str | None] = mapped_column(String(200))
    associated: Mapped[list[str]] = mapped_column(JSON)
    territory: Mapped[str] = mapped_column(Text)
    context: Mapped[str] = mapped_column(Text)
    objectives: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    calendar: Mapped[str] = mapped_column(Text)
    results: Mapped[str] = mapped_column(Text)

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    project_owner: Mapped[Partner | None] = relationship(lazy="raise_on_sql")
    costs: Mapped[list[VersionCost]] = relationship(
        lazy="raise_on_sql", order_by="VersionCost.year", back_populates="of_version"
    )

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("action_id", "number"),)


class VersionCost(Audited):
    """The expected cost of a version for one year, in cents."""

    __tablename__ = "version_cost"

    version_id: Mapped[str] = mapped_column(ForeignKey("action_version.id"))
    year: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)

    of_version: Mapped[ActionVersion] = relationship(lazy="raise_on_sql", back_populates="costs")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("version_id", "year"), CheckConstraint("amount >= 0", name="amount_positive"))


class Draft(Free):
    """A fiche being prepared, private to its partner. Never validated; sharing is. ``fields`` holds what was typed."""

    __tablename__ = "draft"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    revision: Mapped[int]
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)


class ActionSearch(Free):
    """The searchable text of a fiche, folded to lower case without accents."""

    __tablename__ = "action_search"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(Text)
