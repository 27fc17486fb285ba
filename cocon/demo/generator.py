"""Synthetic data for measures: as many fiches as asked, of the demonstration's density, through the operations."""

from __future__ import annotations

from random import Random
from typing import Any

from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import SPARE_TEXTS, TEXT_FIELDS, Action
from cocon.audit import checkpoints, opening
from cocon.audit.models import LogEntry
from cocon.contracts import queries as contracts
from cocon.discussion import operations as discussion
from cocon.funding import operations as funding
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries

WORDS = (
    "action", "économie", "sociale", "solidaire", "territoire", "partenaire", "accompagnement", "emploi", "insertion",
    "coopérative", "association", "projet", "financement", "innovation", "réseau", "formation", "salarié",
    "entreprise", "habitant", "commune", "région", "calendrier", "bilan",
)  # fmt: skip
COMMENTS = 10
FUNDERS = 3


def generate(count: int, seed: int) -> None:
    """Add ``count`` fiches with their comments and contributions."""
    chance = Random(seed)  # noqa: S311 - synthetic data must be the same twice
    if db.session.scalar(select(LogEntry.seq).where(LogEntry.kind == "demo.started")) is None:
        opening.start_demo(SYSTEM, None)
    actors = _actors()
    with checkpoints.signing_later():
        for number in range(count):
            _fiche(chance, actors, number)
            db.session.rollback()
            db.session.expunge_all()
    checkpoints.daily()


def _actors() -> list[Actor]:
    """One representative for each partner, known by an address of its own."""
    found = []
    for partner in partner_queries.partners():
        email = f"mesure@{partner.key}.example"
        if partner_queries.person_by_email(email) is None:
            partners.give_mandate(SYSTEM, partner, email=email, role="representative", name="Mesure (synthétique)")
        person = partner_queries.person_by_email(email)
        if person is None:
            raise LookupError(email)
        found.append(partner_queries.actor_of(partner_queries.mandates_of(person.id)[0]))
    return found


def _fiche(chance: Random, actors: list[Actor], number: int) -> None:
    owner = chance.choice(actors)
    outline = contracts.outline()
    texts: dict[str, Any] = {name: _text(chance, 30) for name in TEXT_FIELDS if name not in SPARE_TEXTS}
    fields = actions.VersionFields(
        title=f"Fiche synthétique {number + 1} : {_text(chance, 5)}",
        project_owner_id=owner.partner_id,
        costs={year: chance.randrange(10_000_00, 200_000_00) for year in outline.years},
        **texts,
    )
    draft = drafts.start(owner, {"title": fields.title})
    axis = outline.axes[number % len(outline.axes)]
    actions.share_action(owner, draft, axis_id=axis.id, objective_id=_objective(axis.id), fields=fields)
    action = action_queries.find(draft.id)
    if action is None:
        raise LookupError(draft.id)
    _life(chance, actors, action)


def _objective(axis_id: str) -> str | None:
    return next((row.id for row in contracts.objectives() if row.axis_id == axis_id), None)


def _life(chance: Random, actors: list[Actor], action: Action) -> None:
    for _comment in range(COMMENTS):
        author = chance.choice(actors)
        discussion.post_comment(author, action, text=_text(chance, 20), visibility="partners")
    for funder in chance.sample(actors, FUNDERS):
        for year in contracts.outline().years:
            amount = chance.randrange(1_000_00, 30_000_00)
            funding.announce_contribution(funder, action, year=year, amount=amount)


def _text(chance: Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))
