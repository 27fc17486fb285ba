"""The pages of acts and of steps: recorded from the browser, shown with what they prove."""

from __future__ import annotations

import pytest
from flask import Flask

from cocon.audit import operation
from cocon.funding import conditions, operations, steps
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, ISERE, known, signed_in, statements
from tests.factories import World
from tests.funding.making import announce
from tests.funding.test_steps import adopted, record, take
from tests.support.client import Client
from tests.support.pages import words

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-02")]


class Stage:
    """A fiche adopted, to which the Ville de Grenoble promised 1 000 € for 2014."""

    def __init__(self, app: Flask) -> None:
        self.app, self.world = app, World()
        with app.app_context():
            self.actor = self.world.actor("representative", GRENOBLE)
            self.action_id = adopted(self.world).id
            announce(self.actor, known(self.action_id), 1_000_00)

    def client(self, partner: str = GRENOBLE) -> Client:
        """A browser of that partner's representative."""
        with self.app.app_context():
            actor = self.actor if partner == GRENOBLE else self.world.actor("representative", partner)
        return signed_in(self.app, self.world, actor)

    def tranche(self, client: Client) -> str:
        """The address of the tranche, as the plan gives it."""
        page = client.get(f"/actions/{self.action_id}/financement")
        return str(page.select_one("#funding-table tr.mine td a")["href"])

    def record(self, number: str = "14.06.001", actor: Actor | None = None) -> str:
        """An act of the partner's."""
        with self.app.app_context():
            return record(actor or self.actor, number)

    def take(self, step: str, amount: int | None = None, act: str | None = None) -> None:
        """A step, behind the pages."""
        with self.app.app_context():
            take(self.actor, known(self.action_id), step, amount, act_id=act)


@pytest.fixture
def stage(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The installed contract; checkpoints are left to the worker."""
    monkeypatch.setattr(operation, "AFTER_FORMAL", [])
    return Stage(app)


VOTE = {
    "kind": "deliberation",
    "number": "14.06.077",
    "title": "Subventions <script>x</script>",
    "adopted_on": "2014-06-01",
    "assembly": "Conseil municipal",
    "received_on": "2014-06-02",
    "published_on": "02/06/2014",
    "voters": "45",
    "votes_for": "40",
    "votes_against": "3",
    "abstentions": "2",
}


def test_from_the_act_to_what_it_proves(stage: Stage) -> None:
    client = stage.client()
    client.get("/actes/nouveau")
    wrong = client.submit(
        "/actes/nouveau", {**VOTE, "number": "", "title": "", "sent_on": "x", "voters": "y"}, status=422
    )
    links = [str(link["href"]) for link in wrong.select("#erreurs a")]
    assert links == ["#number", "#title", "#sent_on", "#voters"], "in the order of the page"
    client.get("/actes/nouveau")
    done = client.submit("/actes/nouveau", VOTE)
    act = str(done.location).rpartition("/")[2]
    shown = client.follow(done)
    assert shown.words("h1") == "La délibération n° 14.06.077 du 1er juin 2014"
    assert "Exécutoire oui" in shown.words("#acte")
    assert "Rien ne repose encore sur cet acte" in shown.words("#preuves")
    tranche = stage.tranche(client)
    client.get(f"{tranche}/inscription")
    client.submit(f"{tranche}/inscription", {"amount": "1 000", "taken_on": "2014-06-02"})
    client.get(f"{tranche}/vote")
    page = client.follow(client.submit(f"{tranche}/vote", {"amount": "800", "taken_on": "2014-06-02", "act": act}))
    assert page.words("#statut") == "Attribution votée : 800,00 € pour 2014."
    assert "La délibération n° 14.06.077" in page.words("#etapes")
    with statements() as seen:
        proof = client.get(f"/actes/{act}")
    assert len(seen) <= 5, seen
    assert "800,00" in proof.words("#preuves")
    assert str(proof.select_one("#preuves th a")["href"]) == tranche
    assert "14.06.077" in client.get("/actes").words("#actes")
    stage.client(ISERE).get(f"/actes/{act}")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"amount": "1 000,01"}, "amount", "1 000,00 €"),
        ({"amount": "beaucoup"}, "amount", "Écrivez un montant"),
        ({"taken_on": "2015-01-01"}, "taken_on", ""),
        ({"taken_on": "hier"}, "taken_on", "Écrivez une date"),
    ],
)
def test_a_step_that_cannot_be_is_said_beside_its_field(
    stage: Stage, typed: dict[str, str], field: str, said: str
) -> None:
    client = stage.client()
    tranche = stage.tranche(client)
    client.get(f"{tranche}/inscription")
    answer = client.submit(f"{tranche}/inscription", {"amount": "10", "taken_on": "2014-06-02", **typed}, status=None)
    assert answer.status in (409, 422)
    control = answer.select_one(f"#{field}")
    assert (control["aria-invalid"], control["value"]) == ("true", typed[field])
    assert said in words(answer.select_one(f"#{field}-error").get_text(" "))


def test_a_payment_typed_beside_a_colleague_is_not_recorded_twice(stage: Stage) -> None:
    client, act = stage.client(), stage.record()
    for step, amount in (("inscribed", 1_000_00), ("voted", 1_000_00), ("engaged", 1_000_00)):
        stage.take(step, amount, act if step == "voted" else None)
    url = f"{stage.tranche(client)}/versement"
    client.get(url)
    stage.take("paid", 500_00)
    typed = {"amount": "500", "reference": "EJ 2014-1", "taken_on": ""}
    told = client.submit(url, typed, status=409)
    assert "a changé depuis" in told.words(".error-summary")
    assert "500,00 € versés" in told.words("main")


def test_another_partners_act_proves_nothing(stage: Stage) -> None:
    with stage.app.app_context():
        isere = stage.world.actor("representative", ISERE)
    foreign, client = stage.record(actor=isere), stage.client()
    stage.take("inscribed", 1_000_00)
    url = f"{stage.tranche(client)}/vote"
    client.get(url)
    client.submit(url, {"amount": "10", "taken_on": "2014-06-02", "act": foreign}, status=404)
    stage.client(ISERE).get(url, status=404)
    client.get(f"/actes/{foreign}/dates", status=404)
    client.get(f"/actes/{foreign}/retirer", status=404)


def test_what_may_follow_stands_before_what_goes_back(stage: Stage) -> None:
    client, act = stage.client(), stage.record()
    url = stage.tranche(client)

    def offered() -> tuple[list[str], list[str]]:
        page = client.get(url)
        links = [str(link["href"]).rpartition("/")[2] for link in page.select("#avancer a[href*=tranches]")]
        return [str(one["href"]).rpartition("/")[2] for one in page.select("#avancer .btn")], links

    assert offered() == (["inscription"], ["inscription", "retirer"])
    stage.take("inscribed", 1_000_00)
    stage.take("voted", 1_000_00, act)
    first, links = offered()
    assert first == ["convention"]
    assert "retirer" not in links, "what was voted is no more withdrawn: the page would refuse"
    stage.take("engaged", 1_000_00)
    stage.take("paid", 400_00)
    first, links = offered()
    assert (first, links[:2]) == (["versement"], ["versement", "solde"])
    assert sorted(links) == sorted(set(links)), "each step once"
    assert "versée en partie" in client.get(url).words("#etat")
    with stage.app.app_context():
        said = {"form": "cash", "kind": "suspensive", "text": "Bilan reçu."}
        conditions.set_condition(stage.actor, known(stage.action_id), **said)
    first, links = offered()
    assert (first, links[0], "solde" in links) == (["lever"], "lever", True), "what holds the rest comes first"
    assert "600,00 € engagés ne seront pas versés." in client.get(f"{url}/solde").words("main")
    stage.take("settled")
    page = client.get(url)
    assert "soldée" in page.words("#etat")
    assert "Sous condition" not in page.words("#etat")
    assert not page.select("#avancer a[href$=lever]")


def test_an_act_whose_days_are_known_asks_for_none(stage: Stage) -> None:
    client, whole = stage.client(), stage.record()
    assert not client.get(f"/actes/{whole}").select("a[href$=dates]")
    with stage.app.app_context():
        undated = record(stage.actor, "14.06.002", days={})
    assert client.get(f"/actes/{undated}").select("a[href$=dates]")


def test_the_last_step_is_taken_back_from_its_page(stage: Stage) -> None:
    client, act = stage.client(), stage.record()
    url = stage.tranche(client)
    assert not client.get(url).select("#avancer a[href$=annulation]")
    assert "Aucune étape n’est indiquée" in client.follow(client.get(f"{url}/annulation", status=303)).words()
    for step, cents in (("inscribed", 1_000_00), ("voted", 1_000_00), ("engaged", 1_000_00), ("paid", 400_00)):
        stage.take(step, cents, act if step == "voted" else None)
    assert [one["href"] for one in client.get(url).select("#avancer ul.links a")][-2] == f"{url}/annulation"
    page = client.get(f"{url}/annulation")
    told = page.words("main")
    assert "la dernière étape, « versement » de 400,00 € au 2 juin 2014, a été indiquée par erreur." in told
    assert "ce qu’ils étaient. La contribution revient au stade « engagée »." in told
    assert page.words("#montants tbody") == "Versé 400,00 0,00"
    wrong = client.submit(f"{url}/annulation", {"reason": ""}, status=422)
    assert "Indiquez pourquoi." in wrong.words("main")
    done = client.follow(client.submit(f"{url}/annulation", {"reason": "Saisi <b>deux fois</b>."}))
    assert "Étape annulée : versement de 400,00 €." in done.words()
    row = done.words("#etapes tbody tr:last-child")
    assert row.startswith("Versement (étape annulée) 2 juin 2014 400,00 référence")
    assert "Annulée le 2 juin 2014 par" in row
    assert "Motif : Saisi <b>deux fois</b>. Reçu n°" in row
    assert [one.get_text() for one in done.select("#etapes tbody s")] == ["Versement", "400,00"]
    assert "4 étapes" in done.words("#etapes")
    assert "Étape annulée" in done.words("#journal")


def test_the_step_taken_back_is_the_one_that_the_page_showed(stage: Stage) -> None:
    client = stage.client()
    url = stage.tranche(client)
    stage.take("inscribed", 1_000_00)
    client.get(f"{url}/annulation")
    stage.take("inscribed", 1_000_00)  # the same amount: the revision of the tranche does not tell
    again = client.submit(f"{url}/annulation", {"reason": "Trop tard."}, status=409)
    assert again.select_one("main input[name=number]")["value"] == "2"
    client.submit(f"{url}/annulation", {"reason": "x", "number": "x"}, status=409)
    stranger = stage.client(ISERE)
    stranger.get(f"{url}/annulation", status=404)
    client.submit(f"{url}/annulation", {"reason": "Doublon."})
    assert "Annulée le 2 juin 2014 par" in stranger.get(url).words("#etapes")


def test_a_step_that_what_follows_holds_says_so(stage: Stage) -> None:
    client = stage.client()
    url = stage.tranche(client)
    stage.take("inscribed", 1_000_00)
    client.get(f"{url}/annulation")
    with stage.app.app_context():
        said = {"year": 2014, "amount": 900_00, "reason": "Moins."}
        operations.lower_contribution(stage.actor, known(stage.action_id), **said)
    told = "la contribution a été augmentée, réduite ou retirée"
    refused = client.submit(f"{url}/annulation", {"reason": "Erreur.", "version": ""}, status=409)
    assert told in refused.words("#erreurs")
    assert refused.select_one("main ul.links a")["href"] == url
    assert not refused.select("main form")
    assert told in client.follow(client.get(f"{url}/annulation", status=303)).words()


def test_one_comes_back_to_the_step_with_the_act_that_it_lacked(stage: Stage) -> None:
    client = stage.client()
    tranche = stage.tranche(client)
    stage.take("inscribed", 1_000_00)
    asked = client.get(f"{tranche}/vote").select_one("main a[href^='/actes/nouveau']")["href"]
    client.get(str(asked))
    wrong = client.submit(str(asked), {**VOTE, "title": ""}, status=422)
    assert wrong.select("main form a[href$='/vote']"), "cancelling leads back as well"
    back = client.follow(client.submit(str(asked), VOTE))
    assert back.words("#statut") == "L’acte est enregistré : il est choisi ci-dessous."
    assert "14.06.077" in back.select_one("#act option[selected]").get_text()
    sent = {"amount": "800", "act": str(back.select_one("#act option[selected]")["value"])}
    assert "800,00" in client.follow(client.submit(f"{tranche}/vote", sent)).words("#etapes")


@pytest.mark.parametrize("said", ["etape=vote", "tranche_id=x&action_id=%00&etape=vote", "{own}&etape=x", "{own}"])
def test_an_act_that_no_step_waits_for_has_its_page(stage: Stage, said: str) -> None:
    client = stage.client()
    tranche = stage.tranche(client).rpartition("/")[2]
    asked = "/actes/nouveau?" + said.format(own=f"tranche_id={tranche}&action_id={stage.action_id}")
    client.get(asked)
    assert str(client.submit(asked, VOTE).location).startswith("/actes/0")


def test_nobody_comes_back_to_the_step_of_another_partner(stage: Stage) -> None:
    tranche, other = stage.tranche(stage.client()).rpartition("/")[2], stage.client(ISERE)
    asked = f"/actes/nouveau?tranche_id={tranche}&action_id={stage.action_id}&etape=vote"
    other.get(asked)
    assert str(other.submit(asked, VOTE).location).startswith("/actes/0")


def test_what_is_not_payable_yet_is_not_offered(stage: Stage) -> None:
    client = stage.client()
    with stage.app.app_context():
        announce(stage.actor, known(stage.action_id), 500_00, 2015)
    links = client.get(f"/actions/{stage.action_id}/financement").select("#funding-table tr.mine td a")
    [later] = [str(one["href"]) for one in links if "500,00" in one.get_text()]
    act = stage.record()
    with stage.app.app_context():
        for step in ("inscribed", "voted", "engaged"):
            taken = steps.Taken(
                amount=500_00, taken_on=clock.today(), reference="EJ 9", act_id=act if step == "voted" else None
            )
            steps.take_step(stage.actor, known(stage.action_id), year=2015, step=step, taken=taken)
    page = client.get(later)
    assert "Rien n’en sera versé avant le 1er janvier 2015." in page.words("#avancer")
    assert not page.select("#avancer a[href$='/versement']")
