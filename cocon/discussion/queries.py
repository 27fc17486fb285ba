"""Reading exchanges: what the actor may read of a fiche's threads, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.orm import contains_eager

from cocon.discussion.models import Comment
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.models import Mandate

#: Messages read at once; older ones are a page further.
MOST = 100


@dataclass(frozen=True)
class Message:
    """A comment as readers see it; the author's partner under the name it had that day."""

    comment: Comment

    @property
    def author(self) -> str:
        """Who wrote."""
        return self.comment.mandate.person.name

    @property
    def partner(self) -> str:
        """For whom, as it was called then."""
        partner = self.comment.mandate.partner
        return partner.name_on(self.comment.posted_at.astimezone(clock.PARIS).date()) if partner else ""


@dataclass(frozen=True)
class Thread:
    """Messages that answer one another, oldest first."""

    id: str
    internal: bool
    messages: Sequence[Message]


@dataclass(frozen=True)
class Threads:
    """What the actor reads of the exchanges on a fiche; ``earlier`` is where the messages before these end."""

    threads: Sequence[Thread]
    count: int
    earlier: str | None = None


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Messages to all partners, and those of the actor's own organisation."""
    shared = Comment.visibility == "partners"
    if actor.partner_id is None:
        return shared
    return or_(shared, and_(Comment.visibility == "internal", Comment.partner_id == actor.partner_id))


def threads(action_id: str, actor: Actor, before: str | None = None) -> Threads:
    """The latest messages that the actor may read (or those before ``before``), grouped by thread.

    The organisation's own threads come first, then the shared ones, in the order in which they were opened.
    """
    order = tuple_(Comment.posted_at, Comment.id)
    earlier = select(Comment.posted_at, Comment.id).where(Comment.id == before).scalar_subquery()
    newest = db.session.scalars(
        select(Comment)
        .join(Comment.mandate)
        .join(Mandate.person)
        .outerjoin(Mandate.partner)
        .options(
            contains_eager(Comment.mandate).contains_eager(Mandate.person),
            contains_eager(Comment.mandate).contains_eager(Mandate.partner),
        )
        .where(Comment.action_id == action_id, visible_to(actor), *([] if before is None else [order < earlier]))
        .order_by(Comment.posted_at.desc(), Comment.id.desc())
        .limit(MOST + 1)
    ).all()
    shown = newest[:MOST][::-1]
    return Threads(_grouped(shown), len(shown), shown[0].id if len(newest) > MOST else None)


def _grouped(comments: Sequence[Comment]) -> list[Thread]:
    found: dict[str, list[Comment]] = {}
    for comment in comments:
        found.setdefault(comment.thread_id, []).append(comment)
    made = [
        Thread(thread_id, rows[0].visibility == "internal", [Message(row) for row in rows])
        for thread_id, rows in found.items()
    ]
    return sorted(made, key=lambda thread: not thread.internal)
