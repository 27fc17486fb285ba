"""What a partner's money waits for: to be inscribed, to be voted, to be signed for.

Named outside the seven usual files: the workspace counts it, the list behind a total shows it, by the same clauses.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, select

from cocon.actions.models import Action, ActionVersion
from cocon.funding.models import Contribution, Tranche
from cocon.funding.words import CASH
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents

#: Above it, a subsidy to a private body needs a convention (décret 2001-495 of 6 June 2001, art. 1).
CONVENTION_ABOVE: Cents = 23_000_00
#: Money given without any convention, engaged or paid already included.
_UNSIGNED = Tranche.stage.in_(("voted", "engaged", "paid")) & (Tranche.contracted == 0)
#: What may be awaited, by the word of its address.
KINDS: dict[str, LazyString] = {
    "inscription": _("à inscrire au contrat"),
    "vote": _("inscrites, à voter"),
    "signature": _("votées, convention à signer"),
}


def clause(kind: str) -> ColumnElement[bool]:
    """The tranches of adopted fiches that wait for it; they are joined with their contribution and their fiche."""
    adopted = (Action.maturity == "adopted") & (Tranche.amount > 0)
    if kind == "inscription":
        return adopted & (Tranche.stage == "intention")
    if kind == "vote":
        return adopted & Tranche.stage.in_(("inscribed", "credited"))
    named = select(ActionVersion.id).where(
        ActionVersion.action_id == Action.id,
        ActionVersion.number == Action.version,
        ActionVersion.project_owner_id.is_(None),
    )
    return adopted & _UNSIGNED & (Tranche.voted > CONVENTION_ABOVE) & named.exists()


def ids(kind: str, partner_id: Any) -> Select[Any]:
    """The tranches of a partner, in money, that wait for it."""
    return (
        select(Tranche.id)
        .join(Tranche.contribution)
        .join(Contribution.action)
        .where(Contribution.partner_id == partner_id, Contribution.form == CASH, clause(kind))
    )
