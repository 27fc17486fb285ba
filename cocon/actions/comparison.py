"""What two versions of a fiche say differently, field by field, and the sentence that sums it up.

Named outside the seven usual files: it reads nothing and changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cocon.actions import diff
from cocon.actions.diff import Piece
from cocon.actions.models import SPARE_FACTS, TEXT_FIELDS, ActionVersion, VersionIndicator, VersionMilestone
from cocon.actions.queries import Whole
from cocon.actions.words import FIELDS, INDICATOR_KIND
from cocon.kernel import money
from cocon.kernel.language import LazyString, _, ngettext
from cocon.kernel.money import Cents
from cocon.web.filters import day_or_month, quantity

MINUS = "\u2212"
#: A line of a list: its name, and all that it says.
Line = tuple[str, str]


@dataclass(frozen=True)
class Text:
    """A field of text, in pieces."""

    name: str
    label: LazyString
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Fact:
    """Something short, before and after; empty when there was nothing."""

    name: str
    label: LazyString
    before: str
    after: str


@dataclass(frozen=True)
class Names:
    """A list of names: who joined, who left."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True)
class Lines:
    """A list of steps or indicators: each line that came, went or changed, in pieces."""

    name: str
    label: LazyString
    lines: Sequence[Sequence[Piece]]


@dataclass(frozen=True)
class Cost:
    """The expected cost of a year (of all years: ``year`` is None), None where nothing was said."""

    year: int | None
    before: Cents | None
    after: Cents | None

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
    lists: Sequence[Lines] = ()
    associated: Names = field(default_factory=Names)
    costs: Sequence[Cost] = ()

    @property
    def count(self) -> int:
        """How many fields changed."""
        lists = bool(self.associated.added or self.associated.removed) + bool(self.costs) + len(self.lists)
        return len(self.texts) + len(self.facts) + lists

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
        _lists(older, newer),
        _names(older, newer),
        _costs(older, newer),
    )


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
    return day_or_month(value) if value and name in ("starts", "ends") else value


def _lists(older: Whole, newer: Whole) -> list[Lines]:
    before, after = older.version, newer.version
    found = {
        "milestones": _lines([_step(row) for row in before.milestones], [_step(row) for row in after.milestones]),
        "indicators": _lines([_measure(row) for row in before.indicators], [_measure(row) for row in after.indicators]),
    }
    return [Lines(name, FIELDS[name], lines) for name, lines in found.items() if lines]


def _lines(before: Sequence[Line], after: Sequence[Line]) -> list[list[Piece]]:
    """Lines of the same name are one line that changed; the others came or went. A mere change of order is none."""
    old, new = _by_name(before), _by_name(after)
    changed = [diff.compare(old[key], text) for key, text in new.items() if key in old and old[key] != text]
    added = [[Piece(diff.ADDED, text)] for key, text in new.items() if key not in old]
    return [*changed, *added, *([Piece(diff.REMOVED, text)] for key, text in old.items() if key not in new)]


def _by_name(lines: Sequence[Line]) -> dict[tuple[str, int], str]:
    """The words of each line by its name; the second line of a name is told from the first."""
    seen: Counter[str] = Counter()
    found = {}
    for name, text in lines:
        found[name, seen[name]] = text
        seen[name] += 1
    return found


def _step(one: VersionMilestone) -> Line:
    return one.title, str(_("%(title)s\u00a0: %(due)s", title=one.title, due=day_or_month(one.due)))


def _measure(one: VersionIndicator) -> Line:
    said = [f"{one.code} {one.label}".strip(), str(INDICATOR_KIND.get(one.kind, one.kind)), one.unit]
    if one.baseline is not None:
        when = f" ({one.baseline_year})" if one.baseline_year else ""
        said.append(str(_("référence %(value)s%(when)s", value=quantity(one.baseline), when=when)))
    said += [
        str(_("cible %(year)s\u00a0: %(value)s", year=year, value=quantity(value)))
        for year, value in sorted(one.said.targets.items())
    ]
    if one.source:
        said.append(str(_("source\u00a0: %(source)s", source=one.source)))
    return one.code or one.label, ", ".join(part for part in said if part)


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
    before, after = older.costs, newer.costs
    years = sorted(set(before) | set(after))
    changed = [Cost(year, before.get(year), after.get(year)) for year in years if before.get(year) != after.get(year)]
    return [*changed, Cost(None, older.cost, newer.cost)] if changed else []
