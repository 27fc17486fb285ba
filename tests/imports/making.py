"""Spreadsheets, sound and hostile, made for the tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook, load_workbook

HEADERS = ["Titre", "Axe", "Contexte", "Objectifs", "Ce qui sera fait", "Porteur", "Coût 2014"]


def line(title: str, cost: object = "1 250,50") -> list[object]:
    """A fiche that lacks nothing."""
    return [title, "1", "Un besoin", "Des buts", "Un contenu", "Ville de Grenoble", cost]


def xlsx(rows: Sequence[Sequence[object]], *, title: str = "Fiches") -> bytes:
    """An XLSX of these rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def opened(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def csv(rows: Sequence[Sequence[object]], encoding: str = "utf-8", delimiter: str = ";") -> bytes:
    """A CSV of these rows, quoted only where it must be."""
    return "\n".join(delimiter.join(map(str, row)) for row in rows).encode(encoding)


def archive(**parts: str | bytes) -> bytes:
    """A ZIP of these parts; double underscores stand for slashes, single ones for dots."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), content)
    return made.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The same archive with one part more, or another one in the place of its own."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in dict.fromkeys([*book.namelist(), name]):
            packed.writestr(part, content if part == name else book.read(part))
    return made.getvalue()


def sheet_of(rows: str) -> bytes:
    """An XLSX whose sheet is written as it is given; a program that calculates nothing writes so."""
    names = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{names}"><sheetData>{rows}</sheetData></worksheet>'
    return with_part(xlsx([["x"]]), "xl/worksheets/sheet1.xml", sheet.encode())


_ODF = 'xmlns:{0}="urn:oasis:names:tc:opendocument:xmlns:{0}:1.0"'


def ods(tables: str, styles: str = "") -> bytes:
    """An ODS with this inside."""
    names = " ".join(_ODF.format(name) for name in ("office", "table", "text", "style"))
    content = (
        f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return archive(mimetype=mimetype, content_xml=content)


def ods_row(*cells: str, times: int = 1) -> str:
    inside = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{times}">{inside}</table:table-row>'
