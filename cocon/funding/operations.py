"""Announcing, raising, lowering and withdrawing one's own partner's money; declaring its envelope.

The partner is never an argument, so nobody commits another's money. Locks: the partner's envelopes, the fiche (shared),
the log's head last. ``revision`` is the ``rev`` of the line that the author read, 0 when there was none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.audit.words import the
from cocon.contracts.models import Envelope
from cocon.funding import barred, envelopes, events, queries, refusals, stages, words
from cocon.funding.acts import basis_of
from cocon.funding.models import Contribution, Tranche
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.policy import Permission, demand


@dataclass(frozen=True)
class _Line:
    """The actor's line of a year and the envelope it draws on, locked until the commit; ``former`` is what it held."""

    envelope: Envelope
    contribution: Contribution | None
    tranche: Tranche | None
    former: Cents
    held: queries.Held


class _Facts(TypedDict):
    subject: Subject
    about: str
    reason: str | None
    action_code: str
    year: int
    amount: Cents
    former: Cents
    form: str
    nature: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """An amount of one's own line: of a year, in a form and a nature.

    ``former`` is the amount that its author read, ``revision`` the ``rev`` of the line then.
    """

    year: int
    amount: Cents
    former: Cents = 0
    form: str = words.CASH
    nature: str = words.OPERATING
    revision: int | None = None

    @property
    def lowers(self) -> bool:
        """Whether less is brought than was read."""
        return self.amount < self.former


@operation(Permission.CONTRIBUTE)
def announce_contribution(
    actor: Actor,
    action: Action,
    *,
    year: int,
    amount: Cents,
    form: str = words.CASH,
    nature: str = words.OPERATING,
    revision: int | None = None,
) -> events.ContributionAnnounced | events.ContributionRaised:
    """Bind the actor's own partner for a year; raising an existing promise is the same act.

    Raises AmountNeeded, YearOutside, Outdated, TrancheEnded, NatureNeeded, NothingChanges, ReasonNeeded,
    EnvelopeExceeded, AxisEnvelopeExceeded.
    """
    if amount <= 0:
        raise refusals.AmountNeeded
    line = _lock(actor, action, year, (form, nature), revision)
    _demand_running(line.tranche)
    _demand_nature(line.tranche, nature)
    if amount == line.former:
        raise refusals.NothingChanges
    if amount < line.former:
        raise refusals.ReasonNeeded
    if form == words.CASH:
        most = line.former + _room(line)
        demand_room(line.envelope, line.held.promised, amount - line.former, most)
        demand_axis_room(line.held, year, amount - line.former, most)
    tranche = _opened(action, line, form, nature)
    tranche.amount = amount
    tranche.stage = tranche.stage if line.former else "intention"
    kind = events.ContributionRaised if line.former else events.ContributionAnnounced
    return kind(**_facts(action, tranche, form, line.former, None))


@operation(Permission.CONTRIBUTE)
def lower_contribution(
    actor: Actor,
    action: Action,
    *,
    year: int,
    amount: Cents,
    reason: str,
    form: str = words.CASH,
    nature: str = words.OPERATING,
    revision: int | None = None,
) -> events.ContributionLowered:
    """Lower one's own promise of a year, saying why.

    Raises AmountNeeded, ReasonNeeded, YearOutside, Outdated, NothingToWithdraw, TrancheEnded, NothingChanges, NotLower,
    StillHeld.
    """
    if amount <= 0:
        raise refusals.AmountNeeded
    tranche, former = _promised(actor, action, year, (form, nature), reason, revision)
    if amount == former:
        raise refusals.NothingChanges
    if amount > former:
        raise refusals.NotLower
    if amount < (kept := tranche.voted or tranche.credited):
        raise refusals.StillHeld(kept)
    tranche.amount = amount
    tranche.inscribed, tranche.credited = min(tranche.inscribed, amount), min(tranche.credited, amount)
    return events.ContributionLowered(**_facts(action, tranche, form, former, reason))


@operation(Permission.CONTRIBUTE)
def withdraw_contribution(
    actor: Actor,
    action: Action,
    *,
    year: int,
    reason: str,
    form: str = words.CASH,
    nature: str = words.OPERATING,
    revision: int | None = None,
) -> events.ContributionWithdrawn:
    """Withdraw one's own promise of a year, saying why.

    Raises ReasonNeeded, YearOutside, Outdated, NothingToWithdraw, TrancheEnded, StillHeld.
    """
    tranche, former = _promised(actor, action, year, (form, nature), reason, revision)
    if kept := tranche.voted or tranche.credited:
        raise refusals.StillHeld(kept)
    tranche.amount, tranche.inscribed, tranche.stage = 0, 0, "withdrawn"
    return events.ContributionWithdrawn(**_facts(action, tranche, form, former, reason))


@operation(Permission.CONTRIBUTE)
def fill_line(actor: Actor, action: Action, *, cells: Sequence[Cell], reason: str = "") -> events.LineFilled:
    """Change several amounts of one's own line, all or none; those reduced come first, for they make room.

    Raises what changing one amount raises; ``refusal.cell`` is the one refused.
    """
    envelope_of(actor, cells[0].year)
    for cell in sorted(cells, key=lambda cell: not cell.lowers):
        set_amount(actor, action, cell, reason)
    return events.LineFilled(
        subject=Subject("action", action.id), about=action.id, action_code=action.code, count=len(cells)
    )


def set_amount(actor: Actor, action: Action, cell: Cell, reason: str = "") -> events._Amount:
    """Announce, raise, lower or withdraw, as the amount says. Raises what these raise, of the ``cell``."""
    where: dict[str, Any] = {name: getattr(cell, name) for name in ("year", "form", "nature", "revision")}
    try:
        if cell.amount == 0:
            return withdraw_contribution(actor, action, reason=reason, **where)
        if cell.lowers:
            return lower_contribution(actor, action, amount=cell.amount, reason=reason, **where)
        return announce_contribution(actor, action, amount=cell.amount, **where)
    except Refusal as refusal:
        refusal.cell = cell
        raise


@operation(Permission.DECLARE_ENVELOPE)
def declare_envelope(
    actor: Actor,
    envelope: Envelope,
    *,
    amount: Cents | None,
    hard: bool,
    axis_id: str | None = None,
    reason: str | None = None,
    act_id: str | None = None,
    revision: int | None = None,
) -> events.EnvelopeDeclared:
    """Declare one's own envelope of a year, or of an axis of that year, and whether it is a ceiling.

    Raises CeilingWithoutAmount, EnvelopeNeeded, YearOutside, AxisOutside, Outdated, EnvelopeUnchanged,
    EnvelopeReasonNeeded, EnvelopeBelowPromises, ActWithdrawnAlready.
    """
    if amount is None or amount < 0:
        raise refusals.CeilingWithoutAmount if hard else refusals.EnvelopeNeeded
    locked = envelopes.of_axis(envelope_of(actor, envelope.year), axis_id)
    demand_current(locked.rev or 0, revision)
    if (amount, hard) == (locked.amount, locked.hard):
        raise refusals.EnvelopeUnchanged
    if amount < (locked.amount or 0) and not (reason or "").strip():
        raise barred.EnvelopeReasonNeeded
    promised = queries.promised(locked.partner_id, locked.year, axis_id)
    axis = envelopes.axis_number(axis_id) if axis_id else None
    if hard and amount < promised:
        raise refusals.EnvelopeBelowPromises(promised, locked.year, axis)
    act, former = envelopes.proof(actor, act_id), locked.amount
    why = envelopes.Why(reason, act)
    envelopes.become(actor, locked, amount, hard=hard, why=why)
    return events.EnvelopeDeclared(
        subject=Subject("envelope", locked.id),
        basis=basis_of(act) if act else None,
        reason=why.said,
        year=locked.year,
        axis=axis,
        amount=amount,
        former=former,
        hard=hard,
    )


def demand_unbound(action: Action) -> None:
    """Refuse to end a fiche, locked, while money voted for it still runs. Raises StillBound."""
    if partners := queries.bound(action.id):
        raise refusals.StillBound(action.code, [the(one.key, one.current_name) for one in partners])


def envelope_of(actor: Actor, year: int) -> Envelope:
    """The actor's envelope of a year, locked: the first lock of an act on money. Raises YearOutside."""
    envelope = queries.lock_envelope(actor.partner_id or "", year)
    if envelope is None:
        raise refusals.YearOutside
    return envelope


def _lock(actor: Actor, action: Action, year: int, kind: tuple[str, str], revision: int | None) -> _Line:
    """Lock the envelope, then read what it protects; a fiche withdrawn meanwhile takes no money."""
    envelope = envelope_of(actor, year)
    if kind[0] not in words.FORMS or kind[1] not in words.NATURES:
        raise Forbidden
    held = queries.held(action.id, envelope.partner_id, year, *kind)
    demand(actor, Permission.CONTRIBUTE, held)
    tranche = held.tranche
    demand_current(tranche.rev if tranche else 0, revision)
    return _Line(envelope, held.contribution, tranche, tranche.amount if tranche else 0, held)


def demand_current(revision: int, read: int | None) -> None:
    """Refuse an act on a line that changed since its author read it. Raises Outdated."""
    if read is not None and read != revision:
        raise Outdated


def _promised(
    actor: Actor, action: Action, year: int, kind: tuple[str, str], reason: str, revision: int | None
) -> tuple[Tranche, Cents]:
    """The line to reduce, which must hold something."""
    if not reason.strip():
        raise refusals.ReasonNeeded
    line = _lock(actor, action, year, kind, revision)
    if line.tranche is None or not line.former:
        raise refusals.NothingToWithdraw
    _demand_running(line.tranche)
    return line.tranche, line.former


def _demand_running(tranche: Tranche | None) -> None:
    if tranche is not None and tranche.stage in stages.ENDED:
        raise refusals.TrancheEnded


def _demand_nature(tranche: Tranche | None, nature: str) -> None:
    """Of no said nature are only lines older than natures."""
    if tranche is None and not nature:
        raise refusals.NatureNeeded


def _room(line: _Line) -> Cents:
    """What the ceilings of the year and of the axis still let a line grow by; only asked where one of them refuses."""
    whole = line.envelope
    of_year = whole.amount - line.held.promised if whole.hard and whole.amount is not None else None
    return max(min((left for left in (of_year, line.held.axis_left) if left is not None), default=0), 0)


def demand_room(envelope: Envelope, promised: Cents, more: Cents, most: Cents | None = None) -> None:
    """Refuse what a hard envelope of the year cannot hold beside what is promised. Raises EnvelopeExceeded."""
    if not envelope.hard or envelope.amount is None:
        return
    left = envelope.amount - promised
    if more > left:
        raise refusals.EnvelopeExceeded(max(left, 0), envelope.year, most)


def demand_axis_room(held: queries.Held, year: int, more: Cents, most: Cents | None = None) -> None:
    """Refuse what the ceiling of the fiche's axis, where there is one, cannot hold. Raises AxisEnvelopeExceeded."""
    if held.axis_left is not None and more > held.axis_left:
        axis = envelopes.axis_number(held.axis_id)
        raise barred.AxisEnvelopeExceeded(max(held.axis_left, 0), year, axis, most)


def _opened(action: Action, line: _Line, form: str, nature: str) -> Tranche:
    """The tranche of the line, made the first time with its contribution."""
    contribution, tranche = line.contribution, line.tranche
    if contribution is None:
        contribution = Contribution(id=new_id(), action_id=action.id, partner_id=line.envelope.partner_id, form=form)
        db.session.add(contribution)
    if tranche is None:
        tranche = Tranche(
            id=new_id(),
            contribution_id=contribution.id,
            year=line.envelope.year,
            nature=nature,
            **queries.UNSTEPPED,
        )
        db.session.add(tranche)
    return tranche


def _facts(action: Action, tranche: Tranche, form: str, former: Cents, reason: str | None) -> _Facts:
    return {
        "subject": Subject("contribution", tranche.contribution_id),
        "about": action.id,
        "reason": reason,
        "action_code": action.code,
        "year": tranche.year,
        "amount": tranche.amount,
        "former": former,
        "form": form,
        "nature": tranche.nature,
    }
