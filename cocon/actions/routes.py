"""The list of fiches, their versions, withdrawing. Writing one is in ``proposing``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import forms, operations, queries, words
from cocon.actions.blueprint import blueprint
from cocon.actions.models import Action
from cocon.contracts.queries import outline
from cocon.kernel.language import LazyString, _, ngettext
from cocon.kernel.refusal import Outdated
from cocon.partners.queries import partners
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import clean, posted
from cocon.web.pages import done, show


@blueprint.get("/actions", endpoint="index")
@needs(Permission.READ)
def index() -> BaseResponse:
    """The fiches, 25 at a time, in the order of their codes; the filters stay in the address.

    Looking for a code leads to its fiche.
    """
    wanted = queries.id_of(request.args.get("q", ""))
    if wanted:
        return redirect(url_for("dossier.action", action_id=wanted))
    signatories = partners()
    filters = _filters(request.args, {partner.key for partner in signatories})
    after = queries.place_of(request.args.get("apres", ""))
    page = queries.listing(filters, after)
    asked: dict[str, Any] = {name: value for name, value in request.args.items() if name in FILTERS and value}
    following = url_for("actions.index", **asked, apres=page.next) if page.next else None
    return show(
        "actions/index.html",
        fiches=page,
        filters=filters,
        asked=asked,
        heading=_heading(len(page.lines), following is None, after is None),
        first_url=url_for("actions.index", **asked) if after else None,
        next_url=following,
        axis_choices=[(axis.number, _("Axe %(n)s", n=axis.number)) for axis in outline().axes],
        partner_choices=[(partner.key, partner.current_name) for partner in signatories],
        status_choices=list(STATUSES.items()),
    )


def _heading(count: int, last: bool, first: bool) -> LazyString:
    """How many fiches, when this page is the whole of them; where the page stands otherwise."""
    if first and last:
        return ngettext("%(num)s fiche", "%(num)s fiches", count)
    return _("Les %(n)s premières fiches", n=count) if first else _("Suite des fiches")


FILTERS = ("q", "axe", "statut", "partenaire")
#: What the list can be filtered on: the maturity of a fiche, or the decision on it.
STATUSES: dict[str, LazyString] = {
    **words.MATURITY,
    **{decision: words.DECISION[decision] for decision in queries.DECIDED},
}


def _filters(asked: Mapping[str, str], known: set[str]) -> queries.Filters:
    axis, status, partner = asked.get("axe", ""), asked.get("statut", ""), asked.get("partenaire", "")
    sought = "".join(c if c.isprintable() else " " for c in clean(asked.get("q"))[:200])
    return queries.Filters(
        axis=int(axis) if axis.isascii() and axis.isdigit() and len(axis) < 4 else None,
        status=status if status in STATUSES else None,
        partner=partner if partner in known else None,
        words=" ".join(sought.split()),
    )


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
    return show("actions/withdraw.html", status=form.status, action=action, form=form)


@blueprint.get("/actions/<uuid:action_id>/versions/<int:number>", endpoint="version")
@needs(Permission.READ)
def version(action_id: UUID, number: int) -> Response:
    """A fiche as it was published under a number."""
    whole = queries.version(str(action_id), number) if number < 10**9 else None
    if whole is None:
        abort(404)
    return show("actions/version.html", whole=whole, action=whole.action)
