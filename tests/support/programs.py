"""Where the programs that the tests need are. Run as a module, it prints the Debian packages still missing."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
OLDEST_POSTGRESQL = 15


class Missing(Exception):
    """A program is not on this machine."""


def chromium() -> Path:
    """The browser that plays the journeys."""
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise Missing("Chromium")


def postgresql() -> Path:
    """The folder of ``initdb`` and ``pg_ctl``, of the newest PostgreSQL that is recent enough."""
    found = {_version(folder): folder for folder in _candidates() if (folder / "initdb").exists()}
    newest = max(found, default=0)
    if newest < OLDEST_POSTGRESQL:
        raise Missing(f"PostgreSQL {OLDEST_POSTGRESQL}")
    return found[newest]


def pango() -> None:
    """Check the libraries that lay out the printed documents."""
    _load("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")


def driver() -> None:
    """Check what the driver of the browser takes for granted, and a bare Debian has not."""
    _load("libatomic.so.1")


def calc() -> Path:
    """The spreadsheet that opens our exports as people do."""
    found = shutil.which("soffice")
    if not found or not Path(found).resolve().with_name("libsclo.so").exists():
        raise Missing("LibreOffice Calc")
    return Path(found)


def missing_packages() -> list[str]:
    """The Debian packages to install before the tests can run."""
    needs = (
        (chromium, ["chromium", "fonts-dejavu-core"]),
        (driver, ["libatomic1"]),
        (postgresql, ["postgresql"]),
        (calc, ["libreoffice-calc-nogui"]),
        (pango, ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]),
    )
    missing: list[str] = []
    for find, packages in needs:
        try:
            find()
        except Missing:
            missing += packages
    return missing


def _load(*libraries: str) -> None:
    for name in libraries:
        try:
            ctypes.CDLL(name)
        except OSError:
            raise Missing(name) from None


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from Path("/usr/lib/postgresql").glob("*/bin")


def _version(folder: Path) -> int:
    said = subprocess.run([folder / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"(\d+)", said)
    return int(number[1]) if number else 0


if __name__ == "__main__":
    print("\n".join(missing_packages()))  # noqa: T201
