"""Opening a consultation on an exact text, taking one's own partner's position, pronouncing the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypedDict

from sqlalchemy import func, select

from cocon.actions.models import Action, ActionVersion
from cocon.actions.transitions import move
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.models import Contract
from cocon.contracts.queries import demand_open
from cocon.decisions import events, locks, queries, refusals
from cocon.decisions.models import Consultation, Position, Seat
from cocon.funding.operations import demand_unbound
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.partners.models import Partner
from cocon.partners.queries import partners
from cocon.policy import Permission

#: A later deadline is a slip of the keyboard.
LONGEST = timedelta(days=730)


class _Consulted(TypedDict):
    subject: Subject
    about: str
    action_code: str
    number: str
    version: int


@operation(Permission.CONVENE)
def open_consultation(
    actor: Actor, action: Action, *, deadline: date, version: int | None = None, question: str | None = None
) -> events.ConsultationOpened:
    """Ask every partner about one exact version (the current one by default), until the end of a day in Paris.

    The partners of today are the roster, whoever joins or leaves later. Periods of the contract do not bind the
    secretariat. Raises DeadlinePassed, DeadlineTooFar, AlreadyConsulted, UnknownVersion, MoveRefused.
    """
    if deadline > clock.today() + LONGEST:
        raise refusals.DeadlineTooFar
    last = clock.end_of_day(deadline)
    if last <= clock.now():
        raise refusals.DeadlinePassed
    year = clock.today().year
    _lock_contract()
    locked = locks.lock_action(action.id)
    _demand_unconsulted(locked)
    number = version if version is not None else locked.version
    _demand_text(locked, number)
    consultation = _consultation(locked, locks.next_number(year), number, last, question)
    roster = partners()
    _seat(consultation, roster)
    move(locked, maturity="submitted", decision="open")
    return events.ConsultationOpened(
        **_facts(consultation, locked, "consultation", consultation.id),
        deadline=last,
        roster_count=len(roster),
        roster=tuple(partner.key for partner in roster),
    )


@operation(Permission.TAKE_POSITION)
def take_position(
    actor: Actor, consultation: Consultation, *, stance: str, reason: str | None = None
) -> events.PositionTaken | events.PositionChanged:
    """Give or change, until the closing, the position of the actor's own partner: a new fact each time.

    The partner is not an argument, so nobody answers for another. Raises WindowClosed, ConsultationClosed,
    StanceNeeded, ReserveNeeded, ObjectionNeeded, NothingChanges.
    """
    demand_open("deciding")
    reason = (reason or "").strip() or None
    _demand_said(stance, reason)
    locked = locks.lock(consultation.id)
    if not locked.open:
        raise refusals.ConsultationClosed(queries.closed_since(locked))
    seat = locks.seat(locked.id, actor.partner_id)
    if seat is None:
        raise Forbidden
    former = seat.position
    if former and (former.stance, former.reason) == (stance, reason):
        raise refusals.NothingChanges
    position = _position(actor, seat, stance, reason)
    facts = _facts(locked, locked.action, "position", position.id)
    if former is None:
        return events.PositionTaken(**facts, reason=reason, stance=stance)
    return events.PositionChanged(**facts, reason=reason, stance=stance, former_stance=former.stance)


@operation(Permission.PRONOUNCE)
def pronounce_outcome(
    actor: Actor, consultation: Consultation, *, outcome: str, text: str, reason: str, heard: int | None = None
) -> events.OutcomePronounced:
    """Write down what was decided and why, once all have answered or the time is over; the consultation freezes.

    The outcome is chosen by a person, never computed from the positions; ``heard`` counts those that this person read.
    Raises OutcomeNeeded, TextNeeded, ReasonNeeded, AlreadyPronounced, Outdated, StillOpen, StillBound, MoveRefused.
    """
    _demand_written(outcome, text, reason)
    locked = locks.lock(consultation.id)
    if locked.pronounced_at is not None:
        raise refusals.AlreadyPronounced(locked.pronounced_at)
    if heard is not None and heard != locks.heard_by_now(locked.id):
        raise Outdated
    seated, answered = locks.turnout(locked.id)
    if locked.open and answered < seated:
        raise refusals.StillOpen(locked.deadline, seated - answered)
    locked.outcome, locked.outcome_text, locked.outcome_reason = outcome, text.strip(), reason.strip()
    locked.pronounced_at = clock.now()
    action = locks.lock_action(locked.action_id)
    _conclude(action, outcome, reason.strip())
    return events.OutcomePronounced(
        **_facts(locked, action, "consultation", locked.id),
        reason=reason.strip(),
        outcome=outcome,
        answered=answered,
        roster_count=seated,
    )


def _lock_contract() -> None:
    """One opening at a time: numbers follow each other, and a fiche has one consultation."""
    db.session.scalars(select(Contract.id).where(Contract.in_force).with_for_update()).one()


def _demand_unconsulted(action: Action) -> None:
    running = db.session.scalars(
        select(Consultation.number).where(Consultation.action_id == action.id, Consultation.pronounced_at.is_(None))
    ).first()
    if running:
        raise refusals.AlreadyConsulted(running)


def _demand_text(action: Action, number: int) -> None:
    known = db.session.scalar(
        select(func.count()).where(ActionVersion.action_id == action.id, ActionVersion.number == number)
    )
    if not known:
        raise refusals.UnknownVersion


def _consultation(action: Action, number: str, version: int, deadline: datetime, question: str | None) -> Consultation:
    consultation = Consultation(
        id=new_id(),
        number=number,
        action_id=action.id,
        version=version,
        question=(question or "").strip() or None,
        opened_at=clock.now(),
        deadline=deadline,
        outcome=None,
        outcome_text=None,
        outcome_reason=None,
        pronounced_at=None,
    )
    db.session.add(consultation)
    db.session.flush()
    return consultation


def _seat(consultation: Consultation, roster: Sequence[Partner]) -> None:
    db.session.add_all(
        Seat(id=new_id(), consultation_id=consultation.id, partner_id=partner.id, position_id=None)
        for partner in roster
    )


def _demand_said(stance: str, reason: str | None) -> None:
    if stance not in queries.STANCES:
        raise refusals.StanceNeeded
    if reason is None and stance == "reserve":
        raise refusals.ReserveNeeded
    if reason is None and stance == "unfavorable":
        raise refusals.ObjectionNeeded


def _position(actor: Actor, seat: Seat, stance: str, reason: str | None) -> Position:
    position = Position(
        id=new_id(),
        consultation_id=seat.consultation_id,
        partner_id=seat.partner_id,
        number=seat.position.number + 1 if seat.position else 1,
        stance=stance,
        reason=reason,
        mandate_id=actor.mandate_id,
        given_at=clock.now(),
    )
    db.session.add(position)
    db.session.flush()
    seat.position = position
    return position


def _demand_written(outcome: str, text: str, reason: str) -> None:
    if outcome not in queries.OUTCOMES:
        raise refusals.OutcomeNeeded
    if not text.strip():
        raise refusals.TextNeeded
    if not reason.strip():
        raise refusals.ReasonNeeded


def _conclude(action: Action, outcome: str, reason: str) -> None:
    """Move the fiche where the outcome leads; one adopted earlier stays so when a later text is not."""
    if outcome in ("adopted", "adopted_with_reserve"):
        move(action, maturity="adopted", decision=outcome, progress=action.progress or "upcoming")
    elif outcome == "withdrawn":
        demand_unbound(action)
        move(action, maturity="withdrawn", decision=outcome)
        action.withdrawal_reason = reason
    else:
        move(action, maturity="adopted" if action.progress else "shared", decision=outcome)


def _facts(consultation: Consultation, action: Action, type_: str, id_: str) -> _Consulted:
    return {
        "subject": Subject(type_, id_, consultation.version),
        "about": consultation.action_id,
        "action_code": action.code,
        "number": consultation.number,
        "version": consultation.version,
    }
