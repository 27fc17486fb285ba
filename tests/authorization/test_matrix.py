"""Every rule × method × person × state × page or part, against the oracle; secrets are searched in every body."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from cocon.dossier import pdf
from cocon.kernel.db import db
from cocon.policy import Permission
from cocon.signin import accounts
from cocon.web import access
from cocon.web.access import needs
from tests.authorization import oracle, stage
from tests.authorization.stage import Stage

pytestmark = [pytest.mark.template("schema"), pytest.mark.today("2014-06-02")]

VALUES = {
    "number": 1,
    "what": "votes",
    "section": "contexte",
    "year": 2014,
    "activity": "proposing",
    "act": "deplacer",
    "form": "xlsx",
    "etape": "inscription",
    "code": "1.01",
    "key": "collectivite-13",
}
#: What belongs to an organisation is asked of that of the fiches.
OWN_VALUES = {"/partenaires/<key>/validation": {"key": stage.OWN}}
NOTHING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def _plain_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF takes half a second to lay out: here, what it would say is enough."""
    monkeypatch.setattr(pdf, "render", lambda sheet: repr(sheet).encode())
    monkeypatch.setattr(pdf, "lay_out", lambda text: text.encode())


EVERY_STATE = ("draft", *oracle.FICHES.split())


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule and method that a view answers."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
                yield rule, method


def test_the_oracle_names_every_rule_and_no_other(app: Flask) -> None:
    assert {(rule.rule, method) for rule, method in rules(app)} == {(line.rule, line.method) for line in oracle.ORACLE}


def test_every_view_declares_its_need(app: Flask) -> None:
    silent = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and not hasattr(app.view_functions[rule.endpoint], "need")
    ]
    assert silent == []


def test_an_undeclared_route_answers_503_and_is_caught(app: Flask) -> None:
    """The negative control of the two tests above."""
    app.add_url_rule("/export-oublie", "forgotten", lambda: "everything")
    answer = app.test_client().get("/export-oublie")
    assert answer.status_code == 503
    assert b"everything" not in answer.data
    with pytest.raises(AssertionError):
        test_every_view_declares_its_need(app)
    with pytest.raises(AssertionError):
        test_the_oracle_names_every_rule_and_no_other(app)


def test_everybody_gets_what_the_oracle_says_and_no_secret(app: Flask, engine_name: str) -> None:
    """Pages and parts on SQLite; on PostgreSQL pages, for what differs between the engines is below the templates."""
    played = stage.build(app)
    kinds = (False, True) if engine_name == "sqlite" else (False,)
    wrong: list[str] = []
    cells = 0
    for rule, method in rules(app):
        for state in states_of(rule):
            for person in list(played.cookies):
                for part in kinds:
                    cells += 1
                    wrong += judge(played, rule, method, state, person, part=part)
    assert cells > 3_000
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_a_page_that_forgets_the_rule_is_caught(app: Flask) -> None:
    """The negative control: a view open to all members, and a page that shows somebody's secret."""
    app.view_functions["contracts.window"] = needs(oracle_permission())(lambda activity: "kanari-interne-region")
    played = stage.build(app)
    rule = next(rule for rule, _method in rules(app) if rule.endpoint == "contracts.window")
    found = judge(played, rule, "GET", "", "other:reader", part=False)
    assert any("should be refused" in line for line in found)
    assert any("kanari-interne-region" in line for line in found)


def test_an_entry_said_inside_shows_its_text_to_its_organisation_alone(app: Flask) -> None:
    """Else the secrets of the matrix could be searched in pages that never hold them."""
    played = stage.build(app)
    rule = next(rule for rule, _method in rules(app) if rule.rule == "/audit/<int:seq>")
    for state in ("inside_own", "inside_own:file"):
        shown = {
            person: "kanari-interne-region" in read(ask(played, rule, "GET", state, person, part=False))
            for person in ("own:reader", "other:reader", "secretariat", "auditor", "admin")
        }
        assert [person for person, seen in shown.items() if seen] == ["own:reader", "secretariat"]


def oracle_permission() -> Permission:
    return Permission.READ


def states_of(rule: Rule) -> tuple[str, ...]:
    if "action_id" in rule.arguments:
        return EVERY_STATE
    if "seq" in rule.arguments:
        return stage.ENTRIES
    return ("open", "closed", "adopted") if "consultation_id" in rule.arguments else ("",)


def judge(played: Stage, rule: Rule, method: str, state: str, person: str, *, part: bool) -> list[str]:
    answer = ask(played, rule, method, state, person, part=part)
    where = f"{method} {rule.rule} [{state}] {person}{' part' if part else ''}: {answer.status_code}"
    expected = oracle.lets(rule.rule, method, person, state)
    said = [f"{where} should be {'allowed' if expected else 'refused'}"] if allowed(answer) != expected else []
    if answer.status_code >= 500:
        said.append(f"{where} is a fault")
    body = read(answer)
    leaks = [word for word, readers in stage.SECRETS.items() if word in body and person not in readers.split()]
    return said + [f"{where} shows {word}" for word in leaks]


def read(answer: TestResponse) -> str:
    """All that was sent; of a ZIP, what its files say."""
    data = answer.get_data()
    answer.close()
    if not data.startswith(b"PK"):
        return data.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())


def ask(played: Stage, rule: Rule, method: str, state: str, person: str, *, part: bool) -> TestResponse:
    client = played.app.test_client()
    if person != "anonymous" or method == "POST":
        client.set_cookie("session", played.cookies[person])
    headers = {"HX-Request": "true"} if part else {}
    path = address(played, rule, method, state)
    if method == "GET":
        return client.get(path, headers=headers)
    data = {"csrf_token": played.tokens[person], "idempotency_key": secrets.token_urlsafe(16)}
    if rule.endpoint == "signin.sign_out":
        return restored(played, person, lambda: client.post(path, data=data, headers=headers))
    if rule.rule == "/mandat":
        data["mandate"] = mandate_of(played, person)
        return restored(played, person, lambda: client.post(path, data=data, headers=headers))
    return client.post(path, data=data, headers=headers)


def address(played: Stage, rule: Rule, method: str, state: str) -> str:
    values = {name: value for name, value in (VALUES | OWN_VALUES.get(rule.rule, {})).items() if name in rule.arguments}
    if state in ("forked", "merged"):
        played.fork(state)
    known: dict[str, Callable[[], str]] = {
        "token": lambda: played.invitation.rpartition("/")[2],
        "action_id": lambda: played.draft() if state == "draft" and method == "POST" else played.actions[state],
        "link_id": lambda: played.link,
        "sheet_id": lambda: played.sheet,
        "import_id": lambda: played.money_sheet,
        "suggestion_id": lambda: played.suggestions.get(state, NOTHING),
        "view_id": played.view,
        "simulation_id": played.simulation,
        "comment_id": lambda: played.comments.get(state, NOTHING),
        "thread_id": lambda: played.comments.get(state, NOTHING),
        "tranche_id": lambda: played.tranches.get(state, NOTHING),
        "condition_id": lambda: played.conditions.get(state, NOTHING),
        "act_id": lambda: played.act,
        "resource_id": lambda: played.resources.get(state, NOTHING),
        "file_id": lambda: played.act_file,
        "document_id": lambda: played.documents.get(state, NOTHING),
        "piece_id": lambda: played.pieces.get(state, NOTHING),
        "consultation_id": lambda: played.consultations[state],
        "seq": lambda: str(played.entries[state.removesuffix(":file")]),
    }
    values |= {name: known[name]() for name in sorted(known.keys() & rule.arguments)}
    with played.app.test_request_context():
        built = rule.build(values)
    assert built is not None
    return f"{built[1]}?fichier=1" if state.endswith(":file") else built[1]


def restored(played: Stage, person: str, act: object) -> TestResponse:
    """Do what ends or renews the session for real, then open a new one for the next cells."""
    with played.app.app_context():
        live = accounts.read_session(played.cookies[person])
        person_id = live.person_id if live else None
    answer: TestResponse = act()  # type: ignore[operator]
    if person_id:
        with played.app.app_context():
            played.cookies[person] = accounts.open_session(person_id, "test")
            db.session.commit()
        with played.app.test_request_context():
            played.tokens[person] = access._csrf(played.cookies[person])
    return answer


def mandate_of(played: Stage, person: str) -> str:
    with played.app.app_context():
        live = accounts.read_session(played.cookies[person])
        return live.actor.mandate_id or "" if live and live.actor else ""


def allowed(answer: TestResponse) -> bool:
    """Whether the person was let in: refusals of rules (409, 422) are answers, 404 and the way to sign in are not."""
    if answer.status_code in (401, 404):
        return False
    return not (answer.status_code == 303 and answer.headers["Location"].startswith("/connexion"))
