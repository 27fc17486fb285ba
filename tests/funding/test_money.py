"""Amounts as people type them: read to the cent, or refused, never guessed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocon.kernel.money import CEILING, NotMoney, amount, euros, parse

SPACES = (" ", "\u00a0", "\u202f", "\u2009", "\t", "  ")
unhurried = settings(deadline=None)
cents = st.integers(min_value=-CEILING, max_value=CEILING)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0", 0),
        ("1", 1_00),
        ("1234,5", 1_234_50),
        ("1234.5", 1_234_50),
        ("1 234,50 €", 1_234_50),
        ("1.234,50", 1_234_50),
        ("1.234", 1_234_00),
        ("1 234.50", 1_234_50),
        ("12\u202f500,00\u00a0€", 12_500_00),
        ("12\u00a0500€", 12_500_00),
        ("1\u2009234\u2009567,89", 1_234_567_89),
        ("12.500.000", 12_500_000_00),
        ("  7,05  ", 7_05),
        ("0,01", 1),
        ("12500 EUR", 12_500_00),
        ("12500 euros", 12_500_00),
        ("-5", -5_00),
        ("\u22125,10", -5_10),
        ("10 000 000 000", CEILING),
        ("€ 1 234", 1_234_00),
        ("EUR 12,50", 12_50),
        ("12 k€", 12_000_00),
        ("12,5 k€", 12_500_00),
        ("1\u202f234,5 k€", 1_234_500_00),
        ("-3K€", -3_000_00),
        ("1,2 M€", 1_200_000_00),
        ("1,234567\u00a0M€", 1_234_567_00),
        ("\ufeff1\u202f234,50\u200b", 1_234_50),
    ],
)
def test_what_a_french_reader_types_is_read(typed: str, read: int) -> None:
    assert parse(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "€",
        "abc",
        "1.234 k€",  # a thousand and more, or a million and more
        "12,345678 k€",
        "1 200 k€ €",
        "99 999 M€",
        "k€",
        "€ 12 €",
        "1e3",
        "0x10",
        "1,234",  # a thousand and more for some, one euro and more for others
        "1,234.50",
        "1234,567",
        "1 234.567",
        "1.234 567",
        "1 23",
        "12 34 567",
        "1,2,3",
        "1 234,",
        ",50",
        "--5",
        "5-",
        "12²",
        "\uff11\uff12",
        "\u0661\u0662",
        "12\x00",
        "10 000 000 000,01",
        "9" * 5_000,
        "nan",
        "1/2",
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(NotMoney):
        parse(typed)


@unhurried
@given(cents)
def test_what_is_shown_can_be_typed_again(value: int) -> None:
    assert parse(euros(value)) == parse(amount(value)) == value


@unhurried
@given(cents, st.sampled_from((*SPACES, "", ".")), st.sampled_from(",."), st.sampled_from(("", " €", "€", "\u00a0€")))
def test_any_space_comma_or_dot(value: int, space: str, mark: str, sign: str) -> None:
    whole, rest = divmod(abs(value), 100)
    typed = f"{whole:,}".replace(",", space) + f"{mark}{rest:02d}{sign}"
    assert parse(typed) == abs(value)
    assert parse(f"-{typed}") == -abs(value)


@unhurried
@given(st.text(alphabet="0123456789 .,-€\u00a0\u202fe'", max_size=14) | st.text(max_size=10))
def test_an_amount_read_is_the_digits_typed(typed: str) -> None:
    """Whatever is typed is refused, or read as its digits with the cents after the last mark."""
    try:
        read = parse(typed)
    except NotMoney:
        return
    if re.search(r"[kKM]€", typed):
        return  # a thousand or a million times what the digits say
    marks = re.findall(r"[.,](\d+)\D*$", typed)
    decimals = marks[0] if marks and len(marks[0]) < 3 else ""
    digits = re.sub(r"\D", "", typed)
    assert abs(read) == int(digits) * 10 ** (2 - len(decimals))
