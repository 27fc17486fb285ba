"""What the log says of columns that came to its tables after it began: one entry, which replay does to every row.

Migrations never touch the log: ``cocon init`` writes the entry just after them, and no server starts before.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from cocon.audit.models import LogChange, LogEntry, LogHead
from cocon.audit.opening import SchemaMigrated, say_added
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import begin_write, db

#: The columns that migrations added to audited tables, with what former rows hold in them.
ADDED: dict[str, dict[str, Any]] = {
    "action_version": dict.fromkeys(
        (
            *("coordination", "deliverables", "evaluation", "risks", "delegate", "starts", "ends", "territory_codes"),
            *("cost_basis", "state_aid", "state_aid_regime"),
        ),
        "",
    ),
    "tranche": dict.fromkeys(("inscribed", "credited", "voted", "contracted", "engaged", "paid"), 0) | {"nature": ""},
    "partner": {"siret": None, "act_example": None},
    "attachment": {"act_id": None, "report_id": None},
    "step": {"authorisation_id": None, "cancels_id": None},
    "envelope": {"axis_id": None},
    "version_cost": {"eligible": None},
}


def record() -> None:
    """Say what is still to be said; who says it at the same moment waits, and finds it said."""
    while missing := _locked():
        table, add = missing.popitem()
        say_added(SYSTEM, None, table=table, add=add)
    db.session.rollback()


def untold() -> dict[str, dict[str, Any]]:
    """The columns that the log does not know of tables whose rows it holds."""
    missing = _missing()
    db.session.rollback()
    return missing


def _locked() -> dict[str, dict[str, Any]]:
    begin_write()
    db.session.execute(select(LogHead.size).with_for_update())
    return _missing()


def _missing() -> dict[str, dict[str, Any]]:
    told = {table: {name: add[name] for name in add.keys() - _known(table)} for table, add in ADDED.items()}
    return {table: add for table, add in told.items() if add}


def _known(table: str) -> set[str]:
    """The columns that the log knows: those of the first row, and those said since; all, of a table without rows."""
    first = db.session.scalar(
        select(LogEntry.body)
        .join(LogChange, LogChange.seq == LogEntry.seq)
        .where(LogChange.table_name == table, LogChange.rev == 1)
        .order_by(LogEntry.seq)
        .limit(1)
    )
    if first is None:
        return set(ADDED[table])
    said = map(json.loads, db.session.scalars(select(LogEntry.body).where(LogEntry.kind == SchemaMigrated.kind)))
    added = [one["facts"]["add"] for one in said if one["facts"]["table"] == table]
    columns = {name for change in json.loads(first)["changes"] if change["table"] == table for name in change["after"]}
    return columns.union(*added)
