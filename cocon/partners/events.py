"""Facts about partners, persons and their mandates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class PartnersRegistered(Event):
    """The signatories were loaded from the reference data."""

    kind: ClassVar[str] = "partners.registered"
    sentence = _("Les {count} partenaires signataires ont été enregistrés d’après les sources publiques.")

    count: int


@dataclass(frozen=True, kw_only=True)
class PartnerCompleted(Event):
    """The secretariat completed a signatory that no source names in full."""

    kind: ClassVar[str] = "partners.completed"
    sentence = _("{who} a complété l’identité d’un partenaire signataire\u202f: {name}.")

    key: str
    name: str
    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class InternalChainSet(Event):
    """A partner said whether its representatives validate what its contributors prepare."""

    kind: ClassVar[str] = "partners.chain-set"
    sentence = _("{who} a décidé, au nom de {partner}, que {rule}.")

    validates: bool


@dataclass(frozen=True, kw_only=True)
class MandateGiven(Event):
    """A person received a mandate (and was registered, the first time)."""

    kind: ClassVar[str] = "partners.mandate-given"
    sentence = _("{who} a donné à {person} un mandat de {role}, pour {partner}.")

    role: str
    partner: str | None
    partner_name: str | None
    starts_on: Any
    ends_on: Any


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    """The person invited chose a password and their name."""

    kind: ClassVar[str] = "partners.invitation-accepted"
    sentence = _("{who} a accepté son invitation.")
