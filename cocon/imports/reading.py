"""A spreadsheet as rows of text: XLSX, ODS or CSV, told apart by their content; hostile ones are refused in words.

Named outside the seven usual files. Nothing is evaluated: a formula gives the value that its author last saw.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook

from cocon.imports.refusals import Unreadable
from cocon.kernel.language import LazyString, _, ngettext
from cocon.web.forms import visible

#: What one file may hold; each limit has its sentence.
MOST_BYTES = 1_000_000
MOST_UNPACKED = 20_000_000
MOST_PARTS = 300
#: The styles of a book, unpacked: each becomes an object, whatever the sheet holds.
MOST_STYLES = 500_000
MOST_LINES = 300
MOST_ROWS = 100_000
MOST_COLUMNS = 60
MOST_TEXT = 2_000_000
#: A cell is kept up to one character more than what a field may hold, so that it is found too long.
CELL = 20_001
NAMED = 12

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DAMAGED = _("Ce fichier est abîmé ou n’est pas un tableur\u202f: enregistrez-le de nouveau en XLSX, ODS ou CSV.")

Row = tuple[int, list[str]]


@dataclass
class Table:
    """The headers, the filled lines with their numbers in the file, and what the reader should know of them."""

    headers: list[str]
    rows: list[Row]
    notes: list[LazyString | str] = field(default_factory=list)


def read(data: bytes) -> Table:
    """The first visible sheet; raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("Ce fichier dépasse 1\u00a0Mo\u202f: enlevez-en les images et les feuilles inutiles."))
    if not data.strip():
        raise Unreadable(_("Ce fichier est vide."))
    if data.startswith(b"PK"):
        return _archive(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            _("Ce fichier est à l’ancien format XLS, ou protégé par un mot de passe\u202f: enregistrez-le en XLSX.")
        )
    notes: list[LazyString | str] = []
    return _table(_csv(data, notes), notes)


def _archive(data: bytes) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = _demand_sane(archive)
            notes: list[LazyString | str] = []
            if "xl/workbook.xml" in names:
                return _table(_xlsx(data, archive, notes), notes)
            if "content.xml" in names and b"opendocument.spreadsheet" in _mimetype(archive, names):
                return _table(_ods(archive, notes), notes)
    except Unreadable:
        raise
    except Exception as error:  # whatever a library makes of a hostile file
        raise Unreadable(_DAMAGED) from error
    raise Unreadable(_("Ce fichier n’est pas un tableur\u202f: envoyez un fichier XLSX, ODS ou CSV."))


def _demand_sane(archive: zipfile.ZipFile) -> set[str]:
    """The names inside; refuses what unpacks too large, what is locked, and macros."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(
            _("Une fois décompressé, ce fichier est démesuré\u202f: gardez la seule feuille à importer, sans image.")
        )
    if any(part.filename == "xl/styles.xml" and part.file_size > MOST_STYLES for part in parts):
        raise Unreadable(_("Ce fichier a trop de mises en forme\u202f: copiez ses cellules dans un classeur neuf."))
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(_("Ce fichier est protégé par un mot de passe\u202f: enregistrez-le sans protection."))
    names = {part.filename for part in parts}
    if any(_is_macro(name) for name in names):
        raise Unreadable(
            _("Ce fichier contient des macros, qui ne sont pas acceptées\u202f: enregistrez-le sans macro.")
        )
    return names


def _is_macro(name: str) -> bool:
    folded = name.lower()
    return "vbaproject" in folded or folded.startswith(("basic/", "scripts/")) or "/macrosheets/" in folded


def _mimetype(archive: zipfile.ZipFile, names: set[str]) -> bytes:
    return archive.open("mimetype").read(100) if "mimetype" in names else b""


def _xlsx(data: bytes, archive: zipfile.ZipFile, notes: list[Any]) -> Iterator[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not visible:
            raise Unreadable(_("Toutes les feuilles de ce fichier sont masquées."))
        sheet: Any = visible[0]
        _note_sheets(notes, str(sheet.title), len(book.worksheets))
        formulas, merged = _marks(archive, sheet._worksheet_path)
        _note_marks(notes, formulas, merged)
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True), 1):
            yield number, [_plain(cell) for cell in cells]


def _marks(archive: zipfile.ZipFile, path: str) -> tuple[list[str], list[str]]:
    """The addresses of cells that hold formulas, and of merged ones."""
    formulas, merged, here = [], [], ""
    with archive.open(path.lstrip("/")) as part:
        for event, element in iterparse(part, events=("start", "end")):
            if event == "start" and element.tag == f"{_SHEET}c":
                here = element.get("r", "")
            elif event == "end" and element.tag == f"{_SHEET}f":
                formulas.append(here)
            elif event == "end" and element.tag == f"{_SHEET}mergeCell":
                merged.append(element.get("ref", ""))
            if event == "end" and element.tag in (f"{_SHEET}row", f"{_SHEET}c"):
                element.clear()
    return formulas, merged


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


def _note_sheets(notes: list[Any], title: str, count: int) -> None:
    if count > 1:
        notes.append(
            _(
                "Ce fichier a plusieurs feuilles\u00a0: seule «\u00a0%(title)s\u00a0» est lue.",
                title=visible(title[:80]),
            )
        )


def _note_marks(notes: list[Any], formulas: Sequence[str], merged: Sequence[str]) -> None:
    if formulas:
        notes.append(
            ngettext(
                "Une cellule contient une formule\u202f: sa dernière valeur calculée est lue (%(where)s).",
                "%(num)s cellules contiennent une formule\u202f: leur dernière valeur calculée est lue (%(where)s).",
                len(formulas),
                where=_where(formulas),
            )
        )
    if merged:
        notes.append(
            ngettext(
                "Des cellules sont fusionnées\u202f: seule la première est lue (%(where)s).",
                "Des cellules sont fusionnées en %(num)s endroits\u202f: seule la première est lue (%(where)s).",
                len(merged),
                where=_where(merged),
            )
        )


def _where(places: Sequence[str]) -> str:
    shown = ", ".join(place[:20] for place in places[:NAMED])
    return f"{shown}…" if len(places) > NAMED else shown


def _ods(archive: zipfile.ZipFile, notes: list[Any]) -> Iterator[Row]:
    reader = _Ods(notes)
    with archive.open("content.xml") as part:
        yield from reader.rows(part)
    _note_marks(notes, reader.formulas, reader.merged)


class _Ods:
    """The first visible sheet of an ODS, read as it comes."""

    def __init__(self, notes: list[Any]) -> None:
        self.notes = notes
        self.formulas: list[str] = []
        self.merged: list[str] = []
        self.hidden: set[str] = set()
        self.sheets = 0
        self.number = 0

    def rows(self, part: Any) -> Iterator[Row]:
        """Its rows."""
        title: str | None = None
        reading = False
        for event, element in iterparse(part, events=("start", "end")):
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
            raise Unreadable(_("Toutes les feuilles de ce fichier sont masquées."))
        _note_sheets(self.notes, title, self.sheets)

    def _look_at_style(self, element: Any) -> None:
        if any(child.get(f"{_TABLE}display") == "false" for child in element.iter(f"{_STYLE}table-properties")):
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
        for cell in element:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            times = min(_count(cell, "number-columns-repeated"), MOST_COLUMNS + 1 - len(cells))
            value = "" if cell.tag.endswith("covered-table-cell") else _ods_value(cell)
            self._look_at(cell, len(cells))
            cells += [value] * times
            if len(cells) > MOST_COLUMNS:
                break
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def _look_at(self, cell: Any, column: int) -> None:
        where = f"{letters(column)}{self.number + 1}"
        if cell.get(f"{_TABLE}formula"):
            self.formulas.append(where)
        if _count(cell, "number-columns-spanned") > 1 or _count(cell, "number-rows-spanned") > 1:
            self.merged.append(where)


def _count(element: Any, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _ods_value(cell: Any) -> str:
    kind, value = cell.get(f"{_OFFICE}value-type"), cell.get(f"{_OFFICE}value")
    if kind in ("float", "currency", "percentage") and value is not None:
        return _plain(float(value))
    if kind == "date":
        day = cell.get(f"{_OFFICE}date-value", "")
        return _plain(datetime.fromisoformat(day)) if day else ""
    return "\n".join("".join(paragraph.itertext()) for paragraph in cell.iter(f"{_TEXT}p"))[:CELL]


def _csv(data: bytes, notes: list[Any]) -> Iterator[Row]:
    text = _decoded(data, notes)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for number, cells in enumerate(rows, 1):
            yield number, [cell[:CELL] for cell in cells[: MOST_COLUMNS + 1]]
    except csv.Error as error:
        raise Unreadable(
            _(
                "Ce fichier CSV ne se lit plus après la ligne %(line)s\u202f: un guillemet n’y est pas fermé, "
                "ou une cellule est démesurée.",
                line=rows.line_num,
            )
        ) from error


def _decoded(data: bytes, notes: list[Any]) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(_("Ce fichier est codé en UTF-16\u202f: enregistrez-le en CSV UTF-8."))
    if b"\x00" in data:
        raise Unreadable(_("Ce fichier n’est pas un tableur\u202f: envoyez un fichier XLSX, ODS ou CSV."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise Unreadable(
            _("Les caractères de ce fichier ne se lisent pas\u202f: enregistrez-le en CSV UTF-8.")
        ) from error
    notes.append(_("Ce fichier est lu avec les caractères de Windows (cp1252)\u202f: vérifiez les accents."))
    return text


def _delimiter(text: str) -> str:
    """Of ``;``, tab and ``,``, the one that cuts the first line in the most pieces outside quotes."""
    first = re.sub(r'"[^"]*"', "", "\n".join(islice((line for line in text[:20_000].splitlines() if line.strip()), 1)))
    return max(";\t,", key=first.count)


def _table(rows: Iterable[Row], notes: list[LazyString | str]) -> Table:
    """The first filled row names the columns, the others are lines; raises Unreadable past a limit."""
    found: list[Row] = []
    size = 0
    for number, cells in rows:
        if number > MOST_ROWS:
            raise Unreadable(_("Ce fichier a plus de 100\u202f000 lignes\u202f: gardez les seules lignes à importer."))
        kept = _trimmed(cells)
        if not kept:
            continue
        found.append((number, kept))
        size += sum(map(len, kept))
        if size > MOST_TEXT:
            raise Unreadable(_("Ce fichier contient trop de texte\u202f: importez-le en plusieurs fois."))
        if len(found) > MOST_LINES + 1:
            raise Unreadable(
                _("Ce fichier a plus de 300 lignes remplies\u202f: 300 fiches au plus par import, en plusieurs fois.")
            )
    return _filled(found, notes)


def _trimmed(cells: Iterable[str]) -> list[str]:
    """The cells up to the last filled one."""
    kept = [cell.strip() for cell in cells]
    while kept and not kept[-1]:
        kept.pop()
    if len(kept) > MOST_COLUMNS:
        raise Unreadable(_("Ce fichier a plus de 60 colonnes\u202f: gardez les seules colonnes à importer."))
    return kept


def _filled(rows: list[Row], notes: list[LazyString | str]) -> Table:
    if not rows:
        raise Unreadable(_("Ce fichier est vide."))
    (_first, headers), *lines = rows
    if not lines:
        raise Unreadable(_("Ce fichier n’a qu’une ligne\u202f: la première nomme les colonnes, les fiches suivent."))
    width = max(len(cells) for _number, cells in rows)
    pad = [""] * width
    return Table((headers + pad)[:width], [(number, (cells + pad)[:width]) for number, cells in lines], notes)


def letters(column: int) -> str:
    """``A`` for the first column, ``AA`` for the twenty-seventh."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
