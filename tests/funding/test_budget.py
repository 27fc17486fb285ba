"""The plan of a fiche as a budget: its sums, its rates, its warnings, and the files that add it up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocon.consolidation import book, money, others
from cocon.consolidation.money import Heading
from cocon.consolidation.queries import AMOUNTS
from cocon.consolidation.queries import Line as Exported
from cocon.funding import products, thresholds
from cocon.funding.budget import Budget, Flow, flows
from cocon.funding.models import Resource
from cocon.partners.models import Partner
from tests.consolidation import making
from tests.consolidation.making import Calculator, cents

YEARS = (2014, 2015, 2016)
CENTS = st.integers(1, 10**12)


def flow(cents: int, **said: Any) -> Flow:
    """Money of the Région for an investment, or something near it."""
    return Flow(
        **{
            "name": "Région",
            "partner": None,
            "account": "74",
            "body": "region",
            "gift": "",
            "form": "cash",
            "year": 2014,
            "nature": "investment",
            "cents": cents,
            "certain": 0,
            "own": False,
            **said,
        }
    )


def budget(found: Sequence[Flow], **said: Any) -> Budget:
    """A plan made of these."""
    return Budget(
        **{
            "years": YEARS,
            "basis": "ttc",
            "owner": None,
            "owner_name": "",
            "state_aid": "",
            "costs": {2014: 100_000_00},
            "eligible": {2014: 100_000_00},
            "by_nature": {},
            "flows": found,
            **said,
        }
    )


def told(plan: Budget) -> str:
    """The warnings, with plain spaces."""
    return "\n".join(" ".join(str(one).replace("\u202f", " ").split()) for one in thresholds.warnings(plan))


@pytest.mark.parametrize(
    ("cents", "year", "cap"),
    [
        (79_999_99, 2014, None),
        (80_000_00, 2014, None),
        (80_000_01, 2014, "80 %"),
        (80_000_01, 2018, "80 %"),
        (80_000_01, 2019, None),
        (100_000_00, 2019, None),
        (100_000_01, 2019, "100 %"),
    ],
)
def test_public_aid_on_an_investment_of_the_state(cents: int, year: int, cap: str | None) -> None:
    cost = {"years": (year,), "costs": {year: 100_000_00}, "eligible": {year: 100_000_00}}
    plan = budget([flow(1_00, body="state", year=year), flow(cents - 1_00, year=year)], **cost)
    said = told(plan)
    assert (f"les {cap} jusqu’où" in said and f"1er janvier {year}" in said) if cap else said == ""
    # without the State, or for running costs, the décret says nothing
    assert told(budget([flow(cents, year=year)], **cost)) == ""
    assert told(budget([flow(cents, body="state", nature="operating", year=year)], **cost)) == ""
    # nor of a plan whose eligible cost is unknown, or nothing
    for eligible in ({}, {year: 0}):
        assert told(budget([flow(cents, body="state", year=year)], **{**cost, "eligible": eligible})) == ""


@pytest.mark.parametrize(
    ("brought", "year", "warned"),
    [(19_99, 2014, True), (20_00, 2014, False), (20_01, 2014, False), (19_99, 2011, False), (19_99, 2012, True)],
)
def test_the_least_share_of_an_authority_that_owns_an_investment(brought: int, year: int, warned: bool) -> None:
    found = [flow(brought, own=True, account="own", year=year), flow(100_00 - brought, body="commune", year=year)]
    cost = {"years": (year,), "costs": {}, "eligible": {}}
    town = Partner(key="ville", kind="commune")
    said = told(budget(found, owner=town, owner_name="Ville", **cost))
    assert ("au moins 20 %" in said and "L1111-10" in said) is warned
    # private money is no denominator; neither an association nor running costs are judged
    private = flow(900_00, body="private", year=year)
    assert ("au moins 20 %" in told(budget([*found, private], owner=town, owner_name="Ville", **cost))) is warned
    for kind, nature in (("association", "investment"), ("commune", "operating")):
        spent = [one._replace(nature=nature) for one in found]
        assert told(budget(spent, owner=Partner(key="x", kind=kind), owner_name="X", **cost)) == ""


@pytest.mark.parametrize(
    ("cents", "year", "warned"),
    [(22_999_99, 2014, 0), (23_000_00, 2014, 0), (23_000_01, 2014, 1), (23_000_01, 2000, 0)],
)
def test_a_convention_with_a_private_body(cents: int, year: int, warned: int) -> None:
    cost = {"years": (year,), "costs": {}, "eligible": {}}
    # by authority and by year, whatever the nature
    found = [flow(cents - 1, year=year), flow(1, nature="operating", year=year), flow(23_000_00, year=year + 1)]
    said = told(budget(found, owner_name="Une association", **cost))
    assert said.count("une convention (loi n° 2000-321") == warned
    signed = [one._replace(contracted=True) for one in found]
    assert told(budget(signed, owner_name="Une association", **cost)) == ""
    for kind, body in (("commune", "region"), ("association", "private"), ("association", "europe")):
        other = [one._replace(body=body) for one in found]
        assert "convention" not in told(budget(other, owner=Partner(key="x", kind=kind), owner_name="X", **cost))


@pytest.mark.parametrize(
    ("cents", "last", "says"),
    [
        (199_999_99, 2016, "à ajouter à celles"),
        (200_000_00, 2016, "à ajouter à celles"),
        (200_000_01, 2016, "dépassent le plafond de 200 000,00 €"),
        (200_000_01, 2023, "dépassent le plafond de 200 000,00 €"),
        (300_000_00, 2026, "pour un plafond de 300 000,00 €"),
        (300_000_01, 2026, "dépassent le plafond de 300 000,00 €"),
    ],
)
def test_de_minimis_aid_over_three_fiscal_years(cents: int, last: int, says: str) -> None:
    years = (last - 2, last - 1, last)
    found = [flow(1, year=last - 2), flow(1, year=last - 1), flow(cents - 2, year=last)]
    cost = {"years": years, "costs": {}, "eligible": {}}
    said = told(budget(found, state_aid="de_minimis", **cost))
    assert says in said
    assert f"de {last - 2} à {last}" in said
    assert told(budget(found, state_aid="no", **cost)) == ""
    # what the owner brings and what is private is no aid; four years are not three
    apart = [*found, flow(10**9, own=True, account="own", year=last), flow(10**9, body="private", year=last)]
    assert says in told(budget(apart, state_aid="de_minimis", **cost))
    longer = [flow(150_000_00, year=2014), flow(150_000_00, year=2017)]
    wide = {**cost, "years": (2014, 2015, 2016, 2017)}
    assert "dépassent" not in told(budget(longer, state_aid="de_minimis", **wide))


def test_parameters_follow_each_other_without_a_gap() -> None:
    for code in {one.code for one in thresholds.PARAMETERS}:
        first, *more = sorted((one for one in thresholds.PARAMETERS if one.code == code), key=lambda one: one.since)
        for later in more:
            assert first.until is not None
            assert (later.since - first.until).days == 1
            first = later
        assert first.until is None
    assert thresholds.in_force("public_aid", date(2018, 9, 30)).value == 80  # type: ignore[union-attr]
    assert thresholds.in_force("public_aid", date(2018, 10, 1)).value == 100  # type: ignore[union-attr]


def test_rates_say_what_they_are_shares_of_and_never_divide_by_nothing() -> None:
    region, town = (Partner(id=key, key=key, kind=key) for key in ("region", "commune"))
    found = [
        flow(30_00, partner=region),
        flow(7_00, partner=region, year=2015),
        flow(10_00, partner=town, name="Ville", own=True, account="own", body="commune"),
        flow(5_00, body="europe", name="Fonds"),
        flow(3_00, body="social", name="Caisse"),
        flow(9_00, form="in_kind", account="87", body="commune", gift="goods"),
        flow(100_00, form="instrument", account="", body="public"),
    ]
    costs = {2014: 100_00, 2015: 50_00}
    plan = budget(found, costs=costs, eligible={2014: 70_00}, by_nature={(2014, "86"): 20_00, (2015, "86"): 1_00})
    rates = {str(rate.label): (rate.part, rate.whole, rate.value) for rate in plan.rates}
    assert rates == {
        "Région": (30_00, 70_00, 30 / 70),
        "Ville": (10_00, 70_00, 10 / 70),
        "Aides publiques, sans l’apport en nature": (35_00, 70_00, 0.5),
        "Aides publiques, avec l’apport en nature": (44_00, 90_00, 44 / 90),
        "Part propre du porteur": (10_00, 150_00, 10 / 150),
    }
    for eligible in ({}, {2014: 0}):
        bare = budget(found, costs={}, eligible=eligible)
        assert [rate.value for rate in bare.rates] == [None] * 5
    # what is given is known when what it is a share of is not: no amount reads nothing
    unknown = budget(found, costs={}, eligible={}).rates
    assert [(rate.part, rate.whole) for rate in unknown] == [
        *((37_00, None), (10_00, None), (42_00, None), (51_00, None), (10_00, None)),
    ]


def resource(**said: Any) -> Resource:
    """A row."""
    return Resource(
        **{
            "id": "r",
            "body": "",
            "gift": "",
            "funder": "Fonds",
            "nature": "operating",
            "status": "planned",
            "note": None,
            "stated_at": datetime(2014, 1, 1, tzinfo=UTC),
            **said,
        }
    )


RESOURCES = st.builds(
    resource,
    account=st.sampled_from(list(products.ACCOUNTS)),
    body=st.sampled_from(list(products.BODIES)),
    gift=st.sampled_from(list(products.GIFTS)),
    funder=st.sampled_from(["Fonds", "=SUM(A1)", "Billetterie"]),
    year=st.sampled_from(YEARS),
    nature=st.sampled_from(["operating", "investment"]),
    amount=CENTS,
    status=st.sampled_from(list(products.STATUSES)),
)


def exported(form: str, year: int, amount: int) -> Exported:
    """A line of a partner."""
    place = (1, "Axe", "A", "id", "1.A.01", "Titre")
    return Exported(*place, "p", "Ville", form, "operating", year, "intention", (amount, *[0] * (len(AMOUNTS) - 1)))


COSTS = st.dictionaries(st.sampled_from(YEARS), CENTS)
PROMISES = st.lists(
    st.builds(exported, st.sampled_from(["cash", "in_kind"]), st.sampled_from(YEARS), CENTS), max_size=6
)


class _Whole:
    class version:  # noqa: N801 - stands for a row
        project_owner = None


@settings(max_examples=50, deadline=None)
@given(st.lists(RESOURCES, max_size=12), COSTS)
def test_sums_by_year_and_by_account_are_those_of_the_rows(rows: list[Resource], costs: dict[int, int]) -> None:
    spent = [one for one in rows if one.status != "refused" and one.account != "87"]
    plan = budget(flows(_Whole, [], rows), costs=costs)  # type: ignore[arg-type]
    for year in YEARS:
        of_year = sum(one.amount for one in spent if one.year == year)
        assert plan.received.amounts.get(year, 0) == of_year
        assert plan.missing(year) == (costs[year] - of_year if year in costs else None)
        assert sum(row.amounts.get(year, 0) for row in plan.products if not row.part) == of_year
    for account in products.MONEY:
        of_account = sum(one.amount for one in spent if one.account == account)
        assert sum(row.total for row in plan.products if row.label == products.ACCOUNTS[account]) == of_account
    assert sum(row.total for row in plan.products if row.part) == sum(
        one.amount for one in spent if one.account == "74"
    )
    assert plan.received.certain == sum(one.amount for one in spent if one.status in ("granted", "paid"))
    given_ = sum(one.amount for one in rows if one.account == "87" and one.status != "refused")
    assert plan.given_in_kind[0].total == sum(row.total for row in plan.given_in_kind[1:]) == given_


@settings(max_examples=25, deadline=None)
@given(st.lists(RESOURCES, max_size=8), PROMISES, COSTS)
def test_the_workbook_adds_up_to_the_same_cents_by_its_own_formulas(
    rows: list[Resource], promises: list[Exported], costs: dict[int, int]
) -> None:
    spent = sum(one.amount for one in rows if one.status != "refused" and one.account != "87")
    planned = sum(line.at("amount") for line in promises if line.form == "cash")
    lines = others.lines((1, "Axe", "A", "1.A.01", "Titre"), rows)
    sheets = [
        money.plan(Heading(title="T", said=[]), promises, rows, costs, YEARS),
        money.line_sheet(promises, lines),
    ]
    read = making.ods(book.ods(sheets))
    assert list(Calculator(read).wrong()) == []
    last = {str(row[0][0]): cents(row[6][0]) for row in read["Plan"] if len(row) > 6 and row[0][0] != "Financeur"}
    assert last["Total prévu"] == planned
    assert last.get("Total des autres ressources", 0) == spent
    if any(costs.values()):
        gap = [value for name, value in last.items() if name.startswith("Écart")]
        assert gap == [sum(costs.values()) - planned - spent]
    kept = [one for one in rows if one.status != "refused"]
    assert [row[9][0] for row in read["Lignes"][1 + len(promises) :]] == [one.amount / 100 for one in kept]
