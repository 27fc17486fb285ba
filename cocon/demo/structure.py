"""The secretariat's acts on the structure of the plan, near the end of the course: a link, a duplicate merged.

The duplicate was being rewritten by its owner, whose text is left behind.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions.drafts import Copy
from cocon.actions.operations import VersionFields
from cocon.actions.sections import BY_SLUG
from cocon.contracts import queries as contracts
from cocon.funding import operations as funding
from cocon.kernel import money
from cocon.structure import operations

if TYPE_CHECKING:
    from cocon.demo.course import Course

OWNER, DOUBLE, KEPT = "ville-grenoble", "samedis-recycleries", "recycleries"
TITLE = "Samedis des recycleries grenobloises"


TEXTS: dict[str, Any] = {
    "territory": "Grenoble",
    "context": "Deux recycleries de Grenoble veulent ouvrir leurs ateliers le samedi.",
    "objectives": "Faire connaître la réparation aux habitants.",
    "content": "Des ateliers de réparation ouverts à tous, un samedi par mois.",
    "audience": "Habitants de Grenoble",
    "calendar": "À partir de septembre 2015",
    "results": "Visites, objets réparés",
}
REWRITTEN = "Des ateliers de réparation ouverts à tous, deux samedis par mois, et un repas partagé à midi."
COST = 6_000_00


def plan(course: Course) -> None:
    """Plan them."""
    course.at(date(2015, 6, 16), lambda: _share(course), hour=15)
    course.at(date(2015, 6, 17), lambda: _promise(course), hour=15)
    course.at(date(2015, 6, 17), lambda: _rewrite(course), hour=16)
    course.at(date(2015, 6, 18), lambda: _merge(course), hour=15)
    course.at(date(2015, 6, 18), lambda: _link(course), hour=16)


def _share(course: Course) -> None:
    actor, kept = course.representative(OWNER), course.action(KEPT)
    draft = drafts.start(actor, {"title": TITLE})
    course.ids[DOUBLE] = draft.id
    fields = VersionFields(
        title=TITLE,
        project_owner_id=actor.partner_id,
        costs={contracts.outline().years[1]: COST},
        **TEXTS,
    )
    actions.share_action(actor, draft, axis_id=kept.axis_id, objective_id=kept.objective_id, fields=fields)


def _promise(course: Course) -> None:
    year = contracts.outline().years[1]
    funding.announce_contribution(
        course.representative(OWNER), course.action(DOUBLE), year=year, nature="operating", amount=1_500_00
    )


def _rewrite(course: Course) -> None:
    """Nothing is published: the merger comes first."""
    cost = {f"cost_{contracts.outline().years[1]}": money.amount(COST)}
    typed = {"title": TITLE, "owner": OWNER, **TEXTS, **cost}
    fork = drafts.keep(drafts.new(course.representative(OWNER), typed, course.ids[DOUBLE], 1))
    section, fields = BY_SLUG["contenu"], {**TEXTS, "content": REWRITTEN}
    drafts.save(course.representative(OWNER), fork.id, section, copy=Copy(), fields=fields)


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
