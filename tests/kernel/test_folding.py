"""French words that must meet, and words that must not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocon.kernel.folding import LONGEST_WORD, Wanted, common, fold, keys, met, spans, stem, wanted, words

MEET = [
    ("Économie", "economie"), ("ÉCONOMIE", "économie"), ("œuvre", "OEUVRE"), ("œuvres", "oeuvre"), ("cœur", "coeur"),
    ("ex æquo", "ex aequo"), ("Noël", "noel"), ("forêt", "forets"), ("garçon", "garcons"), ("naïve", "naives"),
    ("bureau", "bureaux"), ("réseau", "réseaux"), ("eau", "eaux"), ("niveau", "niveaux"), ("tableau", "TABLEAUX"),
    ("local", "locaux"), ("social", "sociaux"), ("territorial", "territoriaux"), ("régional", "régionaux"),
    ("départemental", "départementaux"), ("municipal", "municipaux"), ("hôpital", "hôpitaux"), ("journal", "journaux"),
    ("canal", "canaux"), ("idéal", "idéaux"), ("travail", "travaux"), ("bail", "baux"), ("vitrail", "vitraux"),
    ("noyau", "noyaux"), ("tuyau", "tuyaux"), ("jeu", "jeux"), ("enjeu", "enjeux"), ("lieu", "lieux"),
    ("milieu", "milieux"), ("vœu", "voeux"), ("feu", "feux"), ("cheveu", "cheveux"), ("bijou", "bijoux"),
    ("genou", "genoux"), ("œil", "yeux"), ("recyclerie", "recycleries"), ("école", "écoles"), ("axe", "axes"),
    ("loi", "lois"), ("festival", "festivals"), ("détail", "détails"), ("pneu", "pneus"), ("trou", "trous"),
    ("coopérative", "Coopératives"), ("emploi", "emplois"), ("société", "sociétés"), ("l’emploi", "emploi"),
    ("d'insertion", "insertion"), ("qu’habitants", "habitant"), ("jusqu'au", "au"),
    ("sous-préfecture", "sous préfectures"),
    ("Rhône-Alpes", "rhone alpes"), ("ﬁlière", "filières"), ("m²", "m2"), ("1.a.03", "1.A.03"), ("ＥＳＳ", "ess"),
    ("em\u00adploi", "emploi"), ("e\u0301cole", "école"), ("Łódź", "lodz"), ("STRASSE", "straße"),
]  # fmt: skip

APART = [
    ("fonds", "fond"), ("cours", "cour"), ("mois", "moi"), ("fois", "foi"), ("vers", "ver"), ("fils", "fil"),
    ("mais", "mai"), ("Paris", "pari"), ("frais", "frai"), ("revers", "rêver"), ("plus", "plu"), ("après", "âpre"),
    ("process", "procès"), ("taux", "tal"), ("faux", "fal"), ("émaux", "e-mail"), ("émaux", "email"),
    ("régional", "région"), ("projet", "projeter"), ("action", "acteur"), ("index", "Inde"), ("prix", "pri"),
    ("social", "société"), ("bus", "bu"), ("1.A.03", "1.A.3"), ("1.A.03", "1.03"), ("2014", "2015"),
    ("coopérer", "coopérative"), ("gaz", "ga"), ("os", "o"), ("commune", "communauté"), ("porter", "porteur"),
]  # fmt: skip


def roots(text: str) -> list[str]:
    """The singulars of a text's words."""
    return [stem(word) for word in words(text)]


@pytest.mark.parametrize(("one", "other"), MEET)
def test_these_meet(one: str, other: str) -> None:
    assert roots(one) == roots(other) != []


@pytest.mark.parametrize(("one", "other"), APART)
def test_these_do_not(one: str, other: str) -> None:
    assert roots(one) != roots(other)


def test_folding_keeps_words_codes_and_numbers_and_forgets_the_rest() -> None:
    assert fold("  L’Économie\u00a0Sociale\n& Œuvre ") == "economie sociale oeuvre"
    assert words("La fiche 1.A.03 (12 000,50 €), au 12/03/2015") == [
        *("la", "fiche", "1·a·03", "12", "000", "50"),
        *("au", "12", "03", "2015"),
    ]
    assert words("aujourd’hui, presqu’île") == ["aujourd", "hui", "presqu", "ile"]
    assert words("\x00\"'()*:-^{}[] \u202e 😀") == []
    assert [len(word) for word in words("a" * 10_000)] == [LONGEST_WORD]
    assert keys("Les bureaux du bureau") == ["les", "bureau", "bureaux", "du"]


def test_a_query_asks_for_words_and_for_the_beginning_of_the_last() -> None:
    assert wanted("réseaux soc") == [Wanted("reseaux"), Wanted("soc", prefix=True)]
    assert wanted("hab* emploi ") == [Wanted("hab", prefix=True), Wanted("emploi", prefix=True)]
    assert wanted("la maison de l'emploi") == [Wanted("maison"), Wanted("emploi", prefix=True)]
    assert wanted("1.A") == [Wanted("1·a", prefix=True)]
    assert wanted("l’") == wanted("de la pour") == wanted('"" () * NOT')[:0] == []
    assert wanted("fond") != wanted("fonds")
    assert common("de")
    assert not common("2")


def test_a_beginning_meets_what_it_begins_however_far_it_was_typed() -> None:
    for typed in ("tra", "travau", "travaux", "travail"):
        assert Wanted(typed, prefix=True).meets("travaux"), typed
    assert not Wanted("trava").meets("travaux")
    assert Wanted("travail").meets("travaux")
    assert not Wanted("travaill").meets("travaux")


def test_the_words_found_are_shown_where_they_stand() -> None:
    text = "L’épicerie des Écoles 1.A.03 ; e\u0301picerie"
    assert [text[a:b] for a, b in met(text, wanted("epiceries"))] == ["épicerie", "e\u0301picerie"]
    assert [text[a:b] for a, b in met(text, wanted("1.A.03"))] == ["1.A.03"]


@given(st.text())
def test_any_text_is_folded_into_words_that_engines_need_not_read(text: str) -> None:
    for word in words(text):
        assert all(c.isalnum() or c == "·" for c in word)
        assert words(word.replace("·", ".")) == [word] or "·" in word
        assert stem(stem(word)) == stem(word)
        assert word == word.lower() or not word.isascii()
    assert fold(fold(text).replace("·", ".")) == fold(text) or "·" in fold(text)
    for one in wanted(text):
        assert one.forms
    assert all(0 <= start < end <= len(text) for start, end, _words in spans(text))
