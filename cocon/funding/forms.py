"""A partner's amount for a year, its withdrawal, its steps; its envelope; its acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from wtforms import BooleanField, Field, Form, IntegerField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import StopValidation

from cocon.contracts.queries import outline
from cocon.files.uploads import Upload
from cocon.funding import misstated, products, words
from cocon.funding.acts import FOLLOWING, Votes
from cocon.funding.correcting import Said
from cocon.funding.grid import REASON, asked, read_pasted
from cocon.funding.refusals import AssemblyNeeded
from cocon.funding.resources import Stated
from cocon.funding.schedules import Schedule
from cocon.funding.stages import Step
from cocon.funding.steps import Taken
from cocon.kernel.actor import Actor
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Outdated
from cocon.web.forms import BaseForm, Day, Line, MoneyField, Text, VersionedForm, clean, required, visible

E = TypeVar("E")
#: In the list of acts, what stands for the authorisation over several years.
AUTHORISED = "authorised"


def _typed(_form: Form, field: Field) -> None:
    """An amount must be typed; one that cannot be read keeps its own sentence."""
    if field.data is None and not field.errors:
        raise StopValidation(str(_("Indiquez un montant en euros.")))


def _of_the_contract(_form: Form, field: Field) -> None:
    if field.data not in outline().years:
        field.errors = []
        raise StopValidation(str(_("Cet exercice n’est pas couvert par le contrat.")))


class _YearlyForm(VersionedForm):
    """A form on one year. ``version`` is checked when it was sent: a script may leave it out."""

    @property
    def revision(self) -> int | None:
        """The revision that the page showed; -1, which is none, when it was tampered with."""
        sent = self.version.data
        if not sent:
            return None
        return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else -1

    def carry_out_on(
        self, revision: int | None, operation: Callable[..., E], actor: Actor, subject: Any, **more: Any
    ) -> E | None:
        """Run the operation as ``carry_out``, unless somebody changed the line since the page was made.

        It comes first: the page shown again carries the new revision, whatever else was wrong.
        """
        if self.revision in (None, revision):
            return self.carry_out(operation, actor, subject, **more)
        self.refuse(Outdated())
        return None

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "revision": self.revision}


class PasteForm(BaseForm):
    """Amounts copied from a spreadsheet for a row of my organisation's line."""

    line = SelectField(_("Ligne"), coerce=clean, validate_choice=False)
    text = Text(_("Montants copiés du tableur"), [required(_("Collez ici les montants."))], maximum=2_000)

    def validate_line(self, field: Field) -> None:
        """One of the rows that may be filled."""
        if asked(field.data) is None:
            raise StopValidation(str(_("Choisissez une des lignes proposées.")))

    def read(self, years: Sequence[int]) -> dict[int, Cents] | None:
        """The amounts by year; None, with the sentence next to the field, when they are not understood."""
        found = read_pasted(str((self.text.raw_data or [""])[0]), years)
        if isinstance(found, str):
            self.text.errors = [found]
            return None
        return found


class WithdrawalForm(_YearlyForm):
    """Why my organisation gives up its contribution of a year."""

    reason = Text(_("Motif du retrait"), maximum=REASON)

    def validate_reason(self, field: Field) -> None:
        """Withdrawing says why."""
        if not field.data:
            raise StopValidation(str(_("Indiquez pourquoi vous retirez la contribution.")))


class EnvelopeForm(_YearlyForm):
    """What my organisation sets aside for a year."""

    year = IntegerField(_("Exercice"), [_of_the_contract])
    amount = MoneyField(_("Enveloppe"), [_typed])
    hard = BooleanField(_("C’est un plafond à ne jamais dépasser"))

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "year"}


class _Choice(SelectField):
    """One of a few answers; the first, where it is empty, is no answer yet."""

    def __init__(self, label: Any, answers: Mapping[str, Any], *, none: Any = None, **kwargs: Any) -> None:
        offered = [SelectChoice(value, said) for value, said in {**({"": none} if none else {}), **answers}.items()]
        super().__init__(label, choices=offered, coerce=clean, validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:
        """Refuse what the list does not hold."""
        if (self.data or "") not in {value for value, *_rest in self.iter_choices()}:
            raise StopValidation(str(_("Choisissez parmi les réponses proposées.")))


class ResourceForm(_YearlyForm):
    """What a fiche receives in a year from who signs nothing."""

    account = _Choice(_("Compte"), products.ACCOUNTS, none=_("Choisir"))
    body = _Choice(_("Organisme qui donne"), products.BODIES, none=_("Sans objet"))
    gift = _Choice(_("Apport en nature"), products.GIFTS, none=_("Sans objet"))
    funder = Line(_("Financeur ou origine"), [required(misstated.FunderNeeded.sentence)], maximum=200)
    year = SelectField(_("Année"), coerce=clean, validate_choice=False)
    amount = MoneyField(_("Montant"), [_typed])
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


class ResourceWithdrawalForm(_YearlyForm):
    """Why a resource counts no more."""

    reason = Text(_("Motif du retrait"), [required(misstated.ReasonNeeded.sentence)], maximum=REASON)

    def facts(self) -> dict[str, Any]:
        return {"reason": self.reason.data}


class StepForm(_YearlyForm):
    """A step of my organisation's tranche of a year: only the fields that the step needs are kept."""

    amount = MoneyField(_("Montant"), [_typed])
    raising = BooleanField(_("Cet acte attribue plus que ce qui était inscrit au contrat"))
    taken_on = Day(_("Date"), [required(_("Indiquez le jour où c’est arrivé."))])
    act = SelectField(_("Acte"), coerce=clean, validate_choice=False)
    reference = Line(_("Référence dans votre comptabilité"), maximum=60)
    reason = Text(_("Motif"), maximum=REASON)

    def keep(self, kind: str, step: Step) -> None:
        """Leave out what the step does not ask."""
        needed = {"convention": ("act",), "termination": ("act", "reason")}
        asked = needed.get(step.proof, (step.proof,))
        kept = {"version", "taken_on", *asked, *(("amount",) if step.typed else ())}
        kept |= {"raising"} if kind == "voted" else set()
        for name in set(self._fields) - kept:
            del self[name]

    def facts(self) -> dict[str, Any]:
        told = {name: field.data for name, field in self._fields.items()}
        taken = Taken(
            amount=told.get("amount"),
            taken_on=told.get("taken_on"),
            act_id=None if told.get("act") == AUTHORISED else told.get("act") or None,
            authorised=told.get("act") == AUTHORISED,
            reference=told.get("reference"),
            reason=told.get("reason"),
            raising=bool(told.get("raising")),
        )
        return {"revision": self.revision, "taken": taken}


class ScheduleForm(_YearlyForm):
    """What my organisation binds over several years; ``schedule_form`` adds a field for each."""

    regime = RadioField(_("Comment cette contribution est votée"), validate_choice=False)
    amount = MoneyField(_("Montant de l’autorisation"))
    act = SelectField(_("Acte qui l’ouvre"), coerce=clean, validate_choice=False)
    reason = Text(_("Motif de la révision"), maximum=REASON)

    years: Sequence[int] = ()

    @property
    def credits(self) -> list[Field]:
        """The fields of the years."""
        return [self._fields[f"cp_{year}"] for year in self.years]

    def facts(self) -> dict[str, Any]:
        schedule = Schedule(
            regime=self.regime.data or "",
            act_id=self.act.data or None,
            amount=self.amount.data or 0,
            credits={year: field.data or 0 for year, field in zip(self.years, self.credits, strict=True)},
        )
        return {"schedule": schedule, "reason": self.reason.data or "", "revision": self.revision}


@lru_cache(maxsize=8)
def schedule_form(years: tuple[int, ...]) -> type[ScheduleForm]:
    """The form with these years."""
    fields = {f"cp_{year}": MoneyField(_("Crédits de paiement %(year)s", year=year)) for year in years}
    return type("ScheduleForm", (ScheduleForm,), {**fields, "years": years})


class ConditionForm(BaseForm):
    """What my organisation asks of its contribution."""

    kind = RadioField(_("Nature"), validate_choice=False)
    text = Text(_("Ce qui est demandé"), [required(_("Dites ce qui est demandé."))], maximum=REASON)
    act = SelectField(_("Acte qui la pose"), coerce=clean, validate_choice=False)

    def facts(self) -> dict[str, Any]:
        return {"kind": self.kind.data or "", "text": self.text.data, "act_id": self.act.data or None}


class LiftingForm(BaseForm):
    """Since when a condition is met, and why."""

    taken_on = Day(_("Levée le"), [required(_("Indiquez le jour où c’est arrivé."))])
    reason = Text(_("Motif"), [required(_("Indiquez pourquoi."))], maximum=REASON)
    act = SelectField(_("Acte qui la lève"), coerce=clean, validate_choice=False)

    def facts(self) -> dict[str, Any]:
        return {"lifted_on": self.taken_on.data, "reason": self.reason.data, "act_id": self.act.data or None}


class ReportForm(BaseForm):
    """What my organisation says of the financial report on a year."""

    kind = RadioField(_("Ce que vous indiquez"), validate_choice=False)
    taken_on = Day(_("Date"), [required(_("Indiquez un jour, aujourd’hui au plus tard."))])
    reason = Text(_("Note ou motif"), maximum=REASON)


class _Count(IntegerField):
    """A number of votes, or nothing."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        typed = str(valuelist[0] if valuelist else "").strip()
        if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 6):
            raise ValueError(str(_("Écrivez un nombre entier.")))
        self.data = int(typed) if typed else None


class DatesForm(BaseForm):
    """The days that follow an act."""

    sent_on = Day(_("Transmis au contrôle de légalité le"))
    received_on = Day(_("Reçu en préfecture le"))
    published_on = Day(_("Publié ou notifié le"))

    def facts(self) -> dict[str, Any]:
        return {"days": {name: self[name].data for name in FOLLOWING}}


class _ActFactsForm(DatesForm):
    """What an act is, but for its kind."""

    number = Line(_("Numéro"), [required(_("Indiquez le numéro de l’acte."))], maximum=60)
    title = Line(_("Objet"), [required(_("Indiquez l’objet de l’acte."))])
    adopted_on = Day(_("Date du vote ou de la signature"), [required(_("Indiquez la date de l’acte."))])
    assembly = Line(_("Assemblée"), maximum=120)
    voters = _Count(_("Votants"))
    votes_for = _Count(_("Voix pour"))
    votes_against = _Count(_("Voix contre"))
    abstentions = _Count(_("Abstentions"))

    def facts(self) -> dict[str, Any]:
        told = {name: self[name].data for name in ("number", "title", "adopted_on", "assembly")}
        counted = {name: self[name].data for name in ("voters", "votes_for", "votes_against", "abstentions")}
        return {**super().facts(), **told, "votes": Votes(**counted)}


class ActForm(_ActFactsForm):
    """What my organisation's assembly or authority adopted."""

    kind = RadioField(_("Nature de l’acte"), validate_choice=False)

    def validate_kind(self, field: Field) -> None:
        """One of the four."""
        if field.data not in words.KINDS:
            raise StopValidation(str(_("Choisissez la nature de l’acte.")))

    def validate_assembly(self, field: Field) -> None:
        """A délibération is an assembly's."""
        if self.kind.data == "deliberation" and not field.data:
            raise StopValidation(str(AssemblyNeeded()))

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "kind": self.kind.data}


class CorrectionForm(_YearlyForm, _ActFactsForm):
    """What was mistyped of an act, and why it is corrected."""

    reason = Text(_("Motif de la correction"), [required(_("Indiquez pourquoi."))], maximum=REASON)

    def facts(self) -> dict[str, Any]:
        said = Said(**_ActFactsForm.facts(self))
        return {"said": said, "reason": self.reason.data, "revision": self.revision}


class ActFileForm(_YearlyForm):
    """The PDF of an act. After an error the browser forgets the file: it is chosen again."""

    file = Upload(_("Fichier PDF"))
    reason = Text(_("Pourquoi le remplacer\u202f?"), maximum=REASON)

    def facts(self) -> dict[str, Any]:
        return {
            "name": self.file.sent_name,
            "examined": self.file.examined,
            "reason": self.reason.data or "",
            "revision": self.revision,
        }


class ActExampleForm(_YearlyForm):
    """How my organisation numbers its acts."""

    example = Line(_("Exemple de numéro"), maximum=60)


class ActWithdrawalForm(BaseForm):
    """Why an act was recorded by mistake."""

    reason = Text(_("Motif du retrait"), [required(_("Indiquez pourquoi l’acte est retiré."))], maximum=REASON)


class _Number(Line):
    """A number typed with or without spaces."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = re.sub(r"[\s.]", "", self.data or "").upper()

    def _value(self) -> str:
        return visible(str(self.raw_data[0])) if self.raw_data else super()._value()


class BeneficiaryForm(VersionedForm):
    """The identifiers of the project owner."""

    siret = _Number(_("Numéro SIRET"), maximum=24, description=_("14 chiffres."))
    rna = _Number(
        _("Numéro RNA, pour une association"), maximum=14, description=_("Un W et 9 chiffres, par exemple W381234567.")
    )

    def facts(self) -> dict[str, Any]:
        sent = self.version.data or ""
        known = sent.isascii() and sent.isdecimal() and len(sent) < 10
        return {**super().facts(), "revision": int(sent) if known else -1}
