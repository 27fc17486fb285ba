"""The file of an act, or of a financial report received, kept as attached files are; another may take its place.

Named outside the seven usual files: bytes and their hash are no part of what ``acts`` and ``reports`` record.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.files import operations as files
from cocon.files.inspection import Examined
from cocon.files.models import Attachment
from cocon.files.shelf import Shelf
from cocon.funding import events, owed, queries, refusals, reports, undertakings, unproven, unreported
from cocon.funding.acts import basis_of, lock
from cocon.funding.models import Act, Contribution
from cocon.funding.operations import demand_current
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal
from cocon.policy import Permission

FORMAT = "pdf"
TITLE = 200


@operation(Permission.KEEP_ACT)
def attach_document(
    actor: Actor,
    act: Act,
    *,
    name: str,
    examined: Examined,
    shelf: Shelf,
    reason: str = "",
    revision: int | None = None,
) -> events.ActDocumented | events.ActDocumentReplaced:
    """Join its PDF to an act of the actor's partner; the former one, if any, stays with its hash.

    ``revision`` counts the files that the act had. Raises ActWithdrawnAlready, Outdated, PdfNeeded, StepReasonNeeded,
    SameDocument, TooLarge, QuotaReached.
    """
    locked = lock(act)
    if examined.format != FORMAT:
        raise unproven.PdfNeeded
    mine = Attachment.act_id == locked.id
    former = _give_place(mine, examined, reason.strip(), revision, unproven.SameDocument)
    row = files.keep(
        actor,
        shelf,
        title=locked.title[:TITLE],
        visibility=files.SHARED,
        name=name,
        examined=examined,
        act_id=locked.id,
    )
    subject, basis = Subject("act", locked.id), basis_of(locked)
    if former is None:
        return events.ActDocumented(subject=subject, basis=basis, size=row.size, sha256=row.sha256)
    return events.ActDocumentReplaced(
        subject=subject,
        basis=basis,
        reason=reason.strip(),
        size=row.size,
        sha256=row.sha256,
        replaced=former.sha256,
    )


@operation(Permission.ACCOUNT)
def attach_report_document(
    actor: Actor,
    contribution: Contribution,
    *,
    year: int,
    name: str,
    examined: Examined,
    shelf: Shelf,
    reason: str = "",
    revision: int | None = None,
) -> undertakings.ReportDocumented | undertakings.ReportDocumentReplaced:
    """Join its PDF to the report that the actor's partner received on a year of its contribution, as to an act.

    Raises NothingOwed, NotReceived, Outdated, ReportPdfNeeded, StepReasonNeeded, SameReport, TooLarge, QuotaReached.
    """
    queries.lock_envelope(contribution.partner_id, year)
    found = owed.own(contribution.action_id, contribution.partner_id, year)
    if found is None or found.contribution.id != contribution.id:
        raise unreported.NothingOwed
    received = reports.last(contribution.id, year)
    if received is None or received.kind != "received":
        raise unreported.NotReceived
    if examined.format != FORMAT:
        raise unreported.ReportPdfNeeded
    mine = Attachment.report_id == received.id
    former = _give_place(mine, examined, reason.strip(), revision, unreported.SameReport)
    title = str(_("Compte rendu financier de %(year)s, fiche %(code)s", year=year, code=found.code))
    kept = {"title": title, "visibility": files.SHARED, "name": name, "report_id": received.id}
    row = files.keep(actor, shelf, examined=examined, **kept)
    said: dict[str, Any] = {
        "subject": Subject("contribution", contribution.id),
        "about": contribution.action_id,
        "action_code": found.code,
        "year": year,
        "size": row.size,
        "sha256": row.sha256,
    }
    if former is None:
        return undertakings.ReportDocumented(**said)
    return undertakings.ReportDocumentReplaced(**said, reason=reason.strip(), replaced=former.sha256)


def _give_place(
    mine: ColumnElement[bool], examined: Examined, reason: str, revision: int | None, same: type[Refusal]
) -> Attachment | None:
    """The file that stood, which stands no more; ``revision`` counts those that its author read."""
    demand_current(db.session.scalar(select(func.count()).select_from(Attachment).where(mine)) or 0, revision)
    former = db.session.scalars(select(Attachment).where(mine, Attachment.withdrawn_at.is_(None))).first()
    if former is None:
        return None
    if former.sha256 == examined.sha256:
        raise same
    if not reason:
        raise refusals.StepReasonNeeded
    former.withdrawn_at, former.withdrawal_reason = clock.now(), reason
    db.session.flush()  # else the new row is written before the former one gives its place
    return former
