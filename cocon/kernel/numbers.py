"""Numbers that check themselves."""

from __future__ import annotations


def luhn(number: str) -> bool:
    """Whether the last digit agrees with the others (ISO/IEC 7812, annex B), as in SIREN and SIRET."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
