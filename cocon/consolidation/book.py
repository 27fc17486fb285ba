"""Sheets of typed cells as XLSX, ODS or CSV. No text is ever a formula; the formulas are ours, with what they give.

Named outside the seven usual files. A formula is written once, as XLSX has it, and turned into what ODS has.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from cocon.dossier.printing import printable
from cocon.kernel.money import Cents
from cocon.kernel.numbers import percents

MIMES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "csv": "text/csv",
    "pdf": "application/pdf",
}
#: What a spreadsheet takes for the beginning of a formula when it opens a CSV.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_REFERENCE = re.compile(r"(?:([A-Za-zÀ-ÿ]+)!)?(\$?[A-Z]{1,3}\$?\d+)(?::(\$?[A-Z]{1,3}\$?\d+))?")


@dataclass(frozen=True)
class Money:
    """An amount, and the formula that gives it where it is a total."""

    cents: Cents
    formula: str = ""


@dataclass(frozen=True)
class Percent:
    """A ratio, 0.5 for 50 %, and the formula that gives it."""

    value: float
    formula: str


Cell = str | int | Money | Percent
#: How spreadsheets write the numbers of a kind of cell.
_FORMATS: dict[type, str] = {Money: "#,##0.00", Percent: "0.0%"}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Rows under one row of headers; ``strong`` names the rows that are titles or totals, from 0 for the headers."""

    name: str
    rows: Sequence[Sequence[Cell]]
    strong: frozenset[int] = frozenset({0})
    widths: Sequence[int] = ()
    frozen: bool = False


def place(row: int, column: int) -> str:
    """``C7`` for the seventh row and the third column, which are numbered from 0."""
    return f"{xl_col_to_name(column)}{row + 1}"


def decimal(cents: Cents, point: str = ".") -> str:
    """``-1234.50``."""
    euros, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{euros}{point}{rest:02d}"


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def text_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV for people: semicolons, decimal commas, and the mark by which spreadsheets know UTF-8."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return made.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    if isinstance(cell, Money):
        return decimal(cell.cents, ",")
    if isinstance(cell, Percent):
        return f"{percents(cell.value, 2)}".replace(".", ",") + "\u00a0%"
    return inert(printable(cell)) if isinstance(cell, str) else str(cell)


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """The workbook."""
    made = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, settings) as book:
        for sheet in sheets:
            _write(book, sheet)
    return made.getvalue()


def _write(book: Any, sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name)
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    if sheet.frozen:
        page.freeze_panes(1, 0)
    forms = {(strong, kind): _form(book, strong, kind) for strong in (False, True) for kind in (str, int, *_FORMATS)}
    for row, cells in enumerate(sheet.rows):
        for column, cell in enumerate(cells):
            _put(page, (row, column), cell, forms[row in sheet.strong, type(cell)])


def _form(book: Any, strong: bool, kind: type[Cell]) -> Any:
    return book.add_format({"bold": strong, **({"num_format": _FORMATS[kind]} if kind in _FORMATS else {})})


def _put(page: Any, where: tuple[int, int], cell: Cell, form: Any) -> None:
    if isinstance(cell, str):
        page.write_string(*where, printable(cell), form)
    elif isinstance(cell, int):
        page.write_number(*where, cell, form)
    elif isinstance(cell, Percent):
        page.write_formula(*where, f"={cell.formula}", form, cell.value)
    elif cell.formula:
        page.write_formula(*where, f"={cell.formula}", form, cell.cents / 100)
    else:
        page.write_number(*where, cell.cents / 100, form)


_NAMES = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
        for name, space in (
            *((name, name) for name in ("office", "table", "text", "style", "manifest")),
            ("number", "datastyle"),
            ("fo", "xsl-fo-compatible"),
        )
    )
    + ' xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'
)
_BOLD = '<style:text-properties fo:font-weight="bold"/>'
_STYLES = (
    '<office:automatic-styles><number:number-style style:name="N"><number:number number:decimal-places="2"'
    ' number:min-integer-digits="1" number:grouping="true"/></number:number-style>'
    '<number:percentage-style style:name="P"><number:number number:decimal-places="1" number:min-integer-digits="1"/>'
    "<number:text>%</number:text></number:percentage-style>"
    f'<style:style style:name="strong" style:family="table-cell">{_BOLD}</style:style>'
    '<style:style style:name="rate" style:family="table-cell" style:data-style-name="P"/>'
    '<style:style style:name="money" style:family="table-cell" style:data-style-name="N"/>'
    f'<style:style style:name="sum" style:family="table-cell" style:data-style-name="N">{_BOLD}</style:style>'
    "</office:automatic-styles>"
)


def ods(sheets: Sequence[Sheet]) -> bytes:
    """The workbook."""
    tables = "".join(map(_table, sheets))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} office:version="1.3">{_STYLES}'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    files = (("/", MIMES["ods"]), ("content.xml", "text/xml"))
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>' for path, kind in files
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMES["ods"], zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest {_NAMES} manifest:version="1.3">{entries}'
            "</manifest:manifest>",
        )
    return made.getvalue()


def _table(sheet: Sheet) -> str:
    rows = (
        "".join(_cell(cell, strong=number in sheet.strong) for cell in cells or [""])
        for number, cells in enumerate(sheet.rows)
    )
    lines = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return f"<table:table table:name={quoteattr(sheet.name)}>{lines}</table:table>"


def _cell(cell: Cell, *, strong: bool) -> str:
    if isinstance(cell, Money):
        formula = f" table:formula={quoteattr(open_formula(cell.formula))}" if cell.formula else ""
        style = "sum" if strong else "money"
        number = decimal(cell.cents)
        return (
            f'<table:table-cell table:style-name="{style}"{formula} office:value-type="float" office:value="{number}">'
            f"<text:p>{number}</text:p></table:table-cell>"
        )
    if isinstance(cell, Percent):
        return (
            f'<table:table-cell table:style-name="rate" table:formula={quoteattr(open_formula(cell.formula))}'
            f' office:value-type="percentage" office:value="{cell.value}"><text:p>{percents(cell.value, 1)}%</text:p>'
            "</table:table-cell>"
        )
    style = ' table:style-name="strong"' if strong else ""
    if isinstance(cell, int):
        kind = f'office:value-type="float" office:value="{cell}"'
        return f"<table:table-cell{style} {kind}><text:p>{cell}</text:p></table:table-cell>"
    if not cell:
        return "<table:table-cell/>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in printable(cell).split("\n"))
    return f'<table:table-cell{style} office:value-type="string">{lines}</table:table-cell>'


def open_formula(formula: str) -> str:
    """``SUM(Lignes!A2:A9,B1)`` as ODS writes it: ``of:=SUM([$Lignes.A2:.A9];[.B1])``."""

    def reference(match: re.Match[str]) -> str:
        sheet, first, last = match.groups()
        return f"[{f'${sheet}' if sheet else ''}.{first}{f':.{last}' if last else ''}]"

    return f"of:={_REFERENCE.sub(reference, formula.replace(',', ';'))}"
