"""The form of a fiche: raw while it is a draft, validated when it is shared or revised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, SelectField, SelectMultipleField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from cocon.actions import costing, rows, territories, words
from cocon.actions.costing import Answers, CostForm
from cocon.actions.models import SPARE_FACTS, TEXT_FIELDS
from cocon.actions.operations import VersionFields, ends_early
from cocon.actions.queries import Whole
from cocon.actions.refusals import CodesUnsound, SpanUnsound
from cocon.actions.rows import DueField, MilestoneRow, Rows
from cocon.actions.sections import AMOUNTS, SECTIONS, Section, Typed, question, section_of
from cocon.contracts.models import Objective
from cocon.contracts.queries import Outline
from cocon.kernel import money
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Refusal
from cocon.partners.models import Partner
from cocon.web.forms import FAR_TOO_LONG, BaseForm, Line, Text, VersionedForm, required

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


def _not_before_start(form: Any, field: Field) -> None:
    if ends_early(form.starts.data or "", field.data or ""):
        raise StopValidation(str(SpanUnsound.sentence))


def _codes(_form: Any, field: Field) -> None:
    if territories.wrong(field.data or ""):
        raise StopValidation(str(CodesUnsound.sentence))


class FicheForm(CostForm):
    """What a fiche says."""

    title = Line(_("Titre"), [required(_("Donnez un titre à la fiche."))], maximum=200)
    context = Text(
        _("Contexte"), [required(_("Décrivez le contexte\u202f: à quel besoin l’action répond-elle\u202f?"))]
    )
    objectives = Text(_("Objectifs"), [required(_("Dites quels sont les objectifs de l’action."))])
    content = Text(_("Ce qui sera fait"), [required(_("Décrivez ce qui sera fait."))])
    coordination = Text(_("Articulation avec d’autres dispositifs"))
    audience = Text(_("Public"))
    territory = Text(_("Territoire"))
    territory_codes = Line(_("Codes géographiques"), [_codes], maximum=territories.LONGEST)
    starts = DueField(_("Début de l’action"))
    ends = DueField(_("Fin de l’action"), [_not_before_start])
    calendar = Text(_("Calendrier"))
    milestones = Rows(_("Jalons"), MilestoneRow)
    deliverables = Text(_("Livrables"))
    results = Text(_("Résultats attendus"))
    evaluation = Text(_("Modalités d’évaluation"))
    risks = Text(_("Risques"))
    owner = Choice(_("Porteur"), _("Choisissez qui porte l’action."))
    owner_name = Line(_("Nom de la structure"), [_owner_named], maximum=200)
    delegate = Line(_("Maître d’ouvrage délégué"), maximum=200)
    associated = Boxes(_("Partenaires associés"))

    indicators: Rows

    def offer(self, partners: Sequence[Partner]) -> None:
        """Fill the lists of partners."""
        self.partner_ids = {partner.key: partner.id for partner in partners}
        self.names = {partner.key: partner.current_name for partner in partners} | {
            OTHER: str(_("Une autre structure"))
        }
        self.owner.choices = {"": str(_("Choisir…")), **self.names}
        self.associated.choices = {key: name for key, name in self.names.items() if key != OTHER}

    def version_fields(self) -> VersionFields:
        """The text, ready for the operations."""
        other = self.owner.data == OTHER
        chosen = set(self.associated.data or ())
        texts: dict[str, Any] = {name: self[name].data or "" for name in (*TEXT_FIELDS, *SPARE_FACTS)}
        texts["territory_codes"] = territories.tidy(texts["territory_codes"])
        return VersionFields(
            title=self.title.data or "",
            project_owner_id=None if other else self.partner_ids.get(self.owner.data),
            project_owner_name=self.owner_name.data if other else None,
            associated=[key for key in self.partner_ids if key in chosen],
            **self.amounts,
            milestones=self.milestones.said,
            indicators=self.indicators.said,
            **texts,
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


class PublishForm(VersionedForm):
    """What changes and why, of a version that is ready. ``version`` is the revision of the fiche that was read."""

    summary = Line(_("En une phrase, ce qui change et pourquoi"), [required(_("Dites en une phrase ce qui change."))])


class NoteForm(BaseForm):
    """What a representative answers to those who prepared a draft."""

    note = Text(
        _("Ce qu’il reste à revoir"), [required(_("Dites ce qu’il reste à revoir dans ce brouillon."))], maximum=2000
    )


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
def fork_form(years: tuple[int, ...]) -> type[FicheForm]:
    """The form of the next version of a fiche, whose place does not change."""
    return type("ForkForm", (FicheForm,), _costs(years))


def _costs(years: tuple[int, ...]) -> dict[str, Any]:
    indicators = Rows(_("Indicateurs prévus"), rows.indicator_row(years))
    more = {"indicators": indicators, "years": years, "__doc__": "With the years of the contract."}
    return {**costing.amounts(years), **more}


def typed(form: FicheForm, sent: MultiDict[str, str]) -> dict[str, str | list[str]]:
    """What was typed in each field of the form, as it was; rows left empty are not kept."""
    found: dict[str, str | list[str]] = {}
    for field in form:
        if isinstance(field, Rows):
            found |= field.typed
        elif field.name == "associated":
            found[field.name] = sent.getlist(field.name)
        elif field.name != "version":
            found[field.name] = sent.get(field.name, "").replace("\r\n", "\n")
    return found


def is_far_too_long(typed: Typed) -> bool:
    """Whether some field says more than even a draft keeps."""
    return any(_length(value) > FAR_TOO_LONG for value in typed.values())


def _length(said: str | Sequence[str]) -> int:
    return len(said) if isinstance(said, str) else sum(map(len, said))


def far_too_long(form: FicheForm) -> list[tuple[str, str]]:
    """The label and the error of each field that says more than a draft keeps; the form has no other errors left."""
    form.validate()
    wrong = []
    for field in form:
        for part in _parts(field):
            if _length([str(one) for one in part.raw_data or ()]) > FAR_TOO_LONG:
                part.errors = list(part.errors[:1]) or [str(_("Ce texte est trop long."))]
                wrong.append((str(part.label.text), str(part.errors[0])))
            else:
                part.errors = []
        if isinstance(field, Rows):
            field.errors = [entry.form.errors for entry in field.entries if entry.form.errors]
    return wrong


def typed_of(whole: Whole, form: type[FicheForm]) -> dict[str, str | list[str]]:
    """A version as somebody would type it."""
    found: dict[str, str | list[str]] = {}
    field: Any
    for field in form(data=values(whole)):
        if isinstance(field, Rows):
            found |= field.typed
        elif field.name != "version":
            found[field.name] = field.data if isinstance(field, SelectField | SelectMultipleField) else field._value()
    return found


def values(whole: Whole) -> dict[str, Any]:
    """The data of a form that says what a version says."""
    version = whole.version
    owner = version.project_owner.key if version.project_owner else OTHER
    amounts = {f"cost_{year}": cents for year, cents in whole.costs.items()}
    amounts |= {f"eligible_{year}": cents for year, cents in whole.eligible.items()}
    amounts |= {f"charge_{year}_{nature}": cents for (year, nature), cents in whole.charges.items()}
    texts = {name: getattr(version, name) for name in ("title", *TEXT_FIELDS, *SPARE_FACTS)}
    guests = [partner.key for partner in whole.associated]
    texts |= {name: [rows.data_of(row.said) for row in getattr(version, name)] for name in ("milestones", "indicators")}
    return {**texts, **amounts, "owner": owner, "owner_name": version.project_owner_name or "", "associated": guests}


def asked(form: FicheForm, section: Section) -> list[Any]:
    """The fields of a section, in the order of the section."""
    fields = [field for field in form if section.holds(field.name)]
    return sorted(fields, key=lambda field: section.names.index(question(field.name)))


#: What the questions that have a field for each year are called.
_LABELS: dict[str, LazyString] = {
    "cost": words.FIELDS["costs"],
    "eligible": words.FIELDS["eligible"],
    "charge": words.FIELDS["charges"],
}


def label(form: FicheForm, name: str) -> str:
    """What a question is called."""
    return str(_LABELS[name] if name in AMOUNTS else form[name].label.text)


def readable(form: FicheForm, name: str) -> str:
    """The answer to a question, as text, whatever was typed."""
    if name in AMOUNTS:
        amounts = [(field.label.text, _amount(form, field)) for field in form if question(field.name) == name]
        return "\n".join(f"{said}\u00a0: {value}" for said, value in amounts if value)
    field: Any = form[name]
    if question(name) in AMOUNTS:
        return _amount(form, field)
    if isinstance(field, Rows):
        return field.told
    if isinstance(field, Answers):
        return next((str(said) for value, said, *_rest in field.iter_choices() if value and value == field.data), "")
    if isinstance(field, SelectField | SelectMultipleField):
        chosen = field.data if isinstance(field.data, list) else [field.data or ""]
        known = form.axis.choices if name == "axis" else form.names  # type: ignore[attr-defined]
        return ", ".join(str(known.get(value, value)) for value in chosen if value)
    return str(field._value())


def _amount(form: FicheForm, field: Any) -> str:
    """An amount; that of a year left empty is the sum of its charges."""
    cents = field.data
    if question(field.name) == "cost" and not field._value():
        cents = form.costs.get(int(field.name.removeprefix("cost_")))
    return field._value() if cents is None else money.euros(cents)


@dataclass(frozen=True)
class Missing:
    """Something to complete or correct before sharing: where, and the sentence."""

    section: Section
    id: str
    sentence: str


def missing(form: FicheForm) -> list[Missing]:
    """What keeps a text from being shared, in the order of the sections."""
    found = [
        Missing(section_of(field.name), one.id, str(one.errors[0]))
        for field in form
        if field.name != "version"
        for one in _parts(field)
        if one.errors
    ]
    return sorted(found, key=lambda one: SECTIONS.index(one.section))


def _parts(field: Any) -> list[Any]:
    """The fields that can be wrong: those of each row, or the field itself."""
    rows_of = field.entries if isinstance(field, Rows) else ()
    return [part for entry in rows_of for part in entry.form] or [field]
