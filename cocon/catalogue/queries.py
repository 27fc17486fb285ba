"""Reading the list: one statement for a page of fiches, one for all the counts beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased

from cocon.actions import search
from cocon.actions.models import TEXT_FIELDS, Action, ActionSearch, ActionVersion, VersionCost
from cocon.actions.queries import PAGE, Place, with_place
from cocon.catalogue.excerpts import Marked, excerpt, marked
from cocon.catalogue.models import SavedView
from cocon.catalogue.remembered import Remembered
from cocon.contracts.models import Axis, Objective
from cocon.decisions.models import Consultation, Seat
from cocon.funding.elsewhere import counted
from cocon.funding.models import Contribution, Resource, Tranche
from cocon.funding.queries import DEAD
from cocon.funding.words import CASH
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.folding import Wanted
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

#: How many fiches of each status the view by status shows: whole lines of two, three or four.
GROUP = 12
YES = "oui"
#: What the list is filtered on, in the order of the page. ``funder`` alone may have several values for one fiche.
FACETS = ("axis", "objective", "maturity", "decision", "progress", "partner", "funder", "lacking", "due")
#: How the list is sorted; all but the first two come largest or latest first, equals in the order of codes.
SORTS = ("code", "title", "relevance", "date", "cost", "gap")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a reader of the list asked for; empty asks for nothing. ``text`` is what was typed.

    ``reader`` is the reader's partner, whose position a fiche may await.
    """

    text: str = ""
    words: tuple[Wanted, ...] = ()
    axis: str = ""
    objective: str = ""
    maturity: str = ""
    decision: str = ""
    progress: str = ""
    partner: str = ""
    funder: str = ""
    lacking: str = ""
    due: str = ""
    reader: str | None = None

    @property
    def chosen(self) -> dict[str, str]:
        """The facets that have a value."""
        return {name: value for name in FACETS if (value := getattr(self, name))}


@dataclass(frozen=True)
class Cursor:
    """The fiche after which a page begins: its place, and the value it was sorted by."""

    place: Place
    value: int | str | None = None


@dataclass(frozen=True)
class Line:
    """A fiche as the list shows it; ``gap`` is what its cost lacks, ``excerpt`` where its text holds the words."""

    action: Action
    cost: Cents | None
    gap: Cents
    published_at: datetime
    title: Marked
    excerpt: Marked | None
    value: int | str | None


@dataclass(frozen=True)
class Page:
    """25 fiches at most; ``next`` tells where the next page begins."""

    lines: Sequence[Line]
    next: Cursor | None = None


@dataclass(frozen=True)
class View:
    """A view that the reader saved."""

    id: str
    name: str
    query: str


@dataclass
class Overview:
    """How many fiches answer, how many would with another value of each facet, and the reader's saved views."""

    total: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in FACETS})
    objectives: dict[str, str] = field(default_factory=dict)
    views: list[View] = field(default_factory=list)


def listing(filters: Filters, sort: str = "code", after: Cursor | None = None) -> Page:
    """A page of fiches, from the one that follows ``after``."""
    key = _key(filters, sort)
    value: Any = literal(None) if key is None else key
    place = (Axis.number, func.coalesce(Objective.letter, ""), Action.rank)
    first = [] if key is None else [key if sort == "title" else key.desc()]
    found = _joined(select(Action.id, value.label("value")), filters, key)
    found = found.where(*_conditions(filters), *_following(sort, key, after)).order_by(*first, *place).limit(PAGE + 1)
    wanted = found.subquery()
    # Sorted by the fiche alone, then told: an engine works out what it sorts for every fiche, not for 25.
    told = _lines(filters, wanted.c.value).join(wanted, wanted.c.id == Action.id)
    again = [] if key is None else [wanted.c.value if sort == "title" else wanted.c.value.desc()]
    rows = db.session.execute(told.order_by(*again, *place)).all()
    lines = [_line(row, filters) for row in rows[:PAGE]]
    return Page(lines, _cursor(lines[-1]) if len(rows) > PAGE else None)


def board(filters: Filters) -> Mapping[str, Sequence[Line]]:
    """The first fiches of each maturity, in the order of codes."""
    place = (Axis.number, func.coalesce(Objective.letter, ""), Action.rank)
    rank = func.row_number().over(partition_by=Action.maturity, order_by=place).label("rank")
    ranked = _joined(select(Action.id, rank), filters).where(*_conditions(filters)).subquery()
    rows = db.session.execute(
        _lines(filters, literal(None))
        .join(ranked, ranked.c.id == Action.id)
        .where(ranked.c.rank <= GROUP)
        .order_by(*place)
    ).all()
    columns: dict[str, list[Line]] = {}
    for row in rows:
        columns.setdefault(row[0].maturity, []).append(_line(row, filters))
    return columns


def overview(filters: Filters, actor: Actor, memory: Remembered[Overview] | None = None, entries: int = 0) -> Overview:
    """All the counts of the list in one statement; those of a facet follow the filters of all the others.

    ``entries`` is how many entries the log held before: counts that ``memory`` has for as many are not counted again.
    """
    question = replace(filters, text="")
    if memory and (known := memory.find(entries, question)):
        return replace(known, views=_sorted(View(*row) for row in db.session.execute(_views(actor))))
    since = clock.now()
    rows = db.session.execute(_counting(filters, actor, since)).all()
    found = _told(rows)
    if memory:
        until = next((clock.unstamp(row[1]) for row in rows if row[0] == "until" and row[1]), None)
        memory.keep(entries, question, replace(found, views=[]), since=since, until=until)
    return found


def _counting(filters: Filters, actor: Actor, since: datetime) -> Any:
    """One statement: rows of a facet, a value, a label, a query, a number."""
    base, mine = _base(filters), _views(actor).subquery()
    return union_all(
        _count("total", literal(""), base, filters, ""),
        *(_count(name, base.c[name], base, filters, name) for name in FACETS if name != "funder"),
        _funders(base, filters),
        _next_deadline(since),
        select(literal("view"), mine.c.id, mine.c.name, mine.c.query, literal(0)),
    )


def _told(rows: Iterable[Any]) -> Overview:
    found = Overview()
    for facet, value, label, query, number in rows:
        if facet == "view":
            found.views.append(View(value, label, query))
        elif facet == "total":
            found.total = number
        elif value and facet in found.counts:
            found.counts[facet][value] = number
            if facet == "objective":
                found.objectives[value] = label
    found.views = _sorted(found.views)
    return found


def _sorted(views: Iterable[View]) -> list[View]:
    return sorted(views, key=lambda view: (view.name.casefold(), view.id))


def _base(filters: Filters) -> CTE:
    """The fiches that hold the words, with the value of each facet."""
    columns = [column.label(name) for name, column in _facets(filters).items()]
    base: CTE = _joined(select(Action.id, *columns), filters).where(*_wordy(filters)).cte("base")
    return base


def _next_deadline(since: datetime) -> Any:
    """When the next consultation ends by itself."""
    running = (Consultation.pronounced_at.is_(None), Consultation.deadline >= since)
    deadline = func.min(cast(Consultation.deadline, String))
    return select(literal("until"), deadline, literal(""), literal(""), literal(0)).where(*running)


def _line(row: Any, filters: Filters) -> Line:
    action, cost, covered, published_at, value, *texts = row
    looked_for = filters.words
    gap = 0 if action.maturity in DEAD else int(cost or 0) - int(covered)
    title = marked(action.title, looked_for) if looked_for else [(action.title, False)]
    found = excerpt(texts, looked_for) if looked_for else None
    value = value if value is None or isinstance(value, str) else int(value)
    return Line(action, None if cost is None else int(cost), gap, published_at, title, found, value)


def _cursor(line: Line) -> Cursor:
    action = line.action
    return Cursor((action.axis.number, action.objective.letter if action.objective else "", action.rank), line.value)


def _lines(filters: Filters, value: ColumnElement[Any]) -> Any:
    """Fiches with what the list shows of them; their texts only when an excerpt is wanted."""
    texts = [getattr(ActionVersion, name) for name in TEXT_FIELDS] if filters.words else []
    shown = select(Action, _cost(), _covered(), ActionVersion.published_at, value, *texts)
    current = (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version)
    return with_place(shown).join(ActionVersion, current)


def _joined(statement: Select[Any], filters: Filters, key: ColumnElement[Any] | None = None) -> Any:
    current = (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version)
    joined = statement.select_from(Action).join(Action.axis).outerjoin(Action.objective).join(Action.partner)
    joined = joined.join(ActionVersion, current) if key is not None else joined
    wanted = filters.words or key is not None
    return joined.outerjoin(ActionSearch, ActionSearch.action_id == Action.id) if wanted else joined


def _wordy(filters: Filters) -> list[ColumnElement[bool]]:
    return [search.matches(filters.words)] if filters.words else []


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    columns = _facets(filters)
    found = [columns[name] == value for name, value in filters.chosen.items() if name != "funder"]
    if filters.funder:
        found.append(Action.id.in_(_funded_by(filters.funder)))
    return [*_wordy(filters), *found]


def _facets(filters: Filters) -> dict[str, Any]:
    """The value of a fiche for each facet."""
    silent = (Seat.partner_id == filters.reader) & Seat.position_id.is_(None)
    asked = (Consultation.action_id == Action.id) & Consultation.pronounced_at.is_(None)
    due = select(Seat.id).join(Seat.consultation).where(silent, asked, Consultation.deadline >= clock.now()).exists()
    axis = cast(Axis.number, String)
    return {
        "axis": axis,
        "objective": axis + "." + Objective.letter,
        "maturity": Action.maturity,
        "decision": Action.decision,
        "progress": func.coalesce(Action.progress, "none"),
        "partner": Partner.key,
        "lacking": case((_gap() > 0, YES), else_=""),
        "due": case((due, YES), else_=""),
    }


def _count(facet: str, value: ColumnElement[Any], base: CTE, filters: Filters, but: str) -> Any:
    """How many fiches have each value of a facet, the filter on it put aside."""
    label: Any = literal("")
    statement = select(literal(facet), value, label, literal(""), func.count())
    if facet == "objective":
        label = Objective.title
        statement = (
            select(literal(facet), value, label, literal(""), func.count())
            .select_from(base)
            .join(Action, Action.id == base.c.id)
            .join(Objective, Objective.id == Action.objective_id)
        )
    grouped = [] if facet == "total" else [value, *([label] if facet == "objective" else [])]
    return statement.select_from(base).where(*_others(base, filters, but)).group_by(*grouped)


def _funders(base: CTE, filters: Filters) -> Any:
    return (
        select(literal("funder"), Partner.key, literal(""), literal(""), func.count(base.c.id.distinct()))
        .select_from(base)
        .join(Contribution, Contribution.action_id == base.c.id)
        .join(Tranche, (Tranche.contribution_id == Contribution.id) & (Tranche.amount > 0))
        .join(Partner, Partner.id == Contribution.partner_id)
        .where(base.c.maturity.not_in(DEAD), *_others(base, filters, "funder"))
        .group_by(Partner.key)
    )


def _views(actor: Actor) -> Any:
    return select(SavedView.id, SavedView.name, SavedView.query).where(SavedView.person_id == actor.person_id)


def _others(base: CTE, filters: Filters, but: str) -> list[ColumnElement[bool]]:
    chosen = {name: value for name, value in filters.chosen.items() if name != but}
    funder = chosen.pop("funder", None)
    found: list[ColumnElement[bool]] = [base.c[name] == value for name, value in chosen.items()]
    return [*found, base.c.id.in_(_funded_by(funder))] if funder else found


def _funded_by(key: str) -> Any:
    """The living fiches to which a partner promises money: a promise to a dead one binds nobody."""
    funded = aliased(Action)
    return (
        select(Contribution.action_id)
        .join(Tranche, (Tranche.contribution_id == Contribution.id) & (Tranche.amount > 0))
        .join(Partner, Partner.id == Contribution.partner_id)
        .join(funded, funded.id == Contribution.action_id)
        .where(Partner.key == key, funded.maturity.not_in(DEAD))
    )


def _cost() -> ColumnElement[Any]:
    return (
        select(func.sum(VersionCost.amount))
        .join(ActionVersion, ActionVersion.id == VersionCost.version_id)
        .where(ActionVersion.action_id == Action.id, ActionVersion.number == Action.version)
        .correlate(Action)
        .scalar_subquery()
    )


def _covered() -> ColumnElement[Any]:
    """The money planned or from elsewhere; loans and what is given in kind are kept apart, as in the plan."""
    planned = (
        select(func.sum(Tranche.amount))
        .join(Contribution, Contribution.id == Tranche.contribution_id)
        .where(Contribution.action_id == Action.id, Contribution.form == CASH)
        .correlate(Action)
        .scalar_subquery()
    )
    other = (
        select(func.sum(Resource.amount))
        .where(Resource.action_id == Action.id, counted())
        .correlate(Action)
        .scalar_subquery()
    )
    return func.coalesce(planned, 0) + func.coalesce(other, 0)


def _gap() -> ColumnElement[Any]:
    """What the cost lacks; a fiche that lives no more lacks nothing."""
    missing = func.coalesce(_cost(), 0) - _covered()
    return case((Action.maturity.not_in(DEAD), missing), else_=0)


def _key(filters: Filters, sort: str) -> ColumnElement[Any] | None:
    """What the list is sorted by before the code."""
    if sort == "relevance":
        return search.score(filters.words) if filters.words else None
    if sort == "title":
        return search.sorted_title()  # type: ignore[no-any-return]
    keys = {
        "date": lambda: cast(ActionVersion.published_at, String),
        "cost": lambda: func.coalesce(_cost(), -1),
        "gap": _gap,
    }
    return keys[sort]() if sort in keys else None


def _following(sort: str, key: ColumnElement[Any] | None, after: Cursor | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    place = tuple_(Axis.number, func.coalesce(Objective.letter, ""), Action.rank)
    later = place > tuple_(*map(literal, after.place))
    if key is None or after.value is None:
        return [later]
    value = literal(after.value)
    return [or_(key > value if sort == "title" else key < value, and_(key == value, later))]
