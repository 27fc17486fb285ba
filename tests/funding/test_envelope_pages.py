"""The page of a partner's envelopes, the forms that declare and move, the files; the pages of simulations."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask import Flask

from cocon.audit import operation
from cocon.funding import ledger, operations
from cocon.partners.queries import partner_by_key
from tests.actions.making import GRENOBLE, ISERE, REGION, axis, known
from tests.factories import World
from tests.funding.making import announce, envelope
from tests.funding.test_pages import Stage, counted, row, wrong
from tests.support.client import Answer, Client
from tests.support.pages import words

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2015-03-03")]

OWN = f"/enveloppes/{GRENOBLE}"


@pytest.fixture
def stage(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The installed contract; checkpoints are left to the worker."""
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])
    return Stage(app, World())


def fill(client: Client, url: str, *, status: int = 303, **fields: Any) -> Answer:
    """Open a page and send its form with these fields."""
    client.get(url)
    return client.submit(url, fields, status=status)


def of_axis(stage: Stage, amount: int, number: int = 1, year: int = 2015, *, hard: bool = True) -> None:
    """The Ville de Grenoble declares the envelope of an axis."""
    actor = stage.actor()
    with stage.app.app_context():
        facts = {"amount": amount, "hard": hard, "axis_id": axis(number).id}
        operations.declare_envelope(actor, envelope(actor, year), **facts)


def amounts(page: Answer, head: str) -> list[str]:
    """The cells of the row that is so headed, without the link of its owner."""
    found = [tr for tr in page.select("#suivi tr") if tr.th and words(tr.th.get_text(" ")) == head]
    assert len(found) == 1, f"{len(found)} rows {head}"
    for link in found[0].select("td a:not([href^='/financement/contributions'])"):
        link.decompose()
    return [words(td.get_text(" ")) for td in found[0].select("td")]


def test_the_table_of_a_partner_is_the_same_for_all(stage: Stage) -> None:
    stage.declare(1_000_00)
    of_axis(stage, 300_00)
    stage.promise(stage.fiche(), 250_50)
    expected = ["300,00 plafond", "250,50", "0,00", "0,00", "0,00", "0,00", "0,00", "49,50"]
    for role, partner in (("secretariat", REGION), ("reader", ISERE), ("auditor", None)):
        page = stage.client(role, partner).get(OWN)
        assert amounts(page, "2015, axe 1") == expected
        assert amounts(page, "2015")[:2] == ["1 000,00 plafond", "250,50"]
        assert page.select("main form") == []
    assert amounts(stage.client().get(OWN), "2015, axe 1") == expected


def test_declaring_the_envelope_of_an_axis(stage: Stage) -> None:
    client, url = stage.client(), "/enveloppes/declarer?exercice=2015&axe=2"
    done = client.follow(fill(client, url, amount="500", hard="y"))
    assert done.words("#statut") == "Enveloppe 2015, axe 2 déclarée : 500,00 €."
    again = fill(client, url, amount="400", hard="y", status=422)
    assert "pourquoi l’enveloppe est réduite" in wrong(again, "reason")
    assert again.select_one("#amount")["value"] == "400"
    done = client.follow(fill(client, url, amount="400", hard="y", reason="Budget réduit."))
    assert row(done, "2015, axe 2, version 2 plafond", "#versions table")[:4] == [
        "500,00",
        "400,00",
        "−100,00",
        "Budget réduit.",
    ]


@pytest.mark.parametrize(
    ("typed", "field"), [({"amount": "abc"}, "amount"), ({"amount": ""}, "amount"), ({"amount": "-5"}, "amount")]
)
def test_what_is_no_envelope(stage: Stage, typed: dict[str, str], field: str) -> None:
    client, url = stage.client(), "/enveloppes/declarer?exercice=2015&axe=2"
    answer = fill(client, url, status=422, reason="Gardé.", **typed)
    assert wrong(answer, field)
    assert answer.select_one(f"#{field}")["value"] == typed["amount"]
    assert answer.words("#reason") == "Gardé."


@pytest.mark.parametrize("asked", ["?exercice=2015&axe=9", "?exercice=2020", "?exercice=x&axe=1", "?exercice="])
def test_no_envelope_of_that_name(stage: Stage, asked: str) -> None:
    stage.client().get(f"/enveloppes/declarer{asked}", status=404)


def test_axes_above_the_year_are_accepted_and_told(stage: Stage) -> None:
    stage.declare(54_000_00)
    client, url = stage.client(), "/enveloppes/declarer?exercice=2015&axe=2"
    done = client.follow(fill(client, url, amount="54000"))
    assert done.words("#statut") == "Enveloppe 2015, axe 2 déclarée : 54 000,00 €."
    assert "Attention" not in client.get(url).words("main")
    done = client.follow(fill(client, url, amount="90000"))
    beyond = "les enveloppes d’axes de 2015 font ensemble 90 000,00 €, plus que celle de l’année, 54 000,00 €."
    assert f"axe 2 déclarée : 90 000,00 €. Attention : {beyond}" in done.words("#statut")
    assert beyond in client.get(url).words("main")


def test_a_colleague_declared_meanwhile(stage: Stage) -> None:
    client, url = stage.client(), "/enveloppes/declarer?exercice=2015&axe=2"
    client.get(url)
    of_axis(stage, 100_00, 2)
    answer = client.submit(url, {"amount": "200"}, status=409)
    assert "a changé depuis l’affichage" in answer.words(".error-summary")
    assert answer.select_one("#amount")["value"] == "200"


def test_a_transfer_and_its_refusals(stage: Stage) -> None:
    stage.declare(1_000_00)
    stage.declare(200_00, 2016)
    stage.promise(stage.fiche(), 600_00)
    client, url = stage.client(), "/enveloppes/transfert"
    page = client.get(url)
    ids = {option.get_text()[:4]: str(option["value"]) for option in page.select("#target option") if option["value"]}
    facts = {"source": ids["2015"], "target": ids["2016"], "reason": "Report."}
    answer = fill(client, url, status=409, amount="400,01", **facts)
    assert "elle peut céder 400,00 € au plus" in wrong(answer, "amount")
    assert answer.select_one("#source option[selected]")["value"] == ids["2015"]
    assert wrong(fill(client, url, status=422, amount="1", **{**facts, "reason": ""}), "reason")
    assert wrong(fill(client, url, status=422, amount="1", **{**facts, "source": "x"}), "source")
    same = fill(client, url, status=409, amount="1", **{**facts, "target": ids["2015"]})
    assert "deux enveloppes différentes" in wrong(same, "target")
    done = client.follow(fill(client, url, amount="400", **facts))
    assert done.words("#statut") == "400,00 € transférés de l’enveloppe 2015 à l’enveloppe 2016."
    assert [amounts(done, year)[0].split()[0] for year in ("2015", "2016")] == ["600,00", "600,00"]
    assert "Transfert vers 2016. Report." in done.words("#versions")


def test_a_ceiling_exceeded_by_a_change_of_axis_is_told(stage: Stage) -> None:
    fiche = stage.fiche()
    of_axis(stage, 100_00, 2)
    stage.promise(fiche, 250_00)
    office, url = stage.client("secretariat", REGION), f"/actions/{fiche}/structure/deplacer"
    office.get(url)
    check = office.submit(url, {"place": "2", "reason": "Relève de l’axe 2."}, status=200)
    assert (
        "Attention : le plafond de 2015 de la Ville de Grenoble pour l’axe 2, 100,00 €, sera dépassé de 150,00 €. "
        "0,00 € y sont déjà annoncés, et cette fiche en apporte 250,00 €."
    ) in check.words("main")
    assert "prévenez-le." in check.words("main")
    stage.promise(fiche, 260_00)  # meanwhile
    again = office.submit(url, {"confirmer": "oui"}, status=409)
    assert "ne vous ont pas été montrés ainsi" in again.words("#erreurs")
    check = office.submit(url, {"place": "2", "reason": "Relève de l’axe 2."}, status=200)
    assert "sera dépassé de 160,00 €" in check.words("main")
    office.submit(url, {"confirmer": "oui"})
    page = office.get(OWN)
    assert "Le plafond 2015, axe 2 est dépassé de 160,00 € : une fiche a changé d’axe depuis." in page.words("main")
    assert amounts(page, "2015, axe 2")[-1] == "dépassée de 160,00"


def test_the_file_says_what_the_page_says(stage: Stage) -> None:
    stage.declare(1_000_00)
    of_axis(stage, 300_00)
    stage.promise(stage.fiche(), 250_50)
    browser = stage.client("reader", ISERE).http
    text = browser.get(f"{OWN}/export.csv").get_data(as_text=True).removeprefix("\ufeff")
    rows = {tuple(one[:2]): one[2:] for one in csv.reader(io.StringIO(text), delimiter=";") if len(one) > 3}
    assert rows["2015", "1"] == ["300,00", "oui", "250,50", *["0,00"] * 5, "49,50"]
    assert rows["2015", "tous"] == ["1000,00", "oui", "250,50", *["0,00"] * 5, "749,50"]
    assert rows["2014", "tous"][0] == rows["2014", "tous"][-1] == ""
    for form in ("xlsx", "ods"):
        assert browser.get(f"{OWN}/export.{form}").status_code == 200
    assert browser.get("/enveloppes/inconnu/export.csv").status_code == 404


def test_sums_of_the_table_are_those_of_the_tranches(stage: Stage) -> None:
    """Whole years are the sums of their axes, and what each partner's page says is what all envelopes say together."""
    for number in (1, 2, 3):
        fiche = stage.fiche(number=number)
        for key in (GRENOBLE, ISERE):
            stage.promise(fiche, number * 1_01, partner=key)
    with stage.app.app_context():
        every = ledger.rows()
        for key in (GRENOBLE, ISERE):
            partner = partner_by_key(key)
            assert partner is not None
            rows = ledger.rows(partner.id)
            assert rows == [one for one in every if one.partner_id == partner.id]
            whole = next(one for one in rows if (one.year, one.axis) == (2015, None))
            parts = [one for one in rows if one.year == 2015 and one.axis]
            assert whole.promised == sum(one.promised for one in parts) == 6_06


def begun(client: Client) -> str:
    """The address of a new simulation."""
    return str(fill(client, "/simulations", name="Hypothèse basse").headers["Location"])


def test_trying_then_announcing(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.declare(500_00)
    stage.promise(fiche, 100_00)
    url = begun(client)
    name = f"amount-{fiche}-operating-2015"
    client.get(f"{url}?fiche={fiche}&nature=operating")
    saved = client.follow(client.submit(url, {name: "400"}))
    assert "aujourd’hui 100,00" in saved.words("main form table")
    assert row(saved, "2015 plafond", "#enveloppes table") == ["500,00", "100,00", "400,00", "100,00"]
    assert stage.lines() == [(2015, 100_00, "intention")]
    confirm = client.get(f"{url}/transformer")
    assert "400,00" in confirm.words("main table")
    done = client.follow(fill(client, f"{url}/transformer"))
    assert done.words("#statut") == "1 montant enregistré."
    assert stage.lines() == [(2015, 400_00, "intention")]
    assert "Transformée en intentions" in client.get(url).words("main")
    assert stage.newest(1)[0].kind == "funding.simulation-applied"


def test_adding_a_fiche_keeps_what_was_typed(stage: Stage) -> None:
    one, other, client = stage.fiche(), stage.fiche(title="Forum"), stage.client()
    url, name = begun(client), f"amount-{one}-operating-2015"
    client.get(f"{url}?fiche={one}&nature=operating")
    added = {"ajouter": "fiche", "fiche": other, "nature": "investment"}
    wrongly = client.submit(url, {name: "cent", **added}, status=422)
    assert wrongly.select_one(f"#{name}")["value"] == "cent"
    page = client.follow(client.submit(url, {name: "400", **added}))
    assert page.words("#statut") == "Simulation enregistrée."
    assert page.select_one(f"#{name}")["value"] == "400,00"
    assert page.select(f"#amount-{other}-investment-2015")
    unknown = client.submit(url, {name: "400", "ajouter": "fiche", "fiche": "x\r\n" * 99, "nature": "\0"})
    assert client.follow(unknown).select_one(f"#{name}")["value"] == "400,00"


def test_what_would_exceed_a_ceiling_is_told_then_refused(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.declare(100_00)
    url = begun(client)
    client.get(f"{url}?fiche={fiche}&nature=investment")
    name = f"amount-{fiche}-investment-2015"
    wrongly = client.submit(url, {name: "cent"}, status=422)
    assert wrong(wrongly, name)
    assert wrongly.select_one(f"#{name}")["value"] == "cent"
    assert wrong(client.submit(url, {name: "-1"}, status=422), name)
    saved = client.follow(client.submit(url, {name: "100,01"}, status=303))
    assert "La transformation serait refusée." in saved.words("#enveloppes")
    assert "serait dépassé de 0,01 €" in client.get(f"{url}/transformer").words("main")
    answer = fill(client, f"{url}/transformer", status=409)
    assert "Il reste 100,00 € dans l’enveloppe 2015" in answer.words(".error-summary")
    assert stage.lines() == []


def test_a_form_cut_short_is_no_fault(stage: Stage) -> None:
    """Cells that were not sent try nothing; what is wrong is told beside the name."""
    fiche, client = stage.fiche(), stage.client()
    url = begun(client)
    client.get(f"{url}?fiche={fiche}&nature=operating")
    client.submit(url, {f"amount-{fiche}-operating-2015": "400"})
    client.get(url)
    assert wrong(client.post(url, {"name": ""}, status=422), "name")
    assert client.post(url, {"name": "Autre", "version": "1"}, status=409).words(".error-summary")
    saved = client.follow(client.post(url, {"name": "Autre"}))
    assert "ne contient encore aucune fiche" in saved.words("main")


def test_a_simulation_is_abandoned(stage: Stage) -> None:
    client = stage.client()
    url = begun(client)
    client.get(url)
    client.submit(f"{url}/abandonner")
    client.get(url, status=404)


def test_statements_do_not_grow(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 1_00)
    url = begun(client)
    grenoble = stage.actor()

    def now() -> list[int]:
        return [counted(client, one) for one in (OWN, f"{url}?fiche={fiche}", "/simulations")]

    first = now()
    assert first[0] <= 6
    assert first[1] <= 11
    for number in range(12):
        other = stage.fiche(title=f"Fiche {number}", number=1 + number % 3)
        with stage.app.app_context():
            announce(grenoble, known(other), 100)
    of_axis(stage, 300_00, year=2014)
    of_axis(stage, 300_00, 2, year=2016)
    assert now() == first
