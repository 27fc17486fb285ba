"""The antivirus' daemon says clean, infected, nothing, nonsense, or is not there: files wait until it has spoken."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask

from cocon.actions.models import Action
from cocon.audit.verify import verify
from cocon.commands import chores
from cocon.config import Config
from cocon.files import operations, queries, scanning
from cocon.files.antivirus import Antivirus, Unavailable, Undecided, Verdict
from cocon.files.models import Attachment
from tests.actions.making import GRENOBLE, REGION, share
from tests.factories import World
from tests.files.making import PDF, SOUND, attach
from tests.support.databases import Instance, close

EICAR = PDF.replace(b"%%EOF", b"X5O!P%@AP[4 EICAR-STANDARD-ANTIVIRUS-TEST-FILE\n%%EOF")


@dataclass
class Daemon:
    """A daemon that understands INSTREAM; ``answer`` is what it says, EICAR apart; None makes it silent."""

    address: str
    link: socket.socket
    answer: bytes | None = b"stream: OK\0"
    received: list[bytes] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def serve(self) -> None:
        """Answer until the end."""
        self.link.settimeout(0.1)
        while not self.over.is_set():
            try:
                client, _address = self.link.accept()
            except TimeoutError:
                continue
            except OSError:  # the test closed the door
                return
            with client:
                client.settimeout(5)
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        assert _exactly(client, 10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!I", _exactly(client, 4))[0]:
            content += _exactly(client, length)
        self.received.append(content)
        if self.answer is None:
            self.over.wait(5)
        elif b"EICAR" in content:
            client.sendall(b"stream: Eicar-Test-Signature FOUND\0")
        else:
            client.sendall(self.answer)


def _exactly(client: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = client.recv(size - len(found))
        assert piece, "the client hung up"
        found += piece
    return found


@pytest.fixture(params=["tcp", "unix"])
def daemon(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Daemon]:
    """A daemon that listens, on a port and on a socket of the disk."""
    if request.param == "tcp":
        link = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{link.getsockname()[1]}"
    else:
        address = str(tmp_path / "c")
        link = socket.socket(socket.AF_UNIX)
        link.bind(address)
        link.listen()
    made = Daemon(address, link)
    thread = Thread(target=made.serve)
    thread.start()
    yield made
    made.over.set()
    thread.join()
    link.close()


def test_clean_and_infected(daemon: Daemon) -> None:
    antivirus = Antivirus(daemon.address)
    assert antivirus.scan(SOUND["docx"]) == Verdict(clean=True)
    assert antivirus.scan(EICAR) == Verdict(clean=False, finding="Eicar-Test-Signature")
    large = b"\x07" * 300_000
    assert antivirus.scan(large).clean
    assert daemon.received == [SOUND["docx"], EICAR, large]


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"",
        b"\0",
        b"stream: OK FOUND it\0",
        b"stream: OK\nstream: x FOUND\0",
        b"OK\0",
        b"\xff\xfe\0",
        b"x" * 10_000,
        b"UNKNOWN COMMAND\0",
    ],
)
def test_what_is_no_verdict_is_never_taken_for_one(daemon: Daemon, answer: bytes) -> None:
    daemon.answer = answer
    with pytest.raises(Undecided):
        Antivirus(daemon.address).scan(PDF)


def test_a_silent_daemon_is_left_after_a_while(daemon: Daemon) -> None:
    daemon.answer = None
    with pytest.raises(Unavailable):
        Antivirus(daemon.address, timeout=0.2).scan(PDF)


def test_no_daemon_at_all(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for address in (f"127.0.0.1:{port}", str(tmp_path / "nothing")):
        with pytest.raises(Unavailable):
            Antivirus(address, timeout=1).scan(PDF)


@dataclass
class Scene:
    """A fiche on an installation that has an antivirus."""

    app: Flask
    world: World
    action: Action

    @property
    def config(self) -> Config:
        config: Config = self.app.extensions["cocon"]
        return config

    def attach(self, content: bytes = PDF) -> Attachment:
        return attach(self.world.actor("representative", GRENOBLE), self.action, content=content)

    def states(self) -> list[str]:
        found = queries.pieces(self.action.id, self.world.actor("reader", GRENOBLE))
        return [piece.attachment.state for piece in found][::-1]


@pytest.fixture
def scene(instance: Instance, daemon: Daemon) -> Iterator[Scene]:
    """The installed contract."""
    app = instance.app(COCON_CLAMAV=daemon.address)
    with app.app_context():
        world = World.installed()
        yield Scene(app, world, share(world.actor("representative", REGION)))
    close(app)


@pytest.mark.engines("sqlite")
def test_files_wait_in_quarantine_until_the_worker_has_asked(scene: Scene, daemon: Daemon) -> None:
    scene.attach()
    scene.attach(EICAR)
    assert scene.states() == ["quarantine", "quarantine"]
    chores._round(scene.config, strict=True)
    assert scene.states() == ["clean", "refused"]
    assert scanning.scan(scene.config) == 0
    assert len(daemon.received) == 2
    assert verify().ok


@pytest.mark.engines("sqlite")
def test_an_undecided_file_does_not_hold_the_others_up(scene: Scene, daemon: Daemon) -> None:
    daemon.answer = b"INSTREAM size limit exceeded. ERROR\0"
    scene.attach()
    scene.attach(EICAR)
    assert scanning.scan(scene.config) == 1
    assert scene.states() == ["quarantine", "refused"]
    daemon.answer = b"stream: OK\0"
    assert scanning.scan(scene.config) == 1
    assert scene.states() == ["clean", "refused"]


@pytest.mark.engines("sqlite")
def test_a_daemon_that_is_away_loses_nothing(scene: Scene, daemon: Daemon) -> None:
    scene.attach()
    kept, daemon.answer = scene.config, None
    daemon.over.set()
    daemon.link.close()
    assert scanning.scan(kept) == 0
    assert scene.states() == ["quarantine"]


@pytest.mark.engines("sqlite")
def test_a_file_withdrawn_before_its_scan_is_scanned_all_the_same(scene: Scene) -> None:
    row = scene.attach()
    operations.withdraw_file(scene.world.actor("representative", GRENOBLE), row, reason="Doublon.")
    assert scanning.scan(scene.config) == 1
    assert scene.states() == ["clean"]


@pytest.mark.engines("sqlite")
def test_bytes_that_are_gone_are_told_to_the_operator(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    row = scene.attach()
    scanning.shelf_of(scene.config).remove(row.stored)
    assert scanning.scan(scene.config) == 0
    assert "missing" in caplog.text
