"""French is the source language; strings are marked here so that operations need not know the web framework."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_babel import lazy_ngettext as ngettext

NNBSP = "\u202f"
NBSP = "\u00a0"

__all__ = ["NBSP", "NNBSP", "LazyString", "_", "ngettext"]
