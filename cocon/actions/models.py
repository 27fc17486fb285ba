"""Action (fiche-action), its former codes and immutable versions, Draft, the search index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import JSON

from cocon.contracts.models import Axis, Objective
from cocon.kernel.db import Audited, Free
from cocon.partners.models import Partner

#: Fields of the text of a fiche, in the order of reading.
TEXT_FIELDS = (
    *("context", "objectives", "content", "coordination", "audience", "territory", "calendar", "deliverables"),
    *("results", "evaluation", "risks"),
)
#: Those that most fiches leave out: read only where they say something.
SPARE_TEXTS = ("coordination", "deliverables", "evaluation", "risks")
#: Short answers that may be left out: the delegated project owner, codes of places, the beginning and the end, whether
#: the cost is net of taxes, State aid and its regime.
SPARE_FACTS = (
    *("delegate", "territory_codes", "starts", "ends"),
    *("cost_basis", "state_aid", "state_aid_regime"),
)
#: Whether amounts are without taxes or with them; what is received of State aid. Nothing said is ``""``.
COST_BASES = ("ht", "ttc")
STATE_AIDS = ("no", "de_minimis", "regime")
#: Natures of charges in the accounts of associations; voluntary contributions in kind stand apart, outside the cost.
CHARGES = ("60", "61", "62", "63", "64", "65", "66", "67", "68")
IN_KIND = "86"
NATURES = (*CHARGES, IN_KIND)
#: What an indicator measures.
INDICATOR_KINDS = ("output", "result", "impact")


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A step of the calendar: its day (``2014-03-15``) or its month (``2014-03``)."""

    due: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """What will be measured. Values are hundredths, so that 12,5 is 1250; targets are by year."""

    code: str
    label: str
    kind: str
    unit: str = ""
    baseline: int | None = None
    baseline_year: int | None = None
    targets: Mapping[int, int] = field(default_factory=dict)
    source: str = ""


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
    coordination: Mapped[str] = mapped_column(Text)
    deliverables: Mapped[str] = mapped_column(Text)
    evaluation: Mapped[str] = mapped_column(Text)
    risks: Mapped[str] = mapped_column(Text)
    delegate: Mapped[str] = mapped_column(String(200))
    #: Days or months, as those of milestones.
    territory_codes: Mapped[str] = mapped_column(String(300))
    starts: Mapped[str] = mapped_column(String(10))
    ends: Mapped[str] = mapped_column(String(10))
    cost_basis: Mapped[str] = mapped_column(String(10))
    state_aid: Mapped[str] = mapped_column(String(20))
    state_aid_regime: Mapped[str] = mapped_column(String(200))

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    project_owner: Mapped[Partner | None] = relationship(lazy="raise_on_sql")
    costs: Mapped[list[VersionCost]] = relationship(
        lazy="raise_on_sql", order_by="VersionCost.year", back_populates="of_version"
    )
    charges: Mapped[list[VersionCharge]] = relationship(
        lazy="raise_on_sql", order_by="VersionCharge.year, VersionCharge.nature", viewonly=True
    )
    milestones: Mapped[list[VersionMilestone]] = relationship(
        lazy="raise_on_sql", order_by="VersionMilestone.position", viewonly=True
    )
    indicators: Mapped[list[VersionIndicator]] = relationship(
        lazy="raise_on_sql", order_by="VersionIndicator.position", viewonly=True
    )

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("action_id", "number"),)


class VersionCost(Audited):
    """The expected cost of a version for one year, in cents, and the part of it that a subsidy may bear, if known."""

    __tablename__ = "version_cost"

    version_id: Mapped[str] = mapped_column(ForeignKey("action_version.id"))
    year: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    eligible: Mapped[int | None] = mapped_column(BigInteger)

    of_version: Mapped[ActionVersion] = relationship(lazy="raise_on_sql", back_populates="costs")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("version_id", "year"),
            CheckConstraint("amount >= 0", name="amount_positive"),
            CheckConstraint("eligible BETWEEN 0 AND amount", name="eligible_within"),
        )


class VersionCharge(Audited):
    """What a version expects to spend on one nature of charges in one year, in cents; in kind, ``IN_KIND``."""

    __tablename__ = "version_charge"

    version_id: Mapped[str] = mapped_column(ForeignKey("action_version.id"))
    year: Mapped[int]
    nature: Mapped[str] = mapped_column(String(2))
    amount: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("version_id", "year", "nature"),
            CheckConstraint("amount >= 0", name="amount_positive"),
        )


class VersionMilestone(Audited):
    """A step of the calendar of a version."""

    __tablename__ = "version_milestone"

    version_id: Mapped[str] = mapped_column(ForeignKey("action_version.id"))
    position: Mapped[int]
    due: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("version_id", "position"),)

    @property
    def said(self) -> Milestone:
        """What the row says."""
        return Milestone(due=self.due, title=self.title)


class VersionIndicator(Audited):
    """An indicator planned by a version; its values are hundredths."""

    __tablename__ = "version_indicator"

    version_id: Mapped[str] = mapped_column(ForeignKey("action_version.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(20))
    unit: Mapped[str] = mapped_column(String(60))
    baseline: Mapped[int | None] = mapped_column(BigInteger)
    baseline_year: Mapped[int | None]
    targets: Mapped[dict[str, int]] = mapped_column(JSON)
    source: Mapped[str] = mapped_column(String(300))

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("version_id", "position"),)

    @property
    def said(self) -> Indicator:
        """What the row says."""
        return Indicator(
            code=self.code,
            label=self.label,
            kind=self.kind,
            unit=self.unit,
            baseline=self.baseline,
            baseline_year=self.baseline_year,
            targets={int(year): value for year, value in self.targets.items()},
            source=self.source,
        )


class Draft(Free):
    """A text being prepared, private to its partner: a fiche to come, or the next version of one (a fork).

    Never validated; sharing and publishing are. ``fields`` holds what was typed, by name of field; ``sections`` who
    saved which section when, so that two people who write in different sections never disturb each other.
    """

    __tablename__ = "draft"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    revision: Mapped[int]
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    sections: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict)
    #: The fiche that a fork prepares the next version of, and the version that it started from.
    action_id: Mapped[str | None] = mapped_column(ForeignKey("action.id"), unique=True)
    base: Mapped[int | None]
    #: The internal chain: who asked a representative to validate, and what the representative answered.
    asked_by: Mapped[str | None] = mapped_column(String(200))
    asked_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)
    note_by: Mapped[str | None] = mapped_column(String(200))


class Presence(Free):
    """Who has a section open, and until when to believe it. ``text_id`` is a draft's id, or a fiche's."""

    __tablename__ = "presence"

    text_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    section: Mapped[str] = mapped_column(String(20), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    name: Mapped[str] = mapped_column(String(200))
    seen_at: Mapped[datetime]


class ActionSearch(Free):
    """What a fiche is found by: the folded words of its latest text.

    PostgreSQL searches ``words``. SQLite searches ``action_words``, an FTS5 table whose rows have ``number`` as rowid.
    """

    __tablename__ = "action_search"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    sorted_title: Mapped[str] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))

    __table_args__ = (Index("ix_action_search_words", "words", postgresql_using="gin"),)
