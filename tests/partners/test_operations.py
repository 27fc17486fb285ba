"""Mandates and identities: what is written, what is refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from cocon.audit.models import LogEntry
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.partners import operations, queries, refusals
from cocon.partners.models import Mandate, Partner, Person
from tests.factories import World
from tests.web.making import GRENOBLE, REGION

pytestmark = [pytest.mark.template("reference"), pytest.mark.usefixtures("in_app")]


@pytest.fixture
def office() -> Actor:
    """The secretariat."""
    return World().actor("secretariat", REGION)


def partner(key: str) -> Partner:
    found = queries.partner_by_key(key)
    assert found is not None
    return found


def last_entry() -> dict[str, Any]:
    body = db.session.scalars(select(LogEntry.body).order_by(LogEntry.seq.desc())).first()
    entry: dict[str, Any] = json.loads(body or "{}")
    return entry


def written() -> int:
    return db.session.scalar(select(func.count()).select_from(LogEntry)) or 0


def test_an_incomplete_signatory_is_completed(office: Actor) -> None:
    operations.complete_partner(
        office, partner("collectivite-13"), name="Ville d’essai", kind="commune", siren="123456782", departement="38"
    )
    entry = last_entry()
    assert entry["kind"] == "partners.completed"
    assert entry["facts"]["key"] == "collectivite-13"
    assert set(entry["facts"]["changed"]) == {"name", "kind", "siren", "departement"}
    completed = partner("collectivite-13")
    assert completed.complete
    assert completed.current_name == "Ville d’essai"
    assert sum(not one.complete for one in queries.partners()) == 4


def test_what_is_not_known_stays_empty(office: Actor) -> None:
    operations.complete_partner(
        office, partner("collectivite-12"), name="CA d’essai", kind="communaute_d_agglomeration"
    )
    assert last_entry()["facts"]["changed"] == ["name"]
    assert partner("collectivite-12").siren is None


def test_a_name_that_was_right_is_confirmed(office: Actor) -> None:
    name = partner("collectivite-13").name
    operations.complete_partner(office, partner("collectivite-13"), name=name, kind="commune")
    assert partner("collectivite-13").complete
    before = written()
    with pytest.raises(refusals.NothingGiven):
        operations.complete_partner(office, partner("collectivite-13"))
    assert written() == before


def test_the_internal_chain_is_set_on_what_was_read(office: Actor) -> None:
    head = World().actor("representative", GRENOBLE)
    others = (office, World().actor("representative", REGION), World().actor("contributor", GRENOBLE))
    before = written()
    for actor in others:
        with pytest.raises(Forbidden):
            operations.set_internal_chain(actor, partner(GRENOBLE), validates=False, revision=0)
    with pytest.raises(refusals.ChainUnchanged):
        operations.set_internal_chain(head, partner(GRENOBLE), validates=True, revision=0)
    operations.set_internal_chain(head, partner(GRENOBLE), validates=False, revision=0)
    with pytest.raises(Outdated):
        operations.set_internal_chain(head, partner(GRENOBLE), validates=True, revision=0)
    operations.set_internal_chain(head, partner(GRENOBLE), validates=True, revision=1)
    assert written() == before + 2


def test_an_established_identity_does_not_change(office: Actor) -> None:
    before = written()
    with pytest.raises(refusals.AlreadyComplete):
        operations.complete_partner(office, partner(GRENOBLE), name="Autre chose")
    operations.complete_partner(office, partner("collectivite-13"), name="Ville d’essai")
    with pytest.raises(refusals.AlreadyComplete):
        operations.complete_partner(office, partner("collectivite-13"), name="Une autre")
    assert written() == before + 1


def test_a_siren_names_one_partner(office: Actor) -> None:
    before = written()
    with pytest.raises(refusals.SirenTaken, match="Ville de Grenoble") as refused:
        operations.complete_partner(office, partner("collectivite-13"), name="Ville d’essai", siren="213801855")
    assert refused.value.field == "siren"
    assert written() == before
    operations.complete_partner(office, partner("collectivite-13"), name="Ville d’essai", siren="123456782")
    with pytest.raises(refusals.SirenTaken, match="Ville d’essai"):
        operations.complete_partner(office, partner("collectivite-14"), name="Une autre", siren="123456782")
    operations.complete_partner(office, partner("collectivite-14"), name="Une autre")


@pytest.mark.parametrize("role", ["representative", "facilitator", "reader"])
def test_only_the_secretariat_completes(role: str) -> None:
    actor = World().actor(role, REGION)
    before = written()
    with pytest.raises(Forbidden):
        operations.complete_partner(actor, partner("collectivite-13"), name="Ville d’essai")
    assert written() == before


def test_a_mandate_registers_the_person_once() -> None:
    for role in ("representative", "reader"):
        operations.give_mandate(SYSTEM, partner(GRENOBLE), email="Lise@Example.org", role=role, name="Lise Morand")
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1
    assert db.session.scalar(select(func.count()).select_from(Mandate)) == 2
    entry = last_entry()
    assert entry["facts"]["partner_name"] == "Ville de Grenoble"
    assert entry["facts"]["starts_on"] == "2014-01-06"
    assert "lise" not in json.dumps(entry).lower(), "names and addresses are digests in the log"
    person = queries.person_by_email("LISE@example.ORG")
    assert person is not None
    assert person.name == "Lise Morand"


def test_a_role_has_a_partner_or_has_none() -> None:
    before = written()
    with pytest.raises(refusals.RoleNeedsPartner):
        operations.give_mandate(SYSTEM, None, email="a@example.org", role="representative")
    with pytest.raises(refusals.RoleNeedsPartner):
        operations.give_mandate(SYSTEM, partner(GRENOBLE), email="a@example.org", role="auditor")
    assert written() == before
    operations.give_mandate(SYSTEM, None, email="a@example.org", role="auditor")
    assert last_entry()["facts"]["partner"] is None


def test_a_mandate_does_not_end_before_it_begins() -> None:
    before = written()
    with pytest.raises(refusals.MandateEnds):
        operations.give_mandate(
            SYSTEM,
            partner(GRENOBLE),
            email="a@example.org",
            role="reader",
            starts_on=date(2014, 2, 2),
            ends_on=date(2014, 2, 1),
        )
    assert written() == before
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def test_nobody_invites_through_the_pages(office: Actor) -> None:
    with pytest.raises(Forbidden):
        operations.give_mandate(office, partner(GRENOBLE), email="a@example.org", role="reader")


def test_accepting_is_an_act_of_the_person(office: Actor) -> None:
    begin_write()
    person = db.session.get_one(Person, office.person_id)
    operations.accept_invitation(office, person, name="Claire Martin")
    entry = last_entry()
    assert entry["kind"] == "partners.invitation-accepted"
    assert entry["actor"]["person"] == person.id
    assert "Claire" not in json.dumps(entry)
