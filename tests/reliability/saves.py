"""Killing servers while people write: a program of its own, since it forks. Prints one line of JSON for ``test_saves``.

A server is a forked child that answers HTTP on a socket of its parent's. The parent plays the browsers: it sends a
save, kills the server at a random instant, hears what was answered before, starts another server, and looks for each
acknowledged word in the database with a connection of its own.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from io import BytesIO
from statistics import median
from typing import Any
from unittest import mock

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from werkzeug.serving import make_server
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from cocon.actions import drafts
from cocon.app import create_app
from cocon.config import Config
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE
from tests.actions.writing import FAULTS, Failing, Writer, missing, play
from tests.factories import World

#: How long a server may live, should its parent be gone.
LONGEST = 600


class Gone(Exception):
    """The server was killed before it answered."""


@dataclass
class Tally:
    """What the kills did."""

    sessions: int = 0
    kills: int = 0
    answered: int = 0
    unanswered: int = 0
    lost: list[str] = field(default_factory=list)


class Early:
    """A server that says « saved » first, and saves then."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ["REQUEST_METHOD"] == "POST":
            with mock.patch.object(Session, "commit", Session.rollback):
                said = self._answer(environ, sent)
            yield from said(environ, start)
            self._answer(environ, sent)
        else:
            yield from self._answer(environ, sent)(environ, start)

    def _answer(self, environ: dict[str, Any], sent: bytes) -> Response:
        return Response.from_app(self.app, {**environ, "wsgi.input": BytesIO(sent)}, buffered=True)


class Server:
    """A server at a time; as a WSGI application, what browsers reach it by."""

    def __init__(self, app: Flask, tally: Tally, *, early: bool) -> None:
        self.app, self.tally, self.early = app, tally, early
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.took = deque([0.02], maxlen=9)
        self.pid = 0
        self.killing = False

    def start(self, *, failing: bool = False) -> None:
        """Fork; nothing of the parent's is open in the database."""
        with self.app.app_context():
            db.engine.dispose()
        self.pid = os.fork()
        if self.pid == 0:
            with suppress(BaseException):
                self._serve(failing=failing)
            os._exit(1)

    def _serve(self, *, failing: bool) -> None:
        signal.alarm(LONGEST)
        if failing:
            mock.patch.object(drafts, "_write", Failing(drafts._write)).start()
        answering = Early(self.app) if self.early else self.app
        make_server("127.0.0.1", self.port, answering, fd=self.listening.fileno()).serve_forever()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def restart(self, *, failing: bool = False) -> None:
        """Another server, that answers nothing but 500 to its first save when it is ``failing``."""
        self.kill()
        self.start(failing=failing)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        request = Request(environ)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        began = time.monotonic()
        try:
            connection.request(request.method, request.full_path, request.get_data(), dict(request.headers))
            if self.killing:
                time.sleep(random.uniform(0, 1.5 * median(self.took)))
                self.restart()  # before listening: a request that was not taken yet waits for the next server
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            raise Gone from error
        finally:
            connection.close()
        if request.method == "POST" and not self.killing:
            self.took.append(time.monotonic() - began)
        start(f"{answer.status} {answer.reason}", answer.getheaders())
        return [body]


class Browser(Writer):
    """A writer whose server is another process."""

    def sign_in(self) -> None:
        super().sign_in()
        self._part()

    def end_session(self) -> None:
        super().end_session()
        self._part()

    def _part(self) -> None:
        """Nothing stays open that the next server would inherit."""
        with self.app.app_context():
            db.engine.dispose()


class Harness:
    """One database, its server, and those who write."""

    def __init__(self, app: Flask, *, early: bool) -> None:
        self.app, self.tally = app, Tally()
        self.engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], poolclass=NullPool)
        with app.app_context():
            self.world = World.installed()
            self.actors = [self.world.actor(role, GRENOBLE) for role in ("representative", "contributor")]
            draft_id = drafts.start(self.actors[0], {"title": "Une fiche"}).id
        self.server = Server(app, self.tally, early=early)
        self._warm(draft_id)

    def _warm(self, draft_id: str) -> None:
        """What every server needs once is made ready in the parent: a fork costs nothing more."""
        mine, theirs = (
            Writer(self.app, self.world, actor, f"/actions/{draft_id}/modifier/contexte", name)
            for actor, name in zip(self.actors, "ab", strict=True)
        )
        for writer in (mine, theirs):  # the second one merges
            writer.write()
            with mock.patch.object(drafts, "_write", Failing(drafts._write)):
                writer.save()
            writer.finish()

    def session(self, chance: random.Random) -> None:
        """Two colleagues in one section, with faults on the way, kills among them."""
        with self.app.app_context():
            draft_id = drafts.start(self.actors[0], {"title": "Une fiche"}).id
        self.server.start()
        try:
            mine, theirs = (self._writer(actor, draft_id, name) for actor, name in zip(self.actors, "ab", strict=True))

            def save_killed(writer: Writer) -> None:
                self._killed(writer)
                self.tally.lost += sorted((mine.acknowledged | theirs.acknowledged) - self._kept(draft_id))

            def fail(writer: Writer) -> None:
                self.server.restart(failing=True)
                writer.save()

            play(chance, mine, theirs, (*FAULTS, *["killed"] * 7), {"killed": save_killed, "error": fail})
        finally:
            self.server.kill()
        self.tally.lost += sorted(missing(" ".join(self._kept(draft_id)), mine, theirs))
        self.tally.sessions += 1

    def _writer(self, actor: Actor, draft_id: str, name: str) -> Browser:
        http = Client(self.server, Response)
        return Browser(self.app, self.world, actor, f"/actions/{draft_id}/modifier/contexte", name, http)

    def _killed(self, writer: Writer) -> None:
        """Save; the server is killed meanwhile, and what it answered before is heard."""
        body, self.server.killing = writer.body(), True
        self.tally.kills += 1
        try:
            answer = writer.send(body)
        except Gone:
            self.tally.unanswered += 1
            return
        finally:
            self.server.killing = False
        self.tally.answered += 1
        writer.hear(answer, body)

    def _kept(self, draft_id: str) -> set[str]:
        """The words in the database."""
        with self.engine.connect() as connection:
            fields = connection.execute(text("SELECT fields FROM draft WHERE id = :id"), {"id": draft_id}).scalar_one()
        read = json.loads(fields) if isinstance(fields, str) else fields
        return set(str(read.get("context", "")).split())


def main(sessions: int, how: str) -> dict[str, Any]:
    """Play that many sessions; a server that says « saved » too early is played until it is seen to lose."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    harness = Harness(create_app(Config.from_env(os.environ)), early=how == "early")
    for seed in range(sessions):
        if how != "early" or not harness.tally.lost:
            harness.session(random.Random(seed))
    return vars(harness.tally)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), sys.argv[2])) + "\n")
