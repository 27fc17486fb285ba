"""Why an act about a suggestion is refused."""

from __future__ import annotations

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class FieldUnknown(Refusal):
    """A fiche has no such field, or not one that is suggested on."""

    sentence = _("Choisissez un des champs proposés.")


class NothingSuggested(Refusal):
    """The suggested text is the one that stands."""

    field = "proposed"
    sentence = _("Ce texte est celui de la fiche\u202f: modifiez-le pour suggérer un changement.")


class NotFit(Refusal):
    """The text cannot stand in the field: empty where it may not be, too long, or not what is asked."""

    field = "proposed"
    sentence = _("Ce texte est vide, trop long, ou n’est pas ce que demande ce champ.")


class ReasonNeeded(Refusal):
    """A suggestion, like its refusal, says why."""

    field = "reason"
    sentence = _("Dites pourquoi.")


class MovedOn(Refusal):
    """The fiche has a newer version than the one that was read."""

    field = "proposed"
    sentence = _(
        "La fiche a une nouvelle version depuis l’affichage de cette page. Votre texte est conservé\u202f: "
        "comparez-le au texte en cours, puis envoyez-le de nouveau."
    )


class Settled(Refusal):
    """Somebody answered already, or its author withdrew it."""

    sentence = _("Cette suggestion n’attend plus de réponse\u202f: elle est déjà réglée.")


class ToReview(Refusal):
    """The text changed at the same place: nothing is applied blindly."""

    sentence = _(
        "Le texte a changé au même endroit depuis cette suggestion\u202f: elle est à revoir. "
        "Modifiez-la avant de l’accepter, ou refusez-la."
    )


class NothingToApply(Refusal):
    """No accepted suggestion fits the text."""

    sentence = _("Aucune suggestion acceptée ne peut être appliquée au texte en cours.")
