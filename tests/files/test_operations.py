"""Attaching and withdrawing: who, for whom, how much, and what the disk and the log keep."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from cocon.actions import operations as actions
from cocon.actions.models import Action
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.contracts.refusals import WindowClosed
from cocon.files import events, operations, queries, refusals, scanning
from cocon.files.models import Attachment
from cocon.files.shelf import Shelf
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden
from tests.actions.making import GRENOBLE, REGION, close, count, known, share
from tests.decisions.making import together
from tests.factories import World
from tests.files.making import PDF, SOUND, attach
from tests.support.databases import Instance

pytestmark = pytest.mark.template("reference")


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def fiche(world: World) -> Action:
    """A fiche of the Région."""
    return share(world.actor("representative", REGION))


@pytest.fixture
def shelf(in_app: Flask) -> Shelf:
    """Where the test's installation keeps files."""
    return scanning.shelf_of(in_app.extensions["cocon"])


def names(shelf: Shelf) -> set[str]:
    """What is on the disk."""
    return {path.name for path in shelf.folder.iterdir()} if shelf.folder.exists() else set()


def test_a_file_is_kept_hashed_logged_and_proved(world: World, fiche: Action, shelf: Shelf) -> None:
    grenoble = world.actor("contributor", GRENOBLE)
    row = attach(grenoble, fiche, title="Devis", content=SOUND["docx"], name="..\\devis.exe")
    assert (row.name, row.format, row.state, row.visibility) == ("devis.docx", "docx", "unscanned", "partners")
    assert shelf.read(row.stored) == SOUND["docx"]
    assert (shelf.folder / row.stored).stat().st_mode & 0o077 == 0
    assert names(shelf) == {row.stored}
    entry = db.session.scalars(select(LogEntry).where(LogEntry.subject == row.id)).one()
    assert row.sha256 in entry.body
    assert "Devis" not in entry.body
    assert entry.audience is None
    assert verify().ok


def test_an_internal_file_is_the_organisation_s_affair(world: World, fiche: Action) -> None:
    grenoble = world.actor("representative", GRENOBLE)
    row = attach(grenoble, fiche, visibility="internal")
    entry = db.session.scalars(select(LogEntry).where(LogEntry.subject == row.id)).one()
    assert entry.audience == GRENOBLE
    for role, partner in (("representative", REGION), ("secretariat", REGION), ("auditor", None), ("admin", None)):
        reader = world.actor(role, partner)
        assert queries.find(row.id, fiche.id, reader) is None
        assert queries.pieces(fiche.id, reader) == []
    assert queries.find(row.id, fiche.id, world.actor("reader", GRENOBLE)) is not None


@pytest.mark.parametrize("role", ["reader", "auditor", "admin"])
def test_who_may_not_comment_may_not_attach(world: World, fiche: Action, shelf: Shelf, role: str) -> None:
    with pytest.raises(Forbidden):
        attach(world.actor(role, GRENOBLE if role == "reader" else None), fiche)
    assert names(shelf) == set()


def test_a_withdrawn_fiche_or_a_closed_period_takes_no_file(world: World, fiche: Action, shelf: Shelf) -> None:
    grenoble, office = world.actor("representative", GRENOBLE), world.actor("secretariat", REGION)
    close(world, "discussing")
    with pytest.raises(WindowClosed):
        attach(grenoble, fiche)
    attach(office, fiche)
    actions.withdraw_action(world.actor("representative", REGION), known(fiche.id), reason="Sans suite.")
    with pytest.raises(Forbidden):
        attach(office, fiche)
    assert len(names(shelf)) == 1


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"title": "  "}, refusals.TitleNeeded),
        ({"visibility": "everybody"}, refusals.AudienceNeeded),
        ({"visibility": None}, refusals.AudienceNeeded),
    ],
)
def test_refusals_leave_nothing_behind(
    world: World, fiche: Action, shelf: Shelf, said: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        attach(world.actor("representative", GRENOBLE), fiche, **said)
    assert (names(shelf), count(Attachment)) == (set(), 0)


def test_weight_and_quota_count_all_that_is_kept(world: World, fiche: Action, shelf: Shelf) -> None:
    grenoble = world.actor("representative", GRENOBLE)
    small = replace(shelf, largest=len(PDF), quota=2 * len(PDF))
    with pytest.raises(refusals.TooLarge):
        attach(grenoble, fiche, content=PDF + b"\n%%EOF", shelf=small)
    first = attach(grenoble, fiche, shelf=small)
    operations.withdraw_file(grenoble, first, reason="Doublon.")
    attach(grenoble, fiche, shelf=small)
    with pytest.raises(refusals.QuotaReached) as full:
        attach(grenoble, fiche, shelf=small)
    assert "il en reste 0\u00a0octet" in str(full.value)
    attach(world.actor("representative", REGION), fiche, shelf=small)
    assert len(names(shelf)) == count(Attachment) == 3


def test_withdrawing_keeps_the_bytes_and_the_reason(world: World, fiche: Action, shelf: Shelf) -> None:
    grenoble = world.actor("representative", GRENOBLE)
    row = attach(grenoble, fiche)
    with pytest.raises(refusals.ReasonNeeded):
        operations.withdraw_file(grenoble, row, reason=" ")
    with pytest.raises(Forbidden):
        operations.withdraw_file(world.actor("representative", REGION), row, reason="Pas à moi.")
    operations.withdraw_file(world.actor("contributor", GRENOBLE), row, reason="Montant faux.")
    assert shelf.read(row.stored) == PDF
    with pytest.raises(refusals.AlreadyWithdrawn):
        operations.withdraw_file(grenoble, row, reason="Encore.")
    assert scanning.sweep(_config(), grace=0) == 0
    assert row.withdrawal_reason == "Montant faux."
    assert verify().ok


def _config() -> Any:
    return current_app.extensions["cocon"]


def test_only_the_system_speaks_for_the_antivirus(world: World, fiche: Action) -> None:
    row = attach(world.actor("representative", GRENOBLE), fiche)
    for role, partner in (("representative", GRENOBLE), ("secretariat", REGION), ("admin", None)):
        with pytest.raises(Forbidden):
            operations.clear_file(world.actor(role, partner), row)
    operations.clear_file(SYSTEM, row)
    assert row.state == "clean"


#: Where the process dies, in the middle of attaching.
DEATHS = {
    "bytes half written": "os.fsync = lambda handle: os._exit(9)",
    "before the name": "Path.rename = lambda *names: os._exit(9)",
    "before the row": "shelf._sync = lambda folder: os._exit(9)",
    "before the entry": "log.append = lambda entries: os._exit(9)",
}
SCRIPT = """
import os, sys
from pathlib import Path
from cocon.app import create_app
from cocon.audit import log
from cocon.files import shelf
from cocon.partners import queries as partners
from cocon.actions.queries import find
from tests.files.making import attach
app = create_app()
with app.app_context():
    person = partners.person_by_email("representative@ville-grenoble.example")
    actor = partners.actor_of(partners.mandates_of(person.id)[0])
    {death}
    attach(actor, find(sys.argv[1]))
"""


@pytest.mark.parametrize("where", list(DEATHS))
def test_a_process_killed_while_attaching_leaves_no_row_without_its_file(
    instance: Instance, world: World, fiche: Action, shelf: Shelf, where: str
) -> None:
    kept = attach(world.actor("representative", GRENOBLE), fiche)
    db.session.rollback()
    script = SCRIPT.format(death=DEATHS[where])
    settings = {**instance.environment(), "PYTHONPATH": os.pathsep.join([".", *sys.path])}
    done = subprocess.run([sys.executable, "-c", script, fiche.id], env=settings, capture_output=True, check=False)
    assert done.returncode == 9, done.stderr.decode()
    assert queries.stored_names() == {kept.stored}
    db.session.rollback()
    assert len(names(shelf)) == 2
    assert scanning.sweep(_config()) == 0, "young files may still get their row"
    assert scanning.sweep(_config(), grace=0) == 1
    assert names(shelf) == {kept.stored}
    assert verify().ok


def test_sweeping_spares_what_is_young_or_known(world: World, fiche: Action, shelf: Shelf) -> None:
    row = attach(world.actor("representative", GRENOBLE), fiche)
    old, young = shelf.folder / "old", shelf.folder / ".part-young"
    for path in (old, young):
        path.write_bytes(b"x")
    for path in (old, shelf.folder / row.stored):
        os.utime(path, (time.time() - 7200,) * 2)
    assert scanning.sweep(_config()) == 1
    assert names(shelf) == {row.stored, ".part-young"}


def test_a_full_disk_leaves_nothing(world: World, fiche: Action, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space"):
        attach(world.actor("representative", GRENOBLE), fiche)
    monkeypatch.undo()
    assert (names(shelf), count(Attachment)) == (set(), 0)


WRITERS = 6


def attaching(world: World, fiche: Action, shelf: Shelf) -> Callable[[], Any]:
    """One of several who attach at once."""
    actor, action_id = world.actor("representative", GRENOBLE), fiche.id
    return lambda: attach(actor, known(action_id), shelf=shelf)


def test_several_at_once_never_exceed_the_quota(in_app: Flask, world: World, fiche: Action, shelf: Shelf) -> None:
    tight = replace(shelf, quota=2 * len(PDF) + 1)
    answers = together(in_app, *[attaching(world, fiche, tight)] * WRITERS)
    assert sum(isinstance(one, Attachment) for one in answers) == 2, answers
    assert sum(isinstance(one, refusals.QuotaReached) for one in answers) == WRITERS - 2
    assert count(Attachment) == len(names(shelf)) == 2
    assert verify().ok


@pytest.mark.engines("postgresql")
def test_without_the_lock_they_exceed_it(
    in_app: Flask, world: World, fiche: Action, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: on PostgreSQL only the lock keeps the promise (SQLite begins each write alone)."""
    meeting, check = Barrier(WRITERS), operations._demand_room

    def check_then_wait(*facts: Any) -> None:
        check(*facts)
        meeting.wait(timeout=30)

    monkeypatch.setattr(queries, "lock_room", lambda partner_id: None)
    monkeypatch.setattr(operations, "_demand_room", check_then_wait)
    answers = together(in_app, *[attaching(world, fiche, replace(shelf, quota=2 * len(PDF) + 1))] * WRITERS)
    assert sum(isinstance(one, Attachment) for one in answers) == WRITERS > 2


def test_events_say_what_the_log_needs(world: World, fiche: Action, shelf: Shelf) -> None:
    row = attach(world.actor("representative", GRENOBLE), fiche)
    event = operations.refuse_file(SYSTEM, row, finding="Eicar-Test-Signature")
    assert isinstance(event, events.FileRefused)
    assert (event.about, event.audience, event.finding) == (fiche.id, None, "Eicar-Test-Signature")
