"""What an auditor asks for: filters of the log, and how far to export."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import DateField, Field, Form, IntegerField
from wtforms.validators import Optional, StopValidation

from cocon.audit.queries import Wanted
from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Line

LARGEST = 2**31 - 2
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)


def _within_reach(_form: Form, field: Field) -> None:
    """The calendar of Python ends with the year 9999, and its midnight in Paris before."""
    if field.data is not None and not FIRST <= field.data <= LAST:
        raise StopValidation(
            str(_("Cette date est trop lointaine, elle n’est pas prise en compte\u202f: vérifiez l’année."))
        )


def _ordered(form: Any, field: Field) -> None:
    if field.data and form.du.data and field.data < form.du.data:
        raise StopValidation(str(_("Cette date vient avant celle du début\u202f: elle n’est pas prise en compte.")))


class FilterForm(BaseForm):
    """Filters of ``/audit``; what cannot be read is said and ignored."""

    partenaire = Line(_("Partenaire"), maximum=60)
    personne = Line(_("Personne"), maximum=120)
    acte = Line(_("Type d’acte"), maximum=80)
    fiche = Line(_("Code de la fiche"), maximum=20)
    du = DateField(_("Du"), [Optional(), _within_reach])
    au = DateField(_("Au"), [Optional(), _within_reach, _ordered])

    @classmethod
    def names(cls) -> set[str]:
        """The names of the filters in an address."""
        return set(cls()._fields)

    def wanted(self) -> Wanted:
        """What is to be looked for."""
        self.validate()
        said: dict[str, Any] = {name: None if field.errors else field.data for name, field in self._fields.items()}
        return Wanted(
            partner=said["partenaire"] or None,
            person=said["personne"] or None,
            kind=said["acte"] or None,
            code=(said["fiche"] or "").upper() or None,
            since=said["du"],
            until=said["au"],
        )


def _a_number(_form: Form, field: Field) -> None:
    if field.data is not None and not 0 <= field.data <= LARGEST:
        raise StopValidation(str(_("Écrivez le numéro d’une entrée.")))


class ExportForm(BaseForm):
    """The last entry exported; all of them when empty."""

    until = IntegerField(_("Jusqu’à l’entrée n°"), [Optional(), _a_number])
