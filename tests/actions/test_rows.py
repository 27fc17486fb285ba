"""Rows of answers: days and months as people write them, numbers, what is empty, what is too much."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from cocon.actions.forms import draft_form
from cocon.actions.models import Indicator, Milestone
from cocon.actions.operations import is_due
from cocon.actions.rows import MOST, Rows, read_due
from cocon.web.filters import day_or_month

YEARS = (2014, 2015, 2016)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("15/03/2015", "2015-03-15"),
        ("1er mars 2015", "2015-03-01"),
        ("15 Mars 2015", "2015-03-15"),
        ("03/2015", "2015-03"),
        ("3/2015", "2015-03"),
        ("décembre 2014", "2014-12"),
        ("2015-03", "2015-03"),
        ("2015-03-31", "2015-03-31"),
        ("31/02/2015", None),
        ("13/2015", None),
        ("2015", None),
        ("bientôt", None),
        ("smarch 2015", None),
        ("٣/2015", None),
        ("15/03/20155", None),
    ],
)
def test_a_day_or_a_month_is_read(typed: str, read: str | None) -> None:
    assert read_due(typed) == read


@settings(max_examples=200)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2999, 1, 1)))
def test_what_is_shown_is_read_back(day: object) -> None:
    for due in (str(day), str(day)[:7]):
        assert is_due(due)
        assert read_due(day_or_month(due)) == due


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_anything_typed_is_read_or_refused(typed: str) -> None:
    read = read_due(typed)
    assert read is None or is_due(read)


def test_rows_are_numbered_anew_and_empty_ones_are_gone() -> None:
    sent = MultiDict(
        {
            "milestones-4-due": "mars 2015",
            "milestones-4-title": "Bilan",
            "milestones-2-due": " ",
            "milestones-2-title": "",
            "milestones-7-title": "Sans date",
            "milestones-²-title": "x",
            "milestones-99999-title": "y",
            "indicators-0-code": "E1",
            "indicators-0-label": "Lieux",
            "indicators-0-kind": "result",
            "indicators-0-target_2015": "1 200,5",
            "indicators-0-baseline": "3",
        }
    )
    form = draft_form(YEARS)(sent)
    assert {name: value for name, value in form.milestones.typed.items() if value} == {
        "milestones-0-due": "mars 2015",
        "milestones-0-title": "Bilan",
        "milestones-1-title": "Sans date",
    }
    assert form.milestones.said[0] == Milestone(due="2015-03", title="Bilan")
    assert form.indicators.said == [
        Indicator(code="E1", label="Lieux", kind="result", baseline=300, targets={2015: 1_200_50})
    ]
    assert "E1 · Lieux" in form.indicators.told


def test_there_are_never_more_rows_than_the_most() -> None:
    sent = MultiDict({f"milestones-{number}-title": "x" for number in range(100)})
    rows = draft_form(YEARS)(sent).milestones
    assert isinstance(rows, Rows)
    assert len(rows.with_empty(10)) == MOST
