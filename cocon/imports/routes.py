"""The steps of an import: upload, columns, check, drafts; the model files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, abort, make_response, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions.drafts import title_of
from cocon.imports import forms, judging, models_to_fill, operations, reading, refusals, sheets
from cocon.imports.blueprint import blueprint
from cocon.imports.columns import asked
from cocon.imports.models import ImportSheet
from cocon.kernel.folding import flat
from cocon.kernel.language import _, ngettext
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.policy import Permission, demand
from cocon.web.access import actor, claim, needs, unhurried
from cocon.web.forms import clean, posted, visible
from cocon.web.pages import done, show


@blueprint.get("/actions/importer", endpoint="upload")
@needs(Permission.DRAFT)
def upload() -> Response:
    """Choose a file, or go on with one that was sent today."""
    return _upload_page(forms.UploadForm())


@blueprint.post("/actions/importer", endpoint="upload_post")
@needs(Permission.DRAFT)
@unhurried
def upload_post() -> BaseResponse:
    """Read the file: nothing is made of it yet."""
    sent: Any = CombinedMultiDict([request.form, request.files])
    form = forms.UploadForm(sent)
    if not form.validate() or not getattr(form.file.data, "filename", ""):
        form.status = 422
        form.file.errors = form.file.errors or [str(_("Choisissez un fichier XLSX, ODS ou CSV."))]
        return _upload_page(form)
    data = form.file.data.read(reading.MOST_BYTES + 1)
    try:
        table = reading.read(data)
    except refusals.Unreadable as refusal:
        form.refuse(refusal)
        form.status = 422
        return _upload_page(form)
    replayed = claim()
    form.file.data.close()
    if replayed is not None:
        return replayed
    name = visible(clean(form.file.data.filename))[:200]
    sheet = sheets.keep(actor(), data, name, table, judging.guess(table.headers, sheets.frame()))
    return done(url_for("imports.columns", sheet_id=sheet.id))


def _upload_page(form: forms.UploadForm) -> Response:
    return show("imports/upload.html", status=form.status, form=form, sheets=sheets.of_person(actor()))


@blueprint.get("/actions/importer/modele.<any(xlsx,ods):form>", endpoint="model")
@needs(Permission.DRAFT)
def model(form: str) -> Response:
    """A file to fill in."""
    answer = make_response(models_to_fill.write(form, sheets.frame()))
    answer.mimetype = models_to_fill.MIMES[form]
    answer.headers["Content-Disposition"] = f'attachment; filename="modele-fiches.{form}"'
    return answer


@blueprint.post("/actions/importer/<uuid:sheet_id>/supprimer", endpoint="drop_post")
@needs(Permission.DRAFT)
def drop_post(sheet_id: UUID) -> BaseResponse:
    """Delete a file that was sent."""
    sheets.drop(actor(), str(sheet_id))
    return done(url_for("imports.upload"), _("Le fichier envoyé est supprimé. Les brouillons déjà créés restent."))


@blueprint.get("/actions/importer/<uuid:sheet_id>/colonnes", endpoint="columns")
@needs(Permission.DRAFT)
def columns(sheet_id: UUID) -> Response:
    """What each column holds, guessed from the headers."""
    sheet = _sheet(sheet_id)
    return _columns_page(sheet, forms.ColumnsForm(), sheet.mapping)


@blueprint.post("/actions/importer/<uuid:sheet_id>/colonnes", endpoint="columns_post")
@needs(Permission.DRAFT)
def columns_post(sheet_id: UUID) -> BaseResponse:
    """Keep what the columns hold."""
    sheet, form = _sheet(sheet_id), posted(forms.ColumnsForm)
    fields, width = sheets.frame().fields, len(sheet.cells["headers"])
    try:
        mapping = forms.mapping_of(request.form, width, fields)
        sheets.remember(actor(), sheet.id, revision=forms.revision_of(form), mapping=mapping)
    except Forbidden:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        chosen = {str(column): request.form.get(f"colonne-{column}", "") for column in range(width)}
        return _columns_page(_sheet(sheet_id), form, chosen)
    return done(url_for("imports.check", sheet_id=sheet.id))


def _columns_page(sheet: ImportSheet, form: forms.ColumnsForm, mapping: dict[str, str]) -> Response:
    return show(
        "imports/columns.html",
        status=form.status,
        sheet=sheet,
        form=form,
        columns=asked(sheet),
        mapping=mapping,
        fields=sheets.frame().fields,
    )


@dataclass(frozen=True)
class Checked:
    """A line as the check page shows it: fit or not, and the fiche that it may repeat."""

    judged: judging.Judged
    known: sheets.Known | None
    twin: int | None


@blueprint.get("/actions/importer/<uuid:sheet_id>/verifier", endpoint="check")
@needs(Permission.DRAFT)
def check(sheet_id: UUID) -> Response:
    """Every line, every fault, every likeness to a fiche that exists."""
    return _check_page(_sheet(sheet_id), forms.LinesForm(), set())


@blueprint.post("/actions/importer/<uuid:sheet_id>/verifier", endpoint="check_post")
@needs(Permission.DRAFT)
def check_post(sheet_id: UUID) -> BaseResponse:
    """Make a draft of each line that is not left out: all of them, or none."""
    sheet, form = _sheet(sheet_id), posted(forms.LinesForm)
    skipped = forms.left_out(request.form.getlist("laisser"))
    judged = _judged(sheet)
    try:
        lines = [one for one in judged if one.line not in skipped]
        faults = sum(len(one.faults) for one in lines)
        if faults:
            raise refusals.StillWrong(faults)
        made = sheets.make_drafts(
            actor(), sheet.id, revision=forms.revision_of(form), lines=[one.fields for one in lines]
        )
    except Forbidden:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _check_page(_sheet(sheet_id), form, skipped, judged)
    said = ngettext("%(num)s brouillon est créé.", "%(num)s brouillons sont créés.", made)
    return done(url_for("imports.fiches", sheet_id=sheet.id), said)


def _judged(sheet: ImportSheet) -> list[judging.Judged]:
    """The lines but for the model's examples."""
    rows = [(int(number), list(cells)) for number, cells in sheet.cells["rows"]]
    found = judging.judge(rows, sheet.mapping, sheets.frame(), actor().partner_key or "")
    return [one for one in found if not one.title.startswith(models_to_fill.EXAMPLE)]


def _check_page(
    sheet: ImportSheet, form: forms.LinesForm, skipped: set[int], judged: Sequence[judging.Judged] | None = None
) -> Response:
    known, seen = sheets.known_titles(), dict[str, int]()
    lines = []
    for one in _judged(sheet) if judged is None else judged:
        title = flat(one.title)
        lines.append(Checked(one, known.get(title), seen.get(title)))
        seen.setdefault(title, one.line)
    faults, rest = judging.told(
        [fault for one in lines if one.judged.line not in skipped for fault in one.judged.faults]
    )
    return show(
        "imports/check.html",
        status=form.status,
        sheet=sheet,
        form=form,
        lines=lines,
        faults=faults,
        rest=rest,
        skipped=skipped,
    )


@blueprint.get("/actions/importer/<uuid:sheet_id>/fiches", endpoint="fiches")
@needs(Permission.DRAFT)
def fiches(sheet_id: UUID) -> Response:
    """The drafts made, and the act of sharing them all."""
    return _fiches_page(_sheet(sheet_id), forms.LinesForm())


@blueprint.post("/actions/importer/<uuid:sheet_id>/fiches", endpoint="fiches_post")
@needs(Permission.SHARE)
def fiches_post(sheet_id: UUID) -> BaseResponse:
    """Share all the drafts in one act."""
    sheet, form = _sheet(sheet_id), posted(forms.LinesForm)
    demand(actor(), Permission.SHARE, sheet)
    if form.version.data != str(sheet.revision):
        form.refuse(Outdated())
        return _fiches_page(sheet, form)
    try:
        event = operations.share_imported(actor(), sheet)
    except Forbidden:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _fiches_page(_sheet(sheet_id), form)
    said = ngettext(
        "%(num)s fiche est partagée avec tous les partenaires.",
        "%(num)s fiches sont partagées avec tous les partenaires.",
        event.count,
    )
    return done(url_for("actions.index", partenaire=actor().partner_key), said)


def _fiches_page(sheet: ImportSheet, form: forms.LinesForm) -> Response:
    frame = sheets.frame()
    made = [
        (draft, visible(title_of(draft.fields)), judging.lacking(draft.fields, frame))
        for draft in sheets.drafts_of(sheet)
    ]
    return show("imports/fiches.html", status=form.status, sheet=sheet, form=form, drafts=made)


def _sheet(sheet_id: UUID) -> ImportSheet:
    sheet = sheets.find(actor(), str(sheet_id))
    if sheet is None:
        abort(404)
    return sheet
