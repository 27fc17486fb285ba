"""Telling htmx from a browser. A history restore wants the whole page (htmx issue 3037)."""

from __future__ import annotations

from flask import Flask
from flask_htmx import HTMX

htmx = HTMX()


def init_app(app: Flask) -> None:
    """Install flask-htmx."""
    htmx.init_app(app)


def wants_part() -> bool:
    """True when htmx asked, and not to restore a page of its history."""
    return bool(htmx) and not htmx.history_restore_request
