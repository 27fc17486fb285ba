"""Fields of what is typed about envelopes, transfers and simulations.

Named outside the seven usual files: with the other forms of money it would be too long.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, Field, SelectField
from wtforms.validators import StopValidation

from cocon.funding.forms import YearlyForm, typed
from cocon.funding.grid import REASON
from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal
from cocon.web.forms import Line, MoneyField, Text, clean, required


class AllotmentForm(YearlyForm):
    """What my organisation sets aside for a year or for an axis of it, why, and the act that voted it."""

    amount = MoneyField(_("Enveloppe"), [typed])
    hard = BooleanField(_("C’est un plafond à ne jamais dépasser"))
    reason = Text(_("Motif"), maximum=REASON)
    act = SelectField(_("Acte"), coerce=clean, validate_choice=False)

    def facts(self) -> dict[str, Any]:
        told = {name: value for name, value in super().facts().items() if name != "act"}
        return {**told, "act_id": self.act.data or None}


class TransferForm(YearlyForm):
    """What my organisation moves from one of its envelopes to another."""

    source = SelectField(_("De l’enveloppe"), coerce=clean, validate_choice=False)
    target = SelectField(_("À l’enveloppe"), coerce=clean, validate_choice=False)
    amount = MoneyField(_("Somme"), [typed])
    reason = Text(_("Motif"), [required(_("Indiquez pourquoi vous transférez cette somme."))], maximum=REASON)
    act = SelectField(_("Acte"), coerce=clean, validate_choice=False)

    def offer(self, giving: Sequence[tuple[str, str]], receiving: Sequence[tuple[str, str]]) -> None:
        """The envelopes that hold something to give, and those that may receive."""
        first = ("", _("Choisissez une enveloppe"))
        self.source.choices, self.target.choices = [first, *giving], [first, *receiving]

    def validate_source(self, field: Field) -> None:
        """One of one's own."""
        _chosen(field)

    def validate_target(self, field: Field) -> None:
        """One of one's own."""
        _chosen(field)

    def facts(self) -> dict[str, Any]:
        told = {name: value for name, value in super().facts().items() if name not in ("source", "target", "act")}
        return {**told, "target_id": self.target.data, "act_id": self.act.data or None}


class SimulationForm(YearlyForm):
    """What a simulation is called."""

    name = Line(_("Nom de la simulation"), [required(_("Donnez un nom à la simulation."))], maximum=120)

    def facts(self) -> dict[str, Any]:
        return {"name": self.name.data}


class ApplyForm(YearlyForm):
    """Why what a simulation reduces is reduced."""

    reason = Text(_("Motif, si un montant est réduit ou retiré"), maximum=REASON)

    def refuse(self, refusal: Refusal) -> None:
        """Say on top what one of the amounts met: none of them has a field here."""
        if refusal.field != "reason":
            refusal.field = None
        super().refuse(refusal)


def _chosen(field: Any) -> None:
    if field.data not in {value for value, _label in field.choices if value}:
        raise StopValidation(str(_("Choisissez une de vos enveloppes déclarées.")))
