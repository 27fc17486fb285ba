"""The exchanges as people meet them: with and without script, on their page and as a part."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.discussion import operations
from cocon.discussion.models import Comment
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, METRO, REGION, close, csrf, known, share, signed_in, statements
from tests.factories import World
from tests.support.client import Client

#: What the database itself may change is played on both engines; the rest is said by templates and forms.
pytestmark = pytest.mark.engines("sqlite")
both = pytest.mark.engines("sqlite", "postgresql")

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@dataclass
class Stage:
    """A fiche of the Ville de Grenoble, and browsers of people who read it."""

    app: Flask
    world: World
    action_id: str

    @property
    def url(self) -> str:
        """Its exchanges."""
        return f"/actions/{self.action_id}/discussion"

    def client(self, role: str, partner: str | None = None) -> Client:
        """A browser of that person."""
        with self.app.app_context():
            actor = self.world.actor(role, partner)
        return signed_in(self.app, self.world, actor)

    def say(self, text: str, partner: str = GRENOBLE, **how: str) -> str:
        """A message that exists; its thread."""
        with self.app.app_context():
            actor = self.world.actor("representative", partner)
            return operations.post_comment(actor, known(self.action_id), text=text, **how).thread

    def said(self) -> list[tuple[str, str]]:
        """All messages, with their audience."""
        with self.app.app_context():
            rows = db.session.scalars(select(Comment).order_by(Comment.posted_at, Comment.id))
            return [(row.text, row.visibility) for row in rows]


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract and a fiche."""
    with app.app_context():
        world = World.installed()
        return Stage(app, world, share(world.actor("representative", GRENOBLE)).id)


def test_a_message_is_posted_without_script(stage: Stage) -> None:
    client = stage.client("contributor", METRO)
    page = client.get(stage.url)
    assert "Personne n’a encore écrit" in page.words()
    names = [str(field["name"]) for field in page.select("#ecrire [name]:not([type=hidden], [type=checkbox])")]
    assert names == ["section", "visibility", "visibility", "text", "person"]
    answer = client.submit(stage.url, {"visibility": "partners", "text": "Qui peut **compléter** ?\n\n- un\n- deux"})
    assert answer.location.startswith(f"{stage.url}#message-")
    page = client.follow(answer)
    assert "Votre message est publié." in page.words()
    thread = page.select_one("section.thread.shared")
    assert "Partagé avec tous les partenaires." in thread.get_text()
    assert page.select_one(".prose strong").get_text() == "compléter"
    assert "Contributor grenoble-alpes-metropole, pour Grenoble-Alpes Métropole" in page.words(".comment .note")
    assert page.select_one(".comment .note a")["href"] == f"/actions/{stage.action_id}/versions/1"


@both
def test_a_message_is_posted_with_htmx_and_the_focus_returns_to_the_field(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    client.get(stage.url)
    part = client.submit(stage.url, {"visibility": "internal", "text": "Entre nous"}, htmx=True)
    assert part.select_one("#discussion-threads .thread.internal").get_text()
    assert part.select_one("#ecrire textarea[data-focus]").get_text().strip() == ""
    assert part.select_one("#statut[hx-swap-oob]").get_text() == "Votre message est publié."
    part = client.submit(stage.url, {"visibility": "partners", "text": "À tous"}, htmx=True)
    assert [section["class"] for section in part.select("section.thread")] == [
        ["thread", "internal"],
        ["thread", "shared"],
    ]
    assert stage.said() == [("Entre nous", "internal"), ("À tous", "partners")]


def test_a_reply_names_its_audience_and_keeps_it(stage: Stage) -> None:
    thread = stage.say("Interne", visibility="internal")
    client = stage.client("contributor", GRENOBLE)
    page = client.get(stage.url)
    link = page.select_one(".thread.internal .reply a")
    assert link.get_text().startswith("Répondre en interne")
    page = client.get(str(link["href"]).split("#", maxsplit=1)[0])
    assert page.select_one("#repondre textarea")
    assert not page.select("#ecrire")
    client.submit(stage.url, {"text": "Oui"})
    assert stage.said() == [("Interne", "internal"), ("Oui", "internal")]
    assert client.get(f"{stage.url}?fil={thread}").words(".thread.internal button") == "Répondre en interne"


def test_replying_with_htmx_keeps_the_reply_open(stage: Stage) -> None:
    thread = stage.say("À tous", visibility="partners")
    client = stage.client("representative", METRO)
    client.get(f"{stage.url}?fil={thread}")
    part = client.submit(stage.url, {"text": "D’accord"}, htmx=True)
    assert part.select_one("#repondre textarea[data-focus]").get_text().strip() == ""
    assert len(part.select(".comment")) == 2


@pytest.mark.parametrize("htmx", [False, True])
def test_a_faulty_message_is_explained_and_kept(stage: Stage, htmx: bool) -> None:
    client = stage.client("representative", GRENOBLE)
    faults = [
        ({"text": "Sans destinataire"}, "Choisissez qui lira", 422),
        ({"text": " ", "visibility": "partners"}, "Écrivez votre message", 422),
        ({"text": "x" * 5001, "visibility": "partners"}, "trop long", 422),
        ({"text": "Pour qui\u202f?", "visibility": "autre"}, "Choisissez qui lira", 422),
    ]
    for sent, said, status in faults:
        client.get(stage.url)
        answer = client.submit(stage.url, sent, htmx=htmx, status=status)
        assert said in answer.words("#erreurs")
        assert answer.select_one("#message").get_text().strip() == sent["text"].strip()
        assert answer.select('#erreurs a[href="#message"], #erreurs a[href="#visibility-0"]')
    assert stage.said() == []


@both
def test_a_closed_period_is_said_before_and_after_and_keeps_the_text(stage: Stage) -> None:
    client = stage.client("representative", METRO)
    client.get(stage.url)
    with stage.app.app_context():
        close(stage.world, "discussing")
    answer = client.submit(stage.url, {"visibility": "partners", "text": "Trop tard"}, status=409)
    assert "close depuis le 05/01/2014" in answer.words("#erreurs")
    assert answer.select_one("#message").get_text().strip() == "Trop tard"
    assert answer.select_one("input[value=partners][checked]")
    assert "La période d’échanges n’est pas ouverte" in client.get(stage.url).words()


@both
def test_internal_exchanges_are_seen_by_nobody_else(stage: Stage) -> None:
    thread = stage.say("kanari-interne", visibility="internal")
    stage.say("À tous", visibility="partners")
    assert "kanari-interne" in stage.client("reader", GRENOBLE).get(stage.url).text
    people = [("representative", METRO), ("secretariat", REGION), ("auditor", None), ("admin", None)]
    for role, partner in people:
        client = stage.client(role, partner)
        for url in (stage.url, f"{stage.url}?fil={thread}", f"{stage.url}?avant={thread}"):
            for htmx in (False, True):
                answer = client.get(url, htmx=htmx)
                assert "kanari-interne" not in answer.text
                assert thread not in answer.html.get_text()
        assert "1 message" in client.get(stage.url).words("#echanges .section-margin .note")


def test_a_reply_forced_into_another_s_thread_does_not_exist(stage: Stage) -> None:
    thread = stage.say("Interne", visibility="internal")
    client = stage.client("representative", METRO)
    client.get(stage.url)
    client.post(stage.url, {"text": "Intrus", "thread_id": thread}, status=404)
    assert stage.said() == [("Interne", "internal")]


def test_those_who_only_read_have_no_form_and_cannot_post(stage: Stage) -> None:
    stage.say("À tous", visibility="partners")
    for role, partner in (("reader", GRENOBLE), ("auditor", None), ("admin", None)):
        client = stage.client(role, partner)
        page = client.get(stage.url)
        assert not page.select("main form, .reply")
        sent = {**csrf(stage.app, client), "text": "x", "visibility": "partners"}
        client.post(stage.url, sent, status=404)
    assert len(stage.said()) == 1


def test_hostile_text_is_shown_inert(stage: Stage) -> None:
    stage.say(f"{HOSTILE} [x](javascript:alert(1))", visibility="partners")
    page = stage.client("auditor").get(stage.url)
    assert not page.select("main script, main img, main [onerror], main a[href^=javascript]")
    assert HOSTILE in page.select_one(".comment").get_text()


@both
def test_a_message_sent_twice_is_posted_once(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    form = client.get(stage.url).form(stage.url)
    assert form is not None
    hidden = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden][value]")}
    for _time in range(2):
        client.post(stage.url, {**hidden, "visibility": "partners", "text": "Une fois"})
    assert stage.said() == [("Une fois", "partners")]


@both
def test_the_page_costs_the_same_whatever_was_said(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    thread = stage.say("0", visibility="partners")
    client.get(stage.url)

    def cost() -> int:
        with statements() as seen:
            client.get(stage.url)
        return len(seen)

    one = cost()
    for number in range(1, 50):
        stage.say(str(number), METRO if number % 2 else GRENOBLE, thread_id=thread)
    assert cost() == one
    assert one <= 6


def test_a_fiche_that_does_not_exist_has_no_exchanges(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    client.get("/actions/00000000-0000-7000-8000-000000000000/discussion", status=404)
