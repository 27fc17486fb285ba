"""The financing plan of a fiche, the matrix of the contract, the envelopes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import shorten
from typing import Any
from uuid import UUID

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.audit import words
from cocon.audit.event import Event
from cocon.contracts import queries as contracts
from cocon.funding import operations, queries
from cocon.funding.balance import EnvelopeLine, FinancingPlan, Matrix, Share
from cocon.funding.blueprint import blueprint
from cocon.funding.forms import ContributionForm, EnvelopeForm, WithdrawalForm
from cocon.funding.refusals import NothingToWithdraw
from cocon.kernel.language import _
from cocon.kernel.money import Cents, euros
from cocon.kernel.refusal import Outdated
from cocon.partners import queries as partners
from cocon.policy import Permission, demand, has_role, may
from cocon.web import access
from cocon.web.access import needs
from cocon.web.filters import capital
from cocon.web.forms import posted
from cocon.web.htmx import wants_part
from cocon.web.pages import done, part_done, show


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
    said = _("Contribution de %(amount)s pour %(year)s enregistrée.", amount=euros(form.cents), year=year)
    where = url_for("funding.plan", action_id=action.id)
    if not wants_part():
        return done(where, said)
    context = {**_context(action.id, ContributionForm()), "recorded": event}
    return part_done("funding/_plan.html", said, where, **context)


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
    signatories, axes = partners.partners(), contracts.outline().axes
    axis = next((a for a in axes if str(a.number) == request.args.get("axe")), None)
    partner = next((p for p in signatories if p.key == request.args.get("partenaire")), None)
    lacking = request.args.get("lignes") == "manque"
    found = queries.matrix(
        signatories, axis_id=axis.id if axis else None, partner_id=partner.id if partner else None, lacking=lacking
    )
    return show(
        "funding/matrix.html",
        matrix=found,
        bars=[_bar(found, year, whole=partner is None) for year in found.years],
        legend=[(_tone(group.axis), _("axe %(n)s", n=group.axis.number)) for group in found.groups],
        axis_options=[("", _("Tous les axes")), *((a.number, _("Axe %(n)s", n=a.number)) for a in axes)],
        partner_options=[
            ("", _("Tous les financeurs")),
            *((p.key, shorten(p.current_name, 40, placeholder="…")) for p in signatories),
        ],
        axis=axis,
        partner=partner,
        partner_name=capital(words.the(partner.key, partner.current_name)) if partner else None,
        lacking=lacking,
    )


def _bar(found: Matrix, year: int, *, whole: bool) -> dict[str, Any]:
    """What is planned that year, axis by axis, and what is missing where the whole is shown."""
    return {
        "label": str(year),
        "segments": [(group.planned.get(year, 0), _tone(group.axis)) for group in found.groups],
        "missing": max(found.missing(year), 0) if whole else 0,
    }


def _tone(axis: contracts.AxisLine) -> str:
    return f"axis-{axis.number}"


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
    context = _context(action_id, form)
    return show("funding/plan.html", "funding/_plan.html", status=form.status, **context)


def _context(action_id: str, form: ContributionForm) -> dict[str, Any]:
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
        "form": form,
        "forms": _forms(found, form),
        "recorded": None,
        "envelopes": {line.year: line for line in mine},
        "receipt": queries.last_entry(found.mine.contribution_id) if binds and found.mine else None,
    }


def _forms(found: FinancingPlan, form: ContributionForm) -> dict[int, ContributionForm]:
    """One form a year; the one that was sent keeps what was typed."""
    forms = {year: ContributionForm(data={"amount": found.my_share(year).amount or None}) for year in found.years}
    return forms | ({form.year.data: form} if form.status != 200 and form.year.data in forms else {})


def _withdrawal(action: Action, year: int, share: Share, form: WithdrawalForm) -> Response:
    actor = access.actor()
    return show(
        "funding/withdraw.html",
        status=form.status,
        action=action,
        axis=next(axis.number for axis in contracts.outline().axes if axis.id == action.axis_id),
        behalf="".join(words.of_the(actor.partner_key, actor.partner_name or "")),
        year=year,
        share=share,
        form=form,
    )


def _envelopes(form: EnvelopeForm) -> Response:
    actor, lines = access.actor(), queries.envelope_lines()
    declares = has_role(actor, Permission.DECLARE_ENVELOPE)
    mine = [line for line in lines if declares and line.partner.id == actor.partner_id]
    return show(
        "funding/envelopes.html",
        status=form.status,
        form=form,
        forms=_envelope_forms(mine, form),
        years=contracts.outline().years,
        mine=mine,
        first_due=next((line.year for line in mine if line.amount is None), 0),
        table=[(rows[0].partner, rows) for rows in _by_partner(lines)],
        totals=[_sums([line for line in lines if line.year == year]) for year in contracts.outline().years],
    )


def _envelope_forms(mine: Sequence[EnvelopeLine], form: EnvelopeForm) -> dict[int, EnvelopeForm]:
    forms = {line.year: EnvelopeForm(data={"amount": line.amount, "hard": line.hard}) for line in mine}
    return forms | ({form.year.data: form} if form.status != 200 and form.year.data in forms else {})


def _by_partner(lines: Sequence[EnvelopeLine]) -> list[list[EnvelopeLine]]:
    return [list(rows) for _partner, rows in groupby(lines, key=lambda line: line.partner.id)]


def _sums(lines: Sequence[EnvelopeLine]) -> tuple[Cents, Cents, Cents]:
    """Declared, promised, and what is left of what was declared."""
    return (
        sum(line.amount or 0 for line in lines),
        sum(line.promised for line in lines),
        sum(line.left or 0 for line in lines),
    )
