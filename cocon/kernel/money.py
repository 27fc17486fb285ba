"""Money is an integer number of euro cents, from the field on the screen to the database and back."""

from __future__ import annotations

import re

from cocon.kernel.language import NBSP, NNBSP

Cents = int

#: The largest amount that a field accepts: ten billion euros, far below 2**53 - 1 cents.
CEILING: Cents = 10_000_000_000_00
LONGEST = 40

_FORM = re.compile(
    r"(?P<sign>-?)(?P<euros>\d{1,3}(?P<space>[ .])\d{3}(?:(?P=space)\d{3})*|\d+)(?:[.,](?P<cents>\d{1,2}))?", re.ASCII
)


class NotMoney(ValueError):
    """What was typed is not an amount in euros."""


def parse(text: str) -> Cents:
    """Read ``1 234,50 €``, ``1234.5``, ``1.234,50`` with any space; raises NotMoney.

    Thousands are separated alike throughout: ``1 234.567`` is no amount, rather than one a thousand times too large.
    """
    plain = " ".join(text.split()).replace("\u2212", "-")
    match = _FORM.fullmatch(re.sub(r" ?(?:€|EUR|euros?)$", "", plain, flags=re.IGNORECASE))
    if not match or len(plain) > LONGEST:
        raise NotMoney(text)
    euros = int(re.sub(r"[ .]", "", match["euros"]))
    cents = int((match["cents"] or "0").ljust(2, "0"))
    total = euros * 100 + cents
    if total > CEILING:
        raise NotMoney(text)
    return -total if match["sign"] else total


def amount(cents: Cents) -> str:
    """``1 234,50`` with U+202F between thousands, and a minus sign that no line break follows."""
    sign = "\u2212" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{euros:,}".replace(",", NNBSP) + f",{rest:02d}"


def euros(cents: Cents) -> str:
    """``1 234,50 €`` with U+00A0 before the sign."""
    return f"{amount(cents)}{NBSP}€"
