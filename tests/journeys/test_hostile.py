"""The whole corpus in every text of a fiche, opened by a real browser without its security policy: nothing runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle, islice
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Dialog, Page, expect
from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions.models import TEXT_FIELDS, Indicator, Milestone
from cocon.actions.sections import SECTIONS
from cocon.audit.models import LogEntry
from cocon.contracts.models import Axis, Objective
from cocon.discussion import operations as discussion
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.queries import actor_of, mandates_of, person_by_email
from cocon.suggestions import operations as suggestions
from cocon.suggestions.models import Suggestion
from cocon.web.forms import visible
from tests.actions.making import fields, known, share
from tests.journeys import acts
from tests.security.payloads import PAYLOADS, read
from tests.security.test_corpus import CODE
from tests.security.test_exchanges import NEVER
from tests.support.browser import Visitor
from tests.support.databases import Instance
from tests.support.server import Server

pytestmark = [pytest.mark.template("demo"), pytest.mark.engines("sqlite")]

#: The corpus as one text, that any field of several lines can hold, and in the other order.
WHOLE, BACK = "\n\n".join(PAYLOADS), "\n\n".join(reversed(PAYLOADS))
#: The payloads that a field of one line can hold, whatever the field; a version has forty milestones and indicators.
LINES = [payload for payload in PAYLOADS if payload.isprintable()]
EACH = 40
#: So many versions hold them all, each in a field of every kind.
SHORT = -(-len(LINES) // EACH)
#: What no page of ours has in its main part; the product's own scripts are in its head.
FOUND = """(never) => [...document.querySelectorAll('main *')].flatMap((tag) => [
  ...(tag.matches(never) || tag.localName === 'script' ? [tag.outerHTML.slice(0, 200)] : []),
  ...[...tag.attributes].filter((one) => /^on/i.test(one.name)
      || /^\\s*(javascript|vbscript|data:text|https?:\\/\\/mal\\.example|\\/\\/)/i.test(one.value)
         && ['href', 'src', 'action', 'formaction', 'data', 'xlink:href'].includes(one.name))
    .map((one) => `${one.name}=${one.value.slice(0, 99)} on ${tag.localName}`)])"""
#: Submits a section as somebody who has had it open for long, without the autosave.
SAVE = """([names, text]) => {
  const form = document.getElementsByName(names[0])[0].form;
  names.forEach((name) => { form.elements[name].value = text; });
  form.elements.version.value = '7';
  form.submit();
}"""
PLANTED = {
    "<img src=x onerror=window.__pwn=1>": "window.__pwn",
    "<script>alert('planted')</script>": "planted",
    "<img src=https://mal.example/x.png>": "request to https://mal.example",
    "<a href=' javascript:window.__pwn=1'>x</a>": "href=",
    "<b onmouseover=window.__pwn=1>x</b>": "onmouseover",
}
#: The words of a page and of its fields, without those that readers alone hear inside what was rewritten.
SAID = """() => {
  const page = document.body.cloneNode(true);
  page.querySelectorAll('.visually-hidden').forEach((one) => one.remove());
  return page.textContent + [...document.querySelectorAll('textarea, input')].map((one) => one.value);
}"""


@dataclass
class Watch:
    """Opens pages in a browser that no policy protects, and notes what ran, loaded or asked."""

    visitor: Visitor
    page: Page
    dialogs: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, visitor: Visitor, email: str) -> Watch:
        """Somebody's browser."""
        watch = cls(visitor, visitor.sign_in(email, bypass_csp=True))
        watch.page.on("dialog", watch._answer)
        return watch

    def _answer(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def caught(self) -> list[str]:
        """What the page that is open did, or could do."""
        ran = ["window.__pwn"] if self.page.evaluate("window.__pwn") is not None else []
        return [*ran, *self.dialogs, *self.visitor.faults, *self.page.evaluate(FOUND, NEVER)]

    def goes(self, path: str) -> str:
        """The words of a page where nothing may run, blanks left out."""
        self.page.goto(path)
        return self.looks()

    def looks(self) -> str:
        """The same of the page that is open."""
        assert self.caught() == [], self.page.url
        return "".join(self.page.evaluate(SAID).split())


def lacking(said: str, payloads: Sequence[str], times: int) -> list[str]:
    """The payloads that are not there as many times, as they were typed or as they are read."""
    forms = ({payload, visible(payload), read(payload)} for payload in payloads)
    counts = (max(said.count("".join(form.split())) for form in shown) for shown in forms)
    return [payload for payload, count in zip(payloads, counts, strict=True) if count < times]


def _actor(email: str) -> Actor:
    person = person_by_email(email)
    assert person is not None
    return actor_of(mandates_of(person.id)[0])


def _text(text: str, lines: Iterator[str]) -> Any:
    """A version that says ``text`` in every field of several lines, and a payload in each of the others."""
    rows = list(islice(lines, EACH))
    measures = [
        Indicator(code=CODE, label=line, kind="result", unit=line[:60], targets={}, source=line) for line in rows
    ]
    return fields(
        title=rows[0],
        project_owner_name=rows[1],
        delegate=rows[2],
        milestones=[Milestone(due="2015-03", title=line) for line in rows],
        indicators=measures,
        **dict.fromkeys(TEXT_FIELDS, text),
    )


def _write(owner: Actor, other: Actor) -> None:
    """A fiche whose versions are hostile, discussed and suggested, and being rewritten while a new one is published."""
    lines = cycle(LINES)
    under = db.session.scalars(select(Objective).join(Objective.axis).where(Axis.number == 1)).first()
    action_id = share(owner, under=under, **vars(_text("x", lines))).id
    for text in (*["x"] * (SHORT - 1), WHOLE):
        _publish(owner, action_id, _text(text, lines))
    fork = drafts.new(owner, {"title": "x", **dict.fromkeys(TEXT_FIELDS, "x")}, action_id, SHORT + 1)
    drafts.keep(fork)
    db.session.commit()
    _publish(owner, action_id, _text(BACK, lines))
    now = known(action_id)
    for name in TEXT_FIELDS:
        suggestions.suggest_change(other, now, field=name, version=now.version, proposed=WHOLE, reason=PAYLOADS[0])
    refused = db.session.scalars(select(Suggestion.id).where(Suggestion.action_id == action_id)).first()
    assert refused is not None
    suggestions.refuse_suggestion(owner, now, suggestion_id=refused, revision=1, reason=PAYLOADS[1])
    for start in range(0, len(PAYLOADS), 20):
        text = "\n\n".join(PAYLOADS[start : start + 20])
        discussion.post_comment(other, now, text=text, visibility="partners", section="results")
        db.session.rollback()


def _publish(owner: Actor, action_id: str, text: actions.VersionFields) -> None:
    now = known(action_id)
    actions.publish_version(owner, now, revision=now.rev, summary=text.title, fields=text)


@pytest.fixture
def places(app: Flask) -> dict[str, str]:
    """The fiche, a suggestion made on it and the entry of its last version, each by its address."""
    with app.app_context(), clock.standing_at(clock.end_of_day(date(2015, 6, 29))):
        _write(_actor(acts.AUTHOR), _actor(acts.FUNDER))
        published = select(LogEntry).where(LogEntry.kind == "actions.version-published").order_by(LogEntry.seq.desc())
        entry = db.session.scalars(published).first()
        one = db.session.scalars(select(Suggestion).order_by(Suggestion.id.desc())).first()
        assert entry is not None
        assert one is not None
        found = {"fiche": f"/actions/{one.action_id}", "suggestion": one.id, "entry": f"/audit/{entry.seq}"}
        db.session.rollback()
    return found


def test_no_hostile_text_runs_in_a_browser(
    instance: Instance, places: dict[str, str], visitors: Callable[[str], Visitor]
) -> None:
    url, everywhere = places["fiche"], len(TEXT_FIELDS)
    with Server(instance) as server:
        watch = Watch.of(visitors(server.url), acts.AUTHOR)
        _sees_what_is_planted(watch, url)
        for path in (url, f"{url}/comparer?vue=cote-a-cote", f"{url}/historique", places["entry"]):
            assert lacking(watch.goes(path), PAYLOADS, everywhere) == [], path
        assert lacking(watch.goes(f"{url}/suggestions"), PAYLOADS, everywhere - 1) == []
        suggestion = f"{url}/suggestions/{places['suggestion']}"
        for path in (f"{url}/discussion", f"{url}/suggestions?etat=reglees", f"{suggestion}/modifier"):
            assert lacking(watch.goes(path), PAYLOADS, 1) == [], path
        for path in (f"{url}/comparer", f"{suggestion}/refuser", f"{url}/versions", f"{url}/publier"):
            watch.goes(path)
        said = [watch.goes(f"{url}/versions/{number}") for number in range(1, SHORT + 1)]
        assert lacking("".join(said), LINES, 3) == []
        watch.goes(f"{url}/discussion")
        watch.page.get_by_role("link", name="Citer").last.click()
        expect(watch.page.locator("#message")).not_to_be_empty()
        watch.looks()
        _merges(watch, url)
        watch.visitor.close()


def _merges(watch: Watch, url: str) -> None:
    """Every section, saved with the whole corpus in each of its texts, on a revision that somebody left behind."""
    merged = set[str]()
    for section in SECTIONS:
        names = [name for name in TEXT_FIELDS if name in section.of(dict.fromkeys(TEXT_FIELDS, ""))]
        if not names:
            continue
        watch.goes(f"{url}/modifier/{section.slug}")
        watch.page.evaluate(SAVE, [names, WHOLE])
        expect(watch.page.locator(".merge-side").first).to_be_attached()
        assert lacking(watch.looks(), PAYLOADS, len(names)) == [], section.slug
        merged.update(names)
    assert merged == set(TEXT_FIELDS)


def _sees_what_is_planted(watch: Watch, url: str) -> None:
    """The negative control: a page that shows what was typed as it was typed is caught, whatever it does."""
    for planted, seen in PLANTED.items():
        watch.page.goto(url)
        watch.page.set_content(watch.page.content().replace("</main>", f"{planted}</main>"))
        watch.page.wait_for_load_state("networkidle")
        assert [fault for fault in watch.caught() if seen in fault], planted
        watch.dialogs.clear()
        watch.visitor.faults.clear()
