"""A convention is awaited where the plan of the fiche warns of it: the same sum, the same limit, the same people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.funding import awaiting, operations, queries, steps, thresholds
from cocon.funding.budget import Budget
from cocon.funding.models import Contribution, Tranche
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, METRO, REGION, known, share
from tests.factories import World
from tests.funding.test_matrix import adopt
from tests.funding.test_steps import record

pytestmark = pytest.mark.template("reference")
CRESS = "cress-rhone-alpes"


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


def fiche(world: World, **said: Any) -> Action:
    """A fiche of the Région, adopted."""
    action_id = share(world.actor("representative", REGION), costs={2014: 90_000_00}, **said).id
    adopt(world, action_id)
    return known(action_id)


def vote(actor: Actor, action: Action, *lines: tuple[int, str, int]) -> None:
    """The actor's partner plans and votes amounts: year, nature, cents."""
    kind = "decision" if actor.partner_key == CRESS else "deliberation"
    act = record(actor, f"V {action.code}", kind)
    for year, nature, cents in lines:
        operations.announce_contribution(actor, action, year=year, nature=nature, amount=cents)
        for step in ("inscribed", "voted"):
            taken = steps.Taken(amount=cents, taken_on=clock.today(), act_id=act)
            steps.take_step(actor, action, year=year, nature=nature, step=step, taken=taken)


def awaited(actor: Actor, action: Action) -> int:
    """How many contributions of the actor's partner to the fiche wait for a convention."""
    mine = awaiting.ids("signature", actor.partner_id).where(Contribution.action_id == action.id)
    return db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0


def warned(action: Action) -> int:
    """How many times the plan of the fiche says that a convention is needed."""
    whole = actions.whole(action.id)
    assert whole is not None
    plan = Budget.of(whole, queries.financing(action.id).lines, ())
    return sum("demande une convention" in str(one) for one in thresholds.warnings(plan))


def test_the_sum_of_a_year_is_what_counts(world: World) -> None:
    grenoble = world.actor("representative", GRENOBLE)
    two_natures, two_years, at_most = fiche(world), fiche(world, title="Deux ans"), fiche(world, title="Juste")
    vote(grenoble, two_natures, (2014, "operating", 15_000_00), (2014, "investment", 8_000_01))
    vote(grenoble, two_years, (2014, "operating", 15_000_00), (2015, "operating", 15_000_00))
    vote(grenoble, at_most, (2014, "operating", 23_000_00))
    assert [(awaited(grenoble, one), warned(one)) for one in (two_natures, two_years, at_most)] == [
        (2, 1),
        (0, 0),
        (0, 0),
    ]
    signed = steps.Taken(amount=15_000_00, taken_on=clock.today(), act_id=record(grenoble, "C-1", "convention"))
    steps.take_step(grenoble, two_natures, year=2014, step="contracted", taken=signed)
    assert (awaited(grenoble, two_natures), warned(two_natures)) == (1, 1)
    signed = replace(signed, amount=8_000_01)
    steps.take_step(grenoble, two_natures, year=2014, nature="investment", step="contracted", taken=signed)
    assert (awaited(grenoble, two_natures), warned(two_natures)) == (0, 0)


def test_a_convention_is_between_an_authority_and_a_private_body(world: World) -> None:
    grenoble, cress = (world.actor("representative", key) for key in (GRENOBLE, CRESS))
    by_partner = {"project_owner_name": None}
    metro, carrier = (world.actor("reader", key).partner_id for key in (METRO, CRESS))
    by_metro = fiche(world, title="De la métropole", project_owner_id=metro, **by_partner)
    by_cress = fiche(world, title="De la CRESS", project_owner_id=carrier, **by_partner)
    for one in (by_metro, by_cress):
        vote(grenoble, one, (2014, "operating", 40_000_00))
    named = fiche(world, title="D’une association")
    vote(cress, named, (2014, "operating", 40_000_00))  # no authority gives it
    assert [(awaited(grenoble, one), warned(one)) for one in (by_metro, by_cress)] == [(0, 0), (1, 1)]
    assert (awaited(cress, named), warned(named)) == (0, 0)


def test_the_limit_is_that_of_the_year(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    former = next(one for one in thresholds.PARAMETERS if one.code == "convention")
    until_then = replace(former, until=date(2014, 6, 30))
    since = replace(former, value=50_000_00, since=date(2014, 7, 1))
    monkeypatch.setattr(thresholds, "PARAMETERS", (until_then, since))
    for year in range(2000, 2020):
        rule = thresholds.of_year("convention", year)
        told = db.session.scalar(select(thresholds.limit("convention", year)))
        assert told == (rule.value if rule else None), year
    grenoble = world.actor("representative", GRENOBLE)
    then, later = fiche(world), fiche(world, title="Plus tard")
    vote(grenoble, then, (2014, "operating", 40_000_00))
    vote(grenoble, later, (2015, "operating", 40_000_00))
    assert [(awaited(grenoble, one), warned(one)) for one in (then, later)] == [(1, 1), (0, 0)]
    assert db.session.scalar(select(func.count(Tranche.id))) == 2
