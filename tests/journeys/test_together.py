"""Two colleagues write the same draft at once, in real browsers: nothing typed is lost, nothing is overwritten."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys import acts
from tests.support.browser import Visitor

pytestmark = pytest.mark.engines("sqlite")

MINE, THEIRS = "representant@pnr-pilat.example", "contributeur@pnr-pilat.example"


def begin(page: Page, title: str) -> str:
    """A new draft; the address of its sections."""
    page.goto("/actions/nouvelle")
    page.get_by_label("Titre").fill(title)
    acts.press(page, "Ouvrir le brouillon")
    acts.told(page, "Votre organisation seule le voit.")
    return str(page.evaluate("location.pathname"))


def saved(page: Page) -> None:
    """Wait for the page to say that it is saved."""
    expect(page.locator("#actions-saved")).to_contain_text(re.compile(r"Enregistré à \d+\sh\s\d\d"))


def reload(page: Page) -> None:
    """Load the page again, which must not have to ask."""
    page.goto(str(page.evaluate("location.pathname")))


def test_two_colleagues_write_at_once(visitor: Visitor) -> None:
    mine, theirs = visitor.sign_in(MINE), visitor.sign_in(THEIRS)
    edit = begin(mine, "Écrite à deux")
    for page in (mine, theirs):
        page.goto(f"{edit}/contexte")
    mine.locator("#context").press_sequentially("Le besoin est connu.")
    saved(mine)
    theirs.locator("#objectives").press_sequentially("Réunir les acteurs.")
    banner = theirs.locator("#actions-unsaved")
    expect(banner).to_contain_text("a enregistré cette section pendant que vous écriviez")
    expect(banner).to_contain_text(re.compile(r"Pas enregistré depuis \d+\sh\s\d\d\."))
    expect(theirs.locator("#objectives")).to_have_value("Réunir les acteurs.")
    acts.press(theirs, "Comparer et fusionner")
    expect(theirs.locator("main")).to_contain_text("Vous n’avez pas écrit aux mêmes endroits")
    acts.press(theirs, "Enregistrer le texte réuni")
    acts.told(theirs, "La section est enregistrée.")
    theirs.goto(f"{edit}/contexte")
    expect(theirs.locator("#context")).to_have_value("Le besoin est connu.")
    theirs.goto(f"{edit}/contenu")
    mine.goto(f"{edit}/resultats")
    theirs.locator("#content").fill("Trois rencontres.")
    mine.locator("#results").fill("Trois comptes rendus.")
    saved(theirs)
    saved(mine)
    mine.goto(f"{edit.removesuffix('/modifier')}/partager")
    for text in ("Le besoin est connu.", "Réunir les acteurs.", "Trois rencontres.", "Trois comptes rendus."):
        expect(mine.locator("main")).to_contain_text(text)


def test_a_failure_shouts_until_the_text_is_kept(visitor: Visitor) -> None:
    page = visitor.sign_in(MINE)
    edit = begin(page, "Réseau coupé")
    page.goto(f"{edit}/contexte")
    page.route("**/modifier/contexte", _cut)
    page.locator("#context").press_sequentially("Écrit dans le train.")
    banner = page.locator("#actions-unsaved")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("Le serveur ne répond pas. Votre texte est toujours dans la page")
    expect(page.locator("#context")).to_have_value("Écrit dans le train.")
    page.unroute("**/modifier/contexte")
    acts.press(page, "Réessayer")
    saved(page)
    expect(banner).to_be_hidden()
    reload(page)
    expect(page.locator("#context")).to_have_value("Écrit dans le train.")
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert set(kept) <= {"htmx-current-path-for-history"}, "an address at the most, never what was typed"
    forgive(visitor)


def forgive(visitor: Visitor) -> None:
    """What htmx writes on the console about the network that the test cut."""
    known = ("htmx:", "Response Status Error Code 403 from")  # a page that outlived its session
    assert all(any(one in fault for one in known) for fault in visitor.faults), visitor.faults
    visitor.faults.clear()


def _cut(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()


def test_a_session_that_ends_is_opened_again_beside_the_text(visitor: Visitor) -> None:
    page = visitor.sign_in(MINE)
    edit = begin(page, "Session finie")
    page.goto(f"{edit}/contexte")
    page.evaluate("htmx.config.defaultSettleDelay = 600")  # as on a slow desktop: the next answer comes first
    page.locator("#context").fill("Avant.")
    saved(page)
    other = page.context.new_page()
    other.goto("/compte")
    acts.press(other, "Se déconnecter")
    other.goto("/connexion")  # a cookie of nobody's, whose token the page asks for before it learns that it is out
    page.locator("#context").fill("Avant, puis après.")
    banner = page.locator("#actions-unsaved")
    expect(banner).to_contain_text("Votre session a pris fin")
    other.goto("/connexion")
    other.fill("[name=email]", MINE)
    other.fill("[name=password]", "demonstration-2014")
    other.locator("form:has([name=password]) [type=submit]").click()
    other.wait_for_url("**/espace")
    acts.press(page, "Réessayer")
    expect(banner).to_be_hidden()
    page.wait_for_timeout(1500)
    expect(banner).to_be_hidden()
    saved(page)
    reload(page)
    expect(page.locator("#context")).to_have_value("Avant, puis après.")
    forgive(visitor)


def test_a_draft_that_a_colleague_abandons_says_so_beside_the_text(visitor: Visitor) -> None:
    mine, theirs = visitor.sign_in(MINE), visitor.sign_in(THEIRS)
    edit = begin(mine, "Abandonnée")
    mine.goto(f"{edit}/contexte")
    mine.locator("#context").fill("Avant.")
    saved(mine)
    theirs.goto(edit.replace("/modifier", "/abandonner"))
    acts.press(theirs, "Abandonner le brouillon")
    theirs.wait_for_url("**/actions/nouvelle")
    mine.locator("#context").fill("Avant, puis après.")
    banner = mine.locator("#actions-unsaved")
    expect(banner).to_contain_text("un collègue l’a abandonné")
    expect(banner).to_contain_text("copiez-le avant de la quitter")
    expect(banner.get_by_role("button")).to_have_count(0)
    with mine.expect_response(lambda answer: answer.status == 404):
        mine.locator("#objectives").fill("Rien ne se perd.")
    mine.route("**/modifier/contexte", _cut)
    mine.locator("#objectives").fill("Rien ne se perd, même sans réseau.")
    expect(banner).to_contain_text("Le serveur ne répond pas")
    expect(mine.locator("#context")).to_have_value("Avant, puis après.")
    expect(mine.locator("#objectives")).to_have_value("Rien ne se perd, même sans réseau.")
    forgive(visitor)


def test_a_text_that_is_too_long_says_so_until_it_is_shorter(visitor: Visitor) -> None:
    page = visitor.sign_in(MINE)
    page.goto(f"{begin(page, 'Trop longue')}/contexte")
    page.locator("#objectives").fill("Un but.")
    page.locator("#context").fill("é" * 90_000)
    banner = page.locator("#actions-unsaved")
    expect(banner).to_contain_text("Ce texte est trop long")
    expect(banner).to_contain_text("Contexte")
    assert page.evaluate("context.value.length") == 90_000
    page.locator("#context").fill("Un besoin.")
    saved(page)
    expect(banner).to_be_hidden()
    reload(page)
    expect(page.locator("#context")).to_have_value("Un besoin.")
    expect(page.locator("#objectives")).to_have_value("Un but.")


def test_going_back_finds_what_was_too_much_but_nothing_older_than_a_colleague_s(visitor: Visitor) -> None:
    """Without script: browsers restore what was typed, which must not be saved over what it does not know."""
    mine, theirs = visitor.sign_in(MINE, javascript=False), visitor.sign_in(THEIRS, javascript=False)
    mine.goto("/actions/nouvelle")
    mine.get_by_label("Titre").fill("Retour en arrière")
    acts.press(mine, "Ouvrir le brouillon")
    section = f"{mine.url}/contexte"
    mine.goto(section)
    mine.locator("#context").fill("é" * 2_650_000)
    mine.locator("#objectives").fill("Un but.")
    acts.press(mine, "Enregistrer et revenir à la liste")
    expect(mine.locator("main")).to_contain_text("En revenant en arrière, vous retrouverez votre texte si")
    mine.go_back()
    expect(mine.locator("#objectives")).to_have_value("Un but.")
    assert len(mine.locator("#context").input_value()) == 2_650_000
    mine.locator("#context").fill("Mon texte.")
    acts.press(mine, "Enregistrer et revenir à la liste")
    mine.wait_for_url("**/modifier")
    theirs.goto(section)
    expect(theirs.locator("#actions-presence")).to_contain_text("a aussi cette section ouverte")
    theirs.locator("#context").fill("Son texte.")
    acts.press(theirs, "Enregistrer et revenir à la liste")
    theirs.wait_for_url("**/modifier")
    mine.go_back()
    expect(mine.locator("#context")).to_have_value("Son texte.")


def test_leaving_with_unsaved_text_asks(visitor: Visitor) -> None:
    page = visitor.sign_in(MINE)
    edit = begin(page, "À ne pas quitter")
    page.goto(f"{edit}/contexte")
    page.route("**/modifier/contexte", _cut)
    page.locator("#context").press_sequentially("Pas encore enregistré")
    expect(page.locator("#actions-unsaved")).to_be_visible()
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    page.locator("nav.crumbs a").first.click()
    page.wait_for_url("**/actions")
    assert asked == ["beforeunload"]
    forgive(visitor)


def test_similar_fiches_appear_while_the_title_is_typed(visitor: Visitor) -> None:
    page = visitor.sign_in(MINE)
    page.goto("/actions/nouvelle")
    page.get_by_label("Titre").press_sequentially("rencontre solidaire")
    summary = page.locator("#actions-similar summary")
    expect(summary).to_contain_text("ressemble")
    summary.click()
    expect(page.locator("#actions-similar li").first).to_contain_text("Rencontres solidaires")


def test_a_button_reached_with_keys_is_not_pressed_by_the_save_that_waits(visitor: Visitor) -> None:
    """A script sends the button that has the focus even with what is saved by itself."""
    page = visitor.sign_in(MINE)
    page.goto(f"{begin(page, 'Écrite au clavier')}/calendrier")
    held: list[Route] = []
    page.route("**/calendrier", lambda route: route.continue_() if held else held.append(route))
    page.locator("#milestones-0-due").fill("mars 2015")
    with page.expect_request(lambda request: request.method == "POST"):
        page.locator("#milestones-0-title").focus()
    page.locator("#milestones-0-title").fill("Une étape")
    with page.expect_response(lambda answer: "Une%20" in (answer.request.post_data or "")) as answer:
        page.get_by_role("button", name="Ajouter un jalon").focus()
        held[0].continue_()
    assert "ajouter" not in (answer.value.request.post_data or "")
    saved(page)
    expect(page.get_by_role("button", name="Ajouter un jalon")).to_have_count(1)
    expect(page.locator("#milestones-2-due")).to_have_count(0)
