"""Fields of what is typed about other resources.

Named outside the seven usual files: with the other forms of money it would be too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import StopValidation

from cocon.contracts.queries import outline
from cocon.funding import misstated, products, words
from cocon.funding.forms import YearlyForm, typed
from cocon.funding.grid import REASON
from cocon.funding.resources import Stated
from cocon.kernel.language import _
from cocon.web.forms import Line, MoneyField, Text, clean, required


class _Choice(SelectField):
    """One of a few answers; the first, where it is empty, is no answer yet."""

    def __init__(self, label: Any, answers: Mapping[str, Any], *, none: Any = None, **kwargs: Any) -> None:
        offered = [SelectChoice(value, said) for value, said in {**({"": none} if none else {}), **answers}.items()]
        super().__init__(label, choices=offered, coerce=clean, validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse what the list does not hold."""
        if (self.data or "") not in {value for value, *_rest in self.iter_choices()}:
            raise StopValidation(str(_("Choisissez parmi les réponses proposées.")))


class ResourceForm(YearlyForm):
    """What a fiche receives in a year from who signs nothing."""

    account = _Choice(_("Compte"), products.ACCOUNTS, none=_("Choisir"))
    body = _Choice(_("Organisme qui donne"), products.BODIES, none=_("Sans objet"))
    gift = _Choice(_("Apport en nature"), products.GIFTS, none=_("Sans objet"))
    funder = Line(_("Financeur ou origine"), [required(misstated.FunderNeeded.sentence)], maximum=200)
    year = SelectField(_("Année"), coerce=clean, validate_choice=False)
    amount = MoneyField(_("Montant"), [typed])
    nature = _Choice(
        _("Ce qu’elle paie"), {name: word for name, word in words.NATURES.items() if name}, default=words.OPERATING
    )
    standing = _Choice(_("Où elle en est"), products.STATUSES, default="planned")
    note = Text(_("Remarque"), maximum=REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year.choices = [SelectChoice(str(year), str(year)) for year in outline().years]

    def validate_account(self, field: Field) -> None:
        """One of them."""
        if not field.data:
            raise StopValidation(str(_("Choisissez le compte de la ressource.")))

    def validate_body(self, field: Field) -> None:
        """A subsidy is some body's."""
        if self.account.data == products.SUBSIDY and not field.data:
            raise StopValidation(str(misstated.BodyNeeded.sentence))

    def validate_gift(self, field: Field) -> None:
        """What is given in kind is one of three."""
        if self.account.data == products.IN_KIND and not field.data:
            raise StopValidation(str(misstated.GiftNeeded.sentence))

    def validate_year(self, field: Field) -> None:
        """A year of the contract."""
        if field.data not in map(str, outline().years):
            raise StopValidation(str(_("Cet exercice n’est pas couvert par le contrat.")))

    def validate_amount(self, field: Field) -> None:
        """More than nothing."""
        if field.data is not None and field.data <= 0:
            raise StopValidation(str(misstated.AmountNeeded.sentence))

    def facts(self) -> dict[str, Any]:
        said = {name: self[name].data for name in ("account", "funder", "amount", "nature", "note")}
        said |= {name: self[name].data or "" for name in ("body", "gift")}
        return {"stated": Stated(year=int(self.year.data), status=self.standing.data, **said)}


class ResourceWithdrawalForm(YearlyForm):
    """Why a resource counts no more."""

    reason = Text(_("Motif du retrait"), [required(misstated.ReasonNeeded.sentence)], maximum=REASON)

    def facts(self) -> dict[str, Any]:
        return {"reason": self.reason.data}
