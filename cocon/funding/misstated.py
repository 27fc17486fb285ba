"""Why a resource that no signatory brings is refused.

Named outside the seven usual files: ``refusals`` says why an act about a partner's own money is refused.
"""

from __future__ import annotations

from typing import ClassVar

from cocon.kernel.language import _
from cocon.kernel.money import CEILING, euros
from cocon.kernel.refusal import Refusal


class AmountNeeded(Refusal):
    """Nothing is no resource."""

    status: ClassVar[int] = 422
    field = "amount"
    sentence = _("Indiquez un montant supérieur à zéro\u202f; pour renoncer à une ressource, retirez-la.")


class FunderNeeded(Refusal):
    """Somebody gives it, or something brings it."""

    status: ClassVar[int] = 422
    field = "funder"
    sentence = _("Indiquez de qui ou de quoi vient cette ressource.")


class BodyNeeded(Refusal):
    """A subsidy is some body's."""

    status: ClassVar[int] = 422
    field = "body"
    sentence = _("Indiquez quel organisme verse cette subvention.")


class GiftNeeded(Refusal):
    """What is given in kind is one of three."""

    status: ClassVar[int] = 422
    field = "gift"
    sentence = _("Indiquez ce qui est apporté en nature.")


class FunderIsSignatory(Refusal):
    """A signatory announces its own contribution."""

    field = "funder"
    sentence = _(
        "Cet organisme est signataire du contrat\u00a0: sa contribution est la sienne, et lui seul l’annonce dans la "
        "grille de financement."
    )


class OwnFundsOfSignatory(Refusal):
    """The own funds of a project owner who signs are its contribution."""

    field = "account"
    sentence = _(
        "Le porteur de cette fiche est signataire du contrat\u00a0: ses fonds propres sont sa contribution, qu’il "
        "annonce dans la grille de financement."
    )


class NothingChanges(Refusal):
    """What is said was said already."""

    field = "amount"
    sentence = _("Rien ne change\u00a0: la ressource est déjà enregistrée ainsi.")


class ReasonNeeded(Refusal):
    """Withdrawing says why."""

    status: ClassVar[int] = 422
    field = "reason"
    sentence = _("Indiquez pourquoi cette ressource est retirée.")


class WithdrawnAlready(Refusal):
    """Withdrawn before."""

    sentence = _("Cette ressource est retirée\u202f: elle ne change plus.")


class ResourcesMoved(Refusal):
    """The resources of a fiche to be merged, or what the other has like them, are not those that were seen."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Les autres ressources de la fiche %(code)s, ou celles de la fiche qui reste, ne sont pas celles que "
                "vous avez vues\u00a0: vérifiez de nouveau, et dites lesquelles reprendre.",
                code=code,
            )
        )


class TooManyResources(Refusal):
    """More than a plan holds."""

    field = "funder"

    def __init__(self, most: int) -> None:
        super().__init__(
            _(
                "Une fiche a %(most)s autres ressources au plus\u202f: retirez-en une, ou réunissez celles d’un même "
                "financeur.",
                most=most,
            )
        )


class TooMuchInYear(Refusal):
    """All that comes in a year is no amount that is read any more."""

    field = "amount"

    def __init__(self, year: int) -> None:
        super().__init__(
            _(
                "Les autres ressources de %(year)s, dons en nature compris, font plus de %(most)s.",
                year=year,
                most=euros(CEILING),
            )
        )
