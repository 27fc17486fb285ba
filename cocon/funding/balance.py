"""What is planned against what it costs, for a fiche, a group of fiches or the contract: arithmetic, no statement.

Named outside the seven usual files: ``queries`` reads the rows, this module adds them up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from cocon.actions.words import COST_BASIS
from cocon.contracts.queries import AxisLine
from cocon.funding.stages import STAGES, named
from cocon.funding.words import CASH, FORMS, NATURES, called, taxes
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

Amounts = Mapping[int, Cents]


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Cents by year: planned by the partners, the expected cost, and what others bring (``Resource``)."""

    planned: Amounts
    costs: Amounts
    other: Amounts = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Iterable[Balance]) -> Balance:
        """The sum of several."""
        planned: Counter[int] = Counter()
        costs: Counter[int] = Counter()
        other: Counter[int] = Counter()
        for part in parts:
            planned.update(part.planned)
            costs.update(part.costs)
            other.update(part.other)
        return Balance(planned=planned, costs=costs, other=other)

    def missing(self, year: int) -> Cents:
        """The cost of the year that nobody covers; negative when more is planned."""
        return self.costs.get(year, 0) - self.planned.get(year, 0) - self.other.get(year, 0)

    @property
    def total_planned(self) -> Cents:
        """Over all years."""
        return sum(self.planned.values())

    @property
    def total_cost(self) -> Cents:
        """Over all years."""
        return sum(self.costs.values())

    @property
    def total_other(self) -> Cents:
        """Over all years."""
        return sum(self.other.values())

    @property
    def total_missing(self) -> Cents:
        """Over all years."""
        return self.total_cost - self.total_planned - self.total_other

    @property
    def gaps(self) -> list[tuple[int, Cents]]:
        """The years out of balance and by how much: positive what is missing, negative what exceeds."""
        years = sorted({*self.planned, *self.costs, *self.other})
        return [(year, self.missing(year)) for year in years if self.missing(year)]


@dataclass(frozen=True)
class Share:
    """A tranche as pages show it; ``rev`` is what its form carries, ``unpaid`` that more was engaged than paid."""

    amount: Cents
    stage: str
    rev: int
    id: str | None = None
    voted: Cents = 0
    contracted: Cents = 0
    unpaid: bool = False

    @property
    def step(self) -> int:
        """The rank of its stage."""
        return STAGES[self.stage][0]

    @property
    def word(self) -> LazyString:
        """The word of its stage."""
        return named(self.stage, part=self.unpaid)[1]


#: No tranche at all.
NOTHING = Share(0, "none", 0)


@dataclass(frozen=True)
class Line:
    """What a partner brings to a fiche in a form and for a nature, year by year.

    ``suspended``: a suspensive condition stands, before which nothing is paid.
    """

    contribution_id: str
    partner: Partner
    form: str = CASH
    nature: str = ""
    shares: dict[int, Share] = field(default_factory=dict)
    suspended: bool = False

    @property
    def called(self) -> str:
        """What it is, where it is not money for running costs, as most is."""
        if self.form != CASH:
            return str(_("à part\u00a0: %(kind)s", kind=called(self.form, self.nature)))
        return str(NATURES[self.nature]) if self.nature == "investment" else ""

    def share(self, year: int) -> Share:
        """The tranche of the year, or nothing."""
        return self.shares.get(year, NOTHING)

    @property
    def amounts(self) -> Amounts:
        """Cents by year."""
        return {year: share.amount for year, share in self.shares.items()}

    @property
    def total(self) -> Cents:
        """Over all years."""
        return sum(share.amount for share in self.shares.values())


def money(lines: Iterable[Line]) -> list[Line]:
    """Those that are spent: what is kept apart enters no total."""
    return [line for line in lines if line.form == CASH]


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Money first, then what is kept apart; the natures of each as they are offered. Partners stay as they come."""
    forms, natures = list(FORMS), list(NATURES)
    ranks: dict[str, int] = {}
    found = list(lines)
    for line in found:
        ranks.setdefault(line.partner.id, len(ranks))
    return sorted(found, key=lambda line: (ranks[line.partner.id], forms.index(line.form), natures.index(line.nature)))


def planned_by(lines: Iterable[Line]) -> Amounts:
    """What several partners plan together, by year."""
    planned: Counter[int] = Counter()
    for line in lines:
        for year, share in line.shares.items():
            planned[year] += share.amount
    return planned


@dataclass(frozen=True, kw_only=True)
class FinancingPlan(Balance):
    """Who brings what money to a fiche against what it costs; ``apart`` is what is no money to spend.

    ``mine`` is all that the reader's organisation brings; ``imagined`` says that amounts are typed, not recorded.
    """

    years: tuple[int, ...]
    exercise: int
    rows: Sequence[Line]
    apart: Sequence[Line]
    mine: Sequence[Line]
    imagined: bool = False
    basis: str = ""

    @property
    def taxes(self) -> LazyString:
        """Whether its costs are told without or with taxes."""
        return COST_BASIS.get(self.basis) or _("HT ou TTC\u00a0: à compléter")

    def my_line(self, form: str, nature: str) -> Line | None:
        """What the reader's organisation brings in a form and for a nature."""
        return next((line for line in self.mine if (line.form, line.nature) == (form, nature)), None)

    @property
    def suspended(self) -> Amounts:
        """What of the plan is under a suspensive condition, by year."""
        return planned_by(row for row in self.rows if row.suspended)

    @property
    def parts(self) -> list[dict[str, object]]:
        """The share of each partner, for the chart and its table."""
        totals: dict[str, dict[str, Any]] = {}
        for row in self.rows:
            mine = any(row is one for one in self.mine)
            part = totals.setdefault(row.partner.id, {"name": row.partner.current_name, "cents": 0, "mine": mine})
            part["cents"] += row.total
        others = {"name": str(_("Autres ressources")), "cents": self.total_other, "mine": False}
        return [part for part in (*totals.values(), others) if part["cents"]]


@dataclass(frozen=True, kw_only=True)
class Fiche(Balance):
    """A fiche in the matrix; ``planned`` sums the lines shown."""

    id: str
    code: str
    title: str
    axis_id: str
    letter: str | None
    objective: str | None
    lines: Sequence[Line]
    basis: str = ""


@dataclass(frozen=True, kw_only=True)
class ObjectiveGroup(Balance):
    """The fiches under an objective."""

    letter: str | None
    title: str | None
    fiches: Sequence[Fiche]


@dataclass(frozen=True, kw_only=True)
class AxisGroup(Balance):
    """The fiches of an axis, objective by objective."""

    axis: AxisLine
    objectives: Sequence[ObjectiveGroup]


@dataclass(frozen=True, kw_only=True)
class Matrix(Balance):
    """Axis × fiche × partner × year. Every total is the sum of the rows shown."""

    years: tuple[int, ...]
    exercise: int
    groups: Sequence[AxisGroup]
    count: int
    exceeding: Sequence[Fiche]

    @cached_property
    def taxes(self) -> Counter[str]:
        """How many costs are told without taxes (``ht``), with them (``ttc``), or neither (empty)."""
        return Counter(fiche.basis for fiche in self.fiches if fiche.total_cost)

    @property
    def taxed(self) -> LazyString | None:
        """The same in words; nothing of no cost."""
        return taxes(self.taxes) if self.taxes else None

    @property
    def fiches(self) -> list[Fiche]:
        """Those shown, in the order of codes."""
        return [fiche for group in self.groups for part in group.objectives for fiche in part.fiches]

    @cached_property
    def funded(self) -> list[Fiche]:
        """Those shown to which some of the money goes: loans and gifts in kind are not said of the others."""
        return [fiche for fiche in self.fiches if fiche.total_planned]

    @property
    def apart(self) -> list[tuple[str, Amounts]]:
        """What is no money to spend, by form: in no total."""
        lines = [line for fiche in self.fiches for line in fiche.lines if line.form != CASH]
        sums = {form: planned_by(line for line in lines if line.form == form) for form in FORMS}
        return [(form, amounts) for form, amounts in sums.items() if sum(amounts.values())]

    @cached_property
    def funders(self) -> list[Funder]:
        """Who brings money, in the order of the signatories."""
        found: dict[str, Funder] = {}
        for fiche in self.fiches:
            for line in money(fiche.lines):
                amounts = found.setdefault(line.partner.id, Funder(line.partner)).amounts
                for year, share in line.shares.items():
                    amounts[year] += share.amount
        return sorted(found.values(), key=lambda one: one.partner.rank)


@dataclass
class Funder:
    """What a partner brings in money over the fiches shown, by year."""

    partner: Partner
    amounts: Counter[int] = field(default_factory=Counter)

    @property
    def total(self) -> Cents:
        """Over all years."""
        return self.amounts.total()


def grouped(fiches: Sequence[Fiche], axes: Sequence[AxisLine]) -> Sequence[AxisGroup]:
    """Fiches in the order of codes, under their axes and objectives; an axis without any is left out."""
    groups = []
    for axis in axes:
        under = [fiche for fiche in fiches if fiche.axis_id == axis.id]
        objectives = [_objective(list(rows)) for _letter, rows in groupby(under, key=lambda fiche: fiche.letter)]
        if objectives:
            total = Balance.of(objectives)
            groups.append(AxisGroup(**vars(total), axis=axis, objectives=objectives))
    return groups


def _objective(fiches: Sequence[Fiche]) -> ObjectiveGroup:
    total, first = Balance.of(fiches), fiches[0]
    return ObjectiveGroup(**vars(total), letter=first.letter, title=first.objective, fiches=fiches)


def restricted(fiche: Fiche, partner_id: str) -> Fiche | None:
    """The fiche as one partner funds it, or None when it does not; its other resources are no partner's."""
    lines = [line for line in fiche.lines if line.partner.id == partner_id]
    return replace(fiche, lines=lines, planned=planned_by(money(lines)), other={}) if lines else None


@dataclass(frozen=True)
class EnvelopeLine:
    """A partner's envelope of a year and what it has promised on it."""

    partner: Partner
    year: int
    amount: Cents | None
    hard: bool
    rev: int
    promised: Cents

    @property
    def left(self) -> Cents | None:
        """What is not promised yet; negative when more is promised than set aside, None while undeclared."""
        return None if self.amount is None else self.amount - self.promised
