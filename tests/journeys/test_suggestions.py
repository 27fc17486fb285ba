"""Two people, one text: suggested, accepted, applied, credited; with JavaScript and without it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.support.browser import Visitor, axe

AUTHOR, OWNER = "representant@pnr-pilat.example", "representant@ville-grenoble.example"
TITLE = "Achats responsables auprès de l’ESS"

pytestmark = [pytest.mark.template("demo"), pytest.mark.engines("sqlite")]


@pytest.mark.parametrize(
    ("name", "section", "javascript"), [("calendar", "calendrier", True), ("territory", "territoire", False)]
)
def test_a_suggestion_becomes_part_of_the_text_and_names_its_author(
    visitor: Visitor, name: str, section: str, *, javascript: bool
) -> None:
    author, owner = (visitor.sign_in(email, javascript=javascript) for email in (AUTHOR, OWNER))
    text = f"Premier point écrit par le Parc, {name}."
    _suggest(author, section, text)
    _accept(owner, text, javascript=javascript)
    version = _apply(owner, section, text)
    author.goto("/espace")
    expect(author.locator("#recemment")).to_contain_text("suggérée par le Parc naturel régional du Pilat")
    _compare(author, owner, version, text, javascript=javascript)


def _suggest(author: Page, section: str, text: str) -> None:
    author.goto("/actions?q=achats+responsables")
    acts.follow(author.locator("main"), TITLE)
    author.locator(f"#{section} a[href*=champ]").click()
    area = author.locator("textarea[name=proposed]")
    area.fill(f"{text}\n{area.input_value()}".strip())
    author.get_by_label("Pourquoi").fill("Le Parc s’y engage.")
    acts.press(author, "Envoyer la suggestion")
    acts.told(author, "Votre suggestion est transmise")


def _accept(owner: Page, text: str, *, javascript: bool) -> None:
    owner.goto("/espace")
    owner.locator("#taches a", has_text=re.compile(r"Répondre à \d suggestions? sur la fiche")).first.click()
    if javascript:
        assert axe(owner) == []
    card = owner.locator("article.suggestion", has_text=text)
    card.get_by_role("button", name=re.compile("^Accepter")).click()
    acts.told(owner, "elle reste à appliquer")
    expect(card).to_contain_text("acceptée, à appliquer")
    if javascript:
        expect(card).to_be_focused()


def _apply(owner: Page, section: str, text: str) -> int:
    acts.press(owner, "Appliquer la suggestion acceptée")
    acts.told(owner, "est publiée avec la suggestion acceptée.")
    expect(owner.locator(f"#{section}")).to_contain_text(text)
    said = re.search(r"La version (\d+) est publiée", owner.locator("#statut").text_content() or "")
    assert said
    return int(said[1])


def _compare(author: Page, owner: Page, version: int, text: str, *, javascript: bool) -> None:
    acts.follow(author.locator("#navigation"), "Fiches-actions")
    author.goto(owner.url.partition("#")[0])
    acts.follow(author, "comparer à la précédente")
    expect(author.locator("h1")).to_have_text(f"Comparer les versions {version - 1} et {version}")
    expect(author.locator("main ins").last).to_contain_text(text)
    expect(author.locator("main")).to_contain_text("1 champ modifié.")
    author.get_by_label("Présentation").select_option("cote-a-cote")
    acts.press(author.locator("main"), "Comparer")
    expect(author.locator(".sides > div")).to_have_count(2)
    if javascript:
        assert axe(author) == []
        author.set_viewport_size({"width": 320, "height": 640})
        assert author.evaluate("document.documentElement.scrollWidth") <= 320
    acts.follow(author, "Toutes les versions")
    expect(author.locator("main")).to_contain_text("(Parc naturel régional du Pilat)")
