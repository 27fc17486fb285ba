"""A partner's amount for a year, its withdrawal, its envelope."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, Field, Form, IntegerField
from wtforms.validators import StopValidation

from cocon.contracts.queries import outline
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.web.forms import Line, MoneyField, Text, VersionedForm

REASON = 2_000


def _typed(_form: Form, field: Field) -> None:
    """An amount must be typed; one that cannot be read keeps its own sentence."""
    if field.data is None and not field.errors:
        raise StopValidation(str(_("Indiquez un montant en euros.")))


def _of_the_contract(_form: Form, field: Field) -> None:
    if field.data not in outline().years:
        field.errors = []
        raise StopValidation(str(_("Cet exercice n’est pas couvert par le contrat.")))


class _YearlyForm(VersionedForm):
    """A form on one year. ``version`` is checked when it was sent: a script may leave it out."""

    @property
    def revision(self) -> int | None:
        """The revision that the page showed; -1, which is none, when it was tampered with."""
        sent = self.version.data
        if not sent:
            return None
        return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else -1

    def stale(self, revision: int) -> bool:
        """Whether somebody changed the line since the page was made."""
        return self.revision not in (None, revision)

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "revision": self.revision}


class ContributionForm(_YearlyForm):
    """What my organisation brings for a year. ``lowering`` is set by the route: a reason is due then."""

    year = IntegerField(_("Exercice"), [_of_the_contract])
    amount = MoneyField(_("Montant"), [_typed])
    reason = Line(_("Motif, si vous réduisez le montant"), maximum=REASON)

    lowering = False

    @property
    def cents(self) -> Cents:
        """The amount typed, 0 when it cannot be read."""
        typed: Any = self.amount.data
        return int(typed or 0)

    def validate_reason(self, field: Field) -> None:
        """Lowering says why."""
        if self.lowering and not field.data:
            raise StopValidation(str(_("Indiquez pourquoi vous réduisez la contribution.")))

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if self.lowering or name != "reason"}


class WithdrawalForm(_YearlyForm):
    """Why my organisation gives up its contribution of a year."""

    reason = Text(_("Motif du retrait"), maximum=REASON)

    def validate_reason(self, field: Field) -> None:
        """Withdrawing says why."""
        if not field.data:
            raise StopValidation(str(_("Indiquez pourquoi vous retirez la contribution.")))


class EnvelopeForm(_YearlyForm):
    """What my organisation sets aside for a year."""

    year = IntegerField(_("Exercice"), [_of_the_contract])
    amount = MoneyField(_("Enveloppe"), [_typed])
    hard = BooleanField(_("C’est un plafond à ne jamais dépasser"))

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "year"}
