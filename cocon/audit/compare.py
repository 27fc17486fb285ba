"""Every audited table against the state that the log leaves: all rows, all columns, hidden values included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import DBAPIError

from cocon.audit.canonical import NotCanonical
from cocon.audit.disclosure import BadDisclosure, open_disclosure
from cocon.audit.models import LogDisclosure
from cocon.audit.replay import Row, same
from cocon.audit.shape import Wrong, is_sealed
from cocon.audit.stored import Snapshot, Unreadable, columns_of, reason, value
from cocon.kernel.db import Audited, tables

TABLES = 8
_BATCH = 100
_SHORT = 60

State = dict[str, dict[str, Row]]


def compare(database: Snapshot, state: State) -> int:
    """The number of rows that are as the log leaves them; raises Wrong for the first that is not. Empties ``state``."""
    unknown = sorted(state.keys() - set(tables("audited")))
    if unknown:
        raise Wrong(f"table {unknown[0]}: in the log but not in the database", TABLES)
    return sum(
        _compare_table(database, Audited.metadata.tables[name], state.pop(name, {})) for name in tables("audited")
    )


def _compare_table(database: Snapshot, table: Table, left: dict[str, Row]) -> int:
    _demand_no_other_column(database, table)
    _demand_columns(table, left)
    count = 0
    found = database.rows(table.name, ["id", "rev", *(column.name for column in columns_of(table))])
    for batch in iter(lambda: list(islice(found, _BATCH)), []):
        pairs = [(_expected(table, left, row[0]), row) for row in batch]
        opened = _opened(database.connection, [expected for expected, _row in pairs])
        for expected, row in pairs:
            _compare_row(table, expected, row, opened)
        count += len(batch)
    if left:
        raise Wrong(f"table {table.name} row {min(left)}: missing", TABLES)
    return count


def _demand_no_other_column(database: Snapshot, table: Table) -> None:
    """What stands in a column that the log does not know would be vouched for by nothing."""
    there = database.columns(table.name)
    if not there:
        return  # no table at all: reading it says so
    if odd := sorted(there - set(table.columns.keys())):
        raise Wrong(f"table {table.name}, column {odd[0]}: not a column of the log", TABLES)
    if gone := sorted(set(table.columns.keys()) - there):
        raise Wrong(f"table {table.name}, column {gone[0]}: missing", TABLES)


def _demand_columns(table: Table, left: dict[str, Row]) -> None:
    there = {column.name for column in columns_of(table)}
    for row in islice(left.values(), 1):
        if odd := sorted(there ^ row.values.keys()):
            raise Wrong(f"table {table.name}, column {odd[0]}: in the log or in the database, not in both", TABLES)


def _expected(table: Table, left: dict[str, Row], row_id: Any) -> Row:
    expected = left.pop(row_id, None) if isinstance(row_id, str) else None
    if expected is None:
        raise Wrong(f"table {table.name} row {row_id}: not in the log", TABLES)
    return expected


def _opened(connection: Connection, batch: list[Row]) -> Mapping[str, str]:
    """The disclosures of the hidden values of some rows, by digest."""
    digests = list(_hidden(batch))
    if not digests:
        return {}
    statement = select(LogDisclosure.digest, LogDisclosure.disclosure).where(LogDisclosure.digest.in_(digests))
    try:
        return {row.digest: row.disclosure for row in connection.execute(statement)}
    except DBAPIError as error:
        raise Wrong(f"table log_disclosure: unreadable ({reason(error)})", TABLES) from None


def _hidden(batch: list[Row]) -> Iterator[str]:
    for row in batch:
        for stored in row.values.values():
            if is_sealed(stored):
                yield stored["sd"]


def _compare_row(table: Table, expected: Row, row: Any, opened: Mapping[str, str]) -> None:
    """Ordinary columns before ``rev``, so that the message names what was touched."""
    place = f"table {table.name} row {row[0]}, column"
    for column, raw in zip(columns_of(table), row[2:], strict=True):
        wanted, found = expected.values[column.name], value(column, raw)
        if is_sealed(wanted):
            _demand_hidden(f"{place} {column.name}", found, opened.get(wanted["sd"]))
        elif not _equal(found, wanted):
            raise Wrong(f"{place} {column.name}: {_brief(found)} in the table, {_brief(wanted)} in the log", TABLES)
    if type(row[1]) is not int or row[1] != expected.rev:
        raise Wrong(f"{place} rev: {_brief(row[1])} in the table, {expected.rev} in the log", TABLES)


def _demand_hidden(place: str, found: Any, disclosure: str | None) -> None:
    """A value whose disclosure was erased must be gone from the table too: nobody could check it any more."""
    if disclosure is None:
        if found not in (None, ""):
            raise Wrong(f"{place}: its disclosure was erased, yet it holds a value that nothing vouches for", TABLES)
        return
    try:
        hidden = open_disclosure(disclosure)[2]
    except BadDisclosure:
        hidden = Unreadable()
    if not _equal(found, hidden):
        raise Wrong(f"{place}: not the value that the log sealed", TABLES)


def _equal(found: Any, wanted: Any) -> bool:
    try:
        return same(found, wanted)
    except NotCanonical:
        return False


def _brief(said: Any) -> str:
    shown = said if isinstance(said, str) else "null" if said is None else repr(said)
    return shown if len(shown) <= _SHORT else f"{shown[:_SHORT]}…"
