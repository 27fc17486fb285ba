"""What the person who verifies holds from elsewhere, and the keys and checkpoints that a file brings along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cocon.audit import note
from cocon.audit.note import BadKey, BadNote, Checkpoint, VerifierKey
from cocon.audit.shape import Wrong

SIGNATURES = 5

_LARGEST = 2**20


@dataclass(frozen=True)
class Signed:
    """A signed checkpoint and the name under which it is spoken of."""

    name: str
    note: str
    head: Checkpoint

    def signers(self, keys: Iterable[VerifierKey]) -> frozenset[VerifierKey]:
        """Which of the keys signed it; raises Wrong when none did, or wrongly."""
        return signers(self.name, self.note, keys)


@dataclass(frozen=True)
class Held:
    """Keys and checkpoints obtained otherwise than with the file under verification."""

    keys: tuple[VerifierKey, ...] = ()
    checkpoints: tuple[Signed, ...] = ()


def load(key: Path | None, checkpoints: Sequence[Path]) -> Held:
    """Read the files given beside the one to verify; raises Wrong when one is not what it should be."""
    keys = parse_keys(key.name, _text(key)) if key else ()
    return Held(keys, tuple(parse_signed(path.name, _text(path), SIGNATURES) for path in checkpoints))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode()
    except (OSError, ValueError):
        raise Wrong(f"{path.name}: unreadable", 1) from None
    if len(data) > _LARGEST:
        raise Wrong(f"{path.name}: too large", 1)
    return text


def parse_keys(name: str, text: str) -> tuple[VerifierKey, ...]:
    """The vkeys of a file, one a line; two keys of one name and id are refused."""
    try:
        keys = tuple(note.parse_vkey(line) for line in text.removesuffix("\n").split("\n"))
    except BadKey as error:
        raise Wrong(f"{name}: {error}", SIGNATURES) from None
    if len({(key.name, key.key_id) for key in keys}) != len(keys):
        raise Wrong(f"{name}: two keys of one name and id", SIGNATURES)
    return keys


def parse_text(name: str, text: str, step: int) -> str:
    """The text of a signed note; its signatures are not checked yet."""
    try:
        return note.parse_note(text).text
    except BadNote as error:
        raise Wrong(f"{name}: {error}", step) from None


def parse_signed(name: str, text: str, step: int) -> Signed:
    """A signed checkpoint; its signatures are not checked yet."""
    try:
        return Signed(name, text, note.parse_checkpoint(parse_text(name, text, step)))
    except BadNote as error:
        raise Wrong(f"{name}: {error}", step) from None


def signers(name: str, text: str, keys: Iterable[VerifierKey]) -> frozenset[VerifierKey]:
    """Which of the keys signed a note; raises Wrong when none did, or wrongly."""
    try:
        return frozenset(note.verify_note(text, keys)[1])
    except BadNote as error:
        raise Wrong(f"{name}: {error}", SIGNATURES) from None
