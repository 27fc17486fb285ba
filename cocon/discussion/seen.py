"""Marking a mention as seen: it asks for nothing more.

Named outside the seven usual files: the table is free (a mark, audit-log section 8), so its writes are no operations
and are committed here.
"""

from __future__ import annotations

from sqlalchemy import select

from cocon.discussion import queries
from cocon.discussion.models import Comment, Mention, MentionSeen
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.refusal import Forbidden
from cocon.policy import Permission, demand


def mark(actor: Actor, action_id: str, comment_id: str) -> None:
    """Say that the actor's partner saw what calls it in a message; once is enough. Raises Forbidden."""
    begin_write()
    demand(actor, Permission.ANSWER)
    if actor.person_id is None:
        raise Forbidden
    rows = db.session.execute(
        select(Mention.id, MentionSeen.mention_id)
        .join(Comment, Comment.id == Mention.comment_id)
        .outerjoin(MentionSeen, MentionSeen.mention_id == Mention.id)
        .where(
            Comment.id == comment_id,
            Comment.action_id == action_id,
            queries.visible_to(actor),
            queries.calls(actor),
        )
        .with_for_update(of=Mention)
    ).all()
    if not rows:
        raise Forbidden
    for mention_id, seen in rows:
        if not seen:
            db.session.add(MentionSeen(mention_id=mention_id, person_id=actor.person_id, seen_at=clock.now()))
    db.session.commit()
