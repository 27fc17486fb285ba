"""Sessions live on the server: they rotate, expire, and die everywhere at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.signin import accounts
from cocon.signin.models import WebSession
from tests.actions.making import csrf
from tests.support.client import Answer, Client
from tests.support.databases import Instance, close
from tests.web.making import GRENOBLE, ISERE, PASSWORD, VOIRON, Stage, token

pytestmark = [pytest.mark.template("reference"), pytest.mark.usefixtures("cheap")]
LISE = "lise@ville-grenoble.example"
OUT = "/connexion?suite=/compte"


def cookie(client: Client) -> str:
    found = client.http.get_cookie("session")
    assert found is not None
    return found.value


def wearing(client: Client, value: str) -> Client:
    """The same browser with another cookie."""
    client.http.set_cookie("session", value)
    return client


def is_in(client: Client) -> bool:
    """Whether the browser reaches its account."""
    return client.get("/compte", status=None).status == 200


def test_signing_in_changes_the_cookie(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.get("/connexion")
    before = cookie(client)
    client.sign_in(LISE, PASSWORD)
    assert cookie(client) != before


def test_a_planted_cookie_opens_nothing(stage: Stage, client: Client, new_client: Callable[[], Client]) -> None:
    stage.account(LISE)
    attacker = new_client()
    attacker.get("/connexion")
    victim = wearing(client, cookie(attacker))
    victim.sign_in(LISE, PASSWORD)
    assert is_in(victim)
    assert not is_in(attacker)


def test_signing_in_again_ends_the_former_session(
    stage: Stage, client: Client, new_client: Callable[[], Client]
) -> None:
    stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    copy = wearing(new_client(), cookie(client))
    form = {"email": LISE, "password": PASSWORD, "csrf_token": token(stage, client)}
    client.post("/connexion", form)
    assert is_in(client)
    assert not is_in(copy)


def test_signing_out_kills_every_copy(stage: Stage, client: Client, new_client: Callable[[], Client]) -> None:
    stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    copy = wearing(new_client(), cookie(client))
    assert is_in(copy)
    client.get("/compte")
    assert client.sign_out().location == "/"
    assert client.http.get_cookie("session") is None
    assert "Vos sessions sont fermées, sur ce poste et sur tous les autres." in client.get("/").words("#statut")
    assert copy.get("/compte", status=303).location == OUT


def test_signing_out_ends_the_sessions_of_every_browser_and_nobody_else_s(
    stage: Stage, client: Client, new_client: Callable[[], Client]
) -> None:
    stage.account(LISE)
    stage.account("paul@cg-isere.example", partner=ISERE)
    elsewhere, paul = new_client(), new_client()
    for browser, email in ((client, LISE), (elsewhere, LISE), (paul, "paul@cg-isere.example")):
        browser.sign_in(email, PASSWORD)
    assert "Se déconnecter ferme toutes vos sessions" in client.get("/compte").words("#sessions")
    assert is_in(elsewhere)
    client.sign_out()
    assert elsewhere.get("/compte", status=303).location == OUT
    assert is_in(paul)
    elsewhere.sign_in(LISE, PASSWORD)
    assert is_in(elsewhere)


def test_signing_out_by_a_link_does_nothing(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    client.get("/deconnexion", status=405)
    assert is_in(client)


def test_a_session_dies_of_inactivity(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    start = clock.now()
    with clock.standing_at(start):
        client.sign_in(LISE, PASSWORD)
    for hours in (1.5, 3, 4.5):
        with clock.standing_at(start + timedelta(hours=hours)):
            assert is_in(client), "activity keeps a session alive"
    with clock.standing_at(start + timedelta(hours=6.6)):
        assert not is_in(client)


def test_a_session_dies_of_age(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    start = clock.now()
    with clock.standing_at(start):
        client.sign_in(LISE, PASSWORD)
    for hour in range(1, 20):
        with clock.standing_at(start + timedelta(hours=hour)):
            assert is_in(client)
    with clock.standing_at(start + accounts.LIFE + timedelta(seconds=1)):
        assert not is_in(client)


def test_expired_sessions_are_not_listed_and_are_swept(stage: Stage) -> None:
    person_id = stage.account(LISE)
    start = clock.now()
    with stage.app.app_context():
        for hours in (0, 3):
            with clock.standing_at(start + timedelta(hours=hours)):
                accounts.open_session(person_id, "Firefox")
                db.session.commit()
        with clock.standing_at(start + timedelta(hours=3)):
            assert len(accounts.sessions_of(person_id)) == 1
            assert len(db.session.scalars(select(WebSession)).all()) == 2
            accounts.sweep(clock.now())
            db.session.commit()
            assert len(db.session.scalars(select(WebSession)).all()) == 1


def test_ending_my_other_sessions(stage: Stage, client: Client, new_client: Callable[[], Client]) -> None:
    stage.account(LISE)
    other = new_client()
    other.http.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone) Version/17 Safari/605"
    for browser in (client, other):
        browser.sign_in(LISE, PASSWORD)
    page = client.get("/compte")
    assert "Safari, iPhone" in page.words("#sessions")
    assert page.words("#sessions").count("(celui-ci)") == 1
    client.submit("/compte/sessions")
    assert is_in(client)
    assert not is_in(other)
    assert client.get("/compte").form("/compte/sessions") is None


def test_a_new_password_ends_every_session(stage: Stage, client: Client) -> None:
    person_id = stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    with stage.app.app_context():
        accounts.set_password(person_id, "un tout autre secret de famille")
        db.session.commit()
    assert not is_in(client)


def test_tokens_are_stored_as_fingerprints_only(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    with stage.app.app_context():
        stored = db.session.scalars(select(WebSession.token)).one()
    assert stored != cookie(client)
    assert not is_in(wearing(client, stored))


def test_a_session_that_cannot_be_touched_still_reads(
    stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    stage.account(LISE)
    start = clock.now()
    with clock.standing_at(start):
        client.sign_in(LISE, PASSWORD)
    monkeypatch.setattr(accounts, "begin_write", full)
    with clock.standing_at(start + timedelta(hours=1)):
        assert is_in(client)


def two_hats(stage: Stage) -> tuple[str, str]:
    """The mandates of somebody who acts for two partners."""
    person_id = stage.account(LISE, partner=ISERE)
    stage.mandate(LISE, role="contributor", partner=VOIRON)
    with stage.app.app_context():
        first, second = accounts.mandates_of(person_id)
        return first.id, second.id


def hat(client: Client) -> str:
    return client.get("/compte").words(".hat")


def test_the_mandate_changes_by_post(stage: Stage, client: Client) -> None:
    first, second = two_hats(stage)
    client.sign_in(LISE, PASSWORD)
    assert "Conseil général de l’Isère (représentant)" in hat(client)
    assert client.page is not None
    assert client.page.select_one(".hat a")["href"] == "/compte#mandats"
    answer = client.submit("/mandat", {"mandate": second})
    assert answer.location == "/espace"
    assert "Pays voironnais" in hat(client)
    assert "(contributeur)" in hat(client)
    client.submit("/mandat", {"mandate": first})
    assert "Conseil général de l’Isère" in hat(client)


def test_a_form_shown_under_one_mandate_is_not_sent_under_another(stage: Stage, client: Client) -> None:
    _first, second = two_hats(stage)
    client.sign_in(LISE, PASSWORD)
    client.get("/enveloppes")
    shown = csrf(stage.app, client)
    client.get("/compte")
    client.submit("/mandat", {"mandate": second})
    before = stage.digest()
    refused = client.http.post("/actions/nouvelle", data={"title": "Écrite pour l’Isère", **shown})
    assert refused.status_code == 403
    assert "vous avez changé de mandat" in refused.text
    assert stage.digest() == before
    allowed = client.http.post("/actions/nouvelle", data={"title": "Écrite ici", **csrf(stage.app, client)})
    assert allowed.status_code == 303


def test_the_mandate_does_not_change_by_a_link(stage: Stage, client: Client) -> None:
    _first, second = two_hats(stage)
    client.sign_in(LISE, PASSWORD)
    client.get(f"/mandat?mandate={second}", status=405)
    assert "Conseil général de l’Isère" in hat(client)


def test_only_one_s_own_valid_mandates_are_worn(stage: Stage, client: Client) -> None:
    two_hats(stage)
    other = stage.account("other@ville-grenoble.example")
    ended = stage.mandate(LISE, role="reader", partner=GRENOBLE, ends_on=clock.today())
    with stage.app.app_context():
        foreign = accounts.mandates_of(other)[0].id
        over = accounts.mandates_of(ended)[-1].id
    with clock.standing_at(clock.now() + timedelta(days=1)):
        client.sign_in(LISE, PASSWORD)
        for mandate in (foreign, over, "", "nothing"):
            client.get("/compte")
            client.post("/mandat", {"mandate": mandate}, status=404)
        assert "Conseil général de l’Isère" in hat(client)


def test_one_mandate_leaves_nothing_to_change(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    page = client.get("/compte")
    assert page.select("[name=mandate]") == []
    assert page.select(".hat a") == []
    assert "Vous n’avez qu’un mandat" in page.words("#mandats")


def test_an_ended_mandate_stops_at_once(stage: Stage, client: Client) -> None:
    last_day = clock.today()
    stage.account(LISE, ends_on=last_day)
    evening = clock.end_of_day(last_day)
    with clock.standing_at(evening - timedelta(hours=1, minutes=50)):
        client.sign_in(LISE, PASSWORD)
        client.get("/contrat")
    with clock.standing_at(evening):
        client.get("/contrat")
    with clock.standing_at(evening + timedelta(minutes=1)):
        assert is_in(client)
        client.get("/contrat", status=404)
        assert "Aucun mandat n’est porté" in client.get("/compte").words()


def test_another_valid_mandate_can_be_taken_up(stage: Stage, client: Client) -> None:
    person_id = stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    stage.mandate(LISE, role="contributor", partner=VOIRON)
    with stage.app.app_context():
        first, second = accounts.mandates_of(person_id)
        db.session.execute(WebSession.__table__.update().values(mandate_id=None))
        db.session.commit()
        assert first.id != second.id
    client.get("/contrat", status=404)
    page = client.get("/compte")
    assert "Choisissez ci-dessous" in page.words()
    client.submit("/mandat", {"mandate": second.id})
    client.get("/contrat")


def flags(answer: Answer) -> dict[str, SimpleCookie]:
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.getlist("Set-Cookie"):
        found.load(line)
    return dict(found)  # type: ignore[arg-type]


def test_the_cookie_of_development(client: Client) -> None:
    morsel = flags(client.get("/connexion"))["session"]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["path"] == "/"
    assert not morsel["secure"]
    assert not morsel["domain"]
    assert not morsel["expires"] + str(morsel["max-age"])


@pytest.mark.engines("sqlite")
def test_the_cookies_of_production(instance: Instance, tmp_path: object) -> None:
    app = instance.app(
        COCON_ENV="production",
        COCON_TODAY="",
        COCON_PUBLIC_URL="https://cocon.example",
        COCON_LOG_KEY_FILE=str(instance.data / "log.key"),
    )
    stage = Stage(app)
    stage.account(LISE)
    browser = app.test_client()
    page = browser.get("/connexion", base_url="https://cocon.example")
    form = Answer(page, "/connexion", htmx=False)
    sent = {str(field["name"]): str(field.get("value", "")) for field in form.select("form[method=post] [name]")}
    sent |= {"email": LISE, "password": PASSWORD}
    answer = browser.post("/connexion", data=sent, base_url="https://cocon.example")
    assert answer.status_code == 303
    away = browser.get("/", base_url="https://cocon.example")
    lines = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert len(lines) >= 2
    for line in lines:
        assert line.startswith(("__Host-session=", "__Host-message="))
        assert "; Secure" in line
        assert "; HttpOnly" in line
        assert "; SameSite=Lax" in line
        assert "; Path=/" in line
        assert "Domain" not in line
    away.close()
    close(app)
