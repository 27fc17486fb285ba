"""A form sent twice, or ten times at once, has its effect once and one answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.audit.models import LogEntry
from cocon.contracts.models import Objective
from cocon.kernel.db import db
from tests.support.client import Client
from tests.web.making import REGION, Stage, token

pytestmark = pytest.mark.template("reference")
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
