"""A partner's amount for a year, its withdrawal, its steps; its envelope; its acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from wtforms import BooleanField, Field, Form, HiddenField, IntegerField, RadioField, SelectField
from wtforms.validators import StopValidation

from cocon.contracts.queries import outline
from cocon.funding import unreported
from cocon.funding.grid import REASON, asked, read_pasted
from cocon.funding.schedules import Schedule
from cocon.funding.stages import Step
from cocon.funding.steps import DATED, Taken
from cocon.kernel.actor import Actor
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Outdated
from cocon.web.forms import BaseForm, Day, Line, MoneyField, Text, VersionedForm, clean, required, visible

E = TypeVar("E")
#: In the list of acts, what stands for the authorisation over several years.
AUTHORISED = "authorised"


def whole(sent: str | None) -> int | None:
    """A number that a page carries; None where it was left out, -1 when it was tampered with."""
    if not sent:
        return None
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else -1


def typed(_form: Form, field: Field) -> None:
    """An amount must be typed; one that cannot be read keeps its own sentence."""
    if field.data is None and not field.errors:
        raise StopValidation(str(_("Indiquez un montant en euros.")))


def _of_the_contract(_form: Form, field: Field) -> None:
    if field.data not in outline().years:
        field.errors = []
        raise StopValidation(str(_("Cet exercice n’est pas couvert par le contrat.")))


class YearlyForm(VersionedForm):
    """A form on one year. ``version`` is checked when it was sent: a script may leave it out."""

    @property
    def revision(self) -> int | None:
        """The revision that the page showed; -1, which is none, when it was tampered with."""
        return whole(self.version.data)

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


class WithdrawalForm(YearlyForm):
    """Why my organisation gives up its contribution of a year."""

    reason = Text(_("Motif du retrait"), maximum=REASON)

    def validate_reason(self, field: Field) -> None:
        """Withdrawing says why."""
        if not field.data:
            raise StopValidation(str(_("Indiquez pourquoi vous retirez la contribution.")))


class EnvelopeForm(YearlyForm):
    """What my organisation sets aside for a year."""

    year = IntegerField(_("Exercice"), [_of_the_contract])
    amount = MoneyField(_("Enveloppe"), [typed])
    hard = BooleanField(_("C’est un plafond à ne jamais dépasser"))
    reason = Line(_("Motif, si vous la réduisez"), maximum=REASON)

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "year"}


class StepForm(YearlyForm):
    """A step of my organisation's tranche of a year: only the fields that the step needs are kept."""

    amount = MoneyField(_("Montant"), [typed])
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
        kept |= {"voted": {"raising"}, "inscribed": {"reason"}}.get(kind, set())
        for name in set(self._fields) - kept:
            del self[name]
        if step.proof in DATED:
            self.taken_on.validators = []

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


class CancellationForm(YearlyForm):
    """Why the last step of my organisation's tranche was a mistake; ``number`` is the step that the page showed."""

    number = HiddenField()
    reason = Text(_("Motif"), maximum=REASON)

    def validate_reason(self, field: Field) -> None:
        """Taking back says why."""
        if not field.data:
            raise StopValidation(str(_("Indiquez pourquoi.")))

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "number": whole(self.number.data)}


class ScheduleForm(YearlyForm):
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

    kind = RadioField(_("Ce que vous indiquez"), [required(unreported.FactNeeded.sentence)], validate_choice=False)
    taken_on = Day(_("Date"), [required(_("Indiquez un jour, aujourd’hui au plus tard."))])
    reason = Text(_("Note ou motif"), maximum=REASON)


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
