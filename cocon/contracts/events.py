"""Facts about the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class ContractLoaded(Event):
    """The contract, its axes, its predecessors and the published figures were loaded."""

    kind: ClassVar[str] = "contracts.loaded"
    sentence = _(
        "Le contrat, ses axes et {figures} chiffres publiés ont été enregistrés d’après les sources publiques."
    )

    axes: int
    figures: int


@dataclass(frozen=True, kw_only=True)
class EnvelopesOpened(Event):
    """An empty envelope was opened for each partner and year."""

    kind: ClassVar[str] = "contracts.envelopes-opened"
    sentence = _("Les enveloppes annuelles des partenaires ont été ouvertes, vides, à déclarer par chacun.")

    count: int


@dataclass(frozen=True, kw_only=True)
class ObjectiveAdded(Event):
    """An objective was added under an axis."""

    kind: ClassVar[str] = "contracts.objective-added"
    sentence = _("{who} a ajouté à l’axe {axis} l’objectif {letter}\u202f: {title}.")

    axis: int
    letter: str
    title: str
    fictional: bool


@dataclass(frozen=True, kw_only=True)
class WindowSet(Event):
    """A period was opened, closed or moved."""

    kind: ClassVar[str] = "contracts.window-set"
    sentence = _("{who} a fixé la période pour {activity}\u202f: du {opens_on} au {closes_on}.")

    activity: str
    opens_on: Any
    closes_on: Any
