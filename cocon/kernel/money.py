"""Money is an integer number of euro cents, from the field on the screen to the database and back."""

from __future__ import annotations

import re

from cocon.kernel.language import NBSP, NNBSP

Cents = int

#: Marks that spreadsheets and web pages leave and nobody sees.
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u2060"))
#: The largest amount that a field accepts: ten billion euros, far below 2**53 - 1 cents.
CEILING: Cents = 10_000_000_000_00
LONGEST = 40

#: What officials write for a thousand or a million euros: ``12,5 k€``, with a comma or a point before decimals.
_SCALED = re.compile(
    r"(?P<sign>-?)(?P<whole>\d{1,3}(?: \d{3})+|\d{1,9})(?:[.,](?P<part>\d{1,6}))? ?(?P<scale>[kKM])€", re.ASCII
)
_SCALES = {"k": 1_000_00, "m": 1_000_000_00}
_FORM = re.compile(
    r"(?P<sign>-?)(?P<euros>\d{1,3}(?P<space>[ .])\d{3}(?:(?P=space)\d{3})*|\d+)(?:[.,](?P<cents>\d{1,2}))?", re.ASCII
)


class NotMoney(ValueError):
    """What was typed is not an amount in euros."""


def parse(text: str) -> Cents:
    """Read ``1 234,50 €``, ``1234.5``, ``1.234,50``, ``12,5 k€`` or ``€ 1 234`` with any space; raises NotMoney.

    Thousands are separated alike throughout: ``1 234.567`` is no amount, rather than one a thousand times too large.
    """
    plain = " ".join(text.translate(_UNSEEN).split()).replace("\u2212", "-")
    if len(plain) > LONGEST:
        raise NotMoney(text)
    scaled = _SCALED.fullmatch(plain)
    total, sign = _scaled(scaled) if scaled else _plain(plain)
    if total > CEILING:
        raise NotMoney(text)
    return -total if sign else total


def _plain(text: str) -> tuple[Cents, str]:
    """An amount in euros, its sign apart; the currency stands on either side."""
    match = _FORM.fullmatch(re.sub(r"^(?:€|EUR) ?|(?<!^) ?(?:€|EUR|euros?)$", "", text, count=1, flags=re.IGNORECASE))
    if not match:
        raise NotMoney(text)
    euros = int(re.sub(r"[ .]", "", match["euros"]))
    return euros * 100 + int((match["cents"] or "0").ljust(2, "0")), match["sign"]


def _scaled(match: re.Match[str]) -> tuple[Cents, str]:
    """An amount in thousands or millions, exact to the cent or none; ``1.234 k€`` may mean either, and is none."""
    part = match["part"] or ""
    cents, rest = divmod(int(match["whole"].replace(" ", "") + part) * _SCALES[match["scale"].lower()], 10 ** len(part))
    if rest or (len(part) == 3 and "." in match[0]):
        raise NotMoney(match[0])
    return cents, match["sign"]


def amount(cents: Cents) -> str:
    """``1 234,50`` with U+202F between thousands, and a minus sign that no line break follows."""
    sign = "\u2212" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{euros:,}".replace(",", NNBSP) + f",{rest:02d}"


def euros(cents: Cents) -> str:
    """``1 234,50 €`` with U+00A0 before the sign."""
    return f"{amount(cents)}{NBSP}€"
