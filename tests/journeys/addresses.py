"""Where each page of the product is found in the demonstration: every rule, in each state that changes the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, Select, select

from cocon.actions.models import Action, Draft
from cocon.audit.models import LogEntry
from cocon.catalogue.models import SavedView
from cocon.decisions.models import Consultation, Position
from cocon.discussion.models import Comment
from cocon.files.models import Attachment
from cocon.funding.models import Act, Condition, Contribution, Resource, Simulation, Tranche
from cocon.funding.stages import TRANSITIONS
from cocon.imports import judging, ledger, reading, sheets
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.partners.models import Partner, Person
from cocon.partners.queries import actor_of, mandates_of, person_by_email
from cocon.structure.models import Carry, Link
from cocon.suggestions.models import Suggestion

GRENOBLE = "ville-grenoble"

#: What no browser shows as a page.
NOT_PAGES = {"static", "site.health", "audit.checkpoint", "dossier.pdf", "dossier.odt", "files.download"}
NOT_PAGES |= {"imports.model", "structure.code", "consolidation.matrix", "consolidation.plan"}
NOT_PAGES |= {"consolidation.envelopes"}
NOT_PAGES |= {"consolidation.subventions", "consolidation.deliberations", "funding.totals"}
NOT_PAGES |= {"imports.steps_model", "funding.act_download", "funding.report_download"}
#: What is said after the address, to meet another state of the page.
QUERIES = {
    "discussion.threads": ["rubrique=results", "rubrique=audience"],
    "actions.index": ["q=rien-de-tel", "axe=1&statut=adopted", "q=solidaire&tri=cout", "vue=statut", "q=de+la"],
    "funding.plan": ["ligne=instrument.investment"],
    "funding.declare": ["exercice=2014&axe=2"],
    "funding.matrix": ["lignes=manque", "partenaire=ville-grenoble", "axe=2", "etape=vote&axe=1&objectif=A"],
    "funding.reports": ["etat=en-retard", "etat=recus&partenaire=ville-grenoble&sens=doit"],
    "funding.report": ["financeur=ville-grenoble", "financeur=cg-isere"],
    "funding.behind": ["etape=vote&partenaire=ville-grenoble&annee=2014"],
    "dossier.compare": ["vue=cote-a-cote"],
    "suggestions.index": ["etat=reglees"],
    "suggestions.new": ["champ=content"],
    "audit.index": ["fiche=9.Z.99", "partenaire=ville-grenoble&acte=funding.contribution-announced"],
    "audit.history": ["afficher=decisions"],
    "decisions.take_position": ["changer=oui"],
    "signin.sign_in": ["suite=/espace"],
}


def of(app: Flask) -> list[str]:
    """The addresses of all pages; a rule that cannot be filled in is an error."""
    with app.test_request_context():
        values = _values()
        found = [address for rule in app.url_map.iter_rules() for address in _of_rule(app, rule, values)]
        db.session.rollback()
    return found


def _of_rule(app: Flask, rule: Any, values: dict[str, list[Any]]) -> Iterator[str]:
    if rule.endpoint in NOT_PAGES or "GET" not in rule.methods:
        return
    adapter = app.url_map.bind("localhost")
    for given in _fillings(rule.endpoint, sorted(rule.arguments - set(rule.defaults or ())), values):
        address = adapter.build(rule.endpoint, given)
        yield address
        yield from (f"{address}?{query}" for query in QUERIES.get(rule.endpoint, ()))


def _fillings(endpoint: str, names: list[str], values: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """The values of a rule: each of the first name's with the first of the others, then those it has of its own."""
    if not names:
        yield {}
        return
    first, *others = names
    rest = {name: values[name][0] for name in others}
    for value in values.get(f"{endpoint} {first}") or values[first]:
        yield {first: value, **rest}
    for name in others:
        for other in values.get(f"{endpoint} {name}", ()):
            yield {first: value, **rest, name: other}


OUTCOMES = ("open", "adopted", "adopted_with_reserve", "postponed", "rejected", "withdrawn")


def _values() -> dict[str, list[Any]]:
    """Fiches and consultations in every state; the Ville de Grenoble owns and answers some of them."""
    grenoble = _one(select(Partner.id).where(Partner.key == GRENOBLE))
    draft = _one(select(Draft.id).where(Draft.partner_id == grenoble, Draft.action_id.is_(None)))
    actions = [*(_action(decision=word) for word in OUTCOMES), _action(maturity="merged")]
    left = _one(select(Draft.action_id).join(Action, Action.id == Draft.action_id).where(Action.maturity == "merged"))
    piece = select(Attachment).where(Attachment.partner_id == grenoble, Attachment.act_id.is_(None))
    actions += [_action(maturity="shared", decision="none", partner_id=grenoble)]
    return {
        "action_id": actions,
        "actions.share action_id": [draft],
        "actions.drop action_id": [draft, left],
        "actions.edit action_id": [draft, actions[-1], left],
        **_money(grenoble),
        "funding.beneficiary action_id": [actions[-1]],
        "actions.publish action_id": [actions[-1]],
        "actions.section action_id": [draft, actions[-1]],
        "actions.section section": ["contexte", "calendrier", "resultats", "partenaires", "cout"],
        "section": ["general"],
        "dossier.compare action_id": [actions[-1], actions[0]],
        "suggestions.edit action_id": [actions[-1]],
        "suggestions.refuse action_id": [actions[-1]],
        "suggestion_id": [_one(select(Suggestion.id).where(Suggestion.action_id == actions[-1], _unanswered()))],
        **_messages(grenoble),
        "structure.acts action_id": actions[:1],
        "act": ["deplacer", "fusionner", "scinder", "lier", "filiation"],
        "structure.end_link action_id": [_linked(Link.from_id)],
        "link_id": [_linked(Link.id)],
        "structure.carry action_id": [_one(select(Carry.action_id))],
        "sheet_id": [_sheet()],
        "import_id": [_money_sheet()],
        "consultation_id": _consultations(),
        "view_id": [_one(select(SavedView.id).join(Person).where(Person.email == f"representant@{GRENOBLE}.example"))],
        "files.withdraw action_id": [_one(piece.with_only_columns(Attachment.action_id))],
        "piece_id": [_one(piece.with_only_columns(Attachment.id))],
        "number": [1],
        "year": [2015],
        "activity": ["proposing", "discussing"],
        "token": ["unknown"],
        "key": [GRENOBLE, "region-rhone-alpes", "collectivite-13"],
        "partners.chain key": [GRENOBLE],
        "seq": _entries(grenoble),
    }


def _money(grenoble: str) -> dict[str, list[Any]]:
    """A tranche of the Ville de Grenoble that is paid in part, the steps that may follow, an act behind."""
    held = (
        select(Contribution.action_id, Tranche.id, Tranche.year, Condition.id)
        .join(Contribution.tranches)
        .join(Condition, Condition.contribution_id == Contribution.id)
        .where(Contribution.partner_id == grenoble, Tranche.stage == "paid", Condition.lifted_on.is_(None))
    )
    row = db.session.execute(held).first()
    assert row is not None, "the demonstration lacks a contribution of the Ville de Grenoble, paid in part, conditional"
    steps = [step.slug for step in TRANSITIONS.values() if "paid" in step.starts]
    acts = select(Act.id).where(Act.partner_id == grenoble).order_by(Act.adopted_on)
    return {
        **{
            f"funding.{page} action_id": [row[0]]
            for page in ("tranche", "step", "withdraw", "schedule", "condition", "lift")
        },
        "tranche_id": [row[1]],
        "funding.report action_id": [row[0]],
        "funding.report year": [row[2], 2016],
        "funding.report_file action_id": [row[0]],
        "funding.report_file year": [row[2]],
        "etape": steps[:1],
        "funding.step etape": steps,
        "act_id": [_one(acts)],
        **_elsewhere(grenoble),
        "condition_id": [row[3]],
        "simulation_id": [_one(select(Simulation.id).where(Simulation.partner_id == grenoble))],
    }


def _elsewhere(grenoble: str) -> dict[str, list[Any]]:
    """A resource of a fiche of the Ville de Grenoble that no signatory brings."""
    said = select(Resource).join(Resource.action).where(Action.partner_id == grenoble)
    row = db.session.scalars(said).first()
    assert row is not None, "the demonstration lacks a resource of a fiche of the Ville de Grenoble"
    pages = ("add_resource", "resource", "withdraw_resource")
    return {"resource_id": [row.id]} | {f"funding.{page} action_id": [row.action_id] for page in pages}


def _unanswered() -> ColumnElement[bool]:
    return Suggestion.state == "open"


def _action(**states: str) -> str:
    return str(_one(select(Action.id).filter_by(**states).order_by(Action.id)))


def _messages(grenoble: str) -> dict[str, list[Any]]:
    """A message of the Ville de Grenoble on which all was said long ago."""
    said = db.session.scalars(
        select(Comment).where(Comment.partner_id == grenoble, Comment.thread_id == Comment.id).order_by(Comment.id)
    ).first()
    assert said is not None, "the demonstration lacks a message of the Ville de Grenoble"
    acts = ("edit", "correct", "withdraw")
    return {"comment_id": [said.id]} | {f"discussion.{act} action_id": [said.action_id] for act in acts}


def _linked(column: Any) -> str:
    return str(_one(select(column).where(Link.kind == "related")))


def _sheet() -> str:
    """A spreadsheet that the representative of the Ville de Grenoble has just sent, with something wrong in it."""
    person = person_by_email("representant@ville-grenoble.example")
    assert person is not None
    actor = actor_of(mandates_of(person.id)[0])
    table = reading.read("Titre;Axe;Coût 2015\nRecycleries;1.A;12 000\nRecycleries;9;douze\n".encode())
    return sheets.keep(actor, b"", "fiches.csv", table, judging.guess(table.headers, sheets.frame())).id


def _money_sheet() -> str:
    """The same of payments."""
    person = person_by_email("representant@ville-grenoble.example")
    assert person is not None
    actor = actor_of(mandates_of(person.id)[0])
    table = reading.read("Fiche;Exercice;Montant;Date;Référence\n1.01;2014;douze;02/06/2014;M1\n".encode())
    return sheets.keep(actor, b"", "mandats.csv", table, ledger.guess(table.headers, "payments"), "payments").id


def _consultations() -> list[str]:
    """Open and answered by some, over, pronounced."""
    still = Consultation.pronounced_at.is_(None)
    now = clock.now()
    answered = select(Position.consultation_id)
    wanted = [
        (still, Consultation.deadline >= now, Consultation.id.in_(answered)),
        (still, Consultation.deadline < now),
        (Consultation.outcome == "adopted",),
        (Consultation.outcome == "withdrawn",),
    ]
    return [_one(select(Consultation.id).where(*conditions).order_by(Consultation.deadline)) for conditions in wanted]


def _entries(grenoble: str) -> list[int]:
    """The first entry, a formal act of the Ville de Grenoble, a message inside it."""
    hers = LogEntry.partner == GRENOBLE
    return [
        0,
        _one(select(LogEntry.seq).where(hers, LogEntry.kind == "funding.contribution-announced")),
        _one(select(LogEntry.seq).where(LogEntry.kind == "discussion.comment-posted")),
        _one(select(LogEntry.seq).where(hers, LogEntry.kind.startswith("decisions.position"))),
    ]


def _one(statement: Select[tuple[Any]]) -> Any:
    found = db.session.scalars(statement.limit(1)).first()
    assert found is not None, f"the demonstration lacks {statement}"
    return found
