"""Who receives the money, as registers know it: who may say so, which numbers are taken, what the log keeps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.audit import queries as log
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.funding import beneficiaries, unidentified
from cocon.funding.models import Beneficiary
from cocon.kernel import numbers
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.partners import operations as partners
from cocon.partners import refusals as partner_refusals
from cocon.partners.queries import partner_by_key
from tests.actions.making import GRENOBLE, REGION, fields, known, share
from tests.dossier.making import Stage
from tests.factories import World

SIRET, RNA = "12345678200010", "W381234567"

pytestmark = pytest.mark.template("reference")


@pytest.fixture
def _in_production(in_app: Flask) -> Iterator[None]:
    """As production has it."""
    numbers.accept_fictional(False)
    yield
    numbers.accept_fictional(True)


@pytest.mark.parametrize(
    ("number", "sound"),
    [
        ("12345678200010", True),
        ("35600000000048", True),  # the head office of La Poste
        ("35600000049837", True),  # one of its post offices: the digits add up to a multiple of five
        ("35600000049838", False),
        ("12345678200011", False),
        ("12345678900016", False),  # the whole passes the check, its SIREN does not
        ("1234567820001", False),
        ("1234567820001O", False),
        ("\u0661\u0662345678200010", False),
        (numbers.fictional_siret(1), True),
        (numbers.fictional_siret(9999), True),
    ],
)
def test_a_siret_checks_itself(number: str, sound: bool) -> None:
    assert numbers.is_siret(number) is sound
    assert numbers.is_fictional(number) is number.startswith("9999")


def refused(refusal: type[Refusal], world: World, action_id: str, **said: object) -> None:
    before = db.session.scalar(select(LogEntry.seq).order_by(LogEntry.seq.desc()).limit(1))
    db.session.rollback()
    actor = world.actor("representative", REGION)
    with pytest.raises(refusal):
        beneficiaries.identify_beneficiary(actor, known(action_id), **said)
    assert db.session.scalar(select(LogEntry.seq).order_by(LogEntry.seq.desc()).limit(1)) == before
    db.session.rollback()


def test_the_identifiers_are_recorded_corrected_and_logged(in_app: Flask) -> None:
    world = World()
    owner, office = world.actor("representative", REGION), world.actor("secretariat", REGION)
    action_id = share(owner, title="Recycleries").id
    for said, refusal in (
        ({}, unidentified.IdentifierNeeded),
        ({"siret": "12345678200011"}, unidentified.WrongSiret),
        ({"rna": "381234567"}, unidentified.WrongRna),
        ({"rna": RNA, "revision": 3}, Outdated),
    ):
        refused(refusal, world, action_id, **said)
    beneficiaries.identify_beneficiary(owner, known(action_id), rna=RNA)
    refused(Outdated, world, action_id, siret=SIRET)
    refused(unidentified.IdentifiersUnchanged, world, action_id, rna=RNA, revision=1)
    beneficiaries.identify_beneficiary(office, known(action_id), siret=SIRET, rna=RNA, revision=1)
    row = db.session.scalars(select(Beneficiary)).one()
    assert (row.name, row.siret, row.rna, row.rev) == ("Une association", SIRET, RNA, 2)
    entry = db.session.scalars(select(LogEntry).order_by(LogEntry.seq.desc()).limit(1)).one()
    assert (entry.kind, entry.subject, entry.about) == ("funding.beneficiary-identified", action_id, action_id)
    told = log.history(owner, action_id, decisions=False, after=None).entries
    assert [one.kind for one in told].count("funding.beneficiary-identified") == 2
    db.session.rollback()
    with pytest.raises(Forbidden):
        beneficiaries.identify_beneficiary(world.actor("representative", GRENOBLE), known(action_id), rna=RNA)
    region = partner_by_key(REGION)
    assert region is not None
    text = fields(title="Recycleries", project_owner_name=None, project_owner_id=region.id)
    actions.publish_version(owner, known(action_id), revision=known(action_id).rev, summary="Porteur.", fields=text)
    refused(unidentified.OwnerIsPartner, world, action_id, rna=RNA, revision=2)
    assert verify().ok


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("_in_production")
def test_production_refuses_what_is_fictional(in_app: Flask) -> None:
    world = World()
    action_id = share(world.actor("representative", REGION), title="Recycleries").id
    refused(unidentified.FictionalNumber, world, action_id, siret=numbers.fictional_siret(7))
    refused(unidentified.FictionalNumber, world, action_id, rna="W999900001")
    office, city = world.actor("secretariat", REGION), partner_by_key(GRENOBLE)
    with pytest.raises(partner_refusals.FictionalNumber):
        partners.complete_partner(office, city, siret=numbers.fictional_siret(7))
    with pytest.raises(partner_refusals.ForeignSiret):
        partners.complete_partner(office, city, siret=SIRET)
    with pytest.raises(partner_refusals.WrongSiret):
        partners.complete_partner(office, city, siret="21380185500016")
    partners.complete_partner(office, partner_by_key(GRENOBLE), siret="21380185500015")


@pytest.mark.engines("sqlite")
def test_the_page_asks_shows_what_is_wrong_and_keeps_what_was_typed(app: Flask) -> None:
    stage = Stage.installed(app)
    action_id = stage.fiche()
    client = stage.client("representative", REGION)
    url = f"/actions/{action_id}/financement/beneficiaire"
    assert client.get(f"/actions/{action_id}/financement").select(f'a[href="{url}"]')
    page = client.get(url)
    assert "Une association" in page.words("main")
    page = client.submit(url, {"siret": "123 456 782 00011"}, status=422)
    assert page.select_one("#siret")["aria-invalid"] == "true"
    assert str(page.select_one("#siret")["value"]).replace(" ", "") == "12345678200011"
    client.submit(url, {"siret": "123 456 782 00010", "rna": "w 381 234 567"}, status=303)
    page = client.get(url)
    assert page.select_one("#rna")["value"] == RNA
    assert (
        not stage.client("representative", GRENOBLE).get(f"/actions/{action_id}/financement").select(f'a[href="{url}"]')
    )
