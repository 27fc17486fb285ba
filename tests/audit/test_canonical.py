"""One value, one spelling: three encoders agree on the subset, and everything outside it is refused."""

from __future__ import annotations

import json
import random
import string
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cocon.audit.canonical import NotCanonical, b64, b64url, decode, encode, instant, unb64, unb64url

LARGEST = 2**53 - 1

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).map(
    lambda text: unicodedata.normalize("NFC", text)
)
keys = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=10)


@settings(max_examples=300, deadline=None)
@given(documents)
@example({"\x1f": "\x7f\u2028\ud7ff", "\n": '"\\/', "é".encode().hex(): "É\U0001f600", "A": [], "a": {}})
def test_three_encoders_give_the_same_bytes(document: Any) -> None:
    agree_on(document)


def test_three_encoders_give_the_same_bytes_for_thousands_of_documents() -> None:
    chance = random.Random(8785)
    for _ in range(10_000):
        agree_on(random_value(chance, 4))


def random_value(chance: random.Random, depth: int) -> Any:
    """Hypothesis finds the odd cases; this finds many, a hundred times faster."""
    kind = chance.randrange(8 if depth else 5)
    if kind >= 5:
        inner = [random_value(chance, depth - 1) for _ in range(chance.randrange(6))]
        return inner if kind == 5 else {random_text(chance, 0x80): value for value in inner}
    if kind == 4:
        return chance.randint(-LARGEST, LARGEST) >> chance.randrange(53)
    return (None, chance.random() < 0.5, random_text(chance, 0x300), random_text(chance, 0x110000))[kind]


def random_text(chance: random.Random, limit: int) -> str:
    points = [chance.randrange(1, limit) for _ in range(chance.randrange(9))]
    text = "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)
    return unicodedata.normalize("NFC", text)


def agree_on(document: Any) -> None:
    ours = encode(document)
    assert ours == rfc8785.dumps(document)
    assert ours == orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    assert ours == json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert decode(ours) == document


def test_whatever_decodes_encodes_to_the_same_bytes() -> None:
    chance = random.Random(4648)
    decoded = 0
    for _ in range(5000):
        spelled = bytearray(encode(random_value(chance, 3)))
        spelled[chance.randrange(len(spelled))] = chance.choice(b'0123456789.eE-+[]{}:,"\\ \n\x00\xff abz')
        try:
            value = decode(bytes(spelled))
        except NotCanonical:
            continue
        decoded += 1
        assert (
            encode(value)
            == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            == bytes(spelled)
        )
    assert 500 < decoded < 4500


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        0.0,
        float("nan"),
        {"a": [1, {"b": 2.0}]},
        2**53,
        -(2**53),
        [2**64],
        {"é": 1},
        {"\0": 1},
        {1: "a"},
        "a\0b",
        "e\u0301",
        ["\ud800"],
        b"bytes",
        {"a": datetime(2014, 11, 15, tzinfo=UTC)},
        {"a": {1, 2}},
        type,
    ],
    ids=repr,
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        encode(value)


def test_nesting_has_an_end() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(NotCanonical):
        encode(deep)
    with pytest.raises(NotCanonical):
        decode(b"[" * 5000 + b"]" * 5000)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b' {"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1.5}',
        b"1.5",
        b"[1e3]",
        b"-0",
        b"01",
        b"9007199254740992",
        b"123456789012345678901234567890",
        b"NaN",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\u0000"',
        b'"\\ud800"',
        b'"e\xcc\x81"',
        b'{"\xc3\xa9":1}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"True",
        b'"a\tb"',
    ],
    ids=repr,
)
def test_bytes_in_any_other_spelling_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        decode(data)


class Stage(StrEnum):
    """An enumeration is its stable string."""

    ANNOUNCED = "announced"


def test_kinds_of_text_and_number_are_taken_as_such() -> None:
    assert encode({"stage": Stage.ANNOUNCED, "pair": (1, True)}) == b'{"pair":[1,true],"stage":"announced"}'


def test_instants_are_utc_with_microseconds() -> None:
    paris = timezone(timedelta(hours=1))
    assert instant(datetime(2014, 11, 15, 11, tzinfo=paris)) == "2014-11-15T10:00:00.000000Z"
    with pytest.raises(NotCanonical):
        instant(datetime(2014, 11, 15))  # noqa: DTZ001 - the very thing that is refused


@given(st.binary(max_size=70))
def test_base64_comes_back(data: bytes) -> None:
    assert unb64(b64(data)) == unb64url(b64url(data)) == data
    assert "=" not in b64url(data)


@pytest.mark.parametrize("text", ["AB==", "AA", "AA=", "AA==\n", "A A=", "A", "é", "AA==AA==", "-_8="])
def test_base64_in_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        unb64(text)


@pytest.mark.parametrize("text", ["AB", "AA==", "AA\n", "+/8", "A", "é", "AAAAA"])
def test_base64url_in_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        unb64url(text)


def test_no_two_spellings_of_one_byte() -> None:
    letters = string.ascii_letters + string.digits + "-_"
    accepted = [first + second for first in letters for second in letters if _opens(first + second)]
    assert len(accepted) == 256


def _opens(text: str) -> bool:
    try:
        unb64url(text)
    except NotCanonical:
        return False
    return True
