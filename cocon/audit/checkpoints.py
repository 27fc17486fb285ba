"""Signed checkpoints."""

from __future__ import annotations

from flask import Flask

from cocon.config import Config


def init_app(app: Flask, config: Config) -> None:
    """Install."""
