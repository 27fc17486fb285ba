"""Where the bytes of files are kept: a folder of random names, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

PART = ".part-"
#: How long a file may wait for its row before it is swept.
GRACE = 3600.0


@dataclass(frozen=True)
class Shelf:
    """The folder and its limits, in bytes; ``scanned`` says whether an antivirus looks at what comes."""

    folder: Path
    largest: int
    quota: int
    scanned: bool

    def put(self, content: bytes) -> str:
        """Keep these bytes; the answer is their name. They are on the disk when it is known."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = secrets.token_hex(24)
        part = self.folder / f"{PART}{name}"
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.rename(self.folder / name)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _sync(self.folder)
        return name

    def read(self, name: str) -> bytes | None:
        """The bytes, or None when they are gone."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def remove(self, name: str) -> None:
        """Forget bytes whose row could not be written."""
        (self.folder / name).unlink(missing_ok=True)

    def orphans(self, known: Collection[str], grace: float = GRACE) -> list[Path]:
        """The files, old enough, that no row names."""
        if not self.folder.is_dir():
            return []
        before = time.time() - grace
        return [
            path
            for path in self.folder.iterdir()
            if path.is_file() and path.name not in known and path.stat().st_mtime <= before
        ]


def _sync(folder: Path) -> None:
    """Make the new name as durable as the bytes."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
