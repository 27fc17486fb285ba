"""Suggestion: the text that somebody would write in one field of a version, what became of it, who knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cocon.actions.models import TEXT_FIELDS, Action
from cocon.kernel.db import Audited, Free
from cocon.partners.models import Mandate

#: The fields of a fiche on which a change can be suggested, in the order of reading.
FIELDS = ("title", *TEXT_FIELDS, "project_owner", "delegate", "territory_codes", "starts", "ends")
#: Those whose answer is replaced whole; the words of the others are merged.
FACTS = frozenset(FIELDS[-5:])

OPEN, ACCEPTED, APPLIED, REFUSED, WITHDRAWN = "open", "accepted", "applied", "refused", "withdrawn"
#: What still awaits the owner: an answer, or to be put into a version.
PENDING = (OPEN, ACCEPTED)
CLOSED = (APPLIED, REFUSED, WITHDRAWN)


class Suggestion(Audited):
    """A field as the author read it in ``version``, and as he or she would write it.

    ``edited`` is what the owner accepted instead, written from ``edited_base``; ``applied_version`` is the version that
    took it in. Whether it still fits the text is never stored: the text moves on, the suggestion stays.
    """

    __tablename__ = "suggestion"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    made_at: Mapped[datetime]
    version: Mapped[int]
    field: Mapped[str] = mapped_column(String(20))
    proposed: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(ForeignKey("mandate.id"))
    edited: Mapped[str | None] = mapped_column(Text)
    edited_base: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    applied_version: Mapped[int | None]

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql", foreign_keys=[mandate_id])

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (
            Index("ix_suggestion_action_state", "action_id", "state"),
            Index("ix_suggestion_partner_state", "partner_id", "state"),
        )

    @property
    def pending(self) -> bool:
        """Whether it still awaits the owner."""
        return self.state in PENDING

    @property
    def wanted(self) -> str:
        """The text to be had: as suggested, or as the owner edited it."""
        return self.proposed if self.edited is None else self.edited


class SuggestionSeen(Free):
    """The author marked what became of a suggestion as seen: a mark, which the log does not watch.

    It holds for the answer that was shown: that of a ``revision``, or that the fiche had ``ended`` without one.
    """

    __tablename__ = "suggestion_seen"

    suggestion_id: Mapped[str] = mapped_column(ForeignKey("suggestion.id"), primary_key=True)
    revision: Mapped[int]
    ended: Mapped[bool]
    seen_at: Mapped[datetime]
