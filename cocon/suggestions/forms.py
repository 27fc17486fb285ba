"""The forms of a suggestion: the text as one would write it, the answer, the acts that ask nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from wtforms import Field, HiddenField
from wtforms.validators import StopValidation

from cocon.actions import territories
from cocon.actions.refusals import CodesUnsound
from cocon.actions.rows import DueField
from cocon.actions.words import FIELDS as LABELS
from cocon.kernel.language import _
from cocon.suggestions.facts import SPAN
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
        return {**super().facts(), "version": _number(self.version.data or ""), "proposed": said(self["proposed"])}


class EditForm(ActForm):
    """A suggestion in the owner's words; ``shown`` is the digest of the text that they start from."""

    shown = HiddenField()

    def facts(self) -> dict[str, Any]:
        """The facts of accepting otherwise."""
        return {**super().facts(), "edited": said(self["edited"])}


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


def said(field: Field) -> str:
    """What was typed, as a version holds it."""
    text = field.data or ""
    return territories.tidy(text) if isinstance(field, Codes) else text


class Codes(Line):
    """Codes of places."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what no code looks like, as the form of a fiche does."""
        if territories.wrong(self.data or ""):
            raise StopValidation(str(CodesUnsound.sentence))


#: The fields of one line; a text has several.
KINDS = {"title": Line, "project_owner": Line, "delegate": Line, "territory_codes": Codes}


def _text(name: str) -> Any:
    """The text of a field, as a line or an area."""
    if name in SPAN:
        return DueField(LABELS[name])
    checks = [required(_("Ce champ ne peut pas rester vide."))] if name in COMPULSORY else []
    return KINDS.get(name, Text)(LABELS[name], checks, maximum=LONGEST[name])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
