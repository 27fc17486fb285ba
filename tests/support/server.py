"""The production server as a process of its own, on a free port of the loopback."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from urllib.error import URLError

from tests.support.databases import CLI, Instance

PORTS = range(20000, 32768)  # below the ports that the system hands out by itself
PATIENCE = 60.0


class Server:
    """``cocon serve`` on an installation, running inside the ``with`` block."""

    def __init__(self, instance: Instance, *, workers: int = 1, port: int | None = None, **settings: str) -> None:
        self.instance = instance
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = instance.data.parent / f"server-{self.port}.log"
        self._workers = workers
        self._settings = {"COCON_PUBLIC_URL": self.url, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that watches over the workers."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start, and come back once it answers."""
        # Should the tests be killed, the server ends too.
        command: list[str | Path] = ["setpriv", "--pdeathsig", "TERM", CLI, "serve", "--host", "127.0.0.1"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), "--workers", str(self._workers)],
                env=self.instance.environment(**self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._await()

    def stop(self) -> int:
        """Ask it to end, and answer with its exit status."""
        assert self._process is not None, "the server is not running"
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it and its workers at once, as a power cut would."""
        os.killpg(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def _await(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not _answers(f"{self.url}/sante"):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{_tail(self.log)}")
            time.sleep(0.05)

    def __enter__(self) -> Server:
        try:
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()


def free_port() -> int:
    """A port of the loopback on which nothing listens."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]
