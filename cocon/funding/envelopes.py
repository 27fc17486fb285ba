"""What an envelope becomes, and every version of it: a fact each time.

Named outside the seven usual files: declarations and transfers rest on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from cocon.contracts.models import Envelope
from cocon.contracts.queries import outline
from cocon.funding import barred, refusals
from cocon.funding.models import Act, EnvelopeVersion
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Forbidden


@dataclass(frozen=True)
class Why:
    """What is said of a change: its reason, and the act that voted it."""

    reason: str | None = None
    act: Act | None = None

    @property
    def said(self) -> str | None:
        """The reason, None when there is none."""
        return (self.reason or "").strip() or None


def of_axis(whole: Envelope, axis_id: str | None) -> Envelope:
    """The envelope of an axis of the year, which acts do not see before it is declared; ``whole`` is locked.

    Raises AxisOutside.
    """
    if axis_id is None:
        return whole
    axis_number(axis_id)
    wanted = (Envelope.partner_id == whole.partner_id, Envelope.year == whole.year, Envelope.axis_id == axis_id)
    found = db.session.scalars(select(Envelope).where(*wanted).execution_options(populate_existing=True)).first()
    return found or Envelope(
        id=new_id(), partner_id=whole.partner_id, year=whole.year, axis_id=axis_id, amount=None, hard=False
    )


def become(
    actor: Actor, envelope: Envelope, amount: Cents, *, hard: bool, why: Why, other: Envelope | None = None
) -> None:
    """Give a locked envelope its amount, and keep how it came to it."""
    last = db.session.scalar(select(func.max(EnvelopeVersion.number)).where(EnvelopeVersion.envelope_id == envelope.id))
    made = EnvelopeVersion(
        id=new_id(),
        envelope_id=envelope.id,
        number=(last or 0) + 1,
        amount=amount,
        former=envelope.amount,
        hard=hard,
        reason=why.said,
        act_id=why.act.id if why.act else None,
        other_id=other.id if other else None,
        mandate_id=actor.mandate_id,
        recorded_at=clock.now(),
    )
    envelope.amount, envelope.hard = amount, hard
    db.session.add_all([envelope, made])


def proof(actor: Actor, act_id: str | None) -> Act | None:
    """The act of the actor's own partner that voted a change, if any. Raises Forbidden, ActWithdrawnAlready."""
    if not act_id:
        return None
    act = db.session.scalars(
        select(Act).where(Act.id == act_id).with_for_update(read=True).execution_options(populate_existing=True)
    ).first()
    if act is None or act.partner_id != actor.partner_id:
        raise Forbidden
    if not act.alive:
        raise refusals.ActWithdrawnAlready(field="act")
    return act


def axis_number(axis_id: str) -> int:
    """The number of an axis of the contract. Raises AxisOutside."""
    number = next((axis.number for axis in outline().axes if axis.id == axis_id), None)
    if number is None:
        raise barred.AxisOutside
    return number
