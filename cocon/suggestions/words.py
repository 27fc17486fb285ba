"""The French words of the states of a suggestion, and of how it stands beside the current text.

Named outside the seven usual files: lists and the log say the same words.
"""

from __future__ import annotations

from cocon.kernel.language import LazyString, _

STATES: dict[str, LazyString] = {
    "open": _("en attente"),
    "accepted": _("acceptée, à appliquer"),
    "applied": _("appliquée"),
    "refused": _("refusée"),
    "withdrawn": _("retirée"),
}

STANDINGS: dict[str, LazyString] = {
    "rebased": _("Le texte a changé ailleurs depuis\u202f: la suggestion est montrée dans le texte en cours."),
    "to-review": _("Le texte a changé au même endroit depuis\u202f: à revoir avant d’accepter."),
}
