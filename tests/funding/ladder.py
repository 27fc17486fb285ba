"""A tranche as a book of accounts would keep it: a model of one's own, written from the rules of money.

It knows amounts and how far they have come; what it says of each step, allowed or not and what is left, must be what
the product does. It does not know the table of ``funding.stages``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

from cocon.actions.models import Action
from cocon.funding import acts, cancelling, operations, queries, stages, steps
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE
from tests.factories import World
from tests.funding.making import EURO
from tests.funding.test_steps import REFERENCES, adopted, record

STEPS = ("inscribed", "credited", "voted", "contracted", "engaged", "paid", "settled")
#: Long enough for all that a walk dates before today.
LONG_AGO = timedelta(days=9)
BACK = ("released", "returned", "lapsed", "terminated")
LEVELS = ("inscribed", "credited", "voted", "contracted", "engaged", "paid")


@dataclass(frozen=True)
class Model:
    """A tranche as a book of accounts would keep it, in units; ``over`` once settled or lapsed.

    How far it has come is what its amounts say: nothing else is remembered, but that a convention ended, and for what
    is taken back as a mistake the steps that stand: what the book said before and after each.
    """

    planned: int = 0
    inscribed: int = 0
    credited: int = 0
    voted: int = 0
    contracted: int = 0
    engaged: int = 0
    paid: int = 0
    over: str = ""
    ended: bool = False
    taken: tuple[tuple[Model, Model], ...] = field(default=(), repr=False)

    @property
    def done(self) -> list[str]:
        """The levels that hold something, in order."""
        return [name for name in LEVELS if getattr(self, name)]

    @property
    def stage(self) -> str:
        """How far it has come."""
        return self.over or ("withdrawn" if not self.planned else self.done[-1] if self.done else "intention")

    def after(self, step: str, units: int) -> Model | None:
        """What the step leaves; None when it may not be."""
        if step in (*STEPS, *BACK) and not self.planned and not self.over:
            return None
        found: Model | None = getattr(self, f"_{step}")(units)
        if found is None or step in ("raise", "lower", "withdraw", "cancelled"):
            return found
        found = replace(found, taken=())
        return replace(found, taken=(*self.taken, (replace(self, taken=()), found)))

    def _raise(self, units: int) -> Model | None:
        return None if self.over or units <= self.planned else replace(self, planned=units)

    def _lower(self, units: int) -> Model | None:
        if self.over or not 0 < units < self.planned or units < (self.voted or self.credited):
            return None
        kept = {"inscribed": min(self.inscribed, units), "credited": min(self.credited, units)}
        return replace(self, planned=units, **kept)

    def _withdraw(self, _units: int) -> Model | None:
        if self.over or not self.planned or self.credited or self.voted:
            return None
        return Model(taken=self.taken)

    def _cancelled(self, _units: int) -> Model | None:
        """What the last step that stands changed is as before it; not where something else changed it since."""
        if not self.taken or self.stage in ("intention", "withdrawn"):
            return None
        (before, after), changed = self.taken[-1], {}
        for name in (one.name for one in fields(self) if one.name != "taken"):
            if getattr(before, name) != getattr(after, name):
                if getattr(self, name) != getattr(after, name):
                    return None
                changed[name] = getattr(before, name)
        back = replace(self, **changed, taken=self.taken[:-1])
        return back if back._sound else None

    @property
    def _sound(self) -> bool:
        bounds = self.paid <= self.engaged <= self.voted <= self.inscribed
        within = self.contracted <= self.voted and self.credited <= self.inscribed
        return bounds and within and (bool(self.over) or self.inscribed <= self.planned)

    def _inscribed(self, units: int) -> Model | None:
        if self.over or self.voted or not 0 < units <= self.planned or units < max(self.credited, self.voted):
            return None
        return replace(self, inscribed=units)

    def _credited(self, units: int) -> Model | None:
        if self.over or not self.inscribed or units > self.inscribed or not (units or self.credited):
            return None
        return replace(self, credited=units)

    def _voted(self, units: int) -> Model | None:
        if self.over or not self.inscribed or units > self.inscribed or not (units or self.voted):
            return None
        if units < max(self.contracted, self.engaged, self.paid):
            return None
        return replace(self, voted=units)

    def _raising(self, units: int) -> Model | None:
        if not self.inscribed:
            return None
        more = replace(self, planned=max(self.planned, units), inscribed=max(self.inscribed, units))
        return more._voted(units)

    def _contracted(self, units: int) -> Model | None:
        if self.over or not self.voted or not max(self.engaged, self.paid, 1) <= units <= self.voted:
            return None
        return replace(self, contracted=units, ended=False)

    def _terminated(self, _units: int) -> Model | None:
        if self.over or self.ended or self.engaged > self.paid or self.contracted <= self.paid:
            return None
        return replace(self, contracted=self.paid, ended=True)

    def _engaged(self, units: int) -> Model | None:
        most = self.contracted or self.voted
        if self.over or not self.voted or not max(self.paid, 1) <= units <= most:
            return None
        return replace(self, engaged=units)

    def _paid(self, units: int) -> Model | None:
        if self.over or self.ended or not self.engaged or not 0 < units <= self.engaged - self.paid:
            return None
        return replace(self, paid=self.paid + units)

    def _settled(self, _units: int) -> Model | None:
        return None if self.over or not self.paid else replace(self, planned=self.paid, over="settled")

    def _lapsed(self, _units: int) -> Model | None:
        return None if self.over or not self.voted else replace(self, planned=self.paid, over="lapsed")

    def _released(self, units: int) -> Model | None:
        if self.over or not self.engaged or not 0 < units <= self.engaged - self.paid:
            return None
        return replace(self, engaged=self.engaged - units)

    def _returned(self, units: int) -> Model | None:
        if not (self.over or self.paid) or not 0 < units <= self.paid:
            return None
        left = self.paid - units
        return replace(self, paid=left, planned=min(self.planned, left) if self.over else self.planned)

    @property
    def told(self) -> tuple[Any, ...]:
        """The amounts from planned to paid, and how far they have come."""
        return (*(self.planned, *(getattr(self, name) for name in LEVELS)), self.stage)


@dataclass
class Bench:
    """A partner, its acts, and tranches that nobody walked yet."""

    world: World
    actor: Actor
    vote: str
    convention: str
    free: Iterator[tuple[Action, dict[str, Any]]]


def opened() -> Bench:
    """The Ville de Grenoble, with a délibération and a convention; needs an application context."""
    world = World()
    actor = world.actor("representative", GRENOBLE)

    def tranches() -> Iterator[tuple[Action, dict[str, Any]]]:
        while True:
            with clock.standing_at(clock.now() - LONG_AGO):
                action = adopted(world)
            for form in ("cash", "instrument", "in_kind"):
                for year in (2014, 2015, 2016):
                    for nature in ("operating", "investment"):
                        yield action, {"year": year, "form": form, "nature": nature}

    return Bench(world, actor, former(actor, "D-1"), former(actor, "C-1", "convention"), tranches())


def former(actor: Actor, number: str, kind: str = "deliberation") -> str:
    """An act of long ago, executory since."""
    day = (clock.now() - LONG_AGO).date()
    return record(actor, number, kind, adopted_on=day, days=dict.fromkeys(acts.FOLLOWING, day))


def act(bench: Bench, action: Action, key: dict[str, Any], step: str, cents: int) -> None:
    """Do it."""
    if step == "raise":
        operations.announce_contribution(bench.actor, action, amount=cents, **key)
    elif step == "lower":
        operations.lower_contribution(bench.actor, action, amount=cents, reason="x", **key)
    elif step == "cancelled":
        cancelling.cancel_step(bench.actor, action, reason="x", **key)
    elif step == "withdraw":
        operations.withdraw_contribution(bench.actor, action, reason="x", **key)
    else:
        said: dict[str, Any] = {"reference": f"EJ {next(REFERENCES)}", "reason": "x", "taken_on": clock.today()}
        proof = bench.convention if step == "contracted" else bench.vote
        proof = former(bench.actor, f"R-{next(REFERENCES)}") if step == "raising" else proof
        kind = "voted" if step == "raising" else step
        taken = steps.Taken(amount=cents, act_id=proof, raising=step == "raising", **said)
        steps.take_step(bench.actor, action, step=kind, taken=taken, **key)


def held(bench: Bench, action: Action, key: dict[str, Any]) -> tuple[Any, ...]:
    """What the product holds, in units, and the stage it says."""
    db.session.rollback()
    db.session.expire_all()
    found = queries.held(action.id, bench.actor.partner_id or "", **key).tranche
    assert found is not None
    return (*(getattr(found, name) // EURO for name in ("amount", *stages.LEVELS)), found.stage)
