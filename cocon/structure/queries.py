"""Reading the links of fiches; on the page of a fiche they come with the statement that reads its text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased, contains_eager

from cocon.actions import search
from cocon.actions.models import Action, ActionSearch, ActionVersion, FormerCode, VersionCost
from cocon.actions.queries import with_place
from cocon.contracts.models import Axis, Contract, Objective
from cocon.funding.models import Contribution, Tranche
from cocon.funding.queries import DEAD
from cocon.funding.words import CASH
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db, dialect
from cocon.kernel.folding import wanted
from cocon.kernel.money import Cents
from cocon.partners.models import Mandate, Partner
from cocon.policy import WRITERS
from cocon.structure.models import Carry, Lineage, Link

#: Links of a fiche shown at once; nobody makes more.
MOST = 200
#: Fiches offered to somebody who typed words of a title, and the words looked at.
OFFERED, WORDS = 8, 12


@dataclass(frozen=True, kw_only=True)
class Tie:
    """A link as a page shows it: to a fiche, or to what a split announced and nobody has shared yet."""

    id: str
    kind: str
    outgoing: bool
    other_id: str
    code: str | None
    title: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Ancestor:
    """A fiche of an earlier contract."""

    id: str
    contract: str
    label: str
    code: str | None
    source: str
    reason: str


@dataclass(frozen=True)
class Links:
    """All that ties a fiche to others; ``carry`` is what the reader's organisation has not settled yet."""

    ties: Sequence[Tie] = ()
    ancestors: Sequence[Ancestor] = ()
    former_codes: Sequence[str] = ()
    carry: bool = False

    def __bool__(self) -> bool:
        return bool(self.ties or self.ancestors or self.former_codes)

    def of(self, kind: str, *, outgoing: bool | None = None) -> list[Tie]:
        """The links of a kind, in one direction or both."""
        return [tie for tie in self.ties if tie.kind == kind and outgoing in (None, tie.outgoing)]

    @property
    def merged_into(self) -> Tie | None:
        """The fiche that stays, when this one was merged."""
        return next(iter(self.of("merged", outgoing=True)), None)


def beside(action_id: str, actor: Actor) -> ColumnElement[Any]:
    """The links of a fiche as one value (JSON), for the statement that reads the fiche."""
    rows = union_all(
        _ties(action_id, outgoing=True),
        _ties(action_id, outgoing=False),
        _ancestors(action_id),
        _former_codes(action_id),
        _carries(action_id, actor.partner_id),
    ).subquery()
    columns = list(rows.c)
    made: ColumnElement[Any] = (
        func.json_group_array(func.json_array(*columns))
        if dialect() == "sqlite"
        else cast(func.json_agg(func.json_build_array(*columns)), String)
    )
    return select(made).select_from(rows).scalar_subquery()


def read(value: str | None) -> Links:
    """What ``beside`` found."""
    rows = [_Row(*row) for row in json.loads(value or "[]")]
    ties = [
        Tie(
            id=row.id,
            kind=row.kind,
            outgoing=row.sort == "out",
            other_id=row.other_id or "",
            code=row.code,
            title=row.title,
            reason=row.reason or "",
        )
        for row in sorted(rows, key=lambda row: (row.code or "~", row.at or "", row.id))
        if row.sort in ("out", "in")
    ]
    ancestors = [
        Ancestor(
            id=row.id,
            contract=row.kind,
            label=row.title or "",
            code=row.code,
            source=row.other_id or "",
            reason=row.reason or "",
        )
        for row in sorted(rows, key=lambda row: row.at or "")
        if row.sort == "lineage"
    ]
    former = [row for row in rows if row.sort == "code"]
    return Links(
        ties,
        ancestors,
        [row.code or "" for row in sorted(former, key=lambda row: row.at or "")],
        any(row.sort == "carry" for row in rows),
    )


def links(action_id: str, actor: Actor) -> Links:
    """The same in a statement of its own."""
    return read(db.session.scalar(select(beside(action_id, actor))))


@dataclass(frozen=True)
class _Row:
    sort: str
    id: str
    kind: str
    other_id: str | None
    code: str | None
    title: str | None
    reason: str | None
    at: str | None


def _text(value: str | None) -> ColumnElement[Any]:
    return cast(literal(value, String), String)


def _ties(action_id: str, *, outgoing: bool) -> Select[Any]:
    here, there = (Link.from_id, Link.to_id) if outgoing else (Link.to_id, Link.from_id)
    other = aliased(Action)
    return (
        select(
            _text("out" if outgoing else "in").label("sort"),
            Link.id,
            Link.kind,
            there.label("other_id"),
            other.code,
            func.coalesce(other.title, Link.title).label("title"),
            Link.reason,
            cast(Link.made_at, String).label("at"),
        )
        .outerjoin(other, other.id == there)
        .where(here == action_id, Link.ended_at.is_(None))
    )


def _ancestors(action_id: str) -> Select[Any]:
    return (
        select(
            _text("lineage"),
            Lineage.id,
            Contract.title,
            Lineage.source,
            Lineage.former_code,
            Lineage.label,
            Lineage.reason,
            cast(Lineage.made_at, String),
        )
        .join(Lineage.contract)
        .where(Lineage.action_id == action_id, Lineage.ended_at.is_(None))
    )


def _former_codes(action_id: str) -> Select[Any]:
    return select(
        _text("code"),
        FormerCode.id,
        _text(""),
        _text(None),
        FormerCode.code,
        _text(None),
        _text(None),
        cast(FormerCode.replaced_at, String),
    ).where(FormerCode.action_id == action_id)


def _carries(action_id: str, partner_id: str | None) -> Select[Any]:
    nothing = (_text(None),) * 5
    return select(_text("carry"), Carry.id, _text(""), *nothing).where(
        Carry.action_id == action_id, Carry.partner_id == partner_id, Carry.settled_at.is_(None)
    )


@dataclass(frozen=True)
class Promise:
    """A partner that promised something to a fiche: the money, year by year, and what is kept apart, by form."""

    partner: Partner
    amounts: dict[int, Cents] = field(default_factory=dict)
    apart: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> Cents:
        """The money, over all years."""
        return sum(self.amounts.values())


def promises(action_id: str) -> Sequence[Promise]:
    """Who has promised something to a fiche, in the order of the signatories."""
    rows = db.session.execute(
        select(Partner, Contribution.form, Tranche.year, Tranche.amount)
        .join(Contribution, Contribution.partner_id == Partner.id)
        .join(Contribution.tranches)
        .where(Contribution.action_id == action_id, Tranche.amount > 0)
        .order_by(Partner.rank, Tranche.year)
    )
    found: dict[str, Promise] = {}
    for partner, form, year, amount in rows:
        known = found.setdefault(partner.id, Promise(partner))
        if form == CASH:
            known.amounts[year] = known.amounts.get(year, 0) + amount
        else:
            known.apart[form] += amount
    return list(found.values())


def has_promised(action_id: str, partner_id: str) -> bool:
    """Whether a partner promises something to a fiche."""
    return any(promise.partner.id == partner_id for promise in promises(action_id))


def carry(action_id: str, partner_id: str | None) -> Carry | None:
    """What a partner left on a merged fiche, with both fiches."""
    action, kept = aliased(Action), aliased(Action)
    return db.session.scalars(
        select(Carry)
        .join(Carry.action.of_type(action))
        .join(Carry.kept.of_type(kept))
        .join(Carry.partner)
        .join(action.axis)
        .options(
            contains_eager(Carry.action.of_type(action)).contains_eager(action.axis),
            contains_eager(Carry.kept.of_type(kept)),
            contains_eager(Carry.partner),
        )
        .where(Carry.action_id == action_id, Carry.partner_id == partner_id)
    ).first()


def merged_into(action_id: str) -> Action | None:
    """The fiche that stays, when another was merged into it."""
    return db.session.scalars(
        select(Action).join(Link, Link.to_id == Action.id).where(Link.from_id == action_id, Link.kind == "merged")
    ).first()


def unsettled(actor: Actor) -> Select[Any]:
    """The carries that await the actor's partner."""
    return select(Carry.id).where(Carry.partner_id == actor.partner_id, Carry.settled_at.is_(None))


def promised_to_merged() -> ScalarSelect[Any]:
    """The money that the partner of a carry promised to the fiche that was merged; none where all is kept apart."""
    return (
        select(func.sum(Tranche.amount))
        .join(Contribution, Contribution.id == Tranche.contribution_id)
        .where(
            Contribution.action_id == Carry.action_id,
            Contribution.partner_id == Carry.partner_id,
            Contribution.form == CASH,
        )
        .correlate(Carry)
        .scalar_subquery()
    )


def named(text: str, but: str) -> Sequence[Action]:
    """The other fiches in force that hold all these words, those of a title first; eight at most."""
    words = wanted(text)[:WORDS]
    if not words:
        return []
    place = (Axis.number, func.coalesce(Objective.letter, ""), Action.rank)
    actions: Sequence[Action] = db.session.scalars(
        with_place(select(Action))
        .join(ActionSearch, ActionSearch.action_id == Action.id)
        .where(search.matches(words), Action.maturity.not_in(DEAD), Action.id != but)
        .order_by(search.score(words).desc(), *place)
        .limit(OFFERED)
    ).all()
    return actions


def earlier_contracts() -> Sequence[Contract]:
    """The contracts before the one in force, the latest first."""
    return db.session.scalars(select(Contract).where(~Contract.in_force).order_by(Contract.rank.desc())).all()


def tie(action_id: str, link_id: str) -> Link | Lineage | None:
    """A link or a lineage of a fiche that is still shown and that may be ended."""
    related = db.session.scalars(
        select(Link).where(
            Link.id == link_id,
            Link.kind == "related",
            Link.ended_at.is_(None),
            or_(Link.from_id == action_id, Link.to_id == action_id),
        )
    ).first()
    if related is not None:
        return related
    return db.session.scalars(
        select(Lineage).where(Lineage.id == link_id, Lineage.action_id == action_id, Lineage.ended_at.is_(None))
    ).first()


def receiver(action: Action) -> Mandate | None:
    """Who in the partner of a fiche receives the drafts of a split: its representative, else who drafts for it."""
    ranks = {role: rank for rank, role in enumerate(WRITERS.split())}
    today = clock.today()
    mandates = db.session.scalars(
        select(Mandate).where(Mandate.partner_id == action.partner_id, Mandate.role.in_(ranks))
    ).all()
    valid = [mandate for mandate in mandates if mandate.valid_on(today)]
    return min(valid, key=lambda mandate: (ranks[mandate.role], mandate.starts_on, mandate.id), default=None)


def cost(action: Action) -> Cents:
    """What a fiche costs over the contract by its current text, in cents."""
    return int(
        db.session.scalar(
            select(func.coalesce(func.sum(VersionCost.amount), 0))
            .join(VersionCost.of_version)
            .where(ActionVersion.action_id == action.id, ActionVersion.number == action.version)
        )
        or 0
    )
