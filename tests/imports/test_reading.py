"""Every hostile spreadsheet is refused in words, within bounds; sound ones give their cells as people see them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocon.app import create_app
from cocon.config import Config
from cocon.imports.reading import Table, letters, read
from cocon.imports.refusals import Unreadable
from tests.imports.making import HEADERS, archive, csv, line, ods, ods_row, opened, saved, with_part, xlsx

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
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "vide"),
    "spaces": (b" \n \n", "vide"),
    "one line": (b"Titre;Axe\n", "qu’une ligne"),
    "NUL": (b"Titre;Axe\na\x00b;1\n", "pas un tableur"),
    "UTF-16": ("Titre;Axe\nx;1\n".encode("utf-16"), "UTF-16"),
    "bytes of no encoding": (b"Titre;Axe\n\x81\x8d;\xe9\n", "ne se lisent pas"),
    "PNG": (b"\x89PNG\r\n\x1a\n\x00\x00", "pas un tableur"),
    "PDF": (b"%PDF-1.7\n\x00\x01", "pas un tableur"),
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
    "XLSX of 400 lines": (xlsx([["Titre"], *([["x"]] * 400)]), "300 lignes"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_hostile_are_refused_in_words(name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert words in str(caught.value)
    assert caught.value.field == "file"


@pytest.mark.parametrize("name", ["zip bomb", "ODS that repeats", "cell of 1 MB", "100,000 rows of CSV"])
def test_memory_stays_bounded(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            read(HOSTILE[name][0])
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


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
