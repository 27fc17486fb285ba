"""Alembic's environment: one set of migrations for SQLite and PostgreSQL.

At the end the walls are built again, and the index of words where a migration emptied it.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine, create_engine, text

import cocon.models  # noqa: F401 - the metadata must be whole
from cocon.actions import search
from cocon.audit import triggers
from cocon.kernel.db import Base, Instant

#: One installer at a time (PostgreSQL advisory lock).
LOCK = 0x636F636F6E


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write instants as the plain text column they are, so that migrations import nothing of ours."""
    return "sa.String(length=27)" if kind == "type" and isinstance(item, Instant) else False


def engine() -> Engine:
    """The owner's engine when there is one (PostgreSQL), else the application's."""
    owner = current_app.config.get("COCON_OWNER_URL")
    if owner:
        return create_engine(owner)
    chosen: Engine = current_app.extensions["migrate"].db.engine
    return chosen


def run() -> None:
    """Run what is due in one transaction, then put the walls back."""
    with engine().connect() as connection:
        tie(connection, "OFF")
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                context.configure(
                    connection=connection,
                    target_metadata=Base.metadata,
                    render_as_batch=True,
                    compare_type=True,
                    render_item=render,
                    transactional_ddl=True,
                )
                with context.begin_transaction():
                    context.run_migrations()
                    demand_ties(connection)
                if connection.dialect.has_table(connection, "log_entry"):
                    triggers.install(connection)
                    grant(connection.dialect.name, connection)
                if connection.dialect.has_table(connection, "saved_view"):
                    search.complete(connection)
        finally:
            tie(connection, "ON")


def tie(connection: Connection, state: str) -> None:
    """Whether SQLite looks at foreign keys: batch mode drops tables that others point at. No effect once begun."""
    if connection.dialect.name == "sqlite":
        connection.connection.cursor().execute(f"PRAGMA foreign_keys={state}")


def demand_ties(connection: Connection) -> None:
    """Stop, and undo, when a migration left a row that points at none: nothing looked while the tables were rebuilt."""
    if connection.dialect.name == "sqlite" and (astray := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise RuntimeError(f"a row of the table {astray[0]} points at none of the table {astray[2]}")


def grant(dialect: str, connection: object) -> None:
    """Give the application's role what it needs, and nothing that alters the schema (PostgreSQL with an owner)."""
    role = current_app.config.get("COCON_APP_ROLE")
    if dialect != "postgresql" or not role:
        return
    quoted = '"' + role.replace('"', '""') + '"'
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
    ):
        connection.exec_driver_sql(statement)  # type: ignore[attr-defined]


run()
