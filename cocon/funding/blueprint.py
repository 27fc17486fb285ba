"""The blueprint that modules of pages share: ``routes`` (totals), ``filling``, ``advancing``, ``registering``."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("funding", __name__)
