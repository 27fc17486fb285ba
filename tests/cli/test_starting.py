"""The command that starts the product: what it takes for an installed database."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "tools" / "run.sh"
#: A command that lists more tables than a pipe holds, and fails, as Python does, when nobody reads them to the end.
COCON = '#!/bin/sh\n[ "$1 $2" = "audit tables" ] || exit 2\n{tables}\nseq -f "audited table_%g" 20000 || exit 1\n'


@pytest.mark.parametrize(
    ("database", "tables", "known"), [(True, "echo 'log log_entry'", 0), (True, ":", 1), (False, "exit 3", 1)]
)
def test_an_installed_database_is_known_however_long_its_list(
    tmp_path: Path, database: bool, tables: str, known: int
) -> None:
    """Else the demonstration would be made again over what people did in it."""
    command = tmp_path / ".venv" / "bin" / "cocon"
    command.parent.mkdir(parents=True)
    command.write_text(COCON.format(tables=tables), encoding="utf-8")
    command.chmod(0o755)
    if database:
        (tmp_path / "cocon.db").touch()
    found = re.search(r"^installed\(\) \{.*?^\}", RUN.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    script = f"set -euo pipefail\ndata=.\n{found[0]}\nif installed; then exit 0; else exit 1; fi"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == known
