"""Walls inside the database, on both engines: what no application code, however wrong, can slip past.

Names end in ``_wall``. They are created again after each migration (SQLite's batch mode drops them) and
``cocon audit verify`` checks that they are there, word for word.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection

from cocon.kernel.db import tables

FIXED = ("log_entry", "log_change", "log_tile", "log_checkpoint")

_FUNCTIONS = """
CREATE OR REPLACE FUNCTION cocon_refuse_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'cocon: % on % is refused', TG_OP, TG_TABLE_NAME; END $$;
CREATE OR REPLACE FUNCTION cocon_insert_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.rev IS DISTINCT FROM 1 OR EXISTS (SELECT 1 FROM log_change WHERE row_id = NEW.id) THEN
    RAISE EXCEPTION 'cocon: a row is created once, at revision 1';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION cocon_update_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.rev IS DISTINCT FROM OLD.rev + 1 THEN
    RAISE EXCEPTION 'cocon: a change advances the revision by one';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION cocon_seq_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT COALESCE(MAX(seq) + 1, 0) FROM log_entry) THEN
    RAISE EXCEPTION 'cocon: entries follow each other without gap';
  END IF;
  RETURN NEW;
END $$
"""


def install(connection: Connection) -> None:
    """Drop what stands and build every wall again."""
    for statement in _present(connection):
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_FUNCTIONS)
    for statement in wanted(connection.dialect.name).values():
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> list[str]:
    """Names of walls that are absent or differ from what they should be."""
    there = _definitions(connection)
    return [
        name
        for name, statement in wanted(connection.dialect.name).items()
        if (there.get(name) != statement if connection.dialect.name == "sqlite" else name not in there)
    ]


def wanted(dialect: str) -> dict[str, str]:
    """Name → statement of each wall."""
    return _sqlite() if dialect == "sqlite" else _postgresql()


def _sqlite() -> dict[str, str]:
    walls: dict[str, str] = {}

    def wall(table: str, act: str, when: str | None, sentence: str) -> None:
        name = f"{table}_{act.split(maxsplit=1)[0].lower()}_wall"
        condition = f" WHEN {when}" if when else ""
        body = f"SELECT RAISE(ABORT, 'cocon: {sentence}')"
        walls[name] = f"CREATE TRIGGER {name} BEFORE {act} ON {table}{condition} BEGIN {body}; END"

    for table in tables("audited"):
        exists = "EXISTS (SELECT 1 FROM log_change WHERE row_id = NEW.id)"
        wall(table, "INSERT", f"NEW.rev IS NOT 1 OR {exists}", "a row is created once, at revision 1")
        changed = "NEW.id IS NOT OLD.id OR NEW.rev IS NOT OLD.rev + 1"
        wall(table, "UPDATE", changed, "a change advances the revision by one")
        wall(table, "DELETE", None, f"DELETE on {table} is refused")
    for table in FIXED:
        wall(table, "UPDATE", None, f"UPDATE on {table} is refused")
        wall(table, "DELETE", None, f"DELETE on {table} is refused")
    following = "NEW.seq IS NOT (SELECT COALESCE(MAX(seq) + 1, 0) FROM log_entry)"
    wall("log_entry", "INSERT", following, "entries follow each other without gap")
    wall("log_disclosure", "UPDATE", None, "UPDATE on log_disclosure is refused")
    wall("log_head", "DELETE", None, "DELETE on log_head is refused")
    wall("log_head", "UPDATE", "NEW.size < OLD.size", "the log never shrinks")
    return walls


def _postgresql() -> dict[str, str]:
    walls: dict[str, str] = {}

    def wall(table: str, act: str, function: str, each: str = "ROW", when: str = "") -> None:
        name = f"{table}_{act.lower()}_wall"
        run = f"{when}EXECUTE FUNCTION cocon_{function}_wall()"
        walls[name] = f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH {each} {run}"

    for table in tables("audited"):
        wall(table, "INSERT", "insert")
        wall(table, "UPDATE", "update")
        wall(table, "DELETE", "refuse")
        wall(table, "TRUNCATE", "refuse", "STATEMENT")
    for table in FIXED:
        wall(table, "UPDATE", "refuse")
        wall(table, "DELETE", "refuse")
        wall(table, "TRUNCATE", "refuse", "STATEMENT")
    wall("log_entry", "INSERT", "seq")
    wall("log_disclosure", "UPDATE", "refuse")
    wall("log_head", "DELETE", "refuse")
    wall("log_head", "TRUNCATE", "refuse", "STATEMENT")
    wall("log_head", "UPDATE", "refuse", when="WHEN (NEW.size < OLD.size) ")
    return walls


def _definitions(connection: Connection) -> dict[str, str]:
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_wall' ESCAPE '\\'"
    else:
        query = (
            "SELECT tgname, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
            " AND tgname LIKE '%\\_wall'"
        )
    return {str(name): str(sql) for name, sql in connection.execute(text(query))}


def _present(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [f"DROP TRIGGER {name}" for name in _definitions(connection)]
    query = text(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\\_wall'"
    )
    return [f"DROP TRIGGER {name} ON {table}" for name, table in connection.execute(query)]
