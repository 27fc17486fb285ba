"""Sixteen clients on the money of four partners at once: no ceiling exceeded, no cent lost, every look consistent."""

from __future__ import annotations

from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.audit import operation
from cocon.audit.models import LogHead
from cocon.audit.verify import verify
from cocon.funding import ledger, operations, refusals
from cocon.kernel.db import db
from tests.factories import World
from tests.reliability import served
from tests.reliability.bank import FICHES, Bank, Books, Seen, judge, screens
from tests.reliability.replay import COLUMNS, End, end

pytestmark = pytest.mark.template("reference")

#: Where half of the clients look while the others promise, a torn look is not a matter of luck.
SPECTATORS = {"promise": 1, "look": 1}


@pytest.fixture(autouse=True)
def unsigned(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the checkpoints to the worker: these acts are many, and only their commits matter here.

    The application comes first: it is what asks for a checkpoint after each formal act.
    """
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])


@pytest.fixture
def bank(app: Flask) -> Bank:
    """The bank, open."""
    with app.app_context():
        return Bank(app, World())


@pytest.fixture
def large(app: Flask) -> Bank:
    """One of ten times the fiches: in ten times the acts, more tranches end than a small one has."""
    with app.app_context():
        return Bank(app, World(), fiches=10 * FICHES)


def faults(bank: Bank, books: Books) -> list[str]:
    """What the books say against each other."""
    with bank.app.app_context():
        return judge(books)


def audited(bank: Bank, acts: int) -> None:
    """So many acts, and all the books agree, those of the log with themselves too."""
    books = bank.play(acts, seed=acts)
    assert faults(bank, books) == []
    assert books.done + books.refused.total() == acts
    assert books.done > acts / 2
    assert len(books.seen) > acts / 40
    assert {"EnvelopeExceeded", "EnvelopeBelowPromises", "StillHeld", "TooMuch", "TooLittle"} <= books.refused.keys()
    assert {"AxisEnvelopeExceeded", "TransferBelowPromises"} <= books.refused.keys()
    assert {"StepRefused", "Outdated", "NothingToWithdraw"} <= books.refused.keys()
    assert books.planned.total() > books.paid.total() > 0
    with bank.app.app_context():
        assert verify().ok
    served.compare(bank)  # ``faults`` has compared the queries; this, what people read


def test_20000_acts_lose_no_cent(bank: Bank) -> None:
    audited(bank, 20_000)


@pytest.mark.soak
def test_200000_acts_lose_no_cent(large: Bank) -> None:
    audited(large, 200_000)


def test_checking_first_and_writing_later_is_seen(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: clients that look for room, then write without it being asked again, exceed a ceiling."""
    meeting, sincere = Barrier(4), bank.promise

    def naive(actor: Any, action: Any, **facts: Any) -> Any:
        line = next(one for one in ledger.envelope_lines(actor.partner_id) if one.year == facts["year"])
        db.session.rollback()
        if line.hard and (line.left or 0) <= 0:
            raise refusals.EnvelopeExceeded(0, facts["year"])
        try:
            meeting.wait(timeout=0.05)  # no more than the time that a slow request takes
        except BrokenBarrierError:
            meeting.reset()
        return sincere(actor, action, **facts)

    monkeypatch.setattr(operations, "demand_room", lambda *_facts: None)
    bank.promise = naive
    found = faults(bank, bank.play(400, seed=1))
    assert [one for one in found if one.startswith("a ceiling exceeded")]
    assert not [one for one in found if not one.startswith("a ceiling exceeded")]


def test_totals_read_one_after_the_other_are_seen(bank: Bank) -> None:
    """The control: a look whose figures come from two transactions is told from one that is consistent."""

    def torn() -> Seen:
        db.session.rollback()
        size = db.session.scalars(select(LogHead.size)).one()
        sums = screens()
        db.session.rollback()
        return Seen(size, {**screens(), "promised": sums["promised"]})

    bank.look, bank.weights = torn, SPECTATORS
    assert [one for one in faults(bank, bank.play(320, seed=2)) if one.startswith("a look at")]


@pytest.mark.engines("postgresql")
def test_reading_what_others_commit_meanwhile_is_seen(bank: Bank) -> None:
    """The control on PostgreSQL: the same look, in a transaction that sees what others commit, is torn too."""

    def careless() -> Seen:
        db.session.rollback()
        db.session.connection(execution_options={"isolation_level": "READ COMMITTED"})
        size = db.session.scalars(select(LogHead.size)).one()
        return Seen(size, screens())

    bank.look, bank.weights = careless, SPECTATORS
    assert [one for one in faults(bank, bank.play(320, seed=3)) if one.startswith("a look at")]


def test_a_change_that_was_never_acknowledged_is_seen(bank: Bank) -> None:
    """The control: a cent too much in a client's book is a difference."""
    books = bank.play(64, seed=4)
    assert faults(bank, books) == []
    books.planned[next(iter(books.planned))] += 1
    assert faults(bank, books) == ["amount: what was acknowledged is not what is held"]


@pytest.mark.engines("sqlite")
def test_a_cent_that_pages_and_files_lack_is_seen(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a cent more in the log, at any level, is missed on the pages."""
    bank.weights = {"advance": 1}
    bank.play(1000, seed=5)
    served.compare(bank)
    with bank.app.app_context():
        sums, [first, *others] = end()
    for column in COLUMNS:
        more = first._replace(counted={**first.counted, column: first.counted[column] + 1})
        monkeypatch.setattr(served, "end", lambda more=more: End(sums, [more, *others]))
        with pytest.raises(AssertionError):
            served.compare(bank)
