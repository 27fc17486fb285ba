"""What a version brought, as a document tells it: since the previous adopted version, or since the first.

Named outside the seven usual files: it compares and words, where ``sheet`` lays out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cocon.actions import comparison, words
from cocon.actions import queries as actions
from cocon.actions.comparison import fact
from cocon.actions.models import SPARE_FACTS, TEXT_FIELDS
from cocon.actions.queries import Whole
from cocon.decisions import queries as decisions
from cocon.dossier import printing
from cocon.dossier.printing import printable
from cocon.kernel.language import NBSP, _
from cocon.web.filters import date_long

ADOPTED = ("adopted", "adopted_with_reserve")


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What the version brought since the previous adopted one, or since the first."""

    title: str
    since: str
    lines: Sequence[str]


def adoptions(lines: Sequence[decisions.Line]) -> Mapping[int, decisions.Line]:
    """The decisions that adopted a version, by its number."""
    return {line.version: line for line in lines if line.outcome in ADOPTED}


def changes(whole: Whole, lines: Sequence[decisions.Line]) -> Changes | None:
    """Since the previous adopted version, or the first one; nothing for the first one itself."""
    number = whole.version.number
    adoption = max(
        (line for version, line in adoptions(lines).items() if version < number),
        key=lambda line: line.version,
        default=None,
    )
    base = adoption.version if adoption else 1
    former = actions.whole(whole.action.id, base) if number > 1 else None
    if former is None:
        return None
    return Changes(
        title=_title(base, number, adoption),
        since=_since(base, number, adoption),
        lines=list(_differences(former, whole)) or [str(_("Aucun champ ne diffère."))],
    )


def _title(base: int, number: int, adoption: decisions.Line | None) -> str:
    """« au titre de » names one version: several brought their changes where others stand between."""
    if number == base + 1:
        return str(_("Modifications introduites au titre de la version %(number)s", number=number))
    if adoption is None or adoption.pronounced_at is None:
        return str(_("Modifications introduites depuis la version %(n)s", n=base))
    day = date_long(adoption.pronounced_at)
    return str(_("Modifications introduites depuis la version %(n)s (adoptée le %(day)s)", n=base, day=day))


def _since(base: int, number: int, adoption: decisions.Line | None) -> str:
    said = _("Depuis la version 1, première version publiée.")
    if adoption:
        said = _("Depuis la version %(n)s, adoptée par la décision n°\u00a0%(number)s.", n=base, number=adoption.number)
    if number == base + 1:
        return str(said)
    between = _("Ce sont celles des versions %(first)s à %(last)s, prises ensemble.", first=base + 1, last=number)
    return f"{said} {between}"


def _differences(former: Whole, whole: Whole) -> Iterator[str]:
    for label, before, after in (
        (words.FIELDS["title"], former.version.title, whole.version.title),
        (words.FIELDS["project_owner"], former.owner_name, whole.owner_name),
        (words.FIELDS["associated"], ", ".join(former.associated_names), ", ".join(whole.associated_names)),
        *((words.FIELDS[name], fact(former.version, name), fact(whole.version, name)) for name in SPARE_FACTS),
    ):
        if before != after:
            yield printing.replaced(str(label), printable(before), printable(after))
    for name in TEXT_FIELDS:
        before, after = getattr(former.version, name), getattr(whole.version, name)
        if before != after:
            yield f"{words.FIELDS[name]}{NBSP}: {printing.rewritten(before, after)}"
    for rows in comparison.lists(former, whole):
        yield from printing.rows_changed(rows)
    for name, costs in comparison.compare(former, whole).amounts.items():
        yield from (_amount_changed(name, cost) for cost in costs if cost.year)


def _amount_changed(name: str, cost: comparison.Cost) -> str:
    label = f"{words.FIELDS[name]}, {cost.label}" if cost.nature else f"{words.FIELDS[name]} {cost.label}"
    return printing.replaced(label, *cost.sides) + printing.difference(cost.before, cost.after)
