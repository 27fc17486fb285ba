"""What becomes of messages and threads: rewritten for a while, corrected, withdrawn; resolved, reopened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions.models import Action
from cocon.actions.operations import withdraw_action
from cocon.audit.disclosure import open_disclosure
from cocon.audit.models import LogDisclosure, LogEntry
from cocon.audit.verify import verify
from cocon.contracts.refusals import WindowClosed
from cocon.discussion import operations, refusals
from cocon.discussion.models import Comment, CommentAct, Topic
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from tests.actions.making import GRENOBLE, METRO, REGION, close, count, known, share, written
from tests.decisions.making import together
from tests.discussion.making import at, correct, edit, grenoble, message, reopen, resolve, say, thread, withdraw
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


@pytest.fixture
def action(world: World) -> Action:
    """A fiche of the Ville de Grenoble."""
    return share(grenoble(world))


@pytest.fixture
def metro(world: World) -> Actor:
    """The representative of Grenoble-Alpes Métropole."""
    return world.actor("representative", METRO)


def refused(refusal: type[Refusal], act: Callable[..., Any], *given: Any, **said: Any) -> None:
    """An act that is refused and leaves no trace."""
    before = written(), count(Comment), count(CommentAct), count(Topic)
    with pytest.raises(refusal):
        act(*given, **said)
    assert (written(), count(Comment), count(CommentAct), count(Topic)) == before


def disclosed() -> set[str]:
    """Every text that the log can still open."""
    return {str(open_disclosure(text)[2]) for text in db.session.scalars(select(LogDisclosure.disclosure))}


def test_a_message_is_rewritten_until_the_last_second(action: Action, metro: Actor) -> None:
    said = say(metro, action.id, "Avant")
    event = edit(metro, action.id, said, "Après", minutes=14, seconds=59)
    assert event.facts() == {"action_code": "1.01", "thread": said, "action": action.id}
    read = message(metro, action.id, said)
    assert (read.comment.text, read.revision, read.corrections) == ("Après", 1, [])
    assert read.edited_at is not None
    assert {"Avant", "Après"} <= disclosed()
    assert verify().ok


def test_at_a_quarter_of_an_hour_it_is_corrected_instead(action: Action, metro: Actor) -> None:
    said = say(metro, action.id, "Avant")
    refused(refusals.StillEditable, correct, metro, action.id, said, "Trop tôt", minutes=14, seconds=59)
    refused(refusals.WindowOver, edit, metro, action.id, said, "Trop tard", minutes=15)
    correct(metro, action.id, said, "Correction une", minutes=15)
    correct(metro, action.id, said, "Correction deux", hours=48)
    read = message(metro, action.id, said)
    assert read.comment.text == "Avant"
    assert [act.text for act in read.corrections] == ["Correction une", "Correction deux"]
    assert {"Avant", "Correction une", "Correction deux"} <= disclosed()
    assert verify().ok


def test_a_message_is_withdrawn_for_a_reason_and_the_fact_is_kept(action: Action, metro: Actor) -> None:
    said = say(metro, action.id, "À oublier")
    refused(refusals.ReasonNeeded, withdraw, metro, action.id, said, " ")
    event = withdraw(metro, action.id, said, "Mauvaise fiche.", hours=500)
    assert event.reason == "Mauvaise fiche."
    read = message(metro, action.id, said)
    assert read.withdrawal is not None
    assert (read.withdrawal.reason, read.comment.text) == ("Mauvaise fiche.", "À oublier")
    for act in (edit, correct, withdraw):
        refused(refusals.AlreadyWithdrawn, act, metro, action.id, said, "Encore")
    assert verify().ok


def test_nobody_touches_the_message_of_another(world: World, action: Action, metro: Actor) -> None:
    said = say(metro, action.id)
    others = [
        world.actor("deputy", METRO),
        grenoble(world),
        world.actor("secretariat", REGION),
        world.actor("auditor"),
        replace(metro, partner_id=grenoble(world).partner_id),
        replace(metro, role="reader"),
    ]
    for other in others:
        for act in (edit, correct, withdraw):
            refused(Forbidden, act, other, action.id, said, "À moi")


def test_what_says_nothing_new_is_refused(action: Action, metro: Actor) -> None:
    said = say(metro, action.id, "Pareil")
    refused(refusals.Unchanged, edit, metro, action.id, said, "Pareil")
    refused(refusals.TextNeeded, edit, metro, action.id, said, " \n")
    refused(refusals.Unchanged, correct, metro, action.id, said, "Pareil", hours=1)
    correct(metro, action.id, said, "Autre", hours=1)
    refused(refusals.Unchanged, correct, metro, action.id, said, "Autre", hours=2)


def test_a_stale_page_changes_nothing(action: Action, metro: Actor) -> None:
    said = say(metro, action.id)
    edit(metro, action.id, said, "Neuf", minutes=1)
    with at(2):
        read = message(metro, action.id, said)
        for revision in (0, 2, -1):
            refused(Outdated, operations.edit_comment, metro, read, revision=revision, text="Vieux")
            refused(Outdated, operations.withdraw_comment, metro, read, revision=revision, reason="Vieux")


def test_two_tabs_rewriting_at_once_lose_nothing(in_app: Flask, action: Action, metro: Actor) -> None:
    said = say(metro, action.id)

    def rewriting(text: str) -> Callable[[], Any]:
        def act() -> Any:
            with at(1):
                return operations.edit_comment(metro, message(metro, action.id, said), revision=0, text=text)

        return act

    answers = together(in_app, *[rewriting(f"Texte {number}") for number in range(4)])
    assert sorted(type(one).__name__ for one in answers) == ["CommentEdited", "Outdated", "Outdated", "Outdated"]
    assert verify().ok


def test_who_may_resolve_a_shared_thread(world: World, action: Action, metro: Actor) -> None:
    said = say(metro, action.id)
    others = [
        world.actor("reader", GRENOBLE),
        world.actor("representative", REGION),
        world.actor("facilitator", "cress-rhone-alpes"),
        world.actor("auditor"),
        world.actor("admin"),
    ]
    for other in others:
        refused(Forbidden, resolve, other, action.id, said)
    allowed = [world.actor("contributor", METRO), grenoble(world), world.actor("secretariat", REGION)]
    for actor in allowed:
        assert resolve(actor, action.id, said).audience is None
        over = thread(metro, action.id, said)
        assert (over.resolved_by, over.resolved_at is not None) == (actor.person_name, True)
        reopen(actor, action.id, said)
        assert thread(metro, action.id, said).resolved_at is None
    assert verify().ok


def test_an_internal_thread_is_resolved_by_its_organisation_alone(world: World, action: Action, metro: Actor) -> None:
    said = say(metro, action.id, visibility="internal")
    inside = thread(metro, action.id, said)
    for other in (grenoble(world), world.actor("secretariat", REGION)):
        refused(Forbidden, operations.resolve_thread, other, inside, revision=0)
    event = operations.resolve_thread(world.actor("deputy", METRO), inside, revision=0)
    assert event.audience == METRO
    entry = db.session.scalars(select(LogEntry).where(LogEntry.kind == event.kind)).one()
    assert (entry.audience, entry.about) == (METRO, action.id)


def test_a_thread_is_resolved_once_and_reopened_once(action: Action, metro: Actor) -> None:
    said = say(metro, action.id, section="content")
    assert thread(metro, action.id, said).section == "content"
    refused(refusals.NotResolved, reopen, metro, action.id, said)
    refused(Outdated, operations.resolve_thread, metro, thread(metro, action.id, said), revision=0)
    resolve(metro, action.id, said)
    refused(refusals.AlreadyResolved, resolve, metro, action.id, said)
    refused(refusals.ThreadIsResolved, say, metro, action.id, thread_id=said)
    refused(Outdated, operations.reopen_thread, metro, thread(metro, action.id, said), revision=1)
    reopen(metro, action.id, said)
    say(metro, action.id, thread_id=said)
    assert thread(metro, action.id, said).section == "content"


@pytest.mark.parametrize("section", [None, "content"])
def test_one_of_many_who_resolve_at_once_wins(in_app: Flask, action: Action, metro: Actor, section: str | None) -> None:
    said = say(metro, action.id, section=section)
    answers = together(in_app, *[lambda: resolve(metro, action.id, said)] * 5)
    names = [type(one).__name__ for one in answers]
    assert names.count("ThreadResolved") == 1
    assert set(names) <= {"ThreadResolved", "AlreadyResolved", "Outdated"}
    assert verify().ok


def test_a_thread_is_about_a_section_that_exists(action: Action, metro: Actor) -> None:
    refused(refusals.UnknownSection, say, metro, action.id, section="title")
    refused(refusals.UnknownSection, say, metro, action.id, section="x" * 40)


def test_a_closed_discussion_stops_everything_but_taking_back(world: World, action: Action, metro: Actor) -> None:
    said = say(metro, action.id)
    close(world, "discussing")
    refused(WindowClosed, edit, metro, action.id, said, "x", minutes=1)
    refused(WindowClosed, correct, metro, action.id, said, "x", hours=1)
    refused(WindowClosed, resolve, metro, action.id, said)
    resolve(world.actor("secretariat", REGION), action.id, said)
    withdraw(metro, action.id, said)


def test_nothing_changes_on_a_withdrawn_fiche(world: World, action: Action, metro: Actor) -> None:
    said = say(metro, action.id)
    withdraw_action(grenoble(world), known(action.id), reason="Doublon.")
    for act in (edit, correct, withdraw):
        refused(Forbidden, act, metro, action.id, said, "x")
    refused(Forbidden, resolve, metro, action.id, said)
