"""Every POST route takes a form's effect once: its view runs once for a key, however often and at once it is sent."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any, cast

import pytest
from flask import Flask, Response
from lxml import html
from werkzeug.routing import Rule

from cocon.actions import drafts
from cocon.audit import checkpoints
from cocon.audit.models import LogEntry
from cocon.imports.models import ImportSheet
from cocon.kernel.db import begin_write, db
from cocon.policy import GRANTS, Permission
from cocon.web import access
from tests.files.making import PDF
from tests.funding.test_steps import record
from tests.web.making import GRENOBLE, REGION, Stage

pytestmark = pytest.mark.template("reference")

TIMES = 10
#: Views that the guard does not make wait for the write lock, and why one form sent twice does no harm.
UNHURRIED = {
    "signin.sign_in_post": "takes the key itself, with the count of the attempt: see tests/signin/test_sign_in.py",
    "audit.verify_post": "reads; nothing is written",
    "audit.export_post": "reads; signs the head of the log, of which there is one note whoever asks",
    "imports.upload_post": "takes the key itself, once the file is read",
    "files.attach": "takes the key itself, once the file is examined",
    "funding.act_file_post": "takes the key itself, once the PDF is examined",
    "funding.report_file_post": "takes the key itself, once the PDF is examined",
    "imports.steps_post": "takes the key itself, once the file is read",
}
PLACES = {"representative": GRENOBLE, "secretariat": REGION, "auditor": None}
VALUES = {
    "section": "contexte",
    "year": 2014,
    "activity": "proposing",
    "act": "deplacer",
    "key": "cg-isere",
    "token": "x",
}

Runs = dict[str, int]


@pytest.fixture
def runs(stage: Stage) -> Runs:
    """How often each POST view ran; each is replaced by one that counts, commits and answers like a page."""
    ran: Runs = {}
    lock, views = Lock(), views_of(stage.app)
    for endpoint in {rule.endpoint for rule in posts(stage.app)} - set(UNHURRIED):
        views[endpoint] = counting(views[endpoint], endpoint, ran, lock)
    return ran


def counting(view: Callable[..., object], endpoint: str, ran: Runs, lock: Lock) -> Callable[..., object]:
    """A view with the same marks, whose only effect is to have run."""

    def stub(**_values: object) -> Response:
        begin_write()
        with lock:
            ran[endpoint] = ran.get(endpoint, 0) + 1
            number = ran[endpoint]
        db.session.commit()
        return Response(f"{endpoint} {number}")

    stub.__dict__.update(view.__dict__)
    return stub


def views_of(app: Flask) -> dict[str, Any]:
    return cast(dict[str, Any], app.view_functions)


def posts(app: Flask) -> Iterator[Rule]:
    """Every rule that takes a POST."""
    return (rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()))


def address(app: Flask, rule: Rule) -> str:
    values = {name: VALUES.get(name, uuid.uuid4()) for name in rule.arguments}
    with app.test_request_context():
        built = rule.build(values)
    assert built is not None
    return built[1]


def cookies(stage: Stage) -> dict[str, str]:
    with stage.app.app_context():
        return {role: stage.world.token(stage.world.actor(role, where)) for role, where in PLACES.items()}


def who(stage: Stage, rule: Rule) -> str:
    """A role that is let in."""
    need = views_of(stage.app)[rule.endpoint].need
    if not isinstance(need, Permission):
        return "representative"
    return next(role for role in PLACES for grant in GRANTS[need] if role in grant.roles)


def at_once(stage: Stage, cookie: str, path: str, form: dict[str, object]) -> list[tuple[int, str]]:
    """The answers to one form, sent ten times at the same moment."""
    start = Barrier(TIMES)

    def send(_number: int) -> tuple[int, str]:
        browser = stage.app.test_client()
        browser.set_cookie("session", cookie)
        start.wait()
        with browser.post(path, data={k: v() if callable(v) else v for k, v in form.items()}) as answer:
            return answer.status_code, answer.get_data().decode(errors="replace")

    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(send, range(TIMES)))


def keyed(stage: Stage, cookie: str) -> dict[str, object]:
    with stage.app.test_request_context():
        return {"csrf_token": access._csrf(cookie), "idempotency_key": uuid.uuid4().hex}


def judge(stage: Stage, runs: Runs, cookie: str, rule: Rule) -> list[str]:
    """What is wrong with a route when its form comes ten times at once, and then once more."""
    path, form = address(stage.app, rule), keyed(stage, cookie)
    answers = {*at_once(stage, cookie, path, form), *at_once(stage, cookie, path, form)[:1]}
    if answers == {(200, f"{rule.endpoint} 1")} and runs[rule.endpoint] == 1:
        return []
    return [f"{rule.rule}: ran {runs.get(rule.endpoint)} times, {answers}"]


def test_ten_times_at_once_and_once_more(stage: Stage, runs: Runs) -> None:
    worn = cookies(stage)
    guarded = [rule for rule in posts(stage.app) if rule.endpoint not in UNHURRIED]
    wrong = [line for rule in guarded for line in judge(stage, runs, worn[who(stage, rule)], rule)]
    assert len(guarded) > 40
    assert not wrong, "\n".join(wrong)


def test_a_guard_that_takes_no_key_is_caught(stage: Stage, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(access, "claim", lambda: None)
    rule = next(rule for rule in posts(stage.app) if rule.endpoint == "contracts.objectives_post")
    assert "ran 20 times" in judge(stage, runs, cookies(stage)["secretariat"], rule)[0]


def test_the_guard_leaves_no_other_view_alone(app: Flask) -> None:
    views = {rule.endpoint: app.view_functions[rule.endpoint] for rule in posts(app)}
    assert {name for name, view in views.items() if getattr(view, "unhurried", False)} == set(UNHURRIED)


def test_one_spreadsheet_sent_ten_times_at_once(stage: Stage) -> None:
    cookie = cookies(stage)["representative"]
    form = {**keyed(stage, cookie), "file": lambda: (io.BytesIO(b"Titre\nRecycleries\n"), "fiches.csv")}
    answers = set(at_once(stage, cookie, "/actions/importer", form))
    assert {status for status, _text in answers} == {303}
    with stage.app.app_context():
        assert db.session.query(ImportSheet).count() == 1


def test_one_spreadsheet_of_payments_sent_ten_times_at_once(stage: Stage) -> None:
    cookie = cookies(stage)["representative"]
    line = "Fiche;Exercice;Montant;Date;Référence\n1.01;2014;1,00;02/06/2014;M1\n".encode()
    form = {**keyed(stage, cookie), "kind": "payments", "file": lambda: (io.BytesIO(line), "mandats.csv")}
    answers = set(at_once(stage, cookie, "/financement/importer", form))
    assert {status for status, _text in answers} == {303}
    with stage.app.app_context():
        assert db.session.query(ImportSheet).count() == 1


def test_one_pdf_of_an_act_joined_ten_times_at_once(stage: Stage) -> None:
    cookie = cookies(stage)["representative"]
    with stage.app.app_context():
        act = record(stage.world.actor("representative", GRENOBLE), "2014-12")
        before = entries()
    pdf: dict[str, object] = {"file": sent, "version": "0"}
    answers = set(at_once(stage, cookie, f"/actes/{act}/fichier", {**keyed(stage, cookie), **pdf}))
    assert {status for status, _text in answers} == {303}
    assert len(answers) == 1
    with stage.app.app_context():
        assert entries() == before + 1


def test_one_file_attached_ten_times_at_once(stage: Stage) -> None:
    cookie = cookies(stage)["representative"]
    with stage.app.app_context():
        fiche = stage.world.action(stage.world.actor("representative", GRENOBLE)).id
        before = entries()
    form = {**keyed(stage, cookie), "title": "Une pièce", "visibility": "partners", "file": sent}
    answers = set(at_once(stage, cookie, f"/actions/{fiche}/pieces", form))
    assert {status for status, _text in answers} == {303}
    assert len(answers) == 1
    with stage.app.app_context():
        assert entries() == before + 1


#: Acts of several families: who does them, on which page, what they type.
ACTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "sharing": ("representative", "/actions/{draft}/partager", {}),
    "suggesting": (
        "representative",
        "/actions/{fiche}/suggestions/nouvelle?champ=content",
        {"proposed": "Autre.", "reason": "Plus clair."},
    ),
    "consulting": ("secretariat", "/actions/{fiche}/decisions/ouvrir", {"deadline": "31/03/2014"}),
    "declaring": ("representative", "/enveloppes", {"amount": "900"}),
    "withdrawing": ("representative", "/actions/{fiche}/retirer", {"reason": "Sans objet."}),
}
WHOLE = {"axis": "1", "owner": GRENOBLE, "context": "Un besoin.", "objectives": "Un but.", "content": "Une opération"}


@pytest.mark.parametrize("act", ACTS)
def test_one_act_sent_ten_times_at_once(stage: Stage, act: str) -> None:
    """The real form of the page, and what the log says of it: one entry, one answer."""
    role, page, typed = ACTS[act]
    with stage.app.app_context():
        mine = stage.world.actor("representative", GRENOBLE)
        made = {"draft": drafts.start(mine, {"title": "Épiceries", **WHOLE, "cost_2015": "1000"}).id}
        made["fiche"] = stage.world.action(mine).id
    cookie, path = cookies(stage)[role], page.format(**made)
    with stage.app.app_context():
        before = entries()
    answers = at_once(stage, cookie, *form_on(stage, cookie, path, typed))
    assert {status for status, _text in answers} == {303}
    assert len(set(answers)) == 1
    with stage.app.app_context():
        assert entries() == before + 1


def form_on(stage: Stage, cookie: str, path: str, typed: dict[str, str]) -> tuple[str, dict[str, object]]:
    """Where the first form of a page is sent, and what it holds once filled in."""
    browser = stage.app.test_client()
    browser.set_cookie("session", cookie)
    form = html.document_fromstring(browser.get(path).text).xpath("//main//form[@method='post']")[0]
    return str(form.get("action")), {**dict(form.form_values()), **typed}


@pytest.mark.parametrize("path", ["/audit/verifier", "/audit/exporter"])
def test_reading_the_log_ten_times_at_once_adds_nothing_to_it(stage: Stage, path: str) -> None:
    cookie = cookies(stage)["auditor"]
    with stage.app.app_context():
        checkpoints.sign()
        before = stage.digest()
    assert {status for status, _text in at_once(stage, cookie, path, keyed(stage, cookie))} == {200}
    assert stage.digest() == before


def sent() -> tuple[object, str]:
    """The file, as each request reads it for itself."""
    return io.BytesIO(PDF), "piece.pdf"


def entries() -> int:
    return db.session.query(LogEntry).count()
