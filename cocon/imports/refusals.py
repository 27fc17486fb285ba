"""Why a spreadsheet is not taken."""

from __future__ import annotations

from cocon.kernel.language import LazyString, _, ngettext
from cocon.kernel.money import Cents, euros
from cocon.kernel.refusal import Refusal


class Unreadable(Refusal):
    """The file cannot be read as a spreadsheet; the sentence says why and what to do."""

    field = "file"


class NothingToImport(Refusal):
    """Every line was left out."""

    sentence = _("Aucune ligne n’est à reprendre.")


class StillWrong(Refusal):
    """All or nothing: one wrong cell keeps every line out."""

    def __init__(self, count: int) -> None:
        super().__init__(
            ngettext(
                "Il reste %(num)s point à corriger dans le fichier\u202f: aucune fiche n’a été créée.",
                "Il reste %(num)s points à corriger dans le fichier\u202f: aucune fiche n’a été créée.",
                count,
            )
        )


class AlreadyMade(Refusal):
    """The drafts of this file exist."""

    sentence = _("Les brouillons de ce fichier sont déjà créés.")


class TitleColumnNeeded(Refusal):
    """A fiche has a title."""

    sentence = _("Dites quelle colonne contient le titre des fiches.")


class ColumnNeeded(Refusal):
    """A step is of an amount, of a year, of a fiche."""

    def __init__(self, label: LazyString | str) -> None:
        super().__init__(_("Dites quelle colonne contient «\u00a0%(label)s\u00a0».", label=label))


class AlreadyRecorded(Refusal):
    """The lines of this file were recorded."""

    sentence = _("Les lignes de ce fichier sont déjà enregistrées.")


class ColumnTwice(Refusal):
    """A field comes from one column."""

    def __init__(self, label: LazyString | str) -> None:
        super().__init__(
            _("Deux colonnes sont indiquées pour «\u00a0%(label)s\u00a0»\u202f: gardez-en une.", label=label)
        )


class Incomplete(Refusal):
    """A draft lacks what sharing needs."""

    def __init__(self, titles: list[str]) -> None:
        shown = ", ".join(f"«\u00a0{title}\u00a0»" for title in titles[:5])
        super().__init__(
            ngettext(
                "Un brouillon n’est pas complet\u00a0: %(shown)s. Aucune fiche n’a été partagée.",
                "%(num)s brouillons ne sont pas complets\u00a0: %(shown)s. Aucune fiche n’a été partagée.",
                len(titles),
                shown=shown,
            )
        )


class NothingToShare(Refusal):
    """The drafts were shared or abandoned one by one."""

    sentence = _("Il n’y a plus de brouillon de cet import à partager.")


class StepsWrong(Refusal):
    """All or nothing: one wrong line keeps every other out."""

    def __init__(self, count: int) -> None:
        super().__init__(
            ngettext(
                "Il reste %(num)s point à corriger dans le fichier\u202f: rien n’a été enregistré.",
                "Il reste %(num)s points à corriger dans le fichier\u202f: rien n’a été enregistré.",
                count,
            )
        )


class VotedMeanwhile(Refusal):
    """The vote of a line would replace one that its author did not see."""

    def __init__(self, amount: Cents, act: str) -> None:
        super().__init__(
            _(
                "Depuis votre vérification, le vote de cette contribution est devenu celui de %(amount)s (acte n°\u00a0"
                "%(act)s). Relisez ce que votre ligne remplace, puis enregistrez de nouveau.",
                amount=euros(amount),
                act=act,
            )
        )


class LineRefused(Refusal):
    """Something changed since the lines were checked."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(_("Ligne %(line)s\u00a0: %(why)s Rien n’a été enregistré.", line=line, why=why))
