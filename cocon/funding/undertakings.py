"""Facts about money bound over several years, and about the conditions that a funder asks.

Named outside the seven usual files: ``events`` says what is promised, proven and paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class _Years(Event):
    """What a partner binds over several years; amounts in cents."""

    phase = "funding"
    formal = True

    action_code: str
    amount: int
    former: int
    form: str = "cash"
    nature: str = ""


@dataclass(frozen=True, kw_only=True)
class YearsBound(_Years):
    """An authorisation was opened, with its credits year after year."""

    kind: ClassVar[str] = "funding.years-bound"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, une autorisation sur plusieurs années de {amount}{line} pour la "
        "fiche {code}, par {basis}."
    )


@dataclass(frozen=True, kw_only=True)
class YearsRevised(_Years):
    """Its amount, or what each year pays of it, changed."""

    kind: ClassVar[str] = "funding.years-revised"
    sentence = _(
        "{who} a révisé, au nom de {partner}, l’autorisation sur plusieurs années{line} pour la fiche {code}, de "
        "{former} à {amount}, par {basis}."
    )


@dataclass(frozen=True, kw_only=True)
class YearsUnbound(_Years):
    """Every year is voted for itself again."""

    kind: ClassVar[str] = "funding.years-unbound"
    sentence = _(
        "{who} a mis fin, au nom de {partner}, à l’autorisation sur plusieurs années{line} pour la fiche {code}, par "
        "{basis}."
    )


@dataclass(frozen=True, kw_only=True)
class ConditionSet(Event):
    """A partner asked something of its contribution."""

    kind: ClassVar[str] = "funding.condition-set"
    phase = "funding"
    formal = True
    sentence = _("{who} a posé, au nom de {partner}, une condition à sa contribution{line} à la fiche {code}.")

    action_code: str
    condition: str
    form: str = "cash"


@dataclass(frozen=True, kw_only=True)
class ConditionLifted(Event):
    """What was asked is met."""

    kind: ClassVar[str] = "funding.condition-lifted"
    phase = "funding"
    formal = True
    sentence = _("{who} a levé, au nom de {partner}, une condition de sa contribution{line} à la fiche {code}.")

    action_code: str
    condition: str
    lifted_on: date
    form: str = "cash"
