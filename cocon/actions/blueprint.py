"""The blueprint that the two modules of pages share: ``routes`` (reading, withdrawing) and ``proposing`` (writing)."""

from __future__ import annotations

from flask import Blueprint

from cocon.actions import words

blueprint = Blueprint("actions", __name__)

#: The words of the states, for every template.
blueprint.app_context_processor(lambda: {"words": words})
