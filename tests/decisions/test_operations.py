"""Opening, answering, pronouncing: what is written, and what is refused with nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions.models import Action
from cocon.actions.refusals import MoveRefused
from cocon.actions.transitions import move
from cocon.audit.models import LogEntry
from cocon.contracts.models import Contract
from cocon.contracts.refusals import WindowClosed
from cocon.decisions import locks, operations, queries, refusals
from cocon.decisions.models import Consultation, Position, Seat
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.partners import operations as partners
from cocon.partners.queries import partners as all_partners
from tests.actions.making import GRENOBLE, REGION, close, count, known
from tests.decisions.making import (
    DEADLINE,
    after_closing,
    again,
    answer,
    consult,
    everybody,
    fiche,
    grenoble,
    isere,
    kinds,
    newest,
    office,
    pronounce,
    revise,
)
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


def refused(refusal: type[Refusal], act: Callable[[], Any]) -> Refusal:
    """The refusal of an act that leaves no trace."""

    def state() -> list[Any]:
        models = (Consultation, Seat, Position, Action)
        rows = sorted((row.id, row.rev) for model in models for row in db.session.scalars(select(model)))
        # Who acts may be made on the way.
        return [rows, db.session.scalars(select(LogEntry.seq).where(~LogEntry.kind.startswith("partners."))).all()]

    before = state()
    with pytest.raises(refusal) as caught:
        act()
    assert state() == before
    return caught.value


def entry(subject: str) -> dict[str, Any]:
    """The body of the last entry about something."""
    body = db.session.scalars(select(LogEntry.body).where(LogEntry.subject == subject).order_by(LogEntry.seq)).all()[-1]
    found: dict[str, Any] = json.loads(body)
    return found


def test_opening_freezes_the_text_the_roster_and_the_deadline(world: World) -> None:
    action = fiche(world)
    event = operations.open_consultation(office(world), action, deadline=DEADLINE, question="Qui couvre le reste ?")
    consultation = newest(action.id)
    assert (consultation.number, consultation.version, consultation.outcome) == ("2014-01", 1, None)
    assert consultation.deadline == datetime(2014, 1, 20, 22, 59, 59, tzinfo=UTC)
    assert consultation.question == "Qui couvre le reste ?"
    keys = [partner.key for partner in all_partners()]
    assert [seat.partner.key for seat in consultation.seats] == keys
    assert len(keys) == 20
    assert {seat.position for seat in consultation.seats} == {None}
    assert (known(action.id).maturity, known(action.id).decision, known(action.id).progress) == (
        "submitted",
        "open",
        None,
    )
    assert event.facts() == {
        "action_code": "1.01",
        "number": "2014-01",
        "version": 1,
        "deadline": "2014-01-20T22:59:59.000000Z",
        "roster_count": 20,
        "roster": keys,
        "action": action.id,
    }
    assert (event.subject.type, event.subject.id, event.subject.version) == ("consultation", consultation.id, 1)
    assert (event.about, event.audience, event.phase, event.formal) == (action.id, None, "decision", False)
    assert "reste" not in json.dumps(entry(consultation.id))


def test_a_summer_deadline_is_the_end_of_the_day_in_paris(world: World) -> None:
    consultation = consult(world, deadline=date(2014, 7, 1))
    assert consultation.deadline == datetime(2014, 7, 1, 21, 59, 59, tzinfo=UTC)


def test_an_earlier_version_can_be_consulted_on(world: World) -> None:
    action = fiche(world)
    revise(action.id, world.actor("representative", REGION))
    assert consult(world, known(action.id), version=1).version == 1
    assert known(action.id).version == 2


def test_opening_is_refused(world: World) -> None:
    action = fiche(world)
    opening = operations.open_consultation
    refused(refusals.UnknownVersion, lambda: opening(office(world), action, deadline=DEADLINE, version=2))
    refused(refusals.UnknownVersion, lambda: opening(office(world), action, deadline=DEADLINE, version=0))
    refused(refusals.DeadlinePassed, lambda: opening(office(world), action, deadline=date(2014, 1, 5)))
    for absurd in (date(2016, 1, 7), date(9999, 12, 31)):
        refused(refusals.DeadlineTooFar, lambda day=absurd: opening(office(world), action, deadline=day))  # type: ignore[misc]
    for actor in (grenoble(world), world.actor("representative", REGION), world.actor("auditor"), SYSTEM):
        refused(Forbidden, lambda actor=actor: opening(actor, action, deadline=DEADLINE))  # type: ignore[misc]
    consult(world, action)
    found = refused(refusals.AlreadyConsulted, lambda: opening(office(world), action, deadline=DEADLINE))
    assert "2014-01" in str(found)


def test_a_deadline_today_is_still_to_come(world: World) -> None:
    assert consult(world, deadline=clock.today()).open


def test_a_withdrawn_fiche_is_not_consulted_on(world: World) -> None:
    consultation = consult(world)
    with after_closing():
        pronounce(world, consultation, "withdrawn")
    action = known(consultation.action_id)
    refused(Forbidden, lambda: operations.open_consultation(office(world), action, deadline=date(2014, 3, 1)))


def test_numbers_follow_each_other_within_a_year(world: World) -> None:
    assert [consult(world, fiche(world, f"Fiche {n}")).number for n in range(3)] == ["2014-01", "2014-02", "2014-03"]
    with clock.standing_at(datetime(2014, 12, 31, 23, 30, tzinfo=UTC)):
        assert consult(world, fiche(world, "Fiche de janvier"), deadline=date(2015, 1, 31)).number == "2015-01"


def test_the_hundredth_number_of_a_year_comes_after_the_ninety_ninth(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(locks, "next_number", lambda year: f"{year}-99")
        consult(world)
    assert locks.next_number(2014) == "2014-100"
    assert consult(world, fiche(world, "La centième")).number == "2014-100"
    assert locks.next_number(2014) == "2014-101"


def test_a_position_is_taken_for_ones_own_partner(world: World) -> None:
    consultation, actor = consult(world), grenoble(world)
    event = operations.take_position(actor, consultation, stance="reserve", reason=" Préciser le reste à charge. ")
    seat = queries.seat_of(again(consultation), actor.partner_id)
    assert seat is not None
    assert seat.position is not None
    position = seat.position
    assert (position.stance, position.reason, position.number) == ("reserve", "Préciser le reste à charge.", 1)
    assert (position.mandate_id, position.partner_id) == (actor.mandate_id, actor.partner_id)
    assert event.kind == "decisions.position-taken"
    assert event.facts() == {
        "action_code": "1.01",
        "number": "2014-01",
        "version": 1,
        "stance": "reserve",
        "action": consultation.action_id,
    }
    assert (event.subject.type, event.subject.id, event.subject.version) == ("position", position.id, 1)
    assert (event.about, event.audience, event.formal) == (consultation.action_id, None, True)
    assert event.reason == "Préciser le reste à charge."
    assert "charge" not in json.dumps(entry(position.id))
    assert sum(1 for seat in again(consultation).seats if seat.position) == 1


def test_changing_a_position_is_a_new_fact(world: World) -> None:
    consultation, actor = consult(world), grenoble(world)
    first = operations.take_position(actor, consultation, stance="unfavorable", reason="Trop cher.")
    event = operations.take_position(world.actor("deputy", GRENOBLE), consultation, stance="abstention")
    assert event.kind == "decisions.position-changed"
    assert event.facts() == {
        "action_code": "1.01",
        "number": "2014-01",
        "version": 1,
        "stance": "abstention",
        "former_stance": "unfavorable",
        "action": consultation.action_id,
    }
    given = queries.positions_of(consultation.id)
    assert [(p.number, p.stance, p.reason, p.rev) for p in given] == [
        (1, "unfavorable", "Trop cher.", 1),
        (2, "abstention", None, 1),
    ]
    assert [p.id for p in given] == [first.subject.id, event.subject.id]
    seat = queries.seat_of(again(consultation), actor.partner_id)
    assert seat is not None
    assert seat.position_id == event.subject.id
    assert kinds()[-2:] == ["decisions.position-taken", "decisions.position-changed"]


def test_another_reason_is_another_position(world: World) -> None:
    consultation = consult(world)
    operations.take_position(grenoble(world), consultation, stance="reserve", reason="Préciser le coût.")
    same = {"stance": "reserve", "reason": "Préciser le coût."}
    refused(refusals.NothingChanges, lambda: operations.take_position(grenoble(world), consultation, **same))
    operations.take_position(grenoble(world), consultation, stance="reserve", reason="Préciser le calendrier.")
    operations.take_position(grenoble(world), consultation, stance="favorable")
    refused(
        refusals.NothingChanges, lambda: operations.take_position(grenoble(world), consultation, stance="favorable")
    )


def test_a_position_is_refused(world: World) -> None:
    consultation, taking = consult(world), operations.take_position
    actor = grenoble(world)
    refused(refusals.StanceNeeded, lambda: taking(actor, consultation, stance="silent"))
    refused(refusals.StanceNeeded, lambda: taking(actor, consultation, stance=""))
    refused(refusals.ReserveNeeded, lambda: taking(actor, consultation, stance="reserve"))
    refused(refusals.ReserveNeeded, lambda: taking(actor, consultation, stance="reserve", reason=" \n "))
    refused(refusals.ObjectionNeeded, lambda: taking(actor, consultation, stance="unfavorable"))
    close(world, "deciding")
    refused(WindowClosed, lambda: taking(actor, consultation, stance="favorable"))


@pytest.mark.parametrize(
    ("role", "partner"),
    [
        ("secretariat", REGION),
        ("facilitator", "cress-rhone-alpes"),
        ("contributor", GRENOBLE),
        ("reader", GRENOBLE),
        ("auditor", None),
        ("admin", None),
    ],
)
def test_nobody_answers_without_binding_a_partner(world: World, role: str, partner: str | None) -> None:
    consultation, actor = consult(world), world.actor(role, partner)
    refused(Forbidden, lambda: operations.take_position(actor, consultation, stance="favorable"))
    refused(Forbidden, lambda: operations.take_position(SYSTEM, consultation, stance="favorable"))


def test_a_partner_that_joins_later_is_not_on_the_roster(world: World) -> None:
    before = consult(world)
    late = newcomer(world)
    assert len(all_partners()) == 21
    assert len(again(before).seats) == 20
    assert late.partner_id not in again(before).roster_ids
    refused(Forbidden, lambda: operations.take_position(late, before, stance="favorable"))
    after = consult(world, fiche(world, "Plus tard"))
    assert len(after.seats) == 21
    operations.take_position(late, after, stance="favorable")


def newcomer(world: World) -> Actor:
    """The representative of a twenty-first partner, registered now."""
    contract = db.session.scalars(select(Contract).where(Contract.in_force)).one()
    row = {"key": "nouvelle", "name": "Nouvelle", "college": "territorial", "status": "confirmed", "later_names": []}
    blank = dict.fromkeys(("kind", "siren", "departement", "cog"))
    partners.register_partners(SYSTEM, contract.id, rows=[{**blank, **row}])
    return world.actor("representative", "nouvelle")


def test_the_last_second_counts_and_the_next_does_not(world: World) -> None:
    consultation = consult(world)
    with clock.standing_at(consultation.deadline):
        operations.take_position(grenoble(world), consultation, stance="favorable")
    with clock.standing_at(consultation.deadline + timedelta(microseconds=1)):
        found = refused(
            refusals.ConsultationClosed,
            lambda: operations.take_position(isere(world), consultation, stance="favorable"),
        )
    assert "20/01/2014 à 23\u00a0h\u00a059" in str(found)
    assert found.status == 409


def test_answers_end_with_the_outcome(world: World) -> None:
    consultation = consult(world)
    answer(everybody(world), consultation)
    with clock.standing_at(datetime(2014, 1, 10, 9, 5, tzinfo=UTC)):
        pronounce(world, consultation)
    found = refused(
        refusals.ConsultationClosed,
        lambda: operations.take_position(grenoble(world), consultation, stance="abstention"),
    )
    assert "10/01/2014 à 10\u00a0h\u00a005" in str(found)


@pytest.mark.parametrize(
    ("outcome", "maturity", "progress"),
    [
        ("adopted", "adopted", "upcoming"),
        ("adopted_with_reserve", "adopted", "upcoming"),
        ("postponed", "shared", None),
        ("rejected", "shared", None),
        ("withdrawn", "withdrawn", None),
    ],
)
def test_the_outcome_moves_the_fiche(world: World, outcome: str, maturity: str, progress: str | None) -> None:
    consultation = consult(world)
    operations.take_position(grenoble(world), consultation, stance="unfavorable", reason="Trop cher.")
    with after_closing():
        event = pronounce(world, consultation, outcome)
        now = clock.now()
    action, found = known(consultation.action_id), again(consultation)
    assert (action.maturity, action.decision, action.progress) == (maturity, outcome, progress)
    assert action.withdrawal_reason == ("Les avis rendus." if outcome == "withdrawn" else None)
    assert (found.outcome, found.outcome_text, found.outcome_reason, found.pronounced_at) == (
        outcome,
        "Ce qui est décidé.",
        "Les avis rendus.",
        now,
    )
    assert event.facts() == {
        "action_code": "1.01",
        "number": "2014-01",
        "version": 1,
        "outcome": outcome,
        "answered": 1,
        "roster_count": 20,
        "action": action.id,
    }
    assert (event.kind, event.subject.id, event.formal) == ("decisions.outcome-pronounced", found.id, True)
    assert (event.reason, event.about) == ("Les avis rendus.", action.id)
    body = json.dumps(entry(found.id), ensure_ascii=False)
    assert "Ce qui est décidé" not in body
    assert "Les avis rendus" not in body


def test_a_unanimous_no_can_be_adopted_since_no_count_decides(world: World) -> None:
    consultation = consult(world)
    for actor in everybody(world):
        operations.take_position(actor, consultation, stance="unfavorable", reason="Non.")
    pronounce(world, consultation, "adopted")
    assert known(consultation.action_id).decision == "adopted"


def test_the_outcome_waits_for_the_last_answer_or_the_deadline(world: World) -> None:
    consultation, actors = consult(world), everybody(world)
    answer(actors[:18], consultation)
    found = refused(refusals.StillOpen, lambda: pronounce(world, consultation))
    assert "20/01/2014 à 23\u00a0h\u00a059" in str(found)
    assert "2 partenaires" in str(found)
    answer(actors[18:19], consultation)
    assert "un partenaire n’a pas répondu" in str(refused(refusals.StillOpen, lambda: pronounce(world, consultation)))
    answer(actors[19:], consultation)
    pronounce(world, consultation)
    assert not again(consultation).open


def test_an_outcome_is_refused(world: World) -> None:
    consultation = consult(world)

    def said(**more: str | int) -> Callable[[], Any]:
        facts: dict[str, Any] = {"outcome": "adopted", "text": "Oui.", "reason": "Accord.", **more}
        return lambda: operations.pronounce_outcome(office(world), consultation, **facts)

    with after_closing():
        refused(refusals.OutcomeNeeded, said(outcome="open"))
        refused(refusals.TextNeeded, said(text="  "))
        refused(refusals.ReasonNeeded, said(reason=""))
        refused(Outdated, said(heard=1))
        for actor in (grenoble(world), world.actor("auditor"), world.actor("facilitator", "cress-rhone-alpes")):
            facts = {"outcome": "adopted", "text": "Oui.", "reason": "Accord."}
            refused(Forbidden, lambda a=actor, f=facts: operations.pronounce_outcome(a, consultation, **f))  # type: ignore[misc]
        pronounce(world, consultation)
        found = refused(refusals.AlreadyPronounced, said(outcome="rejected"))
    assert "21/01/2014" in str(found)
    assert again(consultation).outcome == "adopted"


def test_the_closed_period_binds_partners_not_the_secretariat(world: World) -> None:
    close(world, "deciding")
    consultation = consult(world)
    with after_closing():
        pronounce(world, consultation)
    assert known(consultation.action_id).maturity == "adopted"


@pytest.mark.parametrize("outcome", ["postponed", "rejected"])
def test_a_fiche_can_be_consulted_on_again(world: World, outcome: str) -> None:
    first = consult(world)
    with after_closing():
        pronounce(world, first, outcome)
        second = consult(world, known(first.action_id), deadline=date(2014, 2, 20))
    assert second.number == "2014-02"
    assert {seat.position for seat in second.seats} == {None}
    assert newest(first.action_id).id == second.id


@pytest.mark.parametrize("outcome", ["postponed", "rejected", "adopted"])
def test_a_fiche_adopted_earlier_stays_so_when_a_later_text_is_not(world: World, outcome: str) -> None:
    first = consult(world)
    owner = world.actor("representative", REGION)
    with after_closing():
        pronounce(world, first)
        revise(first.action_id, owner)
        second = consult(world, known(first.action_id), deadline=date(2014, 2, 20))
        assert known(first.action_id).maturity == "submitted"
    with clock.standing_at(datetime(2014, 2, 21, tzinfo=UTC)):
        pronounce(world, second, outcome)
    action = known(first.action_id)
    assert (action.maturity, action.decision, action.progress) == ("adopted", outcome, "upcoming")


def test_the_table_of_moves_is_the_only_way(world: World) -> None:
    action = fiche(world)
    with pytest.raises(MoveRefused):
        move(action, decision="adopted")
    db.session.rollback()
    assert count(Consultation) == 0


def test_a_fiche_that_changes_leaves_the_consulted_text_alone(world: World) -> None:
    consultation = consult(world)
    operations.take_position(grenoble(world), consultation, stance="favorable")
    revise(consultation.action_id, world.actor("representative", REGION))
    event = operations.take_position(isere(world), consultation, stance="favorable")
    assert (again(consultation).version, known(consultation.action_id).version) == (1, 2)
    assert (event.version, event.subject.version) == (1, 1)
