"""What a partner's money waits for: to be inscribed, to be voted, to be signed for.

Named outside the seven usual files: the workspace counts it, the list behind a total shows it, by the same clauses.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import aliased

from cocon.actions.models import Action, ActionVersion
from cocon.funding.models import Contribution, Tranche
from cocon.funding.stages import ENDED
from cocon.funding.thresholds import GRANTING, PRIVATE, limit
from cocon.funding.words import CASH
from cocon.kernel.language import LazyString, _
from cocon.partners.models import Partner

#: Money given without any convention, engaged or paid already included.
_UNSIGNED = Tranche.stage.in_(("voted", "engaged", "paid")) & (Tranche.contracted == 0)
#: What may be awaited, by the word of its address.
KINDS: dict[str, LazyString] = {
    "inscription": _("à inscrire au contrat"),
    "vote": _("inscrites, à voter"),
    "signature": _("votées, convention à signer"),
}
DECISION = "decision"
#: The same, and all that nobody decided yet.
LISTED: dict[str, LazyString] = {**KINDS, DECISION: _("prévues, pas encore votées en entier")}


def clause(kind: str) -> ColumnElement[bool]:
    """The tranches of adopted fiches that wait for it; they are joined with their contribution and their fiche.

    ``decision``: of all fiches, those of which more is planned than was voted.
    """
    if kind == DECISION:
        return undecided()
    adopted = (Action.maturity == "adopted") & (Tranche.amount > 0)
    if kind == "inscription":
        return adopted & (Tranche.stage == "intention")
    if kind == "vote":
        return adopted & Tranche.stage.in_(("inscribed", "credited"))
    return adopted & _UNSIGNED & _granted_to_private() & (_of_year() > limit("convention", Tranche.year))


def undecided() -> ColumnElement[bool]:
    """More is planned than was voted, and the contribution is not over."""
    return (Tranche.amount > Tranche.voted) & Tranche.stage.not_in((*ENDED, "withdrawn"))


def _granted_to_private() -> ColumnElement[bool]:
    """An authority gives it to a private body, which carries the fiche."""
    owner, granting = aliased(Partner), aliased(Partner)
    private = (
        select(ActionVersion.id)
        .outerjoin(owner, owner.id == ActionVersion.project_owner_id)
        .where(
            ActionVersion.action_id == Action.id,
            ActionVersion.number == Action.version,
            or_(ActionVersion.project_owner_name.is_not(None), owner.kind.in_(PRIVATE)),
        )
    )
    authority = select(granting.id).where(granting.id == Contribution.partner_id, granting.kind.in_(GRANTING))
    return private.exists() & authority.exists()


def _of_year() -> ScalarSelect[Any]:
    """What the funder brings to the fiche that year in money, as the plan of the fiche adds it up."""
    other = aliased(Tranche)
    return (
        select(func.sum(other.amount))
        .where(other.contribution_id == Contribution.id, other.year == Tranche.year)
        .correlate(Contribution, Tranche)
        .scalar_subquery()
    )


def ids(kind: str, partner_id: Any) -> Select[Any]:
    """The tranches of a partner, in money, that wait for it."""
    return (
        select(Tranche.id)
        .join(Tranche.contribution)
        .join(Contribution.action)
        .where(Contribution.partner_id == partner_id, Contribution.form == CASH, clause(kind))
    )
