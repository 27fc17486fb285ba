"""Announcing, raising, lowering and withdrawing one's own partner's money; declaring its envelope."""

from __future__ import annotations

from typing import TypedDict

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.models import Envelope
from cocon.funding import events, queries, refusals
from cocon.funding.models import Contribution, Tranche
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.policy import Permission

FORM = "cash"


class _Common(TypedDict):
    subject: Subject
    about: str
    reason: str | None
    action_code: str
    year: int
    amount: Cents
    former: Cents


@operation(Permission.CONTRIBUTE)
def announce_contribution(
    actor: Actor, action: Action, *, year: int, amount: Cents
) -> events.ContributionAnnounced | events.ContributionRaised:
    """Bind the actor's own partner for a year; raising an existing promise is the same act.

    The partner is not an argument, so nobody commits another's money. Raises AmountNeeded, NothingChanges,
    EnvelopeExceeded, YearOutside.
    """
    if amount <= 0:
        raise refusals.AmountNeeded
    envelope = _envelope(actor, year)
    contribution, tranche = queries.tranche(action.id, envelope.partner_id, year)
    former = tranche.amount if tranche else 0
    if amount == former:
        raise refusals.NothingChanges
    if amount < former:
        raise refusals.ReasonNeeded
    _demand_room(envelope, amount - former)
    line = _line(action, envelope, contribution, tranche)
    line.amount, line.stage = amount, "intention"
    kind = events.ContributionRaised if former else events.ContributionAnnounced
    return kind(**_facts(action, line, former, None))


@operation(Permission.CONTRIBUTE)
def lower_contribution(
    actor: Actor, action: Action, *, year: int, amount: Cents, reason: str
) -> events.ContributionLowered:
    """Lower one's own promise of a year, saying why; raises AmountNeeded, NothingChanges, NothingToWithdraw."""
    if amount <= 0:
        raise refusals.AmountNeeded
    tranche = _promised(actor, action, year)
    former = tranche.amount
    if amount >= former:
        raise refusals.NothingChanges
    tranche.amount = amount
    return events.ContributionLowered(**_facts(action, tranche, former, reason))


@operation(Permission.CONTRIBUTE)
def withdraw_contribution(actor: Actor, action: Action, *, year: int, reason: str) -> events.ContributionWithdrawn:
    """Withdraw one's own promise of a year, saying why; raises NothingToWithdraw."""
    tranche = _promised(actor, action, year)
    former = tranche.amount
    tranche.amount, tranche.stage = 0, "withdrawn"
    return events.ContributionWithdrawn(**_facts(action, tranche, former, reason))


@operation(Permission.DECLARE_ENVELOPE)
def declare_envelope(
    actor: Actor, envelope: Envelope, *, amount: Cents | None, hard: bool
) -> events.EnvelopeDeclared:
    """Declare one's own envelope of a year; raises CeilingWithoutAmount, EnvelopeBelowPromises."""
    if hard and amount is None:
        raise refusals.CeilingWithoutAmount
    locked = _envelope(actor, envelope.year)
    promised = queries.promised(locked.partner_id, locked.year)
    if hard and amount is not None and amount < promised:
        raise refusals.EnvelopeBelowPromises(promised, locked.year)
    former = locked.amount
    locked.amount, locked.hard = amount, hard
    return events.EnvelopeDeclared(
        subject=Subject("envelope", locked.id), year=locked.year, amount=amount, former=former, hard=hard
    )


def _envelope(actor: Actor, year: int) -> Envelope:
    envelope = queries.lock_envelope(actor.partner_id or "", year)
    if envelope is None:
        raise refusals.YearOutside
    return envelope


def _demand_room(envelope: Envelope, more: Cents) -> None:
    if not envelope.hard or envelope.amount is None:
        return
    left = envelope.amount - queries.promised(envelope.partner_id, envelope.year)
    if more > left:
        raise refusals.EnvelopeExceeded(max(left, 0), envelope.year)


def _line(action: Action, envelope: Envelope, contribution: Contribution | None, tranche: Tranche | None) -> Tranche:
    """The line of that year, made the first time."""
    if contribution is None:
        contribution = Contribution(id=new_id(), action_id=action.id, partner_id=envelope.partner_id, form=FORM)
        db.session.add(contribution)
    if tranche is None:
        tranche = Tranche(id=new_id(), contribution_id=contribution.id, year=envelope.year)
        db.session.add(tranche)
    return tranche


def _promised(actor: Actor, action: Action, year: int) -> Tranche:
    """The actor's partner's line, which must hold something; raises NothingToWithdraw."""
    envelope = _envelope(actor, year)
    _contribution, tranche = queries.tranche(action.id, envelope.partner_id, year)
    if tranche is None or not tranche.amount:
        raise refusals.NothingToWithdraw
    return tranche


def _facts(action: Action, tranche: Tranche, former: Cents, reason: str | None) -> _Common:
    return {
        "subject": Subject("contribution", tranche.contribution_id),
        "about": action.id,
        "reason": reason,
        "action_code": action.code,
        "year": tranche.year,
        "amount": tranche.amount,
        "former": former,
    }
