"""Amounts that a partner tries before it promises any, and the one act that turns them into promises.

Named outside the seven usual files: the table is free (an unshared draft, audit-log section 8), so that its saves are
no operations and are committed here. Locks of the act: the partner's envelopes, the simulation, its fiches in one order
(shared), the log's head last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import outline
from cocon.funding import barred, undertakings, words
from cocon.funding.models import Simulation
from cocon.funding.operations import Cell, demand_current, envelope_of, set_amount
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.ids import new_id
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Forbidden, Refusal
from cocon.partners.models import Mandate, Partner
from cocon.policy import Permission, demand

#: How many a partner keeps at a time, and how many amounts one holds.
MOST, CELLS = 20, 600


@dataclass(frozen=True, kw_only=True)
class Tried:
    """An amount tried in place of what the partner plans; ``former`` and ``revision`` are those of its line then."""

    action_id: str
    nature: str
    year: int
    amount: Cents
    former: Cents = 0
    revision: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        """Whose line of a year it is."""
        return (self.action_id, self.nature, self.year)

    @property
    def cell(self) -> Cell:
        """The same for the operations of money."""
        return Cell(year=self.year, amount=self.amount, former=self.former, nature=self.nature, revision=self.revision)


def tried(simulation: Simulation) -> list[Tried]:
    """What a simulation holds."""
    found = []
    for key, (amount, former, revision) in simulation.cells.items():
        action_id, nature, year = key.split("/")
        found.append(
            Tried(
                action_id=action_id,
                nature=nature,
                year=int(year),
                amount=amount,
                former=former,
                revision=revision,
            )
        )
    return found


def of_partner(actor: Actor) -> Sequence[Simulation]:
    """Those of the actor's partner, the latest saved first, with who saved them; nobody else's."""
    return db.session.scalars(
        select(Simulation)
        .where(Simulation.partner_id == actor.partner_id)
        .options(joinedload(Simulation.mandate).joinedload(Mandate.person))
        .order_by(Simulation.saved_at.desc(), Simulation.id)
    ).all()


def find(actor: Actor, simulation_id: str) -> Simulation | None:
    """One of the actor's partner's; those of others do not exist for it."""
    mine = (Simulation.id == simulation_id, Simulation.partner_id == actor.partner_id)
    return db.session.scalars(select(Simulation).where(*mine)).first()


def start(actor: Actor, _subject: None = None, *, name: str) -> Simulation:
    """Begin one; raises Forbidden, TooManySimulations."""
    begin_write()
    demand(actor, Permission.SIMULATE)
    locked = db.session.scalar(select(Partner.id).where(Partner.id == actor.partner_id).with_for_update())
    if locked is None:
        raise Forbidden
    running = (Simulation.partner_id == locked, Simulation.closed_at.is_(None))
    if (db.session.scalar(select(func.count()).where(*running)) or 0) >= MOST:
        raise barred.TooManySimulations(MOST)
    made = Simulation(
        id=new_id(),
        partner_id=locked,
        name=name,
        revision=1,
        cells={},
        saved_at=clock.now(),
        mandate_id=actor.mandate_id,
        closed_at=None,
    )
    db.session.add(made)
    db.session.commit()
    return made


def save(
    actor: Actor, simulation: Simulation, *, name: str, cells: Iterable[Tried], revision: int | None = None
) -> Simulation:
    """Keep what is tried; raises Forbidden, SimulationClosed, Outdated, TooManyAmounts."""
    begin_write()
    demand(actor, Permission.SIMULATE)
    locked = _locked(actor, simulation.id)
    demand_current(locked.revision, revision)
    locked.name, locked.cells = name, _stored(cells)
    locked.revision += 1
    locked.saved_at, locked.mandate_id = clock.now(), actor.mandate_id
    db.session.commit()
    return locked


def drop(actor: Actor, simulation: Simulation, *, revision: int | None = None) -> None:
    """Abandon one; raises Forbidden, SimulationClosed, Outdated."""
    begin_write()
    demand(actor, Permission.SIMULATE)
    locked = _locked(actor, simulation.id)
    demand_current(locked.revision, revision)
    db.session.delete(locked)
    db.session.commit()


@operation(Permission.APPLY)
def apply_simulation(
    actor: Actor, simulation: Simulation, *, reason: str | None = None, revision: int | None = None
) -> undertakings.SimulationApplied:
    """Turn all that a simulation tries into one's own promises, all or none, and close it; reductions come first.

    Raises SimulationClosed, Outdated, NothingTried, FicheEnded, and what changing one amount raises, of the ``Tried``
    that ``refusal.cell`` is.
    """
    envelope_of(actor, outline().years[0])
    locked = _locked(actor, simulation.id)
    demand_current(locked.revision, revision)
    wanted = tried(locked)
    if not wanted:
        raise barred.NothingTried
    fiches = _fiches(wanted)
    for one in sorted(wanted, key=lambda one: not one.cell.lowers):
        _promise(actor, fiches[one.action_id], one, reason or "")
    locked.closed_at = clock.now()
    locked.revision += 1
    return undertakings.SimulationApplied(subject=Subject("partner", locked.partner_id), count=len(wanted))


def _promise(actor: Actor, action: Action, one: Tried, reason: str) -> None:
    """Promise one amount; a refusal says which."""
    try:
        set_amount(actor, action, one.cell, reason)
    except Forbidden:
        raise
    except Refusal as refusal:
        refusal.cell = one
        refusal.sentence = _(
            "Fiche %(code)s, %(year)s, %(kind)s\u00a0: %(said)s",
            code=action.code,
            year=one.year,
            kind=words.called(words.CASH, one.nature),
            said=refusal.sentence,
        )
        raise


def _fiches(wanted: Sequence[Tried]) -> Mapping[str, Action]:
    """The fiches, which nobody can end before the commit."""
    found = db.session.scalars(
        select(Action)
        .where(Action.id.in_({one.action_id for one in wanted}))
        .order_by(Action.id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).all()
    for action in found:
        if not action.alive:
            raise barred.FicheEnded(action.code)
    return {action.id: action for action in found}


def _locked(actor: Actor, simulation_id: str) -> Simulation:
    found = db.session.scalars(
        select(Simulation)
        .where(Simulation.id == simulation_id, Simulation.partner_id == actor.partner_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None or found.closed_at is not None:
        raise barred.SimulationClosed
    return found


def _stored(cells: Iterable[Tried]) -> dict[str, Any]:
    kept = [one for one in cells if one.nature in words.NATURES and one.year in outline().years]
    if len(kept) > CELLS:
        raise barred.TooManyAmounts(CELLS)
    return {"/".join(map(str, one.key)): [one.amount, one.former, one.revision] for one in kept}
