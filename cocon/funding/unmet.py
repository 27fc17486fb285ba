"""Why a payment, a condition or money bound over several years is refused.

Named outside the seven usual files: ``refusals`` says why an act about money is refused.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from cocon.kernel.language import _
from cocon.kernel.money import Cents, euros
from cocon.kernel.refusal import Refusal


class PaymentKnown(Refusal):
    """The funder's own number of a payment is given once."""

    field = "reference"
    sentence = _(
        "Ce paiement est déjà enregistré\u00a0: cette référence a servi pour un versement de cette contribution."
    )


class Suspended(Refusal):
    """A suspensive condition stands: nothing is paid."""

    def __init__(self, said: str) -> None:
        super().__init__(
            _(
                "Une condition suspensive n’est pas levée\u00a0: «\u00a0%(said)s\u00a0». "
                "Levez-la avant d’indiquer un versement.",
                said=said,
            )
        )


class SuspendedLine(Refusal):
    """The same, of a line of a spreadsheet."""

    sentence = _(
        "Une condition suspensive de cette contribution n’est pas levée\u00a0: levez-la avant d’indiquer un versement."
    )


class PaidBeforeMet(Refusal):
    """What suspended the payment was met later."""

    field = "taken_on"

    def __init__(self, lifted_on: date) -> None:
        super().__init__(
            _(
                "La condition suspensive n’a été levée que le %(day)s\u00a0: indiquez un jour qui n’est pas avant.",
                day=f"{lifted_on:%d/%m/%Y}",
            )
        )


class BeforeVote(Refusal):
    """Money is engaged once it is voted."""

    field = "taken_on"

    def __init__(self, since: date) -> None:
        super().__init__(
            _(
                "L’attribution n’est votée que depuis le %(day)s\u00a0: l’engagement ne peut pas précéder ce jour.",
                day=f"{since:%d/%m/%Y}",
            )
        )


class BeforeEngagement(Refusal):
    """Money is paid once it is engaged."""

    field = "taken_on"

    def __init__(self, since: date) -> None:
        super().__init__(
            _(
                "Cette contribution n’est engagée que depuis le %(day)s\u00a0: un versement ne peut pas précéder ce "
                "jour.",
                day=f"{since:%d/%m/%Y}",
            )
        )


class BeyondEngagement(Refusal):
    """So much is paid once so much is engaged."""

    field = "taken_on"

    def __init__(self, day: date, total: Cents, since: date) -> None:
        super().__init__(
            _(
                "Avec ce versement, %(total)s seraient versés au %(day)s, et ce montant n’est engagé que depuis le "
                "%(since)s\u00a0: un versement ne peut pas dépasser ce qui est engagé ce jour-là.",
                total=euros(total),
                day=f"{day:%d/%m/%Y}",
                since=f"{since:%d/%m/%Y}",
            )
        )


class VotedTwice(Refusal):
    """Two votes of one file on the same money: a vote replaces the one before."""

    field = "amount"
    sentence = _(
        "Une ligne plus haut indique déjà un vote pour cette contribution, cet exercice et cette nature. "
        "Un vote remplace le précédent\u00a0: écrivez une seule ligne avec le total."
    )


class ConventionEnded(Refusal):
    """Nothing is paid under a convention that ended."""

    sentence = _(
        "La convention est résiliée\u00a0: plus rien ne se verse. Indiquez d’abord la nouvelle convention signée."
    )


class SignedBeforeVote(Refusal):
    """What a convention gives was voted by then."""

    field = "taken_on"

    def __init__(self, since: date) -> None:
        super().__init__(
            _(
                "Ce montant n’est voté que depuis le %(day)s\u00a0: indiquez le jour où la convention le porte, qui ne "
                "peut pas être avant.",
                day=f"{since:%d/%m/%Y}",
            )
        )


class ReleasedBefore(Refusal):
    """What is released was engaged by then."""

    field = "taken_on"

    def __init__(self, since: date) -> None:
        super().__init__(
            _(
                "Rien n’était engagé avant le %(day)s\u00a0: un dégagement ne peut pas précéder ce jour.",
                day=f"{since:%d/%m/%Y}",
            )
        )


class EndsBefore(Refusal):
    """A contribution ends after all that was done of it."""

    field = "taken_on"

    def __init__(self, last: date) -> None:
        super().__init__(
            _(
                "Une étape de cette contribution est datée du %(day)s\u00a0: sa fin ne peut pas précéder ce jour.",
                day=f"{last:%d/%m/%Y}",
            )
        )


class PaidBeforeYear(Refusal):
    """Money of a year is paid from its first day on."""

    field = "taken_on"

    def __init__(self, year: int) -> None:
        super().__init__(
            _(
                "Cette contribution est celle de %(year)s\u00a0: rien n’en est versé avant le 1er janvier %(year)s.",
                year=year,
            )
        )


class NewActNeeded(Refusal):
    """An act that gave something already gives no more than was inscribed."""

    field = "act"
    sentence = _(
        "Cet acte a déjà attribué cette contribution\u00a0: "
        "pour attribuer plus que ce qui est inscrit au contrat, il faut un nouvel acte."
    )


class BeforeSubmission(Refusal):
    """What is inscribed was not decided before it was submitted."""

    field = "taken_on"

    def __init__(self, since: date) -> None:
        super().__init__(
            _(
                "La fiche n’est soumise à décision que depuis le %(day)s\u00a0: "
                "l’inscription ne peut pas précéder ce jour.",
                day=f"{since:%d/%m/%Y}",
            )
        )


class DecisionNeeded(Refusal):
    """More than was inscribed first is inscribed by a decision of its own."""

    status: ClassVar[int] = 422
    field = "reason"
    sentence = _(
        "Indiquez la décision qui porte l’inscription à ce montant, par exemple le relevé de décisions du comité de "
        "pilotage et sa date."
    )


class AlreadyEnded(Refusal):
    """A convention ends once."""

    sentence = _("La convention est déjà résiliée, et aucune autre n’a été signée depuis.")


class ReturnedBefore(Refusal):
    """What comes back was paid by then."""

    field = "taken_on"

    def __init__(self, day: date, left: Cents) -> None:
        super().__init__(
            _(
                "Au %(day)s, %(left)s versés n’étaient pas encore reversés\u00a0: plus que cela ne pouvait revenir ce "
                "jour-là. Indiquez un jour plus tardif ou un montant moindre.",
                day=f"{day:%d/%m/%Y}",
                left=euros(left),
            )
            if left
            else _(
                "Au %(day)s, rien de versé ne restait à reverser\u00a0: indiquez un jour plus tardif.",
                day=f"{day:%d/%m/%Y}",
            )
        )


class BeforePayment(Refusal):
    """A convention under which something was paid stood that day."""

    field = "taken_on"

    def __init__(self, last: date) -> None:
        super().__init__(
            _(
                "Un versement est daté du %(day)s\u00a0: la résiliation de la convention ne peut pas précéder ce jour.",
                day=f"{last:%d/%m/%Y}",
            )
        )


class StillEngaged(Refusal):
    """A convention under which engaged money has still to be paid stands; what was paid is kept."""

    def __init__(self, unpaid: Cents) -> None:
        super().__init__(
            _(
                "%(unpaid)s engagés sous cette convention restent à verser\u00a0: dégagez-les avant d’indiquer sa "
                "résiliation.",
                unpaid=euros(unpaid),
            )
        )


class NothingContracted(Refusal):
    """There is no convention to end."""

    sentence = _("Aucun montant n’est conventionné\u00a0: il n’y a rien à résilier.")


class ConventionCarriedOut(Refusal):
    """All that the convention gives was paid: nothing of it is left to end."""

    sentence = _("Tout le montant conventionné est versé\u00a0: il n’y a rien à résilier.")


class ConditionKindNeeded(Refusal):
    """A kind of condition that is none."""

    status: ClassVar[int] = 422
    field = "kind"
    sentence = _("Choisissez la nature de la condition.")


class ConditionTextNeeded(Refusal):
    """A condition says what is asked."""

    status: ClassVar[int] = 422
    field = "text"
    sentence = _("Dites ce qui est demandé.")


class AlreadyLifted(Refusal):
    """Lifted before."""

    sentence = _("Cette condition est déjà levée.")


class RegimeNeeded(Refusal):
    """By the year, or over several."""

    status: ClassVar[int] = 422
    field = "regime"
    sentence = _("Dites si cette contribution est votée chaque année ou sur plusieurs années.")


class NotBindable(Refusal):
    """In kind, or of no said nature."""

    sentence = _("Un apport en nature, ou d’une nature qui reste à préciser, ne se lie pas sur plusieurs années.")


class TotalNeeded(Refusal):
    """An authorisation is an amount."""

    status: ClassVar[int] = 422
    field = "amount"
    sentence = _("Indiquez le montant de l’autorisation, supérieur à zéro.")


class SumDiffers(Refusal):
    """The credits of the years make the authorisation, to the cent."""

    status: ClassVar[int] = 422
    field = "amount"

    def __init__(self, amount: Cents, planned: Cents) -> None:
        said = {"credits": euros(planned), "amount": euros(amount), "gap": euros(abs(amount - planned))}
        super().__init__(
            _("Les crédits de paiement font %(credits)s\u00a0: il manque %(gap)s pour faire %(amount)s.", **said)
            if planned < amount
            else _("Les crédits de paiement font %(credits)s\u00a0: c’est %(gap)s de plus que %(amount)s.", **said)
        )


class YearsUnchanged(Refusal):
    """It is so already."""

    sentence = _("Rien ne change\u00a0: c’est déjà l’autorisation enregistrée.")


class CreditsInUse(Refusal):
    """Credits of a tranche rest on the authorisation."""

    field = "amount"

    def __init__(self, year: int, credited: Cents) -> None:
        super().__init__(
            _(
                "Les crédits inscrits de %(year)s (%(credited)s) reposent sur cette autorisation\u00a0: "
                "les crédits de paiement de cette année ne peuvent pas être inférieurs.",
                year=year,
                credited=euros(credited),
            )
        )


class CreditsExceeded(Refusal):
    """The authorisation plans less for that year."""

    field = "amount"

    def __init__(self, most: Cents, year: int) -> None:
        super().__init__(
            _(
                "C’est plus que les crédits de paiement de %(year)s dans l’autorisation\u202f: %(most)s au plus.",
                year=year,
                most=euros(most),
            )
        )
