"""What is settled or lapsed counts for what was paid, the same on every screen and in every file."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from flask import Flask

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.consolidation import queries as consolidation
from cocon.funding import counting, drilling, ledger, proofs, queries
from cocon.funding.budget import Budget
from cocon.funding.choice import LEVELS, Choice
from cocon.kernel.actor import Actor
from cocon.partners.queries import partners
from tests.actions.making import GRENOBLE
from tests.factories import World
from tests.funding.making import EURO, announce, declare
from tests.funding.test_steps import adopted, record, take, tranche

pytestmark = pytest.mark.template("reference")

COLUMNS = tuple(column for column, *_words in LEVELS.values())


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


@pytest.fixture
def action(world: World, grenoble: Actor) -> Action:
    """A fiche to which the Ville de Grenoble planned 100 €, voted 80, engaged 75 and paid 30."""
    fiche = adopted(world)
    declare(grenoble, 1_000 * EURO)
    announce(grenoble, fiche, 100 * EURO)
    vote, convention = record(grenoble, "V-1"), record(grenoble, "C-1", "convention")
    taken = (("inscribed", 100), ("credited", 90), ("voted", 80), ("contracted", 80), ("engaged", 75), ("paid", 30))
    for step, euros in taken:
        act = {"credited": vote, "voted": vote, "contracted": convention}.get(step)
        take(grenoble, fiche, step, euros * EURO, act_id=act)
    return fiche


def shown(action: Action) -> dict[str, Sequence[int]]:
    """What each reader of money says, in euros, from what is planned to what is paid."""
    signatories = partners()
    choices = [Choice(level=slug) for slug in LEVELS]
    [found], held = consolidation.lines(action.id), tranche()
    [row] = [row for row in ledger.rows() if row.id and row.axis is None and row.amount]
    ladder = proofs.ladder(action.id, held.id)
    assert ladder is not None
    told = {
        "matrix": [queries.matrix(signatories, choice).total_planned for choice in choices],
        "behind": [drilling.summed(choice, signatories)[0] for choice in choices],
        "files": [sum(line.at(c.column) for line in consolidation.lines_of(c)) for c in choices],
        "fiche": list(found.cents),
        "tranche": [cents for _name, cents in ladder.levels],
        "one": [counting.counted(held, name) for name in COLUMNS],
    }
    reserved = {"amount": row.sums["promised"], "credited": told["fiche"][2], **row.sums}
    told["envelopes"] = [reserved[name] for name in COLUMNS]
    return {name: [cents // EURO for cents in every] for name, every in told.items()}


def certain(action: Action) -> int:
    """What the plan of the fiche says is certain, in euros."""
    whole = actions.whole(action.id)
    assert whole is not None
    return Budget.of(whole, queries.financing(action.id).lines, ()).received.certain // EURO


@pytest.mark.parametrize("end", ["settled", "lapsed"])
def test_what_is_over_counts_for_what_was_paid_on_every_screen(grenoble: Actor, action: Action, end: str) -> None:
    running = [100, 100, 90, 80, 80, 75, 30]
    assert list(shown(action).values()) == [running] * 7
    assert certain(action) == 80
    take(grenoble, action, "released", 5 * EURO)
    running[5] = 70
    assert list(shown(action).values()) == [running] * 7
    take(grenoble, action, end)
    assert list(shown(action).values()) == [[30] * 7] * 7
    assert certain(action) == 30
    assert tranche().voted == 80 * EURO  # what was voted is kept
    take(grenoble, action, "returned", 10 * EURO)
    assert list(shown(action).values()) == [[20] * 7] * 7
    assert certain(action) == 20


def test_a_level_that_was_never_reached_stays_empty_once_it_is_over(grenoble: Actor, world: World) -> None:
    fiche = adopted(world)
    declare(grenoble, 1_000 * EURO)
    announce(grenoble, fiche, 100 * EURO)
    take(grenoble, fiche, "inscribed", 100 * EURO)
    take(grenoble, fiche, "voted", 80 * EURO, act_id=record(grenoble, "V-1"))
    take(grenoble, fiche, "engaged", 75 * EURO)
    take(grenoble, fiche, "paid", 30 * EURO)
    take(grenoble, fiche, "lapsed")
    assert list(shown(fiche).values()) == [[30, 30, 0, 30, 0, 30, 30]] * 7
