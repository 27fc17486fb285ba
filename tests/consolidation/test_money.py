"""The files of money say what the screen says, to the cent; no text is a formula, no amount a text."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from cocon.actions import operations as actions
from cocon.consolidation import book
from cocon.consolidation.book import Money, Sheet
from cocon.funding.steps import Taken, take_step
from cocon.kernel import clock
from cocon.kernel.money import parse
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, known
from tests.consolidation import making
from tests.consolidation.making import Calculator, Read, cents, promise
from tests.dossier.making import Stage
from tests.funding.test_matrix import adopt
from tests.support.client import Client

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-02")]

HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "  =1+1", "＝1+1", "a;b\"c'd", "<b>&amp;</b>")
YEARS = (2014, 2015, 2016)


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


@pytest.fixture
def funded(stage: Stage) -> Stage:
    """Three fiches of two axes with odd cents, and what is no money beside."""
    first, second = stage.fiche("Recycleries"), stage.fiche("Épiceries")
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        third = making.share_under(owner, 2, title="Ateliers", costs={2014: 10_00, 2015: 5_00}).id
    promise(stage, first, 2014, 12_345_67)
    promise(stage, first, 2015, 1, nature="investment")
    promise(stage, first, 2014, 9_999_999_99, ISERE)
    promise(stage, second, 2016, 33_33, METRO)
    promise(stage, second, 2014, 50_000_00, ISERE, form="instrument", nature="investment")
    promise(stage, third, 2014, 12_00)
    promise(stage, third, 2015, 700_07, form="in_kind")
    stage.world.third = third  # type: ignore[attr-defined]
    return stage


def get(client: Client, url: str) -> bytes:
    """A file."""
    answer = client.http.get(url)
    assert answer.status_code == 200, url
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    return bytes(answer.data)


def totals(rows: list[Any]) -> dict[str, list[int]]:
    """The sums of the summary, by what heads them."""
    found, heading = {}, ""
    for row in rows:
        first = str(row[0][0] or "")
        if first and not any(cell[0] is not None and cell[0] != "" for cell in row[1:]):
            heading = first
        if first == "Total":
            found[heading] = [cents(cell[0]) for cell in row[3:13]]
    return found


def screen(client: Client, query: str = "") -> tuple[list[int], dict[str, list[int]]]:
    """The totals of the page: of money, and of what is apart."""
    page = client.get(f"/financement{query}")
    grand, *apart = page.select(".table-sticky tfoot tr")
    rows = [[parse(td.get_text()) for td in row.select("td.num")[:4]] for row in (grand, *apart)]
    heads = [" ".join(row.select("th")[0].get_text().split()) for row in apart]
    return rows[0], dict(zip(heads, rows[1:], strict=True))


def test_the_workbooks_equal_the_screen_to_the_cent(funded: Stage) -> None:
    client = funded.client("reader")
    for query in ("", f"?partenaire={GRENOBLE}", "?axe=2", "?lignes=manque", f"?axe=1&partenaire={ISERE}"):
        money, apart = screen(client, query)
        assert money[3] > 0
        for form in ("xlsx", "ods"):
            read: Read = getattr(making, form)(get(client, f"/financement/export.{form}{query}"))
            found = {" ".join(name.split()): sums[:4] for name, sums in totals(read["Synthèse"]).items()}
            assert found == {"En numéraire, par axe": money, **apart}
            assert list(Calculator(read).wrong()) == []
            assert Calculator(read).formulas() >= 20
            assert sum(cents(row[9][0]) for row in read["Lignes"][1:] if row[6][0] == "en numéraire") == money[3]


@pytest.mark.engines("sqlite")
def test_the_cells_are_typed_and_only_ours_are_formulas(funded: Stage) -> None:
    client = funded.client()
    for form in ("xlsx", "ods"):
        read: Read = getattr(making, form)(get(client, f"/financement/export.{form}"))
        head, *lines = read["Lignes"]
        assert [str(cell[0]) for cell in head][8:] == [
            *("Année", "Prévu", "Inscrit au contrat", "Crédits inscrits", "Voté", "Conventionné", "Engagé", "Versé"),
            *("Étape", "N° du financeur"),
        ]
        assert len(lines) == 7
        for line in lines:
            kinds = [str if isinstance(value, str) else float for value, _formula in line if value not in (None, "")]
            assert kinds.count(float) == 10
            assert not any(formula for _value, formula in line)
    # and a formula that lies would be seen
    row = next(row for row in read["Lignes"] if row[0][0] == 1)
    row[9] = (cents(row[9][0]) / 100 + 0.01, "")
    assert list(Calculator(read).wrong())


@pytest.mark.engines("sqlite")
def test_the_plan_of_a_fiche_and_its_negative_gap(funded: Stage) -> None:
    client, third = funded.client("auditor", None), funded.world.third  # type: ignore[attr-defined]
    url = f"/actions/{third}/financement/export"
    rows = list(csv.reader(io.StringIO(get(client, f"{url}.csv").decode("utf-8-sig")), delimiter=";"))
    assert [row[9] for row in rows[1:]] == ["12,00", "700,07"]
    for form in ("xlsx", "ods"):
        read: Read = getattr(making, form)(get(client, f"{url}.{form}"))
        assert list(Calculator(read).wrong()) == []
        plan = {str(row[0][0]): [cell[0] for cell in row[3:7]] for row in read["Plan"] if len(row) > 6}
        assert plan["Total prévu"] == [12, 0, 0, 12]
        assert plan["Coût de l’action"] == [10, 5, 0, 15]
        assert plan["Écart (coût moins prévu)"] == [-2, 5, 0, 3]
    client.get("/actions/00000000-0000-7000-8000-000000000000/financement/export.xlsx", status=404)


def test_hostile_texts_are_texts_and_negative_amounts_numbers() -> None:
    texts: list[list[book.Cell]] = [[text, Money(-1_234_56)] for text in HOSTILE]
    sheet = Sheet(name="Lignes", rows=[["Titre", "Montant"], *texts])
    for read in (making.xlsx(book.xlsx([sheet])), making.ods(book.ods([sheet]))):
        for row, text in zip(read["Lignes"][1:], HOSTILE, strict=True):
            assert [str(row[0][0]).split(), row[0][1]] == [text.split(), ""]
            assert row[1] == (-1234.56, "")
    lines = book.text_file(sheet.rows).decode("utf-8")
    assert lines.startswith("\ufeffTitre;Montant\r\n")
    rows = list(csv.reader(io.StringIO(lines.removeprefix("\ufeff")), delimiter=";"))[1:]
    assert [row[1] for row in rows] == ["-1234,56"] * len(HOSTILE)
    assert [row[0] for row in rows] == [f"'{text}" for text in HOSTILE[:7]] + list(HOSTILE[7:])


@pytest.mark.engines("sqlite")
def test_the_csv_and_the_pdf_are_for_people_and_follow_the_filters(funded: Stage) -> None:
    client = funded.client()
    data = get(client, f"/financement/export.csv?partenaire={ISERE}")
    assert data.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert [row[9] for row in rows[1:]] == ["9999999,99", "50000,00"]
    assert len({row[5] for row in rows[1:]}) == 1
    data = get(client, "/financement/export.pdf")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())
    assert "10 012 391,00" in text.replace("\u202f", " ")
    assert "À part, dans aucun total" in text


@pytest.mark.engines("sqlite")
def test_what_counts_nowhere_is_not_exported_and_the_rest_costs_the_same(funded: Stage) -> None:
    client, third = funded.client(), funded.world.third  # type: ignore[attr-defined]
    plan = f"/actions/{third}/financement/export.csv"
    urls = ("/financement/export.csv", "/financement/export.ods?lignes=manque", plan)
    before = [funded.cost(client, url) for url in urls]
    promise(funded, funded.fiche("=HYPERLINK(1)"), 2015, 100, METRO)
    promise(funded, funded.fiche("Fiche"), 2015, 100, METRO)
    promise(funded, third, 2016, 100, METRO)
    assert [funded.cost(client, url) for url in urls] == before
    assert max(before) <= 8
    assert ";'=HYPERLINK(1);" in get(client, "/financement/export.csv").decode("utf-8-sig")
    with funded.acting() as world:
        owner, action = world.actor("representative", REGION), known(third)
        actions.withdraw_action(owner, action, reason="Abandonnée.")
    assert "Ateliers" not in get(client, "/financement/export.csv").decode()
    assert "Ateliers" in get(client, plan).decode()


@pytest.mark.engines("sqlite")
def test_the_files_keep_the_level_and_say_it(funded: Stage) -> None:
    client = funded.client()
    with funded.acting() as world:
        owner, action = world.actor("representative", GRENOBLE), known(funded.world.third)  # type: ignore[attr-defined]
        adopt(world, action.id)
        taken = Taken(amount=7_00, taken_on=clock.today())
        take_step(owner, known(action.id), year=2014, step="inscribed", taken=taken)
    query = "?etape=inscrit"
    money, apart = screen(client, query)
    assert (money, apart) == ([7_00, 0, 0, 7_00], {})
    for form in ("xlsx", "ods"):
        read: Read = getattr(making, form)(get(client, f"/financement/export.{form}{query}"))
        assert read["Synthèse"][0][0][0] == "Financement du contrat, montants inscrits au contrat"
        assert "Total inscrit" in [cell[0] for row in read["Synthèse"] for cell in row]
        assert "Voté" not in [cell[0] for row in read["Synthèse"] for cell in row], "a sum of those inscribed only"
        assert totals(read["Synthèse"])["En numéraire, par axe"][:4] == money
        assert len(read["Lignes"]) == 2
        assert list(Calculator(read).wrong()) == []
    answer = client.http.get(f"/financement/export.csv{query}")
    assert "filename=financement-du-contrat-inscrit.csv" in answer.headers["Content-Disposition"]
    assert len(answer.text.strip().splitlines()) == 2
    data = get(client, f"/financement/export.pdf{query}")
    assert "montants inscrits au contrat" in " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split()
    )
    assert screen(client, "?etape=tout")[0] == screen(client)[0] != money
