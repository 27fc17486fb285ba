"""Short answers on which a change can be suggested: each is replaced whole, for its words do not stand alone.

Named outside the seven usual files: forms, operations and queries share it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cocon.actions import territories
from cocon.actions.models import ActionVersion
from cocon.actions.operations import ends_early, is_due
from cocon.suggestions.models import FIELDS
from cocon.web.filters import day_or_month

SPAN = ("starts", "ends")
#: The project owner can be suggested on as the name of a body that is not a partner.
COLUMNS = {"project_owner": "project_owner_name"}


def column(name: str) -> str:
    """Where a version holds the answer."""
    return COLUMNS.get(name, name)


def value(version: ActionVersion, name: str) -> str:
    """What a version says in a field."""
    return str(getattr(version, column(name)) or "")


def offered(version: ActionVersion) -> Sequence[str]:
    """The fields on which a change of this version can be suggested: a partner that owns the project is discussed."""
    return [name for name in FIELDS if name != "project_owner" or version.project_owner_id is None]


def is_sound(name: str, text: str) -> bool:
    """Whether the field can hold this answer, whatever the others say."""
    if name in SPAN:
        return not text or is_due(text)
    return name != "territory_codes" or (not territories.wrong(text) and territories.tidy(text) == text)


def in_order(texts: Mapping[str, str]) -> bool:
    """Whether the end does not come before the beginning."""
    return not ends_early(texts["starts"], texts["ends"])


def merge(base: str, current: str, wanted: str) -> str | None:
    """The answer wanted, unless another one was given meanwhile."""
    return wanted if current in (base, wanted) else None


def told(name: str, text: str) -> str:
    """An answer as people read it."""
    return day_or_month(text) if text and name in SPAN else text


def changes(texts: Mapping[str, str]) -> dict[str, str | None]:
    """What changes in a version with these answers: a body that is named owns the project in the place of a partner."""
    named: dict[str, str | None] = {column(name): text for name, text in texts.items()}
    return named | ({"project_owner_id": None} if "project_owner" in texts else {})
