"""The file of an act: what was adopted, kept as attached files are; another may take its place.

Named outside the seven usual files: bytes and their hash are no part of what ``acts`` records.
"""

from __future__ import annotations

from sqlalchemy import func, select

from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.files import operations as files
from cocon.files.inspection import Examined
from cocon.files.models import Attachment
from cocon.files.shelf import Shelf
from cocon.funding import events, refusals, unproven
from cocon.funding.acts import basis_of, lock
from cocon.funding.models import Act
from cocon.funding.operations import demand_current
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
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
    demand_current(db.session.scalar(select(func.count()).where(Attachment.act_id == locked.id)) or 0, revision)
    if examined.format != FORMAT:
        raise unproven.PdfNeeded
    former = db.session.scalars(
        select(Attachment).where(Attachment.act_id == locked.id, Attachment.withdrawn_at.is_(None))
    ).first()
    if former is not None:
        _replace(former, examined, reason.strip())
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


def _replace(former: Attachment, examined: Examined, reason: str) -> None:
    if former.sha256 == examined.sha256:
        raise unproven.SameDocument
    if not reason:
        raise refusals.StepReasonNeeded
    former.withdrawn_at, former.withdrawal_reason = clock.now(), reason
    db.session.flush()  # else the new row is written before the former one gives its place
