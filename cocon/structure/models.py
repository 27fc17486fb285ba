"""Link between two fiches, Lineage from a fiche of an earlier contract, Carry (a promise left on a merged fiche)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cocon.actions.models import Action
from cocon.contracts.models import Contract
from cocon.kernel.db import Audited
from cocon.partners.models import Partner


class Link(Audited):
    """From one fiche to another. ``kind``: ``related`` (symmetric), ``merged`` (into) or ``split`` (into).

    ``to_id`` is no foreign key: what a split announces is first a draft, known by its ``title``, and keeps its
    identifier when it is shared.
    """

    __tablename__ = "action_link"

    kind: Mapped[str] = mapped_column(String(10))
    from_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    to_id: Mapped[str] = mapped_column(String(36), index=True)
    title: Mapped[str | None] = mapped_column(String(300))
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("from_id", "to_id", "kind"),)


class Lineage(Audited):
    """The fiche of an earlier contract that a fiche follows, as its source names it."""

    __tablename__ = "action_lineage"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"), index=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contract.id"))
    label: Mapped[str] = mapped_column(String(300))
    former_code: Mapped[str | None] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(500))
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(Text)

    contract: Mapped[Contract] = relationship(lazy="raise_on_sql")


class Carry(Audited):
    """What a partner had promised to a fiche when it was merged: only the partner says what becomes of it.

    ``settlement``: ``carried`` to the fiche that stays, or ``left``; null while it is not settled.
    """

    __tablename__ = "action_carry"

    link_id: Mapped[str] = mapped_column(ForeignKey("action_link.id"))
    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    kept_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    settlement: Mapped[str | None] = mapped_column(String(10))
    settled_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)

    action: Mapped[Action] = relationship(lazy="raise_on_sql", foreign_keys=[action_id])
    kept: Mapped[Action] = relationship(lazy="raise_on_sql", foreign_keys=[kept_id])
    partner: Mapped[Partner] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("action_id", "partner_id"),)
