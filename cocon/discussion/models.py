"""Comment: visible to all partners, or to the author's organisation only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cocon.actions.models import Action
from cocon.kernel.db import Audited
from cocon.partners.models import Mandate


class Comment(Audited):
    """A contribution to a thread. ``thread_id`` is the id of the comment that opened the thread (its own, if it did).

    ``visibility`` is ``partners`` or ``internal``; a reply has its thread's.
    """

    __tablename__ = "comment"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    thread_id: Mapped[str] = mapped_column(String(36))
    version: Mapped[int]
    visibility: Mapped[str] = mapped_column(String(10))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    posted_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (Index("ix_comment_action_posted", "action_id", "posted_at"),)
