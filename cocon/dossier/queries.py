"""What awaits whom: the workspace's lists and their length, which is the number shown in the navigation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from cocon.actions.models import Action, Draft
from cocon.contracts.models import Axis, Envelope
from cocon.decisions.models import Consultation, Seat
from cocon.funding.balance import EnvelopeLine
from cocon.funding.queries import envelope_lines
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner
from cocon.policy import Permission, has_role
from cocon.structure import queries as structure

MOST = 200


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something to do, or to wait for. ``kind`` chooses the words, ``endpoint`` and ``args`` the page."""

    kind: str
    endpoint: str
    args: dict[str, Any] = field(default_factory=dict)
    deadline: datetime | None = None
    since: datetime | None = None
    code: str | None = None
    title: str | None = None
    axis: int | None = None
    count: int = 0
    total: int = 0
    years: tuple[int, ...] = ()
    amount: Cents = 0

    @property
    def order(self) -> tuple[bool, str]:
        """Nearest deadline first, then what has none, oldest first."""
        moment = self.deadline or self.since
        return self.deadline is None, clock.stamp(moment) if moment else ""


@dataclass(frozen=True)
class Workspace:
    """The lists of « Mon espace »."""

    todo: Sequence[Task]
    waiting: Sequence[Task]
    envelopes: Sequence[EnvelopeLine]


def workspace(actor: Actor) -> Workspace:
    """What awaits the mandate worn, and what awaits others."""
    todo, waiting = _consultations(actor)
    envelopes = envelope_lines(actor.partner_id) if actor.partner_id and has_role(actor, Permission.DRAFT) else ()
    todo += [*_drafts(actor), *_carries(actor), *_envelope_task(actor, envelopes), *_office(actor)]
    return Workspace(sorted(todo, key=lambda task: task.order), sorted(waiting, key=lambda task: task.order), envelopes)


def waiting_count(actor: Actor) -> int:
    """The length of the list « À faire », in one statement (none when the role is never asked anything)."""
    parts = [
        *([_positions_due(actor)] if _takes_positions(actor) else []),
        *([_own_drafts(actor)] if has_role(actor, Permission.DRAFT) else []),
        *([_to_pronounce()] if has_role(actor, Permission.PRONOUNCE) else []),
    ]
    counted = [_count(part, MOST) for part in parts]
    if has_role(actor, Permission.CARRY):
        counted.append(_count(structure.unsettled(actor), MOST))
    if has_role(actor, Permission.DECLARE_ENVELOPE):
        counted.append(_count(_undeclared(actor), 1))
    if has_role(actor, Permission.CONVENE):
        counted += [_count(_unsubmitted(), 1), _count(_incomplete(), 1)]
    if not counted:
        return 0
    values = db.session.execute(select(*counted)).one()
    return sum(int(value or 0) for value in values)


def _count(rows: Select[Any], most: int) -> ColumnElement[int]:
    """How many rows, up to ``most``: what makes one task together counts up to one."""
    return select(func.count()).select_from(rows.limit(most).subquery()).scalar_subquery()


def _takes_positions(actor: Actor) -> bool:
    return has_role(actor, Permission.TAKE_POSITION)


def _unanswered() -> ColumnElement[bool]:
    return and_(Consultation.pronounced_at.is_(None), Consultation.deadline >= clock.now())


def _positions_due(actor: Actor) -> Select[Any]:
    return (
        select(Seat.id)
        .join(Seat.consultation)
        .where(_unanswered(), Seat.partner_id == actor.partner_id, Seat.position_id.is_(None))
    )


def _to_pronounce() -> Select[Any]:
    silent = select(Seat.id).where(Seat.consultation_id == Consultation.id, Seat.position_id.is_(None)).exists()
    over = or_(Consultation.deadline < clock.now(), ~silent)
    return select(Consultation.id).where(Consultation.pronounced_at.is_(None), over)


def _own_drafts(actor: Actor) -> Select[Any]:
    return select(Draft.id).where(Draft.partner_id == actor.partner_id, Draft.person_id == actor.person_id)


def _undeclared(actor: Actor) -> Select[Any]:
    return select(Envelope.id).where(
        Envelope.partner_id == actor.partner_id, Envelope.amount.is_(None), Envelope.year >= clock.today().year
    )


def _unsubmitted() -> Select[Any]:
    return select(Action.id).where(Action.maturity == "shared", Action.decision == "none")


def _incomplete() -> Select[Any]:
    return select(Partner.id).where(Partner.status != "confirmed")


def _consultations(actor: Actor) -> tuple[list[Task], list[Task]]:
    """Consultations not pronounced yet, split between what the actor must do and what others must."""
    if not (actor.partner_id and (_takes_positions(actor) or has_role(actor, Permission.PRONOUNCE))):
        return [], []
    answered = func.count(Seat.position_id)
    mine = func.count(Seat.position_id).filter(Seat.partner_id == actor.partner_id)
    rows = db.session.execute(
        select(
            Consultation.id,
            Consultation.deadline,
            Consultation.opened_at,
            Action.code,
            Action.title,
            Axis.number.label("axis"),
            answered.label("answered"),
            func.count(Seat.id).label("total"),
            mine.label("mine"),
            func.count(Seat.id).filter(Seat.partner_id == actor.partner_id).label("seated"),
        )
        .join(Consultation.action)
        .join(Action.axis)
        .join(Consultation.seats)
        .where(Consultation.pronounced_at.is_(None))
        .group_by(Consultation.id, Action.id, Axis.id)
        .order_by(Consultation.deadline, Consultation.id)
        .limit(MOST)
    ).all()
    todo: list[Task] = []
    waiting: list[Task] = []
    for row in rows:
        task, is_mine = _consultation_task(actor, row)
        (todo if is_mine else waiting).append(task)
    return todo, waiting


def _consultation_task(actor: Actor, row: Any) -> tuple[Task, bool]:
    over = row.deadline < clock.now()
    complete = row.answered == row.total
    pronounces = has_role(actor, Permission.PRONOUNCE)
    due = _takes_positions(actor) and row.seated and not row.mine and not over
    if due:
        kind = "position"
    elif over or complete:
        kind = "pronounce" if pronounces else "outcome"
    else:
        kind = "answers"
    endpoint = {"position": "decisions.take_position", "pronounce": "decisions.pronounce"}.get(kind, "decisions.show")
    task = Task(
        kind=kind,
        endpoint=endpoint,
        args={"consultation_id": row.id},
        deadline=row.deadline,
        since=row.opened_at,
        code=row.code,
        title=row.title,
        axis=row.axis,
        count=row.total - row.answered,
        total=row.total,
    )
    return task, kind in ("position", "pronounce")


def _drafts(actor: Actor) -> list[Task]:
    if not has_role(actor, Permission.DRAFT):
        return []
    drafts = db.session.scalars(
        select(Draft).where(Draft.id.in_(_own_drafts(actor))).order_by(Draft.saved_at.desc()).limit(MOST)
    ).all()
    return [
        Task(
            kind="draft",
            endpoint="actions.edit",
            args={"action_id": draft.id},
            since=draft.saved_at,
            title=draft.fields.get("title") or None,
        )
        for draft in drafts
    ]


def _carries(actor: Actor) -> list[Task]:
    """What one's organisation promised to fiches merged since."""
    if not has_role(actor, Permission.CARRY):
        return []
    return [
        Task(
            kind="carry",
            endpoint="structure.carry",
            args={"action_id": due.action_id},
            since=due.since,
            code=due.code,
            title=due.kept_code,
            amount=due.amount,
        )
        for due in structure.due(actor)
    ]


def _envelope_task(actor: Actor, envelopes: Sequence[EnvelopeLine]) -> list[Task]:
    """One task for all the undeclared years that are not over."""
    if not has_role(actor, Permission.DECLARE_ENVELOPE):
        return []
    this_year = clock.today().year
    years = tuple(line.year for line in envelopes if line.amount is None and line.year >= this_year)
    return [Task(kind="envelopes", endpoint="funding.envelopes", years=years)] if years else []


def _office(actor: Actor) -> list[Task]:
    if not has_role(actor, Permission.CONVENE):
        return []
    shared, incomplete = db.session.execute(
        select(
            select(func.count()).select_from(_unsubmitted().subquery()).scalar_subquery(),
            select(func.count()).select_from(_incomplete().subquery()).scalar_subquery(),
        )
    ).one()
    tasks = []
    if shared:
        tasks.append(Task(kind="submit", endpoint="actions.index", args={"statut": "shared"}, count=shared))
    if incomplete:
        tasks.append(Task(kind="partners", endpoint="partners.index", count=incomplete))
    return tasks
