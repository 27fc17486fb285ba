"""Writing to all partners or to one's own organisation; rewriting, correcting, withdrawing; resolving a thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from sqlalchemy import select

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import demand_open
from cocon.discussion import events, mentions, queries, refusals
from cocon.discussion.mentions import Target
from cocon.discussion.models import Comment, CommentAct, Mention, Topic
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.policy import OFFICE, Permission

INTERNAL, SHARED = "internal", "partners"


@operation(Permission.COMMENT)
def post_comment(
    actor: Actor,
    action: Action,
    *,
    text: str,
    visibility: str | None = None,
    thread_id: str | None = None,
    section: str | None = None,
    notify: Sequence[str] = (),
) -> events.CommentPosted:
    """Open a thread about a section or the whole, or reply in one that the actor reads, whose audience it takes.

    Those called with ``@`` in the text, or named in ``notify``, are told. Raises WindowClosed (partners only),
    TextNeeded, AudienceNeeded, UnknownSection, UnknownName, MentionOutside, ThreadIsResolved, Forbidden.
    """
    _demand_period(actor)
    _demand_text(text)
    audience = _audience_of_thread(actor, action, thread_id) if thread_id else visibility
    if audience not in (INTERNAL, SHARED):
        raise refusals.AudienceNeeded
    if not thread_id and section and section not in queries.SECTIONS:
        raise refusals.UnknownSection
    text, called = mentions.resolve(text, notify)
    _demand_inside(actor, audience, called)
    comment = _comment(actor, action, text, audience, thread_id)
    db.session.add(comment)
    if section and not thread_id:
        db.session.flush()
        db.session.add(Topic(id=new_id(), comment_id=comment.id, section=section, resolved_at=None, mandate_id=None))
    _call(comment, called)
    return events.CommentPosted(
        subject=Subject("comment", comment.id),
        about=action.id,
        audience=actor.partner_key if audience == INTERNAL else None,
        action_code=action.code,
        version=comment.version,
        thread=comment.thread_id,
        visibility=audience,
    )


@operation(Permission.AMEND)
def edit_comment(actor: Actor, message: queries.Message, *, revision: int, text: str) -> events.CommentEdited:
    """Rewrite one's own message within a quarter of an hour; the log keeps the former text.

    Raises WindowClosed (partners only), TextNeeded, Outdated, AlreadyWithdrawn, WindowOver, Unchanged, MentionOutside.
    """
    _demand_period(actor)
    _demand_text(text)
    comment = _held(message, revision)
    if clock.now() >= comment.posted_at + queries.EDITABLE:
        raise refusals.WindowOver
    text, called = mentions.resolve(text, ())
    _demand_inside(actor, comment.visibility, called)
    if text == comment.text:
        raise refusals.Unchanged
    comment.text = text
    _add_act(actor, comment, "edited")
    _call_again(comment, called)
    return events.CommentEdited(**_told(actor, comment), thread=comment.thread_id)


@operation(Permission.AMEND)
def correct_comment(actor: Actor, message: queries.Message, *, revision: int, text: str) -> events.CommentCorrected:
    """Add a correction under one's own message, which stays as it is.

    Raises WindowClosed (partners only), TextNeeded, Outdated, AlreadyWithdrawn, StillEditable, Unchanged,
    MentionOutside.
    """
    _demand_period(actor)
    _demand_text(text)
    comment = _held(message, revision)
    if clock.now() < comment.posted_at + queries.EDITABLE:
        raise refusals.StillEditable
    text, called = mentions.resolve(text, ())
    _demand_inside(actor, comment.visibility, called)
    if text == next((act.text for act in reversed(comment.acts)), comment.text):
        raise refusals.Unchanged
    _add_act(actor, comment, "corrected", text=text)
    _call(comment, [one for one in called if (one.partner_id, one.person_id) not in _known(comment)])
    return events.CommentCorrected(**_told(actor, comment), thread=comment.thread_id)


@operation(Permission.AMEND)
def withdraw_comment(actor: Actor, message: queries.Message, *, revision: int, reason: str) -> events.CommentWithdrawn:
    """Take one's own message back, at any time: pages show the reason in its place, the log keeps the fact.

    Raises ReasonNeeded, Outdated, AlreadyWithdrawn.
    """
    if not reason.strip():
        raise refusals.ReasonNeeded
    comment = _held(message, revision)
    _add_act(actor, comment, "withdrawn", reason=reason)
    return events.CommentWithdrawn(**_told(actor, comment), reason=reason, thread=comment.thread_id)


@operation(Permission.RESOLVE)
def resolve_thread(actor: Actor, thread: queries.Thread, *, revision: int) -> events.ThreadResolved:
    """Say that a thread is over. Raises WindowClosed (partners only), AlreadyResolved, Outdated."""
    _demand_period(actor)
    opening, topic = queries.lock(thread.id), queries.topic_of(thread.id)
    if topic is not None and topic.resolved_at is not None:
        raise refusals.AlreadyResolved
    if (topic.rev if topic else 0) != revision:
        raise Outdated
    if topic is None:
        topic = Topic(id=new_id(), comment_id=thread.id, section=None)
        db.session.add(topic)
    topic.resolved_at, topic.mandate_id = clock.now(), actor.mandate_id
    return events.ThreadResolved(**_told(actor, opening, "thread"))


@operation(Permission.RESOLVE)
def reopen_thread(actor: Actor, thread: queries.Thread, *, revision: int) -> events.ThreadReopened:
    """Open a thread again. Raises WindowClosed (partners only), NotResolved, Outdated."""
    _demand_period(actor)
    opening, topic = queries.lock(thread.id), queries.topic_of(thread.id)
    if topic is None or topic.resolved_at is None:
        raise refusals.NotResolved
    if topic.rev != revision:
        raise Outdated
    topic.resolved_at, topic.mandate_id = None, None
    return events.ThreadReopened(**_told(actor, opening, "thread"))


class _Told(TypedDict):
    subject: Subject
    about: str
    audience: str | None
    action_code: str


def _told(actor: Actor, comment: Comment, kind: str = "comment") -> _Told:
    return {
        "subject": Subject(kind, comment.id),
        "about": comment.action_id,
        "audience": actor.partner_key if comment.visibility == INTERNAL else None,
        "action_code": comment.action.code,
    }


def _demand_period(actor: Actor) -> None:
    if actor.role not in OFFICE.split():
        demand_open("discussing")


def _demand_text(text: str) -> None:
    if not text.strip():
        raise refusals.TextNeeded


def _demand_inside(actor: Actor, audience: str, called: Iterable[Target]) -> None:
    """An internal thread calls nobody of another partner."""
    for one in sorted(called, key=lambda target: target.name):
        if audience == INTERNAL and one.partner_id != actor.partner_id:
            raise refusals.MentionOutside(one.name)


def _held(message: queries.Message, revision: int) -> Comment:
    """The message as it stands now, locked; raises Forbidden, AlreadyWithdrawn, or Outdated."""
    comment = queries.lock(message.id)
    if not comment.action.alive:
        raise Forbidden
    if any(act.kind == "withdrawn" for act in comment.acts):
        raise refusals.AlreadyWithdrawn
    if len(comment.acts) != revision:
        raise Outdated
    return comment


def _add_act(actor: Actor, comment: Comment, kind: str, *, text: str | None = None, reason: str | None = None) -> None:
    if actor.mandate_id is None:
        raise Forbidden
    db.session.add(
        CommentAct(
            id=new_id(),
            comment_id=comment.id,
            number=len(comment.acts) + 1,
            kind=kind,
            done_at=clock.now(),
            mandate_id=actor.mandate_id,
            text=text,
            reason=reason,
        )
    )


def _call(comment: Comment, called: Iterable[Target]) -> None:
    """Remember whom a message calls."""
    db.session.flush()
    for one in sorted(called, key=lambda target: (target.key, target.person_id or "")):
        db.session.add(
            Mention(
                id=new_id(),
                comment_id=comment.id,
                partner_id=one.partner_id,
                person_id=one.person_id,
                standing=True,
            )
        )


def _call_again(comment: Comment, called: set[Target]) -> None:
    """Remember whom a rewritten message calls: those who are no longer named are called no longer."""
    wanted = {(one.partner_id, one.person_id) for one in called}
    for mention in queries.mentions_of(comment.id):
        mention.standing = (mention.partner_id, mention.person_id) in wanted
    _call(comment, [one for one in called if (one.partner_id, one.person_id) not in _known(comment)])


def _known(comment: Comment) -> set[tuple[str, str | None]]:
    return {(mention.partner_id, mention.person_id) for mention in queries.mentions_of(comment.id)}


def _audience_of_thread(actor: Actor, action: Action, thread_id: str) -> str:
    """The audience of a thread of this fiche; raises Forbidden when the actor may not read it, ThreadIsResolved."""
    found = db.session.execute(
        select(Comment.visibility, Topic.resolved_at)
        .outerjoin(Topic, Topic.comment_id == Comment.id)
        .where(
            Comment.id == thread_id,
            Comment.thread_id == thread_id,
            Comment.action_id == action.id,
            queries.visible_to(actor),
        )
    ).first()
    if found is None:
        raise Forbidden
    if found.resolved_at is not None:
        raise refusals.ThreadIsResolved
    return str(found.visibility)


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
