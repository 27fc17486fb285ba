"""What one entry of the log must look like, whatever came before it: twelve keys, their types, their patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any

from cocon.audit.canonical import NotCanonical, check
from cocon.audit.disclosure import DIGEST

VERSION = 1

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AT = re.compile(_DAY.pattern + r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
_KIND = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

_KEYS = frozenset(["v", "seq", "id", "at", "kind", "actor", "subject", "facts", "basis", "changes", "request", "sd"])
_ACTOR = ("person", "mandate", "partner", "partner_name", "role", "on_behalf_of")
_ACTOR_KEYS, _HAT = frozenset(_ACTOR), itemgetter(*_ACTOR)
_SUBJECT = frozenset(["type", "id", "version"])
_BASIS = frozenset(["act", "number", "date"])
_CHANGE = frozenset(["table", "id", "rev", "before", "after"])
_MIGRATION = frozenset(["table", "add", "rename", "drop"])
_SEALED = frozenset({"sd"})
_PLAIN = frozenset({str, int, bool, type(None)})


class Wrong(Exception):
    """The first wrong thing; ``step`` is its place in the order of verification.

    ``passed`` says in French what was found right before it.
    """

    passed: tuple[str, ...] = ()

    def __init__(self, message: str, step: int = 2) -> None:
        super().__init__(message)
        self.step = step


def check_entry(entry: object, seq: int) -> dict[str, Any]:
    """The entry expected at number ``seq``, if it is complete and of a known version; raises Wrong otherwise.

    All its keys and types are looked at, so that what came out of ``canonical.parse`` is canonical if it passes here.
    """
    if not isinstance(entry, dict):
        raise Wrong(f"entry {seq}: not an object")
    if type(entry.get("v")) is not int or entry["v"] != VERSION:
        raise Wrong(f"entry {seq}: unknown version {entry.get('v')!r}")
    if entry.keys() != _KEYS:
        raise Wrong(f"entry {seq}: not the twelve keys")
    for key, holds in _RULES.items():
        if not holds(entry[key]):
            raise Wrong(f"entry {seq}: malformed {key}")
    if entry["kind"] == "schema.migrated" and not _is_migration(entry["facts"]):
        raise Wrong(f"entry {seq}: malformed facts")
    return entry


def is_sealed(value: object) -> bool:
    """Whether a value of a change is an erasable one, ``{"sd": digest}``."""
    return isinstance(value, dict) and value.keys() == _SEALED


# Names, days, kinds and actors recur from entry to entry: remembered, they cost a tenth.
@lru_cache(maxsize=4096)
def _are_names(*texts: str) -> bool:
    return all(_NAME.fullmatch(text) for text in texts)


@lru_cache(maxsize=4096)
def _is_kind(text: str) -> bool:
    return _KIND.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _is_hat(
    person: object, mandate: object, partner: object, partner_name: object, role: object, principal: object
) -> bool:
    if role == "system":
        return person is mandate is partner is partner_name is principal is None
    placed = (isinstance(partner, str) and isinstance(partner_name, str)) or partner is partner_name is None
    named = isinstance(role, str) and role != "" and _is_uuid(person) and _is_uuid(mandate)
    return named and placed and _is_text_or_null(principal)


def _is_actor(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _ACTOR_KEYS:
        return False
    try:
        return _is_hat(*_HAT(value))
    except TypeError:
        return False


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _is_uuid7(value: object) -> bool:
    return isinstance(value, str) and _UUID7.fullmatch(value) is not None


def _is_instant(value: object) -> bool:
    return isinstance(value, str) and _AT.fullmatch(value) is not None and _is_day(value[:10])


def _is_text_or_null(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_object(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    if _PLAIN.issuperset(map(type, value.values())) and "".join(value).isascii():
        return True
    try:
        check(value)
    except NotCanonical:
        return False
    return True


def _is_subject(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _SUBJECT:
        return False
    version = value["version"]
    versioned = version is None or type(version) is int
    return versioned and isinstance(value["type"], str) and isinstance(value["id"], str)


def _is_basis(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or value.keys() != _BASIS:
        return False
    return all(isinstance(text, str) for text in value.values()) and _is_day(value["date"])


def _is_sd(value: object) -> bool:
    return isinstance(value, dict) and _are_names(*value) and all(map(_is_digest, value.values()))


def _is_changes(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_change, value))


def _is_change(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _CHANGE:
        return False
    table, rev = value["table"], value["rev"]
    named = isinstance(table, str) and _are_names(table) and _is_uuid(value["id"])
    return named and type(rev) is int and rev >= 1 and _is_side(value["before"]) and _is_side(value["after"])


def _is_side(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or "id" in value or "rev" in value or not _are_names(*value):
        return False
    if _PLAIN.issuperset(map(type, value.values())):
        return True
    return _is_object(value) and all(_is_digest(one["sd"]) for one in value.values() if is_sealed(one))


def _is_migration(facts: dict[str, Any]) -> bool:
    if facts.keys() != _MIGRATION:
        return False
    table, add, rename, drop = (facts[key] for key in ("table", "add", "rename", "drop"))
    if not (isinstance(add, dict) and isinstance(rename, dict) and isinstance(drop, list)):
        return False
    names = [table, *add, *rename, *rename.values(), *drop]
    return all(isinstance(name, str) for name in names) and _are_names(*names)


#: What each key must be; the version was looked at before.
_RULES: dict[str, Callable[[Any], bool]] = {
    "seq": _is_number,
    "id": _is_uuid7,
    "at": _is_instant,
    "kind": lambda value: isinstance(value, str) and _is_kind(value),
    "actor": _is_actor,
    "subject": _is_subject,
    "facts": _is_object,
    "basis": _is_basis,
    "changes": _is_changes,
    "request": _is_text_or_null,
    "sd": _is_sd,
}
