"""Pages of partners: who signed, under which names, who acts for whom; completing a signatory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from flask import Blueprint, Response, abort, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.kernel import clock
from cocon.kernel.language import _
from cocon.kernel.refusal import Outdated
from cocon.partners import operations, queries
from cocon.partners.forms import ChainForm, IdentityForm
from cocon.partners.models import Mandate, Partner
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, show

blueprint = Blueprint("partners", __name__)

LABELS = {
    "colleges": queries.COLLEGES,
    "members": queries.MEMBERS,
    "kinds": queries.KINDS,
    "columns": {
        "kind": _("la nature"),
        "siren": _("le SIREN"),
        "siret": _("le SIRET"),
        "departement": _("le département"),
    },
    "statuses": queries.STATUSES,
    "departements": queries.DEPARTEMENTS,
    "roles": queries.ROLES,
}


@blueprint.get("/partenaires", endpoint="index")
@needs(Permission.READ)
def index() -> Response:
    """The twenty signatories, by college."""
    everyone = queries.partners()
    return show(
        "partners/index.html",
        colleges=[(name, list(members)) for name, members in groupby(everyone, key=lambda partner: partner.college)],
        count=len(everyone),
        incomplete=sum(not partner.complete for partner in everyone),
        names_in_time=queries.names_in_time,
        labels=LABELS,
    )


@blueprint.get("/partenaires/<key>", endpoint="show")
@needs(Permission.READ)
def partner_page(key: str) -> Response:
    """One signatory: its names in time, its identifiers, the people who act for it."""
    partner = _known(key)
    mandates, today = queries.mandates_for(partner.id), clock.today()
    return show(
        "partners/show.html",
        partner=partner,
        names=queries.names_in_time(partner),
        current=_by_role([mandate for mandate in mandates if mandate.valid_on(today)]),
        others=[mandate for mandate in mandates if not mandate.valid_on(today)],
        supervised=access.actor().supervised if access.actor().partner_id == partner.id else None,
        labels=LABELS,
    )


def _by_role(mandates: Sequence[Mandate]) -> list[tuple[str, list[Mandate]]]:
    return [(role, list(members)) for role, members in groupby(mandates, key=lambda mandate: mandate.role)]


@blueprint.get("/partenaires/<key>/completer", endpoint="complete")
@needs(Permission.COMPLETE_PARTNER)
def complete(key: str) -> Response:
    """The form that completes a signatory, filled with what the sources give."""
    partner = _known(key)
    given = {name: getattr(partner, name) or "" for name in ("kind", "departement", "siren", "siret")}
    form = IdentityForm(data=given)
    form.ask_only(partner)
    return _complete_page(partner, form)


@blueprint.post("/partenaires/<key>/completer", endpoint="complete_post")
@needs(Permission.COMPLETE_PARTNER)
def complete_post(key: str) -> BaseResponse:
    """Complete the signatory."""
    partner, form = _known(key), posted(IdentityForm)
    form.ask_only(partner)
    try:
        form.demand_current(partner.rev)
        event = form.carry_out(operations.complete_partner, access.actor(), partner)
    except Outdated as refusal:
        form.refuse(refusal)
        event = None
    if event is None:
        return _complete_page(partner, form)
    return done(url_for("partners.show", key=key), _("L’identité du partenaire est complétée."))


def _complete_page(partner: Partner, form: IdentityForm) -> Response:
    return show("partners/complete.html", status=form.status, partner=partner, form=form, labels=LABELS)


@blueprint.get("/partenaires/<key>/validation", endpoint="chain")
@needs(Permission.ORGANISE)
def chain(key: str) -> Response:
    """The form that says who shares what contributors prepare."""
    partner = _organised(key)
    kept = queries.internal_chain(partner.id)
    return _chain_page(partner, ChainForm(data={"validates": "oui" if kept is None or kept.validates else "non"}))


@blueprint.post("/partenaires/<key>/validation", endpoint="chain_post")
@needs(Permission.ORGANISE)
def chain_post(key: str) -> BaseResponse:
    """Keep the rule."""
    partner, form = _organised(key), posted(ChainForm)
    kept = queries.internal_chain(partner.id)
    try:
        form.demand_current(kept.rev if kept else 0)
        event = form.carry_out(operations.set_internal_chain, access.actor(), partner, revision=kept.rev if kept else 0)
    except Outdated as refusal:
        form.refuse(refusal)
        event = None
    if event is None:
        return _chain_page(partner, form)
    return done(url_for("partners.show", key=key, _anchor="validation"), _("La règle est enregistrée."))


def _organised(key: str) -> Partner:
    partner = _known(key)
    demand(access.actor(), Permission.ORGANISE, partner)
    return partner


def _chain_page(partner: Partner, form: ChainForm) -> Response:
    kept = queries.internal_chain(partner.id)
    revision = kept.rev if kept else 0
    return show("partners/chain.html", status=form.status, partner=partner, form=form, revision=revision)


def _known(key: str) -> Partner:
    partner = queries.partner_by_key(key)
    if partner is None:
        abort(404)
    return partner
