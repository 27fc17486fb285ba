"""Drafts: a text being prepared, private to its partner, never validated.

Named outside the seven usual files: the tables are free (audit-log section 8), so their writes are no operations and
are committed here. Sharing, or publishing, is what puts the whole text in the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Exists, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from cocon.actions import past
from cocon.actions.models import Action, Draft, Presence
from cocon.actions.sections import SECTIONS, Section, Typed
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db, dialect
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.policy import Permission, demand

#: How long somebody is believed to be there after a sign of life.
BELIEVED = timedelta(seconds=100)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What a page knew when it sent a section: its revision, the page's own name, how many times it has sent."""

    version: int = 0
    page: str = ""
    turn: int = 0


class Clashing(Outdated):
    """Somebody else saved the section since the page was shown."""


class Late(Outdated):
    """The same page sent something newer already, which arrived first."""


def find(actor: Actor, text_id: str) -> Draft | None:
    """A draft of the actor's own partner, or its fork of a fiche; those of others do not exist for it."""
    if actor.partner_id is None:
        return None
    draft: Draft | None = db.session.scalars(
        select(Draft).where(
            or_((Draft.id == text_id) & Draft.action_id.is_(None), Draft.action_id == text_id),
            Draft.partner_id == actor.partner_id,
        )
    ).first()
    return draft


def begun_on(action_id: Any) -> Exists:
    """Whether the partner of a fiche prepares its next version, to be read with something else."""
    return exists().where(Draft.action_id == action_id)


def of_partner(actor: Actor) -> Sequence[Draft]:
    """The fiches that the actor's partner prepares, the latest saved first."""
    return db.session.scalars(
        select(Draft)
        .where(Draft.partner_id == actor.partner_id, Draft.action_id.is_(None))
        .order_by(Draft.saved_at.desc(), Draft.id)
        .limit(25)
    ).all()


def start(actor: Actor, fields: Typed) -> Draft:
    """Begin a draft for the actor's partner; raises Forbidden."""
    begin_write()
    demand(actor, Permission.DRAFT)
    draft = new(actor, fields)
    db.session.add(draft)
    db.session.commit()
    return draft


def new(actor: Actor, fields: Typed, action_id: str | None = None, base: int | None = None) -> Draft:
    """A draft that is not kept yet: nothing is written before somebody saves a section; raises Forbidden."""
    if actor.partner_id is None or actor.person_id is None:
        raise Forbidden
    return _made(actor.partner_id, actor.person_id, fields, action_id, base)


def hand_over(partner_id: str, person_id: str, fields: Typed) -> Draft:
    """A draft in somebody's hands; whoever calls commits."""
    draft = _made(partner_id, person_id, fields)
    db.session.add(draft)
    return draft


def _made(
    partner_id: str, person_id: str, fields: Typed, action_id: str | None = None, base: int | None = None
) -> Draft:
    now = clock.now()
    return Draft(
        id=new_id(),
        partner_id=partner_id,
        person_id=person_id,
        revision=1,
        started_at=now,
        saved_at=now,
        fields=dict(fields),
        sections={},
        action_id=action_id,
        base=base,
    )


def keep(draft: Draft) -> Draft:
    """Keep a fork that is not kept yet, unless a colleague kept another a moment ago: the one that is kept."""
    begin_write()
    db.session.scalars(select(Action.id).where(Action.id == draft.action_id).with_for_update()).one()
    kept = db.session.scalars(select(Draft).where(Draft.action_id == draft.action_id)).first()
    if kept is None:
        db.session.add(draft)
        db.session.flush()
    return kept or draft


def save(actor: Actor, draft_id: str, section: Section, *, copy: Copy, fields: Typed, finished: bool = False) -> Draft:
    """Keep what was typed in a section, whatever it is; whoever saves is there.

    Raises Forbidden, Clashing when somebody else saved the section since ``copy.version``, Late when the same page
    saved something newer. A page whose answer was lost sends again on the revision it knows: that is no clash.
    """
    draft = _held(actor, draft_id)
    mark = draft.sections.get(section.slug, {})
    known = revision_of(draft, section)
    typed, kept = section.of(fields), section.of(draft.fields)
    if copy.version != known:
        _demand_same_page(mark, copy)
    elif copy.page and mark.get("page") == copy.page and copy.turn and copy.turn <= mark["turn"]:
        raise Late
    same_page = bool(copy.page) and mark.get("page") == copy.page
    draft.sections = {
        **draft.sections,
        section.slug: {
            "revision": known + 1,
            "since": mark["since"] if same_page else known + 1,
            "past": past.remember(mark.get("past", ()), typed, kept, copy.page),
            "page": copy.page,
            "turn": copy.turn,
            "by": actor.person_name,
            "at": clock.stamp(clock.now()),
            "done": finished,
        },
    }
    _see(actor, draft.action_id or draft.id, section)
    _write(draft, {name: value for name, value in draft.fields.items() if not section.holds(name)} | typed)
    return draft


def _demand_same_page(mark: Mapping[str, Any], copy: Copy) -> None:
    """The section moved on: by this very page, whose answer was lost, or by somebody else."""
    if not copy.page or mark.get("page") != copy.page or copy.version < mark["since"] - 1:
        raise Clashing
    if copy.turn <= mark["turn"]:
        raise Late


def revision_of(draft: Draft, section: Section) -> int:
    """How many times a section was saved."""
    return int(draft.sections.get(section.slug, {}).get("revision", 0))


def last_of(draft: Draft, section: Section, copy: Copy) -> int:
    """The revision that a page starts from: that of its own last save, should the answer have been lost."""
    steps = draft.sections.get(section.slug, {}).get("past", ())
    revision = revision_of(draft, section)
    own = (revision - place for place, (page, _undo) in enumerate(steps) if copy.page and page == copy.page)
    return max(next(own, copy.version), copy.version)


def former(draft: Draft, section: Section, version: int) -> Typed | None:
    """The section as it was at a revision, if that is still known."""
    steps = draft.sections.get(section.slug, {}).get("past", ())
    count = revision_of(draft, section) - version
    return past.back(section.of(draft.fields), steps[:count]) if 0 <= count <= len(steps) else None


def rebase(actor: Actor, draft_id: str, *, revision: int, base: int, fields: Typed) -> Draft:
    """Bring a fork onto another version of its fiche; raises Forbidden, or Outdated when a colleague saved."""
    draft = _held(actor, draft_id)
    if draft.revision != revision:
        raise Outdated
    draft.base = base
    now = clock.stamp(clock.now())
    for section in SECTIONS:
        if section.of(fields) != section.of(draft.fields):
            number, before = revision_of(draft, section) + 1, draft.sections.get(section.slug, {})
            steps = past.remember(before.get("past", ()), section.of(fields), section.of(draft.fields))
            mark = {"revision": number, "since": number, "past": steps, "page": "", "turn": 0}
            mark |= {"by": actor.person_name, "at": now, "done": before.get("done", False)}
            draft.sections = {**draft.sections, section.slug: mark}
    _write(draft, fields)
    return draft


def _write(draft: Draft, fields: Typed) -> None:
    draft.fields = dict(fields)
    draft.revision += 1
    draft.saved_at = clock.now()
    db.session.commit()


def ask(actor: Actor, draft_id: str) -> Draft:
    """Ask the representatives of the partner to validate; raises Forbidden."""
    draft = _held(actor, draft_id)
    draft.asked_by, draft.asked_at = actor.person_name, clock.now()
    draft.note = draft.note_by = None
    db.session.commit()
    return draft


def send_back(actor: Actor, draft_id: str, *, note: str) -> Draft:
    """Give a draft back to those who prepare it, with a note; raises Forbidden."""
    draft = _held(actor, draft_id)
    demand(actor, Permission.VALIDATE, draft)
    draft.asked_by = draft.asked_at = None
    draft.note, draft.note_by = note, actor.person_name
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


def be_present(actor: Actor, text_id: str, section: Section) -> None:
    """Say that the actor has a section open; what nobody believes any more is forgotten."""
    begin_write()
    db.session.execute(delete(Presence).where(Presence.seen_at < clock.now() - BELIEVED))
    _see(actor, text_id, section)
    db.session.commit()


def _see(actor: Actor, text_id: str, section: Section) -> None:
    """Note a sign of life, maybe from two windows at once."""
    known = {"partner_id": actor.partner_id, "name": actor.person_name, "seen_at": clock.now()}
    make = sqlite.insert if dialect() == "sqlite" else postgresql.insert
    statement = make(Presence).values(text_id=text_id, section=section.slug, person_id=actor.person_id, **known)
    db.session.execute(statement.on_conflict_do_update(index_elements=Presence.__table__.primary_key, set_=known))


def others(actor: Actor, text_id: str, section: Section) -> Sequence[str]:
    """The names of those of the actor's own partner who have the section open, but the actor."""
    return db.session.scalars(
        select(Presence.name)
        .where(
            Presence.text_id == text_id,
            Presence.section == section.slug,
            Presence.partner_id == actor.partner_id,
            Presence.person_id != actor.person_id,
            Presence.seen_at >= clock.now() - BELIEVED,
        )
        .order_by(Presence.name)
    ).all()


def title_of(fields: Mapping[str, Any]) -> str:
    """The title typed so far, on one line."""
    return " ".join(str(fields.get("title") or "").split())
