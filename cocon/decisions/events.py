"""Facts about decisions: what was asked, who answered what, what was pronounced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class _Consulted(Event):
    """Belongs to consultation ``number``, on one exact version of a fiche."""

    phase = "decision"

    action_code: str
    number: str
    version: int


@dataclass(frozen=True, kw_only=True)
class ConsultationOpened(_Consulted):
    """The secretariat asked the partners on the roster, frozen from here on, for their position."""

    kind: ClassVar[str] = "decisions.consultation-opened"
    sentence = _(
        "{who} a ouvert la consultation {number} sur la version {version} de la fiche {code}, jusqu’au {deadline}"
        "\u202f; la liste des {roster_count} partenaires consultés est figée."
    )

    deadline: datetime
    roster_count: int
    roster: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PositionTaken(_Consulted):
    """A partner gave its first position."""

    kind: ClassVar[str] = "decisions.position-taken"
    formal = True
    sentence = _(
        "{who} a rendu, au nom de {partner}, un avis sur la version {version} de la fiche {code}\u00a0: {stance}."
    )

    stance: str


@dataclass(frozen=True, kw_only=True)
class PositionChanged(_Consulted):
    """A partner replaced its position before the closing; the former one stays in the log."""

    kind: ClassVar[str] = "decisions.position-changed"
    formal = True
    sentence = _(
        "{who} a changé l’avis rendu au nom de {partner} sur la version {version} de la fiche {code}\u00a0: "
        "de «\u00a0{former_stance}\u00a0» à «\u00a0{stance}\u00a0»."
    )

    stance: str
    former_stance: str


@dataclass(frozen=True, kw_only=True)
class OutcomePronounced(_Consulted):
    """The secretariat pronounced the outcome in writing; nothing of the consultation changes any more."""

    kind: ClassVar[str] = "decisions.outcome-pronounced"
    formal = True
    sentence = _("{who} a prononcé la décision {number} sur la version {version} de la fiche {code}\u00a0: {outcome}.")

    outcome: str
    answered: int
    roster_count: int
