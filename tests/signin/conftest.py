"""The stage, and hashes that cost little: what they cost is measured by one test only."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from flask import Flask

from cocon.signin import passwords
from tests.web.making import Stage


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The application under test, and who uses it."""
    return Stage(app)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash in a millisecond."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_nobody", hasher.hash("nobody"))
