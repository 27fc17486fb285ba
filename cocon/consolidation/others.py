"""The resources of a fiche that no signatory brings, as rows of its workbook and of the contract's.

Named outside the seven usual files: ``money`` lays out what partners bring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cocon.consolidation.book import Cell, Money, Sheet
from cocon.consolidation.queries import AMOUNTS, Received
from cocon.funding import products
from cocon.funding.models import Resource
from cocon.funding.words import CASH, FORMS, NATURES
from cocon.kernel.language import _

RESOURCES = "Ressources"


@dataclass(frozen=True)
class Other:
    """What one funder brings under an account and for a nature, by year."""

    funder: str
    account: str
    nature: str
    amounts: Counter[int] = field(default_factory=Counter)


def money(rows: Iterable[Resource]) -> list[Other]:
    """What totals count."""
    return _gathered(row for row in _counting(rows) if row.account != products.IN_KIND)


def in_kind(rows: Iterable[Resource]) -> list[Other]:
    """What is given in kind."""
    return _gathered(row for row in _counting(rows) if row.account == products.IN_KIND)


def lines(where: Sequence[Cell], rows: Iterable[Resource]) -> list[list[Cell]]:
    """A line for each, under the columns of the partners' lines; the amounts that only a partner says stay empty."""
    return [
        [*where, *_said(row), row.year, Money(row.amount), *[""] * (len(AMOUNTS) - 1), _state(row)]
        for row in _counting(rows)
    ]


def sheet(found: Iterable[Received]) -> Sheet:
    """A line for each of the contract's, under columns of their own."""
    heads = (_("Axe"), _("Titre de l’axe"), _("Objectif"), _("Fiche"), _("Titre"), _("Financeur"), _("Forme"))
    head: list[Cell] = [*map(str, (*heads, _("Nature"), _("Année"), _("Montant"), _("Étape")))]
    rows = [_of_contract(one) for one in found]
    return Sheet(name=RESOURCES, rows=[head, *rows], widths=(6, 24, 9, 10, 40, 50, 18, 16, 8, 15, 18), frozen=True)


def _of_contract(one: Received) -> list[Cell]:
    row, where = one.resource, (one.axis, one.axis_title, one.letter, one.code, one.title)
    return [*where, *_said(row), row.year, Money(row.amount), _state(row)]


def _counting(rows: Iterable[Resource]) -> list[Resource]:
    return [row for row in rows if row.status != products.REFUSED]


def _said(row: Resource) -> tuple[str, str, str]:
    form = FORMS["in_kind" if row.account == products.IN_KIND else CASH]
    return f"{row.funder} ({_account(row)})", str(form), str(NATURES[row.nature]) if row.nature else ""


def _state(row: Resource) -> str:
    return str(products.standing(row.status, row.account))


def _account(row: Resource) -> str:
    return products.named(row.account, row.body, row.gift)


def _gathered(rows: Iterable[Resource]) -> list[Other]:
    found: dict[tuple[str, str, str], Other] = {}
    for row in rows:
        key = (row.funder, _account(row), row.nature)
        found.setdefault(key, Other(*key)).amounts[row.year] += row.amount
    return list(found.values())
