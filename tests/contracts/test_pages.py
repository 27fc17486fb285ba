"""The pages of the contract, as readers and the secretariat meet them."""

from __future__ import annotations

from datetime import date

import pytest

from cocon.contracts import operations, queries, reference
from tests.actions.making import statements
from tests.web.making import GRENOBLE, REGION, Stage, token

pytestmark = pytest.mark.template("reference")
NEW = {"axis": "1", "letter": "A", "title": "Faire connaître l’ESS"}
DATES = {"opens_on": "2014-01-06", "closes_on": "2014-03-31", "reason": "Premier appel à propositions."}


def add(stage: Stage, letter: str, *, fictional: bool = False, title: str = "Un objectif") -> None:
    with stage.app.app_context():
        office = stage.world.actor("secretariat", REGION)
        operations.add_objective(office, queries.axes()[0], letter=letter, title=title, fictional=fictional)


def close_proposing(stage: Stage, reason: str = "Close.") -> None:
    with stage.app.app_context():
        office, window = stage.world.actor("secretariat", REGION), queries.window("proposing")
        assert window is not None
        operations.set_window(office, window, opens_on=None, closes_on=date(2014, 1, 5), reason=reason)


def test_the_contract_shows_each_figure_with_its_source(stage: Stage) -> None:
    page = stage.client("reader", GRENOBLE).get("/contrat")
    rows = page.select("#chiffres tbody tr")
    assert len(rows) == len(reference.read()["figures"]) > 20
    assert all(row.select("td")[-1].get_text(strip=True) for row in rows)
    text = page.words()
    for shown in ("33 816 491 €", "2 387 500 €", "3,6 %", "-0,8 %", "117 dossiers", "15 novembre 2014"):
        assert shown in text
    assert "aucune source publique ne le donne" in text
    assert len(page.select("#chiffres a[href^='https://']")) >= 4


def test_the_official_objectives_stand_word_for_word(stage: Stage) -> None:
    words = stage.client("reader", GRENOBLE).get("/contrat").words("#axes")
    assert "« promouvoir l’ESS, vecteur de connaissance auprès du grand public afin qu’il en devienne acteur" in words
    assert "plateforme Rhône-Alpesolidaires" in words
    assert words.count("n’a pas encore d’objectif") == 3


def test_predecessors_say_only_what_is_known(stage: Stage) -> None:
    words = stage.client("reader", GRENOBLE).get("/contrat").words("#precedents")
    assert "Délibération 07.04.402" in words
    assert "les sources ne donnent pas la dernière année" in words
    assert "2011 à 2013" in words
    assert "2007 à" not in words


def test_fictional_objectives_say_so(stage: Stage) -> None:
    add(stage, "A", fictional=True, title="Inventé")
    add(stage, "B", title="Réel")
    words = stage.client("reader", GRENOBLE).get("/contrat").words("#axes")
    assert "Inventé (fictif, démonstration)" in words
    assert "Réel (fictif" not in words


def test_readers_see_no_act(stage: Stage) -> None:
    page = stage.client("representative", GRENOBLE).get("/contrat")
    assert page.select("a[href*='/contrat/objectifs'], a[href*='/contrat/periodes']") == []
    assert "Seul le secrétariat change ces dates" in page.words()


@pytest.mark.parametrize("at", ["/contrat/objectifs", "/contrat/periodes/proposing"])
def test_setting_is_for_the_secretariat(stage: Stage, at: str) -> None:
    client = stage.client("representative", REGION)
    client.get(at, status=404)
    client.post(at, {**NEW, **DATES, "version": "1", "csrf_token": token(stage, client)}, status=404)


def test_an_objective_is_added_with_the_next_free_letter(stage: Stage) -> None:
    add(stage, "A")
    client = stage.secretariat()
    page = client.get("/contrat?axe=1")
    link = page.select("a[href*='/contrat/objectifs']")[0]["href"]
    form = client.get(str(link))
    assert form.select_one("[name=letter]")["value"] == "B"
    assert form.select_one("[name=axis][checked]")["value"] == "1"
    answer = client.submit("/contrat/objectifs", {"title": "Animer le portail"})
    assert answer.location == "/contrat#axes"
    page = client.follow(answer)
    assert "L’objectif 1.B est ajouté." in page.words("#statut")
    assert "1.B Animer le portail" in page.words("#axes")


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"title": " "}, 422, "Écrivez l’intitulé"),
        ({"title": "x" * 201}, 422, "trop long"),
        ({"letter": ""}, 422, "Écrivez la lettre"),
        ({"letter": "É"}, 422, "une seule lettre"),
        ({"letter": "AB"}, 422, "une seule lettre"),
        ({"axis": "9"}, 422, "Choisissez l’axe"),
        ({"axis": None}, 422, "Choisissez l’axe"),
        ({"letter": "b"}, 409, "déjà un objectif de cette lettre"),
    ],
)
def test_a_refused_objective_says_why(stage: Stage, typed: dict[str, str], status: int, said: str) -> None:
    add(stage, "B")
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    before = stage.digest()
    page = client.post("/contrat/objectifs", {**NEW, **typed}, status=status)
    assert said in page.words(".error-summary")
    assert page.select_one("title").get_text().startswith("Erreur\u00a0: ")
    assert page.select_one("[name=title]")["value"] == (typed.get("title", NEW["title"]) or "").strip()
    assert stage.digest() == before


def test_lower_case_letters_are_understood(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/objectifs")
    client.submit("/contrat/objectifs", {**NEW, "letter": " c "})
    assert "1.C" in client.get("/contrat").words("#axes")


def test_after_z_no_letter_is_offered(stage: Stage) -> None:
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        add(stage, letter)
    client = stage.secretariat()
    assert client.get("/contrat/objectifs?axe=1").select_one("[name=letter]")["value"] == ""
    assert client.get("/contrat").select("a[href$='axe=1']") == []


def test_a_period_is_set(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/periodes/proposing")
    answer = client.submit("/contrat/periodes/proposing", DATES)
    page = client.follow(answer)
    row = page.select("#periodes tbody tr")[0].get_text(" ", strip=True)
    assert "Proposer" in row
    assert "06/01/2014" in row
    assert "31/03/2014" in row
    assert "Premier appel à propositions." in row
    form = client.get("/contrat/periodes/proposing")
    assert form.select_one("[name=opens_on]")["value"] == "2014-01-06"
    assert form.select_one("[name=reason]").get_text().strip() == ""


def test_dates_typed_by_hand_are_understood(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/periodes/deciding")
    client.submit("/contrat/periodes/deciding", {**DATES, "opens_on": "", "closes_on": "31/12/2016"})
    assert "31/12/2016" in client.get("/contrat").words("#periodes")


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"reason": ""}, 422, "Dites pourquoi"),
        ({"reason": "x" * 1001}, 422, "trop long"),
        ({"opens_on": "demain"}, 422, "par exemple 15/11/2014"),
        ({"closes_on": "2014-02-30"}, 422, "par exemple 15/11/2014"),
        ({"closes_on": "0201-03-31"}, 422, "vérifiez l’année"),
        ({"closes_on": "2014-01-01"}, 409, "ne peut finir avant de commencer"),
        ({"opens_on": "", "closes_on": ""}, 409, "rien à changer"),
    ],
)
def test_a_refused_period_says_why(stage: Stage, typed: dict[str, str], status: int, said: str) -> None:
    client = stage.secretariat()
    client.get("/contrat/periodes/proposing")
    before = stage.digest()
    page = client.submit("/contrat/periodes/proposing", {**DATES, **typed}, status=status)
    assert said in page.words(".error-summary")
    for name in ("opens_on", "closes_on"):
        assert page.select_one(f"[name={name}]")["value"] == typed.get(name, DATES[name])
    assert stage.digest() == before


def test_a_stale_period_is_not_overwritten(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/periodes/proposing")
    close_proposing(stage)
    before = stage.digest()
    page = client.submit("/contrat/periodes/proposing", DATES, status=409)
    assert "a changé depuis l’affichage" in page.words(".error-summary")
    assert page.select_one("[name=reason]").get_text().strip() == DATES["reason"]
    assert "5 janvier 2014" in page.words("#actuelles")
    assert stage.digest() == before
    client.submit("/contrat/periodes/proposing", DATES)


def test_a_closed_period_is_shown_closed(stage: Stage) -> None:
    close_proposing(stage, "<b>Assez</b>")
    page = stage.client("reader", GRENOBLE).get("/contrat")
    assert "Proposer partager une nouvelle fiche-action close" in page.words("#periodes")
    assert "<b>Assez</b>" in page.words("#periodes")
    assert page.select("#periodes b") == []


def test_an_unknown_period_is_no_page(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat/periodes/sleeping", status=404)


def test_the_contract_costs_six_statements_whatever_it_holds(stage: Stage) -> None:
    client = stage.secretariat()
    client.get("/contrat")
    counts = []
    for letter in "AB":
        add(stage, letter)
        with statements() as sent:
            client.get("/contrat")
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 6
