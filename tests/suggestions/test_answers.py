"""What became of one's suggestions is said in one's workspace until it is seen, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden
from cocon.structure import operations as structure
from cocon.suggestions import seen
from cocon.suggestions.models import Suggestion
from tests.actions.making import GRENOBLE, ISERE, REGION, csrf, known, share, written
from tests.dossier.making import Stage
from tests.factories import World
from tests.suggestions.making import (
    CONTENT,
    accept,
    apply,
    change,
    edit,
    fiche,
    found,
    guest,
    owner,
    refuse,
    suggest,
)
from tests.support.client import Client

#: What the database itself may change is played on both engines; the rest is said by templates and forms.
pytestmark = pytest.mark.engines("sqlite")
both = pytest.mark.engines("sqlite", "postgresql")

BLOCK = "#reponses"


@dataclass
class Scene:
    """A fiche of the Région, a suggestion of the Ville de Grenoble, and its author's browser."""

    stage: Stage
    action_id: str
    id: str
    author: Client

    def after(self, act: Callable[[World, Action, Suggestion], object]) -> str:
        """What the author's workspace says once somebody has acted; empty when it says nothing of suggestions."""
        with self.stage.acting() as world:
            act(world, known(self.action_id), found(self.id))
        return self.read()

    def read(self, client: Client | None = None) -> str:
        """What a workspace says of the answers."""
        page = (client or self.author).get("/espace")
        return page.words(BLOCK) if page.select(BLOCK) else ""

    def mark(self) -> str:
        """Press « Marquer comme vu »; what the workspace then says."""
        page = self.author.get("/espace")
        self.author.submit(str(page.select_one(f"{BLOCK} form[action$=vu]")["action"]))
        return self.read()


@pytest.fixture
def scene(app: Flask) -> Scene:
    """Nobody has answered yet."""
    stage = Stage.installed(app)
    with stage.acting() as world:
        action_id = fiche(world).id
        made_id = change(guest(world), known(action_id), "douze", "treize").id
    return Scene(stage, action_id, made_id, stage.client())


@both
def test_each_answer_is_said_with_its_field_until_it_is_seen(scene: Scene) -> None:
    assert scene.read() == ""
    said = scene.after(lambda world, _fiche, made: accept(owner(world), made))
    named = "Votre suggestion sur la fiche 1.01, Recycleries (champ « Ce qui sera fait »)"
    assert f"{named} est acceptée" in said
    assert scene.mark() == ""
    said = scene.after(lambda world, _fiche, made: edit(owner(world), made, CONTENT.replace("douze", "quinze")))
    assert f"{named} est modifiée puis acceptée" in said
    said = scene.after(lambda world, action, _made: apply(owner(world), action))
    assert f"{named} est appliquée dans la version 2" in said
    assert "modifiée" not in said
    assert scene.mark() == ""


def test_a_refusal_says_why(scene: Scene) -> None:
    said = scene.after(lambda world, _fiche, made: refuse(owner(world), made, "Hors du périmètre."))
    assert "est refusée" in said
    assert "motif : « Hors du périmètre. »" in said
    assert scene.mark() == ""


@both
def test_a_fiche_that_ends_leaves_its_suggestions_without_an_answer(scene: Scene) -> None:
    scene.after(lambda world, _fiche, made: accept(owner(world), made))
    assert scene.mark() == ""
    said = scene.after(lambda world, action, _made: actions.withdraw_action(owner(world), action, reason="Fin."))
    assert "reste sans suite" in said
    assert "la fiche est retirée" in said
    assert "sans suite" in scene.author.get(f"/actions/{scene.action_id}/suggestions").words("article")
    assert scene.mark() == ""


@both
def test_a_merged_fiche_says_into_which(scene: Scene) -> None:
    said = scene.after(_merged)
    assert "reste sans suite" in said
    assert "la fiche est fusionnée dans la fiche 1.02" in said


def test_a_suggestion_taken_back_or_applied_before_the_end_is_not_left_without_answer(scene: Scene) -> None:
    def settle(world: World, action: Action, made: Suggestion) -> None:
        refuse(owner(world), made, "Non.")
        _merged(world, action, made)

    said = scene.after(settle)
    assert "est refusée" in said
    assert "sans suite" not in said


def test_only_the_author_is_told_and_only_the_author_marks(scene: Scene) -> None:
    said = scene.after(lambda world, _fiche, made: refuse(owner(world), made, "Un motif."))
    assert said
    before = _written(scene)
    for role, partner in (
        ("deputy", GRENOBLE),
        ("representative", ISERE),
        ("secretariat", REGION),
        ("reader", GRENOBLE),
    ):
        client = scene.stage.client(role, partner)
        assert scene.read(client) == ""
        url = f"/actions/{scene.action_id}/suggestions/{scene.id}/vu"
        client.post(url, {**csrf(scene.stage.app, client), "version": "2"}, status=404)
    with scene.stage.acting() as world:
        other = share(owner(world), title="Autre")
        unanswered = suggest(guest(world), other, "Autre texte")
        for action_id, suggestion_id in ((other.id, scene.id), (other.id, unanswered.id)):
            with pytest.raises(Forbidden):
                _mark(guest(world), action_id, suggestion_id)
    assert scene.read() == said
    assert scene.mark() == ""
    assert _written(scene) > before  # the two acts above, and no mark


def test_marking_what_was_shown_does_not_hide_a_later_answer(scene: Scene) -> None:
    scene.after(lambda world, _fiche, made: accept(owner(world), made))
    scene.author.get("/espace")
    url = f"/actions/{scene.action_id}/suggestions/{scene.id}/vu"
    with scene.stage.acting() as world:
        apply(owner(world), known(scene.action_id))
    scene.author.submit(url)
    assert "est appliquée dans la version 2" in scene.read()


def _merged(world: World, action: Action, _made: Suggestion) -> None:
    kept = share(owner(world), title="Celle qui reste")
    structure.merge_action(world.actor("secretariat", REGION), action, other_id=kept.id, reason="Doublon.")


def _mark(actor: Actor, action_id: str, suggestion_id: str) -> None:
    try:
        seen.mark(actor, action_id, suggestion_id, revision=1, ended=False)
    finally:
        db.session.rollback()


def _written(scene: Scene) -> int:
    with scene.stage.app.app_context():
        return written()
