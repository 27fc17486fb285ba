"""A text being written, whatever the page: whose it is, its questions, two of them made one.

Named outside the seven usual files: the two modules of pages that write share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, abort, request
from werkzeug.datastructures import MultiDict

from cocon.actions import drafts, forms, merging, queries, refusals, sections
from cocon.actions.merging import Fields, Twice
from cocon.actions.models import Draft
from cocon.actions.sections import SECTIONS, Section, Typed
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

    def parts(self, names: Iterable[str]) -> list[str]:
        """The questions asked among these, amounts one by one."""
        fields: dict[str, list[str]] = {}
        for field in self.form():
            fields.setdefault(sections.question(field.name), []).append(field.name)
        asked = [name for name in names if name in fields]
        return [part for name in asked for part in (fields[name] if name in sections.AMOUNTS else [name])]

    @property
    def outdated(self) -> bool:
        """Whether another version was published since the fork was begun."""
        return self.whole is not None and self.draft.base != self.whole.version.number

    @property
    def over(self) -> refusals.FicheOver | None:
        """Why nothing more is saved: the fiche was withdrawn or merged meanwhile; None while it lives."""
        if self.whole is None or self.whole.action.alive:
            return None
        action = self.whole.action
        return refusals.FicheOver(action.code, merged=action.maturity == "merged")


def work_on(action_id: UUID, *, kept: bool = False) -> Work:
    """What the actor may write under this address, or 404; raises FicheOver for a text left behind."""
    work = left_or_living(action_id, kept=kept)
    if work.over:
        raise work.over
    return work


def left_or_living(action_id: UUID, *, kept: bool = False, sent: bool = False) -> Work:
    """The same, or what the actor's partner was writing when the fiche was withdrawn or merged: kept, or just sent."""
    actor = access.actor()
    draft = drafts.find(actor, str(action_id))
    if draft is not None and draft.action_id is None:
        demand(actor, Permission.READ_DRAFT, draft)
        return Work(draft)
    whole = queries.whole(str(action_id))
    if whole is None or (kept and draft is None):
        abort(404)
    left = not whole.action.alive and (sent or draft is not None)
    demand(actor, Permission.READ_DRAFT if left else Permission.REVISE, whole.action)
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


@dataclass(frozen=True)
class Chosen:
    """What a merge page sent: the text that it makes, what was not chosen, the text of whoever merges, as it was."""

    fields: Fields
    missing: Sequence[str]
    mine: Fields
    written: Fields
    choices: Mapping[str, str]

    @property
    def far_too_long(self) -> bool:
        """Whether some text sent is longer than a draft keeps: nothing is merged then."""
        return any(map(forms.is_far_too_long, (self.fields, self.mine, self.written)))


def choose(work: Work, names: Sequence[str], theirs: Typed) -> Chosen:
    """What the merge page asks to keep: for each question mine, theirs, or what was written there."""
    sent = request.form
    written = forms.typed(work.form(sent), sent)
    prefixed = [(name.removeprefix("mien-"), value) for name, value in sent.items(multi=True) if name[:5] == "mien-"]
    own = forms.typed(work.form(MultiDict(prefixed)), MultiDict(prefixed))
    shown = {part for name, _value in prefixed for part in (name, sections.question(name))}
    filled_in = {part for name in sent for part in (name, sections.question(name))}
    choices = {name: sent.get(f"choix-{name}", "") for name in work.parts(names)}
    fields: Fields = {}
    mine: Fields = {}
    missing = []
    for name, choice in choices.items():
        sources: dict[str, Typed] = {"autre": theirs}
        sources |= {"mien": own} if name in shown or f"vide-{name}" in sent else {}
        sources |= {"deux": written} if name in filled_in or f"rien-{name}" in sent else {}
        missing += [name] if choice not in sources else []
        fields |= sections.answer(sources.get(choice, written), name)
        mine |= sections.answer(sources.get("mien", written), name)
    return Chosen(fields, missing, mine, written, choices)


@dataclass(frozen=True)
class Told:
    """A question and its answer, to be read and copied; whether it differs from the published text."""

    name: str
    label: str
    text: str
    changed: bool = True


def left_page(work: Work, section: Section | None = None, sent: Typed | None = None) -> Response:
    """What was being written when the fiche ended, read only; first what was just sent, when something was."""
    return show(
        "actions/left.html",
        status=409 if section else 200,
        work=work,
        draft=work.draft,
        action=work.fiche.action,
        unsaved=_told(work, sent or {}, section.names) if section else [],
        parts=list(_left_parts(work)) if work.kept else [],
    )


def _left_parts(work: Work) -> Iterator[tuple[Section, list[Told]]]:
    """The sections in which something differs from the published text, with all that they say."""
    for section in SECTIONS:
        told = _told(work, work.draft.fields, section.names)
        if any(one.changed for one in told):
            yield section, told


def _told(work: Work, fields: Typed, names: Sequence[str]) -> list[Told]:
    form, published = filled(work, fields), forms.typed_of(work.fiche, work.form)
    found = [
        Told(
            name,
            forms.label(form, name),
            forms.readable(form, name),
            sections.answer(fields, name) != sections.answer(published, name),
        )
        for name in names
        if name in work.names
    ]
    return [one for one in found if one.text or one.changed]


def merge_page(
    work: Work,
    names: Sequence[str],
    texts: tuple[Typed | None, Typed, Typed],
    *,
    chosen: Chosen | None = None,
    status: int = 409,
    **context: Any,
) -> Response:
    """Both texts, question by question, and a form that makes one of them.

    ``texts`` are the one that both come from, if it is known, theirs and mine; ``chosen`` is what was sent, when
    something was left to choose.
    """
    merged = merging.merge(*texts, work.parts(names))
    typed = chosen.written if chosen else {}
    edited = {name: typed[name] for name in merged.clashes if name in sections.TEXTS and name in request.form and typed}
    form = filled(work, {**merged.fields, **edited})
    return show(
        "actions/merge.html",
        status=422 if chosen else status,
        work=work,
        merged=merged,
        settled=[name for name in work.parts(names) if name not in merged.clashes],
        twice={name: [_told_twice(work, name, one) for one in places] for name, places in merged.twice.items()},
        choices=chosen.choices if chosen else {},
        missing=chosen.missing if chosen else (),
        nonce=new_token(),
        theirs=filled(work, texts[1]),
        mine=filled(work, texts[2]),
        typed=texts[2],
        blind=texts[0] is None,
        form=form,
        label=forms.label,
        readable=forms.readable,
        answer=sections.answer,
        texts=sections.TEXTS,
        lists=merging.ROWS,
        taken=", ".join(forms.label(form, name) for name in merged.taken),
        **context,
    )


def _told_twice(work: Work, name: str, place: Twice) -> tuple[str, str]:
    """What both sides say in one place, as people read it."""
    if name not in merging.ROWS:
        return "\n".join(place.theirs), "\n".join(place.mine)
    rows = (work.form(MultiDict(merging.fields_of(name, said))) for said in (place.theirs, place.mine))
    theirs, mine = (forms.readable(form, name) for form in rows)
    return theirs, mine
