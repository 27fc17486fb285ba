"""The stage: an application, and who attacks it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.making import Stage


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The application under test, and who uses it."""
    return Stage(app)
