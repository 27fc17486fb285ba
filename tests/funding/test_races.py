"""Several at once, each in a session of its own, with real commits: a hard envelope is never exceeded."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.audit import operation
from cocon.audit.models import LogEntry
from cocon.contracts.models import Envelope
from cocon.funding import events, operations, queries, refusals
from cocon.funding.models import Contribution
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden
from tests.actions.making import GRENOBLE, REGION, known, share
from tests.decisions.making import together
from tests.factories import World
from tests.funding.making import announce, declare, envelope, lines, promised

WRITERS, ROUNDS, STEP = 8, 30, 100


@pytest.fixture(autouse=True)
def unsigned(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the checkpoints to the worker: these acts are many, and only their commits matter here."""
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])


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
def fiches(world: World) -> list[str]:
    """As many fiches as writers."""
    region = world.actor("representative", REGION)
    return [share(region, title=f"Fiche {number}").id for number in range(WRITERS)]


def raise_by(actor: Actor, action_id: str, step: int = STEP) -> Callable[[], Any]:
    """Raise the partner's promise to a fiche."""

    def act() -> Any:
        found = queries.own_share(action_id, actor.partner_id or "", 2014)
        assert found is not None
        return announce(actor, found[0], found[1].amount + step)

    return act


def first(actor: Actor, action_id: str, amount: int, year: int = 2014) -> Callable[[], Any]:
    """Announce a promise to a fiche."""
    return lambda: announce(actor, known(action_id), amount, year)


def withdraw(actor: Actor, action_id: str) -> Callable[[], Any]:
    """Withdraw a fiche."""
    return lambda: actions.withdraw_action(actor, known(action_id), reason="Sans suite")


def sorted_out(answers: list[Any]) -> tuple[int, int]:
    """How many were done and how many refused; anything else is an error of the product."""
    done = [one for one in answers if isinstance(one, events.ContributionAnnounced | events.ContributionRaised)]
    full = [one for one in answers if isinstance(one, refusals.EnvelopeExceeded)]
    assert len(done) + len(full) == len(answers), answers
    return len(done), len(full)


def test_eight_writers_never_exceed_a_ceiling(in_app: Flask, grenoble: Actor, fiches: list[str]) -> None:
    for number in range(ROUNDS):
        room, spare = number % WRITERS, number + 1
        ceiling = promised(grenoble) + room * STEP + spare
        declare(grenoble, ceiling)
        answers = together(in_app, *(raise_by(grenoble, fiche) for fiche in fiches))
        assert sorted_out(answers) == (room, WRITERS - room)
        assert promised(grenoble) == ceiling - spare


def naive(actor: Actor, action_id: str, meeting: Barrier) -> Callable[[], Any]:
    """The check in a plain transaction, the write in the next: what the operation would be without its lock."""

    def act() -> Any:
        declared = db.session.scalars(
            select(Envelope).where(Envelope.partner_id == actor.partner_id, Envelope.year == 2014)
        ).one()
        left = (declared.amount or 0) - queries.promised(actor.partner_id or "", 2014)
        db.session.rollback()
        meeting.wait(timeout=30)
        if left < STEP:
            raise refusals.EnvelopeExceeded(left, 2014)
        return raise_by(actor, action_id)()

    return act


def test_checking_first_and_writing_later_exceeds_it(
    in_app: Flask, grenoble: Actor, fiches: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same race, without the lock, is seen to break the promise that the test above keeps."""
    monkeypatch.setattr(operations, "demand_room", lambda *_facts: None)
    declare(grenoble, 3 * STEP)
    meeting = Barrier(WRITERS)
    answers = together(in_app, *(naive(grenoble, fiche, meeting) for fiche in fiches))
    assert sorted_out(answers) == (WRITERS, 0)
    assert promised(grenoble) == WRITERS * STEP > (envelope(grenoble).amount or 0)


@pytest.mark.engines("postgresql")
def test_the_operation_without_for_update_exceeds_it(
    in_app: Flask, grenoble: Actor, fiches: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control on PostgreSQL is the operation itself, but for its lock."""
    meeting, check = Barrier(WRITERS), operations.demand_room

    def unlocked(partner_id: str, year: int) -> Envelope | None:
        wanted = select(Envelope).where(Envelope.partner_id == partner_id, Envelope.year == year)
        return db.session.scalars(wanted).first()

    def check_then_wait(*facts: Any) -> None:
        check(*facts)
        meeting.wait(timeout=30)

    declare(grenoble, 3 * STEP)
    monkeypatch.setattr(queries, "lock_envelope", unlocked)
    monkeypatch.setattr(operations, "demand_room", check_then_wait)
    answers = together(in_app, *(raise_by(grenoble, fiche) for fiche in fiches))
    assert sorted_out(answers) == (WRITERS, 0)
    assert promised(grenoble) == WRITERS * STEP > 3 * STEP


def test_a_ceiling_is_never_cut_below_promises_made_meanwhile(
    in_app: Flask, grenoble: Actor, fiches: list[str]
) -> None:
    for _round in range(ROUNDS // 2):
        start = promised(grenoble)
        declare(grenoble, start + WRITERS * STEP + 1)
        target = envelope(grenoble)

        def lower(amount: int = start + 3 * STEP, target: Envelope = target) -> Any:
            return operations.declare_envelope(grenoble, target, amount=amount, hard=True, reason="Arbitrage.")

        answers = together(in_app, *(raise_by(grenoble, fiche) for fiche in fiches[1:]), lower)
        *written, declared = answers
        done, full = sorted_out(written)
        assert done + full == WRITERS - 1
        assert isinstance(declared, events.EnvelopeDeclared | refusals.EnvelopeBelowPromises), declared
        assert promised(grenoble) <= (envelope(grenoble).amount or 0)
        if isinstance(declared, events.EnvelopeDeclared):
            assert done == 3
        else:
            assert (done, full) == (WRITERS - 1, 0)


@pytest.mark.parametrize("amounts", [(100, 100), (100, 200)])
def test_two_first_announcements_make_one_line(
    in_app: Flask, grenoble: Actor, fiches: list[str], amounts: tuple[int, int]
) -> None:
    for fiche in fiches[:5]:
        answers = together(in_app, *(first(grenoble, fiche, amount) for amount in amounts))
        refused = [one for one in answers if isinstance(one, Exception)]
        assert all(isinstance(one, refusals.NothingChanges | refusals.ReasonNeeded) for one in refused), refused
        assert len(refused) < 2
        assert [(amount, stage) for _year, amount, stage, _rev in lines()][-1] == (max(amounts), "intention")
    assert len(db.session.scalars(select(Contribution)).all()) == len(lines()) == 5


def test_first_announcements_of_two_years_share_one_contribution(
    in_app: Flask, grenoble: Actor, fiches: list[str]
) -> None:
    for fiche in fiches[:5]:
        answers = together(in_app, *(first(grenoble, fiche, 100, year) for year in (2014, 2015, 2016)))
        assert len({one.subject.id for one in answers}) == 1, answers
    assert len(db.session.scalars(select(Contribution)).all()) == 5
    assert len(lines()) == 15


def test_a_fiche_withdrawn_meanwhile_takes_no_money(
    in_app: Flask, world: World, grenoble: Actor, fiches: list[str]
) -> None:
    region = world.actor("representative", REGION)
    for fiche in fiches:
        gone, answer = together(
            in_app,
            withdraw(region, fiche),
            first(grenoble, fiche, 100),
        )
        assert not isinstance(gone, Exception), gone
        assert isinstance(answer, events.ContributionAnnounced | Forbidden), answer
        db.session.rollback()
        kinds = db.session.scalars(select(LogEntry.kind).where(LogEntry.about == fiche).order_by(LogEntry.seq)).all()
        assert kinds[-1] == "actions.withdrawn", kinds
    assert promised(grenoble) == 0
