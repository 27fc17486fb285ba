"""Two people talk about a section, in their browsers, with JavaScript and without it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.journeys.addresses import _action
from tests.support.browser import Visitor
from tests.support.databases import Instance
from tests.support.server import Server

ASKING, ANSWERING = acts.FUNDER, "contributeur@cg-isere.example"

pytestmark = pytest.mark.template("demo")


def fiche(app: Flask) -> str:
    """A fiche of the demonstration that is not decided yet."""
    with app.app_context():
        return _action(maturity="shared", decision="none")


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_section_is_discussed_from_the_question_to_the_end(
    instance: Instance, app: Flask, visitors: Callable[[str], Visitor], *, javascript: bool
) -> None:
    path = f"/actions/{fiche(app)}"
    with Server(instance) as server:
        visitor = visitors(server.url)
        asking, answering = (visitor.sign_in(email, javascript=javascript) for email in (ASKING, ANSWERING))
        _ask(asking, path)
        _answer(answering, path)
        _settle(asking, answering, path)
        visitor.close()
    assert instance.cocon("audit", "verify").stdout.splitlines()[-1].startswith("ok entries=")


def _ask(page: Page, path: str) -> None:
    """From the section to a thread about it, which calls a partner; rewritten a moment later."""
    page.goto(path)
    page.locator("#resultats a.discuss").click()
    expect(page.get_by_label("De quoi s’agit-il")).to_have_value("results")
    page.get_by_label("Tous les partenaires").check()
    page.get_by_role("textbox", name="Message", exact=True).fill("Quels *indicateurs* suivez-vous, @cg-isere ?")
    acts.press(page, "Publier le message")
    acts.told(page, "Votre message est publié.")
    expect(page.locator(".comment .mention")).to_have_text("Conseil départemental de l’Isère")
    page.locator(".comment-acts").get_by_role("link", name="Modifier").click()
    page.locator("#nouveau-texte").fill("Quels *indicateurs* suivez-vous cette année, @cg-isere ?")
    acts.press(page, "Enregistrer le message")
    acts.told(page, "Votre message est modifié.")
    expect(page.locator(".comment").last).to_contain_text("modifié à")


def _answer(page: Page, path: str) -> None:
    """The workspace leads to the message; it is answered under its own words, then the task is gone."""
    page.goto("/espace")
    page.locator("#taches").get_by_role("link", name="Répondre à").first.click()
    comment = page.locator(".comment", has_text="cette année")
    comment.get_by_role("link", name="Citer").click()
    field = page.get_by_role("textbox", name="Message", exact=True)
    expect(field).to_have_value(re.compile(re.escape("> Quels *indicateurs* suivez-vous cette année")))
    field.fill(field.input_value() + "Deux, chaque trimestre.")
    acts.press(page, "Répondre à tous les partenaires")
    acts.told(page, "Votre message est publié.")
    expect(page.locator(".comment blockquote em")).to_have_text("indicateurs")
    page.goto(f"{path}/discussion?rubrique=results")
    page.locator(".comment", has_text="Deux, chaque trimestre.").get_by_role("link", name="Retirer").click()
    page.locator("#motif").fill("Chiffres à vérifier.")
    acts.press(page, "Retirer le message")
    acts.told(page, "Votre message est retiré.")
    expect(page.locator("#discussion-threads")).to_contain_text("Chiffres à vérifier.")
    expect(page.locator("#discussion-threads")).not_to_contain_text("Deux, chaque trimestre.")


def _settle(asking: Page, answering: Page, path: str) -> None:
    """Who opened the thread resolves it: it is folded, says who and when, and can be read again."""
    asking.goto(f"{path}/discussion?rubrique=results")
    asking.get_by_role("button", name="Marquer ce fil comme résolu").click()
    acts.told(asking, "Le fil est résolu.")
    answering.goto(f"{path}/discussion?rubrique=results")
    thread = answering.locator(".thread.over")
    expect(thread.locator(".comment").first).not_to_be_visible()
    thread.locator("summary").click()
    expect(thread.locator(".comment").first).to_be_visible()
    expect(thread.get_by_role("button", name="Rouvrir ce fil")).to_have_count(0)
    answering.goto(path)
    expect(answering.locator("#resultats .section-margin")).not_to_contain_text("fil ouvert")
