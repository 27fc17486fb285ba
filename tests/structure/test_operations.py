"""What each act on the structure writes, and what is refused with nothing written."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions import search
from cocon.actions.models import Action, ActionSearch, Draft, FormerCode
from cocon.actions.refusals import MoveRefused, ObjectiveNeeded
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.contracts import queries as contracts
from cocon.dossier import papers
from cocon.funding import operations as funding
from cocon.funding import queries as money
from cocon.kernel import folding
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Refusal
from cocon.structure import operations, queries, refusals
from cocon.structure.models import Carry, Lineage, Link
from tests.actions.making import GRENOBLE, ISERE, REGION, axis, count, known, objective, share, written
from tests.decisions.making import consult
from tests.dossier.making import DEADLINE
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


@pytest.fixture
def office(world: World) -> Actor:
    """The secretariat."""
    return world.actor("secretariat", REGION)


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def refused(refusal: type[Refusal], act: Any, *given: Any, **said: Any) -> Refusal:
    """The refusal of an act that leaves no trace."""
    tables = (Action, FormerCode, Link, Lineage, Carry, Draft)
    before = written(), [count(table) for table in tables]
    with pytest.raises(refusal) as caught:
        act(*given, **said)
    assert (written(), [count(table) for table in tables]) == before
    return caught.value


def ties(action_id: str, actor: Actor) -> queries.Links:
    return queries.links(action_id, actor)


def carries(actor: Actor) -> list[tuple[str | None, str | None, int | None]]:
    """What awaits the actor's partner: code of the merged fiche, code of the one that stays, cents promised."""
    return [(one.code, one.title, one.amount) for one in papers.papers(actor, 50) if one.kind == "carry"]


def test_a_moved_fiche_takes_a_code_and_keeps_the_former_one(world: World, office: Actor, grenoble: Actor) -> None:
    action, target = share(grenoble, title="Recycleries"), objective(world, 2, "B")
    share(grenoble, 2, target)
    event = operations.move_action(
        office, action, axis_id=axis(2).id, objective_id=target.id, reason="Relève de l’axe 2."
    )
    moved = known(action.id)
    assert (moved.code, moved.rank, moved.axis.number, event.former_code) == ("2.B.02", 2, 2, "1.01")
    assert action_queries.id_of("1.01") == action_queries.id_of(" 2.b.02 ") == action.id
    assert ties(action.id, grenoble).former_codes == ["1.01"]
    found = select(ActionSearch.action_id).where(search.matches(folding.wanted("2.B.02 recycleries")))
    assert db.session.scalars(found).all() == [action.id]
    assert verify().ok


def test_a_former_code_is_given_to_no_other_fiche_not_even_its_own(office: Actor, grenoble: Actor) -> None:
    action = share(grenoble)
    operations.move_action(office, action, axis_id=axis(2).id, reason="Essai.")
    assert share(grenoble).code == "1.02"
    operations.move_action(office, known(action.id), axis_id=axis(1).id, reason="Retour.")
    assert known(action.id).code == "1.03"
    assert ties(action.id, grenoble).former_codes == ["1.01", "2.01"]
    assert share(grenoble, 2).code == "2.02"


def test_a_move_is_refused(world: World, office: Actor, grenoble: Actor) -> None:
    action = share(grenoble)
    refused(refusals.SamePlace, operations.move_action, office, action, axis_id=axis(1).id, reason="x")
    objective(world, 2, "A")
    refused(ObjectiveNeeded, operations.move_action, office, action, axis_id=axis(2).id, reason="x")
    consult(world, action, DEADLINE)
    refused(
        refusals.UnderConsultation, operations.move_action, office, known(action.id), axis_id=axis(3).id, reason="x"
    )


@pytest.mark.parametrize("role", ["representative", "contributor", "reader", "facilitator", "auditor", "admin"])
def test_only_the_secretariat_changes_the_structure(world: World, grenoble: Actor, role: str) -> None:
    action, other = share(grenoble), share(grenoble)
    actor = world.actor(role, GRENOBLE if role not in ("auditor", "admin") else None)
    refused(Forbidden, operations.move_action, actor, action, axis_id=axis(2).id, reason="x")
    refused(Forbidden, operations.merge_action, actor, action, other_id=other.id, reason="x")
    refused(Forbidden, operations.split_action, actor, action, titles=["Une"], reason="x")
    refused(Forbidden, operations.link_actions, actor, action, other_id=other.id, reason="x")


def test_a_merge_moves_nobody_s_money_and_asks_each_partner(world: World, office: Actor, grenoble: Actor) -> None:
    double, kept = share(grenoble, title="Doublon"), share(grenoble, title="Celle qui reste")
    isere = world.actor("representative", ISERE)
    funding.announce_contribution(grenoble, double, year=2014, amount=10_000_00)
    funding.announce_contribution(isere, double, year=2015, amount=5_000_00)
    funding.withdraw_contribution(isere, double, year=2015, reason="Finalement non.")
    event = operations.merge_action(office, known(double.id), other_id=kept.id, reason="Même projet.")
    merged = known(double.id)
    assert (merged.maturity, merged.alive, event.partners) == ("merged", False, (GRENOBLE,))
    assert money.promised(grenoble.partner_id or "", 2014) == 0
    assert [tie.other_id for tie in ties(double.id, grenoble).of("merged", outgoing=True)] == [kept.id]
    assert [tie.other_id for tie in ties(kept.id, grenoble).of("merged", outgoing=False)] == [double.id]
    assert (ties(double.id, grenoble).carry, ties(double.id, isere).carry) == (True, False)
    assert carries(grenoble) == [("1.01", "1.02", 10_000_00)]
    assert carries(isere) == []
    assert [promise.amounts for promise in queries.promises(double.id)] == [{2014: 10_000_00}]
    assert queries.promises(kept.id) == []


def test_a_partner_says_itself_what_becomes_of_its_promise(world: World, office: Actor, grenoble: Actor) -> None:
    double, kept = share(grenoble), share(grenoble)
    funding.announce_contribution(grenoble, double, year=2014, amount=10_000_00)
    operations.merge_action(office, known(double.id), other_id=kept.id, reason="Même projet.")
    carry = queries.carry(double.id, grenoble.partner_id)
    assert carry is not None
    isere = world.actor("representative", ISERE)
    refused(Forbidden, operations.settle_promise, isere, carry, settlement="left", reason="x")
    refused(Forbidden, operations.settle_promise, office, carry, settlement="left", reason="x")
    refused(refusals.SettlementNeeded, operations.settle_promise, grenoble, carry, settlement="")
    refused(refusals.NotCarried, operations.settle_promise, grenoble, carry, settlement="carried")
    refused(refusals.ReasonNeeded, operations.settle_promise, grenoble, carry, settlement="left")
    funding.announce_contribution(grenoble, known(kept.id), year=2014, amount=8_000_00)
    operations.settle_promise(grenoble, carry, settlement="carried")
    refused(refusals.AlreadySettled, operations.settle_promise, grenoble, carry, settlement="left", reason="x")
    assert carries(grenoble) == []
    assert not ties(double.id, grenoble).carry


def test_a_merge_is_refused(world: World, office: Actor, grenoble: Actor) -> None:
    action, other, gone = share(grenoble), share(grenoble), share(grenoble)
    actions.withdraw_action(grenoble, gone, reason="Sans objet.")
    refused(refusals.SameFiche, operations.merge_action, office, action, other_id=action.id, reason="x")
    refused(refusals.OtherGone, operations.merge_action, office, action, other_id=gone.id, reason="x")
    refused(Forbidden, operations.merge_action, office, known(gone.id), other_id=action.id, reason="x")
    refused(Forbidden, operations.merge_action, office, action, other_id="nothing", reason="x")
    consult(world, action, DEADLINE)
    said = refused(
        refusals.UnderConsultation, operations.merge_action, office, known(action.id), other_id=other.id, reason="x"
    )
    assert "est en consultation" in str(said)
    operations.merge_action(office, other, other_id=action.id, reason="Doublon.")
    refused(Forbidden, operations.merge_action, office, known(other.id), other_id=action.id, reason="x")
    with pytest.raises(MoveRefused):
        operations.transitions.move(known(other.id), maturity="shared")
    db.session.rollback()


def test_a_split_hands_drafts_to_the_partner_and_links_both_ways(office: Actor, grenoble: Actor) -> None:
    action, other = share(grenoble, title="Trop grande"), share(grenoble, title="Déjà là")
    event = operations.split_action(
        office, action, titles=["Première", "Deuxième"], other_ids=[other.id], reason="Deux publics."
    )
    assert (event.count, len(event.drafts), event.linked) == (3, 2, (other.id,))
    made = db.session.scalars(select(Draft)).all()
    assert {draft.fields["title"] for draft in made} == {"Première", "Deuxième"}
    assert {(draft.partner_id, draft.person_id) for draft in made} == {(grenoble.partner_id, grenoble.person_id)}
    announced = ties(action.id, office).of("split", outgoing=True)
    assert {(tie.title, tie.code) for tie in announced} == {
        ("Première", None),
        ("Deuxième", None),
        ("Déjà là", "1.02"),
    }
    first = next(draft for draft in made if draft.fields["title"] == "Première")
    actions.share_action(
        grenoble,
        first,
        axis_id=axis(1).id,
        fields=actions.VersionFields(title="Première, revue", project_owner_name="Une association"),
    )
    (back,) = ties(first.id, office).of("split", outgoing=False)
    assert (back.other_id, back.code, back.reason) == (action.id, "1.01", "Deux publics.")
    assert ("Première, revue", "1.03") in {(tie.title, tie.code) for tie in ties(action.id, office).of("split")}


def test_a_split_is_refused(world: World, office: Actor, grenoble: Actor) -> None:
    action, other = share(grenoble), share(grenoble)
    refused(refusals.NothingToSplit, operations.split_action, office, action, reason="x")
    refused(refusals.TooManyParts, operations.split_action, office, action, titles=["Une"] * 11, reason="x")
    refused(refusals.SameFiche, operations.split_action, office, action, other_ids=[action.id], reason="x")
    operations.split_action(office, action, other_ids=[other.id], reason="x")
    refused(refusals.AlreadyLinked, operations.split_action, office, action, other_ids=[other.id], reason="x")


def test_related_fiches_are_linked_once_both_ways_and_unlinked(office: Actor, grenoble: Actor) -> None:
    one, two = share(grenoble), share(grenoble)
    operations.link_actions(office, two, other_id=one.id, reason="Même public.")
    for here, there in ((one, two), (two, one)):
        assert [tie.other_id for tie in ties(here.id, grenoble).of("related")] == [there.id]
    refused(refusals.AlreadyLinked, operations.link_actions, office, one, other_id=two.id, reason="x")
    (tie,) = ties(one.id, office).of("related")
    operations.end_link(office, one, link_id=tie.id, reason="Erreur.")
    assert not ties(two.id, office)
    refused(refusals.Ended, operations.end_link, office, one, link_id=tie.id, reason="x")
    operations.link_actions(office, one, other_id=two.id, reason="Si, quand même.")
    assert [tie.reason for tie in ties(two.id, office).of("related")] == ["Si, quand même."]
    assert verify().ok


def test_a_link_of_another_fiche_is_not_ended(office: Actor, grenoble: Actor) -> None:
    one, two, three = share(grenoble), share(grenoble), share(grenoble)
    operations.link_actions(office, one, other_id=two.id, reason="Même public.")
    (tie,) = ties(one.id, office).of("related")
    refused(refusals.Ended, operations.end_link, office, three, link_id=tie.id, reason="x")


def test_a_lineage_names_an_earlier_contract_and_its_source(office: Actor, grenoble: Actor) -> None:
    action, earlier = share(grenoble), queries.earlier_contracts()[0]
    operations.state_lineage(
        office,
        action,
        contract_id=earlier.id,
        label="Soutien aux ressourceries",
        former_code="12",
        source="Bilan du contrat, page 8",
        reason="Même action.",
    )
    (one,) = ties(action.id, grenoble).ancestors
    assert (one.contract, one.label, one.code, one.source) == (
        earlier.title,
        "Soutien aux ressourceries",
        "12",
        "Bilan du contrat, page 8",
    )
    operations.end_link(office, action, link_id=one.id, reason="Erreur.")
    assert not ties(action.id, grenoble)
    refused(
        refusals.NotEarlier,
        operations.state_lineage,
        office,
        action,
        contract_id=contracts.contract().id,
        label="x",
        source="x",
        reason="x",
    )


def test_each_act_is_one_entry_with_its_reason(office: Actor, grenoble: Actor) -> None:
    one, two = share(grenoble), share(grenoble)
    before = written()
    operations.link_actions(office, one, other_id=two.id, reason="Même public reconnaissable.")
    operations.move_action(office, known(one.id), axis_id=axis(2).id, reason="Relève reconnaissable.")
    operations.merge_action(office, known(one.id), other_id=two.id, reason="Doublon reconnaissable.")
    assert written() == before + 3
    entries = db.session.scalars(select(LogEntry).order_by(LogEntry.seq.desc()).limit(3)).all()
    assert [entry.kind for entry in entries] == [
        "structure.action-merged",
        "structure.action-moved",
        "structure.actions-linked",
    ]
    assert all(entry.about == one.id and "reconnaissable" not in entry.body for entry in entries)
