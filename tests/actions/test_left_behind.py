"""The next version of a fiche that ends meanwhile: it is read, copied, abandoned, and nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from cocon.actions import drafts, operations
from cocon.kernel import clock
from cocon.structure import operations as structure
from tests.actions.making import GRENOBLE, ISERE, REGION, csrf, known
from tests.dossier.making import Stage
from tests.support.client import Client

#: What the database itself may change is played on both engines; the rest is said by templates and forms.
pytestmark = pytest.mark.engines("sqlite")
both = pytest.mark.engines("sqlite", "postgresql")

#: The day after the deadline of consultations here.
OVER = datetime(2014, 1, 22, tzinfo=UTC)
WRITTEN = "Une camionnette de plus.\nEt un atelier."


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


@pytest.fixture
def fiche(stage: Stage) -> str:
    """A fiche of the Ville de Grenoble."""
    return stage.fiche("Recycleries", GRENOBLE)


def write(client: Client, fiche: str, **typed: str) -> None:
    """Save the section « Ce qui sera fait »."""
    url = f"/actions/{fiche}/modifier/contenu"
    client.get(url)
    client.submit(url, {"content": WRITTEN, **typed})


def merge(stage: Stage, fiche: str, into: str) -> None:
    """The secretariat merges a fiche."""
    with stage.acting() as world:
        office = world.actor("secretariat", REGION)
        structure.merge_action(office, known(fiche), other_id=into, reason="Même projet.")


def withdraw(stage: Stage, fiche: str) -> None:
    """A representative withdraws a fiche."""
    with stage.acting() as world:
        operations.withdraw_action(world.actor("representative", GRENOBLE), known(fiche), reason="Le porteur renonce.")


@both
def test_a_text_whose_fiche_was_merged_is_read_copied_and_abandoned(stage: Stage, fiche: str) -> None:
    kept = stage.fiche("Celle qui reste", REGION)
    client, colleague = stage.client("contributor"), stage.client("representative")
    write(client, fiche)
    merge(stage, fiche, kept)
    task = "Récupérer ou abandonner la nouvelle version que vous prépariez de la fiche 1.01, Recycleries"
    space = client.get("/espace")
    assert task in space.words("#a-faire")
    assert "La fiche est fusionnée dans la fiche 1.02" in space.words("#a-faire")
    assert task not in colleague.get("/espace").words()
    for reader in (client, colleague):
        number = len(reader.get("/espace").select("#taches > li"))
        assert f"Mon espace ({number})" in reader.get("/actions").words("#navigation")
    for way in ("modifier/contenu", "publier"):
        assert client.get(f"/actions/{fiche}/{way}", status=303).location.startswith(f"/actions/{fiche}/modifier")
    for reader in (client, colleague):
        assert "Lire le texte que votre organisation préparait" in reader.get(f"/actions/{fiche}").words(".actions")
        page = reader.get(f"/actions/{fiche}/modifier")
        assert page.select_one("#texte-content[readonly]").get_text() == WRITTEN
        assert "La fiche est fusionnée dans la fiche 1.02" in page.words("#fin")
        assert page.select(f'#fin a[href="/actions/{kept}"]')
        assert page.select("#rubrique-contexte") == []
    client.get(f"/actions/{fiche}/abandonner")
    client.submit(f"/actions/{fiche}/abandonner")
    assert task not in client.get("/espace").words()
    for reader in (client, colleague):
        reader.get(f"/actions/{fiche}/modifier", status=404)
        assert "préparait" not in reader.get(f"/actions/{fiche}").words(".actions")


def test_what_is_typed_when_the_fiche_ends_is_refused_in_words_and_shown_back(stage: Stage, fiche: str) -> None:
    client, url = stage.client("contributor"), f"/actions/{fiche}/modifier/contenu"
    write(client, fiche)
    client.get(url)
    withdraw(stage, fiche)
    said = "La fiche 1.01 a été retirée : sa nouvelle version ne peut plus être enregistrée ni publiée."
    part = client.submit(url, {"content": "Plus tard"}, htmx=True, status=409)
    assert said in part.words("#actions-unsaved")
    assert part.headers["HX-Retarget"] == "#actions-unsaved"
    assert part.select("[data-retry], button") == []
    client.get(f"/actions/{fiche}")
    sent = {**csrf(stage.app, client), "content": "Plus tard"}
    page = client.post(url, sent, status=409)
    assert said in page.words("#fin")
    assert "Le porteur renonce." in page.words("#fin")
    assert page.select_one("#ecrit-content").get_text() == "Plus tard"
    assert page.select_one("#texte-content").get_text() == WRITTEN
    for act in ("publier", "validation"):
        assert said in client.post(f"/actions/{fiche}/{act}", csrf(stage.app, client), status=409).words()
    presence = client.post(f"{url}/presence", csrf(stage.app, client), htmx=True)
    assert said in presence.words("#actions-presence")
    assert presence.select("form") == []


def test_the_first_words_typed_on_a_fiche_that_ended_are_shown_back(stage: Stage, fiche: str) -> None:
    client, url = stage.client("contributor"), f"/actions/{fiche}/modifier/contenu"
    client.get(url)
    withdraw(stage, fiche)
    page = client.submit(url, {"content": "Premiers mots"}, status=409)
    assert page.select_one("#ecrit-content").get_text() == "Premiers mots"
    assert page.select("a[href$=abandonner], #rubrique-contenu") == []
    client.get(f"/actions/{fiche}/modifier", status=404)


def test_a_text_left_behind_is_its_partner_s_alone(stage: Stage, fiche: str) -> None:
    write(stage.client("contributor"), fiche)
    withdraw(stage, fiche)
    ways = ("modifier", "modifier/contenu", "publier", "abandonner")
    others = (("representative", ISERE), ("secretariat", REGION), ("auditor", None), ("reader", GRENOBLE))
    for role, partner in others:
        client = stage.client(role, partner)
        for way in ways:
            client.get(f"/actions/{fiche}/{way}", status=404)
            if way != "modifier":
                client.post(f"/actions/{fiche}/{way}", csrf(stage.app, client), status=404)
        assert "préparait" not in client.get(f"/actions/{fiche}").words(".actions")
        assert "préparait" not in client.get("/espace").words()
    with stage.acting() as world:
        assert drafts.find(world.actor("contributor", GRENOBLE), fiche) is not None


@both
def test_a_validation_asked_waits_for_nobody_once_the_fiche_ended(stage: Stage, fiche: str) -> None:
    client, colleague = stage.client("contributor"), stage.client("representative")
    write(client, fiche)
    client.get(f"/actions/{fiche}/modifier")
    client.submit(f"/actions/{fiche}/validation")
    assert "Valider le texte" in colleague.get("/espace").words("#a-faire")
    withdraw(stage, fiche)
    assert "Recycleries" not in colleague.get("/espace").words("#a-faire")
    assert "Récupérer ou abandonner" in client.get("/espace").words("#a-faire")
    assert "Recycleries" not in client.get("/espace").words("#en-attente")


def test_whoever_ends_a_fiche_is_told_what_becomes_of_a_version_in_preparation(stage: Stage, fiche: str) -> None:
    """The secretariat reads the same whether there is one or not."""
    stage.fiche("Celle qui reste", REGION)
    office, representative = stage.client("secretariat", REGION), stage.client("representative")
    merging, asked = f"/actions/{fiche}/structure/fusionner", {"other": "1.02", "reason": "Même projet."}
    office.get(merging)
    before = office.submit(merging, asked, status=200).words()
    assert "en préparation" not in representative.get(f"/actions/{fiche}/retirer").words()
    write(stage.client("contributor"), fiche)
    office.get(merging)
    check = office.submit(merging, asked, status=200).words()
    assert check == before
    assert "Si la Ville de Grenoble prépare une nouvelle version de la fiche 1.01, elle ne pourra plus" in check
    page = representative.get(f"/actions/{fiche}/retirer")
    assert "Une nouvelle version est en préparation dans votre organisation" in page.words()
    assert page.select(f'main a[href="/actions/{fiche}/modifier"]')


def test_a_withdrawal_that_is_pronounced_tells_it_too(stage: Stage, fiche: str) -> None:
    write(stage.client("contributor"), fiche)
    url = f"/decisions/{stage.consultation(fiche)}/prononcer"
    said = "en prépare une nouvelle version"
    with clock.standing_at(OVER):
        office = stage.client("secretariat", REGION)
        office.get(url)
        answers = {"text": "Retirée.", "reason": "Le porteur renonce."}
        check = office.submit(url, {**answers, "outcome": "withdrawn"}, status=200)
        assert said in check.words()
        assert "camionnette" not in check.words()
        office.submit(url, {"confirmer": "oui"})
        assert "Récupérer ou abandonner" in stage.client("contributor").get("/espace").words("#a-faire")
