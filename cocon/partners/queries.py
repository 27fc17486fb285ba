"""Reading partners, persons and mandates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.partners.models import InternalChain, Mandate, Partner, Person

COLLEGES: dict[str, LazyString] = {"regional": _("Partenaires régionaux"), "territorial": _("Partenaires territoriaux")}
MEMBERS: dict[str, LazyString] = {"regional": _("Partenaire régional"), "territorial": _("Partenaire territorial")}

KINDS: dict[str, LazyString] = {
    "etat": _("État"),
    "region": _("région"),
    "departement": _("département"),
    "metropole": _("métropole"),
    "communaute_urbaine": _("communauté urbaine"),
    "communaute_d_agglomeration": _("communauté d’agglomération"),
    "communaute_de_communes": _("communauté de communes"),
    "commune": _("commune"),
    "pays_syndicat_mixte": _("pays (syndicat mixte)"),
    "pnr_syndicat_mixte": _("parc naturel régional (syndicat mixte)"),
    "syndicat_mixte": _("syndicat mixte"),
    "etablissement_public_national": _("établissement public national"),
    "association": _("association"),
}

STATUSES: dict[str, LazyString] = {
    "confirmed": _("identité établie"),
    "partial": _("nom tronqué dans la source, à compléter"),
    "unknown": _("nom absent des sources, à compléter"),
}

#: The départements of the Rhône-Alpes region in 2014, by their official codes.
DEPARTEMENTS: dict[str, str] = {
    "01": "Ain",
    "07": "Ardèche",
    "26": "Drôme",
    "38": "Isère",
    "42": "Loire",
    "69": "Rhône",
    "73": "Savoie",
    "74": "Haute-Savoie",
}

#: In the order in which a page lists the people of a partner.
ROLES: dict[str, LazyString] = {
    "representative": _("représentant"),
    "deputy": _("suppléant"),
    "contributor": _("contributeur"),
    "reader": _("lecteur"),
    "secretariat": _("secrétariat"),
    "facilitator": _("animation"),
    "auditor": _("auditeur"),
    "admin": _("administration"),
}


def partners() -> Sequence[Partner]:
    """The signatories, in the contract's order."""
    return db.session.scalars(select(Partner).order_by(Partner.rank)).all()


def partner_by_key(key: str) -> Partner | None:
    """One signatory."""
    return db.session.scalars(select(Partner).where(Partner.key == key)).first()


def internal_chain(partner_id: str) -> InternalChain | None:
    """What a partner said of its internal validation, if it said anything."""
    said: InternalChain | None = db.session.scalars(
        select(InternalChain).where(InternalChain.partner_id == partner_id).execution_options(populate_existing=True)
    ).first()
    return said


def lock_chain(partner_id: str) -> bool:
    """Whether a representative of the partner validates; the rule stays so until the commit."""
    db.session.execute(select(Partner.id).where(Partner.id == partner_id).with_for_update(read=True)).one()
    chain = internal_chain(partner_id)
    return chain is None or chain.validates


def person_by_email(email: str) -> Person | None:
    """The person of that address, whatever the case."""
    return db.session.scalars(select(Person).where(func.lower(Person.email) == email.lower())).first()


def person_by_id(person_id: str) -> Person:
    """A person who is known to exist."""
    return db.session.scalars(select(Person).where(Person.id == person_id)).one()


def mandates_held(person_id: str) -> Sequence[Mandate]:
    """All the mandates of a person, past and future ones too, oldest first."""
    return db.session.scalars(
        select(Mandate)
        .where(Mandate.person_id == person_id)
        .options(joinedload(Mandate.partner), joinedload(Mandate.person))
        .order_by(Mandate.starts_on, Mandate.id)
    ).all()


def mandates_of(person_id: str, day: date | None = None) -> Sequence[Mandate]:
    """The mandates that the person can wear that day (today by default), oldest first."""
    day = day or clock.today()
    return [mandate for mandate in mandates_held(person_id) if mandate.valid_on(day)]


def mandates_for(partner_id: str) -> Sequence[Mandate]:
    """The mandates given for a partner, by role, then by name."""
    found = db.session.scalars(
        select(Mandate).where(Mandate.partner_id == partner_id).options(joinedload(Mandate.person))
    ).all()
    ranks = {role: rank for rank, role in enumerate(ROLES)}
    return sorted(found, key=lambda mandate: (ranks[mandate.role], mandate.person.name, mandate.starts_on))


@dataclass(frozen=True)
class NameSpan:
    """A name, from a day and before another (None: no bound); a ``precision`` says whether that is known to the day."""

    name: str
    since: date | None = None
    before: date | None = None
    since_precision: str = "day"
    before_precision: str = "day"

    def valid_on(self, day: date) -> bool:
        """Whether the partner bears this name that day."""
        return (self.since is None or self.since <= day) and (self.before is None or day < self.before)


def names_in_time(partner: Partner) -> list[NameSpan]:
    """The names that a partner takes one after the other."""
    changes = [(date.fromisoformat(later["from"]), str(later["precision"])) for later in partner.later_names]
    names = [partner.name, *(str(later["name"]) for later in partner.later_names)]
    return [
        NameSpan(name, since, before, since_precision, before_precision)
        for name, (since, since_precision), (before, before_precision) in zip(
            names, [(None, "day"), *changes], [*changes, (None, "day")], strict=True
        )
    ]


def actor_of(mandate: Mandate, count: int = 1, *, supervised: bool = True) -> Actor:
    """The snapshot that acts (``person`` and ``partner`` must be loaded)."""
    return Actor(
        role=mandate.role,
        person_id=mandate.person_id,
        person_name=mandate.person.name,
        mandate_id=mandate.id,
        partner_id=mandate.partner_id,
        partner_key=mandate.partner.key if mandate.partner else None,
        partner_name=mandate.partner.current_name if mandate.partner else None,
        mandate_count=count,
        supervised=supervised,
    )
