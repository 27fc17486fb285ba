"""The stage on which the matrix is played: people of every role, fiches in every state, secrets to look for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Flask
from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import Action
from cocon.commands import people as commands
from cocon.decisions import operations as decisions
from cocon.decisions import queries as decision_queries
from cocon.discussion import operations as discussion
from cocon.funding import operations as funding
from cocon.imports import judging, reading, sheets
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries
from cocon.structure import operations as structure
from cocon.structure.models import Link
from cocon.web import access
from tests.factories import World

OWN, OTHER = "region-rhone-alpes", "ville-grenoble"

#: Secrets of an organisation: who may meet them.
SECRETS = {
    "kanari-brouillon-region": "own:representative own:deputy own:contributor",
    "kanari-brouillon-grenoble": "other:representative other:deputy other:contributor",
    "kanari-interne-region": "own:representative own:deputy own:contributor own:reader secretariat",
    "kanari-interne-grenoble": "other:representative other:deputy other:contributor other:reader",
}


@dataclass
class Stage:
    """Cookies of people, identifiers of fiches and consultations by state."""

    app: Flask
    cookies: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    consultations: dict[str, str] = field(default_factory=dict)
    invitation: str = ""
    link: str = ""
    sheet: str = ""
    author: Actor | None = None

    def draft(self) -> str:
        """A fresh draft of the Région."""
        assert self.author is not None
        with self.app.app_context():
            return drafts.start(self.author, {"title": "kanari-brouillon-region"}).id


def build(app: Flask) -> Stage:
    """Make the stage on an empty installation."""
    stage = Stage(app)
    with app.app_context():
        with clock.standing_at(clock.now() - timedelta(days=4)):
            world = World.installed()
            stage.author = world.actor("representative", OWN)
            people = _people(world)
            _fiches(stage, world, stage.author)
            _secrets(world, stage)
        stage.sheet = _sheet(stage.author)
        stage.invitation = commands.invite("invite@example", "auditor", None, "Une invitée", None, None)
        stage.cookies = {name: world.token(actor) for name, actor in people.items()}
        stage.cookies["anonymous"] = "an anonymous browser's cookie"
    with app.test_request_context():
        stage.tokens = {name: access._csrf(cookie) for name, cookie in stage.cookies.items()}
    return stage


def _people(world: World) -> dict[str, Actor]:
    people = {
        f"{where}:{role}": world.actor(role, partner)
        for where, partner in (("own", OWN), ("other", OTHER))
        for role in ("representative", "deputy", "contributor", "reader")
    }
    people["secretariat"] = world.actor("secretariat", OWN)
    people["facilitator"] = world.actor("facilitator", "cress-rhone-alpes")
    people |= {role: world.actor(role) for role in ("auditor", "admin")}
    return {**people, "ended": _ended()}


def _ended() -> Actor:
    """Somebody whose only mandate, of representative of the Région, is over."""
    partner = partner_queries.partner_by_key(OWN)
    yesterday = clock.today() - timedelta(days=1)
    partners.give_mandate(
        SYSTEM, partner, email="parti@example", role="representative", starts_on=date(2014, 1, 6), ends_on=yesterday
    )
    person = partner_queries.person_by_email("parti@example")
    assert person is not None
    return partner_queries.actor_of(partner_queries.mandates_of(person.id, yesterday)[0])


def _fiches(stage: Stage, world: World, author: Actor) -> None:
    office = world.actor("secretariat", OWN)
    stage.actions["draft"] = drafts.start(author, {"title": "kanari-brouillon-region"}).id
    made = {
        name: world.action(author, f"Fiche {name}") for name in ("shared", "open", "closed", "adopted", "withdrawn")
    }
    stage.actions |= {name: action.id for name, action in made.items()}
    for name, days in (("open", 30), ("closed", 2), ("adopted", 2)):
        _consult(stage, office, name, made[name], days)
    later = clock.now() + timedelta(days=3)
    with clock.standing_at(later):
        adopted = decision_queries.whole(stage.consultations["adopted"])
        assert adopted is not None
        decisions.pronounce_outcome(office, adopted, outcome="adopted", text="Adoptée.", reason="Accord.")
    actions.withdraw_action(author, made["withdrawn"], reason="Sans objet.")
    stage.link = _restructure(world, author, made)
    stage.actions["merged"] = made["merged"].id


def _restructure(world: World, author: Actor, made: dict[str, Action]) -> str:
    """A fiche of the Région merged, that the Ville de Grenoble had promised to fund; two others linked."""
    office = world.actor("secretariat", OWN)
    made["merged"] = world.action(author, "Fiche merged")
    funding.announce_contribution(world.actor("representative", OTHER), made["merged"], year=2014, amount=100_00)
    structure.merge_action(office, made["merged"], other_id=made["shared"].id, reason="Doublon.")
    structure.link_actions(office, made["shared"], other_id=made["open"].id, reason="Même public.")
    return db.session.scalars(select(Link.id).where(Link.kind == "related")).one()


def _sheet(author: Actor) -> str:
    """A spreadsheet that the representative of the Région has just sent."""
    table = reading.read(b"Titre;Contexte\nkanari-brouillon-region;Un contexte\n")
    return sheets.keep(author, b"", "fiches.csv", table, judging.guess(table.headers, sheets.frame())).id


def _consult(stage: Stage, office: Actor, name: str, action: Action, days: int) -> None:
    deadline = clock.today() + timedelta(days=days)
    decisions.open_consultation(office, action, version=1, deadline=deadline)
    found = decision_queries.latest(action.id)
    assert found is not None
    stage.consultations[name] = found.id


def _secrets(world: World, stage: Stage) -> None:
    other = world.actor("representative", OTHER)
    drafts.start(other, {"title": "kanari-brouillon-grenoble"})
    for actor, secret in ((stage.author, "kanari-interne-region"), (other, "kanari-interne-grenoble")):
        assert actor is not None
        for name in ("shared", "open", "adopted"):
            action = action_queries.find(stage.actions[name])
            assert action is not None
            discussion.post_comment(actor, action, text=f"Entre nous : {secret}", visibility="internal")
