"""Opening a consultation, giving a position, pronouncing the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import Field, RadioField, SelectField
from wtforms.validators import StopValidation

from cocon.decisions import refusals
from cocon.decisions.queries import OUTCOMES, STANCES
from cocon.kernel.language import LazyString, _
from cocon.web.forms import Day, Text, VersionedForm, required

#: What is written here is read by twenty organisations.
LONGEST = 4000


class Choice(RadioField):
    """One of a few; ``sentence`` says what to do when none was chosen on the page."""

    def __init__(self, label: Any, words: Mapping[str, LazyString], sentence: Any, **kwargs: Any) -> None:
        choices = {value: str(word)[:1].upper() + str(word)[1:] for value, word in words.items()}
        super().__init__(label, choices=choices, validate_choice=False, **kwargs)
        self.words, self.sentence = words, sentence

    def pre_validate(self, form: Any) -> None:
        """Refuse anything else."""
        if self.data not in self.words:
            raise StopValidation(str(self.sentence))


def _number(text: Any) -> int:
    """The number of a version; ValueError when no database could hold it."""
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


class OpeningForm(VersionedForm):
    """The text consulted on, until when, and what is asked. ``version`` is the revision of the fiche shown."""

    of_version = SelectField(_("Texte consulté"), coerce=_number, validate_choice=False)
    deadline = Day(
        _("Dernier jour pour répondre"),
        [required(_("Indiquez le dernier jour pour répondre."))],
        description=_("Ce jour est compris\u00a0: la consultation ferme à 23\u00a0h\u00a059, heure de Paris."),
    )
    question = Text(
        _("Question posée aux partenaires"),
        description=_("Ce que vous leur demandez de regarder en particulier. Lue par tous."),
        maximum=LONGEST,
    )

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        return {"version": facts.pop("of_version"), **facts}


def _argued(form: Any, field: Field) -> None:
    """A reserve and an objection say why."""
    refusal = {"reserve": refusals.ReserveNeeded, "unfavorable": refusals.ObjectionNeeded}.get(form.stance.data)
    if refusal and not field.data:
        raise StopValidation(str(refusal()))


class PositionForm(VersionedForm):
    """One of the four positions, and why. ``version`` is the revision of the partner's seat that the page showed."""

    stance = Choice(_("Quel est l’avis de votre organisation\u202f?"), STANCES, refusals.StanceNeeded.sentence)
    reason = Text(
        _("Motif, ou réserve à lever"),
        [_argued],
        description=_("Exigé avec des réserves ou un avis défavorable. Lu par tous les partenaires."),
        maximum=LONGEST,
    )


class OutcomeForm(VersionedForm):
    """What is decided, in writing. ``version`` counts the positions that the page showed."""

    outcome = Choice(_("Décision"), OUTCOMES, refusals.OutcomeNeeded.sentence)
    text = Text(
        _("La décision, par écrit"),
        [required(refusals.TextNeeded.sentence)],
        description=_("Ce qui est décidé et, s’il y en a, à quelles conditions. Ce texte fait foi."),
        maximum=LONGEST,
    )
    reason = Text(
        _("Pourquoi"),
        [required(refusals.ReasonNeeded.sentence)],
        description=_("Lu par tous les partenaires et par les auditeurs."),
        maximum=LONGEST,
    )

    def facts(self) -> dict[str, Any]:
        heard = self.version.data or ""
        return {
            **super().facts(),
            "heard": int(heard) if heard.isascii() and heard.isdigit() and len(heard) < 7 else -1,
        }
