"""Signed notes (C2SP ``signed-note``, Ed25519), the checkpoints they carry and the ``tlog-proof`` that quotes one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cocon.audit.canonical import LARGEST, NotCanonical, b64, unb64
from cocon.audit.tree import HASH

ED25519 = b"\x01"
MOST_SIGNATURES = 100

_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_PROOF = "c2sp.org/tlog-proof@v1"


class BadKey(ValueError):
    """The text or file is not a key of this kind."""


class BadNote(ValueError):
    """The note is malformed, wrongly signed, or signed by nobody known."""


@dataclass(frozen=True)
class VerifierKey:
    """What is published to check signatures: a name and an Ed25519 public key."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key (C2SP signed-note)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The published form: ``name+key id+base64(0x01 ‖ public key)``."""
        return f"{self.name}+{self.key_id.hex()}+{b64(ED25519 + self.public)}"

    def accepts(self, signature: bytes, text: str) -> bool:
        """Whether the signature of the text is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Note:
    """A well-formed note: the text that is signed, and the (name, key id, signature) of each line under it."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


@dataclass(frozen=True)
class Checkpoint:
    """The head of the tree at one size (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class TlogProof:
    """An inclusion proof with the checkpoint it leads to; ``extra`` is authenticated by nothing."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def generate_key() -> Ed25519PrivateKey:
    """A new signing key."""
    return Ed25519PrivateKey.generate()


def save_key(key: Ed25519PrivateKey, path: Path) -> None:
    """Write a key as PEM, readable by its owner only; an existing file is never overwritten."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read a key from PEM (PKCS 8), or from the 32 raw bytes of its seed."""
    data = path.read_bytes()
    if len(data) == 32:
        return Ed25519PrivateKey.from_private_bytes(data)
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(f"{path.name} is neither a PEM key nor a seed of 32 bytes") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{path.name} is not an Ed25519 key")
    return key


def verifier_key(name: str, key: Ed25519PrivateKey) -> VerifierKey:
    """The public side of a signing key, under a name."""
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise BadKey("a key name is not empty and has neither space nor plus sign")
    return VerifierKey(name, key.public_key().public_bytes_raw())


def parse_vkey(text: str) -> VerifierKey:
    """Read ``name+key id+base64``; the key id must be the right one."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not parts[0] or any(letter.isspace() for letter in parts[0]):
        raise BadKey("not a verification key")
    try:
        material = unb64(parts[2])
    except NotCanonical:
        raise BadKey("not a verification key") from None
    if material[:1] != ED25519 or len(material) != 33:
        raise BadKey("not an Ed25519 verification key")
    key = VerifierKey(parts[0], material[1:])
    if key.key_id.hex() != parts[1]:
        raise BadKey("the key id is not that of the key")
    return key


def sign_note(text: str, name: str, *keys: Ed25519PrivateKey) -> str:
    """The note of a text signed by one key, or by several while they overlap."""
    if not keys or not _is_plain(text) or not text.endswith("\n"):
        raise BadNote("a note is text that ends with a newline, signed by a key")
    lines = []
    for key in keys:
        public = verifier_key(name, key)
        lines.append(f"— {name} {b64(public.key_id + key.sign(text.encode()))}\n")
    return text + "\n" + "".join(lines)


def _is_plain(text: str) -> bool:
    return all(letter >= " " or letter == "\n" for letter in text)


def parse_note(note: str) -> Note:
    """Split a note into its text and its signatures, which are not checked yet."""
    text, separator, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not separator or lines.pop() != "" or not lines or len(lines) > MOST_SIGNATURES or not _is_plain(note):
        raise BadNote("malformed note")
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    found = _SIGNATURE.fullmatch(line)
    if not found:
        raise BadNote("malformed signature line")
    try:
        blob = unb64(found[2])
    except NotCanonical:
        raise BadNote("malformed signature line") from None
    if len(blob) < 5:
        raise BadNote("malformed signature line")
    return found[1], blob[:4], blob[4:]


def verify_note(note: str, keys: Iterable[VerifierKey]) -> tuple[str, tuple[VerifierKey, ...]]:
    """The text of a note and the known keys that signed it.

    Signatures of unknown keys are ignored; a wrong one of a known key, or none of any, raises BadNote.
    """
    parsed, known = parse_note(note), {(key.name, key.key_id): key for key in keys}
    signers: dict[VerifierKey, None] = {}
    for name, key_id, signature in parsed.signatures:
        key = known.get((name, key_id))
        if key and not key.accepts(signature, parsed.text):
            raise BadNote(f"wrong signature of key {key.name}+{key_id.hex()}")
        if key:
            signers[key] = None
    if not signers:
        raise BadNote("no signature of a known key")
    return parsed.text, tuple(signers)


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The three lines that a checkpoint signs."""
    if not origin or "\n" in origin or size < 0 or len(root) != HASH:
        raise BadNote("not the head of a tree")
    return f"{origin}\n{size}\n{b64(root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the three lines; a checkpoint of this log has no others."""
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0] or lines[3] or not _NUMBER.fullmatch(lines[1]):
        raise BadNote("malformed checkpoint")
    return Checkpoint(lines[0], _number(lines[1]), _hash(lines[2]))


def _number(text: str) -> int:
    number = int(text) if _NUMBER.fullmatch(text) else LARGEST + 1
    if number > LARGEST:
        raise BadNote("malformed number")
    return number


def _hash(text: str) -> bytes:
    try:
        value = unb64(text)
    except NotCanonical:
        raise BadNote("malformed hash") from None
    if len(value) != HASH:
        raise BadNote("malformed hash")
    return value


def format_proof(index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """The ``tlog-proof`` of a leaf: its index, its path, the signed checkpoint."""
    hashes = "".join(f"{b64(node)}\n" for node in path)
    return f"{_PROOF}\nindex {index}\n{hashes}\n{checkpoint}"


def parse_proof(text: str) -> TlogProof:
    """Read a ``tlog-proof``; the signature of its checkpoint is not checked yet."""
    head, separator, checkpoint = text.partition("\n\n")
    header, *lines = head.split("\n")
    if header != _PROOF or not separator:
        raise BadNote("malformed proof")
    extra = _extra(lines.pop(0)) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise BadNote("malformed proof: no index")
    index = _number(lines[0].removeprefix("index "))
    return TlogProof(index, tuple(_hash(line) for line in lines[1:]), checkpoint, extra)


def _extra(line: str) -> bytes:
    try:
        return unb64(line.removeprefix("extra "))
    except NotCanonical:
        raise BadNote("malformed proof: extra data") from None
