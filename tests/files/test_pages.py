"""The page of files: attaching, reading, withdrawing, being refused without losing what was typed."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from cocon.files import operations, queries, scanning
from cocon.files.models import Attachment
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, ISERE, REGION, known
from tests.dossier.making import Stage
from tests.files.making import PDF, SOUND, attach
from tests.files.test_inspection import HOSTILE, NAMES
from tests.support.client import Answer, Client
from tests.support.databases import Instance, close

SMALL = 1024 * 1024


@pytest.fixture
def app(instance: Instance) -> Iterator[Flask]:
    """An installation where a file weighs 1 Mo at most, a partner's files 2 Mo."""
    made = instance.app(COCON_FILE_LARGEST="1", COCON_FILES_QUOTA="2")
    made.testing = True
    yield made
    close(made)


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


def send(
    client: Client, url: str, content: bytes = PDF, name: str = "devis.pdf", status: int = 303, **more: Any
) -> Answer:
    """Fill in the form and send it."""
    client.get(url)
    data = {"title": "Devis de la rénovation", "visibility": "partners", "file": (io.BytesIO(content), name), **more}
    return client.submit(url, data, status=status)


def heave(client: Client, url: str, content: bytes, status: int) -> Answer:
    """The same with a heavy file, encoded here: the test client would leave its temporary file open."""
    hidden = client.get(url).form(url)
    assert hidden is not None
    data: dict[str, Any] = {str(one["name"]): str(one["value"]) for one in hidden.select("input[type=hidden]")}
    data |= {"title": "Devis de la rénovation", "visibility": "partners"}
    boundary, body = encode_multipart({**data, "file": FileStorage(io.BytesIO(content), "devis.pdf")})
    answer = client.http.post(url, data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code == status
    return Answer(answer, url, htmx=False)


def links(page: Answer) -> list[str]:
    return [str(link["href"]) for link in page.select(".piece-title a")]


def test_a_file_goes_in_and_comes_out_the_same(stage: Stage) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client("contributor")
    fiche = client.get(f"/actions/{action_id}")
    assert url in [str(link["href"]) for link in fiche.select(".on-this-page a")]
    assert "Aucune pièce" in client.get(url).words()
    page = client.follow(send(client, url, SOUND["odt"], "l’été 😀\u202e.exe"))
    assert "La pièce est jointe." in page.words("#statut")
    assert "Partagées avec tous les partenaires." in page.words(".thread.shared")
    assert "ne sont pas contrôlées" in page.words()
    (link,) = links(page)
    answer = stage.client("auditor", None).http.get(link)
    assert answer.data == SOUND["odt"]
    headers = answer.headers
    assert headers["Content-Type"] == "application/vnd.oasis.opendocument.text"
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''l%E2%80%99%C3%A9t%C3%A9%20%F0%9F%98%80.odt" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["Cache-Control"] == "no-store"


def test_an_internal_file_is_nowhere_for_the_others(stage: Stage) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client()
    page = client.follow(send(client, url, visibility="internal", title="kanari-interne"))
    (link,) = links(page)
    assert "Interne à votre organisation." in page.words(".thread.internal")
    assert stage.client("reader").http.get(link).data == PDF
    assert "Pièces jointes (1)" in stage.client("reader").get(f"/actions/{action_id}").words()
    others = [
        ("representative", REGION),
        ("reader", ISERE),
        ("secretariat", REGION),
        ("auditor", None),
        ("admin", None),
    ]
    for role, partner in others:
        other = stage.client(role, partner)
        assert other.http.get(link).status_code == 404, role
        for seen in (url, f"/actions/{action_id}", f"/actions/{action_id}/historique", "/espace"):
            text = other.get(seen).text
            assert "kanari-interne" not in text, (role, seen)
            assert "Pièces jointes (" not in text, (role, seen)
        answer = other.http.get(f"{link}/retirer")
        assert answer.status_code == 404


def test_a_file_of_another_fiche_is_not_found(stage: Stage) -> None:
    first, second, client = stage.fiche(), stage.fiche("Autre"), stage.client()
    (link,) = links(client.follow(send(client, f"/actions/{first}/pieces")))
    assert client.http.get(link.replace(first, second)).status_code == 404
    assert client.http.get(f"/actions/{first}/pieces/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize("what", ["html", "svg", "macros", "bomb", "pdf and archive", "entity in docx", "png huge"])
def test_a_refused_file_keeps_what_was_typed(stage: Stage, what: str) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client()
    page = send(client, url, HOSTILE[what], "photo.png", status=422, visibility="internal")
    assert page.select_one("input[name=title]")["value"] == "Devis de la rénovation"
    assert page.select_one("input[value=internal]").has_attr("checked")
    assert page.words("#fichier-error") != ""
    assert "vide" not in page.words("#fichier-error")
    assert page.words("title").startswith("Erreur")
    with stage.app.app_context():
        assert queries.stored_names() == set()


def test_too_heavy_is_413_with_the_form_then_without(stage: Stage) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client()
    page = heave(client, url, PDF + b"\0" * SMALL, 413)
    assert "1 Mo au plus" in page.words("#fichier-error")
    assert page.select_one("input[name=title]")["value"] == "Devis de la rénovation"
    beyond = heave(client, url, PDF + b"\0" * 3 * SMALL, 413)
    assert "dépasse la taille acceptée (2 Mo)" in beyond.words()
    other = client.http.post(f"/actions/{action_id}/discussion", data={"text": "x" * 16 * SMALL})
    assert other.status_code == 413


def test_only_those_who_may_attach_may_send_that_much(stage: Stage) -> None:
    action_id = stage.fiche()
    for role in ("reader", "auditor"):
        client = stage.client(role, GRENOBLE if role == "reader" else None)
        client.get(f"/actions/{action_id}/pieces")
        assert not client.page or client.page.form(f"/actions/{action_id}/pieces") is None
        data = {"title": "x", "visibility": "partners", "file": (io.BytesIO(PDF), "a.pdf")}
        client.get("/compte")
        assert client.post(f"/actions/{action_id}/pieces", data, status=404).status == 404


def test_the_quota_is_said_and_kept(stage: Stage) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client()
    heavy = PDF.replace(b"\n2 0 obj", b"\n%" + b"0" * (900 * 1024) + b"\n2 0 obj")
    for _again in range(2):
        heave(client, url, heavy, 303)
    page = heave(client, url, heavy, 409)
    assert "dispose de 2 Mo" in page.words("#fichier-error")
    assert "il en reste" in page.words("#fichier-hint")


def test_nothing_chosen_or_typed(stage: Stage) -> None:
    url, client = f"/actions/{stage.fiche()}/pieces", stage.client()
    client.get(url)
    page = client.submit(url, {"title": ""}, status=422)
    said = page.words("#erreurs")
    assert "Choisissez qui lira cette pièce." in said
    assert "Dites en quelques mots" in said
    assert "Choisissez le fichier à joindre." in said


def test_the_same_form_sent_twice_attaches_once(stage: Stage) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client()
    key = client.get(url).select_one(f"form[action='{url}'] input[name=idempotency_key]")["value"]
    first = send(client, url, idempotency_key=key)
    again = send(client, url, idempotency_key=key)
    assert again.location == first.location
    send(client, url, SOUND["png"], "autre.png", status=422, idempotency_key=key)
    assert len(links(client.get(url))) == 1


@pytest.mark.parametrize(
    "name", ["../../x.pdf", "a\r\nSet-Cookie: x=1.pdf", "fdp\u202efdp.exe", '"><img src=x>.pdf', "a" * 300]
)
def test_hostile_names_are_inert(stage: Stage, name: str) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client()
    with stage.acting() as world:
        row = attach(world.actor("representative", GRENOBLE), known(action_id), name=name)
        assert name not in NAMES or row.name == NAMES[name]
    page = client.get(url)
    assert page.select("main img") == []
    answer = client.http.get(links(page)[0])
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")


def test_withdrawn_says_why_and_only_the_auditor_reads_it(stage: Stage) -> None:
    action_id = stage.fiche()
    url, client = f"/actions/{action_id}/pieces", stage.client("contributor")
    (link,) = links(client.follow(send(client, url)))
    assert stage.client(partner=ISERE).http.get(f"{link}/retirer").status_code == 404
    client.get(f"{link}/retirer")
    assert client.submit(f"{link}/retirer", {"reason": " "}, status=422).words("#reason-error") != ""
    page = client.follow(client.submit(f"{link}/retirer", {"reason": "Montant <b>faux</b>."}))
    assert "Retirée le 6 janvier 2014." in page.words()
    assert "Motif : Montant <b>faux</b>." in page.words()
    assert links(page) == []
    assert "seul l’auditeur" in client.get(link, status=409).words()
    auditor = stage.client("auditor", None)
    assert links(auditor.get(url)) == [link]
    assert auditor.http.get(link).data == PDF
    client.get(f"{link}/retirer")
    assert client.post(f"{link}/retirer", {"reason": "Encore."}, status=409).status == 409


def test_states_of_the_antivirus_are_said_and_kept(stage: Stage) -> None:
    action_id, client = stage.fiche(), stage.client()
    url = f"/actions/{action_id}/pieces"
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        rows = [attach(actor, known(action_id), title=f"Pièce {n}") for n in range(3)]
        operations.clear_file(SYSTEM, rows[1])
        operations.refuse_file(SYSTEM, rows[2], finding="Eicar-Test-Signature")
        ids = [row.id for row in rows]
    page = client.get(url)
    assert "sain, d’après l’antivirus" in page.words()
    assert "refusé" in page.words()
    assert len(links(page)) == 2
    assert "danger" in client.get(f"{url}/{ids[2]}", status=409).words()
    assert client.http.get(f"{url}/{ids[1]}").status_code == 200


def test_quarantine_is_not_read(instance: Instance) -> None:
    app = instance.app(COCON_CLAMAV="127.0.0.1:9")
    stage = Stage.installed(app)
    action_id, client = stage.fiche(), stage.client()
    url = f"/actions/{action_id}/pieces"
    page = client.follow(send(client, url))
    assert "Elle sera lisible une fois contrôlée." in page.words("#statut")
    assert "en quarantaine" in page.words()
    assert links(page) == []
    piece = str(page.select_one("article.piece")["id"]).removeprefix("piece-")
    assert "quarantaine" in client.get(f"{url}/{piece}", status=409).words()
    close(app)


def test_changed_or_missing_bytes_are_not_served(stage: Stage) -> None:
    action_id, client = stage.fiche(), stage.client()
    with stage.acting() as world:
        row = attach(world.actor("representative", GRENOBLE), known(action_id))
        path: Path = scanning.shelf_of(stage.app.extensions["cocon"]).folder / row.stored
        url = f"/actions/{action_id}/pieces/{row.id}"
    path.write_bytes(PDF.replace(b"1 0", b"9 0"))
    assert "ne correspond plus" in client.get(url, status=409).words()
    path.unlink()
    assert client.get(url, status=409).status == 409


def test_the_page_asks_the_same_whatever_it_shows(stage: Stage) -> None:
    action_id, client = stage.fiche(), stage.client()
    url = f"/actions/{action_id}/pieces"
    empty = stage.cost(client, url)
    with stage.acting() as world:
        for n in range(6):
            actor = world.actor("representative", (GRENOBLE, ISERE)[n % 2])
            attach(actor, known(action_id), title=f"Pièce {n}", visibility=("partners", "internal")[n % 2])
    assert stage.cost(client, url) == empty <= 6


def test_nobody_changes_a_row_behind_the_log(stage: Stage) -> None:
    action_id = stage.fiche()
    with stage.acting() as world:
        attach(world.actor("representative", GRENOBLE), known(action_id))
        with pytest.raises(Exception, match="audited table"):
            db.session.execute(update(Attachment).values(state="clean"))
        db.session.rollback()
