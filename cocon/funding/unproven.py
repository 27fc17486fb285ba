"""Why the file of an act, or its correction, is refused.

Named outside the seven usual files: ``refusals`` says why an act about money is refused.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class NothingCorrected(Refusal):
    """Everything is as it was."""

    field = "number"
    sentence = _("Rien ne change\u00a0: corrigez au moins une valeur.")


class StillProving(Refusal):
    """A step rests on the act since a day that the corrected one would follow."""

    field = "adopted_on"

    def __init__(self, day: date) -> None:
        super().__init__(
            _(
                "Une étape du %(day)s repose sur cet acte\u00a0: la date de l’acte ne peut pas lui être postérieure.",
                day=f"{day:%d/%m/%Y}",
            )
        )


class VoteStillProving(Refusal):
    """Money was engaged on the vote of the act since a day that the corrected one would follow."""

    field = "adopted_on"

    def __init__(self, day: date) -> None:
        super().__init__(
            _(
                "Un engagement du %(day)s repose sur le vote de cet acte\u00a0: la date de l’acte ne peut pas lui être "
                "postérieure.",
                day=f"{day:%d/%m/%Y}",
            )
        )


class StillExecutory(Refusal):
    """Money was engaged on the act since a day when the corrected one would not bind."""

    field = "received_on"

    def __init__(self, day: date) -> None:
        super().__init__(
            _(
                "Un engagement du %(day)s repose sur le vote de cet acte\u00a0: l’acte doit avoir été reçu en "
                "préfecture et publié ce jour-là au plus tard.",
                day=f"{day:%d/%m/%Y}",
            )
        )


class StillSigned(Refusal):
    """A convention gives what was voted by its day."""

    status: ClassVar[int] = 422
    field = "adopted_on"

    def __init__(self, day: date) -> None:
        super().__init__(
            _(
                "Une convention du %(day)s donnerait ce qui n’était pas encore voté\u00a0: "
                "corrigez d’abord l’autre acte, ou choisissez une autre date.",
                day=f"{day:%d/%m/%Y}",
            )
        )


class PdfNeeded(Refusal):
    """The text of an act is kept as a PDF."""

    status: ClassVar[int] = 422
    field = "file"
    sentence = _("Le fichier d’un acte est un PDF\u202f: enregistrez-le dans ce format, puis choisissez-le de nouveau.")


class SameDocument(Refusal):
    """The very bytes that the act has."""

    field = "file"
    sentence = _("C’est déjà le fichier de cet acte, à l’octet près.")
