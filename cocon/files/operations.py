"""Attaching, withdrawing, and what the antivirus says."""

from __future__ import annotations

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import demand_open
from cocon.files import events, queries, refusals
from cocon.files.inspection import Examined, safe_name
from cocon.files.models import Attachment
from cocon.files.shelf import Shelf
from cocon.files.words import weight
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Forbidden
from cocon.policy import OFFICE, Permission

INTERNAL, SHARED = "internal", "partners"
QUARANTINE, UNSCANNED, CLEAN, REFUSED = "quarantine", "unscanned", "clean", "refused"


@operation(Permission.ATTACH)
def attach_file(
    actor: Actor, action: Action, *, title: str, visibility: str | None, name: str, examined: Examined, shelf: Shelf
) -> events.FileAttached:
    """Join a file to a fiche: its bytes are on the disk before its row is written.

    Raises WindowClosed (partners only), TitleNeeded, AudienceNeeded, TooLarge, QuotaReached.
    """
    if actor.role not in OFFICE.split():
        demand_open("discussing")
    if not title.strip():
        raise refusals.TitleNeeded
    if visibility not in (INTERNAL, SHARED):
        raise refusals.AudienceNeeded
    row = keep(actor, shelf, title=title, visibility=visibility, name=name, examined=examined, action_id=action.id)
    return events.FileAttached(
        subject=Subject("attachment", row.id),
        about=action.id,
        audience=actor.partner_key if visibility == INTERNAL else None,
        action_code=action.code,
        version=action.version,
        visibility=visibility,
        format=row.format,
        size=row.size,
        sha256=row.sha256,
    )


def keep(
    actor: Actor, shelf: Shelf, *, title: str, visibility: str, name: str, examined: Examined, **joined: str
) -> Attachment:
    """Keep the bytes, then the row that says what they are ``joined`` to. Raises TooLarge, QuotaReached."""
    if actor.partner_id is None or actor.mandate_id is None:
        raise Forbidden
    row = _row(actor.partner_id, actor.mandate_id, title, visibility, safe_name(name, examined.format), examined)
    for column, owner_id in joined.items():
        setattr(row, column, owner_id)
    _demand_room(row, shelf)
    row.state = QUARANTINE if shelf.scanned else UNSCANNED
    row.stored = shelf.put(examined.content)
    db.session.add(row)
    return row


def _row(partner_id: str, mandate_id: str, title: str, visibility: str, name: str, examined: Examined) -> Attachment:
    return Attachment(
        id=new_id(),
        partner_id=partner_id,
        mandate_id=mandate_id,
        visibility=visibility,
        title=title.strip(),
        name=name,
        format=examined.format,
        size=examined.size,
        sha256=examined.sha256,
        attached_at=clock.now(),
    )


def _demand_room(row: Attachment, shelf: Shelf) -> None:
    if row.size > shelf.largest:
        raise refusals.TooLarge(weight(shelf.largest))
    queries.lock_room(row.partner_id)
    left = shelf.quota - queries.used(row.partner_id)
    if row.size > left:
        raise refusals.QuotaReached(weight(max(left, 0)), weight(shelf.quota))


@operation(Permission.WITHDRAW_FILE)
def withdraw_file(actor: Actor, attachment: Attachment, *, reason: str) -> events.FileWithdrawn:
    """Take a file of one's own organisation back. Raises ReasonNeeded, AlreadyWithdrawn."""
    if not attachment.alive:
        raise refusals.AlreadyWithdrawn
    if not reason.strip():
        raise refusals.ReasonNeeded
    attachment.withdrawn_at = clock.now()
    attachment.withdrawal_reason = reason.strip()
    return events.FileWithdrawn(
        subject=Subject("attachment", attachment.id),
        about=attachment.action_id,
        audience=actor.partner_key if attachment.internal else None,
        reason=reason.strip(),
        action_code=queries.code_of(attachment),
        sha256=attachment.sha256,
    )


@operation(Permission.SCAN)
def clear_file(
    _actor: Actor, attachment: Attachment
) -> events.FileCleared | events.ActFileCleared | events.ReportFileCleared:
    """The antivirus found nothing."""
    attachment.state = CLEAN
    if attachment.action_id is None:
        kind = events.ReportFileCleared if attachment.report_id else events.ActFileCleared
        return kind(subject=Subject("attachment", attachment.id), sha256=attachment.sha256)
    return events.FileCleared(
        subject=Subject("attachment", attachment.id),
        about=attachment.action_id,
        audience=queries.audience_of(attachment),
        action_code=queries.code_of(attachment),
        sha256=attachment.sha256,
    )


@operation(Permission.SCAN)
def refuse_file(
    _actor: Actor, attachment: Attachment, *, finding: str
) -> events.FileRefused | events.ActFileRefused | events.ReportFileRefused:
    """The antivirus found something, which it names."""
    attachment.state = REFUSED
    if attachment.action_id is None:
        kind = events.ReportFileRefused if attachment.report_id else events.ActFileRefused
        return kind(subject=Subject("attachment", attachment.id), sha256=attachment.sha256, finding=finding)
    return events.FileRefused(
        subject=Subject("attachment", attachment.id),
        about=attachment.action_id,
        audience=queries.audience_of(attachment),
        action_code=queries.code_of(attachment),
        sha256=attachment.sha256,
        finding=finding,
    )
