"""Entries as pages show them: when, the sentence, why, what changed, and the number of the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from babel.dates import format_date

from cocon.audit import columns as called
from cocon.audit import queries, words
from cocon.audit.event import KINDS
from cocon.audit.queries import Entry
from cocon.audit.sentences import INTERNAL, Change, Sentence, changes, label, needed, spoken, tell, why
from cocon.audit.shape import is_sealed
from cocon.audit.values import said
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.language import LazyString
from cocon.web.filters import first, hour

Versions = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """An entry in words; ``hidden`` when the reader may not know its content, ``major`` when it decides of a fiche."""

    seq: int
    day: str
    hour: str
    digest: str
    sentence: Sentence
    phase: str = "life"
    major: bool = False
    hidden: bool = False
    reason: str | None = None
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Phase:
    """A part of a fiche's history."""

    key: str
    title: LazyString
    entries: Sequence[Told]


def told(
    actor: Actor, entries: Sequence[Entry], names: Mapping[str, str], versions: Versions | None = None
) -> list[Told]:
    """Entries in words, with their personal and free values read in one statement.

    With ``versions`` what changed is told too; without, only what happened.
    """
    bodies = {one.seq: one.body for one in entries if queries.is_open_to(actor, one)}
    former = {seq: _former(body, versions or {}) for seq, body in bodies.items()}
    digests = [digest for seq, body in bodies.items() for digest in _wanted(body, former[seq], versions is not None)]
    opened = queries.opened(actor, digests)
    lines = []
    for one in entries:
        if one.seq in bodies:
            body = bodies[one.seq]
            changed = changes(body, opened, names, former[one.seq]) if versions is not None else []
            lines.append(_told(one, body, opened, changed))
        else:
            lines.append(Told(**_head(one), sentence=Sentence(((str(INTERNAL), False),)), hidden=True))
    return lines


def _former(body: Mapping[str, Any], versions: Versions) -> Mapping[str, Any] | None:
    """The entry of the version that this one replaced."""
    if body["kind"] not in words.VERSIONING or not body["subject"]["version"]:
        return None
    return versions.get(body["subject"]["version"] - 1)


def _wanted(body: Mapping[str, Any], former: Mapping[str, Any] | None, in_full: bool) -> Sequence[str]:
    return list(needed(body, former) if in_full else spoken(body))


def _head(one: Entry) -> dict[str, Any]:
    local = clock.unstamp(one.at).astimezone(clock.PARIS)
    return {
        "seq": one.seq,
        "day": first(format_date(local, "d MMM y", locale="fr")),
        "hour": hour(one.at),
        "digest": one.leaf.hex(),
    }


def _told(one: Entry, body: Mapping[str, Any], opened: Mapping[str, Any], changed: Sequence[Change]) -> Told:
    event = KINDS.get(one.kind)
    return Told(
        **_head(one),
        sentence=tell(body, opened),
        reason=why(body, opened),
        changes=changed,
        phase=event.phase if event else "life",
        major=one.kind == words.DECIDING,
    )


def phases(lines: Sequence[Told]) -> list[Phase]:
    """The history of a fiche under its headings; inside each, in the order of time."""
    ranks = {key: rank for rank, key in enumerate(words.PHASES)}
    ordered = sorted(lines, key=lambda line: (ranks.get(line.phase, len(ranks)), line.seq))
    return [
        Phase(key, words.PHASES.get(key, words.PHASES["life"]), list(members))
        for key, members in groupby(ordered, key=lambda line: line.phase)
    ]


@dataclass(frozen=True)
class Changed:
    """A row that an entry changed, for whoever checks in detail."""

    table: str
    row: str
    rev: int
    cells: Sequence[Change]


def digests_of(body: Mapping[str, Any]) -> list[str]:
    """Every digest that an entry holds."""
    found = list(body["sd"].values())
    for change in body["changes"]:
        for side in (change["before"] or {}, change["after"] or {}):
            found += [value["sd"] for value in side.values() if is_sealed(value)]
    return found


def pointed_at(body: Mapping[str, Any]) -> set[str]:
    """The identifiers of other rows that an entry's rows hold."""
    sides = [side for change in body["changes"] for side in (change["before"], change["after"]) if side]
    pointing = (value for side in sides for column, value in side.items() if column.endswith("_id"))
    return {value for value in pointing if isinstance(value, str)}


def rows(body: Mapping[str, Any], opened: Mapping[str, Any], names: Mapping[str, str]) -> list[Changed]:
    """Everything that an entry changed, row by row and column by column."""
    return [
        Changed(
            str(called.TABLES.get(change["table"], change["table"])),
            change["id"],
            change["rev"],
            [cell for cell in (_value(change, name, opened, names) for name in _shown(change)) if _says(cell)],
        )
        for change in body["changes"]
    ]


def _says(cell: Change) -> bool:
    """Whether a text was, or is, other than empty."""
    return bool(cell.before or cell.after)


def _shown(change: Mapping[str, Any]) -> Sequence[str]:
    """The columns worth a line: neither what only machines read, nor what was empty and stays so."""
    before, after, table = change["before"] or {}, change["after"] or {}, change["table"]
    return [
        column
        for column in after or before
        if not called.UNSHOWN & {column, f"{table}.{column}"}
        and (before.get(column), after.get(column)) != (None, None)
    ]


def _value(change: Mapping[str, Any], column: str, opened: Mapping[str, Any], names: Mapping[str, str]) -> Change:
    name = f"{change['table']}.{column}"
    before, after = (said(name, (change[side] or {}).get(column), opened, names) for side in ("before", "after"))
    return Change(label(name), before, after)
