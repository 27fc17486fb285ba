"""Every answer carries its headers, every host but ours is refused in production, no reading writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from cocon.web.headers import POLICY
from tests.support.client import Client
from tests.support.databases import Instance, close
from tests.web.making import GRENOBLE, Stage, token

pytestmark = pytest.mark.template("reference")
OURS = "https://cocon.example"

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
#: Files to keep, whose policy is narrower: nothing at all runs in them.
FILES = {"consolidation.subventions", "consolidation.deliberations"}


def pages(app: Flask) -> list[str]:
    """The addresses that ask for nothing, and some that do."""
    rules = [one for one in app.url_map.iter_rules() if one.endpoint not in FILES]
    plain = [rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments]
    return [*plain, "/partenaires/cg-isere", "/contrat/periodes/proposing", "/invitation/nothing", "/no/such/page"]


@pytest.fixture
def production(instance: Instance) -> Iterator[Flask]:
    """The application as people rely on it."""
    app = instance.app(
        COCON_ENV="production",
        COCON_TODAY="",
        COCON_PUBLIC_URL=OURS,
        COCON_LOG_KEY_FILE=str(instance.data / "log.key"),
    )
    yield app
    close(app)


def test_the_policy_lets_nothing_in() -> None:
    said = dict(part.split(" ", 1) for part in POLICY.split("; "))
    assert said["default-src"] == "'none'"
    assert said["script-src"] == said["style-src"] == said["connect-src"] == said["form-action"] == "'self'"
    assert said["frame-ancestors"] == said["base-uri"] == said["object-src"] == "'none'"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


@pytest.mark.engines("sqlite")
def test_every_page_has_its_headers(stage: Stage) -> None:
    for client in (Client(stage.app), stage.secretariat()):
        for page in pages(stage.app):
            answer = client.http.get(page)
            assert answer.status_code in (200, 303, 404), page
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, page
            assert "HX-Request" in answer.headers["Vary"], page
            assert "Strict-Transport-Security" not in answer.headers
            assert "Server" not in answer.headers


@pytest.mark.engines("sqlite")
def test_what_holds_a_form_or_a_session_is_not_stored(stage: Stage, client: Client) -> None:
    signed_in = stage.client("representative", GRENOBLE)
    for page in ("/contrat", "/compte", "/aide", "/no/such/page"):
        assert signed_in.get(page, status=None).headers["Cache-Control"] == "no-store"
    for _ in range(2):
        assert client.get("/connexion").headers["Cache-Control"] == "no-store"


@pytest.mark.engines("sqlite")
def test_production_speaks_to_its_own_host_only(production: Flask) -> None:
    browser = production.test_client()
    served = browser.get("/", base_url=OURS)
    assert served.status_code == 200
    assert served.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    for host in ("evil.example", "cocon.example.evil.example", "cocon.example:8443", "127.0.0.1", "", "["):
        refused = browser.get("/", base_url=OURS, headers={"Host": host})
        assert refused.status_code == 400, host
        assert "Demande illisible" in refused.text
        assert "evil" not in refused.text
    forwarded = browser.get(
        "/", base_url=OURS, headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    )
    assert forwarded.status_code == 200
    assert "evil" not in forwarded.text


@pytest.mark.engines("sqlite")
def test_no_page_is_served_under_another_name(stage: Stage) -> None:
    client = stage.secretariat()
    for page in pages(stage.app):
        answer = client.http.get(page, headers={"Host": "evil.example"})
        assert answer.status_code == 400, page
        assert "evil.example" not in answer.text + str(answer.headers), page
    for host in ("127.0.0.1:8000", "[::1]:8000", "localhost"):
        assert client.http.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.engines("sqlite")
def test_what_is_not_text_is_refused(stage: Stage) -> None:
    client = stage.secretariat()
    proof = token(stage, client)
    before = stage.digest()
    assert client.http.get("/actions?q=%ff%fe").status_code == 400
    for path in ("/actions/\xff", "/\xc0\xae"):  # as a server hands it over
        assert client.http.get("/", environ_overrides={"PATH_INFO": path}).status_code == 400, path
    body = f"csrf_token={proof}&axis=1&letter=A&title=%ff%fe"
    form = "application/x-www-form-urlencoded"
    assert client.http.post("/contrat/objectifs", data=body, content_type=form).status_code == 400
    assert stage.digest() == before
    assert client.http.get("/actions?q=%c3%a9l%c3%a8ve+%25").status_code == 200


def test_reading_changes_nothing(stage: Stage) -> None:
    browsers = [
        Client(stage.app),
        stage.secretariat(),
        stage.client("representative", GRENOBLE),
        stage.client("auditor"),
    ]
    before = stage.digest()
    for client in browsers:
        for page in pages(stage.app):
            for headers in ({}, {"HX-Request": "true"}):
                assert client.http.get(page, headers=headers).status_code < 500, page
            client.http.head(page)
    assert stage.digest() == before
