"""The forms of an import: a file, the meaning of its columns, the lines left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import FileField

from cocon.imports.refusals import ColumnTwice, TitleColumnNeeded
from cocon.kernel.language import LazyString, _
from cocon.web.forms import BaseForm, VersionedForm, required


class UploadForm(BaseForm):
    """The spreadsheet."""

    file = FileField(_("Votre tableur"), [required(_("Choisissez un fichier XLSX, ODS ou CSV."))])


class ColumnsForm(VersionedForm):
    """What each column holds; the answers are read by number of column."""


class LinesForm(VersionedForm):
    """Which lines are left out."""


def mapping_of(sent: Mapping[str, Any], width: int, fields: Mapping[str, LazyString | str]) -> dict[str, str]:
    """Field by number of column; raises TitleColumnNeeded, ColumnTwice."""
    mapping: dict[str, str] = {}
    for column in range(width):
        name = sent.get(f"colonne-{column}", "")
        if name not in fields:
            continue
        if name in mapping.values():
            raise ColumnTwice(fields[name])
        mapping[str(column)] = name
    if "title" not in mapping.values():
        raise TitleColumnNeeded
    return mapping


def left_out(values: Sequence[str]) -> set[int]:
    """The numbers of lines that boxes name."""
    return {int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 7}
