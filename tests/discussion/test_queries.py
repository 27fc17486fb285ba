"""Reading threads: each sees what it may, in one statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from cocon.actions.models import Action
from cocon.discussion import operations, queries
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, share, statements
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


def texts(found: queries.Threads) -> list[list[str]]:
    """What each thread says."""
    return [[message.comment.text for message in thread.messages] for thread in found.threads]


def test_each_reads_the_shared_threads_and_its_own(world: World, action: Action, grenoble: Actor) -> None:
    metro, secretariat = world.actor("representative", METRO), world.actor("secretariat", REGION)
    shared = operations.post_comment(grenoble, action, text="À tous", visibility="partners").thread
    operations.post_comment(grenoble, action, text="Grenoble", visibility="internal")
    operations.post_comment(metro, action, text="Métropole", visibility="internal")
    operations.post_comment(metro, action, text="Réponse", thread_id=shared)
    readers = {
        grenoble: [["Grenoble"], ["À tous", "Réponse"]],
        world.actor("reader", GRENOBLE): [["Grenoble"], ["À tous", "Réponse"]],
        metro: [["Métropole"], ["À tous", "Réponse"]],
        secretariat: [["À tous", "Réponse"]],
        world.actor("auditor"): [["À tous", "Réponse"]],
        world.actor("admin"): [["À tous", "Réponse"]],
    }
    for reader, expected in readers.items():
        assert texts(queries.threads(action.id, reader)) == expected
    found = queries.threads(action.id, grenoble)
    assert ([thread.internal for thread in found.threads], found.count, found.earlier) == ([True, False], 3, None)


def test_an_author_is_named_as_the_partner_was_called_that_day(world: World, action: Action) -> None:
    isere = world.actor("representative", ISERE)
    operations.post_comment(isere, action, text="Avant", visibility="partners")
    with clock.standing_at(datetime(2015, 6, 1, tzinfo=UTC)):
        operations.post_comment(isere, action, text="Après", visibility="partners")
        messages = [thread.messages[0] for thread in queries.threads(action.id, isere).threads]
    assert [(message.author, message.partner) for message in messages] == [
        ("Representative cg-isere", "Conseil général de l’Isère"),
        ("Representative cg-isere", "Conseil départemental de l’Isère"),
    ]


def test_fifty_messages_are_one_statement(world: World, action: Action, grenoble: Actor) -> None:
    metro = world.actor("representative", METRO)
    thread = operations.post_comment(grenoble, action, text="0", visibility="partners").thread
    for number in range(1, 50):
        actor = metro if number % 2 else grenoble
        operations.post_comment(actor, action, text=str(number), thread_id=thread)
    with statements() as seen:
        found = queries.threads(action.id, grenoble)
        assert [(m.comment.text, m.author != "", m.partner != "") for m in found.threads[0].messages] == [
            (str(number), True, True) for number in range(50)
        ]
    assert len(seen) == 1
    with statements() as seen:
        assert queries.threads(share(grenoble).id, grenoble).threads == []
    assert len([statement for statement in seen if "FROM comment" in statement]) == 1


def test_older_messages_are_a_page_further(action: Action, grenoble: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST", 4)
    monkeypatch.setattr(queries, "_latest", queries._latest.__wrapped__)  # what is kept would outlive this limit
    with clock.standing_at(datetime(2014, 2, 1, tzinfo=UTC)):
        for number in range(3):
            operations.post_comment(grenoble, action, text=f"même instant {number}", visibility="partners")
    for number in range(6):
        with clock.standing_at(datetime(2014, 3, 1, tzinfo=UTC) + timedelta(hours=number)):
            operations.post_comment(grenoble, action, text=str(number), visibility="partners")
    pages, before = [], None
    while True:
        found = queries.threads(action.id, grenoble, before=before)
        pages.append([text for thread in texts(found) for text in thread])
        if found.earlier is None:
            break
        before = found.earlier
    assert pages[0] == ["2", "3", "4", "5"]
    assert [len(page) for page in pages] == [4, 4, 1]
    assert sorted(text for page in pages for text in page) == [
        *map(str, range(6)),
        *(f"même instant {number}" for number in range(3)),
    ]
