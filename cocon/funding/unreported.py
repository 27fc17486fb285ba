"""Why a fact about a financial report is refused.

Named outside the seven usual files: ``refusals`` says why an act about money is refused.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class NothingOwed(Refusal):
    """Nothing was paid that year, or the funder paid itself."""

    sentence = _("Aucun compte rendu financier n’est dû à votre organisation pour cet exercice.")


class FactNeeded(Refusal):
    """None of those that may follow."""

    status: ClassVar[int] = 422
    field = "kind"
    sentence = _("Choisissez ce que vous indiquez.")


class FactStands(Refusal):
    """It is what was said last."""

    field = "kind"
    sentence = _("C’est déjà ce qui est indiqué pour cet exercice\u00a0: rechargez la page.")


class ReportDayNeeded(Refusal):
    """No day, or one still to come."""

    status: ClassVar[int] = 422
    field = "taken_on"
    sentence = _("Indiquez un jour, aujourd’hui au plus tard.")


class ReceivedTooEarly(Refusal):
    """A report tells what was done with money that was given; it may come before the payment."""

    status: ClassVar[int] = 422
    field = "taken_on"

    def __init__(self, voted_on: date) -> None:
        super().__init__(
            _(
                "La subvention n’est votée que depuis le %(day)s\u00a0: son compte rendu ne peut pas précéder ce jour.",
                day=f"{voted_on:%d/%m/%Y}",
            )
        )


class ReportReasonNeeded(Refusal):
    """Waiving and awaiting again say why."""

    status: ClassVar[int] = 422
    field = "reason"
    sentence = _("Indiquez pourquoi.")


class NotReceived(Refusal):
    """A document is joined to a report that was received."""

    sentence = _("Indiquez d’abord que vous avez reçu ce compte rendu financier.")


class ReportPdfNeeded(Refusal):
    """The document of a report is kept as a PDF."""

    status: ClassVar[int] = 422
    field = "file"
    sentence = _(
        "Le document d’un compte rendu est un PDF\u202f: enregistrez-le dans ce format, puis choisissez-le de nouveau."
    )


class SameReport(Refusal):
    """The very bytes that the report has."""

    field = "file"
    sentence = _("C’est déjà le document de ce compte rendu, à l’octet près.")
