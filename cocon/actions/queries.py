"""Reading fiches: one statement for each question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, select
from sqlalchemy.orm import aliased, contains_eager

from cocon.actions import search
from cocon.actions.models import Action, ActionVersion, VersionCost
from cocon.contracts.queries import outline
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Mandate, Partner, Person

PAGE = 25

Place = tuple[int, str, int]

#: Sharing and publishing index the text in their transaction.
index = search.index


@dataclass(frozen=True)
class Whole:
    """A fiche and one of its versions, with all that its text names."""

    action: Action
    version: ActionVersion
    costs: Mapping[int, Cents]
    associated: Sequence[Partner]
    author: str

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


def find(action_id: str) -> Action | None:
    """A shared fiche with its axis, objective and partner."""
    action: Action | None = db.session.scalars(with_place(select(Action)).where(Action.id == action_id)).first()
    return action


def id_of(code: str) -> str | None:
    """The fiche of a code, however it is written (``1.a.03``); no statement when the text is no code."""
    code = code.strip().upper()
    return db.session.scalar(select(Action.id).where(Action.code == code)) if place_of(code) else None


def whole(action_id: str, number: int | None = None) -> Whole | None:
    """A fiche with its current text, or with that of version ``number``, in one statement."""
    owner, guest = aliased(Partner), aliased(Partner)
    years = outline().years
    rows = db.session.execute(
        with_place(select(Action, ActionVersion, guest, Person.name, *(_cost_of(year) for year in years)))
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
    action, version, _guest, author, *amounts = rows[0]
    costs = {year: amount for year, amount in zip(years, amounts, strict=True) if amount is not None}
    return Whole(action, version, costs, [row[2] for row in rows if row[2] is not None], author)


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


def _cost_of(year: int) -> ColumnElement[int | None]:
    return (
        select(VersionCost.amount)
        .where(VersionCost.version_id == ActionVersion.id, VersionCost.year == year)
        .scalar_subquery()
    )
