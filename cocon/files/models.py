"""Attachment: a file that a partner joined to a fiche, an act or a report, for all partners or its own organisation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cocon.actions.models import Action
from cocon.kernel.db import Audited
from cocon.partners.models import Mandate

#: A file is of one thing.
JOINED_ONCE = (
    "CASE WHEN action_id IS NULL THEN 0 ELSE 1 END + CASE WHEN act_id IS NULL THEN 0 ELSE 1 END "
    "+ CASE WHEN report_id IS NULL THEN 0 ELSE 1 END = 1"
)


class Attachment(Audited):
    """The row of a file, of a fiche, an act or a financial report; its bytes are on the disk and never thrown away.

    ``stored`` is their random name. An act has one file that stands, and so has a report received. ``visibility`` is
    that of threads (``partners`` or ``internal``). ``state`` is what the antivirus said: ``unscanned`` (there is none),
    ``quarantine``, ``clean`` or ``refused``.
    """

    __tablename__ = "attachment"

    action_id: Mapped[str | None] = mapped_column(ForeignKey("action.id"))
    act_id: Mapped[str | None] = mapped_column(ForeignKey("act.id"))
    report_id: Mapped[str | None] = mapped_column(ForeignKey("financial_report.id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    visibility: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(160))
    format: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    stored: Mapped[str] = mapped_column(String(64), unique=True)
    attached_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), index=True)
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)

    action: Mapped[Action | None] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        living = text("withdrawn_at IS NULL")
        return (
            Index("ix_attachment_action_attached", "action_id", "attached_at"),
            CheckConstraint("size > 0", name="size_positive"),
            CheckConstraint(JOINED_ONCE, name="joined_once"),
            *(
                Index(
                    f"ix_attachment_{name}_living",
                    f"{name}_id",
                    unique=True,
                    sqlite_where=living,
                    postgresql_where=living,
                )
                for name in ("act", "report")
            ),
        )

    @property
    def alive(self) -> bool:
        """Not withdrawn."""
        return self.withdrawn_at is None

    @property
    def internal(self) -> bool:
        """Only the organisation that attached it reads it."""
        return self.visibility == "internal"
