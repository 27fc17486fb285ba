"""Reading the log for its pages: one statement for each question, keyset pages, nothing that the reader may not see."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, Table, cast, func, literal, or_, select, union_all

from cocon.audit import words
from cocon.audit.disclosure import open_disclosure
from cocon.audit.event import KINDS
from cocon.audit.models import LogChange, LogCheckpoint, LogDisclosure, LogEntry
from cocon.audit.titles import family
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import Base, db
from cocon.kernel.language import _
from cocon.policy import Permission, has_role

PAGE = 50
#: More digests than this are asked for in several statements (SQLite takes 32,766 parameters).
MOST = 5_000
#: Rows beyond these keep their identifiers: an entry that long is not read line by line.
NAMED = 1_000


@dataclass(frozen=True)
class Entry:
    """An entry as it stands in the log."""

    seq: int
    at: str
    kind: str
    about: str | None
    audience: str | None
    leaf: bytes
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """What it says."""
        body: dict[str, Any] = json.loads(self.text)
        return body


@dataclass(frozen=True)
class Fiche:
    """The fiche whose history is read, and how far the log is signed."""

    id: str
    code: str
    title: str
    axis: int
    signed: int


@dataclass(frozen=True)
class Page:
    """Entries, and the number to go on from."""

    entries: Sequence[Entry]
    more: bool


_COLUMNS = (LogEntry.seq, LogEntry.at, LogEntry.kind, LogEntry.about, LogEntry.audience, LogEntry.leaf, LogEntry.body)


def _table(name: str) -> Table:
    """A table of a domain: the log lies below the domains and knows their tables by name only."""
    return Base.metadata.tables[name]


def open_to(actor: Actor) -> ColumnElement[bool]:
    """The entries whose content the actor may read: those of everybody, and those of the actor's organisation."""
    return or_(LogEntry.audience.is_(None), LogEntry.audience == actor.partner_key)


def is_open_to(actor: Actor, entry: Entry) -> bool:
    """The same for one entry."""
    return entry.audience is None or entry.audience == actor.partner_key


def may_open(actor: Actor, entry: Entry) -> bool:
    """Whether the actor may open the page of an entry; auditors may, whatever its content."""
    return has_role(actor, Permission.AUDIT) or (entry.about is not None and is_open_to(actor, entry))


def entry(seq: int) -> Entry | None:
    """One entry."""
    row = db.session.execute(select(*_COLUMNS).where(LogEntry.seq == seq)).first()
    return Entry(*row) if row else None


def fiche(action_id: str) -> Fiche | None:
    """The fiche of a history."""
    action, axis = _table("action"), _table("axis")
    signed = select(func.max(LogCheckpoint.size)).scalar_subquery()
    row = db.session.execute(
        select(action.c.id, action.c.code, action.c.title, axis.c.number, func.coalesce(signed, 0))
        .join(axis, axis.c.id == action.c.axis_id)
        .where(action.c.id == action_id)
    ).first()
    return Fiche(*row) if row else None


def history(actor: Actor, action_id: str, *, decisions: bool, after: int | None) -> Page:
    """The acts on a fiche, oldest first."""
    conditions = [LogEntry.about == action_id, open_to(actor)]
    if decisions:
        conditions.append(LogEntry.kind.in_([kind for kind, event in KINDS.items() if event.phase == "decision"]))
    if after is not None:
        conditions.append(LogEntry.seq > after)
    return _page(conditions, newest_first=False)


def about(actor: Actor, subject_id: str, kind: str, after: int | None = None) -> Page:
    """The acts of a kind on a thing that is no fiche, the oldest first; from the one after ``after``."""
    later = [] if after is None else [LogEntry.seq > after]
    return _page([LogEntry.subject == subject_id, LogEntry.kind == kind, open_to(actor), *later], newest_first=False)


def versions(action_id: str) -> Mapping[int, dict[str, Any]]:
    """The entries that published the versions of a fiche, by number."""
    texts = db.session.scalars(
        select(LogEntry.body).where(LogEntry.about == action_id, LogEntry.kind.in_(words.VERSIONING))
    )
    bodies: list[dict[str, Any]] = [json.loads(text) for text in texts]
    return {body["subject"]["version"]: body for body in bodies}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the auditor filters by; ``kind`` is a kind of act, or a family of them."""

    partner: str | None = None
    person: str | None = None
    kind: str | None = None
    code: str | None = None
    since: date | None = None
    until: date | None = None

    @property
    def points_at_somebody(self) -> bool:
        """Such a filter would tell who exchanges in private: what is private is left out then."""
        return any((self.partner, self.person, self.kind, self.code))


def listing(actor: Actor, wanted: Wanted, before: int | None) -> Page:
    """The whole log, newest first."""
    conditions = [*_by_subject(wanted), *_by_date(wanted)]
    if wanted.points_at_somebody:
        conditions.append(open_to(actor))
    if before is not None:
        conditions.append(LogEntry.seq < before)
    return _page(conditions, newest_first=True)


def _by_subject(wanted: Wanted) -> list[ColumnElement[bool]]:
    person, action, former = _table("person"), _table("action"), _table("former_code")
    conditions: list[ColumnElement[bool]] = []
    if wanted.partner:
        conditions.append(LogEntry.partner == wanted.partner)
    if wanted.person:
        named = select(person.c.id).where(person.c.name.icontains(wanted.person, autoescape=True))
        conditions.append(LogEntry.person.in_(named))
    if wanted.kind:
        conditions.append(LogEntry.kind.in_([kind for kind in KINDS if wanted.kind in (kind, family(kind))]))
    if wanted.code:
        bearing = select(action.c.id).where(action.c.code == wanted.code)
        bore = select(former.c.action_id).where(former.c.code == wanted.code)
        conditions.append(LogEntry.about.in_(bearing.union(bore)))
    return conditions


def _by_date(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since:
        conditions.append(LogEntry.at >= _midnight(wanted.since))
    if wanted.until:
        conditions.append(LogEntry.at < _midnight(wanted.until + timedelta(days=1)))
    return conditions


def _midnight(day: date) -> str:
    return clock.stamp(datetime.combine(day, time(), tzinfo=clock.PARIS).astimezone(UTC))


def _page(conditions: Sequence[ColumnElement[bool]], *, newest_first: bool) -> Page:
    order = LogEntry.seq.desc() if newest_first else LogEntry.seq
    rows = db.session.execute(select(*_COLUMNS).where(*conditions).order_by(order).limit(PAGE + 1)).all()
    return Page([Entry(*row) for row in rows[:PAGE]], len(rows) > PAGE)


def opened(actor: Actor, digests: Collection[str]) -> dict[str, Any]:
    """The values behind digests that the actor may read and that were not erased.

    The text of a message that its author took back is read by auditors alone.
    """
    wanted = sorted(set(digests))
    found: dict[str, Any] = {}
    everything = has_role(actor, Permission.READ_WITHDRAWN)
    mine = or_(LogDisclosure.audience.is_(None), LogDisclosure.audience == actor.partner_key)
    for start in range(0, len(wanted), MOST):
        rows = db.session.execute(
            select(LogDisclosure.digest, LogDisclosure.disclosure, _taken_back().label("taken_back")).where(
                LogDisclosure.digest.in_(wanted[start : start + MOST]), mine
            )
        )
        for row in rows:
            _salt, name, value = open_disclosure(row.disclosure)
            hidden = row.taken_back and not everything and name in words.MESSAGES
            found[row.digest] = str(TAKEN_BACK) if hidden else value
    return found


TAKEN_BACK = _("texte retiré par son auteur")


def _taken_back() -> ColumnElement[bool]:
    """Whether a value belongs to an entry that wrote, or rewrote, a message withdrawn since."""
    act = _table("comment_act")
    gone = select(act.c.comment_id).where(act.c.kind == "withdrawn")
    acts = select(act.c.id).where(act.c.comment_id.in_(gone))
    wrote = or_(LogChange.row_id.in_(gone), LogChange.row_id.in_(acts))
    return LogDisclosure.seq.in_(select(LogChange.seq).where(wrote))


@dataclass(frozen=True)
class Named:
    """A partner as filters and values name it."""

    id: str
    key: str
    name: str
    later_names: Sequence[Mapping[str, str]]

    @property
    def current_name(self) -> str:
        """The name valid today."""
        today = clock.today().isoformat()
        return next((later["name"] for later in reversed(self.later_names) if later["from"] <= today), self.name)


def partners() -> list[Named]:
    """The signatories, in the contract's order."""
    table = _table("partner")
    rows = db.session.execute(select(table.c.id, table.c.key, table.c.name, table.c.later_names).order_by(table.c.rank))
    return [Named(*row) for row in rows]


def names(known: Sequence[Named]) -> dict[str, str]:
    """Keys and identifiers of partners, with their names."""
    return {key: one.name for one in known for key in (one.id, one.key)}


def names_of_rows(ids: Collection[str], partners: Mapping[str, str]) -> dict[str, str]:
    """What rows that others point at are called, in one statement for at most ``NAMED`` of them."""
    wanted = sorted(set(ids) - partners.keys())[:NAMED]
    if not wanted:
        return {}
    parts = [
        select(literal(kind).label("kind"), table.c.id, cast(first, String).label("a"), cast(second, String).label("b"))
        .select_from(source)
        .where(table.c.id.in_(wanted))
        for kind, table, source, first, second in _pointed()
    ]
    rows = db.session.execute(union_all(*parts)).all()
    return {row.id: _name(row.kind, row.a, partners.get(row.b, row.b)) for row in rows}


def _pointed() -> Iterator[tuple[str, Table, FromClause, ColumnElement[Any], ColumnElement[Any]]]:
    """The tables that others point at, and the two columns that name a row."""
    for kind, first, second in (
        ("axis", "number", "title"),
        ("objective", "letter", "title"),
        ("contract", "title", "title"),
        ("action", "code", "title"),
        ("consultation", "number", "number"),
        ("position", "number", "number"),
        ("action_version", "number", "number"),
        ("act", "number", "number"),
        ("tranche", "year", "year"),
        ("step", "kind", "number"),
        ("authorisation", "number", "number"),
        ("person", "name", "name"),
    ):
        table = _table(kind)
        yield kind, table, table, table.c[first], table.c[second]
    given, action = _table("contribution"), _table("action")
    yield "contribution", given, given.join(action), action.c.code, given.c.partner_id
    reserved, axis = _table("envelope"), _table("axis")
    yield "envelope", reserved, reserved.outerjoin(axis), reserved.c.year, axis.c.number


def _name(kind: str, a: str, b: str) -> str:
    said = {
        "axis": _("Axe %(a)s, %(b)s", a=a, b=b),
        "objective": _("%(a)s. %(b)s", a=a, b=b),
        "action": _("%(a)s, %(b)s", a=a, b=b),
        "position": _("avis n°\u00a0%(a)s", a=a),
        "action_version": _("version %(a)s", a=a),
        "contribution": _("%(b)s, fiche %(a)s", a=a, b=b),
        "step": _("%(a)s, étape n°\u00a0%(b)s", a=words.VALUES["step.kind"].get(a, a), b=b),
        "envelope": _("%(a)s, axe %(b)s", a=a, b=b) if b else a,
        "person": a or _("effacé"),
    }
    return str(said.get(kind, a))
