"""Two texts compared by words, and two changes of one text brought together. Knows no fiche and no database.

Named outside the seven usual files: comparison of versions and suggested changes both stand on it. ``difflib`` can
take hours on a hostile text, so each search has a budget: all words first, then without the most frequent ones, then
paragraphs, then the whole at once.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, groupby

#: Steps that a search may take: about a fifth of a second.
BUDGET = 1_000_000
SAME, REMOVED, ADDED = "same", "removed", "added"

_WORD = re.compile(r"\w+|[^\w\s]|\s+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
#: How a text is cut, and whether the most frequent tokens are left out of the search.
_WAYS = ((_WORD, False), (_WORD, True), (_LINE, False))


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, that was removed, or that was added."""

    kind: str
    text: str


@dataclass(frozen=True)
class Span:
    """Tokens ``start`` to ``end`` of a text give way to ``put``."""

    start: int
    end: int
    put: tuple[str, ...]

    def touches(self, other: Span) -> bool:
        """Whether the two stand in the same place, or with nothing but a word or a blank between them."""
        return self.start <= other.end + 1 and other.start <= self.end + 1


class TooLong(Exception):
    """The search has spent its budget."""


class _Frugal(SequenceMatcher[str]):
    """A matcher that counts the steps it takes."""

    def __init__(self, before: Sequence[str], after: Sequence[str], *, rough: bool) -> None:
        super().__init__(None, before, after, autojunk=rough)
        where = vars(self)["b2j"]
        self._steps = list(accumulate((1 + len(where.get(token, ())) for token in before), initial=0))
        self._left = BUDGET

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None):  # type: ignore[no-untyped-def]
        """Search a block, unless what it costs is no longer there."""
        until = len(self._steps) - 1 if ahi is None else ahi
        self._left -= self._steps[until] - self._steps[alo]
        if self._left < 0:
            raise TooLong
        return super().find_longest_match(alo, ahi, blo, bhi)


def compare(before: str, after: str) -> list[Piece]:
    """What stayed, went and came, in the order of reading."""
    for pattern, rough in _WAYS:
        try:
            return _pieces(pattern.findall(before), pattern.findall(after), rough=rough)
        except TooLong:
            continue
    return [Piece(REMOVED, before), Piece(ADDED, after)]


def apply(before: str, pieces: Sequence[Piece]) -> str:
    """The second text, from the first and their comparison; raises ValueError when it is that of another text."""
    if before != "".join(piece.text for piece in pieces if piece.kind != ADDED):
        raise ValueError("this comparison starts from another text")
    return "".join(piece.text for piece in pieces if piece.kind != REMOVED)


def backwards(pieces: Sequence[Piece]) -> list[Piece]:
    """The comparison of the second text with the first."""
    turned = {SAME: SAME, REMOVED: ADDED, ADDED: REMOVED}
    return _ordered(Piece(turned[piece.kind], piece.text) for piece in pieces)


def merge(base: str, theirs: str, mine: str) -> str | None:
    """Both changes of ``base`` in one text; None when they change the same place, or places that touch."""
    if theirs in (base, mine):
        return mine
    if mine == base:
        return theirs
    for pattern, rough in _WAYS:
        tokens = pattern.findall(base)
        try:
            spans = _together(
                _spans(tokens, pattern.findall(theirs), rough=rough),
                _spans(tokens, pattern.findall(mine), rough=rough),
            )
        except TooLong:
            continue
        return None if spans is None else "".join(_put(tokens, spans))
    return None


def changes(before: Sequence[str], after: Sequence[str]) -> list[Span]:
    """Where two sequences of tokens differ, in order; the whole of both when the search would be too long."""
    for rough in (False, True):
        try:
            return _spans(before, after, rough=rough)
        except TooLong:
            continue
    return [Span(0, len(before), tuple(after))]


def _together(theirs: list[Span], mine: list[Span]) -> list[Span] | None:
    """All spans in order; None when two different ones touch."""
    others = set(theirs)
    news = [span for span in mine if span not in others]
    ends = [other.end for other in theirs]
    for one in news:
        near = bisect_left(ends, one.start - 1)  # the spans of one side follow each other: those before end too early
        if any(one.touches(other) for other in theirs[near : near + 1]):
            return None
    return sorted([*theirs, *news], key=lambda span: (span.start, span.end))


def _put(tokens: Sequence[str], spans: Sequence[Span]) -> Iterator[str]:
    place = 0
    for span in spans:
        yield from tokens[place : span.start]
        yield from span.put
        place = span.end
    yield from tokens[place:]


def _spans(before: Sequence[str], after: Sequence[str], *, rough: bool) -> list[Span]:
    """Where two texts differ: words are searched, then the blanks between those found again compared as they are."""
    found: list[Span] = []
    here = there = 0
    for old, new in (*_anchors(before, after, rough=rough), (len(before), len(after))):
        gap, put = before[here:old], after[there:new]
        if gap != put:
            head = shared(gap, put)
            tail = shared(gap[head:][::-1], put[head:][::-1])
            found.append(Span(here + head, old - tail, tuple(put[head : len(put) - tail])))
        here, there = old + 1, new + 1
    return found


def _anchors(before: Sequence[str], after: Sequence[str], *, rough: bool) -> Iterator[tuple[int, int]]:
    """The places, in both texts, of the words found again."""
    old = [place for place, token in enumerate(before) if not token.isspace()]
    new = [place for place, token in enumerate(after) if not token.isspace()]
    for i, j, size in _blocks([before[place] for place in old], [after[place] for place in new], rough=rough):
        yield from zip(old[i : i + size], new[j : j + size], strict=True)


def _blocks(old: list[str], new: list[str], *, rough: bool) -> Iterator[tuple[int, int, int]]:
    """Blocks of words found again; the ends that both texts share are set aside before the search."""
    head = shared(old, new)
    tail = shared(old[head:][::-1], new[head:][::-1])
    yield 0, 0, head
    matcher = _Frugal(old[head : len(old) - tail], new[head : len(new) - tail], rough=rough)
    for i, j, size in matcher.get_matching_blocks():
        yield head + i, head + j, size
    yield len(old) - tail, len(new) - tail, tail


def shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many tokens two sequences have in common from the start."""
    differs = (place for place, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs)
    return next(differs, min(len(one), len(other)))


def _pieces(before: Sequence[str], after: Sequence[str], *, rough: bool) -> list[Piece]:
    found: list[Piece] = []
    place = 0
    for span in _legible(before, _spans(before, after, rough=rough)):
        found.append(Piece(SAME, "".join(before[place : span.start])))
        found.append(Piece(REMOVED, "".join(before[span.start : span.end])))
        found.append(Piece(ADDED, "".join(span.put)))
        place = span.end
    found.append(Piece(SAME, "".join(before[place:])))
    return [piece for piece in found if piece.text]


def _legible(before: Sequence[str], spans: Sequence[Span]) -> list[Span]:
    """Changes that only a space or a very short word parts are read as one."""
    found: list[Span] = []
    for span in spans:
        between = before[found[-1].end : span.start] if found else []
        if found and len("".join(between).strip()) <= 3 and "\n" not in "".join(between):
            last = found.pop()
            found.append(Span(last.start, span.end, (*last.put, *between, *span.put)))
        else:
            found.append(span)
    return found


def _ordered(pieces: Iterator[Piece]) -> list[Piece]:
    """In each place what goes stands before what comes."""
    found: list[Piece] = []
    for _same, group in groupby(pieces, key=lambda piece: piece.kind == SAME):
        found += sorted(group, key=lambda piece: piece.kind == ADDED)
    return found
