"""Pages of contracts."""

from __future__ import annotations

from flask import Blueprint, Response

from cocon.policy import Permission
from cocon.web.access import needs
from cocon.web.pages import show

blueprint = Blueprint("contracts", __name__)


@blueprint.get("/contrat", endpoint="show")
@needs(Permission.READ)
def contract_page() -> Response:
    """Stub."""
    return show("layout/page.html")
