"""The pages of decisions: what each reader sees, what forms do, with and without htmx."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import select

from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.decisions import operations, queries
from cocon.decisions.models import Consultation, Position
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, ISERE, REGION, close, signed_in, statements
from tests.decisions.making import DEADLINE, after_closing, again, answer, consult, everybody, fiche, pronounce, revise
from tests.factories import World
from tests.support.client import Answer, Client

DONE = {"confirmer": "oui"}


@dataclass
class Scene:
    """The installed contract, one fiche and the consultation open on it."""

    app: Flask
    world: World
    action_id: str
    id: str

    @property
    def url(self) -> str:
        """The page of the consultation."""
        return f"/decisions/{self.id}"

    def actor(self, role: str, partner: str | None = GRENOBLE) -> Actor:
        """Somebody who holds that role."""
        with self.app.app_context():
            return self.world.actor(role, partner)

    def client(self, role: str = "representative", partner: str | None = GRENOBLE) -> Client:
        """A browser where they are signed in, at the clock's time."""
        return signed_in(self.app, self.world, self.actor(role, partner))

    def office(self) -> Client:
        """The secretariat's browser."""
        return self.client("secretariat", REGION)

    def positions(self) -> list[tuple[str, str | None]]:
        """All positions given, in order."""
        with self.app.app_context():
            rows = db.session.scalars(select(Position).order_by(Position.given_at)).all()
            return [(row.stance, row.reason) for row in rows]


@pytest.fixture
def scene(app: Flask) -> Scene:
    """One consultation open until the 20th, nobody answered yet."""
    with app.app_context():
        world = World.installed()
        consultation = consult(world, question="Qui couvre le reste\u202f?")
        return Scene(app, world, consultation.action_id, consultation.id)


def send(client: Client, url: str, data: dict[str, str], status: int) -> Answer:
    """Post what no form of the last page offers."""
    client.get("/compte")
    return client.post(url, data, status=status)


def plain(tag: Tag) -> str:
    """The text of an element, as it reads."""
    return re.sub(r" (?=[,.])", "", " ".join(tag.get_text(" ").split()))


def take(client: Client, scene: Scene, stance: str, reason: str = "", **more: object) -> Answer:
    """Answer in two steps, as people do."""
    client.get(f"{scene.url}/avis?changer=oui")
    client.submit(f"{scene.url}/avis", {"stance": stance, "reason": reason}, status=200)
    return client.submit(f"{scene.url}/avis", {**DONE, **more})


def test_a_position_is_given_in_two_steps(scene: Scene) -> None:
    client = scene.client()
    page = client.get(f"{scene.url}/avis")
    assert "Une association" in page.words("#fiche")
    assert "100 000,00 €" in page.words("#fiche")
    assert "Qui couvre le reste ?" in page.words("#fiche")
    check = client.submit(
        f"{scene.url}/avis", {"stance": "reserve", "reason": "Préciser le <b>reste</b>.\nEt le calendrier."}, status=200
    )
    assert check.words("h1") == "Vérifier l’avis de la Ville de Grenoble"
    said = check.words("#decisions-position")
    assert "Vous allez rendre, au nom de la Ville de Grenoble, un avis favorable avec réserves sur la version 1" in said
    assert "Préciser le <b>reste</b>. Et le calendrier." in said
    assert "Ville de Grenoble" in said
    assert scene.positions() == []
    after = client.follow(client.submit(f"{scene.url}/avis", DONE))
    assert after.url == f"{scene.url}/avis"
    assert scene.positions() == [("reserve", "Préciser le <b>reste</b>.\nEt le calendrier.")]
    assert "L’avis de votre organisation est enregistré." in after.words("#statut")
    assert receipt(after) == last_seq(scene)


def receipt(page: Answer) -> int:
    """The number that the link to the receipt names."""
    link = next(link for link in page.select("#decisions-position a") if "Reçu" in link.get_text())
    address = str(link["href"])
    assert address.startswith("/audit/")
    assert address.endswith("/recu")
    return int(address.split("/")[2])


def last_seq(scene: Scene) -> int:
    """The number of the last position in the log."""
    with scene.app.app_context():
        kind = LogEntry.kind.startswith("decisions.position")
        seq = db.session.scalars(select(LogEntry.seq).where(kind).order_by(LogEntry.seq.desc())).first()
    assert seq is not None
    return seq


def test_htmx_takes_the_same_steps_in_the_part(scene: Scene) -> None:
    client = scene.client()
    form = client.get(f"{scene.url}/avis").form(f"{scene.url}/avis")
    assert form is not None
    assert (form["hx-post"], form["hx-target"]) == (f"{scene.url}/avis", "#decisions-position")
    wrong = client.submit(f"{scene.url}/avis", {"stance": "unfavorable"}, htmx=True, status=422)
    assert wrong.select_one("#decisions-position .error-summary")
    check = client.submit(f"{scene.url}/avis", {"stance": "abstention"}, htmx=True)
    assert "Vous allez vous abstenir" in check.words("#decisions-position")
    after = client.submit(f"{scene.url}/avis", DONE, htmx=True)
    assert receipt(after) == last_seq(scene)
    assert "enregistré" in after.select_one("#statut[hx-swap-oob]").get_text()
    assert scene.positions() == [("abstention", None)]


def test_the_check_page_leads_back_with_what_was_typed(scene: Scene) -> None:
    client = scene.client()
    client.get(f"{scene.url}/avis")
    client.submit(f"{scene.url}/avis", {"stance": "reserve", "reason": "Le coût."}, status=200)
    back = client.submit(f"{scene.url}/avis", {"modifier": "oui"}, status=200)
    assert back.select_one("#stance-1[checked]")["value"] == "reserve"
    assert back.select_one("textarea[name=reason]").get_text().strip() == "Le coût."
    assert scene.positions() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Choisissez l’avis de votre organisation."),
        ({"stance": "silent"}, "Choisissez l’avis de votre organisation."),
        ({"stance": "reserve", "reason": "  "}, "Écrivez la réserve"),
        ({"stance": "unfavorable"}, "le motif est exigé"),
        ({"stance": "favorable", "reason": "x" * 4001}, "trop long"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_kept(scene: Scene, typed: dict[str, str], sentence: str) -> None:
    client = scene.client()
    client.get(f"{scene.url}/avis")
    for step in ({}, DONE):
        page = client.post(f"{scene.url}/avis", {"stance": None, **typed, **step}, status=422)
        assert sentence in page.words(".error-summary")
        assert page.words("title").startswith("Erreur : ")
        kept = page.select_one("textarea[name=reason]").get_text().strip()
        assert kept == typed.get("reason", "").strip()
    assert scene.positions() == []


def test_every_control_of_the_form_has_its_words(scene: Scene) -> None:
    page = scene.client().get(f"{scene.url}/avis")
    form = page.form(f"{scene.url}/avis")
    assert form is not None
    assert [legend.get_text() for legend in form.select("fieldset > legend")] == [
        "Quel est l’avis de votre organisation\u202f?"
    ]
    radios = form.select("fieldset input[type=radio]")
    assert [str(radio["value"]) for radio in radios] == list(queries.STANCES)
    for control in [*radios, *form.select("textarea")]:
        assert form.select(f'label[for="{control["id"]}"]'), control
    assert all(not tag.has_attr("tabindex") for tag in form.select("input, textarea, button, a"))


def test_a_position_can_be_changed_and_the_former_one_is_shown_as_earlier(scene: Scene) -> None:
    client = scene.client()
    take(client, scene, "unfavorable", "Trop cher.")
    given = client.get(f"{scene.url}/avis")
    assert "défavorable" in given.words("#decisions-position")
    assert given.form(f"{scene.url}/avis") is None
    form = client.get(f"{scene.url}/avis?changer=oui")
    assert "Votre organisation a déjà répondu : défavorable." in form.words("#decisions-position")
    assert form.select_one("textarea[name=reason]").get_text().strip() == "Trop cher."
    take(client, scene, "favorable")
    assert scene.positions() == [("unfavorable", "Trop cher."), ("favorable", None)]
    shown = scene.client(partner=ISERE).get(scene.url)
    rows = shown.select("#decisions-answers tbody tr")
    assert len(rows) == 1
    assert plain(rows[0]).startswith(
        "Ville de Grenoble favorable Avis précédent : défavorable, le 06/01/2014, « Trop cher. »"
    )
    assert "1 favorable" in shown.words("ul.positions")
    assert "19 sans réponse" in shown.words("ul.positions")


def test_the_same_answer_again_is_refused_next_to_its_field(scene: Scene) -> None:
    client = scene.client()
    take(client, scene, "favorable")
    client.get(f"{scene.url}/avis?changer=oui")
    client.submit(f"{scene.url}/avis", {"stance": "favorable"}, status=200)
    page = client.submit(f"{scene.url}/avis", DONE, status=409)
    assert "déjà celui de votre organisation" in page.words(".error-summary")
    assert len(scene.positions()) == 1


def test_a_colleague_who_answered_meanwhile_is_not_overwritten_unseen(scene: Scene) -> None:
    client, colleague = scene.client(), scene.client("deputy")
    client.get(f"{scene.url}/avis")
    take(colleague, scene, "reserve", "Le coût.")
    page = client.submit(f"{scene.url}/avis", {"stance": "unfavorable", "reason": "Trop cher."}, status=409)
    assert "a changé depuis l’affichage de la page" in page.words(".error-summary")
    assert "Votre organisation a déjà répondu : favorable avec réserves." in page.words("#decisions-position")
    assert page.select_one("textarea[name=reason]").get_text().strip() == "Trop cher."
    client.submit(f"{scene.url}/avis", {"stance": "unfavorable", "reason": "Trop cher."}, status=200)
    client.submit(f"{scene.url}/avis", DONE)
    assert [stance for stance, _reason in scene.positions()] == ["reserve", "unfavorable"]


def test_a_confirmation_sent_twice_counts_once(scene: Scene) -> None:
    client = scene.client()
    client.get(f"{scene.url}/avis")
    client.submit(f"{scene.url}/avis", {"stance": "favorable"}, status=200)
    form = client.page.form(f"{scene.url}/avis") if client.page else None
    assert form is not None
    sent = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")} | DONE
    first, second = (client.post(f"{scene.url}/avis", sent) for _ in range(2))
    assert first.location == second.location
    assert len(scene.positions()) == 1


def test_a_partner_posted_is_nobodys_but_ones_own(scene: Scene) -> None:
    other = scene.actor("representative", ISERE).partner_id
    client = scene.client()
    client.get(f"{scene.url}/avis")
    facts = {"stance": "favorable", "partner_id": other, "partner": ISERE, **DONE}
    client.post(f"{scene.url}/avis", facts)
    with scene.app.app_context():
        given = db.session.scalars(select(Position)).one()
    assert given.partner_id == scene.actor("representative").partner_id


def test_closed_is_read_only_and_says_why(scene: Scene) -> None:
    take(scene.client(), scene, "reserve", "Le coût.")
    with after_closing():
        late = scene.client(partner=ISERE)
        page = late.get(f"{scene.url}/avis")
        assert "La consultation est close depuis le 20/01/2014 à 23 h 59" in page.words("#decisions-position")
        assert "« sans réponse », ce qui n’est pas une abstention" in page.words("#decisions-position")
        assert page.form(f"{scene.url}/avis") is None
        typed = {"stance": "unfavorable", "reason": "Trop tard pour écrire."}
        for step in ({}, DONE):
            refused = send(late, f"{scene.url}/avis", {**typed, **step}, 409)
            assert "close depuis le 20/01/2014" in refused.words("#decisions-position")
            assert "Trop tard pour écrire." in refused.words("#decisions-position")
        mine = scene.client().get(f"{scene.url}/avis?changer=oui")
        assert mine.form(f"{scene.url}/avis") is None
        assert "Le coût." in mine.words("#decisions-position")
    assert scene.positions() == [("reserve", "Le coût.")]


def test_a_closed_period_is_said_too(scene: Scene) -> None:
    with scene.app.app_context():
        close(scene.world, "deciding")
    client = scene.client()
    sentence = "La période est close depuis le 05/01/2014"
    page = client.get(scene.url)
    assert sentence in page.words("#decisions-acts")
    assert page.select(f"#decisions-acts a[href='{scene.url}/avis']") == []
    assert sentence in client.get(f"{scene.url}/avis").words("#decisions-position")
    listed = client.get("/decisions")
    assert sentence in listed.words("#decisions-list")
    assert listed.select(f'a[href="{scene.url}/avis"]') == []
    refused = send(client, f"{scene.url}/avis", {"stance": "favorable", **DONE}, 409)
    assert sentence in refused.words("#decisions-position")
    assert scene.positions() == []


@pytest.mark.parametrize(
    ("role", "partner"),
    [
        ("secretariat", REGION),
        ("facilitator", "cress-rhone-alpes"),
        ("contributor", GRENOBLE),
        ("reader", GRENOBLE),
        ("auditor", None),
        ("admin", None),
    ],
)
def test_who_binds_no_partner_has_no_such_page(scene: Scene, role: str, partner: str | None) -> None:
    client = scene.client(role, partner)
    page = client.get(scene.url)
    assert "Rendre l’avis" not in page.text
    client.get(f"{scene.url}/avis", status=404)
    send(client, f"{scene.url}/avis", {"stance": "favorable", **DONE}, 404)
    assert scene.positions() == []


def test_who_waits_for_its_representative_is_not_asked(scene: Scene) -> None:
    assert "La Ville de Grenoble n’a pas encore rendu son avis." in scene.client().get(scene.url).words()
    for client, name in (
        (scene.office(), "de la Région Rhône-Alpes"),
        (scene.client("reader"), "de la Ville de Grenoble"),
    ):
        said = client.get(scene.url).words("#decisions-acts")
        assert f"Le représentant {name} n’a pas encore rendu son avis." in said


def test_unknown_consultations_are_not_found(scene: Scene) -> None:
    unknown = "/decisions/01436601-6840-7b8d-89d4-d3c06e7bb237"
    for client in (scene.client(), scene.office()):
        for path in (unknown, f"{unknown}/avis", f"{unknown}/prononcer", "/decisions/2014-01"):
            client.get(path, status=404)


def test_the_part_of_the_fiche_says_when_the_text_has_moved_on(scene: Scene) -> None:
    sentence = "Avis rendus sur la version 1, la fiche en est à la 2."
    assert sentence not in scene.client().get(scene.url).words()
    with scene.app.app_context():
        revise(scene.action_id, scene.world.actor("representative", REGION))
    assert sentence in scene.client().get(scene.url).words("#positions")
    form = scene.client().get(f"{scene.url}/avis")
    assert "La fiche en est à la version 2 : l’avis demandé porte sur la version 1." in form.words("#fiche")
    assert "Recycleries et ateliers" not in form.words()


def test_the_part_shows_groups_and_leads_to_the_consultation(scene: Scene) -> None:
    take(scene.client(), scene, "reserve", "Le coût.")
    take(scene.client(partner=ISERE), scene, "reserve", "Le calendrier.")
    template = scene.app.jinja_env.get_template("decisions/_positions.html")
    with scene.app.test_request_context():
        consultation = queries.whole(scene.id)
        assert consultation is not None
        groups = queries.groups(consultation, scene.actor("representative").partner_id)
        part = template.render(consultation=consultation, groups=groups, action=consultation.action)
        nothing = template.render(consultation=None, groups=[], action=consultation.action)
    assert '<div class="stack" id="decisions-positions">' in part
    assert "<strong>Ville de Grenoble</strong>" in part
    assert "Lire les avis et les 2 réserves" in part
    assert f'href="{scene.url}"' in part
    assert "Sans réponse (18)" in part
    assert "Aucune consultation n’a encore été ouverte" in nothing


def test_the_secretariat_opens_a_consultation(scene: Scene) -> None:
    with scene.app.app_context():
        other = fiche(scene.world, "Une autre fiche")
        revise(other.id, scene.world.actor("representative", REGION), "Une autre fiche, revue")
    office = scene.office()
    listed = office.get(f"/actions/{other.id}/decisions")
    assert "Aucune consultation" in listed.words()
    assert listed.select_one(f'a.btn[href="/actions/{other.id}/decisions/ouvrir"]')
    page = office.get(f"/actions/{other.id}/decisions/ouvrir")
    assert [option["value"] for option in page.select("option")] == ["2", "1"]
    assert page.select_one("option[selected]")["value"] == "2"
    typed = {"of_version": "1", "deadline": "31/01/2014", "question": "Que préférez-vous\u202f?"}
    after = office.follow(office.submit(f"/actions/{other.id}/decisions/ouvrir", typed))
    assert "La consultation 2014-02 est ouverte" in after.words("#statut")
    assert "Une autre fiche : consultation ouverte" in after.words("h1")
    assert "Que préférez-vous ?" in after.words("#question")
    assert "vendredi 31 janvier 2014, 23 h 59" in after.words()
    again_page = office.get(f"/actions/{other.id}/decisions/ouvrir")
    assert "Une consultation est déjà ouverte sur cette fiche" in again_page.words()


@pytest.mark.parametrize(
    ("deadline", "status", "sentence"),
    [
        ("", 422, "Indiquez le dernier jour pour répondre."),
        ("31/02/2014", 422, "Écrivez une date, par exemple 15/11/2014."),
        ("2014-01-05", 409, "Choisissez une date limite qui n’est pas déjà passée."),
    ],
)
def test_a_bad_deadline_is_said_next_to_its_field(scene: Scene, deadline: str, status: int, sentence: str) -> None:
    with scene.app.app_context():
        other = fiche(scene.world, "Une autre fiche")
    office = scene.office()
    office.get(f"/actions/{other.id}/decisions/ouvrir")
    typed = {"deadline": deadline, "question": "Que préférez-vous"}
    page = office.submit(f"/actions/{other.id}/decisions/ouvrir", typed, status=status)
    assert sentence in page.words("#deadline-error")
    assert page.select_one("textarea[name=question]").get_text().strip() == "Que préférez-vous"


def test_a_fiche_revised_meanwhile_is_not_consulted_on_unseen(scene: Scene) -> None:
    with scene.app.app_context():
        other = fiche(scene.world, "Une autre fiche")
    office = scene.office()
    office.get(f"/actions/{other.id}/decisions/ouvrir")
    with scene.app.app_context():
        revise(other.id, scene.world.actor("representative", REGION))
    page = office.submit(f"/actions/{other.id}/decisions/ouvrir", {"deadline": "2014-02-01"}, status=409)
    assert "a changé depuis l’affichage" in page.words(".error-summary")
    assert [option["value"] for option in page.select("option")] == ["2", "1"]
    office.submit(f"/actions/{other.id}/decisions/ouvrir", {"of_version": "2"})


def test_only_the_secretariat_opens_and_pronounces(scene: Scene) -> None:
    for client in (scene.client(), scene.client("facilitator", "cress-rhone-alpes"), scene.client("auditor", None)):
        listed = client.get(f"/actions/{scene.action_id}/decisions")
        assert "Ouvrir une consultation" not in listed.words()
        client.get(f"/actions/{scene.action_id}/decisions/ouvrir", status=404)
        client.get(f"{scene.url}/prononcer", status=404)
        send(client, f"/actions/{scene.action_id}/decisions/ouvrir", {"deadline": "2014-02-01"}, 404)
        facts = {"outcome": "adopted", "text": "Oui.", "reason": "Accord."}
        send(client, f"{scene.url}/prononcer", facts, 404)


def test_the_outcome_waits_and_says_until_when(scene: Scene) -> None:
    office = scene.office()
    page = office.get(f"{scene.url}/prononcer")
    assert "ouverte jusqu’au 20/01/2014 à 23 h 59 et 20 partenaires n’ont pas répondu" in page.words()
    assert page.form(f"{scene.url}/prononcer") is None
    assert "Prononcer la décision" not in office.get(scene.url).words("#decisions-acts")
    facts = {"outcome": "adopted", "text": "La fiche est inscrite.", "reason": "Accord.", "version": "0"}
    early = send(office, f"{scene.url}/prononcer", facts, 409)
    assert "20 partenaires n’ont pas répondu" in early.words(".error-summary")
    assert "La fiche est inscrite." in early.words()


def test_the_outcome_is_pronounced_in_writing_with_the_positions_beside(scene: Scene) -> None:
    take(scene.client(), scene, "reserve", "Préciser le coût.")
    with after_closing():
        office = scene.office()
        assert "Prononcer la décision" in office.get(scene.url).words("#decisions-acts")
        page = office.get(f"{scene.url}/prononcer")
        assert "Avec réserves (1) Ville de Grenoble" in page.words("aside")
        assert "« Préciser le coût. »" in page.words("aside")
        assert "Sans réponse (19)" in page.words("aside")
        assert page.select("input[name=outcome][checked]") == []
        empty = office.submit(f"{scene.url}/prononcer", {}, status=422)
        assert len(empty.select(".error-summary li")) == 3
        facts = {"outcome": "adopted_with_reserve", "text": "La fiche est <inscrite>.", "reason": "Accord large."}
        office.submit(f"{scene.url}/prononcer", facts, status=200)
        after = office.follow(office.submit(f"{scene.url}/prononcer", {"confirmer": "oui"}))
        labels = [label.get_text() for label in after.select("#decisions-six dt")]
        texts = [plain(text) for text in after.select("#decisions-six dd")]
        again_page = office.get(f"{scene.url}/prononcer")
    said = dict(zip(labels, texts, strict=True))
    assert list(said) == ["Quoi", "Qui", "Quand", "Sur quel texte", "Pourquoi", "À quelle condition"]
    assert said["Quoi"].startswith("La fiche-action 1.01, Recycleries, est adoptée sous réserve : « La fiche est <ins")
    assert said["Qui"].startswith("Secretariat region-rhone-alpes, pour le secrétariat du contrat, après l’avis de 1 ")
    assert "mardi 21 janvier 2014" in said["Quand"]
    assert "La version 1, du 6 janvier 2014, et elle seule." in said["Sur quel texte"]
    assert said["Pourquoi"] == "« Accord large. »"
    assert "Réserves exprimées par : Ville de Grenoble." in said["À quelle condition"]
    link = after.select_one(f'#decisions-six a[href="/actions/{scene.action_id}/versions/1"]')
    assert link.get_text() == "Lire ce texte"
    assert "La décision a déjà été prononcée" in again_page.words()


def test_the_outcome_is_read_again_before_it_is_pronounced(scene: Scene) -> None:
    facts = {"outcome": "adopted_with_reserve", "text": "La fiche est <inscrite>.", "reason": "Accord large."}
    with after_closing():
        office = scene.office()
        office.get(f"{scene.url}/prononcer")
        check = office.submit(f"{scene.url}/prononcer", facts, status=200)
        assert "Vous allez prononcer la décision 2014-01 : adoptée sous réserve" in check.words()
        assert "La fiche est <inscrite>." in check.words()
        changed = office.submit(f"{scene.url}/prononcer", {"modifier": "oui"}, status=200)
        assert changed.select_one("textarea[name=text]").get_text().strip() == "La fiche est <inscrite>."
        assert office.get(scene.url).select("#decisions-six") == []


def test_answers_that_arrive_while_the_outcome_is_written_are_seen_first(scene: Scene) -> None:
    with scene.app.app_context():
        answer(everybody(scene.world), again_of(scene))
    office = scene.office()
    office.get(f"{scene.url}/prononcer")
    take(scene.client(), scene, "unfavorable", "Nous avons changé d’avis.")
    facts = {"outcome": "adopted", "text": "Oui.", "reason": "Unanimité."}
    page = office.submit(f"{scene.url}/prononcer", facts, status=409)
    assert "a changé depuis l’affichage" in page.words(".error-summary")
    assert "Nous avons changé d’avis." in page.words("aside")
    office.submit(f"{scene.url}/prononcer", facts, status=200)
    take(scene.client(), scene, "favorable", "Le calendrier convient.")
    late = office.submit(f"{scene.url}/prononcer", {"confirmer": "oui"}, status=409)
    assert "a changé depuis l’affichage" in late.words(".error-summary")
    office.submit(f"{scene.url}/prononcer", facts, status=200)
    assert office.submit(f"{scene.url}/prononcer", {"confirmer": "oui"}).status == 303


def again_of(scene: Scene) -> Consultation:
    """The consultation, inside a context."""
    found = queries.whole(scene.id)
    assert found is not None
    return found


def test_the_list_groups_by_state_and_offers_what_awaits_me(scene: Scene) -> None:
    with scene.app.app_context():
        done = consult(scene.world, fiche(scene.world, "Décidée"))
        answer(everybody(scene.world), done)
        pronounce(scene.world, again(done), "postponed")
    page = scene.client().get("/decisions")
    rows = [plain(row) for row in page.select("#decisions-list tbody tr")]
    assert rows[0] == "Ouvertes aux avis"
    assert "1.01, Recycleries 2014-01 version 1 jusqu’au 20/01/2014 0 sur 20 Rendre l’avis" in rows[1]
    assert rows[2] == "Décidées"
    assert "1.02, Décidée 2014-02 version 1 ajournée le 06/01/2014 20 sur 20 favorable" in rows[3]
    assert page.select_one(f'a[href="{scene.url}/avis"]')
    assert scene.client("reader").get("/decisions").select(f'a[href="{scene.url}/avis"]') == []
    assert "Votre avis" not in scene.client("auditor", None).get("/decisions").words()


def test_empty_lists_say_what_comes(app: Flask) -> None:
    with app.app_context():
        world = World.installed()
        actor = world.actor("representative", GRENOBLE)
    client = signed_in(app, world, actor)
    assert "Aucune consultation n’a encore été ouverte." in client.get("/decisions").words()
    assert "Il n’y a pas d’autre consultation." in client.get("/decisions?apres=2014-99").words()


def test_pages_take_a_constant_number_of_statements(scene: Scene) -> None:
    client, office = scene.client(), scene.office()
    pages = {
        "/decisions": (client, 5),
        scene.url: (client, 6),
        f"{scene.url}/avis": (client, 6),
        f"/actions/{scene.action_id}/decisions": (client, 5),
        f"{scene.url}/prononcer": (office, 5),
    }

    def counts() -> dict[str, int]:
        return {path: counted(browser, path) for path, (browser, _most) in pages.items()}

    counts()
    few = counts()
    assert {path: n for path, n in few.items() if n > pages[path][1]} == {}
    with scene.app.app_context():
        for number in range(30):
            consult(scene.world, fiche(scene.world, f"Fiche {number}"))
        answer(everybody(scene.world)[1:], again_of(scene))
        for stance in ("abstention", "favorable", "abstention"):
            operations.take_position(scene.world.actor("representative", ISERE), again_of(scene), stance=stance)
        assert db.session.get(Action, scene.action_id) is not None
    pages_now = client.get("/decisions")
    assert len(pages_now.select("#decisions-list tbody tr:not(.group-head)")) == 25
    assert pages_now.select_one("a[rel=next]")["href"] == "/decisions?apres=2014-25"
    take_away = counts()
    given = f"{scene.url}/avis"
    assert {path: n for path, n in take_away.items() if path != given} == {
        path: n for path, n in few.items() if path != given
    }
    assert take_away[given] <= 6


def counted(client: Client, path: str) -> int:
    """How many statements a page takes."""
    with statements() as seen:
        client.get(path)
    return len(seen)


def test_the_page_given_leads_to_the_next_opinion_awaited(scene: Scene) -> None:
    with scene.app.app_context():
        other = consult(scene.world, fiche(scene.world, "La suivante"), DEADLINE + timedelta(days=1))
    client = scene.client()
    after = client.follow(take(client, scene, "favorable"))
    assert "Un autre avis vous est demandé" in after.words("#decisions-position")
    link = after.select_one(f'a[href="/decisions/{other.id}/avis"]')
    assert link.get_text() == "1.02, La suivante"


def test_the_time_of_a_late_click_is_the_time_of_the_act(scene: Scene) -> None:
    """A page opened in time and sent too late is refused: the clock is read when the act is done."""
    with clock.standing_at(clock.end_of_day(DEADLINE) - timedelta(seconds=5)):
        client = scene.client()
        client.get(f"{scene.url}/avis")
        client.submit(f"{scene.url}/avis", {"stance": "favorable"}, status=200)
    with after_closing():
        client.submit(f"{scene.url}/avis", DONE, status=409)
    assert scene.positions() == []
