"""Both engines find the same, in the same order: each is compared with a search written in a few lines of Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cocon.actions import search
from cocon.actions.models import TEXT_FIELDS, Action
from cocon.catalogue import queries
from cocon.kernel.db import db
from cocon.kernel.folding import Wanted, wanted, words
from tests.actions.making import GRENOBLE, share
from tests.factories import World

VOCABULARY = """
réseau réseaux RÉSEAU local locaux localité social sociaux société sociale œuvre oeuvres travail travaux taux fonds fond
fonder cours cour eau eaux l’eau d'été été Étés école écoles scolaire emploi emplois l’emploi s'employer jeu jeux enjeu
1.A.03 1.A.1 2014 2015 12,5 m² ESS Rhône-Alpes rhone épicerie épiceries aujourd’hui e\u0301cole straße ｆｕｌｌ
عربى 漢字 ☃
""".split()  # noqa: SIM905 - a vocabulary reads like a text
WORD = st.one_of(st.sampled_from(VOCABULARY), st.sampled_from(VOCABULARY).map(lambda word: word[:3]))
NOISE = st.text(alphabet="abéàçœ'’\"()*:^-&|!<> \x00\t1.2·sx", max_size=12)
TEXT = st.lists(st.one_of(WORD, NOISE), max_size=6).map(" ".join)
QUERY = st.lists(st.one_of(WORD, WORD.map(lambda word: f"{word}*"), NOISE), min_size=1, max_size=4).map(" ".join)
NUMBER = 4


@pytest.fixture
def fiches(in_app: Flask) -> Iterator[list[Action]]:
    """A few fiches, whose texts each example replaces in the index."""
    owner = World.installed().actor("representative", GRENOBLE)
    yield [share(owner, title=f"Fiche {number}") for number in range(NUMBER)]
    db.session.rollback()


def text(title: str, heart: str, rest: str) -> SimpleNamespace:
    """A text of which three fields say something, the last in the name of a milestone as well."""
    fields = {**dict.fromkeys(TEXT_FIELDS, ""), "title": title, "content": heart, "results": rest}
    return SimpleNamespace(**fields, milestones=[SimpleNamespace(title=rest)], indicators=[])


def naive(texts: Sequence[tuple[str, str, str]], codes: Sequence[str], looked_for: Sequence[Wanted]) -> list[str]:
    """The codes that answer, the best first."""
    found = []
    for code, (title, heart, rest) in zip(codes, texts, strict=True):
        parts = [words(f"{code} {title}"), words(heart), words(rest)]
        held = [[any(one.meets(word) for word in part) for part in parts] for one in looked_for]
        if all(any(row) for row in held):
            found.append((-sum(8 * row[0] + 2 * row[1] for row in held), code))
    return [code for _score, code in sorted(found)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=NUMBER, max_size=NUMBER), asked=st.lists(QUERY, max_size=4))
@example(texts=[("Les locaux", "", ""), ("local", "", ""), ("", "locaux", ""), ("", "", "localité")], asked=["locau"])
def test_an_engine_finds_what_a_naive_search_finds(
    fiches: list[Action], texts: list[tuple[str, str, str]], asked: list[str]
) -> None:
    for action, said in zip(fiches, texts, strict=True):
        search.index(action, text(*said))
    for query in [*asked, "fiche", "1.0"]:
        looked_for = tuple(wanted(query))
        if looked_for:
            page = queries.listing(queries.Filters(text=query, words=looked_for), "relevance")
            listed = [line.action.code for line in page.lines]
            assert listed == naive(texts, [action.code for action in fiches], looked_for), query
    db.session.rollback()
