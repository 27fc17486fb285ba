"""Rates are rounded as law and spreadsheets round them."""

from __future__ import annotations

import pytest

from cocon.kernel.numbers import percents
from cocon.web.filters import percent


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(30_000 / 480_000, "6,3"), (0.0615, "6,2"), (0.1225, "12,3"), (-0.0625, "-6,3"), (0, "0,0"), (1, "100,0")],
)
def test_half_a_tenth_counts_for_one(rate: float, shown: str) -> None:
    assert percent(rate) == f"{shown}\u00a0%"


def test_files_keep_two_decimals() -> None:
    assert str(percents(0.123455, 2)) == "12.35"
