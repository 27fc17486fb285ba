"""What two fiches of the demonstration receive from who signs nothing. Every funder and every amount is fictional."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from cocon.funding import resources
from cocon.funding.resources import Stated

if TYPE_CHECKING:
    from cocon.demo.course import Course

NOTE = "Exemple fictif de la démonstration."
SALES = Stated(account="70", funder="Ventes d’objets réparés (fictif)", year=2015, amount=3_500_00, note=NOTE)
STATED: tuple[tuple[str, date, Stated], ...] = (
    ("recycleries", date(2015, 2, 3), SALES),
    ("recycleries", date(2015, 2, 3), replace(SALES, year=2016, amount=4_000_00)),
    (
        "recycleries",
        date(2015, 3, 10),
        Stated(
            account="74",
            body="private",
            funder="Fondation d’entreprise (fictif)",
            year=2016,
            amount=2_000_00,
            status="asked",
            note=NOTE,
        ),
    ),
    *(
        (
            "recycleries",
            date(2015, 3, 10),
            Stated(
                account="87",
                gift="volunteering",
                funder="Bénévoles des recycleries (fictif)",
                year=year,
                amount=cents,
                note=NOTE,
            ),
        )
        for year, cents in ((2014, 1_500_00), (2015, 12_000_00), (2016, 10_000_00))
    ),
    (
        "achats",
        date(2015, 2, 10),
        Stated(
            account="74",
            body="europe",
            funder="Fonds européen (fictif)",
            year=2015,
            amount=3_000_00,
            status="granted",
            note=NOTE,
        ),
    ),
)


def plan(course: Course) -> None:
    """Plan the day when each is said."""
    for fiche, day, stated in STATED:
        course.at(day, lambda fiche=fiche, stated=stated: _add(course, fiche, stated), hour=16)  # type: ignore[misc]


def _add(course: Course, fiche: str, stated: Stated) -> None:
    owner = next(one["owner"] for one in course.facts["fiches"] if one["key"] == fiche)
    resources.add_resource(course.representative(owner), course.action(fiche), stated=stated)
