"""Deriving the tree again from the entries in the database, before anything is signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from cocon.audit import note
from cocon.audit.heads import SignedHead
from cocon.audit.models import LogCheckpoint, LogEntry, LogHead
from cocon.audit.refusals import Forked, NoSuchEntry, Unsigned
from cocon.audit.tree import CompactRange, leaf_hash
from cocon.kernel.db import db
from cocon.kernel.language import _


@dataclass(frozen=True)
class Grown:
    """The tree at the size wanted, the time of its last entry, and the whole tree that was found."""

    size: int
    root: bytes
    at: str
    crown: CompactRange


def derived(held: SignedHead | None, size: int | None) -> Grown:
    """Read every entry since the last signed head; all of them for an earlier size, or when no head is held.

    Raises Forked when the entries do not lead to the head of the log, or not through what was signed before.
    """
    with db.engine.connect() as connection:
        known = {held.size: held.root} if held else _newest(connection)
        walk = _Walk(held.crown() if held and size is None else CompactRange(), known, size)
        with connection.execution_options(yield_per=500).execute(_since(walk.crown.size)) as rows:
            for row in rows:
                walk.take(row)
    return walk.end()


def _newest(connection: Connection) -> dict[int, bytes]:
    """Without a head outside (another machine, perhaps), the newest checkpoint must lie on the way."""
    kept = connection.scalar(select(LogCheckpoint.note).order_by(LogCheckpoint.size.desc()).limit(1))
    if kept is None:
        return {}
    head = note.parse_checkpoint(note.parse_note(kept).text)
    return {head.size: head.root}


def _since(start: int) -> Select[Any]:
    return (
        select(
            LogHead.size.label("whole"),
            LogHead.range,
            LogHead.at.label("latest"),
            LogEntry.seq,
            LogEntry.at,
            LogEntry.leaf,
            LogEntry.body,
        )
        .select_from(LogHead)
        .outerjoin(LogEntry, LogEntry.seq >= start)
        .order_by(LogEntry.seq)
    )


@dataclass
class _Walk:
    """Going over the entries from a known tree on; ``known`` maps sizes to the roots that must be met."""

    crown: CompactRange
    known: dict[int, bytes]
    size: int | None
    head: Any = None
    found: Grown | None = None
    met: set[int] = field(default_factory=set)

    def take(self, row: Any) -> None:
        self.head = row
        if row.seq is not None:
            self._append(row)
        if self.crown.size in self.known:
            self._meet()
        if self.crown.size == self.size:
            self.found = Grown(self.crown.size, self.crown.root(), row.at, self.crown)

    def _append(self, row: Any) -> None:
        if self.crown.size in self.known:
            self._meet()
        if row.seq != self.crown.size:
            raise Forked(_("L’entrée %(seq)s du journal manque\u202f: rien n’est signé.", seq=self.crown.size))
        if leaf_hash(row.body.encode()) != row.leaf:
            raise Forked(_("L’entrée %(seq)s du journal a été modifiée\u202f: rien n’est signé.", seq=row.seq))
        self.crown.append(row.leaf)

    def _meet(self) -> None:
        if self.crown.root() != self.known[self.crown.size]:
            raise Forked
        self.met.add(self.crown.size)

    def end(self) -> Grown:
        if self.head is None:
            raise Unsigned(_("Le journal n’est pas ouvert\u202f: lancez «\u00a0cocon init\u00a0»."))
        if self.met != set(self.known) or (self.crown.size, self.crown.to_json()) != (self.head.whole, self.head.range):
            raise Forked
        if self.size is None:
            return Grown(self.crown.size, self.crown.root(), self.head.latest, self.crown)
        if self.found is None:
            raise NoSuchEntry(self.crown.size)
        return self.found
