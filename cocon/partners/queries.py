"""Reading partners, persons and mandates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.models import Mandate, Partner, Person


def partners() -> Sequence[Partner]:
    """The signatories, in the contract's order."""
    return db.session.scalars(select(Partner).order_by(Partner.rank)).all()


def partner_by_key(key: str) -> Partner | None:
    """One signatory."""
    return db.session.scalars(select(Partner).where(Partner.key == key)).first()


def person_by_email(email: str) -> Person | None:
    """The person of that address, whatever the case."""
    return db.session.scalars(select(Person).where(func.lower(Person.email) == email.lower())).first()


def mandates_of(person_id: str, day: date | None = None) -> Sequence[Mandate]:
    """The mandates that the person can wear that day (today by default), oldest first."""
    mandates = db.session.scalars(
        select(Mandate)
        .where(Mandate.person_id == person_id)
        .options(joinedload(Mandate.partner), joinedload(Mandate.person))
        .order_by(Mandate.starts_on, Mandate.id)
    ).all()
    day = day or clock.today()
    return [mandate for mandate in mandates if mandate.valid_on(day)]


def actor_of(mandate: Mandate, count: int = 1) -> Actor:
    """The snapshot that acts (``person`` and ``partner`` must be loaded)."""
    return Actor(
        role=mandate.role,
        person_id=mandate.person_id,
        person_name=mandate.person.name,
        mandate_id=mandate.id,
        partner_id=mandate.partner_id,
        partner_key=mandate.partner.key if mandate.partner else None,
        partner_name=mandate.partner.current_name if mandate.partner else None,
        mandate_count=count,
    )
