"""The pages where a funder binds its contribution over several years, asks something of it, lifts what it asked.

Named outside the seven usual files: with the steps it would make one file of two subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, abort, request
from werkzeug.wrappers import Response as BaseResponse

from cocon.audit import words as said
from cocon.funding import conditions, proofs, schedules, words
from cocon.funding.advancing import ladder_url, legal, named, own_ladder
from cocon.funding.blueprint import blueprint
from cocon.funding.forms import ConditionForm, LiftingForm, ScheduleForm, schedule_form
from cocon.funding.models import Authorisation
from cocon.funding.proofs import Ladder
from cocon.kernel.language import _
from cocon.policy import Permission
from cocon.web import access
from cocon.web.access import needs
from cocon.web.filters import capital
from cocon.web.forms import posted
from cocon.web.pages import done, show

TRANCHE = "/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>"


@blueprint.get(f"{TRANCHE}/pluriannuel", endpoint="schedule")
@needs(Permission.ADVANCE)
def schedule(action_id: UUID, tranche_id: UUID) -> Response:
    """Ask what my organisation binds over several years."""
    found = _bindable(action_id, tranche_id)
    bound = _current(found)
    return _schedule_page(found, bound, schedule_form(schedules.years())(data=_told(bound)))


@blueprint.post(f"{TRANCHE}/pluriannuel", endpoint="schedule_post")
@needs(Permission.ADVANCE)
def schedule_post(action_id: UUID, tranche_id: UUID) -> BaseResponse:
    """Record it."""
    found = _bindable(action_id, tranche_id)
    bound, form = _current(found), schedule_form(schedules.years())(request.form)
    number = bound.number if bound else 0
    kind = {"form": found.form, "nature": found.tranche.nature}
    if form.carry_out_on(number, schedules.bind_years, access.actor(), found.action, **kind) is None:
        again = _bindable(action_id, tranche_id)
        return _schedule_page(again, _current(again), form)
    return done(f"{ladder_url(found)}#pluriannuel", _("L’échéancier est enregistré."))


@blueprint.get(f"{TRANCHE}/conditions/nouvelle", endpoint="condition")
@needs(Permission.ADVANCE)
def condition(action_id: UUID, tranche_id: UUID) -> Response:
    """Ask what my organisation asks of its contribution."""
    return _condition_page(_own(action_id, tranche_id), ConditionForm())


@blueprint.post(f"{TRANCHE}/conditions/nouvelle", endpoint="condition_post")
@needs(Permission.ADVANCE)
def condition_post(action_id: UUID, tranche_id: UUID) -> BaseResponse:
    """Record it."""
    found, form = _own(action_id, tranche_id), posted(ConditionForm)
    if form.carry_out(conditions.set_condition, access.actor(), found.action, form=found.form) is None:
        return _condition_page(_own(action_id, tranche_id), form)
    return done(f"{ladder_url(found)}#conditions", _("La condition est enregistrée."))


@blueprint.get(f"{TRANCHE}/conditions/<uuid:condition_id>/lever", endpoint="lift")
@needs(Permission.ADVANCE)
def lift(action_id: UUID, tranche_id: UUID, condition_id: UUID) -> BaseResponse:
    """Ask since when a condition is met, and why."""
    found = _own(action_id, tranche_id)
    if not _asked(found, condition_id).condition.standing:
        return done(f"{ladder_url(found)}#conditions", _("Cette condition est déjà levée."))
    return _lifting_page(found, _asked(found, condition_id), LiftingForm())


@blueprint.post(f"{TRANCHE}/conditions/<uuid:condition_id>/lever", endpoint="lift_post")
@needs(Permission.ADVANCE)
def lift_post(action_id: UUID, tranche_id: UUID, condition_id: UUID) -> BaseResponse:
    """Lift it."""
    found, form = _own(action_id, tranche_id), posted(LiftingForm)
    _asked(found, condition_id)
    more = {"condition_id": str(condition_id)}
    if form.carry_out(conditions.lift_condition, access.actor(), found.action, **more) is None:
        again = _own(action_id, tranche_id)
        return _lifting_page(again, _asked(again, condition_id), form)
    return done(f"{ladder_url(found)}#conditions", _("La condition est levée."))


def _own(action_id: UUID, tranche_id: UUID) -> Ladder:
    return own_ladder(action_id, tranche_id, Permission.ADVANCE)


def _bindable(action_id: UUID, tranche_id: UUID) -> Ladder:
    """My organisation's tranche, of a form and a nature that may be bound over several years."""
    found = _own(action_id, tranche_id)
    if found.form not in schedules.FORMS or found.tranche.nature not in words.AUTHORISATIONS:
        abort(404)
    return found


def _current(found: Ladder) -> Authorisation | None:
    return schedules.current(found.tranche.contribution_id, found.tranche.nature)


def _asked(found: Ladder, condition_id: UUID) -> conditions.Asked:
    one = conditions.find(found.tranche.contribution_id, str(condition_id))
    if one is None:
        abort(404)
    return one


def _told(bound: Authorisation | None) -> dict[str, Any]:
    if bound is None or not bound.multi:
        return {"regime": schedules.MULTI}
    years = {f"cp_{one.year}": one.amount for one in bound.credits}
    return {"regime": bound.regime, "amount": bound.amount, "act": bound.act_id, **years}


def _behalf() -> str:
    actor = access.actor()
    return "".join(said.of_the(actor.partner_key, actor.partner_name or ""))


def _acts(kinds: Sequence[str], first: Any) -> list[tuple[str, Any]]:
    offered = proofs.own_acts(access.actor().partner_id, kinds)[: proofs.OFFERED]
    return [("", first), *((one.id, named(one)) for one in offered)]


def _schedule_page(found: Ladder, bound: Authorisation | None, form: ScheduleForm) -> Response:
    name = words.AUTHORISATIONS[found.tranche.nature]
    form.act.choices = _acts(words.giving(found.partner.kind), _("Choisissez un acte"))
    form.regime.choices = [
        (schedules.MULTI, _("Sur plusieurs années\u00a0: %(name)s et crédits de paiement (CP)", name=name)),
        (schedules.ANNUAL, _("Chaque année pour elle-même")),
    ]
    return show(
        "funding/schedule.html",
        status=form.status,
        ladder=found,
        bound=bound,
        form=form,
        name=name,
        years=schedules.years(),
        called=words.called(found.form, found.tranche.nature),
        behalf=_behalf(),
        back=ladder_url(found),
    )


def _condition_page(found: Ladder, form: ConditionForm) -> Response:
    form.act.choices = _acts(tuple(words.KINDS), _("Aucun acte"))
    form.kind.choices = [(kind, capital(str(word))) for kind, word in words.CONDITIONS.items()]
    return show(
        "funding/condition.html",
        status=form.status,
        ladder=found,
        form=form,
        called=words.FORMS[found.form],
        behalf=_behalf(),
        back=ladder_url(found),
    )


def _lifting_page(found: Ladder, one: conditions.Asked, form: LiftingForm) -> Response:
    form.act.choices = _acts(tuple(words.KINDS), _("Aucun acte"))
    return show(
        "funding/lift.html",
        status=form.status,
        ladder=found,
        one=one,
        form=form,
        kinds=words.CONDITIONS,
        legal=legal,
        behalf=_behalf(),
        back=ladder_url(found),
    )
