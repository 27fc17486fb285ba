"""What people do on the pages, in their words: each act is done as a person would and waits for what they would see."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=60_000)

AUTHOR = "representant@pnr-pilat.example"
FUNDER = "representant@ville-grenoble.example"
OFFICE = "secretariat@region-rhone-alpes.example"
AUDITOR = "auditeur@demo.example"

TITLE = "Recyclerie mobile du Pilat"
TEXT = {
    "context": "Les déchèteries du massif sont loin des bourgs.",
    "objectives": "Rapprocher le réemploi des habitants.",
    "content": "Une camionnette passe chaque mois dans douze communes.",
}


def press(within: Page | Locator, name: str) -> None:
    """Press the button of that name."""
    within.get_by_role("button", name=name, exact=True).click()


def follow(within: Page | Locator, name: str) -> None:
    """Follow the first link of that name."""
    within.get_by_role("link", name=name, exact=True).first.click()


def told(page: Page, sentence: str) -> None:
    """Wait for what the status line says."""
    expect(page.locator("#statut")).to_contain_text(sentence)


def begin_draft(page: Page) -> str:
    """Begin a draft from the workspace and save it half written; the path of the future fiche."""
    follow(page.locator("#navigation"), "Fiches-actions")
    follow(page.locator("main"), "Proposer une fiche")
    page.get_by_label("Titre").fill(TITLE)
    page.get_by_label("Axe et objectif").select_option("1.A")
    press(page, "Ouvrir le brouillon")
    told(page, "Votre organisation seule le voit.")
    follow(page.locator("#sections"), "Contexte et objectifs")
    page.get_by_label("Contexte").fill(TEXT["context"])
    press(page, "Enregistrer et revenir à la liste")
    told(page, "La section est enregistrée.")
    expect(page.locator("#etat-contexte")).to_have_text("En cours")
    return str(page.evaluate("location.pathname")).removesuffix("/modifier")


def share_draft(page: Page, path: str) -> str:
    """Resume the draft from the workspace, learn what is missing, complete it, share it; the code it receives."""
    page.goto("/espace")
    follow(page, f"Reprendre le brouillon « {TITLE} »")
    follow(page.locator("#ensuite"), "Vérifier et partager")
    follow(page.locator("#manque"), "Dites quels sont les objectifs de l’action.")
    page.locator("#objectives").fill(TEXT["objectives"])
    page.get_by_label("J’ai terminé cette section").check()
    press(page, "Enregistrer et continuer")
    page.locator("#content").fill(TEXT["content"])
    press(page, "Enregistrer et continuer")
    page.get_by_label("Porteur").select_option("pnr-pilat")
    press(page, "Enregistrer et continuer")
    page.locator("#milestones-0-due").fill("mars 2015")
    page.locator("#milestones-0-title").fill("Première tournée")
    press(page, "Ajouter un jalon")
    page.locator("#milestones-1-due").fill("15/09/2015")
    page.locator("#milestones-1-title").fill("Bilan d’étape")
    press(page, "Enregistrer et continuer")
    page.locator("#results").fill("Des objets évités à la benne.")
    press(page, "Enregistrer et continuer")
    page.get_by_label("Coût en 2015").fill("12 000,50")
    press(page, "Enregistrer et continuer")
    expect(page.locator("#section-calendrier")).to_contain_text("15 septembre 2015 · Bilan d’étape")
    press(page, "Partager la fiche avec tous les partenaires")
    told(page, "La fiche est partagée avec tous les partenaires, sous le code")
    assert page.evaluate("location.pathname") == path
    return (page.locator("#statut").text_content() or "").rsplit("code", 1)[1].strip(" \u00a0.\n")


def comment(page: Page, path: str, text: str) -> None:
    """Choose who will read, then write."""
    page.goto(path)
    page.get_by_label("Tous les partenaires").check()
    page.get_by_role("textbox", name="Message").fill(text)
    press(page, "Publier le message")
    expect(page.locator("#discussion-threads article").last).to_contain_text(text)
    told(page, "Votre message est publié.")


def promise(page: Page, year: int, amount: str) -> None:
    """Announce an amount of the organisation on the financing plan shown."""
    cell(page, year).fill(amount)
    press(page, "Enregistrer la ligne")


def cell(page: Page, year: int) -> Locator:
    """Where the organisation's money of a year is typed."""
    return page.get_by_label(re.compile(f"^Montant {year}, en numéraire")).first


def open_consultation(page: Page, path: str, deadline: str) -> str:
    """Open a consultation on the text as it is; the path of the consultation."""
    page.goto(path)
    follow(page, "Ouvrir une consultation")
    page.get_by_label("Dernier jour pour répondre").fill(deadline)
    page.get_by_label("Question posée aux partenaires").fill("Le plan de financement vous convient-il ?")
    press(page, "Ouvrir la consultation")
    told(page, "est ouverte : elle attend les partenaires.")
    return str(page.evaluate("location.pathname"))


def answer(page: Page, stance: str, reason: str = "") -> None:
    """Fill the form of the position that the page shows, read it again, give it."""
    page.get_by_label(stance, exact=True).check()
    page.get_by_label("Motif, ou réserve à lever").fill(reason)
    press(page, "Vérifier avant de rendre l’avis")
    expect(page.locator("#decisions-position h3").first).to_contain_text("sur la version 1")
    press(page, "Rendre l’avis au nom de votre organisation")
    told(page, "L’avis de votre organisation est enregistré.")


def revise(page: Page, path: str) -> None:
    """Publish the next version of one's own fiche."""
    page.goto(path)
    follow(page, "Modifier le texte")
    follow(page.locator("#sections"), "Ce qui sera fait")
    page.get_by_label("Ce qui sera fait").fill("Deux camionnettes passent chaque mois dans douze communes.")
    press(page, "Enregistrer et revenir à la liste")
    follow(page.locator("#ensuite"), "Vérifier et publier")
    expect(page.locator("#champ-content ins").first).to_contain_text("Deux camionnettes")
    page.get_by_label("En une phrase, ce qui change et pourquoi").fill("Une deuxième camionnette.")
    press(page, "Publier la version 2")
    told(page, "La version 2 est publiée.")


def pronounce(page: Page) -> None:
    """Write the decision on the form shown."""
    page.get_by_label("Adoptée", exact=True).check()
    page.get_by_label("La décision, par écrit").fill("La fiche est inscrite au plan d’actions.")
    page.get_by_label("Pourquoi", exact=True).fill("Aucun partenaire ne s’y oppose.")
    press(page, "Vérifier avant de prononcer")
    page.get_by_role("heading", name="Vous allez prononcer la décision").wait_for()
    press(page, "Prononcer la décision")


def download(page: Page, button: str, file: Path) -> None:
    """Press a button that answers with a file, and keep the file."""
    with page.expect_download() as started:
        press(page, button)
    started.value.save_as(file)
