"""The secretariat's forms on the structure of the plan; the form of a partner whose promise was left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Field, Form, HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.contracts.models import Contract, Objective
from cocon.contracts.queries import Branch
from cocon.funding import carrying, overruns, products
from cocon.funding.models import Resource
from cocon.kernel.language import NBSP, LazyString, _
from cocon.kernel.money import euros
from cocon.structure import queries
from cocon.structure.refusals import FicheUnknown, NothingNamed
from cocon.web.forms import Line, Text, VersionedForm, required, visible

TITLE = 200


def _offered(sentence: LazyString) -> Any:
    """The field holds one of its choices; ``sentence`` says to choose."""

    def check(_form: Form, field: Any) -> None:
        if not field.data or field.data not in dict(field.choices):
            raise StopValidation(str(sentence))

    return check


def _known_codes(form: Any, field: Field) -> None:
    found = {code: actions.id_of(code) for code in lines(field.data)[:50]}
    unknown = [code for code, action_id in found.items() if action_id is None]
    if unknown:
        raise StopValidation(str(FicheUnknown(visible(unknown[0])[:40])))
    form.other_ids = [action_id for action_id in dict.fromkeys(found.values()) if action_id]


def _short_titles(_form: Form, field: Field) -> None:
    if any(len(title) > TITLE for title in lines(field.data)):
        raise StopValidation(str(_("Un titre a 200 caractères au plus.")))


def lines(text: str | None) -> list[str]:
    """What was written, one answer a line."""
    return [" ".join(line.split()) for line in (text or "").splitlines() if line.strip()]


def _reason() -> Text:
    return Text(_("Pourquoi"), [required(_("Dites pourquoi\u202f: tous les partenaires le liront."))], maximum=2000)


class Boxes(SelectMultipleField):
    """Any of a list, as boxes to tick; the operation knows what exists."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class StructureForm(VersionedForm):
    """An act of the secretariat on a fiche, with its reason."""

    action: Action

    def offer(self, branches: Sequence[Branch], contracts: Sequence[Contract]) -> None:
        """Fill the lists of choices."""

    def ask_more(self) -> None:
        """Put the questions of the check page, to which the answers before lead."""

    @property
    def errs_on_check(self) -> bool:
        """Whether what is wrong was answered on the check page."""
        return any(field.errors for field in self if field.name in ("seen", "resources"))

    @property
    def asked(self) -> list[Field]:
        """The questions, without those that have no choice to offer for now and those of the check page."""
        aside = ("version", "among", "seen", "resources")
        return [
            field
            for field in self
            if field.name not in aside or (field.name == "among" and getattr(field, "choices", None))
        ]


class MoveForm(StructureForm):
    """Where the fiche goes."""

    place = SelectField(
        _("Nouvel axe et objectif"), [_offered(_("Choisissez l’axe, et son objectif quand il en a."))],
        validate_choice=False,
    )  # fmt: skip
    reason = _reason()
    seen = HiddenField()

    def ask_more(self) -> None:
        """The ceilings that the check page says to be exceeded."""
        axis_id = self._places[self.place.data][0]
        found = overruns.of_move(self.action.id, axis_id) if axis_id != self.action.axis_id else []
        self.seen.data = " ".join(one.mark for one in found)

    def offer(self, branches: Sequence[Branch], contracts: Sequence[Contract]) -> None:
        """The places of the contract: an axis that has objectives is chosen through one of them."""
        self._places = {}
        labels = {"": str(_("Choisir…"))}
        for branch in branches:
            under: Sequence[Objective | None] = branch.objectives or (None,)
            for objective in under:
                value = f"{branch.axis.number}.{objective.letter}" if objective else str(branch.axis.number)
                self._places[value] = (branch.axis.id, objective.id if objective else None)
                labels[value] = _place(branch, objective)
        self.place.choices = labels

    def facts(self) -> dict[str, Any]:
        axis_id, objective_id = self._places[self.place.data]
        said = {"axis_id": axis_id, "objective_id": objective_id, "reason": self.reason.data}
        return {**said, "seen": tuple((self.seen.data or "").split())}


def _place(branch: Branch, objective: Any) -> str:
    number, axis = branch.axis.number, branch.axis.title
    if objective is None:
        return str(_("Axe %(n)s, %(title)s", n=number, title=axis))
    return str(_("Axe %(n)s, objectif %(letter)s, %(title)s", n=number, letter=objective.letter, title=objective.title))


class MergeForm(StructureForm):
    """Which fiche stays."""

    other = Line(
        _("Fiche qui reste"), [required(_("Écrivez le code de la fiche qui reste, ou des mots de son titre."))]
    )
    among = RadioField(_("Fiches trouvées"), validate_choice=False)
    reason = _reason()
    resources = Boxes(
        _("Autres ressources à reprendre au plan de la fiche qui reste"), choices=(), validate_choice=False
    )
    seen = HiddenField()
    other_id: str | None = None
    hints: Mapping[str, LazyString] = {}
    barred: Sequence[str] = ()

    def ask_more(self) -> None:
        """Which of its resources the other fiche takes over: all, but those that it seems to have already."""
        if not self.other_id:
            return
        found = carrying.offers(self.action.id, self.other_id)
        self.resources.choices = {one.row.id: _resource(one.row) for one in found if not one.barred}
        if not self.resources.errors:
            self.resources.data = [one.row.id for one in found if one.proposed]
        self.hints = {one.row.id: _alike(one) for one in found if one.alike}
        self.barred = [_resource(one.row) for one in found if one.barred]
        self.seen.data = " ".join(one.mark for one in found)

    def validate_other(self, field: Field) -> None:
        """A code, or words of a title: then the fiche chosen among those found, whose code takes their place."""
        self.other_id = actions.id_of(field.data)
        if self.other_id is not None:
            return
        if actions.place_of(field.data.upper()):
            raise StopValidation(str(FicheUnknown(field.data)))
        found = {one.code: one for one in queries.named(field.data, self.action.id)}
        if not found:
            raise StopValidation(str(NothingNamed(field.data)))
        if self.among.data in found:
            field.data = self.among.data
            self.other_id = found[field.data].id
        else:
            self.among.choices = {code: f"{code}, {one.title}" for code, one in found.items()}

    def validate_among(self, field: Field) -> None:
        """One is chosen, even when a single one was found."""
        if self.among.choices:
            raise StopValidation(str(_("Choisissez la fiche parmi celles trouvées, ou changez les mots.")))

    def facts(self) -> dict[str, Any]:
        told = {"resources": tuple(self.resources.data or ()), "seen": tuple((self.seen.data or "").split())}
        return {"other_id": self.other_id, "reason": self.reason.data, **told}


def _resource(row: Resource) -> str:
    """``Fonds social, 74 Subventions, Fonds européens, 2014 : 500,00 €``."""
    said = f"{row.funder}, {products.named(row.account, row.body, row.gift)}, {row.year}"
    return f"{said}{NBSP}: {euros(row.amount)}"


def _alike(offer: carrying.Offer) -> LazyString:
    told = ", ".join(_resource(one) for one in offer.alike)
    return _("La fiche qui reste a déjà\u00a0: %(told)s. Ne la reprenez que si c’est un autre argent.", told=told)


class LinkForm(MergeForm):
    """Which fiche is related."""

    resources = None  # type: ignore[assignment] # WTForms: not a field any more
    seen = None  # type: ignore[assignment]

    other = Line(_("Autre fiche"), [required(_("Écrivez le code de l’autre fiche, ou des mots de son titre."))])
    among = RadioField(_("Fiches trouvées"), validate_choice=False)
    reason = _reason()

    def ask_more(self) -> None:
        """Nothing."""

    def facts(self) -> dict[str, Any]:
        return {"other_id": self.other_id, "reason": self.reason.data}


class SplitForm(StructureForm):
    """The titles of new fiches, the codes of those that exist."""

    titles = Text(_("Titres des nouvelles fiches, un par ligne"), [_short_titles], maximum=4000)
    others = Text(_("Codes de fiches qui existent déjà, un par ligne"), [_known_codes], maximum=1000)
    reason = _reason()
    other_ids: Sequence[str] = ()

    def facts(self) -> dict[str, Any]:
        return {"titles": lines(self.titles.data), "other_ids": self.other_ids, "reason": self.reason.data}


class LineageForm(StructureForm):
    """Which fiche of which earlier contract, and where it is written."""

    contract = SelectField(
        _("Contrat antérieur"), [_offered(_("Choisissez un des contrats antérieurs."))], validate_choice=False
    )
    label = Line(
        _("Intitulé de la fiche dans ce contrat"),
        [required(_("Écrivez l’intitulé de la fiche antérieure."))],
        maximum=300,
    )
    former_code = Line(_("Code ou numéro dans ce contrat"), maximum=40)
    source = Line(_("Source"), [required(_("Dites dans quel document cela est écrit."))], maximum=500)
    reason = _reason()

    def offer(self, branches: Sequence[Branch], contracts: Sequence[Contract]) -> None:
        """The contracts before the one in force."""
        self.contract.choices = {"": str(_("Choisir…")), **{one.id: one.title for one in contracts}}

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        return {"contract_id": facts.pop("contract"), **facts}


class EndForm(StructureForm):
    """Why a link is taken back."""

    reason = _reason()


class CarryForm(VersionedForm):
    """What becomes of a promise."""

    settlement = RadioField(
        _("Que devient votre contribution\u202f?"),
        [required(_("Dites si la contribution est reportée ou non."))],
        validate_choice=False,
    )
    reason = Text(_("Pourquoi elle n’est pas reportée"), maximum=2000)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.settlement.choices = {
            "carried": str(_("Nous l’avons annoncée sur la fiche qui reste")),
            "left": str(_("Nous ne la reportons pas")),
        }
