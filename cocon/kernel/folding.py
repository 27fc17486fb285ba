"""How words are compared: one folding, in Python, for whatever engine searches.

Case, accents, ligatures and apostrophes are forgotten; a French plural meets its singular. What comes out holds ASCII
letters and digits, letters of other scripts, and ``·`` inside a code (``1·a·03``): no engine has anything to interpret.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

LONGEST_WORD = 64
#: A header or a label is known by so many of its first characters.
LONGEST_LABEL = 1_000

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | dict.fromkeys("’‘ʼʹ′＇´`", "'")
)
_ELIDED = r"(?:[cdjlmnst]|qu|lorsqu|puisqu|jusqu|quoiqu)'"
_CODE = r"[0-9]{1,3}\.(?:(?:[a-z]\.)?[0-9]{1,6}|[a-z]\.?)(?![^\W_])"
_WORD = re.compile(rf"(?<![^\W_])(?:{_ELIDED}|({_CODE}))|([^\W_]+)")
#: What looks like a word in a text that was not folded: letters with marks or invisible hyphens among them, or a code.
_SHOWN = re.compile(
    r"[0-9]{1,3}\.(?:[A-Za-z]\.)?[0-9]{1,6}(?![^\W_])|[^\W_](?:[^\W_]|[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff])*"
)

#: Plurals that no rule finds.
_IRREGULAR = {
    "travaux": "travail", "baux": "bail", "vitraux": "vitrail", "coraux": "corail",
    "soupiraux": "soupirail", "vantaux": "vantail", "noyaux": "noyau", "tuyaux": "tuyau", "joyaux": "joyau",
    "boyaux": "boyau", "gruaux": "gruau", "landaux": "landau", "sarraux": "sarrau", "ideaux": "ideal",
    "boreaux": "boreal", "yeux": "oeil", "cieux": "ciel", "aieux": "aieul",
}  # fmt: skip
#: Words that end like a plural, are none, and would meet another word.
_INVARIABLE = """
apres bois chaux congres corps cours dans dessous dessus emaux faux fils fois fonds frais legs mais mois nous paris pays
plus puis revers sans saux sens souris sous taux temps tous vers vous
"""
#: Words that every text holds: nobody looks for them.
_COMMON = """
a au aux avec ce ces cet cette de des dont du elle elles en est et il ils la le les leur leurs ne of on ou par pas plus
pour qui que quoi sa sans se ses si son sont sous sur the un une
"""
_KEPT, _DROPPED = frozenset(_INVARIABLE.split()), frozenset(_COMMON.split())


@dataclass(frozen=True)
class Wanted:
    """A word looked for; with ``prefix``, the beginning of one."""

    word: str
    prefix: bool = False

    @property
    def forms(self) -> tuple[str, ...]:
        """What to look for in an index that holds ``keys``."""
        root = stem(self.word)
        return tuple(dict.fromkeys((self.word, root))) if self.prefix else (root,)

    def meets(self, word: str) -> bool:
        """Whether a word of a text, already folded, is the one looked for."""
        return any(_begins(key, form, self.prefix) for key in {word, stem(word)} for form in self.forms)


def _begins(key: str, form: str, prefix: bool) -> bool:
    return key.startswith(form) if prefix else key == form


def words(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    found = _WORD.findall(_plain(text))
    return [(code.strip(".").replace(".", "·") or word)[:LONGEST_WORD] for code, word in found if code or word]


def fold(text: str) -> str:
    """A text as it is compared and sorted: its folded words."""
    return " ".join(words(text))


def flat(text: str) -> str:
    """Lower case, no accents, single spaces, punctuation kept: how headers and labels are compared, by their start."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_LABEL].casefold().replace("’", "'"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def keys(text: str) -> list[str]:
    """What an index holds of a text: its words as they are written and the singular of each, once."""
    return list(dict.fromkeys(key for word in words(text) for key in (stem(word), word)))


def wanted(query: str) -> list[Wanted]:
    """The words that a query asks for, without those of every text: the last one, or one before ``*``, may go on."""
    chunks = query.split()
    found: dict[Wanted, None] = {}
    for place, chunk in enumerate(chunks, 1):
        starred = chunk.rstrip("\"»”'),.").endswith("*")
        parts = words(chunk)
        for number, word in enumerate(parts, 1):
            last = number == len(parts)
            if (starred and last) or not common(word):
                found[Wanted(word, last and (starred or place == len(chunks)))] = None
    return list(found)


def common(word: str) -> bool:
    """Whether a folded word is in every text, or is a lone letter."""
    return word in _DROPPED or (len(word) == 1 and word.isalpha())


def spans(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Where the words of a text stand in it, and how they are folded."""
    for found in _SHOWN.finditer(text):
        yield found.start(), found.end(), _folded(found[0])


def met(text: str, looked_for: Sequence[Wanted]) -> Iterator[tuple[int, int]]:
    """Where a text holds one of the words looked for."""
    for start, end, folded in spans(text):
        if any(one.meets(word) for word in folded for one in looked_for):
            yield start, end


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The singular of a folded French word, as far as a cautious rule knows; stable when applied again."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.isalpha() or word in _KEPT:
        return word
    if word.endswith("aux"):
        return word[:-1] if word.endswith("eaux") else f"{word[:-3]}al"
    if word.endswith(("eux", "oux")) or (word.endswith("s") and word[-2] not in "sx"):
        return word[:-1]
    return word


@lru_cache(maxsize=65_536)
def _folded(word: str) -> list[str]:
    return words(word)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(c for c in spread if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return kept.translate(_LETTERS)
