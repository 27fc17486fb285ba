"""Two texts that come from one: what each side did is there, what either removed is gone, the rest is asked."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from cocon.actions.merging import Twice, merge, paragraphs
from cocon.actions.models import Draft
from cocon.actions.rows import MOST
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, Stage, csrf, known
from tests.actions.writing import hidden
from tests.factories import World
from tests.suggestions.making import accept, apply, suggest
from tests.support.client import Client

pytestmark = pytest.mark.engines("sqlite")

THREE = "Un.\n\nDeux mots ici.\n\nTrois."


def rows(*said: tuple[str, str]) -> dict[str, str | list[str]]:
    """Milestones as they are typed."""
    cells = [(place, *row) for place, row in enumerate(said)]
    return {f"milestones-{n}-due": due for n, due, _title in cells} | {
        f"milestones-{n}-title": title for n, _due, title in cells
    }


PARAGRAPHS = [
    # what was removed or replaced does not come back
    (
        THREE,
        "Un récrit.\n\nDeux mots ici.",
        "Un.\n\nDeux autres mots ici.\n\nTrois.",
        "Un récrit.\n\nDeux autres mots ici.",
    ),
    ("A\nB\nC", "B\nC", "A\nB", "B"),
    ("A\nB\nC\nD", "C\nA\nB\nD", "A\nB\nC2\nD", "A\nB\nC2\nD"),
    # additions in the same place: theirs, then mine, paragraphs apart where they are
    ("A\n\nB", "A\n\nB\n\nC", "A\n\nB\n\nD", "A\n\nB\n\nC\n\nD"),
    ("- A\n- B", "- A\n- B\n- C", "- A\n- B\n- D", "- A\n- B\n- C\n- D"),
    ("A", "A\nB\nC", "A\nB\nD", "A\nB\nC\nD"),
    ("", "X", "Y", "X\nY"),
    # neighbours
    ("A\nB", "A2\nB", "A\nB2", "A2\nB2"),
    # without what both come from, nothing is dropped
    (None, "A\nX", "A\nY", "A\nX\nY"),
]


@pytest.mark.parametrize(("base", "theirs", "mine", "both"), PARAGRAPHS)
def test_paragraphs_are_brought_together(base: str | None, theirs: str, mine: str, both: str) -> None:
    assert paragraphs(base, theirs, mine)[0] == both


TWICE = [
    ("A\n\nB x\n\nC", "A\n\nB y\n\nC", "A2\n\nB z\n\nC", "A2\n\nB y\n\nB z\n\nC", Twice(("B y",), ("B z",))),
    ("A\nB\nC", "A\nC", "A\nB2\nC", "A\nB2\nC", Twice((), ("B2",))),
    ("A\nB\nC", "X", "A\nB2\nC", "X\nB2", Twice(("X",), ("B2",))),
]


@pytest.mark.parametrize(("base", "theirs", "mine", "both", "place"), TWICE)
def test_only_what_both_changed_stands_twice_and_is_told(
    base: str, theirs: str, mine: str, both: str, place: Twice
) -> None:
    assert paragraphs(base, theirs, mine) == (both, [place])


def test_a_hostile_text_is_merged_in_time_and_whole() -> None:
    """Thousands of lines alike: the search gives up, and both texts are there."""
    theirs, mine = "\n".join(["a", "b"] * 10_000), "\n".join(["b", "b", "a"] * 7_000)
    both, _twice = paragraphs("a\n" * 20_000, theirs, mine)
    assert both.split("\n").count("b") >= 14_000


A, B, C = ("mars", "A"), ("mai", "B"), ("juin", "C")
LISTS = [
    ([], [("mars 2015", "A")], [("avril 2015", "B")], [("mars 2015", "A"), ("avril 2015", "B")]),
    ([A, B], [B], [A, B, C], [B, C]),
    ([A], [("avril", "A")], [("mars", "A2")], [("avril", "A2")]),
    ([A], [("avril", "A1")], [("mai", "A2")], [("avril", "A1"), ("mai", "A2")]),
    ([A, B], [B, A], [A, ("juin", "B")], [A, ("juin", "B")]),
    (None, [A, B], [B, A], [A, B]),
]


@pytest.mark.parametrize(("base", "theirs", "mine", "both"), LISTS)
def test_rows_are_brought_together(base: Any, theirs: Any, mine: Any, both: Any) -> None:
    merged = merge(None if base is None else rows(*base), rows(*theirs), rows(*mine), ["milestones"])
    if "milestones" in merged.clashes:
        assert merged.combined["milestones"] == merged.fields
    assert sorted(merged.fields.items()) == sorted(rows(*both).items())


def test_partners_are_those_that_nobody_removed() -> None:
    sides = ({"associated": ["a", "b"]}, {"associated": ["a", "c"]}, {"associated": ["b", "d", "a"]})
    assert merge(*sides, ["associated"]).combined == {"associated": {"associated": ["a", "c", "d"]}}
    assert merge(None, *sides[1:], ["associated"]).fields == {"associated": ["a", "c", "b", "d"]}


def test_costs_are_merged_year_by_year() -> None:
    base = {"cost_2014": "1", "cost_2015": "2", "cost_2016": "3", "cost_2017": "4"}
    theirs = {**base, "cost_2014": "10", "cost_2016": "30", "cost_2017": "1 000"}
    mine = {**base, "cost_2015": "20", "cost_2016": "31", "cost_2017": "1000,00"}
    merged = merge(base, theirs, mine, ["cost"])
    assert (merged.clashes, merged.taken, dict(merged.combined)) == (["cost_2016"], ["cost_2014"], {})
    assert merged.fields == {"cost_2014": "10", "cost_2015": "20", "cost_2016": "31", "cost_2017": "1000,00"}


def test_short_answers_changed_by_both_are_chosen() -> None:
    base = {"title": "T", "owner": "a", "starts": "mars 2015"}
    merged = merge(
        base, {**base, "title": "T2", "owner": "b"}, {**base, "title": "T3", "starts": "mai 2015"}, list(base)
    )
    assert (merged.clashes, merged.taken, dict(merged.combined)) == (["title"], ["owner"], {})
    assert merged.fields == {"title": "T3", "owner": "b", "starts": "mai 2015"}


# The page


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    with app.app_context():
        world = World.installed()
    return Stage(app, world)


def both(stage: Stage, url: str) -> tuple[Client, Client]:
    """Two colleagues who have the same page open."""
    people = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    for one in people:
        one.get(url)
    return people


def draft(stage: Stage, section: str, **typed: Any) -> str:
    """The address of a section of a new draft."""
    return f"/actions/{stage.draft(**typed)}/modifier/{section}"


def test_two_lists_are_both_kept(stage: Stage) -> None:
    url = draft(stage, "partenaires", associated=["cg-isere"])
    mine, theirs = both(stage, url)
    theirs.submit(url, {"associated": ["cg-isere", "region-rhone-alpes"]})
    page = mine.submit(url, {"associated": ["grenoble-alpes-metropole"]}, status=409)
    assert page.select_one("#choix-associated-deux").has_attr("checked")
    mine.submit(url)
    ticked = [box["value"] for box in mine.get(url).select("[name=associated][checked]")]
    assert sorted(str(one) for one in ticked) == ["grenoble-alpes-metropole", "region-rhone-alpes"]


def test_what_one_side_only_filled_in_an_empty_section_is_not_asked(stage: Stage) -> None:
    url = draft(stage, "calendrier")
    mine, theirs = both(stage, url)
    theirs.submit(url, {"calendar": "Le leur"})
    page = mine.submit(url, {"starts": "mars 2015"}, status=409)
    assert "Vous n’avez pas écrit aux mêmes endroits" in page.words()
    mine.submit(url)
    kept = mine.get(url)
    assert kept.select_one("#starts")["value"] == "mars 2015"
    assert kept.select_one("#calendar").get_text().strip() == "Le leur"


def test_a_year_changed_by_both_must_be_chosen(stage: Stage) -> None:
    url = draft(stage, "cout", cost_2014="100", cost_2015="200")
    mine, theirs = both(stage, url)
    theirs.submit(url, {"cost_2014": "110", "cost_2015": "210"})
    page = mine.submit(url, {"cost_2015": "220", "cost_2016": "300"}, status=409)
    assert "Coût en 2014" in page.words(".title")
    assert page.words("#question-cost_2015 .merge-sides").count(",00 €") == 2
    assert not page.select("[name=choix-cost_2015][checked]")
    page = mine.submit(url, status=422)
    assert page.html.title is not None
    assert page.html.title.get_text().startswith("Erreur")
    assert "Choisissez ce qu’il faut garder : Coût en 2015" in page.words("#erreurs")
    mine.submit(url, {"choix-cost_2015": "autre"})
    kept = mine.get(url)
    assert [kept.select_one(f"#cost_{year}")["value"] for year in (2014, 2015, 2016)] == ["110", "210", "300"]


def test_a_nature_changed_by_both_must_be_chosen_and_the_others_are_taken(stage: Stage) -> None:
    url = draft(stage, "cout", charge_2014_60="100", charge_2014_64="200", cost_basis="ht")
    mine, theirs = both(stage, url)
    theirs.submit(url, {"charge_2014_60": "110", "charge_2014_64": "200,00", "charge_2015_86": "5", "state_aid": "no"})
    page = mine.submit(url, {"charge_2014_60": "120", "charge_2014_61": "7", "cost_basis": "ttc"}, status=409)
    taken = "Repris de son texte, car vous n’y aviez pas touché : 86 Emplois"
    assert taken in page.words(".title")
    assert [box["name"] for box in page.select("[type=radio]")] == ["choix-charge_2014_60"] * 2
    assert page.words("#question-charge_2014_60 .merge-sides").count(",00 €") == 2
    mine.submit(url, {"choix-charge_2014_60": "mien"})
    kept = mine.get(url)
    names = ("charge_2014_60", "charge_2014_61", "charge_2015_86")
    assert [kept.select_one(f"#{name}")["value"] for name in names] == ["120", "7", "5"]
    assert [box["value"] for box in kept.select("[type=radio][checked]")] == ["ttc", "no"]


@pytest.mark.parametrize("sent", [{}, *({"choix-milestones": choice} for choice in ("deux", "mien", "x"))])
def test_a_merge_that_lacks_an_answer_erases_nothing(stage: Stage, sent: dict[str, str]) -> None:
    url = draft(stage, "calendrier")
    mine, theirs = both(stage, url)
    theirs.submit(url, rows(("mars 2015", "La leur")) | {"calendar": "Le leur"})
    page = mine.submit(url, rows(("avril 2015", "La mienne")) | {"calendar": "Le mien"}, status=409)
    plain = {name: said for name, said in hidden(page.text, "").items() if "milestones" not in name}
    typed = {"choix-calendar": "deux", "calendar": "Retouché ici"}
    page = mine.post(url, {**csrf(stage.app, mine), **plain, **typed, **sent, **lacking(page.text)}, status=422)
    assert "Retouché ici" in page.select_one("#calendar").get_text()
    assert page.select_one("#choix-calendar-deux").has_attr("checked")
    assert [box["value"] for box in theirs.get(url).select("[name$=title][value]") if box["value"]] == ["La leur"]
    mine.submit(url, {"choix-milestones": "autre"})
    kept = mine.get(url)
    assert kept.select_one("#calendar").get_text().strip() == "Retouché ici"
    assert kept.select_one("#milestones-0-title")["value"] == "La leur"


def lacking(page: str) -> dict[str, None]:
    """The hidden fields of the milestones, left out."""
    return {name: None for name in hidden(page, "") if "milestones" in name}


def test_lists_too_long_together_are_not_cut(stage: Stage) -> None:
    url = draft(stage, "calendrier")
    mine, theirs = both(stage, url)
    many = [[("mars 2015", f"{who} {place}") for place in range(MOST - 10)] for who in ("eux", "moi")]
    theirs.post(url, rows(*many[0]))
    page = mine.post(url, rows(*many[1]), status=409)
    assert not page.select("#choix-milestones-deux")
    assert "trop longues" in page.words("#question-milestones")
    mine.submit(url, {"choix-milestones": "mien"})
    assert len(mine.get(url).select("[name^=milestones][name$=title][value^=moi]")) == MOST - 10


def test_what_a_colleague_removed_stays_removed_whatever_the_revision(stage: Stage) -> None:
    """The page is in the middle of the saves of another page, and a third person saves while both are merged."""
    url = draft(stage, "contexte", context=THREE)
    mine, theirs = both(stage, url)
    auto = {"idempotency_key": None, "objectives": ""}
    for turn, text in enumerate(["Un.\n\nDeux mots ici.\n\nTrois, non.", "Un.\n\nDeux mots ici."], 1):
        theirs.post(url, {**auto, "turn": str(turn), "context": text}, htmx=True, status=200)
    page = mine.submit(url, {"context": THREE.replace("mots", "autres mots")}, status=409)
    assert page.select_one("#context").get_text().strip() == "Un.\n\nDeux autres mots ici."
    assert "ce que l’un de vous a supprimé n’y est plus" in page.words("#question-context")
    third = stage.client("deputy", GRENOBLE)
    third.get(url)
    third.submit(url, {"context": "Un récrit.\n\nDeux mots ici."})
    page = mine.submit(url, status=409)
    assert page.select_one("#context").get_text().strip() == "Un récrit.\n\nDeux autres mots ici."
    mine.submit(url)
    assert mine.get(url).select_one("#context").get_text().strip() == "Un récrit.\n\nDeux autres mots ici."


def test_the_page_says_which_passages_stand_twice(stage: Stage) -> None:
    url = draft(stage, "contexte", context="Un.\nDeux.\nTrois.")
    mine, theirs = both(stage, url)
    theirs.submit(url, {"context": "Un ici.\nDeux à leur façon.\nTrois."})
    page = mine.submit(url, {"context": "Un.\nDeux à ma façon.\nTrois ici."}, status=409)
    assert page.select_one("#context").get_text().strip() == (
        "Un ici.\nDeux à leur façon.\nDeux à ma façon.\nTrois ici."
    )
    said = [one.get_text().replace("\u00a0", " ") for one in page.select("#question-context .twice li")]
    assert said == ["Vous : « Deux à ma façon. ». L’autre : « Deux à leur façon. »."]


def test_a_suggestion_applied_while_a_fork_is_open_repeats_nothing(stage: Stage) -> None:
    action_id = stage.share(context=THREE, objectives="O", content="T")
    url = f"/actions/{action_id}"
    mine = stage.client("representative", GRENOBLE)
    mine.get(f"{url}/modifier/contexte")
    mine.submit(f"{url}/modifier/contexte", {"context": THREE.replace("Un.", "Un mot.")})
    with stage.app.app_context():
        world, owner = stage.world, stage.world.actor("representative", GRENOBLE)
        guest = world.actor("representative", "cg-isere")
        accept(owner, suggest(guest, known(action_id), f"{THREE}\n\nQuatre.", "context"))
        apply(owner, known(action_id))
    page = mine.get(f"{url}/publier")
    assert page.select_one("#context").get_text().strip() == "Un mot.\n\nDeux mots ici.\n\nTrois.\n\nQuatre."


def fork(stage: Stage) -> tuple[str, str]:
    """A fork with a text of its own, of a fiche of which another version was published since."""
    action_id = stage.share(title="T", context="C", objectives="O", content="Départ")
    url = f"/actions/{action_id}"
    one = stage.client("representative", GRENOBLE)
    one.get(f"{url}/modifier/contenu")
    one.submit(f"{url}/modifier/contenu", {"content": "Départ\nLe mien"})
    publish(stage, action_id, "Départ\nPublié")
    return action_id, url


def publish(stage: Stage, action_id: str, content: str) -> None:
    """Another version, without the fork."""
    stage.publish(action_id, title="T", context="C", objectives="O", content=content)


def test_a_fork_saved_while_it_is_merged_loses_neither(stage: Stage) -> None:
    action_id, url = fork(stage)
    mine, theirs = both(stage, f"{url}/publier")
    theirs.get(f"{url}/modifier/contenu")
    theirs.submit(f"{url}/modifier/contenu", {"content": "Départ\nLe mien\nDu collègue"})
    page = mine.submit(f"{url}/publier", {"content": "Départ\nPublié\nRetouché"}, status=409)
    assert page.select_one("#content").get_text().strip() == "Départ\nPublié\nRetouché\nDu collègue"
    publish(stage, action_id, "Départ\nPublié\nEncore")
    page = mine.submit(f"{url}/publier", status=409)
    lines = page.select_one("#content").get_text().strip().split("\n")
    assert sorted(lines) == ["Du collègue", "Départ", "Encore", "Publié", "Retouché"]
    mine.submit(f"{url}/publier")
    mine.get(f"{url}/publier")
    mine.submit(f"{url}/publier", {"summary": "s"})


def test_a_fork_published_while_it_is_merged_loses_nothing(stage: Stage) -> None:
    _action_id, url = fork(stage)
    mine, theirs = both(stage, f"{url}/publier")
    theirs.submit(f"{url}/publier")
    theirs = stage.client("deputy", GRENOBLE)
    theirs.get(f"{url}/publier")
    theirs.submit(f"{url}/publier", {"summary": "s"})
    page = mine.submit(f"{url}/publier", {"content": "Départ\nPublié\nLe mien\nRetouché"}, status=409)
    assert "Retouché" in page.select_one("#content").get_text()
    page = mine.submit(f"{url}/publier", status=409)
    mine.submit(f"{url}/publier")
    assert "Retouché" in mine.get(f"{url}/modifier/contenu").select_one("#content").get_text()


def test_a_page_of_a_draft_shared_meanwhile_overwrites_nothing(stage: Stage) -> None:
    action_id = stage.draft(title="T", axis="1", context="C", objectives="O", content="Départ", owner=GRENOBLE)
    url = f"/actions/{action_id}"
    theirs, mine = both(stage, f"{url}/modifier/contenu")
    theirs.submit(f"{url}/modifier/contenu", {"content": "Départ\nDu collègue"})
    with stage.app.app_context():
        fields = db.session.get_one(Draft, action_id).fields
        assert fields["content"] == "Départ\nDu collègue"
    theirs.get(f"{url}/partager")
    theirs.submit(f"{url}/partager")
    page = mine.submit(f"{url}/modifier/contenu", {"content": "Départ\nLe mien"}, status=409)
    lines = page.select_one("#content").get_text().strip().split("\n")
    assert {"Du collègue", "Le mien"} <= set(lines)
    mine.submit(f"{url}/modifier/contenu", {"choix-content": "deux"})
    kept = mine.get(f"{url}/modifier/contenu").select_one("#content").get_text()
    assert "Du collègue" in kept
    assert "Le mien" in kept


def test_a_choice_left_out_of_a_fork_is_asked_again(stage: Stage) -> None:
    action_id = stage.share(title="T", context="C", objectives="O", content="T")
    url = f"/actions/{action_id}"
    mine = stage.client("representative", GRENOBLE)
    mine.get(f"{url}/modifier/general")
    mine.submit(f"{url}/modifier/general", {"title": "Le mien"})
    stage.publish(action_id, title="Le leur", context="C", objectives="O", content="T")
    page = mine.get(f"{url}/publier")
    assert not page.select("[name=choix-title][checked]")
    page = mine.submit(f"{url}/publier", status=422)
    assert "Le mien" in page.words("#question-title")
    mine.submit(f"{url}/publier", {"choix-title": "mien"})
    assert mine.get(f"{url}/modifier/general").select_one("#title")["value"] == "Le mien"


def test_what_no_draft_keeps_is_not_merged_either(stage: Stage) -> None:
    """A merge page sent with a book of text, whichever of its fields holds it, is refused before anything is merged."""
    book = "x\n" * 50_000
    url = draft(stage, "contenu", content="Un")
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    for name in ("content", "mien-content"):
        sent = {**csrf(stage.app, client), "fusion": "oui", "version": "0", name: book}
        page = client.post(url, sent, status=422)
        assert "Ce texte est trop long" in page.words() or name != "content"
    _action_id, fork_url = fork(stage)
    for name in ("content", "mien-content"):
        sent = {**csrf(stage.app, client), "fusion": "oui", "base": "2", "version": "1", name: book}
        client.post(f"{fork_url}/publier", sent, status=413)


def test_a_thousand_names_are_no_list_of_partners(stage: Stage) -> None:
    url = draft(stage, "partenaires")
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    many = [f"{place:0100d}" for place in range(1_000)]
    client.post(url, {**csrf(stage.app, client), "version": "0", "associated": many}, status=422)
