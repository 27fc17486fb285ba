"""Open data: valid against the public schemas by a validator of others, only what is signed and identified."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from frictionless import Resource, Schema, formats

from cocon import cli
from cocon.actions import operations as actions
from cocon.consolidation import opendata
from cocon.funding import acts, beneficiaries, cancelling, proofs, steps
from cocon.funding import operations as funding
from cocon.kernel import clock, numbers
from cocon.kernel.money import Cents
from cocon.partners import operations as partners
from cocon.partners.queries import partner_by_key
from cocon.structure import operations as structure
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, fields, known, share
from tests.consolidation.making import promise
from tests.dossier.making import Stage
from tests.funding.making import envelope
from tests.funding.test_steps import record

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-02"), pytest.mark.engines("sqlite")]

SCHEMAS = Path(__file__).parents[1] / "vendor" / "scdl"
GRENOBLE_SIRET, RNA = "21380185500015", "W381234567"


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


def valid(data: bytes, name: str) -> list[list[Any]]:
    """What an independent validator finds wrong in a file, by row and field."""
    schema = Schema.from_descriptor(json.loads((SCHEMAS / name).read_text("utf-8")))
    resource = Resource(data, format="csv", encoding="utf-8", schema=schema, control=formats.CsvControl(delimiter=","))
    found: list[list[Any]] = resource.validate().flatten(["rowNumber", "fieldName", "type"])
    return found


def rows(data: bytes) -> list[dict[str, str]]:
    """The lines of a file, by the names of its columns."""
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def adopted(stage: Stage, title: str = "Recycleries") -> str:
    """A fiche of the Région, adopted."""
    action_id = stage.fiche(title)
    stage.consultation(action_id, date(2014, 6, 9))
    with clock.standing_at(clock.now() + timedelta(days=10)):
        stage.pronounce(action_id)
    return action_id


def give(stage: Stage, action_id: str, cents: Cents, *, number: str = "C-1", year: int = 2014, **kind: str) -> None:
    """The Ville de Grenoble plans, votes and signs; days later, it pays half twice."""
    promise(stage, action_id, year, cents, **kind)
    with stage.acting() as world, clock.standing_at(clock.now() + timedelta(days=20)):
        actor = world.actor("representative", GRENOBLE)
        vote, convention = record(actor, f"D-{number}"), record(actor, number, "convention")
        for step, act in (("inscribed", None), ("voted", vote), ("contracted", convention)):
            taken = steps.Taken(amount=cents, taken_on=clock.today(), act_id=act)
            steps.take_step(actor, known(action_id), year=year, step=step, taken=taken, **kind)


def identify(stage: Stage, *fiches: str) -> None:
    """The funder and the beneficiaries are known to the registers."""
    with stage.acting() as world:
        office = world.actor("secretariat", REGION)
        partners.complete_partner(office, partner_by_key(GRENOBLE), siret=GRENOBLE_SIRET)
        for action_id in fiches:
            beneficiaries.identify_beneficiary(office, known(action_id), rna=RNA)


def test_what_is_signed_and_identified_is_published_and_the_rest_is_told(stage: Stage) -> None:
    action_id = adopted(stage)
    give(stage, action_id, 12_345_67)
    client, reader = stage.client("reader"), "/donnees/subventions/rejets"
    assert rows(client.http.get("/donnees/subventions.csv").data) == []
    said = client.get(reader).words("#subventions")
    assert "Le financeur n’a pas de SIRET, le bénéficiaire n’a ni SIRET ni numéro RNA." in said
    identify(stage, action_id)
    promise(stage, action_id, 2015, 500_00)
    promise(stage, action_id, 2014, 7_00, METRO)
    promise(stage, action_id, 2014, 9_00, ISERE, form="instrument", nature="investment")
    data = stage.app.test_client().get("/donnees/subventions.csv").data
    assert valid(data, "subventions-2.1.1.schema.json") == []
    [row] = rows(data)
    assert tuple(row) == opendata.SUBVENTIONS
    assert row["nomAttribuant"] == "Ville de Grenoble"
    assert (row["idAttribuant"], row["idBeneficiaire"], row["rnaBeneficiaire"]) == (GRENOBLE_SIRET, "", RNA)
    assert (row["dateConvention"], row["referenceDecision"]) == ("2014-06-22", "D-C-1")
    assert (row["montant"], row["nature"], row["conditionsVersement"]) == ("12345.67", "aide en numéraire", "unique")
    assert row["datesPeriodeVersement"] == "2014-01-01/2014-12-31"
    assert (row["notificationUE"], row["pourcentageSubvention"]) == ("non", "1")
    assert row["objet"].endswith("Recycleries")
    said = client.get(reader).words("#subventions")
    for line in (
        "Ville de Grenoble, en numéraire, 2015 Aucune convention n’est signée.",
        "Grenoble-Alpes Métropole, en numéraire, 2014 Aucune convention n’est signée, le financeur n’a pas de SIRET.",
        "prêt, garantie ou fonds propres, 2014 Ce n’est pas une subvention",
    ):
        assert line in said
    client.get("/donnees/")
    assert stage.app.test_client().get(reader).status_code in (303, 404)


def test_one_convention_over_two_years_is_one_row_paid_in_parts(stage: Stage) -> None:
    action_id = adopted(stage, "=cmd" + "x" * 280)
    identify(stage, action_id)
    give(stage, action_id, 10_00)
    promise(stage, action_id, 2015, 5_05)
    with stage.acting() as world, clock.standing_at(clock.now() + timedelta(days=30)):
        actor = world.actor("representative", GRENOBLE)
        [convention] = [act for act in _acts(actor.partner_id) if act.kind == "convention"]
        [vote] = [act for act in _acts(actor.partner_id) if act.kind == "deliberation"]
        for step, act in (("inscribed", None), ("voted", vote.id), ("contracted", convention.id)):
            taken = steps.Taken(amount=5_05, taken_on=clock.today(), act_id=act)
            steps.take_step(actor, known(action_id), year=2015, step=step, taken=taken)
    [row] = rows(stage.client().http.get("/donnees/subventions.csv").data)
    assert (row["montant"], row["conditionsVersement"]) == ("15.05", "échelonné")
    assert row["datesPeriodeVersement"] == "2014-01-01/2015-12-31"
    assert len(row["objet"]) == 256
    with stage.acting() as world:
        owner, action = world.actor("representative", REGION), known(action_id)
        text = fields(title="Recycleries", project_owner_name="=Une autre")
        actions.publish_version(owner, action, revision=action.rev, summary="Autre porteur.", fields=text)
    with stage.app.app_context():
        assert "le porteur a changé" in str(opendata.subventions().rejected[0].why[0])
    with stage.acting() as world:
        beneficiaries.identify_beneficiary(world.actor("secretariat", REGION), known(action_id), rna=RNA, revision=1)
    [row] = rows(stage.client().http.get("/donnees/subventions.csv").data)
    assert row["nomBeneficiaire"] == "'=Une autre"


def taken(stage: Stage, action_id: str, *facts: tuple[str, Cents]) -> None:
    """Steps of the Ville de Grenoble on what it gives for 2014, weeks after it signed."""
    with stage.acting() as world, clock.standing_at(clock.now() + timedelta(days=40)):
        actor = world.actor("representative", GRENOBLE)
        for number, (step, cents) in enumerate(facts):
            said = {"reference": f"{step} {number}", "reason": "C’est ainsi.", "taken_on": clock.today()}
            steps.take_step(actor, known(action_id), step=step, year=2014, taken=steps.Taken(amount=cents, **said))


def published(stage: Stage) -> list[tuple[str, str]]:
    """The amount and the period of each row."""
    data = stage.app.test_client().get("/donnees/subventions.csv").data
    assert valid(data, "subventions-2.1.1.schema.json") == []
    return [(row["montant"], row["datesPeriodeVersement"]) for row in rows(data)]


def rejected(stage: Stage) -> list[str]:
    """Why the others are not."""
    with stage.app.app_context():
        return [str(why) for one in opendata.subventions().rejected for why in one.why]


def cancelled(stage: Stage, action_id: str, count: int) -> list[str]:
    """So many steps of the Ville de Grenoble taken back, the last first."""
    with stage.acting() as world:
        actor, said = world.actor("representative", GRENOBLE), {"year": 2014, "reason": "Saisi par erreur."}
        return [cancelling.cancel_step(actor, known(action_id), **said).undone for _number in range(count)]


def test_what_was_taken_back_as_a_mistake_is_not_published(stage: Stage) -> None:
    action_id, year = adopted(stage), "2014-01-01/2014-12-31"
    identify(stage, action_id)
    give(stage, action_id, 100_00)
    with clock.standing_at(datetime(2015, 2, 3, 9, tzinfo=UTC)):
        taken(stage, action_id, ("engaged", 100_00), ("paid", 30_00))
        assert [period for _cents, period in published(stage)] != [year], "the payment is of the next year"
        cancelled(stage, action_id, 1)
    assert published(stage) == [("100.00", year)]
    with stage.acting() as world, clock.standing_at(clock.now() + timedelta(days=90)):
        actor = world.actor("representative", GRENOBLE)
        act = record(actor, "D-wrong")
        told = steps.Taken(amount=100_00, taken_on=clock.today(), act_id=act)
        steps.take_step(actor, known(action_id), year=2014, step="voted", taken=told)
    assert [row["referenceDecision"] for row in rows(stage.client().http.get("/donnees/subventions.csv").data)] == [
        "D-wrong"
    ]
    assert cancelled(stage, action_id, 2) == ["voted", "engaged"]
    [row] = rows(stage.client().http.get("/donnees/subventions.csv").data)
    assert row["referenceDecision"] == "D-C-1"
    assert cancelled(stage, action_id, 1) == ["contracted"]
    assert published(stage) == []
    assert "aucune convention n’est signée" in rejected(stage)


def test_what_was_paid_stays_published_once_the_convention_ended(stage: Stage) -> None:
    action_id, year = adopted(stage), "2014-01-01/2014-12-31"
    give(stage, action_id, 100_00)
    identify(stage, action_id)
    taken(stage, action_id, ("engaged", 80_00), ("paid", 30_00))
    assert published(stage) == [("100.00", year)]
    taken(stage, action_id, ("released", 50_00), ("terminated", 0))
    assert (published(stage), rejected(stage)) == ([("30.00", year)], [])
    taken(stage, action_id, ("lapsed", 0), ("returned", 10_00))
    assert published(stage) == [("20.00", year)]
    taken(stage, action_id, ("returned", 20_00))
    assert published(stage) == []
    assert rejected(stage) == ["la convention est résiliée ou la contribution a pris fin, et rien n’en reste versé"]


def test_what_was_paid_stays_published_once_the_fiche_is_no_more(stage: Stage) -> None:
    paid, unpaid = adopted(stage), adopted(stage, "Épiceries")
    for number, action_id in (("C-1", paid), ("C-2", unpaid)):
        give(stage, action_id, 100_00, number=number)
    identify(stage, paid, unpaid)
    taken(stage, paid, ("engaged", 80_00), ("paid", 30_00), ("settled", 0))
    taken(stage, unpaid, ("lapsed", 0))
    with stage.acting() as world:
        office, kept = world.actor("secretariat", REGION), share(world.actor("representative", REGION), title="Autre")
        for action_id in (paid, unpaid):
            structure.merge_action(office, known(action_id), other_id=kept.id, reason="Doublon.")
    assert published(stage) == [("30.00", "2014-01-01/2014-12-31")]
    assert rejected(stage) == ["la fiche a été retirée ou fusionnée, et rien n’en reste versé"]


def _acts(partner_id: str | None) -> list[Any]:
    return list(proofs.own_acts(partner_id, ("deliberation", "convention")))


def test_deliberations_are_published_once_their_partner_published_them(stage: Stage) -> None:
    votes = acts.Votes(voters=59, votes_for=40, votes_against=10, abstentions=5)
    with stage.acting() as world:
        office, actor = world.actor("secretariat", REGION), world.actor("representative", GRENOBLE)
        record(actor, "D-1", votes=votes)
        record(actor, "D-2", days={})
        record(actor, "C-1", "convention")
        acts.withdraw_act(actor, next(a for a in _acts(actor.partner_id) if a.number == "D-1"), reason="Erreur.")
        record(actor, "D-3", votes=votes)
        partners.complete_partner(office, partner_by_key(GRENOBLE), siret=GRENOBLE_SIRET)
    data = stage.app.test_client().get("/donnees/deliberations.csv").data
    assert valid(data, "deliberations-2.1.5.schema.json") == []
    [row] = rows(data)
    assert tuple(row) == opendata.DELIBERATIONS
    assert (row["COLL_NOM"], row["COLL_SIRET"], row["DELIB_ID"]) == ("Ville de Grenoble", GRENOBLE_SIRET, "D-3")
    assert (row["DELIB_DATE"], row["PREF_DATE"]) == ("2014-06-02", "2014-06-02")
    assert [row[name] for name in opendata.DELIBERATIONS[11:16]] == ["59", "55", "40", "10", "5"]
    said = stage.client().get("/donnees/subventions/rejets").words("#deliberations")
    assert "D-1, Ville de Grenoble L’acte a été retiré." in said
    assert "D-2, Ville de Grenoble La date de sa publication n’est pas indiquée." in said


def test_votes_are_published_whole_or_not_at_all(stage: Stage) -> None:
    counted = {"votes_for": 40, "votes_against": 10, "abstentions": 5}
    with stage.acting() as world:
        office, actor = world.actor("secretariat", REGION), world.actor("representative", GRENOBLE)
        partners.complete_partner(office, partner_by_key(GRENOBLE), siret=GRENOBLE_SIRET)
        record(actor, "D-1", votes=acts.Votes(**counted))
        record(actor, "D-2", votes=acts.Votes(voters=59, votes_for=40))
        record(actor, "D-3", votes=acts.Votes(voters=59, **counted))
    data = stage.app.test_client().get("/donnees/deliberations.csv").data
    votes = {row["DELIB_ID"]: [row[name] for name in opendata.DELIBERATIONS[11:16]] for row in rows(data)}
    # 59 may vote, 55 did: the format has both, or none of the five
    assert votes == {"D-1": [""] * 5, "D-2": [""] * 5, "D-3": ["59", "55", "40", "10", "5"]}
    form = stage.client().get("/actes/nouveau")
    assert form.select_one("label[for=voters]").get_text(strip=True).startswith("Effectif des votants")
    assert "absents compris" in form.words("main")


def test_an_act_that_opens_credits_alone_is_a_decision_on_the_budget(stage: Stage) -> None:
    action_id = adopted(stage)
    identify(stage, action_id)
    promise(stage, action_id, 2014, 100_00)
    with stage.acting() as world, clock.standing_at(clock.now() + timedelta(days=20)):
        actor = world.actor("representative", GRENOBLE)
        made = {number: record(actor, number) for number in ("BP", "DM", "D-1", "D-2", "ENV")}
        for step, number in (("inscribed", None), ("credited", "BP"), ("credited", "D-2"), ("voted", "D-2")):
            act = made[number] if number else None
            taken = steps.Taken(amount=100_00, taken_on=clock.today(), act_id=act)
            steps.take_step(actor, known(action_id), year=2014, step=step, taken=taken)
        taken = steps.Taken(amount=90_00, taken_on=clock.today(), act_id=made["D-1"])
        steps.take_step(actor, known(action_id), year=2014, step="voted", taken=taken)
        of_year = envelope(actor, 2014)
        funding.declare_envelope(actor, of_year, amount=500_00, hard=False, reason="Budget.", act_id=made["ENV"])
    data = stage.app.test_client().get("/donnees/deliberations.csv").data
    assert valid(data, "deliberations-2.1.5.schema.json") == []
    matters = {row["DELIB_ID"]: (row["DELIB_MATIERE_CODE"], row["DELIB_MATIERE_NOM"]) for row in rows(data)}
    budget, grants = ("7.1", "finances locales/décisions budgétaires"), ("7.5", "finances locales/subventions")
    assert matters == {"BP": budget, "ENV": budget, **dict.fromkeys(("D-1", "D-2", "DM"), grants)}


def test_the_validator_sees_what_is_wrong(stage: Stage) -> None:
    line = dict.fromkeys(opendata.SUBVENTIONS, "") | {"idAttribuant": "213", "montant": "12,5"}
    made = io.StringIO()
    writer = csv.DictWriter(made, opendata.SUBVENTIONS)
    writer.writeheader()
    writer.writerow(line | {"datesPeriodeVersement": "2014-01-01_2014-12-31"})
    wrong = {field for _row, field, _kind in valid(made.getvalue().encode(), "subventions-2.1.1.schema.json")}
    assert {"idAttribuant", "montant", "datesPeriodeVersement", "nomAttribuant"} <= wrong


@pytest.fixture
def _production() -> Iterator[None]:
    """From then on, what is fictional is refused."""
    yield
    numbers.accept_fictional(True)


@pytest.mark.template("demo")
@pytest.mark.today("2015-06-30")
@pytest.mark.usefixtures("_production")
def test_the_demonstration_says_that_it_is_fictional_and_production_publishes_none(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "current_application", lambda: app)
    for name, schema in (("subventions", "2.1.1"), ("deliberations", "2.1.5")):
        file = tmp_path / f"{name}.csv"
        done = CliRunner().invoke(cli.main, ["opendata", name, "-o", str(file)], standalone_mode=False)
        assert done.exit_code == 0, done.output
        data = file.read_bytes()
        assert valid(data, f"{name}-{schema}.schema.json") == []
        found = rows(data)
        assert len(found) >= 15
        assert f"{len(found)} lignes écrites" in done.stdout
        assert all("fictive" in row.get("objet", row.get("DELIB_OBJET", "")) for row in found)
        sirets = [
            row[column]
            for row in found
            for column in ("idAttribuant", "idBeneficiaire", "COLL_SIRET")
            if row.get(column)
        ]
        assert all(numbers.is_siret(siret) and numbers.is_fictional(siret) for siret in sirets if siret)
        if name == "subventions":
            assert any(row["rnaBeneficiaire"] for row in found)
            assert all("fictive" in row["dispositifAide"] for row in found)
            assert "non publié : 1.A.01, Région Rhône-Alpes, en numéraire, 2016 : aucune convention" in done.stderr
    numbers.accept_fictional(False)
    with app.app_context():
        for file_ in opendata.FILES.values():
            assert file_().rows == []
        assert any("fictif" in str(why) for one in opendata.subventions().rejected for why in one.why)


def test_the_cost_of_the_files_does_not_depend_on_what_they_hold(stage: Stage) -> None:
    action_id = adopted(stage)
    urls = ("/donnees/subventions.csv", "/donnees/deliberations.csv", "/donnees/subventions/rejets")
    client = stage.client()
    promise(stage, action_id, 2014, 7_00, METRO)
    before = [stage.cost(client, url) for url in urls]
    give(stage, action_id, 10_00)
    identify(stage, action_id)
    promise(stage, action_id, 2015, 7_00, ISERE)
    assert [stage.cost(client, url) for url in urls] == before
    assert max(before) <= 10
