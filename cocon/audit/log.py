"""Appending to the log: canonical entry, digests of erasable values, leaf, tree head. Always inside an operation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from cocon.audit import canonical, disclosure, tree
from cocon.audit.erasable import ERASABLE
from cocon.audit.event import Event
from cocon.audit.journal import Change
from cocon.audit.models import LogChange, LogDisclosure, LogEntry, LogHead, LogTile
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id

Row = dict[str, Any]


@dataclass(frozen=True)
class Pending:
    """An operation's event and changes, waiting for the outermost operation to end."""

    actor: Actor
    event: Event
    changes: list[Change]
    request: str | None


@dataclass(frozen=True)
class Appended:
    """The rows of one entry."""

    entry: Row
    changes: list[Row]
    disclosures: list[Row]


def append(pending: Sequence[Pending]) -> list[int]:
    """Append entries in order and return their numbers. The head is the last lock taken."""
    head = db.session.scalars(select(LogHead).with_for_update().execution_options(populate_existing=True)).one()
    crown = tree.CompactRange.from_json(head.range, head.size)
    at = max(head.at, clock.stamp(clock.now()))
    rows, tiles, sealer = [], [], Sealer()
    for one in pending:
        body = _entry(one, crown.size, at, sealer)
        encoded = canonical.encode(body)
        leaf = tree.leaf_hash(encoded)
        rows.append(_rows(one, body, encoded, leaf, sealer.take()))
        crown.append(leaf)
        if crown.size % 256 == 0:
            tiles.append(crown.size // 256 - 1)
    numbers = [row.entry["seq"] for row in rows]
    db.session.execute(insert(LogEntry), [row.entry for row in rows])
    _insert(LogChange, [line for row in rows for line in row.changes])
    _insert(LogDisclosure, [line for row in rows for line in row.disclosures])
    head.size, head.range, head.at = crown.size, crown.to_json(), at
    db.session.flush()
    for number in tiles:
        _tile(number)
    return numbers


def _insert(model: type, rows: list[Row]) -> None:
    if rows:
        db.session.execute(insert(model), rows)


def _tile(number: int) -> None:
    leaves = db.session.scalars(
        select(LogEntry.leaf)
        .where(LogEntry.seq >= number * 256, LogEntry.seq < (number + 1) * 256)
        .order_by(LogEntry.seq)
    ).all()
    db.session.execute(insert(LogTile), [{"number": number, "root": tree.tile_root(leaves)}])


def _entry(one: Pending, seq: int, at: str, sealer: Sealer) -> Row:
    said = (("actor_name", one.actor.person_name), ("reason", one.event.reason))
    subject = one.event.subject
    return {
        "v": 1,
        "seq": seq,
        "id": new_id(),
        "at": at,
        "kind": one.event.kind,
        "actor": _actor(one.actor),
        "subject": {"type": subject.type, "id": subject.id, "version": subject.version},
        "facts": one.event.facts(),
        "basis": _basis(one.event),
        "changes": [sealer.change(change) for change in one.changes],
        "request": one.request,
        "sd": {name: sealer.seal(name, value) for name, value in said if value is not None},
    }


def _actor(actor: Actor) -> Row:
    return {
        "person": actor.person_id,
        "mandate": actor.mandate_id,
        "partner": actor.partner_key,
        "partner_name": actor.partner_name,
        "role": actor.role,
        "on_behalf_of": None,
    }


def _basis(event: Event) -> Row | None:
    basis = event.basis
    if basis is None:
        return None
    return {"act": basis.act, "number": basis.number, "date": basis.date.isoformat()}


class Sealer:
    """Replaces erasable values by digests; remembers those of this transaction, and asks the log for older ones."""

    def __init__(self) -> None:
        self.sealed: list[tuple[str, str]] = []
        self._known: dict[str, Row] = {}

    def take(self) -> list[tuple[str, str]]:
        """The (digest, disclosure) pairs made since the last call."""
        taken, self.sealed = self.sealed, []
        return taken

    def seal(self, name: str, value: Any) -> str:
        """The digest that stands in the entry for ``value``."""
        digest, text = disclosure.seal(name, value)
        self.sealed.append((digest, text))
        return digest

    def change(self, change: Change) -> Change:
        """The change as the entry shows it."""
        hidden = {column for column in change["after"] if f"{change['table']}.{column}" in ERASABLE}
        if not hidden:
            return change
        before, after = change["before"], dict(change["after"])
        if before is not None:
            earlier = self._earlier(change)
            before = {column: earlier.get(column, v) if column in hidden else v for column, v in before.items()}
        for column in hidden:
            if after[column] is not None:
                after[column] = {"sd": self.seal(f"{change['table']}.{column}", after[column])}
        self._known.setdefault(change["id"], {}).update(after)
        return {**change, "before": before, "after": after}

    def _earlier(self, change: Change) -> Row:
        """What was last written for each column of the row: ``before`` repeats the digest, never a new salt."""
        known = _written(change["id"]) | self._known.get(change["id"], {})
        self._known[change["id"]] = known
        return known


def _written(row_id: str) -> Row:
    bodies = db.session.scalars(
        select(LogEntry.body)
        .join(LogChange, LogChange.seq == LogEntry.seq)
        .where(LogChange.row_id == row_id)
        .order_by(LogEntry.seq, LogChange.rev)
    ).all()
    known: Row = {}
    for body in dict.fromkeys(bodies):
        for past in json.loads(body)["changes"]:
            if past["id"] == row_id:
                known.update(past["after"])
    return known


def _rows(one: Pending, body: Row, encoded: bytes, leaf: bytes, sealed: list[tuple[str, str]]) -> Appended:
    event, seq = one.event, body["seq"]
    entry = {
        "seq": seq,
        "id": body["id"],
        "at": body["at"],
        "kind": event.kind,
        "partner": one.actor.partner_key,
        "person": one.actor.person_id,
        "subject": event.subject.id,
        "about": event.about,
        "audience": event.audience,
        "leaf": leaf,
        "body": encoded.decode(),
    }
    changes = [{"row_id": c["id"], "rev": c["rev"], "table_name": c["table"], "seq": seq} for c in one.changes]
    disclosures = [
        {"digest": digest, "seq": seq, "audience": event.audience, "disclosure": text} for digest, text in sealed
    ]
    return Appended(entry, changes, disclosures)
