"""What tests of exchanges make: people, a fiche, messages, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from cocon.discussion import operations, queries
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, known
from tests.factories import World

#: When everything is said, unless told otherwise.
START = datetime(2014, 3, 4, 13, 0, tzinfo=clock.PARIS)


@contextmanager
def at(minutes: float = 0, **more: float) -> Iterator[None]:
    """So long after the start."""
    with clock.standing_at(START + timedelta(minutes=minutes, **more)):
        yield


def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def say(actor: Actor, action_id: str, text: str = "Bonjour.", minutes: float = 0, **how: Any) -> str:
    """A message, to all unless told; its identifier."""
    if "thread_id" not in how:
        how.setdefault("visibility", "partners")
    with at(minutes):
        return operations.post_comment(actor, known(action_id), text=text, **how).subject.id


def message(actor: Actor, action_id: str, comment_id: str) -> queries.Message:
    """A message that exists, as the actor reads it."""
    found = queries.message(action_id, comment_id, actor)
    assert found is not None
    return found


def thread(actor: Actor, action_id: str, thread_id: str) -> queries.Thread:
    """A thread that exists, as the actor reads it."""
    found = queries.thread(action_id, thread_id, actor)
    assert found is not None
    return found


def edit(actor: Actor, action_id: str, comment_id: str, text: str, **after: float) -> Any:
    """Rewrite a message, so long after the start."""
    with at(**after):
        read = message(actor, action_id, comment_id)
        return operations.edit_comment(actor, read, revision=read.revision, text=text)


def correct(actor: Actor, action_id: str, comment_id: str, text: str, **after: float) -> Any:
    """Correct a message, so long after the start."""
    with at(**after):
        read = message(actor, action_id, comment_id)
        return operations.correct_comment(actor, read, revision=read.revision, text=text)


def withdraw(actor: Actor, action_id: str, comment_id: str, reason: str = "Erreur.", **after: float) -> Any:
    """Withdraw a message, so long after the start."""
    with at(**after):
        read = message(actor, action_id, comment_id)
        return operations.withdraw_comment(actor, read, revision=read.revision, reason=reason)


def resolve(actor: Actor, action_id: str, thread_id: str) -> Any:
    """Resolve a thread as it stands."""
    read = thread(actor, action_id, thread_id)
    return operations.resolve_thread(actor, read, revision=read.revision)


def reopen(actor: Actor, action_id: str, thread_id: str) -> Any:
    """Reopen a thread as it stands."""
    read = thread(actor, action_id, thread_id)
    return operations.reopen_thread(actor, read, revision=read.revision)
