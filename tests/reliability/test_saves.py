"""kill -9 of the server while people write: every word that it acknowledged is in the database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.databases import Instance


def kill_servers(instance: Instance, sessions: int, how: str = "committed") -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.saves", str(sessions), how],
        env={**instance.environment(), "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    tally: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return tally


def judge(tally: dict[str, Any], sessions: int) -> None:
    assert tally["sessions"] == sessions
    assert tally["kills"] > sessions
    assert tally["unanswered"] > 0, "no server was killed before it answered"
    assert tally["answered"] > 0, "every server was killed before it answered"
    assert tally["lost"] == []


@pytest.mark.engines("sqlite")
def test_no_kill_loses_a_word_on_sqlite(instance: Instance) -> None:
    judge(kill_servers(instance, 30), 30)


@pytest.mark.engines("postgresql")
def test_no_kill_loses_a_word_on_postgresql(instance: Instance) -> None:
    judge(kill_servers(instance, 20), 20)


def test_acknowledging_before_the_commit_is_seen_to_lose(instance: Instance) -> None:
    """The negative control: the same kills catch a server that says « saved » too early."""
    assert kill_servers(instance, 60, "early")["lost"]


@pytest.mark.soak
def test_300_sessions_with_kills_lose_nothing(instance: Instance) -> None:
    judge(kill_servers(instance, 300), 300)
