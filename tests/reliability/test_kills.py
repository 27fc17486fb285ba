"""kill -9 during commits: nothing acknowledged is lost, no half-operation, the log whole."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask

from tests.factories import World
from tests.support.databases import Instance

pytestmark = pytest.mark.template("reference")
PARTNER = "cc-val-de-drome"
EMAIL = f"representative@{PARTNER}.example"


def kill_writers(instance: Instance, app: Flask, kills: int, how: str = "committed") -> dict[str, Any]:
    with app.app_context():
        world = World.installed()
        actor = world.actor("representative", PARTNER)
        action = world.action(actor)
        action_id = action.id
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.reliability.kills",
            str(kills),
            f"representative@{PARTNER}.example",
            action_id,
            how,
        ],
        env={**instance.environment(), "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    tally: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return tally


def judge(tally: dict[str, Any], kills: int) -> None:
    assert tally["kills"] == kills
    assert tally["acknowledged"] > kills / 4, "the writers were killed before they wrote anything"
    assert tally["lost"] == 0
    assert tally["broken"] == []
    assert tally["verified"].startswith("ok entries=")


@pytest.mark.engines("sqlite")
def test_500_kills_lose_nothing_on_sqlite(instance: Instance, app: Flask) -> None:
    judge(kill_writers(instance, app, 500), 500)


@pytest.mark.engines("postgresql")
def test_100_kills_lose_nothing_on_postgresql(instance: Instance, app: Flask) -> None:
    judge(kill_writers(instance, app, 100), 100)


def test_acknowledging_before_the_commit_is_seen_to_lose(instance: Instance, app: Flask) -> None:
    """The negative control: the same kills catch a writer that says « done » too early."""
    assert kill_writers(instance, app, 40, "early")["lost"] > 0


@pytest.mark.soak
def test_10000_kills_lose_nothing(instance: Instance, app: Flask) -> None:
    judge(kill_writers(instance, app, 10_000), 10_000)
