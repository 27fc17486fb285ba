"""Loading the contract, its objectives and windows; declaring envelopes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts import events, refusals
from cocon.contracts.models import Axis, Contract, Envelope, Figure, Objective, Window
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.policy import Permission

ACTIVITIES = ("proposing", "discussing", "deciding")


@operation(Permission.INSTALL)
def load_contract(actor: Actor, subject: None, *, reference: dict[str, Any]) -> events.ContractLoaded:
    """Load contracts, axes, windows and figures as ``reference.read`` gives them."""
    current = ""
    for rank, row in enumerate(reference["contracts"], start=1):
        contract = Contract(id=new_id(), rank=rank, **row)
        db.session.add(contract)
        current = contract.id if contract.in_force else current
    db.session.flush()
    db.session.add_all(Axis(id=new_id(), contract_id=current, **row) for row in reference["axes"])
    db.session.add_all(
        Window(id=new_id(), contract_id=current, activity=activity, opens_on=None, closes_on=None, reason=None)
        for activity in ACTIVITIES
    )
    db.session.add_all(Figure(id=new_id(), rank=rank, **row) for rank, row in enumerate(reference["figures"], start=1))
    return events.ContractLoaded(
        subject=Subject("contract", current), axes=len(reference["axes"]), figures=len(reference["figures"])
    )


@operation(Permission.INSTALL)
def open_envelopes(
    actor: Actor, contract: Contract, *, partner_ids: Sequence[str], years: Sequence[int]
) -> events.EnvelopesOpened:
    """Open an undeclared envelope for each partner and year: the row that contributions lock."""
    rows = [
        Envelope(id=new_id(), partner_id=partner_id, year=year, axis_id=None, amount=None, hard=False)
        for partner_id in partner_ids
        for year in years
    ]
    db.session.add_all(rows)
    return events.EnvelopesOpened(subject=Subject("contract", contract.id), count=len(rows))


@operation(Permission.MANAGE_CONTRACT)
def add_objective(
    actor: Actor, axis: Axis, *, letter: str, title: str, fictional: bool = False
) -> events.ObjectiveAdded:
    """Add an objective under an axis; raises LetterTaken."""
    taken = db.session.scalars(select(Objective.id).where(Objective.axis_id == axis.id, Objective.letter == letter))
    if taken.first():
        raise refusals.LetterTaken
    objective = Objective(id=new_id(), axis_id=axis.id, letter=letter, title=title, fictional=fictional)
    db.session.add(objective)
    return events.ObjectiveAdded(
        subject=Subject("objective", objective.id), axis=axis.number, letter=letter, title=title, fictional=fictional
    )


@operation(Permission.MANAGE_CONTRACT)
def set_window(
    actor: Actor, window: Window, *, opens_on: date | None, closes_on: date | None, reason: str
) -> events.WindowSet:
    """Open, close or move a period (both days included), saying why; raises WindowEnds, WindowUnchanged."""
    if opens_on and closes_on and closes_on < opens_on:
        raise refusals.WindowEnds
    if (window.opens_on, window.closes_on) == (opens_on, closes_on):
        raise refusals.WindowUnchanged
    window.opens_on, window.closes_on, window.reason = opens_on, closes_on, reason
    return events.WindowSet(
        subject=Subject("window", window.id),
        reason=reason,
        activity=window.activity,
        opens_on=opens_on,
        closes_on=closes_on,
    )
