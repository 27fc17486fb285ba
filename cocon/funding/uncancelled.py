"""Why a step recorded by mistake is not taken back.

Named outside the seven usual files: ``refusals`` and ``unmet`` say why a step is refused.
"""

from __future__ import annotations

from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents, euros
from cocon.kernel.refusal import Refusal


class NothingToCancel(Refusal):
    """No step stands."""

    sentence = _("Aucune étape n’est indiquée\u00a0: il n’y a rien à annuler.")


class ChangedSince(Refusal):
    """What the step changed is not what it left any more."""

    def __init__(self, step: LazyString | str) -> None:
        super().__init__(
            _(
                "Depuis l’étape «\u00a0%(step)s\u00a0», la contribution a été augmentée, réduite ou retirée\u00a0: "
                "ses montants d’avant ne peuvent pas être rétablis.",
                step=step,
            )
        )


class Unreadable(Refusal):
    """The log does not say any more what the step changed."""

    sentence = _(
        "Le journal ne dit plus ce que cette étape avait changé\u00a0: ses montants d’avant ne peuvent pas être "
        "rétablis."
    )


class CreditsLowered(Refusal):
    """The authorisation on which the former credits rested plans less for that year now."""

    def __init__(self, year: int, credited: Cents) -> None:
        super().__init__(
            _(
                "Les crédits inscrits de %(year)s redeviendraient de %(credited)s, plus que ce que l’autorisation sur "
                "plusieurs années prévoit maintenant pour cet exercice\u00a0: révisez-la d’abord.",
                year=year,
                credited=euros(credited),
            )
        )


class NoRoomLeft(Refusal):
    """A ceiling does not hold what would be planned again."""

    def __init__(self, more: Cents, year: int, *, of_axis: bool) -> None:
        told = {"more": euros(more), "year": year}
        super().__init__(
            _(
                "Annuler cette étape ajouterait %(more)s à ce que votre organisation prévoit pour %(year)s, plus qu’il "
                "n’en reste dans son enveloppe pour l’axe de la fiche\u00a0: relevez-la d’abord.",
                **told,
            )
            if of_axis
            else _(
                "Annuler cette étape ajouterait %(more)s à ce que votre organisation prévoit pour %(year)s, plus qu’il "
                "n’en reste dans son enveloppe\u00a0: relevez-la d’abord.",
                **told,
            )
        )
