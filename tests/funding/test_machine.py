"""A tranche as a state machine: what is said of each step, its proof and its day, against an oracle of one's own.

The amounts are those of the model of ``tests.funding.ladder``. What a step must bring is written here from the rules of
public money (who votes, what makes an act binding, what identifies a payment), not from the table of the product.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cocon.actions.models import Action
from cocon.audit.verify import verify
from cocon.funding import acts, cancelling, conditions, operations, stages, steps
from cocon.funding.models import Act, Condition
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.refusal import Refusal
from tests.actions.making import REGION
from tests.funding.ladder import Bench, Model, act, held, opened
from tests.funding.making import EURO
from tests.funding.test_steps import record

pytestmark = [pytest.mark.template("reference")]

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
#: No payment is recorded twice, unless it is meant.
COUNT = count(1)
#: The way that money goes.
WAY = ("inscribed", "voted", "engaged", "paid")
STEP = st.one_of(st.just("next"), st.sampled_from(sorted(NEEDS)))
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
        self.unsent = record(bench.actor, "D-2", days={})
        self.withdrawn = {kind: record(bench.actor, f"W-{kind}", kind) for kind in ("deliberation", "convention")}
        for act_id in self.withdrawn.values():
            acts.withdraw_act(bench.actor, db.session.get_one(Act, act_id), reason="Saisi par erreur.")
        foreign = bench.world.actor("representative", REGION)
        self.foreign = {kind: record(foreign, f"R-{kind}", kind) for kind in ("deliberation", "convention")}

    def brought(self, need: str, fault: str | None, *, binding: bool) -> str | None:
        """The act that is shown."""
        kind = "convention" if need == "convention" else "deliberation"
        right = self.convention if need == "convention" else self.vote if binding else self.unsent
        return {
            "no act": None,
            "another partner’s act": self.foreign[kind],
            "an act withdrawn": self.withdrawn[kind],
            "an act of another kind": self.vote if need == "convention" else self.convention,
        }.get(fault or "", right)


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

    @initialize(far=st.integers(0, len(WAY)), binding=st.sampled_from((True, True, False)))
    def begins(self, far: int, binding: bool) -> None:
        """The partner intends something, and the money goes some way: else few walks would come far."""
        self.plans("raise", 6)
        for units, step in zip((6, 5, 4, 2), WAY[:far], strict=False):
            self.steps(step, units, None, binding, again=False)

    @rule(what=st.sampled_from(("raise", "lower", "withdraw")), units=UNITS)
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

    @rule(named=STEP, units=UNITS, slip=SLIP, binding=st.sampled_from((True, True, False)), again=st.booleans())
    def steps(self, named: str, units: int, slip: int | None, binding: bool, again: bool) -> None:
        """A step, with what it brings."""
        step = next((one for one in WAY if one not in self.model.done), "paid") if named == "next" else named
        need = NEEDS[step]
        fault = None if slip is None else faults(need)[slip % len(faults(need))]
        if fault:  # the only reason to refuse, where some amount would do
            units = next((one for one in (units, *range(7)) if self.model.after(step, one)), units)
        reference = self.references[-1] if again and self.references else f"EJ {next(COUNT)}"
        wrong = {FAULTS[fault][1]} if fault else set()
        wrong |= self._unfit(step, "" if fault == "no reference" else reference)
        wanted = self.model.after(step, units)
        refusal = self._take(step, units, need, fault, binding, reference)
        self._judge((step, units, fault, refusal), wanted, wrong, refusal)
        if refusal is None and wanted is not None:
            self.model = wanted
            self._remember(step, units, reference, binding=binding)

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

    def _take(self, step: str, units: int, need: str, fault: str | None, binding: bool, reference: str) -> str | None:
        today = clock.today()
        days = {"no day": None, "tomorrow": today + timedelta(days=1), "before its act": today - timedelta(days=1)}
        taken = steps.Taken(
            amount=units * EURO,
            taken_on=days.get(fault or "", today),
            act_id=self.papers.brought(need, fault, binding=binding) if need in ("act", "convention") else None,
            reference=None if fault == "no reference" else reference,
            reason=" " if fault == "no reason" else "C’est ainsi.",
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

    def _remember(self, step: str, units: int, reference: str, *, binding: bool) -> None:
        if step in ("voted", "raising"):
            self.binding = binding
        if step == "paid":
            self.references.append(reference)

    @precondition(lambda self: self.model.planned and not self.asked and not self.model.over)
    @rule()
    def asks(self) -> None:
        """The funder asks for something before it pays."""
        form = self.key["form"]
        said = {"form": form, "kind": "suspensive", "text": "Bilan reçu."}
        self.asked = conditions.set_condition(self.bench.actor, self.action, **said).subject.id

    @precondition(lambda self: self.asked)
    @rule()
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
    kept = ("binding", "references")

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


def walks(bench: Bench, examples: int, walk: type[Walk] = Walk) -> set[str]:
    """So many walks; what was met on them: ``done``, and the names of refusals."""
    met = set[str]()
    about = {"bench": bench, "papers": Papers(bench), "met": met}
    machine = type("Walk", (walk,), about)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    db.session.rollback()
    return met


def test_a_tranche_walks_as_the_rules_of_public_money_say(bench: Bench) -> None:
    met = walks(bench, 200)
    assert met >= {"done", "NotExecutory", "PaymentKnown", "Suspended", *(name for _needs, name in FAULTS.values())}
    assert verify().ok


def test_a_step_taken_back_leaves_the_tranche_as_it_was(bench: Bench) -> None:
    met = walks(bench, 80, Mistaken)
    assert met >= {"done", "cancelled done", "cancelled StepReasonNeeded"}
    assert verify().ok


def test_a_step_taken_back_that_restores_nothing_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the step is marked, and its amounts stay."""
    monkeypatch.setattr(cancelling, "_restore", lambda _tranche, _found: None)
    with pytest.raises(AssertionError):
        walks(bench, 60, Mistaken)


def test_a_payment_without_its_reference_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the table forgets what proves a payment."""
    monkeypatch.setitem(stages.TRANSITIONS, "paid", replace(stages.TRANSITIONS["paid"], proof="none"))
    with pytest.raises(AssertionError, match="no reference"):
        walks(bench, 200)


def test_a_vote_that_does_not_bind_yet_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: money is engaged on a vote that the préfet has not received."""
    monkeypatch.setattr(steps, "_demand_bound", lambda tranche, taken: None)
    with pytest.raises(AssertionError, match="NotExecutory"):
        walks(bench, 200)


def test_a_table_that_forgets_a_bound_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: what was voted may be settled before anything is paid."""
    rule = stages.TRANSITIONS["settled"]
    monkeypatch.setitem(stages.TRANSITIONS, "settled", replace(rule, starts=rule.starts | {"voted"}))
    with pytest.raises(AssertionError, match="settled"):
        walks(bench, 200)


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
