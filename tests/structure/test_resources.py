"""What a fiche that is merged receives from elsewhere: shown before the merger, carried once where it is chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.audit.verify import verify
from cocon.funding import carrying, misstated, queries, resources
from cocon.funding.models import Resource
from cocon.kernel.db import db
from cocon.structure import operations
from tests.actions.making import REGION, known, share
from tests.dossier.making import Stage
from tests.funding.test_resources import FUND
from tests.structure.test_pages import plain

pytestmark = pytest.mark.template("reference")


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


@pytest.fixture
def pair(stage: Stage) -> tuple[str, str]:
    """A duplicate with three resources and one refused, and the fiche that stays, which has one of them."""
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        double, kept = share(owner, title="Doublon").id, share(owner, title="Celle qui reste").id
        for action_id, said in (
            (double, {"amount": 500_00, "note": "Dossier déposé."}),
            (double, {"amount": 70_00, "account": "87", "body": "", "gift": "goods", "funder": "Voisins"}),
            (double, {"amount": 30_00, "year": 2015, "account": "own", "body": "", "funder": "Association"}),
            (double, {"amount": 9_00, "status": "refused", "funder": "Banque"}),
            (kept, {"amount": 450_00, "funder": "fonds SOCIAL"}),
        ):
            resources.add_resource(owner, known(action_id), stated=replace(FUND, **said))
    return double, kept


def told(stage: Stage, action_id: str) -> list[tuple[str, int, bool]]:
    """The resources of a fiche: from whom, how much, whether they stand."""
    with stage.acting():
        rows = db.session.scalars(select(Resource).where(Resource.action_id == action_id).order_by(Resource.amount))
        return [(row.funder, row.amount, row.alive) for row in rows]


def test_the_check_page_offers_them_and_what_is_ticked_is_carried_once(stage: Stage, pair: tuple[str, str]) -> None:
    double, kept = pair
    office, url = stage.client("secretariat", REGION), f"/actions/{double}/structure/fusionner"
    office.get(url)
    check = office.submit(url, {"other": "1.02", "reason": "Même projet."}, status=200)
    boxes = check.select("input[name=resources]")
    assert [box.has_attr("checked") for box in boxes] == [False, True, True], "one is there already, it seems"
    said = plain(check.words("fieldset"))
    assert "Fonds social, 74 Subventions, Fonds européens, 2014 : 500,00 €" in said
    assert "La fiche qui reste a déjà : fonds SOCIAL, 74 Subventions, Fonds européens, 2014 : 450,00 €" in said
    assert "Banque" not in said
    [hint] = check.select("fieldset .choice .hint")
    assert boxes[0]["aria-describedby"] == hint["id"]
    form = office.page and office.page.form(url)
    assert form
    kept_ones = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")}
    chosen = [str(box["value"]) for box in boxes[1:]]
    office.post(url, {**kept_ones, "confirmer": "oui", "resources": chosen})
    assert told(stage, kept) == [("Association", 30_00, True), ("Voisins", 70_00, True), ("fonds SOCIAL", 450_00, True)]
    assert told(stage, double) == [
        *(("Banque", 9_00, True), ("Association", 30_00, False)),
        *(("Voisins", 70_00, False), ("Fonds social", 500_00, True)),
    ]
    with stage.acting():
        assert queries.financing(kept).other == {2014: 450_00, 2015: 30_00}
        assert verify().ok
        notes = db.session.scalars(select(Resource.note).where(Resource.action_id == kept, Resource.note.is_not(None)))
        assert sorted(note or "" for note in notes) == ["Reprise de la fiche 1.01, fusionnée."] * 2
    for fiche in (double, kept):
        history = office.get(f"/actions/{fiche}/historique").words()
        assert ("ajouté" in history, "retiré" in history) == (True, fiche == double), fiche
    assert "Fonds social" in office.get(f"/actions/{double}/plan-de-financement").words()


def test_nothing_is_left_that_was_not_seen(stage: Stage, pair: tuple[str, str]) -> None:
    double, kept = pair
    with stage.acting() as world:
        office, owner = (world.actor(role, REGION) for role in ("secretariat", "representative"))
        seen = [one.mark for one in carrying.offers(double, kept)]
        assert len(seen) == 3

        def refused(**more: Any) -> None:
            with pytest.raises(misstated.ResourcesMoved) as caught:
                operations.merge_action(office, known(double), other_id=kept, reason="Même projet.", **more)
            assert "1.01" in str(caught.value)
            assert known(double).maturity == "shared"

        refused()
        refused(seen=seen[1:])
        row = db.session.get_one(Resource, seen[0].partition(".")[0])
        stated = replace(FUND, amount=501_00)
        resources.change_resource(owner, known(double), resource_id=row.id, stated=stated, revision=row.rev)
        refused(seen=seen)
        seen = [one.mark for one in carrying.offers(double, kept)]
        operations.merge_action(office, known(double), other_id=kept, reason="Même projet.", seen=seen)
        assert known(double).maturity == "merged"


def test_own_funds_are_not_carried_to_a_project_owner_who_signs(stage: Stage) -> None:
    with stage.acting() as world:
        owner, office = (world.actor(role, REGION) for role in ("representative", "secretariat"))
        double = share(owner, title="Doublon").id
        kept = share(owner, title="Celle qui reste", project_owner_id=owner.partner_id, project_owner_name=None).id
        own = replace(FUND, account="own", body="", funder="Association")
        resources.add_resource(owner, known(double), stated=own)
        [offer] = carrying.offers(double, kept)
        assert offer.barred
        facts: Any = {"other_id": kept, "reason": "Même projet.", "seen": [offer.mark]}
        with pytest.raises(misstated.OwnFundsOfSignatory) as caught:
            operations.merge_action(office, known(double), resources=[offer.row.id], **facts)
        assert caught.value.field == "resources"
        assert known(double).maturity == "shared"
    client, url = stage.client("secretariat", REGION), f"/actions/{double}/structure/fusionner"
    client.get(url)
    check = client.submit(url, {"other": "1.02", "reason": "Même projet."}, status=200)
    assert not check.select("input[name=resources]")
    assert "Ne peuvent être repris" in check.words("main")


def test_what_the_other_fiche_receives_meanwhile_is_seen(stage: Stage, pair: tuple[str, str]) -> None:
    double, kept = pair
    with stage.acting() as world:
        office, owner = (world.actor(role, REGION) for role in ("secretariat", "representative"))
        found = carrying.offers(double, kept)
        chosen = [one.row.id for one in found if one.proposed]
        facts: Any = {"other_id": kept, "reason": "Même projet.", "seen": [one.mark for one in found]}
        resources.add_resource(owner, known(kept), stated=replace(FUND, year=2015, account="own", body=""))
        with pytest.raises(misstated.ResourcesMoved):
            operations.merge_action(office, known(double), resources=chosen, **facts)
        facts["seen"] = [one.mark for one in carrying.offers(double, kept)]
        operations.merge_action(office, known(double), resources=chosen[:1], **facts)


def test_what_cannot_be_carried_is_told_beside_the_boxes(
    stage: Stage, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    double, _kept = pair
    monkeypatch.setattr(resources, "MOST", 1)
    office, url = stage.client("secretariat", REGION), f"/actions/{double}/structure/fusionner"
    office.get(url)
    check = office.submit(url, {"other": "1.02", "reason": "Même projet."}, status=200)
    form = office.page and office.page.form(url)
    assert form
    kept_ones = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")}
    chosen = str(check.select("input[name=resources]")[1]["value"])
    again = office.post(url, {**kept_ones, "confirmer": "oui", "resources": [chosen]}, status=409)
    boxes = again.select("input[name=resources]")
    assert [box["value"] for box in boxes if box.has_attr("checked")] == [chosen]
    assert "1 autres ressources au plus" in again.words("fieldset")
    assert again.select_one("[role=alert] a, .error-summary a")["href"] == f"#{boxes[0]['id']}"
