"""The public page, the pages that French public sites owe, the health check."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, jsonify
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cocon.audit.models import LogHead
from cocon.contracts import queries as contracts
from cocon.kernel.db import db, dialect
from cocon.partners import queries as partners
from cocon.partners.models import Partner
from cocon.policy import Need
from cocon.web.access import needs
from cocon.web.pages import show

blueprint = Blueprint("site", __name__)

#: The figures that the public page shows; the page of the contract shows them all.
HIGHLIGHTS = (
    "ces_2014_2016_region_2014",
    "ces_2011_2013_total",
    "ess_etablissements_employeurs",
    "ess_emplois",
    "ess_part_emploi_prive_salarie",
    "ess_evolution_emploi_rhone_alpes",
)


@blueprint.get("/", endpoint="home")
@needs(Need.PUBLIC)
def home() -> Response:
    """The contract, its axes, its signatories, some figures."""
    everyone = partners.partners()
    figures = {figure.key: figure for figure in contracts.figures()}
    return show(
        "site/home.html",
        contract=contracts.contract(),
        axes=contracts.axes(),
        colleges=[(partners.COLLEGES[name], list(members)) for name, members in groupby(everyone, _college)],
        count=len(everyone),
        figures=[figures[key] for key in HIGHLIGHTS],
        written=contracts.written,
        source_link=contracts.source_link,
    )


def _college(partner: Partner) -> str:
    return partner.college


@blueprint.get("/accessibilite", endpoint="accessibility")
@needs(Need.PUBLIC)
def accessibility() -> Response:
    """The declaration of accessibility (RGAA)."""
    return show("site/accessibility.html")


@blueprint.get("/mentions-legales", endpoint="legal")
@needs(Need.PUBLIC)
def legal() -> Response:
    """Legal notice (LCEN)."""
    return show("site/legal.html")


@blueprint.get("/donnees-personnelles", endpoint="privacy")
@needs(Need.PUBLIC)
def privacy() -> Response:
    """Personal data (GDPR)."""
    return show("site/privacy.html")


@blueprint.get("/plan-du-site", endpoint="sitemap")
@needs(Need.PUBLIC)
def sitemap() -> Response:
    """All the pages, for those who prefer a list."""
    return show("site/sitemap.html")


@blueprint.get("/aide", endpoint="help")
@needs(Need.PUBLIC)
def help_page() -> Response:
    """How to do the seven things, in plain words."""
    return show("site/help.html")


@blueprint.get("/sante", endpoint="health")
@needs(Need.PUBLIC)
def health() -> Response:
    """Alive, with the size of the log; 503 when the database is away. No secret."""
    try:
        size = db.session.scalar(select(LogHead.size))
    except SQLAlchemyError:
        response = jsonify(status="unavailable")
        response.status_code = 503
        response.headers["Retry-After"] = "5"
        return response
    return jsonify(status="ok", database=dialect(), log={"size": size})
