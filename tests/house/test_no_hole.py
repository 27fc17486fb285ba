"""A test that was skipped, or expected to fail, makes the run fail."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.house.rules import ROOT

ORDINARY = "def test_it():\n    pass"
HOLES = {
    "skips": "def test_it():\n    pytest.skip('later')",
    "is_marked": "@pytest.mark.skip\ndef test_it():\n    pass",
    "is_expected_to_fail": "@pytest.mark.xfail\ndef test_it():\n    assert False",
    "does_unexpectedly_well": "@pytest.mark.xfail(strict=False)\ndef test_it():\n    pass",
    "has_a_fixture_that_skips": "@pytest.fixture\ndef a():\n    pytest.skip('later')\ndef test_it(a):\n    pass",
    "skips_the_module": "pytest.importorskip('absent_from_everywhere')\ndef test_it():\n    pass",
}


def _play(folder: Path, sources: dict[str, str]) -> tuple[int, set[str]]:
    """The exit status of a run of these modules, and the names of those that failed."""
    for name, source in sources.items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n\n{source}\n")
    command: list[str | Path] = [sys.executable, "-m", "pytest", "-q", "-rfE", "-c", ROOT / "pyproject.toml"]
    done = subprocess.run(
        [
            *command,
            "--rootdir",
            ROOT,
            "-p",
            "tests.conftest",
            "-p",
            "no:cacheprovider",
            "--continue-on-collection-errors",
            folder,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.findall(r"^(?:FAILED|ERROR) \S*?test_(\w+)\.py", done.stdout, flags=re.MULTILINE)
    return done.returncode, set(failed)


def test_holes_fail_and_nothing_else(tmp_path: Path) -> None:
    assert _play(tmp_path, {"is_ordinary": ORDINARY, **HOLES}) == (1, set(HOLES))


def test_without_a_hole_the_run_passes(tmp_path: Path) -> None:
    assert _play(tmp_path, {"is_ordinary": ORDINARY}) == (0, set())
