"""Writing to all partners, or to one's own organisation."""

from __future__ import annotations

from sqlalchemy import select

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import demand_open
from cocon.discussion import events, queries, refusals
from cocon.discussion.models import Comment
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden
from cocon.policy import OFFICE, Permission

INTERNAL, SHARED = "internal", "partners"


@operation(Permission.COMMENT)
def post_comment(
    actor: Actor, action: Action, *, text: str, visibility: str | None = None, thread_id: str | None = None
) -> events.CommentPosted:
    """Open a thread, or reply in one that the actor reads: a reply has its thread's audience.

    Raises WindowClosed (partners only), TextNeeded, AudienceNeeded, Forbidden.
    """
    if actor.role not in OFFICE.split():
        demand_open("discussing")
    if not text.strip():
        raise refusals.TextNeeded
    audience = _audience_of_thread(actor, action, thread_id) if thread_id else visibility
    if audience not in (INTERNAL, SHARED):
        raise refusals.AudienceNeeded
    comment = _comment(actor, action, text, audience, thread_id)
    db.session.add(comment)
    return events.CommentPosted(
        subject=Subject("comment", comment.id),
        about=action.id,
        audience=actor.partner_key if audience == INTERNAL else None,
        action_code=action.code,
        version=comment.version,
        thread=comment.thread_id,
        visibility=audience,
    )


def _audience_of_thread(actor: Actor, action: Action, thread_id: str) -> str:
    """The audience of a thread of this fiche; raises Forbidden when the actor may not read it."""
    audience = db.session.scalar(
        select(Comment.visibility).where(
            Comment.id == thread_id,
            Comment.thread_id == thread_id,
            Comment.action_id == action.id,
            queries.visible_to(actor),
        )
    )
    if audience is None:
        raise Forbidden
    return audience


def _comment(actor: Actor, action: Action, text: str, audience: str, thread_id: str | None) -> Comment:
    if actor.partner_id is None or actor.mandate_id is None:
        raise Forbidden
    comment_id = new_id()
    return Comment(
        id=comment_id,
        action_id=action.id,
        thread_id=thread_id or comment_id,
        version=action.version,
        visibility=audience,
        partner_id=actor.partner_id,
        mandate_id=actor.mandate_id,
        posted_at=clock.now(),
        text=text,
    )
