"""Conditions and money over several years: what is recorded, refused, shown; who wins when two act at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.funding import acts, conditions, operations, proofs, queries, refusals, schedules, steps, unmet, unproven
from cocon.funding.models import Authorisation, Condition, Step
from cocon.funding.schedules import Schedule
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.partners.queries import partner_by_key
from cocon.structure import operations as structure
from tests.actions.making import GRENOBLE, ISERE, REGION, fields, known, share
from tests.decisions.making import together
from tests.factories import World
from tests.funding.making import announce
from tests.funding.test_documents import correct
from tests.funding.test_step_pages import Stage, stage
from tests.funding.test_steps import STATE, adopted, record, take, tranche
from tests.support.pages import words as said

__all__ = ["stage"]
pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-10")]


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


@pytest.fixture
def inscribed(world: World, grenoble: Actor) -> Action:
    """A fiche on which the Ville de Grenoble has inscribed 100 €."""
    action = adopted(world)
    announce(grenoble, action, 100_00)
    take(grenoble, action, "inscribed", 100_00)
    return action


@pytest.fixture
def engaged(grenoble: Actor, inscribed: Action) -> Action:
    """The same, voted and engaged two days ago."""
    day = clock.today() - timedelta(days=2)
    vote = record(grenoble, "V1", adopted_on=day, days=dict.fromkeys(acts.FOLLOWING, day))
    take(grenoble, inscribed, "voted", 100_00, act_id=vote)
    take(grenoble, inscribed, "engaged", 100_00, taken_on=day)
    return inscribed


def refused(refusal: type[Refusal], doing: Callable[[], Any]) -> Refusal:
    """The refusal of what leaves no trace."""

    def written() -> list[int | None]:
        db.session.rollback()
        return [db.session.scalar(select(func.count()).select_from(one)) for one in (LogEntry, Step, Authorisation)]

    before = written()
    with pytest.raises(refusal) as caught:
        doing()
    assert written() == before
    return caught.value


def ask(actor: Actor, action: Action, kind: str = "suspensive", text: str = "Bilan 2013 reçu.", **told: Any) -> str:
    """A condition; its identifier."""
    before = set(db.session.scalars(select(Condition.id)))
    conditions.set_condition(actor, action, form="cash", kind=kind, text=text, **told)
    (made,) = set(db.session.scalars(select(Condition.id))) - before
    return made


def lift(actor: Actor, action: Action, condition_id: str, **told: Any) -> Any:
    """Lift it today."""
    facts = {"lifted_on": clock.today(), "reason": "Reçu.", **told}
    return conditions.lift_condition(actor, action, condition_id=condition_id, **facts)


def bind(actor: Actor, action: Action, parts: dict[int, int], act_id: str | None = None, **told: Any) -> Any:
    """An authorisation whose credits are these."""
    amount, regime = told.pop("amount", sum(parts.values())), told.pop("regime", "multi")
    schedule = Schedule(regime=regime, act_id=act_id, amount=amount, credits=parts)
    where = {"form": "cash", "nature": "operating", **told}
    return schedules.bind_years(actor, action, schedule=schedule, **where)


def end(world: World, action_id: str) -> None:
    """The fiche is merged into another."""
    other = share(world.actor("representative", REGION), title="Une autre fiche")
    office = world.actor("secretariat", REGION)
    structure.merge_action(office, known(action_id), other_id=other.id, reason="Doublon.")


def offered(action: Action) -> list[str]:
    """The steps that the page of the tranche leads to."""
    db.session.rollback()
    found = proofs.ladder(action.id, tranche().id)
    assert found is not None
    return [step.slug for step in (*found.onward, *found.back)]


def test_nothing_is_paid_before_what_suspends_is_lifted(grenoble: Actor, engaged: Action) -> None:
    first, other = ask(grenoble, engaged), ask(grenoble, engaged, "reservation", "Logo visible.")
    told = refused(unmet.Suspended, lambda: take(grenoble, engaged, "paid", 10_00))
    assert "Bilan 2013 reçu." in str(told)
    assert told.status == 409
    assert "versement" not in offered(engaged)
    lift(grenoble, engaged, first)
    assert offered(engaged)[0] == "versement"
    take(grenoble, engaged, "paid", 10_00)
    assert db.session.get_one(Condition, other).standing
    second = ask(grenoble, engaged)
    refused(unmet.Suspended, lambda: take(grenoble, engaged, "paid", 10_00))
    take(grenoble, engaged, "returned", 5_00)
    lift(grenoble, engaged, second)
    assert verify().ok


def test_a_payment_is_not_dated_before_what_suspended_it_was_met(grenoble: Actor, engaged: Action) -> None:
    asked = ask(grenoble, engaged)
    today, later = clock.today(), clock.now() + timedelta(days=5)
    with clock.standing_at(later):
        lift(grenoble, engaged, asked, lifted_on=today + timedelta(days=4))
        told = refused(unmet.PaidBeforeMet, lambda: take(grenoble, engaged, "paid", 10_00, taken_on=today))
        assert told.field == "taken_on"
        before = today - timedelta(days=1)
        for day in (today + timedelta(days=4), before):
            take(grenoble, engaged, "paid", 10_00, taken_on=day)
    assert tranche().paid == 20_00


def test_nothing_is_paid_before_it_is_engaged(grenoble: Actor, engaged: Action) -> None:
    day = clock.today() - timedelta(days=2)
    told = refused(unmet.BeforeEngagement, lambda: take(grenoble, engaged, "paid", 1_00, taken_on=before(day)))
    assert (told.field, "engagée que depuis le 08/06/2014" in str(told)) == ("taken_on", True)
    take(grenoble, engaged, "engaged", 80_00)  # said again: it was engaged before
    take(grenoble, engaged, "paid", 1_00, taken_on=day)
    take(grenoble, engaged, "returned", 1_00)
    take(grenoble, engaged, "released", 80_00)
    take(grenoble, engaged, "engaged", 50_00)
    refused(unmet.BeforeEngagement, lambda: take(grenoble, engaged, "paid", 1_00, taken_on=day))
    take(grenoble, engaged, "paid", 1_00)
    assert verify().ok


def test_nothing_is_paid_beyond_what_is_engaged_that_day(grenoble: Actor, inscribed: Action) -> None:
    """What is voted and engaged later pays nothing of before, in whatever order payments are told."""
    first, later, today = (clock.today() - timedelta(days=days) for days in (9, 4, 0))
    for cents, day in ((10_00, first), (80_00, later)):
        vote = record(grenoble, f"V{cents}", adopted_on=day, days=dict.fromkeys(acts.FOLLOWING, day))
        take(grenoble, inscribed, "voted", cents, act_id=vote)
        take(grenoble, inscribed, "engaged", cents, taken_on=day)

    def pay(cents: int, on: date) -> Any:
        return take(grenoble, inscribed, "paid", cents, taken_on=on)

    told = refused(unmet.BeyondEngagement, lambda: pay(80_00, before(later)))
    assert told.field == "taken_on"
    assert f"engagé que depuis le {later:%d/%m/%Y}" in str(told)
    refused(unmet.BeyondEngagement, lambda: pay(10_01, before(later)))
    refused(unmet.BeforeEngagement, lambda: pay(1, before(first)))
    pay(60_00, today)
    pay(4_00, before(later))
    refused(unmet.BeyondEngagement, lambda: pay(7_00, first))  # 11 € on the eve of the second engagement
    pay(6_00, first)
    refused(refusals.TooMuch, lambda: pay(10_01, later))
    take(grenoble, inscribed, "engaged", 75_00)  # said again for less: the earlier days stand
    refused(refusals.TooMuch, lambda: pay(6_00, later))
    pay(4_00, later)
    assert verify().ok


def test_what_is_released_pays_nothing_of_before(grenoble: Actor, engaged: Action) -> None:
    day = clock.today() - timedelta(days=2)
    take(grenoble, engaged, "released", 70_00)
    take(grenoble, engaged, "engaged", 90_00)
    refused(unmet.BeyondEngagement, lambda: take(grenoble, engaged, "paid", 30_01, taken_on=day))
    take(grenoble, engaged, "paid", 30_00, taken_on=day)
    take(grenoble, engaged, "paid", 60_00)
    assert verify().ok


def before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)


def test_nothing_is_engaged_or_paid_before_it_is_voted(world: World, engaged: Action) -> None:
    """The State needs no préfet, yet a vote; a vote said again later takes nothing back of what was paid before."""
    state, day = world.actor("representative", STATE), clock.today() - timedelta(days=2)
    announce(state, engaged, 100_00)
    taken = {"year": 2014}
    vote = record(state, "A1", "order", adopted_on=day, days={})

    def step(name: str, on: date, act: str | None = None) -> Any:
        said = steps.Taken(amount=100_00, taken_on=on, act_id=act, reference=f"EJ {name} {on}")
        return steps.take_step(state, engaged, step=name, taken=said, **taken)

    step("inscribed", clock.today())
    step("voted", clock.today(), vote)
    told = refused(unmet.BeforeVote, lambda: step("engaged", before(day)))
    assert "votée que depuis le 08/06/2014" in str(told)
    step("engaged", day)
    told = refused(unproven.VoteStillProving, lambda: correct(state, vote, adopted_on=clock.today()))
    assert "Un engagement du 08/06/2014 repose sur le vote de cet acte" in str(told)
    step("voted", clock.today(), record(state, "A2", "order", days={}))
    refused(unmet.BeforeEngagement, lambda: step("paid", before(day)))
    step("paid", day)
    assert verify().ok


def test_what_is_asked_and_lifted_is_the_funders(world: World, grenoble: Actor, engaged: Action) -> None:
    one = ask(grenoble, engaged)
    isere = world.actor("representative", ISERE)
    refused(refusals.NothingToWithdraw, lambda: ask(isere, engaged))
    announce(isere, engaged, 10_00)
    act = record(isere, "I-1")
    for actor in (isere, world.actor("contributor", GRENOBLE), world.actor("secretariat", REGION)):
        refused(Forbidden, lambda actor=actor: lift(actor, engaged, one))  # type: ignore[misc]
    refused(Forbidden, lambda: ask(grenoble, engaged, act_id=act))
    refused(Forbidden, lambda: lift(grenoble, engaged, one, act_id=act))
    refused(unmet.ConditionKindNeeded, lambda: ask(grenoble, engaged, "wish"))
    refused(unmet.ConditionTextNeeded, lambda: ask(grenoble, engaged, text=" "))
    refused(refusals.DayNeeded, lambda: lift(grenoble, engaged, one, lifted_on=clock.today() + timedelta(days=1)))
    refused(refusals.StepReasonNeeded, lambda: lift(grenoble, engaged, one, reason=" "))
    lift(grenoble, engaged, one)
    refused(unmet.AlreadyLifted, lambda: lift(grenoble, engaged, one))


def test_two_liftings_at_once_are_one(grenoble: Actor, engaged: Action, in_app: Flask) -> None:
    one, fiche = ask(grenoble, engaged), engaged.id
    told = together(in_app, *[lambda: lift(grenoble, known(fiche), one)] * 2)
    assert sorted(type(answer).__name__ for answer in told) == ["AlreadyLifted", "ConditionLifted"]
    assert verify().ok


def test_a_condition_set_while_somebody_pays_comes_before_or_after(
    grenoble: Actor, engaged: Action, in_app: Flask
) -> None:
    fiche = engaged.id
    told = together(in_app, lambda: ask(grenoble, known(fiche)), lambda: take(grenoble, known(fiche), "paid", 10_00))
    entries = db.session.scalars(select(LogEntry.kind).order_by(LogEntry.seq.desc()).limit(2)).all()
    if isinstance(told[1], Refusal):
        assert isinstance(told[1], unmet.Suspended)
        assert tranche().paid == 0
    else:
        assert list(entries) == ["funding.condition-set", "funding.tranche-paid"]


def test_the_same_payment_is_recorded_once(grenoble: Actor, engaged: Action) -> None:
    take(grenoble, engaged, "paid", 10_00, reference="Mandat 12-7")
    for again in ("Mandat 12-7", " mandat  12-7 "):
        refused(unmet.PaymentKnown, lambda said=again: take(grenoble, engaged, "paid", 10_00, reference=said))  # type: ignore[misc]
    take(grenoble, engaged, "engaged", 90_00, reference="Mandat 12-7")
    take(grenoble, engaged, "paid", 10_00, reference="Mandat 12-8")
    assert tranche().paid == 20_00


def test_two_identical_payments_at_once_are_one(grenoble: Actor, engaged: Action, in_app: Flask) -> None:
    fiche = engaged.id
    told = together(in_app, *[lambda: take(grenoble, known(fiche), "paid", 10_00, reference="M1")] * 2)
    assert sorted(type(answer).__name__ for answer in told) == ["PaymentKnown", "TranchePaid"]
    assert tranche().paid == 10_00


def test_a_convention_ends_while_nothing_engaged_has_still_to_be_paid(grenoble: Actor, inscribed: Action) -> None:
    take(grenoble, inscribed, "voted", 100_00, act_id=record(grenoble, "V1"))
    refused(refusals.StepRefused, lambda: take(grenoble, inscribed, "terminated"))
    convention = record(grenoble, "C1", "convention")
    take(grenoble, inscribed, "contracted", 80_00, act_id=convention)
    take(grenoble, inscribed, "engaged", 50_00)
    told = refused(unmet.StillEngaged, lambda: take(grenoble, inscribed, "terminated"))
    assert "50,00" in str(told)
    take(grenoble, inscribed, "released", 50_00)
    refused(refusals.StepReasonNeeded, lambda: take(grenoble, inscribed, "terminated", reason=" "))
    event = take(grenoble, inscribed, "terminated", act_id=convention)
    assert (event.former, event.amount, event.total) == (80_00, 80_00, 0)
    assert (tranche().stage, tranche().contracted) == ("voted", 0)
    refused(refusals.StepRefused, lambda: take(grenoble, inscribed, "paid", 10_00))
    take(grenoble, inscribed, "voted", 0, act_id=record(grenoble, "V2"))
    assert verify().ok


def test_a_convention_under_which_an_advance_was_paid_ends_once_the_rest_is_released(
    grenoble: Actor, inscribed: Action
) -> None:
    take(grenoble, inscribed, "voted", 100_00, act_id=record(grenoble, "V1"))
    take(grenoble, inscribed, "contracted", 80_00, act_id=record(grenoble, "C1", "convention"))
    take(grenoble, inscribed, "engaged", 80_00)
    take(grenoble, inscribed, "paid", 30_00)
    told = refused(unmet.StillEngaged, lambda: take(grenoble, inscribed, "terminated"))
    assert "50,00" in str(told)
    take(grenoble, inscribed, "released", 50_00)
    found = proofs.ladder(inscribed.id, tranche().id)
    assert found is not None
    assert "resiliation" in [step.slug for step in found.back]
    take(grenoble, inscribed, "terminated")
    held = tranche()
    assert (held.stage, held.contracted, held.engaged, held.paid) == ("paid", 30_00, 30_00, 30_00)
    refused(unmet.AlreadyEnded, lambda: take(grenoble, inscribed, "terminated"))
    refused(refusals.TooMuch, lambda: take(grenoble, inscribed, "engaged", 40_00))
    take(grenoble, inscribed, "settled")
    assert (tranche().stage, tranche().amount) == ("settled", 30_00)
    assert verify().ok


def test_nothing_is_paid_under_a_convention_that_ended(grenoble: Actor, engaged: Action) -> None:
    take(grenoble, engaged, "contracted", 100_00, act_id=record(grenoble, "C1", "convention"))
    take(grenoble, engaged, "engaged", 60_00)
    take(grenoble, engaged, "paid", 60_00, taken_on=before(clock.today()))
    told = refused(unmet.BeforePayment, lambda: take(grenoble, engaged, "terminated", taken_on=date(2014, 6, 8)))
    assert (told.field, "Un versement est daté du 09/06/2014" in str(told)) == ("taken_on", True)
    take(grenoble, engaged, "terminated", taken_on=before(clock.today()))
    take(grenoble, engaged, "returned", 20_00)
    told = refused(unmet.ConventionEnded, lambda: take(grenoble, engaged, "paid", 20_00))
    assert "La convention est résiliée" in str(told)
    assert "versement" not in offered(engaged)
    take(grenoble, engaged, "contracted", 80_00, act_id=record(grenoble, "C2", "convention"))
    assert "versement" in offered(engaged)
    take(grenoble, engaged, "paid", 20_00)
    assert verify().ok


def test_a_convention_ends_once(grenoble: Actor, engaged: Action) -> None:
    take(grenoble, engaged, "contracted", 100_00, act_id=record(grenoble, "C1", "convention"))
    take(grenoble, engaged, "engaged", 60_00)
    take(grenoble, engaged, "paid", 60_00)
    take(grenoble, engaged, "terminated")
    take(grenoble, engaged, "returned", 20_00)
    take(grenoble, engaged, "released", 20_00)
    held = tranche()
    assert held.contracted > held.paid == held.engaged
    refused(unmet.AlreadyEnded, lambda: take(grenoble, engaged, "terminated"))
    assert "resiliation" not in offered(engaged)
    take(grenoble, engaged, "contracted", 80_00, act_id=record(grenoble, "C2", "convention"))
    assert "resiliation" in offered(engaged)
    take(grenoble, engaged, "terminated")


def test_a_convention_that_was_carried_out_does_not_end_otherwise(grenoble: Actor, engaged: Action) -> None:
    take(grenoble, engaged, "contracted", 100_00, act_id=record(grenoble, "C1", "convention"))
    take(grenoble, engaged, "paid", 100_00)
    refused(unmet.ConventionCarriedOut, lambda: take(grenoble, engaged, "terminated"))


def test_what_comes_back_was_paid_by_then(grenoble: Actor, engaged: Action) -> None:
    today = clock.today()
    eve = before(today)

    def back(cents: int, day: date) -> Any:
        return take(grenoble, engaged, "returned", cents, taken_on=day)

    take(grenoble, engaged, "paid", 40_00, taken_on=eve)
    told = refused(unmet.ReturnedBefore, lambda: back(1, before(eve)))
    assert (told.field, "Au 08/06/2014, rien de versé" in str(told)) == ("taken_on", True)
    take(grenoble, engaged, "paid", 50_00, taken_on=today)
    told = refused(unmet.ReturnedBefore, lambda: back(40_01, eve))
    assert "Au 09/06/2014, 40,00" in str(told)
    back(70_00, today)
    refused(refusals.TooMuch, lambda: back(20_01, eve))
    back(10_00, today)
    take(grenoble, engaged, "paid", 15_00, taken_on=today)
    refused(unmet.ReturnedBefore, lambda: back(25_00, before(eve)))  # paid since
    back(25_00, eve)
    assert (tranche().paid, verify().ok) == (0, True)


def test_a_step_proven_by_an_act_has_the_day_of_the_act_unless_told(grenoble: Actor, inscribed: Action) -> None:
    day, today = clock.today() - timedelta(days=2), clock.today()
    vote = record(grenoble, "V1", adopted_on=day, days=dict.fromkeys(acts.FOLLOWING, day))
    signed = record(grenoble, "C1", "convention", adopted_on=before(today))
    for step in ("credited", "voted"):
        assert take(grenoble, inscribed, step, 50_00, act_id=vote, taken_on=None).taken_on == day
    assert take(grenoble, inscribed, "contracted", 50_00, act_id=signed, taken_on=None).taken_on == before(today)
    assert take(grenoble, inscribed, "credited", 60_00, act_id=vote, taken_on=today).taken_on == today
    refused(refusals.DayNeeded, lambda: take(grenoble, inscribed, "engaged", 50_00, taken_on=None))
    refused(refusals.ActNeeded, lambda: take(grenoble, inscribed, "voted", 50_00, act_id=None, taken_on=None))
    kept = db.session.scalars(select(Step.taken_on).where(Step.kind == "contracted")).one()
    assert kept == before(today)


def test_what_is_inscribed_was_decided(grenoble: Actor, inscribed: Action) -> None:
    """The first time by the adoption of the fiche; for more than that, by a decision that is named."""
    announce(grenoble, inscribed, 120_00)
    told = refused(
        unmet.BeforeSubmission, lambda: take(grenoble, inscribed, "inscribed", 90_00, taken_on=date(2014, 6, 2))
    )
    assert (told.field, "soumise à décision que depuis le 03/06/2014" in str(told)) == ("taken_on", True)
    refused(unmet.DecisionNeeded, lambda: take(grenoble, inscribed, "inscribed", 120_00, reason=" "))
    take(grenoble, inscribed, "inscribed", 90_00, reason=None)
    take(grenoble, inscribed, "inscribed", 120_00, reason="Comité de pilotage du 10/06/2014, point 3.")
    assert tranche().inscribed == 120_00
    operations.withdraw_contribution(grenoble, inscribed, year=2014, reason="Reprise.")
    announce(grenoble, inscribed, 500_00)  # what was withdrawn since counts as well
    refused(unmet.DecisionNeeded, lambda: take(grenoble, inscribed, "inscribed", 500_00, reason=None))
    take(grenoble, inscribed, "inscribed", 120_00, reason=None)


def test_the_steps_of_an_act_keep_its_day_when_it_is_corrected(grenoble: Actor, inscribed: Action) -> None:
    today = clock.today()
    vote = record(grenoble, "V1", adopted_on=today - timedelta(days=5), days={})
    signed = record(grenoble, "C1", "convention", adopted_on=today - timedelta(days=3))
    take(grenoble, inscribed, "voted", 50_00, act_id=vote, taken_on=None)
    take(grenoble, inscribed, "contracted", 50_00, act_id=signed, taken_on=None)
    correct(grenoble, vote, adopted_on=today - timedelta(days=4))
    told = refused(unproven.StillSigned, lambda: correct(grenoble, vote, adopted_on=today - timedelta(days=2)))
    assert "Une convention du 07/06/2014 donnerait" in str(told)
    refused(unproven.StillSigned, lambda: correct(grenoble, signed, adopted_on=today - timedelta(days=5)))
    correct(grenoble, signed, adopted_on=today)
    correct(grenoble, vote, adopted_on=today - timedelta(days=2))
    kept = {step.kind: step.taken_on for step in db.session.scalars(select(Step))}
    assert (kept["voted"], kept["contracted"]) == (today - timedelta(days=2), today)
    assert verify().ok


def test_only_a_new_act_gives_more_than_was_inscribed(grenoble: Actor, inscribed: Action) -> None:
    vote = record(grenoble, "V1")
    take(grenoble, inscribed, "voted", 50_00, act_id=vote)
    told = refused(unmet.NewActNeeded, lambda: take(grenoble, inscribed, "voted", 110_00, act_id=vote, raising=True))
    assert (told.field, "il faut un nouvel acte" in str(told)) == ("act", True)
    take(grenoble, inscribed, "voted", 100_00, act_id=vote, raising=True)  # no more than was inscribed
    take(grenoble, inscribed, "voted", 110_00, act_id=record(grenoble, "V2"), raising=True)
    assert (tranche().inscribed, tranche().voted) == (110_00, 110_00)


def test_what_follows_from_another_step_is_not_dated_before_it(grenoble: Actor, engaged: Action) -> None:
    day = before(before(clock.today()))
    signed = record(grenoble, "C1", "convention", adopted_on=before(day))
    told = refused(
        unmet.SignedBeforeVote,
        lambda: take(grenoble, engaged, "contracted", 100_00, act_id=signed, taken_on=before(day)),
    )
    assert "n’est voté que depuis le 08/06/2014" in str(told)
    refused(unmet.SignedBeforeVote, lambda: take(grenoble, engaged, "contracted", 100_00, act_id=signed, taken_on=None))
    take(grenoble, engaged, "contracted", 100_00, act_id=signed, taken_on=day)
    told = refused(unmet.ReleasedBefore, lambda: take(grenoble, engaged, "released", 1_00, taken_on=before(day)))
    assert "avant le 08/06/2014" in str(told)
    take(grenoble, engaged, "released", 10_00, taken_on=day)
    take(grenoble, engaged, "paid", 40_00, taken_on=clock.today())
    for end in ("settled", "lapsed"):
        told = refused(unmet.EndsBefore, lambda end=end: take(grenoble, engaged, end, taken_on=day))  # type: ignore[misc]
        assert "datée du 10/06/2014" in str(told)
    take(grenoble, engaged, "settled")


def test_a_step_that_changes_no_amount_is_among_the_entries_of_its_contribution(
    grenoble: Actor, engaged: Action
) -> None:
    known_entries = proofs.ladder(engaged.id, tranche().id)
    assert known_entries is not None
    event = take(grenoble, engaged, "voted", 100_00, act_id=record(grenoble, "V2"))
    assert event.former == event.total
    found = proofs.ladder(engaged.id, tranche().id)
    assert found is not None
    (last,) = set(found.entries) - set(known_entries.entries)
    assert (last[1], last[0]) == ("funding.tranche-voted", found.taken[-1].seq)


def test_the_conditions_of_a_contribution_are_among_its_entries(grenoble: Actor, engaged: Action) -> None:
    before_it = proofs.ladder(engaged.id, tranche().id)
    conditions.set_condition(grenoble, engaged, form="cash", kind="suspensive", text="Bilan reçu.")
    found = proofs.ladder(engaged.id, tranche().id)
    assert before_it is not None
    assert found is not None
    assert [kind for _seq, kind in set(found.entries) - set(before_it.entries)] == ["funding.condition-set"]


def test_nothing_is_paid_before_its_year(grenoble: Actor, inscribed: Action) -> None:
    where = {"year": 2015}
    operations.announce_contribution(grenoble, inscribed, amount=100_00, **where)

    def go(step: str, act: str | None = None) -> Any:
        taken = steps.Taken(amount=100_00, taken_on=clock.today(), act_id=act, reference="M 1")
        return steps.take_step(grenoble, inscribed, step=step, taken=taken, **where)

    go("inscribed")
    go("voted", record(grenoble, "V1"))
    go("engaged")  # money of a year to come may be bound
    told = refused(unmet.PaidBeforeYear, lambda: go("paid"))
    assert "rien n’en est versé avant le 1er janvier 2015" in str(told)


def test_money_comes_back_from_a_fiche_that_is_no_more(world: World, grenoble: Actor, engaged: Action) -> None:
    take(grenoble, engaged, "paid", 100_00)
    take(grenoble, engaged, "settled")
    end(world, engaged.id)
    gone = known(engaged.id)
    refused(Forbidden, lambda: take(grenoble, gone, "returned", 40_00))
    back = steps.Taken(amount=40_00, taken_on=clock.today(), reason="Non réalisée.")
    for actor in (world.actor("contributor", GRENOBLE), world.actor("secretariat", REGION)):
        refused(Forbidden, lambda actor=actor: steps.record_return(actor, gone, taken=back, year=2014))  # type: ignore[misc]
    steps.record_return(grenoble, gone, taken=back, year=2014)
    assert (tranche().paid, tranche().amount) == (60_00, 60_00)
    assert queries.promised(grenoble.partner_id or "", 2014) == 60_00
    assert verify().ok


def test_the_credits_of_the_years_make_the_authorisation(grenoble: Actor, inscribed: Action) -> None:
    act, convention = record(grenoble, "V1"), record(grenoble, "C1", "convention")
    short = refused(unmet.SumDiffers, lambda: bind(grenoble, inscribed, {2014: 60_00, 2015: 30_00}, act, amount=100_00))
    assert "il manque 10,00" in str(short).replace("\u00a0", " ")
    over = refused(unmet.SumDiffers, lambda: bind(grenoble, inscribed, {2014: 100_01}, act, amount=100_00))
    assert "0,01" in str(over)
    refused(refusals.ActNeeded, lambda: bind(grenoble, inscribed, {2014: 1}))
    refused(refusals.WrongAct, lambda: bind(grenoble, inscribed, {2014: 1}, convention))
    refused(unmet.TotalNeeded, lambda: bind(grenoble, inscribed, {}, act))
    refused(unmet.TotalNeeded, lambda: bind(grenoble, inscribed, {2014: 5, 2015: -1}, act))
    refused(refusals.YearOutside, lambda: bind(grenoble, inscribed, {2019: 5}, act))
    refused(unmet.RegimeNeeded, lambda: bind(grenoble, inscribed, {2014: 5}, act, regime="x"))
    refused(unmet.YearsUnchanged, lambda: bind(grenoble, inscribed, {}, act, regime="annual"))
    refused(unmet.NotBindable, lambda: bind(grenoble, inscribed, {2014: 5}, act, form="in_kind"))
    bind(grenoble, inscribed, {2014: 60_00, 2015: 40_00, 2018: 0}, act, revision=0)
    found = schedules.current(tranche().contribution_id, "operating")
    assert found is not None
    lines = [(one.year, one.credits, one.planned, one.gap) for one in schedules.lines(found)]
    assert lines == [(2014, 60_00, 100_00, 40_00), (2015, 40_00, 0, -40_00)]
    assert verify().ok


def test_a_revision_is_a_fact_of_its_own(world: World, grenoble: Actor, inscribed: Action) -> None:
    act, later = record(grenoble, "V1"), record(grenoble, "V2")
    foreign = record(world.actor("representative", ISERE), "I")
    bind(grenoble, inscribed, {2014: 60_00}, act, revision=0)
    refused(Outdated, lambda: bind(grenoble, inscribed, {2014: 70_00}, later, reason="Plus.", revision=0))
    refused(refusals.StepReasonNeeded, lambda: bind(grenoble, inscribed, {2014: 70_00}, later, revision=1))
    refused(unmet.YearsUnchanged, lambda: bind(grenoble, inscribed, {2014: 60_00}, act, reason="Pareil."))
    refused(Forbidden, lambda: bind(grenoble, inscribed, {2014: 5}, foreign, reason="Autre."))
    bind(grenoble, inscribed, {2014: 50_00, 2015: 20_00}, later, reason="Retard.", revision=1)
    bind(grenoble, inscribed, {}, later, regime="annual", reason="Fin.", revision=2)
    told = [(one.number, one.regime, one.amount) for one in schedules.history(tranche().contribution_id, "operating")]
    assert told == [(3, "annual", 0), (2, "multi", 70_00), (1, "multi", 60_00)]
    kinds = db.session.scalars(
        select(LogEntry.kind).where(LogEntry.kind.like("funding.years-%")).order_by(LogEntry.seq)
    )
    assert list(kinds) == ["funding.years-bound", "funding.years-revised", "funding.years-unbound"]


def test_two_schedules_at_once_are_one(grenoble: Actor, inscribed: Action, in_app: Flask) -> None:
    act, fiche = record(grenoble, "V1"), inscribed.id
    told = together(in_app, *[lambda: bind(grenoble, known(fiche), {2014: 5}, act, revision=0)] * 2)
    assert sorted(type(answer).__name__ for answer in told) == ["Outdated", "YearsBound"]


def test_credits_may_rest_on_the_authorisation(grenoble: Actor, inscribed: Action) -> None:
    act = record(grenoble, "V1")

    def credit(cents: int) -> Any:
        return take(grenoble, inscribed, "credited", cents, authorised=True)

    refused(refusals.WrongAct, lambda: credit(10_00))
    bind(grenoble, inscribed, {2014: 60_00, 2015: 40_00}, act)
    told = refused(unmet.CreditsExceeded, lambda: credit(60_01))
    assert "60,00" in str(told)
    yesterday = clock.today() - timedelta(days=1)
    early = {"authorised": True, "taken_on": yesterday}
    refused(refusals.BeforeAct, lambda: take(grenoble, inscribed, "credited", 1, **early))
    credit(60_00)
    step = db.session.scalars(select(Step).where(Step.kind == "credited")).one()
    assert (step.act_id, step.authorisation_id is None) == (act, False)
    refused(unmet.CreditsInUse, lambda: bind(grenoble, inscribed, {2014: 59_00}, act, reason="Moins."))
    refused(unmet.CreditsInUse, lambda: bind(grenoble, inscribed, {}, act, regime="annual", reason="Fin."))
    take(grenoble, inscribed, "credited", 50_00, act_id=act)
    bind(grenoble, inscribed, {2014: 1}, act, reason="Les crédits sont inscrits par un vote.")
    assert verify().ok


def test_pages_say_what_is_asked(stage: Stage) -> None:
    client = stage.client()
    stage.take("inscribed", 1_000_00)
    url = stage.tranche(client)
    client.get(f"{url}/conditions/nouvelle")
    page = client.submit(f"{url}/conditions/nouvelle", {"kind": "", "text": "Bilan 2013"}, status=422)
    assert "Choisissez la nature de la condition." in page.words()
    page = client.follow(client.submit(f"{url}/conditions/nouvelle", {"kind": "suspensive", "text": "Bilan 2013"}))
    assert "Sous condition. Aucun versement tant que cette condition n’est pas levée : « Bilan 2013 »." in page.words(
        "#etat"
    )
    plan = client.get(f"/actions/{stage.action_id}/financement")
    assert "Sous condition" in plan.words("#funding-table tr.mine")
    assert "dont sous condition 1 000,00" in said(plan.words("#funding-totals")).replace("\u202f", " ")
    assert "Sous condition : aucun versement avant sa levée" in plan.words("#funding-mine")
    other = stage.client(ISERE).get(url)
    assert "Bilan 2013" in other.words("#conditions")
    assert not other.select("a[href$=lever], a[href$=pluriannuel]")
    lift_url = str(page.select_one("#conditions a[href$=lever]")["href"])
    client.get(lift_url)
    page = client.follow(client.submit(lift_url, {"taken_on": "02/06/2014", "reason": "Bilan reçu."}))
    assert "le 2 juin 2014. Motif : Bilan reçu." in page.words("#conditions")
    assert "Sous condition" not in page.words("#etat")


def test_the_page_of_a_tranche_says_what_is_bound_over_years(stage: Stage) -> None:
    act, client = stage.record(), stage.client()
    stage.take("inscribed", 1_000_00)
    url = stage.tranche(client)
    client.get(f"{url}/pluriannuel")
    typed = {"amount": "1 000", "cp_2014": "600", "cp_2015": "300", "act": act}
    page = client.submit(f"{url}/pluriannuel", typed, status=422)
    assert "il manque 100,00" in page.words("#amount-error").replace("\u00a0", " ")
    page = client.follow(client.submit(f"{url}/pluriannuel", {**typed, "cp_2015": "400"}))
    assert "2014 : la contribution prévoit 400,00 € de plus que les crédits de paiement." in page.words("#pluriannuel")
    assert "2015 : les crédits de paiement dépassent de 400,00 € ce que la contribution" in page.words("#pluriannuel")
    step = client.get(f"{url}/credits")
    assert "crédits de paiement de 2014, 600,00" in step.words("#act").replace("\u00a0", " ")
    assert "Zéro est possible" not in step.words()
    fields = {"amount": "600", "taken_on": "10/06/2014", "act": "authorised"}
    page = client.follow(client.submit(f"{url}/credits", fields))
    assert "crédits de paiement d’une autorisation" in page.words("#etapes")
    assert "Zéro est possible" in client.get(f"{url}/credits").words()


def test_a_return_is_offered_on_a_fiche_that_is_no_more(stage: Stage) -> None:
    stage.take("inscribed", 1_000_00)
    stage.take("voted", 1_000_00, act=stage.record())
    for step, amount in (("engaged", 1_000_00), ("paid", 1_000_00), ("settled", None)):
        stage.take(step, amount)
    client = stage.client()
    url = stage.tranche(client)
    with stage.app.app_context():
        end(stage.world, stage.action_id)
    page = client.get(url)
    assert [str(one["href"]).rpartition("/")[2] for one in page.select("#avancer a")] == ["reversement"]
    fields = {"amount": "250", "taken_on": "02/06/2014", "reason": "Trop versé."}
    client.get(f"{url}/reversement")
    early = client.submit(f"{url}/reversement", fields, status=409)
    assert "Au 02/06/2014, rien de versé" in early.words(".field.wrong")
    fields |= {"taken_on": "10/06/2014"}
    page = client.follow(client.submit(f"{url}/reversement", fields))
    assert "750,00" in page.words("#montants")
    assert client.http.get(f"{url}/solde").status_code == 404
    assert stage.client(ISERE).http.get(f"{url}/reversement").status_code == 404


def test_who_is_a_partner_is_not_to_be_identified(stage: Stage) -> None:
    url, client = f"/actions/{stage.action_id}/financement", stage.client(REGION)
    assert "Identifier le bénéficiaire" in client.get(url).words()
    with stage.app.app_context():
        owner, now, partner = (
            stage.world.actor("representative", REGION),
            known(stage.action_id),
            partner_by_key(REGION),
        )
        assert partner is not None
        text = fields(title="Recycleries", project_owner_name=None, project_owner_id=partner.id)
        actions.publish_version(owner, now, revision=now.rev, summary="Porteur.", fields=text)
    assert "Identifier le bénéficiaire" not in client.get(url).words()
