"""What a partner tries before it promises: its effects, its one act, and that nobody else ever meets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit import operation
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.funding import barred, operations, overruns, queries, refusals, simulations, trying, undertakings
from cocon.funding.models import Simulation
from cocon.funding.simulations import Tried
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.structure import operations as structure
from tests.actions.making import GRENOBLE, ISERE, REGION, axis, known, share, signed_in
from tests.decisions.making import together
from tests.factories import World
from tests.funding.making import EURO, announce, declare, envelope, lines, state

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2015-03-03")]

COSTS = {2014: 1_000 * EURO, 2015: 1_000 * EURO}


@pytest.fixture(autouse=True)
def unsigned(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the checkpoints to the worker; the application comes first, for it is what asks for them."""
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


@pytest.fixture
def fiches(world: World) -> list[Action]:
    """Two fiches of two axes."""
    region = world.actor("representative", REGION)
    return [share(region, number, title=f"Fiche {number}", costs=COSTS) for number in (1, 2)]


def cell(actor: Actor, action: Action, amount: int, year: int = 2014) -> Tried:
    """An amount tried on what is promised now."""
    found = queries.own_share(action.id, actor.partner_id or "", year)
    assert found is not None
    now = found[1]
    return Tried(action_id=action.id, nature="operating", year=year, amount=amount, former=now.amount, revision=now.rev)


def begun(actor: Actor, *cells: Tried, name: str = "Hypothèse basse") -> Simulation:
    """A simulation of the actor's partner."""
    made = simulations.start(actor, name=name)
    return simulations.save(actor, made, name=name, cells=cells, revision=1)


def left() -> tuple[Any, ...]:
    """All that an act may change, with what is tried."""
    return (*state(), db.session.execute(select(Simulation.revision, Simulation.closed_at)).all())


def refused(refusal: type[Refusal], act: Callable[[], Any]) -> Refusal:
    """The refusal of an act that leaves no trace."""
    before = left()
    with pytest.raises(refusal) as caught:
        act()
    assert left() == before
    return caught.value


def test_trying_changes_nothing_and_leaves_no_entry(grenoble: Actor, fiches: list[Action]) -> None:
    announce(grenoble, fiches[0], 100)
    before = state()
    made = begun(grenoble, cell(grenoble, fiches[0], 300), cell(grenoble, fiches[1], 50))
    assert state() == before
    assert [one.amount for one in simulations.tried(made)] == [300, 50]
    refused(Outdated, lambda: simulations.drop(grenoble, made, revision=made.revision + 1))
    simulations.drop(grenoble, made, revision=made.revision)
    assert state() == before
    assert db.session.scalar(select(func.count()).select_from(Simulation)) == 0


def test_effects_on_gaps_and_envelopes(world: World, grenoble: Actor, fiches: list[Action]) -> None:
    announce(grenoble, fiches[0], 400)
    announce(world.actor("representative", ISERE), fiches[0], 100)
    declare(grenoble, 500)
    operations.declare_envelope(grenoble, envelope(grenoble), amount=450, hard=False, axis_id=axis(1).id)
    tried = [cell(grenoble, fiches[0], 460), cell(grenoble, fiches[1], 50)]
    db.session.rollback()
    found = trying.trial(grenoble.partner_id or "", tried)
    first, second = found.fiches
    assert (first.now.planned[2014], first.then.planned[2014]) == (500, 560)
    assert (first.now.missing(2014), first.then.missing(2014)) == (1_000 * EURO - 500, 1_000 * EURO - 560)
    assert (second.now.total_planned, second.then.total_planned) == (0, 50)
    shown = {(one.now.year, one.now.axis): (one.now.left, one.then.left, one.refused) for one in found.envelopes}
    assert shown[2014, None] == (100, -10, True)
    assert shown[2014, 1] == (50, -10, False), "an indicative envelope refuses nothing"
    assert shown[2015, None] == (None, None, False)


def test_turning_it_into_intentions_is_one_act(grenoble: Actor, fiches: list[Action]) -> None:
    """Reduced amounts make room: the ceiling is full before and after."""
    announce(grenoble, fiches[0], 500)
    declare(grenoble, 500)
    made = begun(grenoble, cell(grenoble, fiches[1], 300), cell(grenoble, fiches[0], 200))
    before = db.session.scalar(select(func.max(LogEntry.seq))) or 0
    event = simulations.apply_simulation(grenoble, made, reason="Arbitrage.", revision=2)
    assert (event.kind, event.count) == ("funding.simulation-applied", 2)
    assert [line[:2] for line in lines()] == [(2014, 200), (2014, 300)]
    kinds = db.session.scalars(select(LogEntry.kind).where(LogEntry.seq > before).order_by(LogEntry.seq)).all()
    assert kinds == [
        "funding.contribution-lowered",
        "funding.contribution-announced",
        "funding.simulation-applied",
    ]
    bodies = db.session.scalars(select(LogEntry.body).where(LogEntry.seq > before)).all()
    assert not any("basse" in body for body in bodies)
    db.session.rollback()
    refused(barred.SimulationClosed, lambda: simulations.apply_simulation(grenoble, made, reason="Arbitrage."))
    refused(barred.SimulationClosed, lambda: simulations.save(grenoble, made, name="x", cells=[]))
    refused(barred.SimulationClosed, lambda: simulations.drop(grenoble, made))
    assert verify().ok


def test_all_or_none(grenoble: Actor, fiches: list[Action]) -> None:
    declare(grenoble, 500)
    made = begun(grenoble, cell(grenoble, fiches[0], 300), cell(grenoble, fiches[1], 201))
    refusal = refused(refusals.EnvelopeExceeded, lambda: simulations.apply_simulation(grenoble, made))
    assert isinstance(refusal.cell, Tried)
    assert refusal.cell.action_id == fiches[1].id
    assert str(refusal).startswith("Fiche 2.01, 2014, en numéraire, fonctionnement\u00a0: Il reste 2,00\u00a0€ dans")
    assert lines() == []


def test_what_would_be_exceeded_and_what_is_refused_are_told_in_words(app: Flask) -> None:
    """Of axes as of years; the fiche and the line of what applying refuses are named."""
    world = World()
    with app.app_context():
        grenoble, region = (world.actor("representative", key) for key in (GRENOBLE, REGION))
        tried = [share(region, number, title=f"Fiche {number}", costs=COSTS) for number in (1, 2)]
        declare(grenoble, 1_000)
        for number, hard in ((1, False), (2, True)):
            operations.declare_envelope(grenoble, envelope(grenoble), amount=100, hard=hard, axis_id=axis(number).id)
        made = begun(grenoble, cell(grenoble, tried[0], 130), cell(grenoble, tried[1], 170)).id
        author = str(grenoble.person_name)
        row = db.session.execute(select(Simulation.__table__)).one()
        assert not any(author in str(value) for value in row), "the name is the person's alone"
    browser = signed_in(app, world, grenoble)
    assert f"enregistrée par {author}" in browser.get("/simulations").words()
    url = f"/simulations/{made}"
    for page in (browser.get(url), browser.get(f"{url}/transformer")):
        said = page.words("main")
        assert "Le plafond 2014, axe 2 serait dépassé de 0,70 € : l’annonce serait refusée." in said
        assert "L’enveloppe 2014, axe 1, indicative, serait dépassée de 0,30 €." in said
        assert "2014 serait dépassé" not in said
    page = browser.submit(f"{url}/transformer", {}, status=409)
    assert "Fiche 2.01, 2014, en numéraire, fonctionnement : Il reste 1,00 € dans l’enveloppe 2014" in page.words(
        "#erreurs"
    )


def test_the_fiches_to_add_are_in_the_order_of_codes(world: World, fiches: list[Action]) -> None:
    region = world.actor("representative", REGION)
    more = [share(region, number, title="Autre", costs=COSTS) for number in (2, 1)]
    ids = [fiches[0].id, more[1].id, fiches[1].id, more[0].id]
    codes = db.session.scalars(select(Action.code).where(Action.id.in_(ids))).all()
    assert [called.split("\u00a0")[0] for _id, called in trying.open_fiches()] == sorted(codes)


def test_the_ceiling_of_an_axis_is_checked_too(grenoble: Actor, fiches: list[Action]) -> None:
    operations.declare_envelope(grenoble, envelope(grenoble), amount=100, hard=True, axis_id=axis(2).id)
    made = begun(grenoble, cell(grenoble, fiches[0], 300), cell(grenoble, fiches[1], 101))
    refused(barred.AxisEnvelopeExceeded, lambda: simulations.apply_simulation(grenoble, made))


def test_nothing_is_raised_under_a_ceiling_exceeded_already(
    world: World, grenoble: Actor, fiches: list[Action]
) -> None:
    """A fiche that moved made the axis exceed it: less on one fiche does not let another have more."""
    announce(grenoble, fiches[0], 150)
    announce(grenoble, fiches[1], 20)
    operations.declare_envelope(grenoble, envelope(grenoble), amount=100, hard=True, axis_id=axis(2).id)
    office = world.actor("secretariat", REGION)
    seen = [one.mark for one in overruns.of_move(fiches[0].id, axis(2).id)]
    structure.move_action(office, known(fiches[0].id), axis_id=axis(2).id, reason="x", seen=seen)
    tried = [cell(grenoble, fiches[0], 120), cell(grenoble, fiches[1], 30)]
    db.session.rollback()
    [pinch] = [one for one in trying.trial(grenoble.partner_id or "", tried).envelopes if one.now.axis == 2]
    assert (pinch.grows, pinch.exceeded, pinch.refused) == (False, True, True)
    made = begun(grenoble, *tried)
    refused(barred.AxisEnvelopeExceeded, lambda: simulations.apply_simulation(grenoble, made, reason="Moins."))
    [lowered] = [one for one in trying.trial(grenoble.partner_id or "", tried[:1]).envelopes if one.now.axis == 2]
    assert not lowered.refused


def test_a_line_that_changed_meanwhile_is_told(grenoble: Actor, fiches: list[Action]) -> None:
    tried = cell(grenoble, fiches[0], 300)
    made = begun(grenoble, tried, cell(grenoble, fiches[1], 10))
    announce(grenoble, fiches[0], 250)
    db.session.rollback()
    found = trying.trial(grenoble.partner_id or "", simulations.tried(made))
    assert [found.stale(one.key) for one in simulations.tried(made)] == [True, False]
    refusal = refused(Outdated, lambda: simulations.apply_simulation(grenoble, made))
    assert refusal.cell == tried
    again = simulations.save(
        grenoble, made, name="x", cells=[cell(grenoble, fiches[0], 300), cell(grenoble, fiches[1], 10)]
    )
    simulations.apply_simulation(grenoble, again)


def test_reducing_says_why(grenoble: Actor, fiches: list[Action]) -> None:
    announce(grenoble, fiches[0], 500)
    made = begun(grenoble, cell(grenoble, fiches[0], 0))
    refused(refusals.ReasonNeeded, lambda: simulations.apply_simulation(grenoble, made))
    simulations.apply_simulation(grenoble, made, reason="Arbitrage.")
    assert [line[1:3] for line in lines()] == [(0, "withdrawn")]


def test_nothing_tried_and_a_fiche_that_ended(world: World, grenoble: Actor, fiches: list[Action]) -> None:
    empty = begun(grenoble)
    refused(barred.NothingTried, lambda: simulations.apply_simulation(grenoble, empty))
    made = begun(grenoble, cell(grenoble, fiches[0], 10))
    actions.withdraw_action(world.actor("representative", REGION), known(fiches[0].id), reason="Sans suite.")
    assert fiches[0].code in str(refused(barred.FicheEnded, lambda: simulations.apply_simulation(grenoble, made)))


def test_a_colleagues_save_is_not_overwritten(world: World, grenoble: Actor) -> None:
    made = begun(grenoble)
    refused(Outdated, lambda: simulations.save(grenoble, made, name="x", cells=[], revision=1))
    refused(Outdated, lambda: simulations.apply_simulation(grenoble, made, revision=1))
    simulations.save(world.actor("contributor", GRENOBLE), made, name="x", cells=[], revision=2)


def test_who_may(world: World, grenoble: Actor, fiches: list[Action]) -> None:
    made = begun(grenoble, cell(grenoble, fiches[0], 10))
    strangers = [world.actor("representative", ISERE), world.actor("auditor")]
    for actor in strangers:
        assert simulations.find(actor, made.id) is None
        assert simulations.of_partner(actor) == []
    people = [*strangers, *(world.actor(role, GRENOBLE) for role in ("contributor", "reader", "secretariat"))]
    for actor in people:
        refused(Forbidden, lambda a=actor: simulations.apply_simulation(a, made))  # type: ignore[misc]
    for actor in [world.actor("reader", GRENOBLE), world.actor("secretariat", GRENOBLE), world.actor("auditor")]:
        refused(Forbidden, lambda a=actor: simulations.start(a, name="x"))  # type: ignore[misc]
        refused(Forbidden, lambda a=actor: simulations.drop(a, made))  # type: ignore[misc]
    refused(barred.SimulationClosed, lambda: simulations.drop(strangers[0], made))
    assert [one.id for one in simulations.of_partner(world.actor("contributor", GRENOBLE))] == [made.id]


def test_a_partner_keeps_a_few(grenoble: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "MOST", 1)
    begun(grenoble)
    refused(barred.TooManySimulations, lambda: simulations.start(grenoble, name="Une de trop"))


def test_applied_twice_at_once_counts_once(in_app: Flask, grenoble: Actor, fiches: list[Action]) -> None:
    made = begun(grenoble, cell(grenoble, fiches[0], 10), cell(grenoble, fiches[1], 20))
    identity = made.id

    def apply() -> Any:
        found = simulations.find(grenoble, identity)
        assert found is not None
        return simulations.apply_simulation(grenoble, found)

    answers = together(in_app, *[apply] * 4)
    done = [one for one in answers if isinstance(one, undertakings.SimulationApplied)]
    assert len(done) == 1, answers
    assert all(isinstance(one, undertakings.SimulationApplied | barred.SimulationClosed) for one in answers), answers
    assert [line[1] for line in lines()] == [10, 20]


SECRET, CENTS = "kanari-simulation", 87_654_321_09
#: What anybody who is no writer of the partner may open of its money, and its exports.
PAGES = (
    *("/espace", "/actions", "/financement", "/enveloppes", "/enveloppes/ville-grenoble", "/actes", "/audit", "/plan"),
    *("/partenaires/ville-grenoble", "/financement/export.csv", "/donnees/subventions.csv", "/donnees/", "/contrat"),
)


def test_nobody_else_ever_meets_a_simulation(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name and its amounts, sought in whatever others open; its own writers find them, as a control."""
    world = World()
    with app.app_context():
        grenoble = world.actor("representative", GRENOBLE)
        action = share(world.actor("representative", REGION), title="Recycleries", costs=COSTS)
        announce(grenoble, action, 100)
        made = begun(grenoble, replace(cell(grenoble, action, 100), amount=CENTS), name=SECRET)
        own, addresses = f"/simulations/{made.id}", [*PAGES, *(f"/actions/{action.id}{below}" for below in BELOW)]
        people = [world.actor(role, ISERE) for role in ("representative", "contributor")]
        people += [world.actor("secretariat", REGION), world.actor("auditor"), world.actor("admin")]
        people += [world.actor("reader", GRENOBLE)]
        author = world.actor("contributor", GRENOBLE)
    for person in people:
        browser = signed_in(app, world, person)
        for address in addresses:
            assert not leaks(browser.http.get(address).get_data(as_text=True)), (person.role, address)
        for address in (own, f"{own}/transformer", "/simulations"):
            answer = browser.http.get(address)
            assert not leaks(answer.get_data(as_text=True)), (person.role, address)
            assert answer.status_code == 404 or address == "/simulations", (person.role, address)
    assert leaks(signed_in(app, world, author).http.get(own).get_data(as_text=True))


BELOW = ("", "/financement", "/historique", "/versions", "/discussion", "/financement/export.csv")


def leaks(text: str) -> bool:
    """Whether the name or the amount is said, however the amount is written."""
    return SECRET in text or str(CENTS)[:-2] in re.sub(r"[\s\u00a0\u202f.]", "", text)
