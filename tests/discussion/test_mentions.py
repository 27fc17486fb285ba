"""Calling somebody with ``@``: who is found, who may be, and what it asks of whom until when."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions.models import Action
from cocon.audit.verify import verify
from cocon.discussion import refusals, seen
from cocon.discussion.models import Comment, Mention
from cocon.dossier import queries as dossier
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, count, share, written
from tests.discussion.making import correct, edit, grenoble, resolve, say, withdraw
from tests.factories import World


@dataclass
class Scene:
    """A fiche of the Ville de Grenoble, and who talks about it."""

    world: World
    action: Action

    @property
    def metro(self) -> Actor:
        """Who writes."""
        return self.world.actor("representative", METRO)

    def text(self, comment_id: str) -> str:
        """What is stored of a message."""
        return db.session.get_one(Comment, comment_id).text

    def called(self, comment_id: str) -> set[tuple[str, str | None]]:
        """Partners and people whom a message calls."""
        rows = db.session.scalars(select(Mention).where(Mention.comment_id == comment_id, Mention.standing))
        return {(row.partner_id, row.person_id) for row in rows}

    def asked(self, role: str = "representative", partner: str | None = GRENOBLE) -> int:
        """How many answers are asked of that person; the number in the navigation is the length of the list."""
        actor = self.world.actor(role, partner)
        todo = dossier.workspace(actor).todo
        assert dossier.waiting_count(actor) == len(todo)
        return sum(task.kind == "call" for task in todo)


@pytest.fixture
def scene(in_app: Flask) -> Scene:
    """The installed contract and a fiche."""
    world = World.installed()
    for role, partner in (
        ("contributor", GRENOBLE),
        ("reader", GRENOBLE),
        ("contributor", METRO),
        ("representative", METRO),
    ):
        world.actor(role, partner)
    return Scene(world, share(grenoble(world)))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("@ville-grenoble, oui ?", "@[Ville de Grenoble], oui ?"),
        ("(@VILLE-GRENOBLE)", "(@[Ville de Grenoble])"),
        ("Voir @Ville  de\u00a0Grenoble.", "Voir @[Ville de Grenoble]."),
        ("@[ville-grenoble] et @[Ville de Grenoble]", "@[Ville de Grenoble] et @[Ville de Grenoble]"),
        ("@grenoble-alpes-metropole", "@[Grenoble-Alpes Métropole]"),
        ("@Contributor ville-grenoble !", "@[Contributor ville-grenoble] !"),
        ("@Reader ville-grenoble", "@Reader ville-grenoble"),
        ("@personne et @[Nul ne sait]", "@personne et @Nul ne sait"),
        ("écrire à x@ville-grenoble ou ville-grenoble", "écrire à x@ville-grenoble ou ville-grenoble"),
        ("@ville-grenoble-alpes @ville-grenoblex", "@ville-grenoble-alpes @ville-grenoblex"),
        ("> @ville-grenoble\n\nD’accord", "> @ville-grenoble\n\nD’accord"),
        ("@[<b>x</b>] @[", "@<b>x</b> @["),
    ],
)
def test_names_are_found_when_the_message_is_posted(scene: Scene, typed: str, stored: str) -> None:
    said = say(scene.metro, scene.action.id, typed)
    assert scene.text(said) == stored
    assert len(scene.called(said)) == len(set(re.findall(r"@\[(.+?)\]", stored)))


def test_those_chosen_beside_the_text_are_written_into_it(scene: Scene) -> None:
    chosen = ["ville-grenoble", "cg-isere", "", "Contributor ville-grenoble"]
    said = say(scene.metro, scene.action.id, "Bonjour @cg-isere", notify=chosen)
    assert (
        scene.text(said)
        == "Bonjour @[Conseil général de l’Isère]\n\n@[Ville de Grenoble] @[Contributor ville-grenoble]"
    )
    contributor = scene.world.actor("contributor", GRENOBLE)
    isere = scene.world.actor("representative", ISERE).partner_id
    assert scene.called(said) == {
        (contributor.partner_id, None),
        (isere, None),
        (contributor.partner_id, contributor.person_id),
    }
    assert verify().ok


def test_a_chosen_name_that_nobody_bears_is_refused(scene: Scene) -> None:
    before = written()
    for name in ("Personne", "Reader ville-grenoble", "<script>", "ville-grenoble'--"):
        with pytest.raises(refusals.UnknownName):
            say(scene.metro, scene.action.id, notify=[name])
    assert (written(), count(Comment)) == (before, 0)


def test_an_internal_thread_calls_nobody_outside(scene: Scene) -> None:
    inside = say(scene.metro, scene.action.id, visibility="internal")
    before = written(), count(Comment)
    for text, chosen in (("@ville-grenoble", []), ("Bonjour", ["cg-isere"]), ("@Contributor ville-grenoble", [])):
        for how in ({"visibility": "internal"}, {"thread_id": inside}):
            with pytest.raises(refusals.MentionOutside) as caught:
                say(scene.metro, scene.action.id, text, notify=chosen, **how)
            assert "ne peut pas le lire" in str(caught.value)
    with pytest.raises(refusals.MentionOutside):
        edit(scene.metro, scene.action.id, inside, "@ville-grenoble", minutes=1)
    with pytest.raises(refusals.MentionOutside):
        correct(scene.metro, scene.action.id, inside, "@ville-grenoble", hours=1)
    assert (written(), count(Comment)) == before
    say(scene.metro, scene.action.id, "@Contributor grenoble-alpes-metropole ?", 5, thread_id=inside)
    assert scene.asked("contributor", METRO) == 1
    for role, partner in (("representative", GRENOBLE), ("secretariat", REGION), ("representative", METRO)):
        assert scene.asked(role, partner) == 0


def test_a_partner_called_is_asked_until_somebody_of_it_answers(scene: Scene) -> None:
    said = say(scene.metro, scene.action.id, "@ville-grenoble et @Representative ville-grenoble ?")
    asked = {role: scene.asked(role) for role in ("representative", "contributor", "reader")}
    assert asked == {"representative": 1, "contributor": 1, "reader": 0}
    assert (scene.asked(partner=METRO), scene.asked(partner=ISERE), scene.asked("auditor", None)) == (0, 0, 0)
    say(scene.world.actor("representative", ISERE), scene.action.id, "Moi aussi", 1, thread_id=said)
    assert scene.asked() == 1
    say(scene.world.actor("contributor", GRENOBLE), scene.action.id, "Oui", 2, thread_id=said)
    assert (scene.asked(), scene.asked("contributor")) == (0, 0)


def test_a_person_called_is_asked_alone(scene: Scene) -> None:
    say(scene.metro, scene.action.id, "@Contributor ville-grenoble ?")
    assert (scene.asked("contributor"), scene.asked("representative")) == (1, 0)


def test_nobody_is_asked_to_answer_himself(scene: Scene) -> None:
    say(grenoble(scene.world), scene.action.id, "@ville-grenoble", visibility="internal")
    assert (scene.asked("representative"), scene.asked("contributor")) == (0, 1)


def test_what_is_marked_as_seen_asks_no_more(scene: Scene) -> None:
    said = say(scene.metro, scene.action.id, "@ville-grenoble ?")
    before = written()
    for role, partner in (("representative", ISERE), ("representative", METRO), ("reader", GRENOBLE)):
        with pytest.raises(Forbidden):
            seen.mark(scene.world.actor(role, partner), scene.action.id, said)
    with pytest.raises(Forbidden):
        seen.mark(grenoble(scene.world), share(grenoble(scene.world)).id, said)
    written_then = written()
    for _time in range(2):
        seen.mark(scene.world.actor("contributor", GRENOBLE), scene.action.id, said)
    assert (scene.asked(), scene.asked("contributor")) == (0, 0)
    assert written() == written_then > before


def test_what_is_resolved_or_taken_back_asks_no_more(scene: Scene) -> None:
    over = say(scene.metro, scene.action.id, "@ville-grenoble ?")
    gone = say(scene.metro, scene.action.id, "@ville-grenoble !")
    assert scene.asked() == 2
    resolve(scene.metro, scene.action.id, over)
    assert scene.asked() == 1
    withdraw(scene.metro, scene.action.id, gone)
    assert scene.asked() == 0


def test_rewriting_calls_those_who_are_named_now(scene: Scene) -> None:
    said = say(scene.metro, scene.action.id, "@ville-grenoble ?")
    edit(scene.metro, scene.action.id, said, "@cg-isere ?", minutes=1)
    assert (scene.asked(), scene.asked(partner=ISERE)) == (0, 1)
    edit(scene.metro, scene.action.id, said, "@ville-grenoble @cg-isere ?", minutes=2)
    assert (scene.asked(), scene.asked(partner=ISERE)) == (1, 1)
    correct(scene.metro, scene.action.id, said, "@pays-voironnais aussi", hours=1)
    assert (scene.asked(), scene.asked(partner="pays-voironnais")) == (1, 1)
    assert count(Mention) == 3
    assert verify().ok
