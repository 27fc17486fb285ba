"""Sharing a fiche, publishing a new version of its text, withdrawing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from cocon.actions import codes, drafts, events, queries, refusals, transitions
from cocon.actions.models import TEXT_FIELDS, Action, ActionVersion, Draft, VersionCost
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import demand_open, outline
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Outdated
from cocon.partners.models import Partner
from cocon.policy import Permission


@dataclass(frozen=True, kw_only=True)
class VersionFields:
    """The text of a version. One project owner: a partner's id, or another body's name; partner keys; cents by year."""

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
    costs: Mapping[int, Cents] = field(default_factory=dict)


@operation(Permission.SHARE)
def share_action(
    actor: Actor, draft: Draft, *, axis_id: str, objective_id: str | None = None, fields: VersionFields
) -> events.ActionShared:
    """Make a draft a fiche that every partner reads, with a code that never changes; the draft is gone.

    Raises WindowClosed, AxisUnknown, ObjectiveNeeded, OwnerNeeded, PartnerUnknown, CostOutside, Outdated.
    """
    demand_open("proposing")
    place = codes.take(axis_id, objective_id)
    spent = drafts.lock(draft.id)
    if spent is None:
        raise Outdated
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


@operation(Permission.REVISE)
def publish_version(
    actor: Actor, action: Action, *, revision: int, summary: str, fields: VersionFields
) -> events.VersionPublished:
    """Publish the next version of a fiche; former versions stay as they are.

    ``revision`` is the ``rev`` of the fiche that the author read. Revising answers what partners discuss, so the
    period is that of discussing.
    Raises WindowClosed, Outdated, NothingChanged, OwnerNeeded, PartnerUnknown, CostOutside.
    """
    demand_open("discussing")
    locked = _locked(action)
    if locked.rev != revision:
        raise Outdated
    _demand_sound(fields)
    former, costs = queries.current_text(locked)
    changed = changed_fields(former, costs, fields)
    if not changed:
        raise refusals.NothingChanged
    locked.version += 1
    locked.title = fields.title
    _add_version(actor, locked, fields, summary=summary)
    queries.index(locked, fields)
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


def changed_fields(former: ActionVersion, costs: Mapping[int, Cents], fields: VersionFields) -> tuple[str, ...]:
    """The names of the fields in which a text differs from a version."""
    changed = [name for name in ("title", *TEXT_FIELDS) if getattr(former, name) != getattr(fields, name)]
    if (former.project_owner_id, former.project_owner_name) != (fields.project_owner_id, fields.project_owner_name):
        changed.append("project_owner")
    if set(former.associated) != set(fields.associated):
        changed.append("associated")
    if dict(costs) != dict(fields.costs):
        changed.append("costs")
    return tuple(changed)


def _locked(action: Action) -> Action:
    return db.session.scalars(
        select(Action).where(Action.id == action.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _demand_sound(fields: VersionFields) -> None:
    if bool(fields.project_owner_id) == bool(fields.project_owner_name):
        raise refusals.OwnerNeeded
    keys = set(fields.associated)
    if keys and set(db.session.scalars(select(Partner.key).where(Partner.key.in_(keys)))) != keys:
        raise refusals.PartnerUnknown
    if not set(fields.costs) <= set(outline().years) or any(amount < 0 for amount in fields.costs.values()):
        raise refusals.CostOutside


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
        **{name: getattr(fields, name) for name in TEXT_FIELDS},
    )
    db.session.add(version)
    db.session.flush()
    db.session.add_all(
        VersionCost(id=new_id(), version_id=version.id, year=year, amount=amount)
        for year, amount in sorted(fields.costs.items())
    )
