"""Why the log is not signed."""

from __future__ import annotations

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class Unsigned(Refusal):
    """Nothing was signed; the sentence says why."""

    sentence = _("Rien n’est signé.")


class Forked(Unsigned):
    """The database does not continue what was signed: an old backup was put back, or entries were changed."""

    sentence = _(
        "Le journal ne prolonge pas la dernière tête signée\u202f: une base ancienne a été remise en place, ou des "
        "entrées ont été modifiées. Rien n’est signé. Lancez «\u00a0cocon audit verify\u00a0»."
    )


class NoSuchEntry(Unsigned):
    """The log is not that long."""

    def __init__(self, size: int) -> None:
        super().__init__(_("Le journal ne compte que %(n)s entrées, numérotées à partir de 0.", n=size))
