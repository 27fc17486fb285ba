"""A tranche as a state machine: what is said of each step, its proof and its day, against an oracle of one's own.

The amounts are those of the model of ``tests.funding.ladder``. What a step must bring is written here from the rules of
public money (who votes, what makes an act binding, what identifies a payment), not from the table of the product.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    get_state_machine_test,
    initialize,
    invariant,
    precondition,
    rule,
)

from cocon.actions.models import Action
from cocon.audit.verify import verify
from cocon.funding import acts, cancelling, conditions, operations, stages, steps
from cocon.funding.models import Act, Condition
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.refusal import Refusal
from tests.actions.making import REGION
from tests.funding.ladder import LONG_AGO, Bench, Model, act, former, held, opened
from tests.funding.making import EURO
from tests.funding.test_steps import record

pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2016-06-10")]

#: What each step must bring beside its day, from the rules of public money.
NEEDS = {
    "inscribed": "",
    "credited": "act",
    "voted": "act",
    "raising": "act",
    "contracted": "convention",
    "terminated": "reason",
    "engaged": "reference",
    "paid": "reference",
    "settled": "reason",
    "released": "reason",
    "returned": "reason",
    "lapsed": "reason",
}
#: What may be wrong with what is brought, for which needs, and what the refusal is called.
FAULTS = {
    "no day": (("", "reference", "reason"), "DayNeeded"),
    "tomorrow": (("", "act", "convention", "reference", "reason"), "DayNeeded"),
    "before its act": (("act", "convention"), "BeforeAct"),
    "no act": (("act", "convention"), "ActNeeded"),
    "another partner’s act": (("act", "convention"), "Forbidden"),
    "an act withdrawn": (("act", "convention"), "ActWithdrawnAlready"),
    "an act of another kind": (("act", "convention"), "WrongAct"),
    "no reference": (("reference",), "ReferenceNeeded"),
    "no reason": (("reason",), "StepReasonNeeded"),
}
#: The faults that say another day than that of the step.
OTHER_DAYS = ("no day", "tomorrow", "before its act")
#: No payment is recorded twice, unless it is meant.
COUNT = count(1)
#: The way that money goes.
WAY = ("inscribed", "voted", "engaged", "paid")
STEP = st.one_of(
    st.just("next"),
    st.sampled_from(sorted(NEEDS)),
    st.sampled_from(("inscribed", "raising", "paid", "returned", "released", "settled")),
)
#: Half of the steps bring something wrong: which of the faults that its needs may have.
SLIP = st.sampled_from((*[None] * 7, *range(7)))
UNITS = st.integers(0, 6)


def faults(need: str) -> list[str]:
    """What may be wrong where this must be brought."""
    return [fault for fault, (needs, _refusal) in FAULTS.items() if need in needs]


@pytest.fixture
def bench(in_app: Flask) -> Bench:
    """The Ville de Grenoble, its acts, and tranches that nobody walked yet."""
    return opened()


class Papers:
    """The acts that the partner holds, and those that prove nothing."""

    def __init__(self, bench: Bench) -> None:
        self.vote, self.convention = bench.vote, bench.convention
        self.more = former(bench.actor, "D-3")
        self.unsent = record(bench.actor, "D-2", adopted_on=clock.today() - LONG_AGO, days={})
        self.withdrawn = {kind: record(bench.actor, f"W-{kind}", kind) for kind in ("deliberation", "convention")}
        for act_id in self.withdrawn.values():
            acts.withdraw_act(bench.actor, db.session.get_one(Act, act_id), reason="Saisi par erreur.")
        foreign = bench.world.actor("representative", REGION)
        self.foreign = {kind: record(foreign, f"R-{kind}", kind) for kind in ("deliberation", "convention")}

    def right(self, step: str, *, binding: bool) -> str:
        """The act that proves the step; another raises than votes."""
        vote = self.more if step == "raising" else self.vote
        return self.convention if step == "contracted" else vote if binding else self.unsent

    def brought(self, step: str, fault: str | None, *, binding: bool) -> str | None:
        """The act that is shown."""
        need = NEEDS[step]
        kind = "convention" if need == "convention" else "deliberation"
        right = self.right(step, binding=binding)
        return {
            "no act": None,
            "another partner’s act": self.foreign[kind],
            "an act withdrawn": self.withdrawn[kind],
            "an act of another kind": self.vote if need == "convention" else self.convention,
        }.get(fault or "", right)


class Days:
    """What happened on what day, counted from today: nothing follows from what had not happened yet."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def remember(self, step: str, units: int, day: int) -> None:
        """A step was taken."""
        self.told.append((step, units, day))

    def engaged_on(self, day: int) -> int:
        """What was engaged by a day and has been since: less was engaged later, or released, whenever that was."""
        best = 0
        for place, (step, units, on) in enumerate(self.told):
            if step != "engaged" or on > day:
                continue
            left = units
            for later, cents, _on in self.told[place + 1 :]:
                left = min(left, cents) if later == "engaged" else left
            best = max(best, left)
        return best

    def sum_by(self, step: str, day: int) -> int:
        """All that was paid, or came back, by a day."""
        return sum(units for name, units, on in self.told if name == step and on <= day)

    def untimely(self, step: str, units: int, day: int) -> set[str]:
        """Why a step may not be of that day; nothing is dated more than three days ago."""
        later = range(day, 1)
        if step == "paid":
            back = self.sum_by("returned", 0)
            need = {on: max(0, self.sum_by("paid", on) - back) + units for on in later}
            short = any(self.engaged_on(on) < need[on] for on in later)
            return {"BeforeEngagement", "BeyondEngagement"} if short else set()
        if step == "returned":
            short = any(self.sum_by("paid", on) - self.sum_by("returned", on) < units for on in later)
            return {"ReturnedBefore"} if short else set()
        if step == "released":
            return set() if self.engaged_on(day) else {"ReleasedBefore"}
        paid = [on for name, _units, on in self.told if name == "paid"]
        if step == "terminated":
            return {"BeforePayment"} if day < max(paid, default=day) else set()
        if step in ("settled", "lapsed"):
            kept = ("voted", "raising", "contracted", "terminated", "engaged", "released", "paid", "returned")
            last = max((on for name, _units, on in self.told if name in kept), default=day)
            return {"EndsBefore"} if day < last else set()
        return set()


class Walk(RuleBasedStateMachine):
    """One tranche, what the oracle holds of it, and what was told."""

    bench: Bench
    papers: Papers
    met: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.action: Action
        self.action, self.key = next(self.bench.free)
        self.model, self.binding = Model(), True
        self.asked = ""
        self.references: list[str] = []
        self.votes: set[str] = set()
        self.most = 0
        self.days = Days()

    @initialize(
        far=st.sampled_from((0, 1, 2, 2, 3, 4, 4)),
        binding=st.sampled_from((True, True, False)),
        ago=st.sampled_from((0, 1, 3)),
    )
    def begins(self, far: int, binding: bool, ago: int) -> None:
        """The partner intends something, and the money goes some way: else few walks would come far."""
        self.plans("raise", 6)
        for units, step in zip((3, 3, 2, 1), WAY[:far], strict=False):
            self.steps(step, units, None, binding, again=False, ago=ago, fit=False)

    @rule(what=st.sampled_from(("raise", "lower", "withdraw", "suspend")), units=UNITS)
    def besides(self, what: str, units: int) -> None:
        """What is no step: one rule, since each is chosen as often as the others."""
        if what != "suspend":
            self.plans(what, units)
        elif self.asked:
            self.lifts()
        elif self.model.planned and not self.model.over:
            self.asks()

    def plans(self, what: str, units: int) -> None:
        """What is planned is raised, lowered or withdrawn."""
        said: dict[str, Any] = {} if what == "raise" else {"reason": "C’est ainsi."}
        if what != "withdraw":
            said["amount"] = units * EURO
        names = {"raise": "announce_contribution", "lower": "lower_contribution", "withdraw": "withdraw_contribution"}
        wanted = self.model.after(what, units)
        refusal = self._try(lambda: getattr(operations, names[what])(self.bench.actor, self.action, **said, **self.key))
        assert (refusal is None) == (wanted is not None), (what, units, refusal)
        self.model = wanted or self.model

    @rule(
        named=STEP,
        units=UNITS,
        slip=SLIP,
        binding=st.sampled_from((True, True, False)),
        again=st.booleans(),
        ago=st.sampled_from((0, 0, 1, 2, 3)),
        fit=st.booleans(),
    )
    def steps(self, named: str, units: int, slip: int | None, binding: bool, again: bool, ago: int, fit: bool) -> None:
        """A step of so many days ago, with what it brings."""
        step = next((one for one in WAY if one not in self.model.done), "paid") if named == "next" else named
        need = NEEDS[step]
        fault = None if slip is None else faults(need)[slip % len(faults(need))]
        if fault or fit:  # the only reason to refuse, where some amount would do
            units = next((one for one in (units, *range(7)) if self.model.after(step, one)), units)
        reference = self.references[-1] if again and self.references else f"EJ {next(COUNT)}"
        wrong = {FAULTS[fault][1]} if fault else set()
        wrong |= self._unfit(step, "" if fault == "no reference" else reference)
        if step == "inscribed" and again and units > max(self.model.inscribed, self.most) > 0:
            wrong.add("DecisionNeeded")
        known = self.papers.right(step, binding=binding) in self.votes
        if step == "raising" and units > self.model.inscribed and known:
            wrong.add("NewActNeeded")
        wanted = self.model.after(step, units)
        wrong |= self.days.untimely(step, units, -ago) if wanted and (fault or "") not in OTHER_DAYS else set()
        refusal = self._take(step, units, fault, binding, reference, ago, undecided=again)
        self._judge((step, units, fault, ago, refusal), wanted, wrong, refusal)
        if refusal is None and wanted is not None:
            self.model = wanted
            self._remember(step, units, reference, ago, binding=binding)

    def _unfit(self, step: str, reference: str) -> set[str]:
        """What forbids the step beside what it brings: a vote that does not bind yet, a payment known, a condition."""
        found = set()
        if step == "engaged" and "voted" in self.model.done and not self.binding:
            found.add("NotExecutory")
        if step == "paid" and reference in self.references:
            found.add("PaymentKnown")
        if step == "paid" and self.asked:
            found.add("Suspended")
        return found

    def _take(
        self, step: str, units: int, fault: str | None, binding: bool, reference: str, ago: int, *, undecided: bool
    ) -> str | None:
        today, need = clock.today(), NEEDS[step]
        days = {"no day": None, "tomorrow": today + timedelta(days=1), "before its act": today - 2 * LONG_AGO}
        taken = steps.Taken(
            amount=units * EURO,
            taken_on=days.get(fault or "", today - timedelta(days=ago)),
            act_id=self.papers.brought(step, fault, binding=binding) if need in ("act", "convention") else None,
            reference=None if fault == "no reference" else reference,
            reason=" " if fault == "no reason" or (step == "inscribed" and undecided) else "C’est ainsi.",
            raising=step == "raising",
        )
        kind = "voted" if step == "raising" else step
        return self._try(lambda: steps.take_step(self.bench.actor, self.action, step=kind, taken=taken, **self.key))

    def _judge(self, told: object, wanted: Model | None, wrong: set[str], refusal: str | None) -> None:
        """Done when the amounts allow it and nothing is wrong with its proof; refused for what is wrong."""
        assert (refusal is None) == (wanted is not None and not wrong), (told, wrong)
        if wanted is not None:
            assert refusal is None or refusal in wrong, told
            self.met.add(refusal or "done")

    def _remember(self, step: str, units: int, reference: str, ago: int, *, binding: bool) -> None:
        self.days.remember(step, units, -ago)
        self.most = max(self.most, units if step == "inscribed" else 0)
        if step in ("voted", "raising"):
            self.binding = binding
            self.votes.add(self.papers.right(step, binding=binding))
        if step == "paid":
            self.references.append(reference)

    def asks(self) -> None:
        """The funder asks for something before it pays."""
        form = self.key["form"]
        said = {"form": form, "kind": "suspensive", "text": "Bilan reçu."}
        self.asked = conditions.set_condition(self.bench.actor, self.action, **said).subject.id

    def lifts(self) -> None:
        """What was asked is met, today."""
        standing = conditions.suspending(Condition.contribution_id == self.asked, Condition.lifted_on.is_(None))
        found = [one.id for one in standing]
        db.session.rollback()
        for condition_id in found:
            said = {"lifted_on": clock.today(), "reason": "Reçu."}
            conditions.lift_condition(self.bench.actor, self.action, condition_id=condition_id, **said)
        self.asked = ""

    def teardown(self) -> None:
        """What suspends a contribution suspends its other tranches, which the next walks take."""
        if self.asked:
            self.lifts()

    def _try(self, act: Any) -> str | None:
        try:
            act()
        except Refusal as refusal:
            return type(refusal).__name__
        return None

    @invariant()
    def holds(self) -> None:
        """The product holds what the oracle holds, and the amounts are in the order that public money demands."""
        if self.model == Model():
            return
        assert held(self.bench, self.action, self.key) == self.model.told
        one = self.model
        assert one.over or one.paid <= one.engaged <= one.voted <= one.inscribed <= one.planned


class Mistaken(Walk):
    """A walk on which steps are taken back as mistakes, with what they changed and what was remembered of them."""

    #: What the oracle keeps of the steps that stand, beside the model.
    kept = ("binding", "references", "votes", "days")

    def __init__(self) -> None:
        super().__init__()
        self.past: list[dict[str, Any]] = []

    @precondition(lambda self: self.past)
    @rule(reason=st.sampled_from(("Saisi par erreur.", "Saisi par erreur.", " ")))
    def cancels(self, reason: str) -> None:
        """The last step that stands was a mistake."""
        wanted, said = self.model.after("cancelled", 0), {"reason": reason, **self.key}
        refusal = self._try(lambda: cancelling.cancel_step(self.bench.actor, self.action, **said))
        self._judge(("cancelled", refusal), wanted, set() if reason.strip() else {"StepReasonNeeded"}, refusal)
        self.met.add(f"cancelled {refusal or 'done'}")
        if refusal is None and wanted is not None:
            self.model = wanted
            vars(self).update(self.past.pop())

    def _remember(self, *said: Any, **told: Any) -> None:
        self.past.append({name: deepcopy(getattr(self, name)) for name in self.kept})
        super()._remember(*said, **told)


#: What many walks meet; the days that they seldom meet are tried one by one in ``test_undertakings``.
MET = {"done", "NotExecutory", "PaymentKnown", "Suspended", "NewActNeeded", "BeforeEngagement", "EndsBefore"}
#: What no walk meets: all are walked.
CAUGHT = {"nothing"}
MET |= {name for _needs, name in FAULTS.values()}


def walks(bench: Bench, examples: int, walk: type[Walk] = Walk, *, wanted: Collection[str] = ()) -> set[str]:
    """So many walks, and six times as many at most until all that is wanted was met; what was met on them."""
    met = set[str]()
    machine = type("Walk", (walk,), {"bench": bench, "papers": Papers(bench), "met": met})
    many = settings(
        max_examples=examples,
        stateful_step_count=20,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for number in range(6):
        seed(number)(get_state_machine_test(machine, settings=many))()
        db.session.rollback()
        if met.issuperset(wanted):
            break
    return met


def test_a_tranche_walks_as_the_rules_of_public_money_say(bench: Bench) -> None:
    assert walks(bench, 120, wanted=MET) >= MET
    assert verify().ok


def test_a_step_taken_back_leaves_the_tranche_as_it_was(bench: Bench) -> None:
    wanted = {"done", "cancelled done", "cancelled StepReasonNeeded"}
    assert walks(bench, 80, Mistaken, wanted=wanted) >= wanted
    assert verify().ok


def test_a_step_taken_back_that_restores_nothing_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the step is marked, and its amounts stay."""
    monkeypatch.setattr(cancelling, "_restore", lambda _tranche, _found: None)
    with pytest.raises(AssertionError):
        walks(bench, 60, Mistaken, wanted=CAUGHT)


@pytest.mark.engines("sqlite")
def test_a_payment_without_its_reference_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the table forgets what proves a payment."""
    monkeypatch.setitem(stages.TRANSITIONS, "paid", replace(stages.TRANSITIONS["paid"], proof="none"))
    with pytest.raises(AssertionError, match="no reference"):
        walks(bench, 120, wanted=CAUGHT)


@pytest.mark.engines("sqlite")
def test_a_vote_that_does_not_bind_yet_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: money is engaged on a vote that the préfet has not received."""
    monkeypatch.setattr(steps, "_demand_bound", lambda tranche, taken: None)
    with pytest.raises(AssertionError, match="NotExecutory"):
        walks(bench, 120, wanted=CAUGHT)


@pytest.mark.engines("sqlite")
def test_a_table_that_forgets_a_bound_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: what was voted may be settled before anything is paid."""
    rule = stages.TRANSITIONS["settled"]
    monkeypatch.setitem(stages.TRANSITIONS, "settled", replace(rule, starts=rule.starts | {"voted"}))
    with pytest.raises(AssertionError, match="settled"):
        walks(bench, 120, wanted=CAUGHT)


def test_every_step_is_met_on_one_walk(bench: Bench) -> None:
    """Else the walks above would prove little: one by hand goes through them all, and back."""
    action, key = next(bench.free)
    model = Model()
    every = [
        *(("raise", 5), ("inscribed", 5), ("credited", 4), ("voted", 3), ("credited", 5), ("lower", 4), ("voted", 0)),
        *(("credited", 0), ("credited", 4), ("raising", 6), ("contracted", 5), ("terminated", 0), ("contracted", 5)),
        ("engaged", 5),
        *(("paid", 2), ("released", 2), ("returned", 1), ("paid", 2), ("terminated", 0), ("contracted", 4)),
        *(("engaged", 4), ("paid", 1), ("settled", 0)),
        ("returned", 1),
    ]
    for step, units in every:
        wanted = model.after(step, units)
        assert wanted is not None, step
        act(bench, action, key, step, units * EURO)
        model = wanted
        assert held(bench, action, key) == model.told, step
    assert model.after("lapsed", 0) is None
    with pytest.raises(Refusal):
        act(bench, action, key, "lapsed", 0)
    told = []
    while (wanted := model.after("cancelled", 0)) is not None:
        act(bench, action, key, "cancelled", 0)
        model = wanted
        assert held(bench, action, key) == model.told
        told.append(model.stage)
    assert len(told) == 18, "what was lowered after four steps holds those"
    assert verify().ok
