"""The financing plan of a fiche, and my organisation's line of it to fill.

Named outside the seven usual files: with the matrix and the envelopes it would make one file of two subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.audit import words as said
from cocon.contracts import queries as contracts
from cocon.funding import grid, ledger, operations, queries, words
from cocon.funding.advancing import ladder_url, own_ladder
from cocon.funding.blueprint import blueprint
from cocon.funding.forms import PasteForm, WithdrawalForm
from cocon.funding.grid import GridForm
from cocon.funding.proofs import Ladder
from cocon.funding.refusals import NothingToWithdraw
from cocon.kernel.language import LazyString, _, ngettext
from cocon.kernel.money import amount, euros
from cocon.policy import Permission, demand, may
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.htmx import wants_part
from cocon.web.pages import done, part_done, show


@blueprint.get("/actions/<uuid:action_id>/financement", endpoint="plan")
@needs(Permission.READ)
def plan(action_id: UUID) -> Response:
    """Who brings what to a fiche; for those who bind a partner, its own line to fill."""
    asked = grid.asked(request.args.get("ligne"))
    return _plan(_context(str(action_id), [asked] if asked else []))


@blueprint.post("/actions/<uuid:action_id>/financement/contributions", endpoint="contribute")
@needs(Permission.CONTRIBUTE)
def contribute(action_id: UUID) -> BaseResponse:
    """Announce, raise, lower or withdraw my own organisation's amounts, as the cells say."""
    form = grid.form_for(tuple(grid.sent_kinds(request.form)), contracts.outline().years)(request.form)
    action = _open_action(str(action_id))
    if len(form.changed) == 1:
        event = form.carry_out(_alone, access.actor(), action)
        told = _told(event) if event else ""
    else:
        event = form.carry_out(operations.fill_line, access.actor(), action)
        told = _many(event.count) if event else ""
    if event is None:
        return _plan(_again(action.id, form))
    where = url_for("funding.plan", action_id=action.id)
    if not wants_part():
        return done(where, told)
    return part_done("funding/_plan.html", told, where, **{**_context(action.id, []), "recorded": True})


@blueprint.get("/actions/<uuid:action_id>/financement/totaux", endpoint="totals")
@needs(Permission.CONTRIBUTE)
def totals(action_id: UUID) -> BaseResponse:
    """What the plan would be with the cells as they are typed; nothing is kept."""
    context = _own(str(action_id), grid.sent_kinds(request.args), request.args)
    if not wants_part():
        return redirect(url_for("funding.plan", action_id=action_id), 303)
    would = grid.imagined(context["plan"], context["form"])
    return show("funding/_imagined.html", **{**context, "plan": would})


@blueprint.get("/actions/<uuid:action_id>/financement/coller", endpoint="paste")
@needs(Permission.CONTRIBUTE)
def paste(action_id: UUID) -> Response:
    """Ask for the amounts copied from a spreadsheet."""
    return _paste(_own(str(action_id), []), PasteForm())


@blueprint.post("/actions/<uuid:action_id>/financement/coller", endpoint="paste_post")
@needs(Permission.CONTRIBUTE)
def paste_post(action_id: UUID) -> Response:
    """Show the line with the amounts pasted; nothing is recorded before the line is."""
    form = posted(PasteForm)
    context = _own(str(action_id), [])
    kind = grid.asked(form.line.data)
    found = form.read(context["plan"].years) if form.validate() and kind else None
    if found is None or kind is None:
        form.status = 422
        return _paste(context, form)
    again = _own(str(action_id), [kind])
    for year, cents in found.items():
        cell = again["form"].cell(kind, year)
        cell.raw_data, cell.data = [amount(cents)], cents
    return _plan({**again, "pasted": True})


@blueprint.get("/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>/retirer", endpoint="withdraw")
@needs(Permission.CONTRIBUTE)
def withdraw(action_id: UUID, tranche_id: UUID) -> BaseResponse:
    """Ask why a contribution of a year is withdrawn."""
    found = own_ladder(action_id, tranche_id, Permission.CONTRIBUTE)
    if not found.tranche.amount:
        return done(url_for("funding.plan", action_id=found.action.id), NothingToWithdraw.sentence)
    return _withdrawal(found, WithdrawalForm())


@blueprint.post("/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>/retirer", endpoint="withdraw_post")
@needs(Permission.CONTRIBUTE)
def withdraw_post(action_id: UUID, tranche_id: UUID) -> BaseResponse:
    """Withdraw my own organisation's contribution of a year."""
    found, form = own_ladder(action_id, tranche_id, Permission.CONTRIBUTE), posted(WithdrawalForm)
    event = form.carry_out_on(
        found.tranche.rev, operations.withdraw_contribution, access.actor(), found.action, **found.key
    )
    if event is None:
        return _withdrawal(own_ladder(action_id, tranche_id, Permission.CONTRIBUTE), form)
    told = _("Contribution de %(amount)s pour %(year)s retirée.", amount=euros(event.former), year=event.year)
    return done(url_for("funding.plan", action_id=found.action.id), told)


def _alone(actor: Any, action: Any, *, cells: Sequence[operations.Cell], reason: str) -> Any:
    return operations.set_amount(actor, action, cells[0], reason)


def _many(count: int) -> LazyString:
    return ngettext("%(num)s montant enregistré.", "%(num)s montants enregistrés.", count)


def _told(event: Any) -> Any:
    if not event.amount:
        return _("Contribution de %(amount)s pour %(year)s retirée.", amount=euros(event.former), year=event.year)
    return _("Contribution de %(amount)s pour %(year)s enregistrée.", amount=euros(event.amount), year=event.year)


def _own(action_id: str, kinds: Sequence[grid.Kind], sent: Any = None) -> dict[str, Any]:
    """The plan of a fiche that is open to my organisation's contributions."""
    context = _context(action_id, kinds, sent)
    demand(access.actor(), Permission.CONTRIBUTE, context["action"])
    return context


def _context(action_id: str, kinds: Sequence[grid.Kind], sent: Any = None) -> dict[str, Any]:
    """A fiche's plan, and what my organisation needs to fill its own line."""
    actor, whole = access.actor(), actions.whole(action_id)
    if whole is None:
        abort(404)
    found = queries.plan(queries.financing(action_id), whole.costs, actor.partner_id, whole.version.cost_basis)
    binds = may(actor, Permission.CONTRIBUTE, whole.action)
    rows = grid.kinds_of(found, kinds) if binds else []
    form = grid.form_for(tuple(rows), found.years)(sent)
    if sent is None:
        form.show(found)
    mine = ledger.envelope_lines(actor.partner_id) if binds else []
    return {
        "action": whole.action,
        "plan": found,
        "identifiable": whole.version.project_owner_id is None,
        "binds": binds,
        "form": form,
        "rows": rows,
        "addable": grid.addable(rows),
        "called": words.called,
        "recorded": False,
        "pasted": False,
        "envelopes": {line.year: line for line in mine},
        "receipt": queries.last_entry(line.contribution_id for line in found.mine) if binds and found.mine else None,
    }


def _open_action(action_id: str) -> Action:
    action = actions.find(action_id)
    if action is None:
        abort(404)
    demand(access.actor(), Permission.CONTRIBUTE, action)
    return action


def _again(action_id: str, form: GridForm) -> dict[str, Any]:
    """The plan as it is now, and the form as it was typed."""
    now = _context(action_id, form.kinds)
    if not form.kinds:
        now["form"].form_errors, now["form"].status = form.form_errors, form.status
        return now
    form.show(now["plan"])
    return {**now, "form": form, "rows": form.kinds}


def _plan(context: dict[str, Any]) -> Response:
    return show("funding/plan.html", "funding/_plan.html", status=context["form"].status, **context)


def _paste(context: dict[str, Any], form: PasteForm) -> Response:
    form.line.choices = grid.choices()
    return show(
        "funding/paste.html", status=form.status, action=context["action"], years=context["plan"].years, form=form
    )


def _withdrawal(found: Ladder, form: WithdrawalForm) -> Response:
    actor = access.actor()
    return show(
        "funding/withdraw.html",
        status=form.status,
        ladder=found,
        back=ladder_url(found),
        behalf="".join(said.of_the(actor.partner_key, actor.partner_name or "")),
        form=form,
    )
