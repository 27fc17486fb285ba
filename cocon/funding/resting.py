"""What rests on an act, page after page: steps, money bound over years, conditions and envelopes.

Named outside the seven usual files: ``proofs`` reads the steps of a tranche. What holds an act is counted here too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    case,
    cast,
    false,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

from cocon.actions.models import Action
from cocon.contracts.models import Axis, Envelope
from cocon.funding.models import Authorisation, Condition, Contribution, EnvelopeVersion, Step, Tranche, YearCredit
from cocon.funding.standing import standing
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, ngettext
from cocon.kernel.money import Cents

PAGE = 50
#: What may rest on an act, in the order of its page, and how it is counted.
KINDS: dict[str, Callable[[int], LazyString]] = {
    "step": lambda n: ngettext("%(num)s étape", "%(num)s étapes", n),
    "schedule": lambda n: ngettext("%(num)s échéancier", "%(num)s échéanciers", n),
    "condition": lambda n: ngettext("%(num)s condition", "%(num)s conditions", n),
    "lifting": lambda n: ngettext("%(num)s levée de condition", "%(num)s levées de conditions", n),
    "envelope": lambda n: ngettext("%(num)s version d’enveloppe", "%(num)s versions d’enveloppes", n),
}
_RANKS = {kind: rank for rank, kind in enumerate(KINDS)}


class Rest(NamedTuple):
    """One thing that rests on an act; ``said`` is its own kind, ``year`` 0 where it is of all years.

    ``number`` is that of a step, of an authorisation or of an envelope's version; ``amount`` is in cents.
    """

    rank: int
    code: str
    year: int
    number: int
    id: str
    action_id: str | None
    title: str | None
    axis: int | None
    tranche_id: str | None
    nature: str | None
    said: str
    text: str | None
    amount: Cents | None

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return list(KINDS)[self.rank]


#: The columns of ``Rest``; the first five make an order.
_COLUMNS: dict[str, Any] = {
    "rank": Integer,
    "code": String,
    "year": Integer,
    "number": Integer,
    "id": String,
    "action_id": String,
    "title": String,
    "axis": Integer,
    "tranche_id": String,
    "nature": String,
    "said": String,
    "text": String,
    "amount": BigInteger,
}


class Page(NamedTuple):
    """50 at most; ``next`` says where the next page begins."""

    lines: Sequence[Rest]
    next: str | None


def page(act_id: str, after: str | None = None) -> Page:
    """What rests on an act, in the order of KINDS, then of codes and years; from the one after ``after``."""
    every = _every(act_id)
    order = (every.c.rank, every.c.code, every.c.year, every.c.number, every.c.id)
    found = select(every).order_by(*order)
    if after is not None:
        kind, _dot, row_id = after.partition(".")
        here = select(*order).where(every.c.rank == _RANKS.get(kind, -1), every.c.id == row_id)
        row = db.session.execute(here).first()
        found = found.where(tuple_(*order) > tuple_(*row) if row else false())
    lines = [Rest(*row) for row in db.session.execute(found.limit(PAGE + 1))]
    last = lines[PAGE - 1] if len(lines) > PAGE else None
    return Page(lines[:PAGE], f"{last.kind}.{last.id}" if last else None)


def counted(act_id: str, found: Page, after: str | None) -> Mapping[str, int]:
    """``counts``, of which a page that holds all of it tells as much."""
    return counts(act_id) if after or found.next else Counter(one.kind for one in found.lines)


def counts(act_id: str) -> Mapping[str, int]:
    """How many things of each kind rest on an act; none where it may be withdrawn."""
    every = _every(act_id)
    rows = db.session.execute(select(every.c.rank, func.count()).group_by(every.c.rank).order_by(every.c.rank))
    return {list(KINDS)[rank]: count for rank, count in rows}


def told(found: Mapping[str, int]) -> str:
    """``3 étapes, 1 condition``."""
    return ", ".join(str(KINDS[kind](count)) for kind, count in found.items())


def credits_of(lines: Sequence[Rest]) -> Mapping[str, Sequence[YearCredit]]:
    """The credits (CP) of the authorisations among them, by authorisation, year after year."""
    wanted = [one.id for one in lines if one.kind == "schedule"]
    found: dict[str, list[YearCredit]] = {one: [] for one in wanted}
    asked = select(YearCredit).where(YearCredit.authorisation_id.in_(wanted)).order_by(YearCredit.year)
    for credit in db.session.scalars(asked) if wanted else ():
        found[credit.authorisation_id].append(credit)
    return found


def _every(act_id: str) -> Subquery:
    return union_all(
        _steps().where(Step.act_id == act_id, standing()),
        _schedules().where(Authorisation.act_id == act_id),
        _conditions("condition").where(Condition.act_id == act_id),
        _conditions("lifting").where(Condition.lifting_act_id == act_id),
        _envelopes().where(EnvelopeVersion.act_id == act_id),
    ).subquery("resting")


def _row(kind: str, **known: Any) -> Select[Any]:
    """A row of the union: the columns that are known, nulls for the others, but in what makes the order."""
    known = {"rank": literal(_RANKS[kind]), "code": literal(""), "year": literal(0), "number": literal(0), **known}
    return select(*(known.get(name, cast(None, kind)).label(name) for name, kind in _COLUMNS.items()))


def _of_fiche(kind: str, **known: Any) -> Select[Any]:
    """One whose contribution is joined."""
    fiche = {"code": Action.code, "action_id": Action.id, "title": Action.title, "axis": Axis.number}
    return _row(kind, **fiche, **known)


def _steps() -> Select[Any]:
    shown = {"year": Tranche.year, "number": Step.number, "id": Step.id, "tranche_id": Tranche.id}
    return (
        _of_fiche("step", **shown, nature=Tranche.nature, said=Step.kind, amount=Step.amount)
        .join(Tranche, Tranche.id == Step.tranche_id)
        .join(Contribution, Contribution.id == Tranche.contribution_id)
        .join(Action, Action.id == Contribution.action_id)
        .join(Action.axis)
    )


def _schedules() -> Select[Any]:
    row = Authorisation
    shown = {"number": row.number, "id": row.id, "tranche_id": _first(Tranche.nature == row.nature)}
    return (
        _of_fiche("schedule", **shown, nature=row.nature, said=row.regime, text=row.reason, amount=row.amount)
        .join(Contribution, Contribution.id == row.contribution_id)
        .join(Action, Action.id == Contribution.action_id)
        .join(Action.axis)
    )


def _conditions(kind: str) -> Select[Any]:
    return (
        _of_fiche(kind, id=Condition.id, tranche_id=_first(), said=Condition.kind, text=Condition.text)
        .join(Contribution, Contribution.id == Condition.contribution_id)
        .join(Action, Action.id == Contribution.action_id)
        .join(Action.axis)
    )


def _envelopes() -> Select[Any]:
    row = EnvelopeVersion
    said = case((row.hard, "hard"), else_="indicative")
    shown = {"year": Envelope.year, "number": row.number, "id": row.id, "axis": Axis.number}
    return (
        _row("envelope", **shown, said=said, text=row.reason, amount=row.amount)
        .join(Envelope, Envelope.id == row.envelope_id)
        .outerjoin(Axis, Axis.id == Envelope.axis_id)
    )


def _first(*kept: ColumnElement[bool]) -> ColumnElement[str]:
    """The earliest tranche of the contribution, whose page shows what is asked or bound of it."""
    return (
        select(Tranche.id)
        .where(Tranche.contribution_id == Contribution.id, *kept)
        .order_by(Tranche.year, Tranche.nature)
        .limit(1)
        .correlate(Contribution, Authorisation)
        .scalar_subquery()
    )
