"""The seven sections of a fiche, and how far each is.

Named outside the seven usual files: routes, drafts and pages share it. A text is flat: what was typed, by name of
field (``milestones-0-due``), never validated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cocon.actions.models import TEXT_FIELDS
from cocon.kernel.language import LazyString, _

#: What was typed, by name of field: a string, or several for a list of boxes.
Typed = Mapping[str, str | list[str]]
#: Questions answered by a text.
TEXTS = frozenset(TEXT_FIELDS)
#: Questions answered by amounts, a field for each year or for each year and nature.
AMOUNTS = frozenset({"cost", "eligible", "charge"})
_AMOUNT = re.compile(r"([a-z]+)_\d{4}(?:_\d\d)?", re.ASCII)


@dataclass(frozen=True)
class Section:
    """Some questions on one page. ``names`` are those of the questions; one of them may have several fields."""

    slug: str
    title: LazyString
    hint: LazyString
    names: tuple[str, ...]

    def holds(self, name: str) -> bool:
        """Whether a field belongs here."""
        return question(name) in self.names

    def of(self, fields: Typed) -> dict[str, str | list[str]]:
        """The part of a text that belongs here."""
        return {name: value for name, value in fields.items() if self.holds(name)}


def question(name: str) -> str:
    """The question that a field answers: ``milestones`` for ``milestones-0-due``, ``cost`` for ``cost_2014``."""
    amount = _AMOUNT.fullmatch(name)
    return amount[1] if amount else name.partition("-")[0]


SECTIONS = (
    Section(
        "general",
        _("Titre et place dans le contrat"),
        _("Le titre, l’axe et l’objectif dont la fiche relève."),
        ("title", "axis"),
    ),
    Section(
        "contexte",
        _("Contexte et objectifs"),
        _("Le besoin auquel l’action répond, et ce qu’elle veut changer."),
        ("context", "objectives"),
    ),
    Section(
        "contenu",
        _("Ce qui sera fait"),
        _("Les opérations prévues, et pour qui."),
        ("content", "coordination", "audience"),
    ),
    Section(
        "partenaires",
        _("Porteur, partenaires et territoire"),
        _("Qui conduit l’action, avec qui, et où."),
        ("owner", "owner_name", "delegate", "associated", "territory", "territory_codes"),
    ),
    Section(
        "calendrier",
        _("Calendrier et jalons"),
        _("Le début, la fin, les étapes datées, ce qui sera remis."),
        ("starts", "ends", "calendar", "milestones", "deliverables"),
    ),
    Section(
        "resultats",
        _("Résultats et indicateurs"),
        _("À quoi l’on verra que l’action a réussi, et ce qui sera mesuré."),
        ("results", "indicators", "evaluation", "risks"),
    ),
    Section(
        "cout",
        _("Coût prévisionnel"),
        _("Ce que l’action coûte chaque année."),
        ("cost", "cost_basis", "charge", "eligible", "state_aid", "state_aid_regime"),
    ),
)
BY_SLUG = {section.slug: section for section in SECTIONS}


def section_of(name: str) -> Section:
    """Where a field is asked."""
    return next(section for section in SECTIONS if section.holds(name))


@dataclass(frozen=True)
class Progress:
    """A section of a draft: how far it is, in words, and who was there last."""

    section: Section
    state: str
    by: str | None = None
    at: str | None = None

    @property
    def words(self) -> LazyString:
        """The state as people read it."""
        return STATES[self.state]


STATES: dict[str, LazyString] = {
    "todo": _("À compléter"),
    "begun": _("En cours"),
    "done": _("Terminé"),
    "same": _("Comme la version publiée"),
}


def progress(
    fields: Typed, marks: Mapping[str, Mapping[str, object]], published: Typed | None = None
) -> list[Progress]:
    """How far each section is: done when somebody said so, begun when something is typed.

    Of a version in preparation, what is as in the text ``published`` is said so.
    """
    return [_progress(section, fields, marks.get(section.slug, {}), published) for section in SECTIONS]


def _progress(section: Section, fields: Typed, mark: Mapping[str, object], published: Typed | None) -> Progress:
    state = "begun" if any(section.of(fields).values()) else "todo"
    if published is not None and all(answer(fields, name) == answer(published, name) for name in section.names):
        state = "same"
    if mark.get("done"):
        state = "done"
    by, at = mark.get("by"), mark.get("at")
    return Progress(section, state, str(by) if by else None, str(at) if at else None)


def answer(fields: Typed, name: str) -> dict[str, str | list[str]]:
    """The fields that answer a question, or one of its amounts, without those left empty nor the space around."""
    told = {key: value.strip() if isinstance(value, str) else value for key, value in fields.items()}
    return {key: value for key, value in told.items() if name in (key, question(key)) and value}
