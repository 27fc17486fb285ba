"""What lies on the desk besides consultations: texts prepared, suggestions, answers, calls, promises; one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from cocon.actions.models import Action, ActionVersion, Draft
from cocon.contracts.models import Axis
from cocon.contracts.queries import period_of
from cocon.discussion.models import Comment
from cocon.discussion.queries import calling
from cocon.funding import awaiting, owed
from cocon.kernel import clock, prepared
from cocon.kernel.actor import Actor
from cocon.kernel.db import Instant, db
from cocon.kernel.money import Cents
from cocon.partners.models import Mandate, Partner, Person, name_on
from cocon.policy import Permission, has_role
from cocon.structure.models import Carry, Link
from cocon.structure.queries import promised_to_merged, unsettled
from cocon.suggestions import queries as suggestions
from cocon.suggestions.models import ACCEPTED, APPLIED, OPEN, PENDING, Suggestion

#: The columns that all kinds share, and their types: what a kind does not say is null.
COLUMNS: dict[str, Any] = {
    "kind": String,
    "id": String,
    "action_id": String,
    "since": Instant,
    "asked_at": Instant,
    "by": String,
    "code": String,
    "title": String,
    "axis": Integer,
    "count": Integer,
    "total": Integer,
    "opens_on": Date,
    "closes_on": Date,
    "thread_id": String,
    "partner": String,
    "later_names": JSON,
    "amount": BigInteger,
    "state": String,
    "kept": String,
    "field": String,
    "reason": String,
}

#: The states of fiches that live no more.
OVER = ("withdrawn", "merged")


@dataclass(frozen=True)
class Paper:
    """One row; ``kind`` says which."""

    kind: str
    id: str
    action_id: str | None
    since: datetime
    asked_at: datetime | None
    by: str | None
    code: str | None
    title: str | None
    axis: int | None
    count: int
    total: int
    opens_on: date | None
    closes_on: date | None
    thread_id: str | None
    partner: str | None
    later_names: list[dict[str, Any]] | None
    amount: Cents | None
    state: str | None
    kept: str | None
    field: str | None
    reason: str | None

    @property
    def partner_name(self) -> str:
        """The name of the partner today."""
        return name_on(self.partner or "", self.later_names or [], clock.today())


def papers(actor: Actor, most: int) -> list[Paper]:
    """What lies on the actor's desk, ``most`` of each kind."""
    statement = _desk(prepared.shape(actor), most)
    if statement is None:
        return []
    return [Paper(*row) for row in db.session.execute(statement, prepared.given(actor))]


@cache
def _desk(shape: prepared.Shape, most: int) -> CompoundSelect[Any] | None:
    actor = prepared.anyone(shape)
    parts = [
        *([_drafts(actor)] if has_role(actor, Permission.DRAFT) else []),
        *([_suggestions(actor, "settle")] if has_role(actor, Permission.SETTLE) else []),
        *([_carries(actor)] if has_role(actor, Permission.CARRY) else []),
        *([_calls(actor)] if has_role(actor, Permission.ANSWER) else []),
        *([_suggestions(actor, "suggested"), _answers(actor)] if has_role(actor, Permission.SUGGEST) else []),
        *([_counted(actor, "report", reports_owed(actor))] if writes_for_a_partner(actor) else []),
        *([_counted(actor, "due", reports_due(actor))] if writes_for_a_partner(actor) else []),
        *([_counted(actor, "reports", _reports_awaited(actor))] if has_role(actor, Permission.ACCOUNT) else []),
        *(_counted(actor, kind, found) for kind, found in next_steps(actor).items()),
    ]
    return union_all(*(select(p.limit(most).subquery()) for p in parts)) if parts else None


def _row(**known: Any) -> Select[Any]:
    """A row of the union: the columns that are known, nulls for the others."""
    return select(*(known.get(name, cast(None, kind)).label(name) for name, kind in COLUMNS.items()))


def writes_for_a_partner(actor: Actor) -> bool:
    """Whether the actor prepares what its organisation sends to others."""
    return actor.partner_id is not None and has_role(actor, Permission.DRAFT)


def reports_owed(actor: Actor) -> Select[Any]:
    """The financial reports that the actor's partner owes and has not sent in time."""
    return owed.late(prepared.today(), owner=actor.partner_id)


def reports_due(actor: Actor) -> Select[Any]:
    """The financial reports that the actor's partner has to send by the next 30 June."""
    return owed.due(prepared.today(), owner=actor.partner_id)


def _reports_awaited(actor: Actor) -> Select[Any]:
    return owed.late(prepared.today(), funder=actor.partner_id)


def _counted(actor: Actor, kind: str, found: Select[Any]) -> Select[Any]:
    """Rows that make one task: how many, the least of their years, and the key of the actor's partner."""
    rows = found.subquery()
    year = func.min(rows.c.year) if "year" in rows.c else cast(None, Integer)
    sums = select(func.count().label("count"), year.label("year")).select_from(rows).subquery()
    key = cast(actor.partner_key, String)
    return _row(kind=literal(kind), id=literal(kind), count=sums.c.count, total=sums.c.year, state=key).where(
        sums.c.count > 0
    )


def next_steps(actor: Actor) -> dict[str, Select[Any]]:
    """What the actor's partner may do next of its money, by what it would do."""
    if not has_role(actor, Permission.ADVANCE):
        return {}
    return {kind: awaiting.ids(kind, actor.partner_id) for kind in awaiting.KINDS}


def _drafts(actor: Actor) -> Select[Any]:
    mine = and_(Draft.partner_id == actor.partner_id, Draft.person_id == actor.person_id)
    kept = aliased(Action)
    opens_on, closes_on = period_of("proposing")
    return (
        _row(
            kind=literal("draft"),
            id=Draft.id,
            action_id=Draft.action_id,
            since=Draft.saved_at,
            asked_at=Draft.asked_at,
            by=Draft.asked_by,
            code=Action.code,
            title=Draft.fields["title"].as_string(),
            opens_on=opens_on,
            closes_on=closes_on,
            state=Action.maturity,
            kept=kept.code,
        )
        .select_from(Draft)
        .outerjoin(Action, Action.id == Draft.action_id)
        .outerjoin(Link, _merged(Action.id))
        .outerjoin(kept, kept.id == Link.to_id)
        .where(or_(mine, Draft.id.in_(own_drafts(actor))))
        .order_by(Draft.saved_at.desc())
    )


def own_drafts(actor: Actor) -> Select[Any]:
    """The drafts that await the actor: one's own until validation is asked; those to validate, for who may share.

    The next version of a fiche that lives no more awaits who began it, until it is abandoned.
    """
    mine = Draft.person_id == actor.person_id
    left = select(Action.id).where(Action.id == Draft.action_id, Action.maturity.in_(OVER)).exists()
    asked = and_(Draft.asked_at.is_not(None), ~left)
    awaiting = and_(mine, ~asked) if actor.supervised else mine
    if has_role(actor, Permission.VALIDATE):
        awaiting = or_(mine, asked)
    return select(Draft.id).where(Draft.partner_id == actor.partner_id, awaiting)


def _merged(action_id: Any) -> ColumnElement[bool]:
    """The link from a fiche to the one into which it was merged."""
    return and_(Link.from_id == action_id, Link.kind == "merged")


def living() -> ColumnElement[bool]:
    """Neither withdrawn nor merged."""
    return Action.maturity.not_in(OVER)


def to_settle(actor: Actor) -> Select[Any]:
    """The actor's partner's fiches on which suggestions await it."""
    asked = select(Suggestion.id).where(Suggestion.action_id == Action.id, Suggestion.state.in_(_asked(actor))).exists()
    return select(Action.id).where(Action.partner_id == actor.partner_id, living(), asked)


def _asked(actor: Actor) -> tuple[str, ...]:
    """The states in which a suggestion asks something of the actor: applying what is accepted is publishing."""
    return PENDING if has_role(actor, Permission.VALIDATE) or not actor.supervised else (OPEN,)


def _carries(actor: Actor) -> Select[Any]:
    """What one's organisation promised to fiches merged since: ``title`` is the code of the fiche that stays."""
    gone, kept = aliased(Action), aliased(Action)
    return (
        _row(
            kind=literal("carry"),
            id=gone.id,
            since=Link.made_at,
            code=gone.code,
            title=kept.code,
            amount=cast(promised_to_merged(), BigInteger),
        )
        .select_from(Carry)
        .join(gone, gone.id == Carry.action_id)
        .join(kept, kept.id == Carry.kept_id)
        .join(Link, Link.id == Carry.link_id)
        .where(Carry.id.in_(unsettled(actor)))
        .order_by(Link.made_at, Carry.id)
    )


def _calls(actor: Actor) -> Select[Any]:
    """The messages that wait for an answer of the actor, oldest first."""
    return (
        _row(
            kind=literal("call"),
            id=Comment.id,
            action_id=Comment.action_id,
            since=Comment.posted_at,
            by=Person.name,
            code=Action.code,
            title=Action.title,
            axis=Axis.number,
            thread_id=Comment.thread_id,
            partner=Partner.name,
            later_names=Partner.later_names,
        )
        .select_from(Comment)
        .join(Comment.mandate)
        .join(Mandate.person)
        .join(Mandate.partner)
        .join(Comment.action)
        .join(Action.axis)
        .where(Comment.id.in_(calling(actor)))
        .order_by(Comment.posted_at, Comment.id)
    )


def _answers(actor: Actor) -> Select[Any]:
    """What became of the actor's own suggestions: ``count`` is the version that took one in, ``total`` its revision."""
    kept, over = aliased(Action), suggestions.ended()
    rewritten = and_(Suggestion.state == ACCEPTED, Suggestion.edited.is_not(None))
    return (
        _row(
            kind=literal("answer"),
            id=Suggestion.id,
            action_id=Suggestion.action_id,
            since=case(
                (over, Link.made_at),
                (Suggestion.state == APPLIED, ActionVersion.published_at),
                else_=Suggestion.settled_at,
            ),
            code=Action.code,
            title=Action.title,
            axis=Axis.number,
            count=Suggestion.applied_version,
            total=Suggestion.rev,
            state=case((over, "over"), (rewritten, "edited"), else_=Suggestion.state),
            kept=kept.code,
            field=Suggestion.field,
            reason=Suggestion.answer,
        )
        .select_from(Suggestion)
        .join(Action, Action.id == Suggestion.action_id)
        .join(Action.axis)
        .outerjoin(Link, _merged(Action.id))
        .outerjoin(kept, kept.id == Link.to_id)
        .outerjoin(
            ActionVersion,
            and_(ActionVersion.action_id == Action.id, ActionVersion.number == Suggestion.applied_version),
        )
        .where(Suggestion.id.in_(suggestions.unseen(actor)))
        .order_by(Suggestion.settled_at, Suggestion.id)
    )


def _suggestions(actor: Actor, kind: str) -> Select[Any]:
    """Fiches on which suggestions await the actor's partner (``settle``), or on which its own await another."""
    mine: ColumnElement[bool] = Action.partner_id == actor.partner_id
    states = _asked(actor)
    if kind == "suggested":
        mine, states = and_(Suggestion.partner_id == actor.partner_id, ~mine), (OPEN,)
    return (
        _row(
            kind=literal(kind),
            id=Action.id,
            since=func.min(Suggestion.made_at),
            code=Action.code,
            title=Action.title,
            axis=Axis.number,
            count=func.count(Suggestion.id).filter(Suggestion.state == OPEN),
            total=func.count(Suggestion.id),
        )
        .select_from(Suggestion)
        .join(Action, Action.id == Suggestion.action_id)
        .join(Action.axis)
        .where(mine, living(), Suggestion.state.in_(states))
        .group_by(Action.id, Axis.id)
        .order_by(func.min(Suggestion.made_at))
    )
