"""Disclosures: salted, strict, and digested as RFC 9901 says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocon.audit.canonical import b64url, encode
from cocon.audit.disclosure import DIGEST, BadDisclosure, digest_of, open_disclosure, seal


def test_the_published_digest() -> None:
    """RFC 9901 section 4.2.3: the family name Möbius."""
    published = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert digest_of(published) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


@pytest.mark.parametrize("value", ["Jeanne Émeri", "", None, 12, ["a", {"b": True}]])
def test_what_is_sealed_opens(value: Any) -> None:
    digest, disclosure = seal("person.name", value)
    salt, name, opened = open_disclosure(disclosure)
    assert (name, opened) == ("person.name", value)
    assert digest == digest_of(disclosure)
    assert DIGEST.fullmatch(digest)
    assert re.fullmatch(r"[\w-]{22}", salt)


def test_the_same_value_never_seals_twice_alike() -> None:
    assert len({seal("reason", "identique")[0] for _ in range(100)}) == 100


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_has_the_form_of_one(value: bytes) -> None:
    assert DIGEST.fullmatch(b64url(value))


SALT = b64url(bytes(16))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        encode([SALT, "name"]),
        encode([SALT, "name", "value", "more"]),
        encode([SALT, 1, "value"]),
        encode([1, "name", "value"]),
        encode([b64url(bytes(15)), "name", "value"]),
        encode([SALT + "==", "name", "value"]),
        b'["' + SALT.encode() + b'", "name","value"]',
        b'["' + SALT.encode() + b'","name",1.5]',
        b"\xff",
    ],
)
def test_what_is_no_disclosure_is_refused(content: bytes) -> None:
    with pytest.raises(BadDisclosure):
        open_disclosure(b64url(content))


def test_disclosures_have_one_spelling() -> None:
    _, disclosure = seal("reason", "motif")
    for other in (disclosure + "=", disclosure + "\n", disclosure[:-1], "é"):
        with pytest.raises(BadDisclosure):
            open_disclosure(other)
    with pytest.raises(BadDisclosure):
        digest_of("é")
