"""Why an act on an envelope, or on what a partner tries, is refused.

Named outside the seven usual files: with the refusals of contributions and their steps it would be too long.
"""

from __future__ import annotations

from typing import ClassVar

from cocon.funding.refusals import room_advice
from cocon.kernel.language import _
from cocon.kernel.money import Cents, euros
from cocon.kernel.refusal import Refusal


class TooManyAmounts(Refusal):
    """More amounts than a simulation holds."""

    def __init__(self, most: int) -> None:
        super().__init__(_("Une simulation contient %(most)s montants au plus\u202f: faites-en deux.", most=most))


class AxisEnvelopeExceeded(Refusal):
    """The partner's hard envelope of the fiche's axis does not hold the amount."""

    field = "amount"

    def __init__(self, left: Cents, year: int, axis: int, most: Cents | None = None) -> None:
        told = _(
            "Il reste %(left)s dans l’enveloppe %(year)s de votre organisation pour l’axe %(axis)s.",
            left=euros(left),
            year=year,
            axis=axis,
        )
        super().__init__(_("%(told)s %(advice)s", told=told, advice=room_advice(most)))


class AxisOutside(Refusal):
    """The axis is not one of the contract's."""

    field = "axis"
    sentence = _("Cet axe n’est pas un de ceux du contrat.")


class EnvelopeReasonNeeded(Refusal):
    """Less is set aside than was declared: say why."""

    status: ClassVar[int] = 422
    field = "reason"
    sentence = _("Indiquez pourquoi l’enveloppe est réduite.")


class TransferReasonNeeded(Refusal):
    """A transfer says why."""

    status: ClassVar[int] = 422
    field = "reason"
    sentence = _("Indiquez pourquoi vous transférez cette somme.")


class TransferAmountNeeded(Refusal):
    """Nothing is no transfer."""

    status: ClassVar[int] = 422
    field = "amount"
    sentence = _("Indiquez la somme à transférer, supérieure à zéro.")


class SameEnvelope(Refusal):
    """From an envelope to itself."""

    field = "target"
    sentence = _("Choisissez deux enveloppes différentes.")


class UnlikeEnvelopes(Refusal):
    """From a whole year to an axis, or the other way: one is a part of what the other counts."""

    field = "target"
    sentence = _(
        "Un transfert va d’un exercice entier à un autre, ou d’un axe à un autre : l’enveloppe d’un axe et celle "
        "de l’exercice se déclarent à part."
    )


class EnvelopeUndeclared(Refusal):
    """Only declared envelopes give and receive."""

    sentence = _("Cette enveloppe n’est pas déclarée : déclarez-la d’abord.")


class TransferTooLarge(Refusal):
    """An envelope does not give more than it holds."""

    field = "amount"

    def __init__(self, holds: Cents) -> None:
        super().__init__(_("L’enveloppe de départ ne contient que %(holds)s : baissez la somme.", holds=euros(holds)))


class TransferBelowPromises(Refusal):
    """A ceiling does not give what was promised on it."""

    field = "amount"

    def __init__(self, promised: Cents, free: Cents) -> None:
        super().__init__(
            _(
                "%(promised)s sont déjà annoncés sur l’enveloppe de départ, qui est un plafond : "
                "elle peut céder %(free)s au plus.",
                promised=euros(promised),
                free=euros(free),
            )
        )


class SimulationClosed(Refusal):
    """It was turned into contributions, or abandoned, meanwhile."""

    sentence = _("Cette simulation a déjà été transformée ou abandonnée.")


class NothingTried(Refusal):
    """A simulation without amounts changes nothing."""

    sentence = _("Cette simulation ne change encore aucun montant.")


class TooManySimulations(Refusal):
    """A partner keeps a few at a time."""

    field = "name"

    def __init__(self, most: int) -> None:
        super().__init__(_("Votre organisation a déjà %(most)s simulations en cours : abandonnez-en une.", most=most))


class FicheEnded(Refusal):
    """A fiche of the simulation takes no money any more."""

    def __init__(self, code: str) -> None:
        super().__init__(_("La fiche %(code)s a été retirée ou fusionnée : videz ses montants.", code=code))
