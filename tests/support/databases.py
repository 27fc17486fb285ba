"""Whole installations (a database and its folder), made once per run for each content, then copied for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask

from tests.support import postgres
from tests.support.shared import Shared

ENGINES = ("sqlite", "postgresql")
START = "2014-01-06"
TODAYS = {"schema": START, "reference": START, "demo": "2015-06-30"}
CLI = Path(sys.executable).with_name("cocon")


@dataclass(frozen=True)
class Instance:
    """One installation: its engine, the name of its database there, its folder, its date."""

    engine: str
    name: str
    data: Path
    url: str
    today: str = START

    def environment(self, **more: str) -> dict[str, str]:
        """The settings, and nothing of the machine's but what a program needs to start."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "LC_ALL": "C.UTF-8",
            "COCON_ENV": "development",
            "COCON_DATA": str(self.data),
            "COCON_DATABASE_URL": self.url,
            "COCON_SECRET_KEY": "a secret that only tests know, 32+ characters",
            "COCON_TODAY": self.today,
            **more,
        }

    def app(self, **more: str) -> Flask:
        """The application on this installation; ``close`` it afterwards."""
        from cocon.app import create_app
        from cocon.config import Config
        from tests.support import warm

        app = create_app(Config.from_env(self.environment(**more)))
        warm.keep(app)
        return app

    def cocon(self, *arguments: str | Path, check: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
        """Run the ``cocon`` command; with ``check`` a refusal raises and shows what was said."""
        done = subprocess.run(
            [CLI, *arguments],
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"cocon {' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr}")
        return done


def close(app: Flask) -> None:
    """Let go of the connections of an application, and of the date it pretended."""
    from cocon.kernel import clock
    from cocon.kernel.db import db

    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
    clock.pretend_today(None)


class Databases:
    """Copies of an installation that holds the ``schema``, the ``reference`` data or the ``demo``."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    @property
    def cluster(self) -> postgres.Cluster:
        """The PostgreSQL cluster of this run."""
        return postgres.cluster(self._shared)

    @contextmanager
    def copy(self, engine: str, template: str, folder: Path, today: str | None = None) -> Iterator[Instance]:
        """An installation of one's own inside the block; its data go to ``folder``, which must not exist."""
        instance = self._clone(self._template(engine, template), f"copy_{uuid.uuid4().hex}", folder)
        try:
            yield replace(instance, today=today or TODAYS[template])
        finally:
            if engine == "postgresql":
                self.cluster.drop(instance.name)

    def _template(self, engine: str, template: str) -> Instance:
        name = f"{engine}_{template}"
        folder = self._shared.once(name, lambda folder: self._build(engine, template, folder / "data"))
        return self._instance(engine, name, folder / "data")

    def _build(self, engine: str, template: str, data: Path) -> None:
        name = f"{engine}_{template}"
        if template == "demo":
            self._clone(self._template(engine, "reference"), name, data).cocon("demo")
            return
        data.mkdir()
        if engine == "postgresql":
            self.cluster.create(name)
        instance = self._instance(engine, name, data)
        if template == "schema":
            _upgrade(instance)
        else:
            instance.cocon("init")

    def _clone(self, original: Instance, name: str, data: Path) -> Instance:
        shutil.copytree(original.data, data)
        if original.engine == "postgresql":
            self.cluster.create(name, template=original.name)
        return self._instance(original.engine, name, data)

    def _instance(self, engine: str, name: str, data: Path) -> Instance:
        url = f"sqlite:///{data / 'cocon.db'}" if engine == "sqlite" else self.cluster.url(name)
        return Instance(engine, name, data, url)


def _upgrade(instance: Instance) -> None:
    from cocon.kernel import schema

    app = instance.app()
    try:
        schema.upgrade(app)
    finally:
        close(app)
