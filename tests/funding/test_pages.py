"""The pages of money: the plan of a fiche, one's own line, the matrix, the envelopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, render_template
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.audit import operation
from cocon.audit.models import LogEntry
from cocon.funding import operations, queries
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.policy import ROLES, ROLES_WITHOUT_PARTNER
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, csrf, known, objective, share, signed_in, statements
from tests.factories import World
from tests.funding.making import announce, declare, envelope, lines, promised
from tests.support.client import Answer, Client
from tests.support.pages import words

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2015-03-03")]

NOBODY = "00000000-0000-7000-8000-000000000000"
COSTS = {2014: 10_000_00, 2015: 20_000_50, 2016: 5_000_00}


@dataclass
class Stage:
    """An installation, and browsers of people in it."""

    app: Flask
    world: World

    def actor(self, role: str = "representative", partner: str | None = GRENOBLE) -> Actor:
        """Somebody."""
        with self.app.app_context():
            return self.world.actor(role, partner)

    def client(self, role: str = "representative", partner: str | None = GRENOBLE) -> Client:
        """A browser of that person."""
        return signed_in(self.app, self.world, self.actor(role, partner))

    def fiche(self, **said: Any) -> str:
        """A fiche that the Région shared."""
        owner = self.actor(partner=REGION)
        with self.app.app_context():
            return share(owner, **{"title": "Recycleries", "costs": COSTS, **said}).id

    def promise(self, action_id: str, amount: int, year: int = 2015, partner: str = GRENOBLE) -> None:
        """A promise of that partner."""
        actor = self.actor(partner=partner)
        with self.app.app_context():
            announce(actor, known(action_id), amount, year)

    def declare(self, amount: int, year: int = 2015, partner: str = GRENOBLE, *, hard: bool = True) -> None:
        """An envelope of that partner."""
        actor = self.actor(partner=partner)
        with self.app.app_context():
            declare(actor, amount, year, hard=hard)

    def lines(self) -> list[Any]:
        """All tranches."""
        with self.app.app_context():
            return [line[:3] for line in lines()]

    def newest(self, count: int) -> list[LogEntry]:
        """The newest lines of the log, the newest first."""
        with self.app.app_context():
            return list(db.session.scalars(select(LogEntry).order_by(LogEntry.seq.desc()).limit(count)))

    def last(self) -> LogEntry:
        """The newest line of the log."""
        with self.app.app_context():
            return db.session.scalars(select(LogEntry).order_by(LogEntry.seq.desc()).limit(1)).one()


@pytest.fixture
def stage(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The installed contract; checkpoints are left to the worker."""
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])
    return Stage(app, World())


def plan(action_id: str) -> str:
    return f"/actions/{action_id}/financement"


def contribute(action_id: str) -> str:
    return f"/actions/{action_id}/financement/contributions"


def send(client: Client, url: str, year: int, *, htmx: bool = False, status: int | None = -1, **fields: Any) -> Answer:
    """Fill the cell of that year of the line, or the small form of that envelope, on the last page, and send it."""
    shown = client.part or client.page
    assert shown is not None
    form = shown.select_one(f'form[action="{url}"]:is(#funding-line, :has(input[name=year][value="{year}"]))')
    kept = {str(field["name"]): str(field.get("value", "")) for field in form.select("input:not([type=checkbox])")}
    if form.get("id") == "funding-line" and "amount" in fields:
        fields[cell(year)] = fields.pop("amount")
    return client.post(url, {**kept, **fields}, htmx=htmx, status=status)


def cell(year: int, kind: str = "cash-operating") -> str:
    """The name of a cell of the line."""
    return f"amount-{kind}-{year}"


def withdrawal(stage: Stage, action_id: str, year: int = 2015) -> str:
    """Where the Ville de Grenoble withdraws its contribution of a year."""
    actor = stage.actor()
    with stage.app.app_context():
        found = queries.own_share(action_id, actor.partner_id or "", year, "cash", "operating")
    assert found is not None
    return f"{plan(action_id)}/tranches/{found[1].id or NOBODY}/retirer"


def row(answer: Answer, name: str, table: str = "#funding-table") -> list[str]:
    """The cells of the row that a name heads."""
    found = [tr for tr in answer.select(f"{table} tr") if tr.th and words(tr.th.get_text(" ")).startswith(name)]
    assert len(found) == 1, f"{len(found)} rows {name}"
    return [words(td.get_text(" ")) for td in found[0].select("td")]


def wrong(answer: Answer, field: str) -> str:
    """The sentence next to a field, which is tied to it."""
    control = answer.select_one(f"#{field}")
    assert control["aria-invalid"] == "true"
    described = control["aria-describedby"]
    error = str(described).split()[-1] if isinstance(described, str) else described[-1]
    return words(answer.select_one(f"#{error}").get_text(" "))


def test_the_plan_says_who_brings_what_and_what_is_missing(stage: Stage) -> None:
    fiche = stage.fiche()
    stage.promise(fiche, 4_000_00, 2014)
    stage.promise(fiche, 12_000_50)
    stage.promise(fiche, 5_000_00, 2016, ISERE)
    page = stage.client().get(plan(fiche))
    assert row(page, "Ville de Grenoble (vous)") == ["4 000,00", "12 000,50", "0,00", "16 000,50", "intention"]
    assert row(page, "Conseil départemental de l’Isère") == ["0,00", "0,00", "5 000,00", "5 000,00", ""]
    assert row(page, "Total prévu") == ["4 000,00", "12 000,50", "5 000,00", "21 000,50", ""]
    assert row(page, "Coût de l’action") == ["10 000,00", "20 000,50", "5 000,00", "35 000,50", ""]
    assert row(page, "Écart : il manque") == ["6 000,00", "8 000,00", "0,00", "14 000,00", ""]
    assert page.words("#funding-gap") == (
        "Il manque 14 000,00 € sur un coût de 35 000,50 € : 6 000,00 € en 2014 et 8 000,00 € en 2015."
    )
    assert row(page, "Ville de Grenoble (vous)", ".shares") == ["", "16 000,50", "45,7 %"]
    assert row(page, "Il manque", ".shares") == ["", "14 000,00", "40,0 %"]
    assert [tr["class"] for tr in page.select("#funding-table tr.mine")] == [["mine"]]


def test_a_plan_beyond_its_cost_and_one_in_balance(stage: Stage) -> None:
    fiche = stage.fiche(costs={2014: 100_00, 2015: 100_00})
    stage.promise(fiche, 100_00, 2014)
    stage.promise(fiche, 130_00, 2015)
    client = stage.client()
    page = client.get(plan(fiche))
    assert row(page, "Écart") == ["0,00", "dépasse de 30,00", "inconnu", "dépasse de 30,00", ""]
    assert page.words("#funding-gap") == "Les partenaires prévoient 30,00 € de plus que le coût de 200,00 €."
    other = stage.fiche(costs={2014: 200_00, 2015: 30_00})
    stage.promise(other, 100_00, 2014)
    stage.promise(other, 130_00, 2015)
    said = client.get(plan(other)).words("#funding-gap")
    assert said.startswith("Le financement est équilibré")
    assert said.endswith("il manque 100,00 € en 2014 et 100,00 € de trop en 2015.")


def test_a_plan_without_cost_nor_money(stage: Stage) -> None:
    page = stage.client("auditor", None).get(plan(stage.fiche(costs={})))
    assert "pas encore renseigné" in page.words("#funding-gap")
    assert "Aucun partenaire n’a encore annoncé de contribution." in page.words("#funding-table")


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_may_fill_a_line(stage: Stage, role: str) -> None:
    fiche = stage.fiche()
    client = stage.client(role, None if role in ROLES_WITHOUT_PARTNER else GRENOBLE)
    page = client.get(plan(fiche))
    forms = page.select(f'form[action="{contribute(fiche)}"]')
    binds = role in ("representative", "deputy")
    assert len(forms) == binds
    cells = {cell(2015): "12", "seen-cash-operating-2015": "0:0"}
    assert ("revient à son représentant" in page.words()) == (role in ("contributor", "reader"))
    token = csrf(stage.app, client)
    wanted = 303 if binds else 404
    client.post(contribute(fiche), {**token, **cells}, status=wanted)
    client.get(f"{plan(fiche)}/totaux", status=wanted)
    client.get(f"{plan(fiche)}/coller", status=200 if binds else 404)
    client.get(withdrawal(stage, fiche), status=200 if binds else 404)
    client.post(withdrawal(stage, fiche), {**token, "reason": "x"}, status=wanted)
    client.post("/enveloppes", {**token, "year": 2015, "amount": "12"}, status=wanted)
    if not binds:
        assert stage.lines() == []


def test_what_does_not_exist(stage: Stage) -> None:
    client = stage.client()
    token = csrf(stage.app, client)
    client.get(plan(NOBODY), status=404)
    client.post(contribute(NOBODY), {**token, cell(2015): "1"}, status=404)
    client.get(f"{plan(NOBODY)}/totaux", status=404)
    client.get(f"{plan(stage.fiche())}/tranches/{NOBODY}/retirer", status=404)
    client.post(f"{plan(stage.fiche())}/tranches/{NOBODY}/retirer", {**token, "reason": "x"}, status=404)


def test_announcing_without_script(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    answer = send(client, contribute(fiche), 2015, amount="12 500,5 €")
    assert answer.location == plan(fiche)
    page = client.follow(answer)
    assert page.words("#statut") == "Contribution de 12 500,50 € pour 2015 enregistrée."
    assert row(page, "Ville de Grenoble (vous)")[1] == "12 500,50"
    assert stage.lines() == [(2015, 12_500_50, "intention")]
    [receipt] = [link for link in page.select("a") if "reçu" in link.get_text()]
    assert receipt["href"] == f"/audit/{stage.last().seq}/recu"
    assert (stage.last().kind, stage.last().partner) == ("funding.contribution-announced", GRENOBLE)


def test_announcing_with_htmx_swaps_the_plan(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    part = send(client, contribute(fiche), 2015, htmx=True, amount="12\u202f500,50")
    assert part.select("[id]")[0]["id"] == "funding-plan"
    assert part.select_one("#statut")["hx-swap-oob"] == "innerHTML"
    assert part.words("#statut") == "Contribution de 12 500,50 € pour 2015 enregistrée."
    assert part.select_one("[data-focus]").a["href"] == f"/audit/{stage.last().seq}/recu"  # type: ignore[index]
    assert row(part, "Total prévu")[1] == "12 500,50"
    refused = send(client, contribute(fiche), 2015, htmx=True, amount="douze", status=422)
    assert refused.select_one("#statut[hx-swap-oob=innerHTML]").get_text() == "", "the success stays above the refusal"
    again = send(client, contribute(fiche), 2015, htmx=True, amount="13 000")
    assert row(again, "Total prévu")[1] == "13 000,00"
    assert stage.last().kind == "funding.contribution-raised"


@pytest.mark.parametrize("htmx", [False, True])
def test_lowering_asks_why(stage: Stage, htmx: bool) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    client.get(plan(fiche))
    answer = send(client, contribute(fiche), 2015, htmx=htmx, amount="400,10", reason=" ", status=422)
    assert wrong(answer, "reason") == "Erreur : Indiquez pourquoi vous réduisez ou retirez un montant."
    assert answer.select_one(f"#{cell(2015)}")["value"] == "400,10"
    assert answer.select_one(".error-summary a")["href"] == "#reason"
    assert answer.select_one(f"#{cell(2014)}")["value"] == ""
    assert stage.lines() == [(2015, 500_00, "intention")]
    send(client, contribute(fiche), 2015, htmx=htmx, amount="400,10", reason="Budget réduit")
    assert stage.lines() == [(2015, 400_10, "intention")]
    assert stage.last().kind == "funding.contribution-lowered"


@pytest.mark.parametrize("htmx", [False, True])
def test_beyond_the_ceiling(stage: Stage, htmx: bool) -> None:
    fiche, other, client = stage.fiche(), stage.fiche(), stage.client()
    stage.declare(1_000_00)
    stage.promise(other, 400_00)
    page = client.get(plan(fiche))
    assert page.words("#funding-line .beside") == (
        "Enveloppe Enveloppe non déclarée. Reste 600,00 € dans l’enveloppe, plafonnée à 1 000,00 €. "
        "Enveloppe non déclarée."
    )
    answer = send(client, contribute(fiche), 2015, htmx=htmx, amount="600,01", status=409)
    assert "Il reste 600,00 € dans l’enveloppe 2015 de votre organisation." in wrong(answer, cell(2015))
    assert answer.select_one(f"#{cell(2015)}")["value"] == "600,01"
    assert stage.lines() == [(2015, 400_00, "intention")]
    send(client, contribute(fiche), 2015, htmx=htmx, amount="600")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("douze", "Écrivez un montant en euros, par exemple 12 500,00."),
        ("1,234.50", "Écrivez un montant en euros, par exemple 12 500,00."),
        ("99999999999999999999", "Écrivez un montant en euros, par exemple 12 500,00."),
    ],
)
def test_amounts_that_cannot_be(stage: Stage, typed: str, sentence: str) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    answer = send(client, contribute(fiche), 2016, amount=typed, status=422)
    assert wrong(answer, cell(2016)) == f"Erreur : {sentence}"
    assert answer.select_one(f"#{cell(2016)}")["value"] == typed
    assert sentence in answer.words(".error-summary")
    assert stage.lines() == []


def test_a_negative_amount_needs_more_than_a_reason(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    send(client, contribute(fiche), 2016, amount="-5", status=422)
    answer = send(client, contribute(fiche), 2016, amount="-5", reason="x", status=422)
    assert "supérieur à zéro" in wrong(answer, cell(2016))
    assert answer.select_one(f"#{cell(2016)}")["value"] == "-5"
    assert stage.lines() == []


@pytest.mark.parametrize(
    "name", ["amount-cash-operating-2013", "amount-gold-operating-2015", "amount-cash-x-2015", "amount--2015", "amount"]
)
def test_cells_that_are_not_in_the_line(stage: Stage, name: str) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    answer = client.post(contribute(fiche), {name: "12"}, status=422)
    assert "Aucun montant n’a changé." in answer.words(".error-summary")
    assert stage.lines() == []


def test_several_amounts_are_one_act_all_or_none(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.declare(1_000_00, 2016)
    stage.promise(fiche, 500_00, 2015)
    client.get(f"{plan(fiche)}?ligne=instrument.investment")
    typed = {cell(2014): "10", cell(2015): "400", cell(2016): "1 000,01", "reason": "Report"}
    refused = send(client, contribute(fiche), 2014, status=409, **typed)
    assert "Il reste 1 000,00 €" in wrong(refused, cell(2016))
    assert [refused.select_one(f"#{cell(year)}")["value"] for year in (2014, 2015, 2016)] == ["10", "400", "1 000,01"]
    assert stage.lines() == [(2015, 500_00, "intention")]
    typed |= {cell(2016): "1000", cell(2016, "instrument-investment"): "30 000"}
    done = send(client, contribute(fiche), 2014, **typed)
    assert client.follow(done).words("#statut") == "4 montants enregistrés."
    assert [line[:2] for line in stage.lines()] == [(2014, 10_00), (2015, 400_00), (2016, 1_000_00), (2016, 30_000_00)]
    kinds = [entry.kind.partition("-")[2] for entry in stage.newest(5)]
    assert kinds == ["filled", "announced", "announced", "announced", "lowered"], "what is reduced makes room first"
    page = client.get(plan(fiche))
    assert row(page, "Ville de Grenoble (vous)", "#funding-table tbody:first-of-type")[3] == "1 410,00"
    assert row(page, "Ville de Grenoble (vous)", "#funding-apart")[3] == "30 000,00"
    assert row(page, "Total prévu")[3] == "1 410,00", "a loan is in no total"


def test_moving_money_from_a_nature_to_another_under_a_full_ceiling(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.declare(500_00)
    stage.promise(fiche, 500_00, 2015)
    client.get(f"{plan(fiche)}?ligne=cash.investment")
    typed = {cell(2015): "200", cell(2015, "cash-investment"): "300", "reason": "Achat de matériel"}
    send(client, contribute(fiche), 2015, **typed)
    assert [line[:2] for line in stage.lines()] == [(2015, 200_00), (2015, 300_00)]


def test_an_emptied_cell_withdraws(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    client.get(plan(fiche))
    refused = send(client, contribute(fiche), 2015, amount="", status=422)
    assert "Indiquez pourquoi" in wrong(refused, "reason")
    done = send(client, contribute(fiche), 2015, amount="", reason="Sans suite")
    assert client.follow(done).words("#statut") == "Contribution de 500,00 € pour 2015 retirée."
    assert stage.lines() == [(2015, 0, "withdrawn")]


def test_what_a_colleague_changed_elsewhere_in_the_line_is_left_alone(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 100_00, 2014)
    client.get(plan(fiche))
    stage.promise(fiche, 900_00, 2014)
    send(client, contribute(fiche), 2015, amount="300")
    assert [line[:2] for line in stage.lines()] == [(2014, 900_00), (2015, 300_00)]
    client.get(plan(fiche))
    stage.promise(fiche, 950_00, 2014)
    refused = send(client, contribute(fiche), 2015, amount="douze", status=422)
    assert refused.select_one(f"#{cell(2014)}")["value"] == "950,00", "an untouched cell follows"
    send(client, contribute(fiche), 2015, amount="350")
    assert [line[:2] for line in stage.lines()] == [(2014, 950_00), (2015, 350_00)]


def test_a_stale_cell_is_told_before_it_is_kept(stage: Stage) -> None:
    """Whatever else was wrong with the line: what a colleague wrote is never overwritten without a word."""
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 100_00, 2014)
    stage.promise(fiche, 100_00, 2015)
    client.get(plan(fiche))
    stage.promise(fiche, 200_00, 2014)
    stage.promise(fiche, 777_00, 2015)
    typed = {cell(2014): "300", cell(2015): "900"}
    told = send(client, contribute(fiche), 2014, status=409, **typed)
    assert ["a changé depuis" in wrong(told, cell(year)) for year in (2014, 2015)] == [True, True]
    stage.promise(fiche, 950_00, 2015)
    told = send(client, contribute(fiche), 2014, status=422, **{**typed, cell(2014): "abc"})
    assert "a changé depuis" in wrong(told, cell(2015))
    send(client, contribute(fiche), 2014, **{cell(2014): "300", cell(2015): "960"})
    assert [line[:2] for line in stage.lines()] == [(2014, 300_00), (2015, 960_00)]


def test_a_withdrawal_sent_badly_is_still_stale(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    url = withdrawal(stage, fiche)
    client.get(url)
    stage.promise(fiche, 800_00)
    client.submit(url, {"reason": ""}, status=409)
    assert stage.lines() == [(2015, 800_00, "intention")]


def test_totals_follow_what_is_typed_and_nothing_is_kept(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    size = stage.last().seq
    asked = {cell(2015): "1 500,50", cell(2016): "abc", cell(2014): "-3", cell(2014, "in_kind-operating"): "7"}
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    part = client.get(f"{plan(fiche)}/totaux?{query}", htmx=True)
    assert part.select_one("#funding-table")["hx-swap-oob"] == "true"
    assert row(part, "Total prévu, saisie comprise", "#funding-totals") == ["0,00", "1 500,50", "0,00", "1 500,50", ""]
    assert "Il manque 33 500,00 €" in part.words("#funding-gap")
    assert [words(cell.get_text()) for cell in part.select("#funding-table tr.mine td")[:4]] == [
        *("0,00", "1 500,50", "0,00", "1 500,50")
    ]
    assert client.get(f"{plan(fiche)}/totaux?{query}", status=303).location == plan(fiche)
    part = client.get(f"{plan(fiche)}/totaux?{cell(2016)}=4", htmx=True)
    assert row(part, "Total prévu, saisie comprise", "#funding-totals") == ["0,00", "500,00", "4,00", "504,00", ""]
    assert (stage.lines(), stage.last().seq) == ([(2015, 500_00, "intention")], size)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("1 000\t2 000,50 €\t", ["1 000,00", "2 000,50", "500,00"]),
        ("2016\t2015\n7\t8\n", ["", "8,00", "7,00"]),
        ("\t12\t", ["", "12,00", "500,00"]),
        ("En numéraire\t1 000\t2 000,50 €\t", ["1 000,00", "2 000,50", "500,00"]),
        ("\t2014\t2015\t2016\tTotal\nEn numéraire\t1\t2\t3\t6", ["1,00", "2,00", "3,00"]),
        ("Ligne\t2016\tTotal\nRégion\t4\t4", ["", "", "4,00"]),
        ("Exercice 2014\tExercice 2015\tTotal 2014-2016\n1\t2\t3", ["1,00", "2,00", "500,00"]),
        ("Région\t1500\t2000\t1800", ["1 500,00", "2 000,00", "1 800,00"]),
    ],
)
def test_pasting_from_a_spreadsheet_shows_before_it_records(stage: Stage, text: str, cells: list[str]) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00, 2016)
    client.get(f"{plan(fiche)}/coller")
    page = client.submit(f"{plan(fiche)}/coller", {"line": "cash.operating", "text": text}, status=200)
    assert [words(str(page.select_one(f"#{cell(year)}")["value"])) for year in (2014, 2015, 2016)] == cells
    assert "pas encore enregistrés" in page.words("#funding-mine")
    assert stage.lines() == [(2016, 500_00, "intention")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Collez ici les montants."),
        ("1\t2\t3\t4", "ne tombe sous aucune année"),
        ("2019\n4", "ne tombe sous aucune année"),
        ("1\tdeux", "« deux » n’est pas un montant"),
        ("1\n2", "une seule ligne"),
        ("Région\t1\t2\t3\t4", "ne tombe sous aucune année"),
        ("\t2014\n3\t4", "ne tombe sous aucune année"),
        ("=cmd|x\t1", "« =cmd|x » n’est pas un montant"),
        ("2014\t2014\t2016\n1\t2\t3", "L’année 2014 est au-dessus de plusieurs montants"),
    ],
)
def test_what_cannot_be_pasted(stage: Stage, text: str, sentence: str) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(f"{plan(fiche)}/coller")
    answer = client.submit(f"{plan(fiche)}/coller", {"line": "cash.operating", "text": text}, status=422)
    assert sentence in wrong(answer, "text")
    assert answer.select_one("textarea").get_text().strip() == text.strip()


def test_a_line_that_is_not_offered_is_refused_in_words(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(f"{plan(fiche)}/coller")
    answer = client.submit(f"{plan(fiche)}/coller", {"line": "cash.", "text": "1\t2\t3"}, status=422)
    assert wrong(answer, "line") == "Erreur : Choisissez une des lignes proposées."
    assert answer.select_one("textarea").get_text().strip() == "1\t2\t3"


def test_hostile_text_is_shown_inert(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    client.get(plan(fiche))
    hostile = '"><script>alert(1)</script>'
    answer = send(client, contribute(fiche), 2015, amount=hostile, reason=hostile, status=422)
    assert answer.select_one(f"#{cell(2015)}")["value"] == answer.select_one("#reason")["value"] == hostile
    assert "<script>alert" not in answer.text
    send(client, contribute(fiche), 2015, amount="1", reason="x" * 2_001, status=422)
    send(client, contribute(fiche), 2015, amount="1", reason="a\x00b", status=422)
    assert stage.lines() == [(2015, 500_00, "intention")]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_line_changed_by_a_colleague(stage: Stage, htmx: bool) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    stage.promise(fiche, 500_00)
    answer = send(client, contribute(fiche), 2015, htmx=htmx, amount="300", status=409)
    assert "a changé depuis l’affichage" in wrong(answer, cell(2015))
    assert "500,00 € sont enregistrés" in wrong(answer, cell(2015))
    assert answer.select_one(f"#{cell(2015)}")["value"] == "300"
    assert row(answer, "Ville de Grenoble (vous)")[1] == "500,00"
    assert stage.lines() == [(2015, 500_00, "intention")]
    send(client, contribute(fiche), 2015, htmx=htmx, amount="700")
    assert stage.lines() == [(2015, 700_00, "intention")]


@pytest.mark.parametrize("version", ["x", "-1", "1.5", "9" * 400, "²"])
def test_a_version_tampered_with_is_outdated(stage: Stage, version: str) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    send(client, contribute(fiche), 2015, amount="300", **{"seen-cash-operating-2015": version}, status=409)
    assert stage.lines() == []


def test_the_partner_sent_changes_nothing(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    isere = stage.actor(partner=ISERE)
    client.get(plan(fiche))
    send(client, contribute(fiche), 2015, amount="300", partner_id=isere.partner_id, partner=ISERE)
    with stage.app.app_context():
        assert promised(isere, 2015) == 0
        assert promised(stage.actor(), 2015) == 300_00
    client.get(withdrawal(stage, fiche))
    client.submit(withdrawal(stage, fiche), {"reason": "Erreur"})
    client.get("/enveloppes")
    send(client, "/enveloppes", 2015, amount="900", partner_id=isere.partner_id)
    with stage.app.app_context():
        assert envelope(isere, 2015).amount is None
        assert envelope(stage.actor(), 2015).amount == 900_00


def test_sent_twice_takes_effect_once(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    client.get(plan(fiche))
    first = send(client, contribute(fiche), 2015, amount="300")
    second = send(client, contribute(fiche), 2015, amount="300")
    assert first.location == second.location
    assert stage.lines() == [(2015, 300_00, "intention")]
    assert stage.last().kind == "funding.contribution-announced"


def test_withdrawing_has_its_page(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    page = client.get(withdrawal(stage, fiche).removesuffix("/retirer"))
    [link] = [a for a in page.select("a") if words(a.get_text()).startswith("Retirer")]
    url = str(link["href"])
    asked = client.get(url)
    assert "au nom de la Ville de Grenoble, les 500,00 € annoncés pour 2015" in asked.words()
    missing = client.submit(url, {"reason": "  "}, status=422)
    assert wrong(missing, "reason") == "Erreur : Indiquez pourquoi vous retirez la contribution."
    done = client.submit(url, {"reason": "Le projet change."})
    shown = client.follow(done)
    assert shown.words("#statut") == "Contribution de 500,00 € pour 2015 retirée."
    assert row(shown, "Ville de Grenoble (vous)") == ["0,00", "0,00", "0,00", "0,00", "retirée"]
    assert stage.lines() == [(2015, 0, "withdrawn")]
    nothing = client.get(url, status=303)
    assert "rien à retirer" in client.follow(nothing).words("#statut")


def test_withdrawing_what_a_colleague_changed(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    url = withdrawal(stage, fiche)
    client.get(url)
    stage.promise(fiche, 800_00)
    answer = client.submit(url, {"reason": "Erreur"}, status=409)
    assert "les 800,00 € annoncés" in answer.words()
    assert answer.select_one("textarea").get_text().strip() == "Erreur"
    assert stage.lines() == [(2015, 800_00, "intention")]


def test_a_withdrawn_fiche_is_read_only(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 500_00)
    client.get(plan(fiche))
    region = stage.actor(partner=REGION)
    with stage.app.app_context():
        actions.withdraw_action(region, known(fiche), reason="Sans suite")
    send(client, contribute(fiche), 2015, amount="600", status=404)
    page = client.get(plan(fiche))
    assert "ces contributions ne comptent plus" in page.words()
    assert page.select("form[method=post]") == page.select("header form[method=post]")
    client.get(withdrawal(stage, fiche), status=404)


def test_the_summary_of_a_fiche(stage: Stage) -> None:
    fiche = stage.fiche()
    stage.promise(fiche, 500_00)
    with stage.app.test_request_context():
        whole = action_queries.whole(fiche)
        assert whole is not None
        found = queries.plan(queries.financing(fiche), whole.costs, None)
        said = render_template("funding/_summary.html", plan=found, action=whole.action)
    assert 'id="funding-summary"' in said
    assert f'href="{plan(fiche)}"' in said
    assert "Il manque" in said


def test_an_empty_matrix(stage: Stage) -> None:
    client = stage.client()
    assert "Aucune fiche n’est encore partagée" in client.get("/financement").words()
    stage.fiche()
    assert "Aucune fiche ne répond à ce choix." in client.get("/financement?axe=3").words()
    assert "Recycleries" in client.get("/financement?axe=9&partenaire=personne&lignes=x").words()


def test_the_matrix_by_axis_fiche_and_partner(stage: Stage) -> None:
    region = stage.actor(partner=REGION)
    with stage.app.app_context():
        one = share(region, under=objective(stage.world, 1, "A"), title="Recycleries", costs=COSTS).id
        two = share(region, under=objective(stage.world, 1, "B"), title="Forum", costs={2015: 100_00}).id
    three = stage.fiche(number=3, title="Salon", costs={2014: 10_00})
    stage.promise(one, 15_000_00)
    stage.promise(one, 5_000_00, 2016, ISERE)
    stage.promise(two, 100_00, partner=METRO)
    stage.promise(three, 30_00, 2014, ISERE)
    page = stage.client().get("/financement")
    table = "#matrice table"
    assert row(page, "Recycleries", table)[1:7] == [
        "0,00",
        "15 000,00",
        "5 000,00",
        "20 000,00",
        "35 000,50",
        "manque 15 000,50",
    ]
    assert row(page, "Forum", table)[4:7] == ["100,00", "100,00", "équilibré"]
    assert row(page, "Sous-total objectif A, Objectif A", table)[4:7] == ["20 000,00", "35 000,50", "manque 15 000,50"]
    assert row(page, "Sous-total axe 1", table)[1:6] == ["0,00", "15 100,00", "5 000,00", "20 100,00", "35 100,50"]
    assert row(page, "Sous-total axe 3", table)[6] == "dépasse de 20,00"
    assert row(page, "Contrat, 2 axes", table)[:6] == [
        "30,00",
        "15 100,00",
        "5 000,00",
        "20 130,00",
        "35 110,50",
        "manque 14 980,50",
    ]
    assert row(page, "Ville de Grenoble (vous)", table)[1:5] == ["0,00", "15 000,00", "0,00", "15 000,00"]
    assert len(page.select("#matrice tr.mine")) == 1
    assert "Il manque 14 980,50 € pour couvrir le coût des 3 fiches-actions, 35 110,50 €." in page.words(
        "#funding-lead"
    )
    assert "soit 57,3 %." in page.words("#funding-lead")
    assert "dépassent le coût, de 20,00 €. Sans elle, il manquerait 15 000,50 €." in page.words("#funding-lead")
    bars = [words(str(bar["aria-label"])) for bar in page.select("svg.bar[role=img]")]
    assert bars[1] == "2015 : axe 1 15 100,00 € ; axe 3 0,00 € ; manque 5 000,50 €"
    assert [bar[:4] for bar in bars] == ["2014", "2015", "2016"]
    inside = [words(text.get_text()) for text in page.select("svg.bar text:not(.missing-text)")]
    beside = [words(text.get_text()) for text in page.select(".bar-amounts .always")]
    assert (inside, beside) == (["15 100", "5 000"], ["30"]), "no amount is left out"


def test_the_matrix_of_one_financer(stage: Stage) -> None:
    one = stage.fiche()
    stage.fiche(title="Forum")
    stage.promise(one, 15_000_00)
    stage.promise(one, 5_000_00, 2016, ISERE)
    lent = stage.fiche(title="Fonds de garantie")
    actor = stage.actor()
    with stage.app.app_context():
        operations.announce_contribution(actor, known(lent), year=2015, amount=900_00, form="instrument")
        operations.announce_contribution(actor, known(one), year=2016, amount=900_00, form="in_kind")
    page = stage.client().get(f"/financement?partenaire={GRENOBLE}")
    assert row(page, "Recycleries", "#matrice table")[1:7] == [
        "0,00",
        "15 000,00",
        "0,00",
        "15 000,00",
        "35 000,50",
        "42,9 %",
    ]
    assert row(page, "Recycleries", "#matrice table")[-1] == "intention", "what is given in 2016 hides no stage of 2015"
    assert "Forum" not in page.words("#matrice table")
    assert page.words("#funding-lead") == (
        "La Ville de Grenoble prévoit 15 000,00 € pour une fiche-action, soit 42,9 % du coût."
    ), "a loan is shown apart, and its fiche is none that the money goes to"
    assert "Fonds de garantie" in page.words("#matrice table")
    assert page.select_one(f'option[value="{GRENOBLE}"]').has_attr("selected")
    assert [str(option["value"]) for option in page.select("#filtre-axe option")] == ["", "1", "2", "3"]


def test_envelopes_to_declare(stage: Stage) -> None:
    client = stage.client()
    stage.promise(stage.fiche(), 500_00)
    page = client.get("/enveloppes")
    assert "Non déclarée. 500,00 € annoncés, toutes fiches comprises." in page.words("#exercice-2015")
    undeclared = [["non déclarée", said, ""] for said in ("0,00", "500,00", "0,00")]
    assert row(page, "Ville de Grenoble (vous)", "main table") == [cell for year in undeclared for cell in year]
    below = send(client, "/enveloppes", 2015, amount="499,99", hard="y", status=409)
    assert "s’élèvent déjà à 500,00 €" in wrong(below, "enveloppe-2015")
    assert below.select_one("#plafond-2015").has_attr("checked")
    done = client.follow(send(client, "/enveloppes", 2015, amount="1.200,5", hard="y"))
    assert done.words("#statut") == "Enveloppe de 2015 déclarée : 1 200,50 €."
    done = client.get("/enveloppes")
    assert row(done, "Ville de Grenoble (vous)", "main table")[3:6] == ["1 200,50 plafond", "500,00", "700,50"]
    assert row(done, "Total", "main table")[3:6] == ["1 200,50", "500,00", "700,50"]
    send(client, "/enveloppes", 2015, amount="1200,50", hard="y", status=409)
    assert "pourquoi" in wrong(send(client, "/enveloppes", 2015, amount="100", status=422), "motif-2015")
    client.follow(send(client, "/enveloppes", 2015, amount="100", reason="Arbitrage."))
    soft = client.get("/enveloppes")
    assert row(soft, "Ville de Grenoble (vous)", "main table")[3:6] == ["100,00", "500,00", "dépassée de 400,00"]


@pytest.mark.parametrize(("typed", "status"), [("", 422), ("abc", 422), ("-1", 422), ("0", 303)])
def test_envelopes_are_amounts(stage: Stage, typed: str, status: int) -> None:
    client = stage.client()
    client.get("/enveloppes")
    answer = send(client, "/enveloppes", 2014, amount=typed, status=status)
    if status == 422:
        assert wrong(answer, "enveloppe-2014").startswith("Erreur : ")
        assert answer.select_one("#enveloppe-2014")["value"] == typed


def test_an_envelope_changed_by_a_colleague(stage: Stage) -> None:
    client = stage.client()
    client.get("/enveloppes")
    stage.declare(700_00)
    answer = send(client, "/enveloppes", 2015, amount="300", status=409)
    assert "a changé depuis l’affichage" in answer.words(".error-summary")
    assert answer.select_one("#enveloppe-2015")["value"] == "300"
    send(client, "/enveloppes", 2015, amount="300", reason="Arbitrage.")


@pytest.mark.parametrize(("role", "partner"), [("auditor", None), ("contributor", ISERE), ("secretariat", REGION)])
def test_others_read_the_envelopes(stage: Stage, role: str, partner: str | None) -> None:
    stage.declare(700_00)
    page = stage.client(role, partner).get("/enveloppes")
    assert row(page, "Ville de Grenoble", "main table")[3] == "700,00 plafond"
    assert len(page.select("main table tbody tr")) == 20
    assert page.select("main form") == []


def counted(client: Client, url: str) -> int:
    """The statements of a page: the least of three, since the frame reads its own facts once a minute."""

    def one() -> int:
        with statements() as seen:
            client.get(url)
        return len(seen)

    return min(one(), one(), one())


def test_statements_do_not_grow(stage: Stage) -> None:
    """The plan page with one and many financers, the matrix and the envelopes with 1, 25 and 100 fiches."""
    fiche, client = stage.fiche(), stage.client()
    stage.promise(fiche, 1_00)
    grenoble, region = stage.actor(), stage.actor(partner=REGION)

    def now() -> list[int]:
        return [counted(client, url) for url in (plan(fiche), "/financement", "/enveloppes")]

    first = now()
    assert first[0] <= 6
    assert first[1] <= 6
    assert first[2] <= 4
    for number in (24, 75):
        with stage.app.app_context():
            others = [stage.world.actor("representative", key) for key in (REGION, ISERE, METRO)]
            for place in range(number):
                action = share(region, 1 + place % 3, title=f"Fiche {place}", costs=COSTS)
                announce(grenoble, action, 100)
            for other in others:
                announce(other, known(fiche), 100 + number)
        assert now() == first


def test_a_contribution_takes_few_statements(stage: Stage) -> None:
    fiche, client = stage.fiche(), stage.client()
    stage.declare(1_000_00)
    stage.promise(fiche, 1_00)
    client.get(plan(fiche))
    with statements() as seen:
        send(client, contribute(fiche), 2015, amount="2")
    assert len(seen) <= 12, seen


def test_taxes_are_told_and_costs_are_not_mixed_in_silence(stage: Stage) -> None:
    first = stage.fiche(cost_basis="ht")
    client = stage.client()
    assert "Les coûts sont hors taxes (HT)." in client.get("/financement").words("#matrice")
    for page in (f"/actions/{first}/financement", f"/actions/{first}"):
        assert "hors taxes (HT)" in client.get(page).words("#funding-totals")
    stage.fiche(cost_basis="ttc")
    second = client.get(f"/actions/{stage.fiche()}/financement").words("#funding-totals")
    told = client.get("/financement").words("#matrice").replace("\u00a0", " ")
    assert "sans conversion. Fiches TTC : 1, HT : 1, à compléter : 1." in told
    assert "HT ou TTC : à compléter" in second.replace("\u00a0", " ")
