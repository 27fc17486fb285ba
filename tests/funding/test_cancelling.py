"""A step recorded by mistake is taken back: what it changed comes back, and nothing else reads it any more."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.audit.sentences import tell
from cocon.audit.verify import verify
from cocon.funding import (
    acts,
    cancelling,
    correcting,
    counting,
    operations,
    owed,
    paying,
    proofs,
    refusals,
    reports,
    resting,
    steps,
    uncancelled,
    unmet,
    unproven,
    unreported,
)
from cocon.funding.choice import LEVELS
from cocon.funding.models import Act, Contribution, Step
from cocon.imports import ledger
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated
from tests.actions.making import GRENOBLE, ISERE, REGION, known
from tests.decisions.making import together
from tests.factories import World
from tests.funding.making import EURO, announce, declare, envelope
from tests.funding.test_steps import adopted, given, levels, pronounced, record, refused, take, tranche
from tests.funding.test_undertakings import bind

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
def action(world: World) -> Action:
    """A fiche of the Région, adopted."""
    return adopted(world)


def cancel(actor: Actor, action: Action, reason: str = "Saisi par erreur.", **said: Any) -> Any:
    """Take back the last step of the actor's tranche of 2014."""
    return cancelling.cancel_step(actor, action, year=2014, reason=reason, **said)


def counted() -> list[int]:
    """What the tranche counts for at each level."""
    held = tranche()
    return [counting.counted(held, name) for name in COLUMNS]


def standing() -> list[str]:
    """The kinds of the steps that stand, in order."""
    held = tranche()
    found = proofs.ladder(_fiche(), held.id)
    assert found is not None
    return [one.step.kind for one in found.standing]


def _fiche() -> str:
    return db.session.scalars(select(Contribution.action_id)).one()


#: What may be done, in euros: each of these walks is taken back step by step.
WALKS: dict[str, tuple[tuple[str, int | None], ...]] = {
    "to its end": (
        *(("inscribed", 90), ("credited", 80), ("voted", 70), ("contracted", 60), ("engaged", 50), ("paid", 10)),
        *(("paid", 20), ("released", 5), ("returned", 4), ("settled", None), ("returned", 6)),
    ),
    "to a convention that ends": (
        *(("inscribed", 90), ("voted", 90), ("contracted", 60), ("engaged", 60), ("paid", 10), ("released", 50)),
        *(("terminated", None), ("contracted", 30), ("engaged", 20), ("paid", 5), ("lapsed", None), ("returned", 15)),
    ),
    "to nothing, and further": (
        *(("inscribed", 90), ("inscribed", 80), ("credited", 50), ("credited", 0), ("voted", 80), ("voted", 80)),
        *(("voted", 0), ("raising", 120), ("voted", 30), ("lapsed", None)),
    ),
}


@pytest.mark.parametrize("walk", WALKS)
def test_each_step_taken_back_restores_exactly_what_was(grenoble: Actor, action: Action, walk: str) -> None:
    announce(grenoble, action, 100 * EURO)
    vote, more, convention = record(grenoble, "V-1"), record(grenoble, "V-2"), record(grenoble, "C-1", "convention")
    seen, told = [(levels(), counted(), standing())], []
    for kind, euros in WALKS[walk]:
        act = {"credited": vote, "voted": vote, "raising": more, "contracted": convention}.get(kind)
        step = "voted" if kind == "raising" else kind
        take(grenoble, action, step, euros and euros * EURO, act_id=act, raising=kind == "raising")
        told.append(step)
        seen.append((levels(), counted(), standing()))
    assert standing() == told
    rows = db.session.scalar(select(func.count()).select_from(Step)) or 0
    while told:
        before = seen.pop()
        assert (levels(), counted(), standing()) == before
        event = cancel(grenoble, action)
        assert (event.undone, event.taken_on) == (told.pop(), clock.today())
        assert (levels(), counted(), standing()) == seen[-1]
    assert db.session.scalar(select(func.count()).select_from(Step)) == 2 * rows, "no step is ever removed"
    with pytest.raises(uncancelled.NothingToCancel):
        cancel(grenoble, action)
    assert verify().ok


def test_what_is_taken_back_may_be_done_again_and_taken_back_again(grenoble: Actor, action: Action) -> None:
    given(grenoble, action, 100)
    take(grenoble, action, "engaged", 100 * EURO)
    take(grenoble, action, "paid", 90 * EURO, reference="M 1")
    with pytest.raises(unmet.PaymentKnown):
        take(grenoble, action, "paid", 9 * EURO, reference="M1")
    cancel(grenoble, action)
    take(grenoble, action, "paid", 9 * EURO, reference="M1")
    assert levels()[1][-1] == 9 * EURO
    with pytest.raises(unmet.PaymentKnown):
        take(grenoble, action, "paid", 9 * EURO, reference="M 1")
    for kind in ("paid", "engaged", "voted"):
        assert cancel(grenoble, action).undone == kind
    assert standing() == ["inscribed"]
    assert verify().ok


def test_the_log_says_which_step_and_what_its_level_is_again(grenoble: Actor, action: Action) -> None:
    given(grenoble, action, 100)
    take(grenoble, action, "engaged", 100 * EURO)
    take(grenoble, action, "paid", 12 * EURO, reference="M 1")
    event = cancel(grenoble, action)
    assert (event.amount, event.former, event.total, event.reference) == (12 * EURO, 12 * EURO, 0, "M 1")
    entry = db.session.scalars(select(LogEntry).order_by(LogEntry.seq.desc()).limit(1)).one()
    assert (entry.kind, entry.subject) == ("funding.tranche-cancelled", tranche().contribution_id)
    said = str(tell(json.loads(entry.body), {}))
    assert "a annulé, au nom de la Ville de Grenoble, l’étape «\u00a0versement\u00a0» de 12,00\u00a0€" in said
    assert said.endswith("indiquée par erreur.")


def test_without_a_reason_a_right_or_a_step_nothing_is_taken_back(
    world: World, grenoble: Actor, action: Action
) -> None:
    strangers = [world.actor(role, GRENOBLE) for role in ("contributor", "reader")]
    strangers.append(world.actor("secretariat", REGION))
    isere = world.actor("representative", ISERE)
    announce(grenoble, action, 100 * EURO)
    refused(uncancelled.NothingToCancel, lambda: cancel(grenoble, action))
    take(grenoble, action, "inscribed", 90 * EURO)
    refused(refusals.StepReasonNeeded, lambda: cancel(grenoble, action, reason=" \n"))
    for one in strangers:
        refused(Forbidden, lambda one=one: cancel(one, action))
    refused(uncancelled.NothingToCancel, lambda: cancel(isere, action))
    refused(Outdated, lambda: cancel(grenoble, action, revision=tranche().rev - 1))
    refused(Outdated, lambda: cancel(grenoble, action, number=2))
    refused(refusals.StepRefused, lambda: take(grenoble, action, "cancelled"))
    cancel(grenoble, action, number=1, revision=tranche().rev)


def test_what_was_changed_since_is_not_restored(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 100 * EURO)
    take(grenoble, action, "inscribed", 90 * EURO)
    operations.lower_contribution(grenoble, action, year=2014, amount=80 * EURO, reason="Moins.")
    told = refused(uncancelled.ChangedSince, lambda: cancel(grenoble, action))
    assert "Depuis l’étape «\u00a0inscription au contrat\u00a0», la contribution a été augmentée, réduite" in str(told)
    announce(grenoble, action, 100 * EURO)
    refused(uncancelled.ChangedSince, lambda: cancel(grenoble, action))
    take(grenoble, action, "inscribed", 100 * EURO)
    take(grenoble, action, "voted", 95 * EURO, act_id=record(grenoble, "V-1"))
    take(grenoble, action, "voted", 40 * EURO, act_id=record(grenoble, "V-2"))
    operations.lower_contribution(grenoble, action, year=2014, amount=50 * EURO, reason="Moins.")
    refused(uncancelled.ChangedSince, lambda: cancel(grenoble, action))  # 95 would be voted of 50
    operations.announce_contribution(grenoble, action, year=2014, amount=60 * EURO)
    take(grenoble, action, "engaged", 40 * EURO)
    take(grenoble, action, "paid", 39 * EURO)
    operations.announce_contribution(grenoble, action, year=2014, amount=70 * EURO)
    cancel(grenoble, action)  # what was raised is kept: no payment had changed it
    assert levels() == ("engaged", [cents * EURO for cents in (70, 50, 0, 40, 0, 40, 0)])


def test_a_contribution_withdrawn_and_announced_again_restores_nothing(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 100 * EURO)
    take(grenoble, action, "inscribed", 90 * EURO)
    operations.withdraw_contribution(grenoble, action, year=2014, reason="Sans suite.")
    refused(refusals.StepRefused, lambda: cancel(grenoble, action))
    announce(grenoble, action, 100 * EURO)
    refused(refusals.StepRefused, lambda: cancel(grenoble, action))


def ended(actor: Actor, action: Action) -> None:
    """100 € planned, 30 of them paid, then settled."""
    given(actor, action, 100)
    take(actor, action, "engaged", 100 * EURO)
    take(actor, action, "paid", 30 * EURO)
    take(actor, action, "settled")


def test_what_is_planned_again_stays_within_the_ceilings(world: World, grenoble: Actor, action: Action) -> None:
    ended(grenoble, action)
    declare(grenoble, 99 * EURO)
    told = refused(uncancelled.NoRoomLeft, lambda: cancel(grenoble, action))
    assert "ajouterait 70,00\u00a0€" in str(told)
    declare(grenoble, 1_000 * EURO)
    axis = known(action.id).axis_id
    facts: dict[str, Any] = {"hard": True, "reason": "Arbitrage.", "axis_id": axis}
    operations.declare_envelope(grenoble, envelope(grenoble), amount=99 * EURO, **facts)
    assert "pour l’axe" in str(refused(uncancelled.NoRoomLeft, lambda: cancel(grenoble, action)))
    operations.declare_envelope(grenoble, envelope(grenoble), amount=100 * EURO, **facts)
    cancel(grenoble, action)
    assert levels()[0] == "paid"
    declare(grenoble, 100 * EURO)
    cancel(grenoble, action)  # nothing more is planned: a full envelope does not matter
    assert levels()[1] == [cents * EURO for cents in (100, 100, 0, 100, 0, 100, 0)]


def test_a_return_is_taken_back_whatever_became_of_the_fiche(world: World, grenoble: Actor, action: Action) -> None:
    ended(grenoble, action)
    steps.record_return(
        grenoble,
        action,
        year=2014,
        taken=steps.Taken(amount=10 * EURO, taken_on=clock.today(), reason="Trop perçu."),
    )
    pronounced(world, action, "withdrawn")
    dead = known(action.id)
    refused(Forbidden, lambda: cancel(grenoble, dead))
    declare(grenoble, 25 * EURO)

    def back() -> Any:
        return cancelling.cancel_return(grenoble, dead, year=2014, reason="Rien n’est revenu.")

    refused(uncancelled.NoRoomLeft, back)
    declare(grenoble, 30 * EURO)
    assert back().undone == "returned"
    assert levels()[1][-1] == 30 * EURO
    refused(Forbidden, back)  # the rest ran with the fiche


def test_what_the_log_does_not_tell_is_not_restored(
    grenoble: Actor, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(grenoble, action, 100 * EURO)
    take(grenoble, action, "inscribed", 90 * EURO)
    monkeypatch.setattr(cancelling.json, "loads", lambda _text: {"changes": [{"id": tranche().id, "before": None}]})
    with pytest.raises(uncancelled.Unreadable):
        cancel(grenoble, action)
    erased = {"before": {"amount": {"sd": "x"}}, "after": {"amount": {"sd": "x"}}}
    held = tranche().id
    monkeypatch.setattr(cancelling.json, "loads", lambda _text: {"changes": [{"id": held, **erased}]})
    with pytest.raises(uncancelled.Unreadable):
        cancel(grenoble, action)


def test_credits_restored_stay_within_their_authorisation(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 100 * EURO)
    act = record(grenoble, "AE-1")
    bind(grenoble, action, {2014: 80 * EURO}, act)
    take(grenoble, action, "inscribed", 100 * EURO)
    take(grenoble, action, "credited", 80 * EURO, authorised=True)
    take(grenoble, action, "credited", 20 * EURO, authorised=True)
    bind(grenoble, action, {2014: 50 * EURO}, act, reason="Moins.")
    told = refused(uncancelled.CreditsLowered, lambda: cancel(grenoble, action))
    assert "redeviendraient de 80,00\u00a0€" in str(told)
    bind(grenoble, action, {2014: 80 * EURO}, act, reason="Autant.")
    cancel(grenoble, action)
    assert levels()[1][2] == 80 * EURO
    with pytest.raises(unmet.CreditsInUse):
        bind(grenoble, action, {2014: 50 * EURO}, act, reason="Moins.")
    cancel(grenoble, action)
    bind(grenoble, action, {2014: 50 * EURO}, act, reason="Moins.")


def test_an_act_on_which_only_mistakes_rest_may_be_withdrawn(grenoble: Actor, action: Action) -> None:
    vote = given(grenoble, action, 100)
    held = db.session.get_one(Act, vote)
    with pytest.raises(refusals.ActInUse):
        acts.withdraw_act(grenoble, held, reason="Doublon.")
    cancel(grenoble, action)
    assert (resting.counts(vote), resting.page(vote).lines) == ({}, [])
    assert [one.uses for one in proofs.acts(grenoble.partner_id).lines] == [0]
    acts.withdraw_act(grenoble, db.session.get_one(Act, vote), reason="Doublon.")
    assert verify().ok


def test_a_vote_taken_back_binds_no_engagement_and_no_correction(grenoble: Actor, action: Action) -> None:
    today = clock.today()
    first = given(grenoble, action, 100)
    take(grenoble, action, "voted", 50 * EURO, act_id=record(grenoble, "V-2", days={}))
    with pytest.raises(refusals.NotExecutory):
        take(grenoble, action, "engaged", 40 * EURO)
    cancel(grenoble, action)
    take(grenoble, action, "engaged", 40 * EURO)
    said = {"number": "2014-12", "title": "Subvention", "adopted_on": today, "assembly": "Conseil municipal"}
    later = {"sent_on": today, "received_on": today, "published_on": None}

    def correct() -> Any:
        told = correcting.Said(**said, days=later)
        return correcting.correct_act(grenoble, db.session.get_one(Act, first), said=told, reason="Pas publiée.")

    with pytest.raises(unproven.StillExecutory):  # the vote taken back between the two says nothing
        correct()
    cancel(grenoble, action)
    correct()


def test_a_convention_taken_back_never_ended_and_a_day_taken_back_bounds_no_other(
    grenoble: Actor, action: Action
) -> None:
    given(grenoble, action, 100)
    take(grenoble, action, "contracted", 80 * EURO, act_id=record(grenoble, "C-1", "convention"))
    take(grenoble, action, "engaged", 50 * EURO)
    take(grenoble, action, "released", 50 * EURO)
    take(grenoble, action, "terminated")
    cancel(grenoble, action)
    facts = paying.facts_of(Step.tranche_id == tranche().id)[tranche().id]
    assert [fact.kind for fact in facts] == ["voted", "contracted", "engaged", "released"]
    assert not paying.ended(fact.kind for fact in facts)
    cancel(grenoble, action)
    with clock.standing_at(clock.now() + timedelta(days=9)):
        take(grenoble, action, "paid", 10 * EURO)
        cancel(grenoble, action)
    take(grenoble, action, "released", 50 * EURO)
    take(grenoble, action, "terminated")  # nothing was paid nine days later


def test_an_import_forgets_a_payment_taken_back(grenoble: Actor, action: Action) -> None:
    given(grenoble, action, 100)
    take(grenoble, action, "engaged", 100 * EURO)
    take(grenoble, action, "paid", 30 * EURO, reference="M 1")
    held = tranche().id
    assert ledger.books(grenoble).paid == {(held, "m1")}
    db.session.rollback()
    cancel(grenoble, action)
    known_now = ledger.books(grenoble)
    assert (known_now.paid, [fact.kind for fact in known_now.facts[held]]) == (set(), ["voted", "engaged"])


def test_no_report_is_owed_on_a_payment_that_never_was(grenoble: Actor, action: Action) -> None:
    given(grenoble, action, 100)
    take(grenoble, action, "engaged", 100 * EURO)
    take(grenoble, action, "paid", 30 * EURO)
    assert [one.paid for one in owed.listed(None, grenoble.partner_id).lines] == [30 * EURO]
    contribution = db.session.scalars(select(Contribution)).one()
    cancel(grenoble, action)
    assert not owed.listed(None, grenoble.partner_id).lines
    with pytest.raises(unreported.NothingOwed):
        reports.record_report(grenoble, contribution, year=2014, kind="received", taken_on=clock.today())
    take(grenoble, action, "paid", 30 * EURO)
    db.session.expire_all()
    reports.record_report(
        grenoble, db.session.get_one(Contribution, contribution.id), year=2014, kind="received", taken_on=clock.today()
    )
    cancel(grenoble, action)
    assert [one.paid for one in owed.listed(None, grenoble.partner_id).lines] == [0], "what was received stays"


def test_two_at_once_take_back_one(in_app: Flask, grenoble: Actor, action: Action) -> None:
    given(grenoble, action, 100)
    take(grenoble, action, "voted", 100 * EURO, act_id=record(grenoble, "V-2"))  # changes no amount
    number = 3
    answers = together(in_app, *[lambda: cancel(grenoble, known(action.id), number=number)] * 4)
    assert sorted(type(one).__name__ for one in answers) == ["Outdated"] * 3 + ["TrancheCancelled"]
    assert standing() == ["inscribed", "voted"]
    assert verify().ok
