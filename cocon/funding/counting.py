"""What a tranche counts for at each level: the one definition behind every total, screen and file.

Named outside the seven usual files. While it runs, a tranche counts for the amounts that its steps gave. Once settled
or lapsed, it counts at every level for what was paid at most: the rest will never be, so nobody still gives or engages
it. Its steps keep what was voted and engaged.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import case

from cocon.funding import stages
from cocon.funding.models import Tranche
from cocon.kernel.money import Cents


def at(level: str) -> Any:
    """What tranches count for at a level, by the name of its column, as a statement says it."""
    column = getattr(Tranche, level)
    return case((Tranche.stage.in_(stages.ENDED) & (column > Tranche.paid), Tranche.paid), else_=column)


def counted(tranche: Tranche, level: str) -> Cents:
    """The same of one tranche that was read."""
    cents: Cents = getattr(tranche, level)
    return min(cents, tranche.paid) if tranche.stage in stages.ENDED else cents
