"""The secretariat's forms: an objective under an axis, the dates of a period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import Field, Form, RadioField
from wtforms.validators import StopValidation

from cocon.contracts.queries import Branch
from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Day, Line, Text, VersionedForm, required, visible


class LetterField(Line):
    """One letter, whatever its case."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = (self.data or "").strip().upper()

    def _value(self) -> str:
        return visible(str(self.raw_data[0])) if self.raw_data else super()._value()


def _one_letter(_form: Form, field: Field) -> None:
    if not (len(field.data) == 1 and "A" <= field.data <= "Z"):
        raise StopValidation(str(_("Écrivez une seule lettre, de A à Z.")))


class ObjectiveForm(BaseForm):
    """A new objective: its axis, its letter, its title."""

    axis = RadioField(_("Axe"), validate_choice=False)
    letter = LetterField(
        _("Lettre"),
        [required(_("Écrivez la lettre de l’objectif, de A à Z.")), _one_letter],
        description=_("Elle entre dans le code des fiches, par exemple 1.A.03, et ne change plus."),
    )
    title = Line(_("Intitulé"), [required(_("Écrivez l’intitulé de l’objectif."))], maximum=200)

    def offer(self, branches: Sequence[Branch]) -> None:
        """The axes to choose from."""
        titles = {str(branch.axis.number): branch.axis.title for branch in branches}
        self.axis.choices = {number: f"{number}. {title}" for number, title in titles.items()}
        self.offered = set(titles)

    def validate_axis(self, field: Field) -> None:
        """The axis must be one of the contract."""
        if field.data not in self.offered:
            raise StopValidation(str(_("Choisissez l’axe de l’objectif.")))

    def facts(self) -> dict[str, Any]:
        """The axis is the subject."""
        return {"letter": self.letter.data, "title": self.title.data}


class WindowForm(VersionedForm):
    """The dates of a period, and why they change."""

    opens_on = Day(_("Premier jour"), description=_("Laissez vide si la période est déjà ouverte."))
    closes_on = Day(_("Dernier jour"), description=_("Ce jour est compris. Laissez vide si la période ne finit pas."))
    reason = Text(
        _("Pourquoi ce changement\u202f?"),
        [required(_("Dites pourquoi\u202f: les partenaires liront ce motif."))],
        maximum=1000,
        description=_("Une ou deux phrases, lues par tous les partenaires et gardées dans l’historique."),
    )
