"""Reading suggestions: what they would change in the text as it stands now, and how many await whom."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, tuple_
from sqlalchemy.orm import aliased, contains_eager

from cocon.actions import diff, territories
from cocon.actions.models import Action, ActionVersion
from cocon.actions.queries import Whole
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.models import Mandate, Person
from cocon.suggestions import facts
from cocon.suggestions.models import (
    ACCEPTED,
    APPLIED,
    CLOSED,
    FACTS,
    FIELDS,
    OPEN,
    PENDING,
    REFUSED,
    Suggestion,
    SuggestionSeen,
)

PAGE = 25
#: The longest text of each field, and those that may not be left empty: what is asked of a fiche when it is revised.
LONGEST: Mapping[str, int] = {
    **dict.fromkeys(FIELDS, 20_000),
    **dict.fromkeys(("title", "project_owner", "delegate"), 200),
    "territory_codes": territories.LONGEST,
}
COMPULSORY = frozenset({"title", "context", "objectives", "content", "project_owner"})

FRESH, REBASED, TO_REVIEW = "fresh", "rebased", "to-review"


@dataclass(frozen=True)
class Row:
    """A suggestion, the text that it starts from, and who settled it."""

    suggestion: Suggestion
    base: str
    settler: str | None

    @property
    def partner(self) -> str:
        """For whom it was made, as it was called then; nothing when for nobody."""
        partner = self.suggestion.mandate.partner
        return partner.name_on(self.suggestion.made_at.astimezone(clock.PARIS).date()) if partner else ""

    def onto(self, texts: Mapping[str, str]) -> str | None:
        """Its field with the suggestion in it; None when it no longer fits, or when the result cannot stand."""
        name = self.suggestion.field
        merge = facts.merge if name in FACTS else diff.merge
        merged = merge(self.base, texts[name], self.suggestion.wanted)
        if merged is None or not fits(name, merged):
            return None
        return merged if name not in facts.SPAN or facts.in_order({**texts, name: merged}) else None


@dataclass(frozen=True)
class Reading:
    """A suggestion beside the text as it would stand without it."""

    row: Row
    texts: Mapping[str, str]

    @property
    def current(self) -> str:
        """The field without it."""
        return self.texts[self.suggestion.field]

    @property
    def suggestion(self) -> Suggestion:
        """What is read."""
        return self.row.suggestion

    @cached_property
    def rebased(self) -> str | None:
        """The field with the suggestion in it; None when it must be looked at again."""
        return self.row.onto(self.texts)

    @property
    def standing(self) -> str:
        """Fresh, rebased (the text changed elsewhere), or to review (it changed at the same place)."""
        if self.rebased is None:
            return TO_REVIEW
        return FRESH if self.row.base == self.current else REBASED

    @cached_property
    def pieces(self) -> Sequence[diff.Piece]:
        """What it changes in the text as it stands; in the text that it starts from once settled or to review."""
        if not self.suggestion.pending or self.rebased is None:
            return diff.compare(self._told(self.row.base), self._told(self.suggestion.wanted))
        return diff.compare(self.told, self._told(self.rebased))

    @property
    def told(self) -> str:
        """The field without it, as people read it."""
        return self._told(self.current)

    def _told(self, text: str) -> str:
        return facts.told(self.suggestion.field, text)

    @property
    def draft(self) -> str:
        """What the owner begins from to edit it."""
        return self.suggestion.wanted if self.rebased is None else self.rebased

    @property
    def author(self) -> str:
        """Who suggests."""
        return self.suggestion.mandate.person.name

    @property
    def partner(self) -> str:
        """For whom, as it was called then."""
        return self.row.partner


@dataclass(frozen=True)
class Fold:
    """The accepted suggestions put into a text one after the other, in the order in which they were accepted.

    ``before`` is the field as each one finds it, by identifier; those that do not fit are left out and not lost.
    """

    texts: Mapping[str, str]
    before: Mapping[str, str]
    kept: Sequence[Row]

    def without(self, row: Row) -> Mapping[str, str]:
        """The text as it would stand without a suggestion."""
        name = row.suggestion.field
        return {**self.texts, name: self.before.get(row.suggestion.id, self.texts[name])}


@dataclass(frozen=True)
class Page:
    """25 suggestions at most; ``next`` is where the following page begins; ``accepted`` are ready to be applied."""

    readings: Sequence[Reading]
    next: str | None
    pending: int
    settled: int
    accepted: int


def fold(accepted: Sequence[Row], version: ActionVersion) -> Fold:
    """What the fields would say with these suggestions, which are in the order in which they were accepted."""
    texts = {name: facts.value(version, name) for name in FIELDS}
    before: dict[str, str] = {}
    kept = []
    for row in accepted:
        name = row.suggestion.field
        after = row.onto(texts)
        if after is not None:
            before[row.suggestion.id], texts[name] = texts[name], after
            kept.append(row)
    return Fold(texts, before, kept)


def digest(text: str) -> str:
    """What says that a text is still the one that was shown."""
    return hashlib.sha256(text.encode()).hexdigest()


def fits(field: str, text: str) -> bool:
    """Whether a text can stand in the field."""
    filled = bool(text.strip()) or field not in COMPULSORY
    return filled and len(text) <= LONGEST[field] and facts.is_sound(field, text)


def page(whole: Whole, *, settled: bool = False, after: str | None = None) -> Page:
    """The suggestions on a fiche that await the owner, oldest first, or those settled, newest first.

    The fiche was read with its ``counts``.
    """
    action, version = whole.action, whole.version
    order = tuple_(Suggestion.made_at, Suggestion.id)
    start = select(Suggestion.made_at, Suggestion.id).where(Suggestion.id == after).scalar_subquery()
    wanted: list[ColumnElement[bool]] = [Suggestion.state.not_in(PENDING) if settled else Suggestion.state.in_(PENDING)]
    if after is not None:
        wanted.append(order < start if settled else order > start)
    ways = (Suggestion.made_at.desc(), Suggestion.id.desc()) if settled else (Suggestion.made_at, Suggestion.id)
    rows = _rows(_select(action.id).where(*wanted).order_by(*ways).limit(PAGE + 1))
    folded = fold(accepted(action.id), version)
    following = rows[PAGE - 1].suggestion.id if len(rows) > PAGE else None
    readings = [Reading(row, folded.without(row)) for row in rows[:PAGE]]
    return Page(readings, following, whole.also[0], whole.also[1], len(folded.kept))


def counts(action_id: Any) -> list[ColumnElement[int]]:
    """How many suggestions on a fiche await its owner, and how many are settled, to be read with the fiche."""
    return [counted(action_id, *PENDING), counted(action_id, *CLOSED)]


def find(action: Action, version: ActionVersion, suggestion_id: str) -> Reading | None:
    """A suggestion on this fiche, beside the text as it would stand without it."""
    rows = _rows(_select(action.id).where(Suggestion.id == suggestion_id))
    return Reading(rows[0], fold(accepted(action.id), version).without(rows[0])) if rows else None


def open_on(action_id: str) -> Sequence[Suggestion]:
    """The suggestions on a fiche that nobody answered yet, oldest first."""
    wanted = select(Suggestion).where(Suggestion.action_id == action_id, Suggestion.state == OPEN)
    return db.session.scalars(wanted.order_by(Suggestion.made_at, Suggestion.id)).all()


def ended() -> ColumnElement[bool]:
    """The fiche was withdrawn or merged before the suggestion was refused or applied; read with the fiche."""
    return and_(Action.maturity.in_(("withdrawn", "merged")), Suggestion.state.in_(PENDING))


def answered(actor: Actor) -> Select[Any]:
    """The suggestions that the actor made, for the same partner, and of which something became."""
    return (
        select(Suggestion.id)
        .join(Suggestion.mandate)
        .join(Suggestion.action)
        .where(
            Mandate.person_id == actor.person_id,
            Suggestion.partner_id == actor.partner_id,
            or_(Suggestion.state.in_((ACCEPTED, APPLIED, REFUSED)), ended()),
        )
    )


def unseen(actor: Actor) -> Select[Any]:
    """Those whose author did not mark the answer as seen."""
    seen = select(SuggestionSeen.suggestion_id).where(
        SuggestionSeen.suggestion_id == Suggestion.id,
        SuggestionSeen.revision == Suggestion.rev,
        SuggestionSeen.ended == ended(),
    )
    return answered(actor).where(~seen.exists())


def accepted(action_id: str, *, lock: bool = False) -> list[Row]:
    """The suggestions accepted and not applied yet, in the order of acceptance; locked until the commit if asked."""
    found = _select(action_id).where(Suggestion.state == ACCEPTED).order_by(Suggestion.settled_at, Suggestion.id)
    return _rows(_locked(found) if lock else found)


def locked(action_id: str, suggestion_id: str) -> Row | None:
    """A suggestion on this fiche as it is now, locked until the commit."""
    rows = _rows(_locked(_select(action_id).where(Suggestion.id == suggestion_id)))
    return rows[0] if rows else None


def counted(action_id: Any, *states: str) -> ColumnElement[int]:
    """How many suggestions on a fiche are in these states, to be read with something else."""
    return (
        select(func.count(Suggestion.id))
        .where(Suggestion.action_id == action_id, Suggestion.state.in_(states))
        .scalar_subquery()
    )


def _select(action_id: str) -> Any:
    """Suggestions on a fiche, with their authors, the text of the field that they start from and who settled them."""
    base, settled_by, settler = aliased(ActionVersion), aliased(Mandate), aliased(Person)
    text = case(*((Suggestion.field == name, getattr(base, facts.column(name))) for name in FIELDS))
    return (
        select(Suggestion, func.coalesce(Suggestion.edited_base, text, ""), settler.name)
        .join(Suggestion.mandate)
        .join(Mandate.person)
        .outerjoin(Mandate.partner)
        .join(base, (base.action_id == Suggestion.action_id) & (base.number == Suggestion.version))
        .outerjoin(settled_by, settled_by.id == Suggestion.settled_by)
        .outerjoin(settler, settler.id == settled_by.person_id)
        .options(
            contains_eager(Suggestion.mandate).contains_eager(Mandate.person),
            contains_eager(Suggestion.mandate).contains_eager(Mandate.partner),
        )
        .where(Suggestion.action_id == action_id)
    )


def _locked(statement: Any) -> Any:
    return statement.with_for_update(of=Suggestion).execution_options(populate_existing=True)


def _rows(statement: Any) -> list[Row]:
    return [Row(*row) for row in db.session.execute(statement)]
