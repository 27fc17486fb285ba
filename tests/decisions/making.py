"""What tests of decisions make: a fiche, a consultation on it, everybody who is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

from flask import Flask
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.decisions import operations, queries
from cocon.decisions.models import Consultation
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.queries import partners
from tests.actions.making import GRENOBLE, ISERE, REGION, fields, known
from tests.factories import World

DEADLINE = date(2014, 1, 20)


def office(world: World) -> Actor:
    """The secretariat."""
    return world.actor("secretariat", REGION)


def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def isere(world: World) -> Actor:
    """The representative of the Conseil général de l’Isère."""
    return world.actor("representative", ISERE)


def fiche(world: World, title: str = "Recycleries") -> Action:
    """A fiche shared by the Région."""
    return world.action(world.actor("representative", REGION), title)


def consult(world: World, action: Action | None = None, deadline: date = DEADLINE, **facts: Any) -> Consultation:
    """A consultation that has just been opened, on a new fiche unless told."""
    action = action or fiche(world)
    operations.open_consultation(office(world), action, deadline=deadline, **facts)
    return newest(action.id)


def newest(action_id: str) -> Consultation:
    """The latest consultation of a fiche, which has one."""
    found = queries.latest(action_id)
    assert found is not None
    return found


def again(consultation: Consultation) -> Consultation:
    """The consultation as it is now."""
    found = queries.whole(consultation.id)
    assert found is not None
    return found


def everybody(world: World) -> list[Actor]:
    """The representative of each partner."""
    return [world.actor("representative", partner.key) for partner in partners()]


def answer(actors: list[Actor], consultation: Consultation, stance: str = "favorable") -> None:
    """Each gives the same position."""
    for actor in actors:
        operations.take_position(actor, consultation, stance=stance)


def pronounce(world: World, consultation: Consultation, outcome: str = "adopted") -> Any:
    """The secretariat pronounces."""
    return operations.pronounce_outcome(
        office(world), consultation, outcome=outcome, text="Ce qui est décidé.", reason="Les avis rendus."
    )


def revise(action_id: str, owner: Actor, title: str = "Recycleries et ateliers") -> None:
    """The owner publishes the next version."""
    action = known(action_id)
    actions.publish_version(
        owner, action, revision=action.rev, summary="Un atelier de plus.", fields=fields(title=title)
    )


@contextmanager
def after_closing() -> Iterator[None]:
    """The first second after the deadline."""
    with clock.standing_at(clock.end_of_day(DEADLINE) + timedelta(seconds=1)):
        yield


def kinds() -> list[str]:
    """The acts of decisions, in the order of the log."""
    entries = db.session.scalars(select(LogEntry).where(LogEntry.kind.startswith("decisions.")).order_by(LogEntry.seq))
    return [entry.kind for entry in entries]


def together(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """What each act answered, or the exception it raised, when all start at once in sessions of their own."""
    db.session.rollback()
    barrier = Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def play(place: int) -> None:
        with app.app_context():
            barrier.wait(timeout=30)
            try:
                answers[place] = acts[place]()
            except Exception as error:
                answers[place] = error

    threads = [Thread(target=play, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
