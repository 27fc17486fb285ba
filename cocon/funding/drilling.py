"""What lies behind a total of the matrix: its contributions, year by year, 50 at a time, and their sum.

Named outside the seven usual files: ``queries.matrix`` adds up what it read, here the database chooses and adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, false, func, select, tuple_

from cocon.actions.models import Action
from cocon.contracts.models import Axis, Objective
from cocon.funding import awaiting, counting, ledger, queries, stages
from cocon.funding.choice import Choice
from cocon.funding.models import Contribution, Tranche
from cocon.funding.words import called
from cocon.kernel.db import db
from cocon.kernel.language import LazyString
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

PAGE = 50
#: The order of the matrix; the last column makes it total.
_ORDER: tuple[Any, ...] = (
    Axis.number,
    func.coalesce(Objective.letter, ""),
    Action.rank,
    Partner.rank,
    Tranche.year,
    Tranche.id,
)


class Piece(NamedTuple):
    """A tranche of a total."""

    action_id: str
    code: str
    title: str
    axis: int
    partner: Partner
    form: str
    tranche_id: str
    nature: str
    year: int
    stage: str
    unpaid: bool
    cents: Cents

    @property
    def called(self) -> str:
        """``en numéraire, investissement``."""
        return called(self.form, self.nature)

    @property
    def step(self) -> tuple[int, LazyString]:
        """How far it has come: rank and word."""
        return stages.named(self.stage, part=self.unpaid)


class Behind(NamedTuple):
    """A page of what is behind a total, with the whole sum and count; ``next`` is where the next page begins."""

    pieces: Sequence[Piece]
    total: Cents
    lines: int
    next: str | None


def summed(choice: Choice, signatories: Sequence[Partner]) -> tuple[Cents, int]:
    """The sum of what is behind a total, and how many contributions make it."""
    return _summed(choice, _short(choice, signatories))


def behind(choice: Choice, signatories: Sequence[Partner], after: str | None = None) -> Behind:
    """The contributions of a total, from the one after ``after``."""
    short = _short(choice, signatories)
    found = _kept(select(*_columns(choice)), choice, short)
    if after is not None:
        found = found.where(_following(after))
    pieces = [Piece(*row) for row in db.session.execute(found.order_by(*_ORDER).limit(PAGE + 1))]
    following = pieces[PAGE - 1].tranche_id if len(pieces) > PAGE else None
    return Behind(pieces[:PAGE], *_summed(choice, short), following)


def _summed(choice: Choice, short: Sequence[str] | None) -> tuple[Cents, int]:
    total, count = db.session.execute(_kept(select(func.sum(_level(choice)), func.count()), choice, short)).one()
    return int(total or 0), int(count)


def _short(choice: Choice, signatories: Sequence[Partner]) -> Sequence[str] | None:
    """The fiches that lack money, where only those are asked for; that depends on all their funders."""
    if not choice.lacking:
        return None
    return [fiche.id for fiche in queries.matrix(signatories, replace(choice, partner=None)).fiches]


def _level(choice: Choice) -> Any:
    if choice.undecided:
        return Tranche.amount - Tranche.voted
    if choice.reserved:
        return ledger.held("promised" if choice.planned else choice.column)
    return counting.at(choice.column)


def _columns(choice: Choice) -> tuple[Any, ...]:
    fiche = (Action.id, Action.code, Action.title, Axis.number)
    return (
        *fiche,
        Partner,
        Contribution.form,
        Tranche.id,
        Tranche.nature,
        Tranche.year,
        Tranche.stage,
        Tranche.paid < Tranche.engaged,
        _level(choice),
    )


def _joined(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(Tranche)
        .join(Tranche.contribution)
        .join(Contribution.partner)
        .join(Contribution.action)
        .join(Action.axis)
        .outerjoin(Action.objective)
    )


def _kept(statement: Select[Any], choice: Choice, short: Sequence[str] | None) -> Select[Any]:
    said = {Contribution.partner_id: choice.partner and choice.partner.id, Action.id: choice.action_id}
    kept: list[ColumnElement[bool]] = [column == value for column, value in said.items() if value]
    if choice.year is not None:
        kept.append(Tranche.year == choice.year)
    if not choice.reserved:
        kept.append(queries.planned())
    if choice.awaited:
        kept.append(awaiting.clause(choice.awaited))
    if short is not None:
        kept.append(Action.id.in_(short) if short else false())
    return _joined(statement).where(_level(choice) > 0, Contribution.form == choice.form, *queries.under(choice), *kept)


def _following(after: str) -> ColumnElement[bool]:
    """What comes after a tranche in the order of the matrix; nothing after one that is not known."""
    row = db.session.execute(_joined(select(*_ORDER)).where(Tranche.id == after)).first()
    return tuple_(*_ORDER) > tuple_(*row) if row else false()
