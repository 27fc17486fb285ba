"""The server's own verification: the log from its first byte, then every audited table against its replay."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cocon.audit import checkpoints, triggers
from cocon.audit.compare import TABLES, compare
from cocon.audit.heads import Damaged, SignedHead
from cocon.audit.outcome import counted
from cocon.audit.scan import COMPLETE, MATCHING, ORDER, SIGNATURES, STATE, TREE, Scan
from cocon.audit.shape import Wrong
from cocon.audit.stored import reason, snapshot
from cocon.kernel.db import tables
from cocon.kernel.language import LazyString, _

FAULTS = (SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)
_LONGEST = 500


@dataclass(frozen=True)
class Report:
    """What was found right, as French sentences, and the verdict for machines: ``ok …`` or ``wrong: …``."""

    ok: bool
    lines: tuple[str, ...]
    last_line: str


def verify() -> Report:
    """Check everything, in the order of section 6 of the log's format; stops at the first wrong thing. Never raises."""
    said: list[str] = []
    try:
        held, announced = _held()  # before the snapshot: what is signed meanwhile only adds to what they say
        with snapshot() as database:
            size, root = _verify(Scan(database, held, announced), said)
    except Wrong as wrong:
        return _wrong(said, str(wrong))
    except FAULTS as error:
        return _wrong(said, f"database: unreadable ({reason(error)})")
    return Report(True, tuple(said), f"ok entries={size} root={root.hex()}")


def _wrong(said: list[str], message: str) -> Report:
    plain = "".join(letter if letter.isprintable() else "?" for letter in message)
    return Report(False, tuple(said), f"wrong: {plain[:_LONGEST]}")


def _verify(scan: Scan, said: list[str]) -> tuple[int, bytes]:
    database = scan.database
    scan.run()
    said += [str(line) for step, line in _lines(scan, scan.held) if step < scan.limit]
    if scan.fault:
        raise scan.fault
    compared = compare(database, scan.replay.state)
    said.append(
        str(
            _(
                "%(rows)s de données dans %(tables)s\u00a0: chaque colonne est ce que le journal redonne.",
                rows=counted(compared, "ligne"),
                tables=counted(len(tables("audited")), "table"),
            )
        )
    )
    said.append(str(_("%(walls)s de la base en place.", walls=counted(_check_walls(database.connection), "garde-fou"))))
    return scan.count, scan.crown.root()


def _held() -> tuple[SignedHead | None, int | None]:
    heads = checkpoints.keeper().heads
    try:
        return heads.read(), heads.announced()
    except Damaged:
        raise Wrong("log.signed: damaged", TREE) from None


def _lines(scan: Scan, held: SignedHead | None) -> list[tuple[int, LazyString]]:
    """What each step of the pass establishes."""
    outside = (
        _("L’empreinte de tête gardée hors de la base, à %(size)s, concorde.", size=counted(held.size, "entrée"))
        if held
        else _(
            "L’empreinte de tête gardée hors de la base (log.signed) manque, alors que des points de contrôle existent"
            "\u202f: rien ici ne dit qu’une sauvegarde ancienne n’a pas été remise."
        )
        if scan.checkpoints
        else _("Aucune empreinte de tête n’est gardée hors de la base\u202f: rien n’a encore été signé ici.")
    )
    erased = scan.sealed - scan.disclosed
    waiting = (
        _("Des actes formels attendent leur point de contrôle, à partir de l’entrée %(seq)s.", seq=scan.uncovered)
        if held
        else _(
            "Aucun point de contrôle ne couvre les actes formels à partir de l’entrée %(seq)s, et log.signed manque"
            "\u202f: ils attendent d’être signés, ou des points ont été ôtés\u202f; rien ici ne les protège.",
            seq=scan.uncovered,
        )
    )
    return [
        (
            COMPLETE,
            _("%(n)s\u00a0: toutes complètes et sous leur forme canonique.", n=counted(scan.count, "entrée")),
        ),
        (ORDER, _("Les numéros se suivent sans trou et l’heure ne recule jamais.")),
        (TREE, _("L’arbre des empreintes, recalculé, conduit à la tête du journal et à ses points de contrôle.")),
        (TREE, outside),
        *([(TREE, waiting)] if scan.uncovered is not None else []),
        (
            SIGNATURES,
            _(
                "%(n)s\u00a0: signatures justes.",
                n=counted(scan.checkpoints, "point de contrôle", "points de contrôle"),
            ),
        ),
        (
            MATCHING,
            _(
                "%(n)s conformes à leur empreinte\u202f; effacées\u00a0: %(erased)s.",
                n=counted(scan.disclosed, "valeur personnelle ou libre", "valeurs personnelles ou libres"),
                erased=erased,
            ),
        ),
        (
            STATE,
            _("%(n)s se suivent sans trou, de l’avant à l’après.", n=counted(scan.changed, "changement")),
        ),
    ]


def _check_walls(connection: Connection) -> int:
    for name in triggers.missing(connection):
        raise Wrong(f"trigger {name}: missing or changed", TABLES)
    for name in triggers.foreign(connection):
        raise Wrong(f"trigger {name}: not one of the house's", TABLES)
    for complaint in triggers.asleep(connection):
        raise Wrong(complaint, TABLES)
    for table in triggers.untied(connection):
        raise Wrong(f"table {table}: no longer tied to the log", TABLES)
    if connection.dialect.name == "sqlite":
        for (state,) in connection.exec_driver_sql("PRAGMA integrity_check(1)"):
            if state != "ok":
                raise Wrong(f"database: {state}", TABLES)
    return len(triggers.wanted(connection.dialect.name))
