"""A client of ClamAV's daemon: the bytes go through its socket (INSTREAM), its verdict comes back."""

from __future__ import annotations

import re
import socket
import struct
from dataclasses import dataclass

CHUNK = 64 * 1024
LONGEST_ANSWER = 4096


class Unavailable(Exception):
    """The daemon did not say a verdict: the file stays in quarantine."""


class Undecided(Unavailable):
    """The daemon answered, but no verdict on this file."""


@dataclass(frozen=True)
class Verdict:
    """What the daemon said; ``finding`` is the name of what it found."""

    clean: bool
    finding: str = ""


@dataclass(frozen=True)
class Antivirus:
    """Where the daemon listens: ``host:port``, or the path of a Unix socket."""

    address: str
    timeout: float = 60.0

    def scan(self, content: bytes) -> Verdict:
        """Have these bytes looked at; raises Unavailable."""
        try:
            with self._connect() as link:
                link.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK):
                    piece = content[start : start + CHUNK]
                    link.sendall(struct.pack("!I", len(piece)) + piece)
                link.sendall(struct.pack("!I", 0))
                return _verdict(_answer(link))
        except OSError as error:
            raise Unavailable(type(error).__name__) from error

    def _connect(self) -> socket.socket:
        if self.address.startswith("/"):
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            link.settimeout(self.timeout)
            try:
                link.connect(self.address)
            except OSError:
                link.close()
                raise
            return link
        host, _colon, port = self.address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=self.timeout)


def _answer(link: socket.socket) -> str:
    said = b""
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        piece = link.recv(LONGEST_ANSWER)
        if not piece:
            break
        said += piece
    return said.partition(b"\0")[0].decode("ascii", "replace").strip()


def _verdict(said: str) -> Verdict:
    """Only these two answers are verdicts; all the others, errors included, are none."""
    if said == "stream: OK":
        return Verdict(clean=True)
    found = re.fullmatch(r"stream: (\S{1,200}) FOUND", said)
    if found:
        return Verdict(clean=False, finding="".join(c for c in found[1] if c.isascii() and c.isprintable()))
    raise Undecided(said[:100] or "no answer")
