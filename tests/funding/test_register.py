"""The register of acts: page after page, who has still to deliberate on what, what rests on an act, and its entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from cocon.funding import operations, proofs, steps, undecided
from cocon.kernel import clock
from tests.actions.making import GRENOBLE, ISERE, known
from tests.dossier.making import Stage
from tests.funding.making import EURO, announce
from tests.funding.test_steps import adopted, record, take, tranche
from tests.support.client import Answer
from tests.support.pages import words

pytestmark = pytest.mark.template("reference")


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


def texts(page: Answer, selector: str) -> list[str]:
    """The words of each element."""
    return [words(one.get_text(" ")) for one in page.select(selector)]


def test_who_has_still_to_deliberate_says_apart_what_is_no_money(stage: Stage) -> None:
    fiche = stage.fiche()
    with stage.acting() as world:
        for key, form, cents in (
            (GRENOBLE, "cash", 100_00),
            (GRENOBLE, "instrument", 50_00),
            (ISERE, "in_kind", 7_00),
        ):
            actor = world.actor("representative", key)
            operations.announce_contribution(actor, known(fiche), year=2014, amount=cents, form=form)
        found = {one.partner.key: (one.total, dict(one.apart), one.lines) for one in undecided.partners()}
    assert found == {GRENOBLE: (100_00, {"instrument": 50_00}, 1), ISERE: (0, {"in_kind": 7_00}, 0)}
    page = stage.client("reader", ISERE).get("/actes")
    assert texts(page, "#a-voter tbody tr") == [
        "Conseil général de l’Isère (vous) À part, en nature : 7,00 0 0,00",
        "Ville de Grenoble À part, prêt, garantie ou fonds propres : 50,00 1 à voter, Ville de Grenoble 100,00",
    ]
    (link,) = page.select("#a-voter td a")
    listed = stage.client("reader", ISERE).get(str(link["href"]))
    assert "prévues, pas encore votées en entier" in listed.words()
    assert len(listed.select("#contributions tbody tr")) == 1


def test_what_is_still_to_vote_is_the_sum_of_what_is_behind_it(stage: Stage) -> None:
    """Of a contribution voted in part, what remains."""
    with stage.acting() as world:
        grenoble, fiche = world.actor("representative", GRENOBLE), adopted(world)
        for year in (2014, 2015):
            operations.announce_contribution(grenoble, fiche, year=year, amount=100_00)
        take(grenoble, fiche, "inscribed", 100_00)
        take(grenoble, fiche, "voted", 60_00, act_id=record(grenoble, "V"))
    client = stage.client("reader", ISERE)
    page = client.get("/actes")
    assert texts(page, "#a-voter tbody tr") == ["Ville de Grenoble 2 à voter, Ville de Grenoble 140,00"]
    listed = client.get(str(page.select_one("#a-voter td a")["href"]))
    assert listed.words("#somme") == "140,00 €"
    assert texts(listed, "#contributions td.num") == ["40,00", "100,00"]
    assert "Montants qui restent à voter" in listed.words("main")


def test_acts_go_page_after_page_without_gap_or_double(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "PAGE", 2)
    with stage.acting() as world:
        for key in (GRENOBLE, ISERE):
            actor, today = world.actor("representative", key), clock.today()
            for days in (0, 1, 1):
                record(actor, f"{key} {days} {clock.now()}", adopted_on=today - timedelta(days=days))
        every = [one.act for one in proofs.acts().lines]
        seen, page = [*every], proofs.acts()
        while page.next:
            page = proofs.acts(after=page.next)
            seen += [one.act for one in page.lines]
        assert len({act.id for act in seen}) == len(seen) == 6
        assert seen == sorted(seen, key=lambda act: (act.adopted_on, act.id), reverse=True)
    client = stage.client("reader", ISERE)
    first = client.get(f"/actes?partenaire={GRENOBLE}")
    assert first.select("#a-voter")
    [link] = first.select(".pagination a")
    later = client.get(str(link["href"]))
    assert len(later.select("#actes tbody tr")) == 1
    assert not later.select("#a-voter")
    assert [str(one["href"]) for one in later.select(".pagination a")] == [f"/actes?partenaire={GRENOBLE}"]
    assert "Il n’y a pas d’autre acte." in client.get("/actes?apres=x").words("#actes")


def proving(stage: Stage, *numbers: str) -> tuple[str, list[str]]:
    """A fiche on which the Ville de Grenoble inscribed money, and acts of hers; the page of its tranche."""
    with stage.acting() as world:
        grenoble, action = world.actor("representative", GRENOBLE), adopted(world)
        announce(grenoble, action, 100 * EURO)
        taken: Any = {"amount": 100 * EURO, "taken_on": clock.today()}
        steps.take_step(grenoble, action, year=2014, step="inscribed", taken=steps.Taken(**taken))
        acts = [record(grenoble, number) for number in numbers]
        steps.take_step(grenoble, action, year=2014, step="voted", taken=steps.Taken(**taken, act_id=acts[0]))
        return f"/actions/{action.id}/financement/tranches/{tranche().id}", acts


def test_an_act_leads_to_what_it_proves(stage: Stage) -> None:
    url, [act] = proving(stage, "2014-12")
    client = stage.client("representative", GRENOBLE)
    assert client.get(f"/actes/{act}").select(f'#preuves a[href="{url}"]')
    receipt = client.get(url).select("a[href^='/audit/']")[-1]
    said = client.get(str(receipt["href"]).removesuffix("/recu")).words("#acte")
    assert "Base légale La délibération n° 2014-12 du " in said


def test_a_step_offers_the_latest_acts_and_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    url, _acts = proving(stage, "1", "2", "3")
    client = stage.client("representative", GRENOBLE)
    page = client.get(f"{url}/vote")
    assert len(page.select("#act option")) == 4
    assert "plus récents" not in page.words()
    monkeypatch.setattr(proofs, "OFFERED", 2)
    page = client.get(f"{url}/vote")
    assert len(page.select("#act option")) == 3
    assert "Seuls vos 2 actes les plus récents sont proposés." in page.words()
