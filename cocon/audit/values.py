"""Values of the log as French readers write them: money, dates, states, personal values that may be erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cocon.audit import words
from cocon.audit.shape import is_sealed
from cocon.kernel import clock, money
from cocon.kernel.language import LazyString, _, ngettext
from cocon.web.filters import date_long, hour

ERASED = _("effacé")


def fact(name: str, facts: Mapping[str, Any]) -> str:
    """The value that a placeholder of a sentence stands for."""
    if name == "ceiling":
        return str(_("plafond à ne pas dépasser") if facts.get("hard") else _("sans plafond"))
    if name == "fiches":
        return str(ngettext("%(num)s fiche", "%(num)s fiches", int(facts["count"])))
    value = facts.get("action_code" if name == "code" else name)
    return said(name, value, {}) or str(_("non précisé"))


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
    return _plainly(name, value, names or {})


def _plainly(name: str, value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return str(_("oui") if value else _("non"))
    if isinstance(value, list):
        return ", ".join(_plainly(name, one, names) for one in value) or "–"
    if isinstance(value, str | LazyString):
        return names.get(str(value), _moment(name, str(value)))
    return str(value)


def _moment(name: str, text: str) -> str:
    if not name.endswith(("_on", "_at", "deadline")):
        return text
    try:
        if "T" in text:
            return str(_("%(day)s à %(hour)s", day=date_long(clock.unstamp(text)), hour=hour(text)))
        return date_long(date.fromisoformat(text))
    except ValueError:
        return text
