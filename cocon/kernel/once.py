"""Exactly once: an idempotency key is claimed in the transaction of its effect, and keeps the first answer."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from cocon.kernel import clock
from cocon.kernel.db import Free, begin_write, db, dialect


class IdempotencyKey(Free):
    """A key used by somebody (``scope``), the digest of the body it came with, and the answer given."""

    __tablename__ = "idempotency_key"

    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    status: Mapped[int | None]
    location: Mapped[str | None]
    body: Mapped[str | None]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the request in course has claimed."""

    scope: str
    key: str
    digest: str


claimed: ContextVar[Claim | None] = ContextVar("claimed_key", default=None)


def claim(wanted: Claim) -> bool:
    """Take the key inside the current transaction; False when it was taken already.

    On PostgreSQL a concurrent claim of the same key waits here for the first one to end.
    """
    table = IdempotencyKey.__table__
    values = {"scope": wanted.scope, "key": wanted.key, "digest": wanted.digest, "at": clock.now()}
    make = sqlite.insert if dialect() == "sqlite" else postgresql.insert
    statement = make(IdempotencyKey).values(**values).on_conflict_do_nothing().returning(table.c.key)
    return db.session.execute(statement).first() is not None


def first_answer(wanted: Claim) -> IdempotencyKey | None:
    """What was answered to this key, in a fresh transaction."""
    db.session.rollback()
    return db.session.scalars(select(IdempotencyKey).where(*_row(wanted))).first()


def keep_answer(wanted: Claim, status: int, location: str | None, body: str | None) -> None:
    """Remember the answer given; changes nothing when the act itself was not committed.

    The page read the database again after the commit: that reading ends first, for SQLite cannot turn it into a write.
    """
    begin_write()
    answer(wanted, status, location, body)
    db.session.commit()


def answer(wanted: Claim, status: int, location: str | None, body: str | None = None) -> bool:
    """Write the answer beside the key; False when the key is not this claim's. The caller commits."""
    mine = (*_row(wanted), IdempotencyKey.digest == wanted.digest)
    values = {"status": status, "location": location, "body": body}
    found = db.session.execute(update(IdempotencyKey).where(*mine).values(**values).returning(IdempotencyKey.key))
    return found.first() is not None


def release(wanted: Claim) -> None:
    """Give the key back: what it was taken for did not happen. The caller commits."""
    mine = (*_row(wanted), IdempotencyKey.digest == wanted.digest)
    db.session.execute(delete(IdempotencyKey).where(*mine))


def _row(wanted: Claim) -> tuple[ColumnElement[bool], ...]:
    return IdempotencyKey.scope == wanted.scope, IdempotencyKey.key == wanted.key
