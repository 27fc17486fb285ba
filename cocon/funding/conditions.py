"""What a funder asks of a contribution, and lifting it: each is a fact, and nothing is paid before a suspensive one.

Named outside the seven usual files: the operations of ``Condition``, which ``steps`` rests on. Locks: the partner's
envelopes, the fiche (shared), the condition, the log's head last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.orm import aliased

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import outline
from cocon.funding import queries, refusals, undertakings, unmet, words
from cocon.funding.acts import basis_of, usable
from cocon.funding.models import Act, Condition, Contribution
from cocon.funding.operations import envelope_of
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden
from cocon.policy import Permission, demand

SUSPENSIVE = "suspensive"
#: Conditions on a page.
PAGE = 50


@operation(Permission.ADVANCE)
def set_condition(
    actor: Actor, action: Action, *, form: str, kind: str, text: str, act_id: str | None = None
) -> undertakings.ConditionSet:
    """Ask something of the actor's own contribution to a fiche.

    Raises NothingToWithdraw, ConditionKindNeeded, ConditionTextNeeded, ActWithdrawnAlready.
    """
    contribution = _own(actor, action, form)
    if kind not in words.CONDITIONS:
        raise unmet.ConditionKindNeeded
    if not text.strip():
        raise unmet.ConditionTextNeeded
    act = usable(actor, act_id, "any") if act_id else None
    row = Condition(
        id=new_id(),
        contribution_id=contribution.id,
        kind=kind,
        text=text.strip(),
        act_id=act.id if act else None,
        mandate_id=actor.mandate_id,
        recorded_at=clock.now(),
        lifted_on=None,
        lifting_reason=None,
        lifting_act_id=None,
        lifting_mandate_id=None,
        lifted_at=None,
    )
    db.session.add(row)
    return undertakings.ConditionSet(
        subject=Subject("contribution", contribution.id),
        about=action.id,
        basis=basis_of(act) if act else None,
        action_code=action.code,
        form=form,
        condition=kind,
    )


@operation(Permission.ADVANCE)
def lift_condition(
    actor: Actor,
    action: Action,
    *,
    condition_id: str,
    lifted_on: date | None,
    reason: str,
    act_id: str | None = None,
) -> undertakings.ConditionLifted:
    """Say that what was asked is met, since when and why.

    Raises AlreadyLifted, DayNeeded, StepReasonNeeded, BeforeAct, ActWithdrawnAlready.
    """
    contribution, row = _held(actor, action, condition_id)
    if not row.standing:
        raise unmet.AlreadyLifted
    if lifted_on is None or lifted_on > clock.today():
        raise refusals.DayNeeded
    if not reason.strip():
        raise refusals.StepReasonNeeded
    act = usable(actor, act_id, "any") if act_id else None
    if act is not None and lifted_on < act.adopted_on:
        raise refusals.BeforeAct
    row.lifted_on, row.lifted_at, row.lifting_reason = lifted_on, clock.now(), reason.strip()
    row.lifting_act_id, row.lifting_mandate_id = act.id if act else None, actor.mandate_id
    return undertakings.ConditionLifted(
        subject=Subject("contribution", contribution.id),
        about=action.id,
        basis=basis_of(act) if act else None,
        reason=reason.strip(),
        action_code=action.code,
        form=contribution.form,
        condition=row.kind,
        lifted_on=lifted_on,
    )


def _own(actor: Actor, action: Action, form: str) -> Contribution:
    """The actor's contribution of a form, its envelopes and the fiche locked."""
    year = outline().years[0]
    envelope = envelope_of(actor, year)
    held = queries.held(action.id, envelope.partner_id, year, form)
    demand(actor, Permission.ADVANCE, held)
    if held.contribution is None:
        raise refusals.NothingToWithdraw
    return held.contribution


def _held(actor: Actor, action: Action, condition_id: str) -> tuple[Contribution, Condition]:
    form = db.session.scalar(
        select(Contribution.form)
        .join(Condition, Condition.contribution_id == Contribution.id)
        .where(Condition.id == condition_id, Contribution.partner_id == actor.partner_id)
        .where(Contribution.action_id == action.id)
    )
    if form is None:
        raise Forbidden
    contribution = _own(actor, action, form)
    row = db.session.scalars(
        select(Condition)
        .where(Condition.id == condition_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return contribution, row


def demand_unsuspended(contribution_id: str, taken_on: date | None) -> None:
    """Refuse to pay before what suspends is lifted, its partner's envelopes locked. Raises Suspended, PaidBeforeMet."""
    demand_met(suspending(Condition.contribution_id == contribution_id), taken_on)


def suspending(*kept: Any) -> Sequence[Condition]:
    """What suspends, or suspended, the contributions that are kept, in the order of recording."""
    return db.session.scalars(
        select(Condition)
        .join(Condition.contribution)
        .where(Condition.kind == SUSPENSIVE, *kept)
        .order_by(Condition.recorded_at)
        .execution_options(populate_existing=True)
    ).all()


def demand_met(found: Iterable[Condition], taken_on: date | None) -> None:
    """Refuse to pay what a condition suspends, or suspended that day. Raises Suspended, PaidBeforeMet."""
    for one in found:
        if one.lifted_on is None:
            raise unmet.Suspended(one.text)
        if taken_on is not None and one.recorded_at.astimezone(clock.PARIS).date() <= taken_on < one.lifted_on:
            raise unmet.PaidBeforeMet(one.lifted_on)


class Asked(NamedTuple):
    """A condition as pages show it, with the acts behind."""

    condition: Condition
    act: Act | None
    lifting: Act | None


class Page(NamedTuple):
    """50 conditions at most; ``next`` is the one after which the next page begins."""

    lines: Sequence[Asked]
    next: str | None


def asked(contribution_id: str, after: str | None = None) -> Page:
    """What is asked of a contribution: what stands first, and of it what suspends; then in the order of recording."""
    found = _asked().where(Condition.contribution_id == contribution_id)
    if after is not None:
        cursor = aliased(Condition)
        found = found.join(cursor, cursor.id == after).where(tuple_(*_order(Condition)) > tuple_(*_order(cursor)))
    rows = db.session.execute(found.order_by(*_order(Condition)).limit(PAGE + 1))
    lines = [Asked(*row) for row in rows]
    return Page(lines[:PAGE], lines[PAGE - 1].condition.id if len(lines) > PAGE else None)


def find(contribution_id: str, condition_id: str) -> Asked | None:
    """One of them."""
    mine = (Condition.contribution_id == contribution_id, Condition.id == condition_id)
    row = db.session.execute(_asked().where(*mine)).first()
    return Asked(*row) if row else None


def _asked() -> Any:
    lifting = aliased(Act)
    return (
        select(Condition, Act, lifting)
        .outerjoin(Act, Act.id == Condition.act_id)
        .outerjoin(lifting, lifting.id == Condition.lifting_act_id)
    )


def _order(row: Any) -> tuple[Any, ...]:
    lifted, kind = func.coalesce(row.lifted_at, ""), case((row.kind == SUSPENSIVE, 0), else_=1)
    return lifted, kind, row.recorded_at, row.id
