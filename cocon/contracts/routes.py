"""Pages of the contract: its axes, objectives, periods and figures; what the secretariat sets."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.contracts import operations, queries
from cocon.contracts.forms import ObjectiveForm, WindowForm
from cocon.contracts.models import Window
from cocon.kernel.language import _
from cocon.kernel.refusal import Outdated
from cocon.policy import Permission
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, show

blueprint = Blueprint("contracts", __name__)

HELPERS: dict[str, Any] = {
    "written": queries.written,
    "source_link": queries.source_link,
    "activities": queries.ACTIVITIES,
}


@blueprint.get("/contrat", endpoint="show")
@needs(Permission.READ)
def contract_page() -> Response:
    """The contract in force, what came before it, and every published figure with its source."""
    *predecessors, contract = queries.contracts()
    return show(
        "contracts/show.html",
        contract=contract,
        predecessors=predecessors,
        branches=queries.branches(),
        windows=queries.windows(),
        figures=queries.figures(),
        **HELPERS,
    )


@blueprint.get("/contrat/objectifs", endpoint="objectives")
@needs(Permission.MANAGE_CONTRACT)
def objectives() -> Response:
    """The form that adds an objective; ``?axe=2`` chooses the axis, and so the next free letter."""
    branches = queries.branches()
    asked = request.args.get("axe", "")
    chosen = next((branch for branch in branches if str(branch.axis.number) == asked), branches[0])
    return _objectives_page(
        ObjectiveForm(data={"axis": str(chosen.axis.number), "letter": chosen.next_letter}), branches
    )


@blueprint.post("/contrat/objectifs", endpoint="objectives_post")
@needs(Permission.MANAGE_CONTRACT)
def objectives_post() -> BaseResponse:
    """Add the objective under its axis."""
    branches = queries.branches()
    form = posted(ObjectiveForm)
    form.offer(branches)
    axis = next((branch.axis for branch in branches if str(branch.axis.number) == form.axis.data), None)
    event = form.carry_out(operations.add_objective, access.actor(), axis, fictional=queries.in_demonstration())
    if event is None:
        return _objectives_page(form, branches)
    return done(
        url_for("contracts.show") + "#axes",
        _("L’objectif %(axis)s.%(letter)s est ajouté.", axis=event.axis, letter=event.letter),
    )


def _objectives_page(form: ObjectiveForm, branches: list[queries.Branch]) -> Response:
    form.offer(branches)
    return show("contracts/objectives.html", status=form.status, form=form, branches=branches)


@blueprint.get("/contrat/periodes/<activity>", endpoint="window")
@needs(Permission.MANAGE_CONTRACT)
def window(activity: str) -> Response:
    """The form that sets the dates of a period."""
    known = _known(activity)
    return _window_page(WindowForm(data={"opens_on": known.opens_on, "closes_on": known.closes_on}), known)


@blueprint.post("/contrat/periodes/<activity>", endpoint="window_post")
@needs(Permission.MANAGE_CONTRACT)
def window_post(activity: str) -> BaseResponse:
    """Set the dates of a period."""
    known, form = _known(activity), posted(WindowForm)
    try:
        form.demand_current(known.rev)
        event = form.carry_out(operations.set_window, access.actor(), known)
    except Outdated as refusal:
        form.refuse(refusal)
        event = None
    if event is None:
        return _window_page(form, known)
    return done(url_for("contracts.show") + "#periodes", _("Les dates de la période sont enregistrées."))


def _window_page(form: WindowForm, window: Window) -> Response:
    return show("contracts/window.html", status=form.status, form=form, window=window, **HELPERS)


def _known(activity: str) -> Window:
    known = queries.window(activity)
    if known is None:
        abort(404)
    return known
