"""The files of a fiche: their page, attaching one, reading one, withdrawing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions.models import Action
from cocon.actions.queries import find
from cocon.config import Config
from cocon.files import inspection, operations, queries, serving, words
from cocon.files.forms import LONGEST_REASON, LONGEST_TITLE, AttachForm, WithdrawForm
from cocon.files.models import Attachment
from cocon.files.scanning import shelf_of
from cocon.kernel.actor import Actor
from cocon.kernel.language import _
from cocon.policy import Permission, demand, may
from cocon.web import access
from cocon.web.access import needs, receives, unhurried
from cocon.web.forms import posted
from cocon.web.pages import done, show

blueprint = Blueprint("files", __name__)

#: What a request carries besides the file.
AROUND = 256 * 1024
JOINED = _("La pièce est jointe.")


def _config() -> Config:
    config: Config = current_app.extensions["cocon"]
    return config


def _largest_request() -> int:
    """Twice what a file may weigh: a file that is too heavy is still answered with the form and what was typed."""
    return 2 * _config().file_largest + AROUND


@blueprint.get("/actions/<uuid:action_id>/pieces", endpoint="index")
@needs(Permission.READ)
def index(action_id: UUID) -> Response:
    """The files that I may know of, and the form to attach one."""
    return _page(_action(action_id), access.actor(), AttachForm())


@blueprint.post("/actions/<uuid:action_id>/pieces", endpoint="attach")
@needs(Permission.ATTACH)
@receives(_largest_request)
@unhurried
def attach(action_id: UUID) -> BaseResponse:
    """Attach a file. It is examined before the write begins, so that nobody waits for it."""
    action, actor, shelf = _action(action_id), access.actor(), shelf_of(_config())
    demand(actor, Permission.ATTACH, action)
    form = AttachForm(_sent())
    form.file.largest = shelf.largest
    if form.validate():
        replayed = access.claim()
        if replayed is not None:
            return replayed
    event = form.carry_out(operations.attach_file, actor, action, shelf=shelf)
    if event is None:
        status = 413 if form.file.too_large else form.status
        return _page(_action(action_id), actor, form, status)
    said = _("La pièce est jointe. Elle sera lisible une fois contrôlée.") if shelf.scanned else JOINED
    return done(url_for("files.index", action_id=action_id, _anchor=f"piece-{event.subject.id}"), said)


def _sent() -> Any:
    return CombinedMultiDict([request.files, request.form])


@blueprint.get("/actions/<uuid:action_id>/pieces/<uuid:piece_id>", endpoint="download")
@needs(Permission.READ)
def download(action_id: UUID, piece_id: UUID) -> Response:
    """The bytes, if they are still those of the log; a browser saves them and runs nothing."""
    actor = access.actor()
    attachment = _attachment(action_id, piece_id, actor)
    serving.demand_readable(attachment, actor)
    return serving.sent(attachment, shelf_of(_config()))


@blueprint.get("/actions/<uuid:action_id>/pieces/<uuid:piece_id>/retirer", endpoint="withdraw")
@needs(Permission.WITHDRAW_FILE)
def withdraw(action_id: UUID, piece_id: UUID) -> Response:
    """Ask why."""
    attachment = _own(action_id, piece_id)
    return _withdrawal(attachment, WithdrawForm())


@blueprint.post("/actions/<uuid:action_id>/pieces/<uuid:piece_id>/retirer", endpoint="withdraw_post")
@needs(Permission.WITHDRAW_FILE)
def withdraw_post(action_id: UUID, piece_id: UUID) -> BaseResponse:
    """Withdraw a file of one's own organisation."""
    attachment, form = _own(action_id, piece_id), posted(WithdrawForm)
    if form.carry_out(operations.withdraw_file, access.actor(), attachment) is None:
        return _withdrawal(_own(action_id, piece_id), form)
    return done(url_for("files.index", action_id=action_id), _("La pièce est retirée."))


def _page(action: Action, actor: Actor, form: AttachForm, status: int = 200) -> Response:
    shelf = shelf_of(_config())
    found = queries.pieces(action.id, actor)
    used = queries.used(actor.partner_id) if actor.partner_id and may(actor, Permission.ATTACH, action) else 0
    return show(
        "files/pieces.html",
        status=status,
        action=action,
        groups=[group for group in (_group(found, internal=True), _group(found, internal=False)) if group],
        count=len(found),
        form=form,
        formats=words.FORMATS,
        states=words.STATES,
        weight=words.weight,
        accepted=inspection.ACCEPTED,
        largest=words.weight(shelf.largest),
        quota=words.weight(shelf.quota),
        left=words.weight(max(shelf.quota - used, 0)),
        scanned=shelf.scanned,
        readable=queries.READABLE,
        longest=LONGEST_TITLE,
    )


def _group(found: Sequence[queries.Piece], *, internal: bool) -> tuple[bool, list[queries.Piece]] | None:
    rows = [piece for piece in found if piece.attachment.internal == internal]
    return (internal, rows) if rows else None


def _withdrawal(attachment: Attachment, form: WithdrawForm) -> Response:
    return show(
        "files/withdraw.html",
        status=form.status,
        action=attachment.action,
        attachment=attachment,
        form=form,
        longest=LONGEST_REASON,
    )


def _action(action_id: UUID) -> Action:
    action = find(str(action_id))
    if action is None:
        abort(404)
    return action


def _attachment(action_id: UUID, piece_id: UUID, actor: Actor) -> Attachment:
    attachment = queries.find(str(piece_id), str(action_id), actor)
    if attachment is None:
        abort(404)
    return attachment


def _own(action_id: UUID, piece_id: UUID) -> Attachment:
    attachment = _attachment(action_id, piece_id, access.actor())
    demand(access.actor(), Permission.WITHDRAW_FILE, attachment)
    return attachment
