"""The pages of fiches: from the list to a new version, as people meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions import drafts, operations, queries
from cocon.actions.models import Action, ActionVersion, Draft
from cocon.decisions import operations as decisions
from cocon.kernel.db import db
from tests.actions.making import (
    GRENOBLE,
    METRO,
    REGION,
    close,
    csrf,
    fields,
    known,
    objective,
    share,
    signed_in,
    statements,
)
from tests.factories import World
from tests.support.client import Client

#: What the database itself may change is played on both engines; the rest is said by templates and forms.
pytestmark = pytest.mark.engines("sqlite")
both = pytest.mark.engines("sqlite", "postgresql")

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@dataclass
class Stage:
    """An installation, and browsers of people in it."""

    app: Flask
    world: World

    def client(self, role: str, partner: str | None = None) -> Client:
        """A browser of that person."""
        with self.app.app_context():
            actor = self.world.actor(role, partner)
        return signed_in(self.app, self.world, actor)

    def share(self, partner: str = GRENOBLE, **said: object) -> str:
        """A fiche that this partner shared."""
        with self.app.app_context():
            return share(self.world.actor("representative", partner), **said).id  # type: ignore[arg-type]

    def draft(self, partner: str = GRENOBLE, **typed: str) -> str:
        """A draft of this partner."""
        with self.app.app_context():
            return drafts.start(self.world.actor("representative", partner), typed).id

    def publish(self, action_id: str, partner: str = GRENOBLE, **said: object) -> None:
        """The next version of a fiche."""
        with self.app.app_context():
            action = known(action_id)
            operations.publish_version(
                self.world.actor("representative", partner),
                action,
                revision=action.rev,
                summary="Entre-temps.",
                fields=fields(**said),
            )

    def read(self, question: Callable[[], object]) -> object:
        """What the database answers."""
        with self.app.app_context():
            return question()


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    with app.app_context():
        world = World.installed()
    return Stage(app, world)


COMPLETE = {
    "title": "Épiceries solidaires",
    "axis": "1",
    "owner": GRENOBLE,
    "context": "Un besoin.",
    "objectives": "Un but.",
    "content": "- une opération",
    "cost_2015": "12 500,5",
}


@both
def test_from_nothing_to_a_shared_fiche(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    client.get("/actions")
    client.get("/actions/nouvelle")
    edit = client.submit("/actions/nouvelle", {"title": "Épiceries", "axis": "1"}).location
    client.get(edit)
    saved = client.submit(edit, {"context": "Un besoin.", "suite": "rester"})
    assert saved.location == edit
    page = client.get(edit)
    assert page.select_one("#title")["value"] == "Épiceries"
    assert page.select_one("#context").get_text().strip() == "Un besoin."
    check = client.submit(edit, {**COMPLETE, "suite": "partager"}).location
    page = client.get(check)
    assert "12 500,50 €" in page.words()
    assert not page.select("#manque")
    assert client.submit(check).location == edit.replace("/modifier", "")

    def shared() -> tuple[object, ...]:
        action = db.session.scalars(select(Action)).one()
        whole = queries.whole(action.id)
        assert whole is not None
        return action.code, whole.version.title, whole.version.content, whole.costs, whole.owner_name

    assert stage.read(shared) == (
        "1.01",
        "Épiceries solidaires",
        "- une opération",
        {2015: 1250050},
        "Ville de Grenoble",
    )
    assert stage.read(lambda: list(db.session.scalars(select(Draft)))) == []


def test_a_draft_is_offered_again_before_another_begins(stage: Stage) -> None:
    draft_id = stage.draft(title="Ma fiche")
    page = stage.client("contributor", GRENOBLE).get("/actions/nouvelle")
    assert "Vous avez un brouillon du 6 janvier 2014 : reprendre « Ma fiche »" in page.words()
    assert page.select(f'a[href="/actions/{draft_id}/modifier"]')
    assert "En commencer un autre" in page.words()
    assert "brouillon du" not in stage.client("representative", METRO).get("/actions/nouvelle").words()


@both
def test_a_draft_is_saved_whatever_it_says(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    client.submit(url, {"title": HOSTILE, "cost_2014": "douze mille", "context": "x" * 30_000, "suite": "rester"})
    page = client.get(url)
    assert page.select_one("#title")["value"] == HOSTILE
    assert page.select_one("#cost_2014")["value"] == "douze mille"
    assert len(page.select_one("#context").get_text().strip()) == 30_000
    assert not page.select("main script, main img")


def test_what_is_missing_is_a_link_to_its_field(stage: Stage) -> None:
    draft_id = stage.draft(
        title="x" * 201, axis="9", owner="autre", cost_2014="douze", cost_2015="-3", context="a\x01b"
    )
    page = stage.client("representative", GRENOBLE).get(f"/actions/{draft_id}/partager", status=200)
    links = {str(link["href"]).split("#")[1]: link.get_text() for link in page.select("#manque a")}
    assert list(links) == [
        "title",
        "context",
        "objectives",
        "content",
        "owner_name",
        "axis",
        "cost_2014",
        "cost_2015",
    ]
    assert "trop long" in links["title"]
    assert "caractères de commande" in links["context"]
    edit = stage.client("representative", GRENOBLE).get(f"/actions/{stage.draft()}/modifier")
    assert all(edit.select(f"#{field}") for field in links)
    assert not page.select("form[action$=partager]")


def test_an_incomplete_draft_is_not_shared_by_force(stage: Stage) -> None:
    draft_id = stage.draft(title="Presque")
    client = stage.client("representative", GRENOBLE)
    url = f"/actions/{draft_id}/partager"
    client.get(url)
    answer = client.post(url, {**csrf(stage.app, client), "version": "1"}, status=422)
    assert answer.html.title is not None
    assert answer.html.title.get_text().startswith("Erreur")
    assert stage.read(lambda: list(db.session.scalars(select(Action)))) == []


def test_a_contributor_prepares_and_a_representative_shares(stage: Stage) -> None:
    url = f"/actions/{stage.draft(**COMPLETE)}/partager"
    contributor = stage.client("contributor", GRENOBLE)
    page = contributor.get(url)
    assert "Le partage revient à un représentant" in page.words()
    assert page.form(url) is None
    contributor.post(url, {**csrf(stage.app, contributor), "version": "1"}, status=404)
    representative = stage.client("deputy", GRENOBLE)
    representative.get(url)
    representative.submit(url)


def test_a_draft_that_changed_is_read_again_before_it_is_shared(stage: Stage) -> None:
    draft_id = stage.draft(**COMPLETE)
    url, edit = f"/actions/{draft_id}/partager", f"/actions/{draft_id}/modifier"
    client, colleague = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    client.get(url)
    colleague.get(edit)
    colleague.submit(edit, {"title": "Autre titre", "suite": "rester"})
    answer = client.submit(url, status=409)
    assert "Autre titre" in answer.words()
    assert "relisez-le" in answer.words()
    client.submit(url)


def test_a_closed_period_is_said_before_and_after(stage: Stage) -> None:
    url = f"/actions/{stage.draft(**COMPLETE)}/partager"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    with stage.app.app_context():
        close(stage.world, "proposing")
    answer = client.submit(url, status=409)
    assert "close depuis le 05/01/2014" in answer.words()
    assert "n’est pas ouverte" in client.get("/actions/nouvelle").words()
    assert stage.read(lambda: len(db.session.scalars(select(Draft)).all())) == 1


@both
def test_two_colleagues_on_a_draft_lose_nothing(stage: Stage) -> None:
    url = f"/actions/{stage.draft(title='Au départ')}/modifier"
    first, second = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    first.get(url)
    second.get(url)
    first.submit(url, {"title": "Le premier", "cost_2014": "beaucoup", "suite": "rester"})
    answer = second.submit(url, {"title": "Le second", "context": "Mon contexte", "suite": "rester"}, status=409)
    assert answer.select_one("#title")["value"] == "Le second"
    assert answer.select_one("#title-autre").get_text().strip() == "Le premier"
    assert answer.select_one("#cost_2014-autre").get_text().strip() == "beaucoup"
    assert answer.select_one("#context-autre").get_text().strip() == "(vide)"
    assert not answer.select("#objectives-autre")
    second.submit(url, {"suite": "rester"})
    assert second.get(url).select_one("#title")["value"] == "Le second"


PRIVATE = ["modifier", "partager", "abandonner"]


def test_a_draft_does_not_exist_for_anybody_else(stage: Stage) -> None:
    draft_id = stage.draft(title="kanari")
    people = [
        ("representative", METRO),
        ("contributor", METRO),
        ("secretariat", REGION),
        ("facilitator", REGION),
        ("reader", GRENOBLE),
        ("auditor", None),
        ("admin", None),
    ]
    for role, partner in people:
        client = stage.client(role, partner)
        sent = {**csrf(stage.app, client), "version": "1", "title": "x"}
        for url in (f"/actions/{draft_id}/{page}" for page in PRIVATE):
            answers = [
                client.get(url, status=404),
                client.get(url, htmx=True, status=404),
                client.post(url, sent, status=404),
            ]
            assert not any("kanari" in answer.text for answer in answers)
        assert "kanari" not in client.get("/actions").text
    kept = stage.read(lambda: db.session.scalars(select(Draft)).one().fields)
    assert kept == {"title": "kanari"}


def test_a_draft_is_abandoned_after_asking(stage: Stage) -> None:
    url = f"/actions/{stage.draft(title='À jeter')}/abandonner"
    client = stage.client("contributor", GRENOBLE)
    assert "À jeter" in client.get(url).words()
    assert stage.read(lambda: len(db.session.scalars(select(Draft)).all())) == 1
    client.submit(url)
    client.get(url, status=404)


def test_a_fiche_is_revised_from_its_current_text(stage: Stage) -> None:
    action_id = stage.share(
        context="Contexte", objectives="But", content="Contenu", costs={2014: 5000}, associated=[METRO]
    )
    url = f"/actions/{action_id}/modifier"
    client = stage.client("contributor", GRENOBLE)
    page = client.get(url)
    assert page.select_one("#owner option[selected]")["value"] == "autre"
    assert page.select_one("#owner_name")["value"] == "Une association"
    assert page.select_one("#cost_2014")["value"] == "50,00"
    assert [box["value"] for box in page.select("input[name=associated][checked]")] == [METRO]
    client.submit(url, {"content": "Autre contenu", "summary": ""}, status=422)
    client.submit(url, {"content": "Autre contenu", "summary": "Le contenu est précisé."})

    def now() -> tuple[object, ...]:
        whole = queries.whole(action_id)
        assert whole is not None
        version = whole.version
        return version.number, version.content, version.context, version.summary, version.associated, whole.costs

    assert stage.read(now) == (2, "Autre contenu", "Contexte", "Le contenu est précisé.", [METRO], {2014: 5000})


@both
def test_publishing_the_same_text_is_refused_with_a_sentence(stage: Stage) -> None:
    url = f"/actions/{stage.share(context='C', objectives='O', content='T')}/modifier"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    answer = client.submit(url, {"summary": "Rien"}, status=409)
    assert "Rien n’a changé" in answer.words()
    assert answer.select_one("#summary")["value"] == "Rien"


@both
def test_a_stale_text_is_merged_and_both_are_kept(stage: Stage) -> None:
    action_id = stage.share(context="Départ", objectives="But", content="Contenu", costs={2014: 100})
    url = f"/actions/{action_id}/modifier"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    stage.publish(action_id, context="Le leur", objectives="But", content="Contenu", audience="Tous", costs={2014: 900})
    mine = {"context": "Le mien", "results": "Mes résultats", "summary": "Je précise."}
    answer = client.submit(url, mine, status=409)
    assert answer.select_one("#context").get_text().strip() == "Le mien"
    assert answer.select_one("#context-autre").get_text().strip() == "Le leur"
    assert answer.select_one("#results").get_text().strip() == "Mes résultats"
    assert answer.select_one("#audience").get_text().strip() == "Tous"
    assert answer.select_one("#cost_2014")["value"] == "9,00"
    assert [area["id"] for area in answer.select("textarea[readonly]")] == ["context-autre"]
    assert "Public, Coût en 2014" in answer.words()
    assert answer.select_one("#summary")["value"] == "Je précise."
    client.submit(url)

    def now() -> tuple[object, ...]:
        whole = queries.whole(action_id)
        assert whole is not None
        version = whole.version
        return version.number, version.context, version.results, version.audience, whole.costs

    assert stage.read(now) == (3, "Le mien", "Mes résultats", "Tous", {2014: 900})


def test_a_fiche_whose_situation_changed_says_so(stage: Stage) -> None:
    action_id = stage.share(context="C", objectives="O", content="T")
    url = f"/actions/{action_id}/modifier"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    with stage.app.app_context():
        secretariat = stage.world.actor("secretariat", REGION)
        decisions.open_consultation(secretariat, known(action_id), deadline=date(2014, 2, 1))
    answer = client.submit(url, {"context": "Le mien", "summary": "s"}, status=409)
    assert "soumise à décision" in answer.words()
    assert not answer.select("textarea[readonly]")
    client.submit(url)
    assert stage.read(lambda: known(action_id).version) == 2


FAULTS = [
    ("title", "x" * 201, "trop long"),
    ("context", "x" * 20_001, "trop long"),
    ("title", "", "Donnez un titre"),
    ("owner", "personne", "Choisissez qui porte"),
    ("associated", "personne", "partenaires signataires"),
    ("cost_2014", "douze", "montant en euros"),
    ("cost_2014", "-1", "négatif"),
    ("summary", "x" * 301, "trop long"),
]


def test_a_faulty_field_is_explained_and_kept(stage: Stage) -> None:
    url = f"/actions/{stage.share(context='C', objectives='O', content='T')}/modifier"
    client = stage.client("representative", GRENOBLE)
    for field, typed, said in FAULTS:
        client.get(url)
        answer = client.submit(url, {"summary": "s", field: typed}, status=422)
        assert said in answer.words("#erreurs")
        if field not in ("owner", "associated"):
            kept = answer.select_one(f"#{field}")
            assert (kept.get("value") or kept.get_text().strip()) == typed
    assert stage.read(lambda: db.session.scalar(select(func.max(ActionVersion.number)))) == 1


def test_hostile_text_is_shown_inert(stage: Stage) -> None:
    action_id = stage.share(
        title=HOSTILE,
        context=f"{HOSTILE}\n\n[x](javascript:alert(1)) **gras**",
        territory=HOSTILE,
        project_owner_name=HOSTILE,
    )
    client = stage.client("reader", METRO)
    for url in (f"/actions/{action_id}/versions/1", "/actions", f"/actions/{action_id}/versions"):
        page = client.get(url)
        assert not page.select("main script, main img, main [onerror], main a[href^=javascript]")
        assert HOSTILE in page.html.get_text()
    assert client.get(f"/actions/{action_id}/versions/1").select_one("#contexte strong").get_text() == "gras"


def test_a_version_says_whether_it_is_the_current_one(stage: Stage) -> None:
    action_id = stage.share(context="Avant")
    stage.publish(action_id, context="Après")
    client = stage.client("auditor")
    former = client.get(f"/actions/{action_id}/versions/1").words()
    assert "Ce n’est pas le texte en cours" in former
    assert "Avant" in former
    assert "Ce n’est pas" not in client.get(f"/actions/{action_id}/versions/2").words()
    assert "à compléter" in former
    listed = client.get(f"/actions/{action_id}/versions").words()
    assert "Version 2 (en cours)" in listed
    assert "Entre-temps." in listed
    for missing in (f"/actions/{action_id}/versions/3", f"/actions/{action_id}/versions/99999999999999999999"):
        client.get(missing, status=404)


def test_withdrawing_asks_why(stage: Stage) -> None:
    action_id = stage.share()
    url = f"/actions/{action_id}/retirer"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    client.submit(url, {"reason": " "}, status=422)
    client.submit(url, {"reason": "Le porteur renonce."})
    assert stage.read(lambda: known(action_id).withdrawal_reason) == "Le porteur renonce."
    client.get(url, status=404)
    client.get(f"/actions/{action_id}/modifier", status=404)
    assert "retirée" in client.get("/actions").words()


def test_a_fiche_that_changed_is_read_again_before_it_is_withdrawn(stage: Stage) -> None:
    action_id = stage.share()
    url = f"/actions/{action_id}/retirer"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    stage.publish(action_id, context="Autre")
    answer = client.submit(url, {"reason": "Ma raison"}, status=409)
    assert answer.select_one("#reason").get_text().strip() == "Ma raison"
    client.submit(url)


def test_nobody_edits_or_withdraws_another_s_fiche(stage: Stage) -> None:
    action_id = stage.share()
    for role, partner in (("representative", METRO), ("secretariat", REGION), ("auditor", None), ("reader", GRENOBLE)):
        client = stage.client(role, partner)
        sent = {**csrf(stage.app, client), "version": "1", "reason": "x"}
        for page in ("modifier", "retirer", "partager", "abandonner"):
            client.get(f"/actions/{action_id}/{page}", status=404)
            client.post(f"/actions/{action_id}/{page}", sent, status=404)
    assert stage.read(lambda: known(action_id).rev) == 1


@both
def test_the_pages_of_fiches_cost_the_same_whatever_the_data(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    action_id = stage.share(associated=[METRO, REGION], costs={2014: 1, 2015: 2})
    client.get("/actions")

    def cost(url: str) -> int:
        with statements() as seen:
            client.get(url)
        return len(seen)

    one = [cost("/actions"), cost(f"/actions/{action_id}/versions"), cost(f"/actions/{action_id}/versions/1")]
    assert one[0] <= 5
    for _round in range(24):
        stage.share(costs={2014: 1})
    assert cost("/actions") == one[0]
    for number in range(35):
        stage.share(METRO, number=number % 3 + 1, costs={2014: 1})
    stage.publish(action_id, context="x")
    assert [
        cost("/actions"),
        cost(f"/actions/{action_id}/versions"),
        cost(f"/actions/{action_id}/versions/1"),
    ] == one


def test_an_axis_with_objectives_is_chosen_through_them(stage: Stage) -> None:
    with stage.app.app_context():
        objective(stage.world, 1, "A")
    client = stage.client("representative", GRENOBLE)
    options = [str(option["value"]) for option in client.get("/actions/nouvelle").select("#axis option")]
    assert options == ["", "1.A", "2", "3"]
    url = f"/actions/{stage.draft(**{**COMPLETE, 'axis': '1'})}/partager"
    assert client.get(url).select('#manque a[href$="#axis"]')
    url = f"/actions/{stage.draft(**{**COMPLETE, 'axis': '1.A'})}/partager"
    client.get(url)
    client.submit(url)
    assert stage.read(lambda: db.session.scalar(select(Action.code))) == "1.A.01"


def test_a_page_never_writes(stage: Stage) -> None:
    action_id, draft_id = stage.share(), stage.draft(**COMPLETE)
    client = stage.client("representative", GRENOBLE)
    client.get("/actions")
    with statements() as seen:
        for url in (
            "/actions",
            "/actions/nouvelle",
            *(f"/actions/{draft_id}/{page}" for page in PRIVATE),
            *(f"/actions/{action_id}/{page}" for page in ("modifier", "retirer", "versions", "versions/1")),
        ):
            client.get(url)
    assert [statement for statement in seen if not statement.startswith(("SELECT", "WITH base AS"))] == []
