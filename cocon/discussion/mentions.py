"""Whom a message calls with ``@``: names and keys are looked up once, when it is posted, and stored as ``@[Name]``.

Named outside the seven usual files: operations resolve what was typed, forms and pages offer the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from cocon.discussion import refusals
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.partners.models import Mandate, Partner, Person
from cocon.policy import GRANTS, Permission

ANSWERING = sorted({role for grant in GRANTS[Permission.COMMENT] for role in grant.roles})

_BRACKETED = r"@\[([^\[\]\n]{1,300})\]"
_SPACES = "[ \u00a0\u202f]+"


@dataclass(frozen=True)
class Target:
    """A partner, or a person who may answer for it."""

    partner_id: str
    key: str
    partner: str
    person_id: str | None = None
    person: str | None = None

    @property
    def name(self) -> str:
        """As it is shown."""
        return self.person or self.partner


Index = Mapping[str, Sequence[Target]]


def directory() -> Sequence[Target]:
    """The partners in the contract's order, each followed by the people who may answer for it, in one statement."""
    today = clock.today()
    answers = and_(
        Mandate.partner_id == Partner.id,
        Mandate.role.in_(ANSWERING),
        Mandate.starts_on <= today,
        or_(Mandate.ends_on.is_(None), Mandate.ends_on >= today),
    )
    rows = db.session.execute(
        select(Partner, Person.id, Person.name)
        .outerjoin(Mandate, answers)
        .outerjoin(Person, Person.id == Mandate.person_id)
        .order_by(Partner.rank, Person.name, Person.id)
    ).all()
    found: dict[Target, None] = {}
    for partner, person_id, person in rows:
        found[Target(partner.id, partner.key, partner.current_name)] = None
        if person_id:
            found[Target(partner.id, partner.key, partner.current_name, person_id, person)] = None
    return list(found)


def resolve(text: str, chosen: Iterable[str]) -> tuple[str, set[Target]]:
    """The text with each name found written ``@[Name]``, those ``chosen`` beside it added at its end, and who they are.

    Quoted lines call nobody again. Raises UnknownName for a chosen name that nobody bears.
    """
    wanted = [name for name in chosen if name]
    if "@" not in text and not wanted:
        return text, set()
    index = _index(directory())
    pattern, called = _pattern(index), set[Target]()

    def named(found: re.Match[str]) -> str:
        """The name in brackets; brackets around a name that nobody bears are taken off."""
        targets = index.get(_folded(found[1] or found[2]), ())
        called.update(targets)
        return f"@[{targets[0].name}]" if targets else f"@{found[1]}"

    lines = [line if line.startswith(">") else pattern.sub(named, line) for line in text.split("\n")]
    added = list(_added(wanted, index, called))
    return "\n".join([*lines, *(["", " ".join(added)] if added else [])]), called


def _added(wanted: Iterable[str], index: Index, called: set[Target]) -> Iterator[str]:
    for name in wanted:
        found = index.get(_folded(name))
        if not found:
            raise refusals.UnknownName
        if not called.intersection(found):
            called.update(found)
            yield f"@[{found[0].name}]"


def _index(targets: Iterable[Target]) -> Index:
    index: dict[str, list[Target]] = {}
    for one in targets:
        for label in (one.name,) if one.person_id else (one.name, one.key):
            index.setdefault(_folded(label), []).append(one)
    return index


def _folded(name: str) -> str:
    return re.sub(_SPACES, " ", name).strip().casefold()


def _pattern(index: Index) -> re.Pattern[str]:
    labels = sorted(index, key=len, reverse=True)
    names = "|".join(re.escape(label).replace(r"\ ", _SPACES) for label in labels)
    return re.compile(rf"(?<![\w.+-])(?:{_BRACKETED}|@({names})(?![\w-]))", re.IGNORECASE)
