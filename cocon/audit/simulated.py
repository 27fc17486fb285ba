"""The date at which a demonstration stands, for commands that nobody told a date."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from cocon.audit.models import LogEntry, LogHead
from cocon.kernel import clock
from cocon.kernel.db import db


def last_day() -> date | None:
    """The day, in Paris, of the last entry of a log that holds a demonstration; None for another or none."""
    started = select(LogEntry.seq).where(LogEntry.kind == "demo.started").limit(1).scalar_subquery()
    try:
        row = db.session.execute(select(LogHead.at, started)).first()
    except DBAPIError:
        row = None  # no schema yet: the command itself says so if it matters
    db.session.rollback()
    return clock.unstamp(row[0]).astimezone(clock.PARIS).date() if row is not None and row[1] is not None else None
