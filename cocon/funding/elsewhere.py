"""What fiches receive from elsewhere than signatories, in the statements that sum money.

Named outside the seven usual files: the list of fiches and the matrix read it as the plan does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, cast, func, literal_column, select, union_all

from cocon.funding import products
from cocon.funding.models import Contribution, Resource, Tranche
from cocon.partners.models import Partner


def counted() -> ColumnElement[bool]:
    """The other resources that a plan counts: money, neither refused nor withdrawn."""
    return (
        Resource.withdrawn_at.is_(None) & (Resource.status != products.REFUSED) & (Resource.account != products.IN_KIND)
    )


def by_year() -> Subquery:
    """The sums of each fiche and year: ``action_id``, ``year``, ``amount``."""
    return (
        select(Resource.action_id, Resource.year, cast(func.sum(Resource.amount), BigInteger).label("amount"))
        .where(counted())
        .group_by(Resource.action_id, Resource.year)
        .subquery()
    )


def beside(action_id: str, columns: Sequence[Any]) -> Any:
    """A row for each tranche of a fiche, one for each resource counted with its year and amount last.

    One statement for both, in which neither multiplies the other; the columns of the other kind are empty.
    """
    nothing: ColumnElement[Any] = literal_column("NULL")
    rows = union_all(
        select(Tranche.id.label("tranche"), nothing.label("resource"))
        .join(Tranche.contribution)
        .where(Contribution.action_id == action_id),
        select(nothing, Resource.id).where(Resource.action_id == action_id, counted()),
    ).subquery()
    return (
        select(*columns, Resource.year, Resource.amount)
        .select_from(rows)
        .outerjoin(Tranche, Tranche.id == rows.c.tranche)
        .outerjoin(Tranche.contribution)
        .outerjoin(Contribution.partner)
        .outerjoin(Resource, Resource.id == rows.c.resource)
        .order_by(Partner.rank, Tranche.year)
    )
