"""The last signed head, kept outside the database: an old backup put back cannot pass for the log."""

from __future__ import annotations

import fcntl
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
    """The size and the root that were signed last, with the compact range that leads on from there."""

    size: int
    root: bytes
    range: tuple[str, ...]

    @classmethod
    def of(cls, crown: CompactRange) -> SignedHead:
        """The head of a tree."""
        return cls(crown.size, crown.root(), tuple(crown.to_json()))

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
        with (self.folder / f"{NAME}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def read(self) -> SignedHead | None:
        """What was signed last, None before the first time; raises Damaged."""
        try:
            data = (self.folder / NAME).read_bytes()
        except FileNotFoundError:
            return None
        try:
            content = decode(data.removesuffix(b"\n"))
            head = SignedHead(content["size"], bytes.fromhex(content["root"]), tuple(content["range"]))
            sound = head.crown().root() == head.root
        except (NotCanonical, LookupError, TypeError, ValueError, AttributeError):
            sound = False
        if not sound:
            raise Damaged
        return head

    def write(self, head: SignedHead) -> None:
        """Remember a head, for good when this returns."""
        content = {"size": head.size, "root": head.root.hex(), "range": list(head.range)}
        write_durably(self.folder / NAME, encode(content) + b"\n")
