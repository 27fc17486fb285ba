"""Completing a signatory that no source names in full."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wtforms import Field, Form, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import StopValidation

from cocon.kernel.language import _
from cocon.kernel.numbers import luhn
from cocon.partners.models import Partner
from cocon.partners.queries import DEPARTEMENTS, KINDS
from cocon.web.forms import Line, VersionedForm, required, visible

#: What a territorial signatory can be.
TERRITORIAL = (
    "departement",
    "metropole",
    "communaute_urbaine",
    "communaute_d_agglomeration",
    "communaute_de_communes",
    "commune",
    "pays_syndicat_mixte",
    "pnr_syndicat_mixte",
    "syndicat_mixte",
)
NAMELESS = _("Écrivez le nom complet de la collectivité.")


class SirenField(Line):
    """Digits, typed with or without spaces."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = re.sub(r"[\s.]", "", self.data or "")

    def _value(self) -> str:
        return visible(str(self.raw_data[0])) if self.raw_data else super()._value()


def _letters(_form: Form, field: Field) -> None:
    if not re.search(r"[^\W\d_]{2}", field.data or ""):
        raise StopValidation(str(NAMELESS))


def _siren(_form: Form, field: Field) -> None:
    if not field.data:
        return
    if not re.fullmatch(r"[0-9]{9}", field.data):
        raise StopValidation(str(_("Écrivez les 9 chiffres du numéro SIREN, par exemple 213\u202f801\u202f855.")))
    if not luhn(field.data):
        raise StopValidation(str(_("Ce numéro SIREN contient une erreur de frappe\u202f: vérifiez ses 9 chiffres.")))


class OneOf(SelectField):
    """One of a list, or nothing yet."""

    def __init__(self, label: Any, labels: Mapping[str, Any], **kwargs: Any) -> None:
        offered = {"": _("À compléter"), **labels}
        choices = [SelectChoice(value, text) for value, text in offered.items()]
        super().__init__(label, choices=choices, validate_choice=False, **kwargs)
        self.offered = frozenset(offered)

    def pre_validate(self, form: Any) -> None:
        """Refuse what the list does not hold."""
        if (self.data or "") not in self.offered:
            raise StopValidation(str(_("Choisissez dans la liste.")))


class IdentityForm(VersionedForm):
    """The identity of a signatory, as the signed contract gives it."""

    name = Line(
        _("Nom officiel"),
        [required(NAMELESS), _letters],
        maximum=200,
        description=_("Tel qu’il figure sur l’exemplaire signé du contrat."),
    )
    kind = OneOf(_("Nature"), {kind: KINDS[kind] for kind in TERRITORIAL})
    siren = SirenField(
        _("Numéro SIREN"),
        [_siren],
        maximum=20,
        description=_("9 chiffres, par exemple 213\u202f801\u202f855. Laissez vide si vous ne le connaissez pas."),
    )
    siret = SirenField(
        _("Numéro SIRET"),
        maximum=24,
        description=_("14 chiffres, ceux du siège. Laissez vide si vous ne le connaissez pas."),
    )
    departement = OneOf(_("Département"), {code: f"{code} {name}" for code, name in DEPARTEMENTS.items()})

    def ask_only(self, partner: Partner) -> None:
        """Leave out what is established."""
        if partner.complete:
            for name in {"name", "kind", "siren", "siret", "departement"}.difference(partner.unknown):
                del self[name]

    def facts(self) -> dict[str, Any]:
        """What was left empty stays to be completed."""
        return {name: value or None for name, value in super().facts().items()}


class ChainForm(VersionedForm):
    """Whether a representative validates what contributors prepare."""

    validates = RadioField(
        _("Qui partage ce que préparent vos contributeurs\u202f?"),
        choices=[
            SelectChoice("oui", _("Un représentant, titulaire ou suppléant, après l’avoir validé")),
            SelectChoice("non", _("Les contributeurs eux-mêmes, sans validation")),
        ],
        validate_choice=False,
    )

    def validate_validates(self, field: Field) -> None:
        """One of the two."""
        if field.data not in {"oui", "non"}:
            raise StopValidation(str(_("Choisissez l’une des deux règles.")))

    def facts(self) -> dict[str, Any]:
        """The rule."""
        return {"validates": self.validates.data == "oui"}
