"""What a fiche receives from elsewhere when it is merged: offered to the fiche that stays, row by row, and carried.

Named outside the seven usual files. Nothing is carried unasked, for a duplicate often tells the same money twice; and
nothing is left unseen. Locks: both fiches are locked by who merges them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields

from cocon.actions.models import Action
from cocon.funding import beneficiaries, misstated, products, resources
from cocon.funding.models import Resource
from cocon.funding.resources import Stated
from cocon.kernel.actor import Actor
from cocon.kernel.folding import fold
from cocon.kernel.language import _
from cocon.kernel.refusal import Forbidden, Refusal
from cocon.policy import Permission, demand


@dataclass(frozen=True)
class Offer:
    """A resource of the fiche that ends, and what the other fiche already has like it.

    ``barred``: own funds, where the project owner of the fiche that stays signs the contract.
    """

    row: Resource
    alike: Sequence[Resource] = ()
    barred: bool = False

    @property
    def proposed(self) -> bool:
        """Whether nothing is against carrying it."""
        return not (self.alike or self.barred)

    @property
    def mark(self) -> str:
        """The row as it was read, beside what the other fiche had then."""
        there = (f"{one.id}.{one.rev}" for one in self.alike)
        return "/".join((f"{self.row.id}.{self.row.rev}", *there, *("barred" for _one in range(self.barred))))


def offers(action_id: str, kept_id: str) -> list[Offer]:
    """All that counts of the resources of a fiche, beside those of the one that stays."""
    rows = _counting(action_id)
    if not rows:
        return []
    here, signs = _counting(kept_id), beneficiaries.receiver(kept_id).partner is not None
    return [
        Offer(row, [one for one in here if _alike(one, row)], barred=signs and row.account == products.OWN)
        for row in rows
    ]


def carry(actor: Actor, action: Action, kept: Action, *, carried: Collection[str], seen: Collection[str]) -> None:
    """Put the chosen resources of a fiche into the plan of the one that stays, and withdraw them here, saying why.

    ``carried`` are identifiers, ``seen`` the marks of all that was offered. Raises ResourcesMoved, Forbidden, and what
    adding a resource raises.
    """
    found = offers(action.id, kept.id)
    if {one.mark for one in found} != set(seen):
        raise misstated.ResourcesMoved(action.code)
    if not set(carried) <= {one.row.id for one in found}:
        raise Forbidden
    for one in found:
        if one.row.id in carried:
            _carry(actor, action, kept, one.row)


def _carry(actor: Actor, action: Action, kept: Action, row: Resource) -> None:
    demand(actor, Permission.KEEP_RESOURCES, action)
    origin = str(_("Reprise de la fiche %(code)s, fusionnée.", code=action.code))
    said = {one.name: getattr(row, one.name) for one in fields(Stated)}
    said |= {"note": f"{row.note} {origin}" if row.note else origin, "nature": row.nature or Stated.nature}
    try:
        resources.add_resource(actor, kept, stated=Stated(**said))
    except Forbidden:
        raise
    except Refusal as refusal:
        refusal.field = "resources"
        raise
    reason = str(_("Reprise au plan de la fiche %(code)s, dans laquelle celle-ci est fusionnée.", code=kept.code))
    resources.withdraw_resource(actor, action, resource_id=row.id, reason=reason, revision=row.rev)


def _counting(action_id: str) -> list[Resource]:
    return [row for row in resources.of_action(action_id) if row.status != products.REFUSED]


def _alike(one: Resource, other: Resource) -> bool:
    """Whether both may tell the same money: from the same funder, or own funds, for the same year."""
    if (one.account, one.year) != (other.account, other.year):
        return False
    return one.account == products.OWN or fold(one.funder) == fold(other.funder)
