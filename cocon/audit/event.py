"""What an operation returns: a typed, frozen fact in the past participle, from which its log entry is made."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from cocon.kernel import clock
from cocon.kernel.language import LazyString

KIND = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")


@dataclass(frozen=True)
class Subject:
    """What the act is about."""

    type: str
    id: str
    version: int | None = None


@dataclass(frozen=True)
class Basis:
    """The legal basis of an act, for example a délibération."""

    act: str
    number: str
    date: date


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. Fields other than the ones below become the entry's ``facts``.

    ``about`` is the fiche the act belongs to, ``audience`` the partner key that alone may read its private values (both
    are facts too, where there are any), ``reason`` is written as a digest (it may be erased).
    """

    kind: ClassVar[str]
    #: How the entry reads: a sentence with ``{names}`` filled by ``sentences``.
    sentence: ClassVar[LazyString | str]
    #: The heading under which a fiche's history shows it.
    phase: ClassVar[str] = "life"
    #: True for positions, commitments and decisions: a receipt is given to the author.
    formal: ClassVar[bool] = False

    subject: Subject
    about: str | None = None
    audience: str | None = None
    reason: str | None = None
    basis: Basis | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kind" in cls.__dict__:
            if not KIND.fullmatch(cls.kind) or cls.kind in KINDS:
                raise TypeError(f"bad or repeated kind {cls.kind}")
            KINDS[cls.kind] = cls

    def facts(self) -> dict[str, Any]:
        """The act's own fields, in the log's types."""
        common = {item.name for item in dataclasses.fields(Event)}
        own = {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self) if f.name not in common}
        return own | {name: key for name, key in (("action", self.about), ("audience", self.audience)) if key}


KINDS: dict[str, type[Event]] = {}


def plain(value: Any) -> Any:
    """A value in the log's types: dates and instants as text, everything else as it is."""
    if isinstance(value, datetime):
        return clock.stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        raise TypeError("bytes never enter the log; write their SHA-256")
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value
