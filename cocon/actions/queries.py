"""Reading fiches: one statement for each question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, String, cast, func, literal, null, select, tuple_
from sqlalchemy.orm import aliased, contains_eager

from cocon.actions.codes import bearing
from cocon.actions.models import TEXT_FIELDS, Action, ActionSearch, ActionVersion, VersionCost
from cocon.contracts.models import Axis, Objective
from cocon.contracts.queries import outline
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Mandate, Partner, Person

PAGE = 25
#: Each word looked for is a search of its own; nobody types more.
MOST_WORDS = 12

Place = tuple[int, str, int]


@dataclass(frozen=True)
class Whole:
    """A fiche and one of its versions, with all that its text names."""

    action: Action
    version: ActionVersion
    costs: Mapping[int, Cents]
    associated: Sequence[Partner]
    author: str
    beside: Any = None

    @property
    def cost(self) -> Cents:
        """The expected cost over all years."""
        return sum(self.costs.values())

    @property
    def years(self) -> tuple[int, ...]:
        """The years of the contract."""
        return outline().years

    @property
    def latest(self) -> bool:
        """Whether this version is the fiche's current text."""
        return self.version.number == self.action.version

    @property
    def owner_name(self) -> str:
        """Who carries the action: a partner under the name it had that day, or another body."""
        owner = self.version.project_owner
        return owner.name_on(self._day) if owner else self.version.project_owner_name or ""

    @property
    def associated_names(self) -> list[str]:
        """The associated partners, under the names they had that day."""
        return [partner.name_on(self._day) for partner in self.associated]

    @property
    def _day(self) -> Any:
        moment = clock.now() if self.latest else self.version.published_at
        return moment.astimezone(clock.PARIS).date()


@dataclass(frozen=True)
class VersionLine:
    """A version as the list of versions shows it."""

    number: int
    published_at: datetime
    summary: str | None
    title: str
    author: str


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a reader of the list asked for; ``None`` and empty ask for nothing."""

    axis: int | None = None
    status: str | None = None
    partner: str | None = None
    words: str = ""


@dataclass(frozen=True)
class Line:
    """A fiche as the list shows it."""

    action: Action
    cost: Cents | None


@dataclass(frozen=True)
class Page:
    """25 fiches at most, in the order of codes; ``next`` is the code after which the next page begins."""

    lines: Sequence[Line]
    next: str | None = None
    filters: Filters = field(default_factory=Filters)


class Wording(Protocol):
    """Anything that has the text of a fiche."""

    @property
    def title(self) -> str: ...


def find(action_id: str) -> Action | None:
    """A shared fiche with its axis, objective and partner."""
    action: Action | None = db.session.scalars(_with_place(select(Action)).where(Action.id == action_id)).first()
    return action


def id_of(code: str) -> str | None:
    """The fiche of a code, present or former, however written (``1.a.03``); no statement when the text is no code."""
    code = code.strip().upper()
    return db.session.scalar(select(Action.id).where(bearing(code))) if place_of(code) else None


def whole(action_id: str, number: int | None = None, *, beside: ColumnElement[Any] | None = None) -> Whole | None:
    """A fiche with its current text, or with that of version ``number``, in one statement.

    ``beside`` is a value of another domain that the same statement reads.
    """
    owner, guest = aliased(Partner), aliased(Partner)
    years = outline().years
    rows = db.session.execute(
        _with_place(
            select(
                Action,
                ActionVersion,
                guest,
                Person.name,
                null() if beside is None else beside,
                *(_cost_of(year) for year in years),
            )
        )
        .join(ActionVersion, ActionVersion.action_id == Action.id)
        .join(Mandate, Mandate.id == ActionVersion.mandate_id)
        .join(Person, Person.id == Mandate.person_id)
        .outerjoin(owner, owner.id == ActionVersion.project_owner_id)
        .outerjoin(guest, cast(ActionVersion.associated, String).like('%"' + guest.key + '"%'))
        .options(contains_eager(ActionVersion.project_owner.of_type(owner)))
        .where(Action.id == action_id, ActionVersion.number == (Action.version if number is None else number))
        .order_by(guest.rank)
    ).all()
    if not rows:
        return None
    action, version, _guest, author, value, *amounts = rows[0]
    costs = {year: amount for year, amount in zip(years, amounts, strict=True) if amount is not None}
    return Whole(action, version, costs, [row[2] for row in rows if row[2] is not None], author, value)


def version(action_id: str, number: int) -> Whole | None:
    """A fiche with the text of one of its versions."""
    return whole(action_id, number)


def versions(action_id: str, before: int | None = None) -> Sequence[VersionLine]:
    """The versions of a fiche, newest first, 25 at most, from the one below ``before``."""
    rows = db.session.execute(
        select(
            ActionVersion.number, ActionVersion.published_at, ActionVersion.summary, ActionVersion.title, Person.name
        )
        .join(Mandate, Mandate.id == ActionVersion.mandate_id)
        .join(Person, Person.id == Mandate.person_id)
        .where(ActionVersion.action_id == action_id, *([] if before is None else [ActionVersion.number < before]))
        .order_by(ActionVersion.number.desc())
        .limit(PAGE)
    ).all()
    return [VersionLine(*row) for row in rows]


def current_text(action: Action) -> tuple[ActionVersion, dict[int, Cents]]:
    """The latest version of a fiche and its costs by year."""
    rows = db.session.execute(
        select(ActionVersion, VersionCost.year, VersionCost.amount)
        .outerjoin(VersionCost, VersionCost.version_id == ActionVersion.id)
        .where(ActionVersion.action_id == action.id, ActionVersion.number == action.version)
    ).all()
    return rows[0][0], {row.year: row.amount for row in rows if row.year is not None}


def listing(filters: Filters, after: Place | None = None) -> Page:
    """A page of fiches in the order of codes, from the one that follows ``after``."""
    total = (
        select(func.sum(VersionCost.amount))
        .join(ActionVersion, ActionVersion.id == VersionCost.version_id)
        .where(ActionVersion.action_id == Action.id, ActionVersion.number == Action.version)
        .scalar_subquery()
    )
    place = tuple_(Axis.number, func.coalesce(Objective.letter, ""), Action.rank)
    wanted = [*_conditions(filters), *([] if after is None else [place > tuple_(*map(literal, after))])]
    rows = db.session.execute(
        _with_place(select(Action, total))
        .where(*wanted)
        .order_by(Axis.number, func.coalesce(Objective.letter, ""), Action.rank)
        .limit(PAGE + 1)
    ).all()
    lines = [Line(row[0], None if row[1] is None else int(row[1])) for row in rows[:PAGE]]
    return Page(lines, lines[-1].action.code if len(rows) > PAGE else None, filters)


def place_of(code: str) -> Place | None:
    """Where a code stands in the order of the list; None when it is no code."""
    match = re.fullmatch(r"(\d{1,3})(?:\.([A-Z]))?\.(\d{2,6})", code, flags=re.ASCII)
    return (int(match[1]), match[2] or "", int(match[3])) if match else None


def index(action: Action, text: Wording) -> None:
    """Make a fiche found by the words of its text."""
    words = [action.code, *(getattr(text, name) for name in ("title", *TEXT_FIELDS))]
    db.session.merge(ActionSearch(action_id=action.id, folded=fold(" ".join(words))))


def fold(text: str) -> str:
    """Lower case, no accents, single spaces: how words are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _with_place(statement: Any) -> Any:
    return (
        statement.join(Action.axis)
        .outerjoin(Action.objective)
        .join(Action.partner)
        .options(contains_eager(Action.axis), contains_eager(Action.objective), contains_eager(Action.partner))
    )


def _cost_of(year: int) -> ColumnElement[int | None]:
    return (
        select(VersionCost.amount)
        .where(VersionCost.version_id == ActionVersion.id, VersionCost.year == year)
        .scalar_subquery()
    )


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.axis is not None:
        found.append(Axis.number == filters.axis)
    if filters.status:
        column = Action.decision if filters.status in DECIDED else Action.maturity
        found.append(column == filters.status)
    if filters.partner:
        found.append(Partner.key == filters.partner)
    for word in list(dict.fromkeys(fold(filters.words).split()))[:MOST_WORDS]:
        match = ActionSearch.folded.contains(_singular(word), autoescape=True)
        found.append(select(ActionSearch.action_id).where(ActionSearch.action_id == Action.id, match).exists())
    return found


#: Filters on the decision; the others are on the maturity.
DECIDED = ("open", "adopted_with_reserve", "postponed", "rejected")


def _singular(word: str) -> str:
    """The beginning shared by a word and its plural."""
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word
