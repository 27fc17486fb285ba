"""A simulation that exceeds a ceiling is read on a narrow screen, with what would be refused."""

from __future__ import annotations

import pytest

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
