"""A spreadsheet as rows of text: XLSX, ODS or CSV, told apart by their content; hostile ones are refused in words.

Named outside the seven usual files. Nothing is evaluated: a formula gives the value that its author last saw.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from cocon.imports import books
from cocon.imports.books import CELL, MOST_COLUMNS, MOST_ROWS, UNCALCULATED, Notes, Parts, Row
from cocon.imports.refusals import Unreadable
from cocon.kernel.language import _

#: What one file may hold; each limit has its sentence.
MOST_BYTES = 1_000_000
MOST_UNPACKED = 20_000_000
MOST_PARTS = 300
#: The styles of a book, unpacked: each becomes an object, whatever the sheet holds.
MOST_STYLES = 500_000
MOST_LINES = 300
MOST_TEXT = 2_000_000
#: A cell of a CSV beyond which its quote is not closed.
LONGEST_CELL = 131_072

_DAMAGED = _("Ce fichier est abîmé ou n’est pas un tableur\u202f: enregistrez-le de nouveau en XLSX, ODS ou CSV.")
_NO_SHEET = _("Ce fichier n’est pas un tableur\u202f: envoyez un fichier XLSX, ODS ou CSV.")
#: How documents, images, archives and pages begin, which a text of cells does not.
_OTHERS = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!\x1a")
_MARKUP = re.compile(rb"\s*<(?:!doctype|\?xml|html|svg)\b", re.IGNORECASE)


@dataclass
class Table:
    """The headers, the filled lines with their numbers in the file, and what the reader should know of them."""

    headers: list[str]
    rows: list[Row]
    notes: Notes = field(default_factory=list)


def read(data: bytes) -> Table:
    """The first visible sheet; raises Unreadable."""
    if _is_something_else(data):
        raise Unreadable(_NO_SHEET)
    if len(data) > MOST_BYTES:
        raise Unreadable(_("Ce fichier dépasse 1\u00a0Mo\u202f: enlevez-en les images et les feuilles inutiles."))
    if not data.strip():
        raise Unreadable(_("Ce fichier est vide."))
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            _("Ce fichier est à l’ancien format XLS, ou protégé par un mot de passe\u202f: enregistrez-le en XLSX.")
        )
    notes: Notes = []
    return _table(_csv(data, notes), notes)


def _is_something_else(data: bytes) -> bool:
    start = data[:1024].removeprefix(codecs.BOM_UTF8)
    return start.startswith(_OTHERS) or bool(_MARKUP.match(start)) or (b"%PDF-" in start and b"%%EOF" in data[-1024:])


def _archive(data: bytes) -> Table:
    try:
        with Parts(io.BytesIO(data)) as archive:
            names = _demand_sane(archive)
            notes: Notes = []
            if "xl/workbook.xml" in names:
                return _table(books.xlsx(data, archive, notes), notes)
            if "content.xml" in names and b"opendocument.spreadsheet" in _mimetype(archive, names):
                return _table(books.ods(archive, notes), notes)
    except Unreadable:
        raise
    except Exception as error:  # whatever a library makes of a hostile file
        raise Unreadable(_DAMAGED) from error
    raise Unreadable(_NO_SHEET)


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


def _csv(data: bytes, notes: Notes) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)  # the whole process has one: a library may have raised it
    text = _decoded(data, notes).replace(UNCALCULATED, "\ufffd")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for number, cells in enumerate(rows, 1):
            kept = cells[:MOST_COLUMNS] + [cell for cell in cells[MOST_COLUMNS:] if cell.strip()][:1]
            yield number, [cell[:CELL] for cell in kept]
    except csv.Error as error:
        raise Unreadable(
            _(
                "Ce fichier CSV ne se lit plus après la ligne %(line)s\u202f: un guillemet n’y est pas fermé, "
                "ou une cellule est démesurée.",
                line=rows.line_num,
            )
        ) from error


def _decoded(data: bytes, notes: Notes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(_("Ce fichier est codé en UTF-16\u202f: enregistrez-le en CSV UTF-8."))
    if b"\x00" in data:
        raise Unreadable(_NO_SHEET)
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


def _table(rows: Iterable[Row], notes: Notes) -> Table:
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
                _(
                    "Ce fichier a plus de 300 lignes remplies, le plus qui s’importe à la fois\u202f: "
                    "envoyez-le en plusieurs fois."
                )
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


def _filled(rows: list[Row], notes: Notes) -> Table:
    if not rows:
        raise Unreadable(_("Ce fichier est vide."))
    (_first, named), *lines = rows
    headers = ["" if name == UNCALCULATED else name for name in named]
    if not lines:
        raise Unreadable(
            _("Ce fichier n’a qu’une ligne\u202f: la première nomme les colonnes, les autres disent quoi importer.")
        )
    width = max(len(cells) for _number, cells in rows)
    pad = [""] * width
    return Table((headers + pad)[:width], [(number, (cells + pad)[:width]) for number, cells in lines], notes)
