"""A small log written by hand, with no database: the matter of the tests on replay, bundles and proofs."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocon.audit import note, tree
from cocon.audit.bundle import write_bundle, write_proof
from cocon.audit.canonical import decode, encode
from cocon.audit.disclosure import seal
from cocon.audit.manifest import MANIFEST, MANIFEST_NOTE, Manifest, parse_manifest, text_to_sign

ORIGIN = "localhost/journal"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
VKEY = note.verifier_key(ORIGIN, KEY).vkey
OTHER_VKEY = note.verifier_key(ORIGIN, OTHER_KEY).vkey

SYSTEM = {
    "person": None,
    "mandate": None,
    "partner": None,
    "partner_name": None,
    "role": "system",
    "on_behalf_of": None,
}


def uid(number: int) -> str:
    """A UUIDv7 that is easy to recognise."""
    return f"0149b2d0-0000-7000-8000-{number:012x}"


ACTOR = SYSTEM | {
    "person": uid(901),
    "mandate": uid(902),
    "partner": "region",
    "partner_name": "Région Rhône-Alpes",
    "role": "representative",
}


def change(table: str, row: int, rev: int, before: Any, after: Any) -> dict[str, Any]:
    """One item of ``changes``."""
    return {"table": table, "id": uid(row), "rev": rev, "before": before, "after": after}


def sign(text: str) -> str:
    """The log's note of a text."""
    return note.sign_note(text, ORIGIN, KEY)


class Leaves:
    """A reader over the leaves of a small log."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._leaves = [tree.leaf_hash(entry) for entry in entries]

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        return self._leaves[start:stop]

    def tiles(self, start: int, stop: int) -> Sequence[bytes]:
        roots = range(start, stop)
        return [tree.tile_root(self._leaves[n * tree.TILE : (n + 1) * tree.TILE]) for n in roots]


@dataclass
class SampleLog:
    """Entries as they are appended, with their disclosures and signed checkpoints."""

    entries: list[bytes] = field(default_factory=list)
    disclosures: list[tuple[int, str]] = field(default_factory=list)
    checkpoints: dict[int, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=lambda: [VKEY])

    def entry(self, kind: str, **parts: Any) -> dict[str, Any]:
        """The next entry, complete; ``parts`` replace its values."""
        seq = len(self.entries)
        return {
            "v": 1,
            "seq": seq,
            "id": uid(seq),
            "at": f"2014-11-15T10:{seq // 60:02}:{seq % 60:02}.000000Z",
            "kind": kind,
            "actor": ACTOR,
            "subject": {"type": "action", "id": uid(1), "version": None},
            "facts": {},
            "basis": None,
            "changes": [],
            "request": None,
            "sd": {},
        } | parts

    def add(self, kind: str, **parts: Any) -> int:
        """Append an entry and return its number."""
        self.entries.append(encode(self.entry(kind, **parts)))
        return len(self.entries) - 1

    def sealed(self, name: str, value: str) -> str:
        """Seal a value for the next entry and return its digest."""
        digest, disclosure = seal(name, value)
        self.disclosures.append((len(self.entries), disclosure))
        return digest

    def root(self, size: int | None = None) -> bytes:
        """The root over the first entries."""
        return tree.root_of([tree.leaf_hash(entry) for entry in self.entries[:size]])

    def checkpoint(self, *keys: Ed25519PrivateKey) -> str:
        """Sign and keep a checkpoint of the present size."""
        size = len(self.entries)
        text = note.checkpoint_text(ORIGIN, size, self.root())
        self.checkpoints[size] = note.sign_note(text, ORIGIN, *(keys or (KEY,)))
        return self.checkpoints[size]

    def bundle(self, path: Path, **others: Any) -> Path:
        """Write the bundle; ``others`` replace arguments of ``write_bundle``."""
        arguments: dict[str, Any] = {
            "origin": ORIGIN,
            "entries": self.entries,
            "disclosures": self.disclosures,
            "checkpoints": self.checkpoints,
            "timestamps": {},
            "keys": self.keys,
            "sign": sign,
        }
        write_bundle(path, **(arguments | others))
        return path

    def proof(self, seq: int, path: Path, **others: Any) -> Path:
        """Write the proof of an entry under the newest checkpoint."""
        size = max(self.checkpoints)
        arguments: dict[str, Any] = {
            "entry": self.entries[seq],
            "path": tree.inclusion_path(seq, size, Leaves(self.entries)),
            "checkpoint": self.checkpoints[size],
            "disclosures": [disclosure for of, disclosure in self.disclosures if of == seq],
            "keys": self.keys,
        }
        write_proof(path, **(arguments | others))
        return path


def sample_log() -> SampleLog:
    """Ten entries: creations, updates, an erasable name, a migration, a deletion, three checkpoints."""
    log = SampleLog()
    log.add("log.opened", actor=SYSTEM, facts={"origin": ORIGIN, "key": VKEY})
    name = {"sd": log.sealed("person.name", "Jeanne Émeri")}
    log.add("person.joined", actor=SYSTEM, changes=[change("person", 10, 1, None, {"name": name, "active": True})])
    log.add("action.shared", changes=[change("action", 1, 1, None, {"title": "Forum", "code": None, "cost": 1})])
    log.checkpoint()
    _continue(log)
    log.checkpoint()
    return log


def _continue(log: SampleLog) -> None:
    log.add(
        "funding.contribution-announced",
        basis={"act": "délibération", "number": "14.05.389", "date": "2014-11-14"},
        facts={"year": 2015, "amount": 1_200_000},
        changes=[
            change("tranche", 20, 1, None, {"amount": 1_200_000, "stage": "announced", "plan": {"a": [1, True]}}),
            change("action", 1, 2, {"code": None}, {"code": "1.A.03"}),
            change("action", 1, 3, {"cost": 1}, {"cost": 2}),
        ],
        sd={"actor_name": log.sealed("actor_name", "Jeanne Émeri"), "reason": log.sealed("reason", "Voté.")},
    )
    log.add("action.linked", changes=[change("action_partner", 30, 1, None, {"action": uid(1), "partner": "metro"})])
    earlier = decode(log.entries[1])["changes"][0]["after"]["name"]
    renamed = {"sd": log.sealed("person.name", "Jeanne Durand")}
    log.add("person.renamed", changes=[change("person", 10, 2, {"name": earlier}, {"name": renamed})])
    log.checkpoint()
    migration = {"table": "tranche", "add": {"form": "cash"}, "rename": {"plan": "schedule"}, "drop": ["stage"]}
    log.add("schema.migrated", actor=SYSTEM, facts=migration)
    paid = change("tranche", 20, 2, {"form": "cash", "amount": 1_200_000}, {"form": "kind", "amount": 1_000_000})
    log.add("funding.contribution-lowered", changes=[paid])
    log.add("action.unlinked", changes=[change("action_partner", 30, 2, {"action": uid(1), "partner": "metro"}, None)])
    log.add("demo.started", actor=SYSTEM, request="0149b2d0-0000-4000-8000-000000000000")


Edit = Callable[[dict[str, bytes]], None]


def files_of(path: Path) -> dict[str, bytes]:
    """The files of a ZIP."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, files: Mapping[str, bytes]) -> Path:
    """A ZIP of these files, as anybody would make it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def forge(source: Path, target: Path, edit: Edit, *keys: Ed25519PrivateKey) -> Path:
    """Edit the files of a bundle and, given keys, make and sign its manifest again as whoever holds them could."""
    files = files_of(source)
    edit(files)
    if keys:
        rest = {name: content for name, content in files.items() if name not in {MANIFEST, MANIFEST_NOTE}}
        old = parse_manifest(files[MANIFEST])
        digests = {name: sha256(content).hexdigest() for name, content in rest.items()}
        files[MANIFEST] = Manifest(old.origin, old.size, old.root, digests).encoded()
        files[MANIFEST_NOTE] = note.sign_note(text_to_sign(files[MANIFEST]), ORIGIN, *keys).encode()
    return pack(target, files)


def rewrite_history(
    log: SampleLog, edit: Callable[[list[dict[str, Any]]], None], *keys: Ed25519PrivateKey
) -> SampleLog:
    """What an operator can do who owns the database and a key: change entries and sign the whole log again."""
    decoded = [decode(entry) for entry in log.entries]
    edit(decoded)
    other = SampleLog([], list(log.disclosures), {}, list(log.keys))
    for entry in decoded:
        other.entries.append(encode(entry))
        if len(other.entries) in log.checkpoints:
            other.checkpoint(*keys)
    if len(other.entries) not in other.checkpoints:
        other.checkpoint(*keys)
    return other
