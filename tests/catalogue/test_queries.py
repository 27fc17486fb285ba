"""What the list finds, counts and sorts, alike on both engines."""

from __future__ import annotations

from datetime import date
from itertools import islice, permutations
from typing import Any

import pytest
from flask import Flask

from cocon.actions import drafts, operations, search
from cocon.actions.models import TEXT_FIELDS, ActionSearch
from cocon.catalogue import queries, wording
from cocon.catalogue.queries import Filters
from cocon.decisions import operations as decisions
from cocon.discussion import operations as discussion
from cocon.funding import operations as funding
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.folding import wanted
from tests.actions.making import GRENOBLE, ISERE, METRO, fields, known, objective, share, statements
from tests.decisions.making import consult, newest
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def asking(text: str = "", **chosen: Any) -> Filters:
    """Filters as the page makes them."""
    return Filters(text=text, words=tuple(wanted(text)), **chosen)


def codes(page: queries.Page) -> list[str]:
    """The codes of a page of the list."""
    return [line.action.code for line in page.lines]


def found(text: str = "", sort: str = "code", **chosen: Any) -> list[str]:
    """The codes that answer."""
    return codes(queries.listing(asking(text, **chosen), sort))


def every(filters: Filters, sort: str) -> list[list[str]]:
    """All the pages of the list."""
    pages, after = [], None
    while True:
        page = queries.listing(filters, sort, after)
        pages.append(codes(page))
        if page.next is None:
            return pages
        after = wording.cursor(wording.following(page.next), sort)


def test_the_list_is_filtered(world: World, grenoble: Actor) -> None:
    metro = world.actor("representative", METRO)
    share(grenoble, title="Recycleries ouvertes")
    operations.withdraw_action(grenoble, share(grenoble, number=2, title="Écoles"), reason="Doublon.")
    share(metro, number=2, title="Pôles territoriaux", content="Ouvrir des recycleries à l’été.")
    assert found() == ["1.01", "2.01", "2.02"]
    assert found(axis="2") == ["2.01", "2.02"]
    assert found(axis="9") == []
    assert found(maturity="withdrawn") == ["2.01"]
    assert found(maturity="shared") == ["1.01", "2.02"]
    assert found(decision="open") == []
    assert found(progress="none", partner=METRO) == ["2.02"]
    assert found("RECYCLERIE") == ["1.01", "2.02"]
    assert found("recycleries ete") == ["2.02"]
    assert found("ecole") == ["2.01"]
    assert found("territorial pôle") == ["2.02"]
    assert found("terr*  pôle") == ["2.02"]
    assert found("terr pôle") == []
    assert found("pol") == ["2.02"]
    assert found("1.01") == ["1.01"]
    assert found("2.0") == ["2.01", "2.02"]
    assert found("pole", axis="2", partner=METRO, maturity="shared") == ["2.02"]


def test_words_are_those_of_the_latest_version(grenoble: Actor) -> None:
    action = share(grenoble, context="Épicerie")
    operations.publish_version(grenoble, action, revision=action.rev, summary="s", fields=fields(context="Boulangerie"))
    assert found("boulangeries") == ["1.01"]
    assert found("épicerie") == []


def test_an_index_that_was_emptied_is_made_again(grenoble: Actor) -> None:
    share(grenoble, title="Épicerie")
    share(grenoble, title="Boulangerie")
    with db.engine.begin() as connection:
        connection.execute(ActionSearch.__table__.delete())
        assert search.complete(connection) == 2
        assert search.complete(connection) == 0
    assert found("epiceries") == ["1.01"]
    assert found("boulangerie") == ["1.02"]


def test_a_text_of_more_words_than_an_index_holds_is_found_by_its_first(grenoble: Actor) -> None:
    """PostgreSQL refuses a vector of 1 MiB; a French text as long as ours may be is far below."""
    ideograms = map(chr, range(0x4E00, 0x9FA0))
    words = iter(["".join(three) + "s" for three in permutations(list(ideograms)[:40], 3)])
    texts = {name: " ".join(islice(words, 4_000)) for name in TEXT_FIELDS}
    assert all(len(text) <= 20_000 for text in texts.values())
    share(grenoble, title="Épicerie", **texts)
    first = texts["context"].split()[0]
    assert [found("épicerie"), found(first)] == [["1.01"], ["1.01"]]


def test_a_title_weighs_more_than_the_text(grenoble: Actor) -> None:
    share(grenoble, title="Autre chose", results="Une épicerie.")
    share(grenoble, title="Encore", content="Une épicerie, puis une autre épicerie.")
    share(grenoble, title="Épiceries solidaires")
    share(grenoble, title="Rien")
    assert found("épicerie", "relevance") == ["1.03", "1.02", "1.01"]
    assert found("épicerie", "code") == ["1.01", "1.02", "1.03"]


def test_drafts_and_messages_are_never_found(world: World, grenoble: Actor) -> None:
    action = share(grenoble)
    drafts.start(grenoble, {"title": "kanari brouillon"})
    discussion.post_comment(grenoble, action, text="kanari interne", visibility="internal")
    discussion.post_comment(grenoble, action, text="kanari partenaires", visibility="partners")
    assert found("kanari") == []
    assert queries.overview(asking("kanari"), grenoble).total == 0


def test_every_order_goes_page_after_page_without_gap_or_double(world: World, grenoble: Actor) -> None:
    letters = [objective(world, 1, letter) for letter in "BA"]
    for number in range(57):
        costs = {2014: 1000 * (number % 7)} if number % 5 else {}
        share(grenoble, under=letters[number % 2], title=f"Été {number % 4} solidaire", costs=costs)
    for sort in queries.SORTS:
        pages = every(asking("solidaire été"), sort)
        assert [len(page) for page in pages] == [25, 25, 7]
        listed = [code for page in pages for code in page]
        assert len(set(listed)) == 57
        if sort in ("code", "relevance"):
            assert listed == [*(f"1.A.{n:02d}" for n in range(1, 29)), *(f"1.B.{n:02d}" for n in range(1, 30))]


def test_orders(world: World, grenoble: Actor) -> None:
    for title, costs in (("Zèbre", {2014: 500}), ("école", {}), ("Échelle", {2014: 900, 2015: 1}), ("eau", {2014: 5})):
        share(grenoble, title=title, costs=costs)
    funding.announce_contribution(grenoble, known(queries.listing(Filters()).lines[2].action.id), year=2014, amount=890)
    third = queries.listing(Filters()).lines[0].action
    operations.publish_version(
        grenoble, third, revision=third.rev, summary="s", fields=fields(title="Zèbre", costs={2014: 501})
    )
    assert found(sort="title") == ["1.04", "1.03", "1.02", "1.01"]
    assert found(sort="cost") == ["1.03", "1.01", "1.04", "1.02"]
    assert found(sort="gap") == ["1.01", "1.03", "1.04", "1.02"]
    assert found(sort="date")[0] == "1.01"


def test_money_and_deadlines_filter(world: World, grenoble: Actor) -> None:
    isere = world.actor("representative", ISERE)
    whole, part, none = (share(grenoble, title=title, costs={2014: 100}) for title in "abc")
    for action, amount in ((whole, 100), (part, 40)):
        funding.announce_contribution(isere, known(action.id), year=2014, amount=amount)
    consult(world, known(none.id), date(2014, 1, 20))
    assert found(lacking="oui") == ["1.02", "1.03"]
    assert found(funder=ISERE) == ["1.01", "1.02"]
    assert found(funder=ISERE, lacking="oui") == ["1.02"]
    assert found(funder=METRO) == []
    assert found(due="oui") == []
    assert found(due="oui", reader=grenoble.partner_id) == ["1.03"]
    decisions.take_position(isere, newest(none.id), stance="favorable")
    assert found(due="oui", reader=isere.partner_id) == []
    assert found(due="oui", reader=grenoble.partner_id) == ["1.03"]
    assert queries.overview(Filters(reader=isere.partner_id), isere).counts["due"] == {}
    assert found(decision="open") == ["1.03"]
    assert [line.gap for line in queries.listing(Filters()).lines] == [0, 60, 100]


def test_what_is_kept_apart_covers_no_cost(grenoble: Actor) -> None:
    lent, paid = (share(grenoble, title=title, costs={2014: 100}) for title in "ab")
    for form, amount in (("instrument", 70), ("in_kind", 30)):
        funding.announce_contribution(grenoble, known(lent.id), year=2014, amount=amount, form=form)
    funding.announce_contribution(grenoble, known(paid.id), year=2014, amount=60)
    assert [line.gap for line in queries.listing(Filters()).lines] == [100, 40]
    assert found(sort="gap") == ["1.01", "1.02"]
    funding.announce_contribution(grenoble, known(paid.id), year=2014, amount=100)
    assert found(lacking="oui") == ["1.01"]
    assert queries.overview(Filters(), grenoble).counts["lacking"] == {"oui": 1}


def test_counts_follow_the_filters_of_the_other_facets(world: World, grenoble: Actor) -> None:
    metro = world.actor("representative", METRO)
    share(grenoble, under=objective(world, 1, "A"), title="Recyclerie", costs={2014: 100})
    share(grenoble, number=2, title="Recyclerie bis")
    share(metro, number=2, title="Autre", costs={2014: 100})
    funding.announce_contribution(metro, known(queries.listing(Filters()).lines[0].action.id), year=2014, amount=4)
    with statements() as seen:
        counted = queries.overview(Filters(), grenoble)
    assert len(seen) == 1
    assert (counted.total, counted.counts["axis"], counted.counts["partner"]) == (
        3,
        {"1": 1, "2": 2},
        {GRENOBLE: 2, METRO: 1},
    )
    assert (counted.counts["objective"], counted.objectives) == ({"1.A": 1}, {"1.A": "Objectif A"})
    assert (counted.counts["funder"], counted.counts["lacking"]) == ({METRO: 1}, {"oui": 2})
    counted = queries.overview(asking("recycleries", axis="2"), grenoble)
    assert (counted.total, counted.counts["axis"], counted.counts["partner"]) == (1, {"1": 1, "2": 1}, {GRENOBLE: 1})
    counted = queries.overview(asking(funder=METRO), grenoble)
    assert (counted.total, counted.counts["axis"], counted.counts["funder"]) == (1, {"1": 1}, {METRO: 1})


def test_the_columns_hold_the_first_of_each_status(grenoble: Actor) -> None:
    for _round in range(queries.GROUP + 2):
        share(grenoble)
    operations.withdraw_action(grenoble, share(grenoble), reason="r")
    with statements() as seen:
        columns = queries.board(Filters())
    assert len(seen) == 1
    assert {name: len(lines) for name, lines in columns.items()} == {"shared": queries.GROUP, "withdrawn": 1}


def test_the_list_is_one_statement(grenoble: Actor) -> None:
    for _round in range(3):
        share(grenoble, costs={2014: 100, 2015: 11})
    with statements() as seen:
        page = queries.listing(Filters())
        assert [(line.cost, line.action.partner.key, line.action.axis.number) for line in page.lines] == [
            (111, GRENOBLE, 1)
        ] * 3
    assert len(seen) == 1


def test_the_cost_of_the_list_is_that_of_the_latest_version(grenoble: Actor) -> None:
    action = share(grenoble, costs={2014: 100})
    operations.publish_version(
        grenoble, action, revision=action.rev, summary="s", fields=fields(costs={2014: 1, 2016: 2})
    )
    share(grenoble)
    assert [line.cost for line in queries.listing(Filters()).lines] == [3, None]


def test_a_cursor_made_by_hand_is_harmless(grenoble: Actor) -> None:
    share(grenoble)
    for sort in queries.SORTS:
        queries.listing(Filters(), sort, wording.cursor({"apres": "1.01"}, sort))
        for value in ("", "x", "-1", "9" * 30, "²", "é'\"%"):
            queries.listing(Filters(), sort, wording.cursor({"apres": "1.01", "depuis": value}, sort))
