"""What one entry of the log must look like, whatever came before it: twelve keys, their types, their patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from cocon.audit.disclosure import DIGEST

VERSION = 1

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AT = re.compile(_DAY.pattern + r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z")
_KIND = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

_CHANGE = {"table", "id", "rev", "before", "after"}
_MIGRATION = {"table", "add", "rename", "drop"}


class Wrong(Exception):
    """The first wrong thing; ``step`` is its place in the order of verification.

    ``passed`` says in French what was found right before it.
    """

    passed: tuple[str, ...] = ()

    def __init__(self, message: str, step: int = 2) -> None:
        super().__init__(message)
        self.step = step


def check_entry(entry: object, seq: int) -> dict[str, Any]:
    """The entry expected at number ``seq``, if it is complete and of a known version; raises Wrong otherwise."""
    if not isinstance(entry, dict):
        raise Wrong(f"entry {seq}: not an object")
    if type(entry.get("v")) is not int or entry["v"] != VERSION:
        raise Wrong(f"entry {seq}: unknown version {entry.get('v')!r}")
    if entry.keys() != _RULES.keys():
        raise Wrong(f"entry {seq}: not the twelve keys")
    for key, holds in _RULES.items():
        if not holds(entry[key]):
            raise Wrong(f"entry {seq}: malformed {key}")
    if entry["kind"] == "schema.migrated" and not is_migration(entry["facts"]):
        raise Wrong(f"entry {seq}: malformed facts")
    return entry


def is_migration(facts: dict[str, Any]) -> bool:
    """Whether facts are those of ``schema.migrated``."""
    if facts.keys() != _MIGRATION or not isinstance(facts["table"], str) or not _is_name(facts["table"]):
        return False
    add, rename, drop = facts["add"], facts["rename"], facts["drop"]
    if not (isinstance(add, dict) and isinstance(rename, dict) and isinstance(drop, list)):
        return False
    names = [*add, *rename, *rename.values(), *drop]
    return all(isinstance(name, str) and _is_name(name) for name in names)


def is_sealed(value: object) -> bool:
    """Whether a value of a change is an erasable one, ``{"sd": digest}``."""
    return isinstance(value, dict) and value.keys() == {"sd"}


# Names, kinds and actors recur in nearly every entry: remembered, they cost a tenth.
@lru_cache(maxsize=4096)
def _is_name(value: str) -> bool:
    return _NAME.fullmatch(value) is not None


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


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _is_kind(value: str) -> bool:
    return _KIND.fullmatch(value) is not None


def _is_text_or_null(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_actor(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _ACTOR:
        return False
    *names, role = (value[key] for key in ("person", "mandate", "partner", "partner_name", "on_behalf_of", "role"))
    return isinstance(role, str) and all(map(_is_text_or_null, names)) and _is_hat(role, *names)


@lru_cache(maxsize=4096)
def _is_hat(
    role: str,
    person: str | None,
    mandate: str | None,
    partner: str | None,
    partner_name: str | None,
    principal: str | None,
) -> bool:
    if role == "system":
        return person is mandate is partner is partner_name is principal is None
    return role != "" and _is_uuid(person) and _is_uuid(mandate) and (partner is None) == (partner_name is None)


_ACTOR = {"person", "mandate", "partner", "partner_name", "role", "on_behalf_of"}


def _is_subject(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != {"type", "id", "version"}:
        return False
    return isinstance(value["type"], str) and isinstance(value["id"], str) and _is_version(value["version"])


def _is_version(value: object) -> bool:
    return value is None or type(value) is int


def _is_basis(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or value.keys() != {"act", "number", "date"}:
        return False
    return isinstance(value["act"], str) and isinstance(value["number"], str) and _is_day(value["date"])


def _is_sd(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_name, value)) and all(map(_is_digest, value.values()))


def _is_changes(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_change, value))


def _is_change(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _CHANGE:
        return False
    table = value["table"]
    named = isinstance(table, str) and _is_name(table) and _is_uuid(value["id"])
    counted = type(value["rev"]) is int and value["rev"] >= 1
    return named and counted and _is_side(value["before"]) and _is_side(value["after"])


def _is_side(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or "id" in value or "rev" in value:
        return False
    objects = [one for one in value.values() if isinstance(one, dict)]
    return all(map(_is_name, value)) and all(_is_digest(one["sd"]) for one in objects if is_sealed(one))


#: The twelve keys and what each must be.
_RULES: dict[str, Callable[[Any], bool]] = {
    "v": lambda value: value == VERSION,
    "seq": _is_number,
    "id": _is_uuid7,
    "at": _is_instant,
    "kind": lambda value: isinstance(value, str) and _is_kind(value),
    "actor": _is_actor,
    "subject": _is_subject,
    "facts": lambda value: isinstance(value, dict),
    "basis": _is_basis,
    "changes": _is_changes,
    "request": _is_text_or_null,
    "sd": _is_sd,
}
