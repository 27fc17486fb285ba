"""The place of a text where the words looked for stand, cut so that they can be marked: no HTML is made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from cocon.kernel.folding import Wanted, met

#: How much is shown before the first word found, and in all.
BEFORE, WIDTH = 60, 220
MOST_MARKS = 12

#: Pieces of a text in order, each with whether it was looked for.
Marked = list[tuple[str, bool]]


def marked(text: str, looked_for: Sequence[Wanted]) -> Marked:
    """A whole text in pieces."""
    return _pieces(text, islice(met(text, looked_for), MOST_MARKS), 0, len(text))


def excerpt(texts: Iterable[str], looked_for: Sequence[Wanted]) -> Marked | None:
    """The surroundings of the first word found, in the first text that holds one."""
    for text in texts:
        first = next(met(text, looked_for), None)
        if first is not None:
            return _around(text, first, looked_for)
    return None


def _around(text: str, first: tuple[int, int], looked_for: Sequence[Wanted]) -> Marked:
    start = _word_start(text, max(0, first[0] - BEFORE), first[0])
    end = _word_end(text, min(len(text), max(start + WIDTH, first[1])), first[1])
    shown = text[start:end]
    pieces = _pieces(shown, islice(met(shown, looked_for), MOST_MARKS), 0, len(shown))
    return [*([("… ", False)] if start else []), *pieces, *([(" …", False)] if end < len(text) else [])]


def _word_start(text: str, place: int, limit: int) -> int:
    """The next beginning of a word, so that none is cut."""
    if place == 0:
        return 0
    space = next((n for n in range(place, limit) if text[n].isspace()), None)
    return place if space is None else space + 1


def _word_end(text: str, place: int, limit: int) -> int:
    if place == len(text):
        return place
    return next((n for n in range(place, limit, -1) if text[n].isspace()), place)


def _pieces(text: str, places: Iterable[tuple[int, int]], start: int, end: int) -> Marked:
    pieces: Marked = []
    for begin, stop in places:
        if begin > start:
            pieces.append((text[start:begin], False))
        pieces.append((text[begin:stop], True))
        start = stop
    if start < end:
        pieces.append((text[start:end], False))
    return pieces
