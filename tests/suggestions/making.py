"""A fiche of the Région on which others suggest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cocon.actions.models import Action
from cocon.actions.queries import whole
from cocon.audit.models import LogEntry
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.suggestions import operations, queries
from cocon.suggestions.models import Suggestion
from tests.actions.making import GRENOBLE, ISERE, REGION, known, share
from tests.factories import World

CONTENT = "Une camionnette passe chaque mois dans douze communes. Elle collecte les objets. Un atelier les répare."


def owner(world: World) -> Actor:
    """Who wrote the fiche."""
    return world.actor("representative", REGION)


def guest(world: World) -> Actor:
    """Who suggests."""
    return world.actor("representative", GRENOBLE)


def other(world: World) -> Actor:
    """Who also suggests."""
    return world.actor("representative", ISERE)


def fiche(world: World, **said: Any) -> Action:
    """A fiche of the Région."""
    return share(owner(world), **{"title": "Recycleries", "content": CONTENT, "costs": {2014: 100_000_00}, **said})


def suggest(actor: Actor, action: Action, proposed: str, field: str = "content") -> Suggestion:
    """A suggestion on the current version."""
    action = known(action.id)
    facts = {"field": field, "version": action.version, "reason": "C’est plus juste."}
    event = operations.suggest_change(actor, action, proposed=proposed, **facts)
    return found(event.subject.id)


def change(actor: Actor, action: Action, old: str, new: str) -> Suggestion:
    """A suggestion that replaces some words of the content as it stands."""
    content = text(action)
    assert old in content
    return suggest(actor, action, content.replace(old, new))


def accept(actor: Actor, suggestion: Suggestion) -> Any:
    """The owner accepts it as it is now."""
    suggestion = found(suggestion.id)
    return operations.accept_suggestion(
        actor, known(suggestion.action_id), suggestion_id=suggestion.id, revision=suggestion.rev
    )


def edit(actor: Actor, suggestion: Suggestion, edited: str) -> Any:
    """The owner accepts it in other words."""
    reading = read(suggestion)
    return operations.accept_with_edits(
        actor,
        known(suggestion.action_id),
        suggestion_id=suggestion.id,
        revision=reading.suggestion.rev,
        shown=queries.digest(reading.current),
        edited=edited,
    )


def refuse(actor: Actor, suggestion: Suggestion, reason: str = "Non.") -> Any:
    """The owner refuses it."""
    suggestion = found(suggestion.id)
    action = known(suggestion.action_id)
    facts = {"suggestion_id": suggestion.id, "revision": suggestion.rev, "reason": reason}
    return operations.refuse_suggestion(actor, action, **facts)


def apply(actor: Actor, action: Action) -> Any:
    """The owner applies what it accepted."""
    action = known(action.id)
    return operations.apply_accepted(actor, action, revision=action.rev)


def found(suggestion_id: str) -> Suggestion:
    """A suggestion as it is now."""
    row = db.session.get_one(Suggestion, suggestion_id, populate_existing=True)
    db.session.rollback()
    return row


def read(suggestion: Suggestion) -> queries.Reading:
    """A suggestion beside the text as it is now."""
    now = whole(suggestion.action_id)
    assert now is not None
    reading = queries.find(now.action, now.version, suggestion.id)
    assert reading is not None
    return reading


def text(action: Action, field: str = "content") -> str:
    """What a field says now."""
    now = whole(action.id)
    assert now is not None
    return str(getattr(now.version, field))


def kinds() -> list[str]:
    """The acts of the log, in order."""
    return list(db.session.scalars(select(LogEntry.kind).order_by(LogEntry.seq)))
