"""Reading money: one statement for each question; sums are made in SQL, or from the rows that the page shows.

A promise to a fiche that was withdrawn or merged binds nobody any more: it counts nowhere, but what was paid on it
keeps holding its partner's envelope. A promise to a rejected fiche still holds that envelope until the partner takes it
back, for the fiche may be consulted on again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    ScalarSelect,
    String,
    bindparam,
    case,
    exists,
    func,
    select,
)
from sqlalchemy.orm import aliased

from cocon.actions.models import Action, ActionVersion, VersionCost
from cocon.audit.models import LogEntry
from cocon.contracts.models import Axis, Envelope, Objective
from cocon.contracts.queries import outline
from cocon.funding import counting, elsewhere, stages, words
from cocon.funding.balance import (
    NOTHING,
    Amounts,
    Balance,
    Fiche,
    FinancingPlan,
    Line,
    Matrix,
    Share,
    grouped,
    in_order,
    money,
    planned_by,
    restricted,
)
from cocon.funding.choice import EVERYTHING, Choice
from cocon.funding.models import Condition, Contribution, Tranche
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

DEAD = ("withdrawn", "merged")
#: The amounts of a tranche before any step.
UNSTEPPED = dict.fromkeys(stages.LEVELS, 0)


#: Parameters of the statements about one partner's line of one year.
_PARTNER: BindParameter[str] = bindparam("partner", type_=String())
_YEAR: BindParameter[int] = bindparam("line_year", type_=Integer())
_LOCKED = (
    select(Envelope)
    .where(Envelope.partner_id == _PARTNER, Envelope.axis_id.is_(None))
    .order_by(Envelope.year)
    .with_for_update()
    .execution_options(populate_existing=True)
)


#: The fiches under no objective.
_FREE: ColumnElement[bool] = Action.objective_id.is_(None)

#: What a share is made of, with its year and its nature before.
_SHARE: tuple[Any, ...] = (
    Tranche.year,
    Tranche.nature,
    Tranche.amount,
    Tranche.stage,
    Tranche.rev,
    Tranche.id,
    counting.at("voted"),
    counting.at("contracted"),
    Tranche.paid < Tranche.engaged,
)


class Held(NamedTuple):
    """What an act on money is about to change, read under its locks; ``promised`` is by its partner in the year.

    ``axis_left`` is what its partner's ceiling of the fiche's axis still holds, None without one.
    """

    alive: bool
    contribution: Contribution | None
    tranche: Tranche | None
    promised: Cents
    axis_id: str = ""
    axis_left: Cents | None = None


def lock_envelope(partner_id: str, year: int) -> Envelope | None:
    """The partner's envelope of the year, locked until the commit: the first lock that an act on money takes.

    All its years are locked, in order: two acts of one partner follow each other, whatever line they open. Envelopes
    of axes, which may be new, are read after that lock and never changed without it.
    """
    envelopes = db.session.scalars(_LOCKED, {"partner": partner_id}).all()
    return next((envelope for envelope in envelopes if envelope.year == year), None)


def held(action_id: str, partner_id: str, year: int, form: str = words.CASH, nature: str = words.OPERATING) -> Held:
    """The partner's line of the year in a fiche, which nobody can withdraw before the commit."""
    row = db.session.execute(_held(), _key(action_id, partner_id, year, form, nature)).one()
    left = None if row[5] is None else int(row[5])
    return Held(row[0] not in DEAD, row[1], row[2], int(row[3] or 0), row[4], left)


def _key(action_id: str, partner_id: str, year: int, form: str, nature: str) -> dict[str, Any]:
    return {"action": action_id, "partner": partner_id, "line_year": year, "form": form, "nature": nature}


def own_share(
    action_id: str, partner_id: str, year: int, form: str = words.CASH, nature: str = words.OPERATING
) -> tuple[Action, Share] | None:
    """A fiche and what a partner brings to it in a year."""
    row = db.session.execute(_own_share(), _key(action_id, partner_id, year, form, nature)).first()
    if row is None:
        return None
    return row[0], Share(*row[1:]) if row[3] else NOTHING


@cache
def _held() -> Any:
    return (
        _line(select(Action.maturity, Contribution, Tranche, _promised(), Action.axis_id, _axis_left()))
        .with_for_update(read=True, of=Action)
        .execution_options(populate_existing=True)
    )


@cache
def _own_share() -> Any:
    return _line(select(Action, Tranche.amount, Tranche.stage, Tranche.rev, Tranche.id))


def _line(statement: Any) -> Any:
    """A fiche beside a partner's tranche: parameters ``action``, ``partner``, ``line_year``, ``form``, ``nature``."""
    form, nature = (bindparam(name, type_=String()) for name in ("form", "nature"))
    mine = (Contribution.action_id == Action.id) & (Contribution.partner_id == _PARTNER) & (Contribution.form == form)
    line = (Tranche.contribution_id == Contribution.id) & (Tranche.year == _YEAR) & (Tranche.nature == nature)
    return statement.outerjoin(Contribution, mine).outerjoin(Tranche, line).where(Action.id == bindparam("action"))


def promised(partner_id: str, year: int, axis_id: str | None = None) -> Cents:
    """The money that a partner plans for a year over all living fiches, with what it paid on others, in cents.

    With ``axis_id``, for the fiches of that axis.
    """
    key = {"partner": partner_id, "line_year": year}
    return int(db.session.scalar(select(_promised(axis_id)), key) or 0)


def _axis_left() -> ScalarSelect[Any]:
    """What the partner's ceiling of the axis of the fiche still holds."""
    ceiling = aliased(Envelope)
    return (
        select(ceiling.amount - func.coalesce(_promised(ceiling.axis_id), 0))
        .where(
            ceiling.partner_id == _PARTNER,
            ceiling.year == _YEAR,
            ceiling.axis_id == Action.axis_id,
            ceiling.hard,
        )
        .correlate(Action)
        .scalar_subquery()
    )


def _promised(axis_id: Any = None) -> ScalarSelect[Any]:
    tranche, contribution, action = aliased(Tranche), aliased(Contribution), aliased(Action)
    return (
        select(func.sum(holding(action.maturity, tranche.amount, tranche.paid)))
        .join(contribution, contribution.id == tranche.contribution_id)
        .join(action, action.id == contribution.action_id)
        .where(
            contribution.partner_id == _PARTNER,
            contribution.form == words.CASH,
            tranche.year == _YEAR,
            *([] if axis_id is None else [action.axis_id == axis_id]),
        )
        .scalar_subquery()
    )


def holding(maturity: Any, amount: Any, paid: Any) -> ColumnElement[int]:
    """What a tranche holds of an envelope: what is planned, or what was paid once its fiche is no more."""
    return case((maturity.in_(DEAD), paid), else_=amount)


def bound(action_id: str) -> Sequence[Partner]:
    """Who voted something for a fiche that is neither settled nor lapsed, in the order of the signatories."""
    return db.session.scalars(
        select(Partner)
        .where(
            Partner.id.in_(
                select(Contribution.partner_id)
                .join(Contribution.tranches)
                .where(Contribution.action_id == action_id, Tranche.voted > 0, Tranche.stage.not_in(stages.ENDED))
            )
        )
        .order_by(Partner.rank)
    ).all()


def _living() -> ColumnElement[bool]:
    return Action.maturity.not_in(DEAD)


def planned() -> ColumnElement[bool]:
    """What the contract may still carry out: a rejected fiche keeps its promises, which count in no total.

    One adopted earlier, of which a later text was rejected, is carried out as it was adopted.
    """
    return _living() & ((Action.decision != "rejected") | (Action.maturity == "adopted"))


def exercise() -> int:
    """The year in course, or the contract's nearest."""
    years = outline().years
    return min(max(clock.today().year, years[0]), years[-1])


class Financing(NamedTuple):
    """Who brings what to a fiche, and what comes from elsewhere, by year."""

    lines: Sequence[Line]
    other: Amounts


def financing(action_id: str) -> Financing:
    """Who brings what to a fiche, in the order of the signatories, then of forms and natures; one statement."""
    lines: dict[tuple[str, str], Line] = {}
    other: Counter[int] = Counter()
    rows = db.session.execute(elsewhere.beside(action_id, (Contribution, Partner, suspended(), *_SHARE)))
    for contribution, partner, held_up, year, nature, *share, other_year, cents in rows:
        if contribution is None:
            other[other_year] += cents
            continue
        key = (contribution.id, nature)
        made = Line(contribution.id, partner, contribution.form, nature, suspended=held_up)
        line = lines.setdefault(key, made)
        line.shares[year] = Share(*share)
    return Financing(in_order(lines.values()), other)


def suspended() -> ColumnElement[bool]:
    """Whether a suspensive condition of the contribution stands."""
    return exists().where(
        Condition.contribution_id == Contribution.id, Condition.kind == "suspensive", Condition.lifted_on.is_(None)
    )


def plan(found: Financing, costs: Amounts, partner_id: str | None, basis: str = "") -> FinancingPlan:
    """The plan made of what ``financing`` read and of the costs of the fiche's text; no statement."""
    lines, spent = found.lines, money(found.lines)
    return FinancingPlan(
        planned=planned_by(spent),
        costs=costs,
        other=found.other,
        years=outline().years,
        exercise=exercise(),
        rows=spent,
        apart=[line for line in lines if line.form != words.CASH],
        mine=[line for line in lines if line.partner.id == partner_id],
        basis=basis,
    )


def last_entry(contribution_ids: Iterable[str]) -> int | None:
    """The number of the latest act on some contributions in the log, for its receipt."""
    return db.session.scalar(select(func.max(LogEntry.seq)).where(LogEntry.subject.in_(set(contribution_ids))))


def matrix(partners: Sequence[Partner], choice: Choice = EVERYTHING) -> Matrix:
    """The living fiches that the contract may carry out and who funds them, at a level, in two statements.

    Of one partner, only the fiches it funds and only its lines; lacking, only those whose cost is not covered.
    """
    known = {partner.id: partner for partner in partners}
    lines = _lines(known, choice)
    fiches = [_fiche(row, lines.get(row["id"], [])) for row in _texts(choice)]
    if choice.lacking:
        fiches = [fiche for fiche in fiches if fiche.total_missing > 0]
    if choice.partner:
        fiches = [mine for fiche in fiches if (mine := restricted(fiche, choice.partner.id))]
    total = Balance.of(fiches)
    return Matrix(
        **vars(total),
        years=outline().years,
        exercise=exercise(),
        groups=grouped(fiches, outline().axes),
        count=len(fiches),
        exceeding=[fiche for fiche in fiches if fiche.total_cost and fiche.total_missing < 0],
    )


def _texts(choice: Choice) -> Iterable[dict[str, Any]]:
    """The living fiches with the costs of their current version and their other resources, by year."""
    other = elsewhere.by_year()
    rows = db.session.execute(
        select(
            Action.id,
            Action.code,
            Action.title,
            Action.axis_id,
            Objective.letter,
            Objective.title.label("objective"),
            ActionVersion.cost_basis.label("basis"),
            VersionCost.year,
            VersionCost.amount,
            other.c.year.label("other_year"),
            other.c.amount.label("other_amount"),
        )
        .join(Action.axis)
        .outerjoin(Action.objective)
        .join(ActionVersion, (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version))
        .outerjoin(ActionVersion.costs)
        .outerjoin(other, other.c.action_id == Action.id)
        .where(planned(), *under(choice))
        .order_by(Axis.number, func.coalesce(Objective.letter, ""), Action.rank)
    ).mappings()
    texts: dict[str, dict[str, Any]] = {}
    for row in rows:
        text = texts.setdefault(row["id"], {**row, "costs": {}, "other": {}})
        if row["year"] is not None:
            text["costs"][row["year"]] = row["amount"]
        if row["other_year"] is not None:
            text["other"][row["other_year"]] = int(row["other_amount"])
    return texts.values()


def _lines(known: Mapping[str, Partner], choice: Choice) -> Mapping[str, list[Line]]:
    """The contributions to the living fiches, by fiche, in the order of the signatories."""
    level = counting.at(choice.column)
    rows = db.session.execute(
        select(
            Contribution.action_id,
            Contribution.id,
            Contribution.partner_id,
            Contribution.form,
            *(level if column is Tranche.amount else column for column in _SHARE),
        )
        .join(Contribution.tranches)
        .join(Contribution.action)
        .join(Contribution.partner)
        .where(level > 0, planned(), *under(choice))
        .order_by(Partner.rank)
    )
    lines: dict[str, dict[tuple[str, str], Line]] = {}
    for action_id, contribution_id, partner_id, form, year, nature, *share in rows:
        of_fiche = lines.setdefault(action_id, {})
        key = (contribution_id, nature)
        line = of_fiche.setdefault(key, Line(contribution_id, known[partner_id], form, nature))
        line.shares[year] = Share(*share)
    return {action_id: in_order(of_fiche.values()) for action_id, of_fiche in lines.items()}


def under(choice: Choice) -> list[ColumnElement[bool]]:
    """The fiches of an axis, or of an objective of it."""
    kept = [Action.axis_id == choice.axis.id] if choice.axis else []
    if choice.letter is None:
        return kept
    return [*kept, Action.objective.has(Objective.letter == choice.letter) if choice.letter else _FREE]


def _fiche(text: dict[str, Any], lines: Sequence[Line]) -> Fiche:
    kept = {
        name: text[name]
        for name in ("id", "code", "title", "axis_id", "letter", "objective", "basis", "costs", "other")
    }
    return Fiche(**kept, planned=planned_by(money(lines)), lines=lines)
