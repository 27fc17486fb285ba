"""Why the identifiers of a beneficiary are refused.

Named outside the seven usual files: ``refusals`` says why an act about money is refused.
"""

from __future__ import annotations

from typing import ClassVar

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class OwnerIsPartner(Refusal):
    """A partner has identifiers of its own."""

    sentence = _("Le porteur de cette fiche est un partenaire\u00a0: son SIRET se complète sur la page du partenaire.")


class OwnerUnnamed(Refusal):
    """Nobody carries the fiche yet."""

    sentence = _("Cette fiche n’a pas encore de porteur\u00a0: nommez-le d’abord dans la fiche.")


class IdentifierNeeded(Refusal):
    """Neither one nor the other."""

    status: ClassVar[int] = 422
    field = "siret"
    sentence = _("Indiquez un numéro SIRET, ou le numéro RNA d’une association.")


class WrongSiret(Refusal):
    """The check digit disagrees."""

    status: ClassVar[int] = 422
    field = "siret"
    sentence = _("Un numéro SIRET a 14 chiffres qui se contrôlent entre eux\u202f: vérifiez ceux-ci.")


class WrongRna(Refusal):
    """Not the shape of a number of the register of associations."""

    status: ClassVar[int] = 422
    field = "rna"
    sentence = _("Un numéro RNA est un W suivi de 9 chiffres, par exemple W381234567.")


class FictionalNumber(Refusal):
    """What a demonstration takes for identifiers."""

    field = "siret"
    sentence = _("Ce numéro est réservé aux démonstrations\u00a0: il n’identifie personne.")


class IdentifiersUnchanged(Refusal):
    """They are those recorded already."""

    sentence = _("Ces identifiants sont déjà enregistrés.")
