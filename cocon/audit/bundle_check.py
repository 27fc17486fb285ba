"""Verifying a bundle, in the order of section 6 of the log's format.

The entries are read once, as a stream. A fault of a later step is kept while earlier steps go on over the rest of the
file, so that the first wrong thing in the order of the steps is the one that is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from math import inf
from typing import Any, Protocol

from cocon.audit.archive import Archive
from cocon.audit.canonical import NotCanonical, parse
from cocon.audit.claims import COMPLETE, MATCHING, Claim, Queue, check_claims, claim, read_line
from cocon.audit.held import SIGNATURES, Held, Signed, parse_signed, parse_text
from cocon.audit.manifest import (
    CHECKPOINT,
    DISCLOSURES,
    ENTRIES,
    FILES,
    MANIFEST,
    MANIFEST_NOTE,
    Manifest,
    check_bundle_names,
    parse_manifest,
    text_to_sign,
)
from cocon.audit.outcome import Outcome, bundle_lines, trust_sentence
from cocon.audit.replay import ORDER, STATE, Replay
from cocon.audit.shape import Wrong, check_entry
from cocon.audit.signatures import Signatures
from cocon.audit.tree import CompactRange, leaf_hash

TREE = 4
#: Only faults of a step below the limit would still come first; this one is above all.
NOTHING_WRONG = 9


class Digest(Protocol):
    """A SHA-256 under way."""

    def hexdigest(self) -> str:
        """In hexadecimal."""


def check_bundle(archive: Archive, held: Held) -> Outcome:
    """Verify a bundle against itself and what is held from elsewhere; raises Wrong."""
    return _Check(archive, held).run()


class _Check:
    def __init__(self, archive: Archive, held: Held) -> None:
        self.archive, self.held = archive, held
        self.found: Wrong | None = None
        self.limit = NOTHING_WRONG
        self.manifest = self._files()
        self.checkpoints: list[Signed] = []
        self.due: dict[int, list[Signed]] = {}
        self.signatures: Signatures
        self.stamps = 0
        self.claims, self.ordered, self.disclosed, self.last = Queue(()), True, 0, 0
        self.count, self.crown, self.replay = 0, CompactRange(), Replay()
        self.announced: dict[str, int] = {}

    def run(self) -> Outcome:
        self._try(self._read_disclosures)
        self._try(self._read_checkpoints)
        if self.limit > SIGNATURES:
            self._try(self._check_signatures)
        if self.limit > MATCHING:
            self.claims = Queue(self._all_claims() if self.ordered else sorted(self._all_claims()))
        self._try(self._read_entries)
        self._try(self._check_end)
        lines = self._lines()
        if self.found:
            self.found.passed = lines
            raise self.found
        return self._outcome(lines)

    def _try(self, check: Callable[..., None], *arguments: object) -> None:
        try:
            check(*arguments)
        except Wrong as wrong:
            if wrong.step < self.limit:
                self.found, self.limit = wrong, wrong.step

    def _files(self) -> Manifest:
        data = self.archive.read(MANIFEST)
        manifest = parse_manifest(data)
        check_bundle_names(self.archive.names, manifest)
        if parse_text(MANIFEST_NOTE, self.archive.text(MANIFEST_NOTE), FILES) != text_to_sign(data):
            raise Wrong(f"{MANIFEST_NOTE}: signs another manifest", FILES)
        for name in sorted(manifest.files.keys() - {ENTRIES, DISCLOSURES}):
            _demand_digest(manifest, name, sha256(self.archive.read(name)))
        return manifest

    def _read_disclosures(self) -> None:
        digest = sha256()
        for number, line in enumerate(self.archive.lines(DISCLOSURES), 1):
            digest.update(line)
            if self.limit > COMPLETE:
                self._try(self._read_disclosure, line, number)
        _demand_digest(self.manifest, DISCLOSURES, digest)

    def _read_disclosure(self, line: bytes, number: int) -> None:
        seq, disclosure = read_line(line, number)
        if self.limit > MATCHING:
            claim(seq, disclosure)
        self.ordered, self.last, self.disclosed = self.ordered and seq >= self.last, seq, number

    def _all_claims(self) -> Iterator[Claim]:
        for number, line in enumerate(self.archive.lines(DISCLOSURES), 1):
            yield claim(*read_line(line, number))

    def _read_checkpoints(self) -> None:
        for name in sorted(self.archive.names):
            if found := CHECKPOINT.fullmatch(name):
                signed = parse_signed(name, self.archive.text(name), TREE)
                if signed.head.size != int(found[1]):
                    raise Wrong(f"{name}: covers {signed.head.size} entries", TREE)
                self.checkpoints.append(signed)
        self.checkpoints.sort(key=lambda signed: signed.head.size)
        for signed in (*self.checkpoints, *self.held.checkpoints):
            if signed.head.origin != self.manifest.origin:
                raise Wrong(f"{signed.name}: of another log", TREE)
            self.due.setdefault(signed.head.size, []).append(signed)
        self._check_due()

    def _check_signatures(self) -> None:
        self.signatures = Signatures(self.archive, self.checkpoints, self.held)
        self.stamps = self.signatures.stamps

    def _read_entries(self) -> None:
        digest = sha256()
        for line in self.archive.lines(ENTRIES):
            digest.update(line)
            if self.limit > COMPLETE:
                self._try(self._read_entry, line)
            self.count += 1
        _demand_digest(self.manifest, ENTRIES, digest)

    def _read_entry(self, line: bytes) -> None:
        entry = self._complete(line)
        if self.limit > ORDER:
            self.replay.order(entry)
        if self.limit > TREE:
            self.crown.append(leaf_hash(line[:-1]))
            self._announce(entry)
            if self.crown.size in self.due:
                self._check_due()
        if self.limit > MATCHING and self.claims.next_seq <= self.count:
            check_claims(self.claims.take(self.count), entry)
        if self.limit > STATE:
            self.replay.apply(entry)

    def _complete(self, line: bytes) -> dict[str, Any]:
        if not line.endswith(b"\n"):
            raise Wrong(f"entry {self.count}: too long, or without end", COMPLETE)
        try:
            return check_entry(parse(line[:-1]), self.count)
        except NotCanonical as error:
            raise Wrong(f"entry {self.count}: {error}", COMPLETE) from None

    def _check_due(self) -> None:
        for signed in self.due.pop(self.crown.size, ()):
            if signed.head.root != self.crown.root():
                raise Wrong(f"{signed.name}: the entries have another root", TREE)

    def _announce(self, entry: dict[str, Any]) -> None:
        if entry["kind"] not in {"log.opened", "log.key-added"}:
            return
        facts = entry["facts"]
        if entry["seq"] == 0 and facts.get("origin") != self.manifest.origin:
            raise Wrong("entry 0: of another origin than the manifest", TREE)
        self.announced.setdefault(str(facts.get("key")), entry["seq"])

    def _check_end(self) -> None:
        if self.count == 0:
            raise Wrong(f"{ENTRIES}: empty", ORDER)
        if self.limit > TREE:
            self._check_head()
        if self.limit > SIGNATURES:
            self.signatures.check_announced(self.announced)
        if self.claims.next_seq != inf:
            raise Wrong(f"entry {self.claims.next_seq}: disclosed, but not there", MATCHING)

    def _check_head(self) -> None:
        if self.due:
            late = self.due[min(self.due)][0]
            raise Wrong(f"{late.name}: covers {late.head.size} entries, there are {self.count}", TREE)
        covered = self.checkpoints[-1].head.size
        if covered != self.count:
            raise Wrong(f"entry {covered}: covered by no checkpoint", TREE)
        if (self.manifest.size, self.manifest.root) != (self.count, self.crown.root().hex()):
            raise Wrong(f"{MANIFEST}: another size or root than the entries", TREE)

    def _lines(self) -> tuple[str, ...]:
        rows = sum(map(len, self.replay.state.values()))
        lines = bundle_lines(self.count, len(self.checkpoints), self.stamps, self.disclosed, rows)
        return tuple(line for step, line in lines if step < self.limit)

    def _outcome(self, lines: tuple[str, ...]) -> Outcome:
        key, authentic = self.signatures.key, self.signatures.authentic
        sentence = trust_sentence(key, self.held, authentic=authentic)
        return Outcome(self.count, self.crown.root(), key, authentic, (*lines, sentence))


def _demand_digest(manifest: Manifest, name: str, digest: Digest) -> None:
    if digest.hexdigest() != manifest.files[name]:
        raise Wrong(f"{name}: not the file of the manifest", FILES)
