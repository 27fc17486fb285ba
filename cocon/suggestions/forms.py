"""The forms of a suggestion: the text as one would write it, the answer, the acts that ask nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from wtforms import HiddenField

from cocon.actions.words import FIELDS as LABELS
from cocon.kernel.language import _
from cocon.suggestions.queries import COMPULSORY, LONGEST
from cocon.web.forms import Line, Text, VersionedForm, required

REASON = 2_000


class ActForm(VersionedForm):
    """An act that asks nothing; ``version`` is the revision that the page showed."""

    def facts(self) -> dict[str, Any]:
        """The facts of the act."""
        revision = self.version.data or ""
        return {**super().facts(), "revision": _number(revision)}


class SuggestForm(VersionedForm):
    """A field as one would write it, and why; ``version`` is the version that the page showed."""

    reason = Text(_("Pourquoi"), [required(_("Dites pourquoi vous suggérez ce changement."))], maximum=REASON)

    def facts(self) -> dict[str, Any]:
        """The facts of suggesting."""
        return {**super().facts(), "version": _number(self.version.data or "")}


class EditForm(ActForm):
    """A suggestion in the owner's words; ``shown`` is the digest of the text that they start from."""

    shown = HiddenField()


class RefuseForm(ActForm):
    """Why a suggestion is not taken in."""

    reason = Text(_("Pourquoi refuser"), [required(_("Dites pourquoi la suggestion est refusée."))], maximum=REASON)


@lru_cache
def suggest_form(name: str) -> type[SuggestForm]:
    """The form of a suggestion on a field."""
    return type("SuggestForm", (SuggestForm,), {"proposed": _text(name), "__doc__": "With the text of a field."})


@lru_cache
def edit_form(name: str) -> type[EditForm]:
    """The form in which the owner edits a suggestion on a field."""
    return type("EditForm", (EditForm,), {"edited": _text(name), "__doc__": "With the text of a field."})


def _text(name: str) -> Any:
    """The text of a field, as a line or an area."""
    checks = [required(_("Ce champ ne peut pas rester vide."))] if name in COMPULSORY else []
    return (Line if name == "title" else Text)(LABELS[name], checks, maximum=LONGEST[name])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
