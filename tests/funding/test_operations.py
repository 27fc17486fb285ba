"""Announcing, raising, lowering, withdrawing, declaring: what is written, and what is refused with nothing written."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.funding import operations, refusals
from cocon.funding.models import Contribution, Tranche
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.policy import ROLES, ROLES_WITHOUT_PARTNER
from tests.actions.making import GRENOBLE, ISERE, REGION, known, share
from tests.factories import World
from tests.funding.making import EURO, announce, declare, envelope, lines, promised, state

BINDERS = {"representative", "deputy"}

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
    """A fiche shared by the Région."""
    return share(world.actor("representative", REGION), costs={2014: 100_000 * EURO})


def refused(refusal: type[Refusal], act: Callable[[], Any]) -> Refusal:
    """The refusal of an act that leaves no trace."""
    before = state()
    with pytest.raises(refusal) as caught:
        act()
    assert state() == before
    return caught.value


def last_entry() -> LogEntry:
    """The newest line of the log."""
    return db.session.scalars(select(LogEntry).order_by(LogEntry.seq.desc()).limit(1)).one()


def test_announcing_binds_the_actors_partner_for_a_year(grenoble: Actor, action: Action) -> None:
    event = announce(grenoble, action, 12_000_50, year=2015)
    contribution = db.session.scalars(select(Contribution)).one()
    assert (contribution.partner_id, contribution.action_id, contribution.form) == (
        grenoble.partner_id,
        action.id,
        "cash",
    )
    assert lines() == [(2015, 12_000_50, "intention", 1)]
    assert event.kind == "funding.contribution-announced"
    assert event.facts() == {
        "action": action.id,
        "action_code": action.code,
        "year": 2015,
        "amount": 12_000_50,
        "former": 0,
        "form": "cash",
        "nature": "operating",
    }
    assert (event.subject.type, event.subject.id, event.about) == ("contribution", contribution.id, action.id)
    assert (event.phase, event.formal, event.reason) == ("funding", True, None)
    entry = last_entry()
    body = json.loads(entry.body)
    assert (entry.kind, entry.partner, entry.subject, entry.about) == (event.kind, GRENOBLE, contribution.id, action.id)
    assert {change["table"] for change in body["changes"]} == {"contribution", "tranche"}


def test_a_second_year_stands_on_the_same_contribution(grenoble: Actor, action: Action) -> None:
    first = announce(grenoble, action, 5 * EURO)
    second = announce(grenoble, action, 7 * EURO, year=2016)
    assert first.subject.id == second.subject.id
    assert lines() == [(2014, 500, "intention", 1), (2016, 700, "intention", 1)]


def test_raising_is_the_same_act(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 5 * EURO)
    event = announce(grenoble, action, 8 * EURO)
    assert (event.kind, event.former, event.amount) == ("funding.contribution-raised", 500, 800)
    assert lines() == [(2014, 800, "intention", 2)]
    [change] = json.loads(last_entry().body)["changes"]
    assert (change["before"], change["after"]) == ({"amount": 500}, {"amount": 800})


def test_lowering_says_why(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 8 * EURO)
    event = operations.lower_contribution(grenoble, action, year=2014, amount=300, reason="Budget réduit")
    assert (event.kind, event.former, event.amount) == ("funding.contribution-lowered", 800, 300)
    assert lines() == [(2014, 300, "intention", 2)]
    entry = last_entry()
    assert "Budget" not in entry.body
    assert "reason" in json.loads(entry.body)["sd"]


def test_withdrawing_says_why_and_keeps_the_line(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 8 * EURO)
    event = operations.withdraw_contribution(grenoble, action, year=2014, reason="Projet abandonné")
    assert (event.kind, event.former, event.amount) == ("funding.contribution-withdrawn", 800, 0)
    assert lines() == [(2014, 0, "withdrawn", 2)]
    assert "reason" in json.loads(last_entry().body)["sd"]


def test_what_was_withdrawn_can_be_announced_again(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 8 * EURO)
    operations.withdraw_contribution(grenoble, action, year=2014, reason="Erreur")
    event = announce(grenoble, action, 6 * EURO)
    assert (event.kind, event.former) == ("funding.contribution-announced", 0)
    assert lines() == [(2014, 600, "intention", 3)]


@pytest.mark.parametrize("amount", [0, -1])
def test_zero_is_a_withdrawal(grenoble: Actor, action: Action, amount: int) -> None:
    announce(grenoble, action, 5 * EURO)
    refusal = refused(refusals.AmountNeeded, lambda: announce(grenoble, action, amount))
    assert (refusal.field, refusal.status) == ("amount", 422)
    refused(
        refusals.AmountNeeded,
        lambda: operations.lower_contribution(grenoble, action, year=2014, amount=amount, reason="x"),
    )


def test_the_same_amount_again_changes_nothing(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 5 * EURO)
    refused(refusals.NothingChanges, lambda: announce(grenoble, action, 5 * EURO))
    refused(
        refusals.NothingChanges,
        lambda: operations.lower_contribution(grenoble, action, year=2014, amount=500, reason="x"),
    )


def test_a_smaller_amount_is_not_an_announcement(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 5 * EURO)
    refusal = refused(refusals.ReasonNeeded, lambda: announce(grenoble, action, 4 * EURO))
    assert (refusal.field, refusal.status) == ("reason", 422)


def test_a_greater_amount_is_not_a_reduction(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 5 * EURO)
    refused(
        refusals.NotLower, lambda: operations.lower_contribution(grenoble, action, year=2014, amount=501, reason="x")
    )


@pytest.mark.parametrize("reason", ["", " \n"])
def test_reducing_without_a_reason_is_refused(grenoble: Actor, action: Action, reason: str) -> None:
    announce(grenoble, action, 5 * EURO)
    refused(
        refusals.ReasonNeeded,
        lambda: operations.lower_contribution(grenoble, action, year=2014, amount=100, reason=reason),
    )
    refused(refusals.ReasonNeeded, lambda: operations.withdraw_contribution(grenoble, action, year=2014, reason=reason))


def test_nothing_to_reduce(world: World, grenoble: Actor, action: Action) -> None:
    announce(world.actor("representative", ISERE), action, 5 * EURO)
    for year in (2014, 2015):
        refused(
            refusals.NothingToWithdraw,
            partial(operations.withdraw_contribution, grenoble, action, year=year, reason="x"),
        )
    announce(grenoble, action, 5 * EURO)
    operations.withdraw_contribution(grenoble, action, year=2014, reason="x")
    refused(
        refusals.NothingToWithdraw,
        lambda: operations.lower_contribution(grenoble, action, year=2014, amount=1, reason="x"),
    )


@pytest.mark.parametrize("year", [2013, 2017, 0, -1])
def test_years_outside_the_contract(grenoble: Actor, action: Action, year: int) -> None:
    refusal = refused(refusals.YearOutside, lambda: announce(grenoble, action, 100, year=year))
    assert refusal.field == "year"


def test_a_line_changed_meanwhile_is_outdated(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 5 * EURO)
    for act in (
        lambda: operations.announce_contribution(grenoble, action, year=2014, amount=900, revision=0),
        lambda: operations.lower_contribution(grenoble, action, year=2014, amount=1, reason="x", revision=2),
        lambda: operations.withdraw_contribution(grenoble, action, year=2014, reason="x", revision=0),
        lambda: operations.announce_contribution(grenoble, action, year=2015, amount=900, revision=1),
        lambda: operations.declare_envelope(grenoble, envelope(grenoble), amount=1, hard=False, revision=9),
    ):
        refused(Outdated, act)
    operations.announce_contribution(grenoble, action, year=2014, amount=900, revision=1)
    operations.announce_contribution(grenoble, action, year=2015, amount=900, revision=0)


@pytest.mark.parametrize("role", sorted(ROLES | {"system"}))
def test_only_those_who_bind_a_partner_commit_its_money(world: World, action: Action, role: str) -> None:
    partner = None if role in ROLES_WITHOUT_PARTNER else ISERE
    actor = SYSTEM if role == "system" else world.actor(role, partner)
    if role in BINDERS:
        announce(actor, action, 5 * EURO)
        assert promised(actor) == 500
        return
    refused(Forbidden, lambda: announce(actor, action, 5 * EURO))
    refused(Forbidden, lambda: operations.withdraw_contribution(actor, action, year=2014, reason="x"))
    refused(Forbidden, lambda: operations.lower_contribution(actor, action, year=2014, amount=1, reason="x"))
    bound = world.actor("representative", ISERE)
    refused(Forbidden, lambda: operations.declare_envelope(actor, envelope(bound), amount=1, hard=False))


def test_the_partner_is_never_an_argument() -> None:
    for act in (
        operations.announce_contribution,
        operations.lower_contribution,
        operations.withdraw_contribution,
        operations.declare_envelope,
    ):
        names = set(inspect.signature(act).parameters)
        assert not {name for name in names if "partner" in name}


def test_reducing_touches_ones_own_line_only(world: World, grenoble: Actor, action: Action) -> None:
    isere = world.actor("representative", ISERE)
    announce(isere, action, 9 * EURO)
    announce(grenoble, action, 5 * EURO)
    operations.withdraw_contribution(grenoble, action, year=2014, reason="x")
    assert (promised(isere), promised(grenoble)) == (900, 0)


def test_a_withdrawn_fiche_takes_no_money_and_frees_what_was_promised(world: World, grenoble: Actor) -> None:
    region = world.actor("representative", REGION)
    doomed, other = share(region), share(region)
    declare(grenoble, 10 * EURO)
    announce(grenoble, doomed, 10 * EURO)
    refused(refusals.EnvelopeExceeded, lambda: announce(grenoble, other, EURO))
    actions.withdraw_action(region, known(doomed.id), reason="Sans suite")
    refused(Forbidden, lambda: announce(grenoble, known(doomed.id), 20 * EURO))
    refused(Forbidden, lambda: operations.withdraw_contribution(grenoble, doomed, year=2014, reason="x"))
    assert promised(grenoble) == 0
    announce(grenoble, other, 10 * EURO)


def test_a_ceiling_is_filled_to_the_cent_and_not_beyond(world: World, grenoble: Actor, action: Action) -> None:
    other = share(world.actor("representative", REGION))
    declare(grenoble, 10_000_00)
    announce(grenoble, action, 9_999_98)
    refusal = refused(refusals.EnvelopeExceeded, lambda: announce(grenoble, other, 3))
    assert refusal.field == "amount"
    assert "Il reste 0,02\u00a0€ dans l’enveloppe 2014" in str(refusal)
    announce(grenoble, other, 1)
    refusal = refused(refusals.EnvelopeExceeded, lambda: announce(grenoble, other, 3))
    assert str(refusal) == (
        "Il reste 0,01\u00a0€ dans l’enveloppe 2014 de votre organisation. "
        "Vous pouvez inscrire au plus 0,02\u00a0€ ici, ou relever d’abord l’enveloppe."
    ), "what the line holds already is counted in"
    announce(grenoble, other, 2)
    refused(refusals.EnvelopeExceeded, lambda: announce(grenoble, action, 9_999_99))
    announce(grenoble, other, 1, year=2015)


def test_a_ceiling_is_the_partners_own(world: World, grenoble: Actor, action: Action) -> None:
    declare(grenoble, 100)
    announce(world.actor("representative", ISERE), action, 5_000_00)
    refused(refusals.EnvelopeExceeded, lambda: announce(grenoble, action, 101))


def test_an_envelope_that_is_no_ceiling_may_be_exceeded(grenoble: Actor, action: Action) -> None:
    declare(grenoble, 100, hard=False)
    announce(grenoble, action, 101)
    assert promised(grenoble) == 101


def test_lowering_makes_room(world: World, grenoble: Actor, action: Action) -> None:
    other = share(world.actor("representative", REGION))
    declare(grenoble, 1_000)
    announce(grenoble, action, 1_000)
    operations.lower_contribution(grenoble, action, year=2014, amount=400, reason="x")
    refused(refusals.EnvelopeExceeded, lambda: announce(grenoble, other, 601))
    announce(grenoble, other, 600)


def test_declaring_an_envelope(grenoble: Actor) -> None:
    event = declare(grenoble, 45_000_00, year=2016)
    assert event.kind == "funding.envelope-declared"
    assert event.facts() == {"year": 2016, "axis": None, "amount": 45_000_00, "former": None, "hard": True}
    declared = envelope(grenoble, 2016)
    assert (declared.amount, declared.hard) == (45_000_00, True)
    again = declare(grenoble, 0, year=2016, hard=False)
    assert (again.former, again.amount, again.hard) == (45_000_00, 0, False)
    assert (last_entry().partner, last_entry().about) == (GRENOBLE, None)


def test_a_ceiling_is_not_cut_below_what_is_promised(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 500)
    refusal = refused(refusals.EnvelopeBelowPromises, lambda: declare(grenoble, 499))
    assert "5,00\u00a0€" in str(refusal)
    declare(grenoble, 499, hard=False)
    refused(refusals.EnvelopeBelowPromises, lambda: declare(grenoble, 499, hard=True))
    declare(grenoble, 500)
    operations.lower_contribution(grenoble, action, year=2014, amount=300, reason="x")
    declare(grenoble, 300)


def test_an_envelope_is_an_amount(grenoble: Actor) -> None:
    target = envelope(grenoble)
    for amount, hard, refusal in (
        (None, True, refusals.CeilingWithoutAmount),
        (None, False, refusals.EnvelopeNeeded),
        (-1, False, refusals.EnvelopeNeeded),
    ):
        said = refused(
            refusal,
            partial(operations.declare_envelope, grenoble, target, amount=amount, hard=hard),
        )
        assert (said.field, said.status) == ("amount", 422)


def test_declaring_the_same_again_is_refused(grenoble: Actor) -> None:
    declare(grenoble, 100)
    refused(refusals.EnvelopeUnchanged, lambda: declare(grenoble, 100))
    declare(grenoble, 100, hard=False)


def test_nobody_declares_anothers_envelope(world: World, grenoble: Actor) -> None:
    target = envelope(world.actor("representative", ISERE))
    refused(Forbidden, lambda: operations.declare_envelope(grenoble, target, amount=1, hard=False))


def test_a_tranche_is_never_deleted(grenoble: Actor, action: Action) -> None:
    announce(grenoble, action, 500)
    db.session.delete(db.session.scalars(select(Tranche)).one())
    with pytest.raises(RuntimeError):
        db.session.flush()
    db.session.rollback()
    assert lines() == [(2014, 500, "intention", 1)]
