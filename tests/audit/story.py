"""A short life of one fiche, in which most kinds of acts occur, and ways to touch a database behind the application."""

from __future__ import annotations

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import Action, Indicator, Milestone
from cocon.audit.verify import Report, verify
from cocon.contracts import operations as contracts
from cocon.contracts import queries as contract_queries
from cocon.contracts.models import Envelope
from cocon.decisions import operations as decisions
from cocon.decisions import queries as decision_queries
from cocon.discussion import operations as discussion
from cocon.discussion import queries as discussion_queries
from cocon.files import operations as files
from cocon.funding import (
    acts,
    beneficiaries,
    conditions,
    correcting,
    owed,
    reports,
    resources,
    schedules,
    simulations,
    steps,
    transfers,
)
from cocon.funding import operations as funding
from cocon.funding.models import Act, Condition, Contribution
from cocon.funding.resources import Stated
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries
from cocon.structure import operations as structure
from cocon.structure import queries as structure_queries
from cocon.suggestions import operations as suggestions
from cocon.suggestions import queries as suggestion_queries
from cocon.suggestions.models import Suggestion
from tests.factories import World
from tests.files.making import PDF, attach, join, join_report
from tests.support.databases import Databases, Instance, close

REGION, GRENOBLE, ISERE = "region-rhone-alpes", "ville-grenoble", "cg-isere"
SECRET = "Entre nous : le kanari chante"


@dataclass
class Story:
    """Who acted on which fiche."""

    world: World
    action: Action


def play() -> Story:
    """Propose, discuss, fund, decide; every formal act is signed as it happens."""
    world = World.installed()
    region, grenoble = world.actor("representative", REGION), world.actor("representative", GRENOBLE)
    axis = contract_queries.axes()[1]
    contracts.add_objective(world.actor("secretariat", REGION), axis, letter="A", title="Structurer les réseaux")
    fields = {"content": "Un forum. " * 40, "territory": "Lyon"}
    action = world.action(region, "Forum de l’emploi solidaire", **fields)
    discussion.post_comment(grenoble, action, text="Et à Grenoble ?", visibility="partners")
    _exchange(world, action)
    discussion.post_comment(grenoble, action, text=SECRET, visibility="internal")
    _suggest(region, grenoble, action)
    attach(grenoble, action, title="Devis")
    _free(grenoble)
    kept = attach(grenoble, action, title=SECRET, visibility="internal")
    files.withdraw_file(grenoble, kept, reason="Mauvais fichier.")
    files.clear_file(SYSTEM, attach(grenoble, action, title="Plan"))
    files.refuse_file(SYSTEM, attach(grenoble, action, title="Piège"), finding="Eicar-Test-Signature")
    _revise(region, action)
    _fund(world, action)
    _decide(world, action)
    _advance(world, action)
    _restructure(world, action)
    db.session.rollback()
    return Story(world, action)


def _free(grenoble: Actor) -> None:
    """An organisation lets its contributors share by themselves."""
    partner = partner_queries.partner_by_key(GRENOBLE)
    assert partner is not None
    partners.set_internal_chain(grenoble, partner, validates=False, revision=0)


def _suggest(owner: Actor, guest: Actor, action: Action) -> None:
    """A suggestion that is applied, one accepted with edits, one refused, one withdrawn."""
    ids = []
    for name, text in (("audience", "Tous"), ("calendar", "Novembre"), ("results", "Mille"), ("context", "Un besoin")):
        event = suggestions.suggest_change(
            guest, action, field=name, version=1, proposed=text, reason="C’est plus précis."
        )
        ids.append(event.subject.id)
    suggestions.accept_suggestion(owner, action, suggestion_id=ids[0], revision=1)
    empty = suggestion_queries.digest("")
    edited = {"shown": empty, "edited": "En novembre"}
    suggestions.accept_with_edits(owner, action, suggestion_id=ids[1], revision=1, **edited)
    suggestions.refuse_suggestion(owner, action, suggestion_id=ids[2], revision=1, reason="Trop tôt.")
    suggestions.withdraw_suggestion(guest, db.session.get_one(Suggestion, ids[3]), revision=1)
    current = action_queries.find(action.id)
    assert current is not None
    suggestions.apply_accepted(owner, current, revision=current.rev)


def _exchange(world: World, action: Action) -> None:
    """A thread on a section that calls a partner, rewritten, answered and resolved; a message withdrawn."""
    grenoble, region = world.actor("representative", GRENOBLE), world.actor("representative", REGION)
    text = "@cg-isere @Representative region-rhone-alpes Et en novembre ?"
    said = discussion.post_comment(grenoble, action, text=text, visibility="partners", section="territory")
    message = discussion_queries.message(action.id, said.subject.id, grenoble)
    assert message is not None
    discussion.edit_comment(grenoble, message, revision=0, text="@cg-isere Et à Grenoble, en novembre ?")
    answer = discussion.post_comment(region, action, text="Oui.", thread_id=said.thread)
    message = discussion_queries.message(action.id, answer.subject.id, region)
    assert message is not None
    discussion.withdraw_comment(region, message, revision=0, reason="Répondu trop vite.")
    for act in (discussion.resolve_thread, discussion.reopen_thread, discussion.resolve_thread):
        thread = discussion_queries.thread(action.id, said.thread, region)
        assert thread is not None
        act(region, thread, revision=thread.revision)


def _revise(actor: Any, action: Action) -> None:
    current = action_queries.find(action.id)
    assert current is not None
    fields = actions.VersionFields(
        title="Forum de l’emploi solidaire",
        project_owner_name="Une association",
        territory="Lyon et Grenoble",
        content="Un forum. " * 40,
        associated=[GRENOBLE],
        costs={2014: 120_000_00, 2015: 80_000_00},
        eligible={2014: 100_000_00},
        charges={(2014, "60"): 20_000_00, (2014, "64"): 100_000_00, (2015, "86"): 3_000_50},
        cost_basis="ttc",
        state_aid="regime",
        state_aid_regime="Régime fictif n° 1",
        milestones=[Milestone(due="2014-11", title="Première étape, à Grenoble")],
        indicators=[
            Indicator(
                code="F1", label="Visiteurs", kind="output", unit="personnes", targets={2014: 900_00, 2015: 950_50}
            )
        ],
    )
    actions.publish_version(actor, current, revision=current.rev, summary="Étape de Grenoble", fields=fields)


def _fund(world: World, action: Action) -> None:
    grenoble, isere = world.actor("representative", GRENOBLE), world.actor("representative", ISERE)
    funding.announce_contribution(grenoble, action, year=2014, amount=10_000_00)
    funding.announce_contribution(grenoble, action, year=2014, amount=12_500_50)
    funding.lower_contribution(grenoble, action, year=2014, amount=9_000_00, reason="Arbitrage budgétaire.")
    funding.announce_contribution(isere, action, year=2015, amount=5_000_00)
    funding.withdraw_contribution(isere, action, year=2015, reason="Crédits réaffectés")
    envelope = contract_queries.envelopes_of(grenoble.partner_id or "")[0]
    funding.declare_envelope(grenoble, envelope, amount=50_000_00, hard=False)
    _reserve(grenoble)
    beneficiaries.identify_beneficiary(world.actor("representative", REGION), action, rna="W381234567")
    _receive(world, action)


def _receive(world: World, action: Action) -> None:
    """What comes from who signs nothing: one changed, one withdrawn."""
    owner = world.actor("representative", REGION)
    stated = Stated(account="74", body="europe", funder="Fonds social", year=2014, amount=7_000_50, note="Déposé.")
    resources.add_resource(owner, action, stated=stated)
    first = resources.of_action(action.id)[0].id
    granted = replace(stated, status="granted", amount=6_000_00)
    resources.change_resource(owner, action, resource_id=first, stated=granted, revision=1)
    gift = replace(stated, account="87", body="", gift="goods", funder="Dons")
    resources.add_resource(owner, action, stated=gift)
    second = resources.of_action(action.id)[1].id
    resources.withdraw_resource(owner, action, resource_id=second, reason="Comptés deux fois.", revision=1)


def _reserve(grenoble: Actor) -> None:
    """An envelope of an axis, one that is reduced, a sum moved to another, a simulation turned into a promise."""
    whole, later = contract_queries.envelopes_of(grenoble.partner_id or "")[:2]
    axis_id = contract_queries.axes()[1].id
    funding.declare_envelope(grenoble, whole, amount=40_000_00, hard=True, axis_id=axis_id)
    funding.declare_envelope(grenoble, later, amount=20_000_00, hard=False)
    funding.declare_envelope(grenoble, later, amount=10_000_00, hard=False, reason="Budget réduit.")
    facts = {"target_id": later.id, "amount": 1_000_00, "reason": "Report."}
    transfers.transfer_envelope(grenoble, db.session.get_one(Envelope, whole.id), **facts)


def _advance(world: World, action: Action) -> None:
    """An act of the Ville de Grenoble, and what it proves, once the fiche is adopted."""
    grenoble, current = world.actor("representative", GRENOBLE), action_queries.find(action.id)
    assert current is not None
    with clock.standing_at(clock.now() + timedelta(days=13)):
        today = clock.today()
        said = {"number": "2014-12", "title": "Subventions", "adopted_on": today, "assembly": "Conseil municipal"}
        act = acts.record_act(grenoble, None, kind="deliberation", **said).subject.id
        acts.date_act(grenoble, db.session.get_one(Act, act), days={"received_on": today, "published_on": today})
        _bind(grenoble, current, act)
        for step, proof in (("inscribed", {}), ("voted", {"act_id": act}), ("engaged", {"reference": "EJ 12"})):
            taken = steps.Taken(amount=9_000_00, taken_on=today, **proof)
            steps.take_step(grenoble, current, year=2014, step=step, taken=taken)
        paid = steps.Taken(amount=4_000_00, taken_on=today, reference="Mandat 7")
        steps.take_step(grenoble, current, year=2014, step="paid", taken=paid)
        owed_report = owed.own(current.id, grenoble.partner_id or "", 2014)
        assert owed_report is not None
        for kind, reason in (("received", "Classé à Grenoble."), ("reopened", "Pièce illisible."), ("waived", "Fin.")):
            told = {"kind": kind, "taken_on": today, "reason": reason}
            reports.record_report(grenoble, owed_report.contribution, year=2014, **told)
            if kind == "received":
                _document(grenoble, owed_report.contribution)
        funding.fill_line(
            grenoble,
            current,
            cells=[funding.Cell(year=year, amount=1_000_00, form="instrument") for year in (2015, 2016)],
        )
        tried = simulations.Tried(action_id=current.id, nature="investment", year=2016, amount=500_00)
        made = simulations.start(grenoble, name=SECRET)
        simulations.save(grenoble, made, name=SECRET, cells=[tried])
        simulations.apply_simulation(grenoble, made)


def _document(grenoble: Actor, contribution: Contribution) -> None:
    """The document of a report, twice."""
    files.clear_file(SYSTEM, join_report(grenoble, contribution))
    again = join_report(grenoble, contribution, PDF + PDF, reason="Mauvais fichier.")
    files.refuse_file(SYSTEM, again, finding="Eicar-Test-Signature")


def _bind(grenoble: Actor, action: Action, act: str) -> None:
    """Its PDF, twice; what was mistyped of it; what it binds over several years; what is asked, then lifted."""
    files.clear_file(SYSTEM, join(grenoble, act))
    files.refuse_file(SYSTEM, join(grenoble, act, PDF + PDF, reason="Mauvais fichier."), finding="Eicar-Test-Signature")
    kept = {"number": "2014-21", "title": "Subventions", "adopted_on": clock.today(), "assembly": "Conseil municipal"}
    days = {"received_on": clock.today(), "published_on": clock.today()}
    told = correcting.Said(**kept, days=days)
    correcting.correct_act(grenoble, db.session.get_one(Act, act), said=told, reason="Chiffres inversés.")
    partner = partner_queries.partner_by_key(GRENOBLE)
    assert partner is not None
    correcting.set_act_example(grenoble, partner, example="2014-12")
    for regime, parts in (("multi", {2014: 9_000_00}), ("multi", {2014: 9_000_00, 2015: 100}), ("annual", {})):
        schedule = schedules.Schedule(regime=regime, act_id=act, amount=sum(parts.values()), credits=parts)
        schedules.bind_years(grenoble, action, form="cash", nature="operating", schedule=schedule, reason="Révisé.")
    for kind in ("suspensive", "other"):
        conditions.set_condition(grenoble, action, form="cash", kind=kind, text="Bilan reçu.", act_id=act)
    row = db.session.scalars(select(Condition).where(Condition.kind == "suspensive")).one()
    conditions.lift_condition(
        grenoble, action, condition_id=row.id, lifted_on=clock.today(), reason="Bilan reçu.", act_id=act
    )


def _decide(world: World, action: Action) -> None:
    office = world.actor("secretariat", REGION)
    current = action_queries.find(action.id)
    assert current is not None
    decisions.open_consultation(office, current, deadline=clock.today() + timedelta(days=10), question="Inscrire ?")
    latest = decision_queries.latest(action.id)
    assert latest is not None
    for partner, stance, reason in ((GRENOBLE, "favorable", None), (ISERE, "reserve", "Préciser le reste à charge")):
        decisions.take_position(world.actor("representative", partner), latest, stance=stance, reason=reason)
    decisions.take_position(world.actor("representative", ISERE), latest, stance="favorable")
    with clock.standing_at(clock.now() + timedelta(days=12)):
        decisions.pronounce_outcome(
            office, decision_queries.whole(latest.id), outcome="adopted", text="Inscrite.", reason="Accord général."
        )


def _restructure(world: World, action: Action) -> None:
    office, isere = world.actor("secretariat", REGION), world.actor("representative", ISERE)
    double = world.action(isere, "Forum de l’emploi solidaire (doublon)")
    earlier = structure_queries.earlier_contracts()[0]
    structure.state_lineage(office, action, contract_id=earlier.id, label="Forum", source="Bilan", reason="Suite.")
    structure.link_actions(office, action, other_id=double.id, reason="Même public.")
    structure.move_action(office, double, axis_id=contract_queries.axes()[2].id, reason="Relève de l’axe 3.")
    funding.announce_contribution(isere, double, year=2015, amount=1_000_00)
    structure.merge_action(office, double, other_id=action.id, reason="Doublon.")
    carry = structure_queries.carry(double.id, isere.partner_id)
    assert carry is not None
    structure.settle_promise(isere, carry, settlement="left", reason="Crédits réaffectés.")


@dataclass
class Copy:
    """An installation of one's own on which the story was played, that an intruder can reach."""

    instance: Instance
    databases: Databases

    @cached_property
    def app(self) -> Flask:
        """The application on it."""
        return self.instance.app()

    @contextmanager
    def inside(self) -> Iterator[Flask]:
        """A context of the application, at its date; nothing stays open afterwards."""
        clock.pretend_today(date.fromisoformat(self.instance.today))
        try:
            with self.app.app_context():
                yield self.app
        finally:
            close(self.app)

    def verify(self) -> Report:
        """What the server's verification says."""
        with self.inside():
            return verify()

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.instance.data / "cocon.db"

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What anybody can read."""
        if self.instance.engine == "postgresql":
            return self.databases.cluster.rows(self.instance.name, statement)
        with sqlite3.connect(self.file) as connection:
            found = connection.execute(statement).fetchall()
        connection.close()
        return found

    def one(self, statement: str) -> Any:
        """The only value of the only row."""
        ((value,),) = self.rows(statement)
        return value

    def touch(self, *statements: str) -> None:
        """Change the database without triggers nor foreign keys, then leave everything as it looked."""
        if self.instance.engine == "postgresql":
            unseen = "SET session_replication_role = replica"
            self.databases.cluster.rows(self.instance.name, "; ".join([unseen, *statements]))
            return
        connection = sqlite3.connect(self.file, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = OFF")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _name, sql in triggers:
            connection.execute(sql)
        connection.close()


@contextmanager
def copied(original: Instance, databases: Databases, folder: Path) -> Iterator[Copy]:
    """A copy of an installation, gone after the block."""
    shutil.copytree(original.data, folder)
    name = f"copy_{uuid.uuid4().hex}"
    url = f"sqlite:///{folder / 'cocon.db'}"
    if original.engine == "postgresql":
        databases.cluster.create(name, template=original.name)
        url = databases.cluster.url(name)
    copy = Copy(replace(original, name=name, data=folder, url=url), databases)
    try:
        yield copy
    finally:
        close(copy.app)
        if original.engine == "postgresql":
            databases.cluster.drop(name)
