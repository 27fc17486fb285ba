"""Why an act on the structure of the plan is refused."""

from __future__ import annotations

from cocon.kernel.language import LazyString, _, ngettext
from cocon.kernel.refusal import Refusal


class FicheUnknown(Refusal):
    """No fiche bears that code."""

    field = "other"

    def __init__(self, code: str, field: str | None = None) -> None:
        super().__init__(_("Aucune fiche ne porte le code «\u00a0%(code)s\u00a0».", code=code), field)


class NothingNamed(Refusal):
    """What was typed is no code, and no fiche in force holds these words."""

    field = "other"

    def __init__(self, text: str) -> None:
        super().__init__(
            _(
                "Aucune fiche ne porte le code «\u00a0%(text)s\u00a0», et aucune autre fiche en vigueur ne contient "
                "ces mots.",
                text=text,
            )
        )


class SameFiche(Refusal):
    """A fiche has no link with itself."""

    field = "other"
    sentence = _("C’est la fiche elle-même\u202f: indiquez le code d’une autre.")


class OtherGone(Refusal):
    """The other fiche was withdrawn or merged."""

    field = "other"

    def __init__(self, code: str, state: LazyString | str, field: str | None = None) -> None:
        super().__init__(
            _(
                "La fiche %(code)s est «\u00a0%(state)s\u00a0»\u202f: choisissez une fiche en vigueur.",
                code=code,
                state=state,
            ),
            field,
        )


class SamePlace(Refusal):
    """The fiche is there already."""

    field = "place"
    sentence = _("La fiche est déjà à cet endroit du contrat.")


class CeilingsUnseen(Refusal):
    """The move exceeds ceilings of partners that nobody was told of."""

    field = "place"
    sentence = _(
        "Ce déplacement dépasserait des plafonds de partenaires qui ne vous ont pas été montrés ainsi\u00a0: vérifiez "
        "de nouveau avant de confirmer."
    )


class UnderConsultation(Refusal):
    """What partners are deciding on is not changed beside them."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "La fiche %(code)s est en consultation\u202f: prononcez d’abord la décision. "
                "Ce que les partenaires sont en train de décider ne change pas entre-temps.",
                code=code,
            )
        )


class AlreadyLinked(Refusal):
    """The link is there."""

    field = "other"

    def __init__(self, code: str, field: str | None = None) -> None:
        super().__init__(_("Un lien avec la fiche %(code)s est déjà indiqué.", code=code), field)


class NothingToSplit(Refusal):
    """A split makes or names at least one fiche."""

    field = "titles"
    sentence = _("Écrivez le titre d’au moins une nouvelle fiche, ou le code d’une fiche qui existe déjà.")


class TooManyParts(Refusal):
    """A split is reviewed by people."""

    field = "titles"

    def __init__(self, most: int) -> None:
        super().__init__(
            ngettext("%(num)s fiche au plus à la fois.", "%(num)s fiches au plus à la fois.", most),
        )


class NobodyToHandOver(Refusal):
    """A draft belongs to somebody."""

    field = "titles"

    def __init__(self, partner: str) -> None:
        super().__init__(
            _(
                "Personne ne peut aujourd’hui préparer de fiche pour %(partner)s\u202f: donnez d’abord un mandat.",
                partner=partner,
            )
        )


class NotEarlier(Refusal):
    """A fiche follows one of an earlier contract of the reference data."""

    field = "contract"
    sentence = _("Choisissez un des contrats antérieurs.")


class Ended(Refusal):
    """It was ended meanwhile."""

    sentence = _("Ce lien est déjà retiré.")


class AlreadySettled(Refusal):
    """The partner said it once."""

    sentence = _("Votre organisation a déjà indiqué ce que devient cette contribution.")


class SettlementNeeded(Refusal):
    """One of the two."""

    field = "settlement"
    sentence = _("Dites si la contribution est reportée ou non.")


class NotCarried(Refusal):
    """A promise is carried by promising it."""

    field = "settlement"

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "Votre organisation n’a pas encore de contribution sur la fiche %(code)s\u202f: "
                "annoncez-la d’abord, puis revenez l’indiquer ici.",
                code=code,
            )
        )


class ReasonNeeded(Refusal):
    """Leaving a promise says why."""

    field = "reason"
    sentence = _("Dites pourquoi la contribution n’est pas reportée.")
