"""What leaves the house: the evidence bundle and the proof of one entry, as the reader may see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, func, or_, select

from cocon.audit import checkpoints, note, tree, voice
from cocon.audit.bundle import DEMO, Exported, Target, Unfit, write_bundle, write_proof
from cocon.audit.canonical import NotCanonical
from cocon.audit.models import LogCheckpoint, LogDisclosure, LogEntry
from cocon.audit.proofs import DatabaseReader, covering
from cocon.kernel.actor import Actor
from cocon.kernel.db import db

BATCH = 500


def export(out: Target, until: int | None = None, reader: Actor | None = None) -> Exported:
    """Write the bundle of entries 0 to ``until`` (all by default), signed; raises Unsigned.

    Of the erasable values it holds those that every partner may read, and those of the reader's own organisation.
    """
    newest = checkpoints.sign(None if until is None else until + 1)
    head = note.parse_checkpoint(note.parse_note(newest).text)
    entries = select(LogEntry.body).where(LogEntry.seq < head.size).order_by(LogEntry.seq)
    kept = select(LogCheckpoint.size, LogCheckpoint.note).where(LogCheckpoint.size <= head.size)
    with _fitting(), db.engine.connect() as connection:
        return write_bundle(
            out,
            origin=head.origin,
            entries=(row.body.encode() for row in _stream(connection, entries)),
            disclosures=_disclosures(connection, LogDisclosure.seq < head.size, reader),
            checkpoints={row.size: row.note for row in connection.execute(kept)},
            timestamps={},
            keys=voice.read(db.engine).keys(head.size),
            sign=lambda text: checkpoints.sign_text(text, head.size),
        )


def prove(seq: int, out: Target, reader: Actor | None = None) -> None:
    """Write the proof of one entry under the first checkpoint that covers it, signed now if need be."""
    checkpoint = covering(seq) or checkpoints.sign()
    size = note.parse_checkpoint(note.parse_note(checkpoint).text).size
    if seq >= size:
        raise checkpoints.NoSuchEntry(size)
    with db.engine.connect() as connection:
        body = connection.scalars(select(LogEntry.body).where(LogEntry.seq == seq)).one()
        demo = connection.scalar(select(func.min(LogEntry.seq)).where(LogEntry.kind == DEMO, LogEntry.seq <= seq))
        disclosures = [text for _seq, text in _disclosures(connection, LogDisclosure.seq == seq, reader)]
    with _fitting():
        write_proof(
            out,
            entry=body.encode(),
            path=tree.inclusion_path(seq, size, DatabaseReader(db.engine)),
            checkpoint=checkpoint,
            disclosures=disclosures,
            keys=voice.read(db.engine).keys(size),
            demo=demo,
        )


@contextmanager
def _fitting() -> Iterator[None]:
    """What does not verify is never handed out."""
    try:
        yield
    except (Unfit, NotCanonical) as error:
        raise checkpoints.Forked from error


def _disclosures(connection: Connection, which: ColumnElement[bool], reader: Actor | None) -> Iterator[tuple[int, str]]:
    own = reader.partner_key if reader else None
    readable = or_(LogDisclosure.audience.is_(None), LogDisclosure.audience == own)
    statement = select(LogDisclosure.seq, LogDisclosure.disclosure).where(which, readable)
    for row in _stream(connection, statement.order_by(LogDisclosure.seq, LogDisclosure.digest)):
        yield row.seq, row.disclosure


def _stream(connection: Connection, statement: Executable) -> Iterator[Any]:
    with connection.execution_options(yield_per=BATCH).execute(statement) as rows:
        yield from rows
