"""The hostile corpus in every field of a fiche and of what is done to it; every page that each role can reach."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from lxml import html
from sqlalchemy import or_, select

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import TEXT_FIELDS, Action, Draft, Indicator, Milestone
from cocon.actions.sections import SECTIONS
from cocon.catalogue import saved
from cocon.contracts import operations as contracts
from cocon.contracts import queries as contract_queries
from cocon.decisions import operations as decisions
from cocon.decisions import queries as decision_queries
from cocon.files import operations as files
from cocon.funding import operations as funding
from cocon.imports import judging, reading, sheets
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.partners import operations as partners
from cocon.partners.models import Partner
from cocon.structure import operations as structure
from cocon.structure import queries as structure_queries
from cocon.structure.models import Lineage, Link
from cocon.suggestions import operations as suggestions
from cocon.suggestions import queries as suggestion_queries
from cocon.suggestions.models import Suggestion
from cocon.web.forms import visible
from tests.actions.making import GRENOBLE, METRO, REGION, axis, csrf, fields, known, share, signed_in
from tests.factories import World
from tests.files.making import attach
from tests.security import inert
from tests.security.payloads import PAYLOADS
from tests.security.test_exchanges import intrusions
from tests.support.client import Client

pytestmark = pytest.mark.engines("sqlite")

READERS = (("representative", GRENOBLE), ("secretariat", REGION), ("auditor", None))
#: Answers that are no pages, and what would end the session.
ELSEWHERE = ("/static/", "/deconnexion", "/actions/importer/modele", "/audit/checkpoint")
#: No payload is as short as the code of an indicator: this one closes what shows it, and runs.
CODE = "'\"><svg onload=a()>"
#: The questions of one line, of those that two people can answer at the same time.
LINES = {"title": 150, "owner_name": 150, "milestones-0-title": 200, "indicators-0-label": 200}
#: How many states of one page are looked at.
STATES = 2


@dataclass
class Feed:
    """Gives out the corpus, a field at a time, until all was given and beyond."""

    left: Iterator[str] = field(default_factory=lambda: cycle(PAYLOADS))
    given: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    def line(self, longest: int) -> str:
        """One payload that a field of one line can hold."""
        for payload in self.left:
            if len(payload) <= longest and payload.isprintable():
                self.given.add(payload)
                self.texts.append(payload)
                return payload
        raise AssertionError

    def text(self) -> str:
        """Ten payloads in a field of several lines."""
        some = [next(self.left) for _number in range(10)]
        self.given.update(some)
        self.texts.append("\n\n".join(some))
        return self.texts[-1]


def written(feed: Feed, **more: Any) -> actions.VersionFields:
    """A version in which everything is hostile."""
    measure = Indicator(
        code=CODE, label=feed.line(200), kind="result", unit=feed.line(60), targets={}, source=feed.line(200)
    )
    said = {name: feed.text() for name in TEXT_FIELDS}
    steps = [Milestone(due="2014-03", title=feed.line(200))]
    return fields(
        title=feed.line(150),
        project_owner_name=feed.line(150),
        delegate=feed.line(150),
        state_aid="regime",
        state_aid_regime=feed.line(200),
        milestones=steps,
        indicators=[measure],
        **said,
        **more,
    )


def everything(world: World, feed: Feed) -> None:
    """The corpus wherever people write: fiches, suggestions, money, decisions, files, structure, contract, people."""
    owner, other = world.actor("representative", GRENOBLE), world.actor("representative", METRO)
    office = world.actor("secretariat", REGION)
    _contract(office, feed)
    fiches = [share(owner, title=feed.line(150)) for _number in range(6)]
    for action in fiches[:3]:
        for _version in range(2):
            _publish(owner, action, feed)
    _suggest(owner, other, fiches[0], feed)
    _fund(owner, fiches[0], feed)
    _decide(world, office, fiches[1], feed)
    attach(owner, fiches[0], title=feed.line(150), name=feed.line(60) + ".pdf")
    gone = attach(owner, fiches[0], title=feed.line(150))
    files.withdraw_file(owner, gone, reason=feed.text())
    _restructure(owner, office, fiches, feed)
    actions.withdraw_action(owner, known(fiches[4].id), reason=feed.text())
    _keep_for_oneself(owner, fiches[2], feed)


def _publish(owner: Actor, action: Action, feed: Feed) -> None:
    now = known(action.id)
    actions.publish_version(owner, now, revision=now.rev, summary=feed.line(200), fields=written(feed))


def _restructure(owner: Actor, office: Actor, fiches: Sequence[Action], feed: Feed) -> None:
    """Every act of the secretariat on the plan, and what a partner says of the promise that a merger left behind."""
    kept, linked, split, merged, _withdrawn, moved = fiches
    structure.link_actions(office, kept, other_id=linked.id, reason=feed.text())
    funding.announce_contribution(owner, merged, year=2014, amount=10_00)
    structure.merge_action(office, known(merged.id), other_id=kept.id, reason=feed.text())
    carry = structure_queries.carry(merged.id, owner.partner_id)
    assert carry is not None
    structure.settle_promise(owner, carry, settlement="left", reason=feed.text())
    structure.split_action(office, known(split.id), titles=[feed.line(200)], other_ids=[linked.id], reason=feed.text())
    structure.move_action(office, known(moved.id), axis_id=axis(3).id, reason=feed.text())
    for _time in range(2):
        _follow(office, known(moved.id), feed)
    structure.link_actions(office, known(moved.id), other_id=linked.id, reason=feed.text())
    related = select(Link.id).where(Link.kind == "related", or_(Link.from_id == moved.id, Link.to_id == moved.id))
    for tie in (related, select(Lineage.id).limit(1)):
        structure.end_link(office, known(moved.id), link_id=db.session.scalars(tie).one(), reason=feed.text())


def _follow(office: Actor, action: Action, feed: Feed) -> None:
    structure.state_lineage(
        office,
        action,
        contract_id=structure_queries.earlier_contracts()[0].id,
        label=feed.line(300),
        former_code=feed.line(40),
        source=feed.line(500),
        reason=feed.text(),
    )


def _contract(office: Actor, feed: Feed) -> None:
    discussing = contract_queries.window("discussing")
    assert discussing is not None
    contracts.set_window(
        office, discussing, opens_on=None, closes_on=clock.today() + timedelta(days=99), reason=feed.text()
    )
    contracts.add_objective(office, axis(2), letter="A", title=feed.line(200), fictional=True)
    unknown = db.session.scalars(select(Partner).where(Partner.key == "collectivite-13")).one()
    partners.complete_partner(office, unknown, name=feed.line(150), kind="commune", departement="38")
    partners.give_mandate(SYSTEM, unknown, email="x@demo.example", role="reader", name=feed.line(100))


def _suggest(owner: Actor, other: Actor, action: Action, feed: Feed) -> None:
    made: list[str] = []
    for name in ("context", "content", "results", "title", "objectives"):
        now = known(action.id)
        proposed = feed.line(150) if name == "title" else feed.text()
        said = suggestions.suggest_change(
            other, now, field=name, version=now.version, proposed=proposed, reason=feed.text()
        )
        made.append(said.subject.id)
    suggestions.refuse_suggestion(owner, action, suggestion_id=made[0], revision=_rev(made[0]), reason=feed.text())
    suggestions.accept_suggestion(owner, action, suggestion_id=made[1], revision=_rev(made[1]))
    shown = suggestion_queries.digest(action_queries.current_text(known(action.id)).objectives)
    suggestions.accept_with_edits(
        owner, action, suggestion_id=made[4], revision=_rev(made[4]), shown=shown, edited=feed.text()
    )


def _rev(suggestion_id: str) -> int:
    return db.session.scalars(select(Suggestion.rev).where(Suggestion.id == suggestion_id)).one()


def _fund(owner: Actor, action: Action, feed: Feed) -> None:
    funding.announce_contribution(owner, action, year=2014, amount=10_00)
    funding.lower_contribution(owner, action, year=2014, amount=5_00, reason=feed.text())
    funding.withdraw_contribution(owner, action, year=2014, reason=feed.text())


def _decide(world: World, office: Actor, action: Action, feed: Feed) -> None:
    deadline = clock.today() + timedelta(days=2)
    now = known(action.id)
    decisions.open_consultation(office, now, version=now.version, deadline=deadline, question=feed.text())
    found = decision_queries.latest(action.id)
    assert found is not None
    voter = world.actor("representative", METRO)
    decisions.take_position(voter, found, stance="reserve", reason=feed.text())
    decisions.take_position(voter, found, stance="unfavorable", reason=feed.text())
    with clock.standing_at(clock.end_of_day(deadline) + timedelta(hours=1)):
        over = decision_queries.whole(found.id)
        assert over is not None
        decisions.pronounce_outcome(office, over, outcome="adopted", text=feed.text(), reason=feed.text())


def _keep_for_oneself(owner: Actor, action: Action, feed: Feed) -> None:
    """A draft, a fork to merge, a view, a spreadsheet."""
    draft = drafts.start(owner, {"title": feed.line(150), **{name: feed.text() for name in TEXT_FIELDS}})
    drafts.send_back(owner, draft.id, note=feed.text())
    now = known(action.id)
    said = {name: feed.text() for name in TEXT_FIELDS}
    fork = drafts.new(owner, {"title": feed.line(150), **said}, now.id, now.version)
    drafts.keep(fork)
    db.session.commit()
    _publish(owner, action, feed)
    saved.save(owner, "axe=1", name=feed.line(60))
    cells = [feed.line(150).replace('"', "'") for _number in range(3)]
    table = reading.read("\n".join(["Titre;Contexte;Axe", ";".join(f'"{cell}"' for cell in cells)]).encode())
    sheets.keep(owner, b"", feed.line(60), table, judging.guess(table.headers, sheets.frame()))


@pytest.fixture
def hostile(app: Flask) -> tuple[World, Feed]:
    with app.app_context(), clock.standing_at(clock.now() - timedelta(days=4)):
        world, feed = World.installed(), Feed()
        everything(world, feed)
    return world, feed


def walk(client: Client, met: set[str]) -> Iterator[tuple[str, Any]]:
    """The pages that links lead to from the workspace; of one page, a few states.

    What somebody before met (``met``) is passed, but for the places where everybody begins.
    """
    todo = deque(["/espace", "/actions", "/financement", "/decisions", "/contrat", "/partenaires", "/"])
    states = Counter[str]()
    met |= set(todo)
    while todo:
        path = todo.popleft()
        answer = client.http.get(path)
        text = answer.text if answer.mimetype == "text/html" else None
        answer.close()
        if text is None:
            continue
        assert answer.status_code in (200, 303, 404), f"{answer.status_code} {path}"
        page = html.document_fromstring(text)
        yield path, page
        for address in _links(page, path):
            bare = urlsplit(address).path
            if address not in met and states[bare] < STATES:
                met.add(address)
                states[bare] += 1
                todo.append(address)


def _links(page: Any, path: str) -> Iterator[str]:
    for link in page.xpath("//a/@href"):
        found = urlsplit(urljoin(f"http://localhost{path}", link))
        address = found.path + (f"?{found.query}" if found.query else "")
        if found.netloc == "localhost" and not address.startswith(ELSEWHERE):
            yield address


def test_the_corpus_stays_inert_on_every_page(app: Flask, hostile: tuple[World, Feed]) -> None:
    world, feed = hostile
    assert feed.given == set(PAYLOADS)
    said, pages, met = "", 0, set[str]()
    for role, partner in READERS:
        with app.app_context():
            actor = world.actor(role, partner)
        for path, page in walk(signed_in(app, world, actor), met):
            assert inert.intrusions(page) == [], path
            said += "".join(page.text_content().split())
            pages += 1
    assert pages > 250
    unseen = [text[:99] for text in feed.texts if not shows(said, text)]
    assert unseen == []


def test_the_corpus_stays_inert_where_two_texts_are_merged(app: Flask, hostile: tuple[World, Feed]) -> None:
    """Every question of every section, saved on a revision that somebody else left behind."""
    world, feed = hostile
    with app.app_context():
        actor = world.actor("representative", GRENOBLE)
        fork = db.session.scalars(select(Draft).where(Draft.action_id.is_not(None))).one()
    client = signed_in(app, world, actor)
    client.get("/espace")
    typed = {**dict.fromkeys(LINES, ""), **dict.fromkeys(TEXT_FIELDS, "")}
    asked = [section for section in SECTIONS if section.of(typed)]
    assert len(asked) > 5
    for section in asked:
        mine = {name: feed.line(LINES[name]) if name in LINES else feed.text() for name in section.of(typed)}
        sent = {**mine, "version": "7", "owner": "autre", **csrf(app, client)}
        answer = client.http.post(f"/actions/{fork.action_id}/modifier/{section.slug}", data=sent)
        assert answer.status_code == 409, section.slug
        page = BeautifulSoup(answer.text, "html5lib")
        answer.close()
        sides = page.select(".merge-side")
        assert len(sides) >= 2, section.slug
        assert [found for side in sides for found in intrusions(BeautifulSoup(str(side), "html5lib"))] == []
        assert intrusions_but_forms(page) == []
        shown = "".join("".join(side.get_text() for side in sides).split())
        assert not [name for name, text in mine.items() if not shows(shown, text)], section.slug


def shows(said: str, text: str) -> bool:
    """Whether the text is there whole, blanks left out; a field shows a control character by another that is seen."""
    return any("".join(form.split()) in said for form in (text, visible(text)))


def intrusions_but_forms(page: BeautifulSoup) -> list[str]:
    """What is not ours in a page, its own forms left out of what people write."""
    for ours in page.select("code.digest, .prose form"):
        ours.extract()
    return intrusions(page)
