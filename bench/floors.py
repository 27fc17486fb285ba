"""The floors: the least that could be done. A program of its own: ``python -m bench.floors PORT DATABASE_URL``.

``/page/NAME`` renders the same template with the same values, kept in memory: bare Flask and Jinja. ``/post`` reads a
form, inserts one row and one chained log row in one transaction, and answers 303: the audited floor.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, redirect, request, template_rendered
from gunicorn.app.base import BaseApplication
from sqlalchemy import Engine, create_engine, text
from werkzeug.wrappers import Response

from cocon.app import create_app
from cocon.config import Config
from cocon.kernel.db import db

TABLES = (
    "CREATE TABLE IF NOT EXISTS floor_row (id VARCHAR(36) PRIMARY KEY, about VARCHAR(36), body TEXT)",
    "CREATE TABLE IF NOT EXISTS floor_log (seq INTEGER PRIMARY KEY, body TEXT, hash VARCHAR(64))",
)


def rendered(app: Flask, path: str, cookie: str) -> tuple[Any, dict[str, Any], str]:
    """The template and the values of a page, captured from one real request, and the path itself."""
    caught: list[tuple[Any, dict[str, Any]]] = []

    def catch(_sender: Flask, template: Any, context: dict[str, Any], **_more: Any) -> None:
        caught.append((template, context))

    with template_rendered.connected_to(catch, app):
        client = app.test_client()
        client.set_cookie("session", cookie)
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return *caught[-1], path


def floor(app: Flask, engine: Engine, pages: dict[str, tuple[Any, dict[str, Any], str]]) -> Flask:
    """The bare application."""
    bare = Flask("floor")

    @bare.get("/sante")
    def health() -> str:
        return "ok"

    @bare.get("/page/<name>")
    def page(name: str) -> str:
        template, context, path = pages[name]
        with app.test_request_context(path):
            return str(template.render(context))

    @bare.post("/post")
    def post() -> Response:
        with write(engine) as connection:
            insert(connection, request.form["text"])
        return redirect("/page/list", 303)

    return bare


@contextmanager
def write(engine: Engine) -> Iterator[Any]:
    """A write transaction, begun as the product begins its own."""
    with engine.connect().execution_options(cocon_begin="IMMEDIATE") as connection, connection.begin():
        yield connection


def insert(connection: Any, body: str) -> None:
    """One row, one chained log row."""
    lock = " FOR UPDATE" if connection.dialect.name == "postgresql" else ""
    last = connection.execute(text(f"SELECT seq, hash FROM floor_log ORDER BY seq DESC LIMIT 1{lock}")).first()
    seq, before = (last.seq + 1, last.hash) if last else (0, "")
    row = {"id": f"{time.time_ns()}", "about": "1", "body": body}
    connection.execute(text("INSERT INTO floor_row (id, about, body) VALUES (:id, :about, :body)"), row)
    entry = json.dumps({"seq": seq, "before": before, **row}, sort_keys=True)
    digest = hashlib.sha256(entry.encode()).hexdigest()
    connection.execute(
        text("INSERT INTO floor_log (seq, body, hash) VALUES (:seq, :body, :hash)"),
        {"seq": seq, "body": entry, "hash": digest},
    )


class Server(BaseApplication):  # type: ignore[misc]
    """The same server as the product's, with the bare application inside."""

    def __init__(self, bind: str, app: Flask) -> None:
        self.bare, self.bind = app, bind
        super().__init__()

    def load_config(self) -> None:
        options = {"bind": self.bind, "workers": 1, "worker_class": "gthread", "threads": 8}
        for name, value in {**options, "control_socket_disable": True, "loglevel": "warning"}.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.bare


def main(port: int, cookie: str, paths: dict[str, str]) -> None:
    """Serve the floors of those pages."""
    app = create_app(Config.from_env(os.environ))
    pages = {name: rendered(app, path, cookie) for name, path in paths.items()}
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with write(engine) as connection:
        for statement in TABLES:
            connection.execute(text(statement))
    engine.dispose()
    with app.app_context():
        db.engine.dispose()
    Server(f"127.0.0.1:{port}", floor(app, engine, pages)).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
