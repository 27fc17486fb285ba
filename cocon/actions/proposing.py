"""Writing a fiche by sections: beginning, the list of sections, one section, autosave, who else is there.

Named outside the seven usual files: with the list of fiches it would make one file of two subjects.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import drafts, forms, queries, sections
from cocon.actions.blueprint import blueprint
from cocon.actions.sections import SECTIONS, Section, Typed
from cocon.actions.work import (
    Chosen,
    Work,
    choose,
    closed,
    filled,
    fork,
    left_or_living,
    left_page,
    merge_page,
    number,
)
from cocon.contracts.queries import objectives, outline
from cocon.kernel.db import db
from cocon.kernel.ids import new_token
from cocon.kernel.language import _
from cocon.kernel.refusal import Outdated
from cocon.policy import Permission
from cocon.web import access
from cocon.web.access import keeps_page, needs
from cocon.web.forms import clean, posted
from cocon.web.htmx import wants_part
from cocon.web.pages import done, kept, part_done, show

UNSAVED = "actions/_unsaved.html"
#: How long a page waits before it asks again who is there, in seconds: longer when nobody is.
NEAR, FAR = 20, 45
#: How long it waits the first time, lest those who only pass be said to be there.
FIRST = 2


# Beginning


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
        similar=queries.similar(form.title.data or ""),
        closed=closed("proposing"),
    )


@blueprint.get("/actions/semblables", endpoint="similar")
@needs(Permission.DRAFT)
@keeps_page(UNSAVED)
def similar() -> Response:
    """The shared fiches that resemble a title being typed."""
    title = clean(request.args.get("title"))[:300].replace("\x00", "")
    return show("actions/similar.html", "actions/_similar.html", similar=queries.similar(title), sought=title)


# The list of sections


@blueprint.get("/actions/<uuid:action_id>/modifier", endpoint="edit")
@needs(Permission.DRAFT)
def edit(action_id: UUID) -> Response:
    """The seven sections of a draft, or of the next version of a shared fiche, and how far each is."""
    work = left_or_living(action_id)
    if work.over:
        return left_page(work)
    title = drafts.title_of(work.draft.fields)
    published = forms.typed_of(work.fiche, work.form) if work.whole else None
    return show(
        "actions/draft.html",
        work=work,
        draft=work.draft,
        title=title,
        progress=sections.progress(work.draft.fields, work.draft.sections, published),
        similar=[] if work.whole else queries.similar(title),
        closed=closed("discussing" if work.whole else "proposing"),
    )


# One section


def _section(slug: str) -> Section:
    section = sections.BY_SLUG.get(slug)
    if section is None:
        abort(404)
    return section


@blueprint.get("/actions/<uuid:action_id>/modifier/<section>", endpoint="section")
@needs(Permission.DRAFT)
def section(action_id: UUID, section: str) -> BaseResponse:
    """One section, as it was last saved; what was left behind is read on one page."""
    asked, work = _section(section), left_or_living(action_id)
    if work.over:
        return redirect(url_for("actions.edit", action_id=action_id, _anchor=f"rubrique-{asked.slug}"), 303)
    return _section_page(work, asked, more=min(max(number(request.args.get("lignes")), 1), 10))


def _section_page(work: Work, asked: Section, more: int = 1, **context: Any) -> Response:
    form = context.pop("form", None) or filled(work, work.draft.fields)
    title = drafts.title_of(work.draft.fields)
    place = SECTIONS.index(asked)
    return show(
        "actions/section.html",
        work=work,
        draft=work.draft,
        section=asked,
        place=place + 1,
        form=form,
        asked=forms.asked(form, asked),
        more=more,
        version=context.pop("version", drafts.revision_of(work.draft, asked)),
        finished=context.pop("finished", bool(work.draft.sections.get(asked.slug, {}).get("done"))),
        nonce=new_token(),
        last=place + 1 == len(SECTIONS),
        title=title,
        similar=queries.similar(title) if asked.slug == "general" and not work.whole else [],
        others=drafts.others(access.actor(), work.id, asked),
        delay=FIRST,
        reason="",
        **context,
    )


@blueprint.post("/actions/<uuid:action_id>/modifier/<section>", endpoint="section_post")
@needs(Permission.DRAFT)
@keeps_page(UNSAVED)
def section_post(action_id: UUID, section: str) -> BaseResponse:
    """Save a section whatever it says: by the page itself while one writes, or by a button."""
    asked, work = _section(section), _to_write(left_or_living(action_id, sent=True))
    chosen = choose(work, asked.names, work.draft.fields) if "fusion" in request.form else None
    typed = chosen.fields if chosen else _typed(work, asked)
    if work.over:
        return _unsaved("over", 409, work=work) if wants_part() else left_page(work, asked, typed)
    if forms.is_far_too_long(typed) or (chosen and chosen.far_too_long):
        return _far_too_long(work, asked, typed)
    if chosen and chosen.missing:
        db.session.rollback()  # merging long texts must not hold back who writes
        return _clash(left_or_living(action_id), asked, chosen.mine, chosen=chosen)
    try:
        _demand_same_text(work, asked, typed)
        draft = drafts.keep(work.draft) if work.whole else work.draft
        draft = drafts.save(
            access.actor(), draft.id, asked, copy=_copy(), fields=typed, finished="termine" in request.form
        )
    except Outdated as refusal:
        db.session.rollback()
        now = left_or_living(action_id)
        if isinstance(refusal, drafts.Late) and not wants_part() and typed == asked.of(now.draft.fields):
            return _saved(now, asked)  # the page's own last save overtook its button
        return _clash(now, asked, typed, refusal=refusal)
    return _saved(Work(draft, work.whole), asked)


def _far_too_long(work: Work, asked: Section, typed: Typed) -> BaseResponse:
    """A draft says anything, but no field is a book: the text is given back, with what each field may hold."""
    form = filled(work, typed)
    wrong = forms.far_too_long(form)
    if wants_part():
        return _unsaved("invalid", 422, wrong=wrong)
    version, finished = number(request.form.get("version")), "termine" in request.form
    return _section_page(work, asked, form=form, version=version, finished=finished, status=422)


def _to_write(work: Work) -> Work:
    """A fork that nobody began starts from the version that the page showed."""
    shown = number(request.form.get("base"))
    if work.whole is None or work.kept or shown == work.whole.version.number:
        return work
    read = queries.version(work.id, shown)
    return Work(fork(read), work.whole) if read else work


def _copy() -> drafts.Copy:
    page = request.form.get("page", "")
    return drafts.Copy(
        version=number(request.form.get("version")),
        page=page if page.isascii() and page.isprintable() and len(page) <= 64 else "",
        turn=max(number(request.form.get("turn")), 0),
    )


def _typed(work: Work, asked: Section) -> dict[str, str | list[str]]:
    return asked.of(forms.typed(work.form(request.form), request.form))


def _saved(work: Work, asked: Section) -> BaseResponse:
    version = drafts.revision_of(work.draft, asked)
    added = request.form.get("ajouter", "")
    here = url_for("actions.section", action_id=work.id, section=asked.slug)
    if added in ("milestones", "indicators"):
        return _with_rows(work, asked, added, here, version)
    if wants_part():
        sums = work.form(MultiDict(work.draft.fields)).sums if asked.slug == "cout" else None
        return show("actions/section.html", "actions/_saved.html", at=work.draft.saved_at, version=version, sums=sums)
    if request.form.get("suite") != "continuer":
        return done(url_for("actions.edit", action_id=work.id), _("La section est enregistrée."))
    following = SECTIONS[SECTIONS.index(asked) + 1 :]
    if following:
        drafts.be_present(access.actor(), work.id, following[0])
        return done(url_for("actions.section", action_id=work.id, section=following[0].slug), _("Enregistré."))
    return done(url_for(f"actions.{'publish' if work.whole else 'share'}", action_id=work.id), _("Enregistré."))


def _with_rows(work: Work, asked: Section, added: str, here: str, version: int) -> BaseResponse:
    """The rows typed so far, and one more to fill."""
    more = min(max(number(request.form.get("lignes")), 1) + 1, 10)
    if not wants_part():
        anchor = "actions-milestone-rows" if added == "milestones" else "actions-indicator-rows"
        return done(f"{here}?lignes={more}#{anchor}", _("Enregistré. Une ligne de plus est à remplir."))
    part = "actions/_milestone_rows.html" if added == "milestones" else "actions/_indicator_rows.html"
    form = filled(work, work.draft.fields)
    context = {"form": form, "more": more, "section": asked, "work": work, "version": version, "fresh": True}
    return part_done(part, _("Enregistré. Une ligne de plus est à remplir."), here, **context)


def _clash(
    work: Work, asked: Section, typed: Typed, *, refusal: Outdated | None = None, chosen: Chosen | None = None
) -> BaseResponse:
    """Somebody else saved the section: the page says so at once, a browser gets both texts to merge."""
    mark = work.draft.sections.get(asked.slug, {})
    if wants_part():
        late = isinstance(refusal, drafts.Late)
        return _unsaved("late" if late else "clash", 409, by=mark.get("by"), at=mark.get("at"))
    read = number(request.form.get("lu")) if chosen else drafts.last_of(work.draft, asked, _copy())
    base = None if _shared_meanwhile(work) else drafts.former(work.draft, asked, read)
    return merge_page(
        work,
        asked.names,
        (_begun_from(work) if base is None else base, work.draft.fields, typed),
        chosen=chosen,
        base=work.draft.base,
        read=read,
        to=url_for("actions.section", action_id=work.id, section=asked.slug),
        title=asked.title,
        version=drafts.revision_of(work.draft, asked),
        by=mark.get("by"),
        finished="termine" in request.form,
    )


def _demand_same_text(work: Work, asked: Section, typed: Typed) -> None:
    if _shared_meanwhile(work) and typed != asked.of(work.draft.fields):
        raise Outdated


def _shared_meanwhile(work: Work) -> bool:
    """Whether the page was of a draft that is a fiche now: its revisions say nothing of the fork's."""
    return work.whole is not None and request.form.get("base") == "0"


def _begun_from(work: Work) -> Typed | None:
    """The version that the page was on, of a fork that was published or abandoned since."""
    read = queries.version(work.id, number(request.form.get("base"))) if work.whole and not work.kept else None
    return forms.typed_of(read, work.form) if read else None


def _unsaved(reason: str, status: int, **context: Any) -> Response:
    return kept(render_template(UNSAVED, reason=reason, **context), UNSAVED, status)


@blueprint.post("/actions/<uuid:action_id>/modifier/<section>/presence", endpoint="presence")
@needs(Permission.DRAFT)
@keeps_page(UNSAVED)
def presence(action_id: UUID, section: str) -> BaseResponse:
    """Say that one is here, learn who else is, and when to ask again."""
    asked, work, actor = _section(section), left_or_living(action_id), access.actor()
    if not work.over:
        drafts.be_present(actor, work.id, asked)
    others = drafts.others(actor, work.id, asked)
    if not wants_part():
        return done(url_for("actions.section", action_id=work.id, section=asked.slug))
    delay = NEAR if others else FAR
    part = "actions/_presence.html"
    return show("actions/section.html", part, work=work, section=asked, others=others, delay=delay)


# Abandoning


@blueprint.get("/actions/<uuid:action_id>/abandonner", endpoint="drop")
@needs(Permission.DRAFT)
def drop(action_id: UUID) -> Response:
    """Ask before a text being prepared is thrown away."""
    work = left_or_living(action_id, kept=True)
    return show("actions/drop.html", work=work, draft=work.draft, heading=drafts.title_of(work.draft.fields))


@blueprint.post("/actions/<uuid:action_id>/abandonner", endpoint="drop_post")
@needs(Permission.DRAFT)
def drop_post(action_id: UUID) -> BaseResponse:
    """Throw a text being prepared away."""
    work = left_or_living(action_id, kept=True)
    drafts.drop(access.actor(), work.draft.id)
    if work.whole:
        return done(url_for("dossier.action", action_id=work.id), _("Le texte préparé est abandonné."))
    return done(url_for("actions.new"), _("Le brouillon est abandonné."))
