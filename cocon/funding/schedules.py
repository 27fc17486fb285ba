"""Money bound over several years: an authorisation (AE, or AP for investment) and the credits (CP) that pay it.

Named outside the seven usual files: the operation of ``Authorisation``, which ``steps`` rests on. Each revision is a
row of its own. Locks: the partner's envelopes, the fiche (shared), the log's head last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import outline
from cocon.funding import queries, refusals, undertakings, unmet, words
from cocon.funding.acts import basis_of, usable
from cocon.funding.models import Act, Authorisation, Contribution, Step, Tranche, YearCredit
from cocon.funding.operations import demand_current, envelope_of
from cocon.funding.standing import standing
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.policy import Permission, demand

MULTI, ANNUAL = "multi", "annual"
#: What may be bound: a gift in kind is not.
FORMS = (words.CASH, "instrument")
#: Years after the contract's last in which credits may still pay.
AFTER = 2


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What an act binds: the whole, and what each year pays of it; nothing when the regime is annual again."""

    regime: str
    act_id: str | None
    amount: Cents = 0
    credits: Mapping[int, Cents] = field(default_factory=dict)


def years() -> tuple[int, ...]:
    """The years in which credits may be planned."""
    own = outline().years
    return (*own, *(own[-1] + more for more in range(1, AFTER + 1)))


@operation(Permission.ADVANCE)
def bind_years(
    actor: Actor,
    action: Action,
    *,
    form: str,
    nature: str,
    schedule: Schedule,
    reason: str = "",
    revision: int | None = None,
) -> undertakings._Years:
    """Bind the actor's own contribution over several years, revise it, or come back to yearly votes.

    ``revision`` is the number of the authorisation that the author read, 0 for none. Raises NotBindable, Outdated,
    NothingToWithdraw, RegimeNeeded, TotalNeeded, YearOutside, SumDiffers, StepReasonNeeded, YearsUnchanged,
    CreditsInUse, ActNeeded, WrongAct, ActWithdrawnAlready.
    """
    contribution = _own(actor, action, form, nature)
    former = current(contribution.id, nature)
    demand_current(former.number if former else 0, revision)
    parts = _demand_sound(schedule)
    if former is not None and not reason.strip():
        raise refusals.StepReasonNeeded
    act = usable(actor, schedule.act_id, "act")
    _demand_changed(former, schedule, parts)
    demand_credited(contribution.id, nature, parts)
    row = _made(actor, contribution, nature, schedule, act, (former.number if former else 0) + 1, reason.strip())
    db.session.add(row)
    db.session.flush()
    db.session.add_all(
        YearCredit(id=new_id(), authorisation_id=row.id, year=year, amount=cents) for year, cents in parts.items()
    )
    kind = _event(former, schedule)
    return kind(
        subject=Subject("contribution", contribution.id),
        about=action.id,
        basis=basis_of(act),
        reason=row.reason,
        action_code=action.code,
        form=form,
        nature=nature,
        amount=row.amount,
        former=former.amount if former else 0,
    )


def _own(actor: Actor, action: Action, form: str, nature: str) -> Contribution:
    if form not in FORMS or nature not in words.AUTHORISATIONS:
        raise unmet.NotBindable
    year = outline().years[0]
    envelope = envelope_of(actor, year)
    held = queries.held(action.id, envelope.partner_id, year, form, nature)
    demand(actor, Permission.ADVANCE, held)
    if held.contribution is None:
        raise refusals.NothingToWithdraw
    return held.contribution


def _demand_sound(schedule: Schedule) -> dict[int, Cents]:
    """The years that pay something; their sum is the whole."""
    parts = {year: cents for year, cents in schedule.credits.items() if cents}
    if schedule.regime == ANNUAL:
        return {}
    if schedule.regime != MULTI:
        raise unmet.RegimeNeeded
    if schedule.amount <= 0 or any(cents < 0 for cents in parts.values()):
        raise unmet.TotalNeeded
    if not parts.keys() <= set(years()):
        raise refusals.YearOutside
    if sum(parts.values()) != schedule.amount:
        raise unmet.SumDiffers(schedule.amount, sum(parts.values()))
    return parts


def _demand_changed(former: Authorisation | None, schedule: Schedule, parts: Mapping[int, Cents]) -> None:
    if former is None or not former.multi:
        if schedule.regime == ANNUAL:
            raise unmet.YearsUnchanged
        return
    same = {one.year: one.amount for one in former.credits} == parts
    if same and (former.regime, former.act_id) == (schedule.regime, schedule.act_id):
        raise unmet.YearsUnchanged


def demand_credited(contribution_id: str, nature: str, parts: Mapping[int, Cents]) -> None:
    """Credits inscribed because of the authorisation stay within what it plans for their year."""
    last = (
        select(Step.authorisation_id)
        .where(Step.tranche_id == Tranche.id, Step.kind == "credited", standing())
        .order_by(Step.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Tranche.year, Tranche.credited, last)
        .where(Tranche.contribution_id == contribution_id, Tranche.nature == nature, Tranche.credited > 0)
        .order_by(Tranche.year)
    )
    for year, credited, resting in rows:
        if resting is not None and parts.get(year, 0) < credited:
            raise unmet.CreditsInUse(year, credited)


def _made(
    actor: Actor, contribution: Contribution, nature: str, schedule: Schedule, act: Act, number: int, reason: str
) -> Authorisation:
    return Authorisation(
        id=new_id(),
        contribution_id=contribution.id,
        nature=nature,
        number=number,
        regime=schedule.regime,
        amount=schedule.amount if schedule.regime == MULTI else 0,
        act_id=act.id,
        reason=reason or None,
        mandate_id=actor.mandate_id,
        recorded_at=clock.now(),
    )


def _event(former: Authorisation | None, schedule: Schedule) -> type[undertakings._Years]:
    if schedule.regime == ANNUAL:
        return undertakings.YearsUnbound
    return undertakings.YearsRevised if former is not None and former.multi else undertakings.YearsBound


def history(contribution_id: str, nature: str) -> Sequence[Authorisation]:
    """What was bound of a contribution over several years, the latest first."""
    return db.session.scalars(
        select(Authorisation)
        .where(Authorisation.contribution_id == contribution_id, Authorisation.nature == nature)
        .options(joinedload(Authorisation.act), selectinload(Authorisation.credits))
        .order_by(Authorisation.number.desc())
    ).all()


def current(contribution_id: str, nature: str) -> Authorisation | None:
    """The latest of them."""
    return next(iter(history(contribution_id, nature)), None)


@dataclass(frozen=True)
class YearLine:
    """The credits of a year beside what the contribution plans for it."""

    year: int
    credits: Cents
    planned: Cents

    @property
    def gap(self) -> Cents:
        """What is planned beyond the credits; negative when they exceed it."""
        return self.planned - self.credits


def lines(found: Authorisation) -> list[YearLine]:
    """Year after year, where there is either."""
    rows = db.session.execute(
        select(Tranche.year, Tranche.amount).where(
            Tranche.contribution_id == found.contribution_id, Tranche.nature == found.nature
        )
    )
    planned = {row.year: row.amount for row in rows}
    told = [YearLine(year, found.credit(year), planned.get(year, 0)) for year in years()]
    return [line for line in told if line.credits or line.planned]
