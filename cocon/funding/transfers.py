"""Moving an amount from one's own envelope to another, of another year or axis: their sum never changes.

Named outside the seven usual files: an operation over two envelopes. Locks: all years of the partner, as for any act on
money, then the act that voted it.
"""

from __future__ import annotations

from sqlalchemy import func, select

from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.models import Envelope
from cocon.funding import barred, envelopes, queries, undertakings
from cocon.funding.acts import basis_of
from cocon.funding.operations import demand_current, envelope_of
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Forbidden
from cocon.policy import Permission


@operation(Permission.DECLARE_ENVELOPE)
def transfer_envelope(
    actor: Actor,
    envelope: Envelope,
    *,
    target_id: str,
    amount: Cents | None,
    reason: str | None,
    act_id: str | None = None,
    revision: int | None = None,
) -> undertakings.EnvelopeTransferred:
    """Move an amount to another of one's own envelopes; ``revision`` is that of ``revision_of``.

    Raises TransferAmountNeeded, TransferReasonNeeded, YearOutside, Outdated, SameEnvelope, UnlikeEnvelopes,
    EnvelopeUndeclared, TransferTooLarge, TransferBelowPromises, ActWithdrawnAlready.
    """
    if amount is None or amount <= 0:
        raise barred.TransferAmountNeeded
    if not (reason or "").strip():
        raise barred.TransferReasonNeeded
    source, target = _pair(actor, envelope, target_id)
    demand_current(revision_of(source.partner_id), revision)
    _demand_room(source, target, amount)
    why = envelopes.Why(reason, envelopes.proof(actor, act_id))
    envelopes.become(actor, source, (source.amount or 0) - amount, hard=source.hard, why=why, other=target)
    envelopes.become(actor, target, (target.amount or 0) + amount, hard=target.hard, why=why, other=source)
    return undertakings.EnvelopeTransferred(
        subject=Subject("envelope", source.id),
        basis=basis_of(why.act) if why.act else None,
        reason=why.said,
        year=source.year,
        axis=_axis(source),
        target_year=target.year,
        target_axis=_axis(target),
        amount=amount,
    )


def revision_of(partner_id: str) -> int:
    """Advances with each change of any of the partner's envelopes, for ``rev`` never goes back."""
    return int(db.session.scalar(select(func.sum(Envelope.rev)).where(Envelope.partner_id == partner_id)) or 0)


def _pair(actor: Actor, envelope: Envelope, target_id: str) -> tuple[Envelope, Envelope]:
    """Where it comes from and where it goes, both the actor's own, read under the lock of all its years."""
    envelope_of(actor, envelope.year)
    mine = select(Envelope).where(Envelope.partner_id == actor.partner_id, Envelope.id.in_({envelope.id, target_id}))
    found = {one.id: one for one in db.session.scalars(mine.execution_options(populate_existing=True))}
    if target_id not in found or envelope.id not in found:
        raise Forbidden
    return found[envelope.id], found[target_id]


def _demand_room(source: Envelope, target: Envelope, amount: Cents) -> None:
    if source.id == target.id:
        raise barred.SameEnvelope
    if (source.axis_id is None) != (target.axis_id is None):
        raise barred.UnlikeEnvelopes
    if source.amount is None:
        raise barred.EnvelopeUndeclared(field="source")
    if target.amount is None:
        raise barred.EnvelopeUndeclared(field="target")
    if amount > source.amount:
        raise barred.TransferTooLarge(source.amount)
    promised = queries.promised(source.partner_id, source.year, source.axis_id)
    if source.hard and source.amount - amount < promised:
        raise barred.TransferBelowPromises(promised, max(source.amount - promised, 0))


def _axis(envelope: Envelope) -> int | None:
    return envelopes.axis_number(envelope.axis_id) if envelope.axis_id else None
