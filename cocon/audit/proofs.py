"""Proofs from the database: the path from an entry to a signed root, in a few reads whatever the size of the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select

from cocon.audit import note, tree, voice
from cocon.audit.models import LogCheckpoint, LogEntry, LogTile
from cocon.kernel.db import db


class DatabaseReader:
    """The leaves and tiles of the log, as ``tree.Reader`` asks for them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        statement = select(LogEntry.leaf).where(LogEntry.seq >= start, LogEntry.seq < stop).order_by(LogEntry.seq)
        with self._engine.connect() as connection:
            return list(connection.scalars(statement))

    def tiles(self, start: int, stop: int) -> Sequence[bytes]:
        statement = select(LogTile.root).where(LogTile.number >= start, LogTile.number < stop).order_by(LogTile.number)
        with self._engine.connect() as connection:
            return list(connection.scalars(statement))


@dataclass(frozen=True)
class Inclusion:
    """Whether an entry stands at its place under the first signed checkpoint that covers it."""

    holds: bool
    size: int
    checkpoint: str
    path: tuple[bytes, ...]
    signers: tuple[str, ...]


def covering(seq: int) -> str | None:
    """The first signed checkpoint that covers an entry, if one does yet."""
    return db.session.scalar(
        select(LogCheckpoint.note).where(LogCheckpoint.size > seq).order_by(LogCheckpoint.size).limit(1)
    )


def newest() -> str | None:
    """The latest signed checkpoint."""
    return db.session.scalar(select(LogCheckpoint.note).order_by(LogCheckpoint.size.desc()).limit(1))


def inclusion(seq: int, body: str, checkpoint: str) -> Inclusion:
    """Check an entry's text against a signed checkpoint that covers it: the signature, then the path to its root."""
    head = note.parse_checkpoint(note.parse_note(checkpoint).text)
    keys = [note.parse_vkey(key) for key in voice.read(db.engine).keys(head.size)]
    try:
        signers = tuple(key.vkey for key in note.verify_note(checkpoint, keys)[1])
    except note.BadNote:
        signers = ()
    path = tuple(tree.inclusion_path(seq, head.size, DatabaseReader(db.engine)))
    stands = tree.verify_inclusion(tree.leaf_hash(body.encode()), seq, head.size, path, head.root)
    return Inclusion(stands and bool(signers), head.size, checkpoint, path, signers)


def key_ids(checkpoint: str) -> list[str]:
    """The ids of the keys whose signatures a note carries, in hexadecimal."""
    return [key_id.hex() for _name, key_id, _signature in note.parse_note(checkpoint).signatures]
