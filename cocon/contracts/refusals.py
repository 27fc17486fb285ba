"""Why an act about the contract is refused."""

from __future__ import annotations

from datetime import date

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class WindowEnds(Refusal):
    """Dates in the wrong order."""

    field = "closes_on"
    sentence = _("La période ne peut finir avant de commencer.")


class WindowUnchanged(Refusal):
    """The same dates again."""

    field = "closes_on"
    sentence = _("Ces dates sont déjà celles de la période\u202f: il n’y a rien à changer.")


class LetterTaken(Refusal):
    """The axis has that objective already."""

    field = "letter"
    sentence = _("Cet axe a déjà un objectif de cette lettre.")


class WindowClosed(Refusal):
    """The period for this kind of act is closed."""

    def __init__(self, opens_on: date | None, closes_on: date | None, today: date) -> None:
        if opens_on is not None and today < opens_on:
            sentence = _(
                "La période n’est pas encore ouverte\u202f: elle commence le %(day)s.", day=f"{opens_on:%d/%m/%Y}"
            )
        else:
            day = f"{closes_on:%d/%m/%Y}" if closes_on else ""
            sentence = _(
                "La période est close depuis le %(day)s. Le secrétariat peut la rouvrir en indiquant pourquoi.", day=day
            )
        super().__init__(sentence)
