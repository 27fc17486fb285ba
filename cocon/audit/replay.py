"""Playing the log again: order of the entries, then the state of every row, each ``before`` against what was left."""

from __future__ import annotations

from typing import Any

from cocon.audit.canonical import encode
from cocon.audit.shape import Wrong, check_entry

__all__ = ["Replay", "Row", "Wrong"]

ORDER, STATE = 3, 7

Values = dict[str, Any]


class Row:
    """A row as the log left it. Erasable values stand as ``{"sd": digest}``."""

    __slots__ = ("rev", "values")

    def __init__(self, rev: int, values: Values) -> None:
        self.rev = rev
        self.values = values


class Replay:
    """Consumes decoded entries in order. ``state`` is table → id → Row; deleted rows are gone from it.

    ``consume`` checks the shape, the order and the changes of one entry in one go. A verifier that must keep the order
    of verification over a whole log calls ``check_entry``, ``order`` and ``apply`` itself; one that needs no state
    leaves ``apply`` out, and memory stays flat.
    """

    def __init__(self) -> None:
        self.size = 0
        self.at = ""
        self.state: dict[str, dict[str, Row]] = {}
        self._columns: dict[str, set[str]] = {}
        self._deleted: set[tuple[str, str]] = set()

    def consume(self, entry: object) -> None:
        """Check the next entry entirely and play it; raises Wrong at the first wrong thing."""
        complete = check_entry(entry, self.size)
        self.order(complete)
        self.apply(complete)

    def order(self, entry: dict[str, Any]) -> None:
        """The entry is the next one and its time does not go back; counts it."""
        seq, at = entry["seq"], entry["at"]
        if seq != self.size:
            raise Wrong(f"entry {self.size}: seq is {seq}", ORDER)
        if at < self.at:
            raise Wrong(f"entry {seq}: at goes back", ORDER)
        if seq == 0 and entry["kind"] != "log.opened":
            raise Wrong("entry 0: not log.opened", ORDER)
        self.size, self.at = seq + 1, at

    def apply(self, entry: dict[str, Any]) -> None:
        """Play the changes of an entry."""
        seq = entry["seq"]
        if entry["kind"] == "schema.migrated":
            self._migrate(entry["facts"], seq)
        for change in entry["changes"]:
            try:
                self._play(change)
            except _Odd as odd:
                raise Wrong(f"entry {seq}: table {change['table']} row {change['id']}{odd}", STATE) from None

    def _play(self, change: dict[str, Any]) -> None:
        before, after = change["before"], change["after"]
        if before is not None:
            row = self._next(change)
            if after is not None:
                _update(row, before, after)
            else:
                self._delete(change, row)
        elif after is not None:
            self._create(change)
        else:
            raise _Odd("neither before nor after")

    def _create(self, change: dict[str, Any]) -> None:
        table, row_id, after = change["table"], change["id"], change["after"]
        rows = self.state.setdefault(table, {})
        if row_id in rows or (table, row_id) in self._deleted:
            raise _Odd("created twice")
        if change["rev"] != 1:
            raise _Odd(f"rev is {change['rev']}, not 1")
        columns = self._columns.setdefault(table, set(after))
        if after.keys() != columns:
            raise _Odd("not a column of all rows", min(after.keys() ^ columns))
        rows[row_id] = Row(1, after)

    def _next(self, change: dict[str, Any]) -> Row:
        row = self.state.get(change["table"], {}).get(change["id"])
        if row is None:
            raise _Odd("changed but not there")
        row.rev += 1
        if change["rev"] != row.rev:
            raise _Odd(f"rev is {change['rev']}, not {row.rev}")
        return row

    def _delete(self, change: dict[str, Any], row: Row) -> None:
        before = change["before"]
        if before.keys() != row.values.keys():
            raise _Odd("not a column of all rows", min(before.keys() ^ row.values.keys()))
        _demand_same(row, before)
        del self.state[change["table"]][change["id"]]
        self._deleted.add((change["table"], change["id"]))

    def _migrate(self, facts: dict[str, Any], seq: int) -> None:
        columns = self._columns.get(facts["table"])
        if columns is None:
            return
        add, rename, drop = facts["add"], facts["rename"], facts["drop"]
        place = f"entry {seq}: table {facts['table']}, column"
        for gone in [*drop, *rename]:
            if gone not in columns:
                raise Wrong(f"{place} {gone}: dropped or renamed but not there", STATE)
            columns.remove(gone)
        for new in [*rename.values(), *add]:
            if new in columns:
                raise Wrong(f"{place} {new}: added but already there", STATE)
            columns.add(new)
        for row in self.state[facts["table"]].values():
            kept = {rename.get(name, name): value for name, value in row.values.items() if name not in drop}
            row.values = kept | add


class _Odd(Exception):
    def __init__(self, what: str, column: str | None = None) -> None:
        super().__init__(f", column {column}: {what}" if column else f": {what}")


def _update(row: Row, before: Values, after: Values) -> None:
    if before.keys() != after.keys():
        raise _Odd("on one side only", min(before.keys() ^ after.keys()))
    _demand_same(row, before)
    for column, value in after.items():
        if same(before[column], value):
            raise _Odd("listed but unchanged", column)
    row.values.update(after)


def _demand_same(row: Row, before: Values) -> None:
    for column, value in before.items():
        if column not in row.values:
            raise _Odd("not a column of the table", column)
        if not same(row.values[column], value):
            raise _Odd("before differs", column)


def same(left: object, right: object) -> bool:
    """Equality of log values: ``true`` is not 1, at any depth."""
    if type(left) is not type(right) or left != right:
        return False
    return not isinstance(left, dict | list) or encode(left) == encode(right)
