"""Why a file is refused."""

from __future__ import annotations

from typing import ClassVar

from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Refusal


class AudienceNeeded(Refusal):
    """Who will read is chosen before anything is sent."""

    field = "visibility"
    sentence = _("Choisissez qui lira cette pièce.")


class TitleNeeded(Refusal):
    """A file without a title is a riddle for the others."""

    field = "title"
    sentence = _("Dites en quelques mots ce que contient cette pièce.")


class Unreadable(Refusal):
    """The content is of no accepted type, or not sound."""

    status: ClassVar[int] = 422
    field = "file"
    sentence = _("Ce fichier n’est pas d’un type accepté. Envoyez un PDF, ODT, ODS, DOCX, XLSX, PNG ou JPEG.")


class TooLarge(Refusal):
    """More than one file may weigh."""

    status: ClassVar[int] = 413
    field = "file"

    def __init__(self, largest: str) -> None:
        super().__init__(
            _(
                "Ce fichier est trop lourd\u202f: %(largest)s au plus. Réduisez-le, puis choisissez-le de nouveau.",
                largest=largest,
            )
        )


class QuotaReached(Refusal):
    """The partner has no room left."""

    field = "file"

    def __init__(self, left: str, quota: str) -> None:
        sentence: LazyString = _(
            "Votre organisation dispose de %(quota)s pour ses pièces jointes\u202f: il en reste %(left)s, "
            "moins que ce fichier.",
            quota=quota,
            left=left,
        )
        super().__init__(sentence)


class ReasonNeeded(Refusal):
    """Nothing is withdrawn without a reason."""

    field = "reason"
    sentence = _("Dites pourquoi cette pièce est retirée.")


class AlreadyWithdrawn(Refusal):
    """It was withdrawn meanwhile."""

    sentence = _("Cette pièce est déjà retirée.")


class Quarantined(Refusal):
    """The antivirus has not spoken yet."""

    sentence = _(
        "Cette pièce est en quarantaine\u202f: l’antivirus ne l’a pas encore contrôlée. Revenez dans une minute."
    )


class Infected(Refusal):
    """The antivirus found something."""

    sentence = _("Cette pièce est refusée\u202f: l’antivirus y a trouvé un danger. Personne ne peut la télécharger.")


class Withdrawn(Refusal):
    """Only the auditor reads a withdrawn file."""

    sentence = _("Cette pièce est retirée\u202f: seul l’auditeur peut encore la lire.")


class Damaged(Refusal):
    """The bytes on the disk are not those of the log."""

    sentence = _(
        "Le fichier gardé sur le serveur manque ou ne correspond plus à son empreinte\u202f: il n’est pas servi. "
        "Prévenez l’administration."
    )
