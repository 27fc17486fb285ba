"""Sessions of writing with a bad network: whatever is lost on the way, no acknowledged character is."""

from __future__ import annotations

import random

import pytest
from flask import Flask

from cocon.actions import drafts
from cocon.actions.models import Draft
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, hurry
from tests.actions.writing import FAULTS, Failing, Writer, missing, play
from tests.factories import World

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def writers(app: Flask) -> tuple[Flask, World]:
    """An installation whose server fails when it is told to."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        hurry()
        world = World.installed()
    return app, world


def session(app: Flask, world: World, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two colleagues in one section, with faults on the way."""
    with app.app_context():
        one, other = (world.actor(role, GRENOBLE) for role in ("representative", "contributor"))
        draft = drafts.start(one, {"title": "Une fiche"})
    url = f"/actions/{draft.id}/modifier/contexte"
    mine, theirs = Writer(app, world, one, url, "a"), Writer(app, world, other, url, "b")

    def fail(writer: Writer) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(drafts, "_write", Failing(drafts._write))
            writer.save()

    play(chance, mine, theirs, FAULTS, {"error": fail})
    with app.app_context():
        kept = db.session.get(Draft, draft.id)
        assert kept is not None
        assert missing(kept.fields["context"], mine, theirs) == set()


def sessions(writers: tuple[Flask, World], seeds: range, monkeypatch: pytest.MonkeyPatch) -> None:
    """Play them one after the other."""
    for seed in seeds:
        session(*writers, random.Random(seed), monkeypatch)


def test_a_hundred_and_fifty_sessions_lose_nothing(
    writers: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the fifty whose server is killed (``tests/reliability/test_saves.py``), two hundred."""
    sessions(writers, range(150), monkeypatch)


@pytest.mark.soak
def test_a_thousand_sessions_lose_nothing(writers: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch) -> None:
    sessions(writers, range(1_000, 2_000), monkeypatch)


def test_a_server_that_forgets_the_turns_is_caught(
    writers: tuple[Flask, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a late request overwrites what was acknowledged since."""
    monkeypatch.setattr(drafts, "_demand_same_page", lambda _mark, _copy: None)
    with pytest.raises(AssertionError):
        sessions(writers, range(40), monkeypatch)
