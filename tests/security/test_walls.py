"""What a statement of the application's own connection cannot do, and what a server's log does not repeat."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cocon.kernel.db import db
from tests.web.making import Stage

pytestmark = pytest.mark.template("reference")

REPLACE = (
    "INSERT OR REPLACE INTO log_entry (seq, id, at, kind, subject, leaf, body)"
    " SELECT (SELECT MAX(seq) + 1 FROM log_entry), id, at, 'forged', subject, leaf, body FROM log_entry WHERE seq = 0"
)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("setting", ["ON", "OFF"])
def test_replacing_an_entry_under_another_number_is_refused(in_app: Flask, setting: str) -> None:
    """By the wall itself: a connection that is not ours may leave ``recursive_triggers`` off."""
    db.session.execute(text(f"PRAGMA recursive_triggers={setting}"))
    with pytest.raises(DBAPIError, match="entries follow each other without gap"):
        db.session.execute(text(REPLACE))
    db.session.rollback()
    db.session.execute(text("PRAGMA recursive_triggers=ON"))


@pytest.mark.engines("sqlite")
def test_without_the_wall_it_would_not_be(in_app: Flask) -> None:
    """The negative control; the deferred keys would still refuse to commit."""
    db.session.execute(text("PRAGMA recursive_triggers=OFF"))
    db.session.execute(text("DROP TRIGGER log_entry_insert_wall"))
    db.session.execute(text(REPLACE))
    assert db.session.scalar(text("SELECT COUNT(*) FROM log_entry WHERE seq = 0")) == 0
    db.session.rollback()
    db.session.execute(text("PRAGMA recursive_triggers=ON"))


def test_an_error_of_the_database_does_not_repeat_what_was_typed(in_app: Flask) -> None:
    with pytest.raises(DBAPIError) as caught:
        db.session.execute(text("SELECT missing_column, :typed FROM log_head"), {"typed": "kanari-secret"})
    db.session.rollback()
    assert "kanari-secret" not in str(caught.value)


@pytest.mark.engines("postgresql")
def test_a_text_that_the_database_cannot_hold_leaves_one_line(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "cocon"):
        stage.secretariat().get("/decisions?apres=%00kanari-secret", status=400)
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]
    assert "kanari-secret" not in caplog.text
