"""Why an act about a fiche is refused."""

from __future__ import annotations

from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Refusal


class AxisUnknown(Refusal):
    """The contract has no such axis."""

    field = "axis"
    sentence = _("Choisissez un axe du contrat.")


class ObjectiveNeeded(Refusal):
    """The axis has objectives: the fiche belongs to one of them."""

    field = "objective"
    sentence = _("Choisissez un objectif de cet axe.")


class OwnerNeeded(Refusal):
    """Exactly one project owner: a partner or another body."""

    field = "owner"
    sentence = _("Indiquez qui porte l’action\u202f: un partenaire, ou le nom d’une autre structure.")


class FicheOver(Refusal):
    """The fiche was withdrawn or merged while its next version was being prepared."""

    def __init__(self, code: str, *, merged: bool) -> None:
        super().__init__(
            _(
                "La fiche %(code)s a été fusionnée dans une autre\u202f: sa nouvelle version ne peut plus être "
                "enregistrée ni publiée.",
                code=code,
            )
            if merged
            else _(
                "La fiche %(code)s a été retirée\u202f: sa nouvelle version ne peut plus être enregistrée ni publiée.",
                code=code,
            )
        )


class PartnerUnknown(Refusal):
    """An associated partner is not a signatory."""

    field = "associated"
    sentence = _("Un des partenaires associés n’est pas signataire du contrat.")


class CostOutside(Refusal):
    """A cost is negative or concerns a year that the contract does not cover."""

    sentence = _("Le coût prévisionnel s’écrit en euros, pour les exercices du contrat seulement.")


class ChargesUnsound(Refusal):
    """Charges of a year that do not make its cost, or of no known nature; a part for subsidies above the cost."""

    sentence = _(
        "Le coût d’une année est la somme de son détail par nature, et la dépense subventionnable ne le dépasse pas."
    )


class AidUnsound(Refusal):
    """A regime of State aid is named where none is received, or the answer is no known one."""

    field = "state_aid"
    sentence = _("Un régime d’aide est nommé\u202f: dites aussi que l’action relève d’une aide d’État.")


class SpanUnsound(Refusal):
    """The beginning or the end is no date, or the end precedes the beginning."""

    field = "ends"
    sentence = _("La fin de l’action précède son début\u202f: corrigez l’une des deux dates.")


class CodesUnsound(Refusal):
    """What was typed is no official code of a place."""

    field = "territory_codes"
    sentence = _(
        "Écrivez des codes de communes (38185), de départements (38) ou des numéros SIREN de groupements (200040715), "
        "sans espace dans un code, séparés par des virgules."
    )


class PlanUnsound(Refusal):
    """A milestone without date or title, an indicator without code, label or known kind, a target outside the years."""

    sentence = _(
        "Un jalon a une date et un titre\u202f; un indicateur a un code, un intitulé, un type, et des cibles pour les "
        "exercices du contrat."
    )


class NothingChanged(Refusal):
    """A version that says the same as the former one is no version."""

    sentence = _("Rien n’a changé par rapport à la version en cours\u202f: il n’y a rien à publier.")


class InConsultation(Refusal):
    """A fiche under consultation is withdrawn by the outcome, not beside it."""

    sentence = _(
        "Cette fiche est en consultation. Pour la retirer, demandez au secrétariat d’en prononcer le retrait "
        "à l’issue de la consultation."
    )


class Inscribed(Refusal):
    """What was decided together is not undone alone."""

    sentence = _(
        "Cette fiche est inscrite au contrat par une décision commune. Pour la retirer, demandez au secrétariat "
        "d’ouvrir une nouvelle consultation."
    )


class MoveRefused(Refusal):
    """The table of states has no such move."""

    def __init__(self, former: LazyString | str, wanted: LazyString | str) -> None:
        super().__init__(
            _(
                "Cette fiche est «\u00a0%(former)s\u00a0»\u202f: elle ne peut pas devenir «\u00a0%(wanted)s\u00a0».",
                former=former,
                wanted=wanted,
            )
        )
