"""Votes and payments from a spreadsheet: every fault by line and column, all or nothing, once."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions.models import Action
from cocon.audit import operation
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.funding import acts, conditions
from cocon.funding.models import Act, Condition, Step, Tranche
from cocon.imports import ledger, models_to_fill, operations, reading, refusals, sheets
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.structure.operations import merge_action
from tests.actions.making import GRENOBLE, ISERE, REGION, known
from tests.decisions.making import together
from tests.dossier.making import Stage
from tests.funding.making import announce
from tests.funding.test_steps import adopted, record, take
from tests.imports.making import xlsx
from tests.imports.test_reading import HOSTILE
from tests.support.client import Answer, Client

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-10")]
HOME = "/financement/importer"
PAYMENTS = ["Fiche", "Exercice", "Nature", "Montant", "Date de paiement", "Mandat"]
VOTES = ["Fiche", "Exercice", "Nature", "Montant voté", "Délibération"]


@pytest.fixture
def stage(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The installed contract; checkpoints are left to the worker."""
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])
    return Stage.installed(app)


def engaged(stage: Stage, *amounts: int) -> list[str]:
    """The codes of fiches on which the Ville de Grenoble engaged these amounts on 2 June 2014."""
    codes, day = [], date(2014, 6, 2)
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        vote = record(actor, "14.06.001", adopted_on=day, days=dict.fromkeys(acts.FOLLOWING, day))
        for cents in amounts:
            action = adopted(world)
            announce(actor, action, cents)
            for step, act in (("inscribed", None), ("voted", vote), ("engaged", None)):
                on = clock.today() if step == "inscribed" else day
                take(actor, known(action.id), step, cents, act_id=act, taken_on=on)
            codes.append(action.code)
    return codes


def sheet(*rows: list[str], head: list[str] = PAYMENTS) -> bytes:
    """A spreadsheet."""
    return xlsx([head, *rows])


def paid(stage: Stage) -> list[int]:
    """What was paid on each tranche, and how many steps there are."""
    with stage.app.app_context():
        rows = db.session.scalars(select(Tranche.paid).order_by(Tranche.id)).all()
        return [*rows, db.session.scalar(select(func.count()).select_from(Step)) or 0]


def checked(client: Client, data: bytes, kind: str = "payments") -> Answer:
    """Send a file and accept the guess: the check page."""
    client.get(HOME)
    sent = client.post(HOME, {"kind": kind, "file": (io.BytesIO(data), "mandats.xlsx")})
    columns = client.follow(sent)
    return client.follow(client.submit(columns.url))


def faults(page: Answer) -> list[str]:
    """Where each fault is."""
    return [" ".join(one.get_text(" ").split())[:10] for one in page.select("#a-corriger tbody tr")]


def test_every_payment_of_a_file_is_recorded_in_one_act(stage: Stage) -> None:
    first, second = engaged(stage, 100_00, 50_00)
    client, before = stage.client(), paid(stage)[-1]
    page = checked(
        client,
        sheet(
            [first, "2014", "fonctionnement", "40,00", "05/06/2014", "M1"],
            [second.lower(), "2014", "", "50", "2014-06-06", "M1"],
            [first, "2014", "F", "60,00 €", "06/06/2014", "M2"],
        ),
    )
    assert not page.select("#a-corriger")
    assert "150,00" in page.words("#lignes")
    done = client.follow(client.submit(page.url))
    assert "3 lignes sont enregistrées, pour 150,00" in done.words().replace("\u00a0", " ")
    assert paid(stage) == [100_00, 50_00, before + 3]
    with stage.app.app_context():
        kinds = db.session.scalars(select(LogEntry.kind).order_by(LogEntry.seq.desc()).limit(4)).all()
        assert kinds == ["imports.steps-recorded", *["funding.tranche-paid"] * 3]
        assert verify().ok
    again = client.post(page.url, {}, status=409)
    assert "déjà enregistrées" in again.words()
    assert paid(stage)[-1] == before + 3


def test_every_fault_is_told_and_nothing_is_recorded(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    client, before = stage.client(), paid(stage)
    page = checked(
        client,
        sheet(
            [code, "2014", "", "60,00", "05/06/2014", "M1"],
            ["9.99", "2014", "", "1,00", "05/06/2014", "M2"],
            [code, "2013", "x", "douze", "31/02/2014", ""],
            [code, "2014", "", "50,00", "05/06/2014", "M3"],
            [code, "2014", "", "1,00", "05/06/2014", " m 1 "],
            [code, "2015", "", "1,00", "05/06/2014", "M4"],
            [code, "2014", "", "-1,00", "11/06/2014", "M" * 61],
        ),
    )
    places = ("3 A", "4 B", "4 C", "4 D", "4 E", "4 F", "5 D", "6 F", "7 B", "8 D", "8 E", "8 F")
    assert faults(page) == [f"Ligne {place}," for place in places]
    assert "40,00" in page.words("#a-corriger")
    refused = client.post(page.url, {"version": "2"}, status=409)
    assert "Il reste 12 points à corriger" in refused.words()
    assert paid(stage) == before


def test_votes_rest_on_acts_recorded_before(stage: Stage) -> None:
    with stage.acting() as world:
        actor, action = world.actor("representative", GRENOBLE), adopted(world)
        code = action.code
        announce(actor, action, 100_00)
        take(actor, known(action.id), "inscribed", 100_00)
        record(actor, "14.06.002")
        record(actor, "14.06.003")
        record(actor, "14.06.003", "order")
        record(world.actor("representative", ISERE), "14.06.009")
    client = stage.client()
    rows = [[code, "2014", "", "80,00", number] for number in ("14.06.001", "14.06.003", "14.06.009")]
    over = [code, "2014", "", "100,01", "14.06.002"]
    page = checked(client, sheet(*rows, over, head=VOTES), "votes")
    assert faults(page) == ["Ligne 2 E,", "Ligne 3 E,", "Ligne 4 E,", "Ligne 5 D,"]
    page = checked(client, sheet([code, "2014", "", "80,00", "14.06.002"], head=VOTES), "votes")
    client.follow(client.submit(page.url))
    with stage.app.app_context():
        assert db.session.scalars(select(Tranche.voted)).one() == 80_00
        step = db.session.scalars(select(Step).where(Step.kind == "voted")).one()
        assert step.taken_on == clock.today()


def test_a_vote_is_told_once_in_a_file_and_never_of_a_fiche_that_is_no_more(stage: Stage) -> None:
    with stage.acting() as world:
        actor, action, gone = world.actor("representative", GRENOBLE), adopted(world), adopted(world)
        for one in (action, gone):
            announce(actor, one, 100_00)
            take(actor, known(one.id), "inscribed", 100_00)
        record(actor, "14.06.002")
        office = world.actor("secretariat", REGION)
        merge_action(office, known(gone.id), other_id=action.id, reason="Doublon.")
    rows = [[code, "2014", "", "30,00", "14.06.002"] for code in (action.code, action.code, gone.code)]
    page = checked(stage.client(), sheet(*rows, head=VOTES), "votes")
    assert faults(page) == ["Ligne 3 D,", "Ligne 4 A,"]
    assert "une seule ligne avec le total" in page.words("#a-corriger")
    assert "retirée ou fusionnée" in page.words("#a-corriger")


def test_days_and_references_are_those_of_a_form(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    rows = [
        [code, "2014", "", "1,00", "15/11/1014", "M1"],
        [code, "2014", "", "1,00", "05/06/2014", "M\u202e2"],
        [code, "2014", "", "1,00", "05/06/2014", "Mandat n\u00b0\u00a03"],
        [code, "2014", "", "1,00", "05/06/2014 10:30", "M4"],
        [code, "2014", "", "1,00", "2014-06-05T10:30:15", "M5"],
        [code, "2014", "", "1,00", "05/06/2014 matin", "M6"],
        [code, "2015", "", "1,00", "05/06/2014", "M7"],
    ]
    page = checked(stage.client(), sheet(*rows))
    assert faults(page) == ["Ligne 2 E,", "Ligne 3 F,", "Ligne 7 E,", "Ligne 8 B,"]


def test_no_payment_of_a_file_comes_before_its_engagement_or_before_what_suspended_it_was_lifted(
    stage: Stage,
) -> None:
    first, second = engaged(stage, 100_00, 50_00)
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        with clock.standing_at(clock.now() - timedelta(days=7)):
            conditions.set_condition(actor, _fiche(second), form="cash", kind="suspensive", text="Bilan reçu.")
        row = db.session.scalars(select(Condition)).one()
        told = {"condition_id": row.id, "lifted_on": date(2014, 6, 6), "reason": "Reçu."}
        conditions.lift_condition(actor, _fiche(second), **told)
    lines = [
        [first, "2014", "", "1,00", "01/06/2014", "M1"],
        [first, "2014", "", "1,00", "02/06/2014", "M2"],
        [second, "2014", "", "1,00", "05/06/2014", "M3"],
        [second, "2014", "", "1,00", "06/06/2014", "M4"],
    ]
    client, before = stage.client(), paid(stage)
    page = checked(client, sheet(*lines))
    assert faults(page) == ["Ligne 2 E,", "Ligne 4 E,"]
    assert "n’est engagée que depuis le 02/06/2014" in page.words("#a-corriger")
    assert "n’a été levée que le 06/06/2014" in page.words("#a-corriger")
    assert paid(stage) == before
    client.follow(client.submit(checked(client, sheet(lines[1], lines[3])).url))
    assert paid(stage)[:2] == [1_00, 1_00]


def test_the_payments_of_a_file_add_up_to_what_is_engaged_each_day(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    with stage.acting() as world:
        actor, action = world.actor("representative", GRENOBLE), _fiche(code)
        take(actor, action, "released", 70_00)
        take(actor, known(action.id), "engaged", 90_00)
    lines = [
        [code, "2014", "", "60,00", "10/06/2014", "M1"],
        [code, "2014", "", "20,00", "03/06/2014", "M2"],
        [code, "2014", "", "10,00", "09/06/2014", "M3"],
    ]
    client = stage.client()
    late = [code, "2014", "", "0,01", "02/06/2014", "M4"]
    page = checked(client, sheet(*lines[1:], late, lines[0]))
    assert faults(page) == ["Ligne 4 E,"]
    assert "30,01" in page.words("#a-corriger")
    assert "engagé que depuis le 10/06/2014" in page.words("#a-corriger")
    client.follow(client.submit(checked(client, sheet(*lines)).url))
    assert paid(stage)[0] == 90_00


def test_no_line_pays_under_a_convention_that_ended(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    with stage.acting() as world:
        actor, action = world.actor("representative", GRENOBLE), _fiche(code)
        take(actor, action, "contracted", 100_00, act_id=record(actor, "C1", "convention"))
        take(actor, known(action.id), "engaged", 60_00)
        take(actor, known(action.id), "paid", 60_00)
        take(actor, known(action.id), "terminated")
        take(actor, known(action.id), "returned", 20_00)
    page = checked(stage.client(), sheet([code, "2014", "", "20,00", "10/06/2014", "M1"]))
    assert faults(page) == ["Ligne 2 A,"]
    assert "La convention est résiliée" in page.words("#a-corriger")


def test_a_vote_of_a_file_replaces_the_one_that_was_shown(stage: Stage) -> None:
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        codes = []
        for number in ("14.06.002", "14.06.003"):
            action = adopted(world)
            announce(actor, action, 100_00)
            take(actor, known(action.id), "inscribed", 100_00)
            record(actor, number)
            codes.append(action.code)
        take(actor, _fiche(codes[1]), "voted", 30_00, act_id=_act("14.06.002"))
    client = stage.client()
    rows = [[code, "2014", "", "80,00", "14.06.003"] for code in codes]
    page = checked(client, sheet(*rows, head=VOTES), "votes")
    shown = [" ".join(one.get_text(" ").split()) for one in page.select("#lignes td[data-label='Vote remplacé']")]
    assert shown == ["aucun", "30,00 acte n° 14.06.002"]
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        take(actor, _fiche(codes[1]), "voted", 40_00, act_id=_act("14.06.003"))
    late = client.submit(page.url, status=409)
    changed = "Ligne 3 : Depuis votre vérification, le vote de cette contribution est devenu celui de 40,00"
    assert changed in late.words()
    assert "40,00 acte n° 14.06.003" in late.words("#lignes")
    with stage.app.app_context():
        assert sorted(db.session.scalars(select(Tranche.voted))) == [0, 40_00]
    for seen in ("", "0", "0,x", "0,2"):
        client.submit(page.url, {"seen": seen}, status=409)
    client.follow(client.submit(page.url))
    with stage.app.app_context():
        assert sorted(db.session.scalars(select(Tranche.voted))) == [80_00, 80_00]
        assert verify().ok


def _act(number: str) -> str:
    return db.session.scalars(select(Act.id).where(Act.number == number)).one()


def test_a_condition_holds_imported_payments_too(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    client = stage.client()
    data = sheet([code, "2014", "", "60,00", "05/06/2014", "M1"])
    page = checked(client, data)
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        conditions.set_condition(actor, _fiche(code), form="cash", kind="suspensive", text="Bilan reçu.")
    refused = client.submit(page.url, status=409)
    assert "Une condition suspensive de cette contribution n’est pas levée" in refused.words("#a-corriger")
    assert paid(stage)[0] == 0
    with stage.acting() as world:
        row = db.session.scalars(select(Condition)).one()
        told = {"condition_id": row.id, "lifted_on": clock.today(), "reason": "Reçu."}
        conditions.lift_condition(world.actor("representative", GRENOBLE), _fiche(code), **told)
    client.follow(client.submit(checked(client, data).url))
    assert paid(stage)[0] == 60_00


def _fiche(code: str) -> Any:

    return known(db.session.scalars(select(Action.id).where(Action.code == code)).one())


def kept(actor: Actor, code: str, *rows: tuple[str, str]) -> str:
    """A file of payments that the actor sent: amount and reference."""
    text = "\n".join(f"{code};2014;{amount};05/06/2014;{reference}" for amount, reference in rows)
    table = reading.read(f"Fiche;Exercice;Montant;Date;Référence\n{text}\n".encode())
    return sheets.keep(actor, b"", "m.csv", table, ledger.guess(table.headers, "payments"), "payments").id


def post(actor: Actor, sheet_id: str) -> Callable[[], Any]:
    """Record what it holds."""

    def act() -> Any:
        found = sheets.find(actor, sheet_id, *sheets.MONEY)
        assert found is not None
        rows = [(int(number), list(cells)) for number, cells in found.cells["rows"]]
        judged = ledger.judge(rows, found.mapping, found.kind, ledger.books(actor))
        lines = [one.posted for one in judged if one.posted]
        return operations.record_steps(actor, found, lines=lines, revision=found.revision)

    return act


def test_two_imports_at_once_pay_once(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        twice = kept(actor, code, ("10", "M0"), ("20", "M1"))
        told = together(stage.app, post(actor, twice), post(actor, twice))
        assert sorted(type(one).__name__ for one in told) == ["AlreadyRecorded", "StepsRecorded"]
        sheets_of = [kept(actor, code, ("30", name), ("5", "M9")) for name in ("M2", "M3")]
        told = together(stage.app, *(post(actor, one) for one in sheets_of))
        names = sorted(type(one).__name__ for one in told)
        assert names in (["LineRefused", "StepsRecorded"], ["NothingToImport", "StepsRecorded"])
        assert verify().ok
    assert paid(stage)[0] == 65_00


def test_a_line_refused_late_takes_the_others_back(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        found = sheets.find(actor, kept(actor, code, ("30", "M1"), ("50", "M2")), *sheets.MONEY)
        assert found is not None
        rows = [(int(number), list(cells)) for number, cells in found.cells["rows"]]
        judged = ledger.judge(rows, found.mapping, found.kind, ledger.books(actor))
        lines = [one.posted for one in judged if one.posted]
        take(actor, _fiche(code), "released", 30_00)
        with pytest.raises(refusals.LineRefused, match="Ligne 3"):
            operations.record_steps(actor, found, lines=lines, revision=found.revision)
        with pytest.raises(Outdated):
            operations.record_steps(actor, found, lines=lines[:1], revision=9)
        for other in (world.actor("representative", ISERE), world.actor("contributor", GRENOBLE)):
            with pytest.raises(Forbidden):
                operations.record_steps(other, found, lines=lines[:1], revision=found.revision)
    assert paid(stage)[0] == 0


def test_the_model_can_be_sent_back(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    client = stage.client()
    for kind, what in (("votes", "votes"), ("payments", "versements")):
        for form in ("xlsx", "ods"):
            answer = client.http.get(f"{HOME}/modele-{what}.{form}")
            assert answer.mimetype == models_to_fill.MIMES[form]
            table = reading.read(answer.data)
            assert set(ledger.guess(table.headers, kind).values()) == set(ledger.FIELDS[kind])
            page = checked(client, answer.data, kind)
            assert "que la ligne d’exemple" in page.words("#lignes")
    assert code


def test_what_is_no_spreadsheet_is_refused(stage: Stage) -> None:
    client = stage.client()
    client.get(HOME)
    for data, *_why in list(HOSTILE.values())[:6]:
        answer = client.post(HOME, {"kind": "votes", "file": (io.BytesIO(data), "x.xlsx")}, status=422)
        assert answer.words("#file-error")
    answer = client.post(HOME, {"kind": "wishes", "file": (io.BytesIO(sheet()), "x.xlsx")}, status=422)
    assert "Dites ce que contient le fichier." in answer.words()
    assert client.post(HOME, {"kind": "votes"}, status=422).words("#file-error")
    page = client.follow(client.post(HOME, {"kind": "votes", "file": (io.BytesIO(sheet(["1", "2"])), "x.xlsx")}))
    refused = client.post(page.url, {"version": "1", "colonne-0": "code"}, status=409)
    assert "Dites quelle colonne contient « Exercice »." in refused.words()


def test_a_file_is_its_authors(stage: Stage) -> None:
    (code,) = engaged(stage, 100_00)
    page = checked(stage.client(), sheet([code, "2014", "", "1", "05/06/2014", "M1"]))
    for role, partner in (("deputy", GRENOBLE), ("representative", ISERE)):
        assert stage.client(role, partner).http.get(page.url).status_code == 404
    assert stage.client("contributor").http.get(HOME).status_code == 404
    fiches = page.url.replace(HOME, "/actions/importer")
    assert stage.client().http.get(fiches).status_code == 404
