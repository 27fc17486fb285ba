"""Sending the bytes of a file: those of the log, which a browser saves and never runs.

Named outside the seven usual files: pages of other domains send files too.
"""

from __future__ import annotations

import hashlib
import io
import logging

from flask import Response, send_file

from cocon.files import inspection, operations, refusals
from cocon.files.models import Attachment
from cocon.files.shelf import Shelf
from cocon.kernel.actor import Actor
from cocon.policy import Permission, may

logger = logging.getLogger("cocon.files")


def demand_readable(attachment: Attachment, actor: Actor) -> None:
    """Refuse what was withdrawn, but to the auditor, and what the antivirus did not clear."""
    if not attachment.alive and not may(actor, Permission.READ_WITHDRAWN):
        raise refusals.Withdrawn
    if attachment.state == operations.QUARANTINE:
        raise refusals.Quarantined
    if attachment.state == operations.REFUSED:
        raise refusals.Infected


def sent(attachment: Attachment, shelf: Shelf) -> Response:
    """The bytes, if they are still those of the log."""
    content = shelf.read(attachment.stored)
    if content is None or hashlib.sha256(content).hexdigest() != attachment.sha256:
        logger.error("the bytes of attachment %s are not those of the log", attachment.id)
        raise refusals.Damaged
    response = send_file(
        io.BytesIO(content),
        mimetype=inspection.FORMATS[attachment.format],
        as_attachment=True,
        download_name=attachment.name,
        conditional=False,
        etag=False,
    )
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
