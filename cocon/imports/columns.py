"""The columns of a file as pages ask about them.

Named outside the seven usual files: fiches and money are asked alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cocon.imports.books import UNCALCULATED, letters
from cocon.imports.models import ImportSheet
from cocon.web.forms import visible

#: Values of a column shown beside the question of what it holds.
SAMPLES = 3


@dataclass(frozen=True)
class Column:
    """A column of the file, as the page asks about it."""

    number: int
    letter: str
    header: str
    samples: Sequence[str]


def asked(sheet: ImportSheet) -> list[Column]:
    """Each column, with its first values."""
    rows = sheet.cells["rows"]
    return [
        Column(number, letters(number), visible(header), _samples(rows, number))
        for number, header in enumerate(sheet.cells["headers"])
    ]


def _samples(rows: Sequence[Any], column: int) -> list[str]:
    filled = (
        visible(" ".join(cells[column].split())) for _number, cells in rows if cells[column].strip(f" \n{UNCALCULATED}")
    )
    return [text[:80] for text, _rank in zip(filled, range(SAMPLES), strict=False)]
