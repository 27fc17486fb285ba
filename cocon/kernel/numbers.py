"""Numbers that check themselves, those that say that they are fictional, and rates."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

#: No SIREN begins so: what does is fictional, and passes the check all the same.
FICTIONAL = "9999"
#: The one SIREN whose establishments are too many for the check digit (La Poste): their digits add up to fives.
POST_OFFICE = "356000000"

_accepted = True


def percents(rate: float, places: int) -> Decimal:
    """A rate in percents, with so many decimals; half a unit counts for one, as in law and in spreadsheets."""
    return (Decimal(repr(rate)) * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def luhn(number: str) -> bool:
    """Whether the last digit agrees with the others (ISO/IEC 7812, annex B), as in SIREN and SIRET."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_siret(number: str) -> bool:
    """Whether a number may be a SIRET: 14 digits, of which the first nine and all together pass the check."""
    if not re.fullmatch(r"[0-9]{14}", number):
        return False
    if number.startswith(POST_OFFICE):
        return luhn(number) or sum(map(int, number)) % 5 == 0
    return luhn(number[:9]) and luhn(number)


def is_rna(number: str) -> bool:
    """Whether a number may be that of an association in the national register."""
    return re.fullmatch(r"W[0-9]{9}", number) is not None


def is_fictional(number: str | None) -> bool:
    """Whether a SIRET, or the number of an association, belongs to a demonstration."""
    return number is not None and number.removeprefix("W").startswith(FICTIONAL)


def fictional_siret(rank: int) -> str:
    """A fictional SIRET that passes the check; a different one for each rank."""
    siren = _checked(f"{FICTIONAL}{rank:04d}")
    return _checked(f"{siren}0001")


def _checked(digits: str) -> str:
    return next(f"{digits}{last}" for last in range(10) if luhn(f"{digits}{last}"))


def accept_fictional(accepted: bool) -> None:
    """Production refuses what is fictional: said once, when the application is made."""
    global _accepted
    _accepted = accepted


def acceptable(number: str) -> bool:
    """Whether this installation takes the number: a fictional one in a demonstration only."""
    return _accepted or not is_fictional(number)
