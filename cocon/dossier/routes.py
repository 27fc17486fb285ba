"""Pages of dossier."""

from __future__ import annotations

from flask import Blueprint, Response

from cocon.policy import Permission
from cocon.web.access import needs
from cocon.web.pages import show

blueprint = Blueprint("dossier", __name__)


@blueprint.get("/espace", endpoint="workspace")
@needs(Permission.READ)
def workspace() -> Response:
    """Stub."""
    return show("layout/page.html")
