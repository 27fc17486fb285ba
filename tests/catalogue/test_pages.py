"""The list of fiches and the saved views, as people meet them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from cocon.actions import operations
from cocon.catalogue import saved
from cocon.discussion import operations as discussion
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, ISERE, METRO, csrf, known, share, signed_in, statements
from tests.factories import World
from tests.support.client import Client

both = pytest.mark.engines("sqlite", "postgresql")
pytestmark = pytest.mark.engines("sqlite")


@dataclass
class Stage:
    """The installed contract, people and their browsers."""

    app: Flask
    world: World

    def actor(self, role: str = "representative", partner: str | None = GRENOBLE) -> Actor:
        """Somebody who holds that role."""
        with self.app.app_context():
            return self.world.actor(role, partner)

    def client(self, role: str = "representative", partner: str | None = GRENOBLE) -> Client:
        """A browser where they are signed in."""
        return signed_in(self.app, self.world, self.actor(role, partner))

    def share(self, partner: str = GRENOBLE, number: int = 1, times: int = 1, **said: Any) -> str:
        """The identifier of a fiche that a partner shared."""
        with self.app.app_context():
            owner = self.world.actor("representative", partner)
            return [share(owner, number, **said).id for _time in range(times)][-1]


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    with app.app_context():
        return Stage(app, World.installed())


@both
def test_the_list_is_filtered_by_its_address(stage: Stage) -> None:
    stage.share(title="Recycleries")
    stage.share(METRO, number=2, title="Pôles", costs={2014: 100})
    client = stage.client()
    page = client.get("/actions")
    assert page.words("#resultats") == "2 fiches"
    assert page.words("tr.mine th").startswith("Recycleries")
    links = {str(link["href"]): link.parent.get_text(" ") for link in page.select(".facets a") if link.parent}
    assert "(1)" in links[f"/actions?partenaire={METRO}"]
    assert "(1)" in links["/actions?manque=oui"]
    page = client.get(f"/actions?axe=2&statut=shared&partenaire={METRO}&q=poles")
    assert page.words("#resultats") == "1 fiche"
    assert page.words("mark") == "Pôles"
    assert page.select_one("#filtre-q")["value"] == "poles"
    assert page.select_one('form.finder input[type=hidden][name="axe"]')["value"] == "2"
    removals = [str(link["href"]) for link in page.select(".chosen a")]
    assert f"/actions?q=poles&axe=2&partenaire={METRO}" in removals
    assert removals[-1] == "/actions"


def test_whatever_is_typed_is_answered_in_words(stage: Stage) -> None:
    stage.share(title="Recycleries")
    client = stage.client()
    odd = ("axe=x&statut=y&partenaire=z", "axe=99999999999999999999", "apres=%00", "objectif=1.AA&tri=x&vue=y")
    for query in (*odd, "apres=1.01&depuis=%00&tri=titre", "apres=1.01&depuis=9999999999999999999999&tri=cout"):
        client.get(f"/actions?{query}")
    for text in (
        *(
            '"',
            "'",
            "(",
            ")",
            "*",
            "^",
            ":",
            "-",
            "+",
            "NEAR(a b)",
            "title:x",
            "a AND",
            "OR",
            "NOT b",
            '"a',
            "{x}",
            "a:*A",
        ),
        *(
            "\x00\x01",
            "%",
            "_",
            "\\",
            "😀",
            "\u202eabc",
            "<script>alert(1)</script>",
            "'; DROP TABLE action;--",
            "''':*",
        ),
    ):
        page = client.get(f"/actions?q={quote(text)}")
        assert not page.select("script:not([src])")
    assert client.get("/actions?q=%22recyclerie%22").words("#resultats") == "1 fiche"
    long = client.get("/actions?q=" + "a" * 10_000, status=422)
    assert "trop long" in long.words("#resultats")
    assert "12 mots au plus" in client.get("/actions?q=" + "+".join(f"mot{n}" for n in range(13)), status=422).words()


def test_each_emptiness_says_why(stage: Stage) -> None:
    assert stage.client("contributor").get("/actions").select('.empty a[href="/actions/nouvelle"]')
    page = stage.client("auditor", None).get("/actions")
    assert not page.select('a[href="/actions/nouvelle"]')
    assert "Aucune fiche n’est encore partagée" in page.words()
    stage.share()
    client = stage.client()
    page = client.get("/actions?q=rien&axe=1")
    assert "Aucune fiche ne répond" in page.words(".empty")
    assert [str(link["href"]) for link in page.select(".empty a")] == ["/actions?axe=1", "/actions?q=rien", "/actions"]
    page = client.get("/actions?q=de+la&axe=1")
    assert "trop courants" in page.words(".empty")
    assert page.select('.empty a[href="/actions?axe=1"]')
    assert not page.select(".facets")


def test_looking_for_a_code_leads_to_its_fiche(stage: Stage) -> None:
    action_id = stage.share()
    client = stage.client("auditor", None)
    for code in ("1.01", " 1.01 "):
        assert client.get(f"/actions?q={code}", status=302).location == f"/actions/{action_id}"
    for text in ("1.02", "1.1", "01", "1.01 autre"):
        client.get(f"/actions?q={text}")


def test_words_are_marked_and_nothing_of_a_text_is_html(stage: Stage) -> None:
    stage.share(title="<b>Titre</b> solidaire", content="Avant. <img src=x onerror=alert(1)> solidaires & après." * 20)
    page = stage.client().get("/actions?q=solidaire")
    assert not page.select("main img, main tbody b")
    assert page.words("tbody th a") == "<b>Titre</b> solidaire"
    assert page.words(".excerpt mark:first-of-type") == "solidaires"
    assert page.words(".excerpt").startswith("Avant. <img src=x onerror=alert(1)> solidaires & après.")


@both
def test_the_list_keeps_its_filters_from_page_to_page(stage: Stage) -> None:
    stage.share(times=27, title="Été", costs={2014: 5})
    client = stage.client("reader")
    for query in ("statut=shared", "q=ete", "tri=titre", "tri=manque&statut=shared"):
        page = client.get(f"/actions?{query}")
        assert page.words("#resultats") == "27 fiches"
        page = client.get(str(page.select_one("a[rel=next]")["href"]))
        assert [cell.get_text() for cell in page.select("tbody td:first-child")] == ["1.26", "1.27"]
        assert page.words("#resultats") == "27 fiches"
        assert page.select(".pagination a[href^='/actions?']")


def test_headings_sort(stage: Stage) -> None:
    stage.share(title="Zèbre", costs={2014: 5})
    stage.share(title="Âne", costs={2014: 900})
    client = stage.client()
    page = client.get("/actions")
    assert page.words("th[aria-sort]").startswith("Code")
    for sort, order in (("titre", ["1.02", "1.01"]), ("cout", ["1.02", "1.01"])):
        page = client.get(str(client.get("/actions").select_one(f'thead a[href="/actions?tri={sort}"]')["href"]))
        assert [cell.get_text() for cell in page.select("tbody td:first-child")] == order
        assert page.select("th[aria-sort]")


def test_columns_by_status(stage: Stage) -> None:
    stage.share(times=13)
    with stage.app.app_context():
        owner = stage.world.actor("representative", GRENOBLE)
        operations.withdraw_action(owner, known(stage.share(title="Abandonnée")), reason="r")
    page = stage.client().get("/actions?vue=statut")
    assert [heading.get_text(" ", strip=True) for heading in page.select("h3")] == ["Partagée 13", "Retirée 1"]
    assert page.words("section[aria-labelledby=statut-withdrawn] a") == "Abandonnée"
    assert page.select_one("section[aria-labelledby=statut-shared] p a")["href"] == "/actions?statut=shared"


def test_htmx_gets_the_results_their_address_and_an_announcement(stage: Stage) -> None:
    stage.share(title="Recycleries")
    client = stage.client()
    client.get("/actions")
    part = client.get("/actions?q=recycl&axe=&tri=", htmx=True)
    assert part.headers["HX-Push-Url"] == "/actions?q=recycl"
    assert part.words("#catalogue-results mark") == "Recycleries"
    assert part.words("#statut[hx-swap-oob]") == "1 fiche"
    assert not part.select("#filtre-q")
    assert "1 fiche" in client.get("/actions?q=1.01", htmx=True).words("#statut")


def test_what_is_private_is_never_found_nor_counted(stage: Stage) -> None:
    action_id = stage.share()
    with stage.app.app_context():
        author = stage.world.actor("representative", GRENOBLE)
        discussion.post_comment(author, known(action_id), text="kanari", visibility="internal")
        saved.save(author, "q=kanari", name="kanari")
    for client in (stage.client("representative", METRO), stage.client("auditor", None)):
        page = client.get("/actions?q=kanari", status=200)
        assert page.words("#resultats") == "Aucune fiche"
        assert "kanari" not in client.get("/actions").text
        assert "kanari" not in client.get("/actions/vues").text


@both
def test_a_view_is_saved_opened_renamed_and_deleted(stage: Stage) -> None:
    stage.share(title="Recycleries")
    client = stage.client()
    client.get("/actions?q=recyclerie&axe=1&inconnu=x")
    done = client.submit("/actions/vues", {"name": "Mes recycleries"})
    assert done.location == "/actions?q=recyclerie&axe=1"
    page = client.follow(done)
    assert "« Mes recycleries » est enregistrée" in page.words("#statut")
    assert page.select_one(".saved-views a[aria-current]")["href"] == "/actions?q=recyclerie&axe=1"
    rename = str(client.get("/actions/vues").select_one(".view-list a.act")["href"])
    client.get(rename)
    assert client.submit(rename, {"name": ""}, status=422).select(".error-summary")
    client.follow(client.submit(rename, {"name": "Réemploi"}))
    assert "Réemploi" in client.get("/actions").words(".saved-views")
    client.get("/actions/vues")
    assert "supprimée" in client.follow(client.submit(f"{rename}/supprimer")).words("#statut")
    assert not client.get("/actions").select(".saved-views")
    client.get(rename, status=404)


def test_views_have_limits_that_are_said(stage: Stage) -> None:
    client = stage.client()
    for number in range(saved.MOST):
        client.get("/actions?axe=1")
        client.submit("/actions/vues", {"name": f"Vue {number}"})
    client.get("/actions?axe=2")
    page = client.submit("/actions/vues", {"name": "Une de plus"}, status=409)
    assert "20 vues" in page.words(".error-summary")
    assert page.select_one("input[name=name]")["value"] == "Une de plus"
    client.get("/actions?axe=2")
    assert "déjà ce nom" in client.submit("/actions/vues", {"name": "VUÉ 3"}, status=409).words()
    client.get("/actions?axe=2")
    assert "trop long" in client.submit("/actions/vues", {"name": "x" * 81}, status=422).words()
    client.post("/actions/vues", {"name": "Rien", "filters": "inconnu=1"}, status=409)
    client.post("/actions/vues", {"name": "Fou", "filters": "q=" + "a" * 100_000}, status=409)


def test_one_s_views_are_one_s_own(stage: Stage) -> None:
    with stage.app.app_context():
        view_id = saved.save(stage.world.actor("representative", GRENOBLE), "axe=1", name="kanari").id
    for client in (stage.client("contributor"), stage.client("representative", METRO), stage.client("auditor", None)):
        client.get("/actions/vues")
        client.get(f"/actions/vues/{view_id}", status=404)
        for sent in ({"name": "x"}, {"name": ""}):
            client.post(f"/actions/vues/{view_id}", {**csrf(stage.app, client), **sent}, status=404)
        client.post(f"/actions/vues/{view_id}/supprimer", csrf(stage.app, client), status=404)


@both
@pytest.mark.parametrize("many", [24, pytest.param(1000, marks=pytest.mark.soak)])
def test_the_list_costs_five_statements_from_one_fiche_to_many(stage: Stage, many: int) -> None:
    client = stage.client()
    urls = (
        *("/actions", "/actions?q=fiche", "/actions?axe=1&manque=oui&tri=manque", "/actions?vue=statut"),
        f"/actions?finance={ISERE}",
    )

    def costs() -> list[int]:
        found = []
        for url in urls:
            with statements() as seen:
                client.get(url)
            found.append(len(seen))
        return found

    stage.share()
    client.get("/actions")
    one = costs()
    assert max(one) <= 5, one
    stage.share(times=many)
    stage.share(METRO, number=2, times=5, costs={2014: 1})
    assert costs() == one
