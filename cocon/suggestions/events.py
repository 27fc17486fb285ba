"""Facts about suggested changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class ChangeSuggested(Event):
    """Somebody would write a field of a version otherwise; ``reason`` says why."""

    kind: ClassVar[str] = "suggestions.made"
    phase = "discussion"
    sentence = _(
        "{who} a suggéré, au nom de {partner}, une modification du champ «\u00a0{field}\u00a0» "
        "dans la version {version} de la fiche {code}."
    )

    action_code: str
    field: str
    version: int


@dataclass(frozen=True, kw_only=True)
class SuggestionAccepted(Event):
    """The owner will take the suggestion in, as it was written."""

    kind: ClassVar[str] = "suggestions.accepted"
    phase = "discussion"
    sentence = _(
        "{who} a accepté, au nom de {partner}, la modification du champ «\u00a0{field}\u00a0» de la fiche {code} "
        "suggérée par {suggested_by}."
    )

    action_code: str
    field: str
    suggested_by: str


@dataclass(frozen=True, kw_only=True)
class SuggestionAcceptedWithEdits(Event):
    """The owner will take the suggestion in, in its own words."""

    kind: ClassVar[str] = "suggestions.accepted-with-edits"
    phase = "discussion"
    sentence = _(
        "{who} a modifié puis accepté, au nom de {partner}, la modification du champ «\u00a0{field}\u00a0» "
        "de la fiche {code} suggérée par {suggested_by}."
    )

    action_code: str
    field: str
    suggested_by: str


@dataclass(frozen=True, kw_only=True)
class SuggestionRefused(Event):
    """The owner will not take the suggestion in; ``reason`` says why."""

    kind: ClassVar[str] = "suggestions.refused"
    phase = "discussion"
    sentence = _(
        "{who} a refusé, au nom de {partner}, la modification du champ «\u00a0{field}\u00a0» de la fiche {code} "
        "suggérée par {suggested_by}."
    )

    action_code: str
    field: str
    suggested_by: str


@dataclass(frozen=True, kw_only=True)
class SuggestionWithdrawn(Event):
    """The author of a suggestion no longer makes it."""

    kind: ClassVar[str] = "suggestions.withdrawn"
    phase = "discussion"
    sentence = _(
        "{who} a retiré, au nom de {partner}, sa suggestion sur le champ «\u00a0{field}\u00a0» de la fiche {code}."
    )

    action_code: str
    field: str


@dataclass(frozen=True, kw_only=True)
class SuggestionsApplied(Event):
    """Accepted suggestions became part of the text, in version ``number``; ``suggestions`` are their identifiers."""

    kind: ClassVar[str] = "suggestions.applied"
    phase = "proposal"
    sentence = _(
        "{who} a repris, au nom de {partner}, dans la version {number} de la fiche {code}, "
        "les modifications suggérées et acceptées ({count})."
    )

    action_code: str
    number: int
    count: int
    suggestions: tuple[str, ...]
