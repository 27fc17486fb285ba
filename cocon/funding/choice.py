"""What a reader of the matrix chose to see: a level, an axis, an objective, a funder, and what lies behind a total.

Named outside the seven usual files: the matrix, its drill-down and its files read the same choice from an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any
from uuid import UUID

from cocon.contracts.queries import AxisLine, outline
from cocon.funding.awaiting import DECISION, LISTED
from cocon.funding.words import CASH, FORMS
from cocon.kernel.language import LazyString, _
from cocon.partners.models import Partner

#: The levels by the word of their address: the amount of a tranche, how it is called, what a funder does of it.
LEVELS: dict[str, tuple[str, LazyString, LazyString]] = {
    "prevu": ("amount", _("montants prévus"), _("Total prévu")),
    "inscrit": ("inscribed", _("montants inscrits au contrat"), _("Total inscrit")),
    "credits": ("credited", _("crédits inscrits aux budgets"), _("Total des crédits")),
    "vote": ("voted", _("montants votés"), _("Total voté")),
    "convention": ("contracted", _("montants conventionnés"), _("Total conventionné")),
    "engage": ("engaged", _("montants engagés"), _("Total engagé")),
    "verse": ("paid", _("montants versés"), _("Total versé")),
}
FIRST = "prevu"
#: The word of an address for the fiches under no objective.
UNDER_NONE = "aucun"
LACKING = "manque"
ALL = "toutes"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A level, and which contributions: None where all are. ``letter`` is empty for the fiches under no objective.

    ``action_id``, ``year`` and ``form`` narrow the matrix to one of its totals, ``awaited`` to what waits for a step.
    ``reserved`` is what an envelope holds: of the fiches that are no more, what was paid on them.
    """

    level: str = FIRST
    axis: AxisLine | None = None
    letter: str | None = None
    partner: Partner | None = None
    lacking: bool = False
    action_id: str | None = None
    year: int | None = None
    form: str = CASH
    awaited: str | None = None
    reserved: bool = False

    @property
    def column(self) -> str:
        """The amount of a tranche that is added up."""
        return LEVELS[self.level][0]

    @property
    def amounts(self) -> LazyString:
        """What the amounts are called."""
        return _("montants qui restent à voter") if self.undecided else LEVELS[self.level][1]

    @property
    def total(self) -> LazyString:
        """What stands above their total."""
        return LEVELS[self.level][2]

    @property
    def planned(self) -> bool:
        """Whether the amounts are those that partners plan."""
        return self.level == FIRST

    @property
    def undecided(self) -> bool:
        """Whether what is added up is what was planned and no act gives yet."""
        return self.awaited == DECISION

    @property
    def narrowed(self) -> bool:
        """Whether some fiches or funders are left out of the matrix."""
        return bool(self.axis or self.partner or self.lacking)

    @property
    def args(self) -> dict[str, Any]:
        """The choice as an address says it."""
        said = {
            "etape": None if self.planned else self.level,
            "axe": self.axis.number if self.axis else None,
            "objectif": UNDER_NONE if self.letter == "" else self.letter,
            "partenaire": self.partner.key if self.partner else None,
            "lignes": LACKING if self.lacking else None,
            "fiche": self.action_id,
            "annee": self.year,
            "forme": None if self.form == CASH else self.form,
            "attente": self.awaited,
            "fiches": ALL if self.reserved else None,
        }
        return {name: value for name, value in said.items() if value is not None}


EVERYTHING = Choice()
#: What an address says of the matrix itself, and of one of its totals.
NARROWING = ("etape", "axe", "objectif", "partenaire", "lignes")
NAMES = (*NARROWING, "fiche", "annee", "forme", "attente", "fiches")


def of_matrix(asked: Mapping[str, str], signatories: Sequence[Partner]) -> Choice:
    """What an address asks of the matrix; what it says wrongly is not asked."""
    axis = next((one for one in outline().axes if str(one.number) == asked.get("axe")), None)
    return Choice(
        level=asked["etape"] if asked.get("etape") in LEVELS else FIRST,
        axis=axis,
        letter=_letter(asked.get("objectif")) if axis else None,
        partner=next((one for one in signatories if one.key == asked.get("partenaire")), None),
        lacking=asked.get("lignes") == LACKING,
    )


def of_total(asked: Mapping[str, str], signatories: Sequence[Partner]) -> Choice | None:
    """The total that an address asks for; None when it says anything wrongly, since another sum would be shown."""
    matrix = of_matrix(asked, signatories)
    years = {str(year): year for year in outline().years}
    form = asked.get("forme")
    choice = Choice(
        level=matrix.level,
        axis=matrix.axis,
        letter=matrix.letter,
        partner=matrix.partner,
        lacking=matrix.lacking,
        action_id=_identifier(asked.get("fiche")),
        year=years.get(asked.get("annee", "")),
        form=form if form in FORMS else CASH,
        awaited=asked.get("attente") if asked.get("attente") in LISTED else None,
        reserved=asked.get("fiches") == ALL,
    )
    heard = {name: str(value) for name, value in choice.args.items()}
    said = {name: asked[name] for name in NAMES if asked.get(name)}
    defaults = {"etape": FIRST, "forme": CASH}
    return choice if {**defaults, **heard} == {**defaults, **said} else None


def _letter(said: str | None) -> str | None:
    if said == UNDER_NONE:
        return ""
    return said if said and len(said) == 1 and said in ascii_uppercase else None


def _identifier(said: str | None) -> str | None:
    try:
        return str(UUID(said)) if said else None
    except ValueError:
        return None
