"""The totals of the bank from the log alone: a replay of our own, so that no reader of the product judges itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import select

from cocon.audit.models import LogEntry, LogHead
from cocon.funding import stages
from cocon.kernel.db import db

COLUMNS = ("amount", *stages.LEVELS)
#: The columns behind ``ledger.LEVELS``.
LEVELS = ("amount", "inscribed", "voted", "contracted", "engaged", "paid")

Key = tuple[str, int, str]
Sums = dict[str, dict[Any, Any]]
#: By table and by identifier.
Rows = dict[str, dict[str, dict[str, Any]]]


class Told(NamedTuple):
    """What the log says of a tranche in the end, and what it counts for at each level."""

    action_id: str
    axis_id: str
    partner_id: str
    year: int
    nature: str
    counted: dict[str, int]


class End(NamedTuple):
    """What the log makes in the end."""

    sums: Sums
    tranches: list[Told]


def from_log(sizes: set[int]) -> Iterator[tuple[int, Sums, dict[Key, dict[str, int]]]]:
    """The same totals made from the log alone, when it held so many entries; the last time with the tranches."""
    for at, rows in _replayed(sizes):
        yield at, _sums(rows), _tranches(rows) if at == max(sizes) else {}


def end() -> End:
    """The same at the end of the log, with what each tranche counts for."""
    db.session.rollback()
    size = db.session.scalars(select(LogHead.size)).one()
    [(_at, rows)] = _replayed({size})
    return End(_sums(rows), [_last(rows, row) for row in rows["tranche"].values()])


def _last(rows: Rows, row: dict[str, Any]) -> Told:
    contribution = rows["contribution"][row["contribution_id"]]
    action_id, axis_id = contribution["action_id"], rows["action"][contribution["action_id"]]["axis_id"]
    return Told(action_id, axis_id, contribution["partner_id"], row["year"], row["nature"], _counted(row))


def _replayed(sizes: set[int]) -> Iterator[tuple[int, Rows]]:
    """The rows that the log made, each time it held so many entries; they change as it goes on."""
    rows: Rows = {"tranche": {}, "contribution": {}, "envelope": {}, "action": {}}
    if 0 in sizes:
        yield 0, rows
    for seq, body in db.session.execute(select(LogEntry.seq, LogEntry.body).order_by(LogEntry.seq)):
        for change in json.loads(body)["changes"]:
            if change["table"] in rows:
                rows[change["table"]].setdefault(change["id"], {}).update(change["after"])
        if seq + 1 in sizes:
            yield seq + 1, rows


def _tranches(rows: Rows) -> dict[Key, dict[str, int]]:
    return {
        (row["contribution_id"], row["year"], row["nature"]): {name: row[name] for name in COLUMNS}
        for row in rows["tranche"].values()
    }


def _sums(rows: Rows) -> Sums:
    years: Counter[int] = Counter()
    fiches: Counter[tuple[str, int]] = Counter()
    levels: dict[Any, Counter[str]] = {}
    for row in rows["tranche"].values():
        contribution = rows["contribution"][row["contribution_id"]]
        action = rows["action"][contribution["action_id"]]
        if row["amount"]:
            years[row["year"]] += row["amount"]
            fiches[action["code"], row["year"]] += row["amount"]
        for axis in (None, action["axis_id"]):
            key = (contribution["partner_id"], row["year"], axis)
            levels.setdefault(key, Counter()).update(_counted(row))
    whole = [(one["partner_id"], one["year"], one["axis_id"], one) for one in rows["envelope"].values()]
    sums = {(who, year, axis): levels.get((who, year, axis), Counter()) for who, year, axis, _one in whole}
    return {
        "matrix": dict(years),
        "fiches": dict(fiches),
        "promised": {(who, year): sums[who, year, None]["amount"] for who, year, axis, _one in whole if axis is None},
        "envelopes": {
            (who, year, axis): (one["amount"], one["hard"], *(sums[who, year, axis][name] for name in LEVELS))
            for who, year, axis, one in whole
        },
    }


def _counted(row: dict[str, Any]) -> dict[str, int]:
    """What a tranche counts for: once it is over, what was paid at most."""
    most = row["paid"] if row["stage"] in ("settled", "lapsed") else row["amount"]
    return {name: min(row[name], most) for name in COLUMNS}
