"""Reading the database as it is, without trusting it: one snapshot, raw values, every fault a plain ``Wrong``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Connection, Date, Integer, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import JSON

from cocon.audit.shape import Wrong
from cocon.kernel.db import db

ORDER = 3
BATCH = 500
_COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_xinfo('{}')",
    "postgresql": (
        "SELECT attname FROM pg_attribute WHERE attrelid = '\"{}\"'::regclass AND attnum > 0 AND NOT attisdropped"
    ),
}


class Unreadable:
    """Stands for a stored value that is not of its column's type; equals nothing."""

    def __repr__(self) -> str:
        return "unreadable"


@dataclass
class Snapshot:
    """A connection on which everything read belongs to one instant; what is still being read ends with it."""

    connection: Connection
    reading: ExitStack

    def columns(self, table: str) -> frozenset[str]:
        """The names of the columns that a table has in the database, generated ones too."""
        found = self.connection.exec_driver_sql(_COLUMNS[self.connection.dialect.name].format(table))
        return frozenset(str(name) for (name,) in found)

    def rows(self, table: str, columns: Sequence[str], order: str | None = None) -> Iterator[Any]:
        """The rows of a table, raw, as a stream; raises Wrong when the database cannot read them."""
        listed = ", ".join(f'"{column}"' for column in columns)
        sorting = f' ORDER BY "{order}"' if order else ""
        streaming = self.connection.execution_options(stream_results=True, max_row_buffer=BATCH)
        last = None
        try:
            found = streaming.exec_driver_sql(f'SELECT {listed} FROM "{table}"{sorting}')  # noqa: S608 - our own names
            self.reading.callback(found.close)
            for row in found:
                last = row[0]
                yield row
        except (DBAPIError, sqlite3.Error, OverflowError) as error:
            after = f" after row {last}" if last is not None else ""
            raise Wrong(f"table {table}: unreadable{after} ({reason(error)})", ORDER) from None


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Read the database as it is now."""
    lenient = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection, ExitStack() as reading:
        if lenient:
            raw: Any = connection.connection.driver_connection
            connection.detach()
            raw.text_factory = _leniently
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield Snapshot(connection, reading)


def _leniently(data: bytes) -> str:
    """Text whose bytes were changed by hand may not be UTF-8 any more."""
    return data.decode("utf-8", "surrogateescape")


def reason(error: BaseException) -> str:
    """What a driver says, on one line."""
    lines = str(getattr(error, "orig", None) or error).splitlines()
    return lines[0] if lines else type(error).__name__


class Ahead:
    """Rows in the order of a number (their ``place``-th value), taken as something else goes by."""

    def __init__(self, table: str, found: Iterator[Any], place: int) -> None:
        self._table, self._rows, self._place = table, found, place
        self._next = next(found, None)

    @property
    def number(self) -> int | None:
        """The number of the next row; None after the last one."""
        if self._next is None:
            return None
        number = self._next[self._place]
        if type(number) is not int:
            raise Wrong(f"table {self._table} row {self._next[0]}: unreadable number", ORDER)
        return number

    def take(self, upto: int) -> list[Any]:
        """The rows whose number is not beyond ``upto``."""
        taken = []
        while (number := self.number) is not None and number <= upto:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken


def value(column: Column[Any], raw: Any) -> Any:
    """A raw value as the log writes it; ``Unreadable`` when it is not of its column's type."""
    if raw is None:
        return None
    kind = column.type
    if isinstance(kind, JSON):
        return _json(raw)
    if isinstance(kind, Boolean):
        return bool(raw) if isinstance(raw, bool) or (raw in {0, 1} and type(raw) is int) else Unreadable()
    if isinstance(kind, Date):
        return raw.isoformat() if isinstance(raw, date) else _typed(raw, str)
    return _typed(raw, int if isinstance(kind, Integer) else str)


def _typed(raw: Any, wanted: type) -> Any:
    return raw if type(raw) is wanted else Unreadable()


def _json(raw: Any) -> Any:
    if not isinstance(raw, str):
        return raw if not isinstance(raw, bytes) else Unreadable()
    if db.engine.dialect.name != "sqlite":
        return raw
    try:
        return orjson.loads(raw)
    except (ValueError, UnicodeError):
        return Unreadable()


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns that the log watches: all but ``id`` and ``rev``."""
    return [column for column in table.columns if column.name not in {"id", "rev"}]
