"""Two texts that come from the same one, brought together question by question so that nothing is dropped.

Named outside the seven usual files: sections being saved and versions being prepared are merged alike. What one side
removed and the other left alone stays removed; what both changed differently is kept twice, or left to choose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cocon.actions import diff
from cocon.actions.diff import Span
from cocon.actions.rows import MOST
from cocon.actions.sections import AMOUNTS, TEXTS, Typed, answer, question
from cocon.kernel import money

#: Questions answered by rows.
ROWS = frozenset({"milestones", "indicators"})
#: Stands between what one side says and what the other does in the same place.
SEAM = ""
#: How many paragraphs in a row are brought together word by word.
PATIENCE = 200
Fields = dict[str, str | list[str]]
#: One paragraph or one row, as it was, as they have it and as I have it: both changes in one, None when they clash.
Settle = Callable[[str, str, str], str | None]


@dataclass(frozen=True)
class Twice:
    """A place that both changed: what they say there, and what I say; one is empty when it was removed there."""

    theirs: tuple[str, ...]
    mine: tuple[str, ...]


@dataclass(frozen=True)
class Merged:
    """Two texts made one. What ``clashes`` is read again: ``combined`` has both, or else one is to be chosen.

    ``fields`` has what is proposed: theirs for what is ``taken``, the combination where there is one, otherwise mine.
    """

    fields: Fields
    clashes: Sequence[str] = ()
    taken: Sequence[str] = ()
    combined: Mapping[str, Fields] = field(default_factory=dict)
    twice: Mapping[str, Sequence[Twice]] = field(default_factory=dict)


def merge(base: Typed | None, theirs: Typed, mine: Typed, names: Sequence[str]) -> Merged:
    """Merge question by question, amounts one by one; without ``base``, whatever differs clashes."""
    fields: Fields = {}
    clashes, taken = [], []
    combined: dict[str, Fields] = {}
    twice: dict[str, Sequence[Twice]] = {}
    for name in _units(names, base or {}, theirs, mine):
        new, own = answer(theirs, name), answer(mine, name)
        old = answer(base, name) if base is not None else None
        proposed = own
        if not _alike(new, own) and own == old:
            taken.append(name)
            proposed = new
        elif not _alike(new, own) and new != old:
            clashes.append(name)
            both, twice[name] = _combined(name, old, new, own)
            if both is not None:
                combined[name] = proposed = both
        fields |= proposed
    return Merged(fields, clashes, taken, combined, twice)


def _units(names: Sequence[str], *texts: Typed) -> Iterator[str]:
    for name in names:
        yield from [name] if name not in AMOUNTS else sorted({one for text in texts for one in answer(text, name)})


def _alike(one: Typed, other: Typed) -> bool:
    return one == other or {name: _amount(name, said) for name, said in one.items()} == {
        name: _amount(name, said) for name, said in other.items()
    }


def _amount(name: str, said: str | list[str]) -> int | str | list[str]:
    """An amount as a number, however it was typed."""
    if question(name) not in AMOUNTS or not isinstance(said, str):
        return said
    try:
        return money.parse(said)
    except money.NotMoney:
        return said


def _combined(name: str, old: Typed | None, new: Typed, own: Typed) -> tuple[Fields | None, Sequence[Twice]]:
    """Both answers in one, if the question allows it, and the places that stand in both forms."""
    if name in TEXTS:
        texts = (None if old is None else str(old.get(name, "")), str(new.get(name, "")), str(own.get(name, "")))
        text, twice = paragraphs(*texts)
        return {name: text}, twice
    if name in ROWS:
        here, there = _rows(new), _rows(own)
        found, twice = _weave(_rows(old), here, there, _cells) if old is not None else (here + there, [])
        rows = [row for row in dict.fromkeys(found) if row != SEAM]
        return (fields_of(name, rows) if len(rows) <= MOST else None), twice
    if name == "associated":
        before, one, other = (list(said.get(name, [])) for said in (old or {}, new, own))
        both = [key for key in dict.fromkeys(one + other) if key not in before or (key in one and key in other)]
        return {name: both}, ()
    return None, ()


def paragraphs(base: str | None, theirs: str, mine: str) -> tuple[str, Sequence[Twice]]:
    """Both changes of a text: word by word when they fit, or else paragraph by paragraph."""
    fitting = diff.merge(base, theirs, mine) if base is not None else None
    if fitting is not None:
        return fitting.strip(), ()
    cut = [None if text is None else _lines(text) for text in (base, theirs, mine)]
    lines, twice = _weave(cut[0], cut[1] or [], cut[2] or [], diff.merge)
    return "".join(_apart(lines) if "\n\n" in f"{theirs}{mine}" else lines).strip(), twice


def _apart(lines: Sequence[str]) -> Iterator[str]:
    """A blank line between what one side says and what the other does, in a text whose paragraphs have one."""
    for place, line in enumerate(lines):
        beside = lines[max(place - 1, 0) : place + 2]
        yield "\n" if line == SEAM and all(one.strip() for one in beside if one != SEAM) else line


def _lines(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")] if text else []


def _rows(said: Typed) -> list[str]:
    """The rows of an answer, each as one token; those left empty are not there."""
    found: dict[int, dict[str, str]] = {}
    for name, value in said.items():
        _question, place, cell = name.split("-", 2)
        found.setdefault(int(place), {})[cell] = str(value)
    return [json.dumps(found[place], sort_keys=True, ensure_ascii=False) for place in sorted(found)]


def fields_of(name: str, rows: Sequence[str]) -> Fields:
    """The fields that say these rows."""
    cells = ((place, json.loads(row)) for place, row in enumerate(rows))
    return {f"{name}-{place}-{cell}": value for place, row in cells for cell, value in row.items()}


def _cells(old: str, new: str, own: str) -> str | None:
    """A row changed by both, when they changed different cells of it."""
    was, here, there = (json.loads(row) for row in (old, new, own))
    both = {}
    for cell in {**was, **here, **there}:
        values = [row.get(cell, "") for row in (was, here, there)]
        if values[1] not in (values[0], values[2]) and values[2] != values[0]:
            return None
        both[cell] = values[1] if values[2] == values[0] else values[2]
    return json.dumps({cell: value for cell, value in both.items() if value}, sort_keys=True, ensure_ascii=False)


def _weave(
    base: list[str] | None, theirs: list[str], mine: list[str], settle: Settle
) -> tuple[list[str], Sequence[Twice]]:
    """Both changes of a sequence of tokens: where they meet, theirs then mine, what is common once."""
    if base is None:
        return _union(theirs, mine), ()
    found: list[str] = []
    twice: list[Twice] = []
    place = 0
    for start, end, here, there in _places(diff.changes(base, theirs), diff.changes(base, mine)):
        found += base[place:start]
        lines, clashing = _meeting(base[start:end], start, here, there, settle)
        found += lines
        twice += clashing
        place = end
    everywhere = set(theirs).intersection(mine)
    gone = {token for token in base if token.strip() and token not in everywhere}
    return [token for token in (*found, *base[place:]) if token not in gone], twice


def _places(theirs: list[Span], mine: list[Span]) -> Iterator[tuple[int, int, list[Span], list[Span]]]:
    """The places where a sequence changed, each with what either side did there; what overlaps is one place."""
    spans = [(span.start, span.end, side, span) for side, spans in enumerate((theirs, mine)) for span in spans]
    sides: tuple[list[Span], list[Span]] = ([], [])
    start = end = -1
    for first, last, side, span in sorted(spans, key=lambda one: one[:3]):
        if start >= 0 and first >= end and (first, last) != (start, end):
            yield start, end, *sides
            sides, start = ([], []), -1
        start, end = (first, last) if start < 0 else (start, max(end, last))
        sides[side].append(span)
    if start >= 0:
        yield start, end, *sides


def _meeting(
    old: list[str], start: int, theirs: list[Span], mine: list[Span], settle: Settle
) -> tuple[list[str], list[Twice]]:
    """One place: what one side did, or what both did alike, or both."""
    here, there = _put(old, start, theirs), _put(old, start, mine)
    if not mine or here == there:
        return here, []
    if not theirs:
        return there, []
    if len(old) == len(here) == len(there):
        return _in_pairs(old, here, there, settle)
    gone = {place for span in (*theirs, *mine) for place in range(span.start, span.end)}
    kept = [start + place not in gone for place in range(len(old))]
    both = _union(_put(old, start, theirs, kept), _put(old, start, mine, kept))
    said = Twice(_said(theirs), _said(mine))
    return both, [said] if any(line.strip() for line in old) and said != Twice((), ()) else []


def _said(spans: list[Span]) -> tuple[str, ...]:
    return tuple(line.strip() for span in spans for line in span.put if line.strip())


def _put(old: list[str], start: int, spans: list[Span], kept: Sequence[bool] | None = None) -> list[str]:
    """A place as one side has it; ``kept`` says which of the former tokens stay, whatever that side did with them."""
    found: list[str] = []
    place = 0
    for span in spans:
        found += _staying(old, place, span.start - start, kept)
        found += span.put
        place = span.end - start
    return [*found, *_staying(old, place, len(old), kept)]


def _staying(old: list[str], first: int, last: int, kept: Sequence[bool] | None) -> list[str]:
    return [old[place] for place in range(first, last) if kept is None or kept[place]]


def _in_pairs(old: list[str], here: list[str], there: list[str], settle: Settle) -> tuple[list[str], list[Twice]]:
    """A place where each token was replaced by one: each on its own."""
    found: list[str] = []
    twice: list[Twice] = []
    known = settle if len(old) <= PATIENCE else lambda _was, _new, _own: None
    for was, new, own in zip(old, here, there, strict=True):
        both = own if new in (was, own) else new if own == was else known(was, new, own)
        found += [new, SEAM, own] if both is None else [both]
        if both is None and was.strip():
            twice.append(Twice((new.strip(),), (own.strip(),)))
    return found, twice


def _union(theirs: list[str], mine: list[str]) -> list[str]:
    """Both sequences in one: what is common once, then what each added, theirs first."""
    found: list[str] = []
    place = 0
    for span in diff.changes(theirs, mine):
        found += theirs[place : span.end]
        place = span.end
        found += [SEAM, *span.put] if span.put and found else span.put
    return [*found, *theirs[place:]]
