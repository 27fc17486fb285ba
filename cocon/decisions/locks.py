"""What an act on a consultation reads under its lock: it stays true until the commit."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from cocon.actions.models import Action
from cocon.decisions.models import Consultation, Position, Seat
from cocon.kernel.db import db


def lock(consultation_id: str) -> Consultation:
    """The consultation and its fiche, locked until the commit: positions, closing and outcome come one by one."""
    return db.session.scalars(
        select(Consultation)
        .join(Consultation.action)
        .options(contains_eager(Consultation.action))
        .where(Consultation.id == consultation_id)
        .with_for_update(of=Consultation)
        .execution_options(populate_existing=True)
    ).one()


def lock_action(action_id: str) -> Action:
    """The fiche, locked until the commit."""
    return db.session.scalars(
        select(Action).where(Action.id == action_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def seat(consultation_id: str, partner_id: str | None) -> Seat | None:
    """A partner's place with its position in force, as they are now."""
    return db.session.scalars(
        select(Seat)
        .where(Seat.consultation_id == consultation_id, Seat.partner_id == partner_id)
        .options(joinedload(Seat.position))
        .execution_options(populate_existing=True)
    ).first()


def turnout(consultation_id: str) -> tuple[int, int]:
    """How many partners are asked, and how many have answered."""
    row = db.session.execute(
        select(func.count(Seat.id), func.count(Seat.position_id)).where(Seat.consultation_id == consultation_id)
    ).one()
    return row[0], row[1]


def next_number(year: int) -> str:
    """The number after the last one of the year: ``2014-07``."""
    last = db.session.scalars(
        select(Consultation.number)
        .where(Consultation.number.startswith(f"{year}-"))
        .order_by(func.length(Consultation.number).desc(), Consultation.number.desc())
        .limit(1)
    ).first()
    return f"{year}-{int(last.partition('-')[2]) + 1 if last else 1:02d}"


def heard_by_now(consultation_id: str) -> int:
    """How many positions were ever given, as ``queries.heard`` counts them."""
    given = select(func.coalesce(func.sum(Position.number), 0)).join(Seat, Seat.position_id == Position.id)
    return int(db.session.scalar(given.where(Seat.consultation_id == consultation_id)) or 0)
