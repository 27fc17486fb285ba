"""Writing: who may, who will read, and what the log keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions.models import Action
from cocon.actions.operations import publish_version, withdraw_action
from cocon.audit.models import LogDisclosure, LogEntry
from cocon.contracts.refusals import WindowClosed
from cocon.discussion import operations, refusals
from cocon.discussion.models import Comment
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Refusal
from tests.actions.making import GRENOBLE, METRO, REGION, close, count, fields, known, share, written
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


@pytest.fixture
def action(grenoble: Actor) -> Action:
    """A fiche of the Ville de Grenoble."""
    return share(grenoble)


def refused(refusal: type[Refusal], act: Callable[..., Any], *given: Any, **said: Any) -> None:
    """An act that is refused and leaves no trace."""
    before = written(), count(Comment)
    with pytest.raises(refusal):
        act(*given, **said)
    assert (written(), count(Comment)) == before


def posted(comment_id: str) -> Comment:
    """A message that exists."""
    return db.session.get_one(Comment, comment_id)


def test_a_message_to_all_opens_a_thread(world: World, action: Action) -> None:
    metro = world.actor("contributor", METRO)
    event = operations.post_comment(metro, action, text="Qui peut compléter\u202f?", visibility="partners")
    comment = posted(event.subject.id)
    assert (comment.thread_id, comment.visibility, comment.version) == (comment.id, "partners", 1)
    assert (comment.partner_id, comment.mandate_id, comment.action_id) == (
        metro.partner_id,
        metro.mandate_id,
        action.id,
    )
    assert event.facts() == {
        "action_code": "1.01",
        "version": 1,
        "thread": comment.id,
        "visibility": "partners",
        "action": action.id,
    }
    assert (event.about, event.audience, event.formal, event.reason) == (action.id, None, False, None)


def test_an_internal_message_is_for_its_organisation_in_the_log_too(action: Action, grenoble: Actor) -> None:
    event = operations.post_comment(grenoble, action, text="Entre nous seulement", visibility="internal")
    assert event.audience == GRENOBLE
    entry = db.session.scalars(select(LogEntry).where(LogEntry.subject == event.subject.id)).one()
    assert (entry.audience, entry.about) == (GRENOBLE, action.id)
    assert "Entre nous" not in entry.body
    opened = db.session.scalars(select(LogDisclosure).where(LogDisclosure.seq == entry.seq)).all()
    assert {disclosure.audience for disclosure in opened} == {GRENOBLE}


def test_a_reply_has_the_audience_of_its_thread(world: World, action: Action, grenoble: Actor) -> None:
    inside = operations.post_comment(grenoble, action, text="Interne", visibility="internal").subject.id
    outside = operations.post_comment(grenoble, action, text="Partagé", visibility="partners").subject.id
    colleague = world.actor("contributor", GRENOBLE)
    event = operations.post_comment(colleague, action, text="Oui", thread_id=inside, visibility="partners")
    assert (event.audience, event.thread, posted(event.subject.id).visibility) == (GRENOBLE, inside, "internal")
    event = operations.post_comment(world.actor("deputy", METRO), action, text="Non", thread_id=outside)
    assert (event.audience, event.thread, posted(event.subject.id).visibility) == (None, outside, "partners")


def test_nobody_replies_in_a_thread_that_he_cannot_read(world: World, action: Action, grenoble: Actor) -> None:
    inside = operations.post_comment(grenoble, action, text="Interne", visibility="internal").subject.id
    for other in (world.actor("representative", METRO), world.actor("secretariat", REGION)):
        refused(
            Forbidden,
            operations.post_comment,
            other,
            action,
            text="Intrus",
            thread_id=inside,
        )


def test_a_reply_stays_on_its_fiche_and_under_what_opened_the_thread(action: Action, grenoble: Actor) -> None:
    first = operations.post_comment(grenoble, action, text="Un", visibility="partners").subject.id
    second = operations.post_comment(grenoble, action, text="Deux", thread_id=first).subject.id
    elsewhere = share(grenoble)
    refused(Forbidden, operations.post_comment, grenoble, elsewhere, text="x", thread_id=first)
    refused(Forbidden, operations.post_comment, grenoble, action, text="x", thread_id=second)
    refused(Forbidden, operations.post_comment, grenoble, action, text="x", thread_id="nothing")


def test_a_message_remembers_the_version_it_addresses(action: Action, grenoble: Actor) -> None:
    first = operations.post_comment(grenoble, action, text="Sur la une", visibility="partners")
    read = known(action.id)
    publish_version(grenoble, read, revision=read.rev, summary="s", fields=fields(context="Autre"))
    second = operations.post_comment(grenoble, known(action.id), text="Sur la deux", thread_id=first.thread)
    assert (first.version, second.version) == (1, 2)
    assert (posted(first.subject.id).version, posted(second.subject.id).version) == (1, 2)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_message_is_refused(action: Action, grenoble: Actor, text: str) -> None:
    refused(refusals.TextNeeded, operations.post_comment, grenoble, action, text=text, visibility="partners")


@pytest.mark.parametrize("audience", [None, "", "everybody"])
def test_who_will_read_is_chosen(action: Action, grenoble: Actor, audience: str | None) -> None:
    refused(refusals.AudienceNeeded, operations.post_comment, grenoble, action, text="x", visibility=audience)


def test_those_who_only_read_do_not_write(world: World, action: Action) -> None:
    for other in (world.actor("reader", GRENOBLE), world.actor("auditor"), world.actor("admin")):
        for audience in ("partners", "internal"):
            refused(
                Forbidden,
                operations.post_comment,
                other,
                action,
                text="x",
                visibility=audience,
            )


def test_a_closed_discussion_stops_partners_but_not_the_secretariat(
    world: World, action: Action, grenoble: Actor
) -> None:
    secretariat = world.actor("secretariat", REGION)
    close(world, "discussing")
    refused(WindowClosed, operations.post_comment, grenoble, action, text="x", visibility="partners")
    event = operations.post_comment(secretariat, action, text="La période est close.", visibility="partners")
    assert posted(event.subject.id).text == "La période est close."


def test_nobody_writes_on_a_withdrawn_fiche(world: World, action: Action, grenoble: Actor) -> None:
    withdraw_action(grenoble, action, reason="Doublon.")
    for actor in (grenoble, world.actor("secretariat", REGION)):
        refused(
            Forbidden,
            operations.post_comment,
            actor,
            known(action.id),
            text="x",
            visibility="partners",
        )
