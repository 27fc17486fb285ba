"""My organisation's line of a fiche as a table to fill: a cell a year, a row a form and a nature.

Named outside the seven usual files: the form's fields follow what the organisation already brings. A cell that was not
touched is not sent on, so that two people who fill different cells never disturb each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from wtforms import Field, HiddenField

from cocon.funding.balance import NOTHING, FinancingPlan, Share
from cocon.funding.balance import Line as Contributed
from cocon.funding.operations import Cell
from cocon.funding.words import CASH, FORMS, NATURES, OPERATING, called
from cocon.kernel import money
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Outdated, Refusal
from cocon.web.filters import capital
from cocon.web.forms import BaseForm, Line, MoneyField

REASON = 2_000
#: A form and a nature.
Kind = tuple[str, str]
FIRST: Kind = (CASH, OPERATING)
#: The rows that may be added; where nobody said the nature, nobody adds any more.
KINDS: tuple[Kind, ...] = tuple((form, nature) for form in FORMS for nature in NATURES if nature)
_YEAR = re.compile(r"(?:(?:exercice|année|annee|budget) )?([12]\d{3})", re.ASCII | re.IGNORECASE)
#: How far from the years of the contract a number is still a year, and no amount.
NEAR = 10
_NAME = re.compile(r"amount-([a-z]+(?:_[a-z]+)?)-([a-z]*)-(\d{4})")


class GridForm(BaseForm):
    """The cells, ``amount-cash-operating-2014``, what each showed, ``seen-…``, and one reason for what is reduced."""

    reason = Line(_("Motif, si vous réduisez ou retirez un montant"), maximum=REASON)

    cells: Mapping[str, tuple[Kind, int]] = {}

    @property
    def kinds(self) -> list[Kind]:
        """The rows, in order."""
        return list(dict.fromkeys(kind for kind, _year in self.cells.values()))

    def cell(self, kind: Kind, year: int) -> Field:
        """A field of the table."""
        return self._fields[name_of(kind, year)]

    def seen(self, kind: Kind, year: int) -> Field:
        """What the page showed in a cell."""
        return self._fields[f"seen{name_of(kind, year).removeprefix('amount')}"]

    def show(self, found: FinancingPlan) -> None:
        """Fill the cells with what is promised; those typed keep what was typed, beside what is promised now."""
        for name, (kind, year) in self.cells.items():
            share, field, seen = _share(found, kind, year), self._fields[name], self.seen(kind, year)
            if field.raw_data is None or not (field.errors or self._touched(name)):
                field.raw_data, field.data = None, share.amount or None
            elif _seen(seen.data)[0] not in (None, share.rev):
                field.errors = [*field.errors, _stale(share.amount)]
            seen.data = f"{share.rev}:{share.amount}"

    def _touched(self, name: str) -> bool:
        return (self._fields[name].data or 0) != _seen(self.seen(*self.cells[name]).data)[1]

    @property
    def changed(self) -> list[Cell]:
        """What the cells say that differs from what they showed."""
        found = []
        for name, (kind, year) in self.cells.items():
            if self._touched(name):
                (revision, former), typed = _seen(self.seen(kind, year).data), self._fields[name].data or 0
                cell = Cell(year=year, amount=typed, former=former, revision=revision, form=kind[0], nature=kind[1])
                found.append(cell)
        return found

    def facts(self) -> dict[str, Any]:
        return {"cells": self.changed, "reason": self.reason.data}

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Lowering says why; something must change."""
        sound = super().validate(extra_validators)
        if sound and any(cell.lowers for cell in self.changed) and not self.reason.data:
            self.reason.errors, sound = [str(_("Indiquez pourquoi vous réduisez ou retirez un montant."))], False
        if sound and not self.changed:
            self.form_errors, sound = [*self.form_errors, str(_("Aucun montant n’a changé."))], False
        return sound

    def holds_amount(self, name: str) -> bool:
        """Whether a cell holds an amount, or nothing."""
        field = self._fields[name]
        return not field.process_errors and (field.data or 0) >= 0

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal in the cell that it is about."""
        cell = refusal.cell
        if isinstance(cell, Cell) and refusal.field != "reason":
            field = self.cell((cell.form, cell.nature), cell.year)
            self.status = refusal.status
            if not isinstance(refusal, Outdated):  # what is promised now says it, once it is read again
                field.errors = [*field.errors, str(refusal)]
        else:
            super().refuse(refusal)


def _stale(now: Cents) -> str:
    return str(
        _(
            "Ce montant a changé depuis l’affichage de la page\u00a0: %(now)s sont enregistrés. Votre saisie est "
            "gardée\u202f: enregistrez de nouveau pour la maintenir, ou reprenez ce montant.",
            now=money.euros(now),
        )
    )


def imagined(found: FinancingPlan, form: GridForm) -> FinancingPlan:
    """The plan with the money typed in the cells; those not sent, or that are no amount, count for what is promised."""
    planned = Counter(found.planned)
    typed: dict[Kind, dict[int, Share]] = {}
    for name, (kind, year) in form.cells.items():
        if form[name].raw_data and form.holds_amount(name):
            share, cents = _share(found, kind, year), form[name].data or 0
            typed.setdefault(kind, {})[year] = replace(share, amount=cents)
            planned[year] += cents - share.amount if kind[0] == CASH else 0
    changed = {id(line): replace(line, shares=line.shares | typed.get(_kind(line), {})) for line in found.mine}
    rows, apart, mine = (
        [changed.get(id(line), line) for line in lines] for lines in (found.rows, found.apart, found.mine)
    )
    return replace(found, planned=planned, rows=rows, apart=apart, mine=mine, imagined=True)


def _kind(line: Contributed) -> Kind:
    return line.form, line.nature


def name_of(kind: Kind, year: int) -> str:
    """The name of a cell."""
    return f"amount-{kind[0]}-{kind[1]}-{year}"


def _share(found: FinancingPlan, kind: Kind, year: int) -> Share:
    line = found.my_line(*kind)
    return line.share(year) if line else NOTHING


def _seen(text: str | None) -> tuple[int | None, Cents]:
    """The revision and the amount that a page showed; -1, which is no revision, when it was tampered with."""
    match = re.fullmatch(r"(\d{1,9}):(\d{1,18})", text or "", re.ASCII)
    return (int(match[1]), int(match[2])) if match else (-1 if text else None, 0)


def asked(text: str | None) -> Kind | None:
    """The row that an address asks for: ``instrument.investment``."""
    form, _dot, nature = (text or "").partition(".")
    return (form, nature) if (form, nature) in KINDS else None


def kinds_of(found: FinancingPlan, more: Iterable[Kind] = ()) -> list[Kind]:
    """The rows to fill: those that hold something, then those asked for; one to begin with."""
    held = [(line.form, line.nature) for line in found.mine if any(share.rev for share in line.shares.values())]
    return list(dict.fromkeys([*held, *more])) or [FIRST]


def sent_kinds(names: Iterable[str]) -> list[Kind]:
    """The rows whose cells were sent."""
    matches = (_NAME.fullmatch(name) for name in names)
    kinds = dict.fromkeys((match[1], match[2]) for match in matches if match)
    return [kind for kind in kinds if kind[0] in FORMS and kind[1] in NATURES]


@lru_cache(maxsize=256)
def form_for(kinds: tuple[Kind, ...], years: tuple[int, ...]) -> type[GridForm]:
    """The form with these rows."""
    cells = {name_of(kind, year): (kind, year) for kind in kinds for year in years}
    fields: dict[str, Any] = {name: MoneyField(label(*place)) for name, place in cells.items()}
    fields |= {f"seen{name.removeprefix('amount')}": HiddenField() for name in cells}
    return type("GridForm", (GridForm,), {**fields, "cells": cells})


def label(kind: Kind, year: int) -> str:
    """What a cell is called: ``Montant 2014, en numéraire, investissement``."""
    return str(_("Montant %(year)s, %(kind)s", year=year, kind=called(*kind)))


def addable(kinds: Sequence[Kind]) -> list[tuple[str, str]]:
    """The rows that may still be added, and what they are called."""
    return [(".".join(kind), capital(called(*kind))) for kind in KINDS if kind not in kinds]


def choices() -> list[tuple[str, str]]:
    """Every row that may be filled."""
    return addable([])


def read_pasted(text: str, years: Sequence[int]) -> dict[int, Cents] | str:
    """The amounts of a row copied from a spreadsheet, by year; the cell that is none, when one is not understood.

    A first row of years says which column is which, and what is under a word (« Total ») is left out; otherwise they
    are the first years, in order. A word before the amounts is what their row is called.
    """
    rows = [[cell.strip() for cell in row.split("\t")] for row in text.splitlines() if row.strip()]
    heads = [str(year) for year in years]
    if len(rows) > 1 and _are_years(rows[0], years):
        heads = [_year(cell) or cell for cell in rows.pop(0)]
    elif rows and len(rows[0]) > 1 and _is_word(rows[0][0]):
        rows[0].pop(0)
    if repeated := [head for head, times in Counter(heads).items() if _year(head) and times > 1]:
        return str(_("L’année %(year)s est au-dessus de plusieurs montants\u00a0: gardez-en un.", year=repeated[0]))
    if len(rows) != 1:
        return str(_("Collez une seule ligne de montants, avec ou sans celle des années au-dessus."))
    return _read_row(dict(enumerate(heads)), rows[0], years)


def _read_row(heads: Mapping[int, str], row: Sequence[str], years: Sequence[int]) -> dict[int, Cents] | str:
    found = {}
    for place, cell in enumerate(row):
        head = heads.get(place, "")
        if not cell or (_is_word(head) and not _year(head)) or (not head and _is_word(cell)):
            continue
        if head not in map(str, years):
            return str(_("Le montant «\u00a0%(cell)s\u00a0» ne tombe sous aucune année du contrat.", cell=cell[:60]))
        try:
            found[int(head)] = money.parse(cell)
        except money.NotMoney:
            return str(_("«\u00a0%(cell)s\u00a0» n’est pas un montant en euros.", cell=cell[:60]))
    return found


def _are_years(row: Sequence[str], years: Sequence[int]) -> bool:
    """Whether a row names columns: years near those of the contract, and words."""
    named = [_year(cell) for cell in row]
    near = all(years[0] - NEAR <= int(year) <= years[-1] + NEAR for year in named if year)
    return (
        any(named) and near and all(not cell or year or _is_word(cell) for cell, year in zip(row, named, strict=True))
    )


def _year(cell: str) -> str:
    """The year that a cell says, ``2014`` or ``Exercice 2014``; empty when it says none."""
    match = _YEAR.fullmatch(cell)
    return match[1] if match else ""


def _is_word(cell: str) -> bool:
    """Whether a cell names something: « Région », « Total 2014-2016 »."""
    return bool(re.match(r"[^\W\d_]", cell))
