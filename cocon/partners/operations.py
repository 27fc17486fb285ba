"""Registering partners, completing them, giving mandates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.kernel import clock, numbers
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Outdated
from cocon.partners import events, queries, refusals
from cocon.partners.models import InternalChain, Mandate, Partner, Person
from cocon.policy import ROLES_WITHOUT_PARTNER, Permission


@operation(Permission.INSTALL)
def register_partners(actor: Actor, contract_id: str, *, rows: Sequence[dict[str, Any]]) -> events.PartnersRegistered:
    """Load the signatories, in their order."""
    for rank, row in enumerate(rows, start=1):
        db.session.add(Partner(id=new_id(), rank=rank, **row))
    return events.PartnersRegistered(subject=Subject("contract", contract_id), count=len(rows))


@operation(Permission.COMPLETE_PARTNER)
def complete_partner(
    actor: Actor,
    partner: Partner,
    *,
    name: str | None = None,
    kind: str | None = None,
    siren: str | None = None,
    siret: str | None = None,
    departement: str | None = None,
) -> events.PartnerCompleted:
    """Give what the sources leave unknown of a signatory, or some of it; what is established does not change.

    Raises AlreadyComplete, NothingGiven, SirenTaken, WrongSiret, ForeignSiret, FictionalNumber.
    """
    _lock_partners()
    given = {"name": name, "kind": kind, "siren": siren, "siret": siret, "departement": departement}
    changed = tuple(column for column, value in given.items() if value not in {None, getattr(partner, column)})
    if partner.complete and not set(changed) <= set(partner.unknown):
        raise refusals.AlreadyComplete
    if not changed and (name is None or partner.complete):
        raise refusals.NothingGiven if partner.unknown else refusals.AlreadyComplete
    _demand_free(partner, siren)
    _demand_sound(siret, siren or partner.siren)
    for column in changed:
        setattr(partner, column, given[column])
    if name is not None:
        partner.status = "confirmed"
    return events.PartnerCompleted(
        subject=Subject("partner", partner.id), key=partner.key, name=partner.name, changed=changed
    )


@operation(Permission.ORGANISE)
def set_internal_chain(actor: Actor, partner: Partner, *, validates: bool, revision: int) -> events.InternalChainSet:
    """Say whether a representative validates what contributors prepare before others read it.

    ``revision`` is the ``rev`` of the rule that the author read, 0 when there was none.
    Raises Outdated, ChainUnchanged.
    """
    db.session.execute(select(Partner.id).where(Partner.id == partner.id).with_for_update()).one()
    chain = queries.internal_chain(partner.id)
    if (chain.rev if chain else 0) != revision:
        raise Outdated
    if validates == (chain is None or chain.validates):
        raise refusals.ChainUnchanged
    if chain is None:
        chain = InternalChain(id=new_id(), partner_id=partner.id, validates=validates)
        db.session.add(chain)
    chain.validates = validates
    return events.InternalChainSet(subject=Subject("partner", partner.id), validates=validates)


def _lock_partners() -> None:
    """One completion at a time, so that two partners cannot be given the same SIREN side by side."""
    db.session.execute(select(Partner.id).order_by(Partner.id).with_for_update(key_share=True)).all()


def _demand_free(partner: Partner, siren: str | None) -> None:
    if siren is None:
        return
    holder = db.session.scalars(select(Partner).where(Partner.siren == siren, Partner.id != partner.id)).first()
    if holder:
        raise refusals.SirenTaken(holder.current_name)


def _demand_sound(siret: str | None, siren: str | None) -> None:
    """A SIRET begins with the SIREN; a fictional one belongs to nobody."""
    if siret is None:
        return
    if not numbers.is_siret(siret):
        raise refusals.WrongSiret
    if not numbers.acceptable(siret):
        raise refusals.FictionalNumber
    if siren is not None and not siret.startswith(siren) and not numbers.is_fictional(siret):
        raise refusals.ForeignSiret


@operation(Permission.INVITE)
def give_mandate(
    actor: Actor,
    partner: Partner | None,
    *,
    email: str,
    role: str,
    name: str | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> events.MandateGiven:
    """Give a role to the person of that e-mail address, registering the person the first time.

    Raises RoleNeedsPartner, MandateEnds.
    """
    if (partner is None) != (role in ROLES_WITHOUT_PARTNER):
        raise refusals.RoleNeedsPartner
    starts_on = starts_on or clock.today()
    if ends_on is not None and ends_on < starts_on:
        raise refusals.MandateEnds
    person = _person(email, name)
    mandate = Mandate(
        id=new_id(),
        person_id=person.id,
        partner_id=partner.id if partner else None,
        role=role,
        starts_on=starts_on,
        ends_on=ends_on,
        note=None,
    )
    db.session.add(mandate)
    return events.MandateGiven(
        subject=Subject("mandate", mandate.id),
        role=role,
        partner=partner.key if partner else None,
        partner_name=partner.name_on(starts_on) if partner else None,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def _person(email: str, name: str | None) -> Person:
    known = db.session.scalars(select(Person).where(func.lower(Person.email) == email.lower())).first()
    if known:
        return known
    person = Person(id=new_id(), name=name or email.split("@", maxsplit=1)[0], email=email.lower())
    db.session.add(person)
    db.session.flush()
    return person


@operation(Permission.JOIN)
def accept_invitation(actor: Actor, person: Person, *, name: str) -> events.InvitationAccepted:
    """The person chose how they are named in the acts."""
    person.name = name
    return events.InvitationAccepted(subject=Subject("person", person.id))
