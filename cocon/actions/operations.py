"""Sharing a fiche, publishing a new version of its text, withdrawing it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from cocon.actions import codes, costs, drafts, events, queries, refusals, territories, transitions
from cocon.actions.models import (
    INDICATOR_KINDS,
    SPARE_FACTS,
    TEXT_FIELDS,
    Action,
    ActionVersion,
    Draft,
    Indicator,
    Milestone,
    VersionCharge,
    VersionCost,
    VersionIndicator,
    VersionMilestone,
)
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import demand_open, outline
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.partners.models import Partner
from cocon.partners.queries import lock_chain
from cocon.policy import Permission


@dataclass(frozen=True, kw_only=True)
class VersionFields:
    """The text of a version. One project owner: a partner's id, or another body's name; partner keys; cents by year.

    ``charges`` are cents by year and nature. Those of a year, but in kind, make its cost.
    """

    title: str
    project_owner_id: str | None = None
    project_owner_name: str | None = None
    associated: Sequence[str] = ()
    territory: str = ""
    context: str = ""
    objectives: str = ""
    content: str = ""
    audience: str = ""
    calendar: str = ""
    results: str = ""
    coordination: str = ""
    deliverables: str = ""
    evaluation: str = ""
    risks: str = ""
    delegate: str = ""
    territory_codes: str = ""
    starts: str = ""
    ends: str = ""
    cost_basis: str = ""
    state_aid: str = ""
    state_aid_regime: str = ""
    costs: Mapping[int, Cents] = field(default_factory=dict)
    eligible: Mapping[int, Cents] = field(default_factory=dict)
    charges: Mapping[tuple[int, str], Cents] = field(default_factory=dict)
    milestones: Sequence[Milestone] = ()
    indicators: Sequence[Indicator] = ()


def fields_of(version: ActionVersion) -> VersionFields:
    """What a version read whole says, to be published again with some of it changed."""
    return VersionFields(
        title=version.title,
        project_owner_id=version.project_owner_id,
        project_owner_name=version.project_owner_name,
        associated=version.associated,
        **costs.of(version),
        milestones=[row.said for row in version.milestones],
        indicators=[row.said for row in version.indicators],
        **{name: getattr(version, name) for name in (*TEXT_FIELDS, *SPARE_FACTS)},
    )


@operation(Permission.SHARE)
def share_action(
    actor: Actor, draft: Draft, *, axis_id: str, objective_id: str | None = None, fields: VersionFields
) -> events.ActionShared:
    """Make a draft a fiche that every partner reads, with a code that never changes; the draft is gone.

    Raises WindowClosed, AxisUnknown, ObjectiveNeeded, OwnerNeeded, PartnerUnknown, CostOutside, ChargesUnsound,
    AidUnsound, SpanUnsound, PlanUnsound, Outdated.
    """
    demand_open("proposing")
    _demand_no_chain(actor)
    place = codes.take(axis_id, objective_id)
    spent = _held(draft)
    _demand_sound(fields)
    action = _new_action(place, spent, fields.title)
    db.session.add(action)
    db.session.flush()
    _add_version(actor, action, fields, summary=None)
    queries.index(action, fields)
    db.session.delete(spent)
    return events.ActionShared(
        subject=Subject("action", action.id, action.version),
        about=action.id,
        action_code=action.code,
        axis=place.axis.number,
        objective=place.objective.letter if place.objective else None,
    )


@operation(Permission.PUBLISH)
def publish_version(
    actor: Actor, action: Action, *, revision: int, summary: str, fields: VersionFields, fork: Draft | None = None
) -> events.VersionPublished:
    """Publish the next version of a fiche; former versions stay as they are, and the fork it came from is gone.

    ``revision`` is the ``rev`` of the fiche that the author read. Revising answers what partners discuss, so the
    period is that of discussing.
    Raises WindowClosed, Outdated, NothingChanged, OwnerNeeded, PartnerUnknown, CostOutside, ChargesUnsound, AidUnsound,
    SpanUnsound, PlanUnsound.
    """
    demand_open("discussing")
    locked = _locked(action)
    if locked.rev != revision:
        raise Outdated
    _demand_no_chain(actor)
    _demand_sound(fields)
    changed = changed_fields(queries.current_text(locked), fields)
    if not changed:
        raise refusals.NothingChanged
    locked.version += 1
    locked.title = fields.title
    _add_version(actor, locked, fields, summary=summary)
    queries.index(locked, fields)
    if fork is not None:
        db.session.delete(_held(fork))
    return events.VersionPublished(
        subject=Subject("action", locked.id, locked.version),
        about=locked.id,
        reason=summary,
        action_code=locked.code,
        number=locked.version,
        changed=changed,
    )


@operation(Permission.WITHDRAW)
def withdraw_action(actor: Actor, action: Action, *, reason: str) -> events.ActionWithdrawn:
    """Withdraw one's own fiche, saying why; raises InConsultation, Inscribed."""
    locked = _locked(action)
    if locked.decision == "open":
        raise refusals.InConsultation
    if locked.maturity == "adopted":
        raise refusals.Inscribed
    transitions.move(locked, maturity="withdrawn")
    locked.withdrawal_reason = reason
    return events.ActionWithdrawn(
        subject=Subject("action", locked.id, locked.version), about=locked.id, reason=reason, action_code=locked.code
    )


def changed_fields(former: ActionVersion, fields: VersionFields) -> tuple[str, ...]:
    """The names of the fields in which a text differs from a version."""
    plain = ("title", *TEXT_FIELDS, *SPARE_FACTS)
    changed = [name for name in plain if getattr(former, name) != getattr(fields, name)]
    if (former.project_owner_id, former.project_owner_name) != (fields.project_owner_id, fields.project_owner_name):
        changed.append("project_owner")
    if set(former.associated) != set(fields.associated):
        changed.append("associated")
    changed += [name for name, said in costs.of(former).items() if said != dict(getattr(fields, name))]
    if [row.said for row in former.milestones] != list(fields.milestones):
        changed.append("milestones")
    if [row.said for row in former.indicators] != list(fields.indicators):
        changed.append("indicators")
    return tuple(changed)


def _held(draft: Draft) -> Draft:
    """The draft, locked, unless somebody saved or spent it since it was read."""
    read = draft.revision
    held = drafts.lock(draft.id)
    if held is None or held.revision != read:
        raise Outdated
    return held


def _locked(action: Action) -> Action:
    return db.session.scalars(
        select(Action).where(Action.id == action.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _demand_no_chain(actor: Actor) -> None:
    """Raise Forbidden when the rule of a contributor's organisation changed since the request began."""
    if actor.role == "contributor" and lock_chain(actor.partner_id or ""):
        raise Forbidden


def _demand_sound(fields: VersionFields) -> None:
    if bool(fields.project_owner_id) == bool(fields.project_owner_name):
        raise refusals.OwnerNeeded
    keys = set(fields.associated)
    if keys and set(db.session.scalars(select(Partner.key).where(Partner.key.in_(keys)))) != keys:
        raise refusals.PartnerUnknown
    costs.demand_sound(fields.costs, fields.eligible, fields.charges)
    costs.demand_aid(fields.cost_basis, fields.state_aid, fields.state_aid_regime)
    if not all(is_due(day) for day in (fields.starts, fields.ends) if day) or ends_early(fields.starts, fields.ends):
        raise refusals.SpanUnsound
    if territories.wrong(places := fields.territory_codes) or territories.tidy(places) != places:
        raise refusals.CodesUnsound
    if not all(is_due(one.due) and one.title for one in fields.milestones):
        raise refusals.PlanUnsound(field="milestones")
    if not all(_is_sound(one) for one in fields.indicators):
        raise refusals.PlanUnsound(field="indicators")


def _is_sound(indicator: Indicator) -> bool:
    named = bool(indicator.code and indicator.label) and indicator.kind in INDICATOR_KINDS
    return named and set(indicator.targets) <= set(outline().years)


def is_due(text: str) -> bool:
    """Whether this is a day or a month, as milestones hold them."""
    try:
        date.fromisoformat(text if len(text) == len("2014-03-15") else f"{text}-01")
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", text, re.ASCII) is not None


def ends_early(starts: str, ends: str) -> bool:
    """Whether the end precedes the beginning, as far as both are precise: a month holds its days."""
    length = min(len(starts), len(ends))
    return ends[:length] < starts[:length]


def _new_action(place: codes.Place, draft: Draft, title: str) -> Action:
    return Action(
        id=draft.id,
        code=place.code,
        axis_id=place.axis.id,
        objective_id=place.objective.id if place.objective else None,
        rank=place.rank,
        partner_id=draft.partner_id,
        title=title,
        version=1,
        maturity="shared",
        decision="none",
        progress=None,
        shared_at=clock.now(),
        withdrawal_reason=None,
    )


def _add_version(actor: Actor, action: Action, fields: VersionFields, summary: str | None) -> None:
    version = ActionVersion(
        id=new_id(),
        action_id=action.id,
        number=action.version,
        published_at=clock.now(),
        mandate_id=actor.mandate_id,
        summary=summary,
        title=fields.title,
        project_owner_id=fields.project_owner_id,
        project_owner_name=fields.project_owner_name,
        associated=list(fields.associated),
        **{name: getattr(fields, name) for name in (*TEXT_FIELDS, *SPARE_FACTS)},
    )
    db.session.add(version)
    db.session.flush()
    db.session.add_all(
        VersionCost(id=new_id(), version_id=version.id, year=year, amount=cents, eligible=fields.eligible.get(year))
        for year, cents in sorted(fields.costs.items())
    )
    db.session.add_all(
        VersionCharge(id=new_id(), version_id=version.id, year=year, nature=nature, amount=cents)
        for (year, nature), cents in sorted(fields.charges.items())
    )
    db.session.add_all(planned(version.id, fields))


def planned(version_id: str, fields: VersionFields) -> Iterator[VersionMilestone | VersionIndicator]:
    """The rows of the steps and indicators of a text."""
    for position, step in enumerate(fields.milestones, 1):
        yield VersionMilestone(id=new_id(), version_id=version_id, position=position, due=step.due, title=step.title)
    for position, one in enumerate(fields.indicators, 1):
        yield VersionIndicator(
            id=new_id(),
            version_id=version_id,
            position=position,
            code=one.code,
            label=one.label,
            kind=one.kind,
            unit=one.unit,
            baseline=one.baseline,
            baseline_year=one.baseline_year,
            targets={str(year): value for year, value in sorted(one.targets.items())},
            source=one.source,
        )
