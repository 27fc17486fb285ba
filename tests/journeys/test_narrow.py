"""Pages that only some state makes too wide for a narrow screen, in that state."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.imports.making import csv
from tests.journeys import acts
from tests.journeys.eyes import Eyes
from tests.support.browser import Visitor

pytestmark = pytest.mark.engines("sqlite")


def test_a_ceiling_exceeded_fits_a_narrow_screen(visitor: Visitor) -> None:
    page = visitor.sign_in(acts.FUNDER)
    page.goto("/enveloppes/declarer?exercice=2016")
    page.locator("#amount").fill("9000000")
    page.locator("#hard").check()
    page.locator("#reason").fill("Plafond du budget")
    acts.press(page, "Déclarer au nom de la Ville de Grenoble")
    page.goto("/simulations")
    page.locator("main [name=name]").fill("Hypothèse haute")
    page.locator("form:has([name=name]) [type=submit]").click()
    page.get_by_role("button", name="Ajouter la fiche").click()
    page.locator("td[data-label='2016'] input.input").first.fill("12 345 678,90")
    acts.press(page, "Enregistrer la simulation")
    page.locator("#enveloppes strong", has_text="La transformation serait refusée.").wait_for()
    eyes = Eyes()
    eyes.examine(page)
    eyes.done()


def test_the_columns_of_an_import_are_read_whole(visitor: Visitor) -> None:
    page = visitor.sign_in(acts.FUNDER, width=320)
    page.goto("/financement/importer")
    content = csv([["Fiche", "Exercice", "Montant", "Date", "Acte"], ["1.A.01", "2014", "12", "01/02/2014", "x"]])
    file = {"name": "votes.csv", "mimeType": "text/csv", "buffer": content}
    page.locator("main input[type=radio]").first.check()
    page.locator("main input[type=file]").set_input_files([file])
    acts.press(page, "Lire le fichier")
    chosen = page.locator("td.chosen select")
    expect(chosen).to_have_count(5)
    for one in chosen.all():
        box = one.bounding_box()
        assert box is not None
        assert box["width"] > 240, "the whole width of the page"
    eyes = Eyes()
    eyes.examine(page)
    eyes.done()
