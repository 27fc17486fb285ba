"""Fiches with money at every stage, and spreadsheets read again by others than those that wrote them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from odfdo import Document
from openpyxl import load_workbook

from cocon.actions.models import Action
from cocon.funding import operations as funding
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, known, share
from tests.dossier.making import Stage

#: A cell: what it holds, and its formula.
Read = dict[str, list[list[tuple[Any, str]]]]


def promise(stage: Stage, action_id: str, year: int, cents: int, partner: str = GRENOBLE, **kind: str) -> None:
    """A partner plans an amount."""
    with stage.acting() as world:
        actor = world.actor("representative", partner)
        funding.announce_contribution(actor, known(action_id), year=year, amount=cents, **kind)


def xlsx(data: bytes) -> Read:
    """A workbook as openpyxl reads it."""
    values, formulas = load_workbook(io.BytesIO(data), data_only=True), load_workbook(io.BytesIO(data))
    return {
        name: [
            [
                (cell.value, str(other.value) if other.data_type == "f" else "")
                for cell, other in zip(row, others, strict=True)
            ]
            for row, others in zip(values[name].iter_rows(), formulas[name].iter_rows(), strict=True)
        ]
        for name in values.sheetnames
    }


def ods(data: bytes) -> Read:
    """A workbook as odfdo reads it; formulas are given as XLSX writes them."""
    tables: list[Any] = Document(io.BytesIO(data)).body.tables
    return {
        table.name: [[(_value(cell), _formula(cell)) for cell in row.traverse()] for row in table.traverse()]
        for table in tables
    }


def _value(cell: Any) -> Any:
    if cell.type in ("float", "percentage"):
        return float(cell.get_attribute("office:value"))
    return cell.value


def _formula(cell: Any) -> str:
    text = cell.formula or ""
    plain = re.sub(r"\[(?:\$(\w+))?\.([^:\]]+)(?::\.([^\]]+))?\]", _reference, text.removeprefix("of:"))
    return plain.replace(";", ",")


def _reference(match: re.Match[str]) -> str:
    sheet, first, last = match.groups()
    return f"{f'{sheet}!' if sheet else ''}{first}{f':{last}' if last else ''}"


def cents(value: Any) -> int:
    """An amount read from a sheet."""
    return round(float(value or 0) * 100)


class Calculator:
    """Our few formulas, calculated without ours: SUM, SUMIFS, a difference and a ratio."""

    def __init__(self, book: Read) -> None:
        self.book = book

    def wrong(self) -> Iterator[str]:
        """The formulas that give something else than what their cell holds."""
        for name, rows in self.book.items():
            for number, row in enumerate(rows, start=1):
                for value, formula in row:
                    if formula and self.result(name, formula) != cents(value):
                        yield f"{name} row {number}: {formula} is {self.result(name, formula)}, not {value}"

    def formulas(self) -> int:
        """How many there are."""
        return sum(bool(formula) for rows in self.book.values() for row in rows for _value, formula in row)

    def result(self, sheet: str, formula: str) -> int:
        body = formula.removeprefix("=")
        if match := re.fullmatch(r"SUM\((.+)\)", body):
            return sum(cents(value) for cells in match[1].split(",") for value in self.range(sheet, cells))
        if match := re.fullmatch(r"SUMIFS\((.+)\)", body):
            summed, *tests = match[1].split(",")
            wanted = [
                (self.range(sheet, tests[n]), self.range(sheet, tests[n + 1])[0]) for n in range(0, len(tests), 2)
            ]
            return sum(
                cents(value)
                for place, value in enumerate(self.range(sheet, summed))
                if all(column[place] == one for column, one in wanted)
            )
        if "/" in body:
            part, whole = (cents(self.range(sheet, one)[0]) for one in body.split("/"))
            return cents(part / whole)
        assert re.fullmatch(r"[A-Z]+\d+(-[A-Z]+\d+)+", body), formula
        first, *others = (cents(self.range(sheet, one)[0]) for one in body.split("-"))
        return first - sum(others)

    def range(self, sheet: str, text: str) -> list[Any]:
        name, _bang, cells = text.rpartition("!")
        first, _colon, last = cells.replace("$", "").partition(":")
        (left, top), (right, bottom) = _place(first), _place(last or first)
        rows = self.book[name or sheet]
        return [
            rows[row][column][0] if row < len(rows) and column < len(rows[row]) else None
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]


def _place(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([A-Z]+)(\d+)", text)
    assert match, text
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return column - 1, int(match[2]) - 1


def share_under(owner: Actor, number: int, **said: Any) -> Action:
    """A fiche under an axis."""
    return share(owner, number, **said)
