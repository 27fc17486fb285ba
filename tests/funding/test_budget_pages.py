"""The budget of a fiche on its page, its other resources in forms, and one gap wherever a gap is told."""

from __future__ import annotations

import csv
import io
import uuid
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from odfdo import Document

from cocon.actions import operations as actions
from cocon.funding import products, resources, trying
from cocon.funding.models import Resource
from cocon.funding.resources import Stated
from cocon.kernel.db import db
from cocon.kernel.money import amount, parse
from tests.actions.making import GRENOBLE, ISERE, REGION, csrf, fields, known
from tests.consolidation import making
from tests.consolidation.making import Calculator, cents, promise
from tests.dossier.making import Stage
from tests.support.client import Answer, Client

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-02")]

YEARS = (2014, 2015, 2016)
FUND = Stated(account="74", body="europe", funder="Fonds social", year=2014, amount=30_000_00, status="granted")


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


def url(action_id: str, below: str = "") -> str:
    """A page of the budget."""
    return f"/actions/{action_id}/plan-de-financement{below}"


def add(stage: Stage, action_id: str, **said: Any) -> None:
    """The owner adds the fund, or something near it."""
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        resources.add_resource(owner, known(action_id), stated=replace(FUND, **said))


def revise(stage: Stage, action_id: str, **said: Any) -> None:
    """The owner publishes another text."""
    with stage.acting() as world:
        owner, action = world.actor("representative", REGION), known(action_id)
        text = fields(title=action.title, **said)
        actions.publish_version(owner, action, revision=action.rev, summary="Coût.", fields=text)


def said(cents: int) -> str:
    """An amount as pages show it, with plain spaces."""
    return " ".join(amount(cents).split())


def rows(page: Answer, part: str) -> dict[str, list[str]]:
    """The lines of a part of the table: what heads each, and its cells."""
    return {
        " ".join(tr.select("th")[0].get_text().split()): [" ".join(td.get_text().split()) for td in tr.select("td")]
        for tr in page.select(f"#budget-{part} tr")
        if tr.select("td")
    }


SAID = {"account": "74", "body": "europe", "funder": "Fonds social", "year": "2015", "amount": "1 234,50"}


def only() -> Resource:
    """The only resource there is."""
    return db.session.query(Resource).one()


def test_a_resource_is_added_and_what_is_wrong_is_said_beside_its_field(stage: Stage) -> None:
    fiche = stage.fiche()
    client, page, form = stage.client(partner=REGION), url(fiche), url(fiche, "/ressources/nouvelle")
    client.get(client.get(page).select_one("#funding-resources a.btn")["href"])
    for wrong, sentence in (
        ({"account": ""}, "Choisissez le compte de la ressource."),
        ({"account": "74", "body": ""}, "Indiquez quel organisme verse cette subvention."),
        ({"account": "87"}, "Indiquez ce qui est apporté en nature."),
        ({"funder": " "}, "Indiquez de qui ou de quoi vient cette ressource."),
        ({"amount": ""}, "Indiquez un montant en euros."),
        ({"amount": "zéro"}, "Écrivez un montant en euros"),
        ({"amount": "0"}, "Indiquez un montant supérieur à zéro"),
        ({"year": "2017"}, "Cet exercice n’est pas couvert par le contrat."),
        ({"year": "²"}, "Cet exercice n’est pas couvert par le contrat."),
        ({"body": "moon"}, "Choisissez parmi les réponses proposées."),
        ({"standing": "lost"}, "Choisissez parmi les réponses proposées."),
    ):
        answer = client.submit(form, {**SAID, **wrong}, status=422)
        assert sentence in answer.words("#erreurs")
        kept = {"funder": "Fonds social", "amount": "1 234,50", **wrong}
        assert all(answer.select_one(f"[name={name}]")["value"] == kept[name].strip() for name in ("funder", "amount"))
    assert "signataire du contrat" in client.submit(form, {**SAID, "funder": "Ville de Grenoble"}, status=409).words()
    client.follow(client.submit(form, {**SAID, "standing": "asked", "note": "Dossier <b>déposé</b>."}))
    assert client.page is not None
    line = client.page.words("#funding-resources tbody")
    assert "Fonds social Dossier <b>déposé</b>. 74 Subventions, Fonds européens, fonctionnement 2015 1 234,50" in line
    assert "Demandé indiqué par" in line
    assert "Région Rhône-Alpes, le 2 juin 2014" in line


def test_the_owner_changes_and_withdraws_a_resource(stage: Stage) -> None:
    fiche, other = stage.fiche(), stage.fiche("Épiceries")
    client = stage.client(partner=REGION)
    add(stage, fiche, year=2015, amount=1_234_50, status="asked")
    with stage.acting():
        row_id = only().id
    where = url(fiche, f"/ressources/{row_id}")
    client.get(url(other, f"/ressources/{row_id}"), status=404)
    client.get(url(fiche, f"/ressources/{fiche}"), status=404)
    shown = client.get(where)
    assert shown.select_one("[name=amount]")["value"] == amount(1_234_50)
    assert shown.select_one("[name=standing] [selected]")["value"] == "asked"
    assert "Rien ne change" in client.submit(where, status=409).words()
    with stage.acting() as world:
        office, said = world.actor("secretariat", REGION), replace(FUND, year=2016, amount=7_00)
        resources.change_resource(office, known(fiche), resource_id=row_id, stated=said, revision=1)
    stale = client.submit(where, {"amount": "99"}, status=409)
    assert "Enregistré en ce moment : 74 Subventions, Fonds social, 2016, 7,00 €." in stale.words()
    assert stale.select_one("[name=amount]")["value"] == "99"
    assert client.submit(where, {"version": "x"}, status=409)
    client.submit(where, {"amount": "98"})
    with stage.acting():
        assert (only().amount, only().rev) == (98_00, 3)


def test_a_resource_is_withdrawn_once_and_for_a_reason(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client(partner=REGION)
    add(stage, fiche)
    with stage.acting():
        where = url(fiche, f"/ressources/{only().id}")
    page, away = url(fiche), f"{where}/retirer"
    client.get(away)
    assert "Indiquez pourquoi" in client.submit(away, {"reason": " "}, status=422).words()
    client.submit(away, {"reason": "Fonds épuisés."})
    assert client.get(away, status=303).location.endswith(page)
    assert client.get(where, status=303).location.endswith(page)
    for late, told in ((away, {"reason": "Encore."}), (where, {**SAID, "nature": "operating", "standing": "paid"})):
        again = {**told, "idempotency_key": uuid.uuid4().hex}
        assert "elle ne change plus" in client.post(late, again, status=409).words()
    assert "Aucune ressource" in client.get(page).words("#funding-resources")
    history = client.get(f"/actions/{fiche}/historique").words()
    assert "une ressource de 30 000,00 € pour 2014 du plan de la fiche 1.01 : 74 Subventions." in history
    assert "Fonds épuisés" in history
    with stage.acting():
        row = only()
        assert (row.amount, row.alive, row.withdrawal_reason) == (30_000_00, False, "Fonds épuisés.")


@pytest.mark.engines("sqlite")
def test_who_may_not_is_not_offered_the_forms(stage: Stage) -> None:
    fiche = stage.fiche()
    add(stage, fiche)
    with stage.acting():
        row_id = only().id
    for client in (stage.client(), stage.client("reader", REGION), stage.client("auditor", None)):
        page = client.get(url(fiche))
        assert not page.select("#funding-resources a")
        assert "Fonds social" in page.words("#funding-resources")
        for below in ("/ressources/nouvelle", f"/ressources/{row_id}", f"/ressources/{row_id}/retirer"):
            client.get(url(fiche, below), status=404)
            client.post(url(fiche, below), {**SAID, **csrf(stage.app, client)}, status=404)
    office = stage.client("secretariat", REGION)
    assert office.get(url(fiche)).select("#funding-resources a")
    with stage.acting() as world:
        actions.withdraw_action(world.actor("representative", REGION), known(fiche), reason="Sans suite.")
    assert not office.get(url(fiche)).select("#funding-resources a")
    office.get(url(fiche, "/ressources/nouvelle"), status=404)


@pytest.mark.engines("sqlite")
def test_what_nobody_wrote_is_still_to_be_completed(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    page = client.get(url(fiche))
    assert "HT ou TTC : à compléter." in page.words()
    assert "de charges. Le coût de 2015 reste à compléter et n’est pas compté." in page.words()
    assert rows(page, "charges")["Coût sans détail par nature"][0] == said(100_000_00)
    assert rows(page, "charges")["Total des charges"] == [
        said(100_000_00),
        *["à compléter"] * 2,
        said(100_000_00),
        "",
    ]
    promise(stage, fiche, 2015, 7_00, GRENOBLE)
    rates = client.get(url(fiche)).words("#funding-rates")
    assert "Ville de Grenoble dans la dépense subventionnable 7,00 à compléter à compléter" in rates


def test_charges_stand_against_products_year_by_year(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    revise(
        stage,
        fiche,
        cost_basis="ttc",
        costs={2014: 100_000_00, 2015: 5_00},
        eligible={2014: 80_000_00},
        charges={(2014, "60"): 30_000_00, (2014, "64"): 70_000_00, (2014, "86"): 9_000_00},
    )
    promise(stage, fiche, 2014, 40_000_00, REGION)
    promise(stage, fiche, 2014, 20_000_00, ISERE, nature="investment")
    promise(stage, fiche, 2014, 50_000_00, ISERE, form="instrument", nature="investment")
    promise(stage, fiche, 2014, 1_000_00, GRENOBLE, form="in_kind")
    add(stage, fiche)
    add(stage, fiche, account="70", funder="Billetterie", amount=10_000_00, status="planned")
    add(stage, fiche, account="own", funder="Réserves", year=2015, amount=6_00, status="planned")
    add(stage, fiche, account="87", gift="volunteering", body="", funder="Bénévoles", amount=2_500_00)
    add(stage, fiche, funder="Autre fonds", status="refused")
    page = client.get(url(fiche))
    assert "Montants toutes taxes comprises (TTC)." in page.words()
    assert "Équilibré" not in page.words("#budget-gap")
    assert "Les produits font 1,00 € de trop." in page.words("#budget-gap")
    charges, found = rows(page, "charges"), rows(page, "products")
    assert charges["60 Achats"][0] == said(30_000_00)
    assert charges["Coût sans détail par nature"][:2] == ["0,00", "5,00"]
    assert {name.split(" Fonds social")[0]: (cells[0], cells[3], cells[4]) for name, cells in found.items()} == {
        "70 Ventes de produits et de services": ("10 000,00", "10 000,00", "0,00"),
        "74 Subventions": ("90 000,00", "90 000,00", "30 000,00"),
        "dont RégionRégion Rhône-Alpes": ("40 000,00", "40 000,00", "0,00"),
        "dont DépartementConseil général de l’Isère": ("20 000,00", "20 000,00", "0,00"),
        "dont Fonds européensFonds social": ("30 000,00", "30 000,00", "30 000,00"),
        "Fonds propres du porteur": ("0,00", "6,00", "0,00"),
        "Total des produits": ("100 000,00", "100 006,00", "30 000,00"),
        "Écart, charges moins produits": ("équilibré", "1,00 de trop", ""),
    }
    assert found["Écart, charges moins produits"][1:3] == ["1,00 de trop", "à compléter"]
    kind = rows(page, "in-kind")
    assert [cells[0] for cells in kind.values()] == [
        *("9 000,00", "3 500,00", "1 000,00", "2 500,00"),
        "il manque 5 500,00",
    ]
    assert "50 000,00" in page.words("#budget-apart")
    # 40 000 + 20 000 + 30 000 of aid on 80 000: the loan and what was refused are no aid
    rates = page.words("#funding-rates")
    assert "sans l’apport en nature dans la dépense subventionnable 90 000,00 80 000,00 112,5 %" in rates
    assert "dans la dépense subventionnable et le compte 86 91 000,00 89 000,00 102,2 %" in rates
    assert "Région Rhône-Alpes, 2014 : 40 000,00 € dépassent 23 000,00 € par an" in page.words("#alertes")


def on_page(page: Answer) -> list[list[str]]:
    """The rows of the budget and of its rates: what heads each, and its cells."""
    return [
        [" ".join(cell.get_text(" ").split()) for cell in tr.select("th, td")]
        for tr in page.select("#funding-budget tr, #funding-rates tr")
        if tr.select("td")
    ]


def in_file(rows: list[list[Any]]) -> list[list[str]]:
    """The rows of the sheet of charges and products, as the page words them."""
    found = []
    for label, origin, *cells in rows:
        if str(origin).startswith(("la dépense", "le coût")):
            part, whole, rate = cells[:3]
            share = f"{rate * 100:.1f} %".replace(".", ",") if isinstance(rate, float) else str(rate)
            found.append([f"{label} dans {origin}", in_words(part), in_words(whole), share])
        elif label and isinstance(cells[0], float | int) and cells[0] not in YEARS:
            told = gap if label.startswith("Écart") else in_words
            found.append([" ".join(f"{label} {origin or ''}".split()), *map(told, cells[:5])])
    return found


def in_words(value: Any) -> str:
    """An amount or a text of a cell."""
    return said(cents(value)) if isinstance(value, float | int) else " ".join((value or "").split())


def gap(value: Any) -> str:
    """What is missing, or too much."""
    if not isinstance(value, float | int):
        return in_words(value)
    far = in_words(abs(value))
    return "équilibré" if not value else f"il manque {far}" if value > 0 else f"{far} de trop"


def everything(stage: Stage, fiche: str) -> None:
    """Charges by account, what subsidies may bear, money, gifts in kind, a loan, and funders of every status."""
    revise(
        stage,
        fiche,
        cost_basis="ht",
        costs={2014: 100_000_07, 2015: 5_00},
        eligible={2014: 80_000_00},
        charges={(2014, "60"): 30_000_00, (2014, "64"): 70_000_07, (2014, "86"): 9_000_00},
    )
    promise(stage, fiche, 2014, 40_000_00, REGION)
    promise(stage, fiche, 2014, 20_000_01, ISERE, nature="investment")
    promise(stage, fiche, 2014, 50_000_00, ISERE, form="instrument", nature="investment")
    promise(stage, fiche, 2014, 1_000_00, GRENOBLE, form="in_kind")
    add(stage, fiche)
    add(stage, fiche, funder="=SUM(A1)", year=2016, status="asked", amount=33)
    add(stage, fiche, account="70", body="", funder="Billetterie", amount=10_000_00, status="planned")
    add(stage, fiche, account="own", body="", funder="Réserves", year=2015, amount=6_00, status="paid")
    add(stage, fiche, account="87", gift="volunteering", body="", funder="Bénévoles", amount=2_500_00)
    add(stage, fiche, funder="Autre fonds", status="refused")


def test_the_files_have_the_charges_and_products_of_the_page(stage: Stage) -> None:
    fiche, client = stage.fiche("=1+1"), stage.client()
    for complete in (False, True):
        if complete:
            everything(stage, fiche)
        page = on_page(client.get(url(fiche)))
        assert len(page) == (23 if complete else 7)
        for form in ("xlsx", "ods"):
            read = getattr(making, form)(client.http.get(f"/actions/{fiche}/financement/export.{form}").data)
            assert list(read) == ["Plan", "Charges et produits", "Lignes"]
            assert list(Calculator(read).wrong()) == []
            rows = [[cell[0] for cell in row] for row in read["Charges et produits"] if len(row) > 4]
            resources = next((n for n, row in enumerate(rows) if row[0] == "Autres ressources"), len(rows))
            assert in_file(rows[:resources]) == page


@pytest.mark.engines("sqlite")
def test_sums_of_the_charges_and_products_are_formulas_and_funders_have_their_status(stage: Stage) -> None:
    fiche = stage.fiche()
    everything(stage, fiche)
    for form in ("xlsx", "ods"):
        read = getattr(making, form)(stage.client().http.get(f"/actions/{fiche}/financement/export.{form}").data)
        rows = {str(row[0][0]): row[1:7] for row in read["Charges et produits"] if len(row) > 4}
        marks = {head: "".join("=" if formula else "." for _value, formula in row[1:]) for head, row in rows.items()}
        summed = {head: row.rstrip(".") for head, row in marks.items()}
        for head, formulas in (
            ("60 Achats", "...="),
            ("74 Subventions", "====="),
            ("Total des charges", "==.="),
            ("Total des produits", "====="),
            ("Écart, charges moins produits", "==.="),
            ("87 Contributions volontaires en nature", "====="),
            ("Écart, 86 moins 87", "===="),
            ("Aides publiques, avec l’apport en nature", "..="),
        ):
            assert summed[head] == formulas, head
        other = {head: [cell[0] for cell in row] for head, row in rows.items()}
        assert other["Fonds social"][::5] == ["74 Subventions, Fonds européens, fonctionnement", "Accordé"]
        assert other["=SUM(A1)"][3:] == [0.33, 0.33, "Demandé"]
        assert other["Billetterie"][5] == "Prévu"
        assert other["Autre fonds"][5] == "Refusé, ne compte pas"


@pytest.mark.engines("sqlite")
def test_what_is_exceptional_has_its_account(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client(partner=REGION)
    for account, funder in (("78", "Reprise"), ("77", "Cession"), ("76", "Livret")):
        told = {**SAID, "account": account, "body": "", "funder": funder}
        client.get(url(fiche, "/ressources/nouvelle"))
        client.follow(client.submit(url(fiche, "/ressources/nouvelle"), told))
    found = [name for name in rows(client.get(url(fiche)), "products") if name[:2].isdigit()]
    assert found == [
        *("76 Produits financiers", "77 Produits exceptionnels", "78 Reprises sur amortissements et provisions"),
    ]
    assert "77 Produits exceptionnels" in client.get(f"/actions/{fiche}/historique").words()


def test_every_place_that_tells_a_gap_tells_the_same(stage: Stage) -> None:
    fiche = stage.fiche()
    promise(stage, fiche, 2014, 60_000_00, REGION)
    add(stage, fiche)
    add(stage, fiche, funder="Autre fonds", status="refused", amount=5_000_00)
    add(stage, fiche, account="87", gift="goods", body="", funder="Dons", amount=9_000_00)
    gaps(stage, fiche, 10_000_00)
    add(stage, fiche, funder="Ventes", account="70", amount=10_000_00, status="planned")
    gaps(stage, fiche, 0)
    add(stage, fiche, funder="Ventes", account="70", amount=1, status="planned")
    gaps(stage, fiche, -1)


def gaps(stage: Stage, fiche: str, missing: int) -> None:
    """What each page and each file says of what the only fiche lacks."""
    client, far = stage.client(), f"{said(abs(missing))} €"
    short = missing > 0
    sentence = f"Il manque {far}" if short else f"autres ressources apportent {far} de plus"
    sentence = sentence if missing else "équilibré : les partenaires et les autres ressources couvrent"
    for page in (f"/actions/{fiche}/financement", f"/actions/{fiche}"):
        assert sentence in client.get(page).words("#funding-gap"), page
    client.get(f"/actions/{fiche}/financement")
    assert sentence in client.get(f"/actions/{fiche}/financement/totaux", htmx=True).words("#funding-gap")
    told = f"Il manque {far}" if short else f"font {far} de trop"
    assert (told if missing else "Équilibré") in client.get(url(fiche)).words("#budget-gap")
    line = [" ".join(td.get_text().split()) for td in client.get("/actions").select("main tbody tr:has(td.num) td.num")]
    assert line[-2:] == [said(100_000_00), said(missing) if short else "rien"]
    assert ("Recycleries" in client.get("/actions?manque=oui").words()) is short
    matrix = client.get("/financement").words("main table.table-sticky")
    told = f"manque {said(missing)}" if short else f"dépasse de {said(-missing)}"
    assert matrix.count(told if missing else "équilibré") == 3  # the fiche, its axis, the contract
    assert ("Recycleries" in client.get("/financement?lignes=manque").words("#matrice")) is short
    with stage.acting() as world:
        tried = trying.trial(world.actor("representative", GRENOBLE).partner_id or "", [], [(fiche, "operating")])
        assert [one.now.total_missing for one in tried.fiches] == [missing]
    files(client, fiche, missing)


def files(client: Client, fiche: str, missing: int) -> None:
    """The same in workbooks, in CSV and in the document of the fiche."""
    address = f"/actions/{fiche}/financement/export"
    for form in ("xlsx", "ods"):
        read = getattr(making, form)(client.http.get(f"{address}.{form}").data)
        assert list(Calculator(read).wrong()) == []
        found = {str(row[0][0]): row for row in read["Plan"] if len(row) > 6}
        assert cents(found["Écart (coût moins prévu et autres ressources)"][6][0]) == missing
        assert "Autre fonds" not in str([read["Plan"], read["Lignes"]])
    lines = client.http.get(f"{address}.csv").data.decode("utf-8-sig")
    money = [row for row in csv.reader(io.StringIO(lines), delimiter=";") if row[6] == "en numéraire"]
    assert 100_000_00 - sum(parse(row[9]) for row in money) == missing
    document, far = making_text(client, fiche), f"{said(abs(missing))} €"
    told = f"Il manque {far} pour" if missing > 0 else f"Le plan dépasse de {far}"
    assert (told if missing else "Le plan est équilibré") in document
    assert "Autre fonds 74 Subventions, Fonds européens 2014 refusé" in document


def making_text(client: Client, fiche: str) -> str:
    """The words of the document of a fiche."""
    document = Document(io.BytesIO(client.http.get(f"/actions/{fiche}/export.odt").data))
    return " ".join(document.get_formatted_text().split())


@pytest.mark.engines("sqlite")
def test_the_budget_takes_as_many_statements_with_ten_resources(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    promise(stage, fiche, 2014, 1_00, REGION)
    add(stage, fiche)
    pages = (url(fiche), f"/actions/{fiche}/financement", f"/actions/{fiche}", "/financement")
    one = [stage.cost(client, page) for page in pages]
    for number in range(9):
        add(stage, fiche, funder=f"Fonds {number}", year=YEARS[number % 3])
    assert [stage.cost(client, page) for page in pages] == one
    assert one[0] <= 6


def test_what_nobody_gives_is_not_asked_for() -> None:
    assert str(products.standing("planned", "74")) == "prévu, à demander"
    assert {str(products.standing("planned", account)) for account in ("70", "87", "own")} == {"prévu"}
    assert str(products.standing("paid", "70")) == "versé"
