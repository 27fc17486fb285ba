"""The questions that a fiche answers in euros, and those that qualify them: taxes, State aid.

Named outside the seven usual files: the form of a fiche would not fit one file with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wtforms import Field, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import StopValidation

from cocon.actions import costs, words
from cocon.actions.models import NATURES
from cocon.actions.refusals import AidUnsound
from cocon.kernel import money
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents
from cocon.web.forms import Line, MoneyField, VersionedForm


class Answers(RadioField):
    """One of a few answers, or none."""

    def __init__(self, label: Any, answers: Mapping[str, LazyString], **kwargs: Any) -> None:
        offered = [SelectChoice(value, said) for value, said in {"": _("non précisé"), **answers}.items()]
        super().__init__(label, choices=offered, default="", validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse what the list does not hold."""
        if (self.data or "") not in {value for value, *_rest in self.iter_choices()}:
            raise StopValidation(str(_("Choisissez parmi les réponses proposées.")))


def _of_an_aid(form: Any, field: Field) -> None:
    if costs.names_regime_without(form.state_aid.data or "", field.data or ""):
        raise StopValidation(str(AidUnsound.sentence))


class CostForm(VersionedForm):
    """What is said of the cost. Amounts are added for the years of the contract by ``amounts``."""

    cost_basis = Answers(_("Montants HT ou TTC"), words.COST_BASIS)
    state_aid = Answers(_("Aide d’État"), words.STATE_AID)
    state_aid_regime = Line(_("Régime d’aide d’État"), [_of_an_aid], maximum=200)

    years: tuple[int, ...] = ()

    @property
    def cost_fields(self) -> list[Any]:
        """The fields of costs, one for each year."""
        return [self[f"cost_{year}"] for year in self.years]

    @property
    def eligible_fields(self) -> list[Any]:
        """The fields of what subsidies may bear, one for each year."""
        return [self[f"eligible_{year}"] for year in self.years]

    @property
    def charge_fields(self) -> dict[str, list[Any]]:
        """The fields of charges by nature, one for each year."""
        return {nature: [self[f"charge_{year}_{nature}"] for year in self.years] for nature in NATURES}

    @property
    def breaks_down(self) -> bool:
        """Whether anything was typed by nature."""
        return any(field._value() for fields in self.charge_fields.values() for field in fields)

    @property
    def charges(self) -> dict[tuple[int, str], Cents]:
        """The charges that could be read, by year and nature."""
        read = {(year, nature): self[f"charge_{year}_{nature}"].data for year in self.years for nature in NATURES}
        return {key: cents for key, cents in read.items() if cents is not None}

    @property
    def costs(self) -> dict[int, Cents]:
        """The costs that could be read, by year; one left empty is the sum of its charges."""
        charges = self.charges
        told = {year: costs.spent(charges, year) for year in costs.broken_down(charges)}
        typed = {year: self[f"cost_{year}"].data for year in self.years}
        told |= {year: cents for year, cents in typed.items() if cents is not None}
        return {year: told[year] for year in self.years if year in told}

    @property
    def total(self) -> Cents:
        """The sum of the costs."""
        return sum(self.costs.values())

    @property
    def amounts(self) -> dict[str, Any]:
        """The amounts, ready for the operations."""
        eligible = {year: self[f"eligible_{year}"].data for year in self.years}
        known = {year: cents for year, cents in eligible.items() if cents is not None}
        return {"costs": self.costs, "eligible": known, "charges": self.charges}

    @property
    def sums(self) -> list[LazyString]:
        """What is said under the costs of the years told by nature: their sum, unless the cost says the same."""
        return [said for year in self.years if (said := self.gap(year))]

    def gap(self, year: int) -> LazyString | None:
        """The sum of the natures of a year, where the cost of that year is another, or is left empty."""
        charges, cost = self.charges, self[f"cost_{year}"].data
        spent = costs.spent(charges, year)
        if year not in costs.broken_down(charges) or not self.is_read(year) or cost == spent:
            return None
        if cost is None:
            return _("Coût de %(year)s, somme de ses natures\u00a0: %(spent)s.", year=year, spent=money.euros(spent))
        return _(
            "Le coût de %(year)s est de %(cost)s et son détail par nature fait %(spent)s\u202f: "
            "il y a %(gap)s d’écart.",
            year=year,
            cost=money.euros(cost),
            spent=money.euros(spent),
            gap=money.euros(abs(cost - spent)),
        )

    def is_read(self, year: int) -> bool:
        """Whether every amount typed for the year is one."""
        names = [f"cost_{year}", *(f"charge_{year}_{nature}" for nature in NATURES)]
        return not any(self[name].process_errors for name in names)


def amounts(years: tuple[int, ...]) -> dict[str, MoneyField]:
    """The fields of amounts: the cost of each year, what subsidies may bear of it, its charges by nature."""
    fields = {
        f"cost_{year}": MoneyField(_("Coût en %(year)s", year=year), [_not_negative, _summed(year)]) for year in years
    }
    fields |= {
        f"eligible_{year}": MoneyField(
            _("Dépense subventionnable en %(year)s", year=year), [_not_negative, _within(year)]
        )
        for year in years
    }
    return fields | {
        f"charge_{year}_{nature}": MoneyField(
            _("%(nature)s, %(year)s", nature=words.NATURES[nature], year=year), [_not_negative]
        )
        for nature in NATURES
        for year in years
    }


def _not_negative(_form: Any, field: Field) -> None:
    if field.data is not None and field.data < 0:
        raise StopValidation(str(_("Un coût ne peut être négatif.")))


def _summed(year: int) -> Callable[[Any, Field], None]:
    def check(form: Any, field: Field) -> None:
        if field.data is None and form.costs.get(year, 0) > money.CEILING:
            most = money.euros(money.CEILING)
            raise StopValidation(str(_("Les natures de %(year)s font plus de %(most)s.", year=year, most=most)))
        if field.data is not None and (gap := form.gap(year)):
            raise StopValidation(str(gap))

    return check


def _within(year: int) -> Callable[[Any, Field], None]:
    def check(form: Any, field: Field) -> None:
        cost = form.costs.get(year)
        if field.data is None or not form.is_read(year):
            return
        if cost is None:
            raise StopValidation(str(_("Donnez aussi le coût de %(year)s.", year=year)))
        if field.data > cost:
            raise StopValidation(
                str(
                    _(
                        "La dépense subventionnable de %(year)s dépasse le coût de l’année\u202f: %(cost)s au plus.",
                        year=year,
                        cost=money.euros(cost),
                    )
                )
            )

    return check
