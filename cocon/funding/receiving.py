"""The page where the identifiers of a fiche's beneficiary are recorded.

Named outside the seven usual files: a subject of its own beside the amounts.
"""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.funding import beneficiaries
from cocon.funding.blueprint import blueprint
from cocon.funding.forms import BeneficiaryForm
from cocon.kernel.language import _
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, show


@blueprint.get("/actions/<uuid:action_id>/financement/beneficiaire", endpoint="beneficiary")
@needs(Permission.IDENTIFY)
def ask(action_id: UUID) -> Response:
    """Ask for the identifiers of the project owner."""
    action = _action(action_id)
    row = beneficiaries.receiver(action.id).recorded
    return _page(action, BeneficiaryForm(data={"siret": row.siret, "rna": row.rna} if row else {}))


@blueprint.post("/actions/<uuid:action_id>/financement/beneficiaire", endpoint="beneficiary_post")
@needs(Permission.IDENTIFY)
def record(action_id: UUID) -> BaseResponse:
    """Record them."""
    action, form = _action(action_id), posted(BeneficiaryForm)
    if form.carry_out(beneficiaries.identify_beneficiary, access.actor(), action) is None:
        return _page(_action(action_id), form)
    return done(url_for("funding.plan", action_id=action.id), _("Les identifiants du bénéficiaire sont enregistrés."))


def _action(action_id: UUID) -> Action:
    action = actions.find(str(action_id))
    if action is None:
        abort(404)
    demand(access.actor(), Permission.IDENTIFY, action)
    return action


def _page(action: Action, form: BeneficiaryForm) -> Response:
    return show(
        "funding/beneficiary.html",
        status=form.status,
        action=action,
        form=form,
        receiver=beneficiaries.receiver(action.id),
    )
