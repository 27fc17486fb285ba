"""Withdrawing a fiche, its versions. Writing one is in ``proposing``, the list of fiches in ``catalogue``."""

from __future__ import annotations

from uuid import UUID

from flask import Response, abort, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import drafts, forms, operations, queries
from cocon.actions.blueprint import blueprint
from cocon.actions.models import Action
from cocon.kernel.language import _
from cocon.kernel.refusal import Outdated
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, show


@blueprint.get("/actions/<uuid:action_id>/retirer", endpoint="withdraw")
@needs(Permission.WITHDRAW)
def withdraw(action_id: UUID) -> Response:
    """Ask why the fiche is withdrawn."""
    return _withdraw_page(_withdrawable(action_id), forms.WithdrawForm())


@blueprint.post("/actions/<uuid:action_id>/retirer", endpoint="withdraw_post")
@needs(Permission.WITHDRAW)
def withdraw_post(action_id: UUID) -> BaseResponse:
    """Withdraw one's own fiche; its page and its history stay."""
    action, form = _withdrawable(action_id), posted(forms.WithdrawForm)
    if form.version.data != str(action.rev):
        form.refuse(Outdated())
        return _withdraw_page(action, form)
    if form.carry_out(operations.withdraw_action, access.actor(), action) is None:
        return _withdraw_page(_withdrawable(action_id), form)
    return done(url_for("dossier.action", action_id=action_id), _("La fiche %(code)s est retirée.", code=action.code))


def _withdrawable(action_id: UUID) -> Action:
    action = _action(action_id)
    demand(access.actor(), Permission.WITHDRAW, action)
    return action


def _action(action_id: UUID) -> Action:
    action = queries.find(str(action_id))
    if action is None:
        abort(404)
    return action


def _withdraw_page(action: Action, form: forms.WithdrawForm) -> Response:
    draft = drafts.find(access.actor(), action.id)
    return show("actions/withdraw.html", status=form.status, action=action, form=form, draft=draft)


@blueprint.get("/actions/<uuid:action_id>/versions/<int:number>", endpoint="version")
@needs(Permission.READ)
def version(action_id: UUID, number: int) -> Response:
    """A fiche as it was published under a number."""
    whole = queries.version(str(action_id), number) if number < 10**9 else None
    if whole is None:
        abort(404)
    return show("actions/version.html", whole=whole, action=whole.action)
