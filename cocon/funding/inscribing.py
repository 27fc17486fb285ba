"""What an inscription rests on: the decision that adopted the fiche and, for more than was inscribed, another.

Named outside the seven usual files: ``steps`` takes the step. Source: the amounts of a contract are those that its
comité de pilotage decided; its relevé de décisions proves them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import column, func, select, table

from cocon.actions.models import Action
from cocon.funding import refusals, unmet
from cocon.funding.models import Tranche
from cocon.kernel import clock
from cocon.kernel.db import Instant, db
from cocon.kernel.money import Cents

#: By the name of its table: it is of a package above this one.
_CONSULTATION = table("consultation", column("action_id"), column("outcome"), column("pronounced_at", Instant))
ADOPTED = ("adopted", "adopted_with_reserve")


def demand_decided(action: Action, tranche: Tranche, taken_on: date | None, amount: Cents, reason: str | None) -> None:
    """Refuse what no decision bears. Raises NotAdopted, BeforeAdoption, DecisionNeeded."""
    if db.session.scalar(select(Action.maturity).where(Action.id == action.id)) != "adopted":
        raise refusals.NotAdopted
    since = adopted_on(action.id)
    if taken_on is not None and since is not None and taken_on < since:
        raise unmet.BeforeAdoption(since)
    if amount > tranche.inscribed > 0 and not (reason or "").strip():
        raise unmet.DecisionNeeded


def adopted_on(action_id: str) -> date | None:
    """The day, in Paris, when a fiche was adopted first; None when no consultation says it."""
    asked = _CONSULTATION.c
    adopted = asked.action_id == action_id, asked.outcome.in_(ADOPTED)
    first: datetime | None = db.session.scalar(select(func.min(asked.pronounced_at)).where(*adopted))
    return first.astimezone(clock.PARIS).date() if first else None
