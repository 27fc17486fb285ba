"""What a fiche receives from who signs nothing, as its document has it.

Named outside the seven usual files: ``sheet`` holds what the document says of everything else.
"""

from __future__ import annotations

from collections.abc import Iterable

from cocon.dossier.printing import printable
from cocon.funding import products
from cocon.funding.models import Resource
from cocon.kernel.language import _
from cocon.kernel.money import amount

CAPTION = _("Autres ressources, en euros\u00a0: ce qui est refusé ou en nature ne compte dans aucun total")
HEAD = (_("Financeur ou origine"), _("Compte"), _("Année"), _("État"), _("Montant"))


def told(rows: Iterable[Resource]) -> list[list[str]]:
    """A line for each, with where it is."""
    return [
        [
            printable(row.funder),
            products.named(row.account, row.body, row.gift),
            str(row.year),
            str(products.standing(row.status, row.account)),
            amount(row.amount),
        ]
        for row in rows
    ]
