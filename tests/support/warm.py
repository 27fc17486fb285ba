"""What the applications that one process of a run makes, one after the other, need not each work out again.

Each test has an application of its own on a database of its own; their routes and their statements are the same. What
is kept is what the libraries compiled, by what it was compiled from: a route or a statement that differs is compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from cocon.kernel.db import db


class Templates(BytecodeCache):
    """What the templates compile to."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()


def _keep_routes() -> None:
    """Compile once what builds the addresses of a rule: most of the time that an application takes to be made."""
    kept: dict[Any, Any] = {}
    compile_builder: Callable[[Rule, bool], Any] = Rule._compile_builder

    def builder(self: Rule, append_unknown: bool = True) -> Any:
        defaults = tuple((self.defaults or {}).items())
        key = (self.rule, tuple(self._trace), defaults, append_unknown)
        if key not in kept:
            kept[key] = compile_builder(self, append_unknown)
        return kept[key]

    Rule._compile_builder = builder  # type: ignore[method-assign]


class Statements(LRUCache[Any, Any]):
    """What statements compile to for one kind of engine: dialects of a kind write the same SQL."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


STATEMENTS = {engine: Statements(1000) for engine in ("sqlite", "postgresql")}


def keep(app: Flask) -> None:
    """Let the application use what others compiled."""
    app.jinja_env.bytecode_cache = TEMPLATES
    with app.app_context():
        for engine in db.engines.values():
            engine.update_execution_options(compiled_cache=STATEMENTS[engine.name])


_keep_routes()
