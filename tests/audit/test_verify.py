"""The server's verification says ok when nothing was touched, and otherwise names what was."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from cocon.audit import checkpoints, triggers
from cocon.audit.tree import CompactRange, leaf_hash
from cocon.funding import operations as funding
from cocon.kernel.db import tables
from tests.audit.story import Copy
from tests.factories import World

INTRUDER = """
INSERT INTO contribution (id, rev, action_id, partner_id, form)
SELECT '0143b952-1180-7994-8cea-000000000000', 1, action_id, partner_id, 'loan' FROM contribution LIMIT 1
"""
TRANCHE = "(SELECT id FROM tranche WHERE amount = 900000)"


def test_an_untouched_database_is_ok(story: Copy) -> None:
    report = story.verify()
    size, root = story.one("SELECT size FROM log_head"), report.last_line.split("root=")[1]
    assert report.last_line == f"ok entries={size} root={root}"
    assert re.fullmatch("[0-9a-f]{64}", root)
    assert report.ok
    said = "\n".join(report.lines)
    tables = ("comment", "position", "tranche", "envelope", "partner", "action_version")
    assert all(story.one(f"SELECT COUNT(*) FROM {table}") > 0 for table in tables)
    for counted in (f"{size} entrées", "35 tables", "points de contrôle", "effacées\u00a0: 0"):
        assert counted in said


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            f"UPDATE tranche SET amount = 900001 WHERE id = {TRANCHE}",
            r"table tranche row .{36}, column amount: 900001 in",
        ),
        (f"UPDATE tranche SET amount = 1, rev = rev + 1 WHERE id = {TRANCHE}", r"table tranche row .*, column amount:"),
        (f"UPDATE tranche SET rev = 8 WHERE id = {TRANCHE}", r"table tranche row .*, column rev: 8 in the table"),
        ("DELETE FROM position WHERE stance = 'reserve'", r"table position row .{36}: missing"),
        ("UPDATE partner SET name = 'Ailleurs' WHERE rank = 3", r"table partner row .*, column name: Ailleurs in"),
        ("UPDATE partner SET later_names = '[]' WHERE rank = 1", r"table partner row .*, column later_names: \[\] in"),
        ("UPDATE comment SET text = 'Autre chose'", r"table comment row .*, column text: not the value that the log"),
        ("UPDATE person SET email = 'x@y.example' WHERE name LIKE '%grenoble%'", r"table person row .*, column email:"),
        (
            "UPDATE contract SET in_force = NOT in_force WHERE rank = 1",
            r"table contract row .*, column in_force: ",
        ),
        (
            "UPDATE consultation SET deadline = '2014-01-01T00:00:00.000000Z'",
            r"table consultation row .*, column deadl",
        ),
        (
            "UPDATE consultation SET outcome = NULL",
            r"table consultation row .*, column outcome: null in .*, adopted in",
        ),
        ("UPDATE mandate SET ends_on = '2014-02-01'", r"table mandate row .*, column ends_on: 2014-02-01 in the table"),
        ("UPDATE objective SET letter = 'Z'; DELETE FROM axis WHERE number = 3", r"table axis row .*: missing"),
        (
            INTRUDER,
            r"table contribution row 0143b952-.*: not in the log",
        ),
        ("ALTER TABLE tranche ADD COLUMN foo INTEGER", r"table tranche, column foo: not a column of the log"),
        ("ALTER TABLE mandate RENAME COLUMN note TO remark", r"table mandate, column remark: not a column of the log"),
        ("ALTER TABLE mandate DROP COLUMN note", r"table mandate, column note: missing"),
    ],
)
def test_a_touched_row_is_named(story: Copy, statement: str, named: str) -> None:
    story.touch(*statement.split("; "))
    report = story.verify()
    assert not report.ok
    assert re.match(f"wrong: {named}", report.last_line), report.last_line
    assert len(report.lines) >= 7, "the log itself is sound, and the report says so"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE log_entry SET body = REPLACE(body, '1000000', '1000001')", r"entry \d+: its leaf is not the hash of"),
        ("UPDATE log_entry SET body = REPLACE(body, '{', '{ ') WHERE seq = 9", r"entry 9: not in canonical form"),
        ("UPDATE log_entry SET body = '' WHERE seq = 9", r"entry 9: not JSON"),
        (
            "UPDATE log_entry SET body = REPLACE(body, '\"v\":1', '\"v\":2') WHERE seq = 4",
            r"entry 4: unknown version 2",
        ),
        ("DELETE FROM log_entry WHERE seq = 12", r"entry 12: missing"),
        ("DELETE FROM log_entry WHERE seq = (SELECT MAX(seq) FROM log_entry)", r"entry \d+: missing, the head counts"),
        ("UPDATE log_entry SET kind = 'actions.withdrawn' WHERE seq = 8", r"entry 8: column kind is not what its text"),
        ("UPDATE log_entry SET at = '2014-01-01T00:00:00.000000Z' WHERE seq = 8", r"entry 8: column at is not what"),
        ("UPDATE log_entry SET partner = NULL WHERE seq = 15", r"entry 15: column partner is not what its text says"),
        ("UPDATE log_entry SET person = subject WHERE seq = 15", r"entry 15: column person is not what its text says"),
        ("UPDATE log_entry SET about = NULL WHERE seq = 15", r"entry 15: column about is not what its text says"),
        ("UPDATE log_entry SET audience = NULL", r"entry \d+: column audience is not what its text says"),
        ("UPDATE log_entry SET audience = 'cg-isere' WHERE seq = 3", r"entry 3: column audience is not what its text"),
        ("UPDATE log_head SET size = size + 1", r"entry \d+: missing, the head counts"),
        ("UPDATE log_head SET range = '[]'", r"log_head: column range is not what the entries give"),
        ("UPDATE log_head SET at = '2014-12-31T00:00:00.000000Z'", r"log_head: column at is not what the entries give"),
        ("DELETE FROM log_head", r"log_head: not one row"),
        ("DELETE FROM log_change WHERE seq = 15", r"entry 15: the index of changes differs at table"),
        ("UPDATE log_change SET seq = 14 WHERE seq = 15", r"entry 1[45]: the index of changes differs at table"),
        ("UPDATE log_change SET table_name = 'axis' WHERE table_name = 'tranche'", r"entry \d+: the index of changes"),
        (
            "INSERT INTO log_change (row_id, rev, table_name, seq) VALUES ('ghost', 1, 'tranche', 3)",
            r"entry 3: the index of changes differs at table tranche row ghost rev 1",
        ),
        ("INSERT INTO log_tile (number, root) SELECT 0, leaf FROM log_entry WHERE seq = 0", r"tile 0: covers entries"),
        ("UPDATE log_checkpoint SET size = size + 1000", r"entry \d+: missing, checkpoint \d+ covers"),
        ("UPDATE log_checkpoint SET note = REPLACE(note, '=', '')", r"checkpoint \d+: malformed"),
        ("UPDATE log_checkpoint SET at = '2014-12-31T00:00:00.000000Z'", r"checkpoint \d+: column at is not the time"),
        ("UPDATE log_disclosure SET audience = NULL", r"entry \d+: disclosure of .*, column audience is not that of"),
        (
            "UPDATE log_disclosure SET seq = seq - 1 WHERE seq = 15",
            r"entry 14: no value of its text has the disclosure",
        ),
        (
            "UPDATE log_disclosure SET disclosure = REPLACE(disclosure, 'A', 'B')",
            r"entry \d+: the disclosure .* has ano",
        ),
    ],
)
def test_a_touched_log_is_named(story: Copy, statement: str, named: str) -> None:
    story.touch(statement)
    report = story.verify()
    assert not report.ok
    assert re.match(f"wrong: {named}", report.last_line), report.last_line


SIZES = "(SELECT size FROM log_checkpoint ORDER BY size{} LIMIT 1)"
GONE = "DELETE FROM log_checkpoint"
NEWEST, OLDEST = SIZES.format(" DESC"), SIZES.format("")
MIDDLE = SIZES.format("").replace("1)", "1 OFFSET 2)")
UNCOVERED = "Aucun point de contrôle ne couvre les actes formels à partir de l’entrée "


@pytest.mark.parametrize(
    ("statement", "named", "alone"),
    [
        (GONE, r"checkpoint \d+: missing, \d+ entries were signed \(log.signed\)", UNCOVERED),
        (f"{GONE} WHERE size = {NEWEST}", r"checkpoint \d+: missing, \d+ entries were signed", UNCOVERED),
        (f"{GONE} WHERE size >= {MIDDLE}", r"checkpoint \d+: missing, \d+ entries were signed", UNCOVERED),
        (f"{GONE} WHERE size = {OLDEST}", r"log_checkpoint: \d+ are there, \d+ were signed", "(log.signed) manque"),
        (f"{GONE} WHERE size = {MIDDLE}", r"log_checkpoint: \d+ are there, \d+ were signed", "(log.signed) manque"),
    ],
)
def test_a_deleted_checkpoint_is_missed(story: Copy, statement: str, named: str, alone: str) -> None:
    """With the head kept outside, always; without it, a formal act left without any is said, and may be unsigned."""
    story.touch(statement)
    assert re.match(f"wrong: {named}", story.verify().last_line), story.verify().last_line
    (story.instance.data / "log.signed").unlink()
    report = story.verify()
    assert report.ok, report.last_line
    assert any(alone in line for line in report.lines)


def test_a_formal_act_may_wait_for_its_checkpoint(story: Copy) -> None:
    with story.inside(), checkpoints.signing_later():
        world = World.installed()
        actor = world.actor("representative", "pnr-pilat")
        funding.announce_contribution(actor, world.action(actor, "Une autre fiche"), year=2014, amount=100)
    report = story.verify()
    assert report.ok, report.last_line
    assert any("attendent leur point de contrôle" in line for line in report.lines)
    (story.instance.data / "log.signed").unlink()
    report = story.verify()
    assert report.ok, report.last_line
    assert any(UNCOVERED in line for line in report.lines)


def test_swapped_entries_are_named(story: Copy) -> None:
    story.touch(
        "UPDATE log_entry SET seq = 900 WHERE seq = 10",
        "UPDATE log_entry SET seq = 10 WHERE seq = 11",
        "UPDATE log_entry SET seq = 11 WHERE seq = 900",
    )
    assert story.verify().last_line == "wrong: entry 10: seq is 11"


def test_the_earliest_fault_in_the_order_of_the_steps_is_named(story: Copy) -> None:
    story.touch(
        f"UPDATE tranche SET amount = 1 WHERE id = {TRANCHE}",
        "UPDATE log_entry SET kind = 'x.y' WHERE seq = 3",
        "UPDATE log_entry SET body = '' WHERE seq = 9",
    )
    assert story.verify().last_line.startswith("wrong: entry 9: not JSON")


def test_a_rewritten_history_does_not_lead_to_its_checkpoints(story: Copy) -> None:
    """The operator rewrites an entry, its leaf, the later head and the row, but has signed before."""
    seq, body = story.rows(
        "SELECT seq, body FROM log_entry WHERE body LIKE '%\"amount\":900000%' ORDER BY seq LIMIT 1"
    )[0]
    forged = str(body).replace("900000", "900009")
    bodies = [
        forged if number == seq else text for number, text in story.rows("SELECT seq, body FROM log_entry ORDER BY seq")
    ]
    crown = CompactRange()
    for text in bodies:
        crown.append(leaf_hash(text.encode()))
    peaks = str(crown.to_json()).replace("'", '"')
    leaf = leaf_hash(forged.encode()).hex()
    blob = f"X'{leaf}'" if story.instance.engine == "sqlite" else f"'\\x{leaf}'"
    story.touch(
        f"UPDATE log_entry SET body = REPLACE(body, '900000', '900009'), leaf = {blob} WHERE seq = {seq}",
        f"UPDATE log_head SET range = '{peaks}'",
        f"UPDATE tranche SET amount = 900009 WHERE id = {TRANCHE}",
    )
    assert re.match(r"wrong: (checkpoint \d+|log.signed): the ", story.verify().last_line)


def test_a_missing_wall_is_named(story: Copy) -> None:
    drop = "DROP TRIGGER tranche_update_wall" + (" ON tranche" if story.instance.engine == "postgresql" else "")
    _alter(story, drop)
    assert story.verify().last_line == "wrong: trigger tranche_update_wall: missing or changed"


#: Triggers that skip what would be logged, or write where nobody looks.
FOREIGN = {
    "sqlite": (
        "CREATE TRIGGER log_skip BEFORE INSERT ON log_entry BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER log_skip AFTER UPDATE ON tranche BEGIN SELECT 1; END",
        "CREATE TRIGGER log_skip AFTER INSERT ON web_session BEGIN SELECT 1; END",
    ),
    "postgresql": (
        "CREATE TRIGGER log_skip BEFORE INSERT ON log_entry EXECUTE FUNCTION cocon_skip()",
        "CREATE TRIGGER log_skip AFTER UPDATE ON tranche FOR EACH ROW EXECUTE FUNCTION cocon_skip()",
        "CREATE TRIGGER tranche_update_wall BEFORE UPDATE ON envelope FOR EACH ROW EXECUTE FUNCTION cocon_skip()",
        "CREATE RULE log_skip AS ON INSERT TO log_entry DO INSTEAD NOTHING",
    ),
}
SKIP = "CREATE FUNCTION cocon_skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"


def test_a_foreign_trigger_is_named(story: Copy) -> None:
    engine = story.instance.engine
    if engine == "postgresql":
        _alter(story, SKIP)
    for statement in FOREIGN[engine]:
        _sort, what, name, *_rest = statement.split()
        table = re.findall(r"(?:ON|TO) ([a-z_]+)", statement)[0]
        _alter(story, statement)
        assert story.verify().last_line == f"wrong: trigger {name}: not one of the house's", statement
        _alter(story, f"DROP {what} {name}" + (f" ON {table}" if engine == "postgresql" else ""))
    assert story.verify().ok


@pytest.mark.engines("postgresql")
def test_a_tie_to_the_log_put_to_sleep_is_named(story: Copy) -> None:
    story.databases.cluster.rows(story.instance.name, "ALTER TABLE tranche DISABLE TRIGGER ALL")
    _alter(story, *(f"ALTER TABLE tranche ENABLE TRIGGER {name}" for name in _WALLS))
    assert re.match(r"wrong: trigger RI_ConstraintTrigger\w+: not one of", story.verify().last_line)


_WALLS = [f"tranche_{act}_wall" for act in ("insert", "update", "delete", "truncate")]


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE tranche DISABLE TRIGGER tranche_delete_wall", "trigger tranche_delete_wall: missing or changed"),
        (
            "CREATE OR REPLACE FUNCTION cocon_late_wall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "trigger cocon_late_wall: missing or changed",
        ),
        (
            "ALTER TABLE tranche DROP CONSTRAINT fk_tranche_id_rev_log_change",
            "table tranche: no longer tied to the log",
        ),
    ],
)
def test_a_weakened_wall_is_named(story: Copy, statement: str, named: str) -> None:
    story.databases.cluster.rows(story.instance.name, statement)
    assert story.verify().last_line == f"wrong: {named}"


DECOY = """
CREATE SCHEMA decoy;
DO $do$ BEGIN EXECUTE replace(pg_get_functiondef('cocon_refuse_wall'::regproc), 'public.', 'decoy.'); END $do$;
"""
NOTHING = "CREATE OR REPLACE FUNCTION cocon_refuse_wall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (DECOY + NOTHING, "cocon_refuse_wall: missing or changed"),
        (DECOY, "cocon_refuse_wall: not one of the house's"),
        ("ALTER FUNCTION cocon_late_wall() SET search_path = pg_temp", "cocon_late_wall: missing or changed"),
        ("ALTER FUNCTION cocon_late_wall() SECURITY DEFINER", "cocon_late_wall: missing or changed"),
    ],
)
def test_the_function_that_a_wall_calls_is_the_one_that_counts(story: Copy, statement: str, named: str) -> None:
    _alter(story, statement)
    assert story.verify().last_line == f"wrong: trigger {named}"


REPLICA = "SET session_replication_role = replica"
ASLEEP = "setting session_replication_role: replica, the triggers sleep"
HIDDEN = "table tranche: row-level security hides its rows"


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER DATABASE {name} " + REPLICA, ASLEEP),
        ("ALTER ROLE postgres IN DATABASE {name} " + REPLICA, ASLEEP),
        ("ALTER TABLE tranche ENABLE ROW LEVEL SECURITY", HIDDEN),
        ("CREATE POLICY none ON tranche USING (false)", HIDDEN),
    ],
)
def test_walls_put_to_sleep_are_named(story: Copy, statement: str, said: str) -> None:
    _alter(story, statement.format(name=story.instance.name))
    assert story.verify().last_line == f"wrong: {said}"


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SET LOCAL session_replication_role = replica", [ASLEEP]),
        ("ALTER ROLE cocon " + REPLICA, [ASLEEP]),
        ("ALTER ROLE cocon IN DATABASE postgres " + REPLICA, []),
        ("ALTER ROLE cocon SET session_replication_role = origin", []),
        ("ALTER ROLE cocon SET work_mem = '8MB'", []),
    ],
)
def test_only_what_reaches_this_database_puts_its_walls_to_sleep(story: Copy, statement: str, said: list[str]) -> None:
    """In a transaction that ends in nothing: the roles are those of every test."""
    url = story.databases.cluster.url(story.instance.name, "postgres")
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
        assert triggers.asleep(connection) == said
        connection.rollback()
    engine.dispose()


@pytest.mark.engines("sqlite")
def test_a_changed_wall_is_named(story: Copy) -> None:
    _alter(
        story,
        "DROP TRIGGER tranche_delete_wall",
        "CREATE TRIGGER tranche_delete_wall BEFORE DELETE ON tranche BEGIN SELECT 1; END",
    )
    assert story.verify().last_line == "wrong: trigger tranche_delete_wall: missing or changed"


def _alter(story: Copy, *statements: str) -> None:
    if story.instance.engine == "postgresql":
        story.databases.cluster.rows(story.instance.name, "; ".join(statements))
        return
    connection = sqlite3.connect(story.file, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_erased_values_leave_everything_valid(story: Copy) -> None:
    """Values that stand in no row any more, or never did, can go."""
    digests = story.rows(_OF_ACTS)
    assert digests
    _alter(story, *(f"DELETE FROM log_disclosure WHERE digest = '{digest}'" for (digest,) in digests))
    report = story.verify()
    assert report.ok, report.last_line
    assert any(f"effacées\u00a0: {len(digests)}" in line for line in report.lines)


#: Disclosures of acts that changed no row with hidden values: the names of those who acted, and their reasons.
_OF_ACTS = """
SELECT d.digest FROM log_disclosure d JOIN log_entry e ON e.seq = d.seq WHERE e.kind LIKE 'funding.%'
AND e.kind <> 'funding.beneficiary-identified' AND e.kind NOT LIKE 'funding.act-%'
AND e.kind NOT LIKE 'funding.report-%'
"""


def test_an_erased_value_must_be_gone_from_its_row(story: Copy) -> None:
    """Else whoever deletes a disclosure could write what they like in its place."""
    _alter(
        story,
        "DELETE FROM log_disclosure WHERE seq = (SELECT MIN(seq) FROM log_entry WHERE kind LIKE 'discussion.%')",
    )
    assert re.match(
        r"wrong: table comment row .*, column text: its disclosure was erased, yet it holds", story.verify().last_line
    )
    story.touch("UPDATE comment SET text = '' WHERE text LIKE 'Et à Grenoble%'")
    assert story.verify().ok


def test_values_of_another_type_are_named(story: Copy) -> None:
    if story.instance.engine == "postgresql":
        story.touch("UPDATE partner SET later_names = '{\"name\": 1.5}' WHERE rank = 1")
        assert re.match(r"wrong: table partner row .*, column later_names:", story.verify().last_line)
        return
    for statement, named in (
        ("UPDATE tranche SET amount = 'beaucoup'", r"table tranche row .*, column amount: unreadable in the table"),
        ("UPDATE tranche SET amount = X'00ff'", r"table tranche row .*, column amount: unreadable"),
        (
            "UPDATE partner SET later_names = '[' WHERE rank = 1",
            r"table partner row .*, column later_names: unreadable",
        ),
        ("UPDATE mandate SET starts_on = 5", r"table mandate row .*, column starts_on: "),
        ("UPDATE comment SET text = CAST(X'ff00fe' AS TEXT)", r"table comment row .*, column text: "),
        ("UPDATE log_entry SET body = CAST(X'7b22ff227d' AS TEXT) WHERE seq = 5", r"entry 5: its text is not UTF-8"),
        ("UPDATE log_entry SET body = X'00' WHERE seq = 5", r"entry 5: its text is not UTF-8"),
        ("UPDATE log_entry SET leaf = 'x' WHERE seq = 5", r"entry 5: its leaf is not the hash of its text"),
        ("UPDATE log_change SET seq = NULL WHERE seq = 5", r"table log_change row .*: unreadable number"),
        ("UPDATE log_head SET range = '{'", r"log_head: column range is not what the entries give"),
        ("DROP TABLE tranche", r"table tranche: unreadable \(no such table: tranche\)"),
    ):
        kept = story.file.read_bytes()
        _loosely(story.file, statement)
        said = story.verify().last_line
        assert re.match(f"wrong: {named}", said), said
        story.file.write_bytes(kept)


def _loosely(file: Path, statement: str) -> None:
    """Write what the schema forbids."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in (
        "foreign_keys = OFF",
        "ignore_check_constraints = ON",
        "writable_schema = ON",
        "journal_mode = DELETE",
    ):
        connection.execute(f"PRAGMA {pragma}")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _sql in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    if statement.endswith("SET seq = NULL WHERE seq = 5"):
        connection.execute("UPDATE sqlite_master SET sql = REPLACE(sql, 'NOT NULL', '') WHERE name = 'log_change'")
        connection.close()
        connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(statement)
    for _name, sql in triggers:
        if not (statement.startswith("DROP") and " ON tranche " in sql):
            connection.execute(sql)
    connection.close()


def _content(file: Path) -> list[list[tuple[object, ...]]] | None:
    """Every value of every watched table and of the log; None when SQLite cannot read them."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in (*tables("audited"), *tables("log"))
        ]
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    finally:
        connection.close()


@pytest.mark.engines("sqlite")
def test_no_flipped_byte_of_the_file_passes(story: Copy, tmp_path: Path) -> None:
    """Verification never says ok when a byte of the file changed what is watched, and never breaks."""
    connection = sqlite3.connect(story.file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("VACUUM")
    connection.close()
    sound, original = story.file.read_bytes(), _content(story.file)
    assert original is not None
    assert story.verify().ok
    chance, changed = random.Random(2014), 0
    for _number in range(160):
        place = chance.randrange(len(sound))
        flipped = bytearray(sound)
        flipped[place] ^= 1 << chance.randrange(8)
        for left in (*story.instance.data.glob("cocon.db-*"),):
            left.unlink()
        story.file.write_bytes(flipped)
        report = story.verify()
        shutil.copy(story.file, tmp_path / "look.db")
        if _content(tmp_path / "look.db") != original:
            changed += 1
            assert not report.ok, f"byte {place}: {report.last_line}"
            assert re.match(r"wrong: (entry|table|checkpoint|tile|log_head|database|trigger)", report.last_line)
        assert report.last_line.startswith(("ok ", "wrong: ")), f"byte {place}"
    assert changed > 25
