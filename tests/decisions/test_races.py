"""Answers, closings and openings that arrive at the same moment, each in a session of its own, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from cocon.audit.models import LogEntry
from cocon.decisions import locks, operations, queries, refusals
from cocon.decisions.models import Consultation, Position
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, known
from tests.decisions.making import (
    DEADLINE,
    again,
    answer,
    consult,
    everybody,
    fiche,
    grenoble,
    kinds,
    office,
    pronounce,
    together,
)
from tests.factories import World

ROUNDS = 8


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


def taking(actor: Actor, consultation_id: str, stance: str, reason: str | None = None) -> Callable[[], Any]:
    """An act that reads the consultation, then answers it."""

    def act() -> Any:
        found = queries.whole(consultation_id)
        assert found is not None
        return operations.take_position(actor, found, stance=stance, reason=reason)

    return act


def test_one_partner_answering_from_many_browsers_leaves_facts_in_order(in_app: Flask, world: World) -> None:
    consultation = consult(world)
    actors = [world.actor("representative", GRENOBLE), world.actor("deputy", GRENOBLE)]
    reasons = [f"Réserve {n}" for n in range(ROUNDS)]
    acts = [taking(actors[n % 2], consultation.id, "reserve", reason) for n, reason in enumerate(reasons)]
    answers = together(in_app, *acts)
    assert [one for one in answers if isinstance(one, Exception)] == []
    given = db.session.scalars(select(Position).order_by(Position.number)).all()
    assert [position.number for position in given] == list(range(1, ROUNDS + 1))
    assert sorted(str(position.reason) for position in given) == reasons
    logged = select(LogEntry.subject).where(LogEntry.kind.startswith("decisions.position")).order_by(LogEntry.seq)
    assert db.session.scalars(logged).all() == [position.id for position in given]
    assert kinds().count("decisions.position-taken") == 1
    seat = queries.seat_of(again(consultation), actors[0].partner_id)
    assert seat is not None
    assert seat.position_id == given[-1].id


def test_the_same_answer_twice_at_once_counts_once(in_app: Flask, world: World) -> None:
    consultation, actor = consult(world), grenoble(world)
    answers = together(in_app, *[taking(actor, consultation.id, "favorable") for _ in range(6)])
    refused = [one for one in answers if isinstance(one, refusals.NothingChanges)]
    assert len(refused) == 5
    assert len(db.session.scalars(select(Position)).all()) == 1


def test_all_partners_can_answer_at_once(in_app: Flask, world: World) -> None:
    consultation = consult(world)
    answers = together(in_app, *[taking(actor, consultation.id, "favorable") for actor in everybody(world)])
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert locks.turnout(consultation.id) == (20, 20)


def test_one_of_many_openings_on_a_fiche_wins(in_app: Flask, world: World) -> None:
    action_id, actor = fiche(world).id, office(world)

    def opening() -> Any:
        return operations.open_consultation(actor, known(action_id), deadline=DEADLINE)

    answers = together(in_app, *[opening] * 5)
    assert [type(one) for one in answers].count(refusals.AlreadyConsulted) == 4
    assert len(db.session.scalars(select(Consultation)).all()) == 1


def test_openings_at_once_get_numbers_of_their_own(in_app: Flask, world: World) -> None:
    ids, actor = [fiche(world, f"Fiche {n}").id for n in range(ROUNDS)], office(world)

    def opening(action_id: str) -> Callable[[], Any]:
        return lambda: operations.open_consultation(actor, known(action_id), deadline=DEADLINE).number

    answers = together(in_app, *[opening(action_id) for action_id in ids])
    assert sorted(map(str, answers)) == [f"2014-{n:02d}" for n in range(1, ROUNDS + 1)]


def closing_race(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, *, patience: float
) -> tuple[list[Any], list[str]]:
    """A partner changes its answer; the secretariat pronounces between its check of the closing and its writing.

    The partner waits for the outcome ``patience`` seconds at most: with the lock it would wait for ever.
    Comes back: what both acts answered, and the order in which the log tells them.
    """
    consultation, actor, secretary = consult(world), grenoble(world), office(world)
    answer(everybody(world), consultation)
    checked, pronounced, read = Event(), Event(), locks.seat

    def slow_seat(*args: Any) -> Any:
        checked.set()
        pronounced.wait(timeout=patience)
        return read(*args)

    def pronouncing() -> Any:
        assert checked.wait(timeout=30)
        found = queries.whole(consultation.id)
        assert found is not None
        facts = {"outcome": "adopted", "text": "Oui.", "reason": "Accord."}
        event = operations.pronounce_outcome(secretary, found, **facts)
        pronounced.set()
        return event

    with monkeypatch.context() as patch:
        patch.setattr(locks, "seat", slow_seat)
        answers = together(app, taking(actor, consultation.id, "abstention"), pronouncing)
    return answers, kinds()[-2:]


def test_no_answer_slips_in_behind_the_outcome(in_app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, order = closing_race(in_app, world, monkeypatch, patience=1)
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert order == ["decisions.position-changed", "decisions.outcome-pronounced"]


@pytest.mark.engines("postgresql")
def test_without_the_lock_an_answer_does_slip_in(in_app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same code, reading the consultation without locking it."""

    def unlocked(consultation_id: str) -> Consultation:
        read = select(Consultation).join(Consultation.action).options(contains_eager(Consultation.action))
        return db.session.scalars(read.where(Consultation.id == consultation_id)).one()

    monkeypatch.setattr(locks, "lock", unlocked)
    answers, order = closing_race(in_app, world, monkeypatch, patience=60)
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert order == ["decisions.outcome-pronounced", "decisions.position-changed"]


def read_before(world: World) -> Consultation:
    """A consultation as a page read it while it was open, pronounced since."""
    page = consult(world)
    answer(everybody(world), page)
    page = again(page)
    db.session.expunge(page)
    pronounce(world, again(page))
    assert page.open
    assert not again(page).open
    return page


def test_what_a_page_read_earlier_is_read_again(world: World) -> None:
    page, actor = read_before(world), grenoble(world)
    with pytest.raises(refusals.ConsultationClosed):
        operations.take_position(actor, page, stance="abstention")
    assert kinds()[-1] == "decisions.outcome-pronounced"


def test_trusting_what_a_page_read_lets_a_late_answer_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same code, trusting the consultation that it was given."""
    page, actor = read_before(world), grenoble(world)
    monkeypatch.setattr(locks, "lock", lambda consultation_id: page)
    operations.take_position(actor, page, stance="abstention")
    assert kinds()[-1] == "decisions.position-changed"
