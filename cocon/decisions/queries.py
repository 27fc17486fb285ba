"""Reading decisions, one statement for each question, and the words of positions and outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select, tuple_
from sqlalchemy.orm import aliased, contains_eager, joinedload

from cocon.actions.models import Action
from cocon.actions.words import DECISION
from cocon.audit.models import LogEntry
from cocon.contracts.models import Axis
from cocon.contracts.queries import Period, period_of
from cocon.decisions.models import Consultation, Position, Seat
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.partners.models import Mandate, Partner, Person

PAGE = 25
#: More than one page ever shows of what awaits somebody.
MOST = 200

STANCES: dict[str, LazyString] = {
    "favorable": _("favorable"),
    "reserve": _("favorable avec réserves"),
    "unfavorable": _("défavorable"),
    "abstention": _("abstention"),
}

OBJECTIONS_FIRST = ("reserve", "unfavorable", "abstention", "favorable")

OUTCOMES: dict[str, LazyString] = {
    outcome: DECISION[outcome] for outcome in ("adopted", "adopted_with_reserve", "postponed", "rejected", "withdrawn")
}


#: Said wherever somebody may wonder who decides.
WHO_DECIDES = _(
    "Les partenaires consultés donnent leur avis\u202f; le secrétariat prononce la décision, par écrit, "
    "quand tous ont répondu ou quand la date est passée."
)


@dataclass(frozen=True)
class Group:
    """The partners of one position; ``silent`` is the group of those who have not answered, never an abstention."""

    kind: str
    names: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class Answer:
    """What a partner answered, in force and before; ``mine`` marks the reader's partner."""

    name: str
    mine: bool
    position: Position
    earlier: Sequence[Position]


@dataclass(frozen=True)
class Due:
    """A consultation that awaits somebody."""

    id: str
    number: str
    deadline: datetime
    version: int
    code: str
    title: str
    axis: int


@dataclass(frozen=True)
class Line:
    """A consultation as lists show it; ``mine`` is the position of the reader's partner."""

    id: str
    number: str
    version: int
    opened_at: datetime
    deadline: datetime
    outcome: str | None
    pronounced_at: datetime | None
    action_id: str
    code: str
    title: str
    axis: int
    seated: int
    answered: int
    invited: int
    mine: str | None
    opens_on: date | None
    closes_on: date | None

    @property
    def deciding(self) -> Period:
        """When partners may decide."""
        return Period(self.opens_on, self.closes_on)

    @property
    def phase(self) -> int:
        """0 while positions are taken, 1 once only the outcome is missing, 2 when it is pronounced."""
        if self.pronounced_at is not None:
            return 2
        return 1 if self.deadline < clock.now() else 0


@dataclass(frozen=True)
class Page:
    """25 consultations at most; ``next`` is the number after which the next page begins."""

    lines: Sequence[Line]
    next: str | None


@dataclass(frozen=True)
class Trace:
    """The line of the log that proves an act, and who did it."""

    seq: int
    person: str | None


def latest(action_id: str) -> Consultation | None:
    """The newest consultation of a fiche, with its roster, positions, and who gave them."""
    return db.session.scalars(_newest(), {"action_id": action_id}).unique().first()


def latest_and_period(action_id: str) -> tuple[Consultation | None, Period]:
    """The same, and when partners may decide, in one statement."""
    found = db.session.execute(_newest(), {"action_id": action_id}).unique().first()
    return (found[0], Period(found[1], found[2])) if found else (None, Period())


@cache
def _newest() -> Any:
    newest = (
        select(Consultation.id)
        .where(Consultation.action_id == bindparam("action_id"))
        .order_by(Consultation.opened_at.desc(), Consultation.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return _reading(Consultation.id == newest).add_columns(*period_of("deciding"))


def whole(consultation_id: str) -> Consultation | None:
    """A consultation with its fiche, its roster, positions, and who gave them."""
    return _read(Consultation.id == consultation_id)


def whole_and_period(consultation_id: str) -> tuple[Consultation | None, Period]:
    """The same, and when partners may decide, in one statement."""
    return _with_period(Consultation.id == consultation_id)


def positions_of(consultation_id: str) -> Sequence[Position]:
    """All positions ever given, those replaced included, in order of time."""
    return db.session.scalars(
        select(Position)
        .where(Position.consultation_id == consultation_id)
        .options(joinedload(Position.mandate).joinedload(Mandate.person))
        .order_by(Position.given_at, Position.id)
    ).all()


def traces(consultation_id: str) -> Mapping[str, Trace]:
    """The proofs of a consultation: by kind for its own acts, by id for positions."""
    positions = select(Position.id).where(Position.consultation_id == consultation_id)
    rows = db.session.execute(
        select(LogEntry.subject, LogEntry.kind, LogEntry.seq, Person.name)
        .outerjoin(Person, Person.id == LogEntry.person)
        .where(or_(LogEntry.subject == consultation_id, LogEntry.subject.in_(positions)))
        .order_by(LogEntry.seq)
    )
    return {
        (kind if subject == consultation_id else subject): Trace(seq, person) for subject, kind, seq, person in rows
    }


def listing(partner_id: str | None, after: str | None = None) -> Page:
    """Consultations: those still open by deadline, those awaiting their outcome, then those decided, newest first."""
    conditions = []
    cursor = aliased(Consultation)
    start = select(Consultation.id)
    if after is not None:
        start = start.join(cursor, cursor.number == after)
        conditions.append(_follows(cursor))
    ids = start.where(*conditions).order_by(*_order()).limit(PAGE + 1)
    lines = _lines(ids, partner_id)
    return Page(lines[:PAGE], lines[PAGE - 1].number if len(lines) > PAGE else None)


def of_action(action_id: str, partner_id: str | None) -> Sequence[Line]:
    """The consultations of a fiche, newest first."""
    ids = select(Consultation.id).where(Consultation.action_id == action_id)
    return sorted(_lines(ids, partner_id), key=lambda line: (line.opened_at, line.id), reverse=True)


def awaiting(partner_id: str) -> Sequence[Due]:
    """Open consultations that the partner has not answered, nearest deadline first."""
    return _due(
        Consultation.deadline >= clock.now(),
        Consultation.id.in_(
            select(Seat.consultation_id).where(Seat.partner_id == partner_id, Seat.position_id.is_(None))
        ),
    )


def to_pronounce() -> Sequence[Due]:
    """Consultations over in time or answered by all, whose outcome is not pronounced, oldest deadline first."""
    silent = select(Seat.id).where(Seat.consultation_id == Consultation.id, Seat.position_id.is_(None)).exists()
    return _due(or_(Consultation.deadline < clock.now(), ~silent))


def groups(consultation: Consultation, partner_id: str | None = None) -> list[Group]:
    """The roster by position, under the names valid when each answered; the reader's partner is marked."""
    found: dict[str, list[tuple[str, bool]]] = {kind: [] for kind in (*STANCES, "silent")}
    for seat in consultation.seats:
        kind = seat.position.stance if seat.position else "silent"
        found[kind].append((name_of(seat, consultation), seat.partner_id == partner_id))
    return [Group(kind, names) for kind, names in found.items()]


def answers(consultation: Consultation, partner_id: str | None = None) -> list[Answer]:
    """The answers given, objections first, then in the order of the contract, with those they replaced."""
    earlier: dict[str, list[Position]] = {}
    for position in positions_of(consultation.id):
        earlier.setdefault(position.partner_id, []).append(position)
    found = [
        Answer(name_of(seat, consultation), seat.partner_id == partner_id, seat.position, earlier[seat.partner_id][:-1])
        for seat in consultation.seats
        if seat.position
    ]
    return sorted(found, key=lambda answer: OBJECTIONS_FIRST.index(answer.position.stance))


def heard(consultation: Consultation) -> int:
    """How many positions were ever given: it grows with each, so that a page knows what it has not shown."""
    return sum(seat.position.number for seat in consultation.seats if seat.position)


def closed_since(consultation: Consultation) -> datetime:
    """When a consultation that is no longer open stopped taking positions."""
    return min(consultation.deadline, consultation.pronounced_at or consultation.deadline)


def name_of(seat: Seat, consultation: Consultation) -> str:
    """The name of the partner when it answered; of a silent one, its name at the closing, or today's before."""
    moment = seat.position.given_at if seat.position else min(clock.now(), consultation.deadline)
    return seat.partner.name_on(_day(moment))


def seat_of(consultation: Consultation, partner_id: str | None) -> Seat | None:
    """The partner's place on the roster."""
    return next((seat for seat in consultation.seats if seat.partner_id == partner_id), None)


def _read(condition: ColumnElement[bool]) -> Consultation | None:
    return db.session.scalars(_reading(condition)).unique().first()


def _with_period(condition: ColumnElement[bool]) -> tuple[Consultation | None, Period]:
    found = db.session.execute(_reading(condition).add_columns(*period_of("deciding"))).unique().first()
    return (found[0], Period(found[1], found[2])) if found else (None, Period())


def _reading(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(Consultation)
        .join(Consultation.action)
        .join(Action.axis)
        .join(Consultation.seats)
        .join(Seat.partner)
        .outerjoin(Seat.position)
        .outerjoin(Position.mandate)
        .outerjoin(Mandate.person)
        .options(contains_eager(Consultation.action).contains_eager(Action.axis), *_seating())
        .where(condition)
        .order_by(Partner.rank)
        .execution_options(populate_existing=True)
    )


def _seating() -> list[Any]:
    seats = contains_eager(Consultation.seats)
    position = contains_eager(Consultation.seats).contains_eager(Seat.position)
    return [
        seats.contains_eager(Seat.partner),
        position.contains_eager(Position.mandate).contains_eager(Mandate.person),
    ]


def _phase(of: Any) -> ColumnElement[int]:
    return case((of.pronounced_at.is_not(None), 2), (of.deadline < clock.now(), 1), else_=0)


def _order() -> list[Any]:
    decided = case((Consultation.pronounced_at.is_(None), Consultation.deadline))
    return [_phase(Consultation), decided, Consultation.pronounced_at.desc(), Consultation.id]


def _follows(cursor: Any) -> ColumnElement[bool]:
    """What comes after the cursor in ``_order``."""
    here, there = _phase(Consultation), _phase(cursor)
    waiting = tuple_(Consultation.deadline, Consultation.id) > tuple_(cursor.deadline, cursor.id)
    decided = or_(
        Consultation.pronounced_at < cursor.pronounced_at,
        and_(Consultation.pronounced_at == cursor.pronounced_at, Consultation.id > cursor.id),
    )
    return or_(here > there, and_(here == there, or_(and_(there < 2, waiting), and_(there == 2, decided))))


def _lines(ids: Select[Any], partner_id: str | None) -> list[Line]:
    chosen = ids.subquery()
    mine = Seat.partner_id == partner_id
    rows: Sequence[Any] = db.session.execute(
        select(
            Consultation.id,
            Consultation.number,
            Consultation.version,
            Consultation.opened_at,
            Consultation.deadline,
            Consultation.outcome,
            Consultation.pronounced_at,
            Action.id,
            Action.code,
            Action.title,
            Axis.number,
            func.count(Seat.id),
            func.count(Seat.position_id),
            func.count(case((mine, Seat.id))),
            func.max(case((mine, Position.stance))),
            *period_of("deciding"),
        )
        .join(chosen, chosen.c.id == Consultation.id)
        .join(Consultation.action)
        .join(Action.axis)
        .join(Consultation.seats)
        .outerjoin(Seat.position)
        .group_by(Consultation.id, Action.id, Axis.id)
        .order_by(*_order())
    ).all()
    return [Line(*row) for row in rows]


def _due(*conditions: ColumnElement[bool]) -> list[Due]:
    rows = db.session.execute(
        select(
            Consultation.id,
            Consultation.number,
            Consultation.deadline,
            Consultation.version,
            Action.code,
            Action.title,
            Axis.number,
        )
        .join(Consultation.action)
        .join(Action.axis)
        .where(Consultation.pronounced_at.is_(None), *conditions)
        .order_by(Consultation.deadline, Consultation.id)
        .limit(MOST)
    ).all()
    return [Due(*row) for row in rows]


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.PARIS).date()
