"""The contract's money, or a fiche's, as sheets: the lines, and totals whose formulas add them up.

Named outside the seven usual files. What is no money to spend has sums of its own, and is in no total.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cocon.consolidation import others
from cocon.consolidation.book import Cell, Money, Sheet, place
from cocon.consolidation.queries import AMOUNTS, Line
from cocon.funding.balance import Amounts
from cocon.funding.choice import EVERYTHING, Choice
from cocon.funding.ledger import LEVELS as RESERVED
from cocon.funding.ledger import Row
from cocon.funding.models import Resource
from cocon.funding.stages import LEVEL_WORDS, named
from cocon.funding.words import CASH, FORMS, NATURES
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.web.filters import capital

LINES, SUMMARY = "Lignes", "Synthèse"
#: The columns of the lines that formulas name.
AXIS, LETTER, FORM, YEAR, FIRST_AMOUNT = 0, 2, 6, 8, 9
FUNDER = FIRST_AMOUNT + len(AMOUNTS) + 1


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What is said above a summary: the title, then one sentence a line."""

    title: str
    said: Sequence[str]

    @property
    def rows(self) -> list[list[Cell]]:
        """The first rows of the sheet, and an empty one."""
        said: list[list[Cell]] = [[line] for line in self.said]
        return [[self.title], *said, []]


def line_sheet(lines: Sequence[Line], more: Sequence[Sequence[Cell]] = ()) -> Sheet:
    """A line per partner, form, nature and year of each fiche; ``more`` lines are no partner's."""
    heads = (_("Axe"), _("Titre de l’axe"), _("Objectif"), _("Fiche"), _("Titre"), _("Financeur"), _("Forme"))
    amounts = (capital(str(LEVEL_WORDS[name])) for name in AMOUNTS)
    head = [*map(str, (*heads, _("Nature"), _("Année"))), *amounts, str(_("Étape")), str(_("N° du financeur"))]
    widths = (6, 24, 9, 10, 40, 32, 18, 16, 8, *(15 for _name in AMOUNTS), 18, 16)
    rows = [_row(line) for line in lines]
    return Sheet(name=LINES, rows=[head, *rows, *more], widths=widths, frozen=True)


def _row(line: Line) -> list[Cell]:
    place_, kind = (line.axis, line.axis_title, line.letter, line.code, line.title), (line.form, line.nature)
    _rank, stage = named(line.stage, part=line.at("paid") < line.at("engaged"))
    words = (line.funder, str(FORMS[kind[0]]), str(NATURES[kind[1]]))
    return [*place_, *words, line.year, *map(Money, line.cents), str(stage), line.rank]


def summary(heading: Heading, lines: Sequence[Line], years: Sequence[int], choice: Choice = EVERYTHING) -> Sheet:
    """Sub-totals by axis: those of money, then those of each form that is no money; by year, those of a level.

    The other levels are summed beside what is planned only: the lines of a level are those that reached it.
    """
    rows, strong = heading.rows, {0}
    beside = range(1, len(AMOUNTS)) if choice.planned else range(0)
    for form, title in titles(lines):
        rows.append([title])
        rows.append([str(_("Axe")), str(_("Titre")), str(_("Forme")), *years, str(choice.total), *level_words(beside)])
        strong |= {len(rows) - 2, len(rows) - 1}
        of_form = [line for line in lines if line.form == form]
        rows += _axes(of_form, form, choice.column, len(rows), len(lines), years, beside)
        strong.add(len(rows) - 1)
        rows.append([])
    return Sheet(name=SUMMARY, rows=rows[:-1], strong=frozenset(strong), widths=(12, 40, 30, *([16] * 12)))


def titles(lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """The forms that have sums, and what stands above them."""
    present = {line.form for line in lines}
    yield CASH, str(_("En numéraire, par axe"))
    for form, word in FORMS.items():
        if form != CASH and form in present:
            yield form, str(_("À part, dans aucun total\u00a0: %(form)s", form=word))


def level_words(beside: Iterable[int]) -> list[str]:
    """What stands above the levels beside."""
    return [capital(str(LEVEL_WORDS[AMOUNTS[number]])) for number in beside]


def _axes(
    found: Sequence[Line], form: str, column: str, top: int, count: int, years: Sequence[int], beside: range
) -> list[list[Cell]]:
    """A row per axis, and their sum; ``top`` is the number of the first, ``count`` that of the lines."""
    titles_ = {line.axis: line.axis_title for line in found}
    level = FIRST_AMOUNT + AMOUNTS.index(column)
    rows: list[list[Cell]] = []
    for row, (axis, title) in enumerate(titles_.items(), start=top):
        of_axis = [line for line in found if line.axis == axis]
        by_year = [sum(line.at(column) for line in of_axis if line.year == year) for year in years]
        cells: list[Cell] = [axis, title, str(FORMS[form])]
        for across, cents in enumerate(by_year, start=3):
            year = (YEAR, f"{place(top - 1, across)}")
            cells.append(Money(cents, _sumifs(count, level, (AXIS, f"A{row + 1}"), (FORM, f"C{row + 1}"), year)))
        cells.append(Money(sum(by_year), f"SUM({place(row, 3)}:{place(row, 2 + len(years))})"))
        for number in beside:
            formula = _sumifs(count, FIRST_AMOUNT + number, (AXIS, f"A{row + 1}"), (FORM, f"C{row + 1}"))
            cells.append(Money(_sum_of(of_axis, number), formula))
        rows.append(cells)
    return [*rows, [str(_("Total")), "", str(FORMS[form]), *column_sums(rows, top, 3, len(years) + 1 + len(beside))]]


def _sum_of(lines: Iterable[Line], number: int) -> Cents:
    return sum(line.cents[number] for line in lines)


def column_sums(rows: Sequence[Sequence[Cell]], top: int, left: int, count: int) -> list[Cell]:
    """Under each column of amounts, its sum; of no row at all, nothing."""
    sums: list[Cell] = []
    for column in range(left, left + count):
        cents = sum(cell.cents for row in rows if isinstance(cell := row[column], Money))
        bottom = max(len(rows), 1)
        formula = f"SUM({place(top, column)}:{place(top + bottom - 1, column)})" if rows else ""
        sums.append(Money(cents, formula))
    return sums


def _sumifs(count: int, column: int, *wanted: tuple[int, str]) -> str:
    """The sum of a column of the lines where others hold what cells of the summary hold."""
    tests = ",".join(f"{_column(count, number)},{cell}" for number, cell in wanted)
    return f"SUMIFS({_column(count, column)},{tests})"


def _column(count: int, number: int) -> str:
    letter = place(0, number)[:-1]
    return f"{LINES}!${letter}$2:${letter}${max(count, 1) + 1}"


@dataclass(frozen=True)
class Share:
    """What a partner brings to a fiche in a form and for a nature: a level by year, and each over all years."""

    first: Line
    by_year: Counter[int] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)


def shares(lines: Iterable[Line], column: str = "amount") -> list[Share]:
    """The lines, their years side by side."""
    found: dict[tuple[str, ...], Share] = {}
    for line in lines:
        share = found.setdefault((line.action_id, line.partner_id, line.form, line.nature), Share(line))
        share.by_year[line.year] += line.at(column)
        share.levels.update(dict(zip(AMOUNTS, line.cents, strict=True)))
    return list(found.values())


def plan(
    heading: Heading, lines: Sequence[Line], found: Sequence[Resource], costs: Amounts, years: Sequence[int]
) -> Sheet:
    """A fiche's financing and its other resources against its cost, as its page has it."""
    every = shares(lines)
    rows, strong = heading.rows, {0}
    rows.append([str(_("Financeur")), str(_("Forme")), str(_("Nature")), *years, str(_("Total"))])
    totals = [len(rows)]
    rows += (_share(share, number, years) for number, share in enumerate(_of(every, CASH), start=len(rows)))
    rows.append([str(_("Total prévu")), "", "", *column_sums(rows[totals[0] :], totals[0], 3, len(years) + 1)])
    strong |= {totals[0] - 1, len(rows) - 1}
    totals = [len(rows) - 1]
    if elsewhere := others.money(found):
        top = len(rows)
        rows += (_other(other, number, years) for number, other in enumerate(elsewhere, start=top))
        rows.append([str(_("Total des autres ressources")), "", "", *column_sums(rows[top:], top, 3, len(years) + 1)])
        totals.append(len(rows) - 1)
        strong.add(totals[-1])
    if any(costs.values()):
        rows += _against(rows, totals, costs, years)
        strong.add(len(rows) - 1)
    apart = [share for form in FORMS if form != CASH for share in _of(every, form)]
    given = others.in_kind(found)
    if apart or given:
        rows += [[], [str(_("À part, dans aucun total"))]]
        strong.add(len(rows) - 1)
        rows += [_share(share, number, years) for number, share in enumerate(apart, start=len(rows))]
        rows += [_other(other, number, years) for number, other in enumerate(given, start=len(rows))]
    return Sheet(name="Plan", rows=rows, strong=frozenset(strong), widths=(44, 30, 18, *([16] * 8)))


def _other(other: others.Other, row: int, years: Sequence[int]) -> list[Cell]:
    return [
        other.funder,
        other.account,
        str(NATURES[other.nature]) if other.nature else "",
        *_with_total(other.amounts, row, years),
    ]


def reserves(heading: Heading, rows: Sequence[Row]) -> Sheet:
    """A partner's envelopes, and how far the money that counts in each has come."""
    levels = [_("Annoncé"), *(capital(str(LEVEL_WORDS[name])) for name in RESERVED[1:])]
    head = [_("Exercice"), _("Axe"), _("Enveloppe"), _("Plafond"), *levels, _("Reste")]
    above: list[list[Cell]] = [*heading.rows, [str(name) for name in head]]
    told = [*above, *(_reserve(row, number) for number, row in enumerate(rows, start=len(above)))]
    strong = {0, len(above) - 1}
    if rows:
        told.append(_reserved(rows, len(above)))
        strong.add(len(told) - 1)
    return Sheet(name="Enveloppes", rows=told, strong=frozenset(strong), widths=(20, 16, *([16] * 9)))


def _reserve(row: Row, number: int) -> list[Cell]:
    """Undeclared is empty, not zero; so is what is left of it."""
    declared: list[Cell] = [
        Money(row.amount) if row.amount is not None else "",
        str(_("oui") if row.hard else _("non")),
    ]
    sums = [Money(row.sums[name]) for name in RESERVED]
    left = f"{place(number, 2)}-{place(number, 4)}"
    return [
        row.year,
        row.axis or str(_("tous")),
        *declared,
        *sums,
        Money(row.left, left) if row.left is not None else "",
    ]


def _reserved(rows: Sequence[Row], top: int) -> list[Cell]:
    """The sums of the whole years, of which axes are parts; ``top`` is the number of the first row."""
    years, bottom = [row for row in rows if row.axis is None], top + len(rows)

    def total(column: int, cents: Cents) -> Money:
        summed, of_axis = (f"{place(top, one)}:{place(bottom - 1, one)}" for one in (column, 1))
        return Money(cents, f"SUMIFS({summed},{of_axis},{place(bottom, 1)})")

    sums = [total(number, sum(row.sums[name] for row in years)) for number, name in enumerate(RESERVED, start=4)]
    return [
        str(_("Tous les exercices")),
        str(_("tous")),
        total(2, sum(row.amount or 0 for row in years)),
        "",
        *sums,
        total(4 + len(RESERVED), sum(row.left or 0 for row in years)),
    ]


def _of(every: Iterable[Share], form: str) -> list[Share]:
    return [share for share in every if share.first.form == form]


def _share(share: Share, row: int, years: Sequence[int]) -> list[Cell]:
    first = share.first
    words = (first.funder, str(FORMS[first.form]), str(NATURES[first.nature]))
    return [*words, *_with_total(share.by_year, row, years)]


def _with_total(amounts: Mapping[int, Cents], row: int, years: Sequence[int]) -> list[Cell]:
    total = Money(sum(amounts.values()), f"SUM({place(row, 3)}:{place(row, 2 + len(years))})")
    return [*(Money(amounts.get(year, 0)) for year in years), total]


def _against(
    rows: Sequence[Sequence[Cell]], totals: Sequence[int], costs: Amounts, years: Sequence[int]
) -> list[list[Cell]]:
    """The cost, and what is missing under the totals of these rows: negative where there is more."""
    cost = _with_total(costs, len(rows), years)
    gap: list[Cell] = []
    for column, needed in enumerate(cost, start=3):
        covered = [cell.cents for row in totals if isinstance(cell := rows[row][column], Money)]
        assert isinstance(needed, Money)  # noqa: S101 - for the types
        formula = "-".join(place(row, column) for row in (len(rows), *totals))
        gap.append(Money(needed.cents - sum(covered), formula))
    said = _("Écart (coût moins prévu)") if len(totals) == 1 else _("Écart (coût moins prévu et autres ressources)")
    return [[str(_("Coût de l’action")), "", "", *cost], [str(said), "", "", *gap]]
