"""Every act can be told in French, with the names of its time, its partner's article, and what was erased said so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cocon.models
from cocon.actions import events as action_events
from cocon.actions import words as action_words
from cocon.app import create_app
from cocon.audit import columns, sentences, trail, words
from cocon.audit.event import KIND, KINDS
from cocon.audit.opening import LogOpened
from cocon.audit.sentences import Change, changes, needed, spoken, tell, why
from cocon.audit.titles import FAMILIES, TITLES, family
from cocon.config import Config
from cocon.contracts import queries as contract_queries
from cocon.decisions import events as decision_events
from cocon.decisions import queries as decision_queries
from cocon.funding import balance
from cocon.funding import words as funding_words
from cocon.kernel.db import tables
from cocon.kernel.language import NBSP, NNBSP
from cocon.partners import queries as partner_queries
from cocon.suggestions import models as suggestion_models
from cocon.suggestions import words as suggestion_words

KINDS_EVER = Path(cocon.models.__file__).parent / "audit" / "kinds.txt"
PARTNERS = {
    "region-rhone-alpes": ("Région Rhône-Alpes", "de la Région Rhône-Alpes"),
    "etat-prefecture-region": ("État (Préfet de la région Rhône-Alpes)", "de l’État (Préfet de la région Rhône-Alpes)"),
    "cg-isere": ("Conseil général de l’Isère", "du Conseil général de l’Isère"),
    "pays-voironnais": ("Pays voironnais", "du Pays voironnais"),
    "ville-grenoble": ("Ville de Grenoble", "de la Ville de Grenoble"),
    "roannais-agglomeration": ("Roannais Agglomération", "de Roannais Agglomération"),
    "collectivite-13": ("Collectivité signataire n° 13", "de la Collectivité signataire n° 13"),
    "collectivite-14": ("Annonay Agglo", "d’Annonay Agglo"),
    "collectivite-15": ("Syndicat mixte des Baronnies", "du Syndicat mixte des Baronnies"),
    "inconnu": ("Lyon", "de Lyon"),
}


@pytest.fixture(scope="module", autouse=True)
def _speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    app = create_app(Config.from_env({"COCON_DATA": str(tmp_path_factory.mktemp("speaking"))}))
    with app.test_request_context():
        yield


def body(kind: str, facts: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    actor = {"role": "representative", "partner": "cg-isere", "partner_name": "Conseil général de l’Isère"}
    entry: dict[str, Any] = {"kind": kind, "actor": actor, "facts": facts or {}, "changes": [], "basis": None}
    return {**entry, "subject": {"version": None}, "sd": {"actor_name": "A"}, **others}


def change(table: str, before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    return {"table": table, "id": "row", "rev": 1, "before": before, "after": after}


def test_every_kind_ever_used_is_written_down() -> None:
    ever = KINDS_EVER.read_text().splitlines()
    assert ever == sorted(set(ever))
    assert all(KIND.fullmatch(kind) for kind in ever)
    assert sorted(set(KINDS) - set(ever)) == [], "add them to cocon/audit/kinds.txt: it only grows"
    assert set(TITLES) == set(KINDS)
    assert set(FAMILIES) == {family(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", sorted(KINDS_EVER.read_text().split()))
def test_every_kind_can_be_told(kind: str) -> None:
    facts = {
        **dict.fromkeys(("count", "axes", "figures", "axis", "year", "number", "version", "roster_count"), 1),
        **dict.fromkeys(("target_axis", "target_year"), 2),
        "action_code": "1.A.03",
        "amount": 1_234_50,
        "former": 5_000_00,
        "hard": True,
        "stance": "reserve",
        "former_stance": "favorable",
        "outcome": "adopted",
        "deadline": "2014-03-14T22:59:59.000000Z",
        "activity": "deciding",
        "opens_on": "2014-02-01",
        "closes_on": None,
        "role": "auditor",
        "letter": "B",
        "title": "Faire connaître",
        "origin": "localhost/journal",
        "name": "Annonay Agglo",
        "visibility": "partners",
        "field": "content",
        "suggested_by": "la Ville de Grenoble",
        "former_code": "1.A.02",
        "other_code": "1.A.04",
        "contract": "Contrat 2006-2010",
        "settlement": "carried",
        "reference": "EJ 2014-12",
        "taken_on": "2014-03-02",
        "form": "instrument",
        "nature": "investment",
        "account": "74",
        "status": "granted",
        "condition": "suspensive",
        "undone": "paid",
    }
    basis = {"act": "deliberation", "number": "14.02.077", "date": "2014-02-13"}
    said = tell(body(kind, facts, basis=basis), {"A": "Inès Eynard"}).text
    assert said[0].isupper()
    assert said.endswith(".")
    assert not re.search(r"[{}]|None|non précisé|  |de le |de la Conseil", said), said
    assert not re.search(r" [;:!?»]|« ", said), f"an ordinary space in {said!r}"


@pytest.mark.parametrize("key", PARTNERS)
def test_the_partner_takes_its_article(key: str) -> None:
    name, of = PARTNERS[key]
    actor = {"role": "deputy", "partner": key, "partner_name": name}
    facts = {"action_code": "1.A.03", "amount": 1_234_50, "year": 2015}
    said = tell(body("funding.contribution-announced", facts, actor=actor), {"A": "Inès Eynard"})
    assert said.text == (
        f"Inès Eynard, suppléant, a annoncé, au nom {of}, une contribution de 1{NNBSP}234,50{NBSP}€ pour 2015 "
        "à la fiche 1.A.03."
    )
    assert [text for text, strong in said.pieces if strong] == [name, f"1{NNBSP}234,50{NBSP}€"]


def test_a_name_alone_takes_the_same_article() -> None:
    reference = (Path(cocon.models.__file__).parent / "contracts" / "reference.toml").read_text()
    signatories = re.findall(r'^\[\[partners\]\]\nkey = "([^"]+)"\nname = "([^"]+)"', reference, re.MULTILINE)
    assert len(signatories) == 20
    assert [name for key, name in signatories if words.the(None, name) != words.the(key, name)] == []


def test_every_signatory_has_its_article() -> None:
    reference = (Path(cocon.models.__file__).parent / "contracts" / "reference.toml").read_text()
    keys = re.findall(r'^\[\[partners\]\]\nkey = "([^"]+)"', reference, re.MULTILINE)
    assert len(keys) == 20
    assert {key for key in keys if not key.startswith("collectivite-")} == set(words.ARTICLES)


def test_the_capacity_is_said() -> None:
    for role, capacity in words.CAPACITIES.items():
        actor = {"role": role, "partner": None, "partner_name": None}
        said = tell(body("decisions.outcome-pronounced", {"outcome": "adopted"}, actor=actor), {"A": "Inès"}).text
        assert said.startswith(f"Inès, {capacity}, a prononcé la décision")
    assert set(words.CAPACITIES) == set(partner_queries.ROLES)


def test_who_acts_for_nobody_is_told_without_a_partner() -> None:
    actor = {"role": "auditor", "partner": None, "partner_name": None}
    said = tell(body("discussion.comment-posted", {"version": 2, "action_code": "2.B.01"}, actor=actor), {"A": "Luc"})
    assert said.text == "Luc, auditeur, a écrit un message sur la version 2 de la fiche 2.B.01."
    system = {"role": "system", "partner": None, "partner_name": None}
    facts = {"role": "auditor", "partner": None, "partner_name": None}
    given = body("partners.mandate-given", facts, actor=system)
    assert tell(given, {}).text == "Le système a donné à une personne déjà inscrite un mandat d’auditeur."
    named = {"role": "reader", "partner": "pnr-pilat", "partner_name": "Parc naturel régional du Pilat"}
    registered = {"table": "person", "id": "p", "rev": 1, "before": None, "after": {"name": {"sd": "N" * 43}}}
    given = body("partners.mandate-given", named, actor=system) | {"changes": [registered]}
    assert list(spoken(given)) == ["A", "N" * 43]
    assert tell(given, {"N" * 43: "Karim Ferrand"}).text == (
        "Le système a donné à Karim Ferrand un mandat de lecteur, pour le Parc naturel régional du Pilat."
    )
    assert "a donné à quelqu’un (nom effacé) un mandat" in tell(given, {}).text


def test_what_was_erased_is_said() -> None:
    entry = body("actions.withdrawn", {"action_code": "1.A.03"}, sd={"actor_name": "A", "reason": "R"})
    assert tell(entry, {}).text.startswith("Quelqu’un (nom effacé), représentant, a retiré")
    assert why(entry, {}) == "effacé"
    assert why(entry, {"R": "Sans objet"}) == "Sans objet"
    assert why(body("actions.withdrawn"), {}) is None


def test_a_future_kind_is_told_neutrally() -> None:
    said = tell(body("followup.report-sent", {"weird": [1]}), {"A": "Luc"}).text
    assert said == (
        "Luc, représentant, a fait, au nom du Conseil général de l’Isère, un acte que cette version ne sait pas dire "
        "(followup.report-sent)."
    )
    odd = body("followup.report-sent", changes=[change("report", {"a": 1}, {"a": {"sd": "X"}})])
    assert changes(odd, {}, {}) == []
    assert [(row.table, row.cells) for row in trail.rows(odd, {}, {})] == [("report", [Change("a", "1", "effacé")])]


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "said"),
    [
        (None, None, "a ouvert sans limite de date la période pour proposer."),
        ("2014-02-01", None, f"a fixé la période pour proposer{NBSP}: à partir du 1er février 2014."),
        (None, "2014-02-28", f"a fixé la période pour proposer{NBSP}: jusqu’au 28 février 2014."),
        ("2014-02-01", "2014-02-28", f"pour proposer{NBSP}: du 1er février 2014 au 28 février 2014."),
    ],
)
def test_periods_with_open_ends(opens_on: str | None, closes_on: str | None, said: str) -> None:
    facts = {"activity": "proposing", "opens_on": opens_on, "closes_on": closes_on}
    assert tell(body("contracts.window-set", facts), {"A": "Luc"}).text.endswith(said)


def test_changes_are_readable() -> None:
    entry = body(
        "decisions.outcome-pronounced",
        {"outcome": "adopted_with_reserve"},
        changes=[
            change(
                "action",
                {"decision": "open", "progress": None},
                {"decision": "adopted_with_reserve", "progress": "upcoming"},
            ),
            change("consultation", {"outcome_text": None}, {"outcome_text": {"sd": "T"}}),
            change("seat", {"position_id": None}, {"position_id": "x"}),
        ],
    )
    assert changes(entry, {"T": "Inscrite."}, {}) == [
        Change("Décision", "en consultation", "adoptée sous réserve"),
        Change("Avancement", None, "à venir"),
        Change("Texte de la décision", None, "Inscrite."),
    ]
    assert set(needed(entry)) == {"A", "T"}


def test_money_dates_and_lists_are_readable() -> None:
    entry = body(
        "funding.envelope-declared",
        changes=[
            change("envelope", {"amount": 1_000_00, "hard": False}, {"amount": 2_000_50, "hard": True}),
            change("mandate", {"ends_on": None}, {"ends_on": "2015-03-01"}),
        ],
    )
    assert changes(entry, {}, {}) == [
        Change("Enveloppe", f"1{NNBSP}000,00{NBSP}€", f"2{NNBSP}000,50{NBSP}€"),
        Change("Plafond à ne pas dépasser", "non", "oui"),
        Change("Fin du mandat", None, "1er mars 2015"),
    ]


def test_a_message_names_whom_it_calls_as_readers_write_it() -> None:
    entry = body("discussion.comment-posted", changes=[change("comment", None, {"text": {"sd": "T"}})])
    said = "Bonjour,\n@[Ville de Grenoble], est-ce @[exact] ?"
    assert changes(entry, {"T": said}, {}) == [Change("Message", None, "Bonjour,\n@Ville de Grenoble, est-ce @exact ?")]
    question = body("decisions.consultation-opened", changes=[change("consultation", None, {"question": {"sd": "T"}})])
    assert changes(question, {"T": "@[exact]"}, {}) == [Change("Question posée", None, "@[exact]")]


def test_a_new_version_is_told_against_the_former_one() -> None:
    def version(territory: str, partners: list[str], costs: dict[int, int]) -> dict[str, Any]:
        text = {"territory": {"sd": territory}, "title": {"sd": "same"}, "associated": partners, "number": 1}
        rows = [change("version_cost", None, {"version_id": "v", "year": y, "amount": a}) for y, a in costs.items()]
        return body("actions.version-published", changes=[change("action_version", None, text), *rows])

    former = version("T1", [], {2014: 100_00})
    newer = version("T2", ["cg-isere"], {2014: 100_00, 2015: 50_00})
    opened = {"T1": "Lyon", "T2": "Lyon et Grenoble", "same": "Forum"}
    assert changes(newer, opened, {"cg-isere": "Conseil général de l’Isère"}, former) == [
        Change("Territoire", "Lyon", "Lyon et Grenoble"),
        Change("Partenaires associés", "–", "Conseil général de l’Isère"),
        Change("Coût 2015", None, f"50,00{NBSP}€"),
    ]
    assert set(needed(newer, former)) == {"A", "T1", "T2", "same"}


def test_the_words_are_those_of_the_domains() -> None:
    def same(ours: Any, theirs: Any) -> None:
        assert {key: str(word) for key, word in ours.items()} == {key: str(word) for key, word in theirs.items() if key}

    same(words.VALUES["action.maturity"], action_words.MATURITY)
    same(words.VALUES["action.decision"], action_words.DECISION)
    same(words.VALUES["action.progress"], action_words.PROGRESS)
    same(words.VALUES["action_version.cost_basis"], action_words.COST_BASIS)
    same(words.VALUES["action_version.state_aid"], action_words.STATE_AID)
    same(words.VALUES["version_charge.nature"], action_words.NATURES)
    same(words.VALUES["position.stance"], decision_queries.STANCES)
    same(words.VALUES["partner.status"], partner_queries.STATUSES)
    same(words.VALUES["mandate.role"], partner_queries.ROLES)
    same(words.VALUES["partner.kind"], partner_queries.KINDS)
    places = {code: f"{name} ({code})" for code, name in partner_queries.DEPARTEMENTS.items()}
    same(words.VALUES["partner.departement"], places)
    assert set(words.VALUES["partner.college"]) == set(partner_queries.COLLEGES)
    same(words.VALUES["contribution.form"], funding_words.FORMS)
    assert words.VALUES["tranche.nature"] == words.NATURES
    assert {key: str(word) for key, word in words.NATURES.items()} == {
        key: str(word) for key, word in funding_words.NATURES.items()
    }
    same(words.VALUES["suggestion.state"], suggestion_words.STATES)
    same(words.VALUES["field"], {name: action_words.FIELDS[name] for name in suggestion_models.FIELDS})
    same(words.VALUES["tranche.stage"], {key: word for key, (_rank, word) in balance.STAGES.items()})
    assert set(words.VALUES["activity"]) == set(contract_queries.ACTIVITIES)
    assert set(columns.TABLES) == set(tables("audited"))
    assert {action_events.ActionShared.kind, action_events.VersionPublished.kind} == set(words.VERSIONING)
    assert decision_events.OutcomePronounced.kind == words.DECIDING
    assert {event.phase for event in KINDS.values()} <= set(words.PHASES)
    assert str(LogOpened.sentence) in str(sentences.KINDS["log.opened"].sentence)


@pytest.mark.parametrize(
    ("key", "name", "said"),
    [
        ("pays-voironnais", "Pays voironnais", "au Pays voironnais"),
        ("ville-grenoble", "Ville de Grenoble", "à la Ville de Grenoble"),
        ("etat-prefecture-region", "État", "à l’État"),
        ("roannais-agglomeration", "Roannais Agglomération", "à Roannais Agglomération"),
        (None, "Syndicat mixte", "au Syndicat mixte"),
    ],
)
def test_what_is_handed_to_a_partner_is_said_with_its_article(key: str | None, name: str, said: str) -> None:
    assert words.to_the(key, name) == said


def test_an_envelope_declared_again_says_what_it_was() -> None:
    facts: dict[str, Any] = {"year": 2015, "axis": 2, "amount": 12_000_00, "former": None, "hard": True}
    first = tell(body("funding.envelope-declared", facts), {"A": "Anne"}).text
    assert first.endswith(f"une enveloppe de 12{NNBSP}000,00{NBSP}€ pour 2015, axe 2, plafond à ne pas dépasser.")
    again = tell(body("funding.envelope-declared", {**facts, "former": 90_000_00, "axis": None}), {"A": "Anne"}).text
    assert "a changé, au nom du Conseil général de l’Isère, l’enveloppe pour 2015, plafond à ne pas dépasser" in again
    assert again.endswith(f"{NBSP}: de 90{NNBSP}000,00{NBSP}€ à 12{NNBSP}000,00{NBSP}€.")
    same = tell(body("funding.envelope-declared", {**facts, "former": 12_000_00, "hard": False}), {"A": "Anne"}).text
    assert same.endswith("pour 2015, axe 2, sans plafond.")


@pytest.mark.parametrize(
    ("condition", "said"), [("suspensive", "une condition suspensive"), ("reservation", "une réserve")]
)
def test_a_condition_is_told_with_its_nature(condition: str, said: str) -> None:
    facts = {"condition": condition, "action_code": "1.A.03", "form": "cash", "lifted_on": "2015-03-03"}
    assert f"{said} à sa contribution" in tell(body("funding.condition-set", facts), {"A": "Anne"}).text
    assert f"{said} de sa contribution" in tell(body("funding.condition-lifted", facts), {"A": "Anne"}).text
