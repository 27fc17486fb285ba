"""Errors are pages like the others: what happened, what to do, and the text that was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, abort
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict

from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.policy import Need
from cocon.site import frame
from cocon.web.access import needs
from cocon.web.errors import ERRORS
from cocon.web.typed import typed
from tests.support.client import Answer, Client
from tests.web.making import GRENOBLE, REGION, Stage, token

pytestmark = [pytest.mark.template("reference"), pytest.mark.engines("sqlite")]

TYPED = {"axis": "1", "letter": "A", "title": "Une phrase que je ne veux pas perdre", "password": "ce secret-là"}


def away() -> None:
    raise OperationalError("SELECT", {}, Exception("the database is away"))


def broken() -> None:
    raise ZeroDivisionError


def unreadable() -> None:
    db.session.execute(text("SELECT nothing FROM nowhere"))


def refused() -> None:
    raise Refusal("Une règle le refuse.")


def outdated() -> None:
    raise Outdated


def forbidden() -> None:
    raise Forbidden


CAUSES: dict[str, tuple[Callable[[], object], int, str]] = {
    "400": (lambda: abort(400), 400, "Demande illisible"),
    "403": (lambda: abort(403), 403, "Formulaire périmé"),
    "404": (lambda: abort(404), 404, "Page introuvable"),
    "409": (lambda: abort(409), 409, "Acte refusé"),
    "413": (lambda: abort(413), 413, "Envoi trop lourd"),
    "418": (lambda: abort(418), 400, "Demande illisible"),
    "422": (lambda: abort(422), 422, "Saisie à corriger"),
    "429": (lambda: abort(429), 429, "Trop de tentatives"),
    "500": (lambda: abort(500), 503, "Erreur du serveur"),
    "502": (lambda: abort(502), 503, "Erreur du serveur"),
    "503": (lambda: abort(503), 503, "Service momentanément indisponible"),
    "broken": (broken, 503, "Erreur du serveur"),
    "away": (away, 503, "Service momentanément indisponible"),
    "unreadable": (unreadable, 503, "Service momentanément indisponible"),
    "refused": (refused, 409, "Acte refusé"),
    "outdated": (outdated, 409, "Acte refusé"),
    "forbidden": (forbidden, 404, "Page introuvable"),
}


def _fail(cause: str) -> str:
    CAUSES[cause][0]()
    return "no failure"


def add_failure(app: Flask) -> None:
    """An address that fails as told."""
    view = needs(Need.PUBLIC)(_fail)
    app.add_url_rule("/panne/<cause>", endpoint="fail", view_func=view, methods=["GET", "POST"])


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """The application, with an address that fails as told."""
    add_failure(app)
    app.add_url_rule("/oubli", endpoint="undeclared", view_func=lambda: "served")
    return app


def fails(client: Client, cause: str, sent: dict[str, str | None] | None = None, *, htmx: bool = False) -> Answer:
    _act, status, _title = CAUSES[cause]
    if sent is None:
        return client.get(f"/panne/{cause}", htmx=htmx, status=status)
    return client.post(f"/panne/{cause}", sent, htmx=htmx, status=status)


@pytest.mark.parametrize("cause", CAUSES)
def test_each_error_is_a_designed_page(client: Client, cause: str) -> None:
    page = fails(client, cause)
    assert page.select_one("h1").get_text() == CAUSES[cause][2]
    assert page.words(".title-margin") == str(CAUSES[cause][1])
    assert page.select("main a[href='/aide']")
    assert len(page.words().split(". ")) >= 2, "it says what happened and what to do"


@pytest.mark.parametrize("cause", CAUSES)
def test_each_error_keeps_the_typed_text(stage: Stage, cause: str) -> None:
    client = stage.client("representative", GRENOBLE)
    page = fails(client, cause, {**TYPED, "csrf_token": token(stage, client)})
    assert [area.get_text().strip() for area in page.select("main textarea[readonly]")] == ["A", TYPED["title"]]
    assert "Votre texte est conservé ci-dessous" in page.words()
    assert TYPED["title"] in page.words()
    assert TYPED["password"] not in page.text
    assert "csrf" not in page.words()


@pytest.mark.parametrize("cause", CAUSES)
def test_each_error_is_a_part_for_htmx(stage: Stage, cause: str) -> None:
    client = stage.client("representative", GRENOBLE)
    part = fails(client, cause, {**TYPED, "csrf_token": token(stage, client)}, htmx=True)
    assert part.select("h1, html, header") == []
    assert CAUSES[cause][2] in part.words("#layout-error")
    assert TYPED["title"] in part.text
    assert TYPED["password"] not in part.text


@pytest.mark.parametrize("cause", [cause for cause, (_act, status, _title) in CAUSES.items() if status in (429, 503)])
def test_what_passes_says_when_to_come_back(client: Client, cause: str) -> None:
    assert int(fails(client, cause).headers["Retry-After"]) > 0


def test_no_answer_is_another_server_error(client: Client) -> None:
    assert {status for _act, status, _title in CAUSES.values() if status >= 500} == {503}
    assert {fails(client, cause).status for cause in CAUSES} <= set(ERRORS) - {500}


def test_the_sentence_of_a_refusal_is_shown(client: Client) -> None:
    assert "Une règle le refuse." in fails(client, "refused").words()
    assert "a changé depuis l’affichage" in fails(client, "outdated").words()


def test_forbidden_and_unknown_are_the_same_page(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    pages = [
        client.get(at, status=404) for at in ("/panne/forbidden", "/panne/404", "/no/such/page", "/contrat/objectifs")
    ]
    mains = {page.words() for page in pages}
    assert len(mains) == 1
    assert "Ville de Grenoble" in pages[2].words(".hat")


def test_a_view_that_declares_nothing_is_not_served(client: Client) -> None:
    page = client.get("/oubli", status=503)
    assert "served" not in page.text


def test_a_wrong_method_says_which_are_right(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    page = client.post("/contrat", {"csrf_token": token(stage, client)}, status=405)
    assert set(page.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert page.select_one("h1").get_text() == "Action impossible ici"


def test_too_many_fields_are_refused(stage: Stage) -> None:
    client = stage.client("secretariat", REGION)
    many = {f"f{number}": "x" for number in range(2000)}
    answer = client.http.post("/contrat/objectifs", data=many, content_type="multipart/form-data")
    assert answer.status_code in (403, 413)


def test_a_stale_form_offers_to_open_again(stage: Stage) -> None:
    client = stage.client("secretariat", REGION)
    page = client.post("/contrat/objectifs", {**TYPED, "csrf_token": "stale"}, status=403)
    assert page.select("main a[href='/contrat/objectifs']")
    assert TYPED["title"] in page.words()
    assert [label.get_text() for label in page.select("main label")] == ["Lettre", "Intitulé"]


def test_an_act_without_a_page_offers_none(stage: Stage) -> None:
    client = stage.client("secretariat", REGION)
    page = client.post("/deconnexion", {"csrf_token": "stale"}, status=403)
    assert page.select("main a[href='/deconnexion']") == []


@pytest.mark.parametrize("htmx", [False, True])
def test_the_page_stands_when_the_database_is_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, *, htmx: bool
) -> None:
    client = stage.client("representative", GRENOBLE)
    monkeypatch.setattr(frame, "facts", away)
    answer = client.get("/contrat", htmx=htmx, status=503)
    assert "Service momentanément indisponible" in answer.text
    assert "Retry-After" in answer.headers


def test_the_health_check_says_when_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = client.get("/sante")
    assert sound.html.get_text().startswith('{"database":"sqlite"')
    monkeypatch.setattr(db.session, "scalar", lambda _query: away())
    answer = client.get("/sante", status=503)
    assert answer.text.strip() == '{"status":"unavailable"}'
    assert answer.headers["Retry-After"] == "5"


def test_choices_and_secrets_are_not_typed_text(app: Flask) -> None:
    with app.test_request_context():
        sent = MultiDict({**TYPED, "confirmation": "encore", "version": "3", "suite": "/x"})
        assert typed(sent) == [("Lettre", "A"), ("Intitulé", TYPED["title"])]
        assert typed(MultiDict({"title": "a\x07b", "letter": "A", "axis": "1"}))[0] == ("Intitulé", "a\ufffdb")
        assert typed(MultiDict({"unknown": "x"})) == []
