"""Which steps stand: one recorded by mistake is taken back by another that names it, and neither tells anything more.

Named outside the seven usual files. Whoever reads steps to decide, to count or to publish asks for those that stand;
the page of a tranche and the log alone show the others.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased

from cocon.funding.models import Step


def standing(step: Any = Step) -> ColumnElement[bool]:
    """The step, or an alias of it, was not taken back and takes back none."""
    undoing = aliased(Step)
    taken_back = select(undoing.id).where(undoing.cancels_id == step.id).correlate(step).exists()
    return and_(step.cancels_id.is_(None), ~taken_back)
