"""The disclosures that come with a bundle or a proof, each to be found again as a digest in its entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

from cocon.audit.canonical import NotCanonical, decode
from cocon.audit.disclosure import BadDisclosure, digest_of, open_disclosure
from cocon.audit.manifest import DISCLOSURES
from cocon.audit.shape import Wrong, is_sealed

COMPLETE, MATCHING = 2, 6


@dataclass(frozen=True, order=True)
class Claim:
    """A disclosure says: entry ``seq`` holds this digest under this name."""

    seq: int
    name: str
    digest: str


def read_line(line: bytes, number: int) -> tuple[int, str]:
    """The (seq, disclosure) of one line of ``disclosures.jsonl``; raises Wrong."""
    place = f"{DISCLOSURES} line {number}"
    if not line.endswith(b"\n"):
        raise Wrong(f"{place}: too long, or without end", COMPLETE)
    try:
        content = decode(line[:-1])
    except NotCanonical as error:
        raise Wrong(f"{place}: {error}", COMPLETE) from None
    if not isinstance(content, dict) or content.keys() != {"disclosure", "seq"}:
        raise Wrong(f"{place}: malformed", COMPLETE)
    seq, disclosure = content["seq"], content["disclosure"]
    if type(seq) is not int or not isinstance(disclosure, str):
        raise Wrong(f"{place}: malformed", COMPLETE)
    return seq, disclosure


def claim(seq: int, disclosure: str) -> Claim:
    """What a disclosure claims; raises Wrong when it is not one."""
    try:
        _, name, _ = open_disclosure(disclosure)
    except BadDisclosure as error:
        raise Wrong(f"entry {seq}: a disclosure cannot be opened: {error}", MATCHING) from None
    return Claim(seq, name, digest_of(disclosure))


def check_claims(claims: Iterable[Claim], entry: dict[str, Any]) -> None:
    """Every claim on an entry holds; raises Wrong."""
    digests = set(_digests(entry))
    for one in claims:
        if (one.name, one.digest) not in digests:
            raise Wrong(f"entry {one.seq}: no digest matches the disclosure of {one.name}", MATCHING)


def _digests(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from entry["sd"].items()
    for change in entry["changes"]:
        for side in (change["before"], change["after"]):
            for column, value in (side or {}).items():
                if is_sealed(value):
                    yield f"{change['table']}.{column}", value["sd"]


class Queue:
    """Claims in the order of their entries, taken as the entries go by. ``next_seq`` is the entry of the next one."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._claims = iter(claims)
        self._advance()

    def _advance(self) -> None:
        self._next = next(self._claims, None)
        self.next_seq = self._next.seq if self._next else inf

    def take(self, seq: int) -> list[Claim]:
        """The claims on an entry; those on an earlier one that were never taken come along."""
        taken = []
        while self._next is not None and self._next.seq <= seq:
            taken.append(self._next)
            self._advance()
        return taken
