"""The pages of suggestions: two people, with and without htmx; what is typed is kept; hostile text is inert."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.actions.making import GRENOBLE, ISERE, REGION, close, known, share
from tests.dossier.making import Stage
from tests.suggestions.making import CONTENT, accept, change, found, guest, other, owner, refuse, suggest

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> \"'&amp; {{ 7 * 7 }} \u202etxet\u202c 🚲"


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


@pytest.fixture
def fiche(stage: Stage) -> str:
    """A fiche of the Région."""
    with stage.acting() as world:
        return share(owner(world), title="Recycleries", content=CONTENT, costs={2014: 100_000_00}).id


def made(stage: Stage, act: Callable[..., Any], *args: Any, actor: Callable[..., Any] = guest) -> str:
    """What somebody did behind the pages; the identifier of the suggestion."""
    with stage.acting() as world:
        return str(act(actor(world), *args).id)


def test_two_people_go_from_a_suggestion_to_a_version_that_names_its_author(stage: Stage, fiche: str) -> None:
    author, writer = stage.client(partner=GRENOBLE), stage.client(partner=REGION)
    page = author.get(f"/actions/{fiche}")
    author.get(str(page.select_one("#ce-qui-sera-fait a[href*=champ]")["href"]))
    new = f"/actions/{fiche}/suggestions/nouvelle?champ=content"
    typed = {"proposed": CONTENT.replace("douze", "treize"), "reason": "Une commune nous a rejoints."}
    said = author.follow(author.submit(new, typed))
    assert "Votre suggestion est transmise" in said.words("#statut")
    assert [one.get_text() for one in said.select("article ins, article del")] == [
        "début du retrait douze fin du retrait",
        "début de l’ajout treize fin de l’ajout",
    ]
    assert said.select("form[action$=accepter]") == []
    assert len(said.select("form[action$=retirer]")) == 1
    assert "Réponse à votre suggestion sur la fiche 1.01" in author.get("/espace").words("#en-attente")
    task = writer.get("/espace")
    assert "Répondre à 1 suggestion sur la fiche 1.01, Recycleries" in task.words("#a-faire")
    assert "Répondre à 1 suggestion" in writer.get(f"/actions/{fiche}").words(".actions")
    listed = writer.get(f"/actions/{fiche}/suggestions")
    accepted = writer.submit(str(listed.select_one("form[action$=accepter]")["action"]))
    assert "#suggestion-" in accepted.location
    assert "acceptée, à appliquer" in writer.follow(accepted).words("article")
    assert "Appliquer 1 suggestion acceptée" in writer.get("/espace").words("#a-faire")
    writer.get(f"/actions/{fiche}/suggestions")
    done = writer.follow(writer.submit(f"/actions/{fiche}/suggestions/appliquer"))
    assert "La version 2 est publiée avec la suggestion acceptée." in done.words("#statut")
    assert "treize communes" in done.words("#ce-qui-sera-fait")
    assert "Representative ville-grenoble (Ville de Grenoble)" in writer.get(f"/actions/{fiche}/versions").words()
    recent = author.get("/espace").words("#recemment")
    assert "a accepté, au nom de la Région Rhône-Alpes, la modification du champ « Ce qui sera fait »" in recent
    assert "suggérée par la Ville de Grenoble" in recent
    settled = author.get(f"/actions/{fiche}/suggestions?etat=reglees")
    assert "dans la version 2" in settled.words("article")


def test_accepting_with_htmx_swaps_the_list_and_says_so(stage: Stage, fiche: str) -> None:
    mine = made(stage, change, _known(stage, fiche), "douze", "treize")
    theirs = made(stage, change, _known(stage, fiche), "douze", "vingt", actor=other)
    writer = stage.client(partner=REGION)
    writer.get(f"/actions/{fiche}/suggestions")
    part = writer.submit(f"/actions/{fiche}/suggestions/{mine}/accepter", htmx=True)
    assert "elle reste à appliquer" in part.words("#statut")
    assert part.select_one(f"#suggestion-{mine}").has_attr("data-focus")
    assert "à revoir avant d’accepter" in part.words(f"#suggestion-{theirs}")
    assert part.select(f"#suggestion-{theirs} form[action$=accepter]") == []
    assert "Appliquer la suggestion acceptée" in part.words(".actions")


def test_refusing_asks_why_and_the_author_reads_it(stage: Stage, fiche: str) -> None:
    mine = made(stage, change, _known(stage, fiche), "douze", "treize")
    writer = stage.client(partner=REGION)
    url = f"/actions/{fiche}/suggestions/{mine}/refuser"
    writer.get(url)
    silent = writer.submit(url, {"reason": " "}, status=422)
    assert "Dites pourquoi la suggestion est refusée." in silent.words(".error-summary")
    writer.submit(url, {"reason": "La convention en nomme douze."})
    read = stage.client(partner=GRENOBLE).get(f"/actions/{fiche}/suggestions?etat=reglees").words("article")
    assert "Refusée par Representative region-rhone-alpes : « La convention en nomme douze. »" in read


def test_an_outdated_suggestion_keeps_what_was_typed(stage: Stage, fiche: str) -> None:
    author = stage.client()
    new = f"/actions/{fiche}/suggestions/nouvelle?champ=content"
    author.get(new)
    typed = CONTENT.replace("douze", "treize")
    stage.revise(fiche)
    answer = author.submit(new, {"proposed": typed, "reason": "Mieux."}, status=409)
    assert answer.select_one("textarea[name=proposed]").get_text().strip() == typed
    assert "Rien de ce que vous avez écrit n’est perdu." in answer.words()
    assert answer.words(".notice.alert .compared").startswith("début de l’ajout Une camionnette")
    author.submit(new, {"proposed": typed, "reason": "Mieux."})


def test_editing_before_accepting_shows_the_text_that_moved(stage: Stage, fiche: str) -> None:
    mine = made(stage, change, _known(stage, fiche), "douze", "treize")
    writer = stage.client(partner=REGION)
    url = f"/actions/{fiche}/suggestions/{mine}/modifier"
    assert "treize" in writer.get(url).select_one("textarea[name=edited]").get_text()
    theirs = made(stage, change, _known(stage, fiche), "Un atelier", "Un grand atelier", actor=other)
    with stage.acting() as world:
        accept(owner(world), found(theirs))
    moved = writer.submit(url, {"edited": "Tout autre chose."}, status=409)
    assert moved.select_one("textarea[name=edited]").get_text().strip() == "Tout autre chose."
    assert "Un grand atelier" in moved.words("#en-cours")
    writer.submit(url, {"edited": "Tout autre chose."})
    listed = writer.get(f"/actions/{fiche}/suggestions").words("#suggestions-list")
    assert "Texte modifié par l’organisation qui a proposé la fiche" in listed


def test_somebody_answered_first(stage: Stage, fiche: str) -> None:
    mine = made(stage, change, _known(stage, fiche), "douze", "treize")
    writer = stage.client(partner=REGION)
    writer.get(f"/actions/{fiche}/suggestions")
    with stage.acting() as world:
        refuse(owner(world), found(mine))
    late = writer.submit(f"/actions/{fiche}/suggestions/{mine}/accepter", status=409)
    assert "elle est déjà réglée" in late.words(".error-summary")
    assert "Cette suggestion est déjà réglée" in writer.get(f"/actions/{fiche}/suggestions/{mine}/refuser").words()
    nothing = writer.post(f"/actions/{fiche}/suggestions/appliquer", {"version": "1"}, status=409)
    assert "Aucune suggestion acceptée" in nothing.words(".error-summary")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"proposed": ""}, "Ce champ ne peut pas rester vide."),
        ({"proposed": "x" * 20_001}, "Ce texte est trop long"),
        ({"proposed": "x" * 1_000_000}, "Ce texte est trop long"),
        ({"proposed": "Un \x00 nul"}, "caractères de commande"),
        ({"reason": ""}, "Dites pourquoi vous suggérez ce changement."),
        ({"reason": "y" * 2_001}, "Ce texte est trop long"),
    ],
)
def test_bad_input_is_explained_next_to_its_field_and_kept(
    stage: Stage, fiche: str, typed: dict[str, str], said: str
) -> None:
    author = stage.client()
    new = f"/actions/{fiche}/suggestions/nouvelle?champ=content"
    author.get(new)
    answer = author.submit(new, {"proposed": "Autre texte.", "reason": "Mieux.", **typed}, status=422)
    assert said in answer.words(".error-summary")
    (name,) = typed
    kept = answer.select_one(f"textarea[name={name}]").get_text().strip()
    assert kept == typed[name].replace("\x00", "\ufffd")


def test_the_same_text_suggests_nothing(stage: Stage, fiche: str) -> None:
    author = stage.client()
    new = f"/actions/{fiche}/suggestions/nouvelle?champ=content"
    author.get(new)
    assert "modifiez-le pour suggérer" in author.submit(new, {"reason": "?"}, status=409).words(".error-summary")
    author.get(f"/actions/{fiche}/suggestions/nouvelle?champ=summary", status=404)


def test_hostile_text_is_shown_inert(stage: Stage, fiche: str) -> None:
    with stage.acting() as world:
        mine = suggest(guest(world), known(fiche), HOSTILE).id
        theirs = suggest(other(world), known(fiche), HOSTILE, field="title").id
    writer = stage.client(partner=REGION)
    below = f"/actions/{fiche}/suggestions"
    for page in ("", f"/{mine}/modifier", f"/{mine}/refuser"):
        answer = writer.get(below + page)
        assert answer.select("main script, main img") == []
        assert "{{ 7 * 7 }}" in answer.text
    writer.get(below)
    for one in (mine, theirs):
        writer.submit(f"{below}/{one}/accepter")
        writer.get(below)
    writer.submit(f"{below}/appliquer")
    for page in (
        f"/actions/{fiche}/comparer",
        f"/actions/{fiche}/comparer?vue=cote-a-cote",
        f"/actions/{fiche}/historique",
    ):
        assert writer.get(page).select("main script, main img") == []


def test_a_closed_period_says_until_when(stage: Stage, fiche: str) -> None:
    mine = made(stage, change, _known(stage, fiche), "douze", "treize")
    with stage.acting() as world:
        close(world, "discussing")
    author, writer = stage.client(), stage.client(partner=REGION)
    new = f"/actions/{fiche}/suggestions/nouvelle?champ=content"
    assert "La période d’échanges n’est pas ouverte" in author.get(new).words()
    author.submit(new, {"proposed": "Autre.", "reason": "Mieux."}, status=409)
    listed = writer.get(f"/actions/{fiche}/suggestions")
    assert listed.select("form[action$=accepter]") == []
    writer.get(f"/actions/{fiche}/suggestions/{mine}/modifier")
    writer.post(f"/actions/{fiche}/suggestions/{mine}/accepter", {"version": "1"}, status=409)


def test_the_badge_counts_what_the_list_shows(stage: Stage, fiche: str) -> None:
    for number in range(3):
        made(stage, suggest, _known(stage, fiche), f"Texte {number}")
    second = stage.fiche("Autre fiche", REGION)
    made(stage, suggest, _known(stage, second), "Autre texte", actor=other)
    made(stage, suggest, _known(stage, stage.fiche("Ailleurs", ISERE)), "Autre texte")
    for role in ("representative", "deputy", "contributor", "reader"):
        client = stage.client(role, REGION)
        tasks = client.get("/espace").select("#taches > li")
        badge = client.get("/actions").words("#navigation .nav-full a[href='/espace']")
        assert badge == f"Mon espace ({len(tasks)})"
    asked = stage.client(partner=REGION).get("/espace").words("#a-faire")
    assert "Répondre à 3 suggestions sur la fiche 1.01" in asked
    assert "Répondre à 1 suggestion sur la fiche 1.02" in asked


def test_pages_cost_the_same_whatever_they_show(stage: Stage, fiche: str) -> None:
    mine = made(stage, change, _known(stage, fiche), "douze", "treize")
    clients = {"author": stage.client(), "owner": stage.client(partner=REGION)}
    below = f"/actions/{fiche}/suggestions"
    pages = [below, f"{below}?etat=reglees", f"{below}/nouvelle?champ=content", f"/actions/{fiche}"]

    def costs() -> dict[str, int]:
        found = {f"{name} {url}": stage.cost(client, url) for name, client in clients.items() for url in pages}
        found["edit"] = stage.cost(clients["owner"], f"{below}/{mine}/modifier")
        found["espace"] = stage.cost(clients["owner"], "/espace")
        return found

    few = costs()
    with stage.acting() as world:
        for number in range(30):
            one = suggest((guest, other)[number % 2](world), known(fiche), f"{CONTENT} Point {number}.")
            if number % 5 == 0:
                refuse(owner(world), one)
        accept(owner(world), change(other(world), known(fiche), "objets", "vélos"))
    assert costs() == few
    assert max(few.values()) <= 6, few
    first = clients["owner"].get(below)
    assert len(first.select("article")) == 25
    following = clients["owner"].get(str(first.select_one("nav a[rel=next]")["href"]))
    assert len(following.select("article")) == 1


def test_a_page_never_writes(stage: Stage, fiche: str) -> None:
    mine = made(stage, change, _known(stage, fiche), "douze", "treize")
    writer = stage.client(partner=REGION)
    below = f"/actions/{fiche}/suggestions"
    for url in (below, f"{below}/nouvelle", f"{below}/nouvelle?champ=title", f"{below}/{mine}/modifier"):
        writer.get(url)
    assert _state(stage, mine) == ("open", 1)


def _state(stage: Stage, suggestion_id: str) -> tuple[str, int]:
    with stage.acting():
        now = found(suggestion_id)
        return now.state, now.rev


def _known(stage: Stage, action_id: str) -> Any:
    with stage.acting():
        return known(action_id)
