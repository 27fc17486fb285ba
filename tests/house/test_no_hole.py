"""A test that was skipped, or expected to fail, makes the run fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.rules import ROOT

HOLES = {
    "skipped": "def test_it():\n    pytest.skip('later')",
    "marked": "@pytest.mark.skip\ndef test_it():\n    pass",
    "expected to fail": "@pytest.mark.xfail\ndef test_it():\n    assert False",
    "unexpectedly well": "@pytest.mark.xfail(strict=False)\ndef test_it():\n    pass",
    "skipped by a fixture": "@pytest.fixture\ndef a():\n    pytest.skip('later')\ndef test_it(a):\n    pass",
    "a whole module": "pytest.importorskip('absent_from_everywhere')\ndef test_it():\n    pass",
}


def _play(folder: Path, source: str) -> int:
    module = folder / "test_hole.py"
    module.write_text(f"import pytest\n\n{source}\n")
    command: list[str | Path] = [sys.executable, "-m", "pytest", "-q", "-c", ROOT / "pyproject.toml", "--rootdir", ROOT]
    return subprocess.run(
        [*command, "-p", "tests.conftest", "-p", "no:cacheprovider", module],
        cwd=ROOT,
        capture_output=True,
        check=False,
    ).returncode


def test_an_ordinary_test_passes(tmp_path: Path) -> None:
    assert _play(tmp_path, "def test_it():\n    pass") == 0


@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_fails(tmp_path: Path, hole: str) -> None:
    assert _play(tmp_path, HOLES[hole]) in (1, 2)
