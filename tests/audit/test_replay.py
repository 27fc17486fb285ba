"""Replaying the log: what an entry must look like, what order they come in, what state they leave."""

from __future__ import annotations

import copy
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from cocon.audit.canonical import decode
from cocon.audit.replay import Replay, Row, Wrong, same
from cocon.audit.shape import check_entry
from tests.audit.samples import ACTOR, SYSTEM, SampleLog, change, sample_log, uid

Entry = dict[str, Any]


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return [decode(entry) for entry in sample_log().entries]


def play(entries: list[Entry]) -> Replay:
    replay = Replay()
    for entry in entries:
        replay.consume(copy.deepcopy(entry))
    return replay


def fault(entries: list[Entry]) -> Wrong:
    with pytest.raises(Wrong) as caught:
        play(entries)
    return caught.value


def test_a_whole_log_leaves_its_state(entries: list[Entry]) -> None:
    replay = play(entries)
    assert (replay.size, replay.at) == (10, "2014-11-15T10:00:09.000000Z")
    assert set(replay.state) == {"person", "action", "tranche", "action_partner"}
    assert replay.state["action_partner"] == {}
    assert _plain(replay.state["action"][uid(1)]) == (3, {"title": "Forum", "code": "1.A.03", "cost": 2})
    tranche = {"amount": 1_000_000, "form": "kind", "schedule": {"a": [1, True]}}
    assert _plain(replay.state["tranche"][uid(20)]) == (2, tranche)
    renamed = entries[5]["changes"][0]["after"]["name"]
    assert _plain(replay.state["person"][uid(10)]) == (2, {"name": renamed, "active": True})


def _plain(row: Row) -> tuple[int, dict[str, Any]]:
    return row.rev, row.values


def test_an_empty_log_leaves_nothing() -> None:
    assert play([]).state == {}


KEYS = ["v", "seq", "id", "at", "kind", "actor", "subject", "facts", "basis", "changes", "request", "sd"]


@pytest.mark.parametrize("key", KEYS)
def test_all_twelve_keys_are_required(entries: list[Entry], key: str) -> None:
    short = {name: value for name, value in entries[3].items() if name != key}
    with pytest.raises(Wrong, match=r"^entry 3: (not the twelve keys|unknown version None)$"):
        check_entry(short, 3)


def test_no_thirteenth_key_is_allowed(entries: list[Entry]) -> None:
    with pytest.raises(Wrong, match=r"^entry 3: not the twelve keys$"):
        check_entry(entries[3] | {"ip": "127.0.0.1"}, 3)


@pytest.mark.parametrize("entry", [None, [], "entry", 1, {}])
def test_what_is_no_entry_is_refused(entry: object) -> None:
    with pytest.raises(Wrong, match=r"^entry 0: "):
        check_entry(entry, 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v", 2),
        ("v", True),
        ("v", "1"),
        ("seq", True),
        ("seq", -1),
        ("seq", "3"),
        ("seq", None),
        ("id", uid(3).upper()),
        ("id", "0149b2d0-0000-4000-8000-000000000000"),
        ("id", f"{uid(3)}\n"),
        ("id", None),
        ("at", "2014-11-15T10:00:03Z"),
        ("at", "2014-11-15 10:00:03.000000Z"),
        ("at", "2014-02-30T10:00:03.000000Z"),
        ("at", "2014-11-15T25:00:03.000000Z"),
        ("at", "2014-11-15T10:00:03.000000+00:00"),
        ("at", "２014-11-15T10:00:03.000000Z"),
        ("at", 1416045600),
        ("kind", "announced"),
        ("kind", "funding.Announced"),
        ("kind", "funding.contribution_announced"),
        ("kind", "funding.-announced"),
        ("kind", "funding.announced-"),
        ("kind", "a.b.c"),
        ("kind", "funding.annoncé"),
        ("kind", ["a.b"]),
        ("actor", None),
        ("actor", {"role": "system"}),
        ("actor", ACTOR | {"email": "x"}),
        ("actor", ACTOR | {"person": None}),
        ("actor", ACTOR | {"mandate": "m"}),
        ("actor", ACTOR | {"partner": None}),
        ("actor", ACTOR | {"partner_name": None}),
        ("actor", ACTOR | {"partner_name": ["a"]}),
        ("actor", ACTOR | {"role": ""}),
        ("actor", ACTOR | {"role": None}),
        ("actor", ACTOR | {"on_behalf_of": 3}),
        ("actor", ACTOR | {"role": "system"}),
        ("actor", SYSTEM | {"role": "auditor"}),
        ("subject", None),
        ("subject", {"type": "action", "id": uid(1)}),
        ("subject", {"type": "action", "id": None, "version": None}),
        ("subject", {"type": "action", "id": uid(1), "version": "3"}),
        ("subject", {"type": "action", "id": uid(1), "version": True}),
        ("facts", None),
        ("facts", []),
        ("basis", {}),
        ("basis", {"act": "a", "number": "n", "date": "15/11/2014"}),
        ("basis", {"act": "a", "number": "n", "date": "2014-W46-6"}),
        ("basis", {"act": "a", "number": "n", "date": "20141115"}),
        ("basis", {"act": "a", "number": 3, "date": "2014-11-15"}),
        ("changes", None),
        ("changes", {}),
        ("changes", [None]),
        ("changes", [change("t", 1, 1, None, {"a": 1}) | {"more": 1}]),
        ("changes", [change("T", 1, 1, None, {"a": 1})]),
        ("changes", [change("t", 1, 0, None, {"a": 1})]),
        ("changes", [change("t", 1, 1, None, {"a": 1}) | {"rev": True}]),
        ("changes", [change("t", 1, 1, None, {"a": 1}) | {"id": "1"}]),
        ("changes", [change("t", 1, 1, None, {"a": 1}) | {"table": None}]),
        ("changes", [change("t", 1, 1, None, {"id": uid(1)})]),
        ("changes", [change("t", 1, 1, None, {"rev": 1})]),
        ("changes", [change("t", 1, 1, None, {"A": 1})]),
        ("changes", [change("t", 1, 1, None, {"a": {"sd": "short"}})]),
        ("changes", [change("t", 1, 1, None, {"a": {"sd": None}})]),
        ("changes", [change("t", 1, 1, [], {"a": 1})]),
        ("request", 3),
        ("sd", None),
        ("sd", {"reason": "short"}),
        ("sd", {"reason": "A" * 42 + "B"}),
        ("sd", {"reason": None}),
        ("sd", {"person.name": "A" * 43}),
    ],
)
def test_each_key_has_its_type_and_pattern(entries: list[Entry], key: str, value: object) -> None:
    check_entry(entries[3], 3)
    with pytest.raises(Wrong, match=rf"^entry 3: (malformed {key}|unknown version .*)$"):
        check_entry(entries[3] | {key: value}, 3)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"table": "t", "add": {}, "rename": {}},
        {"table": "T", "add": {}, "rename": {}, "drop": []},
        {"table": None, "add": {}, "rename": {}, "drop": []},
        {"table": "t", "add": [], "rename": {}, "drop": []},
        {"table": "t", "add": {}, "rename": {"a": 1}, "drop": []},
        {"table": "t", "add": {}, "rename": {}, "drop": [{}]},
        {"table": "t", "add": {}, "rename": {}, "drop": {}},
    ],
)
def test_a_migration_has_its_own_facts(entries: list[Entry], facts: Any) -> None:
    with pytest.raises(Wrong, match=r"^entry 6: malformed facts$"):
        check_entry(entries[6] | {"facts": facts}, 6)


def swap(entries: list[Entry]) -> None:
    entries[3], entries[4] = entries[4], entries[3]


def drop(entries: list[Entry]) -> None:
    del entries[4]


def repeat(entries: list[Entry]) -> None:
    entries.insert(4, entries[4])


def turn_back(entries: list[Entry]) -> None:
    entries[4] = entries[4] | {"at": "2014-11-15T10:00:02.999999Z"}


def open_late(entries: list[Entry]) -> None:
    entries[0] = entries[0] | {"kind": "log.unlocked"}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (swap, "entry 3: seq is 4"),
        (drop, "entry 4: seq is 5"),
        (repeat, "entry 5: seq is 4"),
        (turn_back, "entry 4: at goes back"),
        (open_late, "entry 0: not log.opened"),
    ],
)
def test_order_is_kept(entries: list[Entry], edit: Callable[[list[Entry]], None], message: str) -> None:
    edited = list(entries)
    edit(edited)
    found = fault(edited)
    assert (str(found), found.step) == (message, 3)


def test_equal_times_are_in_order(entries: list[Entry]) -> None:
    play([entry | {"at": entries[0]["at"]} for entry in entries])


A, B, C = "0149b2d0-0000-7000-8000-00000000000a", "0149b2d0-0000-7000-8000-00000000000b", {"sd": "A" * 43}


def create(row: str = A, rev: int = 1, **after: Any) -> Entry:
    return {"table": "tranche", "id": row, "rev": rev, "before": None, "after": after or {"amount": 1, "note": None}}


def update(rev: int, before: Any, after: Any, row: str = A) -> Entry:
    return {"table": "tranche", "id": row, "rev": rev, "before": before, "after": after}


def journal(*changes: list[Entry] | dict[str, Any]) -> list[Entry]:
    """A log whose entries carry these changes, or these facts of a migration."""
    log = SampleLog()
    log.add("log.opened", actor=SYSTEM)
    for one in changes:
        log.add(*(["test.changed"]), changes=one) if isinstance(one, list) else log.add("schema.migrated", facts=one)
    return [decode(entry) for entry in log.entries]


def migration(**parts: Any) -> dict[str, Any]:
    return {"table": "tranche", "add": {}, "rename": {}, "drop": []} | parts


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([[create(), create()]], f"entry 1: table tranche row {A}: created twice"),
        ([[create()], [update(2, {"amount": 1, "note": None}, None)], [create()]],
         f"entry 3: table tranche row {A}: created twice"),
        ([[create(rev=2)]], f"entry 1: table tranche row {A}: rev is 2, not 1"),
        ([[create(), create(B, amount=1)]], f"entry 1: table tranche row {B}, column note: not a column of all rows"),
        ([[create(), create(B, amount=1, note=1, more=1)]],
         f"entry 1: table tranche row {B}, column more: not a column of all rows"),
        ([[update(2, {"amount": 1}, {"amount": 2})]], f"entry 1: table tranche row {A}: changed but not there"),
        ([[create()], [update(3, {"amount": 1}, {"amount": 2})]],
         f"entry 2: table tranche row {A}: rev is 3, not 2"),
        ([[create()], [update(1, {"amount": 1}, {"amount": 2})]],
         f"entry 2: table tranche row {A}: rev is 1, not 2"),
        ([[create()], [update(2, {"amount": 2}, {"amount": 3})]],
         f"entry 2: table tranche row {A}, column amount: before differs"),
        ([[create()], [update(2, {"amount": True}, {"amount": 3})]],
         f"entry 2: table tranche row {A}, column amount: before differs"),
        ([[create(amount={"a": [1]})], [update(2, {"amount": {"a": [True]}}, {"amount": 3})]],
         f"entry 2: table tranche row {A}, column amount: before differs"),
        ([[create(amount=C)], [update(2, {"amount": {"sd": "Q" * 43}}, {"amount": None})]],
         f"entry 2: table tranche row {A}, column amount: before differs"),
        ([[create()], [update(2, {"amount": 1}, {"amount": 2, "note": "n"})]],
         f"entry 2: table tranche row {A}, column note: on one side only"),
        ([[create()], [update(2, {"amount": 1}, {"amount": 1})]],
         f"entry 2: table tranche row {A}, column amount: listed but unchanged"),
        ([[create()], [update(2, {"colour": 1}, {"colour": 2})]],
         f"entry 2: table tranche row {A}, column colour: not a column of the table"),
        ([[create()], [update(2, None, None)]], f"entry 2: table tranche row {A}: neither before nor after"),
        ([[create()], [update(2, {"amount": 1}, None)]],
         f"entry 2: table tranche row {A}, column note: not a column of all rows"),
        ([[create()], [update(2, {"amount": 2, "note": None}, None)]],
         f"entry 2: table tranche row {A}, column amount: before differs"),
        ([[create()], [update(2, {"amount": 1, "note": None}, None), update(3, {"amount": 1}, {"amount": 2})]],
         f"entry 2: table tranche row {A}: changed but not there"),
        ([[create()], migration(drop=["colour"])],
         "entry 2: table tranche, column colour: dropped or renamed but not there"),
        ([[create()], migration(rename={"colour": "hue"})],
         "entry 2: table tranche, column colour: dropped or renamed but not there"),
        ([[create()], migration(add={"note": 1})], "entry 2: table tranche, column note: added but already there"),
        ([[create()], migration(rename={"amount": "note"})],
         "entry 2: table tranche, column note: added but already there"),
        ([[create()], migration(add={"form": "cash"}), [create(B)]],
         f"entry 3: table tranche row {B}, column form: not a column of all rows"),
        ([[create()], migration(drop=["note"]), [update(2, {"note": None}, {"note": "n"})]],
         f"entry 3: table tranche row {A}, column note: not a column of the table"),
    ],
)  # fmt: skip
def test_each_contradiction_is_named(changes: list[Any], message: str) -> None:
    found = fault(journal(*changes))
    assert (str(found), found.step) == (message, 7)


def test_a_migration_moves_every_row_without_touching_rev() -> None:
    swapped = migration(drop=["note"], rename={"amount": "cents"}, add={"note": [], "amount": None})
    state = play(journal([create(), create(B, amount=2, note="n")], swapped)).state["tranche"]
    assert _plain(state[A]) == (1, {"cents": 1, "note": [], "amount": None})
    assert _plain(state[B]) == (1, {"cents": 2, "note": [], "amount": None})


def test_a_migration_of_a_table_never_used_changes_nothing() -> None:
    assert play(journal(migration(table="other", drop=["a"]), [create()])).state["tranche"][A].rev == 1


def test_an_erasable_value_may_become_null_and_back() -> None:
    state = play(
        journal([create(note=C)], [update(2, {"note": C}, {"note": None})], [update(3, {"note": None}, {"note": C})])
    )
    assert _plain(state.state["tranche"][A]) == (3, {"note": C})


def test_equality_is_strict_at_any_depth() -> None:
    assert same({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]})
    assert not any(same(1, other) for other in (True, 1.0, "1", None, 2))
    assert not same([0], [False])
    assert not same({"a": {"b": 1}}, {"a": {"b": True}})


def test_order_alone_takes_no_memory() -> None:
    log, replay = SampleLog(), Replay()
    entry = log.entry("log.opened", changes=[create(amount="x" * 1000)])
    tracemalloc.start()
    for seq in range(2000):
        replay.order(check_entry(entry | {"seq": seq}, seq))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert replay.size == 2000
    assert used < 200_000
