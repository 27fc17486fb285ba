"""Why an act about money is refused."""

from __future__ import annotations

from typing import ClassVar

from cocon.kernel.language import _
from cocon.kernel.money import Cents, euros
from cocon.kernel.refusal import Refusal


class EnvelopeExceeded(Refusal):
    """The partner's hard envelope of the year does not hold the amount."""

    field = "amount"

    def __init__(self, left: Cents, year: int) -> None:
        super().__init__(
            _(
                "Il reste %(left)s dans l’enveloppe %(year)s de votre organisation. "
                "Baissez le montant, ou relevez d’abord l’enveloppe.",
                left=euros(left),
                year=year,
            )
        )


class NothingChanges(Refusal):
    """The amount is the one already announced."""

    field = "amount"
    sentence = _("Ce montant est déjà celui de votre contribution.")


class NotLower(Refusal):
    """The amount is more than what was announced."""

    field = "amount"
    sentence = _(
        "Ce montant dépasse votre contribution actuelle\u00a0: annoncez-le comme une augmentation, sans motif."
    )


class NothingToWithdraw(Refusal):
    """There is no contribution for that year."""

    sentence = _(
        "Votre organisation n’a pas de contribution en cours pour cet exercice\u00a0: il n’y a rien à retirer."
    )


class AmountNeeded(Refusal):
    """Zero is a withdrawal."""

    status: ClassVar[int] = 422
    field = "amount"
    sentence = _("Indiquez un montant supérieur à zéro\u202f; pour renoncer, retirez la contribution.")


class ReasonNeeded(Refusal):
    """Lowering and withdrawing say why."""

    status: ClassVar[int] = 422
    field = "reason"
    sentence = _("Indiquez pourquoi la contribution est réduite ou retirée.")


class YearOutside(Refusal):
    """The year is not one of the contract's."""

    field = "year"
    sentence = _("Cet exercice n’est pas couvert par le contrat.")


class EnvelopeBelowPromises(Refusal):
    """A ceiling cannot be cut below what is promised."""

    field = "amount"

    def __init__(self, promised: Cents, year: int) -> None:
        super().__init__(
            _(
                "Vos contributions annoncées pour %(year)s s’élèvent déjà à %(promised)s\u00a0: "
                "le plafond ne peut être inférieur. Baissez d’abord une contribution.",
                year=year,
                promised=euros(promised),
            )
        )


class EnvelopeUnchanged(Refusal):
    """The envelope is declared so already."""

    field = "amount"
    sentence = _("Cette enveloppe est déjà déclarée ainsi.")


class EnvelopeNeeded(Refusal):
    """An envelope is an amount, zero included; once declared it does not become undeclared again."""

    status: ClassVar[int] = 422
    field = "amount"
    sentence = _("Indiquez le montant de l’enveloppe\u202f; zéro est possible.")


class CeilingWithoutAmount(Refusal):
    """A ceiling needs an amount."""

    status: ClassVar[int] = 422
    field = "amount"
    sentence = _("Indiquez le montant de l’enveloppe pour en faire un plafond.")
