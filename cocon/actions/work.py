"""A text being written, whatever the page: whose it is, its questions, two of them made one.

Named outside the seven usual files: the two modules of pages that write share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, abort, request
from werkzeug.datastructures import MultiDict

from cocon.actions import drafts, forms, queries, sections
from cocon.actions.models import Draft
from cocon.actions.sections import SECTIONS, Typed
from cocon.contracts.queries import demand_open, objectives, outline
from cocon.contracts.refusals import WindowClosed
from cocon.kernel.db import db
from cocon.kernel.ids import new_token
from cocon.partners.queries import partners
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.pages import show


@dataclass(frozen=True)
class Work:
    """What is being written: a draft, and for a fork the fiche it will be the next version of."""

    draft: Draft
    whole: queries.Whole | None = None

    @property
    def id(self) -> str:
        """The identifier in addresses: that of the fiche, to come or shared."""
        return self.whole.action.id if self.whole else self.draft.id

    @property
    def fiche(self) -> queries.Whole:
        """The fiche that is revised, or 404."""
        if self.whole is None:
            abort(404)
        return self.whole

    @property
    def kept(self) -> bool:
        """Whether somebody saved anything yet."""
        return self.draft in db.session

    @property
    def form(self) -> type[forms.FicheForm]:
        """The questions asked."""
        years = outline().years
        return forms.fork_form(years) if self.whole else forms.draft_form(years)

    @property
    def names(self) -> list[str]:
        """The questions, in the order of the sections."""
        asked = {sections.question(field.name) for field in self.form()}
        return [name for section in SECTIONS for name in section.names if name in asked]

    @property
    def outdated(self) -> bool:
        """Whether another version was published since the fork was begun."""
        return self.whole is not None and self.draft.base != self.whole.version.number


def work_on(action_id: UUID, *, kept: bool = False) -> Work:
    """What the actor may write under this address, or 404."""
    actor = access.actor()
    draft = drafts.find(actor, str(action_id))
    if draft is not None and draft.action_id is None:
        demand(actor, Permission.READ_DRAFT, draft)
        return Work(draft)
    whole = queries.whole(str(action_id))
    if whole is None or (kept and draft is None):
        abort(404)
    demand(actor, Permission.REVISE, whole.action)
    return Work(draft or fork(whole), whole)


def fork(whole: queries.Whole) -> Draft:
    """The next version of a fiche, that nobody began."""
    typed = forms.typed_of(whole, forms.fork_form(outline().years))
    return drafts.new(access.actor(), typed, whole.action.id, whole.version.number)


def filled(work: Work, fields: Typed) -> Any:
    """The form that shows a text, with its lists of partners and places."""
    form = work.form(MultiDict(fields))
    form.offer(partners())
    if isinstance(form, forms.DraftForm):
        form.offer_places(outline(), objectives())
    return form


def number(text: str | None) -> int:
    """A number that a page sent; -1 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def closed(activity: str) -> WindowClosed | None:
    """Why partners may not act for now, if so."""
    try:
        demand_open(activity)
    except WindowClosed as refusal:
        return refusal
    return None


def choose(work: Work, names: list[str], theirs: Typed) -> dict[str, str | list[str]]:
    """What the merge page asks to keep: for each question mine, theirs, or what was written there."""
    sent = request.form
    written = forms.typed(work.form(sent), sent)
    mine = MultiDict(
        (name.removeprefix("mien-"), value) for name, value in sent.items(multi=True) if name.startswith("mien-")
    )
    own = forms.typed(work.form(mine), mine)
    sources: dict[str, Typed] = {"mien": own, "autre": theirs}
    found: dict[str, str | list[str]] = {}
    for name in names:
        found |= sections.answer(sources.get(sent.get(f"choix-{name}", ""), written), name)
    return found


def merge_page(
    work: Work, merged: sections.Merged, *, base: int | None, theirs: Typed, mine: Typed, **context: Any
) -> Response:
    """Both texts, question by question, and a form that makes one of them."""
    form = filled(work, {**merged.fields, **merged.combined})
    return show(
        "actions/merge.html",
        status=context.pop("status", 409),
        work=work,
        merged=merged,
        nonce=new_token(),
        theirs=filled(work, theirs),
        mine=filled(work, mine),
        typed=mine,
        form=form,
        label=forms.label,
        readable=forms.readable,
        answer=sections.answer,
        texts=sections.TEXTS,
        taken=", ".join(forms.label(form, name) for name in merged.taken),
        base=base,
        **context,
    )
