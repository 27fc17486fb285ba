"""Marking what became of one's own suggestion as seen: the workspace says it no more.

Named outside the seven usual files: the table is free (a mark, audit-log section 8), so its writes are no operations
and are committed here.
"""

from __future__ import annotations

from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.refusal import Forbidden
from cocon.policy import Permission, has_role
from cocon.suggestions import queries
from cocon.suggestions.models import Suggestion, SuggestionSeen


def mark(actor: Actor, action_id: str, suggestion_id: str, *, revision: int, ended: bool) -> None:
    """Say that the author saw the answer that a page showed: a later one is another; raises Forbidden."""
    begin_write()
    if not has_role(actor, Permission.SUGGEST):
        raise Forbidden
    wanted = (Suggestion.id == suggestion_id, Suggestion.action_id == action_id)
    if db.session.scalar(queries.answered(actor).where(*wanted).with_for_update(of=Suggestion)) is None:
        raise Forbidden
    db.session.merge(SuggestionSeen(suggestion_id=suggestion_id, revision=revision, ended=ended, seen_at=clock.now()))
    db.session.commit()
