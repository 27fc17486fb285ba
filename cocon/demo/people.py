"""The demonstration's people: fictional, and their names say so."""

from __future__ import annotations

FIRST = (
    "Camille", "Paul", "Lise", "Nadia", "Marc", "Claire", "Hugo", "Inès", "Jeanne", "Karim", "Lucie",
    "Mehdi", "Noémie", "Olivier", "Pauline", "Rachid", "Sarah", "Thomas", "Valérie", "Yann",
)  # fmt: skip
LAST = (
    "Rey", "Vernay", "Morand", "Ferrand", "Oudin", "Martin", "Bessière", "Chapuis", "Dufour", "Eynard", "Fayolle",
    "Gauthier", "Haddad", "Imbert", "Jacquier", "Lacroix", "Mallet", "Noël", "Perrin", "Roche",
)  # fmt: skip

PASSWORD = "demonstration-2014"  # noqa: S105 - the published password of the demonstration


def name(number: int) -> str:
    """A name per number, labelled."""
    return f"{FIRST[number % len(FIRST)]} {LAST[(number * 7 + number // len(FIRST)) % len(LAST)]} (démonstration)"
