"""The last signed head, kept outside the database in a locked file: a restored old backup is recognised by it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cocon.audit.tree import CompactRange


@dataclass(frozen=True)
class SignedHead:
    """What was signed last: the size and the compact range of the tree."""

    size: int
    range: list[str]

    def crown(self) -> CompactRange:
        """The range, ready to grow."""
        return CompactRange.from_json(self.range, self.size)


@contextmanager
def held(path: Path) -> Iterator[SignedHead | None]:
    """The head on file, locked against other signers inside the block; None the first time."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield read(path)


def read(path: Path) -> SignedHead | None:
    """The head on file, without locking."""
    if not path.exists():
        return None
    facts = json.loads(path.read_text(encoding="utf-8"))
    return SignedHead(int(facts["size"]), list(facts["range"]))


def write(path: Path, crown: CompactRange) -> None:
    """Replace the head on file, at once and for good."""
    draft = path.with_suffix(".new")
    facts = {"size": crown.size, "root": crown.root().hex(), "range": crown.to_json()}
    with draft.open("w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
