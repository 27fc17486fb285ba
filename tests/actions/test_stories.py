"""Stories of two to five editors of a fiche: no accepted text is ever lost, nothing removed ever comes back."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from flask import Flask

from cocon.actions import drafts, merging
from cocon.actions.drafts import Copy, Late
from cocon.actions.sections import BY_SLUG
from tests.actions.making import GRENOBLE, hurry
from tests.actions.telling import SLUGS, Tale
from tests.factories import World

pytestmark = pytest.mark.engines("sqlite")

#: What an editor does in a page, and whether it is saved at once, saved though the answer is lost, or not yet.
ACTS = ("write", "write", "replace", "replace", "delete", "open")
SAVES = ("save", "save", "save", "lost", "later")
#: What becomes of the fiche meanwhile, most of the time nothing, and in the end.
EVENTS = (*[""] * 40, "publish", "suggest", "suggest")
ENDS = (*["publish"] * 5, *[""] * 15, "withdraw", "merge")


def play(world: World, seed: int) -> Tale:
    """Play a story: after each save the text says what was accepted, and each version says it for ever."""
    chance = Random(seed)
    tale = Tale(world, forked=chance.random() < 0.3, number=chance.randint(2, 5))
    slugs = chance.sample(SLUGS, chance.choice((1, 1, 1, 2)))
    for _step in range(chance.randint(3, 7)):
        who, place = chance.randrange(tale.number), chance.randrange(6)
        slug, act = chance.choice(slugs), chance.choice(ACTS)
        if act == "open":
            tale.open(who, slug)
        else:
            tale.act(who, slug, act, place)
            tale.save(who, slug, chance.choice(SAVES))
        event = chance.choice(EVENTS)
        if event == "publish":
            tale.publish()
        elif event:
            tale.suggest(place)
    end = chance.choice(ENDS)
    if end == "publish":
        tale.publish()
    elif end:
        tale.end(end)
    return tale


def tell(world: World, most: int) -> int:
    """Play so many stories, always the same; how many times two texts were merged."""
    merges = 0
    for seed in range(most):
        try:
            merges += play(world, seed).merges
        except AssertionError as fault:
            fault.add_note(f"in story {seed}")
            raise
    return merges


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    hurry()
    return World.installed()


def test_no_story_loses_a_word_nor_brings_one_back(world: World) -> None:
    assert tell(world, 2_000) > 500


def test_a_save_that_overwrites_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: without the revision of the section, a story loses a line."""
    monkeypatch.setattr(drafts, "_demand_same_page", lambda _mark, _copy: None)
    with pytest.raises(AssertionError):
        tell(world, 60)


def test_a_merge_that_forgets_where_both_come_from_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: putting both texts together, whatever was there before, brings back what was removed."""
    whole = merging.merge

    def both(_base: Any, *sides: Any) -> merging.Merged:
        return whole(None, *sides)

    monkeypatch.setattr(merging, "merge", both)
    with pytest.raises(AssertionError):
        tell(world, 60)


def test_a_merge_that_keeps_one_list_is_caught(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a list that is kept from one side only loses what the other added."""
    monkeypatch.setattr(merging, "ROWS", frozenset())
    with pytest.raises(AssertionError):
        tell(world, 60)


def test_a_late_request_is_refused_in_a_story(world: World) -> None:
    editor, section = world.actor("representative", GRENOBLE), BY_SLUG["contexte"]
    draft = drafts.start(editor, {})
    for turn in (1, 2):
        drafts.save(editor, draft.id, section, copy=Copy(page="p", turn=turn), fields={"context": str(turn)})
    with pytest.raises(Late):
        drafts.save(editor, draft.id, section, copy=Copy(page="p", turn=1), fields={})
