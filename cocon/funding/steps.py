"""Taking one's own tranche a step further, or back: a fact each time, along the table of ``funding.stages``.

Named outside the seven usual files: the operation of ``Step``. Locks, as for any act on money: the partner's
envelopes, the fiche (shared), the log's head last; two steps of one tranche follow each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NotRequired, TypedDict, Unpack

from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.models import Envelope
from cocon.funding import events, inscribing, paying, queries, refusals, schedules, stages, unmet, words
from cocon.funding.acts import basis_of, usable
from cocon.funding.conditions import demand_unsuspended
from cocon.funding.models import Act, Authorisation, Step, Tranche
from cocon.funding.operations import demand_axis_room, demand_current, demand_room, envelope_of
from cocon.funding.standing import standing
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.partners.models import Partner
from cocon.policy import Permission, demand

#: The proofs that give a step its day.
DATED = frozenset({"act", "convention"})


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What is said of a step: its amount in cents (None where the step itself knows it), its day, its proof.

    The day is that of its act where none is told.

    ``raising``: the act gives more than was inscribed, and raises what was. ``authorised``: these credits are those of
    the authorisation over several years.
    """

    amount: Cents | None = None
    taken_on: date | None = None
    act_id: str | None = None
    reference: str | None = None
    reason: str | None = None
    raising: bool = False
    authorised: bool = False


class Where(TypedDict):
    """Which of the actor's tranches, money for running costs unless told, as its author read it."""

    year: int
    form: NotRequired[str]
    nature: NotRequired[str]
    revision: NotRequired[int | None]


@operation(Permission.ADVANCE)
def take_step(actor: Actor, action: Action, *, step: str, taken: Taken, **where: Unpack[Where]) -> events._Step:
    """Record a step of the actor's own tranche of a year, a form and a nature.

    Raises YearOutside, Outdated, NothingToWithdraw, StepRefused, BeforeSubmission, DecisionNeeded, NewActNeeded,
    SignedBeforeVote, ReleasedBefore, EndsBefore, PaidBeforeYear, NotAdopted, StepAmountNeeded, TooMuch, TooLittle,
    EnvelopeExceeded, AxisEnvelopeExceeded, DayNeeded, ActNeeded, WrongAct, BeforeAct, NotExecutory, BeforeExecutory,
    BeforeVote, ReferenceNeeded, StepReasonNeeded, PaymentKnown, Suspended, PaidBeforeMet, BeforeEngagement,
    BeyondEngagement, ReturnedBefore, StillEngaged, NothingContracted, ConventionCarriedOut, ConventionEnded,
    AlreadyEnded, BeforePayment, CreditsExceeded.
    """
    return _taken(actor, action, step, taken, **where)


@operation(Permission.GIVE_BACK)
def record_return(actor: Actor, action: Action, *, taken: Taken, **where: Unpack[Where]) -> events._Step:
    """Record that a beneficiary gave money back, whatever became of the fiche. Raises what steps raise."""
    return _taken(actor, action, "returned", taken, **where)


def _taken(actor: Actor, action: Action, step: str, taken: Taken, **where: Unpack[Where]) -> events._Step:
    year, revision = where["year"], where.get("revision")
    form, nature = where.get("form", words.CASH), where.get("nature", words.OPERATING)
    rule = stages.TRANSITIONS[step]
    envelope = envelope_of(actor, year)
    held = queries.held(action.id, envelope.partner_id, year, form, nature)
    demand(actor, rule.who, held)
    tranche = held.tranche
    if tranche is None:
        raise refusals.NothingToWithdraw
    demand_current(tranche.rev, revision)
    if tranche.stage not in rule.starts or step == "cancelled":
        raise refusals.StepRefused(stages.STAGES[tranche.stage][1])
    if taken.taken_on is not None or rule.proof not in DATED:
        _demand_day(taken)
    opened = _authorisation(tranche, step, taken)
    act = opened.act if opened else _proof(actor, action, tranche, step, taken)
    if act and taken.taken_on is None:
        taken = replace(taken, taken_on=act.adopted_on)
    former = level(tranche, step)
    amount = _amount(taken, undone=rule.undone and former > 0) if rule.typed else _known(tranche, step)
    if opened is not None and amount > opened.credit(year):
        raise unmet.CreditsExceeded(opened.credit(year), year)
    if step == "voted" and taken.raising:
        _raise(envelope if form == words.CASH else None, held, tranche, amount)
    _demand_within(tranche, rule, amount, adding=tranche.paid if step == "paid" else 0)
    _move(tranche, step, amount)
    made = _made(actor, tranche, step, amount, taken, act)
    made.authorisation_id = opened.id if opened else None
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
        total=level(tranche, step),
        taken_on=made.taken_on,
        reference=made.reference,
    )


def rehearse(tranche: Tranche, step: str, amount: Cents) -> None:
    """Move a tranche that no session holds, within the table and its bounds. Raises what these refuse."""
    rule = stages.TRANSITIONS[step]
    if tranche.stage not in rule.starts:
        raise refusals.StepRefused(stages.STAGES[tranche.stage][1])
    _demand_within(tranche, rule, amount, adding=tranche.paid if step == "paid" else 0)
    _move(tranche, step, amount)


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
    if proof == "outcome":
        inscribing.demand_decided(action, tranche, taken.taken_on, taken.amount or 0, taken.reason)
    if proof == "reference" and not (taken.reference or "").strip():
        raise refusals.ReferenceNeeded
    if proof in ("reason", "termination") and not (taken.reason or "").strip():
        raise refusals.StepReasonNeeded
    _demand_order(tranche, step, taken)
    if proof not in ("act", "convention", "termination") or (proof == "termination" and not taken.act_id):
        return None
    act = usable(actor, taken.act_id, proof)
    if taken.taken_on is not None and taken.taken_on < act.adopted_on:
        raise refusals.BeforeAct
    if step == "voted":
        _demand_new_act(tranche, act, taken)
    if step == "contracted":
        paying.demand_voted(_facts(tranche), taken.taken_on or act.adopted_on, taken.amount or 0)
    return act


def _demand_new_act(tranche: Tranche, act: Act, taken: Taken) -> None:
    """An act that voted something of this tranche gives no more than was inscribed."""
    if not taken.raising or (taken.amount or 0) <= tranche.inscribed:
        return
    known = Step.tranche_id == tranche.id, Step.kind == "voted", Step.act_id == act.id, standing()
    if db.session.scalar(select(Step.id).where(*known).limit(1)):
        raise unmet.NewActNeeded


def _demand_order(tranche: Tranche, step: str, taken: Taken) -> None:
    """What comes before was done by then."""
    if step == "engaged":
        _demand_bound(tranche, taken)
    if step == "paid":
        paying.demand_year(tranche.year, taken.taken_on)
        _demand_new_payment(tranche, taken)
        demand_unsuspended(tranche.contribution_id, taken.taken_on)
        paying.demand_payable(_facts(tranche), taken.taken_on, taken.amount or 0)
    if step == "terminated":
        paying.demand_endable(_facts(tranche), taken.taken_on)
    if step == "released":
        paying.demand_releasable(_facts(tranche), taken.taken_on)
    if step in stages.ENDED:
        paying.demand_last(_facts(tranche), taken.taken_on)
    if step == "returned":
        paying.demand_paid(_facts(tranche), taken.taken_on, taken.amount or 0)


def _facts(tranche: Tranche) -> Sequence[paying.Fact]:
    return paying.facts_of(Step.tranche_id == tranche.id)[tranche.id]


def _authorisation(tranche: Tranche, step: str, taken: Taken) -> Authorisation | None:
    """What credits rest on when they are those of an authorisation over several years."""
    if step != "credited" or not taken.authorised:
        return None
    found = schedules.current(tranche.contribution_id, tranche.nature)
    if found is None or not found.multi:
        raise refusals.WrongAct
    if taken.taken_on is not None and taken.taken_on < _held_act(found.act_id).adopted_on:
        raise refusals.BeforeAct
    return found


def _held_act(act_id: str) -> Act:
    """An act that nobody corrects before the commit."""
    return db.session.scalars(
        select(Act).where(Act.id == act_id).with_for_update(read=True).execution_options(populate_existing=True)
    ).one()


def _demand_new_payment(tranche: Tranche, taken: Taken) -> None:
    """A payment is known by its reference. Steps of a tranche follow each other: its envelope is locked."""
    paid = select(Step.reference).where(Step.tranche_id == tranche.id, Step.kind == "paid", standing())
    known = db.session.scalars(paid)
    if bare(taken.reference) in map(bare, known):
        raise unmet.PaymentKnown


def bare(reference: str | None) -> str:
    """A reference, however it is spaced."""
    return "".join((reference or "").split()).casefold()


def _known(tranche: Tranche, step: str) -> Cents:
    """The amount of a step that nobody types: what was paid, or what the convention that ends gave."""
    if step != "terminated":
        return tranche.paid
    if tranche.engaged > tranche.paid:
        raise unmet.StillEngaged(tranche.engaged - tranche.paid)
    if tranche.contracted <= tranche.paid:
        raise unmet.ConventionCarriedOut if tranche.contracted else unmet.NothingContracted
    return tranche.contracted


def _demand_bound(tranche: Tranche, taken: Taken) -> None:
    """The last vote was taken by then; one of a local authority was also received by the préfet, and published."""
    act_id, kind = db.session.execute(
        select(Act.id, Partner.kind)
        .join(Step, Step.act_id == Act.id)
        .join(Partner, Partner.id == Act.partner_id)
        .where(Step.tranche_id == tranche.id, Step.kind == "voted", standing())
        .order_by(Step.number.desc())
        .limit(1)
    ).one()
    act, local = _held_act(act_id), kind in words.AUTHORITIES
    if local and act.executory_on is None:
        raise refusals.NotExecutory
    since = act.executory_on if local and act.executory_on else act.adopted_on
    if taken.taken_on is not None and taken.taken_on < since:
        raise refusals.BeforeExecutory(since) if local else unmet.BeforeVote(since)


#: The amounts that steps change, where their names are others.
_CHANGED = {
    **dict.fromkeys(("settled", "lapsed"), "amount"),
    "released": "engaged",
    "returned": "paid",
    "terminated": "contracted",
}


def level(tranche: Tranche, step: str) -> Cents:
    """The amount that a step of this kind changes, in cents."""
    column = _CHANGED.get(step, step)
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
    """Change the amount that the step is about; unless it is over, the tranche stands where its amounts prove it."""
    if step == "released":
        if tranche.engaged - amount < tranche.paid:
            raise refusals.TooMuch(tranche.engaged - tranche.paid, stages.BOUND_WORDS["unpaid"])
        tranche.engaged -= amount
    elif step == "returned":
        tranche.paid -= amount
        tranche.amount = min(tranche.amount, tranche.paid) if tranche.stage in stages.ENDED else tranche.amount
    elif step == "paid":
        tranche.paid += amount
    elif step == "terminated":
        tranche.contracted = tranche.paid
    elif step in stages.ENDED:
        tranche.amount, tranche.stage = tranche.paid, step
    else:
        setattr(tranche, step, amount)
    if tranche.stage not in stages.ENDED:
        tranche.stage = stages.proven({level: getattr(tranche, level) for level in stages.LEVELS})


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
