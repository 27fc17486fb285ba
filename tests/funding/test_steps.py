"""The steps of a tranche: what each writes and needs, and any walk along the table against a model of one's own."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions import refusals as bars
from cocon.actions.models import Action
from cocon.audit.verify import verify
from cocon.consolidation import queries as consolidation
from cocon.decisions import operations as decisions
from cocon.funding import acts, ledger, operations, queries, refusals, stages, steps, undecided
from cocon.funding.choice import EVERYTHING
from cocon.funding.models import Step, Tranche
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Refusal
from cocon.partners.queries import partners
from cocon.structure import consequences
from cocon.structure import operations as structure
from tests.actions.making import GRENOBLE, REGION, known, share
from tests.decisions.making import newest
from tests.factories import World
from tests.funding.making import EURO, announce, declare, promised, state

#: No payment is recorded twice.
REFERENCES = count(1)
#: Days.
WEEK = 7
STATE, CDC = "etat-prefecture-region", "caisse-des-depots"

pytestmark = pytest.mark.template("reference")


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


@pytest.fixture
def action(world: World) -> Action:
    """A fiche of the Région, adopted."""
    return adopted(world)


def adopted(world: World) -> Action:
    """A fiche shared, consulted on and adopted."""
    with clock.standing_at(clock.now() - timedelta(days=WEEK)):
        fiche = share(world.actor("representative", REGION), costs={2014: 100_000 * EURO})
        consulted(world, fiche)
    return decided(world, fiche, "adopted")


def pronounced(world: World, fiche: Action, outcome: str) -> Action:
    """A fiche consulted on, with what was decided of it a week later."""
    consulted(world, fiche)
    with clock.standing_at(clock.now() + timedelta(days=WEEK)):
        return decided(world, fiche, outcome)


def consulted(world: World, fiche: Action) -> None:
    """The partners are asked, for less than a week."""
    office = world.actor("secretariat", REGION)
    decisions.open_consultation(office, known(fiche.id), deadline=clock.today() + timedelta(days=WEEK - 2))


def decided(world: World, fiche: Action, outcome: str) -> Action:
    """What was decided of a fiche, today."""
    office = world.actor("secretariat", REGION)
    decisions.pronounce_outcome(office, newest(fiche.id), outcome=outcome, text="Décidé.", reason="Accord.")
    return known(fiche.id)


def record(actor: Actor, number: str, kind: str = "deliberation", **facts: Any) -> str:
    """An act of the actor's partner, executory unless told; its identifier."""
    today = clock.today()
    days = facts.pop("days", {"sent_on": today, "received_on": today, "published_on": today})
    assembly = "Conseil municipal" if kind == "deliberation" else None
    told = {"title": "Subvention", "adopted_on": today, "assembly": assembly, "days": days, **facts}
    return acts.record_act(actor, None, kind=kind, number=number, **told).subject.id


def take(actor: Actor, action: Action, step: str, amount: int | None = None, **said: Any) -> Any:
    """A step of the actor's tranche of 2014, today, with what it needs beside its act."""
    reference = f"EJ 2014-{next(REFERENCES)}"
    told = {"taken_on": clock.today(), "reference": reference, "reason": "C’est ainsi.", **said}
    return steps.take_step(actor, action, year=2014, step=step, taken=steps.Taken(amount=amount, **told))


def tranche() -> Tranche:
    """The only one."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Tranche)).one()


def levels() -> tuple[str, list[int]]:
    """Its stage, and its amounts from planned to paid."""
    found = tranche()
    return found.stage, [found.amount, *(getattr(found, name) for name in stages.LEVELS)]


def refused(refusal: type[Refusal], act: Any) -> Refusal:
    """The refusal of an act that leaves no trace."""
    before = state(), levels()
    with pytest.raises(refusal) as caught:
        act()
    assert (state(), levels()) == before
    return caught.value


def test_from_intention_to_settled(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 10_000 * EURO)
    vote, convention = record(grenoble, "2014-12"), record(grenoble, "C-1", "convention")
    seen = []
    for step, amount, act in (
        ("inscribed", 10_000, None),
        ("credited", 9_000, vote),
        ("voted", 8_000, vote),
        ("contracted", 8_000, convention),
        ("engaged", 7_500, None),
        ("paid", 3_000, None),
        ("paid", 4_000, None),
        ("released", 500, None),
        ("settled", None, None),
        ("returned", 1_000, None),
    ):
        take(grenoble, action, step, amount and amount * EURO, act_id=act)
        seen.append((levels()[0], [value // EURO for value in levels()[1]]))
    assert seen == [
        ("inscribed", [10_000, 10_000, 0, 0, 0, 0, 0]),
        ("credited", [10_000, 10_000, 9_000, 0, 0, 0, 0]),
        ("voted", [10_000, 10_000, 9_000, 8_000, 0, 0, 0]),
        ("contracted", [10_000, 10_000, 9_000, 8_000, 8_000, 0, 0]),
        ("engaged", [10_000, 10_000, 9_000, 8_000, 8_000, 7_500, 0]),
        ("paid", [10_000, 10_000, 9_000, 8_000, 8_000, 7_500, 3_000]),
        ("paid", [10_000, 10_000, 9_000, 8_000, 8_000, 7_500, 7_000]),
        ("paid", [10_000, 10_000, 9_000, 8_000, 8_000, 7_000, 7_000]),
        ("settled", [7_000, 10_000, 9_000, 8_000, 8_000, 7_000, 7_000]),
        ("settled", [6_000, 10_000, 9_000, 8_000, 8_000, 7_000, 6_000]),
    ]
    rows = db.session.execute(select(Step.number, Step.kind, Step.amount).order_by(Step.number)).all()
    assert [(n, kind, amount // EURO) for n, kind, amount in rows][-3:] == [
        (8, "released", 500),
        (9, "settled", 7_000),
        (10, "returned", 1_000),
    ]
    assert verify().ok


def given(actor: Actor, action: Action, euros: int = 10_000) -> str:
    """Promised, inscribed and voted; the act of the vote."""
    vote = record(actor, "2014-12")
    announce(actor, action, euros * EURO)
    take(actor, action, "inscribed", euros * EURO)
    take(actor, action, "voted", euros * EURO, act_id=vote)
    return vote


def test_a_fiche_with_voted_money_is_neither_merged_nor_withdrawn(
    world: World, grenoble: Actor, action: Action
) -> None:
    other, office = share(world.actor("representative", REGION)), world.actor("secretariat", REGION)
    given(grenoble, action)

    def merge() -> None:
        structure.merge_action(office, known(action.id), other_id=other.id, reason="Doublon.")

    said = "contributions votées par la Ville de Grenoble"
    assert said in str(refused(refusals.StillBound, merge))
    refused(refusals.StillBound, lambda: consequences.merging(known(action.id), {"other_id": other.id}))
    owner = world.actor("representative", REGION)
    refused(bars.Inscribed, lambda: actions.withdraw_action(owner, known(action.id), reason="x"))
    with pytest.raises(refusals.StillBound, match=said):
        pronounced(world, action, "withdrawn")
    pronounced_later(world, action, "postponed")
    take(grenoble, action, "lapsed")
    merge()
    assert known(action.id).maturity == "merged"


def pronounced_later(world: World, action: Action, outcome: str) -> None:
    """What was decided in the end of a consultation that is still open."""
    office = world.actor("secretariat", REGION)
    db.session.rollback()
    with clock.standing_at(clock.now() + timedelta(days=8)):
        decisions.pronounce_outcome(office, newest(action.id), outcome=outcome, text="Décidé.", reason="Accord.")


def test_what_was_paid_on_a_fiche_that_is_no_more_still_holds_the_envelope(
    world: World, grenoble: Actor, action: Action
) -> None:
    declare(grenoble, 10_000 * EURO)
    given(grenoble, action)
    take(grenoble, action, "engaged", 10_000 * EURO)
    take(grenoble, action, "paid", 3_000 * EURO)
    take(grenoble, action, "settled")
    other = share(world.actor("representative", REGION))
    announce(grenoble, other, 1_000 * EURO)
    pronounced(world, action, "withdrawn")
    pronounced(world, other, "withdrawn")
    assert promised(grenoble) == 3_000 * EURO
    assert [line.promised for line in ledger.envelope_lines(grenoble.partner_id)] == [3_000 * EURO, 0, 0]
    kept = share(world.actor("representative", REGION))
    with pytest.raises(refusals.EnvelopeExceeded):
        operations.announce_contribution(grenoble, kept, year=2014, amount=7_000 * EURO + 1)


def test_a_fiche_adopted_once_counts_and_is_inscribed_although_a_later_text_was_rejected(
    world: World, grenoble: Actor, action: Action
) -> None:
    announce(grenoble, action, 10_000 * EURO)
    pronounced(world, action, "rejected")
    assert (known(action.id).maturity, known(action.id).decision) == ("adopted", "rejected")
    found = queries.matrix(partners())
    assert (found.total_planned, found.count) == (10_000 * EURO, 1)
    assert [one.total for one in undecided.partners()] == [10_000 * EURO]
    assert [line.at("amount") for line in consolidation.lines_of(EVERYTHING)] == [10_000 * EURO]
    take(grenoble, action, "inscribed", 10_000 * EURO)
    assert levels()[0] == "inscribed"


def test_a_fiche_never_adopted_inscribes_nothing(world: World, grenoble: Actor) -> None:
    shared = share(world.actor("representative", REGION))
    announce(grenoble, shared, 10_000 * EURO)
    pronounced(world, shared, "postponed")
    refused(refusals.NotAdopted, lambda: take(grenoble, shared, "inscribed", EURO))


def test_credits_and_votes_come_back_to_nothing_and_let_the_contribution_go(grenoble: Actor, action: Action) -> None:
    vote = given(grenoble, action)
    take(grenoble, action, "credited", 9_000 * EURO, act_id=vote)
    seen = [levels()]
    for step in ("voted", "credited"):
        take(grenoble, action, step, 0, act_id=vote)
        seen.append(levels())
    assert [(stage, [cents // EURO for cents in amounts[:4]]) for stage, amounts in seen] == [
        ("voted", [10_000, 10_000, 9_000, 10_000]),
        ("credited", [10_000, 10_000, 9_000, 0]),
        ("inscribed", [10_000, 10_000, 0, 0]),
    ]
    for step in ("voted", "credited"):
        refused(refusals.StepAmountNeeded, lambda step=step: take(grenoble, action, step, 0, act_id=vote))
    operations.withdraw_contribution(grenoble, action, year=2014, reason="Le projet s’arrête.")
    assert levels() == ("withdrawn", [0] * 7)
    assert verify().ok


def test_the_stage_steps_back_with_the_amounts(grenoble: Actor, action: Action) -> None:
    given(grenoble, action)
    seen = []
    for step, amount in (
        ("engaged", 8_000),
        ("released", 8_000),
        ("engaged", 8_000),
        ("paid", 3_000),
        ("returned", 1_000),
        ("returned", 2_000),
        ("released", 8_000),
    ):
        take(grenoble, action, step, amount * EURO)
        seen.append(levels()[0])
    assert seen == ["engaged", "voted", "engaged", "paid", "paid", "engaged", "voted"]
    take(grenoble, action, "contracted", 8_000 * EURO, act_id=record(grenoble, "C-1", "convention"))
    take(grenoble, action, "engaged", 8_000 * EURO)
    take(grenoble, action, "released", 8_000 * EURO)
    assert levels()[0] == "contracted"
    refused(refusals.StepRefused, lambda: take(grenoble, action, "settled"))
    take(grenoble, action, "engaged", 8_000 * EURO)
    take(grenoble, action, "paid", 8_000 * EURO)
    take(grenoble, action, "settled")
    take(grenoble, action, "returned", 8_000 * EURO)
    assert levels() == ("settled", [amount * EURO for amount in (0, 10_000, 0, 10_000, 8_000, 8_000, 0)])
    assert verify().ok


def test_credits_beyond_the_vote_hold_no_contribution(grenoble: Actor, action: Action) -> None:
    vote = given(grenoble, action)
    take(grenoble, action, "credited", 10_000 * EURO, act_id=vote)
    take(grenoble, action, "voted", 6_000 * EURO, act_id=vote)
    less = {"year": 2014, "reason": "x"}
    refused(
        refusals.StillHeld,
        lambda: operations.lower_contribution(grenoble, action, amount=6_000 * EURO - 1, **less),
    )
    operations.lower_contribution(grenoble, action, amount=6_000 * EURO, **less)
    assert levels() == ("voted", [amount * EURO for amount in (6_000, 6_000, 6_000, 6_000, 0, 0, 0)])
    assert verify().ok


def test_what_is_engaged_stays_within_the_convention(grenoble: Actor, action: Action) -> None:
    given(grenoble, action)
    take(grenoble, action, "contracted", 8_000 * EURO, act_id=record(grenoble, "C-1", "convention"))
    told = refused(refusals.TooMuch, lambda: take(grenoble, action, "engaged", 8_000 * EURO + 1))
    assert "le montant conventionné\u202f: 8\u202f000,00" in str(told)
    take(grenoble, action, "engaged", 8_000 * EURO)


def test_a_refused_inscription_names_the_credits_in_french(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 10_000 * EURO)
    take(grenoble, action, "inscribed", 10_000 * EURO)
    take(grenoble, action, "credited", 9_000 * EURO, act_id=record(grenoble, "2014-12"))
    told = refused(refusals.TooLittle, lambda: take(grenoble, action, "inscribed", 8_000 * EURO))
    assert str(told).startswith("C’est moins que le montant des crédits inscrits\u202f: 9\u202f000,00")
