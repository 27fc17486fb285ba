"""Pages ask the database few questions, and the same number whatever it holds."""

from __future__ import annotations

import pytest
from flask import Flask

from cocon.actions import drafts
from cocon.discussion import operations as discussion
from cocon.funding import operations as funding
from cocon.partners.queries import partners
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, known, share, statements
from tests.decisions.making import newest
from tests.dossier.making import Stage
from tests.suggestions.making import guest, refuse, suggest
from tests.support.client import Client

ROLES = [
    ("representative", GRENOBLE),
    ("contributor", GRENOBLE),
    ("reader", GRENOBLE),
    ("secretariat", REGION),
    ("facilitator", "cress-rhone-alpes"),
    ("auditor", None),
    ("admin", None),
]


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


def fund(stage: Stage, action_id: str, *keys: str, amount: int = 100) -> None:
    """Each of these partners promises an amount of 2014."""
    with stage.acting() as world:
        for key in keys:
            actor = world.actor("representative", key)
            funding.announce_contribution(actor, known(action_id), year=2014, amount=amount)


def say(stage: Stage, action_id: str, number: int) -> None:
    """So many messages, a few threads, a third of them internal to the Ville de Grenoble."""
    with stage.acting() as world:
        authors = [world.actor("representative", key) for key in (GRENOBLE, ISERE, METRO)]
        for place in range(number):
            inside = "internal" if place % 3 == 0 else "partners"
            text = f"Message {place}"
            discussion.post_comment(authors[place % 3], known(action_id), text=text, visibility=inside)


def everybody(stage: Stage) -> list[str]:
    """The keys of all partners."""
    with stage.app.app_context():
        return [partner.key for partner in partners()]


def costs(stage: Stage, clients: dict[str, Client], url: str) -> dict[str, int]:
    """The statements that the page takes, for each reader."""
    return {role: stage.cost(client, url) for role, client in clients.items()}


def test_the_workspace_takes_six_at_most(stage: Stage) -> None:
    clients = {role: stage.client(role, partner) for role, partner in ROLES}
    empty = costs(stage, clients, "/espace")
    for number in range(4):
        action_id = stage.fiche(f"Fiche {number}")
        stage.consultation(action_id)
        stage.answer(action_id, *([GRENOBLE, ISERE] if number % 2 else []))
    fund(stage, action_id, GRENOBLE, ISERE)
    with stage.acting() as world:
        for role in ("representative", "contributor"):
            for number in range(3):
                drafts.start(world.actor(role, GRENOBLE), {"title": f"Brouillon {number}"})
        refuse(world.actor("representative", REGION), suggest(guest(world), known(action_id), "Un autre texte."))
    assert len(clients["representative"].get("/espace").select("#reponses li")) == 1
    assert len(clients["representative"].get("/espace").select("#taches > li")) == 6
    assert costs(stage, clients, "/espace") == empty
    assert max(empty.values()) <= 6, empty


def test_the_list_takes_five_at_most(stage: Stage) -> None:
    client = stage.client()
    stage.fiche()
    one = stage.cost(client, "/actions")
    for number in range(2, 31):
        stage.fiche(f"Fiche {number}", GRENOBLE if number % 2 else ISERE)
    full = client.get("/actions")
    assert len(full.select("main tbody tr:not(.group-head)")) == 25
    assert stage.cost(client, "/actions") == one
    assert stage.cost(client, "/actions?q=fiche&axe=1&statut=shared") == one
    following = str(full.select_one("main nav a[rel=next], main nav a[href*=apres]")["href"])
    assert stage.cost(client, following) == one
    assert one <= 5


def test_the_whole_fiche_takes_six_at_most(stage: Stage) -> None:
    action_id, clients = stage.fiche(), {role: stage.client(role, partner) for role, partner in ROLES}
    url = f"/actions/{action_id}"
    say(stage, action_id, 10)
    ten = costs(stage, clients, url)
    say(stage, action_id, 40)
    assert costs(stage, clients, url) == ten
    fund(stage, action_id, *everybody(stage)[:5])
    stage.consultation(action_id)
    stage.answer(action_id, *everybody(stage)[:5])
    stage.revise(action_id)
    page = clients["representative"].get(url)
    assert "5 favorables" in page.words("#positions")
    assert len(page.select("#discussion-threads article")) >= 30
    assert costs(stage, clients, url) == ten
    assert max(ten.values()) <= 6, ten


def test_the_matrix_takes_six_at_most(stage: Stage) -> None:
    client = stage.client()
    for number in range(3):
        fund(stage, stage.fiche(f"Fiche {number}"), GRENOBLE)
    three = stage.cost(client, "/financement")
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        ids = [share(owner, 1 + place % 3, title=f"Fiche {place}", costs={2015: 5_000_00}).id for place in range(27)]
    for action_id in ids:
        fund(stage, action_id, GRENOBLE, ISERE, METRO)
    page = client.get("/financement")
    assert len(page.select("main tr.fiche")) == 30
    assert stage.cost(client, "/financement") == three
    assert stage.cost(client, "/financement?lignes=manque") == three
    assert three <= 6


@pytest.mark.parametrize("htmx", [False, True])
def test_posting_a_message_takes_twelve_at_most(stage: Stage, *, htmx: bool) -> None:
    action_id, client = stage.fiche(), stage.client()
    url = f"/actions/{action_id}/discussion"
    first = _sent(client, url, {"visibility": "partners", "text": "Bonjour."}, htmx=htmx)
    say(stage, action_id, 49)
    fund(stage, action_id, GRENOBLE, ISERE, METRO)
    again = _sent(client, url, {"visibility": "partners", "text": "Encore."}, htmx=htmx)
    assert len(again) == len(first)
    assert len(first) <= 12, first


@pytest.mark.parametrize(("htmx", "most"), [(False, 18), (True, 22)])
def test_a_contribution_costs_the_same_on_a_busy_fiche(stage: Stage, most: int, *, htmx: bool) -> None:
    """Five of the statements sign the checkpoint that the receipt shows, after the commit."""
    counts, client = [], stage.client()
    for busy in (False, False, True):  # the first one reads what the process then knows
        action_id = stage.fiche()
        fund(stage, action_id, *([REGION, ISERE, METRO] if busy else []))
        say(stage, action_id, 20 if busy else 0)
        url = f"/actions/{action_id}/financement"
        counts.append(len(_sent(client, url, {"amount-cash-operating-2014": "10"}, "/contributions", htmx=htmx)))
    assert counts[1] == counts[2] <= most


def test_a_position_costs_the_same_among_twenty(stage: Stage) -> None:
    counts, others = [], [key for key in everybody(stage) if key != GRENOBLE]
    for answered in ([], [], others):  # the first one reads what the process then knows
        action_id = stage.fiche()
        url = f"/decisions/{stage.consultation(action_id)}/avis"
        stage.answer(action_id, *answered)
        counts.append(len(_sent(stage.client(), url, {"stance": "favorable", "confirmer": "oui"})))
        with stage.app.app_context():
            assert sum(1 for seat in newest(action_id).seats if seat.position_id) == len(answered) + 1
    assert counts[1] == counts[2] <= 24


def _sent(client: Client, page: str, data: dict[str, str], below: str = "", *, htmx: bool = False) -> list[str]:
    """The statements of a post from a page."""
    client.get(page)
    with statements() as seen:
        client.post(page + below, data, htmx=htmx)
    return list(seen)
