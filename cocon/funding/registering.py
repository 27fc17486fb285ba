"""The register of acts: what partners adopted, who has still to, recording and completing one's own.

Named outside the seven usual files: with the amounts it would make one file of two subjects.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.audit import words as said
from cocon.files import queries as files
from cocon.files import words as file_words
from cocon.funding import acts, proofs, resting, stages, undecided, words
from cocon.funding.act_forms import ActForm, ActWithdrawalForm, DatesForm
from cocon.funding.advancing import legal
from cocon.funding.blueprint import blueprint
from cocon.funding.documenting import corrections
from cocon.funding.models import Act
from cocon.kernel.language import _
from cocon.partners import queries as partners
from cocon.partners.models import Partner
from cocon.policy import Permission, demand, may
from cocon.web import access
from cocon.web.access import needs
from cocon.web.filters import capital
from cocon.web.forms import posted
from cocon.web.pages import done, show


@blueprint.get("/actes", endpoint="acts")
@needs(Permission.READ)
def index() -> Response:
    """The acts recorded, page after page; on the first, who has still to decide on what."""
    signatories = partners.partners()
    partner = next((one for one in signatories if one.key == request.args.get("partenaire")), None)
    after = request.args.get("apres")
    found = proofs.acts(partner.id if partner else None, after)
    waiting = undecided.partners() if after is None else []
    return show(
        "funding/acts.html",
        found=found.lines,
        next=found.next,
        later=after is not None,
        waiting=[one for one in waiting if partner is None or one.partner.id == partner.id],
        partner=partner,
        partner_options=[("", _("Tous les partenaires")), *((one.key, one.current_name) for one in signatories)],
        forms=words.FORMS,
        legal=legal,
    )


@blueprint.get("/actes/nouveau", endpoint="record_act")
@needs(Permission.RECORD_ACT)
def new() -> Response:
    """Ask what my organisation adopted; a step may wait for it, to which one comes back."""
    return _new_page(ActForm())


@blueprint.post("/actes/nouveau", endpoint="record_act_post")
@needs(Permission.RECORD_ACT)
def record() -> BaseResponse:
    """Record an act of my own organisation."""
    form = posted(ActForm)
    event = form.carry_out(acts.record_act, access.actor(), None)
    if event is None:
        return _new_page(form)
    waiting = _waiting()
    if waiting:
        chosen = url_for("funding.step", **waiting, acte=event.subject.id)
        return done(chosen, _("L’acte est enregistré\u00a0: il est choisi ci-dessous."))
    return done(url_for("funding.act", act_id=event.subject.id), _("L’acte est enregistré."))


@blueprint.get("/actes/<uuid:act_id>", endpoint="act")
@needs(Permission.READ)
def one(act_id: UUID) -> Response:
    """An act, its dates, its votes, and what rests on it."""
    act, partner = _act(act_id)
    after, corrected = request.args.get("apres"), _entry(request.args.get("corrections", ""))
    found = resting.page(act.id, after)
    held = resting.counted(act.id, found, after)
    return show(
        "funding/act.html",
        act=act,
        partner=partner,
        legal=legal,
        held=held,
        held_by=resting.told(held),
        found=found.lines,
        next=found.next,
        later=after is not None,
        credits=resting.credits_of(found.lines),
        conditions=words.CONDITIONS,
        authorisations=words.AUTHORISATIONS,
        kinds=said.VALUES["step.kind"],
        undated=any(getattr(act, name) is None for name in acts.FOLLOWING),
        keeps=may(access.actor(), Permission.KEEP_ACT, act),
        sent_to_prefect=partner.kind in words.AUTHORITIES,
        unusual=words.unusual(
            partner.key, act.kind, act.number, example=partner.act_example, partner_kind=partner.kind
        ),
        files=files.of_act(act.id),
        corrections=corrections(act, corrected),
        corrected=corrected,
        readable=files.READABLE,
        states=file_words.STATES,
        weight=file_words.weight,
    )


@blueprint.get("/actes/<uuid:act_id>/dates", endpoint="date_act")
@needs(Permission.KEEP_ACT)
def dates(act_id: UUID) -> Response:
    """Ask for the days that follow an act of my own organisation."""
    act = _own(act_id)
    return _dates_page(act, DatesForm(data={name: getattr(act, name) for name in acts.FOLLOWING}))


@blueprint.post("/actes/<uuid:act_id>/dates", endpoint="date_act_post")
@needs(Permission.KEEP_ACT)
def dates_post(act_id: UUID) -> BaseResponse:
    """Add them."""
    act, form = _own(act_id), posted(DatesForm)
    if form.carry_out(acts.date_act, access.actor(), act) is None:
        return _dates_page(_own(act_id), form)
    return done(url_for("funding.act", act_id=act.id), _("Les dates de l’acte sont enregistrées."))


@blueprint.get("/actes/<uuid:act_id>/retirer", endpoint="withdraw_act")
@needs(Permission.KEEP_ACT)
def withdraw(act_id: UUID) -> Response:
    """Ask why an act of my own organisation was recorded by mistake."""
    return _withdrawal_page(_own(act_id), ActWithdrawalForm())


@blueprint.post("/actes/<uuid:act_id>/retirer", endpoint="withdraw_act_post")
@needs(Permission.KEEP_ACT)
def withdraw_post(act_id: UUID) -> BaseResponse:
    """Withdraw it."""
    act, form = _own(act_id), posted(ActWithdrawalForm)
    if form.carry_out(acts.withdraw_act, access.actor(), act) is None:
        return _withdrawal_page(_own(act_id), form)
    return done(url_for("funding.act", act_id=act.id), _("L’acte est retiré."))


def _waiting() -> dict[str, Any]:
    """What names the step of my own organisation's tranche that waits for the act, if the address says one."""
    try:
        ids = {name: str(UUID(request.args.get(name, ""))) for name in ("action_id", "tranche_id")}
    except ValueError:
        return {}
    found = proofs.ladder(**ids) if request.args.get("etape") in stages.BY_SLUG else None
    if found is None or found.partner.id != access.actor().partner_id:
        return {}
    return {**ids, "etape": request.args["etape"]}


def _entry(text: str) -> int | None:
    """The number of an entry of the log."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _act(act_id: UUID) -> tuple[Act, Partner]:
    found = proofs.act(str(act_id))
    if found is None:
        abort(404)
    return found


def _own(act_id: UUID) -> Act:
    act, _partner = _act(act_id)
    demand(access.actor(), Permission.KEEP_ACT, act)
    return act


def _new_page(form: ActForm) -> Response:
    actor = access.actor()
    mine = next(one for one in partners.partners() if one.id == actor.partner_id)
    offered = words.giving(mine.kind)
    kinds = dict.fromkeys((*offered, *words.KINDS))
    form.kind.choices = [(kind, capital(str(words.KINDS[kind]))) for kind in kinds]
    return show(
        "funding/record_act.html",
        status=form.status,
        form=form,
        waiting=_waiting(),
        behalf="".join(said.of_the(actor.partner_key, actor.partner_name or "")),
        pattern=words.hint(mine.key, mine.act_example),
        sent_to_prefect=mine.kind is None or mine.kind in words.AUTHORITIES,
    )


def _dates_page(act: Act, form: DatesForm) -> Response:
    return show("funding/date_act.html", status=form.status, form=form, act=act, legal=legal)


def _withdrawal_page(act: Act, form: ActWithdrawalForm) -> Response:
    return show("funding/withdraw_act.html", status=form.status, form=form, act=act, legal=legal)
