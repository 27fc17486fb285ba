"""What an RFC 3161 token stamps and when. Its signature is for the authority's certificate to check, not for us."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

_SEQUENCE, _OCTETS, _OID, _TIME, _TAGGED = 0x30, 0x04, 0x06, 0x18, 0xA0
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_HASHES = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}


class BadToken(ValueError):
    """The bytes are not a granted time-stamp of a known kind."""


@dataclass(frozen=True)
class Stamp:
    """The digest that was stamped, its algorithm, and the time as the authority wrote it (``20141115100000Z``)."""

    algorithm: str
    digest: bytes
    time: str

    def covers(self, data: bytes) -> bool:
        """Whether the token stamps these bytes."""
        return hashlib.new(self.algorithm, data).digest() == self.digest


def read_token(response: bytes) -> Stamp:
    """The stamp inside a ``TimeStampResp`` (RFC 3161 section 2.4.2)."""
    try:
        return _stamp(response)
    except (ValueError, IndexError, KeyError):
        raise BadToken("not a granted RFC 3161 time-stamp") from None


def _stamp(response: bytes) -> Stamp:
    (reply,) = _values(response, _SEQUENCE)
    status, token = _values(reply, _SEQUENCE, _SEQUENCE)
    if status[:3] not in (b"\x02\x01\x00", b"\x02\x01\x01"):
        raise ValueError("not granted")
    _, signed = _values(token, _OID, _TAGGED)
    (signed_data,) = _values(signed, _SEQUENCE)
    content = next((value for tag, value in _items(signed_data) if tag == _SEQUENCE), b"")
    kind, wrapped = _values(content, _OID, _TAGGED)
    if kind != _TST_INFO:
        raise ValueError("not a time-stamp")
    (octets,) = _values(wrapped, _OCTETS)
    (info,) = _values(octets, _SEQUENCE)
    return _info(info)


def _info(info: bytes) -> Stamp:
    items = list(_items(info))
    algorithm, digest = _values(items[2][1], _SEQUENCE, _OCTETS)
    oid = next((value for tag, value in _items(algorithm) if tag == _OID), b"")
    if items[4][0] != _TIME:
        raise ValueError("no time")
    return Stamp(_HASHES[oid], digest, items[4][1].decode("ascii"))


def _values(data: bytes, *tags: int) -> list[bytes]:
    items = list(_items(data))
    if tuple(tag for tag, _ in items) != tags:
        raise ValueError("unexpected structure")
    return [value for _, value in items]


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        tag, length, position = data[position], data[position + 1], position + 2
        if length & 0x80:
            width = length & 0x7F
            length, position = int.from_bytes(data[position : position + width]), position + width
        if position + length > len(data):
            raise ValueError("cut short")
        yield tag, data[position : position + length]
        position += length
