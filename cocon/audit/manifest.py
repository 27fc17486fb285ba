"""The files of a bundle and of a proof, and the manifest that binds the former."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from cocon.audit.canonical import NotCanonical, decode, encode
from cocon.audit.shape import Wrong

FILES = 1
FORMAT = "cocon-bundle/1"

MANIFEST, MANIFEST_NOTE = "manifest.json", "manifest.note"
ENTRIES, DISCLOSURES, KEYS = "entries.jsonl", "disclosures.jsonl", "key.txt"
ENTRY, PROOF = "entry.json", "entry.tlog-proof"
LEAFLET = "LISEZ-MOI.txt"
COMPANIONS = frozenset({LEAFLET, "verify.html", "verify.py"})

CHECKPOINT = re.compile(r"checkpoints/(0|[1-9][0-9]{0,15})\.txt")
TIMESTAMP = re.compile(r"timestamps/(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})\.tsr")

_OF_BUNDLE = frozenset({MANIFEST, MANIFEST_NOTE, ENTRIES, DISCLOSURES, KEYS})
_OF_PROOF = frozenset({ENTRY, PROOF, DISCLOSURES, KEYS})
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself. ``files`` maps every other file to its SHA-256 in hexadecimal."""

    origin: str
    size: int
    root: str
    files: dict[str, str]

    def encoded(self) -> bytes:
        """The bytes of ``manifest.json``."""
        return encode({"format": FORMAT, **vars(self)})


def text_to_sign(manifest: bytes) -> str:
    """The text that the log's key signs for the bytes of a manifest."""
    return f"{FORMAT}\n{sha256(manifest).hexdigest()}\n"


def parse_manifest(data: bytes) -> Manifest:
    """Read ``manifest.json``; raises Wrong."""
    try:
        content = decode(data)
    except NotCanonical as error:
        raise Wrong(f"{MANIFEST}: {error}", FILES) from None
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise Wrong(f"{MANIFEST}: not {FORMAT}", FILES)
    if content.keys() != {"origin", "size", "root", "files"} or not _is_typed(**content):
        raise Wrong(f"{MANIFEST}: malformed", FILES)
    return Manifest(**content)


def _is_typed(origin: object, size: object, root: object, files: object) -> bool:
    if not isinstance(origin, str) or type(size) is not int or not isinstance(files, dict):
        return False
    return all(isinstance(text, str) and _HEX.fullmatch(text) for text in (root, *files.values()))


def check_bundle_names(names: set[str], manifest: Manifest) -> None:
    """The files there are those of the manifest, all needed, none foreign; raises Wrong."""
    strangers = {name for name in names - COMPANIONS if not (CHECKPOINT.fullmatch(name) or TIMESTAMP.fullmatch(name))}
    _check_names(strangers, _OF_BUNDLE)
    listed = {*manifest.files, MANIFEST, MANIFEST_NOTE}
    if names != listed:
        raise Wrong(f"{min(names ^ listed)}: in the manifest or in the ZIP, not in both", FILES)
    if not any(CHECKPOINT.fullmatch(name) for name in names):
        raise Wrong("checkpoints: none", FILES)


def check_proof_names(names: set[str]) -> None:
    """The files there are those of a proof; raises Wrong."""
    _check_names(names - COMPANIONS, _OF_PROOF)


def _check_names(found: set[str], expected: frozenset[str]) -> None:
    if found - expected:
        raise Wrong(f"{min(found - expected)}: unexpected file", FILES)
    if expected - found:
        raise Wrong(f"{min(expected - found)}: missing", FILES)
