"""Recording one's own acts, adding the days that come later, withdrawing one recorded by mistake.

Named outside the seven usual files: the operations of ``Act``, which ``funding.steps`` rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from cocon.audit.event import Basis, Subject
from cocon.audit.operation import operation
from cocon.files.models import Attachment
from cocon.funding import events, refusals, resting, words
from cocon.funding.models import Act
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden
from cocon.partners.models import Partner
from cocon.policy import Permission

#: The days that follow an act, in the order of time.
FOLLOWING = ("sent_on", "received_on", "published_on")


@dataclass(frozen=True, kw_only=True)
class Votes:
    """What an assembly voted, as SCDL délibérations 2.1.5 counts it; None what is not known."""

    voters: int | None = None
    votes_for: int | None = None
    votes_against: int | None = None
    abstentions: int | None = None


@operation(Permission.RECORD_ACT)
def record_act(
    actor: Actor,
    _subject: None,
    *,
    kind: str,
    number: str,
    title: str,
    adopted_on: date | None,
    assembly: str | None = None,
    days: Mapping[str, date | None] | None = None,
    votes: Votes | None = None,
) -> events.ActRecorded:
    """Record what the actor's own partner adopted; ``days`` are those of FOLLOWING.

    Raises KindNeeded, NumberNeeded, TitleNeeded, AssemblyNeeded, NotYet, TooEarly,
    ReceivedBeforeSent, VotesDiffer, ActKnown.
    """
    if actor.partner_id is None or actor.mandate_id is None:
        raise Forbidden
    votes = votes or Votes()
    act = Act(
        id=new_id(),
        partner_id=actor.partner_id,
        mandate_id=actor.mandate_id,
        kind=kind,
        number=number.strip(),
        assembly=(assembly or "").strip() or None,
        title=title.strip(),
        adopted_on=adopted_on,
        voters=votes.voters,
        votes_for=votes.votes_for,
        votes_against=votes.votes_against,
        abstentions=votes.abstentions,
        recorded_at=clock.now(),
        withdrawn_at=None,
        withdrawal_reason=None,
        **{name: (days or {}).get(name) for name in FOLLOWING},
    )
    demand_sound(act)
    db.session.add(act)
    return events.ActRecorded(subject=Subject("act", act.id), basis=basis_of(act))


@operation(Permission.KEEP_ACT)
def date_act(_actor: Actor, act: Act, *, days: Mapping[str, date | None]) -> events.ActDated:
    """Add the days when an act was sent to the préfet, received by him, published; those known already stay.

    Raises ActWithdrawnAlready, DatedAlready, NothingAdded, NotYet, TooEarly, ReceivedBeforeSent.
    """
    locked = lock(act)
    added = {name: day for name, day in days.items() if day is not None and day != getattr(locked, name)}
    if not added:
        raise refusals.NothingAdded
    for name, day in added.items():
        if getattr(locked, name) is not None:
            raise refusals.DatedAlready(field=name)
        setattr(locked, name, day)
    _demand_in_order(locked)
    return events.ActDated(subject=Subject("act", locked.id), basis=basis_of(locked))


@operation(Permission.KEEP_ACT)
def withdraw_act(_actor: Actor, act: Act, *, reason: str) -> events.ActWithdrawn:
    """Withdraw an act recorded by mistake, on which nothing rests, with its file. Raises StepReasonNeeded, ActInUse."""
    if not reason.strip():
        raise refusals.StepReasonNeeded
    locked = lock(act)
    if resting.counts(locked.id):
        raise refusals.ActInUse
    locked.withdrawn_at, locked.withdrawal_reason = clock.now(), reason.strip()
    mine = select(Attachment).where(Attachment.act_id == locked.id, Attachment.withdrawn_at.is_(None))
    for file in db.session.scalars(mine.with_for_update()):
        file.withdrawn_at, file.withdrawal_reason = locked.withdrawn_at, locked.withdrawal_reason
    return events.ActWithdrawn(subject=Subject("act", locked.id), basis=basis_of(locked), reason=reason.strip())


def usable(actor: Actor, act_id: str | None, proof: str) -> Act:
    """An act of the actor's partner on which something may rest; ``proof`` is ``act``, ``convention`` or any.

    Raises ActNeeded, ActWithdrawnAlready, WrongAct, Forbidden.
    """
    if not act_id:
        raise refusals.ActNeeded
    row = db.session.execute(
        select(Act, Partner.kind)
        .join(Partner, Partner.id == Act.partner_id)
        .where(Act.id == act_id)
        .with_for_update(read=True, of=Act)
        .execution_options(populate_existing=True)
    ).first()
    if row is None or row[0].partner_id != actor.partner_id:
        raise Forbidden
    act: Act = row[0]
    if not act.alive:
        raise refusals.ActWithdrawnAlready(field="act")
    proving = {"act": words.giving(row[1]), "convention": ("convention",)}.get(proof, tuple(words.KINDS))
    if act.kind not in proving:
        raise refusals.WrongAct
    return act


def basis_of(act: Act) -> Basis:
    """The act as the legal basis of an entry of the log."""
    return Basis(act.kind, act.number, act.adopted_on)


def lock(act: Act) -> Act:
    """The act, which nobody changes before the commit. Raises ActWithdrawnAlready."""
    locked = db.session.scalars(
        select(Act).where(Act.id == act.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if not locked.alive:
        raise refusals.ActWithdrawnAlready
    return locked


def demand_sound(act: Act) -> None:
    """What every act must be, when it is recorded and when it is corrected."""
    _demand_whole(act)
    _demand_in_order(act)
    _demand_new(act)


def _demand_whole(act: Act) -> None:
    if act.kind not in words.KINDS:
        raise refusals.KindNeeded
    if not any(sign.isprintable() and not sign.isspace() for sign in act.number):
        raise refusals.NumberNeeded
    if not act.title:
        raise refusals.TitleNeeded
    if act.kind == "deliberation" and act.assembly is None:
        raise refusals.AssemblyNeeded
    counted = [count for count in (act.votes_for, act.votes_against, act.abstentions) if count is not None]
    if act.voters is not None and sum(counted) > act.voters:
        raise refusals.VotesDiffer


def _demand_in_order(act: Act) -> None:
    """No day has still to come, none precedes the act's own, no act is received before it is sent."""
    today = clock.today()
    for name in ("adopted_on", *FOLLOWING):
        day: date | None = getattr(act, name)
        if (day is None and name == "adopted_on") or (day is not None and day > today):
            raise refusals.NotYet(field=name)
        if day is not None and day < act.adopted_on:
            raise refusals.TooEarly(field=name)
    if act.sent_on and act.received_on and act.received_on < act.sent_on:
        raise refusals.ReceivedBeforeSent


def _demand_new(act: Act) -> None:
    """A number is taken while its act stands: one recorded by mistake is recorded again after its withdrawal."""
    same = (
        Act.partner_id == act.partner_id,
        Act.kind == act.kind,
        Act.number == act.number,
        Act.withdrawn_at.is_(None),
        Act.id != act.id,
    )
    if db.session.scalar(select(func.count()).where(*same)):
        raise refusals.ActKnown
