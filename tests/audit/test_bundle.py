"""What leaves the house verifies without it, and nothing else does."""

from __future__ import annotations

import io
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cocon.audit import archive, note
from cocon.audit.bundle import Unfit, write_bundle
from cocon.audit.canonical import decode, encode
from cocon.audit.disclosure import seal
from cocon.audit.manifest import MANIFEST, MANIFEST_NOTE
from cocon.audit.offline import Verdict, verify_path
from tests.audit.samples import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    OTHER_VKEY,
    SYSTEM,
    VKEY,
    Edit,
    SampleLog,
    files_of,
    forge,
    pack,
    rewrite_history,
    sample_log,
    uid,
)

Entries = list[dict[str, Any]]

KEY_ID, OTHER_ID = (note.parse_vkey(vkey).key_id.hex() for vkey in (VKEY, OTHER_VKEY))
WRONGLY_SIGNED = f"entry.tlog-proof: wrong signature of key {ORIGIN}+{KEY_ID}"


@pytest.fixture(scope="module")
def log() -> SampleLog:
    return sample_log()


@pytest.fixture(scope="module")
def bundle(log: SampleLog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return log.bundle(tmp_path_factory.mktemp("bundle") / "dossier.zip")


@pytest.fixture(scope="module")
def proof(log: SampleLog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return log.proof(3, tmp_path_factory.mktemp("proof") / "preuve.zip")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return written(tmp_path / "cle.txt", VKEY + "\n")


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def wrong(verdict: Verdict) -> str:
    assert not verdict.ok
    assert verdict.last_line.startswith("wrong: ")
    assert verdict.last_line.isprintable()
    return verdict.last_line.removeprefix("wrong: ")


def last_words(log: SampleLog, trust: str) -> str:
    return f"ok entries={len(log.entries)} root={log.root().hex()} key={KEY_ID} {trust}"


# What verifies


def test_a_bundle_has_the_files_of_the_format(bundle: Path, log: SampleLog) -> None:
    files = files_of(bundle)
    assert list(files) == [
        "entries.jsonl",
        "disclosures.jsonl",
        "checkpoints/3.txt",
        "checkpoints/6.txt",
        "checkpoints/10.txt",
        "key.txt",
        "LISEZ-MOI.txt",
        "manifest.json",
        "manifest.note",
    ]
    assert files["entries.jsonl"] == b"".join(entry + b"\n" for entry in log.entries)
    manifest = decode(files[MANIFEST])
    assert manifest.pop("files") == {
        name: sha256(content).hexdigest() for name, content in files.items() if name not in {MANIFEST, MANIFEST_NOTE}
    }
    assert manifest == {"format": "cocon-bundle/1", "origin": ORIGIN, "size": 10, "root": log.root().hex()}
    digest = sha256(files[MANIFEST]).hexdigest()
    signed = note.verify_note(files[MANIFEST_NOTE].decode(), [note.parse_vkey(VKEY)])
    assert signed[0] == f"cocon-bundle/1\n{digest}\n"
    seq, disclosure = log.disclosures[0]
    assert files["disclosures.jsonl"].startswith(b'{"disclosure":"%s","seq":%d}\n' % (disclosure.encode(), seq))


def test_equal_content_makes_equal_bytes(bundle: Path, log: SampleLog, tmp_path: Path) -> None:
    assert log.bundle(tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_a_bundle_alone_is_coherent_and_no_more(bundle: Path, log: SampleLog) -> None:
    verdict = verify_path(bundle)
    assert (verdict.ok, verdict.last_line) == (True, last_words(log, "coherent"))
    assert len(verdict.lines) == 8
    assert "cohérent" in verdict.lines[-1]


def test_a_key_from_elsewhere_makes_it_authentic(bundle: Path, log: SampleLog, key: Path) -> None:
    verdict = verify_path(bundle, key)
    assert (verdict.ok, verdict.last_line) == (True, last_words(log, "authentic"))
    assert "authentique" in verdict.lines[-1]


@pytest.mark.parametrize("size", [3, 6, 10])
def test_a_checkpoint_kept_earlier_makes_it_authentic(bundle: Path, log: SampleLog, tmp_path: Path, size: int) -> None:
    kept = written(tmp_path / "recu.txt", log.checkpoints[size])
    assert verify_path(bundle, None, [kept]).last_line == last_words(log, "authentic")


def test_disclosures_may_come_in_any_order_or_not_at_all(log: SampleLog, tmp_path: Path) -> None:
    for count, disclosures in ((4, log.disclosures[::-1]), (1, log.disclosures[2:3]), (0, [])):
        verdict = verify_path(log.bundle(tmp_path / "dossier.zip", disclosures=disclosures))
        assert verdict.last_line == last_words(log, "coherent")
        assert f"Valeurs communiquées conformes à leur empreinte\u00a0: {count}." in verdict.lines


def test_a_stream_that_cannot_seek_is_enough(log: SampleLog, tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        taken = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.taken += bytes(data)
            return len(data)

    pipe = Pipe()
    done = write_bundle(
        pipe,  # type: ignore[arg-type]
        origin=ORIGIN,
        entries=iter(log.entries),
        disclosures=iter(log.disclosures),
        checkpoints=log.checkpoints,
        timestamps={},
        keys=log.keys,
        sign=lambda text: note.sign_note(text, ORIGIN, KEY),
    )
    path = tmp_path / "dossier.zip"
    path.write_bytes(pipe.taken)
    assert (done.size, done.root) == (10, log.root())
    assert verify_path(path).last_line == last_words(log, "coherent")


def test_keys_change_and_the_bundle_still_verifies(tmp_path: Path) -> None:
    log = sample_log()
    log.add("log.key-added", actor=SYSTEM, facts={"key": OTHER_VKEY})
    log.keys.append(OTHER_VKEY)
    both = log.checkpoint(KEY, OTHER_KEY)
    log.add("demo.started", actor=SYSTEM)
    log.checkpoint(OTHER_KEY)
    path = log.bundle(tmp_path / "dossier.zip", sign=lambda text: note.sign_note(text, ORIGIN, OTHER_KEY))
    expected = f"ok entries=12 root={log.root().hex()} key={OTHER_ID}"
    assert verify_path(path).last_line == f"{expected} coherent"
    assert verify_path(path, written(tmp_path / "k", OTHER_VKEY)).last_line == f"{expected} authentic"
    assert verify_path(path, None, [written(tmp_path / "c", both)]).last_line == f"{expected} authentic"
    early = written(tmp_path / "e", log.checkpoints[3])
    assert verify_path(path, None, [early]).last_line == f"{expected} coherent"
    assert "no signature of a known key" in wrong(verify_path(path, written(tmp_path / "o", VKEY)))


def test_the_first_key_of_the_log_must_be_there(tmp_path: Path) -> None:
    log = sample_log()
    log.add("log.key-added", actor=SYSTEM, facts={"key": OTHER_VKEY})
    log.keys = [OTHER_VKEY]
    log.checkpoints.clear()
    log.checkpoint(OTHER_KEY)
    path = log.bundle(tmp_path / "dossier.zip", sign=lambda text: note.sign_note(text, ORIGIN, OTHER_KEY))
    assert wrong(verify_path(path)) == "key.txt: without the first key of the log"


def test_one_key_must_sign_both_the_checkpoint_and_the_manifest(tmp_path: Path) -> None:
    log = sample_log()
    log.add("log.key-added", actor=SYSTEM, facts={"key": OTHER_VKEY})
    log.keys.append(OTHER_VKEY)
    log.checkpoint(OTHER_KEY)
    path, both = log.bundle(tmp_path / "dossier.zip"), written(tmp_path / "k", f"{VKEY}\n{OTHER_VKEY}\n")
    for keys in (None, both):
        assert wrong(verify_path(path, keys)) == "manifest.note: not signed by a key of the newest checkpoint"


def test_nothing_is_left_of_a_bundle_that_would_not_verify(log: SampleLog, tmp_path: Path) -> None:
    older = {size: text for size, text in log.checkpoints.items() if size < 10}
    other = {10: note.sign_note(note.checkpoint_text(ORIGIN, 10, bytes(32)), ORIGIN, KEY)}
    for checkpoints in (older, other, {}):
        with pytest.raises(Unfit):
            log.bundle(tmp_path / "dossier.zip", checkpoints=checkpoints)
    with pytest.raises(Unfit):
        log.proof(3, tmp_path / "preuve.zip", entry=log.entries[4])
    assert list(tmp_path.iterdir()) == []


# Tampering


def places(content: bytes) -> Iterator[int]:
    """Positions of every class: both ends, and an even sample between."""
    return iter(
        sorted({*range(min(4, len(content))), *range(0, len(content), 1 + len(content) // 40), len(content) - 1})
    )


def test_no_byte_of_any_file_can_change(bundle: Path, tmp_path: Path) -> None:
    files, tried = files_of(bundle), 0
    for name, content in files.items():
        for place in places(content):
            for mask in (0x01, 0x20, 0x80):
                flipped = content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]
                wrong(verify_path(pack(tmp_path / "dossier.zip", files | {name: flipped})))
                tried += 1
    assert tried > 800


def test_no_byte_of_any_file_can_change_even_for_who_signs_the_manifest_again(bundle: Path, tmp_path: Path) -> None:
    protected = {"entries.jsonl", "disclosures.jsonl", "checkpoints/6.txt", "checkpoints/10.txt", "key.txt"}
    for name, content in files_of(bundle).items():
        for place in places(content) if name in protected else ():
            flipped = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

            def edit(files: dict[str, bytes], name: str = name, flipped: bytes = flipped) -> None:
                files[name] = flipped

            wrong(verify_path(forge(bundle, tmp_path / "dossier.zip", edit, KEY)))


def test_no_byte_of_the_zip_can_change_the_verdict(bundle: Path, log: SampleLog, tmp_path: Path) -> None:
    content, path, refused = bundle.read_bytes(), tmp_path / "dossier.zip", 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :])
        verdict = verify_path(path)
        if verdict.ok:
            assert verdict.last_line == last_words(log, "coherent")
        else:
            wrong(verdict)
            refused += 1
    assert refused > len(content) / 7 * 0.7


def test_no_cut_of_the_zip_is_a_bundle(bundle: Path, tmp_path: Path) -> None:
    content, path = bundle.read_bytes(), tmp_path / "dossier.zip"
    for length in range(0, len(content) - 1, 37):
        path.write_bytes(content[:length])
        assert wrong(verify_path(path)) == "dossier.zip: not a readable ZIP"


def lines(files: dict[str, bytes], name: str = "entries.jsonl") -> list[bytes]:
    return files[name].splitlines(keepends=True)


def without_last(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] = b"".join(lines(files)[:-1])


def without_middle(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] = b"".join(lines(files)[:4] + lines(files)[5:])


def swapped(files: dict[str, bytes]) -> None:
    found = lines(files)
    files["entries.jsonl"] = b"".join([*found[:4], found[5], found[4], *found[6:]])


def doubled(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] += lines(files)[-1]


def emptied(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] = b""


def unended(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] = files["entries.jsonl"][:-1]


def spaced(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] = files["entries.jsonl"].replace(b'"basis":null', b'"basis": null', 1)


def edited(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] = files["entries.jsonl"].replace(b'"year":2015', b'"year":2016')


def without_newest_checkpoint(files: dict[str, bytes]) -> None:
    del files["checkpoints/10.txt"]


def renamed_checkpoint(files: dict[str, bytes]) -> None:
    files["checkpoints/7.txt"] = files.pop("checkpoints/6.txt")


def foreign_checkpoint(files: dict[str, bytes]) -> None:
    files["checkpoints/6.txt"] = signed_head("example.com/journal", 6, bytes(32))


def false_checkpoint(files: dict[str, bytes]) -> None:
    files["checkpoints/6.txt"] = signed_head(ORIGIN, 6, bytes(32))


def future_checkpoint(files: dict[str, bytes]) -> None:
    files["checkpoints/11.txt"] = signed_head(ORIGIN, 11, bytes(32))


def unsigned_checkpoint(files: dict[str, bytes]) -> None:
    head = files["checkpoints/6.txt"].decode().partition("\n\n")[0] + "\n"
    files["checkpoints/6.txt"] = note.sign_note(head, ORIGIN, OTHER_KEY).encode()


def signed_head(origin: str, size: int, root: bytes) -> bytes:
    return note.sign_note(note.checkpoint_text(origin, size, root), ORIGIN, KEY).encode()


def foreign_key(files: dict[str, bytes]) -> None:
    files["key.txt"] = OTHER_VKEY.encode() + b"\n"


def extra_key(files: dict[str, bytes]) -> None:
    files["key.txt"] += OTHER_VKEY.encode() + b"\n"


def doubled_key(files: dict[str, bytes]) -> None:
    files["key.txt"] *= 2


def no_key(files: dict[str, bytes]) -> None:
    files["key.txt"] = b""


def no_checkpoint(files: dict[str, bytes]) -> None:
    for size in (3, 6, 10):
        del files[f"checkpoints/{size}.txt"]


def disclosed(seq: int, name: str, value: str, keep: bool = True) -> Edit:
    def edit(files: dict[str, bytes]) -> None:
        line = encode({"disclosure": seal(name, value)[1], "seq": seq}) + b"\n"
        files["disclosures.jsonl"] = (files["disclosures.jsonl"] if keep else b"") + line

    return edit


def moved_disclosure(files: dict[str, bytes]) -> None:
    files["disclosures.jsonl"] = files["disclosures.jsonl"].replace(b'"seq":3', b'"seq":4')


def unopened_disclosure(files: dict[str, bytes]) -> None:
    files["disclosures.jsonl"] = b'{"disclosure":"AAAA","seq":3}\n'


def malformed_disclosure(files: dict[str, bytes]) -> None:
    files["disclosures.jsonl"] += b'{"disclosure":"AAAA","seq":true}\n'


def spaced_disclosure(files: dict[str, bytes]) -> None:
    files["disclosures.jsonl"] = files["disclosures.jsonl"].replace(b'"seq":3', b'"seq": 3', 1)


def long_line(files: dict[str, bytes]) -> None:
    files["entries.jsonl"] = random.Random(1).randbytes(archive.LONGEST_LINE // 2 + 10).hex().encode() + b"\n"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (without_last, "checkpoints/10.txt: covers 10 entries, there are 9"),
        (without_middle, "entry 4: seq is 5"),
        (swapped, "entry 4: seq is 5"),
        (doubled, "entry 10: seq is 9"),
        (emptied, "entries.jsonl: empty"),
        (unended, "entry 9: too long, or without end"),
        (spaced, "entry 0: not in canonical form"),
        (edited, "checkpoints/6.txt: the entries have another root"),
        (no_checkpoint, "checkpoints: none"),
        (without_newest_checkpoint, "entry 6: covered by no checkpoint"),
        (renamed_checkpoint, "checkpoints/7.txt: covers 6 entries"),
        (foreign_checkpoint, "checkpoints/6.txt: of another log"),
        (false_checkpoint, "checkpoints/6.txt: the entries have another root"),
        (future_checkpoint, "checkpoints/11.txt: covers 11 entries, there are 10"),
        (unsigned_checkpoint, "checkpoints/6.txt: no signature of a known key"),
        (foreign_key, "checkpoints/3.txt: no signature of a known key"),
        (extra_key, f"key.txt: the log never announces key {OTHER_ID}"),
        (doubled_key, "key.txt: two keys of one name and id"),
        (no_key, "key.txt: not a verification key"),
        (disclosed(3, "reason", "Faux."), "entry 3: no digest matches the disclosure of reason"),
        (disclosed(10, "reason", "Faux."), "entry 10: disclosed, but not there"),
        (disclosed(-1, "reason", "Faux.", keep=False), "entry -1: no digest matches the disclosure of reason"),
        (moved_disclosure, "entry 4: no digest matches the disclosure of actor_name"),
        (unopened_disclosure, "entry 3: a disclosure cannot be opened: "),
        (malformed_disclosure, "disclosures.jsonl line 5: malformed"),
        (spaced_disclosure, "disclosures.jsonl line 2: not in canonical form"),
        (long_line, "entry 0: too long, or without end"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_was_done_is_named_even_for_who_signs_the_manifest_again(
    bundle: Path, tmp_path: Path, edit: Edit, message: str
) -> None:
    found = wrong(verify_path(forge(bundle, tmp_path / "dossier.zip", edit, KEY)))
    assert found.startswith(message) if message.endswith(" ") else found == message
    unsigned = wrong(verify_path(forge(bundle, tmp_path / "dossier.zip", edit)))
    assert re.search(r"not the file of the manifest|not in both", unsigned)


def test_the_first_wrong_thing_in_the_order_of_the_steps_is_named(bundle: Path, tmp_path: Path) -> None:
    """A gap in the numbers (step 3) stands before a line that is not canonical (step 2), which is named first."""

    def edit(files: dict[str, bytes]) -> None:
        without_middle(files)
        disclosed(3, "reason", "Faux.")(files)
        files["entries.jsonl"] = files["entries.jsonl"].replace(b"demo.started", b"demo. started")

    path = forge(bundle, tmp_path / "dossier.zip", edit, KEY)
    verdict = verify_path(path)
    assert wrong(verdict) == "entry 8: malformed kind"
    assert verdict.lines == ("Les fichiers sont ceux du manifeste, octet pour octet.",)
    edit_again: Edit = lambda files: files.update({"entries.jsonl": files["entries.jsonl"] + b"\n"})  # noqa: E731
    assert wrong(verify_path(forge(path, tmp_path / "other.zip", edit_again))).startswith("entries.jsonl: not the file")


def manifest_with(**parts: Any) -> Edit:
    def edit(files: dict[str, bytes]) -> None:
        files[MANIFEST] = encode(decode(files[MANIFEST]) | parts)
        text = f"cocon-bundle/1\n{sha256(files[MANIFEST]).hexdigest()}\n"
        files[MANIFEST_NOTE] = note.sign_note(text, ORIGIN, KEY).encode()

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (manifest_with(format="cocon-bundle/2"), "manifest.json: not cocon-bundle/1"),
        (manifest_with(size=9), "manifest.json: another size or root than the entries"),
        (manifest_with(size=True), "manifest.json: malformed"),
        (manifest_with(root="00" * 32), "manifest.json: another size or root than the entries"),
        (manifest_with(root="00"), "manifest.json: malformed"),
        (manifest_with(origin="example.com/journal"), "checkpoints/3.txt: of another log"),
        (manifest_with(origin=None), "manifest.json: malformed"),
        (manifest_with(files=[]), "manifest.json: malformed"),
        (manifest_with(files={}), "LISEZ-MOI.txt: in the manifest or in the ZIP, not in both"),
        (manifest_with(more=1), "manifest.json: malformed"),
    ],
)
def test_a_manifest_that_lies_is_refused(bundle: Path, tmp_path: Path, edit: Edit, message: str) -> None:
    assert wrong(verify_path(forge(bundle, tmp_path / "dossier.zip", edit))) == message


def test_the_note_of_another_manifest_is_refused(bundle: Path, tmp_path: Path) -> None:
    def edit(files: dict[str, bytes]) -> None:
        files[MANIFEST_NOTE] = note.sign_note("cocon-bundle/1\n" + "0" * 64 + "\n", ORIGIN, KEY).encode()

    path = forge(bundle, tmp_path / "dossier.zip", edit)
    assert wrong(verify_path(path)) == "manifest.note: signs another manifest"
    path = forge(bundle, path, lambda files: None, OTHER_KEY)
    assert wrong(verify_path(path)) == "manifest.note: no signature of a known key"


# History rewritten by who owns the database and a key


def cut_last(entries: Entries) -> None:
    entries.pop()


def cheaper(entries: Entries) -> None:
    entries[3]["facts"]["amount"] = 1


def replayed_wrong(entries: Entries) -> None:
    entries[7]["changes"][0]["before"]["amount"] = 1_300_000


def another_origin(entries: Entries) -> None:
    entries[0]["facts"]["origin"] = "example.com/journal"


def another_first_key(entries: Entries) -> None:
    entries[0]["facts"]["key"] = OTHER_VKEY


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (replayed_wrong, f"entry 7: table tranche row {uid(20)}, column amount: before differs"),
        (another_origin, "entry 0: of another origin than the manifest"),
        (another_first_key, f"key.txt: the log never announces key {KEY_ID}"),
    ],
)
def test_a_history_signed_again_must_still_replay(
    log: SampleLog, tmp_path: Path, edit: Callable[[Entries], None], message: str
) -> None:
    forged = rewrite_history(log, edit, KEY)
    assert wrong(verify_path(forged.bundle(tmp_path / "dossier.zip"))) == message


@pytest.mark.parametrize("edit", [cut_last, cheaper])
def test_a_history_signed_again_is_exposed_by_a_checkpoint_held_elsewhere(
    log: SampleLog, tmp_path: Path, key: Path, edit: Callable[[Entries], None]
) -> None:
    """The operator's own key cannot tell: this is what receipts are for."""
    path = rewrite_history(log, edit, KEY).bundle(tmp_path / "dossier.zip")
    receipt = written(tmp_path / "recu.txt", log.checkpoints[10])
    assert verify_path(path, key).last_line.endswith(" authentic")
    assert wrong(verify_path(path, key, [receipt])).startswith("recu.txt: ")


def test_another_key_makes_a_coherent_bundle_that_nothing_from_elsewhere_supports(
    log: SampleLog, tmp_path: Path, key: Path
) -> None:
    forged = rewrite_history(log, another_first_key, OTHER_KEY)
    forged.keys = [OTHER_VKEY]
    path = forged.bundle(tmp_path / "dossier.zip", sign=lambda text: note.sign_note(text, ORIGIN, OTHER_KEY))
    assert verify_path(path).last_line == f"ok entries=10 root={forged.root().hex()} key={OTHER_ID} coherent"
    assert wrong(verify_path(path, key)) == "checkpoints/10.txt: no signature of a known key"
    for size in (3, 6, 10):
        kept = written(tmp_path / "recu.txt", log.checkpoints[size])
        assert wrong(verify_path(path, None, [kept])) == "recu.txt: the entries have another root"


def test_a_bundle_packed_again_with_another_key_is_never_authentic(
    bundle: Path, log: SampleLog, tmp_path: Path, key: Path
) -> None:
    """The genuine entries and checkpoints, with fewer disclosures and a manifest that the log did not sign."""

    def edit(files: dict[str, bytes]) -> None:
        files["disclosures.jsonl"] = b""

    path = forge(bundle, tmp_path / "dossier.zip", edit, OTHER_KEY)
    kept = written(tmp_path / "recu.txt", log.checkpoints[10])
    for arguments in ((None, []), (key, []), (None, [kept]), (key, [kept])):
        assert wrong(verify_path(path, *arguments)) == "manifest.note: no signature of a known key"


def test_history_continued_by_a_thief_of_the_database_is_only_coherent(
    log: SampleLog, tmp_path: Path, key: Path
) -> None:
    """Without the log's key, a thief announces his own and goes on: kept checkpoints hold, and vouch for none of it."""
    stolen = SampleLog(list(log.entries), list(log.disclosures), dict(log.checkpoints), [VKEY, OTHER_VKEY])
    stolen.add("log.key-added", actor=SYSTEM, facts={"key": OTHER_VKEY})
    stolen.checkpoint(OTHER_KEY)
    path = stolen.bundle(tmp_path / "dossier.zip", sign=lambda text: note.sign_note(text, ORIGIN, OTHER_KEY))
    kept = written(tmp_path / "recu.txt", log.checkpoints[10])
    verdict = verify_path(path, None, [kept])
    assert verdict.last_line.endswith(" coherent")
    assert "n’est authentifié que jusqu’à" in verdict.lines[-1]
    assert wrong(verify_path(path, key)) == "checkpoints/11.txt: no signature of a known key"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "recu.txt: malformed note"),
        (b"\xff", "recu.txt: unreadable"),
        (b"a" * (2**20 + 1), "recu.txt: too large"),
        (None, "recu.txt: unreadable"),
        (signed_head("example.com/journal", 3, bytes(32)), "recu.txt: of another log"),
        (signed_head(ORIGIN, 3, bytes(32)), "recu.txt: the entries have another root"),
        (signed_head(ORIGIN, 4000, bytes(32)), "recu.txt: covers 4000 entries, there are 10"),
    ],
)
def test_a_receipt_that_does_not_fit_is_named(
    bundle: Path, tmp_path: Path, content: bytes | None, message: str
) -> None:
    receipt = tmp_path / "recu.txt"
    if content is not None:
        receipt.write_bytes(content)
    assert wrong(verify_path(bundle, None, [receipt])) == message


def test_a_receipt_nobody_known_signed_is_worth_nothing(bundle: Path, log: SampleLog, tmp_path: Path) -> None:
    head = note.checkpoint_text(ORIGIN, 10, log.root())
    receipt = written(tmp_path / "recu.txt", note.sign_note(head, ORIGIN, OTHER_KEY))
    assert wrong(verify_path(bundle, None, [receipt])) == "recu.txt: no signature of a known key"


def test_a_key_file_that_is_none_is_named(bundle: Path, tmp_path: Path) -> None:
    for text in ("", "not a key", VKEY[:-1], f"{VKEY}\n{VKEY}\n"):
        assert wrong(verify_path(bundle, written(tmp_path / "cle.txt", text))).startswith("cle.txt: ")


# Time-stamps


def der(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    length = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + length + body


def token(data: bytes) -> bytes:
    """An RFC 3161 answer that stamps the data, without the signature that nobody here reads."""
    sha_256 = der(0x30, der(6, bytes.fromhex("608648016503040201")), der(5))
    imprint = der(0x30, sha_256, der(4, sha256(data).digest()))
    info = der(0x30, der(2, b"\1"), der(6, b"\x2a\3"), imprint, der(2, b"\7"), der(0x18, b"20141115100000Z"))
    content = der(0x30, der(6, bytes.fromhex("2a864886f70d0109100104")), der(0xA0, der(4, info)))
    signed = der(0x30, der(2, b"\3"), der(0x31, sha_256), content)
    return der(0x30, der(0x30, der(2, b"\0")), der(0x30, der(6, b"\x2a\3"), der(0xA0, signed)))


def test_a_time_stamp_must_be_of_its_checkpoint(log: SampleLog, tmp_path: Path) -> None:
    path, good = tmp_path / "dossier.zip", token(log.checkpoints[6].encode())
    verdict = verify_path(log.bundle(path, timestamps={(6, 1): good, (6, 2): good}))
    assert verdict.ok
    assert any(line.startswith("2 jetons d’horodatage") for line in verdict.lines)
    for size, content in ((10, good), (4, good), (6, good[:-1]), (6, b""), (6, token(b"other"))):
        assert wrong(verify_path(log.bundle(path, timestamps={(size, 1): content}))).startswith(f"timestamps/{size}-1")


# Hostile ZIPs


def hostile(path: Path, name: str, content: bytes = b"", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a", method) as target:
        warnings.filterwarnings("ignore", "Duplicate name")
        target.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (MANIFEST, "manifest.json: name given twice or disguised"),
        ("../evil", "../evil: unexpected file"),
        ("/etc/passwd", "/etc/passwd: unexpected file"),
        ("checkpoints/", "checkpoints/: unexpected file"),
        ("checkpoints/010.txt", "checkpoints/010.txt: unexpected file"),
        ("checkpoints/11.txt", "checkpoints/11.txt: in the manifest or in the ZIP, not in both"),
        ("a\nok entries=1", "a?ok entries=1: unexpected file"),
        ("é" * 400, "é" * 300 + "…"),
    ],
    ids=["twice", "up", "absolute", "folder", "zero", "unlisted", "newline", "long"],
)
def test_names_that_do_not_belong_are_refused(bundle: Path, tmp_path: Path, name: str, message: str) -> None:
    path = tmp_path / "dossier.zip"
    path.write_bytes(bundle.read_bytes())
    assert wrong(verify_path(hostile(path, name))) == message


def test_bombs_are_refused_before_they_are_opened(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "dossier.zip"
    for name in ("entries.jsonl", "manifest.json", "key.txt"):
        bomb = files_of(bundle) | {name: bytes(8 * 2**20)}
        assert wrong(verify_path(pack(path, bomb))) == f"{name}: swells more than 200 times"


def test_unknown_methods_and_encryption_are_refused(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "dossier.zip"
    path.write_bytes(bundle.read_bytes())
    hostile(path, "verify.py", b"print()", zipfile.ZIP_LZMA)
    assert "compressed in an unknown way" in wrong(verify_path(path))
    data = bytearray(bundle.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in wrong(verify_path(path))


def test_large_and_foreign_texts_are_refused(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "dossier.zip"
    large = sha256(b"seed").digest() * (archive.LARGEST_FILE // 32) + b"more"
    with zipfile.ZipFile(path, "w") as target:
        for name, content in (files_of(bundle) | {"manifest.json": large}).items():
            target.writestr(name, content)
    assert wrong(verify_path(path)) == f"manifest.json: larger than {archive.LARGEST_FILE} bytes"
    assert wrong(verify_path(pack(path, files_of(bundle) | {MANIFEST_NOTE: b"\xff"}))) == "manifest.note: not UTF-8"


@pytest.mark.parametrize("missing", ["entries.jsonl", "disclosures.jsonl", "key.txt", "manifest.note"])
def test_missing_files_are_named(bundle: Path, tmp_path: Path, missing: str) -> None:
    files = files_of(bundle)
    del files[missing]
    assert missing in wrong(verify_path(pack(tmp_path / "dossier.zip", files)))


def test_what_is_no_zip_of_ours_is_refused(tmp_path: Path) -> None:
    assert wrong(verify_path(tmp_path / "nothing.zip")) == "nothing.zip: not a readable ZIP"
    assert wrong(verify_path(tmp_path)) == f"{tmp_path.name}: not a readable ZIP"
    assert wrong(verify_path(written(tmp_path / "text.zip", "hello"))) == "text.zip: not a readable ZIP"
    assert wrong(verify_path(pack(tmp_path / "empty.zip", {}))) == "neither a bundle nor a proof"
    assert (
        wrong(verify_path(pack(tmp_path / "odd.zip", {"manifest.json": b"{}"}))) == "manifest.json: not cocon-bundle/1"
    )
    assert wrong(verify_path(pack(tmp_path / "odd.zip", {"entry.json": b"{}"}))) == "disclosures.jsonl: missing"


# Proofs


def test_a_proof_has_the_files_of_the_format(proof: Path, log: SampleLog) -> None:
    files = files_of(proof)
    assert list(files) == ["entry.json", "entry.tlog-proof", "disclosures.jsonl", "key.txt", "LISEZ-MOI.txt"]
    assert files["entry.json"] == log.entries[3]
    parsed = note.parse_proof(files["entry.tlog-proof"].decode())
    assert (parsed.index, parsed.checkpoint) == (3, log.checkpoints[10])
    assert files["disclosures.jsonl"].count(b"\n") == 2


def test_a_proof_is_coherent_or_authentic_like_a_bundle(proof: Path, log: SampleLog, tmp_path: Path, key: Path) -> None:
    assert verify_path(proof).last_line == last_words(log, "coherent")
    assert verify_path(proof, key).last_line == last_words(log, "authentic")
    for size in (3, 6, 10):
        kept = written(tmp_path / "recu.txt", log.checkpoints[size])
        assert verify_path(proof, None, [kept]).last_line == last_words(log, "authentic")


def test_every_entry_has_its_proof(log: SampleLog, tmp_path: Path, key: Path) -> None:
    for seq in range(len(log.entries)):
        verdict = verify_path(log.proof(seq, tmp_path / f"{seq}.zip"), key)
        assert verdict.last_line == last_words(log, "authentic")
        assert verdict.lines[0].startswith(f"L’entrée n°\u00a0{seq} ")


def test_no_byte_of_a_proof_can_change(proof: Path, tmp_path: Path) -> None:
    files = files_of(proof)
    for name in ("entry.json", "entry.tlog-proof", "disclosures.jsonl", "key.txt"):
        content = files[name]
        for place in places(content):
            for mask in (0x01, 0x20, 0x80):
                flipped = content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]
                wrong(verify_path(pack(tmp_path / "preuve.zip", files | {name: flipped})))


def replaced(name: str, old: bytes, new: bytes) -> Edit:
    def edit(files: dict[str, bytes]) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new)

    return edit


def other_entry(files: dict[str, bytes]) -> None:
    files["entry.json"] = sample_log().entries[4]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (replaced("entry.json", b'"year":2015', b'"year":2016'), "entry 3: not under the root of the checkpoint"),
        (replaced("entry.json", b'"year":2015', b'"year":2015.5'), "entry.json: no canonical form for float"),
        (replaced("entry.json", b'"v":1', b'"v":2'), "entry 3: unknown version 2"),
        (replaced("entry.tlog-proof", b"index 3", b"index 2"), "entry.tlog-proof: of entry 2, not 3"),
        (replaced("entry.tlog-proof", b"index", b"extra QUJD\nindex"),
         "entry.tlog-proof: extra data, which nothing authenticates"),
        (replaced("entry.tlog-proof", b"\n10\n", b"\n11\n"), WRONGLY_SIGNED),
        (replaced("entry.tlog-proof", b"\n10\n", b"\n20\n"), "entry 3: not under the root of the checkpoint"),
        (replaced("entry.tlog-proof", b"localhost/journal\n10", b"example.com/journal\n10"),
         WRONGLY_SIGNED),
        (replaced("key.txt", VKEY.encode(), OTHER_VKEY.encode()), "entry.tlog-proof: no signature of a known key"),
        (replaced("disclosures.jsonl", b'"seq":3', b'"seq":4'), "disclosures.jsonl: of entry 4, not 3"),
        (disclosed(3, "reason", "Faux."), "entry 3: no digest matches the disclosure of reason"),
        (other_entry, "entry.tlog-proof: of entry 3, not 4"),
        (lambda files: files.update(evil=b""), "evil: unexpected file"),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_wrong_with_a_proof_is_named(proof: Path, tmp_path: Path, edit: Edit, message: str) -> None:
    assert wrong(verify_path(forge(proof, tmp_path / "preuve.zip", edit))) == message


def test_a_proof_signed_by_another_key_is_never_authentic(log: SampleLog, tmp_path: Path, key: Path) -> None:
    forged = rewrite_history(log, cheaper, OTHER_KEY)
    forged.keys = [OTHER_VKEY]
    path = forged.proof(3, tmp_path / "preuve.zip")
    assert verify_path(path).last_line.endswith(" coherent")
    assert wrong(verify_path(path, key)) == "entry.tlog-proof: no signature of a known key"
    for size, message in ((10, "another root at the same size"), (6, "no signature of a known key")):
        kept = written(tmp_path / "recu.txt", log.checkpoints[size])
        assert wrong(verify_path(path, None, [kept])) == f"recu.txt: {message}"


def test_a_proof_of_another_log_does_not_fit_a_receipt(proof: Path, tmp_path: Path) -> None:
    receipt = tmp_path / "recu.txt"
    receipt.write_bytes(signed_head("example.com/journal", 10, bytes(32)))
    assert wrong(verify_path(proof, None, [receipt])) == "recu.txt: of another log"


def test_the_leaflets_of_a_demonstration_say_that_all_is_fictional(log: SampleLog, tmp_path: Path) -> None:
    (began,) = [seq for seq, entry in enumerate(log.entries) if decode(entry)["kind"] == "demo.started"]
    for path in (log.bundle(tmp_path / "b.zip"), log.proof(3, tmp_path / "p.zip", demo=began)):
        text = files_of(path)["LISEZ-MOI.txt"].decode()
        assert "LES FAITS SONT FICTIFS" in text
        assert f"À partir de l’entrée n° {began}," in text
        assert "les heures sont simulées" in " ".join(text.split())
        assert verify_path(path).ok


def test_the_leaflets_of_a_real_log_do_not(proof: Path, tmp_path: Path) -> None:
    real = SampleLog()
    real.add("log.opened", actor=SYSTEM, facts={"origin": ORIGIN, "key": VKEY, "note": "demo.started"})
    real.checkpoint()
    for path in (real.bundle(tmp_path / "b.zip"), proof):
        assert "FICTIFS" not in files_of(path)["LISEZ-MOI.txt"].decode()


def test_leaflets_say_what_is_not_proved(bundle: Path, proof: Path) -> None:
    for path in (bundle, proof):
        text = files_of(path)["LISEZ-MOI.txt"].decode()
        assert "CE QUE CELA NE PROUVE PAS" in text
        assert re.search(r"[^\u202f][;!?]|[^\u00a0\w/]:|«[^\u00a0]|[^\u00a0]»", text) is None
        assert max(map(len, text.splitlines())) <= 80
