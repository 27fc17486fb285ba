"""Facts about fiches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class ActionShared(Event):
    """A draft became a fiche that every partner reads, under its code; its text is version 1."""

    kind: ClassVar[str] = "actions.shared"
    phase = "proposal"
    sentence = _("{who} a partagé, au nom de {partner}, la fiche {code} avec tous les partenaires.")

    action_code: str
    axis: int
    objective: str | None


@dataclass(frozen=True, kw_only=True)
class VersionPublished(Event):
    """The text of a fiche changed; ``changed`` names the fields, ``reason`` says what changes and why."""

    kind: ClassVar[str] = "actions.version-published"
    phase = "proposal"
    sentence = _("{who} a publié, au nom de {partner}, la version {number} de la fiche {code}.")

    action_code: str
    number: int
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ActionWithdrawn(Event):
    """The partner that proposed a fiche withdrew it."""

    kind: ClassVar[str] = "actions.withdrawn"
    phase = "proposal"
    sentence = _("{who} a retiré, au nom de {partner}, la fiche {code}.")

    action_code: str
