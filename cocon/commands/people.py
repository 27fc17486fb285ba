"""Inviting somebody: a mandate through its operation, then a link."""

from __future__ import annotations

from datetime import date

from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM
from cocon.partners import operations, queries, refusals
from cocon.signin import accounts


def invite(
    email: str, role: str, partner_key: str | None, name: str | None, starts_on: date | None, ends_on: date | None
) -> str:
    """Give the mandate unless the person holds it already, and return ``/invitation/<token>``."""
    partner = queries.partner_by_key(partner_key) if partner_key else None
    if partner_key and partner is None:
        raise refusals.UnknownPartner
    person = queries.person_by_email(email)
    held = queries.mandates_held(person.id) if person else ()
    partner_id, day = partner.id if partner else None, starts_on or clock.today()
    same = [mandate for mandate in held if (mandate.role, mandate.partner_id) == (role, partner_id)]
    if any(mandate.starts_on == day and not mandate.valid_on(clock.today()) and mandate.ends_on for mandate in same):
        raise refusals.MandateOver
    if not any(mandate.valid_on(day) for mandate in same):
        operations.give_mandate(
            SYSTEM, partner, email=email, role=role, name=name, starts_on=starts_on, ends_on=ends_on
        )
    person = queries.person_by_email(email)
    if person is None:
        raise LookupError(email)
    return f"/invitation/{accounts.invite(person.id)}"
