"""Drafts: private to a partner, never validated, saved by whoever read them last."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions.drafts import Clashing, Copy, Late
from cocon.actions.models import Draft
from cocon.actions.sections import BY_SLUG, SECTIONS, progress
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden
from tests.actions.making import GRENOBLE, METRO, REGION, written
from tests.factories import World

GENERAL, CONTEXT = BY_SLUG["general"], BY_SLUG["contexte"]


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
    drafts.save(grenoble, draft.id, GENERAL, copy=Copy(), fields={"title": "Plus secret"})
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
            drafts.save(other, draft.id, GENERAL, copy=Copy(), fields={})
        with pytest.raises(Forbidden):
            drafts.drop(other, draft.id)
    kept = db.session.scalars(select(Draft)).one()
    assert (kept.fields, kept.revision) == ({"title": "À nous"}, 1)


def test_a_reader_neither_starts_nor_saves(world: World, grenoble: Actor) -> None:
    reader, draft = world.actor("reader", GRENOBLE), drafts.start(grenoble, {})
    with pytest.raises(Forbidden):
        drafts.start(reader, {})
    with pytest.raises(Forbidden):
        drafts.save(reader, draft.id, GENERAL, copy=Copy(), fields={"title": "x"})
    for other in (world.actor("auditor"), world.actor("secretariat", REGION)):
        with pytest.raises(Forbidden):
            drafts.start(other, {})


def test_an_older_page_does_not_overwrite_a_newer_save(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {"title": "Un"})
    colleague = world.actor("contributor", GRENOBLE)
    drafts.save(colleague, draft.id, GENERAL, copy=Copy(page="theirs", turn=1), fields={"title": "Deux"})
    with pytest.raises(Clashing):
        drafts.save(grenoble, draft.id, GENERAL, copy=Copy(page="mine", turn=1), fields={"title": "Trois"})
    db.session.rollback()
    kept = db.session.scalars(select(Draft)).one()
    assert (kept.fields, kept.revision, drafts.revision_of(kept, GENERAL)) == ({"title": "Deux"}, 2, 1)
    assert drafts.former(kept, GENERAL, 0) == {"title": "Un"}


def test_two_sections_never_disturb_each_other(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {"title": "Un", "owner": GRENOBLE})
    colleague = world.actor("contributor", GRENOBLE)
    drafts.save(colleague, draft.id, GENERAL, copy=Copy(), fields={"title": "Deux", "context": "not mine to write"})
    kept = drafts.save(grenoble, draft.id, CONTEXT, copy=Copy(), fields={"context": "Un besoin"}, finished=True)
    assert kept.fields == {"title": "Deux", "owner": GRENOBLE, "context": "Un besoin"}
    assert [one.state for one in progress(kept.fields, kept.sections)][:4] == ["begun", "done", "todo", "begun"]


def test_a_page_whose_answer_was_lost_sends_again(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {})
    drafts.save(grenoble, draft.id, CONTEXT, copy=Copy(page="p", turn=1), fields={"context": "a"})
    drafts.save(grenoble, draft.id, CONTEXT, copy=Copy(page="p", turn=2), fields={"context": "ab"})
    with pytest.raises(Late):
        drafts.save(grenoble, draft.id, CONTEXT, copy=Copy(page="p", turn=1), fields={"context": "a"})
    db.session.rollback()
    colleague = world.actor("contributor", GRENOBLE)
    drafts.save(colleague, draft.id, CONTEXT, copy=Copy(version=2, page="q", turn=1), fields={"context": "abc"})
    with pytest.raises(Clashing):
        drafts.save(grenoble, draft.id, CONTEXT, copy=Copy(page="p", turn=3), fields={"context": "abd"})
    db.session.rollback()
    kept = db.session.scalars(select(Draft)).one()
    assert kept.fields == {"context": "abc"}
    assert drafts.former(kept, CONTEXT, 2) == {"context": "ab"}


def test_a_section_is_known_as_it_was_at_any_of_its_last_saves(grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {"title": "Autre section"})
    texts: list[dict[str, str | list[str]]] = [{}, {"context": "Un"}, {"context": "Un mot"}, {"objectives": "But"}]
    texts += [{"context": "Deux mots", "objectives": "But"}, {"context": "Deux", "objectives": ""}]
    for turn, text in enumerate(texts[1:], 1):
        draft = drafts.save(grenoble, draft.id, CONTEXT, copy=Copy(version=turn - 1, page="p", turn=turn), fields=text)
    assert [drafts.former(draft, CONTEXT, version) for version in range(len(texts))] == texts
    assert drafts.former(draft, CONTEXT, 6) is None
    assert drafts.former(draft, CONTEXT, -1) is None


def test_what_is_remembered_of_a_section_is_bounded(grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {})
    for turn in range(1, 9):
        long: dict[str, str | list[str]] = {"context": str(turn) * 20_000}
        draft = drafts.save(grenoble, draft.id, CONTEXT, copy=Copy(version=turn - 1, page="p", turn=turn), fields=long)
    assert len(draft.sections["contexte"]["past"]) == 4
    assert drafts.former(draft, CONTEXT, 5) == {"context": "5" * 20_000}
    assert drafts.former(draft, CONTEXT, 1) is None


def test_every_question_has_its_section() -> None:
    names = [name for section in SECTIONS for name in section.names]
    assert len(names) == len(set(names)) == 28


def test_the_internal_chain_leaves_no_trace_in_the_log(world: World, grenoble: Actor) -> None:
    contributor, stranger = world.actor("contributor", GRENOBLE), world.actor("representative", METRO)
    before = written()
    draft = drafts.start(contributor, {"title": "À valider"})
    assert drafts.ask(contributor, draft.id).asked_by == contributor.person_name
    with pytest.raises(Forbidden):
        drafts.send_back(contributor, draft.id, note="Moi-même")
    with pytest.raises(Forbidden):
        drafts.send_back(stranger, draft.id, note="De loin")
    sent = drafts.send_back(grenoble, draft.id, note="Précisez.")
    assert (sent.note, sent.note_by, sent.asked_at) == ("Précisez.", grenoble.person_name, None)
    assert written() == before


def test_presence_is_that_of_one_s_own_organisation(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {})
    colleague, stranger = world.actor("contributor", GRENOBLE), world.actor("representative", METRO)
    for actor in (grenoble, colleague, stranger):
        drafts.be_present(actor, draft.id, CONTEXT)
    assert list(drafts.others(grenoble, draft.id, CONTEXT)) == [colleague.person_name]
    assert list(drafts.others(grenoble, draft.id, GENERAL)) == []
    with clock.standing_at(clock.now() + timedelta(minutes=3)):
        assert list(drafts.others(grenoble, draft.id, CONTEXT)) == []


def test_whoever_saves_is_there(world: World, grenoble: Actor) -> None:
    draft, colleague = drafts.start(grenoble, {}), world.actor("contributor", GRENOBLE)
    for turn in (1, 2):
        drafts.save(
            colleague,
            draft.id,
            CONTEXT,
            copy=Copy(version=turn - 1, page="p", turn=turn),
            fields={"context": "Un besoin"},
        )
        assert list(drafts.others(grenoble, draft.id, CONTEXT)) == [colleague.person_name]
    assert list(drafts.others(grenoble, draft.id, GENERAL)) == []


def test_a_dropped_draft_is_gone(grenoble: Actor) -> None:
    draft_id = drafts.start(grenoble, {}).id
    drafts.drop(grenoble, draft_id)
    assert drafts.find(grenoble, draft_id) is None
    with pytest.raises(Forbidden):
        drafts.drop(grenoble, draft_id)


def test_a_title_is_one_line() -> None:
    assert drafts.title_of({"title": " Un \n titre "}) == "Un titre"
    assert drafts.title_of({}) == ""
