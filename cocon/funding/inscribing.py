"""What an inscription rests on: the decision that adopted the fiche and, for more than was inscribed, another.

Named outside the seven usual files: ``steps`` takes the step. Source: the amounts of a contract are those that its
comité de pilotage decided; its relevé de décisions proves them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import column, func, select, table

from cocon.actions.models import Action
from cocon.funding import refusals, unmet
from cocon.funding.models import Step, Tranche
from cocon.kernel import clock
from cocon.kernel.db import Instant, db
from cocon.kernel.money import Cents

#: By the name of its table: it is of a package above this one.
_CONSULTATION = table("consultation", column("action_id"), column("outcome"), column("opened_at", Instant))
ADOPTED = ("adopted", "adopted_with_reserve")


def demand_decided(action: Action, tranche: Tranche, taken_on: date | None, amount: Cents, reason: str | None) -> None:
    """Refuse what no decision bears. Raises NotAdopted, BeforeSubmission, DecisionNeeded."""
    if db.session.scalar(select(Action.maturity).where(Action.id == action.id)) != "adopted":
        raise refusals.NotAdopted
    since = _submitted_on(action.id)
    if taken_on is not None and since is not None and taken_on < since:
        raise unmet.BeforeSubmission(since)
    if amount > most_inscribed(tranche) > 0 and not (reason or "").strip():
        raise unmet.DecisionNeeded


def most_inscribed(tranche: Tranche) -> Cents:
    """The most that was ever inscribed, withdrawn or taken back since though it be: the adoption bears no more."""
    before = Step.tranche_id == tranche.id, Step.kind == "inscribed"
    return max(tranche.inscribed, db.session.scalar(select(func.max(Step.amount)).where(*before)) or 0)


def _submitted_on(action_id: str) -> date | None:
    """The day, in Paris, when the text that was adopted first was submitted; None when no consultation says it.

    The decision is that day or later: when it was pronounced here says when it was written down.
    """
    asked = _CONSULTATION.c
    adopted = asked.action_id == action_id, asked.outcome.in_(ADOPTED)
    first: datetime | None = db.session.scalar(select(func.min(asked.opened_at)).where(*adopted))
    return first.astimezone(clock.PARIS).date() if first else None
