"""A browser in one section of a fiche, that saves as one writes: it follows the rules of ``static/cocon.js``.

Requests one after the other, each with its turn, the text sent again after a failure, a new token after 403, the
merge page after a clash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from cocon.actions.models import Draft
from cocon.kernel import ids
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.signin import accounts
from tests.factories import World

#: What may happen to a request on its way.
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
        self.http = self.http or self.app.test_client()
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

    def finish(self) -> None:
        """« Réessayer » until everything typed is acknowledged."""
        for _attempt in range(4):
            self.save()
            if set(self.text.split()) <= self.acknowledged:
                return
        raise AssertionError("the page never managed to save")

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
        both = area(page) if "<textarea" in page else kept.get("context", "")
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


def play(
    chance: Random,
    mine: Writer,
    theirs: Writer,
    faults: Sequence[str],
    special: Mapping[str, Callable[[Writer], None]],
) -> None:
    """Two colleagues in one section, with faults on the way; ``special`` says how to save with those named there."""
    for _step in range(chance.randint(2, 5)):
        mine.write()
        fault = chance.choice(faults)
        if fault == "colleague":
            theirs.write()
            theirs.save()
        elif fault in special:
            special[fault](mine)
        else:
            mine.save(fault)
        if mine.held and chance.random() < 0.5:
            mine.save()
            mine.deliver()
    mine.finish()
    mine.deliver()
    theirs.finish()


def missing(text: str, mine: Writer, theirs: Writer) -> set[str]:
    """What the section should say at the end, and does not."""
    typed = {f"{mine.name}{number + 1}" for number in range(mine.typed)}
    return (mine.acknowledged | theirs.acknowledged | typed) - set(text.split())
