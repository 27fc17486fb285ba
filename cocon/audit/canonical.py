"""The bytes of the log: RFC 8785 restricted to ASCII keys, NFC text, 53-bit integers and no floats.

Also the spellings that stand beside it: instants, and Base64 that is refused unless it re-encodes to itself.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from unicodedata import is_normalized

import orjson

from cocon.kernel import clock

LARGEST = 2**53 - 1

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


class NotCanonical(ValueError):
    """The value has no canonical form, or the bytes are not it."""


def encode(value: object) -> bytes:
    """The canonical bytes of a value."""
    check(value)
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except TypeError as error:
        raise NotCanonical(f"no canonical form: {error}") from None


def decode(data: bytes) -> Any:
    """The value of canonical bytes; anything that does not re-encode to itself is refused."""
    value = parse(data)
    check(value)
    return value


def parse(data: bytes) -> Any:
    """``decode`` but for floats and keys that are not ASCII, which are left for the caller to refuse.

    Whoever checks the keys and types of what comes out anyway saves half of the time.
    """
    try:
        value = orjson.loads(data)
        again = orjson.dumps(value, option=_OPTIONS)
    except (ValueError, TypeError) as error:
        raise NotCanonical(f"not JSON of 53-bit integers: {error}") from None
    if again != data:
        raise NotCanonical("not in canonical form")
    if b"\\u0000" in data or not (data.isascii() or _is_nfc_throughout(data.decode())):
        check(value)
    return value


def _is_nfc_throughout(text: str) -> bool:
    """What is NFC as a whole is NFC in all its parts. The reverse may fail next to an escape."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return is_normalized("NFC", text)
    return True  # nothing below U+0300 composes, and finding that out so is twenty times faster


def check(root: object) -> None:
    """Raise NotCanonical unless the value has a canonical form."""
    waiting: list[Iterable[object]] = [(root,)]
    while waiting:
        for value in waiting.pop():
            if isinstance(value, str):
                if "\0" in value or not (value.isascii() or is_normalized("NFC", value)):
                    raise NotCanonical("a string holds U+0000 or is not in Unicode NFC")
            elif isinstance(value, int):
                if not -LARGEST <= value <= LARGEST:
                    raise NotCanonical("an integer has more than 53 bits")
            elif value is not None:
                waiting.append(_inside(value))


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        for key in value:
            if type(key) is not str or not key.isascii() or "\0" in key:
                raise NotCanonical("a key is not an ASCII string")
        return value.values()
    if isinstance(value, list | tuple):
        return value
    raise NotCanonical(f"no canonical form for {type(value).__name__}")


def instant(moment: datetime) -> str:
    """An aware instant as the log writes it: ``2014-11-15T10:00:00.000000Z``."""
    if moment.tzinfo is None:
        raise NotCanonical("an instant without time zone")
    return clock.stamp(moment)


def b64(data: bytes) -> str:
    """Base64 (RFC 4648 section 4), with padding."""
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """What ``b64`` encoded; any other spelling of it is refused."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotCanonical("not Base64") from None
    if b64(data) != text:
        raise NotCanonical("Base64 that does not re-encode to itself")
    return data


def b64url(data: bytes) -> str:
    """Base64url (RFC 4648 section 5), without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64url(text: str) -> bytes:
    """What ``b64url`` encoded; any other spelling of it is refused."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotCanonical("not Base64url") from None
    if b64url(data) != text:
        raise NotCanonical("Base64url that does not re-encode to itself")
    return data
