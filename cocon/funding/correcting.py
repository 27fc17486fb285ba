"""Correcting what was mistyped of an act: a fact with its reason; the log keeps what was recorded first.

Named outside the seven usual files: with ``acts`` it would make one file of two subjects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.funding import events, paying, refusals, unproven, words
from cocon.funding.acts import FOLLOWING, Votes, basis_of, demand_sound, lock
from cocon.funding.models import Act, Condition, Step
from cocon.funding.operations import demand_current
from cocon.funding.standing import standing
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Outdated
from cocon.partners.models import Partner
from cocon.policy import Permission


@dataclass(frozen=True, kw_only=True)
class Said:
    """All that an act is, but for its kind."""

    number: str
    title: str
    adopted_on: date | None
    assembly: str | None = None
    days: Mapping[str, date | None] = field(default_factory=dict)
    votes: Votes = field(default_factory=Votes)

    @property
    def columns(self) -> dict[str, Any]:
        """As rows keep it."""
        return {
            "number": self.number.strip(),
            "title": self.title.strip(),
            "assembly": (self.assembly or "").strip() or None,
            "adopted_on": self.adopted_on,
            **{name: self.days.get(name) for name in FOLLOWING},
            **vars(self.votes),
        }


class Effect(NamedTuple):
    """Since when an act is adopted, and binds."""

    adopted_on: date
    executory_on: date | None


@operation(Permission.KEEP_ACT)
def correct_act(
    _actor: Actor,
    act: Act,
    *,
    said: Said,
    reason: str,
    revision: int | None = None,
) -> events.ActCorrected:
    """Say again what an act is, where it was mistyped; its kind and what rests on it stay.

    Raises StepReasonNeeded, ActWithdrawnAlready, Outdated, NothingCorrected, what recording raises, StillProving,
    VoteStillProving, StillExecutory, StillSigned. The steps that have the day of the act keep having it.
    """
    if not reason.strip():
        raise refusals.StepReasonNeeded
    locked, told = lock(act), said.columns
    demand_current(locked.rev, revision)
    if all(getattr(locked, name) == value for name, value in told.items()):
        raise unproven.NothingCorrected
    was, unsigned = Effect(locked.adopted_on, locked.executory_on), _unsigned(locked)
    with db.session.no_autoflush:
        for name, value in told.items():
            setattr(locked, name, value)
        demand_sound(locked)
        _demand_still_proving(locked, was)
        _follow(locked, was.adopted_on)
    db.session.flush()
    if new := _unsigned(locked) - unsigned:
        raise unproven.StillSigned(min(day for _tranche, _number, day in new))
    return events.ActCorrected(subject=Subject("act", locked.id), basis=basis_of(locked), reason=reason.strip())


def _demand_still_proving(act: Act, was: Effect) -> None:
    """What rests on the act would have been recorded with the act as it is now, where a day is later than it was."""
    if act.adopted_on > was.adopted_on:
        _demand_adopted(act, was.adopted_on)
    if _later(act.executory_on, was.executory_on):
        _demand_executory(act)


def _follow(act: Act, former: date) -> None:
    """A step that took its day from the act takes it still."""
    if act.adopted_on != former:
        for step in db.session.scalars(select(Step).where(Step.act_id == act.id, Step.taken_on == former, standing())):
            step.taken_on = act.adopted_on


def _unsigned(act: Act) -> set[tuple[str, int, date]]:
    """The conventions that were signed before their vote, where one of the two is this act."""
    rests = select(Step.tranche_id).where(Step.act_id == act.id, Step.kind.in_(("voted", "contracted")), standing())
    found = set()
    for facts in paying.facts_of(Step.tranche_id.in_(rests)).values():
        for place, fact in enumerate(facts):
            if fact.kind == "contracted" and paying.unvoted(facts[:place], fact.taken_on, fact.amount):
                found.add((fact.tranche_id, fact.number, fact.taken_on))
    return found


def _later(day: date | None, was: date | None) -> bool:
    """Whether an act binds later than it did; None is never."""
    return was is not None and (day is None or day > was)


def _demand_adopted(act: Act, former: date) -> None:
    own_day = Step.act_id == act.id, Step.taken_on != former, standing()
    days = [
        db.session.scalar(select(func.min(Step.taken_on)).where(*own_day)),
        db.session.scalar(select(func.min(Condition.lifted_on)).where(Condition.lifting_act_id == act.id)),
    ]
    first = min((day for day in days if day is not None), default=None)
    if first is not None and act.adopted_on > first:
        raise unproven.StillProving(first)
    engaged = _first_engaged(act)
    if engaged is not None and act.adopted_on > engaged:
        raise unproven.VoteStillProving(engaged)


def _demand_executory(act: Act) -> None:
    kind = db.session.scalar(select(Partner.kind).where(Partner.id == act.partner_id))
    engaged = _first_engaged(act) if kind in words.AUTHORITIES else None
    if engaged is not None and (act.executory_on is None or act.executory_on > engaged):
        raise unproven.StillExecutory(engaged)


def _first_engaged(act: Act) -> date | None:
    """The first engagement for which this act was the last vote."""
    vote, engaged, later = aliased(Step), aliased(Step), aliased(Step)
    between = (
        select(later.id)
        .where(
            later.tranche_id == vote.tranche_id,
            later.kind == "voted",
            standing(later),
            later.number > vote.number,
            later.number < engaged.number,
        )
        .exists()
    )
    return db.session.scalar(
        select(func.min(engaged.taken_on))
        .join(vote, vote.tranche_id == engaged.tranche_id)
        .where(
            vote.act_id == act.id,
            vote.kind == "voted",
            standing(vote),
            engaged.kind == "engaged",
            standing(engaged),
            engaged.number > vote.number,
            ~between,
        )
    )


@operation(Permission.ORGANISE)
def set_act_example(
    _actor: Actor, partner: Partner, *, example: str, revision: int | None = None
) -> events.ActExampleSet:
    """Say how the actor's organisation numbers its acts, by an example; nothing to say so no more.

    Raises Outdated, NothingCorrected.
    """
    locked = db.session.scalars(
        select(Partner)
        .where(Partner.id == partner.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if locked is None:
        raise Outdated
    demand_current(locked.rev, revision)
    told = " ".join(example.split()) or None
    if told == locked.act_example:
        raise unproven.NothingCorrected(field="example")
    locked.act_example = told
    return events.ActExampleSet(subject=Subject("partner", locked.id))
