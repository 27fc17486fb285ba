"""The one way to change state.

An operation takes the actor, the subject, then keyword facts, and returns its event. ``@operation`` checks the
policy, runs it, flushes, appends one log entry in the same transaction and makes the only ``commit()`` of audited
tables. Called by another operation it is a savepoint with an entry of its own; the outermost commits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from cocon.audit import journal, log
from cocon.audit.event import Event
from cocon.kernel import once
from cocon.kernel.actor import Actor
from cocon.kernel.db import Base, begin_write, db
from cocon.kernel.refusal import Outdated
from cocon.policy import Permission, demand

S = TypeVar("S")
P = ParamSpec("P")
E = TypeVar("E", bound=Event)
Operation = Callable[Concatenate[Actor, S, P], E]

#: Every operation of the house, by name: tests walk it.
OPERATIONS: dict[str, Callable[..., Event]] = {}

#: Called with the event after the commit of a formal act; set by ``checkpoints``.
AFTER_FORMAL: list[Callable[[Event], None]] = []


def operation(permission: Permission) -> Callable[[Operation[S, P, E]], Operation[S, P, E]]:
    """Make a function the way, and the only way, to make its change.

    The operation raises Forbidden without the permission, Outdated when a row changed meanwhile, or its own
    refusals; in each case nothing is changed.
    """

    def decorate(act: Operation[S, P, E]) -> Operation[S, P, E]:
        @wraps(act)
        def run(actor: Actor, subject: S, /, *args: P.args, **facts: P.kwargs) -> E:
            def work() -> E:
                _renew(subject)
                demand(actor, permission, subject)
                return act(actor, subject, *args, **facts)

            return _nested(actor, work) if journal.current(db.session) else _outermost(actor, work)

        OPERATIONS[f"{act.__module__.removeprefix('cocon.').removesuffix('.operations')}.{act.__name__}"] = run
        return run

    return decorate


def _renew(subject: object) -> None:
    """Read again a subject that beginning the write has expired: its former values must be known."""
    if isinstance(subject, Base) and subject in db.session and inspect(subject).expired:
        db.session.refresh(subject)


def _outermost(actor: Actor, work: Callable[[], E]) -> E:
    begin_write()
    db.session.info["pending"] = []
    try:
        event = _framed(actor, work)
        formal = [one.event for one in _waiting() if one.event.formal]
        log.append(_waiting())
        db.session.commit()
    except (StaleDataError, IntegrityError) as error:
        db.session.rollback()
        raise Outdated from error
    except BaseException:
        db.session.rollback()
        raise
    finally:
        db.session.info.pop("pending", None)
    for act in formal:
        for tell in AFTER_FORMAL:
            tell(act)
    return event


def _nested(actor: Actor, work: Callable[[], E]) -> E:
    mark = len(_waiting())
    try:
        with db.session.begin_nested():
            return _framed(actor, work)
    except BaseException:
        del _waiting()[mark:]
        raise


def _framed(actor: Actor, work: Callable[[], E]) -> E:
    with journal.frame(db.session) as mine:
        event = work()
        db.session.flush()
    claim = once.claimed.get()
    _waiting().append(log.Pending(actor, event, mine.changes, claim.key if claim else None))
    return event


def _waiting() -> list[Any]:
    waiting: list[Any] = db.session.info["pending"]
    return waiting
