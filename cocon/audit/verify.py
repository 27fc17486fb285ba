"""The server's own verification: the log from its first byte, then every audited table against the replay.

The order is that of the log's format, section 6; the report stops at the first wrong thing and names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cocon.audit import checkpoints, note, signed, tree, triggers
from cocon.audit.canonical import NotCanonical, decode
from cocon.audit.claims import Claim, claim
from cocon.audit.disclosure import open_disclosure
from cocon.audit.replay import Replay, Wrong
from cocon.audit.shape import is_sealed
from cocon.audit.tables import compare
from cocon.kernel.db import db, dialect
from cocon.kernel.language import NNBSP

Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """What was checked, as French sentences, and the verdict for machines."""

    ok: bool
    lines: tuple[str, ...]
    last_line: str


@dataclass
class Pass:
    """What one reading of the log gathers."""

    replay: Replay = field(default_factory=Replay)
    crown: tree.CompactRange = field(default_factory=tree.CompactRange)
    keys: list[note.VerifierKey] = field(default_factory=list)
    origin: str = ""
    roots: dict[int, bytes] = field(default_factory=dict)
    tiles: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    digests: dict[tuple[int, str, str], None] = field(default_factory=dict)
    changes: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)


def verify() -> Report:
    """Check everything; never raises for what it finds in the database."""
    db.session.rollback()
    said: list[str] = []
    try:
        root, size = _verify(said)
    except Wrong as wrong:
        return Report(ok=False, lines=tuple(said), last_line=f"wrong: {wrong}")
    except (DBAPIError, UnicodeDecodeError, ValueError, TypeError, KeyError, RecursionError) as error:
        reason = str(getattr(error, "orig", error)).splitlines() or [type(error).__name__]
        return Report(ok=False, lines=tuple(said), last_line=f"wrong: database: unreadable ({reason[0]})")
    finally:
        db.session.rollback()
    return Report(ok=True, lines=tuple(said), last_line=f"ok entries={size} root={root.hex()}")


def _verify(said: list[str]) -> tuple[bytes, int]:
    notes = _notes()
    read = _read_log({size for size, _ in notes} | _signed_size())
    size = read.crown.size
    said.append(
        f"{_n(size)} entrées relues : chacune est complète, sous sa forme canonique, à sa place, et son empreinte est la sienne."
    )
    _check_head(read)
    _check_tiles(read)
    _check_notes(read, notes)
    said.append(f"L’arbre des empreintes retombe sur la tête du journal et sur {_n(len(notes))} points de contrôle signés.")
    disclosed = _check_disclosures(read)
    said.append(f"{_n(len(disclosed))} textes et noms en clair correspondent à leur empreinte.")
    _check_index(read)
    said.append(f"{_n(len(read.changes))} changements de lignes se suivent sans trou, de l’avant à l’après.")
    rows = compare(read.replay.state, disclosed)
    said.append(f"{_n(rows)} lignes de données sont exactement celles que le journal redonne.")
    _check_walls()
    said.append("Les déclencheurs qui protègent le journal sont en place.")
    return read.crown.root(), size


def _n(number: int) -> str:
    return f"{number:,}".replace(",", NNBSP)


def raw(query: str) -> Iterator[Any]:
    """Rows as bytes where they are text: a byte changed by hand may not be UTF-8 any more."""
    return iter(db.session.connection().execution_options(yield_per=500).execute(text(query)))


def _bytes(column: str) -> str:
    return f"CAST({column} AS BLOB)" if dialect() == "sqlite" else f"convert_to({column}, 'UTF8')"


COPIED = ("id", "at", "kind", "partner", "person", "subject", "about")


def _read_log(sizes: set[int]) -> Pass:
    read = Pass()
    copied = ", ".join(_bytes(column) for column in COPIED)
    for seq, body, leaf, *copies in raw(f"SELECT seq, {_bytes('body')}, leaf, {copied} FROM log_entry ORDER BY seq"):  # noqa: S608
        _read_entry(read, seq, bytes(body), bytes(leaf), [_text(copy) for copy in copies])
        if read.crown.size in sizes:
            read.roots[read.crown.size] = read.crown.root()
    if read.crown.size == 0:
        raise Wrong("entry 0: missing")
    return read


def _text(value: Any) -> str | None:
    return None if value is None else bytes(value).decode(errors="replace")


def _read_entry(read: Pass, seq: int, body: bytes, leaf: bytes, copies: list[str | None]) -> None:
    expected = read.crown.size
    if seq != expected:
        raise Wrong(f"entry {expected}: missing")
    try:
        entry = decode(body)
    except NotCanonical as error:
        raise Wrong(f"entry {seq}: {error}") from None
    read.replay.consume(entry)
    derived = tree.leaf_hash(body)
    if derived != leaf:
        raise Wrong(f"entry {seq}: the leaf is not the hash of the entry")
    _check_copies(entry, seq, copies)
    _gather(read, entry, seq, derived)


def _check_copies(entry: Row, seq: int, copies: list[str | None]) -> None:
    facts, subject = entry["facts"], entry["subject"]
    about = subject["id"] if subject["type"] == "action" else facts.get("action")
    actor = entry["actor"]
    wanted = [entry["id"], entry["at"], entry["kind"], actor["partner"], actor["person"], subject["id"], about]
    for column, copy, value in zip(COPIED, copies, wanted, strict=True):
        if copy != value:
            raise Wrong(f"entry {seq}: column {column} is not what the entry says")


def _gather(read: Pass, entry: Row, seq: int, leaf: bytes) -> None:
    read.crown.append(leaf)
    read.leaves.append(leaf)
    if len(read.leaves) == tree.TILE:
        read.tiles.append(tree.tile_root(read.leaves))
        read.leaves.clear()
    if entry["kind"] in ("log.opened", "log.key-added"):
        read.keys.append(note.parse_vkey(entry["facts"]["key"]))
        read.origin = read.origin or entry["facts"]["origin"]
    for name, digest in entry["sd"].items():
        read.digests[seq, name, digest] = None
    for change in entry["changes"]:
        read.changes[change["id"], change["rev"]] = (change["table"], seq)
        for column, value in (change["after"] or {}).items():
            if is_sealed(value):
                read.digests[seq, f"{change['table']}.{column}", value["sd"]] = None


def _check_head(read: Pass) -> None:
    rows = list(raw(f"SELECT size, {_bytes('at')}, range FROM log_head"))
    if len(rows) != 1:
        raise Wrong("head: not one row")
    size, at, peaks = rows[0]
    if size != read.crown.size:
        raise Wrong(f"entry {read.crown.size}: missing, the head counts {size} entries")
    peaks = peaks if isinstance(peaks, list) else decode(str(peaks).replace(" ", "").encode())
    if peaks != read.crown.to_json() or _text(at) != read.replay.at:
        raise Wrong("head: not the root of the entries")


def _check_tiles(read: Pass) -> None:
    stored = {number: bytes(root) for number, root in raw("SELECT number, root FROM log_tile")}
    for number, root in enumerate(read.tiles):
        if stored.pop(number, None) != root:
            raise Wrong(f"tile {number}: not the root of its 256 entries")
    if stored:
        raise Wrong(f"tile {min(stored)}: covers entries that do not exist")


def _notes() -> list[tuple[int, str]]:
    rows = raw(f"SELECT size, {_bytes('note')} FROM log_checkpoint ORDER BY size")
    return [(size, _text(stored) or "") for size, stored in rows]


def _signed_size() -> set[int]:
    last = signed.read(checkpoints.signer().head_file)
    return {last.size} if last else set()


def _check_notes(read: Pass, notes: list[tuple[int, str]]) -> None:
    for size, stored in notes:
        try:
            text_signed, _signers = note.verify_note(stored, read.keys)
            head = note.parse_checkpoint(text_signed)
        except note.BadNote as error:
            raise Wrong(f"checkpoint {size}: {error}") from None
        if head.origin != read.origin or head.size != size or read.roots.get(size) != head.root:
            raise Wrong(f"checkpoint {size}: the log does not continue what was signed")
    last = signed.read(checkpoints.signer().head_file)
    if last is not None and read.roots.get(last.size) != last.crown().root():
        raise Wrong(f"signed head {last.size}: the log does not continue what was signed last")


def _check_disclosures(read: Pass) -> dict[str, Any]:
    """Digest → value, for the disclosures that are kept."""


    values: dict[str, Any] = {}
    query = f"SELECT seq, {_bytes('digest')}, {_bytes('disclosure')} FROM log_disclosure ORDER BY seq"
    for seq, digest, disclosure in raw(query):
        one: Claim = claim(seq, _text(disclosure) or "")
        if one.digest != _text(digest) or (seq, one.name, one.digest) not in read.digests:
            raise Wrong(f"entry {seq}: no digest matches the disclosure of {one.name}")
        values[one.digest] = open_disclosure(_text(disclosure) or "")[2]
    return values


def _check_index(read: Pass) -> None:
    left = dict(read.changes)
    for row_id, rev, table, seq in raw(
        f"SELECT {_bytes('row_id')}, rev, {_bytes('table_name')}, seq FROM log_change ORDER BY seq"
    ):
        key = (_text(row_id) or "", rev)
        if left.pop(key, None) != (_text(table), seq):
            raise Wrong(f"index of changes: row {key[0]} revision {rev} is not what entry {seq} says")
    if left:
        (row_id, rev), (table, seq) = min(left.items(), key=lambda item: item[1][1])
        raise Wrong(f"index of changes: table {table} row {row_id} revision {rev} of entry {seq} is missing")


def _check_walls() -> None:
    for name in triggers.missing(db.session.connection()):
        raise Wrong(f"trigger {name}: missing or changed")
    if dialect() == "sqlite":
        for (state,) in raw("PRAGMA integrity_check"):
            if state != "ok":
                raise Wrong(f"database: {state}")


