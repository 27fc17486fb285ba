"""RFC 3161 tokens, from one made by OpenSSL (``openssl ts -reply``) over known bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cocon.audit.timestamp import BadToken, read_token

TOKEN = (Path(__file__).parent / "vectors" / "token.tsr").read_bytes()
STAMPED = b"localhost/journal\n1\nAAAA\n"


def test_a_token_says_what_it_stamps_and_when() -> None:
    stamp = read_token(TOKEN)
    assert (stamp.algorithm, stamp.time) == ("sha256", "20261123050416Z")
    assert stamp.covers(STAMPED)
    assert not stamp.covers(STAMPED[:-1])


def test_a_refusal_is_no_token() -> None:
    granted = b"\x30\x03\x02\x01\x00"
    assert granted in TOKEN
    with pytest.raises(BadToken):
        read_token(TOKEN.replace(granted, b"\x30\x03\x02\x01\x02"))


def test_other_content_is_no_token() -> None:
    kind = bytes.fromhex("2a864886f70d0109100104")
    with pytest.raises(BadToken):
        read_token(TOKEN.replace(kind, kind[:-1] + b"\x05"))


def test_a_token_without_a_time_is_refused() -> None:
    at = TOKEN.index(b"20261123050416Z") - 2
    with pytest.raises(BadToken):
        read_token(TOKEN[:at] + b"\x16" + TOKEN[at + 1 :])


def test_an_unknown_hash_is_refused() -> None:
    sha_256 = bytes.fromhex("608648016503040201")
    with pytest.raises(BadToken):
        read_token(TOKEN.replace(sha_256, sha_256[:-1] + b"\x7f"))


def test_no_cut_and_no_flip_of_a_token_crashes() -> None:
    for place in range(len(TOKEN)):
        for damaged in (TOKEN[:place], TOKEN[:place] + bytes([TOKEN[place] ^ 0x81]) + TOKEN[place + 1 :]):
            try:
                read_token(damaged)
            except BadToken:
                continue
            assert len(damaged) == len(TOKEN)
