"""An act refused by a rule: a sentence for the person, a field to stand next to, a status for the machine."""

from __future__ import annotations

from typing import ClassVar

from cocon.kernel.language import LazyString, _


class Refusal(Exception):
    """Raised by operations; nothing was changed. ``field`` names the form field concerned, if any.

    ``cell`` is the one concerned of several of a kind.
    """

    status: ClassVar[int] = 409
    sentence: LazyString | str = _("Cet acte est refusé.")
    field: str | None = None
    cell: object = None

    def __init__(self, sentence: LazyString | str | None = None, field: str | None = None) -> None:
        self.sentence = sentence if sentence is not None else type(self).sentence
        self.field = field if field is not None else type(self).field
        super().__init__()

    def __str__(self) -> str:
        return str(self.sentence)


class Forbidden(Refusal):
    """The actor may not do this. Answered like an unknown address (404), so that nothing is revealed."""

    status: ClassVar[int] = 404
    sentence = _("Cette page n’existe pas ou ne vous est pas ouverte.")


class Outdated(Refusal):
    """Somebody changed the object since the page was made."""

    sentence = _(
        "Ce que vous modifiez a changé depuis l’affichage de la page. "
        "Votre saisie est conservée ci-dessous\u202f: comparez, puis enregistrez de nouveau."
    )


class Duplicate(Refusal):
    """The same idempotency key was used already; the first answer is replayed."""


class Reused(Refusal):
    """An idempotency key came back with another body."""

    status: ClassVar[int] = 422
    sentence = _("Ce formulaire a déjà été envoyé avec un autre contenu. Rechargez la page, puis recommencez.")
