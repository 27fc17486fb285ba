"""Refusing a database that does not keep what it acknowledges."""

from __future__ import annotations

from sqlalchemy import text

from cocon.kernel.db import db, dialect

#: ``synchronous_commit=off`` lost acknowledged transactions when the server was killed; the others can lose pages.
REQUIRED = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply", "remote_write", "local"),
}


def weaknesses() -> list[str]:
    """Settings of the database that can lose an acknowledged write, in words; empty when sound."""
    if dialect() == "sqlite":
        mode = db.session.scalar(text("PRAGMA synchronous"))
        found = [] if int(mode or 0) >= 2 else ["PRAGMA synchronous doit valoir FULL"]
    else:
        found = [
            f"{name} vaut « {value} »"
            for name, allowed in REQUIRED.items()
            if (value := str(db.session.scalar(text(f"SHOW {name}")))) not in allowed
        ]
    db.session.rollback()
    return found
