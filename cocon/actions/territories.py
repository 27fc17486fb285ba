"""The official codes of the places where an action is led: what people type, and what no code looks like.

Communes, départements and régions by the code officiel géographique (INSEE), groupings by their SIREN. Only the form
of a code is judged: no list of places is kept here, and places merge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cocon.kernel.numbers import luhn

#: As long as some forty communes.
LONGEST = 300

#: ``38185`` or ``2A004`` (commune), ``38``, ``2A`` or ``974`` (département, région).
_PLACE = re.compile(r"(?:\d{2}|2[AB])(?:\d{3})?|97\d", re.ASCII)
_SIREN = re.compile(r"\d{9}", re.ASCII)


def codes(text: str) -> Sequence[str]:
    """The codes typed, apart from each other by commas, semicolons or spaces, each once."""
    return list(dict.fromkeys(code for code in re.split(r"[\s,;]+", text.upper()) if code))


def wrong(text: str) -> Sequence[str]:
    """Those that are no code."""
    return [code for code in codes(text) if not _is_code(code)]


def tidy(text: str) -> str:
    """As a fiche holds them: ``38185, 200040715``."""
    return ", ".join(codes(text))


def _is_code(code: str) -> bool:
    return _PLACE.fullmatch(code) is not None or (_SIREN.fullmatch(code) is not None and luhn(code))
