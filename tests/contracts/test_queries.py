"""Reading the contract: what the sources say, nothing more, in few statements."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from cocon.contracts import operations, queries, reference
from cocon.contracts.models import Axis, Figure
from cocon.contracts.queries import Branch
from tests.actions.making import statements
from tests.factories import World
from tests.web.making import REGION


def figure(value: int, unit: str, scale: int = 0) -> Figure:
    return Figure(value=value, unit=unit, scale=scale)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (figure(33_816_491, "EUR"), "33\u202f816\u202f491\u00a0€"),
        (figure(36, "%", 1), "3,6\u00a0%"),
        (figure(-8, "%", 1), "-0,8\u00a0%"),
        (figure(28, "%", 1), "2,8\u00a0%"),
        (figure(11, "%"), "11\u00a0%"),
        (figure(117, "dossiers"), "117\u00a0dossiers"),
        (figure(24_000, "établissements"), "24\u202f000\u00a0établissements"),
        (figure(1_005, "%", 2), "10,05\u00a0%"),
        (figure(0, "EUR"), "0\u00a0€"),
    ],
)
def test_figures_are_written_as_french_readers_do(given: Figure, text: str) -> None:
    assert queries.written(given) == text


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("http://www.cress-rhone-alpes.org/cress/rubrique.php3?id_rubrique=74", "cress-rhone-alpes.org"),
        ("https://studylibfr.com/doc/1692634", "studylibfr.com"),
        ("Calcul : total moins Région", "Calcul : total moins Région"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_sources_are_shown_by_their_site(source: str, shown: str) -> None:
    assert queries.source_link(source) == (shown, source if source.startswith("http") else None)


def test_the_next_letter_is_the_first_free_one() -> None:
    def branch(letters: str) -> Branch:
        return Branch(Axis(), [queries.Objective(letter=letter) for letter in letters])

    assert [branch(letters).next_letter for letters in ("", "A", "AB", "AC", "BCD")] == ["A", "B", "C", "B", "A"]
    assert branch("ABCDEFGHIJKLMNOPQRSTUVWXYZ").next_letter == ""


def test_the_reference_says_what_it_does_not_know() -> None:
    facts = tomllib.loads(reference.FILE.read_text(encoding="utf-8"))
    assert [row["status"] for row in facts["partners"]].count("confirmed") == 15
    assert sum("siren" in row for row in facts["partners"]) == 6
    assert not [row for row in facts["figures"] if row["source"] not in facts["sources"]]
    current = next(row for row in facts["contracts"] if row.get("in_force"))
    assert "total" not in current
    first = facts["contracts"][0]
    assert "last_year" not in first


@pytest.mark.template("reference")
@pytest.mark.usefixtures("in_app")
class TestInstalled:
    """What the installed contract answers."""

    def test_the_contract_and_its_predecessors(self) -> None:
        *former, current = queries.contracts()
        assert current.in_force
        assert current.signed_on == date(2014, 11, 15)
        assert current.years == (2014, 2015, 2016)
        assert [contract.in_force for contract in former] == [False, False]
        assert former[0].last_year is None
        assert (former[1].first_year, former[1].last_year) == (2011, 2013)

    def test_each_figure_has_a_source(self) -> None:
        figures = queries.figures()
        assert [figure.key for figure in figures] == [row["key"] for row in reference.read()["figures"]]
        assert all(one.source for one in figures)
        assert queries.written(figures[0]) == "33\u202f816\u202f491\u00a0€"

    def test_axes_come_with_their_objectives_in_one_statement(self) -> None:
        office = World().actor("secretariat", REGION)
        for number, letter in ((0, "B"), (0, "A"), (2, "A")):
            axis = queries.axes()[number]
            operations.add_objective(office, axis, letter=letter, title=f"Objectif {letter}")
        with statements() as sent:
            branches = queries.branches()
            shown = [(branch.axis.number, [one.letter for one in branch.objectives]) for branch in branches]
        assert shown == [(1, ["A", "B"]), (2, []), (3, ["A"])]
        assert len(sent) == 1

    def test_periods_come_in_the_order_of_the_work(self) -> None:
        assert [window.activity for window in queries.windows()] == ["proposing", "discussing", "deciding"]
        assert list(queries.ACTIVITIES) == list(operations.ACTIVITIES)
        assert queries.window("sleeping") is None

    def test_the_outline_costs_nothing_the_second_time(self) -> None:
        queries.outline()
        with statements() as sent:
            outline = queries.outline()
        assert sent == []
        assert [axis.number for axis in outline.axes] == [1, 2, 3]

    def test_this_is_no_demonstration(self) -> None:
        assert not queries.in_demonstration()
