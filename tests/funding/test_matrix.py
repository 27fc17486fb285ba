"""Every total of the matrix is the sum of the contributions behind it, at every level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, text

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit import checkpoints
from cocon.funding import drilling, operations, steps
from cocon.funding.choice import LEVELS, NAMES, of_total
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.money import parse
from cocon.partners.models import Partner
from cocon.partners.queries import partners
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, known, objective, share, signed_in
from tests.dossier.making import Stage
from tests.factories import World
from tests.funding.making import YEARS
from tests.funding.test_steps import WEEK, consulted, decided, record
from tests.support.client import Answer, Client
from tests.support.pages import words

FUNDERS = (GRENOBLE, ISERE, METRO)
#: What one asks of the matrix beside a level.
FILTERS = ("", "axe=1", "axe=1&objectif=A", "axe=1&objectif=aucun", f"partenaire={ISERE}", "lignes=manque")
Link = tuple[str, int]


def totals(page: Answer) -> list[Link]:
    """The figures that lead to what is behind them: the address, and the amount in cents."""
    links = page.select("main td.num a[href^='/financement/contributions']")
    return [(str(link["href"]), parse(link.get_text())) for link in links]


def asked(address: str) -> dict[str, str]:
    """What an address says."""
    return dict(parse_qsl(urlsplit(address).query))


def summed(said: dict[str, str], signatories: Sequence[Partner]) -> int:
    """The sum of what is behind the total of an address."""
    choice = of_total(said, signatories)
    assert choice is not None, said
    return drilling.summed(choice, signatories)[0]


def wrong(links: Sequence[Link], forgotten: str = "") -> Iterator[Link]:
    """The totals that are not the sum of what is behind them, when something of their address is forgotten or not."""
    sums: dict[tuple[tuple[str, str], ...], int] = {}
    signatories = partners()
    for address, cents in links:
        said = {name: value for name, value in asked(address).items() if name != forgotten}
        if forgotten == "axe":
            said.pop("objectif", None)
        key = tuple(sorted(said.items()))
        if key not in sums:
            sums[key] = summed(said, signatories)
        if sums[key] != cents:
            yield address, cents


def pages(client: Client, query: str) -> Iterator[Answer]:
    """The matrix, page after page."""
    answer: Answer | None = client.get(f"/financement?{query}")
    while answer is not None:
        yield answer
        following = answer.select("nav.pagination a[rel=next]")
        answer = client.get(str(following[0]["href"])) if following else None


def shown(client: Client, query: str) -> list[Link]:
    """All totals of the matrix."""
    return [link for page in pages(client, query) for link in totals(page)]


def at(level: str, query: str = "") -> str:
    """The address of the matrix at a level."""
    return "&".join(part for part in (f"etape={level}", query) if part)


def adopt(world: World, action_id: str) -> None:
    """Consult on a fiche, and adopt it today."""
    with clock.standing_at(clock.now() - timedelta(days=WEEK)):
        consulted(world, known(action_id))
    decided(world, known(action_id), "adopted")


def climb(
    world: World,
    chance: Random,
    key: str,
    action_id: str,
    line: dict[str, Any],
    act: str,
    signed: str,
    far: int | None = None,
) -> None:
    """Take a contribution as far as is told, or as chance says, by less each time."""
    actor, amount = world.actor("representative", key), line["amount"]
    order = ("inscribed", "credited", "voted", "contracted", "engaged", "paid", "settled")
    for step in order[: chance.randint(0, len(order)) if far is None else far]:
        amount = max(1, amount - chance.randrange(50)) if step not in ("credited", "contracted") else amount
        proof = {"credited": act, "voted": act, "contracted": signed}.get(step)
        said = {"taken_on": clock.today(), "act_id": proof, "reference": "EJ 1", "reason": "Fin."}
        taken = steps.Taken(amount=amount, **said)
        place = {name: line[name] for name in ("year", "form", "nature")}
        steps.take_step(actor, known(action_id), step=step, taken=taken, **place)


def random_contract(world: World, seed: int) -> None:
    """Fiches under objectives and none, one withdrawn since, funded in every form by three partners, taken anywhere."""
    chance = Random(seed)
    region = world.actor("representative", REGION)
    free = [share(region, place, title=f"Fiche libre {place}", costs={2014: 3_000}).id for place in (1, 2, 3)]
    under = [objective(world, 1, letter) for letter in "AB"]
    costs = [{year: chance.randrange(1, 9_000) for year in YEARS} for _fiche in range(5)]
    fiches = [share(region, under=under[n % 2], title=f"Fiche {n}", costs=said).id for n, said in enumerate(costs)]
    proofs = {
        key: (record(actor, "2014-1"), record(actor, "C-1", "convention"))
        for key in FUNDERS
        if (actor := world.actor("representative", key))
    }
    for number, fiche in enumerate([*free, *fiches]):
        adopted = number not in (3, 4)
        if adopted:
            adopt(world, fiche)
        lines = {
            (key, chance.choice(YEARS), chance.choice(("cash", "cash", "instrument", "in_kind")), nature)
            for key in FUNDERS
            for nature in ("operating", "investment")
        }
        for key, year, form, nature in sorted(lines):
            line = {"year": year, "form": form, "nature": nature, "amount": chance.randrange(400, 2_500)}
            operations.announce_contribution(world.actor("representative", key), known(fiche), **line)
            if adopted:
                climb(world, chance, key, fiche, line, *proofs[key])
    actions.withdraw_action(region, known(fiches[1]), reason="Abandonnée.")


@pytest.mark.template("reference")
@pytest.mark.today("2016-06-10")
def test_every_total_of_a_random_contract_is_the_sum_of_what_is_behind_it(app: Flask) -> None:
    with app.app_context(), checkpoints.signing_later():
        world = World.installed()
        random_contract(world, 2014)
        reader = world.actor("reader", GRENOBLE)
    client = signed_in(app, world, reader)
    every = [link for level in LEVELS for link in shown(client, at(level))]
    chosen = [link for query in FILTERS for link in shown(client, at("vote", query))]
    assert min(len(every), len(chosen)) > 300
    assert {name for address, _cents in chosen for name in asked(address)} == set(NAMES) - {"attente", "fiches"}
    with app.app_context():
        assert list(wrong(every)) == list(wrong(chosen)) == []
        for name in set(NAMES) - {
            "attente",
            "fiches",
        }:  # a drill-down that forgets a part of what was asked would be seen
            assert next(wrong(chosen, name), None), name
        for slug, (column, *_words) in LEVELS.items():
            whole = db.session.scalar(
                text(
                    f"SELECT SUM(CASE WHEN t.stage = 'settled' AND t.{column} > t.paid THEN t.paid ELSE t.{column} END)"
                    " FROM tranche t JOIN contribution c ON c.id = t.contribution_id"
                    " JOIN action a ON a.id = c.action_id WHERE c.form = 'cash' AND a.maturity <> 'withdrawn'"
                )
            )
            assert summed({"etape": slug}, partners()) == whole > 0


def settled(world: World) -> Action:
    """A fiche on which something was paid, and nothing is expected any more."""
    grenoble = world.actor("representative", GRENOBLE)
    fiche = share(world.actor("representative", REGION), 2, title="Menée à bien", costs={2015: 3_000})
    adopt(world, fiche.id)
    line = {"year": 2015, "form": "cash", "nature": "operating", "amount": 2_000_00}
    operations.announce_contribution(grenoble, known(fiche.id), **line)
    proofs = record(grenoble, "2015-1"), record(grenoble, "C-2", "convention")
    climb(world, Random(1), GRENOBLE, fiche.id, line, *proofs, far=7)
    return known(fiche.id)


@pytest.mark.template("reference")
@pytest.mark.today("2016-06-10")
def test_every_figure_of_the_envelopes_is_the_sum_of_what_is_behind_it(app: Flask) -> None:
    """What was paid on fiches that are no more counts in them, as what is planned on those that were rejected."""
    with app.app_context(), checkpoints.signing_later():
        world = World.installed()
        random_contract(world, 2014)
        ended = settled(world)
        shared = db.session.scalars(select(Action).where(Action.maturity == "shared")).first()
        assert shared is not None
        for fiche, outcome in ((ended, "withdrawn"), (shared, "rejected")):
            with clock.standing_at(clock.now() - timedelta(days=WEEK)):
                consulted(world, fiche)
            decided(world, fiche, outcome)
        reader = world.actor("reader", GRENOBLE)
    client = signed_in(app, world, reader)
    found = [totals(client.get(f"/enveloppes{place}")) for place in ("", *(f"/{key}" for key in FUNDERS))]
    assert [len(links) > 10 for links in found] == [True] * 4
    every = [link for links in found for link in links]
    with app.app_context():
        assert list(wrong(every)) == []
        for name in ("etape", "axe", "partenaire", "annee", "fiches"):
            assert next(wrong(every, name), None), name
    page = client.get(every[0][0])
    assert "toutes fiches comprises" in page.words("main")
    assert [parse(cell.get_text()) for cell in page.select("#somme .money")] == [every[0][1]]


@pytest.mark.template("demo")
def test_every_total_of_the_demonstration_is_the_sum_of_what_is_behind_it(app: Flask) -> None:
    client = Client(app)
    client.sign_in("auditeur@demo.example")
    with app.app_context():
        for level in LEVELS:
            every = shown(client, at(level))
            assert len(every) > 50 or level == "credits", level
            assert list(wrong(every)) == [], level
        assert next(wrong(every, "annee"))


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_the_matrix_and_what_is_behind_it_ask_the_same_of_24_and_240_fiches(app: Flask) -> None:
    stage = Stage.installed(app)
    client, queries = stage.client("reader"), ("", "?etape=vote", "?axe=1&lignes=manque")
    urls = [f"/financement{below}{query}" for below in ("", "/contributions") for query in queries]
    counts, bound = [], []
    for number in (24, 216):
        with stage.acting() as world:
            owner = world.actor("representative", REGION)
            for place in range(number):
                fiche = share(owner, 1 + place % 3, title=f"Fiche {place}", costs={2014: 900}).id
                operations.announce_contribution(owner, known(fiche), year=2014, amount=100 + place)
        counts.append([stage.cost(client, url) for url in urls])
        bound.append([len(page.select("main tr.fiche")) for page in pages(client, "")])
        total = client.get("/financement/contributions").words("#somme")
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 6
    assert bound == [[24], [50, 50, 50, 50, 40]]
    assert parse(total) == sum(100 + place for number in (24, 216) for place in range(number))
    listed, url = [], "/financement/contributions"
    while url:
        page = client.get(url)
        listed += [parse(one.get_text()) for one in page.select("main td.num a")]
        url = next((str(link["href"]) for link in page.select("nav.pagination a[rel=next]")), "")
    assert (len(listed), sum(listed)) == (240, parse(total))


@pytest.fixture
def voted(app: Flask) -> Stage:
    """An adopted fiche of which the Ville de Grenoble voted a part of what it planned."""
    stage = Stage.installed(app)
    with stage.acting() as world:
        region, grenoble = (world.actor("representative", key) for key in (REGION, GRENOBLE))
        fiche = share(region, 2, title="Recycleries", costs={2014: 4_000}).id
        adopt(world, fiche)
        operations.announce_contribution(grenoble, known(fiche), year=2014, amount=3_000, nature="investment")
        operations.announce_contribution(region, known(fiche), year=2015, amount=1_000)
        act = record(grenoble, "2014-7")
        for step in ("inscribed", "voted"):
            taken = steps.Taken(amount=2_500, taken_on=clock.today(), act_id=act)
            steps.take_step(grenoble, known(fiche), step=step, year=2014, nature="investment", taken=taken)
    return stage


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_shares_and_heat_say_the_figures_of_the_level(voted: Stage) -> None:
    client = voted.client("reader", ISERE)
    matrix = client.get("/financement?etape=vote")
    assert "soit 62,5 % du coût de la fiche-action, 40,00 €" in matrix.words("#funding-lead")
    assert [words(row.get_text(" ")) for row in matrix.select("#par-partenaire tbody tr")] == [
        "Ville de Grenoble 25,00 0,00 0,00 25,00 100,0 %"
    ]
    planned = client.get("/financement")
    shares = [words(row.select("td")[4].get_text()) for row in planned.select("#par-partenaire tbody tr")]
    assert shares == ["25,0 %", "75,0 %"]
    heat = planned.select_one(".heat svg[role=img]")
    assert [one["id"] for one in heat.select("title, desc")] == str(heat["aria-labelledby"]).split()
    assert "Ville de Grenoble : 2014, 30,00 € ; 2015, 0,00 €" in words(heat.select("desc")[0].get_text())
    assert [words(text.get_text()) for text in heat.select(".heat-amount")] == ["0", "10", "0", "30", "0", "0"]
    assert [str(rect["class"]) for rect in heat.select("rect")] == [f"['heat-{depth}']" for depth in (0, 2, 0, 4, 0, 0)]


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_from_a_total_to_its_contribution_its_acts_and_the_log(voted: Stage) -> None:
    client = voted.client("reader", ISERE)
    page = client.get("/financement/contributions?etape=vote&axe=2&annee=2014")
    assert page.words("#somme") == "25,00 €"
    assert "en numéraire, investissement" in page.words("#contributions tbody")
    tranche = client.get(str(page.select_one("#contributions td.num a")["href"]))
    assert tranche.select_one("#etapes a[href^='/actes/']")
    entries = [str(link["href"]) for link in tranche.select("#journal a")]
    assert len(entries) == 3
    assert entries[-1] == str(tranche.select("#etapes a.receipt")[-1]["href"])
    for entry in entries:
        client.get(entry)
    mine = voted.client("representative", GRENOBLE).get(tranche.url)
    assert str(mine.select("#etapes a.receipt")[-1]["href"]) == f"{entries[-1]}/recu"


@pytest.mark.template("reference")
@pytest.mark.engines("sqlite")
def test_a_total_that_is_not_understood_has_no_page(voted: Stage) -> None:
    client, nobody = voted.client("reader", ISERE), "fiche=00000000-0000-7000-8000-000000000000"
    for said in ("etape=tout", "axe=9", "objectif=A", "partenaire=personne", "annee=1999", "forme=x", "attente=x"):
        client.get(f"/financement/contributions?{said}", status=404)
    for said in ("fiche=x", nobody, "axe=2&objectif=aa", "lignes=x"):
        client.get(f"/financement/contributions?{said}", status=404)
    assert "Il n’y a pas d’autre contribution." in client.get("/financement/contributions?apres=x").words("main")
