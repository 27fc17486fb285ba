"""Facts about exchanges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class CommentPosted(Event):
    """Somebody wrote in a thread; ``audience`` is their partner's key when only their organisation may read."""

    kind: ClassVar[str] = "discussion.comment-posted"
    phase = "discussion"
    sentence = _("{who} a écrit, au nom de {partner}, un message sur la version {version} de la fiche {code}.")

    action_code: str
    version: int
    thread: str
    visibility: str
