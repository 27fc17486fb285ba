"""The command that starts the product: what it takes for an installed database."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = ROOT / "tools" / "run.sh"


def nothing(_file: Path) -> None:
    """No file at all."""


def empty(file: Path) -> None:
    """A file that was touched."""
    file.touch()


def bare(file: Path) -> None:
    """What a command run before the first start leaves."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def whole(file: Path) -> None:
    """A database with more tables than a pipe holds the names of."""
    with closing(sqlite3.connect(file)) as connection:
        for number in range(500):
            connection.execute(f"CREATE TABLE {'t' * 200}{number} (id)")


def damaged(file: Path) -> None:
    """Something that is no database, or no longer."""
    file.write_text("This is no database. " * 500, encoding="utf-8")


@pytest.mark.parametrize(
    ("made", "said"), [(nothing, "none"), (empty, "none"), (bare, "none"), (whole, "there"), (damaged, "")]
)
def test_what_is_taken_for_an_installed_database(tmp_path: Path, made: Callable[[Path], None], said: str) -> None:
    """Else the demonstration would be made again over what people did in it; what cannot be read stops the start."""
    made(tmp_path / "cocon.db")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    found = re.search(r"^installed\(\) \{.*?^\}", RUN.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    script = f"set -euo pipefail\ndata=.\n{found[0]}\nif installed; then echo there; else echo none; fi"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode == 0, done.stdout.strip()) == (bool(said), said)
    assert ("laissée telle quelle" in done.stderr) == (not said)


def test_a_start_that_cannot_be_touches_nothing(tmp_path: Path) -> None:
    """The whole script, on a database that holds something and settings that no command accepts."""
    whole(tmp_path / "cocon.db")
    before = (tmp_path / "cocon.db").read_bytes()
    (tmp_path / "cocon.db-wal").write_bytes(b"")
    (tmp_path / "log.key").write_text("a key", encoding="utf-8")
    settings = {"PATH": "/usr/bin:/bin", "COCON_DATA": str(tmp_path), "COCON_TODAY": "30/06/2015", "PORT": "8987"}
    done = subprocess.run([RUN], cwd=ROOT, env=settings, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert (tmp_path / "cocon.db").read_bytes() == before
    assert (tmp_path / "log.key").read_text(encoding="utf-8") == "a key"
