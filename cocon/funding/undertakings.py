"""Facts about what a funder binds over years, asks, is owed, tries, takes back, and moves between envelopes.

Named outside the seven usual files: ``events`` says what is promised, proven and paid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from cocon.audit.event import Event
from cocon.funding.events import _Step
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class _Years(Event):
    """What a partner binds over several years; amounts in cents."""

    phase = "funding"
    formal = True

    action_code: str
    amount: int
    former: int
    form: str = "cash"
    nature: str = ""


@dataclass(frozen=True, kw_only=True)
class YearsBound(_Years):
    """An authorisation was opened, with its credits year after year."""

    kind: ClassVar[str] = "funding.years-bound"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, une autorisation sur plusieurs années de {amount}{line} pour la "
        "fiche {code}, par {basis}."
    )


@dataclass(frozen=True, kw_only=True)
class YearsRevised(_Years):
    """Its amount, or what each year pays of it, changed."""

    kind: ClassVar[str] = "funding.years-revised"
    sentence = _(
        "{who} a révisé, au nom de {partner}, l’autorisation sur plusieurs années{line} pour la fiche {code}, de "
        "{former} à {amount}, par {basis}."
    )


@dataclass(frozen=True, kw_only=True)
class YearsUnbound(_Years):
    """Every year is voted for itself again."""

    kind: ClassVar[str] = "funding.years-unbound"
    sentence = _(
        "{who} a mis fin, au nom de {partner}, à l’autorisation sur plusieurs années{line} pour la fiche {code}, par "
        "{basis}."
    )


@dataclass(frozen=True, kw_only=True)
class ConditionSet(Event):
    """A partner asked something of its contribution."""

    kind: ClassVar[str] = "funding.condition-set"
    phase = "funding"
    formal = True
    sentence = _("{who} a posé, au nom de {partner}, une {condition} à sa contribution{line} à la fiche {code}.")

    action_code: str
    condition: str
    form: str = "cash"


@dataclass(frozen=True, kw_only=True)
class ConditionLifted(Event):
    """What was asked is met."""

    kind: ClassVar[str] = "funding.condition-lifted"
    phase = "funding"
    formal = True
    sentence = _("{who} a levé, au nom de {partner}, une {condition} de sa contribution{line} à la fiche {code}.")

    action_code: str
    condition: str
    lifted_on: date
    form: str = "cash"


@dataclass(frozen=True, kw_only=True)
class _Report(Event):
    """A fact about the report on a year's money; the subject is the contribution."""

    phase = "funding"
    formal = True

    action_code: str
    year: int
    taken_on: date


@dataclass(frozen=True, kw_only=True)
class ReportReceived(_Report):
    """The beneficiary told what became of the money."""

    kind: ClassVar[str] = "funding.report-received"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, avoir reçu le {taken_on} le compte rendu financier de {year} "
        "sur la fiche {code}."
    )


@dataclass(frozen=True, kw_only=True)
class ReportWaived(_Report):
    """The funder asks for none, and says why."""

    kind: ClassVar[str] = "funding.report-waived"
    sentence = _("{who} a dispensé, au nom de {partner}, du compte rendu financier de {year} sur la fiche {code}.")


@dataclass(frozen=True, kw_only=True)
class ReportReopened(_Report):
    """What was recorded of it was a mistake, or stands no more."""

    kind: ClassVar[str] = "funding.report-reopened"
    sentence = _(
        "{who} attend de nouveau, au nom de {partner}, le compte rendu financier de {year} sur la fiche {code}."
    )


@dataclass(frozen=True, kw_only=True)
class ReportDocumented(Event):
    """The document itself was joined to a report received."""

    kind: ClassVar[str] = "funding.report-documented"
    phase = "funding"
    formal = True
    sentence = _(
        "{who} a joint, au nom de {partner}, le document du compte rendu financier de {year} sur la fiche {code}."
    )

    action_code: str
    year: int
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ReportDocumentReplaced(Event):
    """Another document took the place of a wrong one, whose bytes and hash stay."""

    kind: ClassVar[str] = "funding.report-document-replaced"
    phase = "funding"
    formal = True
    sentence = _(
        "{who} a remplacé, au nom de {partner}, le document du compte rendu financier de {year} sur la fiche {code}."
    )

    action_code: str
    year: int
    size: int
    sha256: str
    replaced: str


#: The event of each fact about a report.
REPORTS: dict[str, type[_Report]] = {
    "received": ReportReceived,
    "waived": ReportWaived,
    "reopened": ReportReopened,
}


@dataclass(frozen=True, kw_only=True)
class TrancheCancelled(_Step):
    """The last step, recorded by mistake, was taken back; ``undone`` is its kind, ``total`` what its level is again."""

    kind: ClassVar[str] = "funding.tranche-cancelled"
    sentence = _(
        "{who} a annulé, au nom de {partner}, l’étape «\u00a0{undone}\u00a0» de {amount}{line} pour {year} à la fiche "
        "{code}, indiquée par erreur."
    )

    undone: str


@dataclass(frozen=True, kw_only=True)
class EnvelopeTransferred(Event):
    """A partner moved an amount, in cents, from one of its envelopes to another."""

    kind: ClassVar[str] = "funding.envelope-transferred"
    phase = "funding"
    sentence = _("{who} a transféré, au nom de {partner}, {amount} de son enveloppe {span} à son enveloppe {target}.")

    year: int
    axis: int | None
    target_year: int
    target_axis: int | None
    amount: int


@dataclass(frozen=True, kw_only=True)
class SimulationApplied(Event):
    """A partner turned what it had tried into promises, in one act; each has its own entry just before."""

    kind: ClassVar[str] = "funding.simulation-applied"
    phase = "funding"
    formal = True
    sentence = _(
        "{who} a transformé, au nom de {partner}, une simulation en intentions. Montants enregistrés\u00a0: {count}."
    )

    count: int
