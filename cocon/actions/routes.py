"""Pages of actions."""

from __future__ import annotations

from flask import Blueprint, Response

from cocon.policy import Permission
from cocon.web.access import needs
from cocon.web.pages import show

blueprint = Blueprint("actions", __name__)


@blueprint.get("/actions", endpoint="index")
@needs(Permission.READ)
def index() -> Response:
    """Stub."""
    return show("layout/page.html")
