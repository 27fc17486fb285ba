"""Verifying a bundle or a proof with nothing but the file: no database, no network, no settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cocon.audit import held
from cocon.audit.archive import Archive, opened
from cocon.audit.bundle_check import check_bundle
from cocon.audit.held import Held
from cocon.audit.manifest import ENTRY, MANIFEST
from cocon.audit.outcome import Outcome
from cocon.audit.proof_check import check_proof
from cocon.audit.shape import Wrong

_LONGEST = 300


@dataclass(frozen=True)
class Verdict:
    """Whether all is well, what was checked in French sentences, and the line that machines read."""

    ok: bool
    lines: tuple[str, ...]
    last_line: str


def verify_path(path: Path, key: Path | None = None, checkpoints: Sequence[Path] = ()) -> Verdict:
    """Check a bundle or a proof, against what is held from elsewhere if anything is. Never raises."""
    try:
        trusted = held.load(key, checkpoints)
        with opened(path) as archive:
            outcome = _check(archive)(archive, trusted)
    except Wrong as wrong:
        return Verdict(False, wrong.passed, f"wrong: {_one_line(str(wrong))}")
    trust = "authentic" if outcome.authentic else "coherent"
    head = f"ok entries={outcome.size} root={outcome.root.hex()} key={outcome.key.key_id.hex()}"
    return Verdict(True, outcome.lines, f"{head} {trust}")


def _check(archive: Archive) -> Callable[[Archive, Held], Outcome]:
    if MANIFEST in archive.names:
        return check_bundle
    if ENTRY in archive.names:
        return check_proof
    raise Wrong("neither a bundle nor a proof", 1)


def _one_line(message: str) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in message)
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "…"
