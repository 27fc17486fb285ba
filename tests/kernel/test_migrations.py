"""The migrations make what the models say, go down on an empty log only, and leave the walls standing."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Connection, inspect

from cocon import cli
from cocon.actions import operations as actions
from cocon.actions import search
from cocon.actions.queries import find
from cocon.audit import journal, migrated, triggers
from cocon.audit.opening import say_added
from cocon.audit.verify import verify
from cocon.catalogue import queries as catalogue
from cocon.catalogue.queries import Filters
from cocon.discussion import operations as discussion
from cocon.funding import operations as funding
from cocon.kernel import schema
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import Audited, Base, db
from cocon.kernel.folding import wanted
from tests.actions.making import GRENOBLE, METRO, fields
from tests.decisions.making import together
from tests.factories import World


def modelled(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is one of the models': SQLite's full-text search keeps tables of its own."""
    return kind != "table" or not str(name).startswith("action_words")


def test_the_schema_is_that_of_the_models_and_its_walls_stand(in_app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": modelled})
        assert compare_metadata(context, Base.metadata) == []
        assert triggers.missing(connection) == []


def test_down_and_up_again_on_an_empty_log(app: Flask) -> None:
    schema.downgrade(app)
    with app.app_context():
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        db.engine.dispose()
    schema.upgrade(app)
    with app.app_context():
        World.installed()
        assert verify().ok


def test_a_log_with_entries_is_never_taken_down(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.app_context():
        World.installed()
        db.engine.dispose()
    with pytest.raises(SystemExit):
        schema.downgrade(app)
    assert "never taken down" in caplog.text
    with app.app_context():
        assert verify().ok


def test_upgrading_again_keeps_data_and_walls(app: Flask) -> None:
    with app.app_context():
        World.installed()
        before = verify().last_line
        db.engine.dispose()
    schema.upgrade(app)
    with app.app_context():
        assert verify().last_line == before


def _take_down(app: Flask, monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    counted = Connection.scalar

    def blind(self: Connection, statement: Any, *rest: Any, **more: Any) -> Any:
        return 0 if "FROM log_entry" in str(statement) else counted(self, statement, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "scalar", blind)
        patch.setattr(triggers, "install", lambda _connection: None)
        patch.setattr(search, "complete", lambda _connection: 0)
        schema.downgrade(app, revision)


def test_a_log_of_the_first_schema_comes_up_with_its_entries(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The migrations refuse to go down under a log that holds entries; blinded, they make an old database."""
    with app.app_context():
        world = World.installed()
        owner, other = world.actor("representative", GRENOBLE), world.actor("representative", METRO)
        action = world.action(owner, "Épicerie solidaire", content="Un texte")
        with monkeypatch.context() as patch:
            patch.setattr(funding, "_demand_nature", lambda *_line: None)
            funding.announce_contribution(other, action, year=2014, nature="", amount=1_000_00)
        discussion.post_comment(other, action, text="Un commentaire", visibility="partners")
        before = verify().last_line
        db.session.rollback()
        db.engine.dispose()
    _take_down(app, monkeypatch, "0001")
    with app.app_context():
        assert not inspect(db.engine).has_table("internal_chain")
        assert not inspect(db.engine).has_table("suggestion")
        db.engine.dispose()
    schema.upgrade(app)
    with app.app_context():
        with db.engine.connect() as connection:
            assert triggers.missing(connection) == []
        assert verify().last_line == before
        assert catalogue.overview(Filters(words=tuple(wanted("epicerie"))), owner).total == 1


def _write_before_the_columns(app: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[World, str]:
    """A fiche in a log that knows none of the columns added since."""
    noted = journal._note

    def note_as_before(target: Audited, change: dict[str, Any]) -> None:
        new = migrated.ADDED.get(change["table"], {})
        noted(target, {**change, "after": {name: v for name, v in change["after"].items() if name not in new}})

    with app.app_context(), monkeypatch.context() as patch:
        patch.setattr(journal, "_note", note_as_before)
        world = World.installed()
        action_id = world.action(world.actor("representative", GRENOBLE), "Épicerie", content="Un texte").id
        db.session.rollback()
        db.engine.dispose()
    return world, action_id


def test_a_log_older_than_a_column_learns_of_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions written before the columns came: the log says so once, then vouches for both kinds of versions."""
    world, action_id = _write_before_the_columns(app, monkeypatch)
    _take_down(app, monkeypatch, "0070")
    schema.upgrade(app)
    monkeypatch.setattr(cli, "installed_application", lambda: app)
    with pytest.raises(SystemExit):
        cli.current_application()
    with pytest.raises(SystemExit):
        runpy.run_path("wsgi.py")
    with app.app_context():
        assert not verify().ok
        missing = migrated.untold()
        assert {"action_version", "partner"} <= missing.keys()  # other tables hold no row yet
        assert missing.items() <= migrated.ADDED.items()
        migrated.record()
        known = verify().last_line
        assert known.startswith("ok ")
        migrated.record()
        assert (migrated.untold(), verify().last_line) == ({}, known)
        owner, now = world.actor("representative", GRENOBLE), find(action_id)
        assert now
        said = fields(content="Un texte", deliverables="Un guide", delegate="Une agence", starts="2014-03")
        actions.publish_version(owner, now, revision=now.rev, summary="Livrables.", fields=said)
        assert verify().ok
        assert migrated.untold() == {}
        db.session.rollback()
    assert cli.current_application() is app
    assert runpy.run_path("wsgi.py")["app"] is app


def _say_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch, record: Callable[[], None], patience: float) -> None:
    """Two ``cocon init`` at once: both have read what is missing when the first writes, unless one waits."""
    meeting, missing = Barrier(2), migrated._missing

    def read_then_wait() -> dict[str, dict[str, Any]]:
        found = missing()
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=patience)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(migrated, "_missing", read_then_wait)
        answers = together(app, record, record)
    assert [one for one in answers if isinstance(one, Exception)] == []


def _naive() -> None:
    for table, add in migrated.untold().items():
        say_added(SYSTEM, None, table=table, add=add)


@pytest.mark.parametrize(("record", "patience", "sound"), [(migrated.record, 1, True), (_naive, 60, False)])
def test_the_log_learns_of_a_column_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch, record: Callable[[], None], patience: float, sound: bool
) -> None:
    """With its control: what reads first and writes later says it twice, and the log is false for ever."""
    _write_before_the_columns(app, monkeypatch)
    with app.app_context():
        _say_at_once(app, monkeypatch, record, patience)
        db.session.rollback()
        assert verify().ok == sound
