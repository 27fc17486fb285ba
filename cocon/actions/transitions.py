"""The moves of a fiche: one table for its maturity, the decision on it and its progress."""

from __future__ import annotations

from cocon.actions import words
from cocon.actions.models import Action
from cocon.actions.refusals import MoveRefused

#: For each column, what each state may become. Staying is always allowed.
TRANSITIONS: dict[str, dict[str | None, frozenset[str]]] = {
    "maturity": {
        "shared": frozenset({"submitted", "withdrawn", "merged"}),
        "submitted": frozenset({"adopted", "shared", "withdrawn", "merged"}),
        "adopted": frozenset({"submitted", "withdrawn", "merged"}),
        "withdrawn": frozenset(),
        "merged": frozenset(),
    },
    "decision": {
        "none": frozenset({"open"}),
        "open": frozenset({"adopted", "adopted_with_reserve", "postponed", "rejected", "withdrawn"}),
        "adopted": frozenset({"open"}),
        "adopted_with_reserve": frozenset({"open"}),
        "postponed": frozenset({"open"}),
        "rejected": frozenset({"open"}),
        "withdrawn": frozenset(),
    },
    "progress": {
        None: frozenset({"upcoming"}),
        "upcoming": frozenset({"running", "paused", "abandoned"}),
        "running": frozenset({"done", "paused", "abandoned"}),
        "paused": frozenset({"running", "abandoned"}),
        "done": frozenset(),
        "abandoned": frozenset(),
    },
}

WORDS = {"maturity": words.MATURITY, "decision": words.DECISION, "progress": words.PROGRESS}


def move(
    action: Action, *, maturity: str | None = None, decision: str | None = None, progress: str | None = None
) -> None:
    """Move the fiche along the table, all columns or none; raises MoveRefused."""
    wanted = {"maturity": maturity, "decision": decision, "progress": progress}
    moves = {column: state for column, state in wanted.items() if state is not None}
    for column, state in moves.items():
        former = getattr(action, column)
        if state not in (former, *TRANSITIONS[column][former]):
            raise MoveRefused(WORDS[column][former], WORDS[column][state])  # type: ignore[index]
    for column, state in moves.items():
        setattr(action, column, state)
