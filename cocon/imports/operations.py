"""Sharing, in one act, the fiches that came from a spreadsheet."""

from __future__ import annotations

from cocon.actions import operations as actions
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.imports import events, judging, refusals, sheets
from cocon.imports.models import ImportSheet
from cocon.kernel.actor import Actor
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
