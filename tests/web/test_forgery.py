"""A request that another site, another session or nobody's form made changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.support.client import Client
from tests.web.making import GRENOBLE, Stage, token

pytestmark = pytest.mark.template("reference")

VALUES = {
    "key": "collectivite-13",
    "activity": "proposing",
    "act": "lier",
    "token": "nothing",
    "year": 2014,
    "number": 1,
    "seq": 1,
}


@dataclass(frozen=True)
class Forgery:
    """What a hostile request has, and has not."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    token: str = "own"
    content: str = "application/x-www-form-urlencoded"


FORGERIES = (
    Forgery("no token", token="none"),
    Forgery("a made-up token", token="made-up"),
    Forgery("a token that is no ASCII", token="é"),
    Forgery("the token of another session", token="other"),
    Forgery("another origin", {"Origin": "https://evil.example"}),
    Forgery("an origin that looks alike", {"Origin": "http://localhost.evil.example"}),
    Forgery("no known origin", {"Origin": "null"}),
    Forgery("an origin that is no address", {"Origin": "http://["}),
    Forgery("a cross-site request", {"Sec-Fetch-Site": "cross-site"}),
    Forgery("a same-site request", {"Sec-Fetch-Site": "same-site"}),
    Forgery("a body that is no form", content="text/plain"),
)


def writing_rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()))


def address(app: Flask, rule: Rule) -> str:
    """The address of a rule, with something in each place."""
    values = {name: VALUES.get(name, uuid.UUID(int=7)) for name in rule.arguments - set(rule.defaults or ())}
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def test_every_writing_address_refuses_every_forgery(stage: Stage) -> None:
    mine, other = stage.secretariat(), stage.client("representative", GRENOBLE)
    tokens = {"own": token(stage, mine), "other": token(stage, other), "made-up": "0" * 64, "é": "é" * 64}
    before, tried = stage.digest(), 0
    for rule in writing_rules(stage.app):
        for forgery in FORGERIES:
            sent = {"title": "x", "csrf_token": tokens.get(forgery.token), "idempotency_key": uuid.uuid4().hex}
            form = {name: value for name, value in sent.items() if value is not None}
            answer = mine.http.post(
                address(stage.app, rule), data=form, headers={**forgery.headers, "Content-Type": forgery.content}
            )
            assert answer.status_code == 403, f"{rule} with {forgery.name}: {answer.status_code}"
            assert "Formulaire périmé" in answer.text
            tried += 1
    assert tried > 15 * len(FORGERIES)
    assert stage.digest() == before


def test_the_true_form_passes(stage: Stage) -> None:
    """The negative control: the same request without forgery has its effect."""
    mine = stage.secretariat()
    form = {"axis": "1", "letter": "A", "title": "Un objectif", "csrf_token": token(stage, mine)}
    honest = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    before = stage.digest()
    answer = mine.http.post("/contrat/objectifs", data={**form, "idempotency_key": "k1"}, headers=honest)
    assert answer.status_code == 303
    assert stage.digest() != before


def test_signing_in_needs_the_token_of_the_browser(client: Client, new_client: Callable[[], Client]) -> None:
    attacker = new_client()
    attacker.get("/connexion")
    assert attacker.page is not None
    stolen = attacker.page.select("[name=csrf_token]")[0]["value"]
    client.get("/connexion")
    form = {"email": "a@example.org", "password": "b", "csrf_token": stolen}
    client.post("/connexion", form, status=403)


def test_a_first_visit_cannot_write(client: Client) -> None:
    client.post("/connexion", {"email": "a", "password": "b", "csrf_token": "x", "idempotency_key": "y"}, status=403)
