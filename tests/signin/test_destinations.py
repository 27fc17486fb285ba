"""After signing in one goes to a page of this site, however the address is spelt."""

from __future__ import annotations

import itertools
import random

import pytest
from playwright.sync_api import Browser

from cocon.signin.routes import _safe
from tests.support.client import Client
from tests.web.making import PASSWORD, Stage

STARTS = (
    "",
    "/",
    "//",
    "///",
    "/\\",
    "\\\\",
    "\\/",
    "/%2f",
    "/%5c",
    "/.//",
    "/..//",
    "/./",
    "/;//",
    "/@",
    "/?//",
    "/#//",
)
SCHEMES = ("", "http:", "https:", "HTTPS:", "javascript:", "data:", "http:/", "ht\ttp://", "\x00http://", "ＨＴＴＰ://")
PLACES = (
    "evil.example",
    "evil.example/espace",
    "a@evil.example",
    "evil。example",
    "evil%E3%80%82example",
    "evil.example:80",
)
NOISE = ("\t", "\n", "\r", " ", "\x00", "\u2028", "\u200b", "%0d%0a", "%09", "／", "＼", "\\", "/", "@", "?", "#")


def mutants() -> list[str]:
    """Some thousands of spellings of another site."""
    whole = [f"{s}{c}{p}" for s, c, p in itertools.product(STARTS, SCHEMES, PLACES)]
    chance = random.Random(7)
    noisy = []
    for text in whole * 5:
        at = chance.randrange(min(len(text), 9) + 1)
        noisy.append(text[:at] + chance.choice(NOISE) + text[at:])
    return [*whole, *noisy]


def test_no_spelling_leaves_the_site(browser: Browser) -> None:
    kept = [target for target in map(_safe, mutants()) if target is not None]
    assert len(kept) > 100, "the browser has something to judge"
    page = browser.new_page()
    judge = """all => all.filter(one => new URL(one, 'https://cocon.example/connexion').origin !== 'https://cocon.example')"""
    assert page.evaluate(judge, kept) == []
    assert page.evaluate(judge, ["//evil.example", "/\\evil.example", "/\t/evil.example"]) != []
    page.close()


@pytest.mark.parametrize("target", ["/espace", "/actions?axe=1&q=%C3%A9t%C3%A9", "/actions/0190-1?a=b#c"])
def test_pages_of_the_site_are_kept(target: str) -> None:
    assert _safe(target) == target


@pytest.mark.parametrize(
    "target", [None, "", "espace", "//a", "/connexion", "/connexion?suite=/a", "/é", "/a b", "/\\a"]
)
def test_the_rest_is_dropped(target: str | None) -> None:
    assert _safe(target) is None


@pytest.mark.usefixtures("cheap")
@pytest.mark.template("reference")
def test_a_hostile_destination_is_forgotten(stage: Stage, client: Client) -> None:
    stage.account("lise@ville-grenoble.example")
    page = client.get("/connexion?suite=//evil.example/espace")
    assert page.select("[name=suite]") == []
    form = {"email": "lise@ville-grenoble.example", "password": PASSWORD, "suite": "https://evil.example/"}
    assert client.post("/connexion", form).location == "/espace"


@pytest.mark.usefixtures("cheap")
@pytest.mark.template("reference")
def test_the_page_asked_for_comes_back_after_signing_in(stage: Stage, client: Client) -> None:
    stage.account("lise@ville-grenoble.example")
    asked = client.get("/actions?q=%C3%A9t%C3%A9&axe=1", status=303)
    page = client.follow(asked)
    assert page.select_one("[name=suite]")["value"] == "/actions?q=%C3%A9t%C3%A9&axe=1"
    answer = client.submit("/connexion", {"email": "lise@ville-grenoble.example", "password": PASSWORD})
    assert answer.location == "/actions?q=%C3%A9t%C3%A9&axe=1"


@pytest.mark.template("reference")
def test_htmx_is_sent_to_the_sign_in_page(client: Client) -> None:
    answer = client.get("/espace", htmx=True, status=401)
    assert answer.headers["HX-Redirect"] == "/connexion?suite=/espace"
