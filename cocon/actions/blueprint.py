"""The blueprint that the two modules of pages share: ``routes`` (reading, withdrawing) and ``proposing`` (writing)."""

from __future__ import annotations

from flask import Blueprint

from cocon.actions import words
from cocon.actions.models import SPARE_FACTS, SPARE_TEXTS

blueprint = Blueprint("actions", __name__)

#: The words of the states, and what a fiche may leave out, for every template.
blueprint.app_context_processor(lambda: {"words": words, "spare": (*SPARE_TEXTS, *SPARE_FACTS)})
