"""Facts about money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, TypedDict

from cocon.audit.event import Event, Subject
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class _Amount(Event):
    """A partner changed what it brings to an action for a year; amounts in cents."""

    phase = "funding"
    formal = True

    action_code: str
    year: int
    amount: int
    former: int
    form: str = "cash"
    nature: str = ""


@dataclass(frozen=True, kw_only=True)
class ContributionAnnounced(_Amount):
    """Announced for the first time (or again after a withdrawal)."""

    kind: ClassVar[str] = "funding.contribution-announced"
    sentence = _(
        "{who} a annoncé, au nom de {partner}, une contribution de {amount}{line} pour {year} à la fiche {code}."
    )


@dataclass(frozen=True, kw_only=True)
class ContributionRaised(_Amount):
    """Raised."""

    kind: ClassVar[str] = "funding.contribution-raised"
    sentence = _(
        "{who} a augmenté, au nom de {partner}, la contribution de {year}{line} à la fiche {code}\u00a0: "
        "de {former} à {amount}."
    )


@dataclass(frozen=True, kw_only=True)
class ContributionLowered(_Amount):
    """Lowered, with a reason."""

    kind: ClassVar[str] = "funding.contribution-lowered"
    sentence = _(
        "{who} a réduit, au nom de {partner}, la contribution de {year}{line} à la fiche {code}\u00a0: "
        "de {former} à {amount}."
    )


@dataclass(frozen=True, kw_only=True)
class ContributionWithdrawn(_Amount):
    """Withdrawn, with a reason."""

    kind: ClassVar[str] = "funding.contribution-withdrawn"
    sentence = _(
        "{who} a retiré, au nom de {partner}, la contribution de {former}{line} pour {year} à la fiche {code}."
    )


@dataclass(frozen=True, kw_only=True)
class LineFilled(Event):
    """A partner changed several amounts of its line in one act; each has its own entry just before."""

    kind: ClassVar[str] = "funding.line-filled"
    phase = "funding"
    formal = True
    sentence = _("{who} a enregistré ensemble, au nom de {partner}, {count} montants de la fiche {code}.")

    action_code: str
    count: int


@dataclass(frozen=True, kw_only=True)
class EnvelopeDeclared(Event):
    """A partner declared its envelope for a year, in cents."""

    kind: ClassVar[str] = "funding.envelope-declared"
    phase = "funding"
    sentence = _("{who} a déclaré, au nom de {partner}, une enveloppe de {amount} pour {allotted}.")

    year: int
    amount: int | None
    former: int | None
    hard: bool
    axis: int | None = None


@dataclass(frozen=True, kw_only=True)
class _Step(Event):
    """A tranche went a step further, or back; ``amount`` is the step's, ``former`` and ``total`` what it changed."""

    phase = "funding"
    formal = True

    action_code: str
    year: int
    amount: int
    former: int
    total: int
    taken_on: date
    form: str = "cash"
    nature: str = ""
    reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrancheInscribed(_Step):
    """Written into the contract, with the adopted fiche."""

    kind: ClassVar[str] = "funding.tranche-inscribed"
    sentence = _("{who} a inscrit au contrat, au nom de {partner}, {amount}{line} pour {year} à la fiche {code}.")


@dataclass(frozen=True, kw_only=True)
class TrancheCredited(_Step):
    """The funder's budget holds the credits."""

    kind: ClassVar[str] = "funding.tranche-credited"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, {amount} de crédits inscrits{line} pour {year} à la fiche {code}, "
        "par {basis}."
    )


@dataclass(frozen=True, kw_only=True)
class TrancheVoted(_Step):
    """An individual act gave the money."""

    kind: ClassVar[str] = "funding.tranche-voted"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, {amount} attribués{line} pour {year} à la fiche {code}, par {basis}."
    )


@dataclass(frozen=True, kw_only=True)
class TrancheContracted(_Step):
    """A convention was signed with the beneficiary."""

    kind: ClassVar[str] = "funding.tranche-contracted"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, {amount} conventionnés{line} pour {year} à la fiche {code}, par {basis}."
    )


@dataclass(frozen=True, kw_only=True)
class TrancheEngaged(_Step):
    """The funder engaged the expenditure in its accounts."""

    kind: ClassVar[str] = "funding.tranche-engaged"
    sentence = _(
        "{who} a engagé, au nom de {partner}, {amount}{line} pour {year} sur la fiche {code} (référence {reference})."
    )


@dataclass(frozen=True, kw_only=True)
class TranchePaid(_Step):
    """One payment."""

    kind: ClassVar[str] = "funding.tranche-paid"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, un versement de {amount}{line} le {taken_on} pour {year} à la "
        "fiche {code} (référence {reference})."
    )


@dataclass(frozen=True, kw_only=True)
class TrancheSettled(_Step):
    """Nothing more will be paid."""

    kind: ClassVar[str] = "funding.tranche-settled"
    sentence = _(
        "{who} a soldé, au nom de {partner}, la contribution de {year}{line} à la fiche {code}\u00a0: "
        "{amount} versés en tout."
    )


@dataclass(frozen=True, kw_only=True)
class TrancheReleased(_Step):
    """Part of what was engaged is not any more."""

    kind: ClassVar[str] = "funding.tranche-released"
    sentence = _("{who} a dégagé, au nom de {partner}, {amount} engagés{line} pour {year} sur la fiche {code}.")


@dataclass(frozen=True, kw_only=True)
class TrancheReturned(_Step):
    """The beneficiary gave money back."""

    kind: ClassVar[str] = "funding.tranche-returned"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, le reversement de {amount} versés{line} pour {year} à la fiche {code}."
    )


@dataclass(frozen=True, kw_only=True)
class TrancheLapsed(_Step):
    """Too late: what was not paid will not be."""

    kind: ClassVar[str] = "funding.tranche-lapsed"
    sentence = _(
        "{who} a constaté, au nom de {partner}, la caducité de la contribution de {year}{line} à la "
        "fiche {code}\u00a0: {amount} restent versés."
    )


@dataclass(frozen=True, kw_only=True)
class TrancheTerminated(_Step):
    """The convention ended once nothing engaged under it had still to be paid; it still covers what was paid."""

    kind: ClassVar[str] = "funding.tranche-terminated"
    sentence = _(
        "{who} a indiqué, au nom de {partner}, la résiliation de la convention de {amount}{line} pour {year} à la "
        "fiche {code}."
    )


#: The event of each step.
STEPS: dict[str, type[_Step]] = {
    "inscribed": TrancheInscribed,
    "credited": TrancheCredited,
    "voted": TrancheVoted,
    "contracted": TrancheContracted,
    "engaged": TrancheEngaged,
    "paid": TranchePaid,
    "settled": TrancheSettled,
    "released": TrancheReleased,
    "returned": TrancheReturned,
    "lapsed": TrancheLapsed,
    "terminated": TrancheTerminated,
}


@dataclass(frozen=True, kw_only=True)
class ActRecorded(Event):
    """A partner recorded what its assembly or authority adopted; which, the basis says."""

    kind: ClassVar[str] = "funding.act-recorded"
    phase = "funding"
    formal = True
    sentence = _("{who} a enregistré, au nom de {partner}, {basis}.")


@dataclass(frozen=True, kw_only=True)
class ActDated(Event):
    """Its sending, its receipt or its publication were added."""

    kind: ClassVar[str] = "funding.act-dated"
    phase = "funding"
    formal = True
    sentence = _("{who} a complété, au nom de {partner}, les dates de {basis}.")


@dataclass(frozen=True, kw_only=True)
class ActWithdrawn(Event):
    """Recorded by mistake; nothing rests on it."""

    kind: ClassVar[str] = "funding.act-withdrawn"
    phase = "funding"
    formal = True
    sentence = _("{who} a retiré, au nom de {partner}, l’enregistrement de {basis}.")


@dataclass(frozen=True, kw_only=True)
class ActCorrected(Event):
    """What was mistyped of it was said again, with why; what was recorded first stays in the log."""

    kind: ClassVar[str] = "funding.act-corrected"
    phase = "funding"
    formal = True
    sentence = _("{who} a corrigé, au nom de {partner}, l’enregistrement de {basis}.")


@dataclass(frozen=True, kw_only=True)
class ActDocumented(Event):
    """Its PDF was joined to it."""

    kind: ClassVar[str] = "funding.act-documented"
    phase = "funding"
    formal = True
    sentence = _("{who} a joint, au nom de {partner}, le PDF de {basis}.")

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ActDocumentReplaced(Event):
    """Another PDF took the place of a wrong one, whose bytes and hash stay."""

    kind: ClassVar[str] = "funding.act-document-replaced"
    phase = "funding"
    formal = True
    sentence = _("{who} a remplacé, au nom de {partner}, le PDF de {basis}.")

    size: int
    sha256: str
    replaced: str


@dataclass(frozen=True, kw_only=True)
class ActExampleSet(Event):
    """A partner said, by an example, how it numbers its acts."""

    kind: ClassVar[str] = "funding.act-example-set"
    phase = "funding"
    sentence = _("{who} a indiqué, au nom de {partner}, comment son organisation numérote ses actes.")


@dataclass(frozen=True, kw_only=True)
class BeneficiaryIdentified(Event):
    """The identifiers of a fiche's project owner were recorded, or corrected."""

    kind: ClassVar[str] = "funding.beneficiary-identified"
    phase = "funding"
    sentence = _("{who} a indiqué, au nom de {partner}, les identifiants du bénéficiaire de la fiche {code}.")

    action_code: str


class ResourceFacts(TypedDict):
    """What every fact about a resource that no signatory brings says."""

    subject: Subject
    about: str
    action_code: str
    account: str
    year: int
    amount: int
    status: str


@dataclass(frozen=True, kw_only=True)
class _Resource(Event):
    phase = "funding"

    action_code: str
    account: str
    year: int
    amount: int
    status: str


@dataclass(frozen=True, kw_only=True)
class ResourceAdded(_Resource):
    """The plan of a fiche counts a resource more."""

    kind: ClassVar[str] = "funding.resource-added"
    sentence = _(
        "{who} a ajouté, au nom de {partner}, une ressource de {amount} pour {year} au plan de la fiche {code}\u00a0: "
        "{account}, {status}."
    )


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(_Resource):
    """Something else is said of a resource."""

    kind: ClassVar[str] = "funding.resource-changed"
    sentence = _(
        "{who} a modifié, au nom de {partner}, une ressource de {year} du plan de la fiche {code}\u00a0: "
        "de {former} à {amount}, {account}, {status}."
    )

    former: int


@dataclass(frozen=True, kw_only=True)
class ResourceWithdrawn(_Resource):
    """A resource counts no more, with a reason."""

    kind: ClassVar[str] = "funding.resource-withdrawn"
    sentence = _(
        "{who} a retiré, au nom de {partner}, une ressource de {amount} pour {year} du plan de la fiche {code}\u00a0: "
        "{account}."
    )
