"""Bad input in each field of each form: refused beside the field that still holds it, or kept whole and shown inert.

The forms are those that the pages show: a form added to the product is judged without a word here.
"""

from __future__ import annotations

import io
import re
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit

import pytest
from flask import Flask
from lxml import html
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from cocon.actions import drafts
from cocon.actions.forms import NoteForm
from cocon.actions.sections import SECTIONS
from cocon.audit import heads
from cocon.contracts.queries import envelopes_of
from cocon.discussion import operations as discussion
from cocon.funding import operations as funding
from cocon.kernel.db import db
from cocon.web import forms
from cocon.web.forms import clean, visible
from tests.actions.making import known
from tests.authorization import oracle, stage
from tests.authorization.stage import Stage
from tests.authorization.test_matrix import address, states_of
from tests.files.making import PDF
from tests.security.inert import intrusions
from tests.security.payloads import MENTION, PAYLOADS, read

pytestmark = [pytest.mark.template("schema"), pytest.mark.today("2014-06-02")]

#: The only character of the corpus that no text holds.
FEED = "\x0c"
BAD = {
    "of another kind": "ni nombre ni date \U0001f469\U0001f3fd\u200d\U0001f692 مرحبا بالعالم שלום",
    "hostile": '"></textarea><script>window.__pwn=1</script><img src=x onerror=window.__pwn=1>{{7*7}}',
    "the corpus": "\n\n".join(PAYLOADS).replace(FEED, " "),
    "control": "Un\x00deux \u202etrois",
    "a megabyte": "",
}
#: What a field says that it holds; a shorter one is of one line, see tests/security/test_lines.py.
HOLDS, SHORT = re.compile(r"caractères, ([\d\u202f]+) au plus"), 500
HOSTILE = ("hostile", "the corpus")
#: A megabyte, in each alphabet in its turn.
MEGABYTES = ("mille " * 170_000, "é" * 1_000_000, "\U0001f600" * 1_000_000)
PEOPLE = ("anonymous", "own:representative", "other:representative", "secretariat")
#: Where a form stands, when not at the address that it posts to.
ELSEWHERE = {
    "/actions/<uuid:action_id>/financement/contributions": "/actions/<uuid:action_id>/financement",
    "/actions/<uuid:action_id>/renvoyer": "/actions/<uuid:action_id>/publier",
    "/actions/vues": "/actions",
}
#: What the address says besides, for the form to stand there.
ASKED = {
    "/actions/<uuid:action_id>/suggestions/nouvelle": "?champ=content",
    "/actions/vues": "?axe=1",
    "/enveloppes/declarer": "?exercice=2016&axe=2",
}
#: Where a form accepts what is well written, when not in the first state that lets somebody in.
STATES = {"/actions/<uuid:action_id>/financement/tranches/<uuid:tranche_id>/<etape>": ("adopted",)}
#: Rules that lead to several pages.
PLACES = {
    "contexte": [one.slug for one in SECTIONS],
    "deplacer": ["deplacer", "fusionner", "scinder", "lier", "filiation"],
}
#: Buttons that stand on the pages of others, and ask for no text.
BUTTONS = {
    *("/deconnexion", "/mandat", "/compte/sessions", "/actions/vues/<uuid:view_id>/supprimer"),
    *(f"/actions/<uuid:action_id>/{act}" for act in ("validation", "modifier/<section>/presence")),
    *(f"/actions/<uuid:action_id>/discussion/<uuid:thread_id>/{act}" for act in ("resoudre", "rouvrir")),
    "/actions/<uuid:action_id>/discussion/<uuid:comment_id>/vu",
    *(f"/actions/<uuid:action_id>/suggestions/<uuid:suggestion_id>/{act}" for act in ("accepter", "retirer", "vu")),
    "/simulations/<uuid:simulation_id>/abandonner",
    *(f"/actions/importer/<uuid:sheet_id>/{act}" for act in ("supprimer", "fiches")),
    *(f"/actions/<uuid:action_id>/{act}" for act in ("suggestions/appliquer", "partager")),
}
#: What somebody careful writes, by the beginning of the field's name; a sentence elsewhere.
WRITTEN = {
    **dict.fromkeys(("amount", "cost", "target", "baseline"), "50"),
    **dict.fromkeys(("siren", "siret", "others", "person", "opens"), ""),
    **dict.fromkeys(("password", "confirmation"), "quatre mots sans suite logique"),
    **dict.fromkeys(("voters", "votes", "abstentions"), ""),
    **dict.fromkeys(("sent", "received", "published", "taken"), "2014-06-01"),
    "adopted": "2014-05-30",
    "cp": "10",
    "text": "50",
    "letter": "C",
    "rna": "W381234567",
    "other": "1.02",
    "deadline": "2014-07-01",
    "closes": "2015-01-01",
    "until": "3",
    "due": "mars 2015",
    "email": "x@demo.example",
}
SECRET = ("password", "confirmation")
SENTENCE = re.compile(r"(Erreur :)?\s*[A-ZÉÀÇ0-9].{9,}[.]", re.S)


@dataclass(frozen=True)
class Form:
    """A form that a page shows to somebody, filled in as it should be."""

    rule: str
    who: str
    page: str
    action: str
    fields: dict[str, Any]
    texts: tuple[str, ...]


@dataclass
class Played:
    """The stage, and how it was before anybody posted."""

    stage: Stage
    found: list[Form]
    again: Callable[[], None]

    def judge(self, kinds: Sequence[str]) -> tuple[list[str], Counter[tuple[str, int]]]:
        """What is wrong with the answers to each form of bad fields; how many fields were answered with each status."""
        faults, seen = list[str](), Counter[tuple[str, int]]()
        for form, kind in product([form for form in self.found if form.texts], kinds):
            status, said = self._answered(form, kind, form.texts)
            answers = [(status, said, form.texts)]
            if said:  # a field that is sound hides beside one that is not: each is bad in its turn
                answers = [(*self._answered(form, kind, (name,)), (name,)) for name in form.texts]
            for status, said, names in answers:
                seen[kind, status] += len(names)
                faults += [f"{form.rule}, {kind}, {status}: {fault}" for fault in said]
        return faults, seen

    def judge_parts(self) -> tuple[list[str], Counter[int]]:
        """The same of the corpus, part after part, in the fields that are too short to hold it at once."""
        faults, seen = list[str](), Counter[int]()
        for form in self.found:
            whole = dict.fromkeys(form.texts, BAD["the corpus"])
            parts = _parts(Answers(self.stage, form).post(**whole)[1]) if form.texts else {}
            for turn in range(max(map(len, parts.values()), default=0)):
                bad = {name: some[turn % len(some)] for name, some in parts.items()}
                status, said = Answers(self.stage, form).judge(bad, hostile=True)
                seen[status] += 1
                faults += [f"{form.rule}, {status}: {fault}" for fault in said if not fault.endswith(" []")]
                if status < 400:
                    self.again()
        return faults, seen

    def _answered(self, form: Form, kind: str, names: tuple[str, ...]) -> tuple[int, list[str]]:
        place = 0 if form.who == "anonymous" else self.found.index(form)  # whose forms hold little, 2 MB once encoded
        bad = {name: f"{BAD[kind] or MEGABYTES[place % 3]}{n}" for n, name in enumerate(names, 10)}
        status, said = Answers(self.stage, form).judge(bad, hostile=kind in HOSTILE)
        if status < 400 or form.who == "anonymous":
            self.again()
        return status, said


class Answers:
    """A browser in which a form is posted."""

    def __init__(self, played: Stage, form: Form) -> None:
        self.form = form
        self._keys = {"csrf_token": played.tokens[form.who], "idempotency_key": uuid.uuid4().hex}
        self._http = played.app.test_client()
        self._http.set_cookie("session", played.cookies[form.who])

    def get(self, path: str) -> str:
        """A page."""
        with self._http.get(path.partition("#")[0]) as answer:
            return str(answer.text)

    def post(self, **bad: str) -> tuple[int, str]:
        """The status, and the page or the way to it."""
        fields = {**self.form.fields, **bad, **self._keys}
        data: Any = "&".join(f"{quote_plus(name)}={_quoted(value)}" for name, value in fields.items())
        kind = "application/x-www-form-urlencoded"
        if self.form.page.endswith(("/pieces", "/fichier")):
            data, kind = {**fields, "file": (io.BytesIO(PDF), "piece.pdf")}, "multipart/form-data"
        with self._http.post(self.form.action, data=data, content_type=kind) as answer:
            answer.request.environ["wsgi.input"].close()  # what is large was sent from a file
            return answer.status_code, answer.location or answer.get_data().decode(errors="replace")

    def judge(self, bad: dict[str, str], *, hostile: bool) -> tuple[int, list[str]]:
        """The status, and what is wrong with the answer to the form of which some fields are bad."""
        status, said = self.post(**bad)
        if status in (200, 303):
            pages, hidden = self._opened([said] if status == 200 else self._ways(said), bad)
            faults = [f"{name} is kept and shown nowhere whole" for name in hidden]
        else:
            told = {name: self._refused(status, said, name, text) for name, text in bad.items()}
            pages, faults = [said], [f"{name} {fault}" for name, found in told.items() for fault in found]
        for page in pages if hostile else ():
            faults += intrusions(html.document_fromstring(page))
        return status, faults

    def _opened(self, pages: Iterable[str], bad: dict[str, str]) -> tuple[list[str], list[str]]:
        """The pages that one opens to find what one wrote, and the names of what is not found."""
        opened, sought = list[str](), [name for name in bad if name not in SECRET]
        for page in pages:
            opened.append(page)
            seen = _shown(page)
            sought = [name for name in sought if not _is_shown(bad[name], seen)]
            if not sought:
                break
        return opened, sought

    def _ways(self, location: str) -> Iterator[str]:
        """Where the form was, where one is led, where acts are read again."""
        fiche = re.match("/actions/[0-9a-f-]{36}", self.form.page)
        for path in (self.form.page, location, *([f"{fiche[0]}/historique", fiche[0]] if fiche else ["/compte"])):
            yield self.get(path)

    def _refused(self, status: int, said: str, name: str, text: str) -> list[str]:
        """The field says what to do in a sentence tied to it, and still holds what was typed; or a page says it all."""
        if status in (400, 413):
            return [] if _bare(text) in _shown(said) else ["is refused and lost"]
        if status not in (409, 422):
            return ["is no answer"]
        page = html.document_fromstring(said)
        controls = page.xpath("//form[@method='post']//*[@name=$name]", name=name)
        kept = [control for control in controls if (_bare(_value(control)) == _bare(text)) != (name in SECRET)]
        wrong = [one for one in controls if one.get("aria-invalid") == "true"]
        if name in SECRET or self.form.rule == "/connexion":  # which of the two is wrong is not told
            wrong = wrong or page.xpath("//form[@method='post']//*[@aria-invalid='true']")
            sentences = [_words(page, one) for one in wrong] or page.xpath("//*[@id='erreurs']//li/strong/text()")
        else:
            sentences = [_words(page, one) for one in wrong if one in kept]
        faults = [] if any(map(SENTENCE.fullmatch, map(str.strip, sentences))) else [f"is refused with {sentences}"]
        return faults if kept else [*faults, "is lost"]


def _parts(answer: str) -> dict[str, list[str]]:
    """The corpus in parts that fit each field of several lines, which was just refused with what it holds."""
    page = html.document_fromstring(answer or "<p>")
    wrong = page.xpath("//form[@method='post']//*[@aria-invalid='true']")
    held = {one.name: HOLDS.search(_words(page, one)) for one in wrong}
    sizes = {name: int(found[1].replace("\u202f", "")) for name, found in held.items() if found}
    return {name: _corpus(size) for name, size in sizes.items() if size >= SHORT}


@lru_cache
def _corpus(size: int) -> list[str]:
    parts = [""]
    for payload in PAYLOADS:
        if len(parts[-1]) + len(payload) + 2 > size:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n\n{payload.replace(FEED, ' ')}".strip()
    return parts


@lru_cache(maxsize=64)
def _quoted(text: str) -> str:
    """Encoded as a browser does it, at once where the same character comes a million times."""
    start = re.match(r"(.)\1*", text, re.S)
    return quote_plus(start[1]) * len(start[0]) + quote_plus(text[len(start[0]) :]) if start else ""


def _words(page: Any, control: Any) -> str:
    """What is said of a control that is wrong."""
    told = [one for one in (control.get("aria-describedby") or "").split() if one.endswith("-error")]
    return "".join(page.get_element_by_id(one).text_content() for one in told)


def _value(control: Any) -> str:
    return str(control.text_content() if control.tag == "textarea" else control.get("value", ""))


def _bare(text: str) -> str:
    return "".join(visible(clean(text)).split())


def _shown(page: str) -> str:
    """The words of a page, and what its fields hold."""
    main = html.document_fromstring(page)
    return _bare(main.text_content() + "".join(map(str, main.xpath("//input/@value"))))


def _is_shown(text: str, seen: str) -> bool:
    """Whether a text is read there, as it was typed or each of its paragraphs as Markdown has it read."""
    if _bare(text) in seen:
        return True
    parts = (MENTION if MENTION in part else part.removeprefix("> ") for part in text.split("\n\n"))
    return all(_bare(part) in seen or _bare(read(part)) in seen for part in parts)


def forms_of(played: Stage) -> Iterator[Form]:
    """The forms that post to each rule, as the first person who may finds them."""
    pages = {rule.rule: rule for rule in played.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    for rule in played.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.rule not in BUTTONS:
            yield from _of_rule(played, rule, pages[ELSEWHERE.get(rule.rule, rule.rule)])


def _of_rule(played: Stage, rule: Rule, at: Rule) -> Iterator[Form]:
    for state in STATES.get(rule.rule, states_of(rule)):
        for who in PEOPLE:
            if oracle.lets(rule.rule, "POST", who, state):
                path = address(played, at, "GET", state) + ASKED.get(rule.rule, "")
                found = [form for one in _places(path) for form in _on_page(played, rule, who, one)]
                if found:
                    yield from found
                    return


def _places(path: str) -> list[str]:
    start, _slash, last = path.rpartition("/")
    return [f"{start}/{one}" for one in PLACES.get(last, [last])]


def _on_page(played: Stage, rule: Rule, who: str, path: str) -> Iterator[Form]:
    """The forms of a page that post to a rule, one of each shape."""
    met, reader = set[tuple[str, ...]](), Answers(played, Form(rule.rule, who, path, path, {}, ()))
    for form in html.document_fromstring(reader.get(path)).xpath("//form[@method='post']"):
        action = urljoin(path, form.get("action"))
        endpoint, _values = played.app.url_map.bind("localhost").match(urlsplit(action).path, "POST")
        texts = tuple(one.name for one in form.inputs if is_text(one))
        if endpoint == rule.endpoint and texts not in met:
            met.add(texts)
            yield Form(rule.rule, who, path, action, filled(form, texts), texts)


def is_text(control: Any) -> bool:
    """Whether somebody types there."""
    kinds = ("text", "search", "email", "password", "date", "number")
    if not control.name:
        return False
    return control.tag == "textarea" or (control.tag == "input" and control.get("type", "text") in kinds)


def filled(form: Any, texts: tuple[str, ...]) -> dict[str, Any]:
    """A form filled in well: what is chosen stays, what is not is chosen last, texts are written."""
    last = {one.get("name"): one.get("value") for one in form.xpath(".//input[@type='radio']")}
    last |= {one.name: one.value_options[-1] for one in form.xpath(".//select[not(@multiple)]")}
    fields = last | {name: value for name, value in form.form_values() if value}
    written = {name: _written(name) for name in texts}
    before = {name: fields.get(name, "") for name in texts}
    return fields | {name: f"{before[name]} Et une phrase" if said is None else said for name, said in written.items()}


def _written(name: str) -> str | None:
    last, first = (re.split(r"[\d_-]", part)[0] for part in (name.rpartition("-")[2], name))
    return WRITTEN.get(last, WRITTEN.get(first))


@pytest.fixture
def played(app: Flask, engine_name: str) -> Iterator[Played]:
    """The stage of the matrix, with what the last forms need: a promise, a message of today, a version to validate."""
    made = stage.build(app)
    made.fork("forked")
    author = made.author
    assert author is not None
    with app.app_context():
        shared, fork = known(made.actions["shared"]), drafts.find(author, made.actions["forked"])
        assert fork is not None
        funding.announce_contribution(author, shared, year=2014, amount=100_00)
        for envelope, amount in zip(envelopes_of(author.partner_id or ""), (1_000_00, 0), strict=False):
            funding.declare_envelope(author, envelope, amount=amount, hard=False)
        said = discussion.post_comment(author, shared, text="Bonjour", visibility="partners")
        made.comments["shared"] = said.subject.id
        whole = dict.fromkeys(("title", "context", "objectives", "content", "owner_name"), "Une phrase")
        fork.fields = {**fork.fields, **whole, "owner": "autre"}
        db.session.commit()
        drafts.ask(author, fork.id)
    found = list(forms_of(made))
    if engine_name == "postgresql":
        yield Played(made, found, lambda: None)
        return
    with closing(sqlite3.connect(":memory:")) as before, closing(sqlite3.connect(_file(app))) as live:
        live.backup(before)
        live.close()
        yield Played(made, found, lambda: _again(app, before))


def _file(app: Flask) -> str:
    return str(app.config["SQLALCHEMY_DATABASE_URI"]).removeprefix("sqlite:///")


def _again(app: Flask, before: sqlite3.Connection) -> None:
    """Put everything back, and the head signed since out of the way."""
    with closing(sqlite3.connect(_file(app))) as live:
        before.backup(live)
    (app.extensions["cocon"].data / heads.NAME).unlink(missing_ok=True)


@pytest.mark.engines("sqlite")
def test_no_form_loses_or_cuts_what_is_typed(played: Played) -> None:
    posts = {rule.rule for rule in played.stage.app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert posts - {form.rule for form in played.found} == BUTTONS
    for form in played.found:
        if form.texts and form.rule != "/connexion":
            assert Answers(played.stage, form).post()[0] in (200, 303), f"{form.rule} refuses what is well written"
            played.again()
    faults, seen = played.judge([*BAD])
    assert not faults, "\n".join(faults)
    assert min(seen[kind, status] for kind in BAD for status in (303, 422) if BAD[kind] or status == 422) > 10
    assert seen["a megabyte", 303] == 0, "not even a draft keeps a book in a field"


@pytest.mark.engines("sqlite")
def test_every_paragraph_holds_the_corpus(played: Played) -> None:
    faults, seen = played.judge_parts()
    assert not faults, "\n".join(faults)
    assert seen[200] + seen[303] > 200


@pytest.mark.engines("postgresql")
def test_what_no_column_can_hold_is_refused(played: Played) -> None:
    """The first field of each form: nothing is put back, and a section that was saved is another one."""
    first = replace(played, found=[replace(form, texts=form.texts[:1]) for form in played.found])
    faults, seen = first.judge(["control"])
    assert not faults, "\n".join(faults)
    assert seen["control", 422] > 25


@pytest.mark.engines("sqlite")
def test_a_broken_form_is_caught(played: Played) -> None:
    """The negative controls, on the form of a message: a field emptied, a text cut, a text shown as it came."""
    message = replace(played, found=[form for form in played.found if form.rule.endswith("/discussion")])
    filters = played.stage.app.jinja_env.filters
    for broken, kind, fault in (
        ((forms.Text, "_value", lambda _field: ""), "control", "is lost"),
        ((forms, "clean", lambda text: clean(text)[:20]), "of another kind", "is kept and shown nowhere whole"),
        ((filters, "prose", Markup), "hostile", "window.__pwn=1</script>"),
    ):
        assert message.judge([kind])[0] == []
        with pytest.MonkeyPatch.context() as patch:
            (patch.setitem if broken[0] is filters else patch.setattr)(*broken)
            assert any(fault in line for line in message.judge([kind])[0])


@pytest.mark.parametrize("mark", ["\x00", "\x1b", "\u202e", "\u2066", "\uffff", "\ufffd"])
def test_each_invisible_character_is_refused(mark: str) -> None:
    form = NoteForm(MultiDict({"note": f"Un{mark}deux"}))
    assert not form.validate()
    assert form.note.errors == ["Ce texte contient des caractères de commande invisibles\u202f: effacez-les."]
    assert "Un\ufffddeux" in str(form.note())
