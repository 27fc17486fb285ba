"""Views that a few people of the demonstration keep."""

from __future__ import annotations

from collections.abc import Iterable

from cocon.catalogue import saved
from cocon.kernel.actor import Actor

VIEWS = {
    "Il manque des financements": "manque=oui&tri=manque",
    "Nos fiches": "partenaire={partner}",
    "Avis à rendre": "echeance=oui",
}


def keep(people: Iterable[Actor]) -> None:
    """Save the same views for each of them."""
    for actor in people:
        for name, query in VIEWS.items():
            saved.save(actor, query.format(partner=actor.partner_key), name=name)
