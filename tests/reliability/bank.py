"""A bank of sixteen clients: they promise, cut, transfer, vote, contract and pay at once, and some look at the totals.

What was acknowledged to each client, what each look saw, and the log are three books; ``judge`` holds them against each
other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from cocon.actions.models import Action
from cocon.audit.models import LogHead
from cocon.contracts.models import Envelope
from cocon.contracts.queries import outline
from cocon.funding import events, ledger, operations, queries, stages, steps, transfers, undertakings
from cocon.funding.models import Tranche
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Refusal
from cocon.partners.queries import partners
from tests.actions.making import known
from tests.factories import World
from tests.funding.making import YEARS, envelope
from tests.funding.test_steps import adopted, record
from tests.reliability.replay import COLUMNS, Key, Sums, from_log

CLIENTS = 16
PARTNERS = ("ville-grenoble", "cc-val-de-drome", "cg-isere", "saint-etienne-metropole")
FICHES = 6
NATURES = ("operating", "investment")

#: What a client does, of a hundred.
WEIGHTS = {"promise": 30, "envelope": 9, "transfer": 5, "withdraw": 3, "advance": 36, "back": 8, "wild": 5, "look": 4}

_TRANCHE = text(
    "SELECT tranche.* FROM tranche JOIN contribution ON contribution.id = tranche.contribution_id"
    " WHERE action_id = :action AND partner_id = :partner AND form = :form AND year = :year AND nature = :nature"
)


@dataclass(frozen=True)
class Teller:
    """A representative, with the acts of its partner."""

    actor: Actor
    vote: str
    convention: str


@dataclass(frozen=True)
class Seen:
    """What one look saw of the whole contract, and how long the log was for it."""

    size: int
    sums: Sums


@dataclass
class Books:
    """What one client was told: how many acts were done and refused, the changes acknowledged, the looks."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    planned: Counter[Key] = field(default_factory=Counter)
    paid: Counter[Key] = field(default_factory=Counter)
    seen: list[Seen] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Bank:
    """Adopted fiches and the partners that fund them; made in an application context, played without one.

    ``weights`` says how often a client does what; ``promise`` and ``look`` are how it announces and looks: the controls
    put broken ones there.
    """

    def __init__(self, app: Flask, world: World, fiches: int = FICHES) -> None:
        self.app, self.world = app, world
        made = [adopted(world).id for _ in range(fiches)]
        self.tellers = [_teller(world.actor("representative", key)) for key in PARTNERS]
        db.session.rollback()
        self.actions = [known(action_id) for action_id in made]
        db.session.expunge_all()
        self.axis_id = self.actions[0].axis_id
        self.weights = WEIGHTS
        self.promise: Callable[..., Any] = operations.announce_contribution
        self.look: Callable[[], Seen] = look

    def play(self, acts: int, seed: int, clients: int = CLIENTS) -> Books:
        """Have the clients do so many acts, all at once; one book made of theirs."""
        books = [Books() for _ in range(clients)]
        share, rest = divmod(acts, clients)
        threads = [
            Thread(target=self._serve, args=(place, share + (place < rest), Random(f"{seed} {place}"), book))
            for place, book in enumerate(books)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return _together(books)

    def _serve(self, place: int, acts: int, random: Random, book: Books) -> None:
        with self.app.app_context():
            try:
                for _ in range(acts):
                    self._one(self.tellers[place % len(self.tellers)], random, book)
            except Exception as error:
                book.broken.append(repr(error)[:300])

    def _one(self, teller: Teller, random: Random, book: Books) -> None:
        db.session.rollback()
        what = random.choices(list(self.weights), list(self.weights.values()))[0]
        if what == "look":
            book.seen.append(self.look())
            book.done += 1
            return
        action = random.choice(self.actions)
        key = {"year": random.choice(YEARS), "form": "cash", "nature": random.choice(NATURES)}
        try:
            event = getattr(self, f"_{what}")(teller, action, key, random)
        except Refusal as refusal:
            book.refused[type(refusal).__name__] += 1
            return
        book.done += 1
        _note(book, event, key)

    def _promise(self, teller: Teller, action: Action, key: dict[str, Any], random: Random) -> Any:
        held = _tranche(teller.actor, action, key)
        former, rev = (held.amount, held.rev) if held else (0, 0)
        cents = max(1, former + random.randint(-2_000_00, 3_000_00))
        # One time in four what was read is sent along: it may be stale by then.
        key = {**key, "revision": rev if random.random() < 0.25 else None}
        if cents < former:
            return operations.lower_contribution(teller.actor, action, amount=cents, reason="Moins", **key)
        return self.promise(teller.actor, action, amount=cents, **key)

    def _withdraw(self, teller: Teller, action: Action, key: dict[str, Any], _random: Random) -> Any:
        return operations.withdraw_contribution(teller.actor, action, reason="Sans suite", **key)

    def _envelope(self, teller: Teller, _action: Action, key: dict[str, Any], random: Random) -> Any:
        declared = envelope(teller.actor, key["year"])
        promised = queries.promised(teller.actor.partner_id or "", key["year"])
        db.session.rollback()
        around = max(0, promised + random.randint(-3_000_00, 12_000_00))
        facts = {"hard": random.random() < 0.8, "axis_id": self.axis_id if random.random() < 0.4 else None}
        return operations.declare_envelope(teller.actor, declared, amount=around, reason="Budget", **facts)

    def _transfer(self, teller: Teller, _action: Action, _key: dict[str, Any], random: Random) -> Any:
        mine = db.session.scalars(select(Envelope).where(Envelope.partner_id == teller.actor.partner_id)).all()
        source, target = random.sample(mine, 2)
        db.session.expunge(source)
        db.session.rollback()
        cents = random.randint(1, 4_000_00)
        return transfers.transfer_envelope(teller.actor, source, target_id=target.id, amount=cents, reason="Report")

    def _advance(self, teller: Teller, action: Action, key: dict[str, Any], random: Random) -> Any:
        held = _tranche(teller.actor, action, key)
        if held is None or held.stage in (*stages.ENDED, "withdrawn"):
            return self._promise(teller, action, key, random)
        name = random.choice(_next(held))
        most = held.engaged - held.paid if name == "paid" else getattr(held, stages.TRANSITIONS[name].most or "amount")
        cents = random.randint(max(1, most // 2), max(1, most))
        return self._step(teller, action, key, name, cents)

    def _back(self, teller: Teller, action: Action, key: dict[str, Any], random: Random) -> Any:
        held = _tranche(teller.actor, action, key)
        if held is None:
            return self._promise(teller, action, key, random)
        name = random.choice([one for one in ("released", "returned", "voted", "credited") if _told(held, one)])
        cents = random.randint(0 if name in ("voted", "credited") else 1, max(1, held.paid or held.engaged))
        return self._step(teller, action, key, name, cents, held.rev)

    def _wild(self, teller: Teller, action: Action, key: dict[str, Any], random: Random) -> Any:
        """Anything, with any amount: nearly all of it must be refused."""
        held = _tranche(teller.actor, action, key)
        name = random.choice([one for one in stages.TRANSITIONS if one not in stages.ENDED and _told(held, one)])
        if random.random() < 0.03:
            name = random.choice(sorted(stages.ENDED))
        return self._step(teller, action, key, name, random.randint(0, 9_000_00), held.rev if held else 0)

    def _step(
        self, teller: Teller, action: Action, key: dict[str, Any], name: str, cents: int, revision: int | None = None
    ) -> Any:
        taken = steps.Taken(
            amount=cents,
            taken_on=clock.today(),
            act_id=teller.convention if name == "contracted" else teller.vote,
            reference=new_id(),
            reason="C’est ainsi.",
        )
        return steps.take_step(teller.actor, action, step=name, taken=taken, revision=revision, **key)


def _teller(actor: Actor) -> Teller:
    return Teller(actor, record(actor, "2014-1"), record(actor, "C-1", "convention"))


def _tranche(actor: Actor, action: Action, key: dict[str, Any]) -> Any:
    """The client's own tranche as it is now, or None; it may change before the client acts on it."""
    found = db.session.execute(_TRANCHE, {"action": action.id, "partner": actor.partner_id, **key}).first()
    db.session.rollback()
    return found


def _told(held: Any, name: str) -> bool:
    """Whether what the client is told of the step says all that it changes: a return on what is settled does not."""
    return name != "returned" or held is None or held.stage not in stages.ENDED


def _next(held: Any) -> list[str]:
    """The steps that would carry a tranche further, or take more of those it has made."""
    wanted = ("inscribed", "credited", "voted", "contracted", "engaged", "paid", "paid")
    return [name for name in wanted if held.stage in stages.TRANSITIONS[name].starts] or ["inscribed"]


def _note(book: Books, event: Any, key: dict[str, Any]) -> None:
    """Write down what the client was told."""
    if isinstance(event, events.EnvelopeDeclared | undertakings.EnvelopeTransferred):
        return
    where = (event.subject.id, key["year"], key["nature"])
    kind = type(event)
    if kind is events.STEPS["paid"]:
        book.paid[where] += event.amount
    elif kind is events.STEPS["returned"]:
        book.paid[where] -= event.amount
    elif kind in (events.STEPS["settled"], events.STEPS["lapsed"]):
        book.planned[where] += event.total - event.former
    elif kind not in events.STEPS.values():
        book.planned[where] += (0 if kind is events.ContributionWithdrawn else event.amount) - event.former


def _together(books: list[Books]) -> Books:
    whole = Books()
    for book in books:
        whole.done += book.done
        whole.refused.update(book.refused)
        for mine, theirs in ((whole.planned, book.planned), (whole.paid, book.paid)):
            for key, cents in theirs.items():
                mine[key] += cents
        whole.seen += book.seen
        whole.broken += book.broken
    return whole


def look() -> Seen:
    """What the pages of money say, in one transaction, with what the log held then."""
    db.session.rollback()
    size = db.session.scalars(select(LogHead.size)).one()
    return Seen(size, screens())


def screens() -> Sums:
    """The totals of the matrix and of the envelopes, and the amounts at each level."""
    everyone = partners()
    matrix = queries.matrix(everyone)
    lines, rows = ledger.envelope_lines(), ledger.rows()
    numbers = {axis.number: axis.id for axis in outline().axes}
    fiches = [fiche for group in matrix.groups for part in group.objectives for fiche in part.fiches]
    return {
        "matrix": dict(matrix.planned),
        "fiches": {(f.code, year): cents for f in fiches for year, cents in f.planned.items()},
        "promised": {(line.partner.id, line.year): line.promised for line in lines},
        "envelopes": {
            (row.partner_id, row.year, numbers.get(row.axis or 0)): (row.amount, row.hard, *row.sums.values())
            for row in rows
            if row.id
        },
    }


def judge(books: Books) -> list[str]:
    """All that is wrong: nothing, when no cent was lost and every look saw one state of the contract."""
    db.session.rollback()
    size = db.session.scalars(select(LogHead.size)).one()
    states = list(from_log({seen.size for seen in books.seen} | {size}))
    told, kept = {at: sums for at, sums, _tranches in states}, states[-1][2]
    wrong = [f"failed: {one}" for one in books.broken]
    for at, sums in [*((seen.size, seen.sums) for seen in books.seen), (size, screens())]:
        wrong += [f"a look at {at}: {found}" for found in _differences(sums, told[at])]
    wrong += [f"a ceiling exceeded at {at}: {over}" for at, sums in sorted(told.items()) if (over := _exceeded(sums))]
    for name, book in (("amount", books.planned), ("paid", books.paid)):
        held = {key: amounts[name] for key, amounts in kept.items() if amounts[name]}
        if held != {key: cents for key, cents in book.items() if cents}:
            wrong.append(f"{name}: what was acknowledged is not what is held")
    return wrong if rows() == kept else [*wrong, "the rows are not what the log made"]


def rows() -> dict[Key, dict[str, int]]:
    """The tranches as the database holds them."""
    columns = [getattr(Tranche, name) for name in COLUMNS]
    found = db.session.execute(select(Tranche.contribution_id, Tranche.year, Tranche.nature, *columns)).all()
    return {(row[0], row[1], row[2]): dict(zip(COLUMNS, row[3:], strict=True)) for row in found}


def _exceeded(sums: Sums) -> list[Any]:
    return [key for key, (ceiling, hard, promised, *_more) in sums["envelopes"].items() if hard and promised > ceiling]


def _differences(left: Sums, right: Sums) -> list[str]:
    return [
        f"{name} {key}: {left[name].get(key)} for {right[name].get(key)}"
        for name in left
        for key in {*left[name], *right[name]}
        if left[name].get(key) != right[name].get(key)
    ][:3]
