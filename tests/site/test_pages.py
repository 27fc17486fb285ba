"""The public pages: what anybody may read, and what French public sites owe."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cocon.signin import accounts
from tests.actions.making import statements
from tests.support.client import Client
from tests.web.making import GRENOBLE, REGION, Stage

pytestmark = [pytest.mark.template("reference"), pytest.mark.engines("sqlite")]
REPORTS = "/financement/comptes-rendus"
#: Where those who bind a partner follow its money.
MONEY = {REPORTS, "/simulations", "/financement/importer"}
OWED = ("/accessibilite", "/mentions-legales", "/donnees-personnelles", "/plan-du-site", "/aide")


def test_anybody_reads_the_contract(client: Client) -> None:
    words = client.get("/").words()
    for shown in (
        "15 novembre 2014",
        "« favoriser l’entrepreneuriat et le développement économique",
        "gestion des ressources humaines pour des emplois de qualité",
        "Partenaires régionaux (4)",
        "Partenaires territoriaux (16)",
        "Collectivité signataire n° 16 (à compléter)",
        "2 387 500 €",
        "33 816 491 €",
        "3,6 %",
        "Aucune source publique ne donne le montant total",
    ):
        assert shown in words


def test_the_home_page_leads_to_signing_in_or_to_work(stage: Stage, client: Client) -> None:
    assert client.get("/").select_one("main a.btn")["href"] == "/connexion"
    signed_in = stage.client("representative", GRENOBLE)
    assert signed_in.get("/").select_one("main a.btn")["href"] == "/espace"


def test_each_figure_of_the_home_page_has_its_source(client: Client) -> None:
    rows = client.get("/").select("#chiffres tbody tr")
    assert len(rows) == 6
    assert all(row.select("td")[-1].get_text(strip=True) for row in rows)


def test_every_page_leads_to_what_is_owed(client: Client) -> None:
    for at in ("/", "/connexion", *OWED):
        page = client.get(at)
        footer = {link["href"]: link.get_text() for link in page.select("footer a")}
        assert set(OWED) <= set(footer), at
        assert footer["/accessibilite"] == "Accessibilité\u00a0: non conforme"


def test_the_declaration_of_accessibility_follows_the_official_model(client: Client) -> None:
    page = client.get("/accessibilite")
    assert page.select_one("h1").get_text() == "Accessibilité\u00a0: non conforme"
    words = page.words()
    for told in (
        "article 47 de la loi n° 2005-102",
        "n’est pas conforme",
        "aucun audit",
        "Défenseur des droits",
        "71120",
    ):
        assert told in words
    assert len(page.select("h2")) == 7


@pytest.mark.parametrize("at", ["/accessibilite", "/mentions-legales", "/donnees-personnelles"])
def test_what_only_the_operator_knows_is_left_to_them(client: Client, at: str) -> None:
    assert "à compléter par l’exploitant" in client.get(at).words()


def test_the_durations_told_are_those_of_the_product(client: Client) -> None:
    words = client.get("/donnees-personnelles").words()
    assert "vingt heures au plus" in words
    assert timedelta(hours=20) == accounts.LIFE
    assert "une heure et quart" in words
    assert timedelta(hours=1, minutes=15) == accounts.FORGET + accounts.LONGEST_WAIT


def test_help_explains_the_eight_things(client: Client) -> None:
    page = client.get("/aide")
    wanted = ["se-connecter", "proposer", "ecrire", "financer", "argent", "avis", "suivre", "verifier"]
    assert [section["id"] for section in page.select("main section")][:8] == wanted
    for link in page.select("main a[href^='/']"):
        assert client.get(str(link["href"]), status=None).status in (200, 404)


@pytest.mark.parametrize(
    ("role", "partner", "sees", "not_sees"),
    [
        ("representative", GRENOBLE, {"/espace", "/contrat", *MONEY}, {"/audit", "/contrat/objectifs"}),
        ("secretariat", REGION, {"/audit", "/audit/exporter", "/contrat/objectifs"}, {"/actions/nouvelle"}),
        ("auditor", None, {"/audit/verifier", "/partenaires", REPORTS}, {"/contrat/objectifs", *MONEY} - {REPORTS}),
        ("admin", None, {"/audit", "/audit/verifier"}, {"/audit/exporter"}),
    ],
)
def test_the_map_shows_what_opens(
    stage: Stage, role: str, partner: str | None, sees: set[str], not_sees: set[str]
) -> None:
    client = stage.client(role, partner)
    links = {str(link["href"]) for link in client.get("/plan-du-site").select("main a")}
    assert sees <= links
    assert not links & not_sees
    for link in links:
        assert client.http.get(link).status_code == 200, link


def test_the_map_of_a_visitor(client: Client) -> None:
    links = [str(link["href"]) for link in client.get("/plan-du-site").select("main a")]
    assert "/connexion" in links
    assert "/espace" not in links


def test_the_home_page_costs_few_statements(client: Client) -> None:
    client.get("/")
    with statements() as sent:
        client.get("/")
    assert len(sent) <= 4
