"""Facts about the structure of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class ActionMoved(Event):
    """A fiche went under another axis or objective, and so took another code; the former one still leads to it."""

    kind: ClassVar[str] = "structure.action-moved"
    sentence = _("{who} a déplacé la fiche {former_code}, qui porte désormais le code {code}.")

    action_code: str
    former_code: str
    axis: int
    objective: str | None


@dataclass(frozen=True, kw_only=True)
class ActionMerged(Event):
    """A duplicate was merged into the fiche that stays; ``partners`` names those who had promised money to it."""

    kind: ClassVar[str] = "structure.action-merged"
    sentence = _("{who} a fusionné la fiche {code} dans la fiche {other_code}.")

    action_code: str
    other: str
    other_code: str
    partners: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ActionSplit(Event):
    """New fiches come from one: ``drafts`` were handed to its partner, ``linked`` existed already."""

    kind: ClassVar[str] = "structure.action-split"
    sentence = _("{who} a scindé la fiche {code}\u00a0: {fiches} en viennent.")

    action_code: str
    count: int
    drafts: tuple[str, ...]
    linked: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ActionsLinked(Event):
    """Two fiches were said to be related."""

    kind: ClassVar[str] = "structure.actions-linked"
    sentence = _("{who} a lié les fiches {code} et {other_code}.")

    action_code: str
    other: str
    other_code: str


@dataclass(frozen=True, kw_only=True)
class LinkEnded(Event):
    """Two fiches are no longer said to be related."""

    kind: ClassVar[str] = "structure.link-ended"
    sentence = _("{who} a retiré le lien entre les fiches {code} et {other_code}.")

    action_code: str
    other: str
    other_code: str


@dataclass(frozen=True, kw_only=True)
class LineageStated(Event):
    """A fiche was said to follow one of an earlier contract."""

    kind: ClassVar[str] = "structure.lineage-stated"
    sentence = _("{who} a indiqué que la fiche {code} fait suite à une fiche d’un contrat antérieur ({contract}).")

    action_code: str
    contract: str


@dataclass(frozen=True, kw_only=True)
class LineageEnded(Event):
    """A fiche is no longer said to follow one of an earlier contract."""

    kind: ClassVar[str] = "structure.lineage-ended"
    sentence = _("{who} a retiré la filiation de la fiche {code} avec une fiche d’un contrat antérieur ({contract}).")

    action_code: str
    contract: str


@dataclass(frozen=True, kw_only=True)
class PromiseSettled(Event):
    """A partner said what becomes of what it had promised to a fiche merged since."""

    kind: ClassVar[str] = "structure.promise-settled"
    phase = "funding"
    sentence = _("{who} a indiqué, au nom de {partner}, que sa contribution à la fiche {code} {settlement}.")

    action_code: str
    other_code: str
    settlement: str
