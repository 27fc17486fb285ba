"""Values of the log as French readers write them: money, dates, states, personal values that may be erased."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from cocon.audit import words
from cocon.audit.shape import is_sealed
from cocon.kernel import clock, money
from cocon.kernel.language import NBSP, LazyString, _, ngettext
from cocon.web.filters import date_long, day_or_month, hour, quantity

ERASED = _("effacé")
#: A name that a message calls, as posting writes it.
_CALLED = re.compile(r"@\[([^\[\]\n]{1,300})\]")


def fact(name: str, facts: Mapping[str, Any]) -> str:
    """The value that a placeholder of a sentence stands for."""
    if name == "allotted":
        return _allotted(facts)
    if name in ("span", "target"):
        lead = "" if name == "span" else "target_"
        return _span(facts.get(f"{lead}year"), facts.get(f"{lead}axis"))
    if name == "rule":
        return str(
            _("ce que préparent ses contributeurs est validé par un représentant avant tout partage")
            if facts.get("validates")
            else _("ses contributeurs partagent et publient sans validation")
        )
    if name == "fiches":
        return str(ngettext("%(num)s fiche", "%(num)s fiches", int(facts["count"])))
    if name == "steps":
        return _steps(int(facts["count"]), str(facts.get("step")))
    value = facts.get("action_code" if name == "code" else name)
    return said(name, value, {}) or str(_("non précisé"))


def _steps(count: int, step: str) -> str:
    if step == "voted":
        return str(ngettext("%(num)s vote", "%(num)s votes", count))
    return str(ngettext("%(num)s versement", "%(num)s versements", count))


def _ceiling(facts: Mapping[str, Any]) -> str:
    return str(_("plafond à ne pas dépasser") if facts.get("hard") else _("sans plafond"))


def _allotted(facts: Mapping[str, Any]) -> str:
    """``2014, axe 2, plafond à ne pas dépasser``."""
    year, axis = facts.get("year"), facts.get("axis")
    where = _("%(year)s, axe %(axis)s", year=year, axis=axis) if axis else year
    return f"{where}, {_ceiling(facts)}"


def _span(year: Any, axis: Any) -> str:
    """``2014``, or ``2014 (axe 2)``."""
    return str(_("%(year)s (axe %(axis)s)", year=year, axis=axis)) if axis else str(year)


def said(name: str, value: Any, opened: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str | None:
    """A value of ``table.column`` (or of a fact) in words; None when there is none."""
    if is_sealed(value):
        value = opened.get(value["sd"], ERASED)
    if value is None:
        return None
    known = words.VALUES.get(name, {})
    if isinstance(value, str) and value in known:
        return str(known[value])
    if name in words.CENTS and type(value) is int:
        return money.euros(value)
    if name in words.HUNDREDTHS:
        return _quantities(value)
    if name.endswith((".due", ".starts", ".ends")) and isinstance(value, str) and value:
        return day_or_month(value)
    return _plainly(name, value, names or {})


def _quantities(value: int | Mapping[str, int]) -> str:
    if isinstance(value, int):
        return quantity(value)
    return ", ".join(f"{year}{NBSP}: {quantity(one)}" for year, one in sorted(value.items()))


def _plainly(name: str, value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return str(_("oui") if value else _("non"))
    if isinstance(value, list):
        between = "\u202f; " if any(isinstance(one, Mapping) for one in value) else ", "
        return between.join(_plainly(name, one, names) for one in value) or "–"
    if isinstance(value, Mapping):
        return _later_name(value)
    if isinstance(value, str | LazyString):
        return names.get(str(value), _written(name, str(value)))
    return str(value)


def _written(name: str, text: str) -> str:
    return _CALLED.sub(r"@\1", text) if name in words.MESSAGES else _moment(name, text)


def _later_name(value: Mapping[str, Any]) -> str:
    """A name that a partner takes later: ``Conseil départemental de l’Isère, dès mars 2015``."""
    if "name" not in value or not isinstance(value.get("from"), str):
        return "\u202f; ".join(f"{key}\u00a0: {one}" for key, one in value.items())
    day = _moment("from_on", value["from"])
    since = day.split(" ", maxsplit=1)[-1] if value.get("precision") == "month" else _("le %(day)s", day=day)
    return str(_("%(name)s, dès %(since)s", name=value["name"], since=since))


def _moment(name: str, text: str) -> str:
    if not name.endswith(("_on", "_at", "deadline")):
        return text
    try:
        if "T" in text:
            return str(_("%(day)s à %(hour)s", day=date_long(clock.unstamp(text)), hour=hour(text)))
        return date_long(date.fromisoformat(text))
    except ValueError:
        return text
