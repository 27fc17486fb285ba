"""One pass over the log in the database, in the order of section 6 of its format.

A fault of a later step is kept while earlier steps go on over the rest, so that the first wrong thing in the order of
the steps is the one that is named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cocon.audit import note
from cocon.audit.canonical import NotCanonical, parse
from cocon.audit.disclosure import BadDisclosure, digest_of, open_disclosure
from cocon.audit.event import KINDS
from cocon.audit.heads import SignedHead
from cocon.audit.note import BadKey, BadNote, VerifierKey
from cocon.audit.replay import Replay
from cocon.audit.shape import Wrong, check_entry, is_sealed
from cocon.audit.stored import Ahead, Snapshot, value
from cocon.audit.tree import TILE, CompactRange, leaf_hash, tile_root
from cocon.audit.voice import ANNOUNCING
from cocon.kernel.db import Log

COMPLETE, ORDER, TREE, SIGNATURES, MATCHING, STATE, TABLES = range(2, 9)
LAST = TABLES + 1

_ENTRY = ("seq", "body", "leaf", "id", "at", "kind", "partner", "person", "subject", "about", "audience")
_CHECKPOINT = ("size", "at", "note")
_TILE = ("number", "root")
_CHANGE = ("row_id", "rev", "table_name", "seq")
_DISCLOSURE = ("digest", "seq", "audience", "disclosure")


class Scan:
    """What the pass gathers; ``fault`` is the first wrong thing so far in the order of the steps."""

    def __init__(self, database: Snapshot, held: SignedHead | None, announced: int | None = None) -> None:
        self.database, self.held, self._announced = database, held, announced
        self.fault: Wrong | None = None
        self.replay, self.crown = Replay(), CompactRange()
        self.count = self.checkpoints = self.changed = self.sealed = self.disclosed = 0
        self.uncovered: int | None = None
        self._sizes: set[int] = set()
        self._keys: list[VerifierKey] = []
        self._origin = ""
        self._leaves: list[bytes] = []
        self._due = self._ahead("log_checkpoint", _CHECKPOINT, "size")
        self._tiles = self._ahead("log_tile", _TILE, "number")
        self._index = self._ahead("log_change", _CHANGE, "seq")
        self._claims = self._ahead("log_disclosure", _DISCLOSURE, "seq")

    def _ahead(self, table: str, columns: tuple[str, ...], order: str) -> Ahead:
        return Ahead(table, self.database.rows(table, columns, order), columns.index(order))

    @property
    def limit(self) -> int:
        """Only faults of earlier steps still matter."""
        return self.fault.step if self.fault else LAST

    def attempt(self, check: Callable[..., None], *arguments: Any) -> None:
        """Run a check, and keep its fault if it comes first."""
        try:
            check(*arguments)
        except Wrong as wrong:
            if wrong.step < self.limit:
                self.fault = wrong

    def run(self) -> None:
        """Read the whole log."""
        self.attempt(self._read)
        self.attempt(self._finish)

    def _read(self) -> None:
        for row in self.database.rows("log_entry", _ENTRY, "seq"):
            self.attempt(self._entry, row)
            self.count += 1

    def _entry(self, row: Any) -> None:
        if self.limit > ORDER and row[0] != self.count:
            self.attempt(self._gap)
        entry = _complete(row)
        if self.limit > ORDER:
            self.replay.order(entry)
        if self.limit > TREE:
            self._grow(row, entry)
        if self.limit > MATCHING:
            self._match(entry)
        if self.limit > STATE:
            self.replay.apply(entry)
        if self.limit > TABLES:
            self._compare_index(entry)

    def _gap(self) -> None:
        raise Wrong(f"entry {self.count}: missing", ORDER)

    def _grow(self, row: Any, entry: dict[str, Any]) -> None:
        seq, leaf = entry["seq"], leaf_hash(row[1].encode())
        if row[2] != leaf:
            raise Wrong(f"entry {seq}: its leaf is not the hash of its text", TREE)
        for column, found, wanted in zip(_ENTRY[3:], row[3:], _copies(entry), strict=True):
            if found != wanted:
                raise Wrong(f"entry {seq}: column {column} is not what its text says", TREE)
        self.crown.append(leaf)
        self._leaves.append(leaf)
        self.attempt(self._announce, entry)
        if self.uncovered is None and entry["kind"] in KINDS and KINDS[entry["kind"]].formal:
            self.uncovered = seq
        if len(self._leaves) == TILE:
            self._check_tile()
        self._check_due()

    def _announce(self, entry: dict[str, Any]) -> None:
        if entry["kind"] not in ANNOUNCING:
            return
        facts = entry["facts"]
        self._origin = self._origin or str(facts.get("origin"))
        try:
            self._keys.append(note.parse_vkey(str(facts.get("key"))))
        except BadKey as error:
            raise Wrong(f"entry {entry['seq']}: {error}", SIGNATURES) from None

    def _check_tile(self) -> None:
        number = self.crown.size // TILE - 1
        found = self._tiles.take(number)
        if [tuple(row) for row in found] != [(number, tile_root(self._leaves))]:
            raise Wrong(f"tile {number}: not the root of its {TILE} entries", TREE)
        self._leaves.clear()

    def _check_due(self) -> None:
        size, root = self.crown.size, self.crown.root
        if self.held and self.held.size == size and self.held.root != root():
            raise Wrong(f"log.signed: the {size} entries signed last had another root", TREE)
        for row in self._due.take(size):
            self.uncovered = None
            self._sizes.add(row[0])
            self.attempt(self._checkpoint, row)

    def _checkpoint(self, row: Any) -> None:
        size, at, text = row
        place = f"checkpoint {size}"
        try:
            head = note.parse_checkpoint(note.parse_note(str(text)).text)
        except BadNote as error:
            raise Wrong(f"{place}: {error}", TREE) from None
        if head != note.Checkpoint(self._origin, size, self.crown.root()):
            raise Wrong(f"{place}: the entries do not lead to what was signed", TREE)
        if at != self.replay.at:
            raise Wrong(f"{place}: column at is not the time of its last entry", TREE)
        try:
            note.verify_note(str(text), self._keys)
        except BadNote as error:
            raise Wrong(f"{place}: {error}", SIGNATURES) from None
        self.checkpoints += 1

    def _match(self, entry: dict[str, Any]) -> None:
        seq, wanted = entry["seq"], set(_sealed_in(entry))
        self.sealed += len(wanted)
        for digest, of, audience, text in self._claims.take(seq):
            name = _name(seq, str(text), digest)
            if of != seq or (name, digest) not in wanted:
                raise Wrong(f"entry {of}: no value of its text has the disclosure {_safe(digest)}", MATCHING)
            if audience != entry["facts"].get("audience"):
                raise Wrong(f"entry {seq}: disclosure of {name}, column audience is not that of the entry", MATCHING)
            self.disclosed += 1

    def _compare_index(self, entry: dict[str, Any]) -> None:
        seq = entry["seq"]
        found = {tuple(row) for row in self._index.take(seq)}
        wanted = {(change["id"], change["rev"], change["table"], seq) for change in entry["changes"]}
        for row_id, rev, table, of in sorted(found ^ wanted, key=str):
            raise Wrong(f"entry {of}: the index of changes differs at table {table} row {row_id} rev {rev}", TABLES)
        self.changed += len(wanted)

    def _finish(self) -> None:
        self._check_head()
        if self.limit > TREE:
            self._check_nothing_beyond()
        for ahead, what, step in ((self._claims, "disclosed", MATCHING), (self._index, "indexed", TABLES)):
            if self.limit > step and (seq := ahead.number) is not None:
                raise Wrong(f"entry {seq}: {what}, but not there", step)

    def _check_head(self) -> None:
        table = Log.metadata.tables["log_head"]
        found = list(self.database.rows("log_head", ("id", "size", "at", "range")))
        if self.count == 0:
            raise Wrong("entry 0: missing", ORDER)
        if len(found) != 1 or type(found[0][1]) is not int:
            raise Wrong("log_head: not one row with a size", TREE)
        _id, size, at, peaks = found[0]
        if size > self.count:
            raise Wrong(f"entry {self.count}: missing, the head counts {size} entries", ORDER)
        if self.limit <= TREE:
            return
        if size < self.count:
            raise Wrong(f"entry {size}: beyond the {size} entries that the head counts", TREE)
        for column, fits in (
            ("range", value(table.c.range, peaks) == self.crown.to_json()),
            ("at", at == self.replay.at),
            ("id", _id == 1),
        ):
            if not fits:
                raise Wrong(f"log_head: column {column} is not what the entries give", TREE)

    def _check_nothing_beyond(self) -> None:
        if self.held and self.held.size > self.count:
            raise Wrong(f"entry {self.count}: missing, {self.held.size} entries were signed (log.signed)", TREE)
        if (size := self._due.number) is not None:
            raise Wrong(f"entry {self.count}: missing, checkpoint {size} covers {size} entries", TREE)
        if (number := self._tiles.number) is not None:
            raise Wrong(f"tile {number}: covers entries that are not there", TREE)
        self._check_checkpoints()

    def _check_checkpoints(self) -> None:
        """None was deleted, as far as the head kept outside can tell; without it, a formal act may be unsigned."""
        if (held := self.held) is None:
            return
        on_its_way = self._announced is not None and self._announced <= held.size
        kept = self._sizes | ({self._announced} if on_its_way else set())
        if held.size not in kept:
            raise Wrong(f"checkpoint {held.size}: missing, {held.size} entries were signed (log.signed)", TREE)
        if len(kept) < held.kept:
            raise Wrong(f"log_checkpoint: {len(kept)} are there, {held.kept} were signed (log.signed)", TREE)


def _complete(row: Any) -> dict[str, Any]:
    seq, body = row[0], row[1]
    try:
        return check_entry(parse(body.encode()), seq)
    except (NotCanonical, UnicodeError, AttributeError) as error:
        why = error if isinstance(error, NotCanonical) else "its text is not UTF-8"
        raise Wrong(f"entry {seq}: {why}", COMPLETE) from None


def _copies(entry: dict[str, Any]) -> tuple[Any, ...]:
    """The columns copied out of an entry, in the order of ``_ENTRY``."""
    actor, facts = entry["actor"], entry["facts"]
    named = (entry["id"], entry["at"], entry["kind"], actor["partner"], actor["person"], entry["subject"]["id"])
    return (*named, facts.get("action"), facts.get("audience"))


def _sealed_in(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """The (name, digest) of each value that the entry seals for the first time."""
    found = list(entry["sd"].items())
    for change in entry["changes"]:
        for column, stored in (change["after"] or {}).items():
            if is_sealed(stored):
                found.append((f"{change['table']}.{column}", stored["sd"]))
    return found


def _name(seq: int, text: str, digest: Any) -> str:
    try:
        if digest_of(text) == digest:
            return open_disclosure(text)[1]
    except BadDisclosure as error:
        raise Wrong(f"entry {seq}: the disclosure {_safe(digest)} cannot be opened: {error}", MATCHING) from None
    raise Wrong(f"entry {seq}: the disclosure {_safe(digest)} has another digest", MATCHING)


def _safe(digest: Any) -> str:
    return str(digest)[:12] + "…"
