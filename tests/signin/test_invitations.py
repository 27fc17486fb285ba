"""An invitation opens an account, once, to the person who chooses a good password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from cocon.audit.models import LogDisclosure, LogEntry
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.signin import accounts
from cocon.signin.models import Invitation
from tests.support.client import Client
from tests.web.making import PASSWORD, Stage

pytestmark = [pytest.mark.template("reference"), pytest.mark.usefixtures("cheap")]
LISE = "lise@ville-grenoble.example"
GOOD = {"name": "Lise Morand-Rey", "password": PASSWORD, "confirmation": PASSWORD}


def invited(stage: Stage) -> str:
    """The address of a fresh link for Lise, who has a mandate."""
    person_id = stage.mandate(LISE)
    with stage.app.app_context():
        return f"/invitation/{accounts.invite(person_id)}"


def kinds(stage: Stage) -> list[str]:
    with stage.app.app_context():
        return list(db.session.scalars(select(LogEntry.kind).order_by(LogEntry.seq)))


def test_opening_the_link_changes_nothing(stage: Stage, client: Client) -> None:
    link = invited(stage)
    before = stage.digest()
    for _ in range(3):
        page = client.get(link)
    assert stage.digest() == before
    assert page.select_one("[autocomplete=username]")["value"] == LISE
    assert page.select_one("[name=password]")["autocomplete"] == "new-password"
    assert page.select_one("[name=confirmation]")["autocomplete"] == "new-password"
    assert page.select_one("[name=name]")["value"] == "Lise Morand"


def test_accepting_opens_the_account(stage: Stage, client: Client) -> None:
    link = invited(stage)
    client.get(link)
    answer = client.submit(link, GOOD)
    assert answer.location == "/espace"
    client.signed_in = True
    assert "Lise Morand-Rey" in client.get("/compte").words()
    assert kinds(stage)[-1] == "partners.invitation-accepted"
    client.sign_out()
    client.sign_in(LISE, PASSWORD)


def test_a_link_serves_once(stage: Stage, new_client: Callable[[], Client]) -> None:
    link = invited(stage)
    first, second = new_client(), new_client()
    for browser in (first, second):
        browser.get(link)
    first.submit(link, GOOD)
    before = stage.digest()
    second.submit(link, {**GOOD, "name": "Quelqu’un d’autre"}, status=404)
    assert "Ce lien ne sert plus" in second.get(link, status=404).words()
    assert stage.digest() == before


def test_a_link_dies_after_seven_days(stage: Stage, client: Client) -> None:
    start = clock.now()
    with clock.standing_at(start):
        link = invited(stage)
    with clock.standing_at(start + timedelta(days=7) - timedelta(seconds=1)):
        client.get(link)
    with clock.standing_at(start + timedelta(days=7, seconds=1)):
        client.submit(link, GOOD, status=404)
        client.get(link, status=404)


def test_a_newer_link_replaces_the_older(stage: Stage, client: Client) -> None:
    older = invited(stage)
    with stage.app.app_context():
        newer = f"/invitation/{accounts.invite(stage.person(LISE).id)}"
    client.get(older, status=404)
    client.get(newer)


def test_unknown_and_spent_links_look_the_same(stage: Stage, client: Client) -> None:
    link = invited(stage)
    with stage.app.app_context():
        db.session.execute(Invitation.__table__.update().values(used_at=clock.now()))
        db.session.commit()
    spent = client.get(link, status=404)
    unknown = client.get("/invitation/nothing-like-it", status=404)
    assert spent.text == unknown.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "court"}, "12 caractères"),
        ({"password": "motdepasse2014"}, "se devine vite"),
        ({"password": "lise.morand.2014"}, "se devine vite"),
        ({"confirmation": "autre chose"}, "diffèrent"),
        ({"name": ""}, "Écrivez votre prénom"),
        ({"name": "12"}, "Écrivez votre prénom"),
        ({"name": "Lise\x07"}, "caractères de commande"),
    ],
)
def test_what_is_refused_says_why(stage: Stage, client: Client, typed: dict[str, str], said: str) -> None:
    link = invited(stage)
    before = stage.digest()
    client.get(link)
    page = client.submit(link, {**GOOD, **typed}, status=422)
    assert said in page.words(".error-summary")
    assert PASSWORD not in page.text
    assert stage.digest() == before
    client.submit(link, GOOD)


def test_the_password_is_written_nowhere(stage: Stage, client: Client) -> None:
    link = invited(stage)
    client.get(link)
    client.submit(link, GOOD)
    with stage.app.app_context():
        written = [*db.session.scalars(select(LogEntry.body)), *db.session.scalars(select(LogDisclosure.disclosure))]
    assert not [text for text in written if PASSWORD in text]
    assert "Lise Morand-Rey" not in "".join(written[:-1])


def test_a_new_link_resets_a_forgotten_password(stage: Stage, client: Client, new_client: Callable[[], Client]) -> None:
    stage.account(LISE, "un ancien secret de famille")
    client.sign_in(LISE, "un ancien secret de famille")
    with stage.app.app_context():
        link = f"/invitation/{accounts.invite(stage.person(LISE).id)}"
        for _ in range(accounts.PATIENCE["account"]):
            accounts.note_failure(LISE, "192.0.2.1")
    other = new_client()
    other.get(link)
    other.submit(link, GOOD)
    assert client.get("/compte", status=303).location.startswith("/connexion")
    new_client().sign_in(LISE, PASSWORD)


def test_somebody_whose_mandate_has_not_begun_may_accept(stage: Stage, client: Client) -> None:
    link = invited(stage)
    with clock.standing_at(clock.now() - timedelta(days=2)):
        client.get(link)
        assert client.submit(link, GOOD).location == "/compte"
