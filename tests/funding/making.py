"""What tests of money make and look at."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.contracts.models import Envelope
from cocon.contracts.queries import envelopes_of
from cocon.funding import operations, queries
from cocon.funding.models import Contribution, Tranche
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.money import Cents

YEARS = (2014, 2015, 2016)
EURO = 100


def announce(actor: Actor, action: Action, amount: Cents, year: int = 2014) -> Any:
    """The actor's partner promises an amount for running costs."""
    return operations.announce_contribution(actor, action, year=year, amount=amount)


def envelope(actor: Actor, year: int = 2014) -> Envelope:
    """The envelope of the actor's partner."""
    begin_write()
    found = next(one for one in envelopes_of(actor.partner_id or "") if one.year == year)
    db.session.rollback()
    return found


def declare(actor: Actor, amount: Cents, year: int = 2014, *, hard: bool = True) -> Any:
    """The actor's partner sets an amount aside, as a ceiling unless told."""
    return operations.declare_envelope(actor, envelope(actor, year), amount=amount, hard=hard, reason="Arbitrage.")


def lines() -> list[tuple[int, Cents, str, int]]:
    """All tranches: year, amount, stage, revision."""
    rows = db.session.execute(
        select(Tranche.year, Tranche.amount, Tranche.stage, Tranche.rev).order_by(Tranche.year, Tranche.amount)
    )
    return [(row.year, row.amount, row.stage, row.rev) for row in rows]


def state() -> tuple[Any, ...]:
    """All that an act on money may change, and the length of the log."""
    db.session.rollback()
    declared = db.session.execute(
        select(Envelope.id, Envelope.amount, Envelope.hard, Envelope.rev).order_by(Envelope.id)
    ).all()
    return (
        lines(),
        db.session.scalar(select(func.count()).select_from(Contribution)),
        [tuple(row) for row in declared],
        db.session.scalar(select(func.count()).select_from(LogEntry)),
    )


def promised(actor: Actor, year: int = 2014) -> Cents:
    """What the actor's partner has promised that year, read afresh."""
    db.session.rollback()
    return queries.promised(actor.partner_id or "", year)
