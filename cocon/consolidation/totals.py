"""The contract's sub-totals by objective and by partner, and the sheet of its costs: what the matrix shows, as sums.

Named outside the seven usual files: ``money`` lays out the lines and their sums by axis. Every sum is a formula on the
rows of another sheet; fiches under no objective have what those of their axis have beyond its objectives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cocon.actions.words import COST_BASIS
from cocon.consolidation import money, others
from cocon.consolidation.book import Cell, Money, Sheet, place
from cocon.consolidation.money import Heading
from cocon.consolidation.queries import AMOUNTS, Cost, Line, Received
from cocon.funding import words
from cocon.funding.choice import Choice
from cocon.funding.words import CASH, FORMS
from cocon.kernel.language import _
from cocon.kernel.money import Cents

COSTS = "Coûts"
#: The columns of the costs and of the other resources that formulas name.
COST_YEAR, COST, RESOURCE_FORM, RESOURCE_YEAR, RESOURCE = 6, 7, 6, 8, 9
#: A column of a sheet, what it must hold, and the cell that holds it.
_Wanted = tuple[int, Cell, str]


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What the matrix adds up. ``received`` is None where one partner's money is shown, of which it is no part."""

    lines: Sequence[Line]
    costs: Sequence[Cost]
    received: Sequence[Received] | None
    years: Sequence[int]
    choice: Choice

    @property
    def beside(self) -> range:
        """The levels summed beside what is planned."""
        return range(1, len(AMOUNTS)) if self.choice.planned else range(0)

    @property
    def taxed(self) -> list[str]:
        """Whether the costs are told without or with taxes; nothing of no cost."""
        told = {one.action_id: one.basis for one in self.costs if one.amount}
        return [str(words.taxes(Counter(told.values())))] if told else []


def sheets(heading: Heading, whole: Whole) -> list[Sheet]:
    """The workbook: sums by axis, by objective and by partner, what they add up, the lines last."""
    lines, costs = money.line_sheet(whole.lines), cost_sheet(whole.costs)
    heading = Heading(title=heading.title, said=[*heading.said, *whole.taxed])
    received = [others.sheet(whole.received)] if whole.received is not None else []
    return [
        money.summary(heading, whole.lines, whole.years, whole.choice),
        _objectives(heading, whole, lines, costs, *received),
        _partners(heading, whole, lines),
        costs,
        *received,
        lines,
    ]


def cost_sheet(costs: Iterable[Cost]) -> Sheet:
    """What each fiche costs each year, where it is told."""
    heads = (_("Axe"), _("Titre de l’axe"), _("Objectif"), _("Fiche"), _("Titre"), _("Taxes"), _("Année"), _("Coût"))
    head: list[Cell] = [*map(str, (*heads, _("Dont subventionnable")))]
    rows = [_cost(one, one.year, one.amount) for one in costs if one.year is not None and one.amount is not None]
    return Sheet(name=COSTS, rows=[head, *rows], widths=(6, 24, 9, 10, 40, 28, 8, 16, 20), frozen=True)


def _cost(one: Cost, year: int, amount: Cents) -> list[Cell]:
    taxes = str(COST_BASIS.get(one.basis) or _("à compléter"))
    eligible = "" if one.eligible is None else Money(one.eligible)
    return [one.axis, one.axis_title, one.letter, one.code, one.title, taxes, year, Money(amount), eligible]


@dataclass(frozen=True)
class _Summed:
    """The rows of a sheet under its headers, summed once for each set of columns that is asked for."""

    sheet: Sheet
    known: dict[tuple[int, ...], Counter[tuple[Cell, ...]]] = field(default_factory=dict)

    def money(self, amount: int, wanted: Sequence[_Wanted]) -> Money:
        """The sum of a column where others hold what is wanted, and the formula that gives it."""
        columns = tuple(column for column, _value, _place in wanted)
        sums = self.known.setdefault((amount, *columns), Counter())
        if not sums:
            for row in self.sheet.rows[1:]:
                cell = row[amount]
                sums[tuple(row[one] for one in columns)] += cell.cents if isinstance(cell, Money) else 0
        cents = sums[tuple(value for _column, value, _place in wanted)]
        if not wanted:
            return Money(cents, f"SUM({self._range(amount)})")
        tests = ",".join(f"{self._range(column)},{where}" for column, _value, where in wanted)
        return Money(cents, f"SUMIFS({self._range(amount)},{tests})")

    def _range(self, column: int) -> str:
        letter = place(0, column)[:-1]
        return f"{self.sheet.name}!${letter}$2:${letter}${max(len(self.sheet.rows), 2)}"


class _Table:
    """Rows of sums under one row of headers: years, their total, levels, other resources, cost, gap."""

    def __init__(self, whole: Whole, sheets_: Sequence[Sheet], head: int) -> None:
        self.whole, self.head = whole, head
        self.lines, *more = map(_Summed, sheets_)
        self.costs = more[0] if more else None
        self.received = more[1] if len(more) > 1 and whole.choice.planned else None

    @property
    def heads(self) -> list[Cell]:
        """What stands above the amounts."""
        costs = [str(_("Coût"))] if self.costs else []
        others_ = [str(_("Autres ressources")), *costs, str(_("Écart"))] if self.received else costs
        return [*self.whole.years, str(self.whole.choice.total), *money.level_words(self.whole.beside), *others_]

    def row(self, number: int, lines: Sequence[_Wanted], fiches: Sequence[_Wanted] = ()) -> list[Cell]:
        """The sums of what is wanted of the lines, and of the costs and other resources of fiches."""
        first, years = 4, self.whole.years
        level = money.FIRST_AMOUNT + AMOUNTS.index(self.whole.choice.column)
        heads = [(money.YEAR, year, place(self.head, first + across)) for across, year in enumerate(years)]
        by_year = [self.lines.money(level, (*lines, head)) for head in heads]
        total = Money(sum(one.cents for one in by_year), f"SUM({place(number, first)}:{place(number, 3 + len(years))})")
        cells = [*by_year, total, *(self.lines.money(money.FIRST_AMOUNT + one, lines) for one in self.whole.beside)]
        if self.costs:
            cash = (RESOURCE_FORM, str(FORMS[CASH]), place(number, 3))
            received = [self.received.money(RESOURCE, (*fiches, cash))] if self.received else []
            cells += [*received, self.costs.money(COST, fiches)]
        return [*cells, *self._gap(number, cells, total)]

    def _gap(self, number: int, cells: Sequence[Money], total: Money) -> list[Money]:
        """The cost less what is planned and comes from elsewhere: negative where there is more."""
        if not self.received:
            return []
        *_more, received, cost = cells
        last = 3 + len(cells)
        places = (place(number, last), place(number, 4 + len(self.whole.years)), place(number, last - 1))
        return [Money(cost.cents - total.cents - received.cents, "-".join(places))]


def _objectives(heading: Heading, whole: Whole, *sources: Sheet) -> Sheet:
    """Each axis, its objectives under it, then all of them: what is money to spend."""
    rows: list[list[Cell]] = [*heading.rows, [str(_("En numéraire, par axe et par objectif"))]]
    form = str(FORMS[CASH])
    table = _Table(whole, sources, len(rows))
    rows.append([*map(str, (_("Axe"), _("Objectif"), _("Titre"), _("Forme"))), *table.heads])
    strong = {0, len(rows) - 2, len(rows) - 1}
    for axis, (title, letters) in _outline(whole).items():
        strong.add(len(rows))
        rows += _axis(table, len(rows), (axis, title), letters)
    strong.add(len(rows))
    rows.append([str(_("Total")), "", "", form, *table.row(len(rows), *_both(number=len(rows)))])
    return Sheet(name="Objectifs", rows=rows, strong=frozenset(strong), widths=(8, 9, 44, 14, *([16] * 14)))


def _axis(table: _Table, top: int, named: tuple[int, str], letters: Mapping[str, str]) -> list[list[Cell]]:
    """An axis and its objectives, what is under none first, as the matrix has them; ``top`` is the axis's row."""
    (axis, title), form = named, str(FORMS[CASH])
    whole = table.row(top, *_both((money.AXIS, axis, place(top, 0)), number=top))
    under: list[list[Cell]] = []
    for here, (letter, objective) in enumerate(letters.items(), start=top + 1):
        if letter:
            wanted = ((money.AXIS, axis, place(here, 0)), (money.LETTER, letter, place(here, 1)))
            under.append([axis, letter, objective, form, *table.row(here, *_both(*wanted, number=here))])
    if "" in letters:
        rest = [_rest(whole, under, top, column) for column in range(len(whole))]
        under.insert(0, [axis, "", letters[""], form, *rest])
    return [[axis, "", title, form, *whole], *under]


def _both(*wanted: _Wanted, number: int) -> tuple[list[_Wanted], list[_Wanted]]:
    """What is wanted of the lines, which are of several forms, and of the fiches."""
    return [*wanted, (money.FORM, str(FORMS[CASH]), place(number, 3))], list(wanted)


def _outline(whole: Whole) -> dict[int, tuple[str, dict[str, str]]]:
    """The axes of the fiches shown and, by their letters, the objectives under each, in order."""
    found: dict[int, tuple[str, dict[str, str]]] = {}
    for one in whole.costs:
        letters = found.setdefault(one.axis, (one.axis_title, {}))[1]
        letters.setdefault(one.letter, one.objective or str(_("Sans objectif")))
    return found


def _rest(whole: Sequence[Cell], under: Sequence[Sequence[Cell]], top: int, number: int) -> Money:
    """What an axis has beyond its objectives, whose rows follow the one after it."""
    column = number + 4
    first, *others_ = (cell for cell in (whole[number], *(row[column] for row in under)) if isinstance(cell, Money))
    places = [place(top, column), *(place(top + 2 + down, column) for down in range(len(under)))]
    cents = first.cents - sum(one.cents for one in others_)
    return Money(cents, "-".join(places) if under else f"SUM({places[0]})")


def _partners(heading: Heading, whole: Whole, lines: Sheet) -> Sheet:
    """What each partner brings, and to how many fiches: money, then each form that is none."""
    rows, strong = heading.rows, {0}
    numbers = {line.partner_id: line.rank for line in whole.lines}
    for form, title in money.titles(whole.lines):
        table = _Table(whole, [lines], len(rows) + 1)
        head = [*map(str, (_("N°"), _("Financeur"), _("Fiches"), _("Forme"))), *table.heads]
        rows += [[str(_("En numéraire, par financeur")) if form == CASH else title], head]
        top = len(rows)
        names = {line.partner_id: line.funder for line in whole.lines if line.form == form}
        for key in sorted(names, key=numbers.__getitem__):
            fiches = len({line.action_id for line in whole.lines if (line.partner_id, line.form) == (key, form)})
            number, word, here = numbers[key], str(FORMS[form]), len(rows)
            wanted: list[_Wanted] = [(money.FUNDER, number, place(here, 0)), (money.FORM, word, place(here, 3))]
            rows.append([number, names[key], fiches, word, *table.row(here, wanted)])
        sums = money.column_sums(rows[top:], top, 4, len(table.heads))
        rows += [[str(_("Total")), "", "", str(FORMS[form]), *sums], []]
        strong |= {top - 2, top - 1, len(rows) - 2}
    return Sheet(name="Partenaires", rows=rows[:-1], strong=frozenset(strong), widths=(8, 44, 9, 30, *([16] * 12)))
