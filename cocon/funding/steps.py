"""Taking one's own tranche a step further, or back: a fact each time, along the table of ``funding.stages``.

Named outside the seven usual files: the operation of ``Step``. Locks, as for any act on money: the partner's
envelopes, the fiche (shared), the log's head last; two steps of one tranche follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.models import Envelope
from cocon.funding import events, queries, refusals, stages, words
from cocon.funding.acts import basis_of
from cocon.funding.models import Act, Step, Tranche
from cocon.funding.operations import demand_axis_room, demand_current, demand_room, envelope_of
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Forbidden
from cocon.partners.models import Partner
from cocon.policy import Permission, demand


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What is said of a step: its amount in cents (None where the step itself knows it), its day, its proof.

    ``raising``: the act gives more than was inscribed, and raises what was.
    """

    amount: Cents | None = None
    taken_on: date | None = None
    act_id: str | None = None
    reference: str | None = None
    reason: str | None = None
    raising: bool = False


@operation(Permission.ADVANCE)
def take_step(
    actor: Actor,
    action: Action,
    *,
    year: int,
    step: str,
    taken: Taken,
    form: str = words.CASH,
    nature: str = words.OPERATING,
    revision: int | None = None,
) -> events._Step:
    """Record a step of the actor's own tranche of a year, a form and a nature.

    Raises YearOutside, Outdated, NothingToWithdraw, StepRefused, NotAdopted, StepAmountNeeded, TooMuch, TooLittle,
    EnvelopeExceeded, AxisEnvelopeExceeded, DayNeeded, ActNeeded, WrongAct, BeforeAct, NotExecutory, BeforeExecutory,
    ReferenceNeeded, StepReasonNeeded.
    """
    rule = stages.TRANSITIONS[step]
    envelope = envelope_of(actor, year)
    held = queries.held(action.id, envelope.partner_id, year, form, nature)
    demand(actor, Permission.ADVANCE, held)
    tranche = held.tranche
    if tranche is None:
        raise refusals.NothingToWithdraw
    demand_current(tranche.rev, revision)
    if tranche.stage not in rule.starts:
        raise refusals.StepRefused(stages.STAGES[tranche.stage][1])
    _demand_day(taken)
    act = _proof(actor, action, tranche, step, taken)
    former = _level(tranche, step)
    amount = tranche.paid if not rule.typed else _amount(taken, undone=rule.undone and former > 0)
    if step == "voted" and taken.raising:
        _raise(envelope if form == words.CASH else None, held, tranche, amount)
    _demand_within(tranche, rule, amount, adding=tranche.paid if step == "paid" else 0)
    _move(tranche, step, amount)
    made = _made(actor, tranche, step, amount, taken, act)
    db.session.add(made)
    return events.STEPS[step](
        subject=Subject("contribution", tranche.contribution_id),
        about=action.id,
        basis=basis_of(act) if act else None,
        reason=made.reason,
        action_code=action.code,
        year=year,
        form=form,
        nature=nature,
        amount=amount,
        former=former,
        total=_level(tranche, step),
        taken_on=made.taken_on,
        reference=made.reference,
    )


def _demand_day(taken: Taken) -> None:
    if taken.taken_on is None or taken.taken_on > clock.today():
        raise refusals.DayNeeded


def _amount(taken: Taken, *, undone: bool) -> Cents:
    if taken.amount is None or taken.amount < 0 or (taken.amount == 0 and not undone):
        raise refusals.StepAmountNeeded
    return taken.amount


def _proof(actor: Actor, action: Action, tranche: Tranche, step: str, taken: Taken) -> Act | None:
    """The act behind the step, where it needs one; raises what is missing of its proof."""
    proof = stages.TRANSITIONS[step].proof
    if proof == "outcome" and db.session.scalar(select(Action.maturity).where(Action.id == action.id)) != "adopted":
        raise refusals.NotAdopted
    if proof == "reference" and not (taken.reference or "").strip():
        raise refusals.ReferenceNeeded
    if proof == "reason" and not (taken.reason or "").strip():
        raise refusals.StepReasonNeeded
    if step == "engaged":
        _demand_executory(tranche, taken)
    if proof not in ("act", "convention"):
        return None
    act = _act(actor, taken.act_id, proof)
    if taken.taken_on is not None and taken.taken_on < act.adopted_on:
        raise refusals.BeforeAct
    return act


def _act(actor: Actor, act_id: str | None, proof: str) -> Act:
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
    if act.kind not in (("convention",) if proof == "convention" else words.giving(row[1])):
        raise refusals.WrongAct
    return act


def _demand_executory(tranche: Tranche, taken: Taken) -> None:
    """The act of the last vote binds by then: those of local authorities once received by the préfet and published."""
    voted = db.session.execute(
        select(Act, Partner.kind)
        .join(Step, Step.act_id == Act.id)
        .join(Partner, Partner.id == Act.partner_id)
        .where(Step.tranche_id == tranche.id, Step.kind == "voted")
        .order_by(Step.number.desc())
        .limit(1)
    ).one()
    if voted[1] not in words.AUTHORITIES:
        return
    since = voted[0].executory_on
    if since is None:
        raise refusals.NotExecutory
    if taken.taken_on is not None and taken.taken_on < since:
        raise refusals.BeforeExecutory(since)


def _level(tranche: Tranche, step: str) -> Cents:
    """The amount that a step changes."""
    column = {"released": "engaged", "returned": "paid", "settled": "amount", "lapsed": "amount"}.get(step, step)
    value: Cents = getattr(tranche, column)
    return value


def _raise(envelope: Envelope | None, held: queries.Held, tranche: Tranche, amount: Cents) -> None:
    """An act that gives more than was inscribed raises what was, and what is planned, within the envelope."""
    if amount > tranche.amount:
        if envelope is not None:
            demand_room(envelope, held.promised, amount - tranche.amount)
            demand_axis_room(held, envelope.year, amount - tranche.amount)
        tranche.amount = amount
    tranche.inscribed = max(tranche.inscribed, amount)


def _demand_within(tranche: Tranche, rule: stages.Step, amount: Cents, *, adding: Cents) -> None:
    """The bounds of the table; a payment adds to those made."""
    most = bound(tranche, rule)
    if most and amount + adding > getattr(tranche, most):
        raise refusals.TooMuch(getattr(tranche, most) - adding, stages.BOUND_WORDS[most])
    for name in rule.least:
        if amount < getattr(tranche, name):
            raise refusals.TooLittle(getattr(tranche, name), stages.BOUND_WORDS[name])


def bound(tranche: Tranche, rule: stages.Step) -> str | None:
    """The amount that the step may not exceed, by name."""
    return rule.closer if rule.closer and getattr(tranche, rule.closer) else rule.most


def _move(tranche: Tranche, step: str, amount: Cents) -> None:
    """Change the amount that the step is about, and the stage when it goes further, or back to nothing."""
    if step == "released":
        if tranche.engaged - amount < tranche.paid:
            raise refusals.TooMuch(tranche.engaged - tranche.paid, stages.BOUND_WORDS["unpaid"])
        tranche.engaged -= amount
    elif step == "returned":
        tranche.paid -= amount
        tranche.amount = min(tranche.amount, tranche.paid) if tranche.stage in stages.ENDED else tranche.amount
    elif step == "paid":
        tranche.paid += amount
    elif step in stages.ENDED:
        tranche.amount = tranche.paid
    else:
        setattr(tranche, step, amount)
    rule = stages.TRANSITIONS[step]
    if rule.undone and amount == 0:
        tranche.stage = stages.undone(tranche.stage, rule, credited=tranche.credited > 0)
    else:
        tranche.stage = stages.reached(tranche.stage, rule)


def _made(actor: Actor, tranche: Tranche, step: str, amount: Cents, taken: Taken, act: Act | None) -> Step:
    last = db.session.scalar(select(func.max(Step.number)).where(Step.tranche_id == tranche.id))
    return Step(
        id=new_id(),
        tranche_id=tranche.id,
        number=(last or 0) + 1,
        kind=step,
        amount=amount,
        taken_on=taken.taken_on,
        act_id=act.id if act else None,
        reference=(taken.reference or "").strip() or None,
        reason=(taken.reason or "").strip() or None,
        mandate_id=actor.mandate_id,
        recorded_at=clock.now(),
    )
