"""Reading money: what comes back, to the cent, and in how many statements."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from flask import Flask
from sqlalchemy import text

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.contracts.queries import outline
from cocon.funding import ledger, operations, queries
from cocon.funding.balance import Balance, FinancingPlan, Matrix
from cocon.funding.choice import Choice
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.queries import partners
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, fields, known, objective, share, statements
from tests.decisions.making import after_closing, consult, pronounce
from tests.factories import World
from tests.funding.making import YEARS, announce, declare

pytestmark = pytest.mark.template("reference")

TRANCHES = """
SELECT {group}, t.year, SUM(t.amount) FROM tranche t JOIN contribution c ON c.id = t.contribution_id
JOIN action a ON a.id = c.action_id WHERE a.maturity <> 'withdrawn' GROUP BY {group}, t.year
"""
COSTS = """
SELECT a.id, k.year, SUM(k.amount) FROM action a JOIN action_version v ON v.action_id = a.id AND v.number = a.version
JOIN version_cost k ON k.version_id = v.id WHERE a.maturity <> 'withdrawn' GROUP BY a.id, k.year
"""


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    outline()
    return World()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


@pytest.fixture
def isere(world: World) -> Actor:
    """The representative of the Conseil général de l’Isère."""
    return world.actor("representative", ISERE)


def plan_of(action: Action, actor: Actor | None = None, **costs: int) -> FinancingPlan:
    """The plan of a fiche against these costs."""
    by_year = {int(year.removeprefix("y")): amount for year, amount in costs.items()}
    return queries.plan(queries.financing(action.id), by_year, actor.partner_id if actor else None)


def summed(group: str) -> dict[tuple[str, int], int]:
    """The database's own sums."""
    rows = db.session.execute(text(TRANCHES.format(group=group)))
    return {(key, year): int(amount) for key, year, amount in rows if amount}


def test_a_fiche_nobody_funds_yet(grenoble: Actor) -> None:
    action = share(grenoble)
    with statements() as seen:
        found = plan_of(action, grenoble, y2014=300)
    assert len(seen) == 1
    assert (found.rows, found.apart, found.mine, found.parts) == ([], [], [], [])
    assert (found.total_planned, found.total_cost, found.total_missing) == (0, 300, 300)
    assert found.gaps == [(2014, 300)]
    assert found.my_line("cash", "operating") is None


def test_who_brings_what_in_the_order_of_the_signatories(world: World, grenoble: Actor, isere: Actor) -> None:
    action = share(grenoble)
    announce(grenoble, action, 100)
    announce(grenoble, action, 200, 2016)
    announce(isere, action, 40)
    announce(world.actor("representative", REGION), action, 7, 2015)
    operations.withdraw_contribution(isere, action, year=2014, reason="x")
    with statements() as seen:
        found = plan_of(action, grenoble, y2014=150, y2015=5, y2016=200)
        names = [row.partner.current_name for row in found.rows]
    assert len(seen) == 1
    assert names == ["Région Rhône-Alpes", "Conseil général de l’Isère", "Ville de Grenoble"]
    assert [row.total for row in found.rows] == [7, 0, 300]
    [mine] = found.mine
    assert mine is found.rows[2] is found.my_line("cash", "operating")
    held = mine.share(2016)
    assert (held.amount, held.rev, str(held.word)) == (200, 1, "intention")
    withdrawn = found.rows[1].share(2014)
    assert (withdrawn.amount, withdrawn.step, str(withdrawn.word), withdrawn.rev) == (0, 0, "retirée", 2)
    assert dict(found.planned) == {2014: 100, 2015: 7, 2016: 200}
    assert [found.missing(year) for year in YEARS] == [50, -2, 0]
    assert found.gaps == [(2014, 50), (2015, -2)]
    assert (found.total_planned, found.total_cost, found.total_missing) == (307, 355, 48)
    assert found.parts == [
        {"name": "Région Rhône-Alpes", "cents": 7, "mine": False},
        {"name": "Ville de Grenoble", "cents": 300, "mine": True},
    ]


def test_a_plan_names_partners_as_they_are_called_today(isere: Actor) -> None:
    action = share(isere)
    announce(isere, action, 100)
    with clock.standing_at(datetime(2015, 6, 1, tzinfo=UTC)):
        found = plan_of(action)
        assert [part["name"] for part in found.parts] == ["Conseil départemental de l’Isère"]
        assert found.exercise == 2015


@pytest.mark.parametrize(("year", "exercise"), [(2013, 2014), (2014, 2014), (2016, 2016), (2031, 2016)])
def test_the_exercise_is_the_contracts_nearest(world: World, year: int, exercise: int) -> None:
    with clock.standing_at(datetime(year, 6, 1, tzinfo=UTC)):
        assert queries.exercise() == exercise


def test_the_latest_act_on_a_line_has_the_receipt(grenoble: Actor) -> None:
    action = share(grenoble)
    contribution = announce(grenoble, action, 100).subject.id
    announce(grenoble, share(grenoble), 100)
    announce(grenoble, action, 150)
    newest = db.session.query(LogEntry).order_by(LogEntry.seq.desc()).first()
    assert newest is not None
    assert queries.last_entry([contribution]) == newest.seq
    assert queries.last_entry(["00000000-0000-7000-8000-000000000000"]) is None


def random_plan(world: World, seed: int) -> list[Actor]:
    """Fiches under axes and objectives, with and without money, two versions, one withdrawn."""
    chance = Random(seed)
    actors = [world.actor("representative", key) for key in (REGION, GRENOBLE, ISERE, METRO)]
    under = [objective(world, 1, "A"), objective(world, 1, "B"), objective(world, 3, "A")]
    fiches = []
    for number in range(14):
        axis, objective_of = chance.choice([(1, under[0]), (1, under[1]), (3, under[2]), (2, None)])
        costs = {year: chance.randrange(1, 9_999_999) for year in YEARS if chance.random() < 0.8}
        fiches.append(share(actors[number % 4], axis, objective_of, title=f"Fiche {number}", costs=costs))
    for action in fiches:
        for actor in chance.sample(actors, chance.randrange(4)):
            for year in YEARS:
                if chance.random() < 0.7:
                    announce(actor, action, chance.randrange(1, 5_000_000), year)
    revised = known(fiches[4].id)
    actions.publish_version(
        actors[0], revised, revision=revised.rev, summary="x", fields=fields(title="Neuf", costs={2015: 77})
    )
    actions.withdraw_action(actors[1], known(fiches[5].id), reason="x")
    return actors


def cells(found: Matrix) -> list[tuple[str, str, int, int]]:
    """The amounts shown: fiche, partner, year, cents."""
    return [
        (fiche.id, line.partner.id, year, amount)
        for group in found.groups
        for under in group.objectives
        for fiche in under.fiches
        for line in fiche.lines
        for year, amount in line.amounts.items()
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_matrix_is_the_sum_of_the_tranches(world: World, seed: int) -> None:
    random_plan(world, seed)
    known_partners = partners()
    with statements() as seen:
        found = queries.matrix(known_partners)
    assert len(seen) == 2
    assert {(fiche, year): 0 for fiche, _p, year, _a in cells(found)}.keys() == summed("a.id").keys()
    by_fiche, by_partner, by_year = Counter[tuple[str, int]](), Counter[tuple[str, int]](), Counter[int]()
    for fiche, partner, year, amount in cells(found):
        by_fiche[fiche, year] += amount
        by_partner[partner, year] += amount
        by_year[year] += amount
    assert by_fiche == summed("a.id")
    assert by_partner == summed("c.partner_id")
    assert dict(found.planned) == {year: amount for year, amount in by_year.items() if amount}
    assert found.total_planned == sum(summed("a.id").values())
    costs = {(key, year): int(amount) for key, year, amount in db.session.execute(text(COSTS))}
    fiches = [fiche for group in found.groups for under in group.objectives for fiche in under.fiches]
    assert {(fiche.id, year): amount for fiche in fiches for year, amount in fiche.costs.items()} == costs
    assert found.total_cost == sum(costs.values())
    assert found.count == len(fiches) == 13
    for whole, parts in [(found, found.groups)] + [(group, group.objectives) for group in found.groups]:
        assert Balance.of(parts) == Balance(planned=whole.planned, costs=whole.costs)


def test_the_matrix_is_in_the_order_of_codes(world: World) -> None:
    random_plan(world, 1)
    found = queries.matrix(partners())
    codes = [fiche.code for group in found.groups for under in group.objectives for fiche in under.fiches]
    assert codes == sorted(codes)
    assert [group.axis.number for group in found.groups] == [1, 2, 3]
    assert [under.letter for under in found.groups[0].objectives] == ["A", "B"]
    assert found.groups[0].objectives[0].title == "Objectif A"
    for group in found.groups:
        for under in group.objectives:
            assert {fiche.letter for fiche in under.fiches} == {under.letter}


def test_filters_of_the_matrix(world: World) -> None:
    actors = random_plan(world, 2)
    everybody, mine = partners(), actors[1].partner_id
    whole = queries.matrix(everybody)
    axis = outline().axes[2]
    under = queries.matrix(everybody, Choice(axis=axis))
    assert [group.axis for group in under.groups] == [axis]
    assert Balance.of(under.groups) == Balance.of(group for group in whole.groups if group.axis == axis)
    one = queries.matrix(everybody, Choice(partner=next(p for p in everybody if p.id == mine)))
    assert sorted(cells(one)) == sorted(cell for cell in cells(whole) if cell[1] == mine)
    assert one.total_planned == sum(amount for _f, partner, _y, amount in cells(whole) if partner == mine) > 0
    lacking = queries.matrix(everybody, Choice(lacking=True))
    assert lacking.exceeding == []
    assert 0 < lacking.count < whole.count
    assert lacking.total_missing == sum(
        fiche.total_missing
        for group in whole.groups
        for part in group.objectives
        for fiche in part.fiches
        if fiche.total_missing > 0
    )
    assert whole.total_missing == lacking.total_missing + sum(
        fiche.total_missing
        for group in whole.groups
        for part in group.objectives
        for fiche in part.fiches
        if fiche.total_missing <= 0
    )


def test_fiches_that_exceed_their_cost_are_told(world: World, grenoble: Actor) -> None:
    over, without_cost = share(grenoble, costs={2014: 100}), share(grenoble)
    for action in (over, without_cost):
        announce(grenoble, action, 150)
    found = queries.matrix(partners())
    assert [fiche.id for fiche in found.exceeding] == [over.id]


def test_a_withdrawn_fiche_counts_nowhere(grenoble: Actor) -> None:
    gone, kept = share(grenoble), share(grenoble)
    declare(grenoble, 1_000)
    announce(grenoble, gone, 600)
    announce(grenoble, kept, 1)
    actions.withdraw_action(grenoble, known(gone.id), reason="x")
    assert queries.promised(grenoble.partner_id or "", 2014) == 1
    assert queries.matrix(partners()).total_planned == 1
    assert ledger.envelope_lines(grenoble.partner_id)[0].left == 999


def test_a_rejected_fiche_counts_in_no_total_and_still_holds_the_envelope(world: World, grenoble: Actor) -> None:
    refused, kept = share(grenoble), share(grenoble)
    declare(grenoble, 1_000)
    announce(grenoble, refused, 600)
    announce(grenoble, kept, 1)
    consultation = consult(world, refused)
    with after_closing():
        pronounce(world, consultation, "rejected")
    found = queries.matrix(partners())
    assert (found.total_planned, found.count) == (1, 1)
    assert queries.promised(grenoble.partner_id or "", 2014) == 601


def test_envelopes_of_one_partner_and_of_all(grenoble: Actor, isere: Actor) -> None:
    first, second = share(grenoble), share(grenoble)
    declare(grenoble, 1_000, hard=True)
    declare(grenoble, 50, 2016, hard=False)
    announce(grenoble, first, 300)
    announce(grenoble, second, 200)
    announce(grenoble, second, 80, 2016)
    announce(isere, second, 9, 2015)
    with statements() as seen:
        mine = ledger.envelope_lines(grenoble.partner_id)
    assert len(seen) == 1
    assert [(line.year, line.amount, line.hard, line.promised, line.left, line.rev) for line in mine] == [
        (2014, 1_000, True, 500, 500, 2),
        (2015, None, False, 0, None, 1),
        (2016, 50, False, 80, -30, 2),
    ]
    with statements() as seen:
        every = ledger.envelope_lines()
    assert len(seen) == 1
    assert len(every) == 20 * len(YEARS)
    assert [line for line in every if line.partner.id == grenoble.partner_id] == mine
    assert sum(line.promised for line in every) == 589
    assert [line.partner.rank for line in every] == sorted(line.partner.rank for line in every)


def test_ones_own_share_in_one_statement(grenoble: Actor) -> None:
    action = share(grenoble)
    declare(grenoble, 1_000)
    announce(grenoble, action, 100)
    with statements() as seen:
        found = queries.own_share(action.id, grenoble.partner_id or "", 2014, nature="operating")
    assert len(seen) == 1
    assert found is not None
    assert (found[0].id, found[1].amount, found[1].rev) == (action.id, 100, 1)
    assert queries.own_share("00000000-0000-7000-8000-000000000000", "x", 2014) is None
