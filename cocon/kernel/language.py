"""French is the source language; strings are marked here so that operations need not know the web framework."""

from __future__ import annotations

from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import ngettext as _plural
from markupsafe import escape

NNBSP = "\u202f"
NBSP = "\u00a0"

__all__ = ["NBSP", "NNBSP", "LazyString", "_", "ngettext"]


class Sentence(LazyString):  # type: ignore[misc]
    """A sentence put into words when it is read. Flask-Babel's own passes for HTML, with the titles put into it."""

    def __html__(self) -> str:
        return str(escape(str(self)))


def _(message: str, **values: Any) -> LazyString:
    """A sentence, marked for translation."""
    return Sentence(gettext, message, **values)


def ngettext(one: str, many: str, num: int, **values: Any) -> LazyString:
    """A sentence that counts, marked for translation."""
    return Sentence(_plural, one, many, num, **values)
