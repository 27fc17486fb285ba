"""Comment: visible to all partners, or to the author's organisation only; what becomes of it and of its thread."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cocon.actions.models import Action
from cocon.kernel.db import Audited, Free
from cocon.partners.models import Mandate


class Comment(Audited):
    """A contribution to a thread. ``thread_id`` is the id of the comment that opened the thread (its own, if it did).

    ``visibility`` is ``partners`` or ``internal``; a reply has its thread's.
    """

    __tablename__ = "comment"

    action_id: Mapped[str] = mapped_column(ForeignKey("action.id"))
    thread_id: Mapped[str] = mapped_column(String(36), index=True)
    version: Mapped[int]
    visibility: Mapped[str] = mapped_column(String(10))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"))
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    posted_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)

    action: Mapped[Action] = relationship(lazy="raise_on_sql")
    mandate: Mapped[Mandate] = relationship(lazy="raise_on_sql")
    acts: Mapped[list[CommentAct]] = relationship(lazy="raise_on_sql", order_by="CommentAct.number")

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (Index("ix_comment_action_posted", "action_id", "posted_at"),)


class CommentAct(Audited):
    """What the author did to a message afterwards. ``kind`` is ``edited``, ``corrected`` or ``withdrawn``.

    ``number`` counts the acts on the message: it is the version that forms show, and two acts cannot share it.
    """

    __tablename__ = "comment_act"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    done_at: Mapped[datetime]
    mandate_id: Mapped[str] = mapped_column(ForeignKey("mandate.id"))
    text: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        return (UniqueConstraint("comment_id", "number"),)


class Topic(Audited):
    """What is known of a thread beyond its messages: the section it is about, and who said that it is over.

    ``comment_id`` is the message that opened it. A thread about the whole fiche has no row until it is resolved.
    """

    __tablename__ = "thread"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id"), unique=True)
    section: Mapped[str | None] = mapped_column(String(30))
    resolved_at: Mapped[datetime | None]
    mandate_id: Mapped[str | None] = mapped_column(ForeignKey("mandate.id"))


class Mention(Audited):
    """A message calls a partner, or one person of it; it no longer stands once its author took it out of the text."""

    __tablename__ = "mention"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id"), index=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    standing: Mapped[bool]


class MentionSeen(Free):
    """Somebody of the partner marked a mention as seen: a mark, which the log does not watch."""

    __tablename__ = "mention_seen"

    mention_id: Mapped[str] = mapped_column(ForeignKey("mention.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    seen_at: Mapped[datetime]
