"""The counts beside the list, remembered by each process until the log grows.

Everything they count changes with an entry of the log only, but for what a deadline ends: what is remembered ends with
the next one. Counting over thousands of fiches costs ten times what the page itself does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from cocon.kernel import clock

Value = TypeVar("Value")
#: So many sets of counts, the latest used: some hundred bytes each.
MOST = 512


class Remembered(Generic[Value]):
    """Values by question, for one number of entries of the log at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries = -1
        self._kept: OrderedDict[Hashable, tuple[datetime, datetime | None, Value]] = OrderedDict()

    def find(self, entries: int, question: Hashable) -> Value | None:
        """What was answered when the log held as many entries, unless a deadline passed since."""
        now = clock.now()
        with self._lock:
            since, until, value = self._kept.get(question, (None, None, None))
            if self._entries != entries or since is None or now < since or (until is not None and until <= now):
                return None
            self._kept.move_to_end(question)
            return value

    def keep(self, entries: int, question: Hashable, value: Value, *, since: datetime, until: datetime | None) -> None:
        """Remember an answer; those of a shorter log are forgotten."""
        with self._lock:
            if entries < self._entries:
                return
            if entries > self._entries:
                self._kept.clear()
                self._entries = entries
            self._kept[question] = since, until, value
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
