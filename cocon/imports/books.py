"""The first visible sheet of a book, XLSX or ODS, row by row; only what can be read in a moment is opened.

Named outside the seven usual files. Nothing is evaluated: a formula gives the value that its author last saw.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import IO, Any, Literal
from xml.etree.ElementTree import iterparse

from defusedxml.ElementTree import iterparse as suspicious
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS

from cocon.imports.refusals import Unreadable
from cocon.kernel.language import LazyString, _, ngettext
from cocon.web.forms import visible

MOST_ROWS = 100_000
MOST_COLUMNS = 60
#: Marks of elements in the part that holds the cells, or their texts, and in any other part that is read.
MOST_MARKS = 250_000
MOST_OTHER_MARKS = 20_000
#: A cell is kept up to one character more than what a field may hold, so that it is found too long.
CELL = 20_001
NAMED = 12
#: What stands in a cell whose formula was never calculated: a character that no file can hold.
UNCALCULATED = "\uffff"

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_HIDDEN = _("Toutes les feuilles de ce fichier sont masquées.")

Moment = Literal["start", "end"]
Row = tuple[int, list[str]]
Notes = list[LazyString | str]


class Parts(zipfile.ZipFile):
    """An archive whose parts are counted before they are read: each element costs, even an empty one."""

    most = MOST_OTHER_MARKS

    def open(
        self,
        name: str | zipfile.ZipInfo,
        mode: Literal["r", "w"] = "r",
        pwd: bytes | None = None,
        *,
        force_zip64: bool = False,
    ) -> IO[bytes]:
        """A part, when it holds few elements; raises Unreadable."""
        with super().open(name, mode, pwd, force_zip64=force_zip64) as part:
            marks = sum(piece.count(b"<") for piece in iter(lambda: part.read(65_536), b""))
        if marks > self.most:
            raise Unreadable(
                _(
                    "Ce fichier a trop de cellules ou de mises en forme, même vides\u202f: "
                    "copiez les seules lignes à importer dans un classeur neuf."
                )
            )
        return super().open(name, mode, pwd, force_zip64=force_zip64)

    def elements(self, name: str, events: Sequence[Moment] = ("end",)) -> Iterator[tuple[str, Any]]:
        """The elements of a large part; a document type, which only stands before the first, is refused."""
        self.most = MOST_MARKS
        try:
            with self.open(name) as part:
                next(suspicious(part, events=("start",), forbid_dtd=True))
            with self.open(name) as part:
                yield from iterparse(part, events=events)  # noqa: S314 - no entity can be declared any more
        finally:
            self.most = MOST_OTHER_MARKS


@dataclass
class _Marks:
    """The addresses of cells that are not what they seem."""

    formulas: list[str] = field(default_factory=list)
    uncalculated: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    def formula(self, where: str, *, calculated: bool) -> None:
        """Note a formula."""
        (self.formulas if calculated else self.uncalculated).append(where)

    def told(self) -> Iterator[LazyString | str]:
        """What the reader should know of them."""
        if self.formulas:
            yield ngettext(
                "Une cellule contient une formule\u202f: sa dernière valeur calculée est lue (%(where)s).",
                "%(num)s cellules contiennent une formule\u202f: leur dernière valeur calculée est lue (%(where)s).",
                len(self.formulas),
                where=_where(self.formulas),
            )
        if self.uncalculated:
            yield ngettext(
                "Une cellule contient une formule qui n’a pas été calculée\u202f: sa valeur manque (%(where)s).",
                "%(num)s cellules contiennent une formule qui n’a pas été calculée\u202f: "
                "leur valeur manque (%(where)s).",
                len(self.uncalculated),
                where=_where(self.uncalculated),
            )
        if self.merged:
            yield ngettext(
                "Des cellules sont fusionnées\u202f: seule la première est lue (%(where)s).",
                "Des cellules sont fusionnées en %(num)s endroits\u202f: seule la première est lue (%(where)s).",
                len(self.merged),
                where=_where(self.merged),
            )


def _where(places: Sequence[str]) -> str:
    shown = ", ".join(place[:20] for place in places[:NAMED])
    return f"{shown}…" if len(places) > NAMED else shown


def _note_sheets(notes: Notes, title: str, count: int) -> None:
    if count > 1:
        notes.append(
            _(
                "Ce fichier a plusieurs feuilles\u00a0: seule «\u00a0%(title)s\u00a0» est lue.",
                title=visible(title[:80]),
            )
        )


def xlsx(data: bytes, archive: Parts, notes: Notes) -> Iterator[Row]:
    """The filled rows of an XLSX; raises Unreadable."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book: Any = ExcelReader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        book.archive = archive
        book.read_manifest()
        book.read_workbook()
        sheets = [(sheet, tie.target) for sheet, tie in book.parser.find_sheets() if "chartsheet" not in tie.Type]
        shown = next(((sheet, path) for sheet, path in sheets if sheet.state == "visible"), None)
        if shown is None:
            raise Unreadable(_HIDDEN)
        _note_sheets(notes, str(shown[0].name), len(sheets))
        apply_stylesheet(archive, book.wb)
        yield from _Xlsx(book.wb, list(_strings(archive, book.package.find(SHARED_STRINGS))), notes).rows(
            archive, shown[1].lstrip("/")
        )


def _strings(archive: Parts, part: Any) -> Iterator[str]:
    """The texts that cells name by number, without what says how to pronounce them."""
    for _event, element in archive.elements(part.PartName[1:]) if part else ():
        if element.tag == f"{_SHEET}si":
            runs = (run.find(f"{_SHEET}t") if run.tag == f"{_SHEET}r" else run for run in element)
            text = "".join(run.text or "" for run in runs if run is not None and run.tag == f"{_SHEET}t")
            yield text.replace("x005F_", "")
            element.clear()


class _Xlsx:
    """The rows of a sheet, the empty ones passed over."""

    def __init__(self, book: Any, strings: list[str], notes: Notes) -> None:
        self.notes = notes
        self.marks = _Marks()
        self.number = 0
        dates, spans = book._date_formats, book._timedelta_formats
        self.parser = WorkSheetParser(io.BytesIO(), strings, True, book.epoch, dates, spans)

    def rows(self, archive: Parts, path: str) -> Iterator[Row]:
        for _event, element in archive.elements(path):
            if element.tag == f"{_SHEET}row":
                self.number = _next(element.get("r"), self.number)
                cells = self._cells(element)
                element.clear()
                if cells:
                    yield self.number, cells
            elif element.tag == f"{_SHEET}mergeCell":
                self.marks.merged.append(element.get("ref", ""))
        self.notes += self.marks.told()

    def _cells(self, row: Any) -> list[str]:
        cells: list[str] = []
        column = 0
        for cell in row:
            place = cell.get("r", "").rstrip("0123456789")
            column = column_index_from_string(place) if place else column + 1
            if len(cell):
                _put(cells, column - 1, self._value(cell, column - 1))
        return cells

    def _value(self, cell: Any, column: int) -> str:
        said, formula = self.parser.parse_cell(cell)["value"], cell.find(f"{_SHEET}f")
        if formula is not None:
            empty = cell.get("t") == "str" and cell.find(f"{_SHEET}v") is not None
            self.marks.formula(f"{letters(column)}{self.number}", calculated=said is not None or empty)
            if said is None and not empty:
                return UNCALCULATED
        return _plain(said)


def _next(number: str | None, last: int) -> int:
    """The number of a row, greater than that of the row before."""
    found = int(number) if number else last + 1
    if found <= last:
        raise ValueError(number)
    return found


def _put(cells: list[str], column: int, value: str) -> None:
    """Fill a cell; beyond the last column allowed, the next one stands for them all."""
    column = min(column, MOST_COLUMNS)
    if value:
        cells += [""] * (column + 1 - len(cells))
        cells[column] = value


def _plain(value: Any) -> str:
    """A cell as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("oui") if value else _("non"))
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".").replace(".", ",")
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y}" if value.time() == time() else f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)[:CELL]


def ods(archive: Parts, notes: Notes) -> Iterator[Row]:
    """The filled rows of an ODS; raises Unreadable."""
    return _Ods(notes).rows(archive)


class _Ods:
    """The first visible sheet of an ODS, read as it comes."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.marks = _Marks()
        self.hidden: set[str] = set()
        self.sheets = 0
        self.number = 0

    def rows(self, archive: Parts) -> Iterator[Row]:
        title: str | None = None
        reading = False
        for event, element in archive.elements("content.xml", ("start", "end")):
            if event == "start" and element.tag == f"{_TABLE}table":
                self.sheets += 1
                reading = title is None and element.get(f"{_TABLE}style-name") not in self.hidden
                title = element.get(f"{_TABLE}name", "") if reading else title
            elif event == "end" and element.tag == f"{_TABLE}table":
                reading = False
            elif event == "end" and element.tag == f"{_STYLE}style":
                self._look_at_style(element)
            elif event == "end" and element.tag == f"{_TABLE}table-row":
                if reading:
                    yield from self._row(element)
                element.clear()
        if title is None:
            raise Unreadable(_HIDDEN)
        _note_sheets(self.notes, title, self.sheets)
        self.notes += self.marks.told()

    def _look_at_style(self, element: Any) -> None:
        if any(child.get(f"{_TABLE}display") == "false" for child in element.findall(f"{_STYLE}table-properties")):
            self.hidden.add(element.get(f"{_STYLE}name", ""))

    def _row(self, element: Any) -> Iterator[Row]:
        cells = self._cells(element)
        times = min(_count(element, "number-rows-repeated"), MOST_ROWS)
        if not any(cells):
            self.number += times
            return
        for _again in range(times):
            self.number += 1
            yield self.number, list(cells)

    def _cells(self, element: Any) -> list[str]:
        cells: list[str] = []
        column = 0
        for cell in element:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            times = _count(cell, "number-columns-repeated")
            if cell.tag.endswith("}table-cell") and (len(cell) or cell.keys()):
                value = self._value(cell, column)
                for place in range(min(column, MOST_COLUMNS), min(column + times, MOST_COLUMNS + 1)):
                    _put(cells, place, value)
            column += times
        return cells

    def _value(self, cell: Any, column: int) -> str:
        if _count(cell, "number-columns-spanned") > 1 or _count(cell, "number-rows-spanned") > 1:
            self.marks.merged.append(f"{letters(column)}{self.number + 1}")
        if cell.get(f"{_TABLE}formula"):
            calculated = bool(cell.get(f"{_OFFICE}value-type")) or cell.find(f"{_TEXT}p") is not None
            self.marks.formula(f"{letters(column)}{self.number + 1}", calculated=calculated)
            if not calculated:
                return UNCALCULATED
        return _ods_value(cell)


def _count(element: Any, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _ods_value(cell: Any) -> str:
    """The value of a cell, without the note that somebody pinned on it."""
    kind, value = cell.get(f"{_OFFICE}value-type"), cell.get(f"{_OFFICE}value")
    if kind in ("float", "currency", "percentage") and value is not None:
        return _plain(float(value))
    if kind == "date":
        day = cell.get(f"{_OFFICE}date-value", "")
        return _plain(datetime.fromisoformat(day)) if day else ""
    return "\n".join("".join(paragraph.itertext()) for paragraph in cell.findall(f"{_TEXT}p"))[:CELL]


def letters(column: int) -> str:
    """``A`` for the first column, ``AA`` for the twenty-seventh."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
