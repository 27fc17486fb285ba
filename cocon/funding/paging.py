"""The fiches of the matrix page after page; sub-totals stand where their last fiche does.

Named outside the seven usual files: a page of what ``queries.matrix`` read, no statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cocon.funding.balance import AxisGroup, Fiche, Matrix, ObjectiveGroup

#: Fiches on a page.
PAGE = 50


@dataclass(frozen=True)
class Part:
    """The fiches of an objective on a page; ``ends``: its last one is there."""

    objective: ObjectiveGroup
    fiches: Sequence[Fiche]
    ends: bool


@dataclass(frozen=True)
class Group:
    """The objectives of an axis on a page; ``ends``: its last fiche is there."""

    group: AxisGroup
    parts: Sequence[Part]
    ends: bool


@dataclass(frozen=True)
class Page:
    """At most PAGE fiches; ``next`` is the one after which the next page begins."""

    groups: Sequence[Group]
    first: int
    last: int
    next: str | None


def page(matrix: Matrix, after: str | None) -> Page:
    """The fiches after one, or the first ones when it is not among them."""
    every = [fiche.id for fiche in matrix.fiches]
    start = every.index(after) + 1 if after in every else 0
    shown = set(every[start : start + PAGE])
    last = start + len(shown)
    return Page(list(_groups(matrix, shown)), start + 1, last, every[last - 1] if last < len(every) else None)


def _groups(matrix: Matrix, shown: set[str]) -> Iterator[Group]:
    for group in matrix.groups:
        parts = [part for objective in group.objectives if (part := _part(objective, shown)).fiches]
        if parts:
            yield Group(group, parts, ends=parts[-1].ends and parts[-1].objective is group.objectives[-1])


def _part(objective: ObjectiveGroup, shown: set[str]) -> Part:
    fiches = [fiche for fiche in objective.fiches if fiche.id in shown]
    return Part(objective, fiches, ends=objective.fiches[-1].id in shown)
