"""The views that a person keeps: named filters of the list.

Named outside the seven usual files: the table is free (marks, audit-log section 8), so its writes are no operations and
are committed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from cocon.catalogue import refusals
from cocon.catalogue.models import SavedView
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.folding import fold
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden
from cocon.partners.models import Person
from cocon.policy import Permission, demand

MOST = 20


def of_person(actor: Actor) -> Sequence[SavedView]:
    """The actor's own views, by name."""
    return db.session.scalars(
        select(SavedView).where(SavedView.person_id == actor.person_id).order_by(SavedView.folded, SavedView.id)
    ).all()


def find(actor: Actor, view_id: str) -> SavedView | None:
    """One of the actor's own views; those of others do not exist for it."""
    return db.session.scalars(
        select(SavedView).where(SavedView.id == view_id, SavedView.person_id == actor.person_id)
    ).first()


def save(actor: Actor, query: str, *, name: str) -> SavedView:
    """Keep the filters under a name; raises Forbidden, NothingToKeep, NameTaken, TooManyViews."""
    person_id = _locked(actor)
    if not query:
        raise refusals.NothingToKeep
    _demand_free(person_id, name)
    kept = db.session.scalar(select(func.count()).where(SavedView.person_id == person_id)) or 0
    if kept >= MOST:
        raise refusals.TooManyViews(MOST)
    view = SavedView(
        id=new_id(), person_id=person_id, name=name, folded=_folded(name), query=query, saved_at=clock.now()
    )
    db.session.add(view)
    db.session.commit()
    return view


def rename(actor: Actor, view_id: str, *, name: str) -> SavedView:
    """Give one's view another name; raises Forbidden, NameTaken."""
    view = _held(actor, view_id)
    _demand_free(view.person_id, name, but=view.id)
    view.name, view.folded = name, _folded(name)
    db.session.commit()
    return view


def drop(actor: Actor, view_id: str) -> None:
    """Forget one's view; raises Forbidden."""
    db.session.delete(_held(actor, view_id))
    db.session.commit()


def _locked(actor: Actor) -> str:
    """The actor's person, locked until the commit: two views saved at once follow each other."""
    begin_write()
    demand(actor, Permission.READ)
    found = db.session.scalar(select(Person.id).where(Person.id == actor.person_id).with_for_update())
    if found is None:
        raise Forbidden
    return found


def _held(actor: Actor, view_id: str) -> SavedView:
    _locked(actor)
    view = find(actor, view_id)
    if view is None:
        raise Forbidden
    return view


def _demand_free(person_id: str, name: str, but: str = "") -> None:
    taken = select(SavedView.id).where(
        SavedView.person_id == person_id, SavedView.folded == _folded(name), SavedView.id != but
    )
    if db.session.scalar(taken) is not None:
        raise refusals.NameTaken


def _folded(name: str) -> str:
    """How names are compared; one without any letter is compared as it is written."""
    return (fold(name) or name)[:160]
