"""The financing plan of a fiche, the matrix of the contract, the envelopes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.audit.event import Event
from cocon.contracts import queries as contracts
from cocon.funding import operations, queries
from cocon.funding.balance import Share
from cocon.funding.forms import ContributionForm, EnvelopeForm, WithdrawalForm
from cocon.funding.refusals import NothingToWithdraw
from cocon.kernel.language import _
from cocon.kernel.money import euros
from cocon.kernel.refusal import Outdated
from cocon.partners import queries as partners
from cocon.policy import Permission, demand, has_role, may
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, part_done, show

blueprint = Blueprint("funding", __name__)


@blueprint.get("/actions/<uuid:action_id>/financement", endpoint="plan")
@needs(Permission.READ)
def plan(action_id: UUID) -> Response:
    """Who brings what to a fiche; for those who bind a partner, its own line to fill."""
    return _plan(str(action_id), ContributionForm())


@blueprint.post("/actions/<uuid:action_id>/financement/contributions", endpoint="contribute")
@needs(Permission.CONTRIBUTE)
def contribute(action_id: UUID) -> BaseResponse:
    """Announce, raise or lower my own organisation's contribution of a year, as the amount says."""
    form = posted(ContributionForm)
    year = form.year.data if form.year.data in contracts.outline().years else 0
    action, share = _own_line(str(action_id), year)
    event = _contribute(form, action, share)
    if event is None:
        return _plan(action.id, form)
    said = _(
        "Contribution de %(amount)s pour %(year)s enregistrée.",
        amount=euros(form.cents),
        year=year,
    )
    return part_done(
        "funding/_plan.html", said, url_for("funding.plan", action_id=action.id), **_after(action.id, event)
    )


@blueprint.get("/actions/<uuid:action_id>/financement/<int:year>/retirer", endpoint="withdraw")
@needs(Permission.CONTRIBUTE)
def withdraw(action_id: UUID, year: int) -> BaseResponse:
    """Ask why the contribution of a year is withdrawn."""
    action, share = _own_line(str(action_id), _year(year))
    if not share.amount:
        return done(url_for("funding.plan", action_id=action.id), NothingToWithdraw.sentence)
    return _withdrawal(action, year, share, WithdrawalForm())


@blueprint.post("/actions/<uuid:action_id>/financement/<int:year>/retirer", endpoint="withdraw_post")
@needs(Permission.CONTRIBUTE)
def withdraw_post(action_id: UUID, year: int) -> BaseResponse:
    """Withdraw my own organisation's contribution of a year."""
    action, share = _own_line(str(action_id), _year(year))
    form = posted(WithdrawalForm)
    event = form.carry_out(operations.withdraw_contribution, access.actor(), action, year=year)
    if event is None:
        action, share = _own_line(str(action_id), year)
        return _withdrawal(action, year, share, form)
    said = _("Contribution de %(amount)s pour %(year)s retirée.", amount=euros(event.former), year=year)
    return done(url_for("funding.plan", action_id=action.id), said)


@blueprint.get("/financement", endpoint="matrix")
@needs(Permission.READ)
def matrix() -> Response:
    """The whole contract: axis × fiche × partner × year."""
    signatories = partners.partners()
    axis = next((a for a in contracts.outline().axes if str(a.number) == request.args.get("axe")), None)
    partner = next((p for p in signatories if p.key == request.args.get("partenaire")), None)
    lacking = request.args.get("lignes") == "manque"
    return show(
        "funding/matrix.html",
        matrix=queries.matrix(
            signatories, axis_id=axis.id if axis else None, partner_id=partner.id if partner else None, lacking=lacking
        ),
        axes=contracts.outline().axes,
        partners=signatories,
        axis=axis,
        partner=partner,
        lacking=lacking,
    )


@blueprint.get("/enveloppes", endpoint="envelopes")
@needs(Permission.READ)
def envelopes() -> Response:
    """What each partner sets aside; for those who bind a partner, its own envelopes to declare."""
    return _envelopes(EnvelopeForm())


@blueprint.post("/enveloppes", endpoint="envelopes_post")
@needs(Permission.DECLARE_ENVELOPE)
def envelopes_post() -> BaseResponse:
    """Declare my own organisation's envelope of a year."""
    form, actor = posted(EnvelopeForm), access.actor()
    mine = contracts.envelopes_of(actor.partner_id or "")
    envelope = next((one for one in mine if one.year == form.year.data), None)
    event = form.carry_out(operations.declare_envelope, actor, envelope)
    if event is None:
        return _envelopes(form)
    said = _("Enveloppe de %(year)s déclarée\u00a0: %(amount)s.", year=event.year, amount=euros(event.amount or 0))
    return done(url_for("funding.envelopes"), said)


def _own_line(action_id: str, year: int) -> tuple[Action, Share]:
    """The fiche, which must be open to contributions, and what my organisation brings to it that year."""
    actor = access.actor()
    found = queries.own_share(action_id, actor.partner_id or "", year)
    if found is None:
        abort(404)
    demand(actor, Permission.CONTRIBUTE, found[0])
    return found


def _year(year: int) -> int:
    if year not in contracts.outline().years:
        abort(404)
    return year


def _contribute(form: ContributionForm, action: Action, share: Share) -> Event | None:
    if form.stale(share.rev):
        form.refuse(Outdated())
        return None
    form.lowering = 0 < form.cents < share.amount
    act = operations.lower_contribution if form.lowering else operations.announce_contribution
    return form.carry_out(act, access.actor(), action)


def _plan(action_id: str, form: ContributionForm) -> Response:
    context = _context(action_id)
    return show("funding/plan.html", "funding/_plan.html", status=form.status, form=form, recorded=None, **context)


def _after(action_id: str, event: Event) -> dict[str, Any]:
    return {**_context(action_id), "form": ContributionForm(), "recorded": event}


def _context(action_id: str) -> dict[str, Any]:
    """A fiche's plan, and what my organisation needs to fill its own line."""
    actor, whole = access.actor(), actions.whole(action_id)
    if whole is None:
        abort(404)
    found = queries.plan(queries.financing(action_id), whole.costs, actor.partner_id)
    binds = may(actor, Permission.CONTRIBUTE, whole.action)
    mine = queries.envelope_lines(actor.partner_id) if binds else []
    return {
        "action": whole.action,
        "plan": found,
        "binds": binds,
        "envelopes": {line.year: line for line in mine},
        "receipt": queries.last_entry(found.mine.contribution_id) if binds and found.mine else None,
    }


def _withdrawal(action: Action, year: int, share: Share, form: WithdrawalForm) -> Response:
    axis = next(axis.number for axis in contracts.outline().axes if axis.id == action.axis_id)
    return show(
        "funding/withdraw.html", action=action, axis=axis, year=year, share=share, form=form, status=form.status
    )


def _envelopes(form: EnvelopeForm) -> Response:
    actor, lines = access.actor(), queries.envelope_lines()
    declares = has_role(actor, Permission.DECLARE_ENVELOPE)
    return show(
        "funding/envelopes.html",
        status=form.status,
        form=form,
        years=contracts.outline().years,
        lines=lines,
        mine=[line for line in lines if line.partner.id == actor.partner_id] if declares else [],
    )
