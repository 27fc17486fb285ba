"""The blueprint that the modules of pages share: ``routes`` (amounts), ``advancing`` (steps), ``registering``."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("funding", __name__)
