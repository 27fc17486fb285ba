"""A form sent twice, or ten times at once, has its effect once and one answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.audit.models import LogEntry
from cocon.contracts.models import Objective
from cocon.kernel.db import db
from cocon.web import access
from tests.decisions.making import consult
from tests.support.client import Client
from tests.web.making import REGION, Stage, token

pytestmark = pytest.mark.template("reference")
WRITERS = ("ville-grenoble", "cg-isere", "pnr-pilat", "pays-voironnais", "cc-val-de-drome", "roannais-agglomeration")
FORM = {"axis": "1", "letter": "A", "title": "Faire connaître"}


def effects(app: Flask) -> tuple[int, int]:
    """How many objectives there are, and how many entries say that one was added."""
    with app.app_context():
        rows = db.session.scalar(select(func.count()).select_from(Objective))
        said = select(func.count()).where(LogEntry.kind == "contracts.objective-added")
        return int(rows or 0), int(db.session.scalar(said) or 0)


def keyed(key: str | None = None, **more: str) -> dict[str, str]:
    return {**FORM, **more, "idempotency_key": key or uuid.uuid4().hex}


def test_the_same_form_twice(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    form = keyed()
    first = client.post("/contrat/objectifs", form)
    second = client.post("/contrat/objectifs", form)
    assert (first.status, first.location) == (second.status, second.location)
    assert effects(stage.app) == (1, 1)


def test_the_key_stands_in_the_log(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    client.post("/contrat/objectifs", keyed("a-key-of-my-own"))
    with stage.app.app_context():
        body = db.session.scalars(select(LogEntry.body).order_by(LogEntry.seq.desc())).first()
    assert '"request":"a-key-of-my-own"' in (body or "")


def test_the_same_key_with_another_body(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    key = uuid.uuid4().hex
    client.post("/contrat/objectifs", keyed(key))
    client.get("/contrat/objectifs")
    refused = client.post("/contrat/objectifs", keyed(key, title="Un autre texte"), status=422)
    assert "autre contenu" in refused.words()
    assert "Un autre texte" in refused.text
    assert effects(stage.app) == (1, 1)


def test_the_same_key_at_another_address(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    key = uuid.uuid4().hex
    client.post("/contrat/objectifs", keyed(key))
    client.get("/contrat/objectifs")
    client.post("/partenaires/collectivite-13/completer", keyed(key), status=422)


def test_another_browser_s_key_is_another_key(stage: Stage) -> None:
    one, other = stage.secretariat(), stage.secretariat()
    for client, letter in ((one, "A"), (other, "B")):
        client.get("/contrat/objectifs")
        client.post("/contrat/objectifs", keyed("the-same-key", letter=letter))
    assert effects(stage.app) == (2, 2)


def test_a_refused_form_may_be_sent_again(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    key = uuid.uuid4().hex
    client.post("/contrat/objectifs", keyed(key, title=""), status=422)
    client.post("/contrat/objectifs", keyed(key))
    assert effects(stage.app) == (1, 1)


@pytest.mark.parametrize("key", ["k" * 65, "clé", "\x00"])
def test_strange_keys_are_refused(stage: Stage, key: str) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    client.post("/contrat/objectifs", keyed(key), status=422)
    assert effects(stage.app) == (0, 0)


def test_without_a_key_the_form_still_works(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    client.post("/contrat/objectifs", {**FORM, "idempotency_key": None})
    assert effects(stage.app) == (1, 1)


def test_ten_times_at_once(stage: Stage) -> None:
    with stage.app.app_context():
        cookie = stage.world.token(stage.world.actor("secretariat", REGION))
    first = Client(stage.app)
    first.http.set_cookie("session", cookie)
    form = {**keyed(), "csrf_token": token(stage, first)}
    start = Barrier(10)

    def send(_number: int) -> tuple[int, str]:
        browser = stage.app.test_client()
        browser.set_cookie("session", cookie)
        start.wait()
        answer = browser.post("/contrat/objectifs", data=form)
        return answer.status_code, answer.headers.get("Location", "")

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(10)))
    assert answers == {(303, "/contrat#axes")}
    assert effects(stage.app) == (1, 1)


def test_ten_forms_at_once_without_the_same_key(stage: Stage, new_client: Callable[[], Client]) -> None:
    """The negative control: ten keys, ten requests, and the rule of the letter is what refuses nine."""
    with stage.app.app_context():
        cookie = stage.world.token(stage.world.actor("secretariat", REGION))
    first = new_client()
    first.http.set_cookie("session", cookie)
    proof = token(stage, first)
    start = Barrier(10)

    def send(_number: int) -> int:
        browser = stage.app.test_client()
        browser.set_cookie("session", cookie)
        start.wait()
        return browser.post("/contrat/objectifs", data={**keyed(), "csrf_token": proof}).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = sorted(pool.map(send, range(10)))
    assert answers == [303, *[409] * 9]
    assert effects(stage.app) == (1, 1)


def at_once(stage: Stage, sent: list[tuple[str, str, dict[str, str]]]) -> list[tuple[int, str]]:
    """What is answered to forms (cookie, address, fields) that all leave at the same moment, as parts."""
    start = Barrier(len(sent))

    def send(one: tuple[str, str, dict[str, str]]) -> tuple[int, str]:
        cookie, path, form = one
        browser = stage.app.test_client()
        browser.set_cookie("session", cookie)
        start.wait()
        answer = browser.post(path, data=form, headers={"HX-Request": "true"})
        return answer.status_code, re.sub(r'name="(csrf_token|idempotency_key)" value="[^"]+"', "", answer.text)

    with ThreadPoolExecutor(len(sent)) as pool:
        return list(pool.map(send, sent))


def acts(stage: Stage, made: Made) -> dict[str, tuple[str, dict[str, str], str]]:
    """Acts after which the page is read again: address, fields, what the log calls them."""
    fiche = f"/actions/{made.action}"
    return {
        "comment": (f"{fiche}/discussion", {"text": "Oui.", "visibility": "partners"}, "discussion.comment-posted"),
        "money": (
            f"{fiche}/financement/contributions",
            {"amount-cash-operating-2014": "12,50"},
            "funding.contribution-announced",
        ),
        "position": (
            f"/decisions/{made.consultation}/avis",
            {"stance": "favorable", "reason": "", "confirmer": "1", "version": "1"},
            "decisions.position-taken",
        ),
    }


@dataclass(frozen=True)
class Made:
    """A fiche in consultation, and the cookies of people who may act on it."""

    action: str
    consultation: str
    cookies: dict[str, str]


@pytest.fixture
def made(stage: Stage) -> Made:
    with stage.app.app_context():
        action = stage.world.action(stage.world.actor("representative", REGION))
        consultation = consult(stage.world, action)
        people = {key: stage.world.actor("representative", key) for key in WRITERS}
        cookies = {key: stage.world.token(person) for key, person in people.items()}
        return Made(action.id, consultation.id, cookies)


def counted(stage: Stage, kind: str) -> int:
    with stage.app.app_context():
        return int(db.session.scalar(select(func.count()).where(LogEntry.kind == kind)) or 0)


@pytest.mark.parametrize("act", ["comment", "money", "position"])
def test_people_who_write_at_once_are_each_told_so(stage: Stage, made: Made, act: str) -> None:
    path, fields, kind = acts(stage, made)[act]
    sent = [(cookie, path, {**fields, **proof(stage, cookie)}) for cookie in made.cookies.values()]
    assert [status for status, _text in at_once(stage, sent)] == [200] * len(WRITERS)
    assert counted(stage, kind) == len(WRITERS)


@pytest.mark.parametrize("act", ["comment", "money", "position"])
def test_one_act_sent_many_times_at_once(stage: Stage, made: Made, act: str) -> None:
    path, fields, kind = acts(stage, made)[act]
    cookie = made.cookies["cg-isere"]
    answers = at_once(stage, [(cookie, path, {**fields, **proof(stage, cookie)})] * 8)
    assert {status for status, _text in answers} == {200}
    assert len({text for _status, text in answers}) == 1
    assert counted(stage, kind) == 1


def proof(stage: Stage, cookie: str) -> dict[str, str]:
    with stage.app.test_request_context():
        return {"csrf_token": access._csrf(cookie), "idempotency_key": uuid.uuid4().hex}
