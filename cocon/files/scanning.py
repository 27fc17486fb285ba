"""What the worker does with files, after the commit: have them scanned, sweep those that no row knows."""

from __future__ import annotations

import logging

from cocon.config import Config
from cocon.files import operations, queries
from cocon.files.antivirus import Antivirus, Unavailable, Undecided
from cocon.files.shelf import GRACE, Shelf
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from cocon.kernel.refusal import Outdated

logger = logging.getLogger("cocon.files")
FOLDER = "files"


def shelf_of(config: Config) -> Shelf:
    """Where this installation keeps files, and its limits."""
    return Shelf(config.data / FOLDER, config.file_largest, config.files_quota, scanned=config.clamav is not None)


def scan(config: Config) -> int:
    """Scan what waits; the answer is how many verdicts were written. The daemon is asked outside any transaction."""
    if config.clamav is None:
        return 0
    shelf, antivirus = shelf_of(config), Antivirus(config.clamav)
    spoken = 0
    for attachment_id in queries.waiting():
        try:
            spoken += _scan_one(shelf, antivirus, attachment_id)
        except Undecided as error:
            logger.warning("the antivirus says no verdict on attachment %s: %s", attachment_id, error)
        except Unavailable as error:
            logger.warning("the antivirus cannot be reached: %s", error)
            break
    return spoken


def _scan_one(shelf: Shelf, antivirus: Antivirus, attachment_id: str) -> bool:
    attachment = queries.by_id(attachment_id)
    content = shelf.read(attachment.stored)
    db.session.rollback()
    if content is None:
        logger.error("the bytes of attachment %s are missing", attachment_id)
        return False
    verdict = antivirus.scan(content)
    try:
        if verdict.clean:
            operations.clear_file(SYSTEM, attachment)
        else:
            operations.refuse_file(SYSTEM, attachment, finding=verdict.finding)
    except Outdated:  # withdrawn meanwhile: the next round sees it as it is
        return False
    return True


def sweep(config: Config, grace: float = GRACE) -> int:
    """Remove the bytes whose row was never committed; the answer is how many."""
    shelf = shelf_of(config)
    candidates = shelf.orphans(set(), grace)
    if not candidates:
        return 0
    known = queries.stored_names()
    db.session.rollback()
    removed = [path for path in candidates if path.name not in known]
    for path in removed:
        path.unlink(missing_ok=True)
    return len(removed)
