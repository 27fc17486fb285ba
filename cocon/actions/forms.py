"""The form of a fiche: raw while it is a draft, validated when it is shared or revised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, HiddenField, SelectField, SelectMultipleField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from cocon.actions import rows
from cocon.actions.models import TEXT_FIELDS
from cocon.actions.operations import VersionFields
from cocon.actions.queries import Whole
from cocon.actions.rows import MilestoneRow, Rows
from cocon.contracts.models import Objective
from cocon.contracts.queries import Outline
from cocon.kernel import money
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Refusal
from cocon.partners.models import Partner
from cocon.web.forms import BaseForm, Line, MoneyField, Text, VersionedForm, required

OTHER = "autre"


class Choice(SelectField):
    """One of a list; ``sentence`` says what to do when nothing fits."""

    def __init__(self, label: Any, sentence: Any, **kwargs: Any) -> None:
        super().__init__(label, validate_choice=False, **kwargs)
        self.sentence = sentence

    def pre_validate(self, form: Any) -> None:
        """Refuse what the list does not hold, and the empty line."""
        if not self.data or self.data not in {value for value, *_rest in self.iter_choices()}:
            raise StopValidation(str(self.sentence))


class Boxes(SelectMultipleField):
    """Any of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:
        """Refuse what the list does not hold."""
        if set(self.data or ()) - {value for value, *_rest in self.iter_choices()}:
            raise StopValidation(str(_("Choisissez parmi les partenaires signataires.")))


def _owner_named(form: Any, field: Field) -> None:
    if form.owner.data == OTHER and not field.data:
        raise StopValidation(str(_("Écrivez le nom de la structure qui porte l’action.")))


class FicheForm(VersionedForm):
    """What a fiche says. Costs are added for the years of the contract by ``for_years``."""

    title = Line(_("Titre"), [required(_("Donnez un titre à la fiche."))], maximum=200)
    context = Text(
        _("Contexte"), [required(_("Décrivez le contexte\u202f: à quel besoin l’action répond-elle\u202f?"))]
    )
    objectives = Text(_("Objectifs"), [required(_("Dites quels sont les objectifs de l’action."))])
    content = Text(_("Ce qui sera fait"), [required(_("Décrivez ce qui sera fait."))])
    audience = Text(_("Public"))
    territory = Text(_("Territoire"))
    calendar = Text(_("Calendrier"))
    milestones = Rows(_("Jalons"), MilestoneRow)
    results = Text(_("Résultats attendus"))
    owner = Choice(_("Porteur"), _("Choisissez qui porte l’action."))
    owner_name = Line(_("Nom de la structure"), [_owner_named], maximum=200)
    associated = Boxes(_("Partenaires associés"))

    years: tuple[int, ...] = ()

    def offer(self, partners: Sequence[Partner]) -> None:
        """Fill the lists of partners."""
        self.partner_ids = {partner.key: partner.id for partner in partners}
        self.names = {partner.key: partner.current_name for partner in partners} | {
            OTHER: str(_("Une autre structure"))
        }
        self.owner.choices = {"": str(_("Choisir…")), **self.names}
        self.associated.choices = {key: name for key, name in self.names.items() if key != OTHER}

    @property
    def cost_fields(self) -> list[Any]:
        """The fields of costs, one for each year."""
        return [self[f"cost_{year}"] for year in self.years]

    @property
    def total(self) -> Cents:
        """The sum of the costs that could be read."""
        return sum(field.data or 0 for field in self.cost_fields)

    def version_fields(self) -> VersionFields:
        """The text, ready for the operations."""
        other = self.owner.data == OTHER
        chosen = set(self.associated.data or ())
        return VersionFields(
            title=self.title.data or "",
            project_owner_id=None if other else self.partner_ids.get(self.owner.data),
            project_owner_name=self.owner_name.data if other else None,
            associated=[key for key in self.partner_ids if key in chosen],
            costs={year: self[f"cost_{year}"].data for year in self.years if self[f"cost_{year}"].data is not None},
            milestones=self.milestones.said,
            indicators=self["indicators"].said,
            **{name: self[name].data for name in TEXT_FIELDS},
        )


class DraftForm(FicheForm):
    """The form of a draft: the place in the contract is still open."""

    axis = Choice(_("Axe et objectif"), _("Choisissez l’axe du contrat, et son objectif quand il en a."))

    def offer_places(self, outline: Outline, objectives: Sequence[Objective]) -> None:
        """Fill the list of axes and objectives: an axis that has objectives is chosen through one of them."""
        self._places = dict(places(outline, objectives))
        labels = {value: label for value, (label, _axis, _objective) in self._places.items()}
        self.axis.choices = {"": str(_("Choisir…")), **labels}

    def facts(self) -> dict[str, Any]:
        """The facts of sharing."""
        _label, axis_id, objective_id = self._places[self.axis.data]
        return {"axis_id": axis_id, "objective_id": objective_id, "fields": self.version_fields()}

    def refuse(self, refusal: Refusal) -> None:
        """An objective is chosen with its axis."""
        refusal.field = "axis" if refusal.field == "objective" else refusal.field
        super().refuse(refusal)


class RevisionForm(FicheForm):
    """The form of a new version: the same text, and what changes. ``shown`` is the version that the page showed."""

    summary = Line(_("En une phrase, ce qui change et pourquoi"), [required(_("Dites en une phrase ce qui change."))])
    shown = HiddenField()

    def facts(self) -> dict[str, Any]:
        """The facts of publishing."""
        revision = self.version.data or ""
        return {
            "revision": int(revision) if revision.isascii() and revision.isdigit() else -1,
            "summary": self.summary.data,
            "fields": self.version_fields(),
        }


class StartForm(BaseForm):
    """The two first questions of a new draft, neither of which is compulsory."""

    title = Line(_("Titre"))
    axis = SelectField(_("Axe et objectif"), validate_choice=False)

    def offer_places(self, outline: Outline, objectives: Sequence[Objective]) -> None:
        """Fill the list of axes and objectives."""
        labels = {value: label for value, (label, _axis, _objective) in places(outline, objectives)}
        self.axis.choices = {"": str(_("Choisir plus tard")), **labels}


class WithdrawForm(VersionedForm):
    """Why a fiche is withdrawn."""

    reason = Text(
        _("Pourquoi retirer cette fiche\u202f?"), [required(_("Dites pourquoi la fiche est retirée."))], maximum=2000
    )


def places(outline: Outline, objectives: Sequence[Objective]) -> Iterator[tuple[str, tuple[str, str, str | None]]]:
    """Where a fiche can go: (value, (label, axis id, objective id)), in the order of the contract."""
    for axis in outline.axes:
        under = [objective for objective in objectives if objective.axis_id == axis.id]
        if not under:
            yield str(axis.number), (str(_("Axe %(n)s, %(title)s", n=axis.number, title=axis.title)), axis.id, None)
        for one in under:
            label = _("Axe %(n)s, objectif %(letter)s, %(title)s", n=axis.number, letter=one.letter, title=one.title)
            yield f"{axis.number}.{one.letter}", (str(label), axis.id, one.id)


@lru_cache
def draft_form(years: tuple[int, ...]) -> type[DraftForm]:
    """The form of a draft, with a cost for each year."""
    return type("DraftForm", (DraftForm,), _costs(years))


@lru_cache
def revision_form(years: tuple[int, ...]) -> type[RevisionForm]:
    """The form of a new version, with a cost for each year."""
    return type("RevisionForm", (RevisionForm,), _costs(years))


def _costs(years: tuple[int, ...]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        f"cost_{year}": MoneyField(_("Coût en %(year)s", year=year), [_not_negative]) for year in years
    }
    fields["indicators"] = Rows(_("Indicateurs prévus"), rows.indicator_row(years))
    return {**fields, "years": years, "__doc__": "With the years of the contract."}


def _not_negative(_form: Any, field: Field) -> None:
    if field.data is not None and field.data < 0:
        raise StopValidation(str(_("Un coût ne peut être négatif.")))


def typed(form: type[FicheForm], sent: MultiDict[str, str]) -> dict[str, str | list[str]]:
    """What was typed in each field of the form, as it was."""
    asked = [field for field in form(sent) if field.name not in ("version", "associated")]
    plain = {field.name: sent.get(field.name, "") for field in asked if not isinstance(field, Rows)}
    several = {
        f"{asking.name}-{place}-{field.short_name}": str(field.raw_data[0]) if field.raw_data else ""
        for asking in asked
        if isinstance(asking, Rows)
        for place, row in enumerate(asking.filled)
        for field in row
    }
    return plain | several | {"associated": sent.getlist("associated")}


def values(whole: Whole) -> dict[str, Any]:
    """The data of a form that says what a version says."""
    version = whole.version
    owner = version.project_owner.key if version.project_owner else OTHER
    costs = {f"cost_{year}": cents for year, cents in whole.costs.items()}
    texts = {name: getattr(version, name) for name in ("title", *TEXT_FIELDS)}
    guests = [partner.key for partner in whole.associated]
    texts |= {name: [rows.data_of(row.said) for row in getattr(version, name)] for name in ("milestones", "indicators")}
    return {**texts, **costs, "owner": owner, "owner_name": version.project_owner_name or "", "associated": guests}


@dataclass(frozen=True)
class Clash:
    """What somebody else changed meanwhile: fields taken from them, and theirs to read beside mine."""

    theirs: Mapping[str, str]
    taken: Sequence[str] = ()
    current: Whole | None = None


def reconcile(form: RevisionForm, base: Whole | None, current: Whole) -> Clash:
    """Merge, field by field, what was typed on ``base`` into the current text; what both changed is left to choose."""
    before, now = _saying(form, base), _saying(form, current)
    taken, beside = [], {}
    for field in _compared(form):
        old, new, mine = (_typed_in(one[field.name]) for one in (before, now, form))
        if new in (old, mine):
            continue
        if mine == old:
            field.process(None, values(current).get(field.name, ""))
            field.raw_data = None
            taken.append(str(field.label.text))
        else:
            beside[field.name] = _readable(form, field.name, now[field.name])
    return Clash(beside, taken, current)


def _saying(form: FicheForm, whole: Whole | None) -> FicheForm:
    """A form like this one that says what a version says; an empty one without version."""
    return type(form)(data=values(whole) if whole else {})


def differences(form: DraftForm, saved: DraftForm) -> Clash:
    """What a colleague saved in the draft that differs from what was typed."""
    pairs = ((field, saved[field.name]) for field in _compared(form))
    return Clash({mine.name: _raw(saved, theirs) for mine, theirs in pairs if _typed_in(mine) != _typed_in(theirs)})


def _compared(form: FicheForm) -> Iterator[Any]:
    return (field for field in form if field.name not in ("version", "shown", "summary"))


def _typed_in(field: Any) -> Any:
    """The value of a field, or what was typed when it is no value."""
    if isinstance(field, Rows):
        return field.told or None
    return field.raw_data if field.process_errors else _plain(field.data)


def _raw(form: FicheForm, field: Any) -> str:
    return str(field.raw_data[0]) if field.process_errors else _readable(form, field.name, field)


def _plain(value: Any) -> Any:
    value = sorted(value) if isinstance(value, list | tuple) else value
    return None if value in ("", []) else value


def _readable(form: FicheForm, name: str, field: Any) -> str:
    value = field.told if isinstance(field, Rows) else field.data
    if value in (None, "", []):
        return str(_("(vide)"))
    if name.startswith("cost_"):
        return money.euros(value)
    if name in ("owner", "axis"):
        return str(getattr(form, name).choices.get(value, value))
    return ", ".join(form.names.get(key, key) for key in value) if name == "associated" else str(value)
