"""Pages of discussion."""

from __future__ import annotations

from flask import Blueprint, Response

from cocon.policy import Permission
from cocon.web.access import needs
from cocon.web.pages import show

blueprint = Blueprint("discussion", __name__)


@blueprint.get("/actions/xx/discussion", endpoint="threads")
@needs(Permission.READ)
def threads() -> Response:
    """Stub."""
    return show("layout/page.html")
