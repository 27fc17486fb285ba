"""The latest acts about fiches that somebody may read, as sentences: for « Mon espace »."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import aliased

from cocon.audit.disclosure import digest_of, open_disclosure
from cocon.audit.models import LogDisclosure, LogEntry
from cocon.audit.sentences import tell
from cocon.audit.words import IMPORTING
from cocon.kernel import prepared
from cocon.kernel.actor import Actor
from cocon.kernel.db import db

#: How far before the entry of an import those of its fiches begin, at most.
MOST_SHARED = 1_000


@dataclass(frozen=True)
class Recent:
    """An act: when, what, about which fiche."""

    seq: int
    at: str
    about: str | None
    sentence: str


def entries(actor: Actor, count: int) -> Sequence[Recent]:
    """The latest acts about fiches, newest first, in one statement; an import is one act, however many it shared."""
    rows = db.session.execute(_latest(prepared.shape(actor), count), prepared.given(actor)).all()
    found = []
    for seq, lines in groupby(rows, key=lambda row: row.seq):
        same = list(lines)
        opened = {digest_of(line.disclosure): open_disclosure(line.disclosure)[2] for line in same if line.disclosure}
        found.append(Recent(seq, same[0].at, same[0].about, tell(json.loads(same[0].body), opened).text))
    return found


@cache
def _latest(shape: prepared.Shape, count: int) -> Any:
    actor = prepared.anyone(shape)
    mine = or_(LogEntry.audience.is_(None), LogEntry.audience == actor.partner_key)
    told = or_(and_(LogEntry.about.is_not(None), ~_imported()), LogEntry.kind == IMPORTING)
    latest = select(LogEntry.seq).where(told, mine).order_by(LogEntry.seq.desc()).limit(count)
    return (
        select(LogEntry.seq, LogEntry.at, LogEntry.about, LogEntry.body, LogDisclosure.disclosure)
        .outerjoin(LogDisclosure, LogDisclosure.seq == LogEntry.seq)
        .where(LogEntry.seq.in_(latest))
        .order_by(LogEntry.seq.desc())
    )


@dataclass(frozen=True)
class Last:
    """The latest entry about a fiche that everybody may read: its number, its time, its leaf in hexadecimal."""

    seq: int
    at: str
    leaf: str


def last_about(action_id: str) -> Last | None:
    """What proves the state of a fiche: the same for all readers."""
    row = db.session.execute(
        select(LogEntry.seq, LogEntry.at, LogEntry.leaf)
        .where(LogEntry.about == action_id, LogEntry.audience.is_(None))
        .order_by(LogEntry.seq.desc())
        .limit(1)
    ).first()
    return Last(row.seq, row.at, row.leaf.hex()) if row else None


def _imported() -> ColumnElement[bool]:
    """The sharing of one fiche among those of an import: its entry stands in the same commit, a little before."""
    whole = aliased(LogEntry)
    shares = (LogEntry.kind == "actions.shared") & (whole.kind == IMPORTING) & (whole.at == LogEntry.at)
    return (
        select(literal(1))
        .where(shares, whole.person == LogEntry.person, whole.seq.between(LogEntry.seq, LogEntry.seq + MOST_SHARED))
        .exists()
    )
