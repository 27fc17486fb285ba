"""Gathering what each flush changed, and the wall that refuses changes made outside an operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, UOWTransaction

from cocon.audit.event import plain
from cocon.kernel.db import Audited, db

Change = dict[str, Any]


class OutsideOperation(RuntimeError):
    """An audited row was about to change without an operation."""


@dataclass
class Frame:
    """The operation in course: its changes so far, and the one that called it."""

    outer: Frame | None
    changes: list[Change] = field(default_factory=list)

    def touches(self, row_id: str) -> bool:
        """Whether this frame flushed that row already."""
        return any(change["id"] == row_id for change in self.changes)


def current(session: Any) -> Frame | None:
    """The innermost operation in course on this session."""
    frame: Frame | None = session.info.get("frame")
    return frame


@contextmanager
def frame(session: Any) -> Iterator[Frame]:
    """Open a frame around an operation."""
    mine = Frame(outer=current(session))
    session.info["frame"] = mine
    try:
        yield mine
    finally:
        session.info["frame"] = mine.outer


@event.listens_for(db.session, "before_flush")
def _refuse_outsiders(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    if current(session) is not None:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if row.table_kind == "audited" and (row not in session.dirty or session.is_modified(row)):
            raise OutsideOperation(f"{type(row).__name__} changed outside an operation")


@event.listens_for(db.session, "do_orm_execute")
def _refuse_bulk(state: ORMExecuteState) -> None:
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    table = getattr(state.statement, "table", None)
    name = getattr(table, "name", None)
    if _is_audited(name):
        raise OutsideOperation(f"bulk statement on the audited table {name}")


@cache
def _is_audited(name: str | None) -> bool:
    mapped = (m for m in Audited.registry.mappers if m.local_table.name == name)  # type: ignore[attr-defined]
    return any(m.class_.table_kind == "audited" for m in mapped)


def _note(target: Audited, change: Change) -> None:
    session = inspect(target).session
    mine = current(session)
    if mine is None:
        raise OutsideOperation(f"{type(target).__name__} flushed outside an operation")
    outer = mine.outer
    while outer is not None:
        if outer.touches(target.id):
            raise OutsideOperation("a nested operation changed a row that its caller had already flushed")
        outer = outer.outer
    mine.changes.append(change)


@event.listens_for(Audited, "after_insert", propagate=True)
def _inserted(mapper: Mapper[Any], _connection: Connection, target: Audited) -> None:
    after = {a.key: plain(getattr(target, a.key)) for a in mapper.column_attrs if a.key not in ("id", "rev")}
    _note(target, _change(target, before=None, after=after))


@event.listens_for(Audited, "after_update", propagate=True)
def _updated(mapper: Mapper[Any], _connection: Connection, target: Audited) -> None:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = inspect(target)
    for attribute in mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if attribute.key not in ("id", "rev") and history.has_changes():
            if not history.deleted:
                raise OutsideOperation(f"{attribute.key} changed without its former value being read")
            before[attribute.key] = plain(next(iter(history.deleted)))
            after[attribute.key] = plain(next(iter(history.added)))
    if after:
        _note(target, _change(target, before=before, after=after))


@event.listens_for(Audited, "before_delete", propagate=True)
def _deleted(_mapper: Mapper[Any], _connection: Connection, target: Audited) -> None:
    raise OutsideOperation(f"{type(target).__name__} is never deleted, only withdrawn")


def _change(target: Audited, **sides: Any) -> Change:
    return {"table": target.__tablename__, "id": target.id, "rev": target.rev, **sides}
