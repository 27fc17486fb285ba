"""Finding fiches by the words of their text, alike on both engines.

Named outside the seven usual files: words are folded in Python (``kernel.folding``), so that FTS5 and PostgreSQL only
compare them; this module speaks to each in its language. Its table is free: it can always be made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    String,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from cocon.actions.models import (
    TEXT_FIELDS,
    Action,
    ActionSearch,
    ActionVersion,
    Indicator,
    Milestone,
    VersionIndicator,
    VersionMilestone,
)
from cocon.kernel import folding
from cocon.kernel.db import db, dialect
from cocon.kernel.folding import Wanted

#: The fields of the text in the order of their weight; the code of the fiche counts with its title.
HEART = ("context", "objectives", "content")
REST = tuple(name for name in TEXT_FIELDS if name not in HEART)
#: What a word adds to the score of a fiche, by the part of the text where it is found.
WEIGHTS = {"title": 8, "heart": 2}
_LETTERS = {"title": "A", "heart": "B", "rest": "C"}
#: How much of a text is indexed, in bytes of its keys and of what goes with each: PostgreSQL refuses a vector of 1 MiB.
MOST = 1_000_000
#: SQLite's table; the column of its own name is where FTS5 takes a query.
_FTS = table("action_words", *map(column, ("rowid", "action_words", "title", "heart", "rest")))


class Wording(Protocol):
    """Anything that has the text of a fiche."""

    @property
    def title(self) -> str: ...
    @property
    def milestones(self) -> Sequence[Milestone]: ...
    @property
    def indicators(self) -> Sequence[Indicator]: ...


def index(action: Action, text: Wording) -> None:
    """Make a fiche found by the words of its text, and no longer by those of its former one."""
    lines = [step.title for step in text.milestones] + [f"{one.code} {one.label}" for one in text.indicators]
    _write(db.session.connection(), action.id, action.code, text, lines)


def complete(connection: Connection) -> int:
    """Index the fiches that have no line yet, as after a migration that emptied the table; how many there were."""
    rows = connection.execute(
        select(
            Action.id,
            Action.code,
            ActionVersion.id.label("version_id"),
            *(getattr(ActionVersion, name) for name in ("title", *TEXT_FIELDS)),
        )
        .join(ActionVersion, (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version))
        .outerjoin(ActionSearch, ActionSearch.action_id == Action.id)
        .where(ActionSearch.action_id.is_(None))
    ).all()
    for row in rows:
        _write(connection, row.id, row.code, row, _steps_and_measures(connection, row.version_id))
    return len(rows)


def _steps_and_measures(connection: Connection, version_id: str) -> list[str]:
    steps = select(VersionMilestone.title).where(VersionMilestone.version_id == version_id)
    measures = select(VersionIndicator.code + " " + VersionIndicator.label)
    measures = measures.where(VersionIndicator.version_id == version_id)
    return [*connection.scalars(steps), *connection.scalars(measures)]


def _write(connection: Connection, action_id: str, code: str, text: Any, lines: Sequence[str]) -> None:
    parts = _bounded(
        {
            "title": folding.keys(f"{code} {text.title}"),
            "heart": folding.keys("\n".join(getattr(text, name) for name in HEART)),
            "rest": folding.keys("\n".join([*(getattr(text, name) for name in REST), *lines])),
        }
    )
    on_sqlite, number = connection.dialect.name == "sqlite", UUID(action_id).int & (2**62 - 1)
    known = ActionSearch.action_id == action_id
    connection.execute(delete(ActionSearch).where(known))
    connection.execute(
        insert(ActionSearch).values(
            action_id=action_id,
            number=number,
            sorted_title=folding.fold(text.title),
            words=None if on_sqlite else _vector(parts),
        )
    )
    if on_sqlite:
        connection.execute(delete(_FTS).where(_FTS.c.rowid == number))
        connection.execute(insert(_FTS).values(rowid=number, **{name: " ".join(keys) for name, keys in parts.items()}))


def matches(looked_for: Sequence[Wanted]) -> ColumnElement[bool]:
    """Whether ``ActionSearch`` holds all the words, anywhere."""
    return _match(" AND " if dialect() == "sqlite" else " & ", [_asked(one) for one in looked_for])


def score(looked_for: Sequence[Wanted]) -> ColumnElement[int]:
    """How well it holds them: a whole number, the same on both engines, so that pages follow each other."""
    found = [
        case((_match("", [_asked(one, part)]), weight), else_=0)
        for one in looked_for
        for part, weight in WEIGHTS.items()
    ]
    return sum(found[1:], start=found[0])


def _asked(one: Wanted, part: str = "") -> str:
    """One word in the engine's language. A form holds letters, digits and ``·``: nothing to escape."""
    if dialect() == "sqlite":
        forms = " OR ".join(f'"{form}"{"*" if one.prefix else ""}' for form in one.forms)
        return f"{part} : ({forms})" if part else f"({forms})"
    how = ("*" if one.prefix else "") + _LETTERS.get(part, "")
    quoted = (f"'{form}':{how}" if how else f"'{form}'" for form in one.forms)
    return f"({' | '.join(quoted)})"


def _match(link: str, asked: Iterable[str]) -> ColumnElement[bool]:
    query = literal(link.join(asked), String)
    if dialect() == "sqlite":
        return ActionSearch.number.in_(select(_FTS.c.rowid).where(_FTS.c.action_words.op("MATCH")(query)))
    return ActionSearch.words.op("@@", return_type=Boolean())(cast(query, TSQUERY))


def _bounded(parts: dict[str, list[str]]) -> dict[str, list[str]]:
    """The keys that both engines can hold: all, but of a text made to exceed it."""
    left, kept = MOST, {part: list[str]() for part in parts}
    for part, keys in parts.items():
        for key in keys:
            left -= len(key.encode()) + 8
            if left < 0:
                return kept
            kept[part].append(key)
    return kept


def _vector(parts: dict[str, list[str]]) -> str:
    """A text search vector: each word with the weights of the parts that hold it."""
    places: dict[str, list[str]] = {}
    for place, (part, keys) in enumerate(parts.items(), 1):
        for key in keys:
            places.setdefault(key, []).append(f"{place}{_LETTERS[part]}")
    return " ".join(f"'{key}':{','.join(held)}" for key, held in places.items())


def sorted_title() -> Any:
    """The title as it is sorted: by its folded words, byte by byte on both engines."""
    column_ = func.coalesce(ActionSearch.sorted_title, "")
    return column_.collate("C") if dialect() == "postgresql" else column_
