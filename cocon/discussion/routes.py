"""The exchanges on a fiche, as a page and as a part of the fiche's own page; what authors do to their messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions.models import Action
from cocon.actions.queries import find
from cocon.contracts.queries import demand_open
from cocon.contracts.refusals import WindowClosed
from cocon.discussion import mentions, operations, queries, seen
from cocon.discussion.forms import LONGEST, LONGEST_REASON, CommentForm, RewriteForm, WithdrawForm
from cocon.discussion.markup import quotation, render
from cocon.discussion.refusals import AlreadyWithdrawn
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Forbidden, Refusal
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.htmx import wants_part
from cocon.web.pages import done, part_done, show

blueprint = Blueprint("discussion", __name__)
blueprint.add_app_template_filter(render, "prose")
#: The part shows an empty form wherever it is included.
blueprint.app_context_processor(lambda: {"new_comment_form": CommentForm, "longest_comment": LONGEST})

PAGE, PART, AMEND = "discussion/threads.html", "discussion/_threads.html", "discussion/amend.html"
ABOVE = "/actions/<uuid:action_id>/discussion"

FORMS: dict[str, Any] = {"edit": RewriteForm, "correct": RewriteForm, "withdraw": WithdrawForm}
ACTS: dict[str, Any] = {
    "edit": operations.edit_comment,
    "correct": operations.correct_comment,
    "withdraw": operations.withdraw_comment,
}
SAID: dict[str, LazyString] = {
    "edit": _("Votre message est modifié."),
    "correct": _("Votre correction est publiée."),
    "withdraw": _("Votre message est retiré."),
    "resolve": _("Le fil est résolu."),
    "reopen": _("Le fil est rouvert."),
}


@blueprint.get(ABOVE, endpoint="threads")
@needs(Permission.READ)
def threads(action_id: UUID) -> Response:
    """What I may read of the exchanges; ``fil`` names the thread in which I reply, ``citer`` what I quote there."""
    action, actor = _action(action_id), access.actor()
    thread_id, found = request.args.get("fil"), _found(action_id)
    if thread_id and all(thread.id != thread_id for thread in found.threads):
        found = queries.threads(action.id, actor, only=thread_id)
    form = CommentForm(data={"section": _section()})
    form.text.data = _quoted(found, thread_id, request.args.get("citer"))  # as it is, with room to answer under it
    return show(PAGE, PART, **_context(action, found, form, _shown(found, thread_id)))


@blueprint.post(ABOVE, endpoint="threads_post")
@needs(Permission.COMMENT)
def threads_post(action_id: UUID) -> BaseResponse:
    """Post a message; the organisation that will read it was chosen first."""
    action, actor, form = _action(action_id), access.actor(), posted(CommentForm)
    demand(actor, Permission.COMMENT, action)
    event = form.carry_out(operations.post_comment, actor, action)
    thread_id = form.thread_id.data
    if event is None:
        context = _context(_action(action_id), found := _found(action_id), form, _shown(found, thread_id))
        return show(PAGE, PART, status=form.status, **context)
    where = _place(action_id, event.subject.id)
    if not wants_part():
        return done(where, _("Votre message est publié."))
    found = queries.threads(action.id, actor, section=_section())
    fresh, reply = CommentForm(data={"section": _section()}), _shown(found, thread_id)
    context = {"action": action, "threads": found, "form": fresh, "reply": reply, "kept": _kept(), "sent": True}
    return part_done(PART, _("Votre message est publié."), where, **context)


def _amend(action_id: UUID, comment_id: UUID, mode: str) -> BaseResponse:
    """The form that rewrites, corrects or withdraws one's own message."""
    action, message = _action(action_id), _own(action_id, comment_id)
    if message.withdrawal:
        raise AlreadyWithdrawn
    fitting = _fitting(message, mode)
    if fitting != mode:
        return redirect(_address(fitting, action_id, comment_id), 303)
    return _amending(action, message, mode, FORMS[mode](data={"text": _latest(message)}))


def _amend_post(action_id: UUID, comment_id: UUID, mode: str) -> BaseResponse:
    """Rewrite, correct or withdraw one's own message."""
    action, message, form = _action(action_id), _own(action_id, comment_id), posted(FORMS[mode])
    event = form.carry_out(ACTS[mode], access.actor(), message, revision=_number(form.version.data))
    if event is None:
        message = _own(action_id, comment_id)
        return _amending(_action(action_id), message, _fitting(message, mode), form)
    return _changed(action, SAID[mode], _place(action_id, str(comment_id)))


for _mode, _path in (("edit", "modifier"), ("correct", "corriger"), ("withdraw", "retirer")):
    _rule = f"{ABOVE}/<uuid:comment_id>/{_path}"
    _which = {"mode": _mode}
    blueprint.get(_rule, endpoint=_mode, defaults=_which)(needs(Permission.AMEND)(_amend))
    blueprint.post(_rule, endpoint=f"{_mode}_post", defaults=_which)(needs(Permission.AMEND)(_amend_post))


@blueprint.post(f"{ABOVE}/<uuid:thread_id>/resoudre", endpoint="resolve")
@needs(Permission.RESOLVE)
def resolve(action_id: UUID, thread_id: UUID) -> BaseResponse:
    """Say that a thread is over."""
    return _settle("resolve", operations.resolve_thread, action_id, thread_id)


@blueprint.post(f"{ABOVE}/<uuid:thread_id>/rouvrir", endpoint="reopen")
@needs(Permission.RESOLVE)
def reopen(action_id: UUID, thread_id: UUID) -> BaseResponse:
    """Open a thread again."""
    return _settle("reopen", operations.reopen_thread, action_id, thread_id)


def _settle(mode: str, act: Any, action_id: UUID, thread_id: UUID) -> BaseResponse:
    action, actor = _action(action_id), access.actor()
    thread = queries.thread(action.id, str(thread_id), actor)
    if thread is None:
        abort(404)
    demand(actor, Permission.RESOLVE, thread)
    try:
        act(actor, thread, revision=_number(request.form.get("version")))
    except Forbidden:
        raise
    except Refusal as refusal:
        db.session.rollback()
        context = _context(_action(action_id), _found(action_id), CommentForm())
        return show(PAGE, PART, status=refusal.status, **context, refused=str(refusal))
    return _changed(action, SAID[mode], _place(action_id, str(thread_id), "fil"))


@blueprint.post(f"{ABOVE}/<uuid:comment_id>/vu", endpoint="seen")
@needs(Permission.ANSWER)
def mark_seen(action_id: UUID, comment_id: UUID) -> BaseResponse:
    """Say that I saw what calls me: it asks for nothing more."""
    seen.mark(access.actor(), str(action_id), str(comment_id))
    return done(url_for("dossier.workspace"), _("C’est noté\u00a0: ce message n’attend plus de réponse de vous."))


def _found(action_id: UUID) -> queries.Threads:
    """The threads that the address asks for."""
    return queries.threads(str(action_id), access.actor(), request.args.get("avant"), section=_section())


def _section() -> str | None:
    """The section that the address names, if it is one."""
    asked = request.args.get("rubrique")
    return asked if asked in queries.SECTIONS else None


def _kept() -> dict[str, Any]:
    """What links and forms of the page keep of its address."""
    kept = {"rubrique": _section(), "avant": request.args.get("avant")}
    return {name: value for name, value in kept.items() if value}


def _context(action: Action, found: queries.Threads, form: CommentForm, reply: str | None = None) -> dict[str, Any]:
    people = mentions.directory()
    _offer(form, people, next((one for one in found.threads if one.id == reply), None))
    return {
        "action": action,
        "threads": found,
        "form": form,
        "reply": reply,
        "closed": _closed(),
        "first": "avant" not in request.args,
        "kept": _kept(),
        "section_name": queries.SECTIONS.get(_section() or ""),
        "people": [one.name for one in people if one.person_id and _may_read(one, found, reply)],
    }


def _offer(form: CommentForm, people: Sequence[mentions.Target], thread: queries.Thread | None) -> None:
    """Only those who may read are offered: an internal thread has no other partner to tell."""
    if thread is None or not thread.internal:
        form.notify.choices = [(one.key, one.partner) for one in people if one.person_id is None]


def _may_read(one: mentions.Target, found: queries.Threads, reply: str | None) -> bool:
    inside = any(thread.internal for thread in found.threads if thread.id == reply)
    return not inside or one.partner_id == access.actor().partner_id


def _amending(action: Action, message: queries.Message, mode: str, form: Any) -> Response:
    """The form on a page of its own; in its place among the threads for htmx."""
    context = {"action": action, "message": message, "mode": mode, "amend_form": form, "kept": _kept()}
    context |= {"longest_reason": LONGEST_REASON, "version_path": _address(mode, UUID(action.id), message.id)}
    if wants_part():
        context |= _context(action, _found(UUID(action.id)), CommentForm())
    return show(AMEND, PART, status=form.status, **context)


def _changed(action: Action, said: LazyString, where: str) -> BaseResponse:
    if not wants_part():
        return done(where, said)
    found = _found(UUID(action.id))
    return part_done(PART, said, where, **_context(action, found, CommentForm(data={"section": _section()})))


def _place(action_id: UUID, row_id: str, what: str = "message") -> str:
    return url_for("discussion.threads", action_id=action_id, _anchor=f"{what}-{row_id}", **_kept())


def _address(mode: str, action_id: UUID, comment_id: UUID | str) -> str:
    return url_for(f"discussion.{mode}", action_id=action_id, comment_id=comment_id, **_kept())


def _own(action_id: UUID, comment_id: UUID) -> queries.Message:
    """A message on which I may act; others do not exist."""
    message = queries.message(str(action_id), str(comment_id), access.actor())
    if message is None:
        abort(404)
    demand(access.actor(), Permission.AMEND, message)
    return message


def _fitting(message: queries.Message, mode: str) -> str:
    """Rewriting is for a quarter of an hour, correcting for afterwards."""
    return mode if mode == "withdraw" else ("edit" if message.editable else "correct")


def _latest(message: queries.Message) -> str:
    return next((str(act.text) for act in reversed(message.corrections)), message.comment.text)


def _quoted(found: queries.Threads, thread_id: str | None, comment_id: str | None) -> str:
    """The words of a message of the thread, as a quotation to answer under."""
    for thread in found.threads:
        for message in thread.messages:
            if thread.id == thread_id and message.id == comment_id and not message.withdrawal:
                return quotation(message.author, _latest(message))
    return ""


def _number(text: str | None) -> int:
    """The version that a form carried; one that nothing has when it carried none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def _shown(found: queries.Threads, thread_id: str | None) -> str | None:
    """The thread in which I reply, if the page shows it and it is not over."""
    return thread_id if any(one.id == thread_id and one.resolved_at is None for one in found.threads) else None


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
