"""Cells copied from a spreadsheet and pasted into one's own line: each goes where it belongs, or none does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts
from tests.support.browser import Visitor

pytestmark = pytest.mark.engines("sqlite")
PASTE = """(input, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """Two rows of the line of the Ville de Grenoble to fill: money for running costs and for investment."""
    page = visitor.sign_in(acts.FUNDER)
    page.goto("/financement?partenaire=ville-grenoble")
    plan = page.locator("#matrice a[href$='/financement']").first.get_attribute("href")
    page.goto(str(plan))
    page.locator("#funding-mine a[href*='ligne=cash']").first.click()
    expect(page.locator("[data-grid] tr:has(input)")).to_have_count(2)
    for cell in page.locator("[data-grid] input:not([type=hidden])").all():
        cell.fill("5")
    return page


def cells(page: Page) -> list[list[str]]:
    """What the cells hold, row by row."""
    rows = [row.locator("input:not([type=hidden])") for row in page.locator("[data-grid] tr:has(input)").all()]
    return [[cell.input_value() for cell in row.all()] for row in rows]


@pytest.mark.parametrize(
    ("text", "at", "wanted"),
    [
        ("1000\t7000\t6500\n", 0, [["1000", "7000", "6500"], ["5", "5", "5"]]),
        ("2014\t2015\t2016\n1000\t7000\t6500", 0, [["1000", "7000", "6500"], ["5", "5", "5"]]),
        ("2016\t2014\r\n6\t4\r\n", 1, [["4", "5", "6"], ["5", "5", "5"]]),
        ("\t2014\t2016\tTotal\nRégion\t1\t2\t3\nInvestissement\t\t4\t4", 0, [["1", "5", "2"], ["5", "5", "4"]]),
        ("En numéraire\t1\t\t3", 0, [["1", "5", "3"], ["5", "5", "5"]]),
        ("8\t9", 1, [["5", "8", "9"], ["5", "5", "5"]]),
        ("1\t2\t3\n4\t5\t6", 0, [["1", "2", "3"], ["4", "5", "6"]]),
        ("Exercice 2014\tExercice 2016\tTotal 2014-2016\n7\t8\t15", 0, [["7", "5", "8"], ["5", "5", "5"]]),
        ("1500\t2000\t1800\n1200\t1300\t1400", 0, [["1500", "2000", "1800"], ["1200", "1300", "1400"]]),
        ("8\t9", 4, [["5", "5", "5"], ["5", "8", "9"]]),
    ],
)
def test_each_amount_goes_where_it_belongs(page: Page, text: str, at: int, wanted: list[list[str]]) -> None:
    page.locator("[data-grid] input:not([type=hidden])").nth(at).evaluate(PASTE, text)
    assert cells(page) == wanted
    expect(page.locator("[data-surplus]")).to_be_hidden()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1\t2\t3\t4", 0),
        ("1\t2\t3", 1),
        ("1\t2\n3\t4\n5\t6", 0),
        ("1\t2\n3\t4", 3),
        ("2014\t2015\t2017\n1\t2\t3", 0),
        ("Région\t1\t2\t3\t4", 0),
        ("2014\t2014\t2015\n100\t50\t200", 0),
        ("2014 (k€)\t2015 (k€)\n1\t2", 0),
        ("Prévu\tVoté\n1\t2", 0),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_pasted(page: Page, text: str, at: int) -> None:
    page.locator("[data-grid] input:not([type=hidden])").nth(at).evaluate(PASTE, text)
    assert cells(page) == [["5"] * 3] * 2
    expect(page.locator("[data-surplus]")).to_contain_text("Rien n’a été collé")
    page.locator("[data-grid] input:not([type=hidden])").first.evaluate(PASTE, "1\t2\t3")
    expect(page.locator("[data-surplus]")).to_be_hidden()
