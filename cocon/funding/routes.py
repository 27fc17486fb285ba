"""Pages of funding."""

from __future__ import annotations

from flask import Blueprint, Response

from cocon.policy import Permission
from cocon.web.access import needs
from cocon.web.pages import show

blueprint = Blueprint("funding", __name__)


@blueprint.get("/financement", endpoint="matrix")
@needs(Permission.READ)
def matrix() -> Response:
    """Stub."""
    return show("layout/page.html")
