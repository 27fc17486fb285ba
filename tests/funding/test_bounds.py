"""No list of money is read whole when it is long, and a plan has no more other resources than are read."""

from __future__ import annotations

import pytest

from cocon.audit import queries as log
from cocon.funding import conditions, ledger, misstated, resources
from cocon.kernel.money import CEILING
from tests.actions.making import GRENOBLE, REGION, known, share
from tests.dossier.making import Stage
from tests.funding.making import announce, declare
from tests.funding.test_documents import correct
from tests.funding.test_register import stage, texts
from tests.funding.test_resources import FUND, add, refused
from tests.funding.test_steps import adopted, record, tranche
from tests.funding.test_undertakings import ask, lift
from tests.support.client import Answer, Client

__all__ = ["stage"]
pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-10")]


def walked(client: Client, url: str, rows: str, section: str) -> list[str]:
    """The rows of all pages, from the first on; each page but the last leads to the next, each but the first back."""
    found: list[str] = []
    page: Answer = client.get(url)
    for _turn in range(9):
        found += texts(page, rows)
        links = {str(link.get("rel", "")): str(link["href"]) for link in page.select(f"{section} .pagination a")}
        following = next((href for rel, href in links.items() if "next" in rel), None)
        if following is None:
            return found
        page = client.get(following.partition("#")[0])
        assert "Revenir au début" in page.words(f"{section} .pagination")
    raise AssertionError(url)


def test_versions_of_envelopes_go_page_after_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 2)
    with stage.acting() as world:
        grenoble = world.actor("representative", GRENOBLE)
        for cents in (100_00, 200_00, 300_00, 400_00, 500_00):
            declare(grenoble, cents)
    client, url = stage.client(), f"/enveloppes/{GRENOBLE}"
    seen = walked(client, url, "#versions tbody tr", "#versions")
    assert [row.split(" version ")[1][0] for row in seen] == list("54321")
    assert "Il n’y a pas d’autre version." in client.get(f"{url}?apres=x").words("#versions")


def test_conditions_go_page_after_page_and_what_suspends_comes_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "PAGE", 2)
    with stage.acting() as world:
        grenoble, action = world.actor("representative", GRENOBLE), adopted(world)
        announce(grenoble, action, 100_00)
        for text in ("Un", "Deux", "Trois"):
            ask(grenoble, action, "reservation", text)
        lift(grenoble, action, ask(grenoble, action, "suspensive", "Levée"))
        last = ask(grenoble, action, "suspensive", "Bilan")
        url = f"/actions/{action.id}/financement/tranches/{tranche().id}"
    client = stage.client()
    seen = walked(client, url, "#conditions tbody th", "#conditions")
    assert seen == ["Bilan", "Un", "Deux", "Trois", "Levée"]
    assert "« Bilan »" in client.get(url).words("#etat")
    second = client.get(f"{url}?conditions={last}")
    assert "Aucun versement tant qu’une condition suspensive n’est pas levée." in second.words("#etat")
    assert "Il n’y a pas d’autre condition." in client.get(f"{url}?conditions=x").words("#conditions")
    client.get(f"{url}/conditions/{last}/lever")  # one of any page


def test_corrections_go_page_after_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PAGE", 2)
    with stage.acting() as world:
        grenoble = world.actor("representative", GRENOBLE)
        act = record(grenoble, "2014-0")
        for number in range(1, 6):
            correct(grenoble, act, number=f"2014-{number}")
    client, url = stage.client(), f"/actes/{act}"
    seen = walked(client, url, "#corrections tbody tr", "#corrections")
    assert seen == [f"Numéro 2014-{number} 2014-{number + 1}" for number in range(5)]
    assert "Il n’y a pas d’autre correction." in client.get(f"{url}?corrections=999999999").words("#corrections")
    client.get(f"{url}?corrections=99999999999999999999")


def test_a_plan_has_so_many_other_resources_and_so_much_a_year(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        action = share(owner)
        first = add(owner, action, amount=CEILING - 5)
        add(owner, action, amount=CEILING, status="refused")
        add(owner, action, amount=CEILING, year=2015)
        refused(misstated.TooMuchInYear, lambda: add(owner, action, amount=6))
        second = add(owner, action, amount=5)
        for row_id, cents in ((first, CEILING - 4), (second, 6)):
            stated = FUND.__class__(**{**vars(FUND), "amount": cents})
            more = {"resource_id": row_id, "stated": stated, "revision": 1}
            refused(
                misstated.TooMuchInYear,
                lambda more=more: resources.change_resource(owner, known(action.id), **more),  # type: ignore[misc]
            )
        monkeypatch.setattr(resources, "MOST", 4)
        refused(misstated.TooManyResources, lambda: add(owner, action, year=2016))
        resources.withdraw_resource(owner, known(action.id), resource_id=second, reason="Double.", revision=1)
        add(owner, action, year=2016)
        url = f"/actions/{action.id}/plan-de-financement/ressources/nouvelle"
    client = stage.client("representative", REGION)
    client.get(url)
    typed = {"account": "74", "body": "europe", "funder": "Fonds", "year": "2016", "amount": "12"}
    page = client.submit(url, typed, status=409)
    assert "Une fiche a 4 autres ressources au plus" in page.words("#funder-error")
    monkeypatch.undo()
    page = client.submit(url, {**typed, "year": "2015"}, status=409)
    said = "Les autres ressources de 2015, dons en nature compris, font plus de 10 000 000 000,00 €."
    assert said in page.words("#amount-error")
