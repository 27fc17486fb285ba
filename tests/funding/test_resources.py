"""What a fiche receives from who signs nothing: who may say so, what is taken, what the log keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit import words as audit_words
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.funding import misstated, products, queries, refusals, resources
from cocon.funding.models import Resource
from cocon.funding.resources import Stated
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.kernel.money import CEILING
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.partners.queries import partner_by_key
from cocon.policy import ROLES, ROLES_WITHOUT_PARTNER
from tests.actions.making import GRENOBLE, REGION, fields, known, share
from tests.factories import World
from tests.funding.making import EURO

pytestmark = pytest.mark.template("reference")

FUND = Stated(account="74", body="europe", funder="Fonds social", year=2014, amount=5_000 * EURO)


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def owner(world: World) -> Actor:
    """A representative of the Région, whose fiche it is."""
    return world.actor("representative", REGION)


@pytest.fixture
def action(owner: Actor) -> Action:
    """A fiche that an association carries."""
    return share(owner, costs={2014: 100_000 * EURO})


def add(actor: Actor, action: Action, **said: Any) -> str:
    """Add the fund, or something near it; the identifier of the row."""
    resources.add_resource(actor, known(action.id), stated=replace(FUND, **said))
    return db.session.scalars(select(Resource.id).order_by(Resource.stated_at.desc(), Resource.id.desc())).first() or ""


def refused(refusal: type[Refusal], act: Callable[[], Any]) -> None:
    """The act leaves no trace."""
    before = _state()
    with pytest.raises(refusal) as caught:
        act()
    assert type(caught.value) is refusal
    assert _state() == before


def _state() -> tuple[Any, ...]:
    db.session.rollback()
    rows = db.session.execute(select(Resource.id, Resource.rev).order_by(Resource.id)).all()
    return [tuple(row) for row in rows], db.session.scalar(select(func.count()).select_from(LogEntry))


def test_a_resource_is_added_changed_and_withdrawn_and_each_act_is_logged(
    world: World, owner: Actor, action: Action
) -> None:
    row_id = add(owner, action, funder="  Fonds   social ", note=" Dossier déposé. ")
    row = db.session.get_one(Resource, row_id)
    assert (row.account, row.body, row.gift, row.funder, row.year) == ("74", "europe", "", "Fonds social", 2014)
    assert (row.amount, row.nature, row.status, row.note) == (500_000, "operating", "planned", "Dossier déposé.")
    assert (row.mandate_id, row.rev) == (owner.mandate_id, 1)
    office = world.actor("secretariat", REGION)
    granted = replace(FUND, status="granted", amount=4_000_01)
    resources.change_resource(office, known(action.id), resource_id=row_id, stated=granted, revision=1)
    row = db.session.get_one(Resource, row_id)
    assert (row.amount, row.status, row.note, row.mandate_id) == (4_000_01, "granted", None, office.mandate_id)
    assert queries.financing(action.id).other == {2014: 4_000_01}
    why = {"resource_id": row_id, "revision": 2}
    resources.withdraw_resource(owner, known(action.id), reason=" Fonds épuisés. ", **why)
    row = db.session.get_one(Resource, row_id)
    assert (row.alive, row.withdrawal_reason, row.amount) == (False, "Fonds épuisés.", 4_000_01)
    assert queries.financing(action.id).other == {}
    assert resources.of_action(action.id) == []
    kinds = db.session.scalars(select(LogEntry.kind).where(LogEntry.subject == action.id).order_by(LogEntry.seq)).all()
    assert [kind for kind in kinds if "resource" in kind] == [
        f"funding.resource-{done}" for done in ("added", "changed", "withdrawn")
    ]
    db.session.rollback()
    again = {"stated": FUND, "resource_id": row_id, "revision": 3}
    refused(misstated.WithdrawnAlready, lambda: resources.change_resource(owner, known(action.id), **again))
    refused(
        misstated.WithdrawnAlready,
        lambda: resources.withdraw_resource(owner, known(action.id), reason="x", resource_id=row_id, revision=3),
    )
    assert verify().ok


UNSOUND: tuple[tuple[dict[str, Any], type[Refusal]], ...] = (
    ({"amount": 0}, misstated.AmountNeeded),
    ({"amount": -1}, misstated.AmountNeeded),
    ({"amount": None}, misstated.AmountNeeded),
    ({"amount": CEILING + 1}, misstated.AmountNeeded),
    ({"year": 2013}, refusals.YearOutside),
    ({"year": 2017}, refusals.YearOutside),
    ({"funder": " \u00a0 "}, misstated.FunderNeeded),
    ({"body": ""}, misstated.BodyNeeded),
    ({"account": "87", "body": ""}, misstated.GiftNeeded),
    ({"funder": "ville de  GRENOBLE"}, misstated.FunderIsSignatory),
    *(
        ({"funder": name}, misstated.FunderIsSignatory)
        for name in (
            *("Conseil régional Rhône-Alpes", "Mairie de Grenoble", "Commune de Grenoble", "Caisse des dépôts", "État"),
            *("Département de l’Isère", "Conseil départemental de l’Isère", "CRESS", "CRESS Rhône-Alpes"),
            *("Préfet de la région Rhône-Alpes", "Pays voironnais", "Communauté d’agglomération du Pays Voironnais"),
        )
    ),
    ({"account": "79"}, Forbidden),
    ({"body": "moon"}, Forbidden),
    ({"status": "lost"}, Forbidden),
    ({"nature": ""}, Forbidden),
    ({"gift": "gold"}, Forbidden),
)


@pytest.mark.engines("sqlite")
def test_what_is_unsound_is_refused(owner: Actor, action: Action) -> None:
    for said, refusal in UNSOUND:
        refused(refusal, lambda said=said: add(owner, action, **said))  # type: ignore[misc]


@pytest.mark.engines("sqlite")
def test_who_only_resembles_a_signatory_is_another_funder(owner: Actor, action: Action) -> None:
    for name in (
        "Grenoble",
        "Conseil départemental de la Drôme",
        "Mairie de Voiron",
        "Syndicat mixte",
        "Région Bretagne",
    ):
        add(owner, action, funder=name)
        db.session.rollback()


@pytest.mark.engines("sqlite")
def test_an_account_keeps_only_what_it_asks(owner: Actor, action: Action) -> None:
    more = {"gift": "goods", "body": "commune"}
    for account, kept in (
        ("70", ("", "", "operating")),
        ("74", ("commune", "", "operating")),
        ("87", ("commune", "goods", "")),
    ):
        row = db.session.get_one(Resource, add(owner, action, account=account, **more))
        assert (row.body, row.gift, row.nature) == kept
        db.session.rollback()


def test_own_funds_are_of_an_owner_who_signs_nothing(owner: Actor, action: Action) -> None:
    row_id = add(owner, action, account="own", funder="Réserves")
    region = partner_by_key(REGION)
    assert region is not None
    text = fields(project_owner_name=None, project_owner_id=region.id)
    actions.publish_version(owner, known(action.id), revision=known(action.id).rev, summary="Porteur.", fields=text)
    refused(misstated.OwnFundsOfSignatory, lambda: add(owner, action, account="own", funder="Réserves"))
    # what was said before may still be corrected
    less = replace(FUND, account="own", funder="Réserves", amount=1)
    resources.change_resource(owner, known(action.id), resource_id=row_id, stated=less, revision=1)
    assert db.session.get_one(Resource, row_id).amount == 1


def test_two_who_change_the_same_resource_do_not_overwrite_each_other(owner: Actor, action: Action) -> None:
    row_id = add(owner, action)
    more, where = replace(FUND, amount=1), {"resource_id": row_id, "revision": 1}
    resources.change_resource(owner, known(action.id), stated=more, **where)
    refused(Outdated, lambda: resources.change_resource(owner, known(action.id), stated=FUND, **where))
    refused(Outdated, lambda: resources.withdraw_resource(owner, known(action.id), reason="x", **where))
    refused(
        misstated.NothingChanges,
        lambda: resources.change_resource(owner, known(action.id), resource_id=row_id, stated=more, revision=2),
    )
    refused(
        misstated.ReasonNeeded,
        lambda: resources.withdraw_resource(owner, known(action.id), reason="  ", resource_id=row_id, revision=2),
    )
    other = share(owner, title="Autre")
    refused(
        Forbidden,
        lambda: resources.change_resource(owner, known(other.id), resource_id=row_id, stated=FUND, revision=2),
    )


@pytest.mark.engines("sqlite")
def test_the_owner_or_the_secretariat_while_the_fiche_lives(world: World, owner: Actor, action: Action) -> None:
    allowed = {("representative", REGION), ("deputy", REGION), ("secretariat", REGION)}
    for role in sorted(ROLES):
        for partner in (REGION, GRENOBLE) if role not in ROLES_WITHOUT_PARTNER else (None,):
            actor = world.actor(role, partner)
            may_do = (role, partner) in allowed or role == "secretariat"
            if may_do:
                add(actor, action)
            else:
                refused(Forbidden, lambda actor=actor: add(actor, action))  # type: ignore[misc]
    refused(Forbidden, lambda: add(SYSTEM, action))
    row_id = add(owner, action)
    add(replace(world.actor("contributor", REGION), supervised=False), action)
    refused(Forbidden, lambda: add(replace(world.actor("contributor", GRENOBLE), supervised=False), action))
    stale = known(action.id)
    db.session.expunge(stale)
    actions.withdraw_action(owner, known(action.id), reason="Sans suite.")
    # and who read the fiche before it was withdrawn comes too late
    refused(Forbidden, lambda: resources.add_resource(owner, stale, stated=FUND))
    refused(Forbidden, lambda: resources.withdraw_resource(owner, stale, reason="x", resource_id=row_id, revision=1))


@pytest.mark.engines("sqlite")
def test_the_log_has_the_words_of_resources(in_app: Flask) -> None:
    theirs = {
        "account": products.ACCOUNTS,
        "body": products.BODIES,
        "gift": products.GIFTS,
        "status": products.STATUSES,
    }
    for name, word in theirs.items():
        said = audit_words.VALUES[f"resource.{name}"]
        assert {key: str(one) for key, one in said.items()} == {key: str(one) for key, one in word.items()}
