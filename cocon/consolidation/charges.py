"""The budget of a fiche as a sheet: charges against products, what is in kind, rates, resources from elsewhere.

Named outside the seven usual files: ``money`` lays out who brings what. The rows and the figures are those of the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from cocon.consolidation.book import Cell, Money, Percent, Sheet, place
from cocon.consolidation.money import Heading
from cocon.funding import products
from cocon.funding.budget import Budget, Rate, Row
from cocon.funding.models import Resource
from cocon.funding.words import NATURES
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents
from cocon.web.filters import capital

#: The column of the first year, after what each row is and who it comes from.
FIRST = 2


def sheet(heading: Heading, plan: Budget, resources: Sequence[Resource]) -> Sheet:
    """The sheet; its totals, sub-totals, gaps and rates are formulas."""
    assured = _("«\u00a0Assuré\u00a0»\u00a0: voté par le signataire, ou accordé par l’autre financeur.")
    layout = _Layout(Heading(title=heading.title, said=[*heading.said, str(assured)]), plan)
    layout.balance()
    layout.in_kind()
    layout.apart()
    layout.rates()
    layout.resources(resources)
    widths = (50, 44, *([16] * (len(plan.years) + 2)))
    return Sheet(name="Charges et produits", rows=layout.rows, strong=frozenset(layout.strong), widths=widths)


class _Layout:
    """The rows made so far, and which are titles or totals."""

    def __init__(self, heading: Heading, plan: Budget) -> None:
        self.plan, self.strong = plan, {0}
        self.rows: list[list[Cell]] = heading.rows[:-1]

    def balance(self) -> None:
        """Charges, products, and what the former lack."""
        self._head(_("Charges"), _("Origine"), last=_("Dont assuré"))
        charges = self._lines(self.plan.charges)
        spent = self._sums(_("Total des charges"), charges, self._costs())
        self.rows[spent].append("")
        self._head(_("Produits"), _("Origine"), last=_("Dont assuré"))
        every = self._lines(self.plan.products, certain=True)
        row = self.plan.received
        received = self._sums(row.label, every, [*self._amounts(row), row.total, row.certain])
        gaps = [*map(self.plan.missing, self.plan.years), self.plan.total_missing]
        self._gap(_("Écart, charges moins produits"), spent, received, gaps)

    def in_kind(self) -> None:
        """86 and 87, when there is any."""
        used, given = self.plan.used_in_kind, self.plan.given_in_kind
        if not (used.total or given[0].total):
            return
        last = _("Dont assuré")
        self._head(_("Contributions volontaires en nature, dans aucun total"), _("Origine"), last=last)
        (spent,), (received,) = self._lines([used]), self._lines(given, certain=True)
        gaps = [*map(self.plan.unbalanced, self.plan.years), self.plan.total_unbalanced]
        self._gap(_("Écart, 86 moins 87"), spent, received, gaps)

    def apart(self) -> None:
        """What is no money to spend, when there is any."""
        if self.plan.apart:
            said = _("À part, dans aucun total\u00a0: prêts, garanties, fonds propres")
            self._head(said, _("Origine"), last=_("Dont assuré"))
            self._lines(self.plan.apart, certain=True)

    def rates(self) -> None:
        """Each share with what it is a share of."""
        heads = (_("Taux"), _("Part de"), _("Montant"), _("Rapporté à"), _("Taux"))
        self._title(*heads)
        self.rows += [_rate(rate, number) for number, rate in enumerate(self.plan.rates, start=len(self.rows))]
        self.rows.append([str(self.plan.rated_on)])

    def resources(self, found: Iterable[Resource]) -> None:
        """What comes from who signs nothing, one by one, also what was refused: none of these rows is summed here."""
        rows = list(found)
        if rows:
            self._head(_("Autres ressources"), _("Compte"), last=_("État"))
            for row in rows:
                amounts: list[Cell] = [Money(row.amount) if row.year == year else "" for year in self.plan.years]
                refused = str(_(", ne compte pas")) if row.status == products.REFUSED else ""
                state = f"{capital(str(products.standing(row.status, row.account)))}{refused}"
                self.rows.append([row.funder, _account(row), *amounts, self._across(row.amount), state])

    def _title(self, *cells: LazyString | int) -> None:
        self.rows += [[], [cell if isinstance(cell, int) else str(cell) for cell in cells]]
        self.strong.add(len(self.rows) - 1)

    def _head(self, first: LazyString, second: LazyString, *, last: LazyString) -> None:
        self._title(first, second, *self.plan.years, _("Total"), last)

    def _lines(self, rows: Sequence[Row], *, certain: bool = False) -> list[int]:
        """Rows of amounts, those that the one above counts being summed in it; the numbers of the others."""
        top, whole = len(self.rows), []
        for number, row in enumerate(rows, start=top):
            parts = len(list(takewhile(lambda one: one.part, rows[number - top + 1 :])))
            under = [] if row.part else list(range(number + 1, number + 1 + parts))
            if not row.part:
                whole.append(number)
            years = [_sum(cents, under, column) for column, cents in enumerate(self._amounts(row), start=FIRST)]
            assured = _sum(row.certain, under, self._total + 1) if certain else ""
            label = str(_("dont %(what)s", what=row.label)) if row.part else str(row.label)
            self.rows.append([label, ", ".join(row.names), *years, self._across(row.total), assured])
        return whole

    def _sums(self, label: LazyString | str, under: Sequence[int], sums: Iterable[Cents | None]) -> int:
        """A row of sums of others, where they are known; its number."""
        number = len(self.rows)
        self.strong.add(number)
        cells = (
            str(_("à compléter")) if cents is None else _sum(cents, under, column)
            for column, cents in enumerate(sums, start=FIRST)
        )
        self.rows.append([str(label), "", *cells])
        return number

    def _gap(self, label: LazyString, more: int, less: int, gaps: Iterable[Cents | None]) -> None:
        """What a row has beyond another; negative where it has less."""
        cells = (
            str(_("à compléter")) if cents is None else Money(cents, f"{place(more, column)}-{place(less, column)}")
            for column, cents in enumerate(gaps, start=FIRST)
        )
        self.strong.add(len(self.rows))
        self.rows.append([str(label), "", *cells, ""])

    def _costs(self) -> Iterator[Cents | None]:
        costs = self.plan.costs
        yield from map(costs.get, self.plan.years)
        yield sum(costs.values()) if costs else None

    def _amounts(self, row: Row) -> list[Cents]:
        return [row.amounts.get(year, 0) for year in self.plan.years]

    @property
    def _total(self) -> int:
        """The column of the sums over all years."""
        return FIRST + len(self.plan.years)

    def _across(self, cents: Cents) -> Money:
        """The sum of the years of the row that comes next."""
        here = len(self.rows)
        return Money(cents, f"SUM({place(here, FIRST)}:{place(here, self._total - 1)})")


def _sum(cents: Cents, under: Sequence[int], column: int) -> Money:
    """An amount, and the sum of rows that gives it; of no row, it is given by none."""
    return Money(cents, f"SUM({','.join(place(row, column) for row in under)})" if under else "")


def _rate(rate: Rate, row: int) -> list[Cell]:
    whole: Cell = str(_("à compléter")) if rate.whole is None else Money(rate.whole)
    value: Cell = str(_("à compléter") if rate.whole is None else _("sans objet"))
    if rate.value is not None:
        value = Percent(rate.value, f"{place(row, FIRST)}/{place(row, FIRST + 1)}")
    return [str(rate.label), str(rate.of), Money(rate.part), whole, value]


def _account(row: Resource) -> str:
    named = products.named(row.account, row.body, row.gift)
    return f"{named}, {NATURES[row.nature]}" if row.nature else named
