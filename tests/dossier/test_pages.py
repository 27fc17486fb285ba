"""What each mandate is asked on « Mon espace », and what the box of a fiche offers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask

from cocon.actions import drafts
from cocon.contracts.queries import envelopes_of
from cocon.decisions.queries import WHO_DECIDES
from cocon.funding import operations as funding
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.partners import operations as partner_operations
from cocon.partners.models import Partner, Person
from cocon.partners.queries import partner_by_key, partners
from cocon.signin import accounts
from tests.actions.making import GRENOBLE, ISERE, REGION
from tests.dossier.making import DEADLINE, Stage
from tests.support import pages
from tests.support.client import Answer, Client

AFTER = clock.end_of_day(DEADLINE) + timedelta(hours=12)


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


def asked(client: Client) -> list[str]:
    """The titles of « À faire », whose length is the number shown on this page, on any other, and in the sentence."""
    page = client.get("/espace")
    titles = [" ".join(link.get_text().split()) for link in page.select("#taches .task-title a")]
    assert shown(page) == len(titles)
    assert shown(client.get("/contrat")) == len(titles)
    assert int(page.words("#a-faire h2 .count")) == len(titles)
    assert sentence(len(titles)) in page.words("p.lead")
    return titles


def sentence(count: int) -> str:
    """How the workspace says how many things wait."""
    return ("Rien ne vous attend.", "Une chose vous attend.")[count] if count < 2 else f"{count} choses vous attendent."


def shown(page: Answer) -> int:
    """The number of « Mon espace (n) », the same in both navigations."""
    found = [re.fullmatch(r"Mon espace \((\d+)\)", link.get_text()) for link in page.select("#navigation a")]
    numbers = {int(match[1]) for match in found if match}
    assert len(numbers) == 1, page.url
    return numbers.pop()


def declare(stage: Stage, *keys: str) -> None:
    """These partners have declared their envelopes."""
    with stage.acting() as world:
        for key in keys:
            actor = world.actor("representative", key)
            years = [envelope.year for envelope in envelopes_of(actor.partner_id or "")]
            for place in range(len(years)):
                envelope = envelopes_of(actor.partner_id or "")[place]
                funding.declare_envelope(actor, envelope, amount=100_00, hard=False)


def test_undeclared_envelopes_are_one_task_until_the_last_year_is_declared(stage: Stage) -> None:
    client = stage.client()
    assert asked(client) == ["Déclarer les enveloppes 2014, 2015 et 2016 de votre organisation"]
    assert asked(stage.client("contributor")) == []
    with stage.acting() as world:
        actor = world.actor("representative", GRENOBLE)
        funding.declare_envelope(actor, envelopes_of(actor.partner_id or "")[0], amount=0, hard=True)
    assert asked(client) == ["Déclarer les enveloppes 2015 et 2016 de votre organisation"]
    declare(stage, GRENOBLE)
    assert asked(client) == []
    assert asked(stage.client(partner=ISERE)) != []


def test_a_draft_awaits_whoever_wrote_it_and_nobody_else(stage: Stage) -> None:
    declare(stage, GRENOBLE, ISERE)
    with stage.acting() as world:
        drafts.start(world.actor("contributor", GRENOBLE), {"title": "Une ressourcerie"})
        drafts.start(world.actor("contributor", GRENOBLE), {})
    assert sorted(asked(stage.client("contributor"))) == [
        "Reprendre le brouillon sans titre",
        "Reprendre le brouillon « Une ressourcerie »",
    ]
    for role, partner in (("representative", GRENOBLE), ("representative", ISERE), ("auditor", None), ("admin", None)):
        assert asked(stage.client(role, partner)) == []


def test_a_consultation_awaits_each_partner_then_the_secretariat(stage: Stage) -> None:
    declare(stage, GRENOBLE, ISERE)
    action_id = stage.fiche()
    stage.consultation(action_id)
    title = "Donner l’avis de votre organisation sur la fiche 1.01, Recycleries"
    grenoble, isere, office = stage.client(), stage.client(partner=ISERE), stage.client("secretariat", REGION)
    assert asked(grenoble) == [title]
    assert asked(isere) == [title]
    for role in ("contributor", "reader"):
        assert asked(stage.client(role)) == []
    assert not any("Prononcer" in one for one in asked(office))
    stage.answer(action_id, GRENOBLE)
    assert asked(grenoble) == []
    assert asked(isere) == [title]
    waiting = grenoble.get("/espace").words("#attentes")
    assert "19 partenaires : rendre leur avis sur la fiche 1.01, Recycleries" in waiting
    stage.answer(action_id, *(key for key in _keys(stage) if key != GRENOBLE))
    assert "Prononcer la décision sur la fiche 1.01, Recycleries" in asked(office)
    assert asked(isere) == []
    assert "Secrétariat : prononcer la décision" in isere.get("/espace").words("#attentes")
    stage.pronounce(action_id)
    assert not any("1.01" in one for one in asked(office))
    assert "1.01" not in isere.get("/espace").words("#en-attente")


def test_when_deciding_is_closed_nobody_is_asked_for_a_position(stage: Stage) -> None:
    declare(stage, GRENOBLE, REGION)
    action_id = stage.fiche()
    stage.consultation(action_id)
    client, url = stage.client(), f"/actions/{action_id}"
    stage.period("deciding", closes_on=date(2014, 1, 10))
    assert len(asked(client)) == 1
    assert "vendredi 10 janvier 2014" in client.get("/espace").words("#taches")
    assert "La période pour décider se termine vendredi 10 janvier 2014" in box(client.get(url))
    stage.period("deciding", closes_on=date(2014, 1, 5))
    assert asked(client) == []
    waiting = client.get("/espace").words("#attentes")
    assert "Avis sur la fiche 1.01, Recycleries : la période pour décider n’est pas ouverte" in waiting
    assert "0 avis rendus sur 20. La période est close depuis le 05/01/2014." in waiting
    said = box(client.get(url))
    assert "aucun avis ne peut être rendu. La période est close depuis le 05/01/2014." in said
    assert "Relire et rendre l’avis" not in said
    stage.period("deciding", opens_on=date(2014, 1, 15))
    assert asked(client) == []
    assert "elle commence le 15/01/2014" in client.get("/espace").words("#attentes")
    with clock.standing_at(clock.end_of_day(date(2014, 1, 15))):
        assert len(asked(stage.client())) == 1
    with clock.standing_at(AFTER):
        assert any("Prononcer" in one for one in asked(stage.client("secretariat", REGION)))


def test_a_draft_says_until_when_it_may_be_shared(stage: Stage) -> None:
    declare(stage, GRENOBLE)
    with stage.acting() as world:
        drafts.start(world.actor("representative", GRENOBLE), {"title": "Une ressourcerie"})
    client = stage.client()
    assert len(asked(client)) == 1
    assert "tant qu’il n’est pas partagé" in client.get("/espace").words("#taches")
    stage.period("proposing", closes_on=date(2014, 2, 28))
    assert "il peut être partagé jusqu’au 28 février 2014 inclus" in client.get("/espace").words("#taches")
    stage.period("proposing", closes_on=date(2014, 1, 5))
    assert len(asked(client)) == 1, "it may still be written"
    said = "Il ne peut pas être partagé pour l’instant. La période est close depuis le 05/01/2014."
    assert said in client.get("/espace").words("#taches")


def test_the_address_of_a_draft_leads_to_its_form(stage: Stage) -> None:
    with stage.acting() as world:
        draft_id = drafts.start(world.actor("contributor", GRENOBLE), {"title": "Une ressourcerie"}).id
    for role in ("contributor", "representative"):
        answer = stage.client(role).get(f"/actions/{draft_id}", status=303)
        assert answer.location == f"/actions/{draft_id}/modifier"
    for role, partner in (("reader", GRENOBLE), ("representative", ISERE), ("secretariat", REGION), ("auditor", None)):
        stage.client(role, partner).get(f"/actions/{draft_id}", status=404)


def test_when_the_deadline_is_past_only_the_secretariat_is_asked(stage: Stage) -> None:
    declare(stage, GRENOBLE)
    action_id = stage.fiche()
    stage.consultation(action_id)
    with clock.standing_at(AFTER):
        assert asked(stage.client()) == []
        assert "Prononcer la décision sur la fiche 1.01, Recycleries" in asked(stage.client("secretariat", REGION))


def test_the_secretariat_is_asked_to_submit_and_to_complete(stage: Stage) -> None:
    office = stage.client("secretariat", REGION)
    assert asked(office) == ["Compléter l’identité de 5 partenaires signataires"]
    first, second = stage.fiche(), stage.fiche("Ateliers")
    assert asked(office)[0] == "Soumettre à décision 2 fiches partagées"
    stage.consultation(first)
    assert asked(office)[0] == "Soumettre à décision la fiche partagée"
    stage.consultation(second)
    assert asked(office) == ["Compléter l’identité de 5 partenaires signataires"]
    _complete(stage)
    assert asked(office) == []


@pytest.mark.parametrize(("role", "partner"), [("auditor", None), ("admin", None), ("reader", GRENOBLE)])
def test_who_is_never_asked_anything_is_told_so(stage: Stage, role: str, partner: str | None) -> None:
    stage.consultation(stage.fiche())
    client = stage.client(role, partner)
    assert asked(client) == []
    assert "Rien ne vous est demandé" in client.get("/espace").words("#a-faire")


def test_the_nearest_deadline_comes_first(stage: Stage) -> None:
    later, sooner = stage.fiche("Plus tard"), stage.fiche("Bientôt")
    stage.consultation(later, DEADLINE + timedelta(days=9))
    stage.consultation(sooner)
    with clock.standing_at(clock.end_of_day(DEADLINE) - timedelta(hours=26)):
        client = stage.client()
        titles = asked(client)
        page = client.get("/espace")
    assert [one.rsplit(", ", 1)[1] for one in titles[:2]] == ["Bientôt", "Plus tard"]
    assert titles[2].startswith("Déclarer")
    assert page.words("#taches .urgent").startswith("Demain")
    assert len(page.select("#taches a.btn")) == 1


@pytest.mark.template("demo")
@pytest.mark.parametrize(("days", "tasks"), [(0, 3), (12, 2), (30, 1)], ids=["today", "one-over", "all-over"])
def test_the_number_is_the_length_of_the_list_for_every_account(
    app: Flask, new_client: Callable[[], Client], days: int, tasks: int
) -> None:
    with clock.standing_at(clock.now() + timedelta(days=days)):
        seen = {email: len(asked(client)) for email, client in _everyone(app, new_client).items()}
    assert len(seen) == 45
    assert seen["auditeur@demo.example"] == seen["administration@demo.example"] == 0
    assert seen["secretariat@region-rhone-alpes.example"] >= 3
    assert seen["representant@collectivite-16.example"] == tasks


BOXES = [
    ("representative", GRENOBLE, "Rien ne vous est demandé sur cette fiche. Vous pouvez contribuer", "Annoncer une"),
    ("contributor", GRENOBLE, "Rien ne vous est demandé sur cette fiche.", None),
    ("secretariat", REGION, "Aucune consultation n’est en cours sur cette fiche.", "Ouvrir une consultation"),
    ("auditor", None, "Rien ne vous est demandé sur cette fiche.", None),
]


@pytest.mark.parametrize(("role", "partner", "said", "primary"), BOXES)
def test_the_box_before_any_consultation(
    stage: Stage, role: str, partner: str | None, said: str, primary: str | None
) -> None:
    page = stage.client(role, partner).get(f"/actions/{stage.fiche()}")
    assert said in box(page)
    assert [link.get_text().startswith(primary or "") for link in page.select(BOX + " .btn-primary")] == (
        [True] if primary else []
    )


BOX = "main section.actions"


def box(page: Answer) -> str:
    """The words of the box."""
    return page.words(BOX)


def test_the_box_follows_the_consultation(stage: Stage) -> None:
    action_id = stage.fiche()
    stage.consultation(action_id)
    url, client = f"/actions/{action_id}", stage.client()
    assert "Votre organisation n’a pas encore rendu son avis. La consultation ferme" in box(client.get(url))
    assert "Relire et rendre l’avis" in box(client.get(url))
    stage.answer(action_id, GRENOBLE, stance="abstention")
    assert "Changer l’avis" in box(client.get(url))
    assert "Une consultation est en cours. Elle ferme" in box(stage.client("auditor", None).get(url))
    with clock.standing_at(AFTER):
        assert "Le secrétariat doit prononcer la décision." in box(stage.client().get(url))
        assert "Prononcer la décision" in box(stage.client("secretariat", REGION).get(url))


def test_the_box_tells_what_was_decided_and_why(stage: Stage) -> None:
    action_id = stage.fiche()
    stage.consultation(action_id)
    stage.answer(action_id, ISERE)
    stage.answer(action_id, GRENOBLE, stance="reserve")
    client, url = stage.client(), f"/actions/{action_id}"
    assert client.get(url).select(f"{BOX} dl") == []
    before = stage.cost(client, url)
    with clock.standing_at(AFTER):
        stage.pronounce(action_id, outcome="adopted_with_reserve", text="Adoptée si le loyer est couvert.")
    page = client.get(url)
    assert page.words(f"{BOX} dl") == (
        "Décision adoptée sous réserve le 21 janvier 2014, sur la version 1 "
        "Par écrit Adoptée si le loyer est couvert. Pourquoi Accord. Réserves de Ville de Grenoble"
    )
    assert page.select(f'{BOX} a[href^="/decisions/"]')[0].get_text() == "Lire les avis"
    assert stage.cost(client, url) == before


def test_who_decides_is_said_alike_everywhere(stage: Stage) -> None:
    action_id = stage.fiche()
    urls = (f"/actions/{action_id}", "/decisions", f"/decisions/{stage.consultation(action_id)}")
    for client in (stage.client(), stage.client(partner=REGION), stage.client("auditor", None)):
        assert [url for url in urls if pages.words(str(WHO_DECIDES)) not in client.get(url).words()] == []


def test_the_fiche_shows_everything_on_one_page(stage: Stage) -> None:
    action_id = stage.fiche()
    stage.consultation(action_id)
    stage.answer(action_id, GRENOBLE)
    stage.revise(action_id)
    page = stage.client().get(f"/actions/{action_id}")
    assert page.words("h1") == "Recycleries"
    assert "version 2" in page.words("main .states")
    assert "Avis rendus sur la version 1, la fiche en est à la 2." in page.words("#positions")
    for identifier in ("objet", "financement", "positions", "echanges"):
        assert page.select_one(f"#{identifier}")
    unknown = "00000000-0000-7000-8000-000000000000"
    stage.client().get(f"/actions/{unknown}", status=404)


def _keys(stage: Stage) -> list[str]:
    with stage.app.app_context():
        return [partner.key for partner in partners()]


def _complete(stage: Stage) -> None:
    """The secretariat gives the five partners an identity."""
    with stage.acting() as world:
        office = world.actor("secretariat", REGION)
        missing = [one.key for one in db.session.query(Partner).filter(Partner.status != "confirmed")]
        db.session.rollback()
        for number, key in enumerate(missing):
            partner = partner_by_key(key)
            partner_operations.complete_partner(
                office, partner, name=f"Collectivité {number}", kind="commune", siren=None, departement="38"
            )


def _everyone(app: Flask, new_client: Callable[[], Client]) -> dict[str, Client]:
    """A browser for each account of the demonstration, at the clock's time."""
    clients = {}
    with app.app_context():
        people = {person.email: person.id for person in db.session.query(Person)}
        tokens = {email: accounts.open_session(person_id, "test") for email, person_id in people.items()}
        db.session.commit()
    for email, token in tokens.items():
        clients[email] = new_client()
        clients[email].http.set_cookie("session", token)
        clients[email].signed_in = True
    return clients
