"""Reading exchanges: what the actor may read of a fiche's threads, in one statement; what calls him."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, tuple_
from sqlalchemy.orm import aliased, contains_eager

from cocon.actions import words
from cocon.actions.models import SPARE_FACTS, Action
from cocon.discussion.models import Comment, CommentAct, Mention, MentionSeen, Topic
from cocon.kernel import clock, prepared
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.partners.models import Mandate, Partner, Person

#: Messages read at once; older ones are a page further.
MOST = 100
#: How long an author may rewrite a message.
EDITABLE = timedelta(minutes=15)

#: Fiches on which nobody writes any more.
OVER = ("withdrawn", "merged")

#: Fields that have no thread of their own: those of the cost are discussed with it.
NOT_DISCUSSED = ("title", "associated", "eligible", "charges", *SPARE_FACTS)
#: What a thread may be about, besides the whole fiche: its sections, in the order of reading.
SECTIONS: dict[str, LazyString] = {
    **{name: title for name, title in words.FIELDS.items() if name not in NOT_DISCUSSED},
    "funding": _("Financement"),
}


@dataclass(frozen=True, kw_only=True)
class Message:
    """A comment as readers see it. ``partner_id``, ``author_id`` and ``alive`` are what ``policy`` asks.

    They are kept apart from the row, which an operation reads anew.
    """

    comment: Comment
    id: str
    partner_id: str
    author_id: str
    alive: bool

    @classmethod
    def of(cls, comment: Comment, *, alive: bool) -> Message:
        """The message of a row whose author is loaded."""
        author_id = comment.mandate.person_id
        return cls(comment=comment, id=comment.id, partner_id=comment.partner_id, author_id=author_id, alive=alive)

    @property
    def author(self) -> str:
        """Who wrote."""
        return self.comment.mandate.person.name

    @property
    def partner(self) -> str:
        """For whom, as it was called then."""
        partner = self.comment.mandate.partner
        return partner.name_on(_day(self.comment.posted_at)) if partner else ""

    @property
    def revision(self) -> int:
        """How many acts changed it."""
        return len(self.comment.acts)

    @property
    def edited_at(self) -> datetime | None:
        """When it was last rewritten."""
        return next((act.done_at for act in reversed(self.comment.acts) if act.kind == "edited"), None)

    @property
    def corrections(self) -> list[CommentAct]:
        """What was added under it, oldest first."""
        return [act for act in self.comment.acts if act.kind == "corrected"]

    @property
    def withdrawal(self) -> CommentAct | None:
        """When and why it was taken back."""
        return next((act for act in self.comment.acts if act.kind == "withdrawn"), None)

    @property
    def editable_until(self) -> datetime:
        """The instant from which it can only be corrected."""
        return self.comment.posted_at + EDITABLE

    @property
    def editable(self) -> bool:
        """Whether it may still be rewritten."""
        return clock.now() < self.editable_until


@dataclass(frozen=True, kw_only=True)
class Thread:
    """Messages that answer one another, oldest first; ``partner_id`` opened it, ``owner_id`` wrote the fiche."""

    id: str
    internal: bool
    partner_id: str
    owner_id: str
    alive: bool
    version: int
    section: str | None = None
    revision: int = 0
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolved_for: str | None = None
    messages: Sequence[Message] = ()

    @property
    def about(self) -> LazyString | None:
        """The section, in words; None for the whole fiche."""
        return SECTIONS.get(self.section or "")


@dataclass(frozen=True)
class Threads:
    """What the actor reads of the exchanges on a fiche; ``earlier`` is where the messages before these end.

    ``open_in`` counts the open threads of each section; it is empty when the page does not hold them all.
    """

    threads: Sequence[Thread]
    count: int
    earlier: str | None = None
    open_in: Mapping[str, int] = field(default_factory=dict)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Messages to all partners, and those of the actor's own organisation."""
    shared = Comment.visibility == "partners"
    if actor.partner_id is None:
        return shared
    return or_(shared, and_(Comment.visibility == "internal", Comment.partner_id == actor.partner_id))


def threads(
    action_id: str, actor: Actor, before: str | None = None, *, section: str | None = None, only: str | None = None
) -> Threads:
    """The latest messages that the actor may read (or those before ``before``), grouped by thread.

    The organisation's own threads come first, then the shared ones; what is resolved comes last in each.
    ``section`` keeps the threads about one section, ``only`` keeps one thread.
    """
    given = {"action_id": action_id, "section": section, "only": only, "before": before}
    asked = tuple(name for name in ("section", "only", "before") if given[name] is not None)
    statement = _latest(prepared.shape(actor), asked)
    rows = db.session.execute(statement, {**given, **prepared.given(actor)}).unique().all()
    shown = rows[:MOST][::-1]
    whole = before is None and section is None and only is None and len(rows) <= MOST
    found = _grouped(shown)
    return Threads(found, len(shown), shown[0][0].id if len(rows) > MOST else None, _open_in(found) if whole else {})


@cache
def _latest(who: prepared.Shape, asked: tuple[str, ...]) -> Any:
    """The messages of a page of threads; ``asked`` names the parameters that restrict it."""
    page = select(Comment.id).where(Comment.action_id == bindparam("action_id"), visible_to(prepared.anyone(who)))
    if "section" in asked:
        page = page.join(Topic, Topic.comment_id == Comment.thread_id).where(Topic.section == bindparam("section"))
    if "only" in asked:
        page = page.where(Comment.thread_id == bindparam("only"))
    if "before" in asked:
        earlier = select(Comment.posted_at, Comment.id).where(Comment.id == bindparam("before")).scalar_subquery()
        page = page.where(tuple_(Comment.posted_at, Comment.id) < earlier)
    newest = page.order_by(Comment.posted_at.desc(), Comment.id.desc()).limit(MOST + 1).subquery()
    return _read().join(newest, newest.c.id == Comment.id)


@cache
def _read() -> Any:
    """Messages with their author, their acts, their thread, and who resolved it; newest first."""
    opening, closer = aliased(Comment), aliased(Mandate)
    person, partner = aliased(Person), aliased(Partner)
    return (
        select(Comment, Action.maturity, Action.partner_id, opening.partner_id, opening.version, Topic, person, partner)
        .join(Action, Action.id == Comment.action_id)
        .join(opening, opening.id == Comment.thread_id)
        .join(Comment.mandate)
        .join(Mandate.person)
        .outerjoin(Mandate.partner)
        .outerjoin(Comment.acts)
        .outerjoin(Topic, Topic.comment_id == Comment.thread_id)
        .outerjoin(closer, closer.id == Topic.mandate_id)
        .outerjoin(person, person.id == closer.person_id)
        .outerjoin(partner, partner.id == closer.partner_id)
        .options(
            contains_eager(Comment.mandate).contains_eager(Mandate.person),
            contains_eager(Comment.mandate).contains_eager(Mandate.partner),
            contains_eager(Comment.acts),
        )
        .order_by(Comment.posted_at.desc(), Comment.id.desc(), CommentAct.number)
        .execution_options(populate_existing=True)
    )


def _grouped(rows: Sequence[Any]) -> list[Thread]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0].thread_id, []).append(row)
    made = [_thread(lines) for lines in found.values()]
    return sorted(made, key=lambda thread: (not thread.internal, thread.resolved_at is not None))


def _thread(rows: Sequence[Any]) -> Thread:
    comment, maturity, owner_id, opener_id, version, topic, closer, partner = rows[0]
    alive = _alive(maturity)
    over = topic.resolved_at if topic else None
    return Thread(
        id=comment.thread_id,
        internal=comment.visibility == "internal",
        partner_id=opener_id,
        owner_id=owner_id,
        alive=alive,
        version=version,
        section=topic.section if topic else None,
        revision=topic.rev if topic else 0,
        resolved_at=over,
        resolved_by=closer.name if over else None,
        resolved_for=partner.name_on(_day(over)) if over and partner else None,
        messages=[Message.of(row[0], alive=alive) for row in rows],
    )


def _open_in(found: Sequence[Thread]) -> Mapping[str, int]:
    return Counter(thread.section for thread in found if thread.section and thread.resolved_at is None)


def thread(action_id: str, thread_id: str, actor: Actor) -> Thread | None:
    """One thread of a fiche; those that the actor may not read do not exist for it."""
    found = threads(action_id, actor, only=thread_id).threads
    return found[0] if found else None


def message(action_id: str, comment_id: str, actor: Actor) -> Message | None:
    """One message of a fiche; those that the actor may not read do not exist for it."""
    where = (Comment.id == comment_id, Comment.action_id == action_id, visible_to(actor))
    row = db.session.execute(_read().where(*where)).unique().first()
    return Message.of(row[0], alive=_alive(row[1])) if row else None


def lock(comment_id: str) -> Comment:
    """A message that is known to exist, with its acts and its fiche, locked until the commit."""
    db.session.execute(select(Comment.id).where(Comment.id == comment_id).with_for_update())
    return (
        db.session.scalars(
            select(Comment)
            .join(Comment.action)
            .outerjoin(Comment.acts)
            .options(contains_eager(Comment.action), contains_eager(Comment.acts))
            .where(Comment.id == comment_id)
            .order_by(CommentAct.number)
            .execution_options(populate_existing=True)
        )
        .unique()
        .one()
    )


def topic_of(thread_id: str) -> Topic | None:
    """What is known of a thread beyond its messages, locked until the commit."""
    return db.session.scalars(
        select(Topic).where(Topic.comment_id == thread_id).with_for_update().execution_options(populate_existing=True)
    ).first()


def mentions_of(comment_id: str) -> Sequence[Mention]:
    """Whom a message calls, or called."""
    return db.session.scalars(select(Mention).where(Mention.comment_id == comment_id)).all()


def calling(actor: Actor) -> Select[Any]:
    """The messages that call the actor and wait for an answer: each once.

    Somebody of the partner answered in the thread or marked the message as seen, the author took it back, or the
    thread is resolved: it waits no longer.
    """
    later = aliased(Comment)
    answered = select(later.id).where(
        later.thread_id == Comment.thread_id,
        later.partner_id == Mention.partner_id,
        tuple_(later.posted_at, later.id) > tuple_(Comment.posted_at, Comment.id),
    )
    gone = select(CommentAct.id).where(CommentAct.comment_id == Comment.id, CommentAct.kind == "withdrawn")
    over = select(Topic.id).where(Topic.comment_id == Comment.thread_id, Topic.resolved_at.is_not(None))
    return (
        select(Comment.id)
        .distinct()
        .join(Mention, Mention.comment_id == Comment.id)
        .join(Comment.mandate)
        .join(Comment.action)
        .where(
            calls(actor),
            visible_to(actor),
            Mandate.person_id != actor.person_id,
            Action.maturity.not_in(OVER),
            ~select(MentionSeen.mention_id).where(MentionSeen.mention_id == Mention.id).exists(),
            ~answered.exists(),
            ~gone.exists(),
            ~over.exists(),
        )
    )


def calls(actor: Actor) -> ColumnElement[bool]:
    """Mentions of the actor's partner, or of the actor in particular."""
    mine = or_(Mention.person_id.is_(None), Mention.person_id == actor.person_id)
    return and_(Mention.standing, Mention.partner_id == actor.partner_id, mine)


def _day(moment: datetime) -> Any:
    return moment.astimezone(clock.PARIS).date()


def _alive(maturity: str) -> bool:
    return maturity not in OVER
