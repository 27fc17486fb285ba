"""``story``: a copy of one's own of an installation on which a short life of a fiche was played, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audit.story import Copy, copied, play
from tests.support.databases import Databases, Instance, close


@pytest.fixture(scope="session")
def played(databases: Databases, engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The installation on which the story was played, once for each engine."""
    with databases.copy(engine_name, "reference", tmp_path_factory.mktemp("story") / "data") as instance:
        app = instance.app()
        with app.app_context():
            play()
        close(app)
        yield instance


@pytest.fixture
def story(played: Instance, databases: Databases, tmp_path: Path) -> Iterator[Copy]:
    """A copy of it."""
    with copied(played, databases, tmp_path / "copy") as copy:
        yield copy
