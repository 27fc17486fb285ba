"""Pages of audit."""

from __future__ import annotations

from flask import Blueprint, Response

from cocon.policy import Permission
from cocon.web.access import needs
from cocon.web.pages import show

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit", endpoint="index")
@needs(Permission.AUDIT)
def index() -> Response:
    """Stub."""
    return show("layout/page.html")
