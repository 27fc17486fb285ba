"""What changed in a value: words in pieces, a short fact, a number with its difference, the lines of a list.

Named outside the seven usual files: the comparison of versions on the screen and on paper stands on it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from cocon.actions import diff
from cocon.actions.diff import Piece
from cocon.actions.models import Indicator, Milestone
from cocon.actions.words import INDICATOR_KIND
from cocon.kernel.language import LazyString, _
from cocon.web.filters import day_or_month, quantity

MINUS = "\u2212"
#: What the fields of a line are called: its words, its short facts, its numbers.
WORDS = {"title": _("Étape"), "label": _("Intitulé"), "unit": _("Unité"), "source": _("Source")}
FACTS = {"code": _("Code"), "due": _("Échéance"), "kind": _("Type"), "baseline_year": _("Année de référence")}
NUMBERS = {"baseline": _("Valeur de référence")}
#: The fields that a line is called by.
CALLED = ("code", "label", "title")
Line = Milestone | Indicator


@dataclass(frozen=True)
class Text:
    """Words, in pieces."""

    name: str
    label: LazyString
    pieces: Sequence[Piece]

    @property
    def sides(self) -> tuple[str, str]:
        """What was said, and what is."""
        old, new = ([piece.text for piece in self.pieces if piece.kind != kind] for kind in (diff.ADDED, diff.REMOVED))
        return "".join(old), "".join(new)


@dataclass(frozen=True)
class Fact:
    """Something short, before and after; empty when there was nothing."""

    name: str
    label: LazyString
    before: str
    after: str

    @property
    def sides(self) -> tuple[str, str]:
        """What was said, and what is."""
        return self.before, self.after


@dataclass(frozen=True)
class Number:
    """A value in hundredths, before and after; None when there was none."""

    name: str
    label: LazyString
    before: int | None
    after: int | None

    @property
    def sides(self) -> tuple[str, str]:
        """What was said, and what is."""
        old, new = ("" if value is None else quantity(value) for value in (self.before, self.after))
        return old, new

    @property
    def difference(self) -> str:
        """``+12,5``, with its sign; empty unless there was a value and there is one."""
        if self.before is None or self.after is None:
            return ""
        change = self.after - self.before
        return f"{'+' if change > 0 else MINUS}{quantity(abs(change))}"


Cell = Text | Fact | Number


@dataclass(frozen=True)
class Row:
    """A line that changed: what it is called, its place in each list (None where it is not), what differs in it."""

    name: str
    before: int | None
    after: int | None
    cells: Sequence[Cell]

    @property
    def texts(self) -> list[Text]:
        """The words that differ."""
        return [cell for cell in self.cells if isinstance(cell, Text)]

    @property
    def facts(self) -> list[Fact]:
        """The short facts that differ."""
        return [cell for cell in self.cells if isinstance(cell, Fact)]

    @property
    def numbers(self) -> list[Number]:
        """The numbers that differ."""
        return [cell for cell in self.cells if isinstance(cell, Number)]

    @property
    def said(self) -> str:
        """All that a line that came or went says."""
        side = 0 if self.after is None else 1
        more = [(cell.label, cell.sides[side]) for cell in self.cells if cell.name not in CALLED]
        told = [str(_("%(label)s\u00a0: %(text)s", label=str(label).lower(), text=text)) for label, text in more]
        return ", ".join([self.name, *told])


@dataclass(frozen=True)
class Rows:
    """A list of steps or of indicators: the lines that changed, then those that came, then those that went."""

    name: str
    label: LazyString
    rows: Sequence[Row]

    @property
    def changed(self) -> list[Row]:
        """The lines that stayed, and say something else."""
        return [row for row in self.rows if row.before and row.after]


def rows(before: Sequence[Line], after: Sequence[Line]) -> list[Row]:
    """What a reader of the first list should read again in the second."""
    same = _same(before, after)
    moved = _moved(same)
    kept = [_row(before, after, old, new, moved=new in moved) for new, old in sorted(same.items())]
    came = [_row(before, after, None, new) for new in range(len(after)) if new not in same]
    gone = [_row(before, after, old, None) for old in range(len(before)) if old not in same.values()]
    return [*(row for row in kept if row.cells), *came, *gone]


def _row(
    before: Sequence[Line], after: Sequence[Line], old: int | None, new: int | None, *, moved: bool = False
) -> Row:
    was, now = None if old is None else before[old], None if new is None else after[new]
    cells = list(_cells(was, now))
    places = [None if place is None else place + 1 for place in (old, new)]
    if moved:
        cells.append(Fact("place", _("Place dans la liste"), *map(str, places)))
    return Row(_called(now or was), places[0], places[1], cells)


def _called(line: Line | None) -> str:
    said = (getattr(line, name, "") for name in CALLED)
    return " ".join(part for part in said if part)


def _cells(was: Line | None, now: Line | None) -> Iterator[Cell]:
    """The fields in which two lines differ; all those that are filled, of a line that came or went."""
    for item in fields(now or was or Milestone):
        old, new = getattr(was, item.name, None), getattr(now, item.name, None)
        if item.name == "targets":
            yield from _targets(old or {}, new or {})
        elif item.name in NUMBERS and old != new:
            yield Number(item.name, NUMBERS[item.name], old, new)
        elif item.name in WORDS and (old or "") != (new or ""):
            yield Text(item.name, WORDS[item.name], diff.compare(old or "", new or ""))
        elif item.name not in {**NUMBERS, **WORDS} and (old or "") != (new or ""):
            yield Fact(item.name, FACTS[item.name], _shown(item.name, old), _shown(item.name, new))


def _targets(old: Mapping[int, int], new: Mapping[int, int]) -> Iterator[Number]:
    for year in sorted({*old, *new}):
        if old.get(year) != new.get(year):
            yield Number(f"target_{year}", _("Cible %(year)s", year=year), old.get(year), new.get(year))


def _shown(name: str, value: Any) -> str:
    if name == "due" and value:
        return day_or_month(value)
    return str(INDICATOR_KIND.get(value, value)) if value else ""


def _same(before: Sequence[Line], after: Sequence[Line]) -> dict[int, int]:
    """For each place of the second list, that of the same line in the first.

    A line is known by all its words, or by its code, or by its name; or else, a step by its date, and an indicator
    that bears no code by its place.
    """
    found: dict[int, int] = {}
    for known in (_words, _code, _name, _place):
        free: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for place, line in enumerate(before):
            if place not in found.values():
                free[known(place, line)].append(place)
        for place, line in enumerate(after):
            key = known(place, line)
            if place not in found and key is not None and free[key]:
                found[place] = free[key].popleft()
    return found


def _words(_place: int, line: Line) -> Hashable:
    return repr(line)


def _code(_place: int, line: Line) -> Hashable:
    return getattr(line, "code", None) or None


def _name(_place: int, line: Line) -> Hashable:
    return line.title if isinstance(line, Milestone) else line.label or None


def _place(place: int, line: Line) -> Hashable:
    return line.due if isinstance(line, Milestone) else None if line.code else place


def _moved(same: Mapping[int, int]) -> set[int]:
    """The places in the second list, as few as can be, of the lines that changed their order."""
    runs: list[list[int]] = [[]]
    for new in sorted(same):
        shorter = [run for run in runs if not run or same[run[-1]] < same[new]]
        runs.append([*max(shorter, key=len), new])
    longest = max(runs, key=len)
    return set(same) - set(longest)
