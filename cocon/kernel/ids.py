"""Names of rows (UUIDv7, which are not secrets) and secret tokens."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from cocon.kernel import clock


def new_id() -> str:
    """A UUIDv7 (RFC 9562) in lower case: sortable by time, never reused, no secret."""
    millis = int(clock.now().timestamp() * 1000)
    value = (millis & (1 << 48) - 1) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return str(UUID(int=value | 0b10 << 62 | secrets.randbits(62)))


def new_token() -> str:
    """256 random bits for links, cookies and keys (ASVS 11.5.1 asks for 128)."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """The only form in which a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()
