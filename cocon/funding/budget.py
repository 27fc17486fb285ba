"""The plan of a fiche as a budget: charges by nature against products by account, what is in kind, rates.

Named outside the seven usual files: arithmetic on what ``queries``, ``resources`` and the fiche's text hold; no
statement. The money of a signatory stands under 74, or as own funds when it carries the action itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cocon.actions import words as fiche
from cocon.actions.models import CHARGES
from cocon.actions.models import IN_KIND as GIVEN
from cocon.actions.queries import Whole
from cocon.funding import products
from cocon.funding.balance import Amounts, Line
from cocon.funding.models import Resource
from cocon.funding.words import CASH
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents
from cocon.partners.models import Partner

_IN_KIND = "in_kind"


class Flow(NamedTuple):
    """An amount of a year from somebody: a signatory (``partner``), or a resource that counts.

    ``own``: it comes from who carries the action. ``form`` is that of a contribution. ``certain`` is what was voted,
    granted or paid; ``contracted``: a convention is signed.
    """

    name: str
    partner: Partner | None
    account: str
    body: str
    gift: str
    form: str
    year: int
    nature: str
    cents: Cents
    certain: Cents
    own: bool
    contracted: bool = False

    @property
    def public_aid(self) -> bool:
        """Given by a public body to somebody else."""
        return not self.own and self.body in products.PUBLIC


@dataclass(frozen=True)
class Row:
    """A line of the budget; ``names`` says whose money it is, ``part`` that the line above already counts it."""

    label: LazyString | str
    amounts: Amounts
    certain: Cents = 0
    names: Sequence[str] = ()
    part: bool = False

    @property
    def total(self) -> Cents:
        """Over all years."""
        return sum(self.amounts.values())


@dataclass(frozen=True)
class Rate:
    """A share with what it is a share of (``of``); ``whole`` is None while it is unknown."""

    label: LazyString | str
    part: Cents
    whole: Cents | None
    of: LazyString

    @property
    def value(self) -> float | None:
        """The ratio; None of what is unknown, or nothing."""
        return self.part / self.whole if self.whole else None


def flows(whole: Whole, lines: Iterable[Line], rows: Iterable[Resource]) -> list[Flow]:
    """Everything that comes to a fiche; what was refused does not."""
    owner = whole.version.project_owner
    found = [_promised(line, year, owner) for line in lines for year, share in line.shares.items() if share.amount]
    return [*found, *(_elsewhere(row) for row in rows if row.status != products.REFUSED)]


def _promised(line: Line, year: int, owner: Partner | None) -> Flow:
    share, own = line.share(year), owner is not None and line.partner.id == owner.id
    account = {CASH: products.OWN if own else products.SUBSIDY, _IN_KIND: products.IN_KIND}.get(line.form, "")
    return Flow(
        name=line.partner.current_name,
        partner=line.partner,
        account=account,
        body=products.body_of(line.partner.kind),
        gift="",
        form=line.form,
        year=year,
        nature=line.nature,
        cents=share.amount,
        certain=share.voted,
        own=own,
        contracted=share.contracted > 0,
    )


def _elsewhere(row: Resource) -> Flow:
    return Flow(
        name=row.funder,
        partner=None,
        account=row.account,
        body=row.body,
        gift=row.gift,
        form=_IN_KIND if row.account == products.IN_KIND else CASH,
        year=row.year,
        nature=row.nature,
        cents=row.amount,
        certain=row.amount if row.status in products.CERTAIN else 0,
        own=row.account == products.OWN,
    )


def by_year(found: Iterable[Flow]) -> Amounts:
    """The sums of the years."""
    sums: Counter[int] = Counter()
    for flow in found:
        sums[flow.year] += flow.cents
    return sums


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A fiche's charges and products. Every total is the sum of the rows shown."""

    years: tuple[int, ...]
    basis: str
    owner: Partner | None
    owner_name: str
    state_aid: str
    costs: Amounts
    eligible: Amounts
    by_nature: Mapping[tuple[int, str], Cents]
    flows: Sequence[Flow]

    @classmethod
    def of(cls, whole: Whole, lines: Iterable[Line], rows: Iterable[Resource]) -> Budget:
        """The budget made of what was read."""
        return cls(
            years=whole.years,
            basis=whole.version.cost_basis,
            owner=whole.version.project_owner,
            owner_name=whole.owner_name,
            state_aid=whole.version.state_aid,
            costs=whole.costs,
            eligible=whole.eligible,
            by_nature=whole.charges,
            flows=flows(whole, lines, rows),
        )

    @cached_property
    def charges(self) -> list[Row]:
        """The charges by nature; the cost of a year that nobody broke down stands in one line."""
        rows = [Row(fiche.NATURES[nature], self._of_nature(nature)) for nature in CHARGES]
        told = {year for year, nature in self.by_nature if nature in CHARGES}
        whole = {year: cents for year, cents in self.costs.items() if year not in told}
        return [row for row in (*rows, Row(_("Coût sans détail par nature"), whole)) if row.amounts]

    @cached_property
    def products(self) -> list[Row]:
        """The products by account, subsidies by kind of body."""
        rows: list[Row] = []
        for account in products.MONEY:
            found = [flow for flow in self.money if flow.account == account]
            if found:
                rows.append(_row(products.ACCOUNTS[account], found))
            if account == products.SUBSIDY:
                rows += self._bodies(found)
        return rows

    def _bodies(self, found: Sequence[Flow]) -> list[Row]:
        under = (
            (heading, [flow for flow in found if flow.body == body]) for body, heading in products.HEADINGS.items()
        )
        return [_row(heading, flows, part=True) for heading, flows in under if flows]

    @cached_property
    def money(self) -> list[Flow]:
        """What is spent: neither what is in kind, nor loans, guarantees and equity."""
        return [flow for flow in self.flows if flow.form == CASH]

    @cached_property
    def given(self) -> list[Flow]:
        """What is in kind."""
        return [flow for flow in self.flows if flow.form == _IN_KIND]

    @cached_property
    def received(self) -> Row:
        """All products."""
        return _row(_("Total des produits"), self.money)

    @cached_property
    def apart(self) -> list[Row]:
        """Loans, guarantees and equity, by who brings them: in no total."""
        found = [flow for flow in self.flows if flow.form not in (CASH, _IN_KIND)]
        return [_row(name, [one for one in found if one.name == name]) for name in dict.fromkeys(f.name for f in found)]

    @cached_property
    def used_in_kind(self) -> Row:
        """86."""
        return Row(fiche.NATURES[GIVEN], self._of_nature(GIVEN))

    @cached_property
    def given_in_kind(self) -> list[Row]:
        """87, by what is given; what signatories bring in kind is said apart."""
        gifts = {"": _("apports en nature des signataires"), **products.GIFTS}
        under = ((word, [flow for flow in self.given if flow.gift == gift]) for gift, word in gifts.items())
        found = [_row(word, flows, part=True) for word, flows in under if flows]
        return [_row(products.ACCOUNTS[products.IN_KIND], self.given), *found]

    def missing(self, year: int) -> Cents | None:
        """What the charges of a year lack; None while they are unknown."""
        return None if year not in self.costs else self.costs[year] - self.received.amounts.get(year, 0)

    @property
    def total_missing(self) -> Cents | None:
        """Over all years."""
        return sum(self.costs.values()) - self.received.total if self.costs else None

    def unbalanced(self, year: int) -> Cents:
        """86 less 87."""
        return self.used_in_kind.amounts.get(year, 0) - self.given_in_kind[0].amounts.get(year, 0)

    @property
    def total_unbalanced(self) -> Cents:
        """Over all years."""
        return self.used_in_kind.total - self.given_in_kind[0].total

    @property
    def rated(self) -> list[int]:
        """The years whose eligible cost is known: rates are about them alone."""
        return sorted(self.eligible)

    @property
    def borne(self) -> Cents | None:
        """The eligible cost, as far as it is known."""
        return sum(self.eligible.values()) if self.eligible else None

    @property
    def rated_on(self) -> LazyString:
        """What the rates are about, in words."""
        if self.borne is None:
            return _(
                "La dépense subventionnable est à compléter dans la fiche\u00a0: sans elle, les taux ne se calculent"
                " pas."
            )
        years = ", ".join(map(str, self.rated))
        return _(
            "Rapportés à la dépense subventionnable de %(years)s, et à ce qui est apporté ces années-là.", years=years
        )

    def in_rated(self, found: Iterable[Flow]) -> Cents:
        """What comes in the years whose eligible cost is known; in all of them while none is."""
        return _within(self.eligible, found)

    @cached_property
    def rates(self) -> list[Rate]:
        """Each signatory's rate, that of public aid without and with what is in kind, the owner's own share."""
        signing = [flow for flow in self.money if flow.partner]
        names = {flow.partner.id: flow.name for flow in signing if flow.partner}
        borne = _("la dépense subventionnable")
        each = [
            Rate(
                name,
                self.in_rated(flow for flow in signing if flow.partner and flow.partner.id == key),
                self.borne,
                borne,
            )
            for key, name in names.items()
        ]
        aids = self.in_rated(flow for flow in self.money if flow.public_aid)
        return [
            *each,
            Rate(_("Aides publiques, sans l’apport en nature"), aids, self.borne, borne),
            self._aided(aids),
            self._own_share(),
        ]

    def _aided(self, aids: Cents) -> Rate:
        in_kind = self.in_rated(flow for flow in self.given if flow.public_aid)
        used = sum(self.used_in_kind.amounts.get(year, 0) for year in self.eligible)
        return Rate(
            _("Aides publiques, avec l’apport en nature"),
            aids + in_kind,
            None if self.borne is None else self.borne + used,
            _("la dépense subventionnable et le compte 86"),
        )

    def _own_share(self) -> Rate:
        own = _within(self.costs, (flow for flow in self.money if flow.own))
        cost = sum(self.costs.values()) if self.costs else None
        return Rate(_("Part propre du porteur"), own, cost, _("le coût de l’action"))

    def _of_nature(self, nature: str) -> Amounts:
        return {year: cents for (year, one), cents in self.by_nature.items() if one == nature}


def _within(known: Amounts, found: Iterable[Flow]) -> Cents:
    """The sum over the years of which something is known; over all while nothing is, for no year is left out."""
    return sum(flow.cents for flow in found if not known or flow.year in known)


def _row(label: LazyString | str, found: Sequence[Flow], *, part: bool = False) -> Row:
    names = list(dict.fromkeys(flow.name for flow in found)) if part else []
    return Row(label, by_year(found), sum(flow.certain for flow in found), names, part)
