"""Facts about exchanges. In all, ``audience`` is the partner's key when only its organisation may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class CommentPosted(Event):
    """Somebody wrote in a thread."""

    kind: ClassVar[str] = "discussion.comment-posted"
    phase = "discussion"
    sentence = _("{who} a écrit, au nom de {partner}, un message sur la version {version} de la fiche {code}.")

    action_code: str
    version: int
    thread: str
    visibility: str


@dataclass(frozen=True, kw_only=True)
class CommentEdited(Event):
    """The author rewrote a message within the time allowed; the former text stays in the log."""

    kind: ClassVar[str] = "discussion.comment-edited"
    phase = "discussion"
    sentence = _("{who} a modifié, au nom de {partner}, son message sur la fiche {code}.")

    action_code: str
    thread: str


@dataclass(frozen=True, kw_only=True)
class CommentCorrected(Event):
    """The author added a correction under a message, which stays readable."""

    kind: ClassVar[str] = "discussion.comment-corrected"
    phase = "discussion"
    sentence = _("{who} a corrigé, au nom de {partner}, son message sur la fiche {code}.")

    action_code: str
    thread: str


@dataclass(frozen=True, kw_only=True)
class CommentWithdrawn(Event):
    """The author took a message back; pages show the reason in its place."""

    kind: ClassVar[str] = "discussion.comment-withdrawn"
    phase = "discussion"
    sentence = _("{who} a retiré, au nom de {partner}, son message sur la fiche {code}.")

    action_code: str
    thread: str


@dataclass(frozen=True, kw_only=True)
class ThreadResolved(Event):
    """Somebody who may said that a thread is over."""

    kind: ClassVar[str] = "discussion.thread-resolved"
    phase = "discussion"
    sentence = _("{who} a déclaré résolu, au nom de {partner}, un fil d’échanges de la fiche {code}.")

    action_code: str


@dataclass(frozen=True, kw_only=True)
class ThreadReopened(Event):
    """Somebody who may opened a thread again."""

    kind: ClassVar[str] = "discussion.thread-reopened"
    phase = "discussion"
    sentence = _("{who} a rouvert, au nom de {partner}, un fil d’échanges de la fiche {code}.")

    action_code: str
