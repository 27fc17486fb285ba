"""Hostile texts in exchanges, on every surface that shows them; what is internal, on every surface that could."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask

from cocon.discussion import queries
from cocon.dossier import queries as dossier
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, METRO, REGION, share, signed_in
from tests.discussion import making
from tests.factories import World
from tests.security.payloads import MENTION, PAYLOADS, read
from tests.support.client import Client

pytestmark = pytest.mark.engines("sqlite")

#: What the product itself puts in its pages; of what people write, nothing else may become an element.
NEVER = "iframe, object, embed, applet, base, math, marquee, video, audio, image, img, style, meta[http-equiv=refresh]"
WRITTEN = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "a", "span"}
EACH = 15


def intrusions(html: BeautifulSoup) -> list[str]:
    """What runs, loads or sends in a page, and was not put there by the product."""
    found = [str(tag)[:200] for tag in html.select(NEVER)]
    for tag in html.find_all(True):
        found += [f"{name} on {tag.name}" for name in tag.attrs if name.lower().startswith(("on", "hx-on", "style"))]
        for name in ("href", "action", "formaction", "src", "hx-get", "hx-post", "data"):
            address = str(tag.get(name, "")).strip().lower()
            if address.startswith(("javascript:", "data:text", "vbscript:", "//")) or "mal.example" in address:
                found.append(f"{name}={address} on {tag.name}")
        if tag.name == "script" and not str(tag.get("src", "")).startswith("/static/"):
            found.append(str(tag)[:200])
    for region in html.select(".prose, .old, .new"):
        found += [str(tag)[:200] for tag in region.find_all(True) if tag.name not in WRITTEN]
    return found


def parsed(client: Client, url: str) -> BeautifulSoup:
    """A page as a browser would parse it."""
    return BeautifulSoup(client.get(url).text, "html5lib")


def test_the_corpus_is_what_it_says() -> None:
    assert len(PAYLOADS) == len(set(PAYLOADS)) == 300
    assert len([payload for payload in PAYLOADS if read(payload) != payload]) == 16


def test_the_check_sees_what_it_must() -> None:
    """The negative control: the corpus shown raw is seen nearly everywhere it could run."""
    seen = [payload for payload in PAYLOADS if intrusions(BeautifulSoup(f"<div class=prose>{payload}", "html5lib"))]
    assert len(seen) > 230


def test_hostile_texts_stay_inert_wherever_exchanges_are_shown(app: Flask) -> None:
    with app.app_context():
        world = World.installed()
        metro = world.actor("representative", METRO)
        action_id = share(world.actor("representative", GRENOBLE)).id
        _say_everything(metro, action_id)
    client, auditor = signed_in(app, world, metro), signed_in(app, world, world_actor(app, world))
    url = f"/actions/{action_id}"
    pages = [url, f"{url}/discussion", "/espace"]
    shown = client.get(f"{url}/discussion")
    pages += [str(link["href"]).split("#", maxsplit=1)[0] for link in shown.select(".comment-acts a")[::4]]
    assert len(pages) > 15
    said = "".join(_texts(parsed(client, address), address) for address in pages)
    said += "".join(_texts(parsed(client, address), address) for address in (f"{url}/historique", "/espace"))
    said += "".join(_texts(parsed(auditor, address), address) for address in _trail(auditor, url))
    missing = [payload for payload in PAYLOADS if "".join(payload.split()) not in said]
    assert missing == [payload for payload in PAYLOADS if MENTION in payload]
    assert not [payload for payload in missing if "".join(read(payload).split()) not in said]


def world_actor(app: Flask, world: World) -> Actor:
    """An auditor."""
    with app.app_context():
        return world.actor("auditor")


def _say_everything(actor: Actor, action_id: str) -> None:
    """The corpus as messages, rewritten messages, corrections, quotations and reasons of withdrawal."""
    for number in range(len(PAYLOADS) // EACH):
        text = "\n\n".join(PAYLOADS[number * EACH : (number + 1) * EACH])
        kind = number % 4
        first = "x" if kind in (1, 2) else text
        said = making.say(actor, action_id, first, number)
        if kind == 1:
            making.edit(actor, action_id, said, text, minutes=number + 1)
        elif kind == 2:
            making.correct(actor, action_id, said, text, minutes=number + 20)
        elif kind == 3:
            making.withdraw(actor, action_id, making.say(actor, action_id, "x", number), text, minutes=number + 1)


def _trail(client: Client, url: str) -> Iterator[str]:
    """The history of the fiche, each of its pages, and the page of each entry."""
    address: str | None = f"{url}/historique"
    while address:
        page = client.get(address)
        yield address
        proofs = {str(link["href"]) for link in page.select("a[href^='/audit/']")}
        yield from sorted(proof for proof in proofs if proof[7:].isdigit())
        following = page.html.select_one("nav.pagination a[rel=next]")
        address = str(following["href"]) if isinstance(following, Tag) else None


def _texts(html: BeautifulSoup, address: str) -> str:
    assert intrusions(html) == [], address
    fields = [str(field.get_text()) for field in html.select("textarea")]
    return "".join((html.get_text() + "".join(fields)).split())


SURFACES = (
    "/espace",
    "/actions",
    "/actions?q=Reunion",
    "/actions/{id}",
    "/actions/{id}/discussion",
    "/actions/{id}/discussion?rubrique=content",
    "/actions/{id}/discussion?rubrique=results",
    "/actions/{id}/discussion?fil={thread}",
    "/actions/{id}/discussion?fil={thread}&citer={thread}",
    "/actions/{id}/discussion?avant={thread}",
    "/actions/{id}/historique",
    "/actions/{id}/versions",
    "/decisions",
    "/audit",
    "/audit?partenaire=ville-grenoble",
    "/audit?acte=discussion.thread-resolved",
)


@pytest.fixture
def inside(app: Flask) -> tuple[World, str, str]:
    """Everything that can be done inside an organisation, its token in each text; the fiche and the thread."""
    with app.app_context():
        world = World.installed()
        grenoble = world.actor("representative", GRENOBLE)
        world.actor("contributor", GRENOBLE)
        action_id = share(world.actor("representative", REGION)).id
        text = "@Contributor ville-grenoble kanari-un"
        thread = making.say(grenoble, action_id, text, visibility="internal", section="results")
        making.edit(grenoble, action_id, thread, f"{text} kanari-deux", minutes=1)
        making.correct(grenoble, action_id, thread, "kanari-trois", hours=1)
        gone = making.say(grenoble, action_id, "kanari-quatre", 2, thread_id=thread)
        making.withdraw(grenoble, action_id, gone, "kanari-cinq", minutes=3)
        other = making.say(grenoble, action_id, "kanari-six", visibility="internal", section="content")
        making.resolve(grenoble, action_id, other)
        making.say(grenoble, action_id, "@ville-grenoble kanari-sept", visibility="internal", section="results")
        making.say(grenoble, action_id, "@ville-grenoble Réunion", visibility="partners")
    return world, action_id, thread


def leaks(client: Client, action_id: str, thread: str) -> list[str]:
    """The surfaces on which somebody meets the token, or the words that tell that a thread exists."""
    found = []
    for surface in SURFACES:
        url = surface.format(id=action_id, thread=thread)
        for htmx in {False, "/discussion" in surface}:
            answer = client.get(url, htmx=htmx, status=None)
            words = answer.text
            if "kanari" in words:
                found.append(url)
            if re.search(r"\d\s+fils? ouverts?", words):
                found.append(f"{url} counts it")
    return found


def test_what_is_internal_shows_nowhere_else(app: Flask, inside: tuple[World, str, str]) -> None:
    world, action_id, thread = inside
    people = [("representative", REGION), ("secretariat", REGION), ("representative", METRO), ("auditor", None)]
    for role, partner in [*people, ("admin", None), ("facilitator", "cress-rhone-alpes")]:
        with app.app_context():
            actor = world.actor(role, partner)
            assert [one.internal for one in queries.threads(action_id, actor).threads] == [False]
            assert not queries.threads(action_id, actor).open_in
            assert not [task for task in dossier.workspace(actor).todo if task.kind == "call"]
        client = signed_in(app, world, actor)
        assert leaks(client, action_id, thread) == [], role
        assert "1 message" in client.get(f"/actions/{action_id}/discussion").words("#echanges .section-margin .note")


def test_its_own_organisation_meets_it(app: Flask, inside: tuple[World, str, str]) -> None:
    """The negative control: the same surfaces show the token, and count the thread, to those who may know."""
    world, action_id, thread = inside
    with app.app_context():
        actor = world.actor("contributor", GRENOBLE)
        assert len([task for task in dossier.workspace(actor).todo if task.kind == "call"]) == 2
    found = leaks(signed_in(app, world, actor), action_id, thread)
    assert len([url for url in found if "discussion" in url]) >= 10
    assert f"/actions/{action_id} counts it" in found
    assert f"/actions/{action_id}/historique" in found


def test_a_page_that_forgets_who_reads_is_caught(
    app: Flask, inside: tuple[World, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other negative control: reading without the rule is seen on every page of exchanges."""
    world, action_id, thread = inside
    with app.app_context():
        actor = world.actor("representative", METRO)
    monkeypatch.setattr(queries, "visible_to", lambda _actor: queries.Comment.id.is_not(None))
    queries._latest.cache_clear()
    try:
        assert len(leaks(signed_in(app, world, actor), action_id, thread)) >= 8
    finally:
        queries._latest.cache_clear()


def test_what_is_internal_leaves_in_no_export_of_others(app: Flask, inside: tuple[World, str, str]) -> None:
    world, _action_id, _thread = inside
    for role, partner in (("auditor", None), ("secretariat", REGION)):
        with app.app_context():
            actor = world.actor(role, partner)
        client = signed_in(app, world, actor)
        client.get("/audit/exporter")
        answer = client.post("/audit/exporter", status=200)
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            said = "".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
        assert "kanari" not in said
        with app.app_context():
            person = world.actor("contributor", GRENOBLE).person_id
        entries = [line for line in said.splitlines() if '"mention"' in line and "discussion.comment-posted" in line]
        assert entries
        assert not [line for line in entries if f'"person_id":"{person}"' in line]
