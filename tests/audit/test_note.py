"""Signed notes against the vectors of the reference implementation, then checkpoints and proofs."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocon.audit import note
from cocon.audit.canonical import b64, unb64
from cocon.audit.note import BadKey, BadNote

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "signed_note.json").read_text())
TEXT: str = VECTORS["text"]
PETER, ENOCH = (note.parse_vkey(VECTORS[name]["vkey"]) for name in ("peter", "enoch"))
PETER_LINE, ENOCH_LINE = VECTORS["peter"]["line"], VECTORS["enoch"]["line"]
PETER_NOTE = f"{TEXT}\n{PETER_LINE}"
PETER_KEY = Ed25519PrivateKey.from_private_bytes(unb64(VECTORS["skey"].split("+", 4)[4])[1:])

ROOT = bytes(range(32))


def test_published_key_signs_the_published_note() -> None:
    assert note.sign_note(TEXT, "PeterNeumann", PETER_KEY) == PETER_NOTE
    assert note.verifier_key("PeterNeumann", PETER_KEY).vkey == VECTORS["peter"]["vkey"]
    assert PETER.key_id.hex() == "c74f20a3"


def test_published_key_opens_the_published_note() -> None:
    assert note.verify_note(PETER_NOTE, [PETER]) == (TEXT, (PETER,))


def test_unknown_signatures_are_ignored_and_known_ones_named() -> None:
    both = PETER_NOTE + ENOCH_LINE
    assert note.verify_note(both, [PETER])[1] == (PETER,)
    assert note.verify_note(both, [ENOCH])[1] == (ENOCH,)
    assert note.verify_note(both, [ENOCH, PETER])[1] == (PETER, ENOCH)
    assert note.verify_note(PETER_NOTE + PETER_LINE, [PETER])[1] == (PETER,)


def test_a_note_without_a_known_signature_is_refused() -> None:
    namesake = note.verifier_key("PeterNeumann", Ed25519PrivateKey.generate())
    for keys in ([], [ENOCH], [namesake]):
        with pytest.raises(BadNote, match="no signature of a known key"):
            note.verify_note(PETER_NOTE, keys)


@pytest.mark.parametrize(
    "wrong",
    [
        PETER_NOTE.replace("cryptography", "cryptographY"),
        PETER_NOTE.replace("ZJku", "ZJkv"),
        f"{TEXT}\n{PETER_LINE[:60]}ABCD{PETER_LINE[60:]}",
        PETER_NOTE.replace(PETER_LINE, ENOCH_LINE + PETER_LINE.replace("ZJku", "ZJkv")),
    ],
)
def test_a_wrong_signature_of_a_known_key_condemns_the_note(wrong: str) -> None:
    with pytest.raises(BadNote, match="wrong signature"):
        note.verify_note(wrong, [PETER, ENOCH])


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        TEXT,
        f"{TEXT}\n",
        PETER_NOTE[:-1],
        f"\x01{PETER_NOTE}",
        f"{TEXT}\n— Bad Name {PETER_LINE.split()[2]}\n",
        f"{PETER_NOTE}Unexpected line.\n",
        f"{TEXT}\n" + PETER_LINE * 101,
        f"{TEXT}\n— PeterNeumann {PETER_LINE.split()[2]}=\n",
        f"{TEXT}\n— PeterNeumann AAAA\n",
        f"{TEXT}\n- PeterNeumann {PETER_LINE.split()[2]}\n",
        PETER_NOTE.replace("\n", "\r\n"),
        PETER_NOTE + "\n",
    ],
)
def test_malformed_notes_are_refused(malformed: str) -> None:
    with pytest.raises(BadNote):
        note.verify_note(malformed, [PETER])


def test_no_mangling_of_a_key_is_taken_for_a_key() -> None:
    vkey = PETER.vkey
    cuts = [vkey[i:j] for i in range(len(vkey) + 1) for j in range(i, len(vkey) + 1) if (i, j) != (0, len(vkey))]
    bumps = [vkey[:i] + chr(ord(vkey[i]) + 1) + vkey[i + 1 :] for i in range(len(vkey))]
    others = [*VECTORS["bad_vkeys"], vkey.replace("c74f20a3", "C74F20A3"), vkey + "\n", "é" + vkey, "Peter " + vkey]
    for wrong in (*cuts, *bumps, *others):
        with pytest.raises(BadKey):
            note.parse_vkey(wrong)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u202fb"])
def test_a_name_that_would_break_the_format_is_refused(name: str) -> None:
    with pytest.raises(BadKey):
        note.sign_note(TEXT, name, PETER_KEY)


@pytest.mark.parametrize("text", ["", "no newline", "control\x00\n", "tab\t\n"])
def test_what_cannot_be_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(BadNote):
        note.sign_note(text, "PeterNeumann", PETER_KEY)


def test_keys_that_overlap_both_sign() -> None:
    newer = Ed25519PrivateKey.generate()
    signed = note.sign_note(TEXT, "PeterNeumann", PETER_KEY, newer)
    newer_key = note.verifier_key("PeterNeumann", newer)
    assert note.verify_note(signed, [newer_key])[1] == (newer_key,)
    assert note.verify_note(signed, [PETER])[1] == (PETER,)


def test_a_saved_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path, key = tmp_path / "log.key", note.generate_key()
    note.save_key(key, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert note.load_key(path).private_bytes_raw() == key.private_bytes_raw()
    with pytest.raises(FileExistsError):
        note.save_key(key, path)


def test_a_key_may_be_a_raw_seed(tmp_path: Path) -> None:
    path = tmp_path / "seed"
    path.write_bytes(bytes(range(32)))
    assert note.load_key(path).private_bytes_raw() == bytes(range(32))


def test_other_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.key"
    elliptic = ec.generate_private_key(ec.SECP256R1())
    pem = elliptic.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (pem, b"", b"not a key"):
        path.write_bytes(content)
        with pytest.raises(BadKey, match=r"other\.key"):
            note.load_key(path)


def test_checkpoints_come_back() -> None:
    text = note.checkpoint_text("example.com/behind-the-sofa", 20852163, ROOT)
    assert text == f"example.com/behind-the-sofa\n20852163\n{b64(ROOT)}\n"
    assert note.parse_checkpoint(text) == note.Checkpoint("example.com/behind-the-sofa", 20852163, ROOT)


def test_the_example_of_the_specification_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    line = (
        "— example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    parsed = note.parse_note(f"{text}\n{line}")
    assert parsed.text == text
    assert parsed.signatures[0][0] == "example.com/behind-the-sofa"
    assert note.parse_checkpoint(parsed.text).size == 20852163


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        f"\n1\n{b64(ROOT)}\n",
        f"o\n01\n{b64(ROOT)}\n",
        f"o\n-1\n{b64(ROOT)}\n",
        f"o\n١\n{b64(ROOT)}\n",
        f"o\n99999999999999999999\n{b64(ROOT)}\n",
        f"o\n9999999999999999\n{b64(ROOT)}\n",
        f"o\n1\n{b64(ROOT[:-1])}\n",
        f"o\n1\n{b64(ROOT)[:-1]}\n",
        f"o\n1\n{b64(ROOT)}",
        f"o\n1\n{b64(ROOT)}\nextension\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(BadNote):
        note.parse_checkpoint(text)


@pytest.mark.parametrize(("origin", "size", "root"), [("", 1, ROOT), ("a\nb", 1, ROOT), ("o", -1, ROOT), ("o", 1, b"")])
def test_what_is_no_head_of_a_tree_is_not_written(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(BadNote):
        note.checkpoint_text(origin, size, root)


def test_proofs_come_back() -> None:
    proof = note.format_proof(5, [ROOT, ROOT[::-1]], PETER_NOTE)
    assert proof == f"c2sp.org/tlog-proof@v1\nindex 5\n{b64(ROOT)}\n{b64(ROOT[::-1])}\n\n{PETER_NOTE}"
    assert note.parse_proof(proof) == note.TlogProof(5, (ROOT, ROOT[::-1]), PETER_NOTE)
    assert note.parse_proof(note.format_proof(0, [], PETER_NOTE)) == note.TlogProof(0, (), PETER_NOTE)


def test_extra_data_is_read_as_the_specification_allows() -> None:
    proof = f"c2sp.org/tlog-proof@v1\nextra {b64(b'extra information')}\nindex 10\n\n{PETER_NOTE}"
    assert note.parse_proof(proof).extra == b"extra information"


@pytest.mark.parametrize(
    "proof",
    [
        "wrong-header\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 007\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{b64(bytes(64))}\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
    ],
)
def test_malformed_proofs_are_refused(proof: str) -> None:
    with pytest.raises(BadNote):
        note.parse_proof(proof)
