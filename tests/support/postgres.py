"""A temporary PostgreSQL cluster: one for the whole run, on a Unix socket, never on the network."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support import programs
from tests.support.shared import Shared

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


#: What waits for the disk: tests kill the product, never PostgreSQL nor the machine.
DURABLE = ("fsync", "full_page_writes")


@dataclass(frozen=True)
class Cluster:
    """The running cluster; ``socket`` is the folder of its socket."""

    socket: Path

    def url(self, database: str, role: str = "cocon") -> str:
        """The address of a database, for the application (``cocon``) or its superuser (``postgres``)."""
        return f"postgresql://{role}@/{database}?host={self.socket}"

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database of the application, as a copy of ``template``."""
        statement = "CREATE DATABASE {} OWNER cocon TEMPLATE {}"
        self._run(sql.SQL(statement).format(sql.Identifier(database), sql.Identifier(template)))

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def wait_for_disk(self, wanted: bool) -> None:
        """Whether the whole cluster writes to the disk before it confirms, as production demands."""
        state = "on" if wanted else "off"
        for name in DURABLE:
            self.rows("postgres", f"ALTER SYSTEM SET {name} = {state}")
        self.rows("postgres", "SELECT pg_reload_conf()")
        while any(self.rows("postgres", f"SHOW {name}") != [(state,)] for name in DURABLE):
            time.sleep(0.05)

    def rows(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        """What the superuser reads, or does behind the application's back, in a database."""
        with psycopg.connect(self.url(database, "postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(statement)


def cluster(shared: Shared) -> Cluster:
    """The cluster of this run, started by whoever asks first; the guardian of the folder stops it."""
    return Cluster(shared.once("postgresql", _start))


def account() -> str | None:
    """The system account for PostgreSQL, which refuses to run as root; None for one's own."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _start(folder: Path) -> None:
    data = folder / "data"
    if account():
        entry = pwd.getpwnam(account() or "")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    _run("initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
    settings = [f"-c {name}='{value}'" for name, value in SETTINGS.items()]
    options = " ".join([*settings, f"-c unix_socket_directories='{folder}'"])
    _run("pg_ctl", "start", "--wait", "--timeout=60", "--pgdata", data, "--log", folder / "log", "--options", options)
    with psycopg.connect(Cluster(folder).url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE cocon LOGIN")
    Cluster(folder).wait_for_disk(False)


def _run(program: str, *arguments: str | Path) -> None:
    """Run a program of PostgreSQL; its output goes to a file, since a daemon would hold a pipe open."""
    name = account()
    folder = next(Path(value).parent for value in arguments if isinstance(value, Path))
    said = folder / f"{program}.out"
    with said.open("wb") as out:
        done = subprocess.run(
            [programs.postgresql() / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            user=name,
            group=_group(name),
            extra_groups=[] if name else None,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{program}: {said.read_text()}")


def _group(name: str | None) -> int | None:
    return pwd.getpwnam(name).pw_gid if name else None
