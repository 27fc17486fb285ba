"""What a section said before each of its last saves, kept as what each save changed.

Named outside the seven usual files: drafts keep it, so that two texts are merged from the one that both started from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from cocon.actions.diff import shared
from cocon.actions.sections import Typed

#: How many saves of a section are remembered, and how many characters all that they changed may take.
SAVES, SIZE = 200, 100_000
#: The page that saved; by name of field, how much of the later text stays at its ends and what stood between, or the
#: whole of what was.
Step = tuple[str, Mapping[str, Any]]


def remember(steps: Sequence[Step], now: Typed, before: Typed, page: str = "") -> list[Step]:
    """The steps back, the latest first, once a page has put ``now`` in the place of ``before``."""
    return list(_bounded([(page, _undo(now, before)), *steps]))


def back(now: Typed, steps: Sequence[Step]) -> Typed:
    """The text as it was that many steps ago."""
    fields = dict(now)
    for _page, undo in steps:
        fields |= {name: _former(fields.get(name), how) for name, how in undo.items()}
    return {name: value for name, value in fields.items() if value is not None}


def _bounded(steps: Sequence[Step]) -> Iterator[Step]:
    sizes = accumulate(len(json.dumps(step)) for step in steps[:SAVES])
    return (step for step, size in zip(steps, sizes, strict=False) if size <= SIZE)


def _undo(now: Typed, before: Typed) -> Mapping[str, Any]:
    names = [name for name in {**now, **before} if now.get(name) != before.get(name)]
    return {name: _how(now.get(name), before.get(name)) for name in names}


def _how(now: Any, before: Any) -> list[Any]:
    if not (isinstance(now, str) and isinstance(before, str)):
        return [before]
    head = shared(now, before)
    tail = shared(now[head:][::-1], before[head:][::-1])
    return [head, tail, before[head : len(before) - tail]]


def _former(now: Any, how: Sequence[Any]) -> Any:
    if len(how) == 1:
        return how[0]
    head, tail, between = how
    return now[:head] + between + now[len(now) - tail :]
