"""Envelopes by year and by axis: what counts where, every version kept, transfers that keep the sum, exact figures."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit import operation
from cocon.contracts.models import Envelope
from cocon.funding import (
    acts,
    barred,
    envelopes,
    events,
    ledger,
    operations,
    overruns,
    queries,
    refusals,
    steps,
    transfers,
    undertakings,
)
from cocon.funding.models import Act, EnvelopeVersion
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.structure import operations as structure
from cocon.structure.refusals import CeilingsUnseen
from tests.actions.making import GRENOBLE, ISERE, REGION, axis, known, share
from tests.decisions.making import together
from tests.factories import World
from tests.funding.making import EURO, YEARS, announce, declare, envelope, promised, state
from tests.funding.test_steps import adopted

pytestmark = pytest.mark.template("reference")


@pytest.fixture(autouse=True)
def unsigned(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the checkpoints to the worker."""
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def fiche(world: World, number: int = 1, title: str = "Recycleries") -> Action:
    """A fiche of that axis, shared by the Région."""
    return share(world.actor("representative", REGION), number, title=title, costs={2014: 100_000 * EURO})


def of_axis(actor: Actor, amount: int, number: int = 1, year: int = 2014, *, hard: bool = True) -> Any:
    """Declare the envelope of an axis, as a ceiling unless told."""
    return operations.declare_envelope(
        actor, envelope(actor, year), amount=amount, hard=hard, axis_id=axis(number).id, reason="Arbitrage."
    )


def row(actor: Actor, number: int | None = None, year: int = 2014) -> ledger.Row:
    """A line of the table of the actor's partner."""
    db.session.rollback()
    return next(one for one in ledger.rows(actor.partner_id) if (one.year, one.axis) == (year, number))


def known_envelope(actor: Actor, number: int | None = None, year: int = 2014) -> Envelope:
    """An envelope of the actor's partner."""
    found = row(actor, number, year).id
    if found is None:
        raise StopIteration
    return db.session.get_one(Envelope, found)


def transfer(actor: Actor, source: Envelope, target: Envelope, amount: int, **more: Any) -> Any:
    """Move an amount."""
    facts = {"target_id": target.id, "amount": amount, "reason": "Report.", **more}
    return transfers.transfer_envelope(actor, source, **facts)


def refused(refusal: type[Refusal], act: Callable[[], Any]) -> Refusal:
    """The refusal of an act that leaves no trace."""
    before = (*state(), versions())
    with pytest.raises(refusal) as caught:
        act()
    assert (*state(), versions()) == before
    return caught.value


def versions() -> list[tuple[int, int | None, int, bool, str | None]]:
    """Every version of every envelope."""
    db.session.rollback()
    columns = (EnvelopeVersion.number, EnvelopeVersion.former, EnvelopeVersion.amount, EnvelopeVersion.hard)
    found = db.session.execute(select(*columns, EnvelopeVersion.reason).order_by(EnvelopeVersion.id))
    return [tuple(one) for one in found]


def test_an_amount_counts_in_its_axis_and_in_the_whole_year(world: World, grenoble: Actor) -> None:
    first, second = fiche(world, 1), fiche(world, 2)
    declare(grenoble, 1_000)
    of_axis(grenoble, 600)
    announce(grenoble, first, 600)
    refusal = refused(barred.AxisEnvelopeExceeded, lambda: announce(grenoble, first, 601))
    assert "l’axe 1" in str(refusal)
    assert "0,00" in str(refusal)
    announce(grenoble, second, 400)
    refused(refusals.EnvelopeExceeded, lambda: announce(grenoble, second, 401))
    assert [row(grenoble, number).left for number in (None, 1)] == [0, 0]
    assert row(grenoble, 2).amount is None
    assert row(grenoble, 2).promised == 400


def test_the_axis_of_another_year_or_partner_binds_nothing(world: World, grenoble: Actor) -> None:
    action, isere = fiche(world), world.actor("representative", ISERE)
    of_axis(grenoble, 100, year=2015)
    of_axis(isere, 100)
    announce(grenoble, action, 500)
    refused(barred.AxisEnvelopeExceeded, lambda: announce(grenoble, action, 101, 2015))


def test_an_indicative_axis_is_told_and_refuses_nothing(world: World, grenoble: Actor) -> None:
    of_axis(grenoble, 100, hard=False)
    announce(grenoble, fiche(world), 150)
    assert (row(grenoble, 1).over, row(grenoble, 1).left) == (50, -50)


def test_a_ceiling_of_an_axis_is_not_cut_below_its_promises(world: World, grenoble: Actor) -> None:
    announce(grenoble, fiche(world, 1), 500)
    announce(grenoble, fiche(world, 2), 300)
    refusal = refused(refusals.EnvelopeBelowPromises, lambda: of_axis(grenoble, 499))
    assert "annoncées pour l’axe 1 en 2014 s’élèvent déjà à 5,00\u00a0€" in str(refusal)
    of_axis(grenoble, 500)


def test_what_is_no_money_holds_no_axis(world: World, grenoble: Actor) -> None:
    of_axis(grenoble, 100)
    operations.announce_contribution(grenoble, fiche(world), year=2014, amount=5_000, form="in_kind")
    assert row(grenoble, 1).promised == 0


def test_a_vote_that_gives_more_stays_within_the_axis(world: World, grenoble: Actor) -> None:
    action = adopted(world)
    announce(grenoble, action, 500)
    of_axis(grenoble, 600)
    vote = acts.record_act(
        grenoble,
        None,
        kind="deliberation",
        number="D1",
        title="Subventions",
        adopted_on=clock.today(),
        assembly="Conseil municipal",
    ).subject.id

    def take(step: str, amount: int, **more: Any) -> Any:
        taken = steps.Taken(amount=amount, taken_on=clock.today(), **more)
        return steps.take_step(grenoble, known(action.id), year=2014, step=step, taken=taken)

    take("inscribed", 500)
    refused(barred.AxisEnvelopeExceeded, lambda: take("voted", 601, act_id=vote, raising=True))
    take("voted", 600, act_id=vote, raising=True)
    assert row(grenoble, 1).sums == {
        "promised": 600,
        "inscribed": 600,
        "voted": 600,
        "contracted": 0,
        "engaged": 0,
        "paid": 0,
    }


def test_a_fiche_that_changes_axis_is_told_and_the_next_increase_refused(world: World, grenoble: Actor) -> None:
    """The secretariat is not held by a partner's ceiling that it has seen: the fiche moves, the ceiling is exceeded."""
    action = fiche(world, 1)
    of_axis(grenoble, 100, number=2)
    announce(grenoble, action, 500)
    office, where = world.actor("secretariat", REGION), {"axis_id": axis(2).id, "reason": "Relève de l’axe 2."}
    refused(CeilingsUnseen, lambda: structure.move_action(office, known(action.id), **where))
    with pytest.MonkeyPatch.context() as meanwhile:  # who funds it only since the envelopes were locked
        meanwhile.setattr(overruns, "lock_envelopes", lambda action_id: frozenset[str]())
        refused(Outdated, lambda: structure.move_action(office, known(action.id), **where))
    seen = [one.mark for one in overruns.of_move(action.id, axis(2).id)]
    assert seen == ["ville-grenoble.2014.400"]
    structure.move_action(office, known(action.id), **where, seen=seen)
    assert (row(grenoble, 2).promised, row(grenoble, 2).over) == (500, 400)
    refused(barred.AxisEnvelopeExceeded, lambda: announce(grenoble, known(action.id), 501))
    lower = {"year": 2014, "amount": 90, "reason": "Plafond."}
    operations.lower_contribution(grenoble, known(action.id), **lower)
    announce(grenoble, known(action.id), 100)
    assert row(grenoble, 2).left == 0


def test_only_what_a_ceiling_of_that_axis_and_year_does_not_hold_is_told(world: World, grenoble: Actor) -> None:
    action, there = fiche(world, 1), fiche(world, 2, "Déjà là")
    isere = world.actor("representative", ISERE)
    for year in YEARS[:2]:
        announce(grenoble, action, 500, year)
        announce(isere, action, 300, year)
    operations.announce_contribution(grenoble, action, year=2016, amount=900, form="in_kind")
    announce(grenoble, there, 200)
    of_axis(grenoble, 650, number=2)
    of_axis(grenoble, 500, number=2, year=2015)
    of_axis(grenoble, 1, number=2, year=2016)
    of_axis(isere, 299, number=2, hard=False)
    of_axis(isere, 1, number=3)
    db.session.rollback()
    [found] = overruns.of_move(action.id, axis(2).id)
    assert (found.partner.key, found.year, found.ceiling, found.there, found.brought, found.over) == (
        *(GRENOBLE, 2014, 650, 200, 500, 50),
    )
    office, seen = world.actor("secretariat", REGION), [found.mark]
    announce(grenoble, known(there.id), 210)  # meanwhile
    refused(
        CeilingsUnseen,
        lambda: structure.move_action(office, known(action.id), axis_id=axis(2).id, reason="Axe 2.", seen=seen),
    )
    assert overruns.of_move(action.id, axis(1).id) == []


def test_every_declaration_is_a_version(world: World, grenoble: Actor) -> None:
    act = acts.record_act(
        grenoble, None, kind="decision", number="1", title="Budget", adopted_on=clock.today()
    ).subject.id
    whole = envelope(grenoble)
    operations.declare_envelope(grenoble, whole, amount=500, hard=False, act_id=act)
    refused(barred.EnvelopeReasonNeeded, lambda: operations.declare_envelope(grenoble, whole, amount=400, hard=True))
    operations.declare_envelope(grenoble, whole, amount=400, hard=True, reason=" Budget réduit. ")
    assert versions() == [(1, None, 500, False, None), (2, 500, 400, True, "Budget réduit.")]
    db.session.rollback()
    newest, first = ledger.changes(grenoble.partner_id or "").lines
    assert (newest.difference, first.difference) == (-100, None)
    assert (first.act.id if first.act else None, first.version.mandate_id) == (act, grenoble.mandate_id)
    with pytest.raises(refusals.ActInUse):
        acts.withdraw_act(grenoble, db.session.get_one(Act, act), reason="Erreur.")


def test_anothers_act_proves_nothing(world: World, grenoble: Actor) -> None:
    isere = world.actor("representative", ISERE)
    act = acts.record_act(isere, None, kind="decision", number="1", title="Budget", adopted_on=clock.today())
    facts = {"amount": 500, "hard": False, "act_id": act.subject.id}
    refused(Forbidden, lambda: operations.declare_envelope(grenoble, envelope(grenoble), **facts))


def test_a_colleagues_declaration_is_not_overwritten(grenoble: Actor) -> None:
    of_axis(grenoble, 500)
    facts = {"amount": 700, "hard": True, "axis_id": axis(1).id}
    refused(Outdated, lambda: operations.declare_envelope(grenoble, envelope(grenoble), revision=0, **facts))
    operations.declare_envelope(grenoble, envelope(grenoble), revision=1, **facts)


def test_an_axis_of_no_contract_is_refused(grenoble: Actor) -> None:
    facts = {"amount": 700, "hard": True, "axis_id": "00000000-0000-7000-8000-000000000000"}
    refused(barred.AxisOutside, lambda: operations.declare_envelope(grenoble, envelope(grenoble), **facts))


def test_a_transfer_keeps_the_sum_and_both_versions(grenoble: Actor) -> None:
    for year, amount in ((2014, 1_000), (2015, 200)):
        declare(grenoble, amount, year, hard=year == 2014)
    source, target = known_envelope(grenoble), known_envelope(grenoble, year=2015)
    event = transfer(grenoble, source, target, 300)
    assert event.facts() == {"year": 2014, "axis": None, "target_year": 2015, "target_axis": None, "amount": 300}
    assert [row(grenoble, year=year).amount for year in (2014, 2015)] == [700, 500]
    assert [row(grenoble, year=year).hard for year in (2014, 2015)] == [True, False]
    assert versions()[2:] == [(2, 1_000, 700, True, "Report."), (2, 200, 500, False, "Report.")]
    db.session.rollback()
    kept = {one.version.amount: one.other for one in ledger.changes(grenoble.partner_id or "").lines if one.other}
    assert {amount: other.year for amount, other in kept.items()} == {700: 2015, 500: 2014}


def test_what_no_transfer_may_do(world: World, grenoble: Actor) -> None:
    declare(grenoble, 1_000)
    declare(grenoble, 200, 2015)
    of_axis(grenoble, 50)
    announce(grenoble, fiche(world, 2), 600)
    whole, later, part = known_envelope(grenoble), known_envelope(grenoble, year=2015), known_envelope(grenoble, 1)
    refusal = refused(barred.TransferBelowPromises, lambda: transfer(grenoble, whole, later, 401))
    assert "4,00" in str(refusal)
    refused(barred.TransferTooLarge, lambda: transfer(grenoble, later, whole, 201))
    refused(barred.UnlikeEnvelopes, lambda: transfer(grenoble, whole, part, 1))
    refused(barred.SameEnvelope, lambda: transfer(grenoble, whole, whole, 1))
    refused(barred.TransferAmountNeeded, lambda: transfer(grenoble, whole, later, 0))
    refused(barred.TransferReasonNeeded, lambda: transfer(grenoble, whole, later, 1, reason=" "))
    undeclared = envelope(grenoble, 2016)
    assert refused(barred.EnvelopeUndeclared, lambda: transfer(grenoble, whole, undeclared, 1)).field == "target"
    assert refused(barred.EnvelopeUndeclared, lambda: transfer(grenoble, undeclared, whole, 1)).field == "source"
    stale = transfers.revision_of(grenoble.partner_id or "") - 1
    refused(Outdated, lambda: transfer(grenoble, whole, later, 1, revision=stale))
    isere = world.actor("representative", ISERE)
    declare(isere, 10)
    refused(Forbidden, lambda: transfer(grenoble, whole, known_envelope(isere), 1))
    refused(Forbidden, lambda: transfer(isere, whole, known_envelope(isere), 1))
    transfer(grenoble, whole, later, 400)


@pytest.mark.parametrize("role", ["reader", "contributor", "secretariat"])
def test_who_may_not_transfer(world: World, grenoble: Actor, role: str) -> None:
    declare(grenoble, 1_000)
    declare(grenoble, 200, 2015)
    source, target = known_envelope(grenoble), known_envelope(grenoble, year=2015)
    actor = world.actor(role, GRENOBLE)
    refused(Forbidden, lambda: transfer(actor, source, target, 1))


def at_once(actor: Actor, source: str, target: str) -> Any:
    """Move two euros, in a session of one's own."""
    return transfer(actor, db.session.get_one(Envelope, source), db.session.get_one(Envelope, target), 200)


def three_years(world: World, grenoble: Actor) -> tuple[str, list[str]]:
    """Three ceilings of ten euros, half of the first promised: it, and the others."""
    announce(grenoble, fiche(world), 500)
    for year in YEARS:
        declare(grenoble, 1_000, year)
    first, *others = [str(row(grenoble, year=year).id) for year in YEARS]
    return first, others


def test_two_transfers_at_once_never_break_a_ceiling(in_app: Flask, world: World, grenoble: Actor) -> None:
    source, targets = three_years(world, grenoble)
    answers = together(in_app, *((lambda t=target: at_once(grenoble, source, t)) for target in targets * 3))
    done = [one for one in answers if isinstance(one, undertakings.EnvelopeTransferred)]
    full = [one for one in answers if isinstance(one, barred.TransferBelowPromises)]
    assert (len(done), len(full)) == (2, 4), answers
    assert row(grenoble).amount == 600
    assert sum(row(grenoble, year=year).amount or 0 for year in YEARS) == 3_000


def test_checking_before_the_lock_breaks_it(
    in_app: Flask, world: World, grenoble: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what each transfer would leave, checked before any of them writes, is not what they leave."""
    source, targets = three_years(world, grenoble)
    monkeypatch.setattr(transfers, "_demand_room", lambda *_facts: None)
    meeting = Barrier(4)

    def naive(target: str) -> Any:
        free = (row(grenoble).amount or 0) - queries.promised(grenoble.partner_id or "", 2014)
        db.session.rollback()
        meeting.wait(timeout=30)
        if free < 200:
            raise barred.TransferBelowPromises(500, free)
        return at_once(grenoble, source, target)

    answers = together(in_app, *((lambda t=target: naive(t)) for target in targets * 2))
    assert all(isinstance(one, undertakings.EnvelopeTransferred) for one in answers), answers
    assert (row(grenoble).amount or 0) < promised(grenoble)


def test_a_new_ceiling_of_an_axis_binds_who_was_waiting(in_app: Flask, world: World, grenoble: Actor) -> None:
    """The envelope of an axis did not exist when the others began to wait for the lock."""
    fiches = [fiche(world, title=f"Fiche {number}").id for number in range(5)]
    for year in YEARS:
        writers = [lambda f=one, y=year: announce(grenoble, known(f), 100, y) for one in fiches]
        answers = together(in_app, lambda y=year: of_axis(grenoble, 200, year=y), *writers)
        declared, *written = answers
        total = sum(isinstance(one, events.ContributionAnnounced) for one in written) * 100
        assert row(grenoble, 1, year).promised == total
        if isinstance(declared, events.EnvelopeDeclared):
            assert total == 200, answers
        else:
            assert isinstance(declared, refusals.EnvelopeBelowPromises), answers
            assert total > 200


#: What a partner may do to its envelopes: which, of which year, by how much.
WALK = st.lists(
    st.tuples(
        st.sampled_from(("declare", "soften", "transfer", "announce")),
        st.sampled_from((None, 1, 2)),
        st.sampled_from((2014, 2015)),
        st.integers(0, 6),
    ),
    min_size=4,
    max_size=12,
)


def act_on(grenoble: Actor, fiches: dict[int, str], kind: str, number: int | None, year: int, units: int) -> int:
    """Do it if it may be; what it adds to the sum of envelopes."""
    before = total(grenoble)
    try:
        if kind in ("declare", "soften"):
            hard = kind == "declare"
            axis_id = axis(number).id if number else None
            operations.declare_envelope(
                grenoble, envelope(grenoble, year), amount=units * 100, hard=hard, axis_id=axis_id, reason="Arbitrage."
            )
            return total(grenoble) - before
        if kind == "announce":
            cell = {"year": year, "amount": units * 50}
            found = queries.own_share(fiches[number or 1], grenoble.partner_id or "", year)
            assert found is not None
            operations.set_amount(grenoble, found[0], operations.Cell(former=found[1].amount, **cell), "Arbitrage.")
        else:
            source, target = known_envelope(grenoble, number, year), known_envelope(grenoble, number, 4029 - year)
            transfer(grenoble, source, target, units * 50)
    except (Refusal, StopIteration):
        db.session.rollback()
    return 0


def total(actor: Actor) -> int:
    """The sum of all envelopes of the partner."""
    db.session.rollback()
    return int(db.session.scalar(select(func.sum(Envelope.amount)).where(Envelope.partner_id == actor.partner_id)) or 0)


@pytest.mark.engines("sqlite")
@settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(walk=WALK)
def test_whatever_the_walk_sums_are_kept_and_no_ceiling_is_exceeded(
    world: World, grenoble: Actor, walk: list[tuple[str, int | None, int, int]]
) -> None:
    fiches = {number: fiche(world, number, "Une fiche").id for number in (1, 2)}
    expected = total(grenoble)
    for kind, number, year, units in walk:
        expected += act_on(grenoble, fiches, kind, number, year, units)
        assert total(grenoble) == expected
        rows = ledger.rows(grenoble.partner_id)
        assert [one for one in rows if one.hard and one.over] == []
        assert all(one.amount is None or one.amount >= 0 for one in rows)
    for one in ledger.changes(grenoble.partner_id or "").lines:
        assert one.difference is None or one.version.amount == (one.version.former or 0) + one.difference
    assert envelopes.axis_number(axis(1).id) == 1
