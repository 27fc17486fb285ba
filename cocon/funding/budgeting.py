"""The budget of a fiche: charges against products, rates, warnings; its other resources to add, change, withdraw.

Named outside the seven usual files: a subject of its own beside the contributions of the signatories.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

from flask import Response, abort, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions import words as fiche
from cocon.actions.models import Action
from cocon.funding import products, queries, resources, thresholds, words
from cocon.funding.blueprint import blueprint
from cocon.funding.budget import Budget
from cocon.funding.misstated import WithdrawnAlready
from cocon.funding.models import Resource
from cocon.funding.resource_forms import ResourceForm, ResourceWithdrawalForm
from cocon.kernel.language import _
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, show


@blueprint.get("/actions/<uuid:action_id>/plan-de-financement", endpoint="budget")
@needs(Permission.READ)
def budget(action_id: UUID) -> Response:
    """What a fiche costs by nature and what it receives by account, year by year."""
    whole = actions.whole(str(action_id))
    if whole is None:
        abort(404)
    rows = resources.of_action(whole.action.id)
    plan = Budget.of(whole, queries.financing(whole.action.id).lines, rows)
    return show(
        "funding/budget.html",
        action=whole.action,
        plan=plan,
        basis=fiche.COST_BASIS.get(plan.basis),
        warnings=thresholds.warnings(plan),
        resources=rows,
        words=products,
        natures=words.NATURES,
    )


@blueprint.get("/actions/<uuid:action_id>/plan-de-financement/ressources/nouvelle", endpoint="add_resource")
@needs(Permission.KEEP_RESOURCES)
def ask(action_id: UUID) -> Response:
    """Ask for a resource that no signatory brings."""
    return _page(_open(action_id), ResourceForm())


@blueprint.post("/actions/<uuid:action_id>/plan-de-financement/ressources/nouvelle", endpoint="add_resource_post")
@needs(Permission.KEEP_RESOURCES)
def add(action_id: UUID) -> BaseResponse:
    """Add it."""
    action, form = _open(action_id), posted(ResourceForm)
    if form.carry_out(resources.add_resource, access.actor(), action) is None:
        return _page(_open(action_id), form)
    return done(_budget(action), _("La ressource est ajoutée au plan."))


@blueprint.get("/actions/<uuid:action_id>/plan-de-financement/ressources/<uuid:resource_id>", endpoint="resource")
@needs(Permission.KEEP_RESOURCES)
def show_resource(action_id: UUID, resource_id: UUID) -> BaseResponse:
    """A resource to change."""
    action = _open(action_id)
    row = _row(action, resource_id)
    if not row.alive:
        return done(_budget(action), WithdrawnAlready.sentence)
    said = {one.name: getattr(row, one.name) for one in fields(resources.Stated)}
    said |= {"year": str(row.year), "standing": row.status, "nature": row.nature or words.OPERATING}
    return _page(action, ResourceForm(data=said), row)


@blueprint.post("/actions/<uuid:action_id>/plan-de-financement/ressources/<uuid:resource_id>", endpoint="resource_post")
@needs(Permission.KEEP_RESOURCES)
def change(action_id: UUID, resource_id: UUID) -> BaseResponse:
    """Say something else of it."""
    action, form = _open(action_id), posted(ResourceForm)
    row = _row(action, resource_id)
    if _carried(form, row, resources.change_resource, action) is None:
        return _page(_open(action_id), form, _row(action, resource_id))
    return done(_budget(action), _("La ressource est modifiée."))


@blueprint.get(
    "/actions/<uuid:action_id>/plan-de-financement/ressources/<uuid:resource_id>/retirer", endpoint="withdraw_resource"
)
@needs(Permission.KEEP_RESOURCES)
def ask_why(action_id: UUID, resource_id: UUID) -> BaseResponse:
    """Ask why a resource is withdrawn."""
    action = _open(action_id)
    row = _row(action, resource_id)
    if not row.alive:
        return done(_budget(action), WithdrawnAlready.sentence)
    return _withdrawal(action, ResourceWithdrawalForm(), row)


@blueprint.post(
    "/actions/<uuid:action_id>/plan-de-financement/ressources/<uuid:resource_id>/retirer",
    endpoint="withdraw_resource_post",
)
@needs(Permission.KEEP_RESOURCES)
def withdraw(action_id: UUID, resource_id: UUID) -> BaseResponse:
    """Withdraw it."""
    action, form = _open(action_id), posted(ResourceWithdrawalForm)
    row = _row(action, resource_id)
    if _carried(form, row, resources.withdraw_resource, action) is None:
        return _withdrawal(_open(action_id), form, _row(action, resource_id))
    return done(_budget(action), _("La ressource est retirée du plan."))


def _carried(form: Any, row: Resource, operation: Any, action: Action) -> Any:
    """Carry out an act on the resource as the page showed it."""
    revision = row.rev if form.revision is None else form.revision
    return form.carry_out(operation, access.actor(), action, resource_id=row.id, revision=revision)


def _open(action_id: UUID) -> Action:
    action = actions.find(str(action_id))
    if action is None:
        abort(404)
    demand(access.actor(), Permission.KEEP_RESOURCES, action)
    return action


def _row(action: Action, resource_id: UUID) -> Resource:
    row = resources.find(action.id, str(resource_id))
    if row is None:
        abort(404)
    return row


def _budget(action: Action) -> str:
    return url_for("funding.budget", action_id=action.id)


def _page(action: Action, form: ResourceForm, row: Resource | None = None) -> Response:
    return show(
        "funding/resource.html", status=form.status, action=action, form=form, resource=row, accounts=products.ACCOUNTS
    )


def _withdrawal(action: Action, form: ResourceWithdrawalForm, row: Resource) -> Response:
    return show(
        "funding/withdraw_resource.html",
        status=form.status,
        action=action,
        form=form,
        resource=row,
        accounts=products.ACCOUNTS,
    )
