"""The database: one session, three kinds of tables (audited, log, free), and how each engine begins a write."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKeyConstraint, MetaData, String, TypeDecorator, event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry

from cocon.kernel import clock

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as the log writes it, so that both engines hold and sort the same text."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else clock.stamp(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else clock.unstamp(value)


class Base(DeclarativeBase):
    """The root of all models. ``table_kind`` says whether the log watches over the table."""

    registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map={datetime: Instant})
    table_kind: ClassVar[str] = "audited"


class Audited(Base):
    """A row that only an operation may change: ``rev`` advances by one and points to its line in the log.

    The deferred foreign key makes both engines refuse to commit a change that has no line.
    """

    __abstract__ = True

    id: Mapped[str] = mapped_column(String(36), primary_key=True, sort_order=-2)
    rev: Mapped[int] = mapped_column(sort_order=-1)

    @classmethod
    def rules(cls) -> tuple[Any, ...]:
        """Constraints and indexes of the table, besides the link to the log."""
        return ()

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        link = ForeignKeyConstraint(
            ["id", "rev"],
            ["log_change.row_id", "log_change.rev"],
            deferrable=True,
            initially="DEFERRED",
        )
        return (*cls.rules(), link)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.rev}


class Free(Base):
    """A row outside the log: the closed list of audit-log section 8 (sessions, keys, drafts, jobs…)."""

    __abstract__ = True
    table_kind: ClassVar[str] = "free"


class Log(Base):
    """A row of the log itself."""

    __abstract__ = True
    table_kind: ClassVar[str] = "log"


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"expire_on_commit": False},
)


def tables(kind: str) -> list[str]:
    """Names of the tables of one kind (``audited``, ``log`` or ``free``), sorted."""
    return sorted(
        mapper.local_table.name  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
        if mapper.class_.table_kind == kind
    )


def begin_write() -> None:
    """Open the transaction of a write; a read transaction in course is ended first.

    SQLite takes its only write lock at once (``BEGIN IMMEDIATE``): reading first and writing later over-commits.
    PostgreSQL reads there what others committed until each lock; elsewhere a transaction reads one state of the
    database (``engine_options``), so that the figures of a page agree.
    """
    session = db.session()
    if session.info.get("writing") and session.in_transaction():
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed before the operation began")
    session.rollback()
    session.connection(execution_options=writing())
    session.info["writing"] = True


def engine_options(url: str) -> dict[str, Any]:
    """How connections are made: what a transaction reads is one state of the database, on both engines."""
    served = not url.startswith("sqlite")
    return {
        "hide_parameters": True,  # what people wrote has no place in a server's log
        "pool_pre_ping": served,
        **({"isolation_level": "REPEATABLE READ"} if served else {}),
    }


def writing() -> dict[str, Any]:
    """Options of the connection that a write uses."""
    if dialect() == "sqlite":
        return {"cocon_begin": "IMMEDIATE"}
    return {"isolation_level": "READ COMMITTED"}


def dialect() -> str:
    """``sqlite`` or ``postgresql``."""
    return str(db.engine.dialect.name)


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        "busy_timeout=15000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "trusted_schema=OFF",
        "recursive_triggers=ON",  # else REPLACE deletes a row without waking the wall that refuses it
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        how = connection.get_execution_options().get("cocon_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {how}")


@event.listens_for(db.session, "after_transaction_end")
def _ended(session: Any, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop("writing", None)
