"""Texts, amounts and rows of a fiche as plain words that any document can print, and how two of them differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from cocon.actions import diff, words
from cocon.actions.changes import Cell, Number, Rows
from cocon.actions.models import Indicator
from cocon.kernel.language import NBSP, _, ngettext
from cocon.kernel.money import euros
from cocon.web.filters import quantity

#: What no document can carry: control characters, half of a pair, non-characters; and what turns the text around.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
#: The longest text printed; a longer one is cut, and says so.
LONGEST = 40_000
#: Lines printed of one text: laying out ten thousand takes half a minute.
MOST_LINES = 600


def printable(text: str) -> str:
    """The text with each character that cannot be printed made visible."""
    return _UNPRINTABLE.sub("\ufffd", text)


def told(text: str) -> str:
    """The text of a field, cut where it is too long to be laid out."""
    text = printable(text)
    short = "\n".join(text[:LONGEST].split("\n", MOST_LINES)[:MOST_LINES])
    if short != text:
        return short + str(_("\n\n[Texte coupé ici\u00a0: la suite se lit sur la page de la fiche.]"))
    return text or str(_("à compléter"))


def indicator(one: Indicator, years: Sequence[int]) -> list[str]:
    """An indicator as the cells of a row."""
    unknown = str(_("à compléter"))
    baseline = unknown
    if one.baseline is not None:
        baseline = quantity(one.baseline) + (f" ({one.baseline_year})" if one.baseline_year else "")
    return [
        printable(f"{one.code}{NBSP}: {one.label}" if one.code else one.label),
        str(words.INDICATOR_KIND[one.kind]),
        printable(one.unit) or unknown,
        baseline,
        *(quantity(one.targets[year]) if year in one.targets else unknown for year in years),
        printable(one.source) or unknown,
    ]


def rows_changed(rows: Rows) -> Iterator[str]:
    """The lines of a list that say something else, field by field, then those that came and went."""
    for row in rows.rows:
        label, said = str(rows.label), printable(row.said)
        if row.before is None:
            yield str(_("%(label)s, n°\u00a0%(n)s ajouté\u00a0: %(said)s", label=label, n=row.after, said=said))
        elif row.after is None:
            yield str(_("%(label)s, n°\u00a0%(n)s retiré\u00a0: %(said)s", label=label, n=row.before, said=said))
        else:
            yield from (_cell_changed(f"{label}, {printable(row.name)}", cell) for cell in row.cells)


def _cell_changed(label: str, cell: Cell) -> str:
    old, new = map(printable, cell.sides)
    by = f" ({cell.difference})" if isinstance(cell, Number) and cell.difference else ""
    return replaced(f"{label}, {str(cell.label).lower()}", old, new) + by


def replaced(label: str, before: str, after: str) -> str:
    """What a field said, and what it says."""
    nothing = str(_("(vide)"))
    return str(
        _(
            "%(label)s\u00a0: avant, %(before)s\u202f; après, %(after)s",
            label=label,
            before=before or nothing,
            after=after or nothing,
        )
    )


def difference(before: int | None, after: int | None) -> str:
    """By how much an amount changed, signed."""
    cents = (after or 0) - (before or 0)
    return f" ({'+' if cents > 0 else ''}{euros(cents)})" if cents else ""


def rewritten(before: str, after: str) -> str:
    """How many words came and went."""
    if not before.strip():
        return str(_("texte ajouté"))
    if not after.strip():
        return str(_("texte retiré"))
    count: Counter[str] = Counter()
    for piece in diff.compare(before, after):
        count[piece.kind] += len(piece.text.split())
    return str(
        _(
            "texte modifié (%(added)s, %(removed)s)",
            added=ngettext("%(num)s mot ajouté", "%(num)s mots ajoutés", count[diff.ADDED]),
            removed=ngettext("%(num)s mot retiré", "%(num)s mots retirés", count[diff.REMOVED]),
        )
    )
