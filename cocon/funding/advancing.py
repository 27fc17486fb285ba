"""The page of a tranche, which shows how far it has come, and that of each step.

Named outside the seven usual files: with the amounts it would make one file of two subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.audit import words as said
from cocon.audit.titles import TITLES
from cocon.funding import cancelling, conditions, inscribing, proofs, schedules, stages, steps, uncancelled, words
from cocon.funding.blueprint import blueprint
from cocon.funding.forms import AUTHORISED, CancellationForm, StepForm
from cocon.funding.models import Act, Tranche
from cocon.funding.proofs import Ladder
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import euros
from cocon.kernel.refusal import Refusal
from cocon.policy import Permission, demand, has_role, may
from cocon.web import access
from cocon.web.access import needs
from cocon.web.filters import capital, date_long
from cocon.web.forms import posted
from cocon.web.pages import done, show


@blueprint.get("/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>", endpoint="tranche")
@needs(Permission.READ)
def tranche(action_id: UUID, tranche_id: UUID) -> Response:
    """How far a partner's contribution of a year has come, and what proves it."""
    found = _ladder(action_id, tranche_id)
    actor = access.actor()
    own = found.partner.id == actor.partner_id
    after = request.args.get("conditions")
    asked = conditions.asked(found.tranche.contribution_id, after) if found.asks else conditions.Page([], None)
    bound = schedules.history(found.tranche.contribution_id, found.tranche.nature) if found.bound else []
    return show(
        "funding/tranche.html",
        ladder=found,
        mine=own and may(actor, Permission.GIVE_BACK, found.action),
        binds=own and may(actor, Permission.ADVANCE, found.action),
        asked=asked.lines,
        asked_next=asked.next,
        asked_later=after is not None,
        condition_kinds=words.CONDITIONS,
        bound=bound,
        schedule=schedules.lines(bound[0]) if bound and bound[0].multi else [],
        bound_name=words.AUTHORISATIONS.get(found.tranche.nature),
        bindable=found.form in schedules.FORMS and found.tranche.nature in words.AUTHORISATIONS,
        own=own,
        accounts=own and found.tranche.paid > 0 and has_role(actor, Permission.ACCOUNT),
        lowers=own and may(actor, Permission.CONTRIBUTE, found.action) and found.unbound,
        called=capital(words.called(found.form, found.tranche.nature)),
        stage=stages.named(found.tranche.stage, part=found.tranche.paid < found.tranche.engaged),
        levels=[(stages.LEVEL_WORDS[name], cents) for name, cents in found.levels],
        kinds=said.VALUES["step.kind"],
        titles=TITLES,
        legal=legal,
    )


@blueprint.get("/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>/<etape>", endpoint="step")
@needs(Permission.ADVANCE)
def step(action_id: UUID, tranche_id: UUID, etape: str) -> BaseResponse:
    """Ask for what a step of my own organisation's tranche needs."""
    kind, found = _own(action_id, tranche_id, etape)
    rule = stages.TRANSITIONS[kind]
    if kind == "cancelled":
        return _cancellation(found, CancellationForm())
    if found.tranche.stage not in rule.starts:
        return done(ladder_url(found), _("Cette étape n’est pas possible au stade où en est la contribution."))
    form = StepForm(data={"amount": _offered(found, kind, rule), "act": request.args.get("acte")})
    form.keep(kind, rule)
    return _page(found, kind, form)


@blueprint.post("/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>/<etape>", endpoint="step_post")
@needs(Permission.ADVANCE)
def step_post(action_id: UUID, tranche_id: UUID, etape: str) -> BaseResponse:
    """Record a step of my own organisation's tranche."""
    kind, found = _own(action_id, tranche_id, etape)
    if kind == "cancelled":
        return _cancel(found)
    form = posted(StepForm)
    form.keep(kind, stages.TRANSITIONS[kind])
    act, more = (steps.record_return, {}) if kind == "returned" else (steps.take_step, {"step": kind})
    event = form.carry_out_on(found.tranche.rev, act, access.actor(), found.action, **more, **found.key)
    if event is None:
        return _page(_own(action_id, tranche_id, etape)[1], kind, form)
    word = str(said.VALUES["step.kind"][kind])
    told = _(
        "%(step)s\u00a0: %(amount)s pour %(year)s.", step=capital(word), amount=euros(event.amount), year=event.year
    )
    return done(ladder_url(found), told)


def _ladder(action_id: UUID, tranche_id: UUID) -> Ladder:
    found = proofs.ladder(str(action_id), str(tranche_id))
    if found is None:
        abort(404)
    return found


def own_ladder(action_id: UUID, tranche_id: UUID, permission: Permission) -> Ladder:
    """My own organisation's tranche of a fiche on which it may still act."""
    found = _ladder(action_id, tranche_id)
    if found.partner.id != access.actor().partner_id:
        abort(404)
    demand(access.actor(), permission, found.action)
    return found


def _own(action_id: UUID, tranche_id: UUID, etape: str) -> tuple[str, Ladder]:
    """The step that an address names, and my own organisation's tranche of a fiche that may still advance."""
    kind = stages.BY_SLUG.get(etape)
    if kind is None:
        abort(404)
    if kind != "cancelled":
        return kind, own_ladder(action_id, tranche_id, stages.TRANSITIONS[kind].who)
    found = own_ladder(action_id, tranche_id, Permission.GIVE_BACK)
    demand(access.actor(), stages.TRANSITIONS[found.last or kind].who, found.action)
    return kind, found


def _cancel(found: Ladder) -> BaseResponse:
    """Take back the last step of my own organisation's tranche."""
    form, actor = posted(CancellationForm), access.actor()
    act = cancelling.cancel_return if found.last == "returned" else cancelling.cancel_step
    event = form.carry_out_on(found.tranche.rev, act, actor, found.action, **found.key)
    if event is None:
        again = proofs.ladder(found.action.id, found.tranche.id) or found
        return _cancellation(again, form)
    word = said.VALUES["undone"][event.undone]
    told = _("Étape annulée\u00a0: %(step)s de %(amount)s.", step=word, amount=euros(event.amount))
    return done(ladder_url(found), told)


def _cancellation(found: Ladder, form: CancellationForm) -> BaseResponse:
    """The page that says what is taken back; the tranche's own, which says why, where nothing can be."""
    undoing = None
    try:
        step = cancelling.last(found.tranche.id)
        if step is None:
            raise uncancelled.NothingToCancel
        undoing = cancelling.undoing(found.tranche, step)
    except Refusal as refusal:
        if form.status == 200:
            return done(ladder_url(found), str(refusal))
    actor = access.actor()
    return show(
        "funding/cancel_step.html",
        status=form.status,
        ladder=found,
        called=words.called(found.form, found.tranche.nature),
        form=form,
        back=ladder_url(found),
        behalf="".join(said.of_the(actor.partner_key, actor.partner_name or "")),
        undoing=undoing,
        changes=_changes(undoing) if undoing else [],
        kinds=said.VALUES["step.kind"],
        stages=stages.STAGES,
    )


def _changes(undoing: cancelling.Undoing) -> list[tuple[LazyString, int, int]]:
    """The amounts that taking a step back changes: what each is called, what it is, what it becomes."""
    return [
        (stages.LEVEL_WORDS[name], undoing.after[name], undoing.before[name])
        for name in ("amount", *stages.LEVELS)
        if name in undoing.before
    ]


def _offered(found: Ladder, kind: str, rule: stages.Step) -> int | None:
    """What the step may be at most, which it most often is; nothing for what is taken back."""
    name = steps.bound(found.tranche, rule)
    if name is None or rule.leads is None:
        return None
    most: int = getattr(found.tranche, name)
    return (most - found.tranche.paid if kind == "paid" else most) or None


def ladder_url(found: Ladder) -> str:
    """The address of a tranche."""
    return url_for("funding.tranche", action_id=found.action.id, tranche_id=found.tranche.id)


def _page(found: Ladder, kind: str, form: StepForm) -> Response:
    rule, actor = stages.TRANSITIONS[kind], access.actor()
    kinds = _proving(rule, found.partner.kind)
    most = steps.bound(found.tranche, rule)
    acts = proofs.own_acts(actor.partner_id, kinds) if "act" in form else []
    offered = acts[: proofs.OFFERED]
    if "act" in form:
        first = _("Aucun acte") if rule.proof == "termination" else _("Choisissez un acte")
        form.act.choices = [("", first), *_authorised(found, kind), *((one.id, named(one)) for one in offered)]
    return show(
        "funding/step.html",
        status=form.status,
        ladder=found,
        kind=kind,
        called=words.called(found.form, found.tranche.nature),
        rule=rule,
        form=form,
        latest=len(offered) if len(offered) < len(acts) else None,
        back=ladder_url(found),
        behalf="".join(said.of_the(actor.partner_key, actor.partner_name or "")),
        most=(stages.BOUND_WORDS[most], getattr(found.tranche, most)) if most else None,
        former=_former(found.tranche) if kind == "inscribed" else 0,
        undone=rule.undone and getattr(found.tranche, kind) > 0,
        expected=[str(words.KINDS[one]) for one in kinds],
    )


def _former(tranche: Tranche) -> int:
    """The most ever inscribed, where more may be by a decision; else 0."""
    most = inscribing.most_inscribed(tranche)
    return most if most < tranche.amount else 0


def _proving(rule: stages.Step, partner_kind: str | None) -> Sequence[str]:
    """The kinds of acts that may prove a step."""
    known = {"convention": ("convention",), "termination": tuple(words.KINDS)}
    return known.get(rule.proof) or words.giving(partner_kind)


def _authorised(found: Ladder, kind: str) -> list[tuple[str, str]]:
    """The credits of the year in what is bound over several, when this step may rest on them."""
    bound = schedules.current(found.tranche.contribution_id, found.tranche.nature) if kind == "credited" else None
    if bound is None or not bound.credit(found.tranche.year):
        return []
    name = words.AUTHORISATIONS[found.tranche.nature]
    said = _(
        "%(name)s\u00a0: crédits de paiement de %(year)s, %(amount)s",
        name=name,
        year=found.tranche.year,
        amount=euros(bound.credit(found.tranche.year)),
    )
    return [(AUTHORISED, capital(str(said)))]


def named(act: Act) -> str:
    """An act in a list to choose from."""
    return f"{capital(legal(act))}\u00a0– {act.title}"[:120]


def legal(act: Act) -> str:
    """``la délibération n° 14.02.077 du 13 février 2014``."""
    return said.legal(act.kind, act.number, date_long(act.adopted_on))
