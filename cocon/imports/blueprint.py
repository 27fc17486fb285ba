"""The blueprint that modules of pages share: ``routes`` (fiches), ``posting`` (votes and payments)."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("imports", __name__)
