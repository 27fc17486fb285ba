"""The versions of a fiche and the comparison of any two."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from cocon.actions import comparison, queries
from cocon.actions import operations as actions
from cocon.actions.comparison import compare
from cocon.actions.models import Indicator, Milestone
from cocon.kernel.language import NBSP
from tests.actions.making import GRENOBLE, ISERE, REGION, fields, known, share
from tests.dossier.making import Stage

MINUS = "\u2212"


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


@pytest.fixture
def fiche(stage: Stage) -> str:
    """A fiche in three versions, all different."""
    opening = Milestone(due="2014-03", title="Ouverture")
    jobs = {"code": "R1", "label": "Emplois", "kind": "result", "unit": "emplois"}
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        first = {"title": "Recycleries", "content": "Une camionnette.", "costs": {2014: 100_000_00}}
        action = share(
            owner, **first, associated=[GRENOBLE], milestones=[opening, Milestone(due="2014-09", title="Bilan")]
        )
        second = {
            "title": "Recycleries",
            "content": "Deux camionnettes.\n\nUn <b>atelier</b>.",
            "costs": {2014: 120_000_00, 2015: 30_000_00},
            "associated": [ISERE],
            "milestones": [
                Milestone(due="2014-04-15", title="Ouverture"),
                Milestone(due="2015-01", title="Deuxième année"),
            ],
            "indicators": [Indicator(**jobs, baseline=None, baseline_year=None, targets={2014: 12_00}, source="")],
        }
        _publish(owner, action.id, **second)
        _publish(owner, action.id, **{**second, "costs": {2014: 120_000_00}, "project_owner_name": "Un syndicat"})
        return action.id


def _publish(owner: object, action_id: str, **said: object) -> None:
    action = known(action_id)
    actions.publish_version(owner, action, revision=action.rev, summary="Précisions.", fields=fields(**said))


def test_only_what_changed_is_shown_and_summed_up(stage: Stage, fiche: str) -> None:
    page = stage.client().get(f"/actions/{fiche}/comparer?de=1&a=2")
    assert page.words(".lead") == "5 champs modifiés, +50 000,00 € de coût."
    assert [one["id"] for one in page.select("main section.section")] == [
        "champ-content",
        "champ-milestones",
        "champ-indicators",
        "champ-associated",
        "champ-costs",
    ]
    content = page.words("#champ-content .compared")
    assert content.startswith("début du retrait Une camionnette fin du retrait début de l’ajout Deux camionnettes")
    assert page.select("#champ-content b") == []
    costs = page.words("#champ-costs tbody")
    assert "2015 (vide) 30 000,00 € +30 000,00 €" in costs
    assert "Total 100 000,00 € 150 000,00 € +50 000,00 €" in costs
    associated = page.words("#champ-associated")
    assert "S’associe : début de l’ajout Conseil général de l’Isère fin de l’ajout" in associated
    assert "N’est plus associé : début du retrait Ville de Grenoble fin du retrait" in associated
    steps = [" ".join(one.get_text(" ", strip=True).split()) for one in page.select("#champ-milestones li")]
    assert steps == [
        "N° 2, ajouté : début de l’ajout Deuxième année, échéance : janvier 2015 fin de l’ajout",
        "N° 2, retiré : début du retrait Bilan, échéance : septembre 2014 fin du retrait",
    ]
    assert page.words("#champ-milestones .row-changed") == "Ouverture Échéance avant mars 2014 après 15 avril 2014"
    assert page.words("#champ-indicators ins") == (
        "début de l’ajout R1 Emplois, type : résultat, unité : emplois, cible 2014 : 12 fin de l’ajout"
    )


def test_backwards_and_over_several_versions(stage: Stage, fiche: str) -> None:
    client = stage.client()
    page = client.get(f"/actions/{fiche}/comparer?de=3&a=1")
    assert page.words(".lead") == f"6 champs modifiés, {MINUS}20 000,00 € de coût."
    owner = page.words("#champ-project_owner")
    assert "avant Un syndicat" in owner
    assert "après Une association" in owner
    latest = client.get(f"/actions/{fiche}/comparer")
    assert latest.words("h1") == "Comparer les versions 2 et 3"


def test_side_by_side_holds_both_texts(stage: Stage, fiche: str) -> None:
    page = stage.client().get(f"/actions/{fiche}/comparer?de=1&a=2&vue=cote-a-cote")
    before, after = page.select("#champ-content .compared")
    assert [one.name for one in before.select("ins, del")] == ["del"]
    assert [one.name for one in after.select("ins, del")] == ["ins", "ins"] or after.select("del") == []
    chosen = [str(one.get_text()) for one in page.select("form.filters option[selected]")]
    assert chosen == ["version 1", "version 2", "côte à côte"]


def test_what_cannot_be_compared(stage: Stage, fiche: str) -> None:
    client = stage.client()
    assert "avec elle-même" in client.get(f"/actions/{fiche}/comparer?de=2&a=2").words()
    alone = stage.fiche("Seule")
    assert "n’a qu’une version" in client.get(f"/actions/{alone}/comparer").words()
    for query in ("de=0&a=1", "de=1&a=4", "de=un&a=2", "de=1&a=99999999999999999999", "de=-1&a=2", "de=1&a=²"):
        client.get(f"/actions/{fiche}/comparer?{query}", status=404)
    client.get("/actions/00000000-0000-7000-8000-000000000000/comparer", status=404)


def test_a_text_that_came_back_says_so(stage: Stage, fiche: str) -> None:
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        _publish(owner, fiche, title="Une fiche", content="A")
        _publish(owner, fiche, title="Une fiche", content="B")
        _publish(owner, fiche, title="Une fiche", content="A")
    page = stage.client().get(f"/actions/{fiche}/comparer?de=4&a=6")
    assert page.words(".lead") == "Ces deux versions disent la même chose."


def test_the_list_says_who_for_whom_and_what_was_decided(stage: Stage, fiche: str) -> None:
    client = stage.client()
    page = client.get(f"/actions/{fiche}/versions")
    lines = [one.get_text(" ", strip=True) for one in page.select("main tbody tr")]
    assert "Representative region-rhone-alpes, pour la Région Rhône-Alpes" in lines[0]
    assert page.select("main tbody a[href*=decisions]") == []
    client.get(str(page.select("main tbody a[href*=comparer]")[0]["href"]))
    stage.consultation(fiche)
    assert "en consultation" in client.get(f"/actions/{fiche}/versions").words("main tbody tr:nth-child(1)")
    stage.answer(fiche, REGION, GRENOBLE)
    after = client.get(f"/actions/{fiche}/versions")
    assert "aucune" in after.words("main tbody tr:nth-child(2)")


def test_comparing_and_listing_cost_the_same_whatever_the_data(stage: Stage, fiche: str) -> None:
    client, alone = stage.client(), stage.fiche("Seule")
    urls = ("versions", "comparer")
    few = [stage.cost(client, f"/actions/{alone}/{page}") for page in urls]
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        for number in range(28):
            steps = [Milestone(due="2014-03", title=f"Étape {place}") for place in range(number % 5)]
            _publish(owner, fiche, content=f"Texte {number}. " * 200, milestones=steps)
    stage.consultation(fiche)
    assert [stage.cost(client, f"/actions/{fiche}/{page}") for page in urls] == few
    assert stage.cost(client, f"/actions/{fiche}/comparer?de=1&a=31&vue=cote-a-cote") == few[1]
    assert max(few) <= 5
    first = client.get(f"/actions/{fiche}/versions")
    assert len(first.select("main tbody tr")) == 25
    following = client.get(str(first.select_one("nav a[rel=next]")["href"]))
    assert len(following.select("main tbody tr")) == 6


def test_an_indicator_is_compared_field_by_field(stage: Stage, fiche: str) -> None:
    jobs = Indicator(
        code="R1", label="Emplois", kind="result", unit="emplois", baseline=1_250_00, targets={2014: 12_00}
    )
    revised = replace(jobs, label="Emplois créés", kind="impact", baseline=None, targets={2014: 15_50, 2015: 20_00})
    other = Indicator(code="R2", label="Visiteurs", kind="output")
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        _publish(owner, fiche, indicators=[jobs, other])
        _publish(owner, fiche, indicators=[other, revised])
    client = stage.client()
    page = client.get(f"/actions/{fiche}/comparer?de=4&a=5")
    assert page.words(".lead") == "1 champ modifié."
    changed = page.words("#champ-indicators .row-changed")
    assert changed.startswith(
        "R1 Emplois créés Intitulé Emplois début de l’ajout créés fin de l’ajout "
        "Type avant résultat après impact Place dans la liste avant 1 après 2"
    )
    rows = [one.get_text(" ", strip=True) for one in page.select("#champ-indicators tbody tr")]
    assert [" ".join(row.split()) for row in rows] == [
        "Valeur de référence 1 250 (vide)",
        "Cible 2014 12 15,5 +3,5",
        "Cible 2015 (vide) 20",
    ]
    assert page.select("#champ-indicators li") == []
    beside = client.get(f"/actions/{fiche}/comparer?de=4&a=5&vue=cote-a-cote")
    sides = [one.get_text(" ", strip=True) for one in beside.select("#champ-indicators .sides > div")]
    assert sides == [
        "Version 4, intitulé Emplois",
        "Version 5, intitulé Emplois début de l’ajout créés fin de l’ajout",
    ]
    assert [one.get_text(" ", strip=True) for one in beside.select("#champ-indicators tbody tr")] == rows


@pytest.mark.parametrize("view", ["", "&vue=cote-a-cote"])
def test_all_that_a_comparison_holds_is_on_the_page(stage: Stage, fiche: str, view: str) -> None:
    with stage.acting():
        first, second = (queries.version(fiche, number) for number in (1, 2))
        assert first is not None
        assert second is not None
        held = compare(first, second)
    words = stage.client().get(f"/actions/{fiche}/comparer?de=1&a=2{view}").words()
    lines = [row for one in held.lists for row in one.rows]
    said = [
        *(piece.text for one in held.texts for piece in one.pieces),
        *(side for one in (*held.facts, *held.costs) for side in one.sides),
        *(row.said if None in (row.before, row.after) else row.name for row in lines),
        *(side for row in lines if row.before and row.after for cell in row.cells for side in cell.sides),
        *(one.difference for one in held.costs),
        *held.associated.added,
        *held.associated.removed,
    ]
    assert len(said) > 15
    assert [one for one in said if " ".join(one.split()) not in words] == []


def test_numbers_have_their_sign() -> None:
    assert comparison.signed(5_00) == f"+5,00{NBSP}€"
    assert comparison.signed(-5_00) == f"{MINUS}5,00{NBSP}€"
    assert comparison.signed(0) == f"0,00{NBSP}€"


def test_a_delegate_and_dates_are_compared_as_people_read_them(stage: Stage) -> None:
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        fiche = share(owner, content="x", starts="2014-03", risks="Un bail.").id
        _publish(owner, fiche, content="x", starts="2014-04-15", delegate="Une agence", risks="Un bail à signer.")
    page = stage.client().get(f"/actions/{fiche}/comparer?de=1&a=2")
    assert [one["id"] for one in page.select("main section.section")] == [
        "champ-starts",
        "champ-risks",
        "champ-delegate",
    ]
    assert page.words("#champ-starts").endswith("avant mars 2014 après 15 avril 2014")
    assert "(vide)" in page.words("#champ-delegate")
