"""Everything with keys only: proposing and giving a position, seeing where one is, never trapped, never lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import acts
from tests.journeys.keys import Keyboard
from tests.support.browser import Visitor

pytestmark = pytest.mark.engines("sqlite")

#: Pages go to the focus at once, without the gentle scrolling.
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
DUE = "Donner l’avis de votre organisation sur la fiche"
INSIDE = "element => element !== document.activeElement && element.contains(document.activeElement)"


def signed_in(visitor: Visitor, email: str) -> Keyboard:
    """A person at the workspace, who came there with keys."""
    page = visitor.open("/connexion", **STILL)
    keyboard = Keyboard(page)
    keyboard.write(page.locator("[name=email]"), email)
    keyboard.write(page.locator("[name=password]"), "demonstration-2014")
    page.keyboard.press("Enter")
    page.wait_for_url("**/espace")
    return keyboard


def button(page: Page, name: str) -> Locator:
    """The button of that name."""
    return page.get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Locator:
    """The first link whose name begins so."""
    return page.get_by_role("link", name=name).first


def test_a_fiche_is_proposed(visitor: Visitor) -> None:
    keyboard = signed_in(visitor, acts.AUTHOR)
    page = keyboard.page
    keyboard.use(link(page, "Fiches-actions"))
    keyboard.use(link(page, "Proposer une fiche"))
    keyboard.write(page.get_by_label("Titre"), "Une fiche écrite au clavier")
    keyboard.choose(page.get_by_label("Axe et objectif"), "2.B")
    keyboard.use(button(page, "Ouvrir le brouillon"))
    keyboard.use(link(page, "Contexte et objectifs"))
    for name in ("context", "objectives"):
        keyboard.write(page.locator(f"#{name}"), acts.TEXT[name])
    keyboard.use(button(page, "Enregistrer et continuer"))
    keyboard.write(page.locator("#content"), acts.TEXT["content"])
    keyboard.use(button(page, "Enregistrer et continuer"))
    keyboard.choose(page.get_by_label("Porteur"), "pnr-pilat")
    keyboard.use(page.get_by_label("Ville de Grenoble"), "Space")
    expect(page.get_by_label("Ville de Grenoble")).to_be_checked()
    keyboard.use(button(page, "Enregistrer et continuer"))
    keyboard.write(page.locator("#milestones-0-due"), "mars 2015")
    keyboard.write(page.locator("#milestones-0-title"), "Une étape")
    keyboard.use(button(page, "Ajouter un jalon"))
    expect(page.locator("#milestones-2-due")).to_be_visible()
    _lands_on(page.locator("#actions-milestone-rows [data-focus]"))
    keyboard.use(button(page, "Enregistrer et continuer"))
    expect(page.get_by_role("heading", name="Résultats et indicateurs")).to_be_visible()
    keyboard.use(button(page, "Enregistrer et continuer"))
    keyboard.write(page.get_by_label("Coût en 2015"), "1 000")
    keyboard.use(button(page, "Enregistrer et continuer"))
    keyboard.use(button(page, "Partager la fiche avec tous les partenaires"), "Space")
    acts.told(page, "La fiche est partagée avec tous les partenaires, sous le code 2.B.")
    expect(page.locator("#objet")).to_contain_text("Ville de Grenoble")
    assert keyboard.faults == []


def test_a_position_is_given(visitor: Visitor) -> None:
    keyboard = signed_in(visitor, "representant@collectivite-16.example")
    page, part = keyboard.page, keyboard.page.locator("#decisions-position")
    keyboard.use(link(page, DUE))
    keyboard.use(button(page, "Vérifier avant de rendre l’avis"))
    _lands_on(page.locator(".error-summary"))
    keyboard.use(link(page, "Choisissez l’avis de votre organisation."))
    expect(page.get_by_label("Favorable", exact=True)).to_be_focused()
    keyboard.press("Space")
    keyboard.press("ArrowDown")
    expect(page.get_by_label("Favorable avec réserves", exact=True)).to_be_checked()
    keyboard.write(page.get_by_label("Motif, ou réserve à lever"), "Préciser le calendrier.")
    keyboard.use(button(page, "Vérifier avant de rendre l’avis"))
    _lands_on(page.get_by_role("heading", name="Vous allez rendre"))
    keyboard.look()
    keyboard.use(button(page, "Rendre l’avis au nom de votre organisation"))
    _lands_on(part.get_by_role("link", name=re.compile("^Reçu")))
    assert part.evaluate(INSIDE)
    acts.told(page, "L’avis de votre organisation est enregistré.")
    assert keyboard.faults == []


def test_the_focus_stays_where_the_page_changed(visitor: Visitor) -> None:
    """After a contribution refused then recorded, and after a message refused then published."""
    keyboard = signed_in(visitor, acts.AUTHOR)
    page = keyboard.page
    keyboard.use(link(page, "Fiches-actions"))
    keyboard.use(link(page, "Les fiches de mon organisation"))
    keyboard.use(page.locator("main tr.mine th a").first)
    keyboard.use(link(page, "Annoncer une contribution"))
    keyboard.write(acts.cell(page, 2015), "quelques euros")
    page.keyboard.press("Enter")
    _lands_on(page.locator(".error-summary"))
    keyboard.use(page.locator(".error-summary a"))
    expect(acts.cell(page, 2015)).to_be_focused()
    keyboard.write(acts.cell(page, 2015), "99 001")
    page.keyboard.press("Enter")
    acts.told(page, "Contribution de 99 001,00 € pour 2015 enregistrée.")
    expect(page.locator("#funding-plan [data-focus]")).to_be_focused()
    keyboard.look()
    page.goto(page.url.split("/financement")[0])
    keyboard.use(button(page, "Publier le message"))
    _lands_on(page.locator(".error-summary"))
    keyboard.use(page.get_by_label("Tous les partenaires"), "Space")
    keyboard.write(page.get_by_role("textbox", name="Message"), "Écrit sans souris.")
    keyboard.use(button(page, "Publier le message"))
    acts.told(page, "Votre message est publié.")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    assert page.locator("#discussion-threads").evaluate(INSIDE)
    assert keyboard.faults == []


def test_the_summary_of_errors_of_a_whole_page_takes_the_focus(visitor: Visitor) -> None:
    page = visitor.open("/connexion", **STILL)
    keyboard = Keyboard(page)
    keyboard.use(button(page, "Se connecter"))
    _lands_on(page.locator(".error-summary"))
    keyboard.use(page.locator(".error-summary a").first)
    expect(page.locator("[name=email]")).to_be_focused()
    assert keyboard.faults == []


def test_the_first_stop_leads_to_the_content(visitor: Visitor) -> None:
    page = visitor.sign_in(acts.AUDITOR, **STILL)
    keyboard = Keyboard(page)
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    stop = keyboard.press("Tab")
    assert stop
    assert page.locator("main").evaluate("main => main.contains(document.activeElement)")
    assert keyboard.faults == []


def test_every_page_is_walked_both_ways(visitor: Visitor) -> None:
    """The same stops in the reverse order, each one seen, and a way out of each."""
    page = visitor.sign_in("representant@collectivite-16.example", **STILL)
    keyboard = Keyboard(page)
    for path in _screens(page):
        page.goto(path)
        forth = keyboard.round("Tab")
        back = keyboard.round("Shift+Tab")
        assert len(forth) > 10, path
        assert back == forth[::-1], path
    assert keyboard.faults == []


def test_a_focus_that_cannot_be_seen_is_caught(visitor: Visitor) -> None:
    """The negative control: no outline, then something over the page."""
    page = visitor.open("/connexion", **STILL)
    keyboard = Keyboard(page)
    page.evaluate(_STYLE, ":focus-visible { outline: none !important }")
    keyboard.reach(page.locator("[name=email]"))
    assert any("not drawn" in fault for fault in keyboard.faults)
    page.evaluate(_STYLE, "body::before { content: ''; position: fixed; inset: 0; z-index: 99 }")
    keyboard.faults.clear()
    keyboard.press("Tab")
    assert any("hidden" in fault for fault in keyboard.faults)


_STYLE = """text => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""


def _lands_on(place: Locator) -> None:
    """Wait until this has the focus."""
    expect(place).to_be_focused()


def _screens(page: Page) -> list[str]:
    """The screens where one reads, and the forms of the journeys."""
    position = str(page.locator("#taches a", has_text=DUE).first.get_attribute("href"))
    page.goto(position)
    fiche = str(page.locator("main a[href$='/financement']").first.get_attribute("href")).removesuffix("/financement")
    return [
        "/espace",
        "/actions",
        "/actions/nouvelle",
        position,
        fiche,
        f"{fiche}/financement",
        "/financement?axe=2",
        "/compte",
    ]
