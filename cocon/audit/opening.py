"""The first entry of the log, and the other facts that the log says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import select

from cocon.audit.event import Event, Subject
from cocon.audit.models import LogHead
from cocon.audit.operation import operation
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.ids import new_id
from cocon.kernel.language import _
from cocon.policy import Permission


@dataclass(frozen=True, kw_only=True)
class LogOpened(Event):
    """Entry 0: the log's origin and first verification key."""

    kind: ClassVar[str] = "log.opened"
    sentence = _("Le journal a été ouvert sous le nom {origin}, avec sa première clé de vérification.")

    origin: str
    key: str


@dataclass(frozen=True, kw_only=True)
class LogKeyAdded(Event):
    """A verification key was added; both sign during the overlap."""

    kind: ClassVar[str] = "log.key-added"
    sentence = _("Une clé de vérification a été ajoutée au journal.")

    key: str


@dataclass(frozen=True, kw_only=True)
class DemoStarted(Event):
    """From here on, times are simulated and people, amounts and decisions fictional."""

    kind: ClassVar[str] = "demo.started"
    sentence = _("La démonstration a commencé\u202f: à partir d’ici, le temps est simulé et les actes sont fictifs.")


@dataclass(frozen=True, kw_only=True)
class DemoCompleted(Event):
    """The whole fictional course was played: what stands between this and ``demo.started`` is not half of it."""

    kind: ClassVar[str] = "demo.completed"
    sentence = _("Le déroulement fictif de la démonstration est en place.")


@dataclass(frozen=True, kw_only=True)
class SchemaMigrated(Event):
    """The columns of a table changed: every row has those added, with these values."""

    kind: ClassVar[str] = "schema.migrated"
    sentence = _(
        "{who} a préparé les données pour une nouvelle version du produit\u00a0: rien de ce qui existait ne change."
    )

    table: str
    add: Mapping[str, Any]
    rename: Mapping[str, str] = field(default_factory=dict)
    drop: Sequence[str] = ()


def is_open() -> bool:
    """Whether entry 0 is there."""
    there = db.session.scalar(select(LogHead.size)) is not None
    db.session.rollback()
    return there


def open_log(origin: str, key: str) -> bool:
    """Make the head and write entry 0; False when the log is open already."""
    begin_write()
    if db.session.scalar(select(LogHead.size)) is not None:
        db.session.rollback()
        return False
    db.session.add(LogHead(id=1, size=0, range=[], at=clock.stamp(clock.now())))
    open_with(SYSTEM, None, origin=origin, key=key)
    return True


@operation(Permission.INSTALL)
def open_with(actor: Actor, subject: None, *, origin: str, key: str) -> LogOpened:
    """Write entry 0."""
    return LogOpened(subject=Subject("log", new_id()), origin=origin, key=key)


@operation(Permission.INSTALL)
def add_key(actor: Actor, subject: None, *, key: str) -> LogKeyAdded:
    """Publish a further verification key."""
    return LogKeyAdded(subject=Subject("log", new_id()), key=key)


@operation(Permission.INSTALL)
def start_demo(actor: Actor, subject: None) -> DemoStarted:
    """Say in the log that what follows is a demonstration."""
    return DemoStarted(subject=Subject("log", new_id()))


@operation(Permission.INSTALL)
def complete_demo(actor: Actor, subject: None) -> DemoCompleted:
    """Say in the log that the fictional course is there whole."""
    return DemoCompleted(subject=Subject("log", new_id()))


@operation(Permission.INSTALL)
def say_added(actor: Actor, subject: None, *, table: str, add: Mapping[str, Any]) -> SchemaMigrated:
    """Say in the log that every row of a table has these columns from now on."""
    return SchemaMigrated(subject=Subject("log", new_id()), table=table, add=add)
