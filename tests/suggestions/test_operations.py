"""Suggesting, answering, applying: what is credited, what is refused, what is never lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from cocon.actions import operations as actions
from cocon.actions.queries import whole
from cocon.audit.verify import verify
from cocon.contracts.refusals import WindowClosed
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.suggestions import operations, refusals
from cocon.suggestions.models import ACCEPTED, APPLIED, OPEN, REFUSED, WITHDRAWN
from tests.actions.making import REGION, close, fields, known, written
from tests.decisions.making import consult, revise
from tests.factories import World
from tests.suggestions.making import (
    CONTENT,
    accept,
    apply,
    change,
    edit,
    fiche,
    found,
    guest,
    kinds,
    other,
    owner,
    read,
    refuse,
    suggest,
    text,
)


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


def test_two_people_s_suggestions_become_one_version_that_names_them(world: World) -> None:
    action = fiche(world)
    first = change(guest(world), action, "douze communes", "treize communes")
    second = change(other(world), action, "Un atelier", "Un grand atelier")
    third = suggest(other(world), action, "Recycleries et ateliers", field="title")
    for one in (first, second, third):
        accept(owner(world), one)
    event = apply(owner(world), action)
    assert (event.number, event.count, set(event.suggestions)) == (2, 3, {first.id, second.id, third.id})
    assert text(action) == CONTENT.replace("douze", "treize").replace("Un atelier", "Un grand atelier")
    assert text(action, "title") == "Recycleries et ateliers"
    taken = read(first).suggestion
    assert (taken.state, taken.applied_version) == (APPLIED, 2)
    assert kinds()[-2:] == ["actions.version-published", "suggestions.applied"]
    now = whole(action.id)
    assert now is not None
    assert now.costs == {2014: 100_000_00}
    summary = now.version.summary or ""
    assert guest(world).person_name in summary
    assert "Conseil général de l’Isère" in summary
    assert "Titre, Ce qui sera fait" in summary
    assert verify().ok


def test_what_was_suggested_before_a_name_changed_is_credited_to_the_former_name(world: World) -> None:
    with clock.standing_at(datetime(2015, 2, 27, 9, tzinfo=UTC)):
        action = fiche(world)
        before = change(other(world), action, "douze communes", "treize communes")
    with clock.standing_at(datetime(2015, 4, 7, 9, tzinfo=UTC)):
        after = change(other(world), action, "Un atelier", "Un grand atelier")
        told = [accept(owner(world), one).suggested_by for one in (before, after)]
        apply(owner(world), action)
    assert told == ["le Conseil général de l’Isère", "le Conseil départemental de l’Isère"]
    now = whole(action.id)
    assert now is not None
    name = other(world).person_name
    both = f"{name} (Conseil général de l’Isère), {name} (Conseil départemental de l’Isère)"
    assert f"Suggestions reprises de {both}\u00a0: " in (now.version.summary or "")
    assert verify().ok


def test_a_suggestion_follows_a_text_that_changed_elsewhere(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze communes", "treize communes")
    publish(world, action, content=CONTENT.replace("Un atelier", "Un grand atelier"))
    assert read(mine).standing == "rebased"
    assert read(mine).rebased == CONTENT.replace("Un atelier", "Un grand atelier").replace("douze", "treize")
    accept(owner(world), mine)
    apply(owner(world), action)
    assert text(action) == CONTENT.replace("Un atelier", "Un grand atelier").replace("douze", "treize")


def test_a_suggestion_on_words_that_changed_is_to_review_and_never_applied_blindly(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze communes", "treize communes")
    publish(world, action, content=CONTENT.replace("douze communes", "quinze communes"))
    assert (read(mine).standing, read(mine).rebased) == ("to-review", None)
    with pytest.raises(refusals.ToReview):
        accept(owner(world), mine)
    edit(owner(world), mine, CONTENT.replace("douze communes", "seize communes"))
    apply(owner(world), action)
    assert "seize communes" in text(action)
    assert found(mine.id).proposed == CONTENT.replace("douze", "treize")


def test_accepting_one_marks_the_others_on_the_same_words(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze communes", "treize communes")
    theirs = change(other(world), action, "douze communes", "vingt communes")
    accept(owner(world), mine)
    assert read(theirs).standing == "to-review"
    assert "treize" in read(theirs).current
    with pytest.raises(refusals.ToReview):
        accept(owner(world), theirs)
    apply(owner(world), action)
    assert found(theirs.id).state == OPEN
    refuse(owner(world), theirs, "Une seule commune de plus.")
    assert found(theirs.id).answer == "Une seule commune de plus."


def test_what_was_accepted_and_no_longer_fits_stays_to_be_looked_at(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze communes", "treize communes")
    theirs = change(other(world), action, "Un atelier", "Un grand atelier")
    accept(owner(world), mine)
    accept(owner(world), theirs)
    publish(world, action, content=CONTENT.replace("douze communes", "quinze communes"))
    assert apply(owner(world), action).count == 1
    assert (found(mine.id).state, found(theirs.id).state) == (ACCEPTED, APPLIED)
    assert read(mine).standing == "to-review"
    with pytest.raises(refusals.NothingToApply):
        apply(owner(world), action)


def test_an_edited_suggestion_is_kept_beside_what_was_suggested(world: World) -> None:
    action = fiche(world)
    first = change(guest(world), action, "Un atelier", "Un grand atelier")
    mine = change(guest(world), action, "douze communes", "treize communes")
    accept(owner(world), first)
    edit(owner(world), mine, read(mine).draft.replace("treize", "quatorze"))
    refuse(owner(world), first)
    apply(owner(world), action)
    assert text(action) == CONTENT.replace("douze", "quatorze")
    assert (found(mine.id).proposed, found(mine.id).state) == (CONTENT.replace("douze", "treize"), APPLIED)
    assert "suggestions.accepted-with-edits" in kinds()


def test_what_the_owner_wrote_meanwhile_is_marked_as_taken_in(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze communes", "treize communes")
    accept(owner(world), mine)
    publish(world, action, content=CONTENT.replace("douze", "treize"))
    assert apply(owner(world), action).number == 2
    assert (found(mine.id).state, found(mine.id).applied_version, known(action.id).version) == (APPLIED, 2, 2)


def test_the_author_may_take_it_back_until_it_is_answered(world: World) -> None:
    action = fiche(world)
    mine, theirs = change(guest(world), action, "douze", "treize"), change(other(world), action, "mois", "an")
    with pytest.raises(Forbidden):
        operations.withdraw_suggestion(guest(world), theirs, revision=theirs.rev)
    with pytest.raises(Forbidden):
        operations.withdraw_suggestion(world.actor("deputy", "ville-grenoble"), mine, revision=mine.rev)
    operations.withdraw_suggestion(guest(world), mine, revision=mine.rev)
    assert found(mine.id).state == WITHDRAWN
    accept(owner(world), theirs)
    with pytest.raises(refusals.Settled):
        operations.withdraw_suggestion(other(world), found(theirs.id), revision=2)


@pytest.mark.parametrize("act", [accept, refuse])
def test_only_the_owner_answers(world: World, act: Callable[[Actor, Any], Any]) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze", "treize")
    for actor in (guest(world), other(world), world.actor("secretariat", REGION), world.actor("reader", REGION)):
        with pytest.raises(Forbidden):
            act(actor, mine)
    act(world.actor("contributor", REGION), mine)


def test_what_is_settled_is_settled(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze", "treize")
    refuse(owner(world), mine)
    before = written()
    for act in (accept, refuse):
        with pytest.raises(refusals.Settled):
            act(owner(world), mine)
    with pytest.raises(refusals.Settled):
        edit(owner(world), mine, "Autre chose.")
    assert (found(mine.id).state, written()) == (REFUSED, before)


def test_a_stale_page_answers_nothing(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze", "treize")
    facts = {"suggestion_id": mine.id, "revision": 7}
    with pytest.raises(Outdated):
        operations.accept_suggestion(owner(world), action, **facts)
    with pytest.raises(refusals.MovedOn):
        operations.accept_with_edits(
            owner(world), action, suggestion_id=mine.id, revision=mine.rev, shown="0" * 64, edited="Autre."
        )
    accept(owner(world), mine)
    with pytest.raises(Outdated):
        operations.apply_accepted(owner(world), known(action.id), revision=99)


def test_a_suggestion_of_another_fiche_is_unknown_here(world: World) -> None:
    mine = change(guest(world), fiche(world), "douze", "treize")
    with pytest.raises(Forbidden):
        operations.accept_suggestion(owner(world), fiche(world), suggestion_id=mine.id, revision=mine.rev)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"field": "summary"}, refusals.FieldUnknown),
        ({"proposed": CONTENT}, refusals.NothingSuggested),
        ({"proposed": " \n"}, refusals.NotFit),
        ({"proposed": "x" * 20_001}, refusals.NotFit),
        ({"field": "title", "proposed": "x" * 201}, refusals.NotFit),
        ({"reason": "  "}, refusals.ReasonNeeded),
        ({"version": 2}, refusals.MovedOn),
    ],
)
def test_what_says_nothing_is_refused(world: World, facts: dict[str, Any], refusal: type[Exception]) -> None:
    action, actor = fiche(world), guest(world)
    before = written()
    sound = {"field": "content", "version": 1, "proposed": "Autre chose.", "reason": "Mieux."}
    with pytest.raises(refusal):
        operations.suggest_change(actor, action, **{**sound, **facts})
    assert written() == before


def test_a_field_that_may_be_empty_can_be_emptied(world: World) -> None:
    action = fiche(world, audience="Tous les habitants.")
    accept(owner(world), suggest(guest(world), action, "", field="audience"))
    apply(owner(world), action)
    assert text(action, "audience") == ""


def test_the_period_of_exchanges_applies_to_partners(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze", "treize")
    accept(owner(world), mine)
    theirs = change(other(world), action, "mois", "an")
    close(world, "discussing")
    for act in (
        lambda: change(guest(world), action, "objets", "vélos"),
        lambda: accept(owner(world), theirs),
        lambda: refuse(owner(world), theirs),
        lambda: apply(owner(world), action),
    ):
        with pytest.raises(WindowClosed):
            act()
    change(world.actor("secretariat", REGION), action, "objets", "vélos")


def test_a_consultation_stops_neither_suggesting_nor_applying(world: World) -> None:
    action = fiche(world)
    consult(world, action)
    accept(owner(world), change(guest(world), action, "douze", "treize"))
    assert apply(owner(world), action).number == 2


def publish(world: World, action: Any, **said: Any) -> None:
    """The owner publishes a version of its own."""
    current = known(action.id)
    text_of = fields(title="Recycleries", costs={2014: 100_000_00}, **said)
    actions.publish_version(owner(world), current, revision=current.rev, summary="Précisions.", fields=text_of)


def test_a_withdrawn_fiche_takes_no_suggestion(world: World) -> None:
    action = fiche(world)
    mine = change(guest(world), action, "douze", "treize")
    revise(action.id, owner(world))
    actions.withdraw_action(owner(world), known(action.id), reason="Sans objet.")
    with pytest.raises(Forbidden):
        suggest(guest(world), action, "Autre chose.")
    with pytest.raises(Forbidden):
        accept(owner(world), mine)
    operations.withdraw_suggestion(guest(world), found(mine.id), revision=mine.rev)


def test_a_text_that_was_left_out_can_be_suggested(world: World) -> None:
    action = fiche(world)
    accept(owner(world), suggest(guest(world), action, "Un bail à signer.", field="risks"))
    apply(owner(world), action)
    assert text(action, "risks") == "Un bail à signer."
