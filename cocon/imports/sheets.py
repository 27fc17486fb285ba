"""What was uploaded, between the steps of an import: for its author alone, for a day.

Named outside the seven usual files: the table is free (like drafts), so its writes are no operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions.models import Action, Draft
from cocon.contracts.queries import objectives, outline
from cocon.funding.queries import DEAD
from cocon.imports import refusals
from cocon.imports.judging import Frame
from cocon.imports.models import ImportSheet
from cocon.imports.reading import Table
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.folding import flat
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.partners.queries import partners
from cocon.policy import Permission, demand

KEPT = timedelta(days=1)
#: Imports in course of one person; an older one makes room for the next.
MOST = 5
#: What a spreadsheet may hold.
FICHES, MONEY = "fiches", ("votes", "payments")


def frame() -> Frame:
    """The contract that lines are judged against."""
    return Frame(outline(), objectives(), partners())


def keep(
    actor: Actor, data: bytes, filename: str, table: Table, mapping: Mapping[str, str], kind: str = FICHES
) -> ImportSheet:
    """Keep what was read, and sweep what is older than a day; raises Forbidden."""
    begin_write()
    demand(actor, Permission.DRAFT)
    if actor.partner_id is None or actor.person_id is None:
        raise Forbidden
    _sweep()
    for old in of_person(actor, *([kind] if kind == FICHES else MONEY))[MOST - 1 :]:
        db.session.delete(old)
    sheet = ImportSheet(
        id=new_id(),
        partner_id=actor.partner_id,
        person_id=actor.person_id,
        revision=1,
        kind=kind,
        uploaded_at=clock.now(),
        filename=filename,
        digest=sha256(data).hexdigest(),
        cells={"headers": table.headers, "rows": table.rows, "notes": [str(note) for note in table.notes]},
        mapping=dict(mapping),
        draft_ids=[],
    )
    db.session.add(sheet)
    db.session.commit()
    return sheet


def sweep() -> int:
    """Forget what was uploaded more than a day ago; the drafts made of it stay."""
    begin_write()
    swept = _sweep()
    db.session.commit()
    return swept


def _sweep() -> int:
    old = db.session.scalars(select(ImportSheet).where(ImportSheet.uploaded_at < clock.now() - KEPT)).all()
    for sheet in old:
        db.session.delete(sheet)
    db.session.flush()
    return len(old)


def of_person(actor: Actor, *kinds: str) -> Sequence[ImportSheet]:
    """What this person uploaded for this partner in the last day, fiches unless told, the latest first."""
    return db.session.scalars(
        select(ImportSheet)
        .where(
            ImportSheet.person_id == actor.person_id,
            ImportSheet.partner_id == actor.partner_id,
            ImportSheet.kind.in_(kinds or (FICHES,)),
            ImportSheet.uploaded_at >= clock.now() - KEPT,
        )
        .order_by(ImportSheet.uploaded_at.desc(), ImportSheet.id.desc())
    ).all()


def find(actor: Actor, sheet_id: str, *kinds: str) -> ImportSheet | None:
    """One of them; those of others do not exist for the actor."""
    return next((sheet for sheet in of_person(actor, *kinds) if sheet.id == sheet_id), None)


def remember(actor: Actor, sheet_id: str, *, revision: int, mapping: Mapping[str, str]) -> None:
    """Keep what the columns mean; raises Forbidden, Outdated, AlreadyMade."""
    sheet = _held(actor, sheet_id, revision)
    sheet.mapping = dict(mapping)
    sheet.revision += 1
    db.session.commit()


def make_drafts(actor: Actor, sheet_id: str, *, revision: int, lines: Sequence[Mapping[str, Any]]) -> int:
    """Make a draft of each line, all of them or none; raises Forbidden, Outdated, AlreadyMade, NothingToImport."""
    if not lines:
        raise refusals.NothingToImport
    sheet = _held(actor, sheet_id, revision)
    try:
        made = [drafts.hand_over(sheet.partner_id, sheet.person_id, one) for one in lines]
        sheet.draft_ids = [draft.id for draft in made]
        sheet.revision += 1
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    return len(made)


def drafts_of(sheet: ImportSheet) -> Sequence[Draft]:
    """The drafts made of a spreadsheet that are still drafts, in the order of its lines."""
    found = {
        draft.id: draft
        for draft in db.session.scalars(
            select(Draft).where(Draft.id.in_(sheet.draft_ids), Draft.partner_id == sheet.partner_id)
        )
    }
    return [found[draft_id] for draft_id in sheet.draft_ids if draft_id in found]


@dataclass(frozen=True)
class Known:
    """A fiche in force whose title is that of a line."""

    id: str
    code: str
    title: str


def known_titles() -> dict[str, Known]:
    """The fiches in force by their folded titles."""
    rows = db.session.execute(select(Action.id, Action.code, Action.title).where(Action.maturity.not_in(DEAD)))
    return {flat(row.title): Known(*row) for row in rows}


def drop(actor: Actor, sheet_id: str) -> None:
    """Forget what was uploaded; the drafts made of it stay; raises Forbidden."""
    db.session.delete(_own(actor, sheet_id))
    db.session.commit()


def _held(actor: Actor, sheet_id: str, revision: int) -> ImportSheet:
    sheet = _own(actor, sheet_id)
    if sheet.draft_ids:
        raise refusals.AlreadyMade
    if sheet.revision != revision:
        raise Outdated
    return sheet


def _own(actor: Actor, sheet_id: str) -> ImportSheet:
    begin_write()
    demand(actor, Permission.DRAFT)
    sheet = db.session.scalars(
        select(ImportSheet)
        .where(ImportSheet.id == sheet_id, ImportSheet.person_id == actor.person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if sheet is None or sheet.partner_id != actor.partner_id:
        raise Forbidden
    return sheet
