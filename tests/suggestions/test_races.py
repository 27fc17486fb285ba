"""Answers to the same suggestion that arrive at the same moment, each in a session of its own, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from cocon.actions.models import Action
from cocon.kernel.actor import Actor
from cocon.kernel.refusal import Outdated
from cocon.suggestions import operations, queries, refusals
from cocon.suggestions.models import APPLIED, Suggestion
from tests.actions.making import REGION, known
from tests.decisions.making import together
from tests.factories import World
from tests.suggestions.making import CONTENT, accept, change, fiche, found, guest, kinds, other, owner, text


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


def settling(actor: Actor, suggestion: Suggestion, act: str, **facts: Any) -> Callable[[], Any]:
    """An act that reads the fiche, then answers the suggestion as the page showed it."""
    action_id, shown = suggestion.action_id, {"suggestion_id": suggestion.id, "revision": suggestion.rev}

    def run() -> Any:
        return getattr(operations, act)(actor, known(action_id), **shown, **facts)

    return run


def race(app: Flask, world: World) -> list[Any]:
    """Two colleagues answer the same suggestion, three times each."""
    mine = change(guest(world), fiche(world), "douze", "treize")
    people = (owner(world), world.actor("contributor", REGION))
    acts = [settling(people[0], mine, "accept_suggestion")] * 3
    acts += [settling(people[1], mine, "refuse_suggestion", reason="Non.")] * 3
    return together(app, *acts)


def test_a_suggestion_is_settled_once(in_app: Flask, world: World) -> None:
    answers = race(in_app, world)
    refused = [one for one in answers if isinstance(one, refusals.Settled | Outdated)]
    settled = [kind for kind in kinds() if kind in ("suggestions.accepted", "suggestions.refused")]
    assert len(settled) == 1
    assert len(refused) == 5


def test_accepted_suggestions_are_applied_once(in_app: Flask, world: World) -> None:
    action = fiche(world)
    mine, theirs = change(guest(world), action, "douze", "treize"), change(other(world), action, "mois", "an")
    for one in (mine, theirs):
        accept(owner(world), one)
    actor, action_id, revision = owner(world), action.id, known(action.id).rev
    ids = [mine.id, theirs.id]

    def applying() -> Any:
        return operations.apply_accepted(actor, known(action_id), revision=revision)

    answers = together(in_app, *[applying] * 4)
    assert [type(one) for one in answers].count(Outdated) == 3
    assert (known(action_id).version, text(known(action_id))) == (
        2,
        CONTENT.replace("douze", "treize").replace("mois", "an"),
    )
    assert {found(one).state for one in ids} == {APPLIED}
    assert kinds().count("suggestions.applied") == 1


@pytest.mark.engines("sqlite")
def test_trusting_what_a_page_read_settles_twice(in_app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same code, trusting the page rather than the row as it is now."""
    action = fiche(world)
    mine, colleague = change(guest(world), action, "douze", "treize"), world.actor("contributor", REGION)
    accept(owner(world), mine)

    def trusting(checked: Action, suggestion_id: str, _revision: int, *_states: str) -> Any:
        return queries.locked(checked.id, suggestion_id)

    monkeypatch.setattr(operations, "_row", trusting)
    settling(colleague, mine, "refuse_suggestion", reason="Non.")()
    assert kinds()[-2:] == ["suggestions.accepted", "suggestions.refused"]
