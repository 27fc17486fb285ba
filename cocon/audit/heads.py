"""The last signed head, kept outside the database: an old backup put back cannot pass for the log.

Beside it, the lock of whoever signs holds the size whose checkpoint is on its way to the database.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cocon.audit.canonical import NotCanonical, decode, encode
from cocon.audit.durable import write_durably
from cocon.audit.tree import CompactRange

NAME = "log.signed"


class Damaged(ValueError):
    """The file is there but is not a signed head."""


@dataclass(frozen=True)
class SignedHead:
    """The size and the root that were signed last, with the compact range that leads on from there.

    ``kept`` is how many checkpoints the database must hold, 0 when it was not counted.
    """

    size: int
    root: bytes
    range: tuple[str, ...]
    kept: int = 0

    @classmethod
    def of(cls, crown: CompactRange, kept: int) -> SignedHead:
        """The head of a tree."""
        return cls(crown.size, crown.root(), tuple(crown.to_json()), kept)

    def crown(self) -> CompactRange:
        """The tree so far, ready to grow."""
        return CompactRange.from_json(self.range, self.size)


@dataclass(frozen=True)
class HeadFile:
    """``log.signed`` in the folder of data; whoever signs holds the lock beside it."""

    folder: Path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one signer at a time into the block, on this machine."""
        with self._lock.open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @property
    def _lock(self) -> Path:
        return self.folder / f"{NAME}.lock"

    def announce(self, size: int) -> None:
        """Say that a checkpoint is on its way: should the machine stop now, its absence is no deletion."""
        with self._lock.open("w") as handle:
            handle.write(str(size))
            handle.flush()
            os.fsync(handle.fileno())

    def announced(self) -> int | None:
        """The size whose checkpoint may not be in the database yet."""
        try:
            said = self._lock.read_bytes()
        except FileNotFoundError:
            return None
        return int(said) if said.isdigit() and len(said) < 20 else None

    def settle(self) -> None:
        """The checkpoint announced is in the database."""
        self._lock.write_bytes(b"")

    def read(self) -> SignedHead | None:
        """What was signed last, None before the first time; raises Damaged."""
        try:
            data = (self.folder / NAME).read_bytes()
        except FileNotFoundError:
            return None
        try:
            content = decode(data.removesuffix(b"\n"))
            head = SignedHead(
                content["size"], bytes.fromhex(content["root"]), tuple(content["range"]), content.get("kept", 0)
            )
            sound = head.crown().root() == head.root and type(head.kept) is int
        except (NotCanonical, LookupError, TypeError, ValueError, AttributeError):
            sound = False
        if not sound:
            raise Damaged
        return head

    def write(self, head: SignedHead) -> None:
        """Remember a head, for good when this returns."""
        content = {"size": head.size, "root": head.root.hex(), "range": list(head.range), "kept": head.kept}
        write_durably(self.folder / NAME, encode(content) + b"\n")
