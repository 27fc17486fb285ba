"""Drafts: private to a partner, never validated, saved by whoever read them last."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions.models import Draft
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated
from tests.actions.making import GRENOBLE, METRO, REGION, written
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def test_a_draft_keeps_what_was_typed_whatever_it_is(grenoble: Actor) -> None:
    typed: dict[str, str | list[str]] = {
        "title": " <b>\x00\x01 ",
        "cost_2014": "douze mille",
        "axis": "99",
        "associated": ["personne"],
    }
    draft = drafts.start(grenoble, typed)
    db.session.expire_all()
    found = drafts.find(grenoble, draft.id)
    assert found is not None
    assert (found.fields, found.revision, found.person_id) == (typed, 1, grenoble.person_id)


def test_nothing_of_a_draft_enters_the_log(grenoble: Actor) -> None:
    before = written()
    draft = drafts.start(grenoble, {"title": "Secret"})
    drafts.save(grenoble, draft.id, revision=1, fields={"title": "Plus secret"})
    drafts.drop(grenoble, draft.id)
    assert written() == before


def test_a_draft_is_its_partner_s_alone(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {"title": "À nous"})
    colleague = world.actor("contributor", GRENOBLE)
    assert drafts.find(colleague, draft.id) is not None
    assert [found.id for found in drafts.of_partner(colleague)] == [draft.id]
    others = [
        world.actor("representative", METRO),
        world.actor("secretariat", REGION),
        world.actor("auditor"),
        world.actor("admin"),
    ]
    for other in others:
        assert drafts.find(other, draft.id) is None
        assert list(drafts.of_partner(other)) == []
        with pytest.raises(Forbidden):
            drafts.save(other, draft.id, revision=1, fields={})
        with pytest.raises(Forbidden):
            drafts.drop(other, draft.id)
    kept = db.session.scalars(select(Draft)).one()
    assert (kept.fields, kept.revision) == ({"title": "À nous"}, 1)


def test_a_reader_neither_starts_nor_saves(world: World, grenoble: Actor) -> None:
    reader, draft = world.actor("reader", GRENOBLE), drafts.start(grenoble, {})
    with pytest.raises(Forbidden):
        drafts.start(reader, {})
    with pytest.raises(Forbidden):
        drafts.save(reader, draft.id, revision=1, fields={"title": "x"})
    for other in (world.actor("auditor"), world.actor("secretariat", REGION)):
        with pytest.raises(Forbidden):
            drafts.start(other, {})


def test_an_older_page_does_not_overwrite_a_newer_save(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {"title": "Un"})
    drafts.save(world.actor("contributor", GRENOBLE), draft.id, revision=1, fields={"title": "Deux"})
    with pytest.raises(Outdated):
        drafts.save(grenoble, draft.id, revision=1, fields={"title": "Trois"})
    db.session.rollback()
    kept = db.session.scalars(select(Draft)).one()
    assert (kept.fields, kept.revision) == ({"title": "Deux"}, 2)


def test_a_dropped_draft_is_gone(grenoble: Actor) -> None:
    draft_id = drafts.start(grenoble, {}).id
    drafts.drop(grenoble, draft_id)
    assert drafts.find(grenoble, draft_id) is None
    with pytest.raises(Forbidden):
        drafts.drop(grenoble, draft_id)


def test_a_title_is_one_line() -> None:
    assert drafts.title_of({"title": " Un \n titre "}) == "Un titre"
    assert drafts.title_of({}) == ""
