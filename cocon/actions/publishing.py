"""From a text prepared to a text that all partners read: checking, the internal chain, sharing, publishing.

Named outside the seven usual files: with ``proposing`` it would make one file of two subjects.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import comparison, drafts, forms, operations, queries, sections
from cocon.actions.blueprint import blueprint
from cocon.actions.models import Draft
from cocon.actions.sections import SECTIONS, Typed
from cocon.actions.work import Chosen, Work, choose, closed, filled, left_or_living, merge_page, number, work_on
from cocon.kernel.db import db
from cocon.kernel.language import _
from cocon.kernel.refusal import Outdated, Refusal
from cocon.partners.queries import partners
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs
from cocon.web.forms import posted
from cocon.web.pages import done, show

# Checking and sharing


@blueprint.get("/actions/<uuid:action_id>/partager", endpoint="share")
@needs(Permission.DRAFT)
def share(action_id: UUID) -> Response:
    """Read one's answers again: what is missing, and the act of sharing."""
    draft = _own_draft(action_id)
    form = filled(Work(draft), draft.fields)
    form.validate()
    return _share_page(draft, form)


@blueprint.post("/actions/<uuid:action_id>/partager", endpoint="share_post")
@needs(Permission.SHARE)
def share_post(action_id: UUID) -> BaseResponse:
    """Share the draft with every partner, under a code."""
    draft = _own_draft(action_id)
    demand(access.actor(), Permission.SHARE, draft)
    form = filled(Work(draft), draft.fields)
    if number(request.form.get("version")) != draft.revision:
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
    if draft is None or draft.action_id is not None:
        abort(404)
    demand(access.actor(), Permission.READ_DRAFT, draft)
    return draft


def _share_page(draft: Draft, form: Any, note: forms.NoteForm | None = None) -> Response:
    return show(
        "actions/share.html",
        status=note.status if note else form.status,
        work=Work(draft),
        draft=draft,
        form=form,
        note=note or forms.NoteForm(),
        missing=forms.missing(form),
        asked=forms.asked,
        sections=SECTIONS,
        readable=forms.readable,
        label=forms.label,
        closed=closed("proposing"),
    )


# The internal chain: a contributor asks, a representative shares or sends back


@blueprint.post("/actions/<uuid:action_id>/validation", endpoint="ask")
@needs(Permission.DRAFT)
def ask(action_id: UUID) -> BaseResponse:
    """Ask the representatives of one's organisation to validate a draft, or a version to publish."""
    work = work_on(action_id, kept=True)
    drafts.ask(access.actor(), work.draft.id)
    said = _("La validation est demandée\u202f: vos représentants la trouvent dans leur espace.")
    return done(url_for("actions.edit", action_id=work.id), said)


@blueprint.post("/actions/<uuid:action_id>/renvoyer", endpoint="send_back")
@needs(Permission.VALIDATE)
def send_back(action_id: UUID) -> BaseResponse:
    """Send a draft back to those who prepare it, with a note."""
    work, note = work_on(action_id, kept=True), posted(forms.NoteForm)
    demand(access.actor(), Permission.VALIDATE, work.draft)
    if not note.validate():
        note.status = 422
        form = filled(work, work.draft.fields)
        form.validate()
        return _publish_page(work, form, note=note) if work.whole else _share_page(work.draft, form, note)
    drafts.send_back(access.actor(), work.draft.id, note=note.note.data or "")
    return done(url_for("actions.edit", action_id=work.id), _("Le brouillon est renvoyé, avec votre note."))


# Publishing the next version


@blueprint.get("/actions/<uuid:action_id>/publier", endpoint="publish")
@needs(Permission.REVISE)
def publish(action_id: UUID) -> BaseResponse:
    """What changes in the next version, what is missing, and the act of publishing; both texts when there are two."""
    work = left_or_living(action_id)
    if work.over:
        return redirect(url_for("actions.edit", action_id=action_id), 303)
    if work.whole is None:
        abort(404)
    if work.outdated:
        return _rebase_page(work)
    form = filled(work, work.draft.fields)
    form.validate()
    return _publish_page(work, form)


@blueprint.post("/actions/<uuid:action_id>/publier", endpoint="publish_post")
@needs(Permission.REVISE)
def publish_post(action_id: UUID) -> BaseResponse:
    """Publish the next version, or first bring its text onto the version published meanwhile."""
    work = _forked(action_id)
    if "fusion" in request.form:
        return _rebase(work)
    demand(access.actor(), Permission.PUBLISH, work.fiche.action)
    if work.outdated:
        return _rebase_page(work, 409)
    form, publishing = filled(work, work.draft.fields), posted(forms.PublishForm)
    if not form.validate():
        publishing.status = 422
        return _publish_page(work, form, publishing)
    if (
        publishing.version.data != str(work.fiche.action.rev)
        or number(request.form.get("texte")) != work.draft.revision
    ):
        publishing.refuse(_reread_version())
        return _publish_page(work, form, publishing)
    facts = {"revision": work.fiche.action.rev, "fields": form.version_fields(), "fork": work.draft}
    event = publishing.carry_out(operations.publish_version, access.actor(), work.fiche.action, **facts)
    if event is None:
        return _publish_page(_forked(action_id), form, publishing)
    return done(url_for("dossier.action", action_id=action_id), _("La version %(n)s est publiée.", n=event.number))


def _reread_version() -> Refusal:
    return Outdated(
        _("La fiche ou le texte préparé a changé depuis l’affichage de cette page\u202f: relisez, puis publiez.")
    )


def _forked(action_id: UUID) -> Work:
    work = work_on(action_id)
    if work.whole is None:
        abort(404)
    return work


def _publish_page(
    work: Work, form: Any, publishing: forms.PublishForm | None = None, note: forms.NoteForm | None = None
) -> Response:
    publishing = publishing or forms.PublishForm()
    text = comparison.next_version(work.fiche, form.version_fields(), partners())
    return show(
        "actions/publish.html",
        status=note.status if note else publishing.status,
        work=work,
        draft=work.draft,
        action=work.fiche.action,
        form=form,
        publishing=publishing,
        note=note or forms.NoteForm(),
        missing=forms.missing(form),
        compared=comparison.compare(work.fiche, text),
        section_of=sections.section_of,
        closed=closed("discussing"),
    )


def _rebase_page(
    work: Work,
    status: int = 200,
    *,
    shown: int | None = None,
    read: str = "",
    mine: Typed | None = None,
    chosen: Chosen | None = None,
) -> Response:
    """Two texts, question by question: the one prepared, and the version published meanwhile.

    Or else, when a colleague saved the one prepared while somebody merged it, what came out of that and what is kept
    now; ``read`` then tells the revisions of the sections that were merged. ``shown`` is the version that this text
    has in it already.
    """
    now = work.fiche.version.number
    base = _read(work.draft, read) if read else _text(work, shown or work.draft.base)
    theirs = work.draft.fields if read else _text(work, now) or {}
    return merge_page(
        work,
        work.names,
        (base, theirs, work.draft.fields if mine is None else mine),
        chosen=chosen,
        status=status,
        base=shown if read and shown else now,
        read=read,
        revisions=" ".join(str(drafts.revision_of(work.draft, section)) for section in SECTIONS),
        to=url_for("actions.publish", action_id=work.id),
        title=_("Texte préparé, changé entre-temps") if read else _("Version %(n)s publiée entre-temps", n=now),
        version=work.draft.revision,
        by=None if read else work.fiche.author,
        finished=False,
    )


def _text(work: Work, number: int | None) -> Typed | None:
    """A version of the fiche, as somebody would type it."""
    read = work.fiche if number == work.fiche.version.number else queries.version(work.id, number or 0)
    return forms.typed_of(read, work.form) if read else None


def _read(draft: Draft, revisions: str) -> Typed | None:
    """The text prepared as it was at these revisions of its sections, if that is still known."""
    known = zip(SECTIONS, revisions.split(), strict=False)
    found = [drafts.former(draft, section, number(revision)) for section, revision in known]
    if len(found) < len(SECTIONS) or None in found:
        return None
    return {name: said for part in found if part for name, said in part.items()}


def _rebase(work: Work) -> BaseResponse:
    shown, read = number(request.form.get("base")), request.form.get("lu", "")
    chosen = choose(work, work.names, work.draft.fields if read else _text(work, shown) or {})
    if chosen.far_too_long:
        abort(413)
    if chosen.missing:
        db.session.rollback()  # merging long texts must not hold back who writes
        work = _forked(UUID(work.id))
        return _rebase_page(work, shown=shown if read else None, read=read, mine=chosen.mine, chosen=chosen)
    if shown != work.fiche.version.number and number(request.form.get("version")) == work.draft.revision:
        return _rebase_page(work, 409, shown=shown, mine=chosen.fields)
    try:
        draft = work.draft if work.kept else drafts.keep(work.draft)
        version = number(request.form.get("version"))
        drafts.rebase(access.actor(), draft.id, revision=version, base=shown, fields=chosen.fields)
    except Outdated:
        db.session.rollback()
        read = request.form.get("revisions", "") or "-"
        return _rebase_page(_forked(UUID(work.id)), 409, shown=shown, read=read, mine=chosen.fields)
    said = _("Votre texte repart de la version %(n)s. Relisez-le, puis publiez-le.", n=shown)
    return done(url_for("actions.publish", action_id=work.id), said)
