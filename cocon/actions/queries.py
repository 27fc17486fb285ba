"""Reading fiches: one statement for each question."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from cocon.actions import search, words
from cocon.actions.codes import bearing
from cocon.actions.models import (
    Action,
    ActionSearch,
    ActionVersion,
    VersionCharge,
    VersionCost,
    VersionIndicator,
    VersionMilestone,
)
from cocon.contracts.queries import outline
from cocon.kernel import clock, folding, prepared
from cocon.kernel.actor import Actor
from cocon.kernel.db import db, dialect
from cocon.kernel.language import LazyString
from cocon.kernel.money import Cents
from cocon.partners.models import Mandate, Partner, Person

PAGE = 25
#: Words of a title that similar fiches are sought by.
MOST_WORDS = 12
#: As much of a title being written as is looked at.
LONGEST_TITLE = 300

Place = tuple[int, str, int]

#: Sharing and publishing index the text in their transaction.
index = search.index


@dataclass(frozen=True)
class Whole:
    """A fiche and one of its versions, with all that its text names; ``also`` is what else was asked.

    Amounts are by year, those of ``charges`` by year and nature.
    """

    action: Action
    version: ActionVersion
    costs: Mapping[int, Cents]
    associated: Sequence[Partner]
    author: str
    also: Sequence[Any] = ()
    eligible: Mapping[int, Cents] = field(default_factory=dict)
    charges: Mapping[tuple[int, str], Cents] = field(default_factory=dict)

    @property
    def cost(self) -> Cents:
        """The expected cost over all years."""
        return sum(self.costs.values())

    @property
    def by_nature(self) -> list[tuple[LazyString, dict[int, Cents]]]:
        """What is given besides the cost of each year: its charges, those in kind, the part that subsidies may bear."""
        given: list[tuple[LazyString, dict[int, Cents]]] = [
            (label, {year: cents for (year, one), cents in self.charges.items() if one == nature})
            for nature, label in words.COST_LINES.items()
        ]
        return [line for line in (*given, (words.FIELDS["eligible"], dict(self.eligible))) if line[1]]

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


def find(action_id: str) -> Action | None:
    """A shared fiche with its axis, objective and partner."""
    action: Action | None = db.session.scalars(_found(), {"action_id": action_id}).first()
    return action


@cache
def _found() -> Select[Any]:
    statement: Select[Any] = with_place(select(Action)).where(Action.id == bindparam("action_id"))
    return statement


def id_of(code: str) -> str | None:
    """The fiche of a code, present or former, however written (``1.a.03``); no statement when the text is no code."""
    code = code.strip().upper()
    return db.session.scalar(select(Action.id).where(bearing(code))) if place_of(code) else None


#: What else a page reads with the fiche: values built for a shape of actor; ``action_id`` is a parameter.
Beside = Callable[[prepared.Shape], Sequence[ColumnElement[Any]]]


def whole(
    action_id: str, number: int | None = None, *, also: Beside | None = None, actor: Actor | None = None
) -> Whole | None:
    """A fiche with its current text, or with that of version ``number``, and ``also`` values, in one statement.

    Guests, milestones and indicators are the lines of one list, so that they never multiply each other.
    """
    years, who = outline().years, prepared.shape(actor) if actor else ("", True, False, dialect())
    given = {"action_id": action_id, "number": number, **(prepared.given(actor) if actor else {})}
    rows = db.session.execute(_whole(years, who, also, current=number is None), given).all()
    if not rows:
        return None
    guests, milestones, indicators = ([row[n] for row in rows if row[n] is not None] for n in (2, 3, 4))
    action, version, _guest, _milestone, _indicator, author, charges, *values = rows[0]
    set_committed_value(version, "milestones", milestones)
    set_committed_value(version, "indicators", indicators)
    costs, eligible = (_known(years, values[n * len(years) :]) for n in range(2))
    return Whole(
        action,
        version,
        costs,
        guests,
        author,
        values[2 * len(years) :],
        eligible,
        {(year, nature): cents for year, nature, cents in sorted(json.loads(charges or "[]"))},
    )


def _known(years: Sequence[int], values: Sequence[Any]) -> dict[int, Cents]:
    return {year: cents for year, cents in zip(years, values, strict=False) if cents is not None}


@cache
def _whole(years: tuple[int, ...], who: prepared.Shape, also: Beside | None, *, current: bool) -> Any:
    number: Any = Action.version if current else bindparam("number", type_=Integer())
    owner, guest, lines = aliased(Partner), aliased(Partner), _lines_of(number)
    return (
        with_place(
            select(
                Action,
                ActionVersion,
                guest,
                VersionMilestone,
                VersionIndicator,
                Person.name,
                _charges(),
                *(_of_year(column, year) for column in (VersionCost.amount, VersionCost.eligible) for year in years),
                *(also(who) if also else ()),
            )
        )
        .join(ActionVersion, ActionVersion.action_id == Action.id)
        .join(Mandate, Mandate.id == ActionVersion.mandate_id)
        .join(Person, Person.id == Mandate.person_id)
        .outerjoin(owner, owner.id == ActionVersion.project_owner_id)
        .outerjoin(lines, lines.c.version_id == ActionVersion.id)
        .outerjoin(guest, guest.id == lines.c.id)
        .outerjoin(VersionMilestone, VersionMilestone.id == lines.c.id)
        .outerjoin(VersionIndicator, VersionIndicator.id == lines.c.id)
        .options(contains_eager(ActionVersion.project_owner.of_type(owner)))
        .where(Action.id == bindparam("action_id"), ActionVersion.number == number)
        .order_by(lines.c.place)
    )


def _lines_of(number: Any) -> Subquery:
    """The ids of what a version has several of: associated partners, milestones, indicators."""
    chosen = (
        select(ActionVersion.id)
        .join(ActionVersion.action)
        .where(Action.id == bindparam("action_id"), ActionVersion.number == number)
        .scalar_subquery()
    )
    named = cast(ActionVersion.associated, String).like('%"' + Partner.key + '"%')
    guests = select(ActionVersion.id.label("version_id"), Partner.id.label("id"), Partner.rank.label("place"))
    return union_all(
        guests.join(Partner, named).where(ActionVersion.id == chosen),
        *(
            select(table.version_id, table.id, table.position).where(table.version_id == chosen)
            for table in (VersionMilestone, VersionIndicator)
        ),
    ).subquery()


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


def current_text(action: Action) -> ActionVersion:
    """The latest version of a fiche, with its amounts, its milestones and its indicators."""
    lists = (ActionVersion.costs, ActionVersion.charges, ActionVersion.milestones, ActionVersion.indicators)
    return db.session.scalars(
        select(ActionVersion)
        .options(*map(selectinload, lists))
        .where(ActionVersion.action_id == action.id, ActionVersion.number == action.version)
    ).one()


def similar(title: str, but: str | None = None) -> Sequence[Action]:
    """The fiches whose text shares most words with a title, five at most; half of the words at least."""
    sought = [one for one in folding.wanted(f"{title[:LONGEST_TITLE]} .") if len(one.word) > 3][:MOST_WORDS]
    if not sought:
        return []
    shared = sum((case((search.matches([one]), 1), else_=0) for one in sought), literal(0))
    actions: Sequence[Action] = db.session.scalars(
        with_place(select(Action))
        .join(ActionSearch, ActionSearch.action_id == Action.id)
        .where(shared * 2 >= len(sought), Action.maturity.not_in(("withdrawn", "merged")), Action.id != (but or ""))
        .order_by(shared.desc(), Action.code)
        .limit(5)
    ).all()
    return actions


def place_of(code: str) -> Place | None:
    """Where a code stands in the order of the list; None when it is no code."""
    match = re.fullmatch(r"(\d{1,3})(?:\.([A-Z]))?\.(\d{2,6})", code, flags=re.ASCII)
    return (int(match[1]), match[2] or "", int(match[3])) if match else None


def with_place(statement: Any) -> Any:
    """With the axis, the objective and the partner of the fiche loaded."""
    return (
        statement.join(Action.axis)
        .outerjoin(Action.objective)
        .join(Action.partner)
        .options(contains_eager(Action.axis), contains_eager(Action.objective), contains_eager(Action.partner))
    )


def _of_year(column: InstrumentedAttribute[Any], year: int) -> ColumnElement[int | None]:
    return select(column).where(VersionCost.version_id == ActionVersion.id, VersionCost.year == year).scalar_subquery()


def _charges() -> ColumnElement[str | None]:
    """The charges of a version as one value (JSON), so that its texts are read once."""
    columns = (VersionCharge.year, VersionCharge.nature, VersionCharge.amount)
    made: ColumnElement[str | None] = (
        func.json_group_array(func.json_array(*columns))
        if dialect() == "sqlite"
        else cast(func.json_agg(func.json_build_array(*columns)), String)
    )
    return select(made).where(VersionCharge.version_id == ActionVersion.id).scalar_subquery()
