"""Reading fiches: what comes back, in how many statements."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from cocon.actions import operations, queries
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, fields, known, objective, share, statements
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def test_a_fiche_is_found_with_its_place_in_one_statement(world: World, grenoble: Actor) -> None:
    shared = share(grenoble, under=objective(world, 1, "A"))
    with statements() as seen:
        action = queries.find(shared.id)
    assert len(seen) == 1
    assert action is not None
    assert action.objective is not None
    assert (action.axis.number, action.objective.letter, action.partner.key) == (1, "A", GRENOBLE)
    assert queries.find("00000000-0000-7000-8000-000000000000") is None


@pytest.mark.parametrize("guests", [[], [ISERE], [REGION, "cg-ardeche", "pnr-pilat", METRO, ISERE]])
def test_a_whole_fiche_is_one_statement(grenoble: Actor, guests: list[str]) -> None:
    shared = share(grenoble, associated=guests[::-1], costs={2014: 1, 2015: 2, 2016: 3})
    with statements() as seen:
        whole = queries.whole(shared.id)
        assert whole is not None
        assert [partner.key for partner in whole.associated] == guests
        assert (whole.costs, whole.cost, whole.latest) == ({2014: 1, 2015: 2, 2016: 3}, 6, True)
        assert (whole.owner_name, whole.author) == ("Une association", "Representative ville-grenoble")
        assert whole.action.axis.number == 1
    assert len(seen) == 1


def test_a_fiche_without_costs_has_none(grenoble: Actor) -> None:
    whole = queries.whole(share(grenoble).id)
    assert whole is not None
    assert (whole.costs, whole.cost, list(whole.associated)) == ({}, 0, [])


def test_what_does_not_exist_is_none(grenoble: Actor) -> None:
    action = share(grenoble)
    assert queries.version(action.id, 2) is None
    assert queries.whole("00000000-0000-7000-8000-000000000000") is None


def test_a_version_names_partners_as_they_were_called_then(world: World) -> None:
    isere = world.actor("representative", ISERE)
    action = share(isere, project_owner_name=None, project_owner_id=isere.partner_id, associated=[ISERE])
    with clock.standing_at(datetime(2015, 6, 1, tzinfo=UTC)):
        first = queries.whole(action.id)
        assert first is not None
        assert first.owner_name == "Conseil départemental de l’Isère"
        said = fields(project_owner_name=None, project_owner_id=isere.partner_id, associated=[ISERE], context="x")
        operations.publish_version(isere, action, revision=first.action.rev, summary="s", fields=said)
        former = queries.version(action.id, 1)
        assert former is not None
        assert not former.latest
        assert former.owner_name == "Conseil général de l’Isère"
        assert former.associated_names == ["Conseil général de l’Isère"]


def test_versions_come_newest_first_a_page_at_a_time(grenoble: Actor) -> None:
    action = share(grenoble)
    for number in range(2, 29):
        action = known(action.id)
        operations.publish_version(
            grenoble, action, revision=action.rev, summary=f"Vers {number}", fields=fields(context=str(number))
        )
    with statements() as seen:
        newest = queries.versions(action.id)
    assert len(seen) == 1
    assert [line.number for line in newest] == list(range(28, 3, -1))
    assert (newest[0].summary, newest[0].author) == ("Vers 28", "Representative ville-grenoble")
    assert [line.number for line in queries.versions(action.id, before=4)] == [3, 2, 1]


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("1.A.03", (1, "A", 3)),
        ("12.123", (12, "", 123)),
        ("1.A.3", None),
        ("1.a.03", None),
        ("1.AB.03", None),
        ("1", None),
        ("", None),
        ("1.A.03'", None),
        ("١.01", None),
    ],
)
def test_a_code_says_a_place(code: str, place: queries.Place | None) -> None:
    assert queries.place_of(code) == place


def test_a_code_names_one_fiche(world: World, grenoble: Actor) -> None:
    under = share(grenoble, under=objective(world, 1, "A"))
    assert [queries.id_of(code) for code in ("1.A.01", " 1.a.01 ", "1.01", "A", "")] == [
        under.id,
        under.id,
        *[None] * 3,
    ]
