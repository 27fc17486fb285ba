"""Moving, merging, splitting, linking fiches; settling what was promised to a fiche merged since."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from cocon.actions import codes, drafts, transitions, words
from cocon.actions import queries as actions
from cocon.actions.models import Action, FormerCode
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.audit.words import the
from cocon.contracts.models import Contract
from cocon.funding import carrying, overruns
from cocon.funding.operations import demand_unbound
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.policy import Permission
from cocon.structure import events, queries, refusals
from cocon.structure.models import Carry, Lineage, Link

#: What one split makes and names at most.
MOST_PARTS = 10


@operation(Permission.RESTRUCTURE)
def move_action(
    actor: Actor,
    action: Action,
    *,
    axis_id: str,
    objective_id: str | None = None,
    reason: str,
    seen: Collection[str] = (),
) -> events.ActionMoved:
    """Put a fiche elsewhere in the contract, under a code of that place; the former code still leads to it.

    ``seen`` are the marks of the ceilings that it is known to exceed there. Raises AxisUnknown, ObjectiveNeeded,
    SamePlace, UnderConsultation, CeilingsUnseen, Outdated.
    """
    funders = overruns.lock_envelopes(action.id)
    place = codes.take(axis_id, objective_id)
    locked = _locked(action.id)[action.id]
    _demand_alive(locked)
    if overruns.funders_of(action.id) != funders:
        raise Outdated
    _demand_unconsulted(locked)
    if (locked.axis_id, locked.objective_id) == (axis_id, objective_id):
        raise refusals.SamePlace
    if axis_id != locked.axis_id and not {one.mark for one in overruns.of_move(locked.id, axis_id)} <= set(seen):
        raise refusals.CeilingsUnseen
    former = _former_code(locked)
    db.session.add(former)
    locked.code, locked.rank = place.code, place.rank
    locked.axis_id, locked.objective_id = axis_id, objective_id
    db.session.flush()
    text: Any = actions.current_text(locked)
    actions.index(locked, text)
    return events.ActionMoved(
        subject=Subject("action", locked.id, locked.version),
        about=locked.id,
        reason=reason,
        action_code=locked.code,
        former_code=former.code,
        axis=place.axis.number,
        objective=place.objective.letter if place.objective else None,
    )


@operation(Permission.RESTRUCTURE)
def merge_action(
    actor: Actor,
    action: Action,
    *,
    other_id: str,
    reason: str,
    resources: Collection[str] = (),
    seen: Collection[str] = (),
) -> events.ActionMerged:
    """Merge a duplicate into the fiche that stays. Nobody's money moves: each partner concerned is asked to say.

    ``resources`` are those of no signatory to put into the other plan, ``seen`` the marks of all that were offered.
    Raises SameFiche, OtherGone, UnderConsultation, StillBound, ResourcesMoved, MoveRefused.
    """
    duplicate, kept = _pair(action.id, other_id)
    _demand_unconsulted(duplicate)
    demand_unbound(duplicate)
    carrying.carry(actor, duplicate, kept, carried=resources, seen=seen)
    transitions.move(duplicate, maturity="merged")
    link = _link("merged", duplicate.id, kept.id, reason)
    db.session.add(link)
    db.session.flush()
    concerned = [promise.partner for promise in queries.promises(duplicate.id)]
    db.session.add_all(
        Carry(id=new_id(), link_id=link.id, action_id=duplicate.id, kept_id=kept.id, partner_id=partner.id)
        for partner in concerned
    )
    return events.ActionMerged(
        subject=Subject("action", duplicate.id, duplicate.version),
        about=duplicate.id,
        reason=reason,
        action_code=duplicate.code,
        other=kept.id,
        other_code=kept.code,
        partners=tuple(partner.key for partner in concerned),
    )


@operation(Permission.RESTRUCTURE)
def split_action(
    actor: Actor, action: Action, *, titles: Sequence[str] = (), other_ids: Sequence[str] = (), reason: str
) -> events.ActionSplit:
    """Say which fiches come from one: drafts with these titles are handed to its partner, others exist already.

    Raises NothingToSplit, TooManyParts, SameFiche, OtherGone, AlreadyLinked, NobodyToHandOver.
    """
    count = len(titles) + len(other_ids)
    if not count:
        raise refusals.NothingToSplit
    if count > MOST_PARTS:
        raise refusals.TooManyParts(MOST_PARTS)
    locked = _locked(action.id, *other_ids)
    _demand_alive(locked[action.id])
    _demand_parts(locked[action.id], [locked[one] for one in dict.fromkeys(other_ids)])
    made = _hand_over(action, titles)
    parts = [*made, *((one, None) for one in dict.fromkeys(other_ids))]
    db.session.add_all(_link("split", action.id, part, reason, title) for part, title in parts)
    return events.ActionSplit(
        subject=Subject("action", action.id, action.version),
        about=action.id,
        reason=reason,
        action_code=action.code,
        count=len(parts),
        drafts=tuple(part for part, _title in made),
        linked=tuple(dict.fromkeys(other_ids)),
    )


@operation(Permission.RESTRUCTURE)
def link_actions(actor: Actor, action: Action, *, other_id: str, reason: str) -> events.ActionsLinked:
    """Say that two fiches are related, in both directions; raises SameFiche, OtherGone, AlreadyLinked."""
    here, other = _pair(action.id, other_id)
    first, second = sorted((here.id, other.id))
    known = _known_link("related", first, second)
    if known is None:
        db.session.add(_link("related", first, second, reason))
    elif known.ended_at is None:
        raise refusals.AlreadyLinked(other.code)
    else:
        known.reason, known.made_at = reason, clock.now()
        known.ended_at = known.ended_reason = None
    return events.ActionsLinked(
        subject=Subject("action", here.id, here.version),
        about=here.id,
        reason=reason,
        action_code=here.code,
        other=other.id,
        other_code=other.code,
    )


@operation(Permission.RESTRUCTURE)
def end_link(actor: Actor, action: Action, *, link_id: str, reason: str) -> events.LinkEnded | events.LineageEnded:
    """Take back a « voir aussi » or a lineage that was wrong; raises Ended."""
    tie = queries.tie(action.id, link_id)
    if tie is None:
        raise refusals.Ended
    tie.ended_at, tie.ended_reason = clock.now(), reason
    subject = Subject("action", action.id, action.version)
    if isinstance(tie, Lineage):
        contract = db.session.get_one(Contract, tie.contract_id).title
        return events.LineageEnded(
            subject=subject, about=action.id, reason=reason, action_code=action.code, contract=contract
        )
    other = db.session.get_one(Action, tie.to_id if tie.from_id == action.id else tie.from_id)
    return events.LinkEnded(
        subject=subject,
        about=action.id,
        reason=reason,
        action_code=action.code,
        other=other.id,
        other_code=other.code,
    )


@operation(Permission.RESTRUCTURE)
def state_lineage(
    actor: Actor,
    action: Action,
    *,
    contract_id: str,
    label: str,
    former_code: str | None = None,
    source: str,
    reason: str,
) -> events.LineageStated:
    """Say which fiche of an earlier contract this one follows, and where that is written; raises NotEarlier."""
    contract = db.session.scalars(select(Contract).where(Contract.id == contract_id, ~Contract.in_force)).first()
    if contract is None:
        raise refusals.NotEarlier
    db.session.add(
        Lineage(
            id=new_id(),
            action_id=action.id,
            contract_id=contract.id,
            label=label,
            former_code=former_code or None,
            source=source,
            reason=reason,
            made_at=clock.now(),
            ended_at=None,
            ended_reason=None,
        )
    )
    return events.LineageStated(
        subject=Subject("action", action.id, action.version),
        about=action.id,
        reason=reason,
        action_code=action.code,
        contract=contract.title,
    )


@operation(Permission.CARRY)
def settle_promise(actor: Actor, carry: Carry, *, settlement: str, reason: str | None = None) -> events.PromiseSettled:
    """Say what becomes of what one's own organisation had promised to a fiche merged since.

    Raises AlreadySettled, SettlementNeeded, NotCarried, ReasonNeeded.
    """
    if settlement not in ("carried", "left"):
        raise refusals.SettlementNeeded
    locked = db.session.scalars(
        select(Carry).where(Carry.id == carry.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if locked.settled_at is not None:
        raise refusals.AlreadySettled
    action, kept = (db.session.get_one(Action, one) for one in (locked.action_id, locked.kept_id))
    if settlement == "carried" and not queries.has_promised(kept.id, locked.partner_id):
        raise refusals.NotCarried(kept.code)
    if settlement == "left" and not reason:
        raise refusals.ReasonNeeded
    locked.settlement, locked.settled_at, locked.reason = settlement, clock.now(), reason or None
    return events.PromiseSettled(
        subject=Subject("carry", locked.id),
        about=action.id,
        reason=reason or None,
        action_code=action.code,
        other_code=kept.code,
        settlement=settlement,
    )


def _locked(*action_ids: str) -> dict[str, Action]:
    """The fiches, locked until the commit in one order; raises Forbidden when one does not exist."""
    found = db.session.scalars(
        select(Action)
        .where(Action.id.in_(action_ids))
        .order_by(Action.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(set(action_ids)):
        raise Forbidden
    return {action.id: action for action in found}


def _pair(action_id: str, other_id: str) -> tuple[Action, Action]:
    """A fiche and another in force."""
    if action_id == other_id:
        raise refusals.SameFiche
    locked = _locked(action_id, other_id)
    _demand_alive(locked[action_id])
    _demand_in_force(locked[other_id])
    return locked[action_id], locked[other_id]


def _demand_alive(action: Action) -> None:
    """Raise Forbidden when somebody withdrew or merged the fiche while the page was read."""
    if not action.alive:
        raise Forbidden


def _demand_in_force(action: Action, field: str | None = None) -> None:
    if not action.alive:
        raise refusals.OtherGone(action.code, words.MATURITY[action.maturity], field)


def _demand_unconsulted(action: Action) -> None:
    if action.decision == "open":
        raise refusals.UnderConsultation(action.code)


def _demand_parts(action: Action, others: Sequence[Action]) -> None:
    for other in others:
        if other.id == action.id:
            raise refusals.SameFiche(field="others")
        _demand_in_force(other, "others")
        if _known_link("split", action.id, other.id) is not None:
            raise refusals.AlreadyLinked(other.code, "others")


def _known_link(kind: str, from_id: str, to_id: str) -> Link | None:
    return db.session.scalars(
        select(Link).where(Link.kind == kind, Link.from_id == from_id, Link.to_id == to_id).with_for_update()
    ).first()


def _link(kind: str, from_id: str, to_id: str, reason: str, title: str | None = None) -> Link:
    return Link(
        id=new_id(),
        kind=kind,
        from_id=from_id,
        to_id=to_id,
        title=title,
        reason=reason,
        made_at=clock.now(),
        ended_at=None,
        ended_reason=None,
    )


def _former_code(action: Action) -> FormerCode:
    return FormerCode(
        id=new_id(),
        code=action.code,
        action_id=action.id,
        axis_id=action.axis_id,
        objective_id=action.objective_id,
        rank=action.rank,
        replaced_at=clock.now(),
    )


def _hand_over(action: Action, titles: Sequence[str]) -> list[tuple[str, str]]:
    """Drafts with these titles, in the hands of the fiche's partner: (identifier, title) of each."""
    if not titles:
        return []
    mandate = queries.receiver(action)
    whole = actions.find(action.id)
    if mandate is None or whole is None:
        raise refusals.NobodyToHandOver(the(whole.partner.key, whole.partner.current_name) if whole else "")
    place = f"{whole.axis.number}.{whole.objective.letter}" if whole.objective else str(whole.axis.number)
    fields = {"axis": place, "owner": whole.partner.key}
    made = [drafts.hand_over(action.partner_id, mandate.person_id, {**fields, "title": one}) for one in titles]
    return [(draft.id, one) for draft, one in zip(made, titles, strict=True)]
