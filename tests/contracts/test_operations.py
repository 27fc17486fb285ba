"""Objectives and periods: what the secretariat sets, what is refused, what the log says."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.audit.models import LogDisclosure, LogEntry
from cocon.contracts import install, operations, queries, refusals
from cocon.contracts.models import Contract, Envelope, Objective
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.partners.models import Partner
from tests.factories import ORIGIN, World
from tests.web.making import GRENOBLE, REGION

pytestmark = [pytest.mark.template("reference"), pytest.mark.usefixtures("in_app")]


@pytest.fixture
def office() -> Actor:
    """The secretariat."""
    return World().actor("secretariat", REGION)


def last_entry() -> dict[str, Any]:
    body = db.session.scalars(select(LogEntry.body).order_by(LogEntry.seq.desc())).first()
    entry: dict[str, Any] = json.loads(body or "{}")
    return entry


def written() -> int:
    return db.session.scalar(select(func.count()).select_from(LogEntry)) or 0


def test_an_objective_is_added(office: Actor) -> None:
    axis = queries.axes()[1]
    event = operations.add_objective(office, axis, letter="A", title="Structurer le dialogue social", fictional=True)
    assert (event.axis, event.letter, event.fictional) == (2, "A", True)
    entry = last_entry()
    assert entry["kind"] == "contracts.objective-added"
    assert entry["facts"]["title"] == "Structurer le dialogue social"
    assert entry["actor"]["partner"] == REGION
    assert [objective.letter for objective in queries.branches()[1].objectives] == ["A"]


def test_a_letter_serves_once_per_axis(office: Actor) -> None:
    first, second, _third = queries.axes()
    operations.add_objective(office, first, letter="A", title="Un")
    before = written()
    with pytest.raises(refusals.LetterTaken):
        operations.add_objective(office, first, letter="A", title="Deux")
    assert written() == before
    operations.add_objective(office, second, letter="A", title="Un autre axe")


def test_a_letter_serves_once_even_at_the_same_time(app: Flask, office: Actor) -> None:
    def add(number: int) -> str:
        with app.app_context():
            try:
                operations.add_objective(office, queries.axes()[0], letter="A", title=f"Objectif {number}")
            except (refusals.LetterTaken, Outdated) as refusal:
                return type(refusal).__name__
            return "added"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(add, range(6)))
    assert outcomes.count("added") == 1
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Objective)) == 1


@pytest.mark.parametrize(
    ("role", "partner"),
    [("representative", REGION), ("facilitator", REGION), ("contributor", GRENOBLE), ("auditor", None)],
)
def test_only_the_secretariat_sets_the_contract(role: str, partner: str | None) -> None:
    actor = World().actor(role, partner)
    before = written()
    with pytest.raises(Forbidden):
        operations.add_objective(actor, queries.axes()[0], letter="A", title="Un")
    window = queries.window("proposing")
    assert window is not None
    with pytest.raises(Forbidden):
        operations.set_window(actor, window, opens_on=None, closes_on=date(2014, 2, 1), reason="Essai")
    assert written() == before


def test_a_period_is_set(office: Actor) -> None:
    window = queries.window("proposing")
    assert window is not None
    day = date(2014, 3, 31)
    operations.set_window(office, window, opens_on=date(2014, 1, 6), closes_on=day, reason="Premier appel.")
    entry = last_entry()
    assert entry["facts"] == {"activity": "proposing", "opens_on": "2014-01-06", "closes_on": "2014-03-31"}
    assert "Premier appel." not in json.dumps(entry)
    assert entry["sd"]["reason"]
    assert db.session.scalars(select(LogDisclosure.seq).where(LogDisclosure.seq == entry["seq"])).all()
    again = queries.window("proposing")
    assert again is not None
    assert again.open_on(day)
    assert not again.open_on(date(2014, 4, 1))
    assert again.reason == "Premier appel."


def test_a_period_does_not_end_before_it_begins(office: Actor) -> None:
    window = queries.window("deciding")
    assert window is not None
    before = written()
    with pytest.raises(refusals.WindowEnds):
        operations.set_window(office, window, opens_on=date(2014, 2, 2), closes_on=date(2014, 2, 1), reason="Essai")
    assert written() == before


def test_the_same_dates_are_no_change(office: Actor) -> None:
    window = queries.window("deciding")
    assert window is not None
    with pytest.raises(refusals.WindowUnchanged):
        operations.set_window(office, window, opens_on=None, closes_on=None, reason="Rien")


def test_a_period_of_one_day_is_open_that_day(office: Actor) -> None:
    window = queries.window("discussing")
    assert window is not None
    day = date(2014, 2, 1)
    operations.set_window(office, window, opens_on=day, closes_on=day, reason="Une journée")
    again = queries.window("discussing")
    assert again is not None
    assert [again.open_on(date(2014, 2, number)) for number in (1, 2)] == [True, False]
    assert not again.open_on(date(2014, 1, 31))


def test_the_closed_period_says_until_when(office: Actor) -> None:
    queries.demand_open("proposing")
    window = queries.window("proposing")
    assert window is not None
    operations.set_window(office, window, opens_on=date(2014, 2, 1), closes_on=date(2014, 3, 1), reason="Plus tard")
    with pytest.raises(refusals.WindowClosed, match="commence le 01/02/2014"):
        queries.demand_open("proposing")
    window = queries.window("proposing")
    assert window is not None
    operations.set_window(office, window, opens_on=None, closes_on=date(2014, 1, 5), reason="Close")
    with pytest.raises(refusals.WindowClosed, match="close depuis le 05/01/2014"):
        queries.demand_open("proposing")


def test_the_contract_is_loaded_once() -> None:
    before = written()
    assert install.install(ORIGIN, "localhost/journal+00000000+AA") is False
    assert written() == before
    assert db.session.scalar(select(func.count()).select_from(Contract)) == 3
    assert db.session.scalar(select(func.count()).select_from(Partner)) == 20
    assert db.session.scalar(select(func.count()).select_from(Envelope)) == 60


def test_nobody_but_the_installation_loads() -> None:
    actor = World().actor("secretariat", REGION)
    with pytest.raises(Forbidden):
        operations.load_contract(actor, None, reference={})
    with pytest.raises(Forbidden):
        operations.open_envelopes(actor, queries.contract(), partner_ids=[], years=[])
    assert SYSTEM.is_system
