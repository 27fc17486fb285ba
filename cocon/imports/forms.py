"""The forms of an import: a file, the meaning of its columns, the lines left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wtforms import FileField, RadioField
from wtforms.validators import StopValidation

from cocon.imports.ledger import Posted
from cocon.imports.refusals import ColumnNeeded, ColumnTwice, TitleColumnNeeded
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Outdated
from cocon.web.forms import BaseForm, VersionedForm, required


class UploadForm(BaseForm):
    """The spreadsheet."""

    file = FileField(_("Votre tableur"), [required(_("Choisissez un fichier XLSX, ODS ou CSV."))])


class StepsForm(UploadForm):
    """The spreadsheet, and whether it holds votes or payments."""

    kind = RadioField(
        _("Ce que contient le fichier"),
        choices=lambda: {"payments": str(_("Des versements")), "votes": str(_("Des attributions votées"))},
        validate_choice=False,
    )

    def validate_kind(self, field: RadioField) -> None:
        """One or the other."""
        if field.data not in ("payments", "votes"):
            raise StopValidation(str(_("Dites ce que contient le fichier.")))


class ColumnsForm(VersionedForm):
    """What each column holds; the answers are read by number of column."""


class LinesForm(VersionedForm):
    """Which lines are left out."""


def mapping_of(
    sent: Mapping[str, Any], width: int, fields: Mapping[str, LazyString | str], needed: Sequence[str] = ("title",)
) -> dict[str, str]:
    """Field by number of column; raises TitleColumnNeeded, ColumnNeeded, ColumnTwice."""
    mapping: dict[str, str] = {}
    for column in range(width):
        name = sent.get(f"colonne-{column}", "")
        if name not in fields:
            continue
        if name in mapping.values():
            raise ColumnTwice(fields[name])
        mapping[str(column)] = name
    if missing := next((name for name in needed if name not in mapping.values()), None):
        raise TitleColumnNeeded if missing == "title" else ColumnNeeded(fields[missing])
    return mapping


def left_out(values: Sequence[str]) -> set[int]:
    """The numbers of lines that boxes name."""
    return {int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 7}


def seen_in(text: str, lines: Sequence[Posted]) -> list[Posted]:
    """The lines, each with the vote that the check page showed as replaced; ``text`` has their numbers in order.

    Raises Outdated when it does not.
    """
    numbers = text.split(",")
    if len(numbers) != len(lines) or not all(one.isascii() and one.isdigit() and len(one) < 7 for one in numbers):
        raise Outdated
    return [replace(line, seen=int(number)) for line, number in zip(lines, numbers, strict=True)]


def revision_of(form: ColumnsForm | LinesForm) -> int:
    """The revision that the page showed; -1, which is none, when it was tampered with."""
    text = form.version.data or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
