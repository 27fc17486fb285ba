"""Values that can be erased: the log keeps a digest, the salted value stands beside it (SD-JWT, RFC 9901)."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256
from typing import Any

from cocon.audit.canonical import NotCanonical, b64url, decode, encode, unb64url

SALT = 16

#: 32 bytes in Base64url: the last letter carries two bits only, so that sixteen of them exist.
DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class BadDisclosure(ValueError):
    """The text is not a disclosure."""


def seal(name: str, value: object) -> tuple[str, str]:
    """The digest that stands in the log for a value, and the disclosure that opens it."""
    disclosure = b64url(encode([b64url(secrets.token_bytes(SALT)), name, value]))
    return digest_of(disclosure), disclosure


def digest_of(disclosure: str) -> str:
    """The digest under which a disclosure stands in the log."""
    try:
        return b64url(sha256(disclosure.encode("ascii")).digest())
    except UnicodeEncodeError:
        raise BadDisclosure("a disclosure is ASCII") from None


def open_disclosure(disclosure: str) -> tuple[str, str, Any]:
    """The (salt, name, value) of a disclosure."""
    try:
        content = decode(unb64url(disclosure))
    except NotCanonical as error:
        raise BadDisclosure(str(error)) from None
    if not isinstance(content, list) or len(content) != 3:
        raise BadDisclosure("a disclosure is [salt, name, value]")
    salt, name, value = content
    if not isinstance(salt, str) or not isinstance(name, str) or not _is_salt(salt):
        raise BadDisclosure("a disclosure is [salt of 128 bits, name, value]")
    return salt, name, value


def _is_salt(text: str) -> bool:
    try:
        return len(unb64url(text)) == SALT
    except NotCanonical:
        return False
