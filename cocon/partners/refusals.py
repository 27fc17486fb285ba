"""Why an act about partners is refused."""

from __future__ import annotations

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class UnknownPartner(Refusal):
    """No partner has that key."""

    sentence = _("Aucun partenaire ne porte cette clé.")


class RoleNeedsPartner(Refusal):
    """The role acts for a partner, or must not."""

    sentence = _("Ce rôle s’exerce pour un partenaire\u202f; les rôles d’audit et d’administration n’en ont pas.")


class AlreadyComplete(Refusal):
    """Only the signatories left incomplete by the sources can be completed."""

    sentence = _("L’identité de ce partenaire est déjà établie.")


class SirenTaken(Refusal):
    """A SIREN names one legal person only."""

    field = "siren"

    def __init__(self, name: str) -> None:
        said = _("Ce numéro SIREN est déjà celui d’un autre partenaire, %(name)s\u202f: vérifiez-le.", name=name)
        super().__init__(said)


class MandateEnds(Refusal):
    """Dates in the wrong order."""

    sentence = _("Le mandat ne peut finir avant de commencer.")


class MandateOver(Refusal):
    """The same mandate, of the same first day, was given and has ended."""

    sentence = _("Ce mandat a déjà été donné et s’est terminé\u202f: indiquez un autre premier jour (--from).")
