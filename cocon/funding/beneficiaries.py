"""Who receives the money of a fiche, as registers know it: the SIRET of its project owner, or its RNA number.

Named outside the seven usual files: the operation of ``Beneficiary``, which open data asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from cocon.actions.models import Action, ActionVersion
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.funding import events, unidentified
from cocon.funding.models import Beneficiary
from cocon.kernel import numbers
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import new_id
from cocon.kernel.refusal import Outdated
from cocon.partners.models import Partner
from cocon.policy import Permission


@dataclass(frozen=True)
class Receiver:
    """The project owner of a fiche: a partner, or somebody named freely, and what is recorded of them."""

    partner: Partner | None
    name: str
    recorded: Beneficiary | None

    @property
    def current(self) -> bool:
        """Whether what is recorded is about the present owner."""
        return self.recorded is not None and self.recorded.name == self.name


def receiver(action_id: str) -> Receiver:
    """Who carries a fiche, in its current text."""
    partner, name, recorded = db.session.execute(
        select(Partner, ActionVersion.project_owner_name, Beneficiary)
        .select_from(Action)
        .join(ActionVersion, (ActionVersion.action_id == Action.id) & (ActionVersion.number == Action.version))
        .outerjoin(Partner, Partner.id == ActionVersion.project_owner_id)
        .outerjoin(Beneficiary, Beneficiary.action_id == Action.id)
        .where(Action.id == action_id)
        .execution_options(populate_existing=True)
    ).one()
    return Receiver(partner, partner.current_name if partner else name or "", recorded)


@operation(Permission.IDENTIFY)
def identify_beneficiary(
    _actor: Actor, action: Action, *, siret: str | None = None, rna: str | None = None, revision: int = 0
) -> events.BeneficiaryIdentified:
    """Record the identifiers of the fiche's project owner, who is no partner; ``revision`` is 0 for the first time.

    Raises OwnerIsPartner, OwnerUnnamed, IdentifierNeeded, WrongSiret, WrongRna, FictionalNumber, Outdated,
    IdentifiersUnchanged.
    """
    db.session.execute(select(Action.id).where(Action.id == action.id).with_for_update()).one()
    found = receiver(action.id)
    if found.partner is not None:
        raise unidentified.OwnerIsPartner
    if not found.name:
        raise unidentified.OwnerUnnamed
    _demand_sound(siret, rna)
    row = found.recorded
    if (row.rev if row else 0) != revision:
        raise Outdated
    told = (found.name, siret or None, rna or None)
    if row is None:
        row = Beneficiary(id=new_id(), action_id=action.id)
        db.session.add(row)
    elif (row.name, row.siret, row.rna) == told:
        raise unidentified.IdentifiersUnchanged
    row.name, row.siret, row.rna = told
    return events.BeneficiaryIdentified(subject=Subject("action", action.id), about=action.id, action_code=action.code)


def _demand_sound(siret: str | None, rna: str | None) -> None:
    if not (siret or rna):
        raise unidentified.IdentifierNeeded
    if siret and not numbers.is_siret(siret):
        raise unidentified.WrongSiret
    if rna and not numbers.is_rna(rna):
        raise unidentified.WrongRna
    for field, number in (("siret", siret), ("rna", rna)):
        if number and not numbers.acceptable(number):
            raise unidentified.FictionalNumber(field=field)
