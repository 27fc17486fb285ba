"""A few suggested changes in the fictional course: one taken in, one refused, others that await an answer."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from cocon.actions.queries import current_text
from cocon.suggestions import operations, queries

if TYPE_CHECKING:
    from cocon.demo.course import Course

OWNERS = {"achats": "ville-grenoble", "epargne": "roannais-agglomeration"}


def plan(course: Course) -> None:
    """Put the suggestions in their days."""
    course.at(
        date(2015, 3, 9),
        lambda: _suggest(
            course,
            "achats",
            "cg-isere",
            "content",
            ("formation aux clauses sociales", "formation aux clauses sociales et environnementales"),
            "Nos acheteurs demandent les deux ensemble.",
        ),
    )
    course.at(
        date(2015, 3, 10),
        lambda: _suggest(
            course,
            "achats",
            "cress-rhone-alpes",
            "results",
            ("acheteurs formés", "cent acheteurs formés la première année"),
            "Un chiffre aide à mesurer le résultat.",
        ),
    )
    course.at(date(2015, 3, 12), lambda: _settle(course, "achats", refusing="results"))
    for day, key, partner, name, words, reason in WAITING:
        course.at(
            day,
            lambda k=key, p=partner, n=name, w=words, r=reason: _suggest(course, k, p, n, w, r),  # type: ignore[misc]
        )


#: Those to which nobody has answered yet at the end of the course.
WAITING = (
    (
        date(2015, 6, 22),
        "achats",
        "grenoble-alpes-metropole",
        "context",
        ("connaissent mal", "connaissent encore mal"),
        "Un premier catalogue existe déjà dans l’agglomération.",
    ),
    (
        date(2015, 6, 23),
        "achats",
        "cg-isere",
        "audience",
        ("Acheteurs publics", "Acheteurs publics et privés"),
        "Des entreprises du territoire souhaitent s’y joindre.",
    ),
    (
        date(2015, 6, 24),
        "epargne",
        "saint-etienne-metropole",
        "content",
        ("Réunions publiques, formation", "Réunions publiques, formation des bénévoles"),
        "Les clubs reposent sur des bénévoles à former.",
    ),
)


def _suggest(course: Course, key: str, partner: str, name: str, words: tuple[str, str], reason: str) -> None:
    """Some words of the current text give way to others."""
    action = course.action(key)
    version = current_text(action)
    proposed = getattr(version, name).replace(words[0], words[1])
    operations.suggest_change(
        course.representative(partner),
        action,
        field=name,
        version=action.version,
        proposed=proposed,
        reason=reason,
    )


def _settle(course: Course, key: str, refusing: str) -> None:
    """The owner refuses those on a field, accepts the others, and applies them."""
    actor, action = course.representative(OWNERS[key]), course.action(key)
    for suggestion in queries.open_on(action.id):
        one, rev = suggestion.id, suggestion.rev
        if suggestion.field == refusing:
            reason = "Le nombre dépendra des moyens de chaque collectivité."
            operations.refuse_suggestion(actor, course.action(key), suggestion_id=one, revision=rev, reason=reason)
        else:
            operations.accept_suggestion(actor, course.action(key), suggestion_id=one, revision=rev)
    operations.apply_accepted(actor, course.action(key), revision=course.action(key).rev)
