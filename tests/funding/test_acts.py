"""Acts: a number while it stands, days that follow each other, and the steps that rest on them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.funding import acts, operations, refusals
from cocon.funding.models import Act, Step
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Refusal
from tests.actions.making import GRENOBLE
from tests.factories import World
from tests.funding.making import EURO, announce
from tests.funding.test_steps import STATE, adopted, record, take

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
    """A fiche on which the Ville de Grenoble has inscribed money."""
    action = adopted(world)
    announce(grenoble, action, 10_000 * EURO)
    take(grenoble, action, "inscribed", 10_000 * EURO)
    return action


def refused(refusal: type[Refusal], act: Any) -> Refusal:
    """The refusal of an act that leaves no trace."""

    def written() -> list[int | None]:
        db.session.rollback()
        return [db.session.scalar(select(func.count()).select_from(one)) for one in (LogEntry, Act, Step)]

    before = written()
    with pytest.raises(refusal) as caught:
        act()
    assert written() == before
    return caught.value


def ago(days: int) -> date:
    """A day before today."""
    return clock.today() - timedelta(days=days)


def withdraw(actor: Actor, act_id: str) -> None:
    """Recorded by mistake."""
    acts.withdraw_act(actor, db.session.get_one(Act, act_id), reason="Erreur de saisie.")


def test_a_number_is_free_again_once_its_act_is_withdrawn(grenoble: Actor) -> None:
    first = record(grenoble, "2014-12")
    refused(refusals.ActKnown, lambda: record(grenoble, "2014-12"))
    for _again in range(2):
        withdraw(grenoble, first)
        first = record(grenoble, "2014-12", title="La bonne")
    refused(refusals.ActKnown, lambda: record(grenoble, "2014-12"))
    record(grenoble, "2014-12", "order")
    assert verify().ok


def test_a_number_is_seen(grenoble: Actor) -> None:
    for number in ("\u200b", " \u200b\u2060 ", "\u00ad", "\u00a0"):
        refused(refusals.NumberNeeded, partial(record, grenoble, number))


def test_an_act_is_received_after_it_is_sent(grenoble: Actor) -> None:
    days = {"sent_on": ago(3), "received_on": ago(4)}
    refused(refusals.ReceivedBeforeSent, lambda: record(grenoble, "1", adopted_on=ago(9), days=days))
    act = record(grenoble, "1", adopted_on=ago(9), days={"sent_on": ago(3)})

    def received(day: date) -> None:
        acts.date_act(grenoble, db.session.get_one(Act, act), days={"received_on": day})

    refused(refusals.ReceivedBeforeSent, lambda: received(ago(4)))
    received(ago(3))


def test_a_step_does_not_come_before_its_act(grenoble: Actor, inscribed: Action) -> None:
    act = record(grenoble, "2014-12", adopted_on=ago(5))
    for step in ("credited", "voted"):
        refused(refusals.BeforeAct, partial(take, grenoble, inscribed, step, 100, act_id=act, taken_on=ago(6)))
        take(grenoble, inscribed, step, 100, act_id=act, taken_on=ago(5))


def test_money_is_engaged_once_its_act_binds(grenoble: Actor, inscribed: Action) -> None:
    days = {"sent_on": ago(8), "received_on": ago(4), "published_on": ago(6)}
    vote = record(grenoble, "2014-12", adopted_on=ago(9), days=days)
    take(grenoble, inscribed, "voted", 100, act_id=vote, taken_on=ago(9))
    told = refused(refusals.BeforeExecutory, lambda: take(grenoble, inscribed, "engaged", 100, taken_on=ago(5)))
    assert f"depuis le {ago(4):%d/%m/%Y}" in str(told)
    take(grenoble, inscribed, "engaged", 100, taken_on=ago(4))


def test_the_state_engages_from_the_day_of_its_order(world: World) -> None:
    state, action = world.actor("representative", STATE), adopted(world)
    announce(state, action, 100)
    take(state, action, "inscribed", 100)
    take(state, action, "voted", 100, act_id=record(state, "1", "order", adopted_on=ago(5), days={}), taken_on=ago(5))
    take(state, action, "engaged", 100, taken_on=ago(5))


def test_a_contribution_of_no_said_nature_is_not_made_any_more(grenoble: Actor, inscribed: Action) -> None:
    refused(
        refusals.NatureNeeded,
        lambda: operations.announce_contribution(grenoble, inscribed, year=2015, amount=100, nature=""),
    )
