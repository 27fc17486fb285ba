"""Facts about imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class FichesShared(Event):
    """All the fiches of an import were shared together; each has its own entry just before this one."""

    kind: ClassVar[str] = "imports.fiches-shared"
    phase = "proposal"
    sentence = _("{who} a partagé, au nom de {partner}, {fiches} par import d’un tableur.")

    count: int
    codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StepsRecorded(Event):
    """All the votes, or payments, of a spreadsheet were recorded together; each has its own entry just before."""

    kind: ClassVar[str] = "imports.steps-recorded"
    phase = "funding"
    formal = True
    sentence = _("{who} a enregistré, au nom de {partner}, {steps} par import d’un tableur, pour {amount} en tout.")

    count: int
    amount: int
    step: str
    codes: tuple[str, ...]
    sha256: str
