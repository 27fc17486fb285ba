"""Facts about money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class _Amount(Event):
    """A partner changed what it brings to an action for a year; amounts in cents."""

    phase = "funding"
    formal = True

    action_code: str
    year: int
    amount: int
    former: int


@dataclass(frozen=True, kw_only=True)
class ContributionAnnounced(_Amount):
    """Announced for the first time (or again after a withdrawal)."""

    kind: ClassVar[str] = "funding.contribution-announced"
    sentence = _("{who} a annoncé, au nom de {partner}, une contribution de {amount} pour {year} à la fiche {code}.")


@dataclass(frozen=True, kw_only=True)
class ContributionRaised(_Amount):
    """Raised."""

    kind: ClassVar[str] = "funding.contribution-raised"
    sentence = _(
        "{who} a augmenté, au nom de {partner}, la contribution de {year} à la fiche {code}\u00a0: "
        "de {former} à {amount}."
    )


@dataclass(frozen=True, kw_only=True)
class ContributionLowered(_Amount):
    """Lowered, with a reason."""

    kind: ClassVar[str] = "funding.contribution-lowered"
    sentence = _(
        "{who} a réduit, au nom de {partner}, la contribution de {year} à la fiche {code}\u00a0: "
        "de {former} à {amount}."
    )


@dataclass(frozen=True, kw_only=True)
class ContributionWithdrawn(_Amount):
    """Withdrawn, with a reason."""

    kind: ClassVar[str] = "funding.contribution-withdrawn"
    sentence = _("{who} a retiré, au nom de {partner}, la contribution de {former} pour {year} à la fiche {code}.")


@dataclass(frozen=True, kw_only=True)
class EnvelopeDeclared(Event):
    """A partner declared its envelope for a year, in cents."""

    kind: ClassVar[str] = "funding.envelope-declared"
    phase = "funding"
    sentence = _("{who} a déclaré, au nom de {partner}, une enveloppe de {amount} pour {year} ({ceiling}).")

    year: int
    amount: int | None
    former: int | None
    hard: bool
