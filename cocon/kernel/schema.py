"""Bringing the database to the schema of this version, with Alembic."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from flask_migrate import downgrade as _downgrade
from flask_migrate import upgrade as _upgrade
from sqlalchemy import inspect

from cocon.kernel.db import db

MIGRATIONS = Path(__file__).parents[2] / "migrations"

migrate = Migrate(db=db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)


def upgrade(app: Flask) -> None:
    """Create or upgrade the schema and its walls."""
    with _context(app):
        _upgrade()


def downgrade(app: Flask, revision: str = "base") -> None:
    """Go back; only on an empty log (the migrations refuse otherwise)."""
    with _context(app):
        _downgrade(revision=revision)


def is_there() -> bool:
    """Whether the database of the current application has a schema."""
    return inspect(db.engine).has_table("alembic_version")


def is_current() -> bool:
    """Whether the schema of the database is that of this version."""
    with db.engine.connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    return revision == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _context(app: Flask) -> AbstractContextManager[object]:
    return app.app_context()
