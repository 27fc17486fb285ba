"""From outside: nothing but an operation changes what the log watches, and nothing rewrites the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from cocon.actions.models import Action
from cocon.audit import operation
from cocon.audit.event import KINDS, Event, Subject
from cocon.audit.journal import OutsideOperation
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.contracts.models import Envelope
from cocon.funding import operations as funding
from cocon.funding.models import Tranche
from cocon.kernel.actor import Actor
from cocon.kernel.db import db, tables
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Outdated, Refusal
from cocon.partners.models import Partner
from cocon.policy import Permission
from tests.audit.story import Copy

pytestmark = pytest.mark.usefixtures("inside")
TILE = "INSERT INTO log_tile (number, root) VALUES (7, '00')"


@pytest.fixture
def inside(story: Copy) -> Iterator[Flask]:
    with story.inside() as app:
        yield app


@pytest.fixture(autouse=True)
def _intact(inside: Flask) -> Iterator[None]:
    """Whatever was tried, the log and the tables agree afterwards."""
    before = db.session.scalar(text("SELECT size FROM log_head"))
    yield
    db.session.rollback()
    assert verify().ok
    assert db.session.scalar(text("SELECT size FROM log_head")) >= before
    db.session.rollback()


def tranche() -> Tranche:
    return db.session.scalars(select(Tranche).where(Tranche.amount > 0).order_by(Tranche.id)).all()[0]


def refused(*statements: str) -> str:
    """What the database says when a transaction of raw SQL is committed."""
    db.session.rollback()
    with pytest.raises(DBAPIError) as caught:
        committed(*statements)
    db.session.rollback()
    return str(caught.value.orig)


def committed(*statements: str) -> None:
    for statement in statements:
        db.session.execute(text(statement))
    db.session.commit()


def test_a_forgotten_operation_is_refused() -> None:
    row = tranche()
    row.amount += 1
    with pytest.raises(OutsideOperation, match="Tranche changed outside an operation"):
        db.session.commit()
    db.session.rollback()
    db.session.add(Partner(id=new_id(), key="ailleurs", name="Ailleurs", rank=99))
    with pytest.raises(OutsideOperation, match="Partner changed outside an operation"):
        db.session.flush()
    db.session.rollback()
    db.session.delete(tranche())
    with pytest.raises(OutsideOperation):
        db.session.flush()


def test_bulk_statements_are_refused() -> None:
    row = {"id": new_id(), "rev": 1}
    for statement in (update(Tranche).values(amount=1), delete(Tranche), insert(Tranche).values(**row)):
        with pytest.raises(OutsideOperation, match="bulk statement on the audited table tranche"):
            db.session.execute(statement)


def test_bulk_interfaces_are_refused() -> None:
    row = tranche()
    mapping = {"id": row.id, "rev": row.rev, "amount": 1}
    copy = {"contribution_id": row.contribution_id, "year": 2016, "amount": 1, "stage": "intention"}
    db.session.rollback()
    for attempt in (
        lambda: db.session.bulk_update_mappings(Tranche, [mapping]),  # type: ignore[arg-type]
        lambda: db.session.bulk_insert_mappings(Tranche, [{"id": new_id(), "rev": 1, **copy}]),  # type: ignore[arg-type]
        lambda: db.session.bulk_save_objects([Tranche(id=new_id(), rev=1, **copy)]),
        lambda: db.session.connection().execute(update(Tranche).values(amount=1, rev=Tranche.rev + 1)),
    ):
        with pytest.raises((OutsideOperation, DBAPIError)):
            kept(attempt)
        db.session.rollback()


def kept(attempt: Callable[[], object]) -> None:
    attempt()
    db.session.commit()


@pytest.mark.parametrize("table", tables("audited"))
def test_raw_statements_on_any_table_are_refused(table: str) -> None:
    assert db.session.scalar(text(f"SELECT COUNT(*) FROM {table}")), "the story leaves rows in every table"
    columns = db.session.execute(text(f"SELECT * FROM {table} LIMIT 1")).keys()
    changed = next(name for name in columns if name not in ("id", "rev"))
    listed = ", ".join(columns)
    copied = ", ".join({"id": "'ghost'", "rev": "1"}.get(name, name) for name in columns)
    assert "advances the revision by one" in refused(f"UPDATE {table} SET {changed} = {changed}")
    refused(f"UPDATE {table} SET rev = rev + 1 WHERE id = (SELECT id FROM {table} LIMIT 1)")
    refused(f"INSERT INTO {table} ({listed}) SELECT {copied} FROM {table} LIMIT 1")
    assert f"DELETE on {table} is refused" in refused(f"DELETE FROM {table}")


def test_raw_changes_pointing_to_an_old_entry_are_refused() -> None:
    row = tranche()
    line = f"INSERT INTO log_change (row_id, rev, table_name, seq) VALUES ('{row.id}', {row.rev + 1}, 'tranche', 3)"
    change = f"UPDATE tranche SET amount = 1, rev = rev + 1 WHERE id = '{row.id}'"
    assert "nothing is added to an entry afterwards" in refused(line, change)


@pytest.mark.parametrize("table", tables("log"))
def test_the_log_is_never_rewritten(table: str) -> None:
    columns = list(db.session.execute(text(f"SELECT * FROM {table} LIMIT 1")).keys())
    first = [TILE] if table == "log_tile" else []  # the story is too short for one
    said = refused(*first, f"UPDATE {table} SET {columns[-1]} = {columns[-1]}")
    assert ("the head counts the entries" if table == "log_head" else f"UPDATE on {table} is refused") in said
    if table != "log_disclosure":
        assert f"DELETE on {table} is refused" in refused(*first, f"DELETE FROM {table}")


def test_the_head_never_shrinks_nor_lies() -> None:
    for change in ("size = size - 1", "size = size", "size = size + 1", "range = '[]'", "id = 2, size = size + 1"):
        assert "the head counts the entries, and grows" in refused(f"UPDATE log_head SET {change}")


def test_entries_follow_each_other_without_gap() -> None:
    columns = list(db.session.execute(text("SELECT * FROM log_entry LIMIT 1")).keys())
    columns.remove("seq")
    copied = ", ".join(f"'{new_id()}'" if name == "id" else name for name in columns)
    for seq in ("0", "5", "(SELECT MAX(seq) + 2 FROM log_entry)"):
        said = refused(
            f"INSERT INTO log_entry (seq, {', '.join(columns)}) SELECT {seq}, {copied} FROM log_entry WHERE seq = 0"
        )
        assert "entries follow each other without gap" in said


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize("table", [*tables("audited"), *(name for name in tables("log") if name != "log_disclosure")])
def test_truncate_is_refused(table: str) -> None:
    assert f"TRUNCATE on {table} is refused" in refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("table", [*tables("audited"), *tables("log")])
def test_insert_or_replace_does_not_slip_by(table: str) -> None:
    """It fires no DELETE trigger: the row would be gone without a word."""
    if table == "log_tile":
        db.session.execute(text(TILE.replace("'00'", "X'00'")))
        statement = "INSERT OR REPLACE INTO log_tile (number, root) VALUES (7, X'01')"
        with pytest.raises(DBAPIError, match="a tile is written once"):
            db.session.execute(text(statement))
        return
    assert "cocon: " in refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


# Operations inside operations


@dataclass(frozen=True, kw_only=True)
class Noted(Event):
    """For these tests only; taken out of the registry so that no list of kinds sees it."""

    kind: ClassVar[str] = "walls.noted"
    sentence = "{who} a noté."


KINDS.pop(Noted.kind)


def _noted(row: Any) -> Noted:
    return Noted(subject=Subject("tranche", row.id))


def _raise(row: Tranche, by: int) -> None:
    row.amount += by


@operation.operation(Permission.READ)
def inner(actor: Actor, row: Any, *, by: int, fails: bool = False) -> Noted:
    """Change a row, then perhaps refuse."""
    _raise(row, by)
    db.session.flush()
    if fails:
        raise Refusal
    return _noted(row)


@operation.operation(Permission.READ)
def outer(actor: Actor, rows: Any, *, touch: bool = False, fails: bool = False, swallow: bool = False) -> Noted:
    """Call the other operation, before or after having flushed the same row."""
    mine, other = rows
    if touch:
        _raise(other, 1)
        db.session.flush()
    try:
        inner(actor, other, by=10, fails=fails)
    except Refusal:
        if not swallow:
            raise
    mine.hard = not mine.hard
    return Noted(subject=Subject("envelope", mine.id))


for _name in ("inner", "outer"):
    operation.OPERATIONS.pop(f"tests.audit.test_walls.{_name}")


@pytest.fixture
def rows() -> tuple[Envelope, Tranche]:
    declared = (Envelope.amount.is_not(None), Envelope.axis_id.is_(None), Envelope.year == 2014)
    return db.session.scalars(select(Envelope).where(*declared)).one(), tranche()


@pytest.fixture
def actor() -> Actor:
    row = db.session.scalars(select(LogEntry).where(LogEntry.partner == "ville-grenoble")).first()
    assert row is not None
    said = json.loads(row.body)["actor"]
    return Actor(
        role="representative",
        person_id=said["person"],
        person_name="Quelqu’un",
        mandate_id=said["mandate"],
        partner_key=said["partner"],
        partner_name=said["partner_name"],
    )


def _latest(count: int) -> list[dict[str, Any]]:
    bodies = db.session.scalars(select(LogEntry.body).order_by(LogEntry.seq.desc()).limit(count)).all()
    return [json.loads(body) for body in reversed(bodies)]


def _size() -> int:
    return int(db.session.scalar(text("SELECT size FROM log_head")) or 0)


def test_a_nested_operation_has_its_own_entry(actor: Actor, rows: tuple[Envelope, Tranche]) -> None:
    size, amount = _size(), rows[1].amount
    outer(actor, rows)
    first, second = _latest(2)
    assert _size() == size + 2
    assert [change["table"] for change in first["changes"]] == ["tranche"]
    assert first["changes"][0]["after"] == {"amount": amount + 10}
    assert [change["table"] for change in second["changes"]] == ["envelope"]


def test_a_nested_operation_may_not_change_what_its_caller_flushed(
    actor: Actor, rows: tuple[Envelope, Tranche]
) -> None:
    size, amount = _size(), rows[1].amount
    with pytest.raises(OutsideOperation, match="a row that its caller had already flushed"):
        outer(actor, rows, touch=True)
    assert (_size(), tranche().amount) == (size, amount)


def test_a_failing_nested_operation_undoes_all(actor: Actor, rows: tuple[Envelope, Tranche]) -> None:
    size, amount = _size(), rows[1].amount
    with pytest.raises(Refusal):
        outer(actor, rows, fails=True)
    assert (_size(), tranche().amount) == (size, amount)


def test_a_nested_failure_that_is_handled_leaves_no_entry(actor: Actor, rows: tuple[Envelope, Tranche]) -> None:
    """The savepoint goes back; the caller goes on."""
    size, amount, hard = _size(), rows[1].amount, rows[0].hard
    outer(actor, rows, fails=True, swallow=True)
    db.session.expire_all()
    assert _size() == size + 1
    assert [change["table"] for change in _latest(1)[0]["changes"]] == ["envelope"]
    assert (tranche().amount, rows[0].hard) == (amount, not hard)


def test_a_lost_update_is_refused(actor: Actor, rows: tuple[Envelope, Tranche]) -> None:
    """Somebody else changed the row between the reading and the writing."""
    row = rows[1]
    with db.engine.connect() as other:
        rev = other.scalar(select(Tranche.rev).where(Tranche.id == row.id))
    action = db.session.scalars(select(Action)).first()
    assert action is not None

    @operation.operation(Permission.READ)
    def late(actor: Actor, row: Tranche) -> Noted:
        row.amount += 1
        db.session.connection().execute(text("SELECT 1"))
        row.rev = (rev or 0) - 1
        return _noted(row)

    operation.OPERATIONS.pop(next(name for name in operation.OPERATIONS if name.endswith("late")))
    size = _size()
    with pytest.raises((Outdated, DBAPIError)):
        late(actor, row)
    assert _size() == size


def test_a_refused_operation_leaves_nothing(actor: Actor) -> None:
    size = _size()
    action = db.session.scalars(select(Action)).first()
    envelope = db.session.scalars(select(Envelope).where(Envelope.year == 2014)).first()
    assert action
    assert envelope
    with pytest.raises(Refusal):
        funding.declare_envelope(actor, envelope, amount=100, hard=True)
    assert _size() == size
