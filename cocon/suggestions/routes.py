"""Suggesting a change on a field of a fiche; answering suggestions and applying them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy import ColumnElement, bindparam
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import diff
from cocon.actions import queries as actions
from cocon.actions.queries import Whole
from cocon.actions.words import FIELDS as LABELS
from cocon.audit.words import of_the
from cocon.contracts.queries import demand_open
from cocon.contracts.refusals import WindowClosed
from cocon.kernel import prepared
from cocon.kernel.language import _, ngettext
from cocon.policy import OFFICE, Permission, demand
from cocon.suggestions import facts, forms, operations, queries, seen, words
from cocon.suggestions.models import FIELDS
from cocon.suggestions.queries import Reading
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, part_done, show

blueprint = Blueprint("suggestions", __name__, url_prefix="/actions/<uuid:action_id>/suggestions")

PAGE, PART = "suggestions/index.html", "suggestions/_list.html"


@blueprint.get("", endpoint="index")
@needs(Permission.READ)
def index(action_id: UUID) -> Response:
    """The suggestions that await the owner, field by field; or those settled, newest first."""
    return show(PAGE, PART, **_listed(_whole(action_id)))


@blueprint.get("/nouvelle", endpoint="new")
@needs(Permission.SUGGEST)
def new(action_id: UUID) -> Response:
    """The text of a field, to be edited; without a field, the choice of one."""
    whole = _open_to(action_id, Permission.SUGGEST)
    name = request.args.get("champ")
    if name is None:
        return _choice(whole)
    current = _text(whole, name)
    form = forms.suggest_form(name)(data={"proposed": current, "version": whole.version.number})
    return _suggest_page(whole, name, form)


@blueprint.post("/nouvelle", endpoint="new_post")
@needs(Permission.SUGGEST)
def new_post(action_id: UUID) -> BaseResponse:
    """Make the suggestion; it is credited to its author and partner."""
    whole = _open_to(action_id, Permission.SUGGEST)
    name = request.args.get("champ", "")
    if name not in FIELDS:
        return _choice(whole, 422)
    form = posted(forms.suggest_form(name))
    event = form.carry_out(operations.suggest_change, access.actor(), whole.action, field=name)
    if event is None:
        return _suggest_page(_whole(action_id), name, form)
    where = url_for("suggestions.index", action_id=action_id, _anchor=f"suggestion-{event.subject.id}")
    return done(where, _("Votre suggestion est transmise à l’organisation qui a proposé la fiche."))


@blueprint.post("/<uuid:suggestion_id>/accepter", endpoint="accept")
@needs(Permission.SETTLE)
def accept(action_id: UUID, suggestion_id: UUID) -> BaseResponse:
    """Mark the suggestion to be applied as it was written."""
    whole, reading = _to_settle(action_id, suggestion_id)
    form = posted(forms.ActForm)
    event = form.carry_out(
        operations.accept_suggestion, access.actor(), whole.action, suggestion_id=reading.suggestion.id
    )
    return _settled(action_id, form, event, reading, _("La suggestion est acceptée\u202f: elle reste à appliquer."))


@blueprint.get("/<uuid:suggestion_id>/modifier", endpoint="edit")
@needs(Permission.SETTLE)
def edit(action_id: UUID, suggestion_id: UUID) -> Response:
    """The suggestion in the text as it stands, to be edited before it is accepted."""
    whole, reading = _to_settle(action_id, suggestion_id)
    suggestion = reading.suggestion
    form = forms.edit_form(suggestion.field)(data={"edited": reading.draft, "version": suggestion.rev})
    return _edit_page(whole, reading, form)


@blueprint.post("/<uuid:suggestion_id>/modifier", endpoint="edit_post")
@needs(Permission.SETTLE)
def edit_post(action_id: UUID, suggestion_id: UUID) -> BaseResponse:
    """Accept the suggestion in one's own words."""
    whole, reading = _to_settle(action_id, suggestion_id)
    form = posted(forms.edit_form(reading.suggestion.field))
    event = form.carry_out(
        operations.accept_with_edits, access.actor(), whole.action, suggestion_id=reading.suggestion.id
    )
    if event is None:
        return _edit_page(*_to_settle(action_id, suggestion_id), form)
    said = _("La suggestion est acceptée avec vos modifications\u202f: elle reste à appliquer.")
    return done(_place(action_id, reading), said)


@blueprint.get("/<uuid:suggestion_id>/refuser", endpoint="refuse")
@needs(Permission.SETTLE)
def refuse(action_id: UUID, suggestion_id: UUID) -> Response:
    """Ask why the suggestion is not taken in."""
    whole, reading = _to_settle(action_id, suggestion_id)
    return _refuse_page(whole, reading, forms.RefuseForm())


@blueprint.post("/<uuid:suggestion_id>/refuser", endpoint="refuse_post")
@needs(Permission.SETTLE)
def refuse_post(action_id: UUID, suggestion_id: UUID) -> BaseResponse:
    """Refuse the suggestion; its author reads why."""
    whole, reading = _to_settle(action_id, suggestion_id)
    form = posted(forms.RefuseForm)
    event = form.carry_out(
        operations.refuse_suggestion, access.actor(), whole.action, suggestion_id=reading.suggestion.id
    )
    if event is None:
        return _refuse_page(*_to_settle(action_id, suggestion_id), form)
    return done(url_for("suggestions.index", action_id=action_id), _("La suggestion est refusée."))


@blueprint.post("/<uuid:suggestion_id>/retirer", endpoint="retract")
@needs(Permission.RETRACT)
def retract(action_id: UUID, suggestion_id: UUID) -> BaseResponse:
    """Take back one's own suggestion."""
    reading = _reading(_whole(action_id), suggestion_id)
    demand(access.actor(), Permission.RETRACT, reading.suggestion)
    form = posted(forms.ActForm)
    event = form.carry_out(operations.withdraw_suggestion, access.actor(), reading.suggestion)
    return _settled(action_id, form, event, reading, _("Votre suggestion est retirée."))


@blueprint.post("/<uuid:suggestion_id>/vu", endpoint="seen")
@needs(Permission.SUGGEST)
def mark_seen(action_id: UUID, suggestion_id: UUID) -> BaseResponse:
    """Say that I saw what became of my suggestion."""
    shown, over = request.form.get("version", ""), request.form.get("answer") == "over"
    revision = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 10 else -1
    seen.mark(access.actor(), str(action_id), str(suggestion_id), revision=revision, ended=over)
    return done(url_for("dossier.workspace"), _("C’est noté\u00a0: cette réponse n’est plus dans votre espace."))


@blueprint.post("/appliquer", endpoint="apply")
@needs(Permission.PUBLISH)
def apply(action_id: UUID) -> BaseResponse:
    """Publish one version with all the accepted suggestions that still fit."""
    whole, form = _open_to(action_id, Permission.PUBLISH), posted(forms.ActForm)
    event = form.carry_out(operations.apply_accepted, access.actor(), whole.action)
    if event is None:
        return show(PAGE, PART, status=form.status, **_listed(_whole(action_id), form))
    said = ngettext(
        "La version %(n)s est publiée avec la suggestion acceptée.",
        "La version %(n)s est publiée avec les %(num)s suggestions acceptées.",
        event.count,
        n=event.number,
    )
    return done(url_for("dossier.action", action_id=action_id), said)


def _listed(whole: Whole, form: forms.ActForm | None = None, touched: str | None = None) -> dict[str, Any]:
    """What the list shows; ``touched`` is the suggestion that was just answered."""
    settled = request.args.get("etat") == "reglees"
    return {
        "action": whole.action,
        "found": queries.page(whole, settled=settled, after=request.args.get("apres")),
        "settled": settled,
        "first": "apres" not in request.args,
        "form": form or forms.ActForm(),
        "touched": touched,
        "closed": _closed(),
        "fields": FIELDS,
        "states": words.STATES,
        "standings": words.STANDINGS,
    }


def _settled(action_id: UUID, form: forms.ActForm, event: Any, reading: Reading, said: Any) -> BaseResponse:
    """The list after an answer given from it."""
    touched = reading.suggestion.id
    if event is None:
        return show(PAGE, PART, status=form.status, **_listed(_whole(action_id), form, touched))
    return part_done(PART, said, _place(action_id, reading), **_listed(_whole(action_id), touched=touched))


def _place(action_id: UUID, reading: Reading) -> str:
    return url_for("suggestions.index", action_id=action_id, _anchor=f"suggestion-{reading.suggestion.id}")


def _counts(_who: prepared.Shape) -> Sequence[ColumnElement[Any]]:
    return queries.counts(bindparam("action_id"))


def _whole(action_id: UUID) -> Whole:
    whole = actions.whole(str(action_id), also=_counts)
    if whole is None:
        abort(404)
    return whole


def _open_to(action_id: UUID, permission: Permission) -> Whole:
    whole = _whole(action_id)
    demand(access.actor(), permission, whole.action)
    return whole


def _reading(whole: Whole, suggestion_id: UUID) -> Reading:
    reading = queries.find(whole.action, whole.version, str(suggestion_id))
    if reading is None:
        abort(404)
    return reading


def _to_settle(action_id: UUID, suggestion_id: UUID) -> tuple[Whole, Reading]:
    whole = _open_to(action_id, Permission.SETTLE)
    return whole, _reading(whole, suggestion_id)


def _choice(whole: Whole, status: int = 200) -> Response:
    fields = facts.offered(whole.version)
    return show("suggestions/choose.html", status=status, action=whole.action, fields=fields, closed=_closed())


def _text(whole: Whole, name: str) -> str:
    """The current text of a field; a name that is no field is no address."""
    if name not in facts.offered(whole.version):
        abort(404)
    return facts.value(whole.version, name)


def _suggest_page(whole: Whole, name: str, form: Any) -> Response:
    current = facts.value(whole.version, name)
    moved = form.status != 200 and form.version.data != str(whole.version.number)
    form.version.data = str(whole.version.number)
    typed = forms.said(form.proposed)
    return show(
        "suggestions/new.html",
        status=form.status,
        whole=whole,
        action=whole.action,
        name=name,
        label=LABELS[name],
        form=form,
        current=current,
        moved=_moved(name, current, typed) if moved and len(typed) <= queries.LONGEST[name] else None,
        mine="".join(of_the(access.actor().partner_key, access.actor().partner_name or "")),
        closed=_closed(),
    )


def _moved(name: str, current: str, typed: str) -> Sequence[diff.Piece]:
    """What somebody's text would change in one that is newer than what they read."""
    return diff.compare(facts.told(name, current), facts.told(name, typed))


def _edit_page(whole: Whole, reading: Reading, form: Any) -> Response:
    stale = form.status == 409
    form.version.data = str(reading.suggestion.rev)
    form.shown.data = queries.digest(reading.current)
    return show(
        "suggestions/edit.html",
        status=form.status,
        action=whole.action,
        reading=reading,
        label=LABELS[reading.suggestion.field],
        form=form,
        stale=stale,
        closed=_closed(),
    )


def _refuse_page(whole: Whole, reading: Reading, form: forms.RefuseForm) -> Response:
    return show(
        "suggestions/refuse.html",
        status=form.status,
        action=whole.action,
        reading=reading,
        label=LABELS[reading.suggestion.field],
        form=form,
        closed=_closed(),
    )


def _closed() -> WindowClosed | None:
    """Why partners may not act for now, if so; the office may always suggest."""
    if access.actor().role in OFFICE.split():
        return None
    try:
        demand_open("discussing")
    except WindowClosed as refusal:
        return refusal
    return None
