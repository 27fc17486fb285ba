"""Suggesting a change, answering it, putting what was accepted into one version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import Action
from cocon.actions.refusals import SpanUnsound
from cocon.actions.words import FIELDS as LABELS
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.audit.words import the
from cocon.contracts.queries import demand_open
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.language import _
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.policy import OFFICE, Permission
from cocon.suggestions import events, facts, queries, refusals
from cocon.suggestions.models import ACCEPTED, APPLIED, FIELDS, OPEN, REFUSED, WITHDRAWN, Suggestion
from cocon.suggestions.queries import Row

#: The longest summary of a version.
SUMMARY = 300


@operation(Permission.SUGGEST)
def suggest_change(
    actor: Actor, action: Action, *, field: str, version: int, proposed: str, reason: str
) -> events.ChangeSuggested:
    """Say how one would write a field of the current version, and why.

    Raises WindowClosed (partners only), FieldUnknown, NotFit, ReasonNeeded, MovedOn, NothingSuggested, SpanUnsound.
    """
    if actor.role not in OFFICE.split():
        demand_open("discussing")
    if actor.partner_id is None or actor.mandate_id is None:
        raise Forbidden
    _demand_sound(field, proposed, reason)
    locked = _living(action)
    if locked.version != version:
        raise refusals.MovedOn
    current = action_queries.current_text(locked)
    if field not in facts.offered(current):
        raise refusals.FieldUnknown
    if facts.value(current, field) == proposed:
        raise refusals.NothingSuggested
    _demand_order({name: facts.value(current, name) for name in FIELDS} | {field: proposed}, "proposed")
    suggestion = Suggestion(
        id=new_id(),
        action_id=locked.id,
        partner_id=actor.partner_id,
        mandate_id=actor.mandate_id,
        made_at=clock.now(),
        version=version,
        field=field,
        proposed=proposed,
        reason=reason,
        state=OPEN,
    )
    db.session.add(suggestion)
    return events.ChangeSuggested(
        subject=Subject("suggestion", suggestion.id),
        about=locked.id,
        reason=reason,
        action_code=locked.code,
        field=field,
        version=version,
    )


@operation(Permission.SETTLE)
def accept_suggestion(actor: Actor, action: Action, *, suggestion_id: str, revision: int) -> events.SuggestionAccepted:
    """Mark a suggestion, as it was written, to be applied; raises WindowClosed, Outdated, Settled, ToReview."""
    locked, row = _to_settle(action, suggestion_id, revision, OPEN)
    if row.onto(_texts_without(locked, row)) is None:
        raise refusals.ToReview
    _settle(actor, row.suggestion, ACCEPTED)
    return events.SuggestionAccepted(**_told(locked, row))


@operation(Permission.SETTLE)
def accept_with_edits(
    actor: Actor, action: Action, *, suggestion_id: str, revision: int, shown: str, edited: str
) -> events.SuggestionAcceptedWithEdits:
    """Mark a suggestion to be applied in the owner's words; ``shown`` is the digest of the text that the page showed.

    Raises WindowClosed, Outdated, Settled, MovedOn, NotFit, NothingSuggested, SpanUnsound.
    """
    locked, row = _to_settle(action, suggestion_id, revision, OPEN, ACCEPTED)
    texts, name = _texts_without(locked, row), row.suggestion.field
    base = texts[name]
    if queries.digest(base) != shown:
        raise refusals.MovedOn(field="edited")
    if not queries.fits(name, edited):
        raise refusals.NotFit(field="edited")
    if edited == base:
        raise refusals.NothingSuggested(field="edited")
    _demand_order({**texts, name: edited}, "edited")
    _settle(actor, row.suggestion, ACCEPTED)
    row.suggestion.edited, row.suggestion.edited_base = edited, base
    return events.SuggestionAcceptedWithEdits(**_told(locked, row))


@operation(Permission.SETTLE)
def refuse_suggestion(
    actor: Actor, action: Action, *, suggestion_id: str, revision: int, reason: str
) -> events.SuggestionRefused:
    """Say that a suggestion, accepted or not yet, will not be taken in, and why.

    Raises WindowClosed, Outdated, Settled, ReasonNeeded.
    """
    if not reason.strip():
        raise refusals.ReasonNeeded
    locked, row = _to_settle(action, suggestion_id, revision, OPEN, ACCEPTED)
    _settle(actor, row.suggestion, REFUSED)
    row.suggestion.answer = reason
    return events.SuggestionRefused(**_told(locked, row), reason=reason)


@operation(Permission.RETRACT)
def withdraw_suggestion(actor: Actor, suggestion: Suggestion, *, revision: int) -> events.SuggestionWithdrawn:
    """Take back one's own suggestion while it awaits an answer; raises Outdated, Settled."""
    action = db.session.get_one(Action, suggestion.action_id)
    locked = _locked(action)
    row = _row(locked, suggestion.id, revision, OPEN)
    _settle(actor, row.suggestion, WITHDRAWN)
    return events.SuggestionWithdrawn(
        subject=Subject("suggestion", suggestion.id),
        about=locked.id,
        action_code=locked.code,
        field=suggestion.field,
    )


@operation(Permission.PUBLISH)
def apply_accepted(actor: Actor, action: Action, *, revision: int) -> events.SuggestionsApplied:
    """Publish one version with all the accepted suggestions that still fit; the others stay, to be looked at again.

    Raises WindowClosed, Outdated, NothingToApply, and what publishing a version raises.
    """
    demand_open("discussing")
    locked = _living(action)
    if locked.rev != revision:
        raise Outdated
    former = action_queries.current_text(locked)
    folded = queries.fold(queries.accepted(locked.id, lock=True), former)
    if not folded.kept:
        raise refusals.NothingToApply
    texts = {name: text for name, text in folded.texts.items() if text != facts.value(former, name)}
    changed: dict[str, Any] = facts.changes(texts)
    number = locked.version
    if changed:
        fields = replace(actions.fields_of(former), **changed)
        summary = _summary(folded.kept)
        number = actions.publish_version(actor, locked, revision=revision, summary=summary, fields=fields).number
    for row in folded.kept:
        row.suggestion.state, row.suggestion.applied_version = APPLIED, number
    return events.SuggestionsApplied(
        subject=Subject("action", locked.id, number),
        about=locked.id,
        action_code=locked.code,
        number=number,
        count=len(folded.kept),
        suggestions=tuple(row.suggestion.id for row in folded.kept),
    )


def _demand_sound(field: str, proposed: str, reason: str) -> None:
    if field not in FIELDS:
        raise refusals.FieldUnknown
    if not queries.fits(field, proposed):
        raise refusals.NotFit
    if not reason.strip():
        raise refusals.ReasonNeeded


def _living(action: Action) -> Action:
    """The fiche, locked; raises Forbidden when somebody withdrew or merged it while the page was read."""
    locked = _locked(action)
    if not locked.alive:
        raise Forbidden
    return locked


def _locked(action: Action) -> Action:
    """The fiche first, then its suggestions: everybody takes the locks in this order."""
    return db.session.scalars(
        select(Action).where(Action.id == action.id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _to_settle(action: Action, suggestion_id: str, revision: int, *states: str) -> tuple[Action, Row]:
    demand_open("discussing")
    locked = _living(action)
    return locked, _row(locked, suggestion_id, revision, *states)


def _row(action: Action, suggestion_id: str, revision: int, *states: str) -> Row:
    """A suggestion on this fiche, which awaits what is about to be done with it."""
    row = queries.locked(action.id, suggestion_id)
    if row is None:
        raise Forbidden
    if row.suggestion.state not in states:
        raise refusals.Settled
    if row.suggestion.rev != revision:
        raise Outdated
    return row


def _demand_order(texts: Mapping[str, str], field: str) -> None:
    if not facts.in_order(texts):
        raise SpanUnsound(field=field)


def _texts_without(action: Action, row: Row) -> Mapping[str, str]:
    """The text as it would stand without the suggestion."""
    version = action_queries.current_text(action)
    return queries.fold(queries.accepted(action.id), version).without(row)


def _settle(actor: Actor, suggestion: Suggestion, state: str) -> None:
    suggestion.state, suggestion.settled_at, suggestion.settled_by = state, clock.now(), actor.mandate_id


def _told(action: Action, row: Row) -> dict[str, Any]:
    """What every answer says."""
    partner = row.suggestion.mandate.partner
    return {
        "subject": Subject("suggestion", row.suggestion.id),
        "about": action.id,
        "action_code": action.code,
        "field": row.suggestion.field,
        "suggested_by": the(partner.key, row.partner) if partner else "",
    }


def _summary(kept: Sequence[Row]) -> str:
    """Who suggested what, in one line; the last names give way when there are too many."""
    names = list(dict.fromkeys(_credited(row) for row in kept))
    fields = [str(LABELS[name]) for name in FIELDS if any(row.suggestion.field == name for row in kept)]
    for shown in range(len(names), 0, -1):
        more = len(names) - shown
        people = ", ".join(names[:shown]) + (str(_(" et %(n)s autres", n=more)) if more else "")
        said = str(_("Suggestions reprises de %(people)s\u00a0: %(fields)s.", people=people, fields=", ".join(fields)))
        if len(said) <= SUMMARY:
            return said
    return str(_("Suggestions des partenaires reprises."))


def _credited(row: Row) -> str:
    name = row.suggestion.mandate.person.name
    return f"{name} ({row.partner})" if row.partner else name
