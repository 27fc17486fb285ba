"""Drafts, sharing, new versions, withdrawing. The list of fiches is in ``catalogue``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import drafts, forms, operations, queries, words
from cocon.actions.models import Action, Draft
from cocon.contracts.queries import demand_open, objectives, outline
from cocon.contracts.refusals import WindowClosed
from cocon.kernel.language import _
from cocon.kernel.refusal import Outdated, Refusal
from cocon.partners.queries import partners
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, show

blueprint = Blueprint("actions", __name__)

#: The words of the states, for every template.
blueprint.app_context_processor(lambda: {"words": words})


@blueprint.get("/actions/nouvelle", endpoint="new")
@needs(Permission.DRAFT)
def new() -> Response:
    """Resume a draft of one's organisation, or begin another."""
    return _new(forms.StartForm())


@blueprint.post("/actions/nouvelle", endpoint="new_post")
@needs(Permission.DRAFT)
def new_post() -> BaseResponse:
    """Begin a draft with a title and a place, which may both be missing."""
    form, actor = posted(forms.StartForm), access.actor()
    if not form.validate():
        return _new(form, 422)
    draft = drafts.start(
        actor, {"title": form.title.data or "", "axis": form.axis.data or "", "owner": actor.partner_key or ""}
    )
    return done(
        url_for("actions.edit", action_id=draft.id), _("Le brouillon est ouvert. Votre organisation seule le voit.")
    )


def _new(form: forms.StartForm, status: int = 200) -> Response:
    form.offer_places(outline(), objectives())
    return show(
        "actions/new.html",
        status=status,
        form=form,
        drafts=drafts.of_partner(access.actor()),
        title_of=drafts.title_of,
        closed=_closed("proposing"),
    )


def _closed(activity: str) -> WindowClosed | None:
    """Why partners may not act for now, if so."""
    try:
        demand_open(activity)
    except WindowClosed as refusal:
        return refusal
    return None


@blueprint.get("/actions/<uuid:action_id>/modifier", endpoint="edit")
@needs(Permission.DRAFT)
def edit(action_id: UUID) -> Response:
    """The form of a draft, or that of the next version of a shared fiche."""
    draft = drafts.find(access.actor(), str(action_id))
    if draft is not None:
        return _draft_page(_held(draft), _draft_form(draft.fields), draft.revision)
    whole = _revisable(action_id)
    form = forms.revision_form(outline().years)(data=forms.values(whole))
    form.offer(partners())
    return _revision_page(form, whole)


@blueprint.post("/actions/<uuid:action_id>/modifier", endpoint="edit_post")
@needs(Permission.DRAFT)
def edit_post(action_id: UUID) -> BaseResponse:
    """Save a draft whatever it says, or publish the next version of a fiche."""
    draft = drafts.find(access.actor(), str(action_id))
    return _save(_held(draft)) if draft is not None else _publish(_revisable(action_id))


def _held(draft: Draft) -> Draft:
    demand(access.actor(), Permission.READ_DRAFT, draft)
    return draft


def _revisable(action_id: UUID) -> queries.Whole:
    whole = queries.whole(str(action_id))
    if whole is None:
        abort(404)
    demand(access.actor(), Permission.REVISE, whole.action)
    return whole


def _draft_form(fields: Mapping[str, Any]) -> forms.DraftForm:
    form = forms.draft_form(outline().years)(MultiDict(fields))
    form.offer(partners())
    form.offer_places(outline(), objectives())
    return form


def _save(draft: Draft) -> BaseResponse:
    fields = forms.typed(forms.draft_form(outline().years), request.form)
    try:
        drafts.save(access.actor(), draft.id, revision=_number(request.form.get("version")), fields=fields)
    except Outdated as refusal:
        form = _draft_form(fields)
        form.refuse(refusal)
        return _draft_page(draft, form, draft.revision, theirs=_draft_form(draft.fields))
    if request.form.get("suite") == "partager":
        return done(url_for("actions.share", action_id=draft.id))
    return done(url_for("actions.edit", action_id=draft.id), _("Le brouillon est enregistré."))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def _draft_page(draft: Draft, form: forms.DraftForm, revision: int, theirs: forms.DraftForm | None = None) -> Response:
    clash = forms.differences(form, theirs) if theirs else None
    return show(
        "actions/draft.html",
        status=form.status,
        draft=draft,
        title_of=drafts.title_of,
        form=form,
        revision=revision,
        clash=clash,
        closed=_closed("proposing"),
    )


def _publish(whole: queries.Whole) -> BaseResponse:
    form, action = posted(forms.revision_form(outline().years)), whole.action
    form.offer(partners())
    if form.version.data != str(action.rev):
        form.refuse(Outdated())
        base = queries.version(action.id, _number(form.shown.data))
        return _revision_page(form, whole, forms.reconcile(form, base, whole))
    event = form.carry_out(operations.publish_version, access.actor(), action)
    if event is None:
        return _revision_page(form, _revisable(UUID(action.id)))
    return done(url_for("dossier.action", action_id=action.id), _("La version %(n)s est publiée.", n=event.number))


def _revision_page(form: forms.RevisionForm, whole: queries.Whole, clash: forms.Clash | None = None) -> Response:
    form.shown.data = str(whole.version.number)
    return show(
        "actions/revise.html",
        status=form.status,
        form=form,
        whole=whole,
        action=whole.action,
        clash=clash,
        closed=_closed("discussing"),
    )


@blueprint.get("/actions/<uuid:action_id>/partager", endpoint="share")
@needs(Permission.DRAFT)
def share(action_id: UUID) -> Response:
    """Read one's answers again: what is missing, and the act of sharing."""
    draft = _own_draft(action_id)
    form = _draft_form(draft.fields)
    form.validate()
    return _share_page(draft, form)


@blueprint.post("/actions/<uuid:action_id>/partager", endpoint="share_post")
@needs(Permission.SHARE)
def share_post(action_id: UUID) -> BaseResponse:
    """Share the draft with every partner, under a code."""
    draft = _own_draft(action_id)
    form = _draft_form(draft.fields)
    if _number(request.form.get("version")) != draft.revision:
        form.validate()
        form.refuse(_reread())
        return _share_page(draft, form)
    event = form.carry_out(operations.share_action, access.actor(), draft)
    if event is None:
        return _share_page(_own_draft(action_id), form)
    said = _("La fiche est partagée avec tous les partenaires, sous le code %(code)s.", code=event.action_code)
    return done(url_for("dossier.action", action_id=action_id), said)


def _reread() -> Refusal:
    return Outdated(_("Le brouillon a changé depuis l’affichage de cette page\u202f: relisez-le, puis partagez-le."))


def _own_draft(action_id: UUID) -> Draft:
    draft = drafts.find(access.actor(), str(action_id))
    if draft is None:
        abort(404)
    return _held(draft)


def _share_page(draft: Draft, form: forms.DraftForm) -> Response:
    return show("actions/share.html", status=form.status, draft=draft, form=form, closed=_closed("proposing"))


@blueprint.get("/actions/<uuid:action_id>/abandonner", endpoint="drop")
@needs(Permission.DRAFT)
def drop(action_id: UUID) -> Response:
    """Ask before a draft is thrown away."""
    draft = _own_draft(action_id)
    return show("actions/drop.html", draft=draft, heading=drafts.title_of(draft.fields))


@blueprint.post("/actions/<uuid:action_id>/abandonner", endpoint="drop_post")
@needs(Permission.DRAFT)
def drop_post(action_id: UUID) -> BaseResponse:
    """Throw a draft away."""
    drafts.drop(access.actor(), _own_draft(action_id).id)
    return done(url_for("actions.new"), _("Le brouillon est abandonné."))


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


@blueprint.get("/actions/<uuid:action_id>/versions", endpoint="versions")
@needs(Permission.READ)
def versions(action_id: UUID) -> Response:
    """The versions of a fiche, newest first."""
    before = request.args.get("avant")
    return show(
        "actions/versions.html",
        action=_action(action_id),
        versions=queries.versions(str(action_id), _number(before) if before else None),
        first=before is None,
    )


@blueprint.get("/actions/<uuid:action_id>/versions/<int:number>", endpoint="version")
@needs(Permission.READ)
def version(action_id: UUID, number: int) -> Response:
    """A fiche as it was published under a number."""
    whole = queries.version(str(action_id), number) if number < 10**9 else None
    if whole is None:
        abort(404)
    return show("actions/version.html", whole=whole, action=whole.action)
