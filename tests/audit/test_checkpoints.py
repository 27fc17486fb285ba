"""Checkpoints are signed when the entries lead to them and continue what was signed; otherwise nothing is."""

from __future__ import annotations

import json
import logging
import shutil
import stat
import threading
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask
from sqlalchemy import event

from cocon.audit import checkpoints, export, note
from cocon.audit.disclosure import open_disclosure
from cocon.audit.heads import HeadFile
from cocon.audit.keyring import Keyring
from cocon.audit.offline import verify_path
from cocon.config import Config, Misconfigured
from cocon.funding import operations as funding
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from tests.audit.story import SECRET, Copy, copied
from tests.factories import World
from tests.support.databases import Databases, Instance, close

PARTNER = "ville-grenoble"


def _signed(story: Copy) -> str:
    with story.inside():
        return checkpoints.sign()


def _grow(story: Copy, amount: int, partner: str = "cc-val-de-drome") -> None:
    """One more formal act."""
    with story.inside():
        world = World.installed()
        actor = world.actor("representative", partner)
        funding.announce_contribution(actor, world.action(actor, "Une autre fiche"), year=2014, amount=amount)


def test_a_checkpoint_is_a_signed_note_of_the_head(story: Copy) -> None:
    text = _signed(story)
    size, root = story.one("SELECT size FROM log_head"), story.verify().last_line.split("root=")[1]
    with story.inside():
        key = note.parse_vkey(checkpoints.first_vkey(story.app.extensions["cocon"]))
    signed, signers = note.verify_note(text, [key])
    assert note.parse_checkpoint(signed) == note.Checkpoint("localhost/journal", size, bytes.fromhex(root))
    assert signers == (key,)
    assert _signed(story) == text, "there is one note for each size"
    assert story.one(f"SELECT COUNT(*) FROM log_checkpoint WHERE size = {size}") == 1
    assert story.one(f"SELECT at FROM log_checkpoint WHERE size = {size}") == story.one("SELECT at FROM log_head")


def test_each_formal_act_is_covered_at_once(story: Copy) -> None:
    formal = ("funding.contribution-announced", "decisions.position-taken", "decisions.outcome-pronounced")
    sizes = {size for (size,) in story.rows("SELECT size FROM log_checkpoint")}
    [filled] = [seq for (seq,) in story.rows("SELECT seq FROM log_entry WHERE kind = 'funding.line-filled'")]
    [applied] = [seq for (seq,) in story.rows("SELECT seq FROM log_entry WHERE kind = 'funding.simulation-applied'")]
    ends = dict.fromkeys((filled - 2, filled - 1), filled) | {applied - 1: applied}  # one transaction, one head
    for kind in formal:
        numbers = [seq for (seq,) in story.rows(f"SELECT seq FROM log_entry WHERE kind = '{kind}'")]
        assert numbers
        assert {ends.get(seq, seq) + 1 for seq in numbers} <= sizes


def test_acts_can_wait_for_the_end_of_a_long_work(story: Copy) -> None:
    before = story.one("SELECT MAX(size) FROM log_checkpoint")
    with checkpoints.signing_later():
        _grow(story, 100)
    assert story.one("SELECT MAX(size) FROM log_checkpoint") == before
    with story.inside():
        checkpoints.daily()
    assert story.one("SELECT MAX(size) FROM log_checkpoint") == story.one("SELECT size FROM log_head")
    with story.inside():
        checkpoints.daily()
    assert story.verify().ok


def test_the_head_is_kept_outside_the_database(story: Copy) -> None:
    _signed(story)
    kept = json.loads((story.instance.data / "log.signed").read_text())
    assert kept.keys() == {"size", "root", "range", "kept"}
    assert kept["kept"] == story.one("SELECT COUNT(*) FROM log_checkpoint")
    assert kept["size"] == story.one("SELECT size FROM log_head")
    assert kept["root"] == story.verify().last_line.split("root=")[1]


def test_a_restored_old_database_is_not_signed(story: Copy, databases: Databases, tmp_path: Path) -> None:
    with copied(story.instance, databases, tmp_path / "old") as old:
        _signed(story)
        _grow(story, 100)
        newer = story.instance.data
        for name in ("log.signed", "log.key"):
            shutil.copy(newer / name, old.instance.data / name)
        kept = (newer / "log.signed").read_bytes()
        with pytest.raises(checkpoints.Forked):
            _signed(old)
        missing = old.one("SELECT size FROM log_head")
        assert old.verify().last_line.startswith(f"wrong: entry {missing}: missing, ")
        with old.inside():
            for refused in (checkpoints.daily, checkpoints.new_key):
                with pytest.raises(checkpoints.Forked):
                    refused()
        assert old.one("SELECT size FROM log_head") == missing, "a key that cannot sign is not announced"
        assert (old.instance.data / "log.key").read_bytes() == (newer / "log.key").read_bytes()
        _grow(old, 200)
        _grow(old, 300, "pnr-pilat")
        assert old.one("SELECT size FROM log_head") > json.loads(kept)["size"], "the fork has grown longer"
        with pytest.raises(checkpoints.Forked):
            _signed(old)
        assert old.verify().last_line.startswith("wrong: log.signed: ")
        assert (old.instance.data / "log.signed").read_bytes() == kept
        assert old.one("SELECT MAX(size) FROM log_checkpoint") <= missing


def test_a_touched_entry_is_not_signed(story: Copy) -> None:
    _signed(story)
    with checkpoints.signing_later():
        _grow(story, 100)
    last = story.one("SELECT MAX(seq) FROM log_entry")
    story.touch(f"UPDATE log_entry SET body = REPLACE(body, '100', '900') WHERE seq = {last}")
    with pytest.raises(checkpoints.Forked, match=f"L’entrée {last} du journal a été modifiée"):
        _signed(story)


def test_a_missing_entry_is_not_signed(story: Copy) -> None:
    _signed(story)
    with checkpoints.signing_later():
        _grow(story, 100)
    last = story.one("SELECT MAX(seq) FROM log_entry")
    story.touch(f"DELETE FROM log_entry WHERE seq = {last - 1}")
    with pytest.raises(checkpoints.Forked, match=f"L’entrée {last - 1} du journal manque"):
        _signed(story)


def test_a_forged_head_is_not_signed(story: Copy) -> None:
    with checkpoints.signing_later():
        _grow(story, 100)
    story.touch("UPDATE log_head SET range = '[]'")
    with pytest.raises(checkpoints.Forked):
        _signed(story)


def test_without_the_file_everything_is_read_again(story: Copy) -> None:
    """Another machine takes over: the newest checkpoint must lie on the way."""
    _signed(story)
    file = story.instance.data / "log.signed"
    kept = file.read_bytes()
    file.unlink()
    assert story.verify().ok
    _signed(story)
    assert file.read_bytes() == kept
    file.unlink()
    story.touch("UPDATE log_entry SET body = REPLACE(body, 'actions', 'actiona') WHERE kind = 'actions.shared'")
    with pytest.raises(checkpoints.Forked, match="a été modifiée"):
        _signed(story)
    assert not file.exists()


def test_a_signature_that_was_cut_short_is_no_deletion(story: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine stops between the head outside and the row: what follows makes the row, at its size."""
    before = story.one("SELECT MAX(size) FROM log_checkpoint")
    with checkpoints.signing_later():
        _grow(story, 100)
    size = story.one("SELECT size FROM log_head")
    with monkeypatch.context() as cut:
        cut.setattr(checkpoints, "_keep", _stop)
        with pytest.raises(KeyboardInterrupt):
            _signed(story)
    assert story.one("SELECT MAX(size) FROM log_checkpoint") == before
    assert story.verify().ok
    _grow(story, 200, "pnr-pilat")
    assert {size, story.one("SELECT size FROM log_head")} <= {
        n for (n,) in story.rows("SELECT size FROM log_checkpoint")
    }
    assert story.verify().ok
    story.touch(f"DELETE FROM log_checkpoint WHERE size = {size}")
    assert not story.verify().ok


def _stop(*_arguments: object) -> str:
    raise KeyboardInterrupt


def test_a_checkpoint_of_an_earlier_size_counts(story: Copy) -> None:
    _signed(story)
    with story.inside():
        checkpoints.sign(20)
    assert story.verify().ok
    story.touch("DELETE FROM log_checkpoint WHERE size = 20")
    assert "log_checkpoint: " in story.verify().last_line


def test_an_earlier_checkpoint_that_was_deleted_and_made_again_counts_once(story: Copy) -> None:
    _signed(story)
    oldest = story.one("SELECT MIN(size) FROM log_checkpoint")
    with story.inside():
        checkpoints.sign(oldest - 1)
    for size in (oldest, oldest - 1):
        story.touch(f"DELETE FROM log_checkpoint WHERE size = {size}")
        assert not story.verify().ok
        with story.inside():
            checkpoints.sign(size)
        assert story.verify().ok
    with story.inside():
        checkpoints.sign(oldest - 2)
    story.touch(f"DELETE FROM log_checkpoint WHERE size = {oldest}")
    assert not story.verify().ok


def test_a_size_between_two_heads_is_signed_under_the_later(story: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short before its row, or before it was counted, it is no deletion either."""
    with checkpoints.signing_later():
        _grow(story, 100)
    whole = story.one("SELECT size FROM log_head")
    with story.inside():
        checkpoints.sign(whole - 1)
    assert json.loads((story.instance.data / "log.signed").read_text())["size"] == whole
    assert story.verify().ok
    for place, name, size, made in ((checkpoints, "_keep", 20, 1), (HeadFile, "write", 21, 0)):
        with monkeypatch.context() as cut:
            cut.setattr(place, name, _stop)
            with story.inside(), pytest.raises(KeyboardInterrupt):
                checkpoints.sign(size)
        assert story.verify().ok
        _signed(story)
        assert story.one(f"SELECT COUNT(*) FROM log_checkpoint WHERE size = {size}") == made
        assert story.verify().ok
    kept = json.loads((story.instance.data / "log.signed").read_text())["kept"]
    assert kept == story.one("SELECT COUNT(*) FROM log_checkpoint")


def test_an_announcement_excuses_no_deletion_beyond_the_head(story: Copy) -> None:
    _signed(story)
    story.touch("DELETE FROM log_checkpoint WHERE size = (SELECT MIN(size) FROM log_checkpoint)")
    HeadFile(story.instance.data).announce(story.one("SELECT size FROM log_head") + 1)
    assert "log_checkpoint: " in story.verify().last_line


def test_a_newest_checkpoint_that_was_deleted_is_made_again_word_for_word(story: Copy) -> None:
    _grow(story, 100)
    note = story.rows("SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1")
    story.touch(f"DELETE FROM log_checkpoint WHERE size = {note[0][0]}")
    assert not story.verify().ok
    with story.inside():
        checkpoints.daily()
    assert story.rows("SELECT size, note FROM log_checkpoint ORDER BY size DESC LIMIT 1") == note
    assert story.verify().ok


def test_a_damaged_file_stops_signing(story: Copy) -> None:
    _signed(story)
    file = story.instance.data / "log.signed"
    for damaged in (b"", b"{}", b"[]", file.read_bytes().replace(b'"size":', b'"size":-'), b"\xff"):
        file.write_bytes(damaged)
        with pytest.raises(checkpoints.Forked, match=r"log\.signed"):
            _signed(story)
        assert story.verify().last_line == "wrong: log.signed: damaged"


def test_a_failure_to_sign_never_undoes_the_act(
    story: Copy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _signed(story)
    with story.inside():
        keyring = checkpoints.keeper().keyring
    aside = keyring.path.rename(keyring.path.with_suffix(".aside"))
    with caplog.at_level(logging.ERROR, "cocon.log"):
        _grow(story, 4_321)
    assert "the worker will sign" in caplog.text
    assert story.one("SELECT COUNT(*) FROM tranche WHERE amount = 4321") == 1
    aside.rename(keyring.path)
    with story.inside():
        checkpoints.daily()
    assert story.one("SELECT MAX(size) FROM log_checkpoint") == story.one("SELECT size FROM log_head")


def test_signing_reads_the_new_entries_once(story: Copy) -> None:
    """Two statements, whatever the length of the log: the new entries with the head, and the note."""
    _signed(story)
    said: list[str] = []
    with story.inside():
        event.listen(db.engine, "before_cursor_execute", lambda *arguments: said.append(arguments[2]))
        _grow(story, 100)
    assert sum("log_checkpoint" in statement for statement in said) == 3
    assert sum("log_entry" in statement and "OUTER JOIN" in statement for statement in said) == 1


def test_signers_at_the_same_time_agree(story: Copy) -> None:
    with checkpoints.signing_later():
        _grow(story, 100)
    notes: list[str] = []

    def one(app: Flask) -> None:
        with app.app_context():
            notes.append(checkpoints.sign())

    with story.inside() as app:
        threads = [threading.Thread(target=one, args=(app,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(notes) == 6
    assert len(set(notes)) == 1
    assert story.verify().ok


def test_a_further_key_signs_with_the_first(story: Copy, tmp_path: Path) -> None:
    before = _signed(story)
    with story.inside():
        first = checkpoints.first_vkey(story.app.extensions["cocon"])
        second = checkpoints.new_key()
        text = checkpoints.sign()
    keys = [note.parse_vkey(key) for key in (first, second)]
    assert note.verify_note(text, keys)[1] == tuple(keys)
    assert note.verify_note(before, keys)[1] == (keys[0],)
    assert story.rows("SELECT kind FROM log_entry ORDER BY seq DESC LIMIT 1") == [("log.key-added",)]
    assert story.verify().ok
    with story.inside():
        export.export(tmp_path / "b.zip")
    held = tmp_path / "key.txt"
    held.write_text(f"{second}\n")
    assert verify_path(tmp_path / "b.zip", key=held).last_line.endswith("authentic")


@pytest.mark.engines("sqlite")
@pytest.mark.template("schema")
def test_development_makes_its_key_and_production_does_not(instance: Instance, app: Flask) -> None:
    config: Config = app.extensions["cocon"]
    assert not config.log_key_file.exists()
    vkey = checkpoints.first_vkey(config)
    assert stat.S_IMODE(config.log_key_file.stat().st_mode) == 0o600
    assert checkpoints.first_vkey(config) == vkey
    production = {
        "COCON_ENV": "production",
        "COCON_TODAY": "",
        "COCON_PUBLIC_URL": "https://plan.example",
        "COCON_LOG_KEY_FILE": str(instance.data / "absent.key"),
    }
    with pytest.raises(Misconfigured, match="COCON_LOG_KEY_FILE"):
        instance.app(**production)
    (instance.data / "absent.key").write_text("no key")
    with pytest.raises(Misconfigured, match="COCON_LOG_KEY_FILE"):
        instance.app(**production)
    close(instance.app(**{**production, "COCON_LOG_KEY_FILE": str(config.log_key_file)}))


@pytest.mark.engines("sqlite")
@pytest.mark.template("schema")
def test_a_closed_log_and_a_foreign_key_file_sign_nothing(instance: Instance, app: Flask) -> None:
    with app.app_context():
        with pytest.raises(checkpoints.Unsigned, match="pas ouvert"):
            checkpoints.sign()
        checkpoints.daily()
        World.installed()
        config: Config = app.extensions["cocon"]
        config.log_key_file.unlink()
        Keyring(config.log_key_file).create()
        with pytest.raises(checkpoints.Unsigned, match="annoncée"):
            checkpoints.sign()
    assert HeadFile(config.data).read() is None


def test_key_files_of_every_form(tmp_path: Path) -> None:
    one, two = note.generate_key(), note.generate_key()
    ring = Keyring(tmp_path / "key")
    ring.path.write_bytes(one.private_bytes_raw())
    assert [key.private_bytes_raw() for key in ring.load()] == [one.private_bytes_raw()]
    ring.add(two)
    assert [key.private_bytes_raw() for key in ring.load()] == [one.private_bytes_raw(), two.private_bytes_raw()]
    assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600
    openssl = one.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for bad in (b"", b"x" * 33, openssl.replace(b"MC4C", b"XXXX"), openssl.replace(b"PRIVATE", b"PUBLIC")):
        ring.path.write_bytes(bad)
        with pytest.raises(note.BadKey):
            ring.load()


def test_the_log_leaves_as_a_bundle_and_as_proofs(story: Copy, tmp_path: Path) -> None:
    size = story.one("SELECT size FROM log_head")
    held = tmp_path / "held.txt"
    held.write_text(_signed(story))
    with story.inside():
        export.export(tmp_path / "whole.zip")
        export.export(tmp_path / "early.zip", until=20)
        for seq in (0, 7, size - 1):
            export.prove(seq, tmp_path / f"{seq}.zip")
            assert verify_path(tmp_path / f"{seq}.zip").ok
        with pytest.raises(checkpoints.NoSuchEntry, match=f"{size} entrées"):
            export.prove(size, tmp_path / "none.zip")
        with pytest.raises(checkpoints.NoSuchEntry):
            export.export(tmp_path / "none.zip", until=size)
    assert not (tmp_path / "none.zip").exists()
    said = verify_path(tmp_path / "whole.zip", checkpoints=[held]).last_line
    assert said.startswith(f"ok entries={size} ")
    assert said.endswith("authentic")
    assert verify_path(tmp_path / "early.zip").last_line.startswith("ok entries=21 ")
    assert story.verify().ok


def test_private_values_stay_with_their_organisation(story: Copy, tmp_path: Path) -> None:
    seq = story.one("SELECT MIN(seq) FROM log_entry WHERE audience IS NOT NULL AND kind = 'discussion.comment-posted'")
    for partner, reads in ((None, False), ("cg-isere", False), ("ville-grenoble", True)):
        reader = Actor(role="representative", partner_key=partner) if partner else None
        with story.inside():
            export.export(tmp_path / "b.zip", reader=reader)
            export.prove(seq, tmp_path / "p.zip", reader)
        for name in ("b.zip", "p.zip"):
            assert verify_path(tmp_path / name).ok
            values = [open_disclosure(line)[2] for line in _disclosed(tmp_path / name)]
            assert (SECRET in values) == reads


def _disclosed(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        lines = archive.read("disclosures.jsonl").splitlines()
    return [json.loads(line)["disclosure"] for line in lines]


def test_what_does_not_verify_is_not_handed_out(story: Copy, tmp_path: Path) -> None:
    _signed(story)
    story.touch("UPDATE log_entry SET body = REPLACE(body, 'actions', 'actiona') WHERE kind = 'actions.shared'")
    seq = story.one("SELECT MIN(seq) FROM log_entry WHERE kind = 'actions.shared'")
    with story.inside():
        with pytest.raises(checkpoints.Forked):
            export.export(tmp_path / "b.zip")
        with pytest.raises(checkpoints.Forked):
            export.prove(seq, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()
