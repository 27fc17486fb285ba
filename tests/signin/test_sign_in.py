"""Signing in: the right password opens, everything else looks the same, insisting is slowed down."""

from __future__ import annotations

import hashlib
import re
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from werkzeug.test import TestResponse

from cocon.kernel import clock
from cocon.kernel.db import Base, db
from cocon.kernel.once import IdempotencyKey
from cocon.signin import accounts, passwords
from cocon.signin.models import Throttle, WebSession
from cocon.web import access
from tests.actions.making import csrf
from tests.support.client import Answer, Client
from tests.web.making import PASSWORD, Stage

pytestmark = pytest.mark.template("reference")
LISE = "lise@ville-grenoble.example"


def attempt(client: Client, email: str, password: str, status: int | None = None, suite: str | None = None) -> Answer:
    """Fill in the form as a person would."""
    client.get("/connexion" if suite is None else f"/connexion?suite={suite}")
    return client.submit("/connexion", {"email": email, "password": password}, status=status)


def fail(client: Client, times: int, email: str = LISE) -> None:
    for _ in range(times):
        attempt(client, email, "ce n’est pas le bon", status=422)


def seen(answer: Answer) -> str:
    """An answer without what changes at each display: tokens, keys, and what was typed."""
    text = re.sub(r'value="[^"]*"', 'value=""', answer.text)
    return f"{answer.status} {sorted(name for name, _value in answer.headers)} {text}"


def test_the_form_helps_password_managers(client: Client) -> None:
    page = client.get("/connexion")
    assert page.select_one("[name=email]")["autocomplete"] == "username"
    assert page.select_one("[name=password]")["autocomplete"] == "current-password"
    assert "nouveau lien au secrétariat" in page.words()


@pytest.mark.engines("sqlite")
@pytest.mark.template("demo")
def test_who_gives_new_links_is_not_sent_to_the_secretariat(client: Client) -> None:
    client.sign_in("contributeur@ville-grenoble.example")
    assert "demandez un nouveau lien au secrétariat" in client.get("/compte").words("#identite")
    client.sign_out()
    client.sign_in("secretariat@region-rhone-alpes.example")
    said = client.get("/compte").words("#identite")
    assert "cocon person invite" in said
    assert "secrétariat." not in said


@pytest.mark.engines("sqlite")
@pytest.mark.template("demo")
def test_a_demonstration_tells_its_accounts_and_they_open(client: Client) -> None:
    told = [row.get_text() for row in client.get("/connexion").select("#essai dd")]
    *emails, password = told
    assert len(emails) == 5
    for email in emails:
        client.sign_in(email, password)
        client.get("/compte")
        client.sign_out()


@pytest.mark.engines("sqlite")
def test_a_real_installation_tells_no_account(client: Client) -> None:
    page = client.get("/connexion")
    assert page.select("#essai") == []
    assert "demonstration-2014" not in page.text


@pytest.mark.usefixtures("cheap")
def test_the_right_password_opens_the_workspace(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    answer = attempt(client, f" {LISE.upper()} ", PASSWORD, status=303)
    assert answer.location == "/espace"
    client.signed_in = True
    assert "Lise Morand" in client.get("/compte").words()


@pytest.mark.usefixtures("cheap")
def test_somebody_signed_in_is_not_asked_again(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.sign_in(LISE, PASSWORD)
    assert client.get("/connexion", status=303).location == "/espace"
    assert client.get("/connexion?suite=/contrat", status=303).location == "/contrat"


@pytest.mark.usefixtures("cheap")
def test_failures_look_the_same_whatever_their_cause(stage: Stage, new_client: Callable[[], Client]) -> None:
    stage.account(LISE)
    stage.mandate("invited@ville-grenoble.example")
    emails = (LISE, "unknown@ville-grenoble.example", "invited@ville-grenoble.example")
    answers = {seen(attempt(new_client(), email, "ce n’est pas le bon", status=422)) for email in emails}
    assert len(answers) == 1
    assert "ne correspond pas" in answers.pop()


@pytest.mark.usefixtures("cheap")
def test_what_was_typed_stays_but_the_password(stage: Stage, client: Client) -> None:
    page = attempt(client, LISE, "ce-secret-ne-revient-pas", status=422)
    assert page.select_one("[name=email]")["value"] == LISE
    assert "ce-secret-ne-revient-pas" not in page.text
    assert page.select_one("title").get_text().startswith("Erreur\u00a0: ")


def test_empty_fields_are_named(client: Client) -> None:
    page = attempt(client, "", "", status=422)
    assert [link.get_text() for link in page.select(".error-summary a")] == [
        "Écrivez votre adresse électronique.",
        "Écrivez votre mot de passe.",
    ]


def median_cost(check: Callable[[str, str], object], email: str) -> float:
    """The processor time of a check, what others take left out: the median of several."""
    costs = []
    for _ in range(9):
        start = time.process_time()
        check(email, "ce n’est pas le bon")
        costs.append(time.process_time() - start)
    return statistics.median(costs)


def ratio(check: Callable[[str, str], object]) -> float:
    """What a wrong password costs for a known account, to what it costs for an unknown one."""
    return median_cost(check, LISE) / median_cost(check, "unknown@ville-grenoble.example")


@pytest.mark.engines("sqlite")
def test_an_unknown_account_takes_as_long_as_a_known_one(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(time_cost=3, memory_cost=16_384, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_nobody", hasher.hash("nobody"))
    stage.account(LISE)
    with stage.app.app_context():
        assert 0.6 < ratio(accounts.check_password) < 1.6
        honest = passwords.matches
        monkeypatch.setattr(passwords, "matches", lambda stored, typed: bool(stored) and honest(stored, typed))
        assert ratio(accounts.check_password) > 4, "the measure would not see an answer that hashes nothing"


@pytest.mark.usefixtures("cheap")
def test_an_account_is_slowed_down_then_forgiven(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    start = clock.now()
    with clock.standing_at(start):
        fail(client, accounts.PATIENCE["account"])
        refused = attempt(client, LISE, PASSWORD, status=429)
    assert refused.headers["Retry-After"] == "15"
    assert "Attendez 15 secondes" in refused.words()
    assert refused.select_one("[name=email]")["value"] == LISE
    with clock.standing_at(start + timedelta(seconds=14)):
        attempt(client, LISE, PASSWORD, status=429)
    with clock.standing_at(start + timedelta(seconds=16)):
        attempt(client, LISE, PASSWORD, status=303)


@pytest.mark.usefixtures("cheap")
def test_the_wait_doubles_up_to_its_limit(stage: Stage) -> None:
    moment, waits = clock.now(), []
    with stage.app.app_context():
        for _ in range(14):
            with clock.standing_at(moment):
                accounts.note_failure(LISE, "192.0.2.1")
                wait = accounts.waiting(LISE, "192.0.2.1")
            waits.append(int(wait.total_seconds()) if wait else 0)
            moment += wait or timedelta(0)
    assert waits == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900, 900]


@pytest.mark.usefixtures("cheap")
def test_a_success_forgets_the_failures_of_the_account(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    fail(client, accounts.PATIENCE["account"] - 1)
    attempt(client, LISE, PASSWORD, status=303)
    client.post("/deconnexion", {"csrf_token": client.get("/compte").select("[name=csrf_token]")[0]["value"]})
    fail(client, accounts.PATIENCE["account"] - 1)
    attempt(client, LISE, PASSWORD, status=303)


@pytest.mark.usefixtures("cheap")
def test_time_forgets_the_failures_of_the_account(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    start = clock.now()
    with clock.standing_at(start):
        fail(client, accounts.PATIENCE["account"] - 1)
    with clock.standing_at(start + accounts.FORGET + timedelta(seconds=1)):
        fail(client, accounts.PATIENCE["account"] - 1)
        attempt(client, LISE, PASSWORD, status=303)


@pytest.mark.usefixtures("cheap")
def test_an_address_is_slowed_down_whatever_the_account(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    with stage.app.app_context():
        for number in range(accounts.PATIENCE["address"] - 1):
            accounts.note_failure(f"someone-{number}@example.org", "127.0.0.1")
    fail(client, 1, "someone-else@example.org")
    attempt(client, LISE, PASSWORD, status=429)
    client.http.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    attempt(client, LISE, PASSWORD, status=303)


@pytest.mark.usefixtures("cheap")
def test_an_unknown_account_is_slowed_down_alike(stage: Stage, new_client: Callable[[], Client]) -> None:
    stage.account(LISE)
    answers = []
    with clock.standing_at(clock.now()):
        for number, email in enumerate((LISE, "unknown@ville-grenoble.example")):
            client = new_client()
            client.http.environ_base["REMOTE_ADDR"] = f"192.0.2.{number + 1}"
            fail(client, accounts.PATIENCE["account"], email)
            answers.append(seen(attempt(client, email, PASSWORD, status=429)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_addresses_of_one_subscriber_count_together(one: str, other: str, *, same: bool) -> None:
    assert (accounts._place(one) == accounts._place(other)) is same


@pytest.mark.usefixtures("cheap")
def test_of_many_attempts_at_the_same_time_few_are_let_in(stage: Stage) -> None:
    def note(_number: int) -> bool:
        with stage.app.app_context():
            return accounts.note_failure(LISE, "192.0.2.1") is None

    with ThreadPoolExecutor(8) as pool:
        let_in = sum(pool.map(note, range(16)))
    assert let_in == accounts.PATIENCE["account"]
    with stage.app.app_context():
        assert set(db.session.scalars(select(Throttle.failures))) == {let_in}


def sent_at_once(stage: Stage, client: Client, password: str, **more: str) -> list[TestResponse]:
    """The answers to one form of that browser, sent ten times at the same moment."""
    raw, start = client.http.get_cookie("session"), Barrier(10)
    assert raw is not None
    form = {"email": LISE, "password": password, "idempotency_key": "k", **csrf(stage.app, client), **more}

    def send(_number: int) -> TestResponse:
        browser = stage.app.test_client()
        browser.set_cookie("session", raw.value)
        start.wait()
        return browser.post("/connexion", data=form)

    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(send, range(10)))


def sessions(stage: Stage) -> int:
    with stage.app.app_context():
        return db.session.query(WebSession).count()


def cookie_of(answer: TestResponse) -> str:
    return answer.headers.get("Set-Cookie", "").partition(";")[0].removeprefix("session=")


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("failures", [0, accounts.PATIENCE["account"] - 1])
def test_the_same_form_ten_times_at_once_opens_one_session(stage: Stage, client: Client, failures: int) -> None:
    stage.account(LISE)
    fail(client, failures)
    client.get("/connexion")
    answers = sent_at_once(stage, client, PASSWORD)
    again = sent_at_once(stage, client, PASSWORD)
    assert {(one.status_code, one.headers["Location"]) for one in (*answers, *again)} == {(303, "/espace")}
    (cookie,) = {cookie_of(one) for one in (*answers, *again)}
    assert cookie
    assert sessions(stage) == 1
    client.http.set_cookie("session", cookie)
    client.signed_in = True
    client.get("/compte")


@pytest.mark.usefixtures("cheap")
def test_a_sign_in_that_takes_no_key_is_caught(stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    stage.account(LISE)
    client.get("/connexion")
    monkeypatch.setattr(access, "claim_of", lambda _digest: None)
    sent_at_once(stage, client, PASSWORD)
    assert sessions(stage) > 1


@pytest.mark.usefixtures("cheap")
def test_a_wrong_form_sent_many_times_is_slowed_down_as_ever(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.get("/connexion")
    statuses = [one.status_code for one in sent_at_once(stage, client, "ce n’est pas le bon")]
    assert sorted(statuses) == [422] * accounts.PATIENCE["account"] + [429] * accounts.PATIENCE["account"]
    assert sessions(stage) == 0


@pytest.mark.usefixtures("cheap")
def test_a_key_that_signed_in_opens_nothing_to_another_password(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.get("/connexion")
    sent_at_once(stage, client, PASSWORD)
    guesses = sent_at_once(stage, client, "ce n’est pas le bon")
    assert {422, 429} == {one.status_code for one in guesses}, "each guess is counted"
    assert {"Set-Cookie"} & {name for one in guesses for name, _value in one.headers} == set()
    assert {one.status_code for one in sent_at_once(stage, client, PASSWORD)} == {429}
    assert sessions(stage) == 1


@pytest.mark.usefixtures("cheap")
def test_the_same_form_does_not_open_again_what_was_closed(stage: Stage, client: Client) -> None:
    person = stage.account(LISE)
    client.get("/connexion")
    sent_at_once(stage, client, PASSWORD)
    with stage.app.app_context():
        accounts.end_sessions(person)
        db.session.commit()
    answers = sent_at_once(stage, client, PASSWORD)
    assert {(one.status_code, cookie_of(one)) for one in answers} == {(303, "")}
    assert sessions(stage) == 0


@pytest.mark.usefixtures("cheap")
def test_the_database_holds_nothing_that_opens_a_session(stage: Stage, client: Client) -> None:
    stage.account(LISE)
    client.get("/connexion")
    cookie = cookie_of(sent_at_once(stage, client, PASSWORD)[0])
    before = client.http.get_cookie("session")
    assert before is not None
    with stage.app.app_context():
        kept = "\n".join(str(row) for table in (IdempotencyKey, WebSession, Throttle) for row in rows_of(table))
        assert accounts.fingerprint(cookie) in kept
        for secret in (cookie, before.value, PASSWORD, hashlib.sha256(PASSWORD.encode()).hexdigest()):
            assert secret not in kept
        with stage.app.test_request_context("/connexion", method="POST", data={"password": PASSWORD, "name": "x"}):
            one = access._digest()
        with stage.app.test_request_context("/connexion", method="POST", data={"password": "autre", "name": "x"}):
            assert access._digest() == one, "no fast hash of a password is made, whatever the form"


def rows_of(model: type[Base]) -> Sequence[object]:
    return db.session.execute(model.__table__.select()).all()


@pytest.mark.usefixtures("cheap")
def test_without_a_valid_mandate_the_account_explains(stage: Stage, client: Client) -> None:
    stage.account(LISE, ends_on=clock.today())
    with clock.standing_at(clock.now() + timedelta(days=1)):
        answer = attempt(client, LISE, PASSWORD, status=303, suite="/contrat")
        assert answer.location == "/compte"
        client.signed_in = True
        page = client.follow(answer)
        assert "Aucun de vos mandats n’est valable aujourd’hui" in page.words()
        assert "Mandats passés ou à venir" in page.words("#mandats")
        refused = client.get("/espace", status=404)
        assert refused.html.select_one('main a[href="/compte"]') is not None
