"""Whatever is suggested and accepted, applying it is making the same edits one after the other; nothing is lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cocon.actions import diff
from cocon.kernel.refusal import Refusal
from cocon.suggestions import queries
from cocon.suggestions.models import ACCEPTED, APPLIED, FIELDS, OPEN, Suggestion
from cocon.suggestions.queries import Row
from tests.factories import World
from tests.suggestions.making import accept, apply, edit, fiche, found, guest, other, owner, suggest, text

WORDS = [f"mot{number}" for number in range(40)]
#: Words replaced, far enough from one another; what replaces them.
EDITS = st.dictionaries(st.integers(0, 9).map(lambda place: place * 4), st.sampled_from(["", "neuf", "tout neuf"]))


def written(edits: dict[int, str]) -> str:
    """The text with some words replaced."""
    return " ".join(edits.get(place, word) for place, word in enumerate(WORDS))


def row(proposed: str, base: str, place: int = 0) -> Row:
    """An accepted suggestion that no database holds."""
    return Row(Suggestion(id=str(place), field="content", proposed=proposed, state=ACCEPTED), base, None)


def version(content: str) -> Any:
    """A version that no database holds."""
    return SimpleNamespace(**{**dict.fromkeys(FIELDS, "Texte"), "project_owner_name": "X", "content": content})


@settings(max_examples=200, deadline=None)
@given(EDITS, st.permutations(range(10)))
def test_applying_accepted_suggestions_equals_the_sequential_edit(edits: dict[int, str], order: list[int]) -> None:
    base = written({})
    rows = [row(written({place: put}), base, place) for place, put in edits.items()]
    rows.sort(key=lambda one: order[int(one.suggestion.id) // 4])
    folded = queries.fold(rows, version(base))
    by_hand: dict[int, str] = {}
    for one in rows:
        place = int(one.suggestion.id)
        before, by_hand = by_hand, {**by_hand, place: edits[place]}
        assert folded.before[one.suggestion.id] == written(before)
    assert len(folded.kept) == len(rows)
    assert folded.texts["content"] == written(by_hand) == written(edits)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab c\n.é"), max_size=30), max_size=5), st.text("ab c\n.é", max_size=30))
def test_what_does_not_fit_is_left_whole_and_what_fits_is_there(wanted: list[str], base: str) -> None:
    rows = [row(proposed, base, place) for place, proposed in enumerate(wanted)]
    folded = queries.fold(rows, version(base))
    now = base
    for one in rows:
        merged = diff.merge(base, now, one.suggestion.proposed)
        kept = any(other is one for other in folded.kept)
        assert kept == (merged is not None and queries.fits("content", merged))
        if kept:
            assert folded.before[one.suggestion.id] == now
            now = merged or ""
    assert folded.texts["content"] == now


#: On which field a suggestion is made, where, what it puts there, and what the owner answers.
MADE = st.tuples(
    st.sampled_from(["title", "context", "content", "content"]),
    st.integers(0, 9),
    st.sampled_from(["neuf", "autre", "tout neuf", ""]),
    st.sampled_from(["accept", "accept", "edit", "leave"]),
)


def named(field: str, edits: dict[int, str]) -> str:
    """The text of a field with some words replaced: ten of them, so that a title holds them."""
    words = (edits.get(place, f"{field[:2]}{place}") for place in range(10))
    return " ".join(word for word in words if word)


@pytest.mark.engines("sqlite")
@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(MADE, min_size=1, max_size=4))
def test_stories_of_suggestions_on_a_real_fiche(in_app: Flask, story: list[tuple[str, int, str, str]]) -> None:
    """Two authors, an owner who accepts some, in other words or not: the version says what was applied, no more."""
    world = _world(in_app)
    fields = ("title", "context", "content")
    action = fiche(world, **{name: named(name, {}) for name in fields})
    made = []
    for number, (field, place, put, answer) in enumerate(story):
        one = suggest((guest, other)[number % 2](world), action, named(field, {place: put}), field)
        made.append((one, field, place, put, answer))
    said: dict[str, dict[int, str]] = {name: {} for name in fields}
    taken = [one for one, *how in made if _answered(world, one, said, *how)]
    if taken:
        apply(owner(world), action)
    assert {name: text(action, name) for name in fields} == {name: named(name, said[name]) for name in fields}
    assert {found(one.id).state for one in taken} <= {APPLIED}
    left = [one for one, *_how in made if one not in taken]
    assert all((found(one.id).state, found(one.id).proposed) == (OPEN, one.proposed) for one in left)


def _answered(
    world: World, one: Suggestion, said: dict[str, dict[int, str]], field: str, place: int, put: str, answer: str
) -> bool:
    """What the owner answers; ``said`` follows, by hand."""
    if answer == "leave":
        return False
    if answer == "edit":
        put = f"{put}{place}bis"
    wanted = {**said[field], place: put}
    try:
        if answer == "edit":
            edit(owner(world), one, named(field, wanted))
        else:
            accept(owner(world), one)
    except Refusal:
        return False
    said[field] = wanted
    return True


def _world(app: Flask) -> World:
    """The installation of the run, made by its first story."""
    made: World | None = app.extensions.get("world")
    if made is None:
        made = app.extensions["world"] = World.installed()
    return made
