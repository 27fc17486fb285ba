"""What a saved view may not be."""

from __future__ import annotations

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class NameTaken(Refusal):
    """The person already has a view of that name."""

    field = "name"

    def __init__(self) -> None:
        super().__init__(_("Une de vos vues porte déjà ce nom\u202f: choisissez-en un autre."))


class TooManyViews(Refusal):
    """The person has as many views as one may keep."""

    field = "name"

    def __init__(self, most: int) -> None:
        super().__init__(_("Vous gardez déjà %(n)s vues, le plus possible\u202f: supprimez-en une d’abord.", n=most))


class NothingToKeep(Refusal):
    """The list has no filter: a view of it would be the list."""

    def __init__(self) -> None:
        super().__init__(_("Aucun filtre n’est choisi\u202f: choisissez-en un avant d’enregistrer la vue."))
