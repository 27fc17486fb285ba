"""Sharing, in one act, the fiches that came from a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.funding import paying, steps
from cocon.funding.models import Step
from cocon.funding.operations import envelope_of
from cocon.imports import events, judging, refusals, sheets
from cocon.imports.ledger import STEPS, Posted
from cocon.imports.models import ImportSheet
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.policy import Permission


@operation(Permission.SHARE)
def share_imported(actor: Actor, sheet: ImportSheet) -> events.FichesShared:
    """Share every draft of an import that is still there, each as a fiche of its own: all of them or none.

    Raises NothingToShare, Incomplete, and what sharing one fiche raises.
    """
    made = sheets.drafts_of(sheet)
    if not made:
        raise refusals.NothingToShare
    ready = [(draft, judging.facts(draft)) for draft in made]
    if wanting := [str(draft.fields.get("title") or "") for draft, facts in ready if facts is None]:
        raise refusals.Incomplete(wanting)
    shared = [actions.share_action(actor, draft, **facts) for draft, facts in ready if facts is not None]
    return events.FichesShared(
        subject=Subject("import", sheet.id), count=len(shared), codes=tuple(one.action_code for one in shared)
    )


@operation(Permission.RECORD_STEPS)
def record_steps(actor: Actor, sheet: ImportSheet, *, lines: Sequence[Posted], revision: int) -> events.StepsRecorded:
    """Record every vote, or payment, of a spreadsheet as by hand: all of them or none.

    Locks: the partner's envelopes, the sheet, then what each step locks. Raises NothingToImport, Outdated,
    AlreadyRecorded, LineRefused.
    """
    if not lines:
        raise refusals.NothingToImport
    envelope_of(actor, lines[0].year)
    held = db.session.scalars(
        select(ImportSheet)
        .where(ImportSheet.id == sheet.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if held is None:
        raise Forbidden
    if held.draft_ids:
        raise refusals.AlreadyRecorded
    if held.revision != revision:
        raise Outdated
    kind = STEPS[held.kind]
    if kind == "voted":
        _demand_seen(lines)
    # The fiches in one order, as those who merge them lock them: else the two could wait for each other.
    wanted = {line.action.id for line in lines}
    db.session.execute(select(Action.id).where(Action.id.in_(wanted)).order_by(Action.id).with_for_update(read=True))
    for line in lines:
        _take(actor, kind, line)
    held.draft_ids = [line.tranche_id for line in lines]
    held.revision += 1
    return events.StepsRecorded(
        subject=Subject("import", held.id),
        count=len(lines),
        amount=sum(line.amount for line in lines),
        step=kind,
        codes=tuple(dict.fromkeys(line.action.code for line in lines)),
        sha256=held.digest,
    )


def _demand_seen(lines: Sequence[Posted]) -> None:
    """Each vote replaces the one that its author saw on the check page. Raises LineRefused."""
    facts = paying.facts_of(Step.tranche_id.in_([line.tranche_id for line in lines]))
    for line in lines:
        last = paying.last_vote(facts.get(line.tranche_id, ()))
        if last is not None and last.number != line.seen:
            raise refusals.LineRefused(line.number, str(refusals.VotedMeanwhile(last.amount, last.act)))


def _take(actor: Actor, kind: str, line: Posted) -> None:
    try:
        steps.take_step(actor, line.action, step=kind, taken=line.taken, year=line.year, nature=line.nature)
    except Forbidden:
        raise
    except Refusal as refusal:
        raise refusals.LineRefused(line.number, str(refusal)) from refusal
