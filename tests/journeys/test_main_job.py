"""The seven steps, from a draft to a verified trail, by four people, with JavaScript and without it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.support.browser import Visitor
from tests.support.databases import Instance
from tests.support.server import Server

AFTERWARDS = "2015-07-20"
LATER = {"COCON_TODAY": AFTERWARDS}

pytestmark = pytest.mark.template("demo")


@dataclass
class Fiche:
    """What the journey has made so far."""

    path: str = ""
    code: str = ""
    consultation: str = ""


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_from_a_draft_to_a_verified_trail(
    instance: Instance, visitors: Callable[[str], Visitor], tmp_path: Path, *, javascript: bool
) -> None:
    options = {"javascript": javascript}
    fiche = Fiche()
    with Server(instance) as server:
        visitor = visitors(server.url)
        author, funder, office = (
            visitor.sign_in(email, **options) for email in (acts.AUTHOR, acts.FUNDER, acts.OFFICE)
        )
        _propose(author, funder, fiche)
        _comment(author, funder, fiche)
        _fund(funder, fiche)
        _consult(office, fiche)
        _answer(author, funder, fiche)
        _change_the_text(author, funder, fiche)
        visitor.close()
    with Server(instance, **LATER) as server:
        visitor = visitors(server.url)
        _pronounce(visitor, fiche, options)
        _audit(visitor, fiche, options, tmp_path / "preuves.zip")
        visitor.close()
    assert instance.cocon("audit", "verify", **LATER).stdout.splitlines()[-1].startswith("ok entries=")
    verdict = instance.cocon("verify", tmp_path / "preuves.zip").stdout
    assert verdict.splitlines()[-1].startswith("ok"), verdict


def _propose(author: Page, funder: Page, fiche: Fiche) -> None:
    """A draft is the author's alone until it is shared, under a code that it receives then."""
    fiche.path = acts.begin_draft(author)
    refused = funder.goto(f"{fiche.path}/modifier")
    assert refused is not None
    assert refused.status == 404
    fiche.code = acts.share_draft(author, fiche.path)
    assert re.fullmatch(r"1\.A\.\d\d", fiche.code)
    expect(author.locator("h1")).to_have_text(acts.TITLE)
    expect(author.locator("#objet")).to_contain_text(acts.TEXT["content"])


def _comment(author: Page, funder: Page, fiche: Fiche) -> None:
    """What is said to all is read by the author; what is said inside is not."""
    acts.comment(funder, fiche.path, "Où dormira la camionnette ?")
    funder.goto(fiche.path)
    funder.get_by_label("Mon organisation seulement").check()
    funder.get_by_role("textbox", name="Message").fill("Gardons cela entre nous.")
    acts.press(funder, "Publier le message")
    expect(funder.locator("#discussion-threads .thread.internal")).to_contain_text("Gardons cela entre nous.")
    author.goto(fiche.path)
    expect(author.locator("#discussion-threads")).to_contain_text("Où dormira la camionnette ?")
    expect(author.locator("#discussion-threads")).to_contain_text("sur la version 1")
    expect(author.locator("body")).not_to_contain_text("Gardons cela entre nous.")


def _fund(funder: Page, fiche: Fiche) -> None:
    """A hard ceiling is never exceeded; what fits counts at once, and the gap is said."""
    funder.goto(fiche.path)
    acts.follow(funder, "Annoncer une contribution")
    acts.promise(funder, 2015, "60 000")
    summary = funder.locator(".error-summary")
    expect(summary).to_contain_text(re.compile(r"Il reste \S+(\s\d+)?,\d\d\s€ dans l’enveloppe 2015"))
    expect(acts.cell(funder, 2015)).to_have_value("60 000")
    expect(funder).to_have_title(re.compile("^Erreur"))
    acts.promise(funder, 2015, "2 000,25")
    acts.told(funder, "Contribution de 2 000,25 € pour 2015 enregistrée.")
    expect(summary).to_have_count(0)
    expect(funder.locator("#funding-table tr.mine")).to_contain_text("2 000,25")
    expect(funder.locator("#funding-gap")).to_contain_text("Il manque 10 000,25 € sur un coût de 12 000,50 €")


def _consult(office: Page, fiche: Fiche) -> None:
    fiche.consultation = acts.open_consultation(office, fiche.path, "2015-07-10")
    expect(office.locator("#decisions-acts")).to_contain_text("vendredi 10 juillet 2015")
    expect(office.locator("#positions")).to_contain_text("20 sans réponse")


def _answer(author: Page, funder: Page, fiche: Fiche) -> None:
    """A reserve needs its words, and may be changed: the former position stays to be read."""
    task = f"Donner l’avis de votre organisation sur la fiche {fiche.code}, {acts.TITLE}"
    for page in (author, funder):
        page.goto("/espace")
        acts.follow(page, task)
    acts.answer(author, "Favorable")
    funder.get_by_label("Favorable avec réserves", exact=True).check()
    acts.press(funder, "Vérifier avant de rendre l’avis")
    expect(funder.locator(".error-summary")).to_contain_text("Écrivez la réserve")
    acts.answer(funder, "Favorable avec réserves", "Préciser où dort la camionnette.")
    acts.follow(funder, "Changer cet avis")
    acts.answer(funder, "Défavorable", "La camionnette ne dort nulle part.")
    acts.follow(funder, "Voir tous les avis")
    mine = funder.locator("#decisions-answers tr.mine")
    expect(mine).to_contain_text("défavorable")
    expect(mine).to_contain_text("Avis précédent : favorable avec réserves")
    expect(mine).to_contain_text("Préciser où dort la camionnette.")
    for page in (author, funder):
        page.goto("/espace")
        expect(page.get_by_role("link", name=task)).to_have_count(0)


def _change_the_text(author: Page, funder: Page, fiche: Fiche) -> None:
    acts.revise(author, fiche.path)
    expect(author.locator("#decisions-positions")).to_contain_text(
        "Avis rendus sur la version 1, la fiche en est à la 2."
    )
    funder.goto(fiche.consultation)
    expect(funder.locator("#positions")).to_contain_text("Avis rendus sur la version 1, la fiche en est à la 2.")
    acts.follow(funder, "version 1")
    expect(funder.locator("main")).to_contain_text(acts.TEXT["content"])


def _pronounce(visitor: Visitor, fiche: Fiche, options: dict[str, Any]) -> None:
    """After the deadline nobody answers any more, and the secretariat writes the decision."""
    late = visitor.sign_in("representant@cg-isere.example", **options)
    late.goto(f"{fiche.consultation}/avis")
    expect(late.locator("#decisions-position")).to_contain_text("Votre organisation ne peut plus répondre")
    office = visitor.sign_in(acts.OFFICE, **options)
    acts.follow(office, f"Prononcer la décision sur la fiche {fiche.code}, {acts.TITLE}")
    acts.pronounce(office)
    acts.told(office, "est prononcée.")
    expect(office.locator("#decisions-six")).to_contain_text("La version 1")
    office.goto(fiche.path)
    expect(office.locator("main")).to_contain_text("inscrite")


def _audit(visitor: Visitor, fiche: Fiche, options: dict[str, Any], file: Path) -> None:
    """The auditor reads what happened, verifies it, and leaves with the proofs."""
    auditor = visitor.sign_in(acts.AUDITOR, **options)
    auditor.goto(f"{fiche.path}/historique")
    story = auditor.locator("main")
    for words in SAID:
        expect(story).to_contain_text(words)
    expect(auditor.locator("body")).not_to_contain_text("Gardons cela entre nous.")
    auditor.goto("/audit")
    expect(auditor.locator("main")).to_contain_text(fiche.code)
    auditor.goto("/audit/verifier")
    acts.press(auditor, "Vérifier maintenant")
    expect(auditor.locator("main")).to_contain_text(re.compile(r"ok entries=\d+ root=[0-9a-f]{64}"))
    auditor.goto("/audit/exporter")
    acts.download(auditor, "Exporter", file)


#: What the history of the fiche tells, at least.
SAID = (
    "« Préciser où dort la camionnette »",
    "« La camionnette ne dort nulle part »",
    "2 000,25",
    "Une deuxième camionnette",
    "sur la version 1 de la fiche",
    "La fiche est inscrite au plan d’actions.",
    "« Aucun partenaire ne s’y oppose »",
)
