"""The secretariat's acts on the structure of the plan, near the end of the course: a link, a duplicate merged."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions.operations import VersionFields
from cocon.contracts import queries as contracts
from cocon.funding import operations as funding
from cocon.structure import operations

if TYPE_CHECKING:
    from cocon.demo.course import Course

OWNER, DOUBLE, KEPT = "ville-grenoble", "samedis-recycleries", "recycleries"
TITLE = "Samedis des recycleries grenobloises"


def plan(course: Course) -> None:
    """Plan them."""
    course.at(date(2015, 6, 16), lambda: _share(course), hour=15)
    course.at(date(2015, 6, 17), lambda: _promise(course), hour=15)
    course.at(date(2015, 6, 18), lambda: _merge(course), hour=15)
    course.at(date(2015, 6, 18), lambda: _link(course), hour=16)


def _share(course: Course) -> None:
    actor, kept = course.representative(OWNER), course.action(KEPT)
    draft = drafts.start(actor, {"title": TITLE})
    course.ids[DOUBLE] = draft.id
    fields = VersionFields(
        title=TITLE,
        project_owner_id=actor.partner_id,
        territory="Grenoble",
        context="Deux recycleries de Grenoble veulent ouvrir leurs ateliers le samedi.",
        objectives="Faire connaître la réparation aux habitants.",
        content="Des ateliers de réparation ouverts à tous, un samedi par mois.",
        audience="Habitants de Grenoble",
        calendar="À partir de septembre 2015",
        results="Visites, objets réparés",
        costs={contracts.outline().years[1]: 6_000_00},
    )
    actions.share_action(actor, draft, axis_id=kept.axis_id, objective_id=kept.objective_id, fields=fields)


def _promise(course: Course) -> None:
    year = contracts.outline().years[1]
    funding.announce_contribution(
        course.representative(OWNER), course.action(DOUBLE), year=year, nature="operating", amount=1_500_00
    )


def _merge(course: Course) -> None:
    operations.merge_action(
        course.office,
        course.action(DOUBLE),
        other_id=course.ids[KEPT],
        reason="Les deux fiches décrivent les mêmes samedis ouverts dans les mêmes recycleries.",
    )


def _link(course: Course) -> None:
    operations.link_actions(
        course.office,
        course.action(KEPT),
        other_id=course.ids["achats"],
        reason="Les achats responsables peuvent s’adresser aux recycleries.",
    )
