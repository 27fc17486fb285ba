"""From the course's facts to the text of a version, and to what a draft holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cocon.actions.models import SPARE_FACTS, SPARE_TEXTS, TEXT_FIELDS, Indicator, Milestone
from cocon.actions.operations import VersionFields
from cocon.contracts import queries as contracts
from cocon.kernel import money
from cocon.partners.models import Partner


def version_fields(fiche: dict[str, Any], partners: dict[str, Partner]) -> VersionFields:
    """The text of a fiche as its operation wants it; amounts in cents."""
    owner = fiche.get("project_owner")
    return VersionFields(
        title=fiche["title"],
        project_owner_id=partners[owner].id if owner else None,
        project_owner_name=fiche.get("project_owner_name"),
        associated=tuple(fiche["associated"]),
        costs=_costs(fiche),
        eligible=_by_year(fiche.get("eligible", ())),
        charges={
            (year, nature): cents
            for nature, amounts in fiche.get("charges", {}).items()
            for year, cents in _by_year(amounts).items()
        },
        milestones=[Milestone(due=due, title=title) for due, title in fiche.get("milestones", ())],
        indicators=[_indicator(row) for row in fiche.get("indicators", ())],
        **{name: fiche[name] for name in TEXT_FIELDS if name not in SPARE_TEXTS},
        **{name: fiche.get(name, "") for name in (*SPARE_TEXTS, *SPARE_FACTS)},
    )


def _indicator(row: dict[str, Any]) -> Indicator:
    """Quantities of the course are whole numbers; those of the text are hundredths."""
    targets = dict(zip(contracts.outline().years, row["targets"], strict=True))
    return Indicator(
        code=row["code"],
        label=row["label"],
        kind=row["kind"],
        unit=row["unit"],
        baseline=row["baseline"] * 100 if "baseline" in row else None,
        baseline_year=row.get("baseline_year"),
        targets={year: target * 100 for year, target in targets.items()},
        source=row["source"],
    )


def place(fiche: dict[str, Any]) -> dict[str, str]:
    """The axis and the objective."""
    objective = next(
        row for row in contracts.objectives() if (row.axis.number, row.letter) == (fiche["axis"], fiche["objective"])
    )
    return {"axis_id": objective.axis_id, "objective_id": objective.id}


def typed_fields(fiche: dict[str, Any]) -> dict[str, str | list[str]]:
    """What the form of a draft would have sent."""
    typed: dict[str, str | list[str]] = {
        "title": fiche["title"],
        "axis": f"{fiche['axis']}.{fiche['objective']}",
    }
    typed |= {name: fiche[name] for name in (*TEXT_FIELDS, *SPARE_FACTS) if name in fiche}
    typed |= {
        f"cost_{year}": money.amount(cents) for year, cents in (_costs(fiche) if "costs" in fiche else {}).items()
    }
    return typed


def _costs(fiche: dict[str, Any]) -> dict[int, int]:
    return _by_year(fiche["costs"])


def _by_year(euros: Sequence[float]) -> dict[int, int]:
    """Cents of the years of the contract; nothing at all when there is none."""
    return {year: round(one * 100) for year, one in zip(contracts.outline().years, euros, strict=bool(euros))}
