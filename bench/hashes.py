"""Verification of a synthetic log against the raw SHA-256 of the same bytes."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocon.audit import bundle, note, tree
from cocon.audit.canonical import encode
from cocon.audit.offline import verify_path
from cocon.kernel import clock
from cocon.kernel.ids import new_id

ENTRIES = 50_000
ROUNDS = 5
ORIGIN = "localhost/journal"


def measure() -> list[dict[str, Any]]:
    """Leaves and tree, then the whole verification of a bundle."""
    key = note.generate_key()
    lines = entries(ENTRIES, note.verifier_key(ORIGIN, key).vkey)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        _write(path, lines, key)
        return [
            _row("verify: hashes and tree", lambda: _tree(lines), lambda: _raw(lines), 2.3),
            _row("verify: full replay", lambda: _full(path), lambda: _raw(lines), 7.0),
        ]


def entries(count: int, vkey: str) -> list[bytes]:
    """Canonical entries of about 0.8 kB, one row changed by each."""
    at, mandate = clock.stamp(clock.now()), new_id()
    actor = {
        "person": mandate,
        "mandate": mandate,
        "partner": "bench",
        "partner_name": "Mesure",
        "role": "representative",
    }
    made = []
    for seq in range(count):
        row = new_id()
        after = {"contribution_id": row, "year": 2014, "amount": seq, "stage": "intention", "note": "x" * 90}
        made.append(
            encode(
                {
                    "v": 1,
                    "seq": seq,
                    "id": new_id(),
                    "at": at,
                    "kind": "bench.written" if seq else "log.opened",
                    "actor": {**actor, "on_behalf_of": None},
                    "subject": {"type": "bench", "id": row, "version": None},
                    "facts": {"action": row, "year": 2014} if seq else {"origin": ORIGIN, "key": vkey},
                    "basis": None,
                    "changes": [{"table": "bench", "id": row, "rev": 1, "before": None, "after": after}],
                    "request": None,
                    "sd": {},
                }
            )
        )
    return made


def _write(path: Path, lines: list[bytes], key: Ed25519PrivateKey) -> None:
    crown = tree.CompactRange()
    for line in lines:
        crown.append(tree.leaf_hash(line))
    checkpoint = note.sign_note(note.checkpoint_text(ORIGIN, crown.size, crown.root()), ORIGIN, key)
    bundle.write_bundle(
        path,
        origin=ORIGIN,
        entries=lines,
        disclosures=[],
        checkpoints={crown.size: checkpoint},
        timestamps={},
        keys=[note.verifier_key(ORIGIN, key).vkey],
        sign=lambda text: note.sign_note(text, ORIGIN, key),
    )


def _row(what: str, subject: Callable[[], None], floor: Callable[[], None], goal: float) -> dict[str, Any]:
    subject()
    floor()
    rounds = [(_spent(subject), _spent(floor)) for _round in range(ROUNDS)]
    return {
        "what": what,
        "engine": "-",
        "actions": ENTRIES,
        "ratio": round(statistics.median(mine / least for mine, least in rounds), 2),
        "ms": round(statistics.median(mine for mine, _ in rounds) * 1000, 1),
        "floor_ms": round(statistics.median(least for _, least in rounds) * 1000, 1),
        "goal": goal,
    }


def _spent(act: Callable[[], None]) -> float:
    before = time.process_time()
    act()
    return time.process_time() - before


def _raw(lines: list[bytes]) -> None:
    for line in lines:
        sha256(line).digest()


def _tree(lines: list[bytes]) -> None:
    crown = tree.CompactRange()
    for line in lines:
        crown.append(tree.leaf_hash(line))
    crown.root()


def _full(path: Path) -> None:
    verdict = verify_path(path)
    if not verdict.ok:
        raise RuntimeError(verdict.last_line)
