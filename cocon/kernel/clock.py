"""The one clock. Everything that asks for the time asks here, so that simulated time is a matter of one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

_today: date | None = None
_instant: ContextVar[datetime | None] = ContextVar("simulated_instant", default=None)


def pretend_today(day: date | None) -> None:
    """Replace the date of the clock for the whole process; the time of day keeps running."""
    global _today
    _today = day


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Hold the clock at ``instant`` (aware) inside the block."""
    token = _instant.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _instant.reset(token)


def now() -> datetime:
    """The current instant, aware, in UTC."""
    held = _instant.get()
    if held is not None:
        return held
    real = datetime.now(UTC)
    if _today is None:
        return real
    local = real.astimezone(PARIS)
    return datetime.combine(_today, local.time(), tzinfo=PARIS).astimezone(UTC)


def today() -> date:
    """The date in Europe/Paris, which is the contract's legal time."""
    return now().astimezone(PARIS).date()


def stamp(moment: datetime) -> str:
    """An instant as the log and the tables write it: UTC, microseconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def unstamp(text: str) -> datetime:
    """The aware UTC instant that ``stamp`` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def end_of_day(day: date) -> datetime:
    """The last second of a day in Paris: a deadline given as a date includes that day."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=PARIS).astimezone(UTC)
