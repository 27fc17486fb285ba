"""Throughput of an audited write beside the same write unaudited, with 1, 4 and 8 writers.

The write declares a partner's envelope: one row read under its lock, what was promised, the row changed. Unaudited, it
does the same to a copy of the table that the log does not watch. Each writer is a process of its own, of a partner of
its own, so that they wait for nothing but the database and the log: ``python -m bench.writers audited|bare RANK COUNT``
says ``ready``, waits for a line, writes, says ``done``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import Any

from sqlalchemy import text

from cocon.app import create_app
from cocon.config import Config
from cocon.contracts.models import Envelope
from cocon.funding import operations, queries
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.partners import queries as partners
from tests.support.databases import Instance

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
WRITES = int(os.environ.get("BENCH_WRITES", "60"))
YEAR = 2014
GOALS = {
    **{("postgresql", writers): goal for writers, goal in ((1, 0.64), (4, 0.45), (8, 0.36))},
    **{("sqlite", writers): 0.60 for writers in (1, 4, 8)},
}
COPY = (
    """CREATE TABLE floor_envelope (id VARCHAR(36) PRIMARY KEY, partner_id VARCHAR(36), year INTEGER, amount BIGINT,
       hard BOOLEAN, UNIQUE (partner_id, year))""",
    "INSERT INTO floor_envelope SELECT id, partner_id, year, amount, hard FROM envelope",
)


def measure(instance: Instance) -> list[dict[str, Any]]:
    """The ratios of throughputs: audited to bare, alternating."""
    with create_app(Config.from_env(instance.environment())).app_context():
        for statement in COPY:
            db.session.execute(text(statement))
        db.session.commit()
        db.engine.dispose()
    return [_row(instance, writers) for writers in (1, 4, 8)]


def _row(instance: Instance, writers: int) -> dict[str, Any]:
    rounds = [(_rate(instance, "audited", writers), _rate(instance, "bare", writers)) for _round in range(ROUNDS)]
    return {
        "what": f"throughput, {writers} writing",
        "engine": instance.engine,
        "actions": 0,
        "ratio": round(statistics.median(mine / bare for mine, bare in rounds), 2),
        "ms": round(statistics.median(1000 / mine for mine, _ in rounds), 2),
        "floor_ms": round(statistics.median(1000 / bare for _, bare in rounds), 2),
        "goal": GOALS[instance.engine, writers],
        "at_least": True,
    }


def _rate(instance: Instance, kind: str, writers: int) -> float:
    """Writes a second, all together."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.writers", kind, str(rank), str(WRITES)],
            env=instance.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(writers)
    ]
    try:
        for process in processes:
            _expect(process, "ready")
        begun = time.perf_counter()
        for process in processes:
            print("go", file=process.stdin, flush=True)
        for process in processes:
            _expect(process, "done")
        return writers * WRITES / (time.perf_counter() - begun)
    finally:
        for process in processes:
            process.communicate()


def _expect(process: subprocess.Popen[str], word: str) -> None:
    said = process.stdout.readline().strip() if process.stdout else ""
    if said != word:
        raise RuntimeError(f"a writer said {said!r} instead of {word!r}")


def write(kind: str, rank: int, count: int) -> None:
    """One writer: warmed up, then as many writes as asked."""
    with create_app(Config.from_env(os.environ)).app_context():
        partner = partners.partners()[rank]
        person = partners.person_by_email(f"mesure@{partner.key}.example")
        if person is None:
            raise LookupError(partner.key)
        actor = partners.actor_of(partners.mandates_of(person.id)[0])
        db.session.rollback()
        first = time.time_ns() % 10**9
        act = _audited if kind == "audited" else _bare
        act(actor, first)
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(1, count + 1):
            act(actor, first + number)
        print("done", flush=True)


def _audited(actor: Actor, amount: int) -> None:
    envelope = db.session.query(Envelope).filter_by(partner_id=actor.partner_id, year=YEAR).one()
    operations.declare_envelope(actor, envelope, amount=amount, hard=False)


def _bare(actor: Actor, amount: int) -> None:
    begin_write()
    lock = " FOR UPDATE" if db.engine.dialect.name == "postgresql" else ""
    mine = {"partner": actor.partner_id, "year": YEAR}
    row = db.session.execute(
        text(f"SELECT id, amount FROM floor_envelope WHERE partner_id = :partner AND year = :year{lock}"),
        mine,
    ).one()
    queries.promised(actor.partner_id or "", YEAR)
    changed = {"amount": amount, "id": row.id}
    db.session.execute(text("UPDATE floor_envelope SET amount = :amount WHERE id = :id"), changed)
    db.session.commit()


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
