"""No violation that axe knows, on any page and in any state, wide and narrow; no page that scrolls sideways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html
from playwright.sync_api import APIResponse, Page, expect

from cocon.files import operations as files
from cocon.kernel.actor import SYSTEM, Actor
from cocon.partners.queries import actor_of, mandates_of, person_by_email
from cocon.site import frame
from cocon.suggestions import operations as suggestions
from tests.actions.making import known
from tests.files.making import attach
from tests.journeys import acts, addresses
from tests.journeys.eyes import Eyes
from tests.support.browser import Visitor
from tests.support.databases import Databases, Instance, close
from tests.support.server import Server
from tests.web.test_bad_input import filled, is_text
from tests.web.test_errors import CAUSES, TYPED, add_failure, away

pytestmark = pytest.mark.engines("sqlite")

PEOPLE = {
    "representative": acts.FUNDER,
    "contributor": "contributeur@ville-grenoble.example",
    "secretariat": acts.OFFICE,
    "facilitator": "animation@cress-rhone-alpes.example",
    "auditor": acts.AUDITOR,
    "admin": "administration@demo.example",
    "two mandates": "multi@demo.example",
}
#: Found by nobody: what leads there is used once, or expired. Other tests go there.
UNREACHED = {"/invitation/unknown", "/actions/*/discussion/*/modifier"}


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    """One memory for the module: a page whose parts were all seen is not looked at again."""
    return Eyes()


@pytest.fixture(scope="module")
def every_address(live_server: Server) -> list[str]:
    """All pages of the product."""
    app = live_server.instance.app()
    try:
        return addresses.of(app)
    finally:
        close(app)


@pytest.fixture(scope="module")
def reached() -> set[str]:
    """The addresses where somebody was let in so far."""
    return set()


@pytest.fixture(scope="module")
def refused() -> set[tuple[str, ...]]:
    """The forms that somebody sent empty so far."""
    return set()


@pytest.mark.parametrize("who", ["nobody", *PEOPLE])
def test_every_page_that_this_person_reaches(
    visitor: Visitor, every_address: list[str], eyes: Eyes, reached: set[str], refused: set[tuple[str, ...]], who: str
) -> None:
    page = visitor.sign_in(PEOPLE[who]) if who in PEOPLE else visitor.open("/")
    found = _walk(page, every_address, eyes, refused)
    assert ("/espace" in found) == (who in PEOPLE)
    reached |= found
    eyes.done()


def test_every_page_was_reached_by_somebody(
    every_address: list[str], eyes: Eyes, reached: set[str], refused: set[tuple[str, ...]]
) -> None:
    assert set(map(_kind, every_address)) - set(map(_kind, reached)) == UNREACHED
    texts = {address for address in every_address if re.fullmatch(r"/actions/[^/]+/modifier", address)}
    assert len(texts) == len(texts & reached) == 3, "a draft, a next version, a text left behind"
    assert eyes.examined > 40
    assert len(refused) > 20


def _kind(address: str) -> str:
    """An address without what tells one fiche, or one entry of the log, from another."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/audit/)\d+", "*", address)


def _walk(page: Page, paths: list[str], eyes: Eyes, refused: set[tuple[str, ...]] | None = None) -> set[str]:
    """Open what has a part that was not seen before; the addresses where the person is let in.

    With ``refused``, each form that is not in it is sent empty too.
    """
    reached = set()
    for path in paths:
        answer = page.context.request.get(path)
        assert answer.status in (200, 404), f"{answer.status} {path}"
        if answer.status == 200 and answer.url == urljoin(page.url, path):
            reached.add(path)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        source = answer.text()
        if eyes.is_new(source):
            page.goto(path)
            eyes.examine(page)
        for said in _sent_empty(page, path, source, refused) if refused is not None else ():
            if said.status >= 400:
                _show(page, eyes, said.status, said.headers, said.text())
    return reached


def _sent_empty(page: Page, path: str, source: str, known: set[tuple[str, ...]]) -> Iterator[APIResponse]:
    """The answers to the forms of a page, sent as if nothing had been written, chosen or joined."""
    for form in html.document_fromstring(source).xpath("//main//form[@method='post'][not(@data-autosave)]"):
        asked = [str(one.name) for one in form.inputs if is_text(one) or one.get("type") in ("file", "radio", None)]
        kind = (_kind(form.get("action")), *asked)
        if asked and kind not in known:
            known.add(kind)
            kept = {one.name: one.value for one in form.xpath(".//input[@type='hidden']")}
            yield page.context.request.post(urljoin(page.url, form.get("action")), form=kept, max_redirects=0)


def _show(page: Page, eyes: Eyes, status: int, headers: Mapping[str, str], body: str) -> None:
    """Look at an answer as the browser would show it, unless each of its parts was seen before."""
    if eyes.is_new(body):
        page.route("**/reponse", lambda route: route.fulfill(status=status, headers=dict(headers), body=body))
        page.goto("/reponse")
        eyes.examine(page)
        page.unroute("**/reponse")


class Hands:
    """Fills forms badly or well, and has each answer looked at."""

    def __init__(self, page: Page, eyes: Eyes) -> None:
        self.page = page
        self._eyes = eyes

    def open(self, path: str) -> None:
        """Go to a page."""
        self.page.goto(path)

    def send(self, button: str, waiting: str = ".error-summary", /, **fields: str) -> None:
        """Fill fields by name, press, wait for what shows the answer, look."""
        for name, value in fields.items():
            self.page.locator(f"main form[method=post] [name={name}]").first.fill(value)
        self.page.locator("main form[method=post]").get_by_role("button", name=button).first.click()
        expect(self.page.locator(waiting).first).to_be_visible()
        self._eyes.look(self.page)

    def press(self, button: str, waiting: str) -> None:
        """Press a button that stands in no form, wait, look."""
        acts.press(self.page, button)
        expect(self.page.locator(waiting).first).to_be_visible()
        self._eyes.look(self.page)

    def follow(self, name: str) -> None:
        """Follow a link and look."""
        acts.follow(self.page, name)
        self._eyes.look(self.page)


def test_signing_in_wrongly(visitor: Visitor, eyes: Eyes) -> None:
    hands = Hands(visitor.open("/connexion"), eyes)
    hands.send("Se connecter")
    for _time in range(12):
        hands.send("Se connecter", email="personne@demo.example", password="ce n’est pas le bon")
        if "Trop d’essais" in hands.page.inner_text(".error-summary"):
            break
    expect(hands.page.locator(".error-summary")).to_contain_text("Trop d’essais")
    eyes.done()


def test_writing_a_fiche_wrongly(visitor: Visitor, eyes: Eyes) -> None:
    page = visitor.sign_in(acts.AUTHOR)
    hands = Hands(page, eyes)
    hands.open("/actions/nouvelle")
    hands.send("Ouvrir le brouillon", "#statut:has-text('ouvert')")
    draft = page.url
    hands.open(f"{draft}/cout")
    hands.send("Enregistrer et continuer", "#manque", cost_2015="douze")
    _clash(hands, f"{draft}/contexte", context="Écrit ici.")
    page.goto("/actions?partenaire=pnr-pilat")
    page.locator("main tr.mine th a").first.click()
    fiche = page.url
    hands.open(f"{fiche}/publier")
    hands.send("Publier la version")
    _clash(hands, f"{fiche}/modifier/contexte", context="Écrit ici.")
    hands.open(f"{fiche}/retirer")
    hands.send("Retirer la fiche")
    hands.open(draft.replace("/modifier", "/abandonner"))
    eyes.look(page)
    eyes.done()


def _clash(hands: Hands, path: str, **fields: str) -> None:
    """Somebody else saves the same section first: the page shouts, then shows both texts."""
    hands.open(path)
    other = hands.page.context.new_page()
    other.goto(path)
    for name in fields:
        other.locator(f"main form[method=post] [name={name}]").first.fill("Écrit ailleurs, un peu plus tôt.")
    acts.press(other, "Enregistrer et revenir à la liste")
    expect(other.locator("#statut")).not_to_be_empty()
    other.close()
    for name, value in fields.items():
        hands.page.locator(f"#{name}").fill(value)
    hands.press("Comparer et fusionner", ".merge-side")


def test_funding_wrongly_and_well(visitor: Visitor, eyes: Eyes) -> None:
    page = visitor.sign_in(acts.FUNDER)
    hands = Hands(page, eyes)
    page.goto("/actions?partenaire=ville-grenoble")
    page.locator("main tr.mine th a").last.click()
    plan = f"{page.url}/financement"
    hands.open(plan)
    for typed in ("douze", "90 000 000", "-1"):
        acts.promise(page, 2016, typed)
        expect(page.locator(".error-summary")).to_be_visible()
        eyes.look(page)
        hands.open(plan)
    acts.promise(page, 2014, "1,25")
    expect(page.locator("#funding-plan [data-focus]")).to_be_visible()
    eyes.look(page)
    acts.promise(page, 2014, "1")
    expect(page.locator(".error-summary")).to_contain_text("pourquoi vous réduisez")
    eyes.look(page)
    _advance(hands, plan)
    hands.open("/enveloppes")
    page.get_by_label("Enveloppe pour 2015").fill("mille")
    acts.press(page, "Déclarer l’enveloppe 2015")
    expect(page.locator(".error-summary")).to_be_visible()
    eyes.look(page)
    eyes.done()


def _advance(hands: Hands, plan: str) -> None:
    """What is pasted, a step of a tranche, its withdrawal, the acts behind."""
    page = hands.page
    hands.open(f"{plan}?ligne=instrument.investment")
    hands.open(f"{plan}/coller")
    hands.send("Voir la ligne")
    hands.send("Voir la ligne", "#funding-mine [data-focus]", text="1\t2\t3")
    hands.open(plan)
    hands.open(str(page.locator("#funding-line td a").first.get_attribute("href")))
    tranche = page.url
    hands.open(f"{tranche}/inscription")
    hands.send("Enregistrer au nom")
    hands.open(f"{tranche}/retirer")
    hands.send("Retirer au nom")
    hands.open("/actes")
    hands.open(str(page.locator("#actes th a").first.get_attribute("href")))
    hands.open("/actes/nouveau")
    hands.send("Enregistrer")


def test_discussing_wrongly_and_well(visitor: Visitor, eyes: Eyes) -> None:
    page = visitor.sign_in(acts.FUNDER)
    hands = Hands(page, eyes)
    page.goto("/actions?partenaire=ville-grenoble")
    page.locator("main tr.mine th a").last.click()
    hands.open(f"{page.url}/discussion")
    hands.send("Publier le message")
    page.get_by_label("Mon organisation seulement").check()
    hands.send(
        "Publier le message",
        ".thread:has-text('entre nous')",
        text="Gardons cela **entre nous** :\n- un point\n- un autre",
    )
    page.get_by_role("link", name=re.compile("^Répondre en interne")).first.click()
    page.locator("#repondre").wait_for()
    eyes.look(page)
    hands.send("Répondre en interne")
    hands.open(str(page.locator(".comment-acts a", has_text="Modifier").first.get_attribute("href")))
    eyes.look(page)
    hands.send("Enregistrer le message", text="")
    eyes.done()


def test_answering_wrongly_and_well(visitor: Visitor, eyes: Eyes) -> None:
    page = visitor.sign_in("representant@collectivite-15.example")
    hands = Hands(page, eyes)
    page.locator("#taches a", has_text="Donner l’avis").first.click()
    hands.send("Vérifier avant de rendre l’avis")
    page.get_by_label("Favorable avec réserves").check()
    hands.send("Vérifier avant de rendre l’avis", "#decisions-position h3", reason="Préciser le calendrier.")
    hands.send("Rendre l’avis au nom de votre organisation", "#decisions-position .notice.done")
    hands.follow("Changer cet avis")
    acts.press(page, "Vérifier avant de rendre l’avis")
    page.get_by_role("heading", name="Vous allez rendre").wait_for()
    hands.send("Rendre l’avis au nom de votre organisation")
    hands.open(page.url.split("/avis")[0])
    eyes.look(page)
    eyes.done()


def test_the_office_makes_mistakes(visitor: Visitor, eyes: Eyes) -> None:
    page = visitor.sign_in(acts.OFFICE)
    hands = Hands(page, eyes)
    page.locator("#taches a", has_text="Prononcer").first.click()
    hands.send("Vérifier avant de prononcer")
    page.get_by_label("Adoptée", exact=True).check()
    hands.send("Vérifier avant de prononcer", "h2[data-focus]", text="La fiche est inscrite.", reason="Accord.")
    for path, button in (
        ("/contrat/objectifs", "Ajouter l’objectif"),
        ("/contrat/periodes/proposing", "Enregistrer les dates"),
        ("/partenaires/collectivite-13/completer", "Compléter le signataire"),
    ):
        hands.open(path)
        hands.send(button)
    page.goto("/actions?statut=shared")
    page.locator("main table th a").last.click()
    hands.open(f"{page.url}/decisions/ouvrir")
    hands.send("Ouvrir la consultation")
    eyes.done()


def test_the_auditor_verifies(visitor: Visitor, eyes: Eyes) -> None:
    hands = Hands(visitor.sign_in(acts.AUDITOR), eyes)
    hands.open("/audit/verifier")
    hands.send("Vérifier maintenant", "#verdict")
    hands.open("/audit/exporter")
    hands.send("Exporter", until="-1")
    hands.open("/audit?du=hier")
    eyes.look(hands.page)
    eyes.done()


def test_what_is_refused(visitor: Visitor, eyes: Eyes) -> None:
    page = visitor.sign_in("contributeur@ville-grenoble.example")
    for path, status in (("/rien-ici", 404), ("/contrat/objectifs", 404), ("/deconnexion", 405)):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status
        eyes.look(page)
    page.goto("/actions/nouvelle")
    page.locator("main [name=title]").fill("Un titre à ne pas perdre")
    page.locator("main [name=csrf_token]").evaluate("field => { field.value = 'de quelqu’un d’autre' }")
    acts.press(page, "Ouvrir le brouillon")
    expect(page.locator("main")).to_contain_text("403")
    eyes.look(page)
    eyes.done()


def test_structure_is_confirmed(visitor: Visitor, eyes: Eyes) -> None:
    page = visitor.sign_in(acts.OFFICE)
    page.goto("/actions?q=achats+responsables")
    page.locator("main tbody th a").first.click()
    fiche = page.url
    for act, said in (
        ("deplacer", {}),
        ("fusionner", {"other": "solidaire"}),
        ("fusionner", {"other": "1.A.01"}),
        ("scinder", {"titles": "Une moitié\nL’autre moitié"}),
        ("lier", {"other": "1.A.01"}),
        ("filiation", {}),
    ):
        address = f"{fiche}/structure/{act}"
        form = html.document_fromstring(page.context.request.get(address).text()).xpath("//main//form")[0]
        sent = filled(form, tuple(one.name for one in form.inputs if is_text(one))) | said
        answer = page.context.request.post(address, form=sent)
        assert answer.status == (422 if said.get("other") == "solidaire" else 200), f"{act}: {answer.text()}"
        _show(page, eyes, answer.status, answer.headers, answer.text())
    eyes.done()


def test_what_waits_for_somebody_else(visitor: Visitor, live_server: Server, eyes: Eyes) -> None:
    """A suggestion to review, a file in quarantine, another that the antivirus refused."""
    page = visitor.sign_in(acts.FUNDER)
    page.goto("/actions?q=achats+responsables")
    page.locator("main tbody th a").first.click()
    fiche = urlsplit(page.url).path
    app = live_server.instance.app(COCON_CLAMAV="127.0.0.1:9")
    try:
        with app.app_context():
            pieces = _left_undone(fiche.rsplit("/", 1)[1])
    finally:
        close(app)
    _walk(page, [f"{fiche}/suggestions", f"{fiche}/pieces", fiche, "/espace"], eyes)
    assert "à revoir avant d’accepter" in page.context.request.get(f"{fiche}/suggestions").text()
    for piece in pieces:
        answer = page.context.request.get(f"{fiche}/pieces/{piece}")
        assert answer.status == 409
        _show(page, eyes, answer.status, answer.headers, answer.text())
    eyes.done()


def _left_undone(action_id: str) -> list[str]:
    owner, other = (_actor(email) for email in (acts.FUNDER, acts.AUTHOR))
    first, _second = (
        suggestions.suggest_change(
            other,
            known(action_id),
            field="context",
            version=known(action_id).version,
            proposed=text,
            reason="Plus clair.",
        ).subject.id
        for text in ("Un contexte récrit.", "Un contexte récrit autrement.")
    )
    suggestions.accept_suggestion(owner, known(action_id), suggestion_id=first, revision=1)
    suggestions.apply_accepted(owner, known(action_id), revision=known(action_id).rev)
    waiting, infected = (attach(owner, known(action_id), title=title) for title in ("Un devis", "Un plan"))
    files.refuse_file(SYSTEM, infected, finding="Eicar")
    return [waiting.id, infected.id]


def _actor(email: str) -> Actor:
    person = person_by_email(email)
    assert person is not None
    return actor_of(mandates_of(person.id)[0])


def test_every_error(visitor: Visitor, live_server: Server, eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page of error, with what was typed, and without what surrounds it when the database is away."""
    page = visitor.sign_in(acts.FUNDER)
    page.goto("/actions/nouvelle")
    sent = {**TYPED, "csrf_token": page.locator("main [name=csrf_token]").input_value()}
    app = live_server.instance.app()
    try:
        add_failure(app)
        client = app.test_client()
        client.set_cookie(
            "session", next(str(one["value"]) for one in page.context.cookies() if one["name"] == "session")
        )
        seen = {answer.status_code for answer in _failures(client, page, eyes, sent)}
        assert {400, 403, 404, 409, 413, 422, 429, 503} <= seen
        monkeypatch.setattr(frame, "facts", away)
        list(_failures(client, page, eyes, sent))
    finally:
        close(app)
    eyes.done()


def _failures(client: Any, page: Page, eyes: Eyes, sent: Mapping[str, str]) -> Iterator[Any]:
    for cause in CAUSES:
        for answer in (client.get(f"/panne/{cause}"), client.post(f"/panne/{cause}", data=sent)):
            _show(page, eyes, answer.status_code, {"Content-Type": answer.headers["Content-Type"]}, answer.text)
            yield answer


@pytest.fixture
def empty(databases: Databases, tmp_path: Path) -> Iterator[Server]:
    """A server on which nobody has done anything yet."""
    with databases.copy("sqlite", "reference", tmp_path / "data") as instance, Server(instance) as server:
        yield server


def test_before_anybody_did_anything(empty: Server, visitors: Callable[[str], Visitor], eyes: Eyes) -> None:
    visitor = visitors(empty.url)
    everywhere = ["/espace", "/actions", "/actions/nouvelle", "/financement", "/enveloppes", "/decisions", "/contrat"]
    everywhere += ["/partenaires", "/partenaires/ville-grenoble", "/compte", "/audit", "/"]
    for role, partner in (("representative", "ville-grenoble"), ("secretariat", "region-rhone-alpes"), ("auditor", "")):
        page = _invited(visitor, empty.instance, role, partner, eyes)
        _walk(page, everywhere, eyes)
    eyes.done()


def _invited(visitor: Visitor, instance: Instance, role: str, partner: str, eyes: Eyes) -> Page:
    """Accept an invitation, clumsily at first; the link serves once."""
    of_partner = ["--partner", partner] if partner else []
    said = instance.cocon("person", "invite", f"{role}@example.org", "--role", role, *of_partner).stdout
    path = "/invitation/" + said.split("/invitation/")[1].split()[0]
    page = visitor.open(path)
    eyes.look(page)
    hands = Hands(page, eyes)
    hands.send("Ouvrir mon compte", password="court", confirmation="autre")
    secret = "quatre mots sans suite logique"
    hands.send("Ouvrir mon compte", "#statut", name="Une Personne", password=secret, confirmation=secret)
    page.wait_for_url("**/espace")
    page.goto(path)
    eyes.look(page)
    return page


GOOD = """<html lang="fr"><head><title>T</title></head><body><main><h1>T</h1>
<label for="t">T</label><input id="t" type="text" class="f" aria-describedby="a"><p id="a">Aide</p>
<a href="/x">lien</a><button type="button">Oui</button><img src="/i" alt="Une image">
<table><caption>Des lignes</caption><tr><th scope="col">Nom</th></tr></table></main></body></html>"""


@pytest.mark.parametrize(
    ("was", "became"),
    [
        ('for="t"', 'for="u"'),
        ('for="t"', ""),
        ("<label for=", "<span data-for="),
        ('id="t"', ""),
        (">lien<", "><"),
        (' href="/x"', ""),
        (">Oui<", "> <"),
        ("Une image", ""),
        (' alt="Une image"', ""),
        ('describedby="a"', 'describedby="b"'),
        ('id="a"', 'id="t"'),
        ("<caption>Des lignes</caption>", ""),
        (' lang="fr"', ""),
        ("<title>T</title>", "<title></title>"),
    ],
)
def test_a_part_that_lost_what_names_it_is_not_passed(was: str, became: str) -> None:
    """The negative control of what is passed: the good page first, then the broken one."""
    eyes, broken = Eyes(), GOOD.replace(was, became)
    assert broken != GOOD
    assert [eyes.is_new(source) for source in (GOOD, GOOD, broken, broken)] == [True, False, True, False]
    other = GOOD.replace('"t"', '"z"').replace('"a"', '"y"').replace("lien", "autre").replace("/x", "/z")
    assert not eyes.is_new(other), "what a part is called makes no difference"


def test_a_page_broken_after_the_same_was_seen_whole_is_caught(visitor: Visitor) -> None:
    page, eyes = visitor.open("/connexion"), Eyes()
    eyes.look(page)
    eyes.done()
    page.evaluate("document.querySelector('label[for=email]').htmlFor = 'nowhere'")
    eyes.look(page)
    with pytest.raises(AssertionError, match="label"):
        eyes.done()


def test_a_page_that_fails_is_caught(visitor: Visitor) -> None:
    """The negative control: a field without its name, a block wider than a telephone."""
    page, eyes = visitor.open("/connexion"), Eyes()
    page.evaluate("""() => {
      document.querySelector("label").remove();
      document.querySelector("main").append(Object.assign(document.createElement("img"), {width: 600, alt: ""}));
    }""")
    eyes.look(page)
    with pytest.raises(AssertionError, match="label"):
        eyes.done()
    assert any("goes to" in fault for fault in eyes.faults)
