"""Why a message is refused."""

from __future__ import annotations

from cocon.kernel.language import _
from cocon.kernel.refusal import Refusal


class AudienceNeeded(Refusal):
    """Who will read is chosen before anything is sent."""

    field = "visibility"
    sentence = _("Choisissez qui lira votre message.")


class TextNeeded(Refusal):
    """An empty message says nothing."""

    field = "text"
    sentence = _("Écrivez votre message.")
