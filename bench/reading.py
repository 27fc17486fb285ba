"""The floor of the verification: the same start, every entry read and hashed. ``python -m bench.reading``."""

from __future__ import annotations

import os
from hashlib import sha256

from sqlalchemy import select

from cocon.app import create_app
from cocon.audit.models import LogEntry
from cocon.config import Config
from cocon.kernel.db import db


def main() -> None:
    """Hash the log."""
    with create_app(Config.from_env(os.environ)).app_context():
        for body in db.session.scalars(select(LogEntry.body).order_by(LogEntry.seq).execution_options(yield_per=500)):
            sha256(body.encode()).digest()


if __name__ == "__main__":
    main()
