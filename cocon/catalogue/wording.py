"""What the list is asked in its address, and what it offers: filters, orders, views, as links.

Named outside the seven usual files: it turns what ``queries`` counted into words and addresses, for the templates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from cocon.actions import words
from cocon.actions.queries import Place, place_of
from cocon.catalogue.queries import FACETS, YES, Cursor, Filters, Overview
from cocon.contracts.queries import AxisLine
from cocon.kernel.folding import wanted
from cocon.kernel.language import LazyString, _
from cocon.partners.models import Partner
from cocon.web.forms import clean

#: What follows ``?`` in an address.
Query = dict[str, Any]

LONGEST = 200
#: Each word looked for is a search of its own; nobody types more.
MOST_WORDS = 12

#: The names of the facets in the address, and their titles.
NAMES = {
    "axis": "axe",
    "objective": "objectif",
    "maturity": "statut",
    "decision": "decision",
    "progress": "avancement",
    "partner": "partenaire",
    "funder": "finance",
    "lacking": "manque",
    "due": "echeance",
}
TITLES: dict[str, LazyString] = {
    "axis": _("Axe"),
    "objective": _("Objectif"),
    "maturity": _("État de la fiche"),
    "decision": _("Décision"),
    "progress": _("Avancement"),
    "partner": _("Proposée par"),
    "funder": _("Financée par"),
    "lacking": _("Financement"),
    "due": _("Échéance"),
}
LACKING, DUE = _("Il manque des financements"), _("L’avis de votre organisation est attendu")
SORTS: dict[str, tuple[str, LazyString]] = {
    "relevance": ("pertinence", _("Pertinence")),
    "code": ("code", _("Code")),
    "title": ("titre", _("Titre")),
    "date": ("date", _("Dernière version")),
    "cost": ("cout", _("Coût prévu")),
    "gap": ("manque", _("Il manque")),
}
#: The first facets are open; the others are a click away.
OPEN = ("axis", "maturity", "decision", "lacking", "due")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address asks for. ``problem`` says why nothing can be looked for."""

    filters: Filters
    sort: str = "code"
    board: bool = False
    problem: LazyString | None = None

    @property
    def usual_sort(self) -> str:
        """How the list is sorted when nobody says."""
        return "relevance" if self.filters.words else "code"

    @property
    def anything(self) -> bool:
        """Whether some filter is chosen."""
        return bool(self.filters.text or self.filters.chosen)

    @property
    def query(self) -> Query:
        """What follows ``?`` in the address of this list."""
        said = {"q": self.filters.text} if self.filters.text else {}
        said |= {NAMES[name]: value for name, value in self.filters.chosen.items()}
        if self.sort != self.usual_sort and not self.board:
            said["tri"] = SORTS[self.sort][0]
        return {**said, "vue": "statut"} if self.board else said

    @property
    def encoded(self) -> str:
        """The same, as one text."""
        return urlencode(self.query)

    def other(self, **changes: Any) -> Query:
        """The query of the list with other filters; an objective does not outlive its axis."""
        if "axis" in changes:
            changes["objective"] = ""
        return replace(self, filters=replace(self.filters, **changes)).query

    def without_words(self) -> Query:
        """The query of the list without what was typed."""
        sort = "code" if self.sort == "relevance" else self.sort
        return replace(self, filters=replace(self.filters, text="", words=()), sort=sort).query

    def in_table(self, maturity: str) -> Query:
        """The query of the whole of a column of the view by status."""
        return replace(self, filters=replace(self.filters, maturity=maturity), board=False).query

    def sorted_by(self, sort: str) -> Query:
        """The query of the list in another order."""
        return replace(self, sort=sort, board=False).query


@dataclass(frozen=True)
class Choice:
    """A value of a facet: how many fiches have it, and the query that chooses it, or gives it up."""

    label: LazyString | str
    count: int
    query: Query
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A filter and its values."""

    title: LazyString
    open: bool
    choices: Sequence[Choice] = field(default_factory=list)


def asked(
    said: Mapping[str, str], partners: Iterable[str], axes: Iterable[AxisLine], reader: str | None = None
) -> Asked:
    """Read an address for a reader of this partner; what it says that means nothing is left out."""
    known = {
        "axis": {str(axis.number) for axis in axes},
        "maturity": words.MATURITY.keys(),
        "decision": words.DECISION.keys(),
        "progress": {word or "none" for word in words.PROGRESS},
        "partner": (keys := set(partners)),
        "funder": keys,
        "lacking": {YES},
        "due": {YES},
    }
    values = {name: said.get(NAMES[name], "") for name in FACETS}
    values = {name: value for name, value in values.items() if name == "objective" or value in known[name]}
    if (place_of(f"{values['objective']}.01") or ("", "", ""))[1] == "":
        values["objective"] = ""
    typed = " ".join("".join(c if c.isprintable() else " " for c in clean(said.get("q"))).split())
    looked_for = wanted(typed[:LONGEST])
    problem = _problem(typed, len(looked_for))
    filters = Filters(text=typed[:LONGEST], words=() if problem else tuple(looked_for), reader=reader, **values)
    usual = "relevance" if filters.words else "code"
    order = {name: key for key, (name, _label) in SORTS.items() if key != "relevance" or filters.words}
    return Asked(
        filters=filters, sort=order.get(said.get("tri", ""), usual), board=said.get("vue") == "statut", problem=problem
    )


def _problem(typed: str, number: int) -> LazyString | None:
    if len(typed) > LONGEST:
        return _("Ce que vous cherchez est trop long\u202f: %(max)s caractères au plus.", max=LONGEST)
    if number > MOST_WORDS:
        return _("Cherchez %(max)s mots au plus à la fois.", max=MOST_WORDS)
    return None


def cursor(said: Mapping[str, str], sort: str) -> Cursor | None:
    """Where the page begins, as ``address_of`` wrote it."""
    place, value = place_of(said.get("apres", "")), said.get("depuis", "")[:400]
    if place is None or sort == "code":
        return Cursor(place) if place else None
    if sort in ("title", "date"):
        return Cursor(place, "".join(c for c in value if c.isprintable()))
    digits = value.removeprefix("-")
    sound = digits.isascii() and digits.isdigit() and len(digits) < 18
    return Cursor(place, int(value)) if sound else None


def following(cursor: Cursor) -> Query:
    """What the address of the next page says more."""
    code = code_of(cursor.place)
    return {"apres": code} if cursor.value is None else {"apres": code, "depuis": str(cursor.value)}


def code_of(place: Place) -> str:
    """The code that stands at a place."""
    axis, letter, rank = place
    return f"{axis}.{letter}.{rank:02d}" if letter else f"{axis}.{rank:02d}"


def facets(
    asked: Asked, found: Overview, partners: Sequence[Partner], axes: Iterable[AxisLine]
) -> tuple[list[Facet], list[Choice]]:
    """The filters with their counts, and those that are chosen."""
    labels = _labels(found, partners, axes)
    shown, chosen = [], []
    for name in FACETS:
        value = getattr(asked.filters, name)
        choices = _choices(asked, name, found.counts[name], labels[name])
        if choices:
            shown.append(Facet(TITLES[name], name in OPEN or bool(value), choices))
        chosen += [replace(choice, label=_named(name, choice.label)) for choice in choices if choice.chosen]
    return shown, chosen


def _named(name: str, label: LazyString | str) -> LazyString | str:
    """A chosen value, said so that it stands alone."""
    return (
        label
        if name in ("axis", "lacking", "due")
        else _("%(title)s\u00a0: %(value)s", title=TITLES[name], value=label)
    )


def _choices(
    asked: Asked, name: str, counts: Mapping[str, int], label_of: Callable[[str], LazyString | str | None]
) -> list[Choice]:
    value = getattr(asked.filters, name)
    known = [*counts, *([value] if value and value not in counts else [])]
    order = ORDERS.get(name)
    found = []
    for one in sorted(known, key=order.index) if order else known:
        label = label_of(one)
        if label is not None:
            query = asked.other(**{name: "" if one == value else one})
            found.append(Choice(label, counts.get(one, 0), query, one == value))
    return found if order else sorted(found, key=lambda choice: str(choice.label))


#: In what order the values of a facet stand; the others stand in that of their labels.
ORDERS = {
    "maturity": list(words.MATURITY),
    "decision": list(words.DECISION),
    "progress": [word or "none" for word in words.PROGRESS],
}


def _labels(
    found: Overview, partners: Sequence[Partner], axes: Iterable[AxisLine]
) -> dict[str, Callable[[str], LazyString | str | None]]:
    names = {partner.key: partner.current_name for partner in partners}
    numbers = {str(axis.number): _("Axe %(n)s. %(title)s", n=axis.number, title=axis.title) for axis in axes}
    return {
        "axis": numbers.get,
        "objective": lambda value: f"{value} {found.objectives.get(value, '')}".strip(),
        "maturity": words.MATURITY.get,
        "decision": words.DECISION.get,
        "progress": lambda value: words.PROGRESS.get(None if value == "none" else value),
        "partner": names.get,
        "funder": names.get,
        "lacking": lambda _value: LACKING,
        "due": lambda _value: DUE,
    }
