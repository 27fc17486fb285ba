"""The money of the contract on paper: sums by axis, by objective and by partner, then each fiche with its partners.

Named outside the seven usual files. Words and amounts come already formatted; ``dossier.pdf`` lays them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from flask import current_app

from cocon.consolidation import money, totals
from cocon.consolidation.book import Cell, Money, Sheet
from cocon.consolidation.money import Heading, Share
from cocon.consolidation.queries import Line
from cocon.consolidation.totals import Whole
from cocon.dossier import pdf
from cocon.dossier.printing import printable
from cocon.dossier.sheet import Table, edition
from cocon.funding.choice import Choice
from cocon.funding.words import called
from cocon.kernel.language import NBSP, _, ngettext
from cocon.kernel.money import amount

#: Rows of fiches on paper: laying out more takes longer than anybody waits.
MOST_ROWS = 900
LEVELS = ("voted", "engaged", "paid")


def render(heading: Heading, whole: Whole) -> bytes:
    """The PDF; raises Unprintable."""
    lines, years, choice = whole.lines, whole.years, whole.choice
    _axes, objectives, partners, *_others = totals.sheets(heading, whole)
    template = current_app.jinja_env.get_template("consolidation/printed.html")
    shares = money.shares(lines, choice.column)
    page = template.render(
        title=heading.title,
        said=[printable(line) for line in (*heading.said, *whole.taxed)],
        contract=printable(heading.said[0]),
        edition=edition(),
        sums=list(_sums(heading, lines, years, choice)),
        objectives=list(_tables(objectives, whole, _under)),
        partners=list(_tables(partners, whole, _funder)),
        fiches=_fiches(shares, years, choice) if 0 < len(shares) <= MOST_ROWS else None,
        too_many=len(shares) > MOST_ROWS,
    )
    return pdf.lay_out(page)


def _sums(heading: Heading, lines: Sequence[Line], years: Sequence[int], choice: Choice) -> Iterator[Table]:
    rows = money.summary(heading, lines, years, choice).rows[len(heading.rows) :]
    while rows:
        end = rows.index([]) if [] in rows else len(rows)
        (title,), head, *body = rows[:end]
        *told, foot = [_words(row) for row in body]
        yield Table(caption=str(title), head=_words(head), rows=told, feet=[foot], said="")
        rows = rows[end + 1 :]


def _words(row: Sequence[Cell]) -> list[str]:
    """The axis with its title, then amounts: the form is said above."""
    first = f"{row[0]}. {row[1]}" if isinstance(row[0], int) else str(row[0])
    return [first, *map(_text, row[3:])]


def _text(cell: Cell) -> str:
    return amount(cell.cents) if isinstance(cell, Money) else str(cell)


def _tables(sheet: Sheet, whole: Whole, named: Callable[[Sequence[Cell]], str]) -> Iterator[Table]:
    """The tables of a sheet whose amounts begin in its fifth column, without the levels: sums by axis have them."""
    end = 4 + len(whole.years) + 1
    left_out = range(end, end + len(whole.beside))
    rows = sheet.rows[sheet.rows.index([]) + 1 :]
    while rows:
        stop = rows.index([]) if [] in rows else len(rows)
        (title,), *body = rows[:stop]
        told = [[_text(cell) for at, cell in enumerate(row) if at > 3 and at not in left_out] for row in body]
        head, *kept, foot = [[named(row), *cells] for row, cells in zip(body, told, strict=True)]
        yield Table(caption=str(title), head=head, rows=kept, feet=[foot], said="")
        rows = rows[stop + 1 :]


def _under(row: Sequence[Cell]) -> str:
    """An axis, an objective of it, or what is under none; the other rows say what they are."""
    axis, letter, title = row[:3]
    if not isinstance(axis, int):
        return str(_("Axe, puis objectifs")) if letter else str(axis)
    if letter:
        return str(_("Objectif %(number)s.%(letter)s. %(title)s", number=axis, letter=letter, title=title))
    return str(title) if title == str(_("Sans objectif")) else str(_("Axe %(n)s. %(title)s", n=axis, title=title))


def _funder(row: Sequence[Cell]) -> str:
    """A partner, and to how many fiches it brings something."""
    number, name, fiches = row[:3]
    if not isinstance(number, int):
        return str(name or number)
    return str(ngettext("%(name)s (%(num)s fiche)", "%(name)s (%(num)s fiches)", int(str(fiches)), name=name))


def _fiches(shares: Sequence[Share], years: Sequence[int], choice: Choice) -> Table:
    levels = [str(_("Voté")), str(_("Engagé")), str(_("Versé"))]
    head = [str(_("Fiche et financeur")), str(_("Forme et nature")), *map(str, years), str(choice.total), *levels]
    return Table(
        caption=str(_("Par fiche et par financeur")),
        head=head,
        rows=[_share(share, years) for share in shares],
        feet=[],
        said="",
    )


def _share(share: Share, years: Sequence[int]) -> list[str]:
    first = share.first
    who = printable(f"{first.code} {first.title}{NBSP}: {first.funder}")
    cents = [*(share.by_year[year] for year in years), share.by_year.total(), *(share.levels[one] for one in LEVELS)]
    return [who, called(first.form, first.nature), *map(amount, cents)]
