"""The stage on which the matrix is played: people of every role, fiches in every state, secrets to look for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.catalogue import saved
from cocon.commands import people as commands
from cocon.decisions import operations as decisions
from cocon.decisions import queries as decision_queries
from cocon.discussion import operations as discussion
from cocon.discussion import queries as discussion_queries
from cocon.discussion.events import CommentPosted
from cocon.funding import acts, carrying, conditions, owed, reports, resources, simulations, steps
from cocon.funding import operations as funding
from cocon.funding import queries as money
from cocon.funding.models import Condition, Tranche
from cocon.funding.resources import Stated
from cocon.imports import judging, ledger, reading, sheets
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries
from cocon.structure import operations as structure
from cocon.structure.models import Link
from cocon.suggestions import operations as suggestions
from cocon.web import access
from tests.factories import World
from tests.files.making import PDF, attach, join, join_report

OWN, OTHER = "region-rhone-alpes", "ville-grenoble"

#: Entries of the log, of which some are read as a file too: what they are, whose act, who may read their texts.
_ENTRIES = {
    "installed": ("log.opened", None, None),
    "told": ("discussion.comment-posted", OWN, None),
    "inside_own": ("discussion.comment-posted", OWN, OWN),
    "inside_other": ("discussion.comment-posted", OTHER, OTHER),
    "formal": ("funding.contribution-announced", OTHER, None),
}
ENTRIES = (*_ENTRIES, "inside_own:file", "inside_other:file", "formal:file")

#: Secrets of an organisation: who may meet them.
SECRETS = {
    "kanari-brouillon-region": "own:representative own:deputy own:contributor",
    "kanari-brouillon-grenoble": "other:representative other:deputy other:contributor",
    "kanari-vue-region": "own:representative",
    "kanari-simulation-region": "own:representative own:deputy own:contributor",
    "kanari-simulation-grenoble": "other:representative other:deputy other:contributor",
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
    suggestions: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, str] = field(default_factory=dict)
    tranches: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, str] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    invitation: str = ""
    link: str = ""
    act: str = ""
    act_file: str = ""
    documents: dict[str, str] = field(default_factory=dict)
    author: Actor | None = None

    def draft(self) -> str:
        """A fresh draft of the Région."""
        assert self.author is not None
        with self.app.app_context():
            return drafts.start(self.author, {"title": "kanari-brouillon-region"}).id

    def fork(self, state: str) -> None:
        """The next version of a fiche of the Région, being prepared, whoever abandoned it."""
        assert self.author is not None
        with self.app.app_context():
            action_id = self.actions[state]
            if drafts.find(self.author, action_id) is None:
                fork = drafts.new(self.author, {"title": "x", "context": "kanari-brouillon-region"}, action_id, 1)
                drafts.keep(fork)
                db.session.commit()

    @property
    def sheet(self) -> str:
        """A spreadsheet that the representative of the Région has just sent, whoever deleted the former one."""
        assert self.author is not None
        with self.app.app_context():
            return _sheet(self.author)

    @property
    def money_sheet(self) -> str:
        """A spreadsheet that the representative of the Région has just sent, whoever deleted the former one."""
        assert self.author is not None
        with self.app.app_context():
            return _money_sheet(self.author)

    def view(self) -> str:
        """The only view of the representative of the Région, whatever became of the former one."""
        assert self.author is not None
        with self.app.app_context():
            for former in saved.of_person(self.author):
                saved.drop(self.author, former.id)
            return saved.save(self.author, "axe=1", name="kanari-vue-region").id

    def simulation(self) -> str:
        """What the Région tries, whatever became of the former one."""
        assert self.author is not None
        with self.app.app_context():
            return _simulation(self.author, "kanari-simulation-region", self.actions["shared"])


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
            stage.entries = {name: _entry(*wanted) for name, wanted in _ENTRIES.items()}
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


def _pay(partner: Actor, action: Action) -> None:
    """An investment of 2014 that is paid already."""
    said: dict[str, Any] = {"year": 2014, "nature": "investment"}
    days = dict.fromkeys(acts.FOLLOWING, clock.today())
    vote = {"number": "D2", "title": "Subventions", "adopted_on": clock.today(), "assembly": "Conseil municipal"}
    act = acts.record_act(partner, None, kind="deliberation", days=days, **vote).subject.id
    funding.announce_contribution(partner, action, amount=50_00, **said)
    for step in ("inscribed", "voted", "engaged", "paid"):
        taken = steps.Taken(amount=50_00, taken_on=clock.today(), act_id=act, reference="EJ 1")
        steps.take_step(partner, action, step=step, taken=taken, **said)


def _fiches(stage: Stage, world: World, author: Actor) -> None:
    office = world.actor("secretariat", OWN)
    stage.actions["draft"] = drafts.start(author, {"title": "kanari-brouillon-region"}).id
    made = {
        name: world.action(author, f"Fiche {name}")
        for name in ("shared", "open", "closed", "adopted", "forked", "withdrawn", "merged")
    }
    stage.actions |= {name: action.id for name, action in made.items()}
    other = world.actor("representative", OTHER)
    for name, action in made.items():
        stage.suggestions[name] = suggestions.suggest_change(
            other, action, field="title", version=1, proposed=f"Fiche {name} autrement", reason="Plus clair."
        ).subject.id
    for name, action in made.items():
        said = discussion.post_comment(author, action, text="@ville-grenoble Et à Grenoble ?", visibility="partners")
        stage.comments[name] = said.subject.id
    for name, days in (("open", 30), ("closed", 2), ("adopted", 2)):
        _consult(stage, office, name, made[name], days)
    later = clock.now() + timedelta(days=3)
    with clock.standing_at(later):
        adopted = decision_queries.whole(stage.consultations["adopted"])
        assert adopted is not None
        decisions.pronounce_outcome(office, adopted, outcome="adopted", text="Adoptée.", reason="Accord.")
        _money(stage, author, other, made)
    stage.pieces = {name: attach(author, action, title=f"Pièce {name}").id for name, action in made.items()}
    stage.pieces["draft"] = stage.pieces["shared"]
    actions.withdraw_action(author, made["withdrawn"], reason="Sans objet.")
    stage.link = _restructure(world, author, made)


def _money(stage: Stage, author: Actor, other: Actor, made: dict[str, Action]) -> None:
    """What a partner brings to each fiche, what it paid for one, what it asks, and what comes from elsewhere."""
    for name, action in made.items():
        funding.announce_contribution(other, action, year=2014, amount=100_00)
        share = money.own_share(action.id, other.partner_id or "", 2014)
        assert share is not None
        stage.tranches[name] = str(share[1].id)
    vote = {"number": "D1", "title": "Subventions", "adopted_on": clock.today(), "assembly": "Conseil municipal"}
    stage.act = acts.record_act(other, None, kind="deliberation", **vote).subject.id
    stage.act_file = join(other, stage.act, PDF + PDF).id
    _pay(other, made["adopted"])
    report = owed.own(made["adopted"].id, other.partner_id or "", 2014)
    assert report is not None
    reports.record_report(other, report.contribution, year=2014, kind="received", taken_on=clock.today())
    stage.documents["adopted"] = join_report(other, report.contribution, PDF + PDF).id
    fund = Stated(account="74", body="europe", funder="Fonds", year=2014, amount=50_00)
    for name, action in made.items():
        resources.add_resource(author, action, stated=fund)
        stage.resources[name] = resources.of_action(action.id)[0].id
        conditions.set_condition(other, action, form="cash", kind="suspensive", text="Bilan reçu.")
        stage.conditions[name] = db.session.scalars(
            select(Condition.id)
            .join(Tranche, Tranche.contribution_id == Condition.contribution_id)
            .where(Tranche.id == stage.tranches[name])
        ).one()


def _restructure(world: World, author: Actor, made: dict[str, Action]) -> str:
    """A fiche of the Région merged, that the Ville de Grenoble had promised to fund; two others linked."""
    office = world.actor("secretariat", OWN)
    seen = [one.mark for one in carrying.offers(made["merged"].id, made["shared"].id)]
    structure.merge_action(office, made["merged"], other_id=made["shared"].id, reason="Doublon.", seen=seen)
    structure.link_actions(office, made["shared"], other_id=made["open"].id, reason="Même public.")
    return db.session.scalars(select(Link.id).where(Link.kind == "related")).one()


def _money_sheet(author: Actor) -> str:
    """A spreadsheet of payments that the representative of the Région has just sent."""
    table = reading.read("Fiche;Exercice;Montant;Date;Référence\n1.01;2014;12,00;02/06/2014;M1\n".encode())
    return sheets.keep(author, b"", "mandats.csv", table, ledger.guess(table.headers, "payments"), "payments").id


def _simulation(actor: Actor, name: str, action_id: str) -> str:
    """An amount that the actor's organisation tries, until it is turned into a promise or abandoned."""
    running = [one for one in simulations.of_partner(actor) if one.closed_at is None]
    if running:
        return running[0].id
    tried = simulations.Tried(action_id=action_id, nature="investment", year=2015, amount=1_00)
    made = simulations.start(actor, name=name)
    return simulations.save(actor, made, name=name, cells=[tried]).id


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
    _simulation(other, "kanari-simulation-grenoble", stage.actions["shared"])
    for actor, secret in ((stage.author, "kanari-interne-region"), (other, "kanari-interne-grenoble")):
        assert actor is not None
        for name in ("shared", "open", "adopted"):
            action = action_queries.find(stage.actions[name])
            assert action is not None
            _exchange_inside(actor, action, secret)
            attach(actor, action, title=f"Pièce interne : {secret}", visibility="internal")


def _exchange_inside(actor: Actor, action: Action, secret: str) -> None:
    """Everything that can be done to internal messages, with the secret in each text."""
    first = discussion.post_comment(
        actor, action, text=f"@{actor.partner_key} Entre nous : {secret}", visibility="internal", section="content"
    )
    text = f"> {secret}\n\nRéponse : {secret}"
    second = discussion.post_comment(actor, action, text=text, thread_id=first.thread)
    _amend(actor, second, discussion.edit_comment, 0, text=f"Réécrit : {secret}")
    _amend(actor, second, discussion.withdraw_comment, 1, reason=f"Motif : {secret}")
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        _amend(actor, first, discussion.correct_comment, 0, text=f"Correction : {secret}")
        other = discussion.post_comment(actor, action, text=f"Autre : {secret}", visibility="internal")
        thread = discussion_queries.thread(action.id, other.thread, actor)
        assert thread is not None
        discussion.resolve_thread(actor, thread, revision=0)


def _entry(kind: str, partner: str | None, audience: str | None) -> int:
    """The first entry of that kind, of that organisation, for those readers."""
    wanted = (LogEntry.kind == kind, LogEntry.partner == partner, LogEntry.audience == audience)
    return db.session.scalars(select(LogEntry.seq).where(*wanted).order_by(LogEntry.seq)).all()[0]


def _amend(actor: Actor, said: CommentPosted, act: Any, revision: int, **facts: str) -> None:
    message = discussion_queries.message(said.about or "", said.subject.id, actor)
    act(actor, message, revision=revision, **facts)
