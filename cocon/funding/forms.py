"""A partner's amount for a year, its withdrawal, its steps; its envelope; its acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from wtforms import BooleanField, Field, Form, IntegerField, RadioField, SelectField
from wtforms.validators import StopValidation

from cocon.contracts.queries import outline
from cocon.funding import words
from cocon.funding.acts import FOLLOWING, Votes
from cocon.funding.grid import REASON, asked, read_pasted
from cocon.funding.refusals import AssemblyNeeded
from cocon.funding.stages import Step
from cocon.funding.steps import Taken
from cocon.kernel.actor import Actor
from cocon.kernel.language import _
from cocon.kernel.money import Cents
from cocon.kernel.refusal import Outdated, Refusal
from cocon.web.forms import BaseForm, Day, Line, MoneyField, Text, VersionedForm, clean, required, visible

E = TypeVar("E")


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
    reason = Line(_("Motif, si vous la réduisez"), maximum=REASON)

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "year"}


class AllotmentForm(_YearlyForm):
    """What my organisation sets aside for a year or for an axis of it, why, and the act that voted it."""

    amount = MoneyField(_("Enveloppe"), [_typed])
    hard = BooleanField(_("C’est un plafond à ne jamais dépasser"))
    reason = Text(_("Motif"), maximum=REASON)
    act = SelectField(_("Acte"), coerce=clean, validate_choice=False)

    def facts(self) -> dict[str, Any]:
        told = {name: value for name, value in super().facts().items() if name != "act"}
        return {**told, "act_id": self.act.data or None}


class TransferForm(_YearlyForm):
    """What my organisation moves from one of its envelopes to another."""

    source = SelectField(_("De l’enveloppe"), coerce=clean, validate_choice=False)
    target = SelectField(_("À l’enveloppe"), coerce=clean, validate_choice=False)
    amount = MoneyField(_("Somme"), [_typed])
    reason = Text(_("Motif"), [required(_("Indiquez pourquoi vous transférez cette somme."))], maximum=REASON)
    act = SelectField(_("Acte"), coerce=clean, validate_choice=False)

    def offer(self, giving: Sequence[tuple[str, str]], receiving: Sequence[tuple[str, str]]) -> None:
        """The envelopes that hold something to give, and those that may receive."""
        first = ("", _("Choisissez une enveloppe"))
        self.source.choices, self.target.choices = [first, *giving], [first, *receiving]

    def validate_source(self, field: Field) -> None:
        """One of one's own."""
        _chosen(field)

    def validate_target(self, field: Field) -> None:
        """One of one's own."""
        _chosen(field)

    def facts(self) -> dict[str, Any]:
        told = {name: value for name, value in super().facts().items() if name not in ("source", "target", "act")}
        return {**told, "target_id": self.target.data, "act_id": self.act.data or None}


class SimulationForm(_YearlyForm):
    """What a simulation is called."""

    name = Line(_("Nom de la simulation"), [required(_("Donnez un nom à la simulation."))], maximum=120)

    def facts(self) -> dict[str, Any]:
        return {"name": self.name.data}


class ApplyForm(_YearlyForm):
    """Why what a simulation reduces is reduced."""

    reason = Text(_("Motif, si un montant est réduit ou retiré"), maximum=REASON)

    def refuse(self, refusal: Refusal) -> None:
        """Say on top what one of the amounts met: none of them has a field here."""
        if refusal.field != "reason":
            refusal.field = None
        super().refuse(refusal)


def _chosen(field: Any) -> None:
    if field.data not in {value for value, _label in field.choices if value}:
        raise StopValidation(str(_("Choisissez une de vos enveloppes déclarées.")))


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
        needed = {"act": ("act",), "convention": ("act",), "reference": ("reference",), "reason": ("reason",)}
        kept = {"version", "taken_on", *needed.get(step.proof, ()), *(("amount",) if step.typed else ())}
        kept |= {"raising"} if kind == "voted" else set()
        for name in set(self._fields) - kept:
            del self[name]

    def facts(self) -> dict[str, Any]:
        told = {name: field.data for name, field in self._fields.items()}
        taken = Taken(
            amount=told.get("amount"),
            taken_on=told.get("taken_on"),
            act_id=told.get("act") or None,
            reference=told.get("reference"),
            reason=told.get("reason"),
            raising=bool(told.get("raising")),
        )
        return {"revision": self.revision, "taken": taken}


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


class ActForm(DatesForm):
    """What my organisation's assembly or authority adopted."""

    kind = RadioField(_("Nature de l’acte"), validate_choice=False)
    number = Line(_("Numéro"), [required(_("Indiquez le numéro de l’acte."))], maximum=60)
    title = Line(_("Objet"), [required(_("Indiquez l’objet de l’acte."))])
    adopted_on = Day(_("Date du vote ou de la signature"), [required(_("Indiquez la date de l’acte."))])
    assembly = Line(_("Assemblée"), maximum=120)
    voters = _Count(_("Votants"))
    votes_for = _Count(_("Voix pour"))
    votes_against = _Count(_("Voix contre"))
    abstentions = _Count(_("Abstentions"))

    def validate_kind(self, field: Field) -> None:
        """One of the four."""
        if field.data not in words.KINDS:
            raise StopValidation(str(_("Choisissez la nature de l’acte.")))

    def validate_assembly(self, field: Field) -> None:
        """A délibération is an assembly's."""
        if self.kind.data == "deliberation" and not field.data:
            raise StopValidation(str(AssemblyNeeded()))

    def facts(self) -> dict[str, Any]:
        told = {name: self[name].data for name in ("kind", "number", "title", "adopted_on", "assembly")}
        counted = {name: self[name].data for name in ("voters", "votes_for", "votes_against", "abstentions")}
        return {**super().facts(), **told, "votes": Votes(**counted)}


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
