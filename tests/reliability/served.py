"""What the pages and the files of money say when the bank closes, held against what the log alone makes."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from cocon.contracts.queries import outline
from cocon.funding.words import NATURES
from cocon.kernel.money import parse
from cocon.partners.queries import partners
from tests.actions.making import REGION, signed_in
from tests.consolidation import making
from tests.consolidation.making import Calculator, Read, cents
from tests.funding.making import YEARS
from tests.reliability.bank import PARTNERS, Bank
from tests.reliability.replay import COLUMNS, LEVELS, End, Told, end
from tests.support.client import Client

FORMS = ("xlsx", "ods", "csv")
#: The words of addresses, and the amounts of tranches that they show.
SHOWN = {
    "prevu": "amount",
    "inscrit": "inscribed",
    "credits": "credited",
    "vote": "voted",
    "convention": "contracted",
    "engage": "engaged",
    "verse": "paid",
}
#: Fiches whose plans are compared.
PLANS = 3
#: A line of a file: its year, its funder, its nature, its amounts by level.
Line = tuple[int, str, str, dict[str, int]]


def compare(bank: Bank) -> None:
    """The matrix at every level, the envelopes of each partner, a few plans, and a file of each."""
    with bank.app.app_context():
        known, axes = end(), {axis.id: axis.number for axis in outline().axes}
        names = {one.id: (one.key, one.current_name) for one in partners() if one.key in PARTNERS}
    client = signed_in(bank.app, bank.world, bank.world.actors[f"representative@{REGION}"])
    for place, (level, column) in enumerate(SHOWN.items()):
        _matrix(client, known.tranches, level, column, FORMS if column == "amount" else [FORMS[place % 3]])
    for place, (who, (key, _name)) in enumerate(names.items()):
        _envelopes(client, key, _reserved(known, who, axes), FORMS[place % 3])
    for place, action in enumerate(bank.actions[:PLANS]):
        mine = [one for one in known.tranches if one.action_id == action.id]
        _plan(client, action.id, mine, {who: name for who, (_key, name) in names.items()}, FORMS[place % 3])


def _matrix(client: Client, tranches: Sequence[Told], level: str, column: str, forms: Sequence[str]) -> None:
    """The totals of a level, on the page and in files; in those of what is planned, of all levels."""
    years = [sum(one.counted[column] for one in tranches if one.year == year) for year in YEARS]
    assert sum(years) > 0, level
    grand = client.get(f"/financement?etape={level}").select(".table-sticky tfoot tr")[0]
    assert [parse(cell.get_text()) for cell in grand.select("td.num")[:4]] == [*years, sum(years)], level
    wanted = _by_year(((one.year, one.counted) for one in tranches), COLUMNS if column == "amount" else [column])
    for form in forms:
        lines, _book = _lines(client, f"/financement/export.{form}?etape={level}")
        told = _by_year(((year, amounts) for year, _who, _nature, amounts in lines), [name for name, _year in wanted])
        assert told == wanted, (level, form)


def _by_year(rows: Any, columns: Any) -> Counter[tuple[str, int]]:
    sums: Counter[tuple[str, int]] = Counter()
    for year, amounts in rows:
        sums.update({(name, year): amounts[name] for name in columns if amounts[name]})
    return sums


def _plan(client: Client, action_id: str, tranches: Sequence[Told], names: dict[str, str], form: str) -> None:
    """What each partner plans for a fiche, by nature and by year, and what its file says of every level."""
    wanted: dict[tuple[str, str], Counter[int]] = {}
    for one in tranches:
        if one.counted["amount"]:
            key = (names[one.partner_id], str(NATURES[one.nature]))
            wanted.setdefault(key, Counter())[one.year] += one.counted["amount"]
    page, shown = client.get(f"/actions/{action_id}/financement"), {}
    for row in page.select("#funding-table tbody:not([id]) tr"):
        head = " ".join(row.select("th")[0].get_text(" ").split())
        name = next(name for name in names.values() if head.startswith(name))
        *by_year, total = [parse(cell.get_text()) or 0 for cell in row.select("td.num")]
        assert total == sum(by_year), (action_id, head)
        nature = "investment" if head.endswith("Investissement") else "operating"
        shown[name, str(NATURES[nature])] = Counter(dict(zip(YEARS, by_year, strict=True)))
    assert {key: +sums for key, sums in shown.items() if +sums} == wanted, action_id
    lines, book = _lines(client, f"/actions/{action_id}/financement/export.{form}")
    told = {(year, who, nature): amounts for year, who, nature, amounts in lines if any(amounts.values())}
    assert told == {
        (one.year, names[one.partner_id], str(NATURES[one.nature])): one.counted
        for one in tranches
        if any(one.counted.values())
    }, (action_id, form)
    sums = [sum(one[year] for one in wanted.values()) for year in YEARS]
    for sheet, head, first in (("Plan", "Total prévu", 3), ("Charges et produits", "Total des produits", 2)):
        found = [cells for cells in _cells(book.get(sheet, [])) if cells[0] == head]
        assert all([cents(one) for one in cells[first : first + 4]] == [*sums, sum(sums)] for cells in found), sheet
        assert len(found) == bool(book), sheet


def _reserved(known: End, who: str, axes: dict[str, int]) -> dict[tuple[int, int | None], list[int | None]]:
    """A partner's envelopes by year and axis: what is set aside, what counts at each level, what is left."""
    levels: dict[tuple[int, str | None], Counter[str]] = {}
    for one in known.tranches:
        for axis in (None, one.axis_id):
            if one.partner_id == who and any(one.counted.values()):
                levels.setdefault((one.year, axis), Counter()).update(one.counted)
    declared = {(year, axis): row[0] for (whose, year, axis), row in known.sums["envelopes"].items() if whose == who}
    rows: dict[tuple[int, int | None], list[int | None]] = {}
    for year, axis in {**declared, **levels}:
        amount, sums = declared.get((year, axis)), levels.get((year, axis), Counter())
        left = None if amount is None else amount - sums["amount"]
        rows[year, axes[axis] if axis else None] = [amount, *(sums[name] for name in LEVELS), left]
    return rows


def _envelopes(client: Client, key: str, wanted: dict[tuple[int, int | None], list[int | None]], form: str) -> None:
    """On the page and in a file."""
    shown: dict[tuple[int, int | None], list[int | None]] = {}
    for row in client.get(f"/enveloppes/{key}").select("#suivi tbody tr"):
        year, *axis = map(int, re.findall(r"\d+", row.select("th")[0].get_text()))
        shown[year, axis[0] if axis else None] = [_amount(cell.get_text(" ")) for cell in row.select("td.num")]
    assert shown == wanted, key
    url, told, read = f"/enveloppes/{key}/export.{form}", {}, _amount if form == "csv" else _cents
    rows: list[list[Any]] = _table(client, url) if form == "csv" else _cells(_book(client, url)["Enveloppes"])
    for cells in rows:
        if re.fullmatch(r"\d{4}(\.0)?", str(cells[0] if cells else "")):
            place = int(float(cells[0])), None if cells[1] == "tous" else int(cells[1])
            told[place] = [read(cell) for cell in (cells[2], *cells[4:])]
    assert told == wanted, (key, form)


def _amount(text: str) -> int | None:
    """The amount at the beginning of a cell, or of what is exceeded."""
    found = re.search(r"(dépassée de |-)?(\d[\d\s]*,\d\d)", text)
    if found is None:
        return None
    return (-1 if found[1] else 1) * (parse(found[2]) or 0)


def _cents(value: Any) -> int | None:
    """The amount of a cell, if it holds any."""
    return None if value in (None, "") else cents(value)


def _cells(rows: Any) -> list[list[Any]]:
    """What cells hold, without their formulas."""
    return [[value for value, _formula in row] for row in rows]


def _lines(client: Client, url: str) -> tuple[list[Line], Read]:
    """The lines of a file, and the workbook if it is one."""
    if ".csv" in url:
        rows = _table(client, url)[1:]
        return [(int(row[8]), row[5], row[7], _levels(map(parse, row[9:16]))) for row in rows], {}
    book = _book(client, url)
    rows_ = _cells(book["Lignes"][1:])
    return [(int(row[8]), row[5], row[7], _levels(map(cents, row[9:16]))) for row in rows_], book


def _levels(amounts: Any) -> dict[str, int]:
    return dict(zip(COLUMNS, amounts, strict=True))


def _table(client: Client, url: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(_file(client, url).decode("utf-8-sig")), delimiter=";"))


def _book(client: Client, url: str) -> Read:
    read: Read = (making.ods if ".ods" in url else making.xlsx)(_file(client, url))
    assert list(Calculator(read).wrong()) == [], url
    return read


def _file(client: Client, url: str) -> bytes:
    answer = client.http.get(url)
    assert answer.status_code == 200, url
    return bytes(answer.data)
