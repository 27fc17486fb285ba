"""Comparisons give back both texts, whatever they are and in bounded time; merges lose no change and guess nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocon.actions import diff
from cocon.actions.diff import ADDED, REMOVED, SAME, Piece, apply, backwards, compare, merge

WORDS = st.sampled_from(
    ["un", "atelier", "l’emploi", "2 500,50", "été", "🚲", "שלום", ",", "–", "\n", "\n\n", "  ", "<b>"]
)
PROSE = st.lists(WORDS, max_size=40).map(" ".join)
TEXTS = st.one_of(PROSE, st.text(max_size=200))


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_the_comparison_applied_gives_the_second_text_and_reversed_the_first(before: str, after: str) -> None:
    pieces = compare(before, after)
    assert apply(before, pieces) == after
    assert apply(after, backwards(pieces)) == before
    assert all(piece.text for piece in pieces)
    assert [piece.kind for piece in compare(before, before)] == ([SAME] if before else [])


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_a_comparison_is_not_applied_to_another_text(before: str, after: str, other: str) -> None:
    pieces = compare(before, after)
    if other != before:
        with pytest.raises(ValueError, match="another text"):
            apply(other, pieces)


def test_words_are_compared_and_not_letters() -> None:
    before = "Une camionnette passe chaque mois dans douze communes."
    after = "Une camionnette passe chaque semaine dans treize communes, et au marché."
    assert compare(before, after) == [
        Piece(SAME, "Une camionnette passe chaque "),
        Piece(REMOVED, "mois"),
        Piece(ADDED, "semaine"),
        Piece(SAME, " dans "),
        Piece(REMOVED, "douze"),
        Piece(ADDED, "treize"),
        Piece(SAME, " communes"),
        Piece(ADDED, ", et au marché"),
        Piece(SAME, "."),
    ]


def test_changes_that_hardly_anything_parts_are_read_as_one() -> None:
    assert compare("Le vélo de Jean", "La voiture de Paul") == [
        Piece(REMOVED, "Le vélo de Jean"),
        Piece(ADDED, "La voiture de Paul"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 10_000, "b a " * 5_000),
        ("\n" * 20_000, "a\n\n" * 6_000),
        ("a!" * 10_000, "!!a" * 6_000),
        ("x y\n" * 5_000, "y x\n" * 5_000),
        ("".join("ab c "[n * n % 5] for n in range(20_000)), "".join("ab c "[n * n * n % 5] for n in range(20_000))),
    ],
)
def test_hostile_texts_take_no_time(before: str, after: str) -> None:
    start = time.process_time()
    assert apply(before, compare(before, after)) == after
    merge(before, after, before + "a")
    assert time.process_time() - start < 30


def test_without_its_budget_the_search_would_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the budget is what stops it, and paragraphs are what it falls back to."""
    before = "\n".join(f"mot numéro{n} " * 60 for n in range(20))
    after = before.replace("mot numéro7 ", "terme numéro7 ")
    assert len(compare(before, after)) > 60
    monkeypatch.setattr(diff, "BUDGET", 200)
    kinds = [piece.kind for piece in compare(before, after)]
    assert kinds == [SAME, REMOVED, ADDED, SAME]


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_a_merge_is_the_same_from_both_sides_and_trivial_when_one_side_changed(base: str, one: str, other: str) -> None:
    assert merge(base, one, base) == one
    assert merge(base, base, one) == one
    assert merge(base, one, one) == one
    assert merge(base, one, other) == merge(base, other, one)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changes_apart_are_merged_as_if_made_one_after_the_other(data: st.DataObject) -> None:
    words = [f"mot{n}" for n in range(data.draw(st.integers(6, 30)))]
    mine, theirs = data.draw(st.lists(st.integers(0, len(words) - 1), min_size=2, max_size=2, unique=True))
    put_mine, put_theirs = (
        data.draw(st.sampled_from(["", "neuf", "tout neuf"])),
        data.draw(st.sampled_from(["", "autre"])),
    )

    def written(**at: str) -> str:
        return " ".join(at.get(f"w{n}", word) for n, word in enumerate(words))

    base = written()
    ours, other = {f"w{mine}": put_mine}, {f"w{theirs}": put_theirs}
    merged = merge(base, written(**ours), written(**other))
    if abs(mine - theirs) > 2 or merged is not None:
        assert merged == written(**ours, **other)


def test_the_same_place_is_never_merged() -> None:
    base = "Le forum aura lieu à Lyon en novembre."
    assert merge(base, base.replace("Lyon", "Grenoble"), base.replace("Lyon", "Valence")) is None
    assert merge(base, base.replace("Lyon", "Grenoble"), base.replace("à Lyon", "dans le Pilat")) is None
    assert merge(base, base + " Et après ?", base + " Non.") is None
    assert merge(base, "", base.replace("Lyon", "Grenoble")) is None
    assert merge(base, base.replace("Lyon", "Grenoble"), base.replace("novembre", "mars")) == (
        "Le forum aura lieu à Grenoble en mars."
    )
    assert merge(base, base.replace("Lyon", "Grenoble"), base.replace("Lyon", "Grenoble")) == (
        base.replace("Lyon", "Grenoble")
    )
