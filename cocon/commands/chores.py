"""The worker: signed checkpoints, attached files to scan, and the sweeping of what has expired."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from cocon.audit import checkpoints
from cocon.config import Config
from cocon.files import scanning
from cocon.imports import sheets
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.once import IdempotencyKey
from cocon.signin import accounts

logger = logging.getLogger("cocon.worker")
PAUSE = 30.0
KEYS_KEPT = timedelta(days=7)


def run(app: Flask, once: bool) -> None:
    """Do the chores, then again every half minute until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        with app.app_context():
            _round(app.extensions["cocon"], once)
        if once:
            return
        stop.wait(PAUSE)


def _round(config: Config, strict: bool) -> None:
    try:
        sweep()
        scanning.sweep(config)
        scanning.scan(config)
        checkpoints.daily()
    except (DBAPIError, checkpoints.Unsigned):
        if strict:
            raise
        logger.exception("a chore failed; it will be tried again")


def sweep() -> None:
    """Forget expired sessions, throttles, old idempotency keys and spreadsheets."""
    now = clock.now()
    accounts.sweep(now)
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.at < now - KEYS_KEPT))
    db.session.commit()
    sheets.sweep()
