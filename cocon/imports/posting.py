"""The steps of an import of votes, or of payments: upload, columns, check and record; the model files.

Named outside the seven usual files: ``routes`` imports fiches.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, make_response, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as BaseResponse

from cocon.imports import forms, judging, ledger, models_to_fill, operations, reading, refusals, sheets
from cocon.imports.blueprint import blueprint
from cocon.imports.columns import asked
from cocon.imports.models import ImportSheet
from cocon.kernel.language import _, ngettext
from cocon.kernel.money import euros
from cocon.kernel.refusal import Forbidden, Refusal
from cocon.policy import Permission
from cocon.web.access import actor, claim, needs, unhurried
from cocon.web.forms import clean, posted, visible
from cocon.web.pages import done, show

KINDS = {"votes": "votes", "versements": "payments"}


@blueprint.get("/financement/importer", endpoint="steps")
@needs(Permission.RECORD_STEPS)
def upload() -> Response:
    """Choose a file, or go on with one that was sent today."""
    return _upload_page(forms.StepsForm(data={"kind": "payments"}))


@blueprint.post("/financement/importer", endpoint="steps_post")
@needs(Permission.RECORD_STEPS)
@unhurried
def upload_post() -> BaseResponse:
    """Read the file: nothing is recorded of it yet."""
    sent: Any = CombinedMultiDict([request.form, request.files])
    form = forms.StepsForm(sent)
    sound = form.validate()
    if not getattr(form.file.data, "filename", ""):
        form.file.errors = form.file.errors or [str(_("Choisissez un fichier XLSX, ODS ou CSV."))]
        sound = False
    if not sound:
        form.status = 422
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
    name, kind = visible(clean(form.file.data.filename))[:200], form.kind.data
    sheet = sheets.keep(actor(), data, name, table, ledger.guess(table.headers, kind), kind)
    return done(url_for("imports.steps_columns", import_id=sheet.id))


@blueprint.get("/financement/importer/modele-<any(votes,versements):what>.<any(xlsx,ods):form>", endpoint="steps_model")
@needs(Permission.RECORD_STEPS)
def model(what: str, form: str) -> Response:
    """A file to fill in."""
    answer = make_response(models_to_fill.steps(form, KINDS[what]))
    answer.mimetype = models_to_fill.MIMES[form]
    answer.headers["Content-Disposition"] = f'attachment; filename="modele-{what}.{form}"'
    return answer


@blueprint.get("/financement/importer/<uuid:import_id>/colonnes", endpoint="steps_columns")
@needs(Permission.RECORD_STEPS)
def columns(import_id: UUID) -> Response:
    """What each column holds, guessed from the headers."""
    sheet = _sheet(import_id)
    return _columns_page(sheet, forms.ColumnsForm(), sheet.mapping)


@blueprint.post("/financement/importer/<uuid:import_id>/colonnes", endpoint="steps_columns_post")
@needs(Permission.RECORD_STEPS)
def columns_post(import_id: UUID) -> BaseResponse:
    """Keep what the columns hold."""
    sheet, form = _sheet(import_id), posted(forms.ColumnsForm)
    fields, width = ledger.FIELDS[sheet.kind], len(sheet.cells["headers"])
    try:
        needed = [name for name in fields if name != "nature"]
        mapping = forms.mapping_of(request.form, width, fields, needed)
        sheets.remember(actor(), sheet.id, revision=forms.revision_of(form), mapping=mapping)
    except Forbidden:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        chosen = {str(column): request.form.get(f"colonne-{column}", "") for column in range(width)}
        return _columns_page(_sheet(import_id), form, chosen)
    return done(url_for("imports.steps_check", import_id=sheet.id))


@blueprint.get("/financement/importer/<uuid:import_id>/verifier", endpoint="steps_check")
@needs(Permission.RECORD_STEPS)
def check(import_id: UUID) -> Response:
    """Every line, and every fault, before anything is recorded."""
    return _check_page(_sheet(import_id), forms.LinesForm())


@blueprint.post("/financement/importer/<uuid:import_id>/verifier", endpoint="steps_check_post")
@needs(Permission.RECORD_STEPS)
def check_post(import_id: UUID) -> BaseResponse:
    """Record every line, or none."""
    sheet, form = _sheet(import_id), posted(forms.LinesForm)
    judged = _judged(sheet)
    try:
        if sheet.draft_ids:
            raise refusals.AlreadyRecorded
        if faults := sum(len(one.faults) for one in judged):
            raise refusals.StepsWrong(faults)
        lines = [one.posted for one in judged if one.posted is not None]
        if sheet.kind == "votes" and lines:
            lines = forms.seen_in(request.form.get("seen", ""), lines)
        event = operations.record_steps(actor(), sheet, lines=lines, revision=forms.revision_of(form))
    except Forbidden:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return _check_page(_sheet(import_id), form)
    said = ngettext(
        "%(num)s ligne est enregistrée, pour %(amount)s.",
        "%(num)s lignes sont enregistrées, pour %(amount)s.",
        event.count,
        amount=euros(event.amount),
    )
    return done(url_for("imports.steps"), said)


def _judged(sheet: ImportSheet) -> list[ledger.Judged]:
    rows = [(int(number), list(cells)) for number, cells in sheet.cells["rows"]]
    return ledger.judge(rows, sheet.mapping, sheet.kind, ledger.books(actor()))


def _upload_page(form: forms.StepsForm) -> Response:
    found = sheets.of_person(actor(), *sheets.MONEY)
    return show("imports/steps.html", status=form.status, form=form, sheets=found, models=KINDS)


def _columns_page(sheet: ImportSheet, form: forms.ColumnsForm, mapping: dict[str, str]) -> Response:
    return show(
        "imports/steps_columns.html",
        status=form.status,
        sheet=sheet,
        form=form,
        columns=asked(sheet),
        mapping=mapping,
        fields=ledger.FIELDS[sheet.kind],
    )


def _check_page(sheet: ImportSheet, form: forms.LinesForm) -> Response:
    lines = [] if sheet.draft_ids else _judged(sheet)
    faults, rest = judging.told([fault for one in lines for fault in one.faults])
    return show(
        "imports/steps_check.html",
        status=form.status,
        sheet=sheet,
        form=form,
        lines=lines,
        faults=faults,
        rest=rest,
        fields=ledger.FIELDS[sheet.kind],
        replacing=sheet.kind == "votes",
        total=sum(one.posted.amount for one in lines if one.posted),
    )


def _sheet(import_id: UUID) -> ImportSheet:
    sheet = sheets.find(actor(), str(import_id), *sheets.MONEY)
    if sheet is None:
        abort(404)
    return sheet
