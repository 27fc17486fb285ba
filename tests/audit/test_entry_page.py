"""The page of an entry shows every value in words: no column's name, no code, no identifier, no Python."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.audit import columns as called
from cocon.audit import queries, trail, words
from cocon.audit.models import LogEntry
from cocon.audit.sentences import label
from cocon.audit.shape import is_sealed
from cocon.audit.stored import columns_of
from cocon.audit.values import said
from cocon.kernel.db import Base, db, tables
from cocon.kernel.language import NBSP, NNBSP
from tests.support.client import Client

pytestmark = [pytest.mark.template("demo"), pytest.mark.engines("sqlite")]

#: Reviewed: what only machines read. Everything else has a label.
LEFT_OUT = {"figure.key", "partner.key", "comment.thread_id", "comment_id", "link_id", "mandate_id", "settled_by"} | {
    "lifting_mandate_id"
}
#: Reviewed: plain columns whose values may look like codes and are words or names already.
WORDS_ALREADY = {"partner.key", "figure.key", "figure.unit", "figure.source", "figure.period"}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
RAW = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7|[{}\\[\]]|\b[a-z]+_[a-z]+\b|\b(?:None|True|False)\b")


def bodies(app: Flask) -> Iterator[dict[str, Any]]:
    with app.app_context():
        for text in db.session.scalars(select(LogEntry.body)):
            yield json.loads(text)


def columns() -> Iterator[tuple[str, str]]:
    for table in tables("audited"):
        for column in columns_of(Base.metadata.tables[table]):
            yield f"{table}.{column.name}", column.name


def test_every_column_has_a_label_or_is_left_out(app: Flask) -> None:
    assert called.UNSHOWN == LEFT_OUT
    every = {one for pair in columns() for one in pair}
    assert every >= called.UNSHOWN
    assert every >= called.OTHER_COLUMNS.keys() | called.COLUMNS.keys(), "labels of columns that are gone"
    with app.test_request_context():
        raw = [name for name, column in columns() if not {name, column} & called.UNSHOWN and label(name) == column]
    assert raw == [], "give them a label in cocon/audit/words.py"


def test_every_enumerated_value_has_a_word(app: Flask) -> None:
    raw = set()
    for body in bodies(app):
        for change in body["changes"]:
            for column, value in (change["after"] or {}).items():
                name = f"{change['table']}.{column}"
                coded = isinstance(value, str) and CODE.fullmatch(value)
                if (coded and name not in WORDS_ALREADY) or (name in words.VALUES and value and not is_sealed(value)):
                    raw.add((name, value))
    assert {"partner.kind", "partner.college", "contribution.form", "position.stance"} <= {name for name, _v in raw}
    unsaid = {(name, value) for name, value in raw if value not in words.VALUES.get(name, {})}
    assert {name for name, _value in unsaid} <= WORDS_ALREADY, unsaid


def test_no_entry_of_the_demonstration_shows_anything_raw(app: Flask) -> None:
    shown = []
    for body in list(bodies(app)):
        with app.test_request_context():
            names = queries.names(queries.partners())
            names |= queries.names_of_rows(trail.pointed_at(body), names)
            for row in trail.rows(body, {}, names):
                shown += [(row.table, cell.label, cell.before or "", cell.after or "") for cell in row.cells]
    assert len(shown) > 5_000
    assert not {line for line in shown if not line[3].startswith("http") and RAW.search(" ".join(line))}


def test_successors_are_said_in_words(app: Flask) -> None:
    names = [
        {"name": "Conseil départemental", "from": "2015-03-01", "precision": "month"},
        {"name": "Région", "from": "2016-01-01", "precision": "day"},
    ]
    with app.test_request_context():
        assert said("partner.later_names", names, {}) == (
            f"Conseil départemental, dès mars 2015{NNBSP}; Région, dès le 1er janvier 2016"
        )
        assert said("partner.later_names", [], {}) == "–"
        assert said("report.odd", {"a": 1}, {}) == f"a{NBSP}: 1"


def test_the_page_says_first_who_did_it_as_what_and_for_whom(app: Flask, client: Client) -> None:
    client.sign_in("auditeur@demo.example")
    with app.app_context():
        taken = db.session.scalars(select(LogEntry).where(LogEntry.kind == "decisions.position-taken")).first()
        assert taken is not None
        name, partner = json.loads(taken.body)["actor"]["partner_name"], taken.partner
        seq, system = taken.seq, db.session.scalars(select(LogEntry.seq).order_by(LogEntry.seq)).first()
    page = client.get(f"/audit/{seq}")
    assert page.select("#acte dt")[0].get_text() == "Qui"
    said = f", représentant, au nom {''.join(words.of_the(partner, name))}"
    assert page.select("#acte dd")[0].get_text().endswith(said)
    assert client.get(f"/audit/{system}").select("#acte dd")[0].get_text() == "Le système"


def test_partners_are_filtered_by_the_name_they_have_today(client: Client) -> None:
    client.sign_in("auditeur@demo.example")
    options = client.get("/audit").words("#filtre-partenaire")
    assert "Conseil départemental de l’Isère" in options
    assert "Conseil général de l’Isère" not in options


def test_a_whole_family_of_acts_is_filtered_at_once(app: Flask, client: Client) -> None:
    client.sign_in("auditeur@demo.example")
    page = client.get("/audit")
    groups = {str(one["label"]): [str(option["value"]) for option in one.select("option")] for one in _groups(page)}
    assert groups["Financement"][0] == "funding"
    assert "funding.tranche-paid" in groups["Financement"]
    with app.app_context():
        kinds = db.session.scalars(select(LogEntry.kind).order_by(LogEntry.seq.desc())).all()
        money = [kind for kind in kinds if kind.startswith("funding.")]
    assert money
    assert len(money) < len(kinds)
    seen, url = 0, "/audit?acte=funding"
    while url:
        page = client.get(url)
        seen += len(page.select("main ol.plain > li"))
        url = next((str(one["href"]) for one in page.select("nav a[rel=next]")), "")
    assert seen == len(money)
    (kept,) = page.select("#filtre-acte option[selected]")
    assert kept["value"] == "funding"


def _groups(page: Any) -> Any:
    return page.select("#filtre-acte optgroup")


def test_dates_in_the_wrong_order_are_said(client: Client) -> None:
    client.sign_in("auditeur@demo.example")
    page = client.get("/audit?du=2014-03-02&au=2014-03-01")
    assert "vient avant celle du début" in page.words("#filtre-au-erreur")
    assert page.select_one("#filtre-au")["aria-describedby"] == "filtre-au-erreur"
    assert page.select("main ol.plain li")
    assert client.get("/audit?du=2014-03-01&au=2014-03-01").select("main .alert-text") == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("partners.registered", ["Collège", "partenaire régional", "dès mars 2015", "Isère (38)", "département"]),
        ("contracts.loaded", ["Premier exercice", "En vigueur", "Signé le", "Acte", "Axe"]),
        ("funding.contribution-announced", ["Forme", "en numéraire", "fiche 3.A.01"]),
        ("decisions.position-taken", ["Avis en vigueur", "avis n° 1"]),
    ],
)
def test_the_page_reads_as_french(app: Flask, client: Client, kind: str, expected: list[str]) -> None:
    client.sign_in("auditeur@demo.example")
    with app.app_context():
        seq = db.session.scalars(select(LogEntry.seq).where(LogEntry.kind == kind)).first()
    page = client.get(f"/audit/{seq}").words("#changements")
    for word in expected:
        assert word in page
