"""Statements built once: what differs from one request to the next is a parameter, read when the statement is sent.

Building a long SELECT costs more than sending it. A function that builds one is cached by what changes its shape (a
role, whether there is a partner); it must take everything else from here, never a value of the request in course.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Date, bindparam

from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import Instant, dialect

#: What of an actor is a parameter, named ``actor_...`` in the statement.
IDENTIFIERS = ("person_id", "mandate_id", "partner_id", "partner_key")

Shape = tuple[str, bool, bool, str]


def shape(actor: Actor) -> Shape:
    """What may change the shape of a statement: the actor's role and freedom, whether it has a partner, the engine."""
    return actor.role, actor.supervised, actor.partner_id is not None, dialect()


def anyone(shape: Shape) -> Actor:
    """An actor of that shape whose identifiers are parameters."""
    role, supervised, placed, _engine = shape
    names = IDENTIFIERS if placed else IDENTIFIERS[:2]
    parameters: dict[str, Any] = {name: bindparam(f"actor_{name}") for name in names}
    return Actor(role=role, supervised=supervised, **parameters)


def given(actor: Actor) -> dict[str, Any]:
    """The parameters of a statement built for ``anyone`` of the actor's shape."""
    return {f"actor_{name}": getattr(actor, name) for name in IDENTIFIERS}


def now() -> BindParameter[datetime]:
    """The instant at which the statement is sent."""
    return bindparam(None, callable_=clock.now, type_=Instant(), unique=True)


def today() -> BindParameter[date]:
    """The day, in Paris, on which the statement is sent."""
    return bindparam(None, callable_=clock.today, type_=Date(), unique=True)
