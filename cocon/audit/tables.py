"""Every audited table against the replayed state: all rows, all columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.exc import DBAPIError

from cocon.audit.event import plain
from cocon.audit.replay import Row, Wrong
from cocon.audit.shape import is_sealed
from cocon.kernel.db import Audited, db, tables

State = dict[str, dict[str, Row]]
#: What a value that Python cannot read back raises, according to its type and to the engine.
UNREADABLE = (DBAPIError, UnicodeDecodeError, ValueError, TypeError, KeyError, LookupError)


def compare(state: State, disclosed: dict[str, Any]) -> int:
    """The number of rows compared; raises Wrong for the first that differs, is missing or is in excess."""
    compared = 0
    unknown = sorted(set(state) - set(tables("audited")))
    if unknown:
        raise Wrong(f"table {unknown[0]}: known to the log only")
    for name in tables("audited"):
        compared += _compare(Audited.metadata.tables[name], state.get(name, {}), disclosed)
    return compared


def _compare(table: Table, expected: dict[str, Row], disclosed: dict[str, Any]) -> int:
    seen: set[str] = set()
    for found in _rows(table, expected):
        row_id = str(found["id"])
        if row_id not in expected:
            raise Wrong(f"table {table.name} row {row_id}: unknown to the log")
        _compare_row(f"table {table.name} row {row_id}", found, expected[row_id], disclosed)
        seen.add(row_id)
    for row_id in expected:
        if row_id not in seen:
            raise Wrong(f"table {table.name} row {row_id}: missing")
    return len(seen)


def _rows(table: Table, expected: dict[str, Row]) -> Iterator[dict[str, Any]]:
    try:
        result = db.session.connection().execution_options(yield_per=500).execute(select(table).order_by(table.c.id))
        for row in result.mappings():
            yield dict(row)
    except UNREADABLE:
        _name_unreadable(table, expected)
        raise


def _name_unreadable(table: Table, expected: dict[str, Row]) -> None:
    """Find the row and the column that cannot be read back."""
    db.session.rollback()
    for row_id in expected:
        for column in table.c:
            try:
                db.session.execute(select(column).where(table.c.id == row_id)).first()
            except UNREADABLE:
                db.session.rollback()
                raise Wrong(f"table {table.name} row {row_id}, column {column.name}: unreadable") from None
    raise Wrong(f"table {table.name}: unreadable")


def _compare_row(place: str, found: dict[str, Any], expected: Row, disclosed: dict[str, Any]) -> None:
    rev = found.pop("rev")
    found.pop("id")
    for column, value in found.items():
        wanted = expected.values.get(column)
        if not _agrees(plain(value), wanted, disclosed):
            raise Wrong(f"{place}, column {column}: not what the log says")
    if set(expected.values) - set(found):
        raise Wrong(f"{place}: a column is missing")
    if rev != expected.rev:
        raise Wrong(f"{place}, column rev: {rev} instead of {expected.rev}")


def _agrees(value: Any, wanted: Any, disclosed: dict[str, Any]) -> bool:
    if not is_sealed(wanted):
        return type(value) is type(wanted) and bool(value == wanted)
    digest = wanted["sd"]
    if digest not in disclosed:
        return value in (None, "")
    return bool(value == disclosed[digest])


