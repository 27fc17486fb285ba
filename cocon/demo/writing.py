"""A draft that a contributor prepared by sections and for which the validation of a representative is awaited."""

from __future__ import annotations

from cocon.actions import drafts
from cocon.actions.drafts import Copy
from cocon.actions.sections import BY_SLUG, Typed
from cocon.kernel.actor import Actor

TITLE = "Caravane des métiers solidaires"
WRITTEN: dict[str, Typed] = {
    "general": {"title": TITLE, "axis": "2.B"},
    "contexte": {
        "context": "Les structures peinent à recruter hors des grandes villes.",
        "objectives": "Faire connaître leurs métiers dans les cantons.",
    },
    "contenu": {"content": "- Dix étapes par an\n- Des rencontres entre employeurs et habitants"},
    "calendrier": {
        "starts": "septembre 2015",
        "ends": "juin 2016",
        "calendar": "De septembre 2015 à juin 2016",
        "milestones-0-due": "septembre 2015",
        "milestones-0-title": "Première étape",
        "milestones-1-due": "juin 2016",
        "milestones-1-title": "Bilan",
    },
}
FINISHED = ("general", "contexte")


def await_validation(contributor: Actor) -> None:
    """Write some sections, then ask."""
    draft = drafts.start(contributor, {"owner": contributor.partner_key or ""})
    for slug, fields in WRITTEN.items():
        section = BY_SLUG[slug]
        drafts.save(contributor, draft.id, section, copy=Copy(), fields=fields, finished=slug in FINISHED)
    drafts.ask(contributor, draft.id)
