"""LibreOffice Calc opens our files, works them out again and saves them: same amounts, and no text became a formula."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cocon.consolidation import book
from cocon.consolidation.book import Money, Sheet
from tests.actions.making import GRENOBLE, ISERE, REGION, known, objective, share
from tests.consolidation import making
from tests.consolidation.making import Read, promise
from tests.consolidation.test_money import HOSTILE, get
from tests.dossier.making import Stage
from tests.funding.test_budget_pages import everything
from tests.funding.test_resources import add
from tests.support.office import FRENCH_CSV, Office

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-02"), pytest.mark.engines("sqlite")]
FORMS = ("xlsx", "ods")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A LibreOffice that nobody used."""
    return Office(tmp_path)


def told(read: Read) -> dict[str, list[list[Any]]]:
    """What the cells hold, as a person sees it: texts without what only spaces them, amounts, nothing."""
    return {name: [_trimmed([_plain(value) for value, _formula in row]) for row in rows] for name, rows in read.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split())
    return "" if value is None else round(float(value), 2)


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] == "":
        row = row[:-1]
    return row


def formulas(read: Read) -> set[tuple[str, int, int]]:
    """The places of the formulas."""
    return {
        (name, down, along)
        for name, rows in read.items()
        for down, row in enumerate(rows)
        for along, (_value, formula) in enumerate(row)
        if formula
    }


def same(ours: Read, theirs: Read) -> None:
    """The same cells, and formulas at the same places."""
    left, right = told(ours), told(theirs)
    assert left.keys() == right.keys()
    for name, rows in left.items():
        assert list(enumerate(rows)) == list(enumerate(right[name])), name
    assert formulas(ours) == formulas(theirs)


def test_our_files_come_back_the_same(app: Flask, office: Office) -> None:
    stage = Stage.installed(app)
    action = stage.fiche("=1+1 Recycleries")
    promise(stage, action, 2014, 12_345_67)
    promise(stage, action, 2015, 1, nature="investment")
    promise(stage, action, 2016, 99_999_999_99, ISERE)
    promise(stage, action, 2014, 700_07, form="in_kind")
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        add(owner, known(action), amount=1_234_05)
        share(owner, 2, under=objective(world, 2, "Y"), title="Ateliers", costs={2014: 8_000_01, 2016: 3_33})
    everything(stage, action)
    client, met = stage.client(), 0
    for url in ("/financement/export", f"/actions/{action}/financement/export", f"/enveloppes/{GRENOBLE}/export"):
        for form in FORMS:
            data = get(client, f"{url}.{form}")
            ours: Read = getattr(making, form)(data)
            same(ours, making.xlsx(office.saved(data, form)))
            met += len(formulas(ours))
    assert met > 150


def test_a_formula_that_lies_is_worked_out_again(office: Office) -> None:
    """The control: the result that a file gives is not what LibreOffice saves, or nothing was proven above."""
    lie: list[list[book.Cell]] = [[Money(100)], [Money(200)], [Money(99900, "SUM(A1:A2)")]]
    sheet = Sheet(name="Lignes", rows=lie)
    assert told(making.xlsx(office.saved(book.xlsx([sheet]), "xlsx")))["Lignes"][2] == [3.0]


def test_texts_stay_texts_and_amounts_amounts(office: Office) -> None:
    texts: list[list[book.Cell]] = [[text, Money(-1_234_567_89)] for text in HOSTILE]
    rows: list[list[book.Cell]] = [["Titre", "Montant"], *texts]
    sheet = Sheet(name="Lignes", rows=rows)
    for form in FORMS:
        read = making.xlsx(office.saved(getattr(book, form)([sheet]), form))
        assert formulas(read) == set()
        assert [row[1] for row in told(read)["Lignes"][1:]] == [-1234567.89] * len(HOSTILE)
        assert [str(row[0]).split() for row in told(read)["Lignes"][1:]] == [text.split() for text in HOSTILE]
    read = making.xlsx(office.saved(book.text_file(rows), "csv", FRENCH_CSV))
    (lines,) = told(read).values()
    assert formulas(read) == set()
    assert [row[1] for row in lines[1:]] == [-1234567.89] * len(HOSTILE)
    raw = b"Titre;Montant\r\n=1+1;1\r\n"
    assert formulas(making.xlsx(office.saved(raw, "csv", FRENCH_CSV))), "a text that is not neutralised is one"
