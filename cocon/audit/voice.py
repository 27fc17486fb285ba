"""What the log says of itself: its origin, and the keys it announces, each with the entry that does."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Engine, select

from cocon.audit.models import LogEntry, LogHead

ANNOUNCING = ("log.opened", "log.key-added")


@dataclass(frozen=True)
class Voice:
    """``announced`` lists (entry, vkey); nothing after the first ``upto`` entries is known."""

    upto: int
    origin: str
    announced: tuple[tuple[int, str], ...]

    def keys(self, size: int) -> list[str]:
        """The vkeys that the first ``size`` entries announce, oldest first."""
        return [vkey for seq, vkey in self.announced if seq < size]


def read(engine: Engine) -> Voice:
    """Ask the log; an empty one has no voice and raises LookupError."""
    size = select(LogHead.size).scalar_subquery()
    statement = select(LogEntry.seq, LogEntry.body, size).where(LogEntry.kind.in_(ANNOUNCING)).order_by(LogEntry.seq)
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
    facts = [(row.seq, json.loads(row.body)["facts"]) for row in rows]
    if not facts:
        raise LookupError("the log is not open")
    return Voice(rows[0][2], facts[0][1]["origin"], tuple((seq, said["key"]) for seq, said in facts))
