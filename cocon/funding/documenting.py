"""The pages of an act that change it after it was recorded: its file, its correction; how my organisation numbers.

Named outside the seven usual files: with the register it would make one file of two subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as BaseResponse

from cocon.audit import queries as log
from cocon.audit import trail
from cocon.config import Config
from cocon.files import queries as files
from cocon.files import serving
from cocon.files.scanning import shelf_of
from cocon.files.shelf import Shelf
from cocon.files.words import weight
from cocon.funding import acts, correcting, documents, proofs
from cocon.funding.act_forms import ActExampleForm, ActFileForm, CorrectionForm
from cocon.funding.advancing import legal
from cocon.funding.blueprint import blueprint
from cocon.funding.models import Act
from cocon.funding.words import AUTHORITIES, hint
from cocon.kernel.language import _
from cocon.partners import queries as partners
from cocon.partners.models import Partner
from cocon.policy import Permission, demand
from cocon.web import access
from cocon.web.access import needs, receives, unhurried
from cocon.web.forms import posted
from cocon.web.pages import done, show

#: What a request carries besides the file.
AROUND = 256 * 1024


def config() -> Config:
    """Of the application."""
    config: Config = current_app.extensions["cocon"]
    return config


def largest_request() -> int:
    """Twice what a file may weigh: one that is too heavy is still answered with the form."""
    return 2 * config().file_largest + AROUND


@dataclass(frozen=True)
class Corrections:
    """What was corrected of an act, before and after, with why; ``next`` is the entry after which more follow."""

    lines: Sequence[trail.Told] = ()
    next: int | None = None


def sent_file() -> ActFileForm:
    """The form with the file of the request, which is read up to what a file may weigh."""
    sent: Any = CombinedMultiDict([request.files, request.form])
    form = ActFileForm(sent)
    form.file.largest = shelf_of(config()).largest
    return form


def room(shelf: Shelf, partner_id: str) -> dict[str, str]:
    """What a file may weigh, what a partner's may together, and what is left of it."""
    left = max(shelf.quota - files.used(partner_id), 0)
    return {"largest": weight(shelf.largest), "quota": weight(shelf.quota), "left": weight(left)}


def corrections(act: Act, after: int | None = None) -> Corrections:
    """A page of them, the oldest first."""
    if act.rev == 1:
        return Corrections()
    page = log.about(access.actor(), act.id, "funding.act-corrected", after)
    lines = trail.told(access.actor(), page.entries, {}, {})
    return Corrections(lines, lines[-1].seq if page.more else None)


@blueprint.get("/actes/<uuid:act_id>/fichier", endpoint="act_file")
@needs(Permission.KEEP_ACT)
def file(act_id: UUID) -> Response:
    """Ask for the PDF of an act of my own organisation."""
    return _file_page(_own(act_id)[0], ActFileForm())


@blueprint.post("/actes/<uuid:act_id>/fichier", endpoint="act_file_post")
@needs(Permission.KEEP_ACT)
@receives(largest_request)
@unhurried
def file_post(act_id: UUID) -> BaseResponse:
    """Join it. It is examined before the write begins, so that nobody waits for it."""
    act, shelf, form = _own(act_id)[0], shelf_of(config()), sent_file()
    if form.validate():
        replayed = access.claim()
        if replayed is not None:
            return replayed
    if form.carry_out(documents.attach_document, access.actor(), act, shelf=shelf) is None:
        return _file_page(_own(act_id)[0], form, 413 if form.file.too_large else form.status)
    said = _("Le PDF est joint. Il sera lisible une fois contrôlé.") if shelf.scanned else _("Le PDF est joint.")
    return done(url_for("funding.act", act_id=act.id, _anchor="fichier"), said)


@blueprint.get("/actes/<uuid:act_id>/fichiers/<uuid:file_id>", endpoint="act_download")
@needs(Permission.READ)
def download(act_id: UUID, file_id: UUID) -> Response:
    """The PDF of an act."""
    found = next((one.attachment for one in files.of_act(str(act_id)) if one.attachment.id == str(file_id)), None)
    if found is None:
        abort(404)
    serving.demand_readable(found, access.actor())
    return serving.sent(found, shelf_of(config()))


@blueprint.get("/actes/<uuid:act_id>/corriger", endpoint="correct_act")
@needs(Permission.KEEP_ACT)
def correct(act_id: UUID) -> Response:
    """Ask what was mistyped of an act of my own organisation, and why."""
    act, partner = _own(act_id)
    return _correction_page(act, partner, CorrectionForm(obj=act))


@blueprint.post("/actes/<uuid:act_id>/corriger", endpoint="correct_act_post")
@needs(Permission.KEEP_ACT)
def correct_post(act_id: UUID) -> BaseResponse:
    """Correct it."""
    (act, _partner), form = _own(act_id), posted(CorrectionForm)
    if form.carry_out_on(act.rev, correcting.correct_act, access.actor(), act) is None:
        return _correction_page(*_own(act_id), form)
    return done(url_for("funding.act", act_id=act.id, _anchor="corrections"), _("L’acte est corrigé."))


@blueprint.get("/actes/numerotation", endpoint="act_example")
@needs(Permission.ORGANISE)
def example() -> Response:
    """Ask how my organisation numbers its acts."""
    mine = _mine()
    return _example_page(mine, ActExampleForm(data={"example": mine.act_example}))


@blueprint.post("/actes/numerotation", endpoint="act_example_post")
@needs(Permission.ORGANISE)
def example_post() -> BaseResponse:
    """Keep the example."""
    mine, form = _mine(), posted(ActExampleForm)
    if form.carry_out_on(mine.rev, correcting.set_act_example, access.actor(), mine) is None:
        return _example_page(_mine(), form)
    return done(url_for("funding.acts", partenaire=mine.key), _("L’exemple de numéro est enregistré."))


def _mine() -> Partner:
    partner = partners.partner_by_key(access.actor().partner_key or "")
    if partner is None:
        abort(404)
    demand(access.actor(), Permission.ORGANISE, partner)
    return partner


def _own(act_id: UUID) -> tuple[Act, Partner]:
    found = proofs.act(str(act_id))
    if found is None:
        abort(404)
    demand(access.actor(), Permission.KEEP_ACT, found[0])
    return found


def _file_page(act: Act, form: ActFileForm, status: int = 200) -> Response:
    shelf: Shelf = shelf_of(config())
    had = files.of_act(act.id)
    return show(
        "funding/act_file.html",
        status=status,
        form=form,
        act=act,
        legal=legal,
        revision=len(had),
        replaced=next((one.attachment for one in had if one.attachment.alive), None),
        **room(shelf, act.partner_id),
    )


def _correction_page(act: Act, partner: Partner, form: CorrectionForm) -> Response:
    return show(
        "funding/correct_act.html",
        status=form.status,
        form=form,
        act=act,
        legal=legal,
        pattern=hint(partner.key, partner.act_example),
        sent_to_prefect=any(getattr(act, name) for name in acts.FOLLOWING) or partner.kind in (None, *AUTHORITIES),
    )


def _example_page(partner: Partner, form: ActExampleForm) -> Response:
    return show("funding/act_example.html", status=form.status, form=form, partner=partner)
