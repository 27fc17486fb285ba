"""The folder that the processes of one test run share, and the guardian that clears it away."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# The guardian waits for the end of its input, which comes when the run ends, even by SIGKILL.
GUARDIAN = """
cat >/dev/null
if read -r pid < "$1/postgresql/data/postmaster.pid"; then
  kill -QUIT "$pid"
  for _ in $(seq 100); do kill -0 "$pid" || break; sleep 0.1; done
fi 2>/dev/null
rm -rf -- "$1"
"""


#: What a whole run may need at once, with room to spare, in bytes.
ROOM = 4 * 1024**3
MEMORY = Path("/dev/shm")


def scratch() -> Path:
    """Where tests keep their databases: in memory where there is room, since waiting for the disk is half of a run.

    What a killed process wrote stays there as it does on a disk: what is lost when the machine itself stops is proven
    by no test, wherever its files are.
    """
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    roomy = usable and shutil.disk_usage(MEMORY).free > ROOM and _available() > 2 * ROOM
    return MEMORY if roomy else Path("/tmp")


def _available() -> int:
    """Bytes of memory that processes may still take."""
    told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(told["MemAvailable"].split()[0]) * 1024


class Shared:
    """What is made once per run, by whichever process needs it first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Let one process at a time into the block."""
        with (self.folder / f"{name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def once(self, name: str, build: Callable[[Path], None]) -> Path:
        """The folder ``name``, filled by ``build`` the first time; a failure is not tried again."""
        folder, done, failed = (self.folder / f"{name}{end}" for end in ("", ".done", ".failed"))
        with self.lock(name):
            if failed.exists():
                raise RuntimeError(f"{name} could not be made:\n{failed.read_text()}")
            if not done.exists():
                _attempt(folder, build, failed)
                done.touch()
        return folder


def _attempt(folder: Path, build: Callable[[Path], None], failed: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    try:
        build(folder)
    except Exception as error:
        failed.write_text(f"{type(error).__name__}: {error}")
        raise


class Guarded(Shared):
    """The folder in the process that owns the run. Near the root, so that the path of a socket stays short."""

    def __init__(self) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="cocon-tests-", dir=scratch())))
        self.folder.chmod(0o755)
        self._guardian = subprocess.Popen(
            ["sh", "-c", GUARDIAN, "guardian", self.folder], stdin=subprocess.PIPE, start_new_session=True
        )

    def close(self) -> None:
        """Stop what runs there and remove the folder."""
        self._guardian.communicate(timeout=60)
