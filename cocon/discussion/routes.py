"""The exchanges on a fiche, as a page and as a part of the fiche's own page."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions.models import Action
from cocon.actions.queries import find
from cocon.contracts.queries import demand_open
from cocon.contracts.refusals import WindowClosed
from cocon.discussion import operations, queries
from cocon.discussion.forms import LONGEST, CommentForm
from cocon.discussion.markup import render
from cocon.kernel.language import _
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import part_done, show

blueprint = Blueprint("discussion", __name__)
blueprint.add_app_template_filter(render, "prose")
#: The part shows an empty form wherever it is included.
blueprint.app_context_processor(lambda: {"new_comment_form": CommentForm, "longest_comment": LONGEST})

PAGE, PART = "discussion/threads.html", "discussion/_threads.html"


@blueprint.get("/actions/<uuid:action_id>/discussion", endpoint="threads")
@needs(Permission.READ)
def threads(action_id: UUID) -> Response:
    """What I may read of the exchanges; ``fil`` names the thread in which I reply."""
    action = _action(action_id)
    found = queries.threads(action.id, access.actor(), before=request.args.get("avant"))
    reply = _shown(found, request.args.get("fil"))
    return show(
        PAGE, PART, action=action, threads=found, reply=reply, closed=_closed(), first="avant" not in request.args
    )


@blueprint.post("/actions/<uuid:action_id>/discussion", endpoint="threads_post")
@needs(Permission.COMMENT)
def threads_post(action_id: UUID) -> BaseResponse:
    """Post a message; the organisation that will read it was chosen first."""
    action, actor, form = _action(action_id), access.actor(), posted(CommentForm)
    demand(actor, Permission.COMMENT, action)
    event = form.carry_out(operations.post_comment, actor, action)
    found = queries.threads(action.id, actor)
    reply = _shown(found, form.thread_id.data)
    if event is None:
        return show(PAGE, PART, status=form.status, action=_action(action_id), threads=found, form=form, reply=reply)
    where = url_for("discussion.threads", action_id=action.id, _anchor=f"message-{event.subject.id}")
    return part_done(PART, _("Votre message est publié."), where, action=action, threads=found, reply=reply, sent=True)


def _shown(found: queries.Threads, thread_id: str | None) -> str | None:
    """The thread in which I reply, if the page shows it."""
    return thread_id if any(thread.id == thread_id for thread in found.threads) else None


def _action(action_id: UUID) -> Action:
    action = find(str(action_id))
    if action is None:
        abort(404)
    return action


def _closed() -> WindowClosed | None:
    """Why partners may not write for now, if so."""
    try:
        demand_open("discussing")
    except WindowClosed as refusal:
        return refusal
    return None
