"""A fiche on which people talk: threads on sections, a quotation, calls, a resolved thread, an edit, a withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cocon.discussion import operations, queries
from cocon.discussion.markup import quotation
from cocon.kernel import clock
from cocon.kernel.actor import Actor

if TYPE_CHECKING:
    from cocon.demo.course import Course

FICHE = "recycleries"
METRO, GRENOBLE, VOIRONNAIS, PILAT, ROANNE = (
    "grenoble-alpes-metropole",
    "ville-grenoble",
    "pays-voironnais",
    "pnr-pilat",
    "roannais-agglomeration",
)


def plan(course: Course) -> None:
    """Plan what is said, in the order of time."""
    course.at(date(2015, 2, 27), lambda: _signage(course), hour=15)
    course.at(date(2015, 6, 22), lambda: _results(course), hour=9)
    course.at(date(2015, 6, 23), lambda: _mistaken(course), hour=11)
    course.at(date(2015, 6, 24), lambda: _calendar(course), hour=14)
    course.at(date(2015, 6, 26), lambda: _inside(course), hour=10)


def _signage(course: Course) -> None:
    """A question on the cost, answered under its own words, then resolved by who asked it."""
    asking, answering = course.representative(GRENOBLE), course.representative(METRO)
    text = "@grenoble-alpes-metropole Le devis de signalétique comprend-il la pose dans les quatre lieux\u202f?"
    said = _say(course, asking, text, section="costs", visibility="partners")
    quoted = quotation(str(asking.person_name), "Le devis comprend-il la pose\u202f?")
    answer = f"{quoted}Oui, la pose est comprise. Restent à prévoir\u00a0:\n\n- les plans d’accès\n- la traduction"
    _later(lambda: _say(course, answering, answer, thread_id=said), hours=3)
    _later(lambda: _resolve(course, asking, said), hours=5)


def _results(course: Course) -> None:
    """A call that still waits for an answer; its author completed it a few minutes later."""
    actor = course.representative(PILAT)
    text = "@ville-grenoble Pourriez-vous partager le bilan de votre premier samedi\u202f?"
    said = _say(course, actor, text, section="results", visibility="partners")
    fuller = f"{text} **Nous voudrions retenir les mêmes indicateurs** pour nos ateliers."
    _later(lambda: _act(course, operations.edit_comment, actor, said, text=fuller), minutes=6)


def _mistaken(course: Course) -> None:
    """A message taken back by its author."""
    actor = course.representative(ROANNE)
    said = _say(course, actor, "La date du forum est-elle fixée\u202f?", visibility="partners")
    reason = "Écrit sur la mauvaise fiche\u202f: la question porte sur le forum."
    _later(lambda: _act(course, operations.withdraw_comment, actor, said, reason=reason), hours=1)


def _calendar(course: Course) -> None:
    """A message corrected the next day: both can be read."""
    actor = course.representative(VOIRONNAIS)
    text = "Le lieu de Voiron peut ouvrir dix samedis en 2015."
    said = _say(course, actor, text, section="calendar", visibility="partners")
    right = "Lire *huit samedis*\u202f: deux dates tombent pendant les travaux."
    _later(lambda: _act(course, operations.correct_comment, actor, said, text=right), hours=20)


def _inside(course: Course) -> None:
    """A question to a colleague, which no other partner sees."""
    colleague = course.actors[f"contributeur@{GRENOBLE}"].person_name
    text = f"@{colleague} Peux-tu préparer le bilan du premier samedi avant l’avis du 10 juillet\u202f?"
    _say(course, course.representative(GRENOBLE), text, section="results", visibility="internal")


def _say(course: Course, actor: Actor, text: str, **how: Any) -> str:
    return operations.post_comment(actor, course.action(FICHE), text=text, **how).subject.id


def _act(course: Course, act: Callable[..., object], actor: Actor, said: str, **facts: str) -> None:
    message = queries.message(course.ids[FICHE], said, actor)
    if message is None:
        raise LookupError(said)
    act(actor, message, revision=message.revision, **facts)


def _resolve(course: Course, actor: Actor, said: str) -> None:
    thread = queries.thread(course.ids[FICHE], said, actor)
    if thread is None:
        raise LookupError(said)
    operations.resolve_thread(actor, thread, revision=thread.revision)


def _later(act: Callable[[], object], **after: int) -> None:
    with clock.standing_at(clock.now() + timedelta(**after)):
        act()
