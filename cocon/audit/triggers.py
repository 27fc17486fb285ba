"""Walls inside the database, on both engines: what no application code, however wrong, can slip past.

Names end in ``_wall``. They are created again after each migration (SQLite's batch mode drops them) and
``cocon audit verify`` checks that they are there, word for word.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection

from cocon.kernel.db import tables

FIXED = ("log_entry", "log_change", "log_tile", "log_checkpoint")

#: PostgreSQL: what each wall does.
_FUNCTIONS = {
    "refuse": "BEGIN RAISE EXCEPTION 'cocon: % on % is refused', TG_OP, TG_TABLE_NAME; END",
    "insert": """
BEGIN
  IF NEW.rev IS DISTINCT FROM 1 OR EXISTS (SELECT 1 FROM log_change WHERE row_id = NEW.id) THEN
    RAISE EXCEPTION 'cocon: a row is created once, at revision 1';
  END IF;
  RETURN NEW;
END""",
    "update": """
BEGIN
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.rev IS DISTINCT FROM OLD.rev + 1 THEN
    RAISE EXCEPTION 'cocon: a change advances the revision by one';
  END IF;
  RETURN NEW;
END""",
    "seq": """
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT COALESCE(MAX(seq) + 1, 0) FROM log_entry) THEN
    RAISE EXCEPTION 'cocon: entries follow each other without gap';
  END IF;
  RETURN NEW;
END""",
    "late": """
BEGIN
  IF NEW.seq < (SELECT size FROM log_head) THEN
    RAISE EXCEPTION 'cocon: nothing is added to an entry afterwards';
  END IF;
  RETURN NEW;
END""",
    "head": """
BEGIN
  IF NEW.id IS DISTINCT FROM OLD.id OR NEW.size <= OLD.size
      OR NEW.size IS DISTINCT FROM (SELECT MAX(seq) + 1 FROM log_entry) THEN
    RAISE EXCEPTION 'cocon: the head counts the entries, and grows';
  END IF;
  RETURN NEW;
END""",
}


#: Everything in the database that acts by itself, with its definition.
_EVERY = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
SELECT tgname, replace(pg_get_triggerdef(t.oid, true), '"', '')
  FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace
  WHERE (NOT tgisinternal OR tgenabled NOT IN ('O', 'A')) AND nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT rulename, NULL
  FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class JOIN pg_namespace n ON n.oid = relnamespace
  WHERE rulename <> '_RETURN' AND nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT proname, NULL
  FROM pg_proc WHERE proname LIKE 'cocon\\_%\\_wall' AND oid NOT IN (
    SELECT tgfoid FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\\_wall')""",
}

#: PostgreSQL: the functions that the walls really call, of whatever schema, and whether they run as they were made.
_CALLED = """
SELECT DISTINCT proname, prosrc, lanname = 'plpgsql' AND proconfig IS NULL AND NOT prosecdef
  FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid JOIN pg_language l ON l.oid = prolang
  WHERE NOT tgisinternal AND tgname LIKE '%\\_wall' AND proname LIKE 'cocon\\_%\\_wall'"""

#: PostgreSQL: what puts the walls to sleep, or hides rows from them, while they all stand.
_REPLICA = """
SELECT current_setting('session_replication_role') WHERE current_setting('session_replication_role') <> 'origin'
UNION ALL
SELECT split_part(line, '=', 2)
  FROM pg_db_role_setting, unnest(setconfig) AS line
  WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND lower(split_part(line, '=', 1)) = 'session_replication_role' AND lower(split_part(line, '=', 2)) <> 'origin'"""
_HIDING = """
SELECT relname
  FROM pg_class c
  WHERE pg_table_is_visible(oid) AND relkind IN ('r', 'p')
    AND (relrowsecurity OR relforcerowsecurity OR EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid))
  ORDER BY relname"""


def install(connection: Connection) -> None:
    """Drop what stands and build every wall again."""
    for statement in _present(connection):
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":
        for name, body in _FUNCTIONS.items():
            head = f"CREATE OR REPLACE FUNCTION cocon_{name}_wall() RETURNS trigger LANGUAGE plpgsql"
            connection.exec_driver_sql(f"{head} AS $${body}$$".replace("%", "%%"))
    for statement in wanted(connection.dialect.name).values():
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> list[str]:
    """Names of walls that are absent or differ from what they should be."""
    there = _definitions(connection)
    gone = [name for name, statement in wanted(connection.dialect.name).items() if (name, statement) not in there]
    return gone + (_weakened(connection) if connection.dialect.name == "postgresql" else [])


def _weakened(connection: Connection) -> list[str]:
    """Names of functions that walls call and that are not, word for word and as they were made, what they should be."""
    made = {(f"cocon_{name}_wall", body, True) for name, body in _FUNCTIONS.items()}
    return [str(found[0]) for found in connection.execute(text(_CALLED)) if tuple(found) not in made]


def foreign(connection: Connection) -> list[str]:
    """Names of triggers and rules that the house did not make, on any table, and of ties to the log put to sleep.

    Also of functions named as ours are that no wall calls.
    One that skips a row, or that writes elsewhere, would disarm the walls while they all stand.
    """
    ours = wanted(connection.dialect.name).items()
    found = connection.execute(text(_EVERY[connection.dialect.name]))
    return [str(name) for name, statement in found if (name, statement) not in ours]


def asleep(connection: Connection) -> list[str]:
    """What keeps the walls that stand from acting, as sentences; nothing of the kind exists on SQLite."""
    if connection.dialect.name == "sqlite":
        return []
    roles = [str(role) for (role,) in connection.execute(text(_REPLICA))]
    hiding = {str(table) for (table,) in connection.execute(text(_HIDING))}
    return [
        *(f"setting session_replication_role: {role}, the triggers sleep" for role in roles),
        *(
            f"table {table}: row-level security hides its rows"
            for table in (*tables("audited"), *tables("log"))
            if table in hiding
        ),
    ]


def untied(connection: Connection) -> list[str]:
    """Names of audited tables whose rows no longer have to find their line in the log at commit."""
    if connection.dialect.name == "sqlite":
        query = (
            "SELECT DISTINCT m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE f.\"table\" = '{}'"
        )
    else:
        query = (
            "SELECT replace(conrelid::regclass::text, '\"', '') FROM pg_constraint"
            " WHERE contype = 'f' AND condeferred AND convalidated AND confrelid = '{}'::regclass"
        )
    tied = {str(name) for (name,) in connection.exec_driver_sql(query.format("log_change"))}
    return [table for table in tables("audited") if table not in tied]


def wanted(dialect: str) -> dict[str, str]:
    """Name → statement of each wall."""
    return _sqlite() if dialect == "sqlite" else _postgresql()


def _sqlite() -> dict[str, str]:
    walls: dict[str, str] = {}

    def wall(table: str, act: str, when: str | None, sentence: str) -> None:
        name = f"{table}_{act.lower()}_wall"
        condition = f" WHEN {when}" if when else ""
        body = f"SELECT RAISE(ABORT, 'cocon: {sentence}')"
        walls[name] = f"CREATE TRIGGER {name} BEFORE {act} ON {table}{condition} BEGIN {body}; END"

    for table in tables("audited"):
        exists = "EXISTS (SELECT 1 FROM log_change WHERE row_id = NEW.id)"
        wall(table, "INSERT", f"NEW.rev IS NOT 1 OR {exists}", "a row is created once, at revision 1")
        changed = "NEW.id IS NOT OLD.id OR NEW.rev IS NOT OLD.rev + 1"
        wall(table, "UPDATE", changed, "a change advances the revision by one")
        wall(table, "DELETE", None, f"DELETE on {table} is refused")
    for table in (*FIXED, "log_disclosure"):
        wall(table, "UPDATE", None, f"UPDATE on {table} is refused")
    for table in (*FIXED, "log_head"):
        wall(table, "DELETE", None, f"DELETE on {table} is refused")
    for (table, act), (when, sentence) in _SQLITE_LOG.items():
        wall(table, act, when, sentence)
    return walls


_AFTERWARDS = "nothing is added to an entry afterwards"
_LATE = "NEW.seq < (SELECT size FROM log_head) OR EXISTS (SELECT 1 FROM {table} WHERE {same})"
_FOLLOWING = "(SELECT COALESCE(MAX(seq) + 1, 0) FROM log_entry)"

#: SQLite: conditions on the log's own tables. ``INSERT OR REPLACE`` fires no DELETE trigger: hence the EXISTS.
_SQLITE_LOG = {
    ("log_entry", "INSERT"): (
        f"NEW.seq IS NOT {_FOLLOWING} OR EXISTS (SELECT 1 FROM log_entry WHERE id = NEW.id)",
        "entries follow each other without gap",
    ),
    ("log_change", "INSERT"): (
        _LATE.format(table="log_change", same="row_id = NEW.row_id AND rev = NEW.rev"),
        _AFTERWARDS,
    ),
    ("log_disclosure", "INSERT"): (_LATE.format(table="log_disclosure", same="digest = NEW.digest"), _AFTERWARDS),
    ("log_tile", "INSERT"): ("EXISTS (SELECT 1 FROM log_tile WHERE number = NEW.number)", "a tile is written once"),
    ("log_checkpoint", "INSERT"): (
        "EXISTS (SELECT 1 FROM log_checkpoint WHERE size = NEW.size)",
        "a checkpoint is written once",
    ),
    ("log_head", "INSERT"): ("EXISTS (SELECT 1 FROM log_head)", "the log has one head"),
    ("log_head", "UPDATE"): (
        f"NEW.id IS NOT OLD.id OR NEW.size <= OLD.size OR NEW.size IS NOT {_FOLLOWING}",
        "the head counts the entries, and grows",
    ),
}


def _postgresql() -> dict[str, str]:
    walls: dict[str, str] = {}

    def wall(table: str, act: str, function: str, each: str = "ROW") -> None:
        name = f"{table}_{act.lower()}_wall"
        run = f"EXECUTE FUNCTION cocon_{function}_wall()"
        walls[name] = f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH {each} {run}"

    for table in tables("audited"):
        wall(table, "INSERT", "insert")
        wall(table, "UPDATE", "update")
    for table in (*FIXED, "log_disclosure"):
        wall(table, "UPDATE", "refuse")
    for table in (*tables("audited"), *FIXED, "log_head"):
        wall(table, "DELETE", "refuse")
        wall(table, "TRUNCATE", "refuse", "STATEMENT")
    wall("log_entry", "INSERT", "seq")
    wall("log_change", "INSERT", "late")
    wall("log_disclosure", "INSERT", "late")
    wall("log_head", "UPDATE", "head")
    return walls


def _definitions(connection: Connection) -> set[tuple[str, str]]:
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_wall' ESCAPE '\\'"
    else:
        query = (
            "SELECT tgname, replace(pg_get_triggerdef(oid, true), '\"', '') FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgname LIKE '%\\_wall'"
        )
    return {(str(name), str(statement)) for name, statement in connection.execute(text(query))}


def _present(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [f"DROP TRIGGER {name}" for name, _statement in _definitions(connection)]
    query = text(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%\\_wall'"
    )
    return [f"DROP TRIGGER {name} ON {table}" for name, table in connection.execute(query)]
