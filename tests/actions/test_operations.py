"""Sharing, publishing, withdrawing: what is written, and what is refused with nothing written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from cocon.actions import drafts, operations, queries, refusals, transitions
from cocon.actions.models import (
    SPARE_FACTS,
    SPARE_TEXTS,
    Action,
    ActionSearch,
    ActionVersion,
    Draft,
    Indicator,
    Milestone,
    VersionCost,
)
from cocon.audit.journal import OutsideOperation
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.contracts.refusals import WindowClosed
from cocon.decisions import operations as decisions
from cocon.decisions.models import Consultation
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries
from tests.actions.making import (
    GRENOBLE,
    ISERE,
    METRO,
    REGION,
    axis,
    close,
    count,
    fields,
    known,
    objective,
    share,
    written,
)
from tests.factories import World


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World.installed()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def refused(refusal: type[Refusal], act: Callable[..., Any], *given: Any, **said: Any) -> Refusal:
    """The refusal of an act that leaves no trace."""
    before = written(), count(Action), count(ActionVersion), count(VersionCost), count(Draft)
    with pytest.raises(refusal) as caught:
        act(*given, **said)
    assert (written(), count(Action), count(ActionVersion), count(VersionCost), count(Draft)) == before
    return caught.value


def test_sharing_makes_a_fiche_of_a_draft(grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {"title": "Recycleries"})
    said = fields(title="Recycleries", context="Écoles", associated=[ISERE, METRO], costs={2014: 100, 2016: 250})
    event = operations.share_action(grenoble, draft, axis_id=axis(1).id, fields=said)
    action = known(draft.id)
    assert (action.code, action.rank, action.version, action.maturity) == ("1.01", 1, 1, "shared")
    assert (action.decision, action.progress, action.partner_id) == ("none", None, grenoble.partner_id)
    assert event.facts() == {"action_code": "1.01", "axis": 1, "objective": None, "action": action.id}
    assert (event.subject.type, event.subject.id, event.subject.version) == ("action", action.id, 1)
    assert (event.about, event.audience, event.formal) == (action.id, None, False)
    whole = queries.whole(action.id)
    assert whole is not None
    assert (whole.version.number, whole.version.context, whole.costs) == (1, "Écoles", {2014: 100, 2016: 250})
    assert whole.version.mandate_id == grenoble.mandate_id
    assert db.session.get_one(ActionSearch, action.id).sorted_title == "recycleries"
    assert count(Draft) == 0


def test_sharing_is_one_entry_that_holds_the_whole_text_as_digests(grenoble: Actor) -> None:
    before = written()
    action = share(grenoble, title="Un titre reconnaissable", content="Un contenu reconnaissable", costs={2015: 9})
    assert written() == before + 1
    entry = db.session.scalars(select(LogEntry).where(LogEntry.kind == "actions.shared")).one()
    assert (entry.about, entry.subject, entry.partner) == (action.id, action.id, GRENOBLE)
    assert "reconnaissable" not in entry.body
    assert '"version_cost"' in entry.body


def test_codes_follow_the_objective_once_the_axis_has_some(world: World, grenoble: Actor) -> None:
    assert share(grenoble).code == "1.01"
    first, second = objective(world, 1, "A"), objective(world, 1, "B")
    codes = [share(grenoble, under=one).code for one in (first, first, second, first)]
    assert codes == ["1.A.01", "1.A.02", "1.B.01", "1.A.03"]
    assert share(grenoble, number=2).code == "2.01"


def test_a_rank_is_never_given_twice(grenoble: Actor) -> None:
    share(grenoble)
    operations.withdraw_action(grenoble, share(grenoble), reason="Doublon.")
    assert share(grenoble).code == "1.03"


def test_an_axis_with_objectives_wants_one_of_its_own(world: World, grenoble: Actor) -> None:
    own, foreign = objective(world, 1, "A"), objective(world, 2, "B")
    draft = drafts.start(grenoble, {})
    for chosen in (None, foreign.id, "nothing"):
        refused(
            refusals.ObjectiveNeeded,
            operations.share_action,
            grenoble,
            draft,
            axis_id=axis(1).id,
            objective_id=chosen,
            fields=fields(),
        )
    assert own.letter == "A"


UNSOUND: dict[str, tuple[dict[str, Any], type[Refusal]]] = {
    "no owner": ({"project_owner_name": None}, refusals.OwnerNeeded),
    "two owners": ({"project_owner_id": "x"}, refusals.OwnerNeeded),
    "unknown partner": ({"associated": [ISERE, "nobody"]}, refusals.PartnerUnknown),
    "year outside": ({"costs": {2017: 1}}, refusals.CostOutside),
    "negative cost": ({"costs": {2014: -1}}, refusals.CostOutside),
}


@pytest.mark.parametrize("fault", UNSOUND)
def test_an_unsound_text_is_neither_shared_nor_published(grenoble: Actor, fault: str) -> None:
    said, refusal = UNSOUND[fault]
    draft, action = drafts.start(grenoble, {}), share(grenoble)
    refused(refusal, operations.share_action, grenoble, draft, axis_id=axis(1).id, fields=fields(**said))
    refused(
        refusal,
        operations.publish_version,
        grenoble,
        action,
        revision=action.rev,
        summary="Autre.",
        fields=fields(context="Autre", **said),
    )


def test_an_unknown_axis_is_refused(grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {})
    refused(refusals.AxisUnknown, operations.share_action, grenoble, draft, axis_id="nothing", fields=fields())


def test_only_a_representative_of_the_draft_s_partner_shares(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {})
    others = [
        world.actor("contributor", GRENOBLE),
        world.actor("reader", GRENOBLE),
        world.actor("representative", METRO),
        world.actor("secretariat", REGION),
        world.actor("auditor"),
        world.actor("admin"),
    ]
    for other in others:
        refused(
            Forbidden,
            operations.share_action,
            other,
            draft,
            axis_id=axis(1).id,
            fields=fields(),
        )
    deputy = world.actor("deputy", GRENOBLE)
    assert operations.share_action(deputy, draft, axis_id=axis(1).id, fields=fields()).action_code == "1.01"


def test_a_closed_period_stops_sharing_and_keeps_the_draft(world: World, grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {"title": "À garder"})
    close(world, "proposing")
    refusal = refused(WindowClosed, operations.share_action, grenoble, draft, axis_id=axis(1).id, fields=fields())
    assert "05/01/2014" in str(refusal)


def test_a_draft_is_shared_once(grenoble: Actor) -> None:
    draft = drafts.start(grenoble, {})
    spent = Draft(id=draft.id, partner_id=grenoble.partner_id)
    operations.share_action(grenoble, draft, axis_id=axis(1).id, fields=fields())
    refused(Outdated, operations.share_action, grenoble, spent, axis_id=axis(1).id, fields=fields())


def test_a_version_follows_another_which_stays(grenoble: Actor) -> None:
    action = share(grenoble, context="Avant", costs={2014: 100})
    read = action.rev
    event = operations.publish_version(
        grenoble,
        action,
        revision=read,
        summary="Le coût est revu.",
        fields=fields(title="Nouveau titre", context="Après", costs={2014: 200}),
    )
    assert (event.number, event.changed) == (2, ("title", "context", "costs"))
    assert event.facts() == {
        "action_code": "1.01",
        "number": 2,
        "changed": ["title", "context", "costs"],
        "action": action.id,
    }
    assert (event.reason, event.about, event.subject.version) == ("Le coût est revu.", action.id, 2)
    first, second = (queries.version(action.id, number) for number in (1, 2))
    assert first is not None
    assert second is not None
    assert (first.version.title, first.version.context, first.costs) == ("Une fiche", "Avant", {2014: 100})
    assert (second.version.title, second.version.context, second.costs) == ("Nouveau titre", "Après", {2014: 200})
    assert (first.version.summary, second.version.summary) == (None, "Le coût est revu.")
    assert (known(action.id).title, known(action.id).version) == ("Nouveau titre", 2)


def test_only_the_latest_number_of_a_fiche_advances(grenoble: Actor) -> None:
    action = share(grenoble, costs={2014: 1})
    for number in (2, 3, 4):
        action = known(action.id)
        operations.publish_version(
            grenoble, action, revision=action.rev, summary="s", fields=fields(context=str(number), costs={2014: number})
        )
    rows = db.session.scalars(select(ActionVersion).order_by(ActionVersion.number)).all()
    assert [(row.number, row.rev, row.context) for row in rows] == [(1, 1, ""), (2, 1, "2"), (3, 1, "3"), (4, 1, "4")]
    assert {row.rev for row in db.session.scalars(select(VersionCost))} == {1}
    assert (known(action.id).version, known(action.id).rev) == (4, 4)


def test_a_version_cannot_be_rewritten(grenoble: Actor) -> None:
    share(grenoble)
    version = db.session.scalars(select(ActionVersion)).one()
    version.context = "Réécrit"
    with pytest.raises(OutsideOperation):
        db.session.commit()
    db.session.rollback()


def test_nothing_changed_is_no_version(grenoble: Actor) -> None:
    action = share(grenoble, associated=[ISERE, METRO], costs={2014: 5})
    same = fields(associated=[METRO, ISERE], costs={2014: 5})
    refused(
        refusals.NothingChanged,
        operations.publish_version,
        grenoble,
        action,
        revision=action.rev,
        summary="Rien.",
        fields=same,
    )


CHANGES: dict[str, dict[str, Any]] = {
    "title": {"title": "Autre"},
    "context": {"context": "Autre"},
    "results": {"results": "Autre"},
    "project_owner": {"project_owner_name": "Une autre association"},
    "associated": {"associated": [ISERE]},
    "costs": {"costs": {2016: 0}},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.engines("sqlite")
def test_each_field_that_changes_is_named(grenoble: Actor, name: str) -> None:
    action = share(grenoble)
    event = operations.publish_version(
        grenoble, action, revision=action.rev, summary="s", fields=fields(**CHANGES[name])
    )
    assert event.changed == (name,)


def test_an_outdated_text_is_refused(grenoble: Actor) -> None:
    action = share(grenoble)
    read = action.rev
    operations.publish_version(grenoble, action, revision=read, summary="s", fields=fields(context="Première"))
    refused(
        Outdated,
        operations.publish_version,
        grenoble,
        action,
        revision=read,
        summary="s",
        fields=fields(context="Seconde"),
    )


def test_a_fiche_is_revised_by_those_who_write_for_its_partner(world: World, grenoble: Actor) -> None:
    action = share(grenoble)
    others = [
        world.actor("reader", GRENOBLE),
        world.actor("representative", METRO),
        world.actor("secretariat", REGION),
        world.actor("auditor"),
    ]
    for other in others:
        refused(
            Forbidden,
            operations.publish_version,
            other,
            action,
            revision=action.rev,
            summary="s",
            fields=fields(context="x"),
        )
    deputy = world.actor("deputy", GRENOBLE)
    event = operations.publish_version(deputy, action, revision=action.rev, summary="s", fields=fields(context="x"))
    assert event.number == 2


def test_contributors_share_and_publish_alone_only_where_their_organisation_says_so(world: World) -> None:
    action = share(world.actor("representative", GRENOBLE))
    contributor = world.actor("contributor", GRENOBLE)
    alone = replace(contributor, supervised=False)
    strangers = [replace(world.actor(role, key), supervised=False) for role, key in FREE_BUT_NOT_THEIRS]
    text = {"revision": action.rev, "summary": "s", "fields": fields(context="x")}
    for other in (contributor, *strangers):
        refused(Forbidden, operations.publish_version, other, action, **text)
    with pytest.raises(Forbidden):
        share(contributor)
    refused(Forbidden, operations.publish_version, alone, action, **text)
    set_chain(world, validates=False)
    assert operations.publish_version(alone, action, **text).number == 2
    assert share(alone).version == 1


def test_the_rule_is_read_again_when_a_contributor_shares(world: World) -> None:
    """The actor of a request that waited for the lock knows the rule of before."""
    action = share(world.actor("representative", GRENOBLE))
    set_chain(world, validates=False)
    late = replace(world.actor("contributor", GRENOBLE), supervised=False)
    set_chain(world, validates=True)
    text = {"revision": action.rev, "summary": "s", "fields": fields(context="x")}
    refused(Forbidden, operations.publish_version, late, action, **text)
    with pytest.raises(Forbidden):
        share(late)


def set_chain(world: World, *, validates: bool) -> None:
    """The representative of the Ville de Grenoble says who shares."""
    partner = partner_queries.partner_by_key(GRENOBLE)
    assert partner is not None
    kept = partner_queries.internal_chain(partner.id)
    actor = world.actor("representative", GRENOBLE)
    partners.set_internal_chain(actor, partner, validates=validates, revision=kept.rev if kept else 0)


FREE_BUT_NOT_THEIRS = [("contributor", METRO), ("reader", GRENOBLE)]


def test_a_closed_discussion_stops_new_versions(world: World, grenoble: Actor) -> None:
    action = share(grenoble)
    close(world, "discussing")
    refused(
        WindowClosed,
        operations.publish_version,
        grenoble,
        action,
        revision=action.rev,
        summary="s",
        fields=fields(context="x"),
    )


def test_a_withdrawn_fiche_keeps_its_reason_and_changes_no_more(grenoble: Actor) -> None:
    action = share(grenoble)
    event = operations.withdraw_action(grenoble, action, reason="Le porteur renonce.")
    withdrawn = known(action.id)
    assert (withdrawn.maturity, withdrawn.withdrawal_reason) == ("withdrawn", "Le porteur renonce.")
    assert event.facts() == {"action_code": "1.01", "action": action.id}
    assert (event.reason, event.about) == ("Le porteur renonce.", action.id)
    refused(Forbidden, operations.withdraw_action, grenoble, withdrawn, reason="Encore.")
    refused(
        Forbidden,
        operations.publish_version,
        grenoble,
        withdrawn,
        revision=withdrawn.rev,
        summary="s",
        fields=fields(context="x"),
    )


def test_only_its_own_representative_withdraws_a_fiche(world: World, grenoble: Actor) -> None:
    action = share(grenoble)
    for other in (
        world.actor("contributor", GRENOBLE),
        world.actor("deputy", METRO),
        world.actor("secretariat", REGION),
    ):
        refused(Forbidden, operations.withdraw_action, other, action, reason="Non.")


def test_a_fiche_under_consultation_is_not_withdrawn_beside_it(world: World, grenoble: Actor) -> None:
    action = share(grenoble)
    decisions.open_consultation(world.actor("secretariat", REGION), action, deadline=date(2014, 2, 1))
    refused(refusals.InConsultation, operations.withdraw_action, grenoble, known(action.id), reason="Non.")


def test_what_was_decided_together_is_not_withdrawn_alone(world: World, grenoble: Actor) -> None:
    action, secretariat = share(grenoble), world.actor("secretariat", REGION)
    event = decisions.open_consultation(secretariat, action, deadline=date(2014, 2, 1))
    with clock.standing_at(datetime(2014, 2, 3, tzinfo=UTC)):
        asked = db.session.get_one(Consultation, event.subject.id)
        decisions.pronounce_outcome(secretariat, asked, outcome="adopted", text="Adoptée.", reason="Unanimité.")
        refused(refusals.Inscribed, operations.withdraw_action, grenoble, known(action.id), reason="Non.")


#: Written by hand from the one table of states, independently of the product's own table.
MOVES: dict[str, set[tuple[str | None, str]]] = {
    "maturity": {
        ("shared", "submitted"),
        ("shared", "withdrawn"),
        ("shared", "merged"),
        ("submitted", "shared"),
        ("submitted", "adopted"),
        ("submitted", "withdrawn"),
        ("submitted", "merged"),
        ("adopted", "submitted"),
        ("adopted", "withdrawn"),
        ("adopted", "merged"),
    },
    "decision": {
        ("none", "open"),
        *(("open", end) for end in ("adopted", "adopted_with_reserve", "postponed", "rejected", "withdrawn")),
        *((end, "open") for end in ("adopted", "adopted_with_reserve", "postponed", "rejected")),
    },
    "progress": {
        (None, "upcoming"),
        *(("upcoming", after) for after in ("running", "paused", "abandoned")),
        *(("running", after) for after in ("done", "paused", "abandoned")),
        ("paused", "running"),
        ("paused", "abandoned"),
    },
}


@pytest.mark.parametrize("column", MOVES)
def test_a_fiche_moves_along_the_table_only(column: str) -> None:
    states = {state for move in MOVES[column] for state in move}
    for former in states:
        for wanted in states - {None}:
            action = Action(maturity="shared", decision="none", progress=None)
            setattr(action, column, former)
            if former == wanted or (former, wanted) in MOVES[column]:
                transitions.move(action, **{column: wanted})
                assert getattr(action, column) == wanted
            else:
                with pytest.raises(refusals.MoveRefused):
                    transitions.move(action, **{column: wanted})
                assert getattr(action, column) == former


def test_a_move_refused_in_part_is_refused_whole() -> None:
    action = Action(maturity="shared", decision="none", progress=None)
    with pytest.raises(refusals.MoveRefused):
        transitions.move(action, maturity="submitted", decision="adopted")
    assert (action.maturity, action.decision) == ("shared", "none")


def test_a_refused_move_says_both_states(in_app: Flask) -> None:
    with in_app.test_request_context(), pytest.raises(refusals.MoveRefused) as caught:
        transitions.move(Action(maturity="withdrawn", decision="none", progress=None), maturity="submitted")
    assert "«\u00a0retirée\u00a0»" in str(caught.value)
    assert "«\u00a0soumise à décision\u00a0»" in str(caught.value)


def test_eight_sharings_at_once_get_eight_codes(world: World, in_app: Flask) -> None:
    keys = [GRENOBLE, METRO, REGION, ISERE, "cg-ardeche", "pnr-pilat", "cc-val-de-drome", "pays-voironnais"]
    actors = [world.actor("representative", key) for key in keys]
    places = [(actor, drafts.start(actor, {}).id, axis(1).id) for actor in actors for _round in range(3)]
    db.session.rollback()
    results, barrier = [], threading.Barrier(len(actors))

    def share_all(mine: list[tuple[Actor, str, str]]) -> None:
        with in_app.app_context():
            for actor, draft_id, axis_id in mine:
                barrier.wait(timeout=30)
                results.append(_outcome(actor, draft_id, axis_id))

    threads = [threading.Thread(target=share_all, args=(places[n * 3 : n * 3 + 3],)) for n in range(len(actors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [f"1.{rank:02d}" for rank in range(1, 25)]
    assert sorted(db.session.scalars(select(Action.code))) == sorted(results)


def _outcome(actor: Actor, draft_id: str, axis_id: str) -> str:
    draft = drafts.find(actor, draft_id)
    assert draft is not None
    try:
        return operations.share_action(actor, draft, axis_id=axis_id, fields=fields()).action_code
    except Exception as error:
        return repr(error)


STEPS = [Milestone(due="2014-03-15", title="Lancement"), Milestone(due="2015-06", title="Bilan")]
PLANNED = [
    Indicator(code="E1", label="Épiceries", kind="output", unit="lieux", baseline=2_00, baseline_year=2013),
    Indicator(code="E2", label="Foyers", kind="result", targets={2014: 120_50, 2016: 300_00}, source="Enquête"),
]


def test_milestones_and_indicators_are_part_of_the_text(world: World) -> None:
    owner = world.actor("representative", GRENOBLE)
    action = share(owner, milestones=STEPS, indicators=PLANNED, associated=[METRO, REGION])
    whole = queries.whole(action.id)
    assert whole is not None
    assert [row.said for row in whole.version.milestones] == STEPS
    assert [row.said for row in whole.version.indicators] == PLANNED
    assert [partner.key for partner in whole.associated] == [REGION, METRO]
    same = fields(milestones=STEPS, indicators=PLANNED, associated=[METRO, REGION])
    with pytest.raises(refusals.NothingChanged):
        operations.publish_version(owner, action, revision=action.rev, summary="Rien", fields=same)
    fewer = replace(same, milestones=STEPS[1:], indicators=PLANNED[::-1])
    event = operations.publish_version(owner, known(action.id), revision=action.rev, summary="Moins", fields=fewer)
    assert event.changed == ("milestones", "indicators")
    former, newer = queries.version(action.id, 1), queries.whole(action.id)
    assert former is not None
    assert newer is not None
    assert [row.said for row in former.version.milestones] == STEPS
    assert [row.said for row in newer.version.indicators] == PLANNED[::-1]
    assert verify().ok


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"milestones": [Milestone(due="2014-13", title="x")]}, "milestones"),
        ({"milestones": [Milestone(due="mars 2014", title="x")]}, "milestones"),
        ({"milestones": [Milestone(due="2014-03", title="")]}, "milestones"),
        ({"indicators": [replace(PLANNED[0], kind="wish")]}, "indicators"),
        ({"indicators": [replace(PLANNED[0], code="")]}, "indicators"),
        ({"indicators": [replace(PLANNED[0], targets={2019: 1})]}, "indicators"),
    ],
)
def test_an_unsound_plan_is_refused(world: World, said: dict[str, Any], field: str) -> None:
    with pytest.raises(refusals.PlanUnsound) as refused:
        share(world.actor("representative", GRENOBLE), **said)
    assert refused.value.field == field
    assert count(Action) == 0


SPARE = {name: f"Texte de {name}" for name in SPARE_TEXTS} | {
    "delegate": "Une agence",
    "territory_codes": "38185, 200040715",
    "ends": "2014-03",
    "cost_basis": "ht",
    "state_aid": "regime",
    "state_aid_regime": "Un régime",
}


def test_what_may_be_left_out_is_part_of_the_text(world: World) -> None:
    owner = world.actor("representative", GRENOBLE)
    action = share(owner, context="C")
    said = fields(context="C", starts="2014-03-15", **SPARE)
    event = operations.publish_version(owner, action, revision=action.rev, summary="Plus", fields=said)
    assert set(event.changed) == {*SPARE_TEXTS, *SPARE_FACTS}
    former, newer = queries.version(action.id, 1), queries.whole(action.id)
    assert former is not None
    assert newer is not None
    assert {getattr(former.version, name) for name in event.changed} == {""}
    kept = operations.fields_of(queries.current_text(newer.action))
    assert replace(kept, associated=(), milestones=(), indicators=()) == said
    for word in ("risks", "coordination"):
        assert [row.id for row in queries.similar(f"Texte {word}")] == [action.id]
    assert verify().ok


BROKEN_DOWN: dict[str, Any] = {
    "costs": {2014: 30_000_00, 2015: 5_000_00},
    "eligible": {2014: 30_000_00},
    "charges": {(2014, "60"): 10_000_50, (2014, "64"): 19_999_50, (2014, "86"): 7_000_00, (2016, "86"): 0},
}


def test_the_cost_of_a_version_is_told_by_nature(world: World) -> None:
    owner = world.actor("representative", GRENOBLE)
    action = share(owner, **BROKEN_DOWN)
    whole = queries.whole(action.id)
    assert whole is not None
    assert {name: getattr(whole, name) for name in BROKEN_DOWN} == BROKEN_DOWN
    assert whole.cost == 35_000_00
    said = fields(**{**BROKEN_DOWN, "charges": {**BROKEN_DOWN["charges"], (2014, "86"): 8_000_00}, "eligible": {}})
    event = operations.publish_version(owner, action, revision=action.rev, summary="Plus", fields=said)
    assert event.changed == ("eligible", "charges")
    with pytest.raises(refusals.NothingChanged):
        operations.publish_version(owner, known(action.id), revision=2, summary="Rien", fields=said)
    former = queries.version(action.id, 1)
    assert former is not None
    assert (former.eligible, former.charges) == (BROKEN_DOWN["eligible"], BROKEN_DOWN["charges"])
    assert verify().ok


@pytest.mark.parametrize(
    "said",
    [
        {"charges": {(2014, "60"): 1}},
        {"charges": {(2014, "60"): 30_000_00, (2015, "61"): 4_999_99}},
        {"charges": {(2014, "69"): 30_000_00}},
        {"charges": {(2017, "86"): 1}},
        {"charges": {(2014, "86"): -1}},
        {"eligible": {2014: 30_000_01}},
        {"eligible": {2014: -1}},
        {"eligible": {2016: 0}},
        {"costs": {}},
    ],
)
def test_charges_that_do_not_make_the_cost_are_refused(world: World, said: dict[str, Any]) -> None:
    with pytest.raises(refusals.ChargesUnsound):
        share(world.actor("representative", GRENOBLE), **{**BROKEN_DOWN, **said})
    assert count(Action) == 0


@pytest.mark.parametrize(
    "said",
    [
        {"cost_basis": "net"},
        {"state_aid": "oui"},
        {"state_aid_regime": "R"},
        {"state_aid": "no", "state_aid_regime": "R"},
    ],
)
def test_a_regime_of_state_aid_needs_an_aid(world: World, said: dict[str, str]) -> None:
    with pytest.raises(refusals.AidUnsound):
        share(world.actor("representative", GRENOBLE), **said)
    assert count(Action) == 0


@pytest.mark.parametrize(
    ("starts", "ends"), [("2014-04", "2014-03"), ("2014-03-15", "2014-02"), ("2014-03", "mars"), ("2014-13", "")]
)
def test_an_action_that_ends_before_it_begins_is_refused(world: World, starts: str, ends: str) -> None:
    with pytest.raises(refusals.SpanUnsound):
        share(world.actor("representative", GRENOBLE), starts=starts, ends=ends)
    assert count(Action) == 0
