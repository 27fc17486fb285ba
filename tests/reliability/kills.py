"""Killing writers: a program of its own, since it forks. Prints one line of JSON; ``test_kills`` judges it.

Each child raises a promise by one cent again and again and acknowledges each committed act on a pipe; the parent
kills it at a random instant and looks at the database with a connection of its own.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import struct
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from cocon.actions import queries as actions
from cocon.app import create_app
from cocon.audit.verify import verify
from cocon.config import Config
from cocon.funding import operations
from cocon.funding.refusals import NothingChanges
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Outdated
from cocon.partners import queries as partners

ACK = struct.Struct(">Q")
STATE = """
SELECT (SELECT COALESCE(SUM(amount), 0) FROM tranche), (SELECT size FROM log_head),
       (SELECT COUNT(*) FROM log_entry), (SELECT MAX(seq) + 1 FROM log_entry)
"""


@dataclass
class Tally:
    """What the kills did."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    unacknowledged: int = 0
    broken: list[str] = field(default_factory=list)


class Harness:
    """One database under kills."""

    def __init__(self, app: Flask, email: str, action_id: str, *, early: bool) -> None:
        self.app, self.email, self.action_id, self.early = app, email, action_id, early
        self.engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
        self.tally = Tally()
        self._rehearse()
        self.amount, self.size = self._state()[:2]

    def _state(self) -> tuple[int, int, int, int]:
        with self.engine.connect() as connection:
            amount, size, count, following = connection.execute(text(STATE)).one()
        return int(amount), int(size), int(count), int(following)

    def _rehearse(self) -> None:
        """Act once before the first fork, so that no child compiles every statement again."""
        with self.app.app_context():
            self._raise(self._actor(), 1)
            db.session.remove()
            db.engine.dispose()  # a connection must not cross a fork

    def round(self) -> None:
        """Start a writer, kill it, look."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            with suppress(BaseException):
                self._write(writer)
            os._exit(1)
        os.close(writer)
        select.select([reader], [], [], 20)  # a slow machine must not spare the commits
        time.sleep(random.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(reader, "rb") as pipe:
            acks = pipe.read()
        self._judge([ACK.unpack_from(acks, at)[0] for at in range(0, len(acks) - ACK.size + 1, ACK.size)])

    def _write(self, pipe: int) -> None:
        with self.app.app_context():
            actor = self._actor()
            amount = int(db.session.scalar(text("SELECT COALESCE(SUM(amount), 0) FROM tranche")))
            while True:
                amount += 1
                if self.early:
                    os.write(pipe, ACK.pack(amount))
                with suppress(NothingChanges, Outdated):
                    self._raise(actor, amount)
                if not self.early:
                    os.write(pipe, ACK.pack(amount))

    def _raise(self, actor: Actor, amount: int) -> None:
        action = actions.find(self.action_id)
        assert action is not None
        operations.announce_contribution(actor, action, year=2014, amount=amount)

    def _actor(self) -> Actor:
        person = partners.person_by_email(self.email)
        assert person is not None
        return partners.actor_of(partners.mandates_of(person.id)[0])

    def _judge(self, acks: list[int]) -> None:
        amount, size, count, following = self._state()
        last = acks[-1] if acks else self.amount
        self.tally.kills += 1
        self.tally.acknowledged += len(acks)
        self.tally.lost += max(last - amount, 0)
        self.tally.unacknowledged += max(amount - last, 0)
        if not self.early and amount - last not in (0, 1):
            self.tally.broken.append(f"{amount} promised after {last} was acknowledged")
        if size - self.size != amount - self.amount or not size == count == following:
            self.tally.broken.append(f"{amount - self.amount} acts, {size - self.size} entries, {count} {following}")
        self.amount, self.size = amount, size


def main(kills: int, email: str, action_id: str, how: str) -> dict[str, Any]:
    """Kill that many writers, then verify the whole log."""
    harness = Harness(create_app(Config.from_env(os.environ)), email, action_id, early=how == "early")
    for _number in range(kills):
        harness.round()
    with harness.app.app_context():
        report = verify()
    return {**vars(harness.tally), "verified": report.last_line}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), *sys.argv[2:5])) + "\n")
