"""The log's own tables. Triggers refuse to rewrite them (see ``triggers``)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from cocon.kernel.db import Log


class LogEntry(Log):
    """One entry: its canonical bytes, its leaf, and columns copied out of it to find it again.

    ``about`` is the fiche the entry belongs to; ``audience`` is the partner key that alone may read it, or null.
    """

    __tablename__ = "log_entry"
    __table_args__ = (
        Index("ix_log_entry_about_seq", "about", "seq"),
        Index("ix_log_entry_partner_seq", "partner", "seq"),
        Index("ix_log_entry_kind_seq", "kind", "seq"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    at: Mapped[str] = mapped_column(String(27), index=True)
    kind: Mapped[str] = mapped_column(String(80))
    partner: Mapped[str | None] = mapped_column(String(60))
    person: Mapped[str | None] = mapped_column(String(36), index=True)
    subject: Mapped[str] = mapped_column(String(36), index=True)
    about: Mapped[str | None] = mapped_column(String(36))
    audience: Mapped[str | None] = mapped_column(String(60))
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[str] = mapped_column(Text)


class LogChange(Log):
    """The index of changes: which entry brought which revision of which row."""

    __tablename__ = "log_change"

    row_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rev: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    table_name: Mapped[str] = mapped_column(String(60))
    seq: Mapped[int] = mapped_column(ForeignKey("log_entry.seq"), index=True)


class LogDisclosure(Log):
    """The salted value behind a digest (SD-JWT form). Deleting one erases the value and leaves every proof valid."""

    __tablename__ = "log_disclosure"

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    seq: Mapped[int] = mapped_column(ForeignKey("log_entry.seq"), index=True)
    audience: Mapped[str | None] = mapped_column(String(60))
    disclosure: Mapped[str] = mapped_column(Text)


class LogHead(Log):
    """One row: the size of the log, its compact range, the time of the last entry. Locked last, held to the commit."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    range: Mapped[Any] = mapped_column(JSON)
    at: Mapped[str] = mapped_column(String(27))


class LogTile(Log):
    """The root of the n-th full tile of 256 leaves."""

    __tablename__ = "log_tile"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogCheckpoint(Log):
    """A signed note over the root at ``size``."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27))
    note: Mapped[str] = mapped_column(Text)
