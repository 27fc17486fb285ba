"""Drafts: a fiche being prepared, private to its partner, never validated.

Named outside the seven usual files: the table is free (audit-log section 8), so its writes are no operations and are
committed here. Sharing is what puts the whole text in the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from cocon.actions.models import Draft
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.policy import Permission, demand

#: What was typed, by name of field: a string, or several for a list of boxes.
Typed = Mapping[str, str | list[str]]


def find(actor: Actor, draft_id: str) -> Draft | None:
    """A draft of the actor's own partner; those of others do not exist for it."""
    if actor.partner_id is None:
        return None
    return db.session.scalars(select(Draft).where(Draft.id == draft_id, Draft.partner_id == actor.partner_id)).first()


def of_partner(actor: Actor) -> Sequence[Draft]:
    """The drafts of the actor's partner, the latest saved first."""
    return db.session.scalars(
        select(Draft).where(Draft.partner_id == actor.partner_id).order_by(Draft.saved_at.desc(), Draft.id).limit(25)
    ).all()


def start(actor: Actor, fields: Typed) -> Draft:
    """Begin a draft for the actor's partner; raises Forbidden."""
    begin_write()
    demand(actor, Permission.DRAFT)
    if actor.partner_id is None or actor.person_id is None:
        raise Forbidden
    draft = hand_over(actor.partner_id, actor.person_id, fields)
    db.session.commit()
    return draft


def hand_over(partner_id: str, person_id: str, fields: Typed) -> Draft:
    """A draft in somebody's hands; whoever calls commits."""
    now = clock.now()
    draft = Draft(
        id=new_id(),
        partner_id=partner_id,
        person_id=person_id,
        revision=1,
        started_at=now,
        saved_at=now,
        fields=dict(fields),
    )
    db.session.add(draft)
    return draft


def save(actor: Actor, draft_id: str, *, revision: int, fields: Typed) -> Draft:
    """Keep what was typed, whatever it is; raises Forbidden, or Outdated when a colleague saved meanwhile."""
    draft = _held(actor, draft_id)
    if draft.revision != revision:
        raise Outdated
    draft.fields = dict(fields)
    draft.revision += 1
    draft.saved_at = clock.now()
    db.session.commit()
    return draft


def drop(actor: Actor, draft_id: str) -> None:
    """Abandon a draft: nobody but its partner ever saw it, so nothing remains; raises Forbidden."""
    db.session.delete(_held(actor, draft_id))
    db.session.commit()


def lock(draft_id: str) -> Draft | None:
    """The draft, locked until the commit, if it still exists."""
    return db.session.scalars(
        select(Draft).where(Draft.id == draft_id).with_for_update().execution_options(populate_existing=True)
    ).first()


def _held(actor: Actor, draft_id: str) -> Draft:
    begin_write()
    draft = lock(draft_id)
    if draft is None:
        raise Forbidden
    demand(actor, Permission.READ_DRAFT, draft)
    return draft


def title_of(fields: Mapping[str, Any]) -> str:
    """The title typed so far, on one line."""
    return " ".join(str(fields.get("title") or "").split())
