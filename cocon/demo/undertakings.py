"""What the demonstration shows of acts and of money beside the steps: a PDF, credits over years, two conditions.

Everything is fictional and says so.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from flask import current_app
from markupsafe import escape
from sqlalchemy import select

from cocon.dossier import pdf
from cocon.files.inspection import examine
from cocon.files.scanning import shelf_of
from cocon.funding import conditions, documents, schedules
from cocon.funding.models import Act, Condition
from cocon.kernel import clock
from cocon.kernel.db import db

if TYPE_CHECKING:
    from cocon.demo.course import Course
    from cocon.demo.money import Line

GRENOBLE, REGION = "ville-grenoble", "region-rhone-alpes"
LABEL = "Document fictif, fait pour la démonstration de Cocon."


def plan(course: Course, lines: list[Line], recorded: dict[tuple[str, date], str], session: dict[Line, date]) -> None:
    """Plan a schedule and a PDF of the Région, then a condition lifted and one that stands of the Ville de Grenoble."""
    whole = next(line for line in lines if line.partner == REGION and len(_years(lines, line)) == 3 and line in session)
    course.at(session[whole], lambda: _bind(course, whole, _years(lines, whole), recorded), hour=19)
    course.at(session[whole] + timedelta(days=1), lambda: _join(course, recorded[REGION, session[whole]]), hour=10)
    asked = next(line for line in lines if line.partner == GRENOBLE and line in session)
    course.at(session[asked], lambda: _ask(course, asked, "Réception du bilan de 2013 (condition fictive)"), hour=19)
    course.at(session[asked] + timedelta(days=50), lambda: _lift(course, asked), hour=10)
    text = "Compte rendu financier de 2014 avant tout autre versement (condition fictive)"
    course.at(date(2015, 6, 26), lambda: _ask(course, asked, text), hour=10)


def _years(lines: list[Line], wanted: Line) -> dict[int, int]:
    """What the partner brings to the fiche, by year."""
    return {one.year: one.amount for one in lines if (one.partner, one.fiche) == (wanted.partner, wanted.fiche)}


def _bind(course: Course, line: Line, years: dict[int, int], recorded: dict[tuple[str, date], str]) -> None:
    act = recorded[line.partner, clock.today()]
    schedule = schedules.Schedule(regime="multi", act_id=act, amount=sum(years.values()), credits=years)
    schedules.bind_years(
        course.representative(line.partner),
        course.action(line.fiche),
        form="cash",
        nature=line.nature,
        schedule=schedule,
    )


def _join(course: Course, act_id: str) -> None:
    act = db.session.get_one(Act, act_id)
    said = (f"Numéro {act.number}", act.title, "Texte inventé\u00a0: il n’a été voté par personne.")
    body = "".join(f"<p>{escape(one)}</p>" for one in said)
    text = f'<html lang="fr"><head><title>{LABEL}</title></head><body><h1>{LABEL}</h1>{body}</body></html>'
    documents.attach_document(
        course.representative(REGION),
        act,
        name="deliberation-fictive.pdf",
        examined=examine(pdf.lay_out(text)),
        shelf=shelf_of(current_app.extensions["cocon"]),
    )


def _ask(course: Course, line: Line, text: str) -> None:
    actor, action = course.representative(line.partner), course.action(line.fiche)
    conditions.set_condition(actor, action, form="cash", kind="suspensive", text=text)


def _lift(course: Course, line: Line) -> None:
    row = db.session.scalars(select(Condition).where(Condition.lifted_on.is_(None))).one()
    conditions.lift_condition(
        course.representative(line.partner),
        course.action(line.fiche),
        condition_id=row.id,
        lifted_on=clock.today(),
        reason="Bilan reçu et vérifié (motif fictif).",
    )
