"""Threads as people meet them: sections, quotations, the end of a thread, what authors do, what awaits whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask

from cocon.actions import operations as actions
from cocon.kernel import clock
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, csrf, fields, known, share, signed_in, statements
from tests.discussion import making
from tests.factories import World
from tests.support.client import Client

pytestmark = pytest.mark.engines("sqlite")
both = pytest.mark.engines("sqlite", "postgresql")


@dataclass
class Stage:
    """A fiche of the Ville de Grenoble, and browsers of people who read it."""

    app: Flask
    world: World
    action_id: str

    @property
    def url(self) -> str:
        """Its exchanges."""
        return f"/actions/{self.action_id}/discussion"

    def client(self, role: str = "representative", partner: str | None = METRO) -> Client:
        """A browser of that person."""
        with self.app.app_context():
            actor = self.world.actor(role, partner)
        return signed_in(self.app, self.world, actor)

    def say(self, text: str = "Bonjour.", partner: str = METRO, ago: timedelta | None = None, **how: str) -> str:
        """A message to all, said now or some time ago."""
        with self.app.app_context(), clock.standing_at(clock.now() - (ago or timedelta())):
            actor = self.world.actor("representative", partner)
            how = how if "thread_id" in how else {"visibility": "partners", **how}
            return making.operations.post_comment(actor, known(self.action_id), text=text, **how).subject.id  # type: ignore[arg-type]

    def resolve(self, thread_id: str, partner: str = METRO) -> None:
        """The thread is over."""
        with self.app.app_context():
            making.resolve(self.world.actor("representative", partner), self.action_id, thread_id)

    def revise(self) -> None:
        """The fiche gets its next version."""
        with self.app.app_context():
            action = known(self.action_id)
            owner = self.world.actor("representative", GRENOBLE)
            actions.publish_version(owner, action, revision=action.rev, summary="s", fields=fields(context="Autre"))


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract and a fiche."""
    with app.app_context():
        world = World.installed()
        return Stage(app, world, share(world.actor("representative", GRENOBLE)).id)


def test_a_section_of_the_fiche_leads_to_its_threads(stage: Stage) -> None:
    client = stage.client()
    page = client.get(f"/actions/{stage.action_id}")
    link = page.select_one("#ce-qui-sera-fait a.discuss")
    assert " ".join(link.get_text().split()) == "En discuter : Ce qui sera fait"
    page = client.get(str(link["href"]))
    assert "rubrique « Ce qui sera fait »" in page.words("h1")
    assert page.select_one("#section option[selected]")["value"] == "content"
    client.submit(stage.url, {"section": "content", "visibility": "partners", "text": "Combien de samedis ?"})
    stage.say("Sur tout")
    page = client.get(str(link["href"]))
    assert len(page.select(".thread")) == 1
    assert "Sur la rubrique « Ce qui sera fait » , version 1" in page.words(".thread-head")
    page = client.get(f"/actions/{stage.action_id}")
    assert "(1 fil ouvert)" in page.words("#ce-qui-sera-fait .section-margin")
    assert "fil ouvert" not in page.words("#contexte .section-margin")
    assert "Lire les échanges" in stage.client("auditor", None).get(f"/actions/{stage.action_id}").words("#contexte")
    assert len(client.get(f"{stage.url}?rubrique=inconnue").select(".thread")) == 2


def test_a_thread_says_that_the_text_has_changed_since(stage: Stage) -> None:
    stage.say()
    client = stage.client()
    assert "la fiche en est à" not in client.get(stage.url).words(".thread-head")
    stage.revise()
    head = client.get(stage.url).words(".thread-head")
    assert head.endswith("Sur la fiche entière , version 1 (la fiche en est à la 2)")


def test_quoting_opens_the_reply_with_the_words(stage: Stage) -> None:
    said = stage.say("Qui complète ?\n> ancien\n**Moi ?**")
    client = stage.client("representative", GRENOBLE)
    link = next(a for a in client.get(stage.url).select(".comment-acts a") if a.get_text().startswith("Citer"))
    page = client.get(str(link["href"]).split("#", maxsplit=1)[0])
    typed = page.select_one("#repondre textarea").get_text()
    assert typed.strip() == ("> Representative grenoble-alpes-metropole a écrit\u00a0:\n> Qui complète ?\n> **Moi ?**")
    client.submit(stage.url, {"text": f"{typed}Nous."})
    page = client.get(stage.url)
    assert "Qui complète ?" in page.select(".comment blockquote")[-1].get_text()
    assert page.select(f"#fil-{said} blockquote + p")


def test_what_i_cannot_read_cannot_be_quoted(stage: Stage) -> None:
    inside = stage.say("kanari", visibility="internal")
    shared = stage.say("À tous")
    client = stage.client("representative", GRENOBLE)
    for thread in (inside, shared):
        assert "kanari" not in client.get(f"{stage.url}?fil={thread}&citer={inside}").text


@both
@pytest.mark.parametrize("htmx", [False, True])
def test_a_thread_is_resolved_then_reopened(stage: Stage, *, htmx: bool) -> None:
    said = stage.say("Une question")
    client = stage.client("contributor", METRO)
    client.get(stage.url)
    answer = client.submit(f"{stage.url}/{said}/resoudre", htmx=htmx)
    page = answer if htmx else client.follow(answer)
    summary = page.words(".thread.over summary")
    assert "Résolu le" in summary
    assert "par Contributor grenoble-alpes-metropole, pour Grenoble-Alpes Métropole" in summary
    assert not page.select(".thread .reply a")
    assert page.select_one(".thread.over details:not([open]) .comment")
    client.get(stage.url)
    answer = client.submit(f"{stage.url}/{said}/rouvrir", htmx=htmx)
    assert not (answer if htmx else client.follow(answer)).select(".thread.over")


def test_a_thread_resolved_meanwhile_is_explained(stage: Stage) -> None:
    said = stage.say("Une question")
    client = stage.client()
    client.get(stage.url)
    stage.resolve(said)
    answer = client.submit(f"{stage.url}/{said}/resoudre", status=409)
    assert "Ce fil est déjà résolu." in answer.words(".notice")
    answer = client.post(stage.url, {"thread_id": said, "text": "Trop tard"}, status=409)
    assert "Trop tard" in answer.select_one("textarea").get_text()
    assert "Ce fil est résolu. Rouvrez-le" in answer.words("#erreurs")


def test_those_who_may_not_resolve_see_no_button(stage: Stage) -> None:
    said = stage.say()
    for role, partner, may in (
        ("representative", METRO, True),
        ("contributor", GRENOBLE, True),
        ("secretariat", REGION, True),
        ("representative", ISERE, False),
        ("reader", METRO, False),
        ("auditor", None, False),
    ):
        client = stage.client(role, partner)
        page = client.get(stage.url)
        assert bool(page.form(f"{stage.url}/{said}/resoudre")) is may
        if not may:
            sent = {**csrf(stage.app, client), "version": "0"}
            client.post(f"{stage.url}/{said}/resoudre", sent, status=404)


@both
@pytest.mark.parametrize("htmx", [False, True])
def test_a_message_is_rewritten(stage: Stage, *, htmx: bool) -> None:
    said = stage.say("Avant")
    client = stage.client()
    links = [a for a in client.get(stage.url).select(".comment-acts a") if a.get_text().startswith("Modifier")]
    url = str(links[0]["href"])
    page = client.get(url, htmx=htmx)
    assert page.select_one("#nouveau-texte").get_text().strip() == "Avant"
    assert "jusqu’à" in page.words("#discussion-amend")
    assert bool(page.select("#discussion-threads")) is htmx
    answer = client.submit(url, {"text": "Après"}, htmx=htmx)
    page = answer if htmx else client.follow(answer)
    assert page.words(f"#message-{said} .prose") == "Après"
    assert "modifié à" in page.words(f"#message-{said} .note")


@pytest.mark.parametrize("htmx", [False, True])
def test_after_a_quarter_of_an_hour_a_message_is_corrected(stage: Stage, *, htmx: bool) -> None:
    said = stage.say("Avant", ago=timedelta(minutes=20))
    client = stage.client()
    page = client.get(stage.url)
    link = next(a for a in page.select(".comment-acts a") if a.get_text().startswith("Corriger"))
    moved = client.get(f"{stage.url}/{said}/modifier", status=303)
    assert moved.location == str(link["href"])
    page = client.get(str(link["href"]), htmx=htmx)
    assert "Le message d’origine reste lisible" in page.words("#discussion-amend")
    answer = client.submit(str(link["href"]), {"text": "Lire **dix**"}, htmx=htmx)
    page = answer if htmx else client.follow(answer)
    assert page.words(f"#message-{said} > .prose") == "Avant"
    assert page.words(f"#message-{said} .correction").startswith("Correction.")
    assert page.select_one(f"#message-{said} .correction strong + *, .correction .prose strong")


def test_a_form_that_waited_too_long_becomes_a_correction_and_keeps_the_text(stage: Stage) -> None:
    said = stage.say("Avant")
    client = stage.client()
    client.get(f"{stage.url}/{said}/modifier")
    later = clock.now() + timedelta(minutes=15)
    with clock.standing_at(later):
        answer = client.submit(f"{stage.url}/{said}/modifier", {"text": "Longuement écrit"}, status=409)
    assert "Les 15 minutes pour modifier ce message sont passées" in answer.words("#erreurs")
    assert answer.select_one("#nouveau-texte").get_text().strip() == "Longuement écrit"
    with clock.standing_at(later):
        client.submit(f"{stage.url}/{said}/corriger", {"text": "Longuement écrit"})
    assert "Longuement écrit" in client.get(stage.url).words(".correction")


@both
@pytest.mark.parametrize("htmx", [False, True])
def test_a_message_is_withdrawn_with_its_reason_in_its_place(stage: Stage, *, htmx: bool) -> None:
    said = stage.say("À oublier")
    client = stage.client()
    url = f"{stage.url}/{said}/retirer"
    client.get(url, htmx=htmx)
    answer = client.submit(url, {"reason": " "}, htmx=htmx, status=422)
    assert "Dites pourquoi" in answer.words("#erreurs")
    answer = client.submit(url, {"reason": "Mauvaise fiche."}, htmx=htmx)
    page = answer if htmx else client.follow(answer)
    assert "Message retiré par Representative grenoble-alpes-metropole le" in page.words(f"#message-{said}")
    assert "Mauvaise fiche." in page.words(f"#message-{said}")
    assert "À oublier" not in page.words("#discussion-threads")
    assert not page.select(f"#message-{said} .comment-acts")
    client.get(url, status=409)
    assert "Mauvaise fiche" in client.get(f"/actions/{stage.action_id}/historique").words()


def test_what_was_taken_back_is_read_by_auditors_alone(stage: Stage) -> None:
    kept, gone = stage.say("À garder"), stage.say("À oublier")
    history = f"/actions/{stage.action_id}/historique"
    client = stage.client()
    assert "À oublier" in client.get(history).words()
    client.get(f"{stage.url}/{gone}/retirer")
    client.submit(f"{stage.url}/{gone}/retirer", {"reason": "Mauvaise fiche."})
    for role, partner in (("representative", METRO), ("representative", GRENOBLE), ("secretariat", REGION)):
        said = stage.client(role, partner).get(history).words()
        assert "À oublier" not in said
        assert "texte retiré par son auteur" in said
        assert "À garder" in said
    assert "À oublier" in stage.client("auditor", None).get(history).words()
    assert kept != gone


def test_a_stale_form_is_explained_and_can_be_sent_again(stage: Stage) -> None:
    said = stage.say("Avant")
    one, other = stage.client(), stage.client()
    url = f"{stage.url}/{said}/modifier"
    one.get(url)
    other.get(url)
    other.submit(url, {"text": "Autre onglet"})
    answer = one.submit(url, {"text": "Premier onglet"}, status=409)
    assert "a changé depuis l’affichage" in answer.words("#erreurs")
    assert "Autre onglet" in answer.words(f"#message-{said}")
    assert answer.select_one("#nouveau-texte").get_text().strip() == "Premier onglet"
    one.submit(url, {"text": "Premier onglet"})
    assert "Premier onglet" in one.get(stage.url).words(".comment .prose")


def test_the_message_of_another_has_no_acts_and_no_page(stage: Stage) -> None:
    said = stage.say("De la Métropole")
    inside = stage.say("kanari-interne", visibility="internal")
    for role, partner in (("representative", GRENOBLE), ("contributor", METRO), ("secretariat", REGION)):
        client = stage.client(role, partner)
        acts = client.get(stage.url).words(f"#message-{said} .comment-acts")
        assert "Modifier" not in acts
        assert "Retirer" not in acts
        for comment in (said, inside):
            for act in ("modifier", "corriger", "retirer"):
                url = f"{stage.url}/{comment}/{act}"
                client.get(url, status=404)
                sent = {**csrf(stage.app, client), "version": "0", "text": "x", "reason": "x"}
                client.post(url, sent, status=404)
    nothing = "00000000-0000-7000-8000-000000000000"
    client.get(f"{stage.url}/{nothing}/modifier", status=404)
    client.get(f"/actions/{nothing}/discussion/{said}/modifier", status=404)


@pytest.mark.parametrize(
    ("typed", "said", "status"),
    [
        ("", "Écrivez votre message.", 422),
        ("x" * 5001, "trop long", 422),
        ("a\x01b", "caractères de commande", 422),
        ("x" * 1_000_000, "", 413),
        ("Pareil", "Le texte est le même", 409),
    ],
)
def test_a_faulty_text_is_explained(stage: Stage, typed: str, said: str, status: int) -> None:
    comment = stage.say("Pareil")
    client = stage.client()
    url = f"{stage.url}/{comment}/modifier"
    client.get(url)
    answer = client.submit(url, {"text": typed}, status=None)
    assert answer.status in (status, 422)
    assert said in answer.words()


@pytest.mark.parametrize("text", ["👩🏽‍🚒 🇫🇷", "קרא אותי", "<b>x</b> & ]]> {{ 7*7 }}", "@" * 50])
def test_odd_text_is_shown_as_it_is(stage: Stage, text: str) -> None:
    client = stage.client()
    client.get(stage.url)
    client.submit(stage.url, {"text": text, "visibility": "partners", "section": ""})
    assert client.get(stage.url).select_one(".comment .prose").get_text().strip() == text


@both
def test_calling_a_partner_asks_it_in_its_workspace(stage: Stage) -> None:
    grenoble = stage.client("contributor", GRENOBLE)
    client = stage.client()
    page = client.get(stage.url)
    assert len(page.select("#ecrire details.tell input[type=checkbox]")) == 20
    assert "Contributor ville-grenoble" in [str(one["value"]) for one in page.select("#personnes option")]
    answer = client.submit(
        stage.url, {"visibility": "partners", "text": "Et vous, @cg-isere ?", "notify": "ville-grenoble"}
    )
    page = client.follow(answer)
    names = [one.get_text() for one in page.select(".comment .mention")]
    assert names == ["Conseil général de l’Isère", "Ville de Grenoble"]
    page = grenoble.get("/espace")
    link = page.select("#taches a[href*=discussion]")[0]
    assert link.get_text().startswith("Répondre à Representative grenoble-alpes-metropole sur la fiche 1.01")
    assert "Grenoble-Alpes Métropole attend votre réponse" in page.words("#taches")
    page = grenoble.get(str(link["href"]).split("#", maxsplit=1)[0])
    assert page.select_one("#repondre textarea")
    page = grenoble.get("/espace")
    form = page.select("#taches form")[0]
    page = grenoble.follow(grenoble.submit(str(form["action"])))
    assert "n’attend plus de réponse" in page.words("#statut")
    assert not page.select("#taches a[href*=discussion]")
    assert not stage.client("representative", GRENOBLE).get("/espace").select("#taches a[href*=discussion]")


def test_a_call_that_cannot_be_is_explained_and_kept(stage: Stage) -> None:
    client = stage.client()
    client.get(stage.url)
    sent = {"visibility": "internal", "text": "Et @ville-grenoble ?"}
    answer = client.submit(stage.url, sent, status=409)
    assert "Ville de Grenoble ne peut pas le lire" in answer.words("#erreurs")
    assert answer.select_one("#message").get_text().strip() == sent["text"]
    sent = {"visibility": "partners", "text": "Et ?", "person": "Nul ne sait", "notify": "ville-grenoble"}
    answer = client.submit(stage.url, sent, status=409)
    assert "Personne ne porte ce nom" in answer.words("#erreurs")
    assert answer.select_one("#person")["value"] == "Nul ne sait"
    assert answer.select_one("details.tell[open] input[value=ville-grenoble][checked]")
    answer = client.submit(stage.url, {**sent, "person": "", "section": "inconnue"}, status=None)
    assert answer.status in (409, 422)
    assert "Choisissez une rubrique" in answer.words("#erreurs")


def test_an_internal_thread_offers_its_own_people_only(stage: Stage) -> None:
    stage.client("contributor", GRENOBLE)
    stage.client("contributor", METRO)
    thread = stage.say("Entre nous", visibility="internal")
    page = stage.client().get(f"{stage.url}?fil={thread}")
    assert not page.select("#repondre input[type=checkbox]")
    assert [str(one["value"]) for one in page.select("#personnes option")] == [
        "Contributor grenoble-alpes-metropole",
        "Representative grenoble-alpes-metropole",
    ]


def test_an_act_sent_twice_is_done_once(stage: Stage) -> None:
    said = stage.say("Avant")
    client = stage.client()
    url = f"{stage.url}/{said}/modifier"
    form = client.get(url).form(url)
    assert form is not None
    hidden = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden][value]")}
    for _time in range(2):
        client.post(url, {**hidden, "text": "Une fois"})
    with stage.app.app_context():
        assert making.message(stage.world.actor("representative", METRO), stage.action_id, said).revision == 1


def test_an_old_thread_is_found_by_its_address(stage: Stage) -> None:
    first = stage.say("Le tout premier", ago=timedelta(hours=1))
    last = stage.say("Le fil", ago=timedelta(minutes=50))
    for number in range(101):
        stage.say(str(number), thread_id=last)
    client = stage.client()
    page = client.get(stage.url)
    assert "Le tout premier" not in page.text
    assert not page.select(".discuss .nowrap")
    page = client.get(f"{stage.url}?fil={first}")
    assert "Le tout premier" in page.text
    assert page.select_one("#repondre textarea")
    older = client.get(stage.url).html.find("a", string="Lire les échanges plus anciens")
    assert older is not None
    page = client.get(str(older["href"]))  # type: ignore[index]
    link = next(a for a in page.select(f"#message-{first} .comment-acts a") if a.get_text().startswith("Corriger"))
    part = client.get(str(link["href"]), htmx=True)
    assert part.select_one(f"#message-{first} #discussion-amend")


@both
def test_the_pages_cost_the_same_whatever_became_of_the_threads(stage: Stage) -> None:
    client = stage.client()
    urls = (stage.url, f"/actions/{stage.action_id}", "/espace", f"{stage.url}?rubrique=content")

    def costs() -> list[int]:
        found = []
        for url in urls:
            client.get(url)
            with statements() as seen:
                client.get(url)
            found.append(len(seen))
        return found

    stage.say("@grenoble-alpes-metropole ?", GRENOBLE)
    few = costs()
    for number in range(12):
        said = stage.say("@grenoble-alpes-metropole @cg-isere ?", GRENOBLE, section="content")
        stage.say("Réponse", thread_id=said)
        if number % 2:
            stage.resolve(said, GRENOBLE)
        with stage.app.app_context():
            actor = stage.world.actor("representative", GRENOBLE)
            making.edit(
                actor, stage.action_id, making.say(actor, stage.action_id, section="results"), "Neuf", minutes=1
            )
            other = making.say(actor, stage.action_id)
            making.correct(actor, stage.action_id, other, "Correction", hours=1)
            making.withdraw(actor, stage.action_id, other, hours=2)
    assert costs() == few
    assert max(few) <= 6, dict(zip(urls, few, strict=True))
