"""Suggestions on the short answers of a fiche: replaced whole, judged as in its form, to review once it changed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from cocon.actions.models import Action
from cocon.actions.refusals import SpanUnsound
from cocon.actions.rows import NO_DUE
from cocon.audit.verify import verify
from cocon.partners.queries import partner_by_key
from cocon.suggestions import queries, refusals
from cocon.suggestions.facts import column
from cocon.suggestions.models import FACTS
from tests.actions.making import GRENOBLE, REGION
from tests.dossier.making import Stage
from tests.factories import World
from tests.suggestions.making import accept, apply, edit, fiche, guest, other, owner, read, suggest, text
from tests.support.pages import words

SAID = {
    "project_owner_name": "Une association",
    "delegate": "Un groupement",
    "territory_codes": "38185",
    "starts": "2014-03",
    "ends": "2015-06-30",
}
WANTED = {
    "project_owner": "Une coopérative",
    "delegate": "",
    "territory_codes": "38185, 200040715",
    "starts": "2014-04",
    "ends": "",
}
OTHERWISE = {
    "project_owner": "Une fondation",
    "delegate": "Une union",
    "territory_codes": "69",
    "starts": "2014-05-02",
    "ends": "2016-01",
}


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


def answers(action: Action) -> dict[str, str]:
    """What the fiche says now."""
    return {name: text(action, column(name)) for name in WANTED}


def test_short_answers_are_replaced_whole(world: World) -> None:
    action = fiche(world, **SAID)
    assert set(WANTED) == FACTS
    for name, wanted in WANTED.items():
        accept(owner(world), suggest(guest(world), action, wanted, name))
    assert apply(owner(world), action).count == len(WANTED)
    assert answers(action) == WANTED
    assert text(action, "number") == "2"
    assert verify().ok


@pytest.mark.parametrize("name", sorted(FACTS))
def test_an_answer_given_meanwhile_leaves_another_to_review(world: World, name: str) -> None:
    action = fiche(world, **SAID)
    made = suggest(guest(world), action, WANTED[name], name)
    accept(owner(world), suggest(other(world), action, OTHERWISE[name], name))
    assert read(made).standing == queries.TO_REVIEW
    with pytest.raises(refusals.ToReview):
        accept(owner(world), made)
    apply(owner(world), action)
    assert answers(action) == answers(action) | {name: OTHERWISE[name]}
    assert (read(made).suggestion.state, read(made).standing) == ("open", queries.TO_REVIEW)
    edit(owner(world), made, WANTED[name])
    apply(owner(world), action)
    assert answers(action)[name] == WANTED[name]


def test_what_the_fiche_says_already_still_fits(world: World) -> None:
    action = fiche(world, **SAID)
    made, same = (suggest(by(world), action, "2014-04", "starts") for by in (guest, other))
    accept(owner(world), made)
    assert read(same).standing == queries.REBASED


@pytest.mark.parametrize(
    ("name", "proposed", "refusal"),
    [
        ("starts", "demain", refusals.NotFit),
        ("starts", "2015-07", SpanUnsound),
        ("ends", "2014-02-28", SpanUnsound),
        ("territory_codes", "38185 200040715", refusals.NotFit),
        ("territory_codes", "Grenoble", refusals.NotFit),
        ("delegate", "x" * 201, refusals.NotFit),
        ("project_owner", "", refusals.NotFit),
        ("project_owner", "Une association", refusals.NothingSuggested),
        ("milestones", "x", refusals.FieldUnknown),
    ],
)
def test_an_answer_is_judged_as_in_the_form(world: World, name: str, proposed: str, refusal: Any) -> None:
    action = fiche(world, **SAID)
    with pytest.raises(refusal):
        suggest(guest(world), action, proposed, name)


def test_two_dates_that_cross_are_not_both_taken(world: World) -> None:
    """Each suits the text that was read; the second accepted would end the action before it begins."""
    action = fiche(world, **SAID)
    late, early = (
        suggest(guest(world), action, day, name) for name, day in (("starts", "2015-05"), ("ends", "2014-04"))
    )
    accept(owner(world), late)
    assert read(early).standing == queries.TO_REVIEW
    with pytest.raises(SpanUnsound):
        edit(owner(world), early, "2014-05")
    apply(owner(world), action)
    assert (text(action, "starts"), text(action, "ends")) == ("2015-05", "2015-06-30")


def test_a_partner_that_owns_the_project_is_not_suggested_on(world: World) -> None:
    partner = partner_by_key(GRENOBLE)
    assert partner is not None
    action = fiche(world, **SAID | {"project_owner_name": None, "project_owner_id": partner.id})
    with pytest.raises(refusals.FieldUnknown):
        suggest(guest(world), action, "Une coopérative", "project_owner")
    accept(owner(world), suggest(guest(world), action, "Une union", "delegate"))
    apply(owner(world), action)
    assert text(action, "project_owner_id") == partner.id


def test_a_date_is_read_and_typed_as_people_write_it(app: Flask) -> None:
    stage = Stage.installed(app)
    with stage.acting() as world:
        action_id = fiche(world, **SAID).id
    author, writer = stage.client(partner=GRENOBLE), stage.client(partner=REGION)
    author.get(f"/actions/{action_id}")
    choice = author.get(str(author.page.select_one("#porteur .section-margin a[href$=nouvelle]")["href"]))  # type: ignore[union-attr]
    new = f"/actions/{action_id}/suggestions/nouvelle?champ=starts"
    assert str(choice.select_one("main a[href$='champ=starts']")["href"]) == new
    assert author.get(new).select_one("#proposed")["value"] == "mars 2014"
    for typed, said in (("bientôt", NO_DUE), ("août 2015", SpanUnsound.sentence)):
        refused = author.submit(new, {"proposed": typed, "reason": "Plus tard."}, status=None)
        assert refused.status in (409, 422)
        assert refused.select_one("#proposed")["value"] == typed
        assert words(str(said)) in refused.words("#proposed-error")
    sent = author.submit(new, {"proposed": "avril 2014", "reason": "Plus tard."})
    assert "mars fin du retrait début de l’ajout avril" in author.follow(sent).words("article .compared")
    listed = writer.get(f"/actions/{action_id}/suggestions")
    edited = writer.get(str(listed.select_one("article a[href$=modifier]")["href"]))
    assert edited.select_one("#edited")["value"] == "avril 2014"
    writer.follow(writer.submit(edited.url, {"edited": "1er mai 2014"}))
    writer.follow(writer.submit(f"/actions/{action_id}/suggestions/appliquer"))
    assert "1er mai 2014" in writer.get(f"/actions/{action_id}").words("#calendrier")


def test_codes_are_typed_as_in_the_form(app: Flask) -> None:
    stage = Stage.installed(app)
    with stage.acting() as world:
        action_id = fiche(world, **SAID).id
    author = stage.client(partner=GRENOBLE)
    new = f"/actions/{action_id}/suggestions/nouvelle?champ=territory_codes"
    author.get(new)
    refused = author.submit(new, {"proposed": "Grenoble", "reason": "x"}, status=422)
    assert refused.select_one("#proposed")["value"] == "Grenoble"
    author.submit(new, {"proposed": "38185 ; 2a", "reason": "x"})
    with stage.acting():
        assert queries.open_on(action_id)[0].proposed == "38185, 2A"
