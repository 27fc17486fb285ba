"""Taking back the last step of one's own tranche, recorded by mistake: a fact of its own, which restores what was.

Named outside the seven usual files. Nothing is computed anew: the log says what the step changed, and those amounts and
that stage come back exactly. Locks, as for any step: the partner's envelopes, the fiche (shared), the log's head last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit import words as said
from cocon.audit.event import Subject
from cocon.audit.models import LogChange, LogEntry
from cocon.audit.operation import operation
from cocon.contracts.models import Envelope
from cocon.funding import queries, refusals, schedules, stages, steps, uncancelled, undertakings, unmet, words
from cocon.funding.barred import AxisEnvelopeExceeded
from cocon.funding.models import Step, Tranche
from cocon.funding.operations import demand_axis_room, demand_current, demand_room, envelope_of
from cocon.funding.standing import standing
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Outdated
from cocon.policy import Permission, demand

#: What a step may have changed of its tranche.
WATCHED = ("stage", "amount", *stages.LEVELS)


@dataclass(frozen=True)
class Undoing:
    """The step to take back, and what it changed of its tranche, before and after; amounts in cents."""

    step: Step
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@operation(Permission.ADVANCE)
def cancel_step(
    actor: Actor, action: Action, *, reason: str, number: int | None = None, **where: Unpack[steps.Where]
) -> undertakings.TrancheCancelled:
    """Take back the last step that stands of the actor's own tranche; ``number`` is the one that its author read.

    Raises YearOutside, Outdated, NothingToCancel, StepRefused, StepReasonNeeded, ChangedSince, Unreadable, NoRoomLeft,
    CreditsLowered.
    """
    return _cancelled(actor, action, reason, number, **where)


@operation(Permission.GIVE_BACK)
def cancel_return(
    actor: Actor, action: Action, *, reason: str, number: int | None = None, **where: Unpack[steps.Where]
) -> undertakings.TrancheCancelled:
    """Take back the return of money that was recorded last, whatever became of the fiche. Raises the same."""
    return _cancelled(actor, action, reason, number, **where)


def _cancelled(
    actor: Actor, action: Action, reason: str, number: int | None, **where: Unpack[steps.Where]
) -> undertakings.TrancheCancelled:
    year, form, nature = where["year"], where.get("form", words.CASH), where.get("nature", words.OPERATING)
    envelope = envelope_of(actor, year)
    held = queries.held(action.id, envelope.partner_id, year, form, nature)
    demand(actor, Permission.GIVE_BACK, held)
    tranche = held.tranche
    step = last(tranche.id) if tranche else None
    if tranche is None or step is None:
        raise uncancelled.NothingToCancel
    demand(actor, stages.TRANSITIONS[step.kind].who, held)
    demand_current(tranche.rev, where.get("revision"))
    if number is not None and number != step.number:
        raise Outdated
    if not reason.strip():
        raise refusals.StepReasonNeeded
    former, planned = steps.level(tranche, step.kind), _holding(held)
    _restore(tranche, undoing(tranche, step))
    if form == words.CASH and (more := _holding(held) - planned) > 0:
        _demand_room(envelope, held, more)
    made = _made(actor, step, reason)
    db.session.add(made)
    if step.kind == "credited":
        _demand_credited(tranche)
    return undertakings.TrancheCancelled(
        subject=Subject("contribution", tranche.contribution_id),
        about=action.id,
        reason=made.reason,
        action_code=action.code,
        year=year,
        form=form,
        nature=nature,
        undone=step.kind,
        amount=step.amount,
        former=former,
        total=steps.level(tranche, step.kind),
        taken_on=made.taken_on,
        reference=step.reference,
    )


def last(tranche_id: str) -> Step | None:
    """The last step of a tranche that stands."""
    return db.session.scalars(
        select(Step)
        .where(Step.tranche_id == tranche_id, standing())
        .order_by(Step.number.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def undoing(tranche: Tranche, step: Step) -> Undoing:
    """What taking back the last step of a tranche restores. Raises StepRefused, Unreadable, ChangedSince."""
    if tranche.stage not in stages.TRANSITIONS["cancelled"].starts:
        raise refusals.StepRefused(stages.STAGES[tranche.stage][1])
    found = _told(step)
    as_left = all(getattr(tranche, name) == value for name, value in found.after.items())
    if not as_left or not _ordered({**{name: getattr(tranche, name) for name in WATCHED}, **found.before}):
        raise uncancelled.ChangedSince(said.VALUES["step.kind"][step.kind])
    return found


def _told(step: Step) -> Undoing:
    """What the entry of a step says that it changed of its tranche."""
    text = db.session.scalar(
        select(LogEntry.body)
        .join(LogChange, LogChange.seq == LogEntry.seq)
        .where(LogChange.row_id == step.id, LogChange.rev == 1)
    )
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    try:
        for change in json.loads(text or "")["changes"]:
            if change["id"] == step.tranche_id:
                before, after = {**change["before"], **before}, {**after, **change["after"]}
    except (ValueError, KeyError, TypeError):
        raise uncancelled.Unreadable from None
    if not all(name in WATCHED and _is_readable(name, value) for name, value in (*before.items(), *after.items())):
        raise uncancelled.Unreadable
    return Undoing(step, before, after)


def _is_readable(name: str, value: Any) -> bool:
    return value in stages.STAGES if name == "stage" else type(value) is int


def _ordered(amounts: Mapping[str, Any]) -> bool:
    """Whether amounts are in the order that public money demands."""
    inscribed, voted = amounts["inscribed"], amounts["voted"]
    return (
        0 <= amounts["paid"] <= amounts["engaged"] <= voted <= inscribed
        and 0 <= amounts["contracted"] <= voted
        and 0 <= amounts["credited"] <= inscribed
        and (amounts["stage"] in stages.ENDED or inscribed <= amounts["amount"])
    )


def _restore(tranche: Tranche, found: Undoing) -> None:
    for name, value in found.before.items():
        setattr(tranche, name, value)


def _holding(held: queries.Held) -> Cents:
    """What the tranche holds of its partner's envelope."""
    assert held.tranche is not None  # noqa: S101 - looked at before
    return held.tranche.amount if held.alive else held.tranche.paid


def _demand_room(envelope: Envelope, held: queries.Held, more: Cents) -> None:
    """The ceilings of the year and of the axis hold what is planned again. Raises NoRoomLeft."""
    try:
        demand_room(envelope, held.promised, more)
        demand_axis_room(held, envelope.year, more)
    except (refusals.EnvelopeExceeded, AxisEnvelopeExceeded) as refusal:
        of_axis = isinstance(refusal, AxisEnvelopeExceeded)
        raise uncancelled.NoRoomLeft(more, envelope.year, of_axis=of_axis) from refusal


def _demand_credited(tranche: Tranche) -> None:
    """The credits that stand again are within the authorisation on which they rest. Raises CreditsLowered."""
    bound = schedules.current(tranche.contribution_id, tranche.nature)
    parts = {one.year: one.amount for one in bound.credits} if bound and bound.multi else {}
    try:
        schedules.demand_credited(tranche.contribution_id, tranche.nature, parts)
    except unmet.CreditsInUse as refusal:
        raise uncancelled.CreditsLowered(tranche.year, tranche.credited) from refusal


def _made(actor: Actor, step: Step, reason: str) -> Step:
    number = db.session.scalar(select(func.max(Step.number)).where(Step.tranche_id == step.tranche_id)) or 0
    return Step(
        id=new_id(),
        tranche_id=step.tranche_id,
        number=number + 1,
        kind="cancelled",
        amount=step.amount,
        taken_on=clock.today(),
        act_id=None,
        reference=None,
        reason=reason.strip(),
        cancels_id=step.id,
        mandate_id=actor.mandate_id,
        recorded_at=clock.now(),
    )
