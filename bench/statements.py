"""How many SQL statements each page costs: ``python -m bench.statements COOKIE PATHS``, JSON in, JSON out."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from sqlalchemy import event

from cocon.app import create_app
from cocon.config import Config
from cocon.kernel.db import db


def main(cookie: str, paths: dict[str, str]) -> None:
    """Ask each page twice, since the first time also reads what the server remembers, and count the second."""
    app, seen = create_app(Config.from_env(os.environ)), [0]

    def count(_connection: Any, _cursor: Any, statement: str, *_anything: Any) -> None:
        seen[0] += not statement.startswith("BEGIN")

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", count)
    client = app.test_client()
    client.set_cookie("session", cookie)
    counts = {}
    for name, path in paths.items():
        client.get(path)
        seen[0] = 0
        if client.get(path).status_code != 200:
            raise RuntimeError(path)
        counts[name] = seen[0]
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
