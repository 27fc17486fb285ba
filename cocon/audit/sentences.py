"""An entry as a French sentence: who, in which capacity, for whom, what, why, and what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cocon.audit import columns as called
from cocon.audit import words
from cocon.audit.event import KINDS
from cocon.audit.shape import is_sealed
from cocon.audit.values import ERASED, fact, said
from cocon.kernel.language import LazyString, _
from cocon.web.filters import date_long

Body = Mapping[str, Any]
#: The values that the reader may see, by digest. A digest that is not there was erased.
Opened = Mapping[str, Any]

UNKNOWN = _("{who} a fait, au nom de {partner}, un acte que cette version ne sait pas dire ({kind}).")
INTERNAL = _("Échange interne à un partenaire\u00a0: contenu non accessible, compté dans la vérification.")
#: Said after an act whose content one partner alone reads.
INSIDE = _("Acte interne\u00a0: seule son organisation le lit.")

_PLACE = re.compile(r"(?P<of>\b[dD]e )?{(?P<name>\w+)}(?P<after>[ ,.])?")
_FOR_NOBODY = re.compile(r",? (?:au nom de|pour) {partner},?")
_STRONG = frozenset({"partner", "amount", "stance", "outcome"})
_WINDOWS: dict[tuple[bool, bool], LazyString] = {
    (False, False): _("{who} a ouvert sans limite de date la période pour {activity}."),
    (True, False): _("{who} a fixé la période pour {activity}\u00a0: à partir du {opens_on}."),
    (False, True): _("{who} a fixé la période pour {activity}\u00a0: jusqu’au {closes_on}."),
    (True, True): _("{who} a fixé la période pour {activity}\u00a0: du {opens_on} au {closes_on}."),
}
_ENVELOPE_CHANGED = _("{who} a changé, au nom de {partner}, l’enveloppe pour {allotted}\u00a0: de {former} à {amount}.")


@dataclass(frozen=True)
class Sentence:
    """A sentence in pieces, some of which are to be stressed."""

    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The whole sentence."""
        return "".join(text for text, _strong in self.pieces)

    def __str__(self) -> str:
        return self.text


def tell(body: Body, opened: Opened) -> Sentence:
    """What happened, with the names as they were at the time."""
    template = _template(body)
    pieces: list[tuple[str, bool]] = []
    end = 0
    for place in _PLACE.finditer(template):
        pieces.append((template[end : place.start()], False))
        pieces += _filled(place, body, opened)
        end = place.end()
    pieces.append((template[end:], False))
    if body["facts"].get("audience"):
        pieces.append((f" {INSIDE}", False))
    return Sentence(_capital([piece for piece in pieces if piece[0]]))


def why(body: Body, opened: Opened) -> str | None:
    """The reason given, if one was."""
    digest = body["sd"].get("reason")
    return None if digest is None else str(opened.get(digest, ERASED))


def by_whom(body: Body, opened: Opened) -> str:
    """Who did it, in which capacity and for which partner: ``Claire Martin, représentant, au nom de la Région``."""
    actor, who = body["actor"], f"{_who(body, opened)}{_capacity(body, '')}"
    if not actor["partner_name"]:
        return who
    return str(
        _(
            "%(who)s, au nom %(partner)s",
            who=who,
            partner="".join(words.of_the(actor["partner"], actor["partner_name"])),
        )
    )


def _template(body: Body) -> str:
    event, facts = KINDS.get(body["kind"]), body["facts"]
    template = str(event.sentence if event else UNKNOWN)
    if body["kind"] == "contracts.window-set":
        template = str(_WINDOWS[bool(facts.get("opens_on")), bool(facts.get("closes_on"))])
    if body["kind"] == "funding.envelope-declared" and facts.get("former") not in (None, facts.get("amount")):
        template = str(_ENVELOPE_CHANGED)
    return template if _partner(body)[1] else _FOR_NOBODY.sub("", template)


def _partner(body: Body) -> tuple[str | None, str | None]:
    """The partner for whom the act was done: the one it names, else the actor's."""
    named = body["facts"] if "partner_name" in body["facts"] else body["actor"]
    return named.get("partner"), named["partner_name"]


def _filled(place: re.Match[str], body: Body, opened: Opened) -> list[tuple[str, bool]]:
    name, after, lead = place["name"], place["after"] or "", place["of"] or ""
    if name == "who":
        return [(f"{lead}{_who(body, opened)}{_capacity(body, after)}", False)]
    if name == "partner":
        key, partner = _partner(body)
        shown = str(partner or "")
        if lead:
            little, shown = words.of_the(key, shown)
            return [(little, False), (shown, True), (after, False)]
        return [(words.the(key, shown), True), (after, False)]
    if name == "line":
        return [(words.line(body["facts"].get("form", ""), body["facts"].get("nature", "")), False), (after, False)]
    value = _special(name, body, opened) or fact(name, body["facts"])
    return [(words.of(value) if lead else "", False), (value, name in _STRONG), (after, False)]


def _special(name: str, body: Body, opened: Opened) -> str | None:
    """What a sentence says beside facts: the kind of an unknown act, its legal basis, the person it is about."""
    if name == "kind":
        return str(body["kind"])
    if name == "basis" and body["basis"] is not None:
        basis = body["basis"]
        return words.legal(basis["act"], basis["number"], date_long(basis["date"]))
    return _somebody(body, opened) if name == "person" else None


def _somebody(body: Body, opened: Opened) -> str:
    sealed = _person(body)
    if sealed is None:
        return str(_("une personne déjà inscrite"))
    return str(opened.get(sealed["sd"], _("quelqu’un (nom effacé)")))


def _person(body: Body) -> Any:
    """The name, sealed, of the person whom the act registered."""
    made = (one["after"] for one in body["changes"] if one["table"] == "person" and one["before"] is None)
    return next((after["name"] for after in made if after), None)


def spoken(body: Body) -> Iterator[str]:
    """The digests of the values that the sentence and its reason say."""
    yield from body["sd"].values()
    yield from _digests(_person(body))


def _who(body: Body, opened: Opened) -> str:
    if body["actor"]["role"] == "system":
        return str(_("Le système"))
    return str(opened.get(body["sd"].get("actor_name", ""), _("Quelqu’un (nom effacé)")))


def _capacity(body: Body, after: str) -> str:
    role = body["actor"]["role"]
    if role == "system":
        return after
    capacity = words.CAPACITIES.get(role, role)
    return f", {capacity},{after}" if after == " " else f", {capacity}{after}"


def _capital(pieces: list[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    if not pieces:
        return ()
    text, strong = pieces[0]
    return ((text[:1].upper() + text[1:], strong), *pieces[1:])


#: What a sentence says already, or what the reason repeats.
_SAID = frozenset(
    {
        "action.title",
        "action.withdrawal_reason",
        "consultation.outcome",
        "partner.name",
        "person.name",
        "resource.amount",
        "tranche.amount",
        "tranche.nature",
        "contribution.form",
        "tranche.stage",
        "contract_window.opens_on",
        "contract_window.closes_on",
    }
)
#: What is worth showing of a row that was made.
_SHOWN = frozenset({"comment.text", "comment_act.text", "consultation.question", "suggestion.proposed"})


@dataclass(frozen=True)
class Change:
    """A value before and after; ``before`` is None when there was none."""

    label: str
    before: str | None
    after: str | None


def changes(body: Body, opened: Opened, names: Mapping[str, str], former: Body | None = None) -> list[Change]:
    """What the act changed that its sentence does not say; ``former`` is the entry of the version that it replaced."""
    if former is not None:
        return _between(former, body, opened, names)
    found = []
    for change in body["changes"]:
        for column, after in (change["after"] or {}).items():
            name = f"{change['table']}.{column}"
            if _is_worth_telling(name, change):
                before = (change["before"] or {}).get(column)
                found.append(Change(label(name), said(name, before, opened, names), said(name, after, opened, names)))
    return [one for one in found if (one.before, one.after) != (None, None)]


def _is_worth_telling(name: str, change: Mapping[str, Any]) -> bool:
    before = change["before"]
    if before is None:
        return name in _SHOWN
    if change["table"] == "envelope" and before.get("amount", 0) is None:
        return False
    return name in called.COLUMNS and name not in _SAID


def needed(body: Body, former: Body | None = None) -> Iterator[str]:
    """The digests that the reader's values are wanted for, to tell an entry."""
    yield from spoken(body)
    for one in (body, former) if former else (body,):
        for change in one["changes"]:
            for column, after in (change["after"] or {}).items():
                if former or _is_worth_telling(f"{change['table']}.{column}", change):
                    yield from _digests((change["before"] or {}).get(column), after)


def _digests(*stored: Any) -> Iterator[str]:
    for value in stored:
        if is_sealed(value):
            yield value["sd"]


def label(name: str) -> str:
    """What a ``table.column`` is called."""
    column = name.partition(".")[2]
    known = called.COLUMNS.get(name) or called.OTHER_COLUMNS.get(name) or called.OTHER_COLUMNS.get(column)
    return str(known or column)


def _between(former: Body, body: Body, opened: Opened, names: Mapping[str, str]) -> list[Change]:
    """The fields in which two versions of a text differ."""
    old, new = _text(former, opened, names), _text(body, opened, names)
    return [
        Change(key, old.get(key), new.get(key)) for key in dict.fromkeys((*new, *old)) if old.get(key) != new.get(key)
    ]


def _text(body: Body, opened: Opened, names: Mapping[str, str]) -> dict[str, str | None]:
    """The fields of the version that an entry published, by label."""
    fields: dict[str, str | None] = {}
    for change in body["changes"]:
        table, after = change["table"], change["after"] or {}
        if table == "version_cost":
            for name in ("version_cost.amount", "version_cost.eligible"):
                fields[f"{label(name)} {after['year']}"] = said(name, after.get(name.partition(".")[2]), opened)
        elif table == "version_charge":
            nature = said("version_charge.nature", after["nature"], opened)
            fields[f"{nature}, {after['year']}"] = said("version_charge.amount", after["amount"], opened)
        elif table in words.LINES:
            fields[f"{called.TABLES[table]} {after['position']}"] = _line(table, after, opened)
        elif table == "action_version":
            known = {name: value for name, value in after.items() if f"{table}.{name}" in called.COLUMNS}
            fields |= {label(f"{table}.{n}"): said(f"{table}.{n}", v, opened, names) or None for n, v in known.items()}
    return fields


def _line(table: str, after: Mapping[str, Any], opened: Opened) -> str:
    """A milestone or an indicator on one line: what is filled, in the order of reading."""
    told = (said(f"{table}.{column}", after[column], opened) for column in words.LINES[table])
    return " · ".join(text for text in told if text)
