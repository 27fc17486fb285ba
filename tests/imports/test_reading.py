"""Every hostile spreadsheet is refused in words, within bounds; sound ones give their cells as people see them."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from csv import field_size_limit
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from cocon.app import create_app
from cocon.config import Config
from cocon.imports import reading
from cocon.imports.books import UNCALCULATED, letters
from cocon.imports.reading import Table, read
from cocon.imports.refusals import Unreadable
from tests.imports.making import HEADERS, archive, csv, line, ods, ods_row, opened, saved, sheet_of, with_part, xlsx

TWO = [["Titre", "Axe"], ["Été", "1"]]


@pytest.fixture(scope="module", autouse=True)
def _speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    app = create_app(Config.from_env({"COCON_DATA": str(tmp_path_factory.mktemp("speaking"))}))
    with app.test_request_context():
        yield


def notes(table: Table) -> str:
    return " ".join(str(note) for note in table.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_in_every_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    table = read(csv(TWO, encoding, delimiter))
    assert (table.headers, table.rows) == (["Titre", "Axe"], [(2, ["Été", "1"])])
    assert ("cp1252" in notes(table)) == (encoding == "cp1252")


def test_csv_keeps_formulas_as_text_and_numbers_lines_as_a_spreadsheet_does() -> None:
    table = read(b'Titre;Axe\n=1+1;"a\nb"\n\n@x;-2\n')
    assert table.rows == [(2, ["=1+1", "a\nb"]), (4, ["@x", "-2"])]


def test_xlsx_cells_as_people_see_them() -> None:
    moment = datetime.fromisoformat("2014-05-01T09:30")
    table = read(xlsx([["Titre"], ["x", 12.5, 1e6, moment, date(2014, 5, 1)], [True, 0.1]]))
    assert table.rows == [
        (2, ["x", "12,5", "1000000", "01/05/2014 09:30", "01/05/2014"]),
        (3, ["oui", "0,1", "", "", ""]),
    ]


def test_xlsx_formulas_merged_cells_and_other_sheets_are_named() -> None:
    book = opened(xlsx([["Titre", "Axe"], ["Une", "1"], ["Deux", "1"]]))
    sheet = book["Fiches"]
    sheet["B2"] = "=1+1"
    sheet.merge_cells("A3:B3")
    book.create_sheet("Notes")
    said = notes(read(saved(book)))
    assert all(word in said for word in ("formule", "B2", "fusionnées", "A3:B3", "Fiches"))


def test_hidden_sheets_are_not_read() -> None:
    book = opened(xlsx([["Secret", "x"], ["y", "z"]], title="Cachée"))
    book.create_sheet("Vue").append(["Titre"])
    book["Vue"].append(["Une"])
    book.active = 1
    book["Cachée"].sheet_state = "hidden"
    assert read(saved(book)).headers == ["Titre"]
    hidden = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    tables = f'<table:table table:name="a" table:style-name="h">{ods_row("Secret")}{ods_row("y")}</table:table>'
    with pytest.raises(Unreadable, match="masquées"):
        read(ods(tables, hidden))
    shown = f'<table:table table:name="b">{ods_row("Titre")}{ods_row("Une")}</table:table>'
    assert read(ods(tables + shown, hidden)).headers == ["Titre"]


def test_ods_values_formulas_and_repetitions() -> None:
    cells = (
        '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2.5"/>'
        '<table:table-cell office:value-type="date" office:date-value="2014-05-01"/>'
        '<table:table-cell table:number-columns-spanned="2"><text:p>a</text:p><text:p>b</text:p></table:table-cell>'
        '<table:covered-table-cell/><table:table-cell table:number-columns-repeated="16000"/>'
    )
    rows = (
        f"{ods_row('t', 'd', 'm')}{ods_row(times=5)}<table:table-row>{cells}</table:table-row>{ods_row(times=1048000)}"
    )
    table = read(ods(f'<table:table table:name="a">{rows}</table:table>'))
    assert table.rows == [(7, ["2,5", "01/05/2014", "a\nb"])]
    assert "A7" in notes(table)
    assert "C7" in notes(table)


BOMB_ROWS = ods(f'<table:table table:name="a">{ods_row("t")}{ods_row("x" * 1000, times=1_000_000)}</table:table>')
BILLION = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
SHEET = "xl/worksheets/sheet1.xml"
FIRST = '<row r="1"><c r="A1" t="str"><v>Titre</v></c></row><row r="2"><c r="A2" t="str"><v>Une</v></c></row>'
FAR = (
    f"{ods_row('Titre')}<table:table-row><table:table-cell table:number-columns-repeated='99'/>"
    "<table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>"
)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "vide"),
    "spaces": (b" \n \n", "vide"),
    "one line": (b"Titre;Axe\n", "qu’une ligne"),
    "NUL": (b"Titre;Axe\na\x00b;1\n", "pas un tableur"),
    "UTF-16": ("Titre;Axe\nx;1\n".encode("utf-16"), "UTF-16"),
    "bytes of no encoding": (b"Titre;Axe\n\x81\x8d;\xe9\n", "ne se lisent pas"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00", "pas un tableur"),
    "PDF": (b"%PDF-1.7\n\x00\x01", "pas un tableur"),
    "PDF of text": (b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n9\n%%EOF\n", "pas un tableur"),
    "PDF of one line": (b"%PDF-1.4 %%EOF", "pas un tableur"),
    "PDF after a mark": (b"\xef\xbb\xbf%PDF-1.4\n%%EOF", "pas un tableur"),
    "PDF after some bytes": (b"junk\n%PDF-1.4\nx\n%%EOF\n", "pas un tableur"),
    "heavy PDF": (b"%PDF-1.4\n" + b"x" * 1_100_000, "pas un tableur"),
    "JPEG": (b"\xff\xd8\xff\xe0 one line", "pas un tableur"),
    "page": (b"<!DOCTYPE html><table><tr><td>Titre</table>", "pas un tableur"),
    "empty ZIP": (b"PK\x05\x06" + b"\x00" * 18, "pas un tableur"),
    "ZIP of texts": (archive(notes_txt="Titre;Axe"), "pas un tableur"),
    "old XLS": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "XLS"),
    "too heavy": (b"a;b\n" * 300_000, "1\u00a0Mo"),
    "lines": (csv([["Titre"], *([["x"]] * 301)]), "300 lignes"),
    "100,000 rows of CSV": (csv([["Titre"], *([[""]] * 100_001), ["x"]]), "100\u202f000 lignes"),
    "columns": (csv([["x"] * 61, ["y"] * 61]), "60 colonnes"),
    "unclosed quote": (b'Titre\n"' + b"a" * 900_000, "guillemet"),
    "unclosed quote of 200 kB": (b'Titre\n"' + b"a" * 200_000, "guillemet"),
    "cell of 1 MB": (b"Titre\n" + b"a" * 900_000, "démesurée"),
    "zip bomb": (archive(xl__workbook_xml="<a/>", big=b"0" * 60_000_000), "démesuré"),
    "thousands of parts": (archive(**{f"p{n}": b"" for n in range(400)}), "démesuré"),
    "macros": (with_part(xlsx(TWO), "xl/vbaProject.bin", b"x"), "macros"),
    "macros of ODS": (with_part(ods(ods_row("x")), "Basic/Standard/Module1.xml", b"x"), "macros"),
    "cut archive": (xlsx(TWO)[:1500], "abîmé"),
    "not a spreadsheet": (archive(word__document_xml="<a/>"), "pas un tableur"),
    "no sheet inside": (archive(xl__workbook_xml="<a/>"), "abîmé"),
    "ODS that repeats": (BOMB_ROWS, "300 lignes"),
    "entities": (archive(mimetype=MIMETYPE, content_xml=BILLION), "abîmé"),
    "outside entity": (archive(mimetype=MIMETYPE, content_xml=OUTSIDE), "abîmé"),
    "broken XML": (archive(mimetype=MIMETYPE, content_xml="<a><b></a>"), "abîmé"),
    "a row of a million empty cells": (sheet_of("<row>" + "<c/>" * 1_000_000 + "</row>"), "trop de cellules"),
    "a million elements of ODS": (ods("<table:table>" + "<a/>" * 1_000_000 + "</table:table>"), "trop de cellules"),
    "a million names": (with_part(xlsx(TWO), "[Content_Types].xml", b"<Types>" + b"<a/>" * 30_000), "trop de cellules"),
    "rows out of order": (sheet_of(FIRST + '<row r="1"/>'), "abîmé"),
    "document type of XLSX": (with_part(sheet_of(FIRST), SHEET, BILLION.encode()), "abîmé"),
    "a cell too far": (sheet_of(FIRST + '<row r="3"><c r="ZZ3"><v>1</v></c></row>'), "60 colonnes"),
    "a cell of ODS too far": (ods(f"<table:table>{FAR}</table:table>"), "60 colonnes"),
    "a cell of CSV too far": (b"Titre\nx" + b";" * 90 + b"y", "60 colonnes"),
    "XLSX of 400 lines": (xlsx([["Titre"], *([["x"]] * 400)]), "300 lignes"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_hostile_are_refused_in_words(name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert words in str(caught.value)
    assert caught.value.field == "file"


def test_a_cell_is_bounded_whatever_a_library_allows() -> None:
    """The limit is of the process."""
    ours = field_size_limit(10**9)
    try:
        with pytest.raises(Unreadable, match="guillemet"):
            read(b'Titre;Contexte\n"' + b"a" * 200_000)
    finally:
        field_size_limit(ours)


@pytest.mark.parametrize("name", [
    "zip bomb", "ODS that repeats", "cell of 1 MB", "100,000 rows of CSV",
    "a row of a million empty cells", "a million elements of ODS",
])  # fmt: skip
def test_memory_stays_bounded(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            read(HOSTILE[name][0])
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_a_formula_never_calculated_is_not_an_empty_cell() -> None:
    book = opened(xlsx([["Titre", "Coût 2014"], ["Une", "=1000+250"], ["=A2", "=B2"]]))
    table = read(saved(book))
    assert table.rows == [(2, ["Une", UNCALCULATED]), (3, [UNCALCULATED, UNCALCULATED])]
    assert "3 cellules contiennent une formule qui n’a pas été calculée" in notes(table)
    assert "B2, A3, B3" in notes(table)
    assert "dernière valeur calculée" not in notes(table)
    cells = '<table:table-cell table:formula="of:=A1"/><table:table-cell table:formula="of:=A1"><text:p>x</text:p>'
    table = read(
        ods(
            f"<table:table>{ods_row('Titre')}<table:table-row>{cells}</table:table-cell></table:table-row></table:table>"
        )
    )
    assert table.rows == [(2, [UNCALCULATED, "x"])]
    assert "sa valeur manque (A2)" in notes(table)
    assert "dernière valeur calculée est lue (B2)" in notes(table)


def test_a_formula_that_gives_nothing_was_calculated() -> None:
    empty = '<row r="3"><c r="A3"><v>1</v></c><c r="B3" t="str"><f>""</f><v></v></c></row>'
    table = read(sheet_of(FIRST + empty))
    assert table.rows == [(2, ["Une"]), (3, ["1"])]
    text = '<table:table-cell table:formula="of:=&quot;&quot;" office:value-type="string"/>'
    row = f"<table:table-row>{text}<table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>"
    assert read(ods(f"<table:table>{ods_row('Titre')}{row}</table:table>")).rows == [(2, ["", "1"])]


def test_a_text_file_cannot_feign_a_formula() -> None:
    assert read(f"Titre;Axe\n{UNCALCULATED};1\n".encode()).rows == [(2, ["\ufffd", "1"])]


def test_forty_thousand_empty_rows_cost_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made of an empty row: it is not padded, it is not handed over."""
    empty = "".join(f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(3, 40_003))
    last = '<row r="40003"><c r="B40003"><v>2</v></c></row>'
    handed, trimmed = [], reading._trimmed

    def trim(cells: list[str]) -> list[str]:
        handed.append(cells)
        return trimmed(cells)

    monkeypatch.setattr(reading, "_trimmed", trim)
    assert read(sheet_of(FIRST + empty + last)).rows == [(2, ["Une", ""]), (40_003, ["", "2"])]
    assert len(handed) == 3


def test_what_is_pinned_on_a_cell_of_ods_is_not_its_text() -> None:
    noted = "<table:table-cell><office:annotation><text:p>secret</text:p></office:annotation><text:p>Une</text:p>"
    rows = f"{ods_row('Titre')}<table:table-row>{noted}</table:table-cell></table:table-row>"
    assert read(ods(f"<table:table>{rows}</table:table>")).rows == [(2, ["Une"])]


def test_texts_shared_by_cells_come_without_their_pronunciation() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Titre")
        sheet.write_rich_string(1, 0, "Une ", book.add_format({"bold": True}), "recyclerie")
        sheet.write_formula(1, 1, "=1+1", None, 2)
    table = read(made.getvalue())
    assert table.rows == [(2, ["Une recyclerie", "2"])]
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Titre</t></si>'
        '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>'
    )
    assert read(with_part(made.getvalue(), "xl/sharedStrings.xml", strings.encode())).rows[0][1] == ["東京", "2"]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2), st.integers(0, 3_000))
def test_whatever_comes_is_a_table_or_a_sentence(noise: bytes, kind: int, place: int) -> None:
    base = (b"", xlsx(TWO), ods(f"<table:table>{ods_row('Titre')}{ods_row('x')}</table:table>"))[kind]
    place = min(place, len(base))
    try:
        table = read(base[:place] + noise + base[place + len(noise) :])
    except Unreadable as refusal:
        table = Table([""], [(1, [str(refusal)])])
    assert table.rows
    assert len({len(cells) for _number, cells in table.rows} | {len(table.headers)}) == 1


def test_columns_are_named_as_spreadsheets_name_them() -> None:
    assert [letters(column) for column in (0, 25, 26, 51, 52, 59)] == ["A", "Z", "AA", "AZ", "BA", "BH"]


def test_a_sound_file_says_nothing() -> None:
    table = read(xlsx([HEADERS, line("Une")]))
    assert (table.headers, table.notes) == (HEADERS, [])
