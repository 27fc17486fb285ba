"""``make bench``: the pages, the posts and the verification against their floors, on both engines, at several sizes."""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import hashes, writers
from bench.processes import cpu, family
from tests.support.databases import CLI, Databases, Instance
from tests.support.server import Server, free_port
from tests.support.shared import Guarded

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "60"))
UNIT = 24
#: Sizes in actions (1, 10, 100 times the demonstration) by engine.
SIZES = dict.fromkeys(("sqlite", "postgresql"), (UNIT, UNIT * 10, UNIT * 100))
GOALS = {
    **{(page, "sqlite"): 4.0 for page in ("list", "search")},
    **{(page, "postgresql"): 6.0 for page in ("list", "search")},
    **{(page, "sqlite"): 6.0 for page in ("fiche", "long")},
    **{(page, "postgresql"): 10.0 for page in ("fiche", "long")},
    ("comment", "sqlite"): 4.0,
    ("comment", "postgresql"): 4.0,
    ("contribution", "sqlite"): 4.0,
    ("contribution", "postgresql"): 4.0,
}
#: The matrix, one axis of it and what is behind its whole total: their time grows no faster than their rows.
OF_MONEY = ("matrix", "axis", "behind")
#: ``long`` is a fiche of 20 pages, ``compare`` the comparison of its two versions.
PAGES = ("list", "search", "fiche", "long", "compare", "workspace", *OF_MONEY)
#: Pages that must not grow with the contract, and by how much their ratio may all the same.
STEADY, GROWTH = ("list", "search", "fiche", "long", "compare"), 1.2
RESULTS = Path(__file__).with_name("results.json")


@dataclass
class Browser:
    """One keep-alive connection with a cookie: as light as a load generator can be."""

    port: int
    cookie: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> str:
        """A page."""
        return self._ask("GET", path, None, 200)

    def post(self, path: str, fields: dict[str, str]) -> None:
        """A form, answered by a redirection."""
        self._ask("POST", path, urlencode(fields), 303)

    def _ask(self, method: str, path: str, body: str | None, wanted: int) -> str:
        headers = {"Cookie": f"session={self.cookie}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # kept alive for a time, then closed by the server
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        content = answer.read().decode()
        if answer.status != wanted:
            raise RuntimeError(f"{method} {path}: {answer.status}\n{content[:2000]}")
        return content


@dataclass
class Bench:
    """A served installation beside its floors."""

    engine: str
    actions: int
    subject: Browser
    floors: Browser
    pids: Callable[[], list[int]]
    floor_pids: Callable[[], list[int]]
    backends: Callable[[], list[int]]
    instance: Instance
    facts: dict[str, str]

    def ratio(self, subject: Callable[[int], None], floor: Callable[[int], None]) -> dict[str, float]:
        """The median over rounds of CPU(subject) / CPU(floor), alternating."""
        subject(0)
        floor(0)
        rounds = []
        for _round in range(ROUNDS):
            mine = self._spent(self.pids, subject)
            rounds.append((mine, self._spent(self.floor_pids, floor)))
        ratios = [mine / least for mine, least in rounds if least]
        return {
            "ratio": round(statistics.median(ratios), 2),
            "ms": round(statistics.median(mine for mine, _ in rounds) * 1000, 2),
            "floor_ms": round(statistics.median(least for _, least in rounds) * 1000, 2),
        }

    def _spent(self, pids: Callable[[], list[int]], act: Callable[[int], None]) -> float:
        before = cpu(pids())
        for number in range(REQUESTS):
            act(number + 1)
        return (cpu(pids()) - before) / REQUESTS

    def page(self, name: str) -> dict[str, float]:
        """A page against the same page rendered from memory."""
        path = self.facts[name]
        return self.ratio(
            lambda _n: _ignore(self.subject.get(path)), lambda _n: _ignore(self.floors.get(f"/page/{name}"))
        )

    def comment(self) -> dict[str, float]:
        """POST of a comment against one row and one chained log row."""
        path = self.facts["discussion"]
        token = _token(self.subject.get(path))
        words = {"text": "Un commentaire de mesure.", "visibility": "partners", "csrf_token": token}
        return self.ratio(
            lambda n: self.subject.post(path, {**words, "idempotency_key": _key()}),
            lambda n: self.floors.post("/post", {"text": words["text"]}),
        )

    def contribution(self) -> dict[str, float]:
        """POST of a contribution (raised by one cent each time) against the same floor."""
        path = self.facts["funding"]
        token = _token(self.subject.get(path))
        amounts = iter(range(100_000_00, 2**40))

        def raise_promise(_number: int) -> None:
            euros, cents = divmod(next(amounts), 100)
            typed = {"amount-cash-operating-2014": f"{euros},{cents:02d}"}
            fields = {**typed, "csrf_token": token, "idempotency_key": _key()}
            self.subject.post(f"{path}/contributions", fields)

        return self.ratio(raise_promise, lambda _n: self.floors.post("/post", {"text": "100000,00"}))

    def verification(self) -> dict[str, float]:
        """``cocon audit verify`` against reading and hashing every entry; both begin as a program of their own."""
        rounds = [
            (self._run([str(CLI), "audit", "verify"]), self._run([sys.executable, "-m", "bench.reading"]))
            for _round in range(ROUNDS)
        ]
        return {
            "ratio": round(statistics.median(mine / least for mine, least in rounds), 2),
            "ms": round(statistics.median(mine for mine, _ in rounds) * 1000, 1),
            "floor_ms": round(statistics.median(least for _, least in rounds) * 1000, 1),
        }

    def _run(self, command: list[str]) -> float:
        """Seconds of CPU of a program and of what the database did for it."""
        before, children = cpu(self.backends()), os.times()
        subprocess.run(command, env=self.instance.environment(), capture_output=True, check=True)
        after = os.times()
        spent = after.children_user + after.children_system - children.children_user - children.children_system
        return spent + cpu(self.backends()) - before


def _ignore(_content: str) -> None:
    return


def _key() -> str:
    return os.urandom(24).hex()


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if not found:
        raise RuntimeError("no form on the page")
    return found[1]


@contextmanager
def bench(databases: Databases, engine: str, actions: int, folder: Path) -> Iterator[Bench]:
    """Synthetic data of that size, the product and the floors served."""
    with databases.copy(engine, "reference", folder, "2015-06-30") as instance:
        instance.cocon("bench", "generate", "--actions", str(actions))
        facts = json.loads(_facts(instance))
        port = free_port()
        with Server(instance) as server, _floors(instance, port, facts) as floor:
            backends = _backends(databases, engine)
            yield Bench(
                engine,
                actions,
                Browser(server.port, facts["cookie"]),
                Browser(port, ""),
                lambda: family(server.pid) + backends(),
                lambda: family(floor.pid) + backends(),
                backends,
                instance,
                facts,
            )


def _facts(instance: Instance) -> str:
    """A session, a fiche with comments, and the addresses to measure."""
    return _told(instance, "bench.facts")


def _statements(one: Bench) -> dict[str, int]:
    """How many SQL statements each page costs."""
    paths = json.dumps({name: one.facts[name] for name in PAGES})
    counts: dict[str, int] = json.loads(_told(one.instance, "bench.statements", one.facts["cookie"], paths))
    return counts


def _told(instance: Instance, program: str, *arguments: str) -> str:
    command = [sys.executable, "-m", program, *arguments]
    return subprocess.run(command, env=instance.environment(), capture_output=True, text=True, check=True).stdout


@contextmanager
def _floors(instance: Instance, port: int, facts: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    pages = {name: facts[name] for name in PAGES}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.floors", str(port), facts["cookie"], json.dumps(pages)],
        env=instance.environment(),
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                Browser(port, "").get("/sante")
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def _backends(databases: Databases, engine: str) -> Callable[[], list[int]]:
    if engine == "sqlite":
        return list
    pid = int((databases.cluster.socket / "data" / "postmaster.pid").read_text().split()[0])
    return lambda: family(pid)


def main() -> int:
    """Measure, print the table, write ``results.json``; 1 when a goal is missed."""
    shared = Guarded()
    rows: list[dict[str, Any]] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            for engine, sizes in SIZES.items():
                for actions in sizes:
                    with bench(Databases(shared), engine, actions, Path(folder) / f"{engine}-{actions}") as one:
                        rows += _measure(one)
                of_engine = [row for row in rows if row["engine"] == engine]
                rows += [*_growth(of_engine, sizes), *_growth_of_money(of_engine, sizes)]
                rows += _writers(Databases(shared), engine, Path(folder) / f"{engine}-writers")
            rows += hashes.measure()
    finally:
        shared.close()
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return _print(rows)


def _writers(databases: Databases, engine: str, folder: Path) -> list[dict[str, Any]]:
    """Writers beside no server: they are all that works."""
    with databases.copy(engine, "reference", folder, "2015-06-30") as instance:
        instance.cocon("bench", "generate", "--actions", "1")
        return writers.measure(instance)


def _measure(one: Bench) -> Iterator[dict[str, Any]]:
    statements = _statements(one)
    for name in PAGES:
        yield {**_row(name, one, one.page(name)), "sql": statements[name]}
    yield _row("comment", one, one.comment())
    yield _row("contribution", one, one.contribution())
    yield _row("verify: the database", one, one.verification())


def _row(name: str, one: Bench, measured: dict[str, float]) -> dict[str, Any]:
    goal = GOALS.get((name, one.engine))
    return {"what": name, "engine": one.engine, "actions": one.actions, **measured, "goal": goal}


def _growth_of_money(rows: list[dict[str, Any]], sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """How much the time of the matrix grows, beside its rows: at most as much; its statements stay the same."""
    for name in OF_MONEY:
        ordered = [next(row for row in rows if (row["what"], row["actions"]) == (name, size)) for size in sizes]
        for least, most in pairwise(ordered):
            more = most["actions"] / least["actions"]
            for what, column, goal in (("time over rows", "ms", 1.0), ("statements", "sql", 1.0)):
                grown = most[column] / least[column]
                yield {
                    "what": f"{what}: {name}",
                    "engine": least["engine"],
                    "actions": most["actions"],
                    "ms": most[column],
                    "floor_ms": least[column],
                    "ratio": round(grown / more if column == "ms" else grown, 2),
                    "goal": goal,
                }


def _growth(rows: list[dict[str, Any]], sizes: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    """How much the ratio of a steady page, and its statements, grow from the least size to the greatest."""
    for name in STEADY:
        least, most = (
            next(row for row in rows if (row["what"], row["actions"]) == (name, size)) for size in (sizes[0], sizes[-1])
        )
        for what, column, goal in (("growth", "ratio", GROWTH), ("statements", "sql", 1.0)):
            yield {
                "what": f"{what}: {name}",
                "engine": least["engine"],
                "actions": sizes[-1],
                "ms": most[column],
                "floor_ms": least[column],
                "ratio": round(most[column] / least[column], 2),
                "goal": goal,
            }


def _print(rows: list[dict[str, Any]]) -> int:
    missed = 0
    print(f"{'what':<24}{'engine':<12}{'actions':>8}{'ms CPU':>10}{'floor':>10}{'ratio':>8}{'goal':>8}")
    for row in rows:
        over = row["goal"] is not None and (
            row["ratio"] < row["goal"] if row.get("at_least") else row["ratio"] > row["goal"]
        )
        missed += over
        print(
            f"{row['what']:<24}{row['engine']:<12}{row['actions']:>8}{row['ms']:>10}{row['floor_ms']:>10}"
            f"{row['ratio']:>8}{row['goal'] or '':>8}{'  missed' if over else ''}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
