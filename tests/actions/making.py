"""What tests of fiches and of exchanges on them make and count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.actions.queries import find
from cocon.audit.models import LogEntry
from cocon.contracts import operations as contracts
from cocon.contracts.models import Axis, Objective, Window
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.web import access
from tests.factories import World
from tests.support.client import Client

GRENOBLE, METRO, REGION, ISERE = "ville-grenoble", "grenoble-alpes-metropole", "region-rhone-alpes", "cg-isere"


def fields(**said: Any) -> actions.VersionFields:
    """The text of a version, sound unless told otherwise."""
    return actions.VersionFields(**{"title": "Une fiche", "project_owner_name": "Une association", **said})


def axis(number: int) -> Axis:
    """An axis of the contract."""
    return db.session.scalars(select(Axis).where(Axis.number == number)).one()


def objective(world: World, number: int, letter: str) -> Objective:
    """A new objective under an axis."""
    secretariat = world.actor("secretariat", REGION)
    contracts.add_objective(secretariat, axis(number), letter=letter, title=f"Objectif {letter}", fictional=True)
    return db.session.scalars(
        select(Objective).join(Objective.axis).where(Axis.number == number, Objective.letter == letter)
    ).one()


def share(owner: Actor, number: int = 1, under: Objective | None = None, **said: Any) -> Action:
    """A fiche that ``owner`` shared."""
    draft = drafts.start(owner, {"title": "Une fiche"})
    objective_id = under.id if under else None
    actions.share_action(owner, draft, axis_id=axis(number).id, objective_id=objective_id, fields=fields(**said))
    return known(draft.id)


def known(action_id: str) -> Action:
    """A fiche that exists."""
    action = find(action_id)
    assert action is not None
    return action


def close(world: World, activity: str) -> None:
    """Close a period: it ended the day before the installation."""
    secretariat = world.actor("secretariat", REGION)
    begin_write()
    window = db.session.scalars(select(Window).where(Window.activity == activity)).one()
    contracts.set_window(secretariat, window, opens_on=None, closes_on=date(2014, 1, 5), reason="Clôture.")


def count(model: type) -> int:
    """How many rows a table holds."""
    return len(db.session.scalars(select(model)).all())


def written() -> int:
    """How many entries the log holds."""
    return count(LogEntry)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements sent inside the block, but for those that open a transaction."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def hurry() -> None:
    """Let SQLite answer before the disk does, in a test that no power cut comes into. Needs a context of its own."""
    event.listen(db.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    db.session.remove()
    db.engine.dispose()


@dataclass
class Stage:
    """An installation, and browsers of people in it."""

    app: Flask
    world: World

    def client(self, role: str, partner: str | None = None) -> Client:
        """A browser of that person."""
        with self.app.app_context():
            actor = self.world.actor(role, partner)
        return signed_in(self.app, self.world, actor)

    def share(self, partner: str = GRENOBLE, **said: object) -> str:
        """A fiche that this partner shared."""
        with self.app.app_context():
            return share(self.world.actor("representative", partner), **said).id  # type: ignore[arg-type]

    def draft(self, partner: str = GRENOBLE, **typed: str) -> str:
        """A draft of this partner."""
        with self.app.app_context():
            return drafts.start(self.world.actor("representative", partner), typed).id

    def publish(self, action_id: str, partner: str = GRENOBLE, **said: object) -> None:
        """The next version of a fiche."""
        with self.app.app_context():
            action = known(action_id)
            actions.publish_version(
                self.world.actor("representative", partner),
                action,
                revision=action.rev,
                summary="Entre-temps.",
                fields=fields(**said),
            )

    def read(self, question: Callable[[], object]) -> object:
        """What the database answers."""
        with self.app.app_context():
            return question()


def csrf(app: Flask, client: Client) -> dict[str, str]:
    """What a form of that browser would carry, for pages that show none."""
    cookie = client.http.get_cookie("session")
    assert cookie is not None
    with app.app_context():
        return {"csrf_token": access._csrf(cookie.value)}


def signed_in(app: Flask, world: World, actor: Actor) -> Client:
    """A client whose browser holds a session of that actor."""
    with app.app_context():
        token = world.token(actor)
    client = Client(app)
    client.http.set_cookie("session", token)
    client.signed_in = True
    return client
