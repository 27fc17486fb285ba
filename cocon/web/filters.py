"""Jinja filters: money, dates and percents as French public readers write them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from flask import Flask

from cocon.kernel import clock, money
from cocon.kernel.language import NBSP
from cocon.kernel.numbers import percents


def init_app(app: Flask) -> None:
    """Register the filters."""
    for name in (
        "date_short",
        "date_long",
        "moment",
        "hour",
        "percent",
        "since",
        "deadline",
        "day_or_month",
        "quantity",
        "capital",
    ):
        app.jinja_env.filters[name] = globals()[name]
    app.jinja_env.filters["money"] = money.euros
    app.jinja_env.filters["amount"] = money.amount


def _local(value: date | datetime | str) -> date | datetime:
    if isinstance(value, str):
        value = clock.unstamp(value) if "T" in value else date.fromisoformat(value)
    return value.astimezone(clock.PARIS) if isinstance(value, datetime) else value


def capital(text: str) -> str:
    """With a capital first letter, the rest as it is."""
    return f"{text}"[:1].upper() + f"{text}"[1:]


def date_short(value: date | datetime | str) -> str:
    """``15/11/2014``."""
    return f"{_local(value):%d/%m/%Y}"


def date_long(value: date | datetime | str) -> str:
    """``15 novembre 2014``, ``1er novembre 2014``."""
    return first(format_date(_local(value), "d MMMM y", locale="fr"))


def day_or_month(value: str) -> str:
    """``15 mars 2014`` from ``2014-03-15``, ``mars 2014`` from ``2014-03``."""
    if len(value) > len("2014-03"):
        return date_long(value)
    return format_date(date.fromisoformat(f"{value}-01"), "MMMM y", locale="fr")


def quantity(hundredths: int) -> str:
    """``1 250``, ``12,5``: a number held in hundredths, without useless zeros."""
    return money.amount(hundredths).rstrip("0").rstrip(",")


def hour(value: datetime | str) -> str:
    """``18 h 00``, in Paris."""
    local = _local(value)
    return f"{local:%-H}{NBSP}h{NBSP}{local:%M}"


def moment(value: datetime | str) -> str:
    """``mercredi 4 mars 2015, 18 h 00``, in Paris."""
    return f"{first(format_date(_local(value), 'EEEE d MMMM y', locale='fr'))}, {hour(value)}"


def first(text: str) -> str:
    """The first of a month as French writes it: ``1er``."""
    words = text.split(" ")
    return " ".join("1er" if word == "1" else word for word in words)


def percent(value: float) -> str:
    """``93,2 %`` from 0.932."""
    return f"{percents(value, 1)}".replace(".", ",") + f"{NBSP}%"


def since(value: date | datetime | str) -> str:
    """``aujourd’hui``, ``depuis 5 jours``."""
    days = (clock.today() - _day(value)).days
    if days <= 0:
        return "aujourd’hui"
    return "depuis hier" if days == 1 else f"depuis {days}{NBSP}jours"


def deadline(value: date | datetime | str) -> str:
    """``Demain``, ``Dans 3 jours``, ``En retard de 2 jours``."""
    days = (_day(value) - clock.today()).days
    near = {0: "Aujourd’hui", 1: "Demain", -1: "En retard d’un jour"}
    if days in near:
        return near[days]
    return f"Dans {days}{NBSP}jours" if days > 0 else f"En retard de {-days}{NBSP}jours"


def _day(value: Any) -> date:
    local = _local(value)
    return local.date() if isinstance(local, datetime) else local
