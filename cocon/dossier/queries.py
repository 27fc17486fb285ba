"""What awaits whom: the workspace's lists and their length, which is the number shown in the navigation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, extract, func, or_, select

from cocon.actions.models import Action, ActionVersion
from cocon.contracts.models import Axis, Envelope
from cocon.contracts.queries import Period, open_today, period_of
from cocon.decisions.models import Consultation, Seat
from cocon.discussion import queries as discussion
from cocon.dossier import papers, tasks
from cocon.dossier.tasks import Task
from cocon.funding.balance import EnvelopeLine
from cocon.funding.ledger import envelope_lines
from cocon.kernel import clock, prepared
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.models import Mandate, Partner, Person
from cocon.policy import Permission, has_role
from cocon.structure import queries as structure

MOST = 200
#: Versions of a fiche shown at once.
PAGE = 25


@dataclass(frozen=True)
class Workspace:
    """The lists of « Mon espace »."""

    todo: Sequence[Task]
    answers: Sequence[Task]
    waiting: Sequence[Task]
    envelopes: Sequence[EnvelopeLine]


@dataclass(frozen=True)
class VersionLine:
    """A version as the list of versions shows it: who published it, for whom, and what was decided on it."""

    number: int
    published_at: datetime
    summary: str | None
    author: str
    partner: Partner | None
    consultation: str | None
    outcome: str | None

    @property
    def partner_name(self) -> str:
        """The partner, under the name it had that day."""
        day = self.published_at.astimezone(clock.PARIS).date()
        return self.partner.name_on(day) if self.partner else ""

    @property
    def decision(self) -> str | None:
        """The decision on this version, ``open`` while none is pronounced, None when nobody was asked."""
        return (self.outcome or "open") if self.consultation else None


def versions(action_id: str, before: int | None = None) -> Sequence[VersionLine]:
    """The versions of a fiche, newest first, 25 at most, from the one below ``before``."""
    told = (
        select(Consultation.id)
        .where(Consultation.action_id == ActionVersion.action_id, Consultation.version == ActionVersion.number)
        .order_by(Consultation.outcome.in_(ADOPTED).desc(), Consultation.opened_at.desc(), Consultation.id.desc())
        .limit(1)
        .correlate(ActionVersion)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            ActionVersion.number,
            ActionVersion.published_at,
            ActionVersion.summary,
            Person.name,
            Partner,
            Consultation.id,
            Consultation.outcome,
        )
        .join(Mandate, Mandate.id == ActionVersion.mandate_id)
        .join(Person, Person.id == Mandate.person_id)
        .outerjoin(Partner, Partner.id == Mandate.partner_id)
        .outerjoin(Consultation, Consultation.id == told)
        .where(ActionVersion.action_id == action_id, *([] if before is None else [ActionVersion.number < before]))
        .order_by(ActionVersion.number.desc())
        .limit(PAGE)
    ).all()
    return [VersionLine(*row) for row in rows]


#: Outcomes by which a version enters the contract.
ADOPTED = ("adopted", "adopted_with_reserve")


def workspace(actor: Actor) -> Workspace:
    """What awaits the mandate worn, what became of its suggestions, and what awaits others."""
    todo, waiting = _consultations(actor)
    answers: list[Task] = []
    envelopes = envelope_lines(actor.partner_id) if actor.partner_id and has_role(actor, Permission.DRAFT) else ()
    validates = has_role(actor, Permission.VALIDATE)
    for task in (tasks.of(paper, validates=validates) for paper in papers.papers(actor, MOST)):
        {"answer": answers, **dict.fromkeys(tasks.WAITING, waiting)}.get(task.kind, todo).append(task)
    todo += [*_envelope_task(actor, envelopes), *_office(actor)]
    todo, answers, waiting = (sorted(found, key=lambda task: task.order) for found in (todo, answers, waiting))
    return Workspace(todo, answers, waiting, envelopes)


def waiting_count(actor: Actor) -> int:
    """The length of the list « À faire », in one statement (none when the role is never asked anything)."""
    statement = _waiting(prepared.shape(actor))
    if statement is None:
        return 0
    values = db.session.execute(statement, prepared.given(actor)).one()
    return sum(int(value or 0) for value in values)


@cache
def _waiting(shape: prepared.Shape) -> Any:
    actor = prepared.anyone(shape)
    parts = [
        *([_positions_due(actor)] if _takes_positions(actor) else []),
        *([discussion.calling(actor)] if has_role(actor, Permission.ANSWER) else []),
        *([papers.own_drafts(actor)] if has_role(actor, Permission.DRAFT) else []),
        *([papers.to_settle(actor)] if has_role(actor, Permission.SETTLE) else []),
        *([_to_pronounce()] if has_role(actor, Permission.PRONOUNCE) else []),
    ]
    counted = [_count(part, MOST) for part in parts]
    if papers.writes_for_a_partner(actor):
        counted += [_count(found, 1) for found in (papers.reports_owed(actor), papers.reports_due(actor))]
    counted += [_count(found, 1) for found in papers.next_steps(actor).values()]
    if has_role(actor, Permission.CARRY):
        counted.append(_count(structure.unsettled(actor), MOST))
    if has_role(actor, Permission.DECLARE_ENVELOPE):
        counted.append(_count(_undeclared(actor), 1))
    if has_role(actor, Permission.CONVENE):
        counted += [_count(_unsubmitted(), 1), _count(_incomplete(), 1)]
    return select(*counted) if counted else None


def _count(rows: Select[Any], most: int) -> ColumnElement[int]:
    """How many rows, up to ``most``: what makes one task together counts up to one."""
    return select(func.count()).select_from(rows.limit(most).subquery()).scalar_subquery()


def _takes_positions(actor: Actor) -> bool:
    return has_role(actor, Permission.TAKE_POSITION)


def _unanswered() -> ColumnElement[bool]:
    return and_(Consultation.pronounced_at.is_(None), Consultation.deadline >= prepared.now())


def _positions_due(actor: Actor) -> Select[Any]:
    return (
        select(Seat.id)
        .join(Seat.consultation)
        .where(_unanswered(), open_today("deciding"), Seat.partner_id == actor.partner_id, Seat.position_id.is_(None))
    )


def _to_pronounce() -> Select[Any]:
    silent = select(Seat.id).where(Seat.consultation_id == Consultation.id, Seat.position_id.is_(None)).exists()
    over = or_(Consultation.deadline < prepared.now(), ~silent)
    return select(Consultation.id).where(Consultation.pronounced_at.is_(None), over)


def _undeclared(actor: Actor) -> Select[Any]:
    this_year = extract("year", prepared.today())
    return select(Envelope.id).where(
        Envelope.partner_id == actor.partner_id, Envelope.amount.is_(None), Envelope.year >= this_year
    )


def _unsubmitted() -> Select[Any]:
    return select(Action.id).where(Action.maturity == "shared", Action.decision == "none")


#: The filters of the list that show those.
UNSUBMITTED = {"statut": "shared", "decision": "none"}


def _incomplete() -> Select[Any]:
    return select(Partner.id).where(Partner.status != "confirmed")


def _consultations(actor: Actor) -> tuple[list[Task], list[Task]]:
    """Consultations not pronounced yet, split between what the actor must do and what others must."""
    if not (actor.partner_id and (_takes_positions(actor) or has_role(actor, Permission.PRONOUNCE))):
        return [], []
    rows = db.session.execute(_pending(prepared.shape(actor)), prepared.given(actor)).all()
    todo: list[Task] = []
    waiting: list[Task] = []
    for row in rows:
        task, is_mine = _consultation_task(actor, row)
        (todo if is_mine else waiting).append(task)
    return todo, waiting


@cache
def _pending(shape: prepared.Shape) -> Any:
    actor = prepared.anyone(shape)
    answered = func.count(Seat.position_id)
    mine = func.count(Seat.position_id).filter(Seat.partner_id == actor.partner_id)
    return (
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
            *period_of("deciding"),
        )
        .join(Consultation.action)
        .join(Action.axis)
        .join(Consultation.seats)
        .where(Consultation.pronounced_at.is_(None))
        .group_by(Consultation.id, Action.id, Axis.id)
        .order_by(Consultation.deadline, Consultation.id)
        .limit(MOST)
    )


def _consultation_task(actor: Actor, row: Any) -> tuple[Task, bool]:
    period = Period(row.opens_on, row.closes_on)
    kind = _stage(actor, row, period)
    endpoint = {"position": "decisions.take_position", "pronounce": "decisions.pronounce"}.get(kind, "decisions.show")
    task = Task(
        kind=kind,
        endpoint=endpoint,
        args={"consultation_id": row.id},
        deadline=period.until(row.deadline) if kind == "position" else row.deadline,
        since=row.opened_at,
        code=row.code,
        title=row.title,
        axis=row.axis,
        count=row.total - row.answered,
        total=row.total,
        period=period,
    )
    return task, kind in ("position", "pronounce")


def _stage(actor: Actor, row: Any, period: Period) -> str:
    """What a consultation waits for: the decision, the period, the actor's position, those of others."""
    if row.deadline < clock.now() or row.answered == row.total:
        return "pronounce" if has_role(actor, Permission.PRONOUNCE) else "outcome"
    if period.closed:
        return "closed"
    return "position" if _takes_positions(actor) and row.seated and not row.mine else "answers"


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
        tasks.append(Task(kind="submit", endpoint="actions.index", args=UNSUBMITTED, count=shared))
    if incomplete:
        tasks.append(Task(kind="partners", endpoint="partners.index", count=incomplete))
    return tasks
