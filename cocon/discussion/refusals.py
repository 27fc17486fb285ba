"""Why a message is refused."""

from __future__ import annotations

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class AudienceNeeded(Refusal):
    """Who will read is chosen before anything is sent."""

    field = "visibility"
    sentence = _("Choisissez qui lira votre message.")


class TextNeeded(Refusal):
    """An empty message says nothing."""

    field = "text"
    sentence = _("Écrivez votre message.")


class ReasonNeeded(Refusal):
    """What is taken back is taken back for a reason."""

    field = "reason"
    sentence = _("Dites pourquoi vous retirez ce message.")


class UnknownSection(Refusal):
    """A thread is about a section that the fiche has, or about the whole."""

    field = "section"
    sentence = _("Choisissez une rubrique de la fiche, ou la fiche entière.")


class UnknownName(Refusal):
    """Nobody who may write bears that name."""

    field = "person"
    sentence = _("Personne ne porte ce nom parmi celles et ceux qui peuvent répondre. Choisissez-le dans la liste.")


class MentionOutside(Refusal):
    """An internal thread tells nobody else that it exists."""

    field = "text"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "Ce fil est interne à votre organisation\u00a0: %(name)s ne peut pas le lire. "
                "Retirez cette mention, ou écrivez dans un fil partagé avec tous les partenaires.",
                name=name,
            )
        )


class WindowOver(Refusal):
    """A message may be rewritten for a quarter of an hour."""

    field = "text"
    sentence = _(
        "Les 15 minutes pour modifier ce message sont passées. Votre texte est conservé ci-dessous\u00a0: "
        "vous pouvez le publier comme correction, sous le message d’origine."
    )


class StillEditable(Refusal):
    """A message that may still be rewritten needs no correction."""

    field = "text"
    sentence = _("Ce message se modifie encore\u00a0: les 15 minutes ne sont pas passées.")


class Unchanged(Refusal):
    """Nothing was changed in the text."""

    field = "text"
    sentence = _("Le texte est le même\u00a0: changez-le, ou gardez votre message.")


class AlreadyWithdrawn(Refusal):
    """A message that was taken back changes no more."""

    sentence = _("Ce message est déjà retiré.")


class AlreadyResolved(Refusal):
    """Somebody resolved the thread meanwhile."""

    sentence = _("Ce fil est déjà résolu.")


class NotResolved(Refusal):
    """Somebody reopened the thread meanwhile."""

    sentence = _("Ce fil est déjà ouvert.")


class ThreadIsResolved(Refusal):
    """Nobody writes under what is over."""

    field = "text"
    sentence = _("Ce fil est résolu. Rouvrez-le pour y répondre, ou ouvrez un autre fil.")
