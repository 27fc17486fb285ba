"""Contribution (partner × action × form, one stable identity), its yearly Tranches, their Steps, the Acts behind.

Beside them what a funder binds over several years (Authorisation) and what it asks first (Condition).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import JSON

from cocon.actions.models import Action
from cocon.contracts.models import Envelope
from cocon.kernel.db import Audited, Free
from cocon.partners.models import Mandate, Partner


class Contribution(Audited):
    """What a partner brings to an action in a form (``funding.words.FORMS``); only ``cash`` is money that it spends."""

    __tablename__ = "contribution"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    form: Mapped[str] = mapped_column(String(20))

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    partner: Mapped[Partner] = relationship(lazy="raise_on_sql")
    tranches: Mapped[list[Tranche]] = relationship(
        lazy="raise_on_sql", order_by="Tranche.year", back_populates="contribution"
    )

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("action_id", "partner_id", "form"),)


class Tranche(Audited):
    """The amounts of a contribution for a year and a nature, in cents, and how far it has come (``funding.stages``).

    ``amount`` is what the partner plans; the others are what it has inscribed, voted, engaged… so far, all of it.
    ``nature`` is ``operating``, ``investment``, or empty where nobody said it.
    """

    __tablename__ = "tranche"

    contribution_id: Mapped[str] = mapped_column(ForeignKey("contribution.id"))
    year: Mapped[int]
    nature: Mapped[str] = mapped_column(String(12))
    amount: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(String(20))
    inscribed: Mapped[int] = mapped_column(BigInteger)
    credited: Mapped[int] = mapped_column(BigInteger)
    voted: Mapped[int] = mapped_column(BigInteger)
    contracted: Mapped[int] = mapped_column(BigInteger)
    engaged: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(BigInteger)

    contribution: Mapped[Contribution] = relationship(lazy="raise_on_sql", back_populates="tranches")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("contribution_id", "year", "nature"),
            CheckConstraint("amount >= 0", name="amount_positive"),
            CheckConstraint("stage <> 'withdrawn' OR amount = 0", name="withdrawn_is_nothing"),
            CheckConstraint("0 <= paid AND paid <= engaged AND engaged <= voted", name="paid_engaged_voted"),
            CheckConstraint("0 <= contracted AND contracted <= voted AND voted <= inscribed", name="voted_inscribed"),
            CheckConstraint("0 <= credited AND credited <= inscribed", name="credited_inscribed"),
        )


class Act(Audited):
    """What a partner's assembly or authority adopted; it may prove many contributions.

    Never rewritten: the days of its sending, its receipt by the préfet and its publication come later. ``kind`` is
    ``deliberation``, ``order``, ``decision`` or ``convention``; ``adopted_on`` is the day of the vote or the signature.
    """

    __tablename__ = "act"

    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(60))
    assembly: Mapped[str | None] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(Text)
    adopted_on: Mapped[date]
    sent_on: Mapped[date | None]
    received_on: Mapped[date | None]
    published_on: Mapped[date | None]
    voters: Mapped[int | None]
    votes_for: Mapped[int | None]
    votes_against: Mapped[int | None]
    abstentions: Mapped[int | None]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)

    partner: Mapped[Partner] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        living = text("withdrawn_at IS NULL")
        return (
            Index(
                "ix_act_living",
                "partner_id",
                "kind",
                "number",
                unique=True,
                sqlite_where=living,
                postgresql_where=living,
            ),
            Index("ix_act_adopted", "adopted_on", "id"),
        )

    @property
    def alive(self) -> bool:
        """Not withdrawn."""
        return self.withdrawn_at is None

    @property
    def executory(self) -> bool:
        """Whether a local authority may carry it out."""
        return self.executory_on is not None

    @property
    def executory_on(self) -> date | None:
        """Since when it may: received by the préfet and published (CGCT, L2131-1, L4141-1)."""
        if self.received_on is None or self.published_on is None:
            return None
        return max(self.received_on, self.published_on)


class Step(Audited):
    """A step of a tranche: a fact, never overwritten. ``amount`` is the step's own, in cents; ``number`` counts them.

    ``taken_on`` is the day it happened, not the day it was recorded. ``reference`` is the funder's own number of a
    payment or an engagement. Credits may rest on the multi-year authorisation that opened them. ``cancels_id`` is the
    step, recorded by mistake, that this one takes back: see ``funding.standing``.
    """

    __tablename__ = "step"

    tranche_id: Mapped[str] = mapped_column(ForeignKey("tranche.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    amount: Mapped[int] = mapped_column(BigInteger)
    taken_on: Mapped[date]
    act_id: Mapped[str | None] = mapped_column(ForeignKey("act.id"), index=True)
    authorisation_id: Mapped[str | None] = mapped_column(ForeignKey("authorisation.id"))
    reference: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(Text)
    cancels_id: Mapped[str | None] = mapped_column(ForeignKey("step.id"), unique=True)
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    recorded_at: Mapped[datetime]

    tranche: Mapped[Tranche] = relationship(lazy="raise_on_sql")
    act: Mapped[Act | None] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tranche_id", "number"),
            CheckConstraint("amount >= 0", name="amount_positive"),
            CheckConstraint("(kind = 'cancelled') = (cancels_id IS NOT NULL)", name="cancels_one"),
        )


class Authorisation(Audited):
    """What a funder binds over several years for a contribution and a nature; never overwritten, but numbered.

    ``regime`` is ``multi`` (an AE for running costs, an AP for investment, paid by yearly credits), or ``annual`` once
    the funder came back to yearly votes: then ``amount`` is nothing.
    """

    __tablename__ = "authorisation"

    contribution_id: Mapped[str] = mapped_column(ForeignKey("contribution.id"))
    nature: Mapped[str] = mapped_column(String(12))
    number: Mapped[int]
    regime: Mapped[str] = mapped_column(String(8))
    amount: Mapped[int] = mapped_column(BigInteger)
    act_id: Mapped[str] = mapped_column(ForeignKey("act.id"), index=True)
    reason: Mapped[str | None] = mapped_column(Text)
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    recorded_at: Mapped[datetime]

    act: Mapped[Act] = relationship(lazy="raise_on_sql")
    credits: Mapped[list[YearCredit]] = relationship(lazy="raise_on_sql", order_by="YearCredit.year")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("contribution_id", "nature", "number"),
            CheckConstraint("amount >= 0", name="amount_positive"),
            CheckConstraint("regime = 'multi' OR amount = 0", name="annual_is_nothing"),
        )

    @property
    def multi(self) -> bool:
        """Whether the money is bound over several years."""
        return self.regime == "multi"

    def credit(self, year: int) -> int:
        """The credits of a year, in cents."""
        return sum(one.amount for one in self.credits if one.year == year)


class YearCredit(Audited):
    """The credits (CP) that an authorisation plans to pay in a year, in cents."""

    __tablename__ = "authorisation_year"

    authorisation_id: Mapped[str] = mapped_column(ForeignKey("authorisation.id"))
    year: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("authorisation_id", "year"),
            CheckConstraint("amount > 0", name="amount_positive"),
        )


class Condition(Audited):
    """What a funder asks before, or while, it pays a contribution; lifted once, by a fact that stays.

    ``kind`` is ``suspensive`` (nothing is paid before), ``reservation`` or ``other``.
    """

    __tablename__ = "condition"

    contribution_id: Mapped[str] = mapped_column(ForeignKey("contribution.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    act_id: Mapped[str | None] = mapped_column(ForeignKey("act.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    recorded_at: Mapped[datetime]
    lifted_on: Mapped[date | None]
    lifting_reason: Mapped[str | None] = mapped_column(Text)
    lifting_act_id: Mapped[str | None] = mapped_column(ForeignKey("act.id"), index=True)
    lifting_mandate_id: Mapped[str | None] = mapped_column(ForeignKey("mandate.id"))
    lifted_at: Mapped[datetime | None]

    contribution: Mapped[Contribution] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (CheckConstraint("(lifted_on IS NULL) = (lifted_at IS NULL)", name="lifted_whole"),)

    @property
    def standing(self) -> bool:
        """Not lifted yet."""
        return self.lifted_on is None


class FinancialReport(Audited):
    """What a funder records of the report on a year's money of a contribution: a fact, never overwritten.

    ``kind`` is ``received``, ``waived`` or ``reopened``; ``number`` counts the facts of a contribution and a year.
    ``taken_on`` is the day of the receipt or of the decision; ``reason`` is a note of the first, the reason of others.
    """

    __tablename__ = "financial_report"

    contribution_id: Mapped[str] = mapped_column(ForeignKey("contribution.id"))
    year: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    taken_on: Mapped[date]
    reason: Mapped[str | None] = mapped_column(Text)
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    recorded_at: Mapped[datetime]

    contribution: Mapped[Contribution] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("contribution_id", "year", "number"),)


class EnvelopeVersion(Audited):
    """What an envelope became by a declaration or a transfer: a fact, never overwritten; ``number`` counts them.

    ``former`` is the amount before, null when nothing was declared; ``other_id`` the other envelope of a transfer.
    """

    __tablename__ = "envelope_version"

    envelope_id: Mapped[str] = mapped_column(ForeignKey("envelope.id"))
    number: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    former: Mapped[int | None] = mapped_column(BigInteger)
    hard: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    act_id: Mapped[str | None] = mapped_column(ForeignKey("act.id"), index=True)
    other_id: Mapped[str | None] = mapped_column(ForeignKey("envelope.id"))
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    recorded_at: Mapped[datetime]

    envelope: Mapped[Envelope] = relationship(lazy="raise_on_sql", foreign_keys=[envelope_id])
    other: Mapped[Envelope | None] = relationship(lazy="raise_on_sql", foreign_keys=[other_id])
    act: Mapped[Act | None] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("envelope_id", "number"),
            CheckConstraint("amount >= 0", name="amount_positive"),
        )


class Simulation(Free):
    """Amounts that a partner tries before it promises any: a draft, private to it. ``closed_at``: turned into promises.

    ``mandate`` saved it last, none where that is not known any more: the name is the person's, who may be erased.
    ``cells`` holds, by fiche, nature and year, the amount tried, that of the contribution then, and its revision.
    """

    __tablename__ = "simulation"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    revision: Mapped[int]
    cells: Mapped[dict[str, list[int]]] = mapped_column(JSON)
    saved_at: Mapped[datetime]
    mandate_id: Mapped[str | None] = mapped_column(ForeignKey("mandate.id"))
    closed_at: Mapped[datetime | None]

    mandate: Mapped[Mandate | None] = relationship(lazy="raise_on_sql")


class Beneficiary(Audited):
    """The identifiers of a fiche's project owner who is no partner; ``name`` is what the fiche called it then."""

    __tablename__ = "beneficiary"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    siret: Mapped[str | None] = mapped_column(String(14))
    rna: Mapped[str | None] = mapped_column(String(10))

    action: Mapped[Action] = relationship(lazy="raise_on_sql")


class Resource(Audited):
    """What a fiche receives in a year from who signs nothing, and its project owner's own funds; amounts in cents.

    ``account`` is one of ``funding.products.ACCOUNTS``; ``body`` the kind of the body that gives, ``gift`` what is
    given in kind. ``status`` is what ``mandate`` said last, at ``stated_at``. Withdrawn with a reason, never deleted.
    """

    __tablename__ = "resource"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), index=True)
    account: Mapped[str] = mapped_column(String(3))
    body: Mapped[str] = mapped_column(String(20))
    gift: Mapped[str] = mapped_column(String(20))
    funder: Mapped[str] = mapped_column(String(200))
    year: Mapped[int]
    nature: Mapped[str] = mapped_column(String(12))
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(12))
    note: Mapped[str | None] = mapped_column(Text)
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    stated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (CheckConstraint("amount > 0", name="amount_positive"),)

    @property
    def alive(self) -> bool:
        """Not withdrawn."""
        return self.withdrawn_at is None
