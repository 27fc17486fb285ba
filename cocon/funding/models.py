"""Contribution (partner × action × form, one stable identity) and its yearly Tranches with their stages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cocon.actions.models import Action
from cocon.kernel.db import Audited
from cocon.partners.models import Partner


class Contribution(Audited):
    """A partner's money for an action, in one form (``cash`` until other forms arrive)."""

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
    """The amount of a contribution for a year, in cents, and its stage (``intention`` or ``withdrawn`` for now)."""

    __tablename__ = "tranche"

    contribution_id: Mapped[str] = mapped_column(ForeignKey("contribution.id"))
    year: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(String(20))

    contribution: Mapped[Contribution] = relationship(lazy="raise_on_sql", back_populates="tranches")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("contribution_id", "year"),
            CheckConstraint("amount >= 0", name="amount_positive"),
            CheckConstraint("stage <> 'withdrawn' OR amount = 0", name="withdrawn_is_nothing"),
        )
