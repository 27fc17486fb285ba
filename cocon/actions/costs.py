"""What a version says in euros: the cost of each year, the part that subsidies may bear, the charges by nature.

Named outside the seven usual files: the form and the operations ask it whether the amounts agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cocon.actions import refusals
from cocon.actions.models import CHARGES, COST_BASES, NATURES, STATE_AIDS, ActionVersion
from cocon.contracts.queries import outline
from cocon.kernel.money import Cents

ByYear = Mapping[int, Cents]
#: By year and nature.
ByNature = Mapping[tuple[int, str], Cents]


def of(version: ActionVersion) -> dict[str, Any]:
    """The amounts of a version read whole."""
    return {
        "costs": {row.year: row.amount for row in version.costs},
        "eligible": {row.year: row.eligible for row in version.costs if row.eligible is not None},
        "charges": {(row.year, row.nature): row.amount for row in version.charges},
    }


def broken_down(charges: Iterable[tuple[int, str]]) -> set[int]:
    """The years whose cost is said by nature."""
    return {year for year, nature in charges if nature in CHARGES}


def spent(charges: ByNature, year: int) -> Cents:
    """The charges of a year, but in kind."""
    return sum(cents for (one, nature), cents in charges.items() if one == year and nature in CHARGES)


def demand_sound(costs: ByYear, eligible: ByYear, charges: ByNature) -> None:
    """Raise CostOutside, or ChargesUnsound when they do not make the cost, or subsidies would bear more than it."""
    years = outline().years
    if not set(costs) <= set(years) or any(cents < 0 for cents in costs.values()):
        raise refusals.CostOutside
    known = all(year in years and nature in NATURES and cents >= 0 for (year, nature), cents in charges.items())
    sums = all(costs.get(year) == spent(charges, year) for year in broken_down(charges))
    if not known or not sums or not all(0 <= cents <= costs.get(year, -1) for year, cents in eligible.items()):
        raise refusals.ChargesUnsound


def demand_aid(basis: str, aid: str, regime: str) -> None:
    """Raise AidUnsound unless the answers are known ones, and a regime goes with an aid."""
    if basis not in ("", *COST_BASES) or aid not in ("", *STATE_AIDS) or names_regime_without(aid, regime):
        raise refusals.AidUnsound


def names_regime_without(aid: str, regime: str) -> bool:
    """Whether a regime is named of an aid that nobody said is received."""
    return bool(regime) and aid not in STATE_AIDS[1:]
