"""Why an act about money is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from cocon.kernel.language import LazyString, _
from cocon.kernel.money import Cents, euros
from cocon.kernel.refusal import Refusal


class EnvelopeExceeded(Refusal):
    """The partner's hard envelope of the year does not hold the amount; ``most`` is what may be typed in its place."""

    field = "amount"

    def __init__(self, left: Cents, year: int, most: Cents | None = None) -> None:
        told = _("Il reste %(left)s dans l’enveloppe %(year)s de votre organisation.", left=euros(left), year=year)
        super().__init__(_("%(told)s %(advice)s", told=told, advice=room_advice(most)))


def room_advice(most: Cents | None) -> LazyString:
    """What to do where a ceiling holds no more; ``most`` is what may be typed, where it is known."""
    if most is None:
        return _("Baissez le montant, ou relevez d’abord l’enveloppe.")
    if most == 0:
        return _("Vous ne pouvez rien inscrire ici sans relever d’abord l’enveloppe.")
    return _("Vous pouvez inscrire au plus %(most)s ici, ou relever d’abord l’enveloppe.", most=euros(most))


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

    def __init__(self, promised: Cents, year: int, axis: int | None = None) -> None:
        where = _("l’axe %(axis)s en %(year)s", axis=axis, year=year) if axis else year
        super().__init__(
            _(
                "Vos contributions annoncées pour %(where)s s’élèvent déjà à %(promised)s\u00a0: "
                "le plafond ne peut être inférieur. Baissez d’abord une contribution.",
                where=where,
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


class StillHeld(Refusal):
    """More than the wanted amount is in the budget or voted already."""

    field = "amount"

    def __init__(self, held: Cents) -> None:
        super().__init__(
            _(
                "%(held)s sont déjà inscrits à votre budget ou votés\u00a0: la contribution ne peut descendre "
                "au-dessous. Indiquez d’abord l’acte qui les réduit.",
                held=euros(held),
            )
        )


class StillBound(Refusal):
    """Money voted for the fiche is neither settled nor lapsed."""

    def __init__(self, code: str, partners: Sequence[str]) -> None:
        super().__init__(
            _(
                "La fiche %(code)s porte des contributions votées par %(partners)s\u00a0: elle ne peut être ni "
                "fusionnée ni retirée avant qu’elles soient soldées, constatées caduques ou ramenées à zéro.",
                code=code,
                partners=", ".join(partners),
            )
        )


class NatureNeeded(Refusal):
    """A new amount says what it pays for."""

    field = "amount"
    sentence = _("Dites si ce montant est pour le fonctionnement ou pour l’investissement.")


class TrancheEnded(Refusal):
    """Settled or lapsed: nothing is announced on it any more."""

    sentence = _("Cette contribution est soldée ou caduque\u00a0: son montant ne change plus.")


class StepRefused(Refusal):
    """The table of stages has no such move."""

    def __init__(self, stage: LazyString | str) -> None:
        super().__init__(
            _(
                "La contribution est au stade «\u00a0%(stage)s\u00a0»\u00a0: cette étape n’y est pas possible.",
                stage=stage,
            )
        )


class NotAdopted(Refusal):
    """Only an adopted fiche is written into the contract."""

    sentence = _("La fiche n’est pas adoptée\u00a0: rien ne peut encore être inscrit au contrat.")


class TooMuch(Refusal):
    """The step may not exceed what another holds."""

    field = "amount"

    def __init__(self, most: Cents, said: LazyString | str) -> None:
        super().__init__(_("C’est plus que le montant %(said)s\u202f: %(most)s au plus.", said=said, most=euros(most)))


class TooLittle(Refusal):
    """The step may not go below what later ones hold."""

    field = "amount"

    def __init__(self, least: Cents, said: LazyString | str) -> None:
        super().__init__(
            _("C’est moins que le montant %(said)s\u202f: %(least)s au moins.", said=said, least=euros(least))
        )


class StepAmountNeeded(Refusal):
    """A step of nothing."""

    status: ClassVar[int] = 422
    field = "amount"
    sentence = _("Indiquez un montant supérieur à zéro.")


class DayNeeded(Refusal):
    """A day that has not come yet."""

    status: ClassVar[int] = 422
    field = "taken_on"
    sentence = _("Indiquez le jour où c’est arrivé, aujourd’hui au plus tard.")


class ActNeeded(Refusal):
    """The step rests on an act."""

    status: ClassVar[int] = 422
    field = "act"
    sentence = _("Choisissez l’acte qui le prouve, ou enregistrez-le d’abord.")


class WrongAct(Refusal):
    """An act of a kind that does not prove this step."""

    field = "act"
    sentence = _("Cet acte ne prouve pas cette étape\u00a0: choisissez-en un autre.")


class NotExecutory(Refusal):
    """A local act binds once the préfet received it and it was published (CGCT, L2131-1, L3131-1, L4141-1)."""

    field = "taken_on"
    sentence = _(
        "L’acte d’attribution n’est pas encore exécutoire\u00a0: "
        "complétez d’abord ses dates de réception en préfecture et de publication."
    )


class BeforeAct(Refusal):
    """The step came before the act that proves it."""

    status: ClassVar[int] = 422
    field = "taken_on"
    sentence = _("Cette date ne peut pas précéder celle de l’acte choisi.")


class BeforeExecutory(Refusal):
    """Money is engaged once its act binds."""

    status: ClassVar[int] = 422
    field = "taken_on"

    def __init__(self, since: date) -> None:
        super().__init__(
            _(
                "L’acte d’attribution n’est exécutoire que depuis le %(day)s\u00a0: "
                "l’engagement ne peut pas précéder ce jour.",
                day=f"{since:%d/%m/%Y}",
            )
        )


class ReferenceNeeded(Refusal):
    """The number in the funder's accounts."""

    status: ClassVar[int] = 422
    field = "reference"
    sentence = _("Indiquez la référence dans votre comptabilité.")


class StepReasonNeeded(Refusal):
    """Going back says why."""

    status: ClassVar[int] = 422
    field = "reason"
    sentence = _("Indiquez pourquoi.")


class KindNeeded(Refusal):
    """A kind of act that is none."""

    status: ClassVar[int] = 422
    field = "kind"
    sentence = _("Choisissez la nature de l’acte.")


class NumberNeeded(Refusal):
    """An act is known by its number."""

    status: ClassVar[int] = 422
    field = "number"
    sentence = _("Indiquez le numéro de l’acte.")


class TitleNeeded(Refusal):
    """What the act is about."""

    status: ClassVar[int] = 422
    field = "title"
    sentence = _("Indiquez l’objet de l’acte.")


class AssemblyNeeded(Refusal):
    """A délibération is an assembly's."""

    status: ClassVar[int] = 422
    field = "assembly"
    sentence = _("Indiquez l’assemblée qui a délibéré, par exemple «\u00a0commission permanente\u00a0».")


class NotYet(Refusal):
    """A day that has not come."""

    status: ClassVar[int] = 422
    sentence = _("Cette date n’est pas encore passée.")


class TooEarly(Refusal):
    """Sent, received or published before it was adopted."""

    status: ClassVar[int] = 422
    sentence = _("Cette date ne peut pas précéder celle de l’acte.")


class ReceivedBeforeSent(Refusal):
    """The préfet receives what was sent to him."""

    status: ClassVar[int] = 422
    field = "received_on"
    sentence = _("Cette date ne peut pas précéder celle de la transmission.")


class VotesDiffer(Refusal):
    """More votes than voters."""

    status: ClassVar[int] = 422
    field = "voters"
    sentence = _("Les voix pour, les voix contre et les abstentions dépassent l’effectif des votants.")


class ActKnown(Refusal):
    """The partner has recorded an act of that kind and number."""

    field = "number"
    sentence = _("Votre organisation a déjà enregistré un acte de cette nature et de ce numéro.")


class NothingAdded(Refusal):
    """No date was added."""

    field = "received_on"
    sentence = _("Rien ne change\u00a0: ajoutez au moins une date.")


class DatedAlready(Refusal):
    """A date once recorded stays."""

    sentence = _("Cette date est déjà enregistrée\u202f: elle ne change plus.")


class ActInUse(Refusal):
    """Contributions or envelopes rest on the act."""

    field = "reason"
    sentence = _("Des contributions ou des enveloppes reposent sur cet acte\u00a0: il ne peut pas être retiré.")


class ActWithdrawnAlready(Refusal):
    """Withdrawn before."""

    sentence = _("Cet acte est retiré.")
