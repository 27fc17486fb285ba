"""The contract's workbook has costs, other resources, sub-totals by objective and by partner: those of the screen."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from cocon.kernel.money import amount, parse
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, objective, share
from tests.consolidation import making
from tests.consolidation.making import Calculator, Read, cents, promise
from tests.consolidation.test_money import get, stage
from tests.dossier.making import Stage
from tests.funding.making import declare
from tests.funding.test_envelopes import of_axis
from tests.funding.test_resources import add
from tests.support.client import Client

__all__ = ["stage"]
pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-02")]

FORMS = ("xlsx", "ods")


@pytest.fixture
def funded(stage: Stage) -> Stage:
    """Fiches under two objectives and under none, of two axes, with costs, promises and other resources."""
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        free = share(owner, 1, title="Ateliers", costs={2014: 10_00}).id  # before there are objectives
        first, second = objective(world, 1, "Y"), objective(world, 1, "Z")
        made = {
            "Y": share(owner, 1, first, title="Recycleries", costs={2014: 900_00, 2015: 100_01}).id,
            "Z": share(owner, 1, second, title="Épiceries", costs={2016: 50_00}).id,
            "none": free,
            "other": share(owner, 2, title="Transports").id,
        }
        for place, said in (
            ("Y", {"amount": 33_33}),
            ("Y", {"amount": 12_00, "year": 2015, "account": "own", "body": "", "funder": "Association"}),
            ("Y", {"amount": 5_00, "status": "refused"}),
            ("none", {"amount": 7_00, "account": "87", "body": "", "gift": "goods"}),
            ("none", {"amount": 1_00, "year": 2016}),
        ):
            add(owner, type("Named", (), {"id": made[place]})(), **said)
    promise(stage, made["Y"], 2014, 100_07)
    promise(stage, made["Y"], 2015, 9_999_999_99, ISERE)
    promise(stage, made["Z"], 2016, 40_00, METRO, nature="investment")
    promise(stage, made["none"], 2014, 3_00)
    promise(stage, made["none"], 2014, 700_00, ISERE, form="in_kind")
    promise(stage, made["other"], 2015, 8_00, METRO)
    return stage


def rows_of(client: Client, query: str, place: str) -> list[tuple[str, list[int]]]:
    """The rows of a table of the page: what heads each, and its amounts by year and in total."""
    found = []
    for row in client.get(f"/financement{query}").select(f"{place} tbody tr, {place} tfoot tr"):
        head = " ".join(row.select("th")[0].get_text().split())
        found.append((head, [parse(cell.get_text()) or 0 for cell in row.select("td.num")[:4]]))
    return found


def sheet(read: Read, name: str, until: str = "Total") -> list[list[Any]]:
    """The rows of sums of a sheet, from the one under its headers to that of their total."""
    rows = [[cell[0] for cell in row] for row in read[name]]
    top = next(number for number, row in enumerate(rows) if len(row) > 3 and row[3] == "Forme") + 1
    end = next(number for number, row in enumerate(rows) if number >= top and row[0] == until)
    return rows[top : end + 1]


QUERIES = ("", "?axe=1", "?lignes=manque", f"?partenaire={GRENOBLE}", "?axe=1&objectif=Z", "?axe=1&objectif=aucun")


@pytest.mark.parametrize("query", QUERIES)
def test_objectives_and_partners_have_the_sums_of_the_screen(funded: Stage, query: str) -> None:
    client = funded.client("reader")
    for form in FORMS:
        read: Read = getattr(making, form)(get(client, f"/financement/export.{form}{query}"))
        assert list(Calculator(read).wrong()) == []
        assert [name for name in read if name != "Ressources"] == [
            *("Synthèse", "Objectifs", "Partenaires", "Coûts", "Lignes")
        ]
        shown = rows_of(client, query, "#par-axe")
        ours = sheet(read, "Objectifs")
        assert [[cents(cell) for cell in row[4:8]] for row in ours] == [sums for _head, sums in shown]
        for row, (head, _sums) in zip(ours, shown, strict=True):
            assert str(row[2] or row[0]) in head or row[0] == "Total", head
        if "partenaire" in query:
            continue
        partners = rows_of(client, query, "#par-partenaire")
        assert [[cents(cell) for cell in row[4:8]] for row in sheet(read, "Partenaires")] == [
            sums for _head, sums in partners
        ]
        assert [str(row[1]) for row in sheet(read, "Partenaires")[:-1]] == [head for head, _sums in partners[:-1]]


def test_costs_others_and_gaps_are_told(funded: Stage) -> None:
    client = funded.client("reader")
    for form in FORMS:
        read: Read = getattr(making, form)(get(client, f"/financement/export.{form}"))
        head = next(row for row in read["Objectifs"] if len(row) > 3 and row[3][0] == "Forme")
        assert [str(cell[0]) for cell in head][7:] == [
            *("Total prévu", "Inscrit au contrat", "Crédits inscrits", "Voté", "Conventionné", "Engagé", "Versé"),
            *("Autres ressources", "Coût", "Écart"),
        ]
        told = {(str(row[0]), str(row[1] or ""), str(row[2] or "")): row[14:17] for row in sheet(read, "Objectifs")}
        found = {key[1] or key[2]: [cents(cell) for cell in row] for key, row in told.items() if key[0][:1] == "1"}
        assert found["Y"] == [45_33, 1000_01, 1000_01 - 45_33 - 100_07 - 9_999_999_99]
        assert found["Z"] == [0, 50_00, 10_00]
        assert found["Sans objectif"] == [1_00, 10_00, 6_00]
        [last] = [row for key, row in told.items() if key[0] == "Total"]
        assert [cents(cell) for cell in last][:2] == [46_33, 1060_01]
        costs = [[cell[0] for cell in row] for row in read["Coûts"][1:]]
        assert [(row[2] or "", int(row[6]), cents(row[7])) for row in costs] == [
            *(("", 2014, 10_00), ("Y", 2014, 900_00), ("Y", 2015, 100_01), ("Z", 2016, 50_00)),
        ]
        others = [[cell[0] for cell in row] for row in read["Ressources"][1:]]
        assert [(row[6], int(row[8]), cents(row[9])) for row in others] == [
            *(("en nature", 2014, 7_00), ("en numéraire", 2016, 1_00)),
            *(("en numéraire", 2014, 33_33), ("en numéraire", 2015, 12_00)),
        ]
        assert all(isinstance(row[9], float | int) for row in others)
    # of one partner, what comes from elsewhere is not told, nor at another level a gap
    for query in (f"?partenaire={GRENOBLE}", "?etape=vote"):
        read = making.xlsx(get(client, f"/financement/export.xlsx{query}"))
        assert ("Ressources" in read) == ("partenaire" not in query)
        assert not any(cell[0] == "Écart" for row in read["Objectifs"] for cell in row)


def test_partners_have_apart_what_is_no_money(funded: Stage) -> None:
    read = making.ods(get(funded.client(), "/financement/export.ods"))
    rows = [[cell[0] for cell in row] for row in read["Partenaires"]]
    apart = next(number for number, row in enumerate(rows) if str(row[0]).startswith("À part"))
    [row, total] = rows[apart + 2 :]
    assert [row[2], row[3], cents(row[4]), cents(row[7])] == [1, "en nature", 700_00, 700_00]
    assert cents(total[7]) == 700_00
    numbers = {line[5][0]: line[17][0] for line in read["Lignes"][1:]}
    assert {row[1]: row[0]}.items() <= numbers.items()


@pytest.mark.engines("sqlite")
def test_the_totals_of_envelopes_are_formulas_and_those_of_the_page(stage: Stage) -> None:
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        declare(actor, 500_00, hard=False)
        declare(actor, 70_01, 2015)
        of_axis(actor, 300_00, hard=False)
    action = stage.fiche()
    promise(stage, action, 2014, 600_00)
    promise(stage, action, 2016, 9_00)
    client = stage.client()
    shown = client.get(f"/enveloppes/{GRENOBLE}").select("#suivi tfoot td.num")
    page = [parse(re.sub(r"dépassée de ", "-", cell.get_text())) or 0 for cell in shown]
    for form in FORMS:
        read: Read = getattr(making, form)(get(client, f"/enveloppes/{GRENOBLE}/export.{form}"))
        assert list(Calculator(read).wrong()) == []
        last = read["Enveloppes"][-1]
        assert last[0][0] == "Tous les exercices"
        amounts = [cell for number, cell in enumerate(last) if number == 2 or number > 3]
        assert [cents(value) for value, _formula in amounts] == page
        assert all(formula.startswith("=SUMIFS(") for _value, formula in amounts)
        assert sum(bool(row[10][1]) for row in read["Enveloppes"] if len(row) > 10) == 4, "what is left too"
    data = get(client, f"/enveloppes/{GRENOBLE}/export.csv").decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(data), delimiter=";"))[-1][2] == "570,01"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("query", ["", "?axe=1", f"?partenaire={GRENOBLE}"])
def test_the_paper_has_the_sub_totals_of_the_workbook(funded: Stage, query: str) -> None:
    client = funded.client("reader")
    read = making.xlsx(get(client, f"/financement/export.xlsx{query}"))
    pages = PdfReader(io.BytesIO(get(client, f"/financement/export.pdf{query}"))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).replace("\u202f", " ").split())
    _before, objectives, rest = re.split(r"Sous-totaux par (?:objectif|financeur)", text)
    partners = rest.split("Fiches et financeurs")[0]
    for name, part in (("Objectifs", objectives), ("Partenaires", partners)):
        rows = sheet(read, name)
        assert len(rows) > 1
        for row in rows:
            sums = " ".join(amount(cents(cell)) for cell in row[4:8]).replace("\u202f", " ")
            assert sums in part, row
    if "partenaire" not in query:
        assert " ".join(amount(one) for one in (46_33, 1060_01)).replace("\u202f", " ") in objectives


@pytest.mark.engines("sqlite")
def test_taxes_are_told_in_the_workbook_as_on_the_page(funded: Stage) -> None:
    client = funded.client("reader")

    def told(query: str) -> set[str]:
        page = " ".join(client.get(f"/financement{query}").words("#matrice").split())
        found = re.findall(r"Les coûts (?:sont [^.]+|s’additionnent sans conversion\. Fiches[^.]+)\.", page)
        for form in FORMS:
            read: Read = getattr(making, form)(get(client, f"/financement/export.{form}{query}"))
            said = [" ".join(str(row[0][0]).split()) for row in read["Objectifs"]]
            assert [line for line in said if line.startswith("Les coûts")] == found, query
        return set(found)

    with funded.acting() as world:
        owner = world.actor("representative", REGION)
        for axis, basis in ((2, "ht"), (3, "ttc"), (3, "ttc")):
            share(owner, axis, title="Halles", cost_basis=basis, costs={2014: 7_00})
    assert told("?axe=3") == {"Les coûts sont toutes taxes comprises (TTC)."}
    assert told("?axe=1&objectif=Z") == {
        "Les coûts s’additionnent sans conversion. Fiches TTC : 0, HT : 0, à compléter : 1."
    }
    queries = (*QUERIES, "?axe=2", "?etape=vote", f"?etape=vote&partenaire={ISERE}")
    assert {*map(len, map(told, queries))} <= {0, 1}
    assert told("") == {"Les coûts s’additionnent sans conversion. Fiches TTC : 2, HT : 1, à compléter : 3."}
