"""Fixtures for all tests.

A database
    ``instance``     an installation of one's own (database, folder, settings), on SQLite and again on PostgreSQL;
                     what it holds is chosen by ``@pytest.mark.template("schema" | "reference" | "demo")``
                     (default: ``schema``, migrated and empty); its date by ``@pytest.mark.today("2014-06-01")``;
                     its engines by ``@pytest.mark.engines("sqlite")``. Commits are real: nobody else sees the copy.
                     ``instance.cocon("audit", "verify")`` runs the command, ``instance.environment()`` is for others.
    ``database_url`` its address; ``engine_name`` its engine.
    ``databases``    for a copy by hand: ``with databases.copy("sqlite", "demo", tmp_path / "data") as instance:``;
                     ``databases.cluster.rows(instance.name, sql)`` does as PostgreSQL's superuser.

The application
    ``app``          ``create_app`` on ``instance``. No application context is pushed: requests bring their own.
    ``in_app``       the same application inside a context, for tests of operations and queries (not with ``client``).
    ``client``       a ``tests.support.client.Client`` on ``app``: ``get``, ``post``, ``submit``, ``sign_in``; each
                     HTML answer is checked (one h1, title, ids, grammar, forms, headers). ``new_client()`` makes more.

The browser
    ``live_server``  the production server on an installation of the module's own: ``.url``, ``.instance``. The
                     markers (``pytestmark = ...``) choose as above, but for the default content, which is ``demo``.
    ``visitor``      opens Chromium on ``live_server``: ``visitor.open("/actions", width=320, javascript=False)`` and
                     ``visitor.sign_in(email)`` give Playwright pages. An error of a script, a breach of the security
                     policy or a request to a third party fails the test. ``visitors(url)`` does it for another server.
    ``axe``          is in ``tests.support.browser``: ``assert axe(page) == []``.
    ``tests.support.server.Server(instance, workers=2)`` starts and kills servers at will.

A test that is skipped or expected to fail fails: what a test needs is installed by ``make test``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

pytest.register_assert_rewrite("tests.support.client", "tests.support.browser")

from tests.support.browser import Visitor, chromium  # noqa: E402 - after the rewriting is arranged
from tests.support.client import Client  # noqa: E402
from tests.support.databases import ENGINES, Databases, Instance, close  # noqa: E402
from tests.support.server import Server  # noqa: E402
from tests.support.shared import Guarded, Shared, scratch  # noqa: E402

SHARED = pytest.StashKey[Shared]()
FAILED = pytest.StashKey[bool]()
LONGEST = (
    "test_matrix",
    "test_bank",
    "test_kills",
    "test_axe",
    "test_main_job",
    "test_fuzz",
    "test_autosave",
    "test_saves",
    "journeys/",
    "test_machine",
)
PICTURES = Path(__file__).parents[1] / "build" / "failures"


def pytest_configure(config: pytest.Config) -> None:
    """Forget the settings of the machine, and find the folder that the processes of the run share."""
    for name in [name for name in os.environ if name.startswith("COCON_")]:
        del os.environ[name]
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(scratch())
    given = getattr(config, "workerinput", {}).get("shared")
    config.stash[SHARED] = Shared(Path(given)) if given else Guarded()


def pytest_configure_node(node: Any) -> None:
    """Tell a process of pytest-xdist where the shared folder is."""
    node.workerinput["shared"] = str(node.config.stash[SHARED].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Clear the shared folder away, whatever the outcome."""
    shared = config.stash.get(SHARED, None)
    if isinstance(shared, Guarded):
        shared.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test that did not really pass failed."""
    report = yield
    if report.skipped or hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} was skipped or expected to fail"
        vars(report).pop("wasxfail", None)
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """A module that skips itself failed."""
    report = yield
    if report.skipped:
        report.outcome, report.longrepr = "failed", f"{collector.nodeid} skipped itself"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take minutes, so that no process of the run is left alone with one at the end."""
    items.sort(key=lambda item: next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play what touches a database once per engine."""
    if "engine_name" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("engines")
        metafunc.parametrize("engine_name", mark.args if mark else ENGINES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    """The engine of this test: ``sqlite`` or ``postgresql``."""
    return str(request.param)


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    """Copies of the installations made once for the whole run."""
    return Databases(pytestconfig.stash[SHARED])


@pytest.fixture
def instance(
    databases: Databases, engine_name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Instance]:
    """An installation of the test's own."""
    template, today = _wanted(request.node, "schema")
    with databases.copy(engine_name, template, tmp_path / "data", today) as copy:
        yield copy


@pytest.fixture
def database_url(instance: Instance) -> str:
    """The address of the test's own database."""
    return instance.url


@pytest.fixture
def app(instance: Instance) -> Iterator[Flask]:
    """The application on the test's own installation."""
    app = instance.app()
    app.testing = True
    yield app
    close(app)


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    """The application, inside one of its contexts."""
    with app.app_context():
        yield app


@pytest.fixture
def new_client(app: Flask) -> Callable[[], Client]:
    """Makes clients of the application, each with cookies of its own."""
    return lambda: Client(app)


@pytest.fixture
def client(new_client: Callable[[], Client]) -> Client:
    """A client of the application."""
    return new_client()


@pytest.fixture(scope="module")
def live_server(
    databases: Databases,
    engine_name: str,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Server]:
    """The production server on an installation of the module's own."""
    template, today = _wanted(request.node, "demo")
    folder = tmp_path_factory.mktemp("live") / "data"
    with databases.copy(engine_name, template, folder, today) as instance, Server(instance) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def visitors(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Visitor]]:
    """Makes visitors of the server at an address."""
    made: list[Visitor] = []

    def visit(url: str) -> Visitor:
        made.append(Visitor(browser, url))
        return made[-1]

    yield visit
    if request.node.stash.get(FAILED, False):
        _photograph(made, request.node.name)
    for visitor in made:
        visitor.close()


@pytest.fixture
def visitor(visitors: Callable[[str], Visitor], live_server: Server) -> Visitor:
    """A visitor of the module's server."""
    return visitors(live_server.url)


def _wanted(node: Any, template: str) -> tuple[str, str | None]:
    chosen, today = node.get_closest_marker("template"), node.get_closest_marker("today")
    return (chosen.args[0] if chosen else template), (today.args[0] if today else None)


def _photograph(visitors: list[Visitor], name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    safe = "".join(letter if letter.isalnum() else "-" for letter in name)
    pages = [page for visitor in visitors for page in visitor.pages]
    for number, page in enumerate(pages):
        page.screenshot(path=PICTURES / f"{safe}-{number}.png", full_page=True)
