"""Why an act about partners is refused."""

from __future__ import annotations

from typing import ClassVar

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class UnknownPartner(Refusal):
    """No partner has that key."""

    sentence = _("Aucun partenaire ne porte cette clé.")


class RoleNeedsPartner(Refusal):
    """The role acts for a partner, or must not."""

    sentence = _("Ce rôle s’exerce pour un partenaire\u202f; les rôles d’audit et d’administration n’en ont pas.")


class AlreadyComplete(Refusal):
    """Only what the sources leave unknown can be completed."""

    sentence = _("Cette identité est déjà établie\u202f: seul ce qui est inconnu se complète.")


class NothingGiven(Refusal):
    """A form sent empty."""

    sentence = _("Écrivez au moins une des réponses qui manquent.")


class ChainUnchanged(Refusal):
    """The rule asked for is the present one."""

    sentence = _("Cette règle est déjà celle de votre organisation.")


class SirenTaken(Refusal):
    """A SIREN names one legal person only."""

    field = "siren"

    def __init__(self, name: str) -> None:
        said = _("Ce numéro SIREN est déjà celui d’un autre partenaire, %(name)s\u202f: vérifiez-le.", name=name)
        super().__init__(said)


class WrongSiret(Refusal):
    """The check digit disagrees."""

    status: ClassVar[int] = 422
    field = "siret"
    sentence = _("Un numéro SIRET a 14 chiffres qui se contrôlent entre eux\u202f: vérifiez ceux-ci.")


class ForeignSiret(Refusal):
    """The SIRET of another legal person."""

    field = "siret"
    sentence = _("Un numéro SIRET commence par les 9 chiffres du SIREN du partenaire\u202f: vérifiez-le.")


class FictionalNumber(Refusal):
    """What a demonstration takes for identifiers."""

    field = "siret"
    sentence = _("Ce numéro est réservé aux démonstrations\u00a0: il n’identifie personne.")


class MandateEnds(Refusal):
    """Dates in the wrong order."""

    sentence = _("Le mandat ne peut finir avant de commencer.")


class MandateOver(Refusal):
    """The same mandate, of the same first day, was given and has ended."""

    sentence = _("Ce mandat a déjà été donné et s’est terminé\u202f: indiquez un autre premier jour (--from).")
