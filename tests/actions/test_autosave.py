"""Sessions of writing with a bad network: whatever is lost on the way, no acknowledged character is.

``Writer`` follows the rules of ``static/cocon.js``: requests one after the other, each with its turn, the text sent
again after a failure, a new token after 403, the merge page after a clash.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from cocon.actions import drafts
from cocon.actions.models import Draft
from cocon.kernel import ids
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.signin import accounts
from tests.actions.making import GRENOBLE
from tests.factories import World

pytestmark = pytest.mark.engines("sqlite")

FAULTS = ("none", "none", "none", "never", "lost", "error", "held", "ended", "colleague")


@dataclass
class Writer:
    """One browser in one section."""

    app: Flask
    world: World
    actor: Actor
    url: str
    name: str
    http: Any = None
    text: str = ""
    acknowledged: set[str] = field(default_factory=set)
    hidden: dict[str, str] = field(default_factory=dict)
    turn: int = 0
    typed: int = 0
    held: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = self.app.test_client()
        self.sign_in()
        self.open()

    def sign_in(self) -> None:
        """In another tab: the cookie is a new one."""
        with self.app.app_context():
            self.http.set_cookie("session", self.world.token(self.actor))

    def open(self) -> None:
        """Load the page."""
        page = self.http.get(self.url).get_data(as_text=True)
        self.hidden = hidden(page, "section")
        self.text = area(page)
        self.turn = 0

    def write(self) -> None:
        """Type a word that nobody else types."""
        self.typed += 1
        self.text = f"{self.text}\n{self.name}{self.typed}".strip()

    def body(self) -> dict[str, str]:
        """What the page sends, with its turn."""
        self.turn += 1
        kept = {name: value for name, value in self.hidden.items() if name != "idempotency_key"}
        return {**kept, "turn": str(self.turn), "context": self.text}

    def send(self, body: dict[str, str]) -> TestResponse:
        """One request of htmx."""
        answer: TestResponse = self.http.post(self.url, data=body, headers={"HX-Request": "true"})
        return answer

    def save(self, fault: str = "none") -> None:
        """Save with a fault on the way; what the page may believe is kept is noted."""
        body = self.body()
        if fault == "never":
            return
        if fault == "held":
            self.held.append(body)
            return
        if fault == "ended":
            self.end_session()
        answer = self.send(body)
        if fault != "lost":
            self.hear(answer, body)

    def end_session(self) -> None:
        """It expires, or somebody ends it."""
        cookie = self.http.get_cookie("session")
        with self.app.app_context():
            accounts.end_session(ids.fingerprint(cookie.value))
            db.session.commit()

    def hear(self, answer: TestResponse, body: dict[str, str]) -> None:
        """What the page does with an answer."""
        said = answer.get_data(as_text=True)
        if answer.status_code == 200:
            self.acknowledged |= set(body["context"].split())
            self.hidden["version"] = value(said, "actions-version")
        elif answer.status_code == 401:
            assert "HX-Redirect" not in answer.headers
            self.sign_in()
        elif answer.status_code == 403:
            self.hidden["csrf_token"] = value(said, "actions-token")
            self.save()
        elif answer.status_code == 409:
            self.merge()
        else:
            assert answer.status_code >= 500

    def deliver(self) -> None:
        """A request held on the way arrives after newer ones; nobody waits for its answer."""
        for body in self.held:
            self.send(body)
        self.held.clear()

    def merge(self) -> None:
        """« Comparer et fusionner »: both texts, as the page proposes."""
        page = self.http.post(self.url, data={**self.body(), "idempotency_key": ids.new_token()})
        if page.status_code == 303:
            self.acknowledged |= set(self.text.split())
        else:
            assert page.status_code == 409
            self.keep_both(page.get_data(as_text=True))
        self.open()

    def keep_both(self, page: str) -> None:
        """Save what the merge page proposes."""
        kept = hidden(page, "")
        both = area(page) if 'name="choix-context"' in page else kept.get("context", "")
        sent = {**kept, "context": both, "choix-context": "deux"}
        answer = self.http.post(self.url, data=sent)
        if answer.status_code >= 500:
            answer = self.http.post(self.url, data=sent)
        assert answer.status_code == 303, answer.status_code
        self.acknowledged |= set(both.split())


def hidden(page: str, form: str) -> dict[str, str]:
    """The hidden fields of the form of the section, or of the merge page."""
    start = page.index(f'id="{form}"') if form else page.index("fiche-form")
    part = page[start : page.index("</form>", start)]
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)"(?: id="[\w-]+")? value="([^"]*)"', part))


def area(page: str) -> str:
    """The text of the question."""
    found = re.search(r'<textarea[^>]*name="context"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return found[1].replace("\r\n", "\n").strip()


def value(part: str, name: str) -> str:
    """The value of a hidden field of a part."""
    found = re.search(rf'id="{name}" value="([^"]*)"', part)
    assert found is not None
    return found[1]


@pytest.fixture
def writers(app: Flask) -> tuple[Flask, World]:
    """An installation whose server fails when it is told to."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        world = World.installed()
    return app, world


def session(app: Flask, world: World, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two colleagues in one section, with faults on the way."""
    with app.app_context():
        one, other = (world.actor(role, GRENOBLE) for role in ("representative", "contributor"))
        draft = drafts.start(one, {"title": "Une fiche"})
    url = f"/actions/{draft.id}/modifier/contexte"
    mine, theirs = Writer(app, world, one, url, "a"), Writer(app, world, other, url, "b")
    for _step in range(chance.randint(2, 5)):
        mine.write()
        fault = chance.choice(FAULTS)
        if fault == "colleague":
            theirs.write()
            theirs.save()
        elif fault == "error":
            with monkeypatch.context() as broken:
                broken.setattr(drafts, "_write", Failing(drafts._write))
                mine.save()
        else:
            mine.save(fault)
        if mine.held and chance.random() < 0.5:
            mine.save()
            mine.deliver()
    _finish(mine)
    mine.deliver()
    _finish(theirs)
    with app.app_context():
        kept = db.session.get(Draft, draft.id)
        assert kept is not None
        words = set(kept.fields["context"].split())
    assert mine.acknowledged | theirs.acknowledged <= words
    assert words >= {f"a{number + 1}" for number in range(mine.typed)}


def _finish(writer: Writer) -> None:
    """« Réessayer » until everything typed is acknowledged."""
    for _attempt in range(4):
        writer.save()
        if set(writer.text.split()) <= writer.acknowledged:
            return
    raise AssertionError("the page never managed to save")


@dataclass
class Failing:
    """The disk is away for one write."""

    write: Callable[[Draft, dict[str, Any]], None]
    failed: bool = False

    def __call__(self, draft: Draft, fields: dict[str, Any]) -> None:
        if self.failed:
            return self.write(draft, fields)
        self.failed = True
        raise RuntimeError("the disk is away")


def sessions(writers: tuple[Flask, World], seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    """Play them one after the other."""
    for seed in seeds:
        session(*writers, random.Random(seed), monkeypatch)


def test_two_hundred_sessions_lose_nothing(writers: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch) -> None:
    sessions(writers, range(200), monkeypatch)


@pytest.mark.soak
def test_a_thousand_sessions_lose_nothing(writers: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch) -> None:
    sessions(writers, range(1_000, 2_000), monkeypatch)


def test_a_server_that_forgets_the_turns_is_caught(
    writers: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a late request overwrites what was acknowledged since."""
    monkeypatch.setattr(drafts, "_demand_same_page", lambda _mark, _copy: None)
    with pytest.raises(AssertionError):
        sessions(writers, range(40), monkeypatch)
