"""What two versions of a fiche say differently, field by field, and the sentence that sums it up.

Named outside the seven usual files: it reads nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from cocon.actions import changes, diff, words
from cocon.actions.changes import MINUS, Fact, Rows, Text
from cocon.actions.costs import ByYear
from cocon.actions.models import SPARE_FACTS, TEXT_FIELDS, ActionVersion, VersionIndicator, VersionMilestone
from cocon.actions.operations import VersionFields, planned
from cocon.actions.queries import Whole
from cocon.actions.words import FIELDS
from cocon.kernel import clock, money
from cocon.kernel.language import LazyString, _, ngettext
from cocon.kernel.money import Cents
from cocon.partners.models import Partner
from cocon.web.filters import day_or_month

#: Fields that are amounts.
AMOUNTS = ("costs", "eligible", "charges")
#: Short answers whose stored values have words.
WORDED = {"cost_basis": words.COST_BASIS, "state_aid": words.STATE_AID}


@dataclass(frozen=True)
class Names:
    """A list of names: who joined, who left."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True)
class Cost:
    """The expected cost of a year (of all years: ``year`` is None), None where nothing was said; maybe one nature."""

    year: int | None
    before: Cents | None
    after: Cents | None
    nature: str = ""

    @property
    def name(self) -> str:
        """``2014``, ``2014 60``, ``total``."""
        return f"{self.year or 'total'} {self.nature}".rstrip()

    @property
    def label(self) -> LazyString | str:
        """``2014``, ``60 Achats, 2014``, ``Total``."""
        if self.nature:
            return _("%(nature)s, %(year)s", nature=words.NATURES[self.nature], year=self.year)
        return str(self.year) if self.year else _("Total")

    @property
    def sides(self) -> tuple[str, str]:
        """What was said, and what is; empty where nothing was."""
        old, new = ("" if cents is None else money.euros(cents) for cents in (self.before, self.after))
        return old, new

    @property
    def difference(self) -> str:
        """``+50 000,00 €``, with its sign."""
        return signed((self.after or 0) - (self.before or 0))


@dataclass(frozen=True)
class Comparison:
    """What changed from one version to another; fields that say the same are not there."""

    older: Whole
    newer: Whole
    texts: Sequence[Text] = ()
    facts: Sequence[Fact] = ()
    lists: Sequence[Rows] = ()
    associated: Names = field(default_factory=Names)
    costs: Sequence[Cost] = ()
    eligible: Sequence[Cost] = ()
    charges: Sequence[Cost] = ()

    @property
    def fields(self) -> list[tuple[str, LazyString, Any]]:
        """What changed in each field, with its name and what it is called, in the order of reading."""
        several: Sequence[Text | Fact | Rows] = (*self.texts, *self.facts, *self.lists)
        found: dict[str, Any] = {one.name: one for one in several}
        if self.associated.added or self.associated.removed:
            found["associated"] = self.associated
        found |= {name: self.amounts[name] for name in AMOUNTS if self.amounts[name]}
        return [(name, label, found[name]) for name, label in FIELDS.items() if name in found]

    @property
    def amounts(self) -> dict[str, Sequence[Cost]]:
        """The amounts that changed, by field."""
        return {name: getattr(self, name) for name in AMOUNTS}

    @property
    def count(self) -> int:
        """How many fields changed."""
        return len(self.fields)

    @property
    def sentence(self) -> LazyString | str:
        """``3 champs modifiés, +50 000,00 € de coût``."""
        if not self.count:
            return _("Ces deux versions disent la même chose.")
        said = ngettext("%(num)s champ modifié", "%(num)s champs modifiés", self.count)
        difference = self.newer.cost - self.older.cost
        if difference:
            return _("%(said)s, %(difference)s de coût.", said=said, difference=signed(difference))
        return _("%(said)s, à coût égal.", said=said) if self.costs else _("%(said)s.", said=said)


def compare(older: Whole, newer: Whole) -> Comparison:
    """What a reader of the older version should read again."""
    return Comparison(
        older,
        newer,
        _texts(older, newer),
        _facts(older, newer),
        lists(older, newer),
        _names(older, newer),
        _costs(older, newer),
        _changed(older.eligible, newer.eligible),
        _charges(older, newer),
    )


def next_version(whole: Whole, fields: VersionFields, partners: Sequence[Partner]) -> Whole:
    """The fiche as it would be read if this text, sound or not, were published now; nothing of it is kept."""
    texts = {name: getattr(fields, name) for name in ("title", *TEXT_FIELDS, *SPARE_FACTS)}
    version = ActionVersion(
        number=whole.version.number + 1,
        published_at=clock.now(),
        project_owner_id=fields.project_owner_id,
        project_owner_name=fields.project_owner_name,
        associated=list(fields.associated),
        **texts,
    )
    owner = next((partner for partner in partners if partner.id == fields.project_owner_id), None)
    set_committed_value(version, "project_owner", owner)
    for name, kind in (("milestones", VersionMilestone), ("indicators", VersionIndicator)):
        set_committed_value(version, name, [row for row in planned("", fields) if isinstance(row, kind)])
    guests = [partner for partner in partners if partner.key in fields.associated]
    eligible, charges = fields.eligible, fields.charges
    return Whole(whole.action, version, fields.costs, guests, author="", eligible=eligible, charges=charges)


def signed(cents: Cents) -> str:
    """``+50 000,00 €``, ``−20 000,00 €``."""
    sign = "+" if cents > 0 else MINUS if cents < 0 else ""
    return f"{sign}{money.euros(abs(cents))}"


def _texts(older: Whole, newer: Whole) -> list[Text]:
    pairs = ((name, getattr(older.version, name), getattr(newer.version, name)) for name in ("title", *TEXT_FIELDS))
    return [Text(name, FIELDS[name], diff.compare(before, after)) for name, before, after in pairs if before != after]


def _facts(older: Whole, newer: Whole) -> list[Fact]:
    """The project owner, unless only its name changed with time; its delegate, the beginning and the end."""
    before, after = older.version, newer.version
    pairs = {name: (fact(before, name), fact(after, name)) for name in SPARE_FACTS}
    if (before.project_owner_id, before.project_owner_name) != (after.project_owner_id, after.project_owner_name):
        pairs = {"project_owner": (older.owner_name, newer.owner_name), **pairs}
    return [Fact(name, FIELDS[name], old, new) for name, (old, new) in pairs.items() if old != new]


def fact(version: ActionVersion, name: str) -> str:
    """A short answer as people read it."""
    value = str(getattr(version, name))
    if name in WORDED:
        return str(WORDED[name].get(value, value))
    return day_or_month(value) if value and name in ("starts", "ends") else value


def lists(older: Whole, newer: Whole) -> list[Rows]:
    """The steps and the indicators that changed."""
    found = {
        name: changes.rows(*([row.said for row in getattr(whole.version, name)] for whole in (older, newer)))
        for name in ("milestones", "indicators")
    }
    return [Rows(name, FIELDS[name], rows) for name, rows in found.items() if rows]


def _names(older: Whole, newer: Whole) -> Names:
    before, after = set(older.version.associated), set(newer.version.associated)
    return Names(
        [
            name
            for partner, name in zip(newer.associated, newer.associated_names, strict=True)
            if partner.key not in before
        ],
        [
            name
            for partner, name in zip(older.associated, older.associated_names, strict=True)
            if partner.key not in after
        ],
    )


def _costs(older: Whole, newer: Whole) -> list[Cost]:
    """The years that changed, then the total."""
    changed = _changed(older.costs, newer.costs)
    return [*changed, Cost(None, older.cost, newer.cost)] if changed else []


def _changed(before: ByYear, after: ByYear) -> list[Cost]:
    years = sorted(set(before) | set(after))
    return [Cost(year, before.get(year), after.get(year)) for year in years if before.get(year) != after.get(year)]


def _charges(older: Whole, newer: Whole) -> list[Cost]:
    """The natures that changed, each year of one after the other."""
    before, after = older.charges, newer.charges
    keys = sorted(set(before) | set(after), key=lambda key: (key[1], key[0]))
    return [Cost(key[0], before.get(key), after.get(key), key[1]) for key in keys if before.get(key) != after.get(key)]
