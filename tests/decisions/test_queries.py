"""Reading decisions: what comes back, in how many statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect

from cocon.decisions import operations, queries
from cocon.kernel import clock
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, REGION, statements
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
    newest,
    pronounce,
)
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


def in_one_statement(read: Callable[[], Any]) -> Any:
    """What a query answers, which must take one statement, what is lazily read included."""
    db.session.rollback()
    with statements() as seen:
        found = read()
    assert len(seen) == 1, seen
    return found


def test_the_newest_consultation_comes_with_all_that_a_page_shows(world: World) -> None:
    first = consult(world)
    with after_closing():
        pronounce(world, first, "postponed")
        consult(world, first.action, deadline=date(2014, 2, 20))
        second = newest(first.action_id)
        operations.take_position(grenoble(world), second, stance="favorable")
    action_id, first_id, second_id = first.action_id, first.id, second.id
    found = in_one_statement(lambda: queries.latest(action_id))
    assert found.id == second_id
    with statements() as seen:
        names = [seat.partner.current_name for seat in found.seats]
        given = [seat.position.mandate.person.name for seat in found.seats if seat.position]
        assert (found.action.code, found.action.axis.number) == ("1.01", 1)
    assert seen == []
    assert (len(names), names[0], given) == (20, "Région Rhône-Alpes", ["Representative ville-grenoble"])
    assert in_one_statement(lambda: queries.whole(first_id)).outcome == "postponed"
    assert in_one_statement(lambda: queries.latest("unknown")) is None
    assert in_one_statement(lambda: queries.whole("unknown")) is None


def test_a_position_changed_elsewhere_is_seen_in_the_same_session(world: World) -> None:
    consultation = consult(world)
    operations.take_position(grenoble(world), consultation, stance="favorable")
    assert queries.groups(again(consultation))[0].names == [("Ville de Grenoble", False)]
    operations.take_position(grenoble(world), again(consultation), stance="abstention")
    assert queries.groups(again(consultation))[0].names == []


def test_all_positions_are_kept_in_order(world: World) -> None:
    consultation = consult(world)
    operations.take_position(grenoble(world), consultation, stance="favorable")
    operations.take_position(isere(world), consultation, stance="reserve", reason="Le coût.")
    operations.take_position(grenoble(world), consultation, stance="abstention")
    consultation_id = consultation.id
    given = in_one_statement(lambda: queries.positions_of(consultation_id))
    assert [position.stance for position in given] == ["favorable", "reserve", "abstention"]
    assert given[0].mandate.person.name == "Representative ville-grenoble"
    answers = queries.answers(again(consultation), grenoble(world).partner_id)
    assert [(one.name, one.mine, one.position.stance, [p.stance for p in one.earlier]) for one in answers] == [
        ("Conseil général de l’Isère", False, "reserve", []),
        ("Ville de Grenoble", True, "abstention", ["favorable"]),
    ]
    assert queries.heard(again(consultation)) == 3


def test_silence_is_a_group_of_its_own(world: World) -> None:
    consultation, me = consult(world), isere(world).partner_id
    operations.take_position(grenoble(world), consultation, stance="abstention")
    with after_closing():
        groups = {group.kind: group.names for group in queries.groups(again(consultation), me)}
    assert list(groups) == ["favorable", "reserve", "unfavorable", "abstention", "silent"]
    assert groups["abstention"] == [("Ville de Grenoble", False)]
    assert len(groups["silent"]) == 19
    assert ("Conseil général de l’Isère", True) in groups["silent"]


def test_partners_keep_the_name_they_had_when_they_answered(world: World) -> None:
    consultation = consult(world, deadline=date(2015, 4, 30))
    operations.take_position(isere(world), consultation, stance="favorable")
    with clock.standing_at(datetime(2015, 4, 20, tzinfo=UTC)):
        named = {name for group in queries.groups(again(consultation)) for name, _mine in group.names}
        operations.take_position(isere(world), consultation, stance="abstention")
        renamed = {name for group in queries.groups(again(consultation)) for name, _mine in group.names}
    assert "Conseil général de l’Isère" in named
    assert "Conseil départemental de l’Ardèche" in named
    assert "Conseil départemental de l’Isère" in renamed


def test_traces_lead_to_the_log(world: World) -> None:
    consultation = consult(world)
    given = operations.take_position(grenoble(world), consultation, stance="favorable")
    with after_closing():
        pronounce(world, consultation)
    consultation_id = consultation.id
    found = in_one_statement(lambda: queries.traces(consultation_id))
    assert set(found) == {"decisions.consultation-opened", given.subject.id, "decisions.outcome-pronounced"}
    assert found[given.subject.id].person == "Representative ville-grenoble"
    seqs = [trace.seq for trace in found.values()]
    assert seqs == sorted(seqs)


def test_the_list_begins_with_what_is_open(world: World) -> None:
    days = {"Tard": 20, "Tôt": 5, "Close": 2, "Décidée": 1, "Décidée après": 1}
    made = {title: consult(world, fiche(world, title), clock.today() + timedelta(days=n)) for title, n in days.items()}
    operations.take_position(grenoble(world), made["Tôt"], stance="reserve", reason="Le coût.")
    with clock.standing_at(clock.now() + timedelta(days=3)):
        pronounce(world, made["Décidée"])
    with clock.standing_at(clock.now() + timedelta(days=4)):
        pronounce(world, made["Décidée après"], "rejected")
        me = grenoble(world).partner_id
        page = in_one_statement(lambda: queries.listing(me))
        shown = [(line.title, line.phase) for line in page.lines]
    assert shown == [("Tôt", 0), ("Tard", 0), ("Close", 1), ("Décidée après", 2), ("Décidée", 2)]
    first = page.lines[0]
    assert (first.seated, first.answered, first.invited, first.mine) == (20, 1, 1, "reserve")
    assert (first.code, first.axis, first.version, page.next) == ("1.02", 1, 1, None)
    assert [line.outcome for line in page.lines] == [None, None, None, "rejected", "adopted"]
    assert queries.listing(None).lines[0].mine is None


def test_pages_of_the_list_meet_without_gap_or_repeat(world: World) -> None:
    made = [consult(world, fiche(world, f"Fiche {n}"), DEADLINE + timedelta(days=n % 3)) for n in range(8)]
    with clock.standing_at(clock.end_of_day(DEADLINE + timedelta(days=1)) + timedelta(hours=1)):
        for consultation in made[:5:3]:
            pronounce(world, consultation)
        whole = [line.number for line in queries.listing(None).lines]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queries, "PAGE", 2)
            pages, after = [], None
            while True:
                page = queries.listing(None, after)
                pages.append([line.number for line in page.lines])
                after = page.next
                if after is None:
                    break
    assert [number for page in pages for number in page] == whole
    assert [len(page) for page in pages] == [2, 2, 2, 2]
    assert sorted(whole) == [f"2014-{n:02d}" for n in range(1, 9)]
    assert queries.listing(None, "2099-01").lines == []


def test_a_fiche_lists_its_consultations_newest_first(world: World) -> None:
    first = consult(world)
    consult(world, fiche(world, "Une autre"))
    with after_closing():
        pronounce(world, first, "postponed")
        second = consult(world, first.action, deadline=date(2014, 2, 20))
    action_id, wanted = first.action_id, [second.id, first.id]
    found = in_one_statement(lambda: queries.of_action(action_id, None))
    assert [line.id for line in found] == wanted


def test_what_awaits_a_partner_and_the_secretariat(world: World) -> None:
    late, soon = consult(world, deadline=date(2014, 2, 20)), consult(world, fiche(world, "Bientôt"))
    me = grenoble(world).partner_id
    assert me is not None
    found = in_one_statement(lambda: queries.awaiting(me))
    assert [(due.id, due.title) for due in found] == [(soon.id, "Bientôt"), (late.id, "Recycleries")]
    assert (found[0].number, found[0].code, found[0].axis, found[0].version) == ("2014-02", "1.02", 1, 1)
    operations.take_position(grenoble(world), soon, stance="abstention")
    assert [due.id for due in queries.awaiting(me)] == [late.id]
    assert in_one_statement(queries.to_pronounce) == []
    answer(everybody(world), late)
    assert [due.id for due in queries.to_pronounce()] == [late.id]
    with after_closing():
        assert [due.id for due in queries.to_pronounce()] == [soon.id, late.id]
        assert queries.awaiting(isere(world).partner_id or "") == []
        pronounce(world, soon)
        assert [due.id for due in queries.to_pronounce()] == [late.id]


def test_the_roster_is_known_even_when_a_write_forgot_the_seats(world: World) -> None:
    consultation = consult(world)
    loaded = consultation.roster_ids
    db.session.rollback()
    assert "seats" in inspect(consultation).unloaded
    assert consultation.roster_ids == loaded
    assert len(loaded) == 20
    assert world.actor("representative", GRENOBLE).partner_id in loaded
    assert world.actor("representative", REGION).partner_id in loaded
