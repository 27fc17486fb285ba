"""What a fiche receives from who signs nothing: adding, changing, withdrawing, by its owner or the secretariat.

Named outside the seven usual files: the operations of ``Resource``. Locks: the fiche, then the resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, case, cast, func, select
from sqlalchemy.orm import joinedload

from cocon.actions.models import Action
from cocon.audit.event import Subject
from cocon.audit.operation import operation
from cocon.contracts.queries import outline
from cocon.funding import beneficiaries, events, misstated, products, refusals, words
from cocon.funding.models import Resource
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.folding import fold
from cocon.kernel.ids import new_id
from cocon.kernel.money import CEILING, Cents
from cocon.kernel.refusal import Forbidden, Outdated
from cocon.partners.models import Mandate
from cocon.partners.queries import partners
from cocon.policy import Permission, demand

#: Words that change nobody's name, and names of the same authority, folded.
_SMALL = frozenset(["le", "la", "les", "de", "du", "des", "et"])
_SAME = {
    "conseil regional": "region",
    "conseil general": "departement",
    "conseil departemental": "departement",
    "mairie": "ville",
    "commune": "ville",
}
#: Resources of a fiche at a time, those refused included.
MOST = 200


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What is said of a resource: see the columns of ``Resource``."""

    account: str
    funder: str
    year: int
    amount: Cents | None
    body: str = ""
    gift: str = ""
    nature: str = words.OPERATING
    status: str = "planned"
    note: str | None = None


def of_action(action_id: str) -> Sequence[Resource]:
    """The resources of a fiche that were not withdrawn, with who spoke of them last; by account, body and year."""
    rows = db.session.scalars(
        select(Resource)
        .where(Resource.action_id == action_id, Resource.withdrawn_at.is_(None))
        .options(joinedload(Resource.mandate).options(joinedload(Mandate.person), joinedload(Mandate.partner)))
        .order_by(Resource.year, Resource.funder, Resource.id)
        .execution_options(populate_existing=True)
    )
    return in_order(rows.all())


def in_order(rows: Sequence[Resource]) -> Sequence[Resource]:
    """By account and by kind of body, as the budget has them; the rest stays as it comes."""
    accounts, bodies = list(products.ACCOUNTS), ["", *products.BODIES]
    return sorted(rows, key=lambda row: (accounts.index(row.account), bodies.index(row.body), row.funder, row.year))


def find(action_id: str, resource_id: str) -> Resource | None:
    """A resource of a fiche, withdrawn or not."""
    return db.session.scalar(select(Resource).where(Resource.id == resource_id, Resource.action_id == action_id))


@operation(Permission.KEEP_RESOURCES)
def add_resource(actor: Actor, action: Action, *, stated: Stated) -> events.ResourceAdded:
    """Add a resource to the plan of a fiche.

    Raises what ``_sound`` raises, TooManyResources, TooMuchInYear.
    """
    _lock_action(actor, action)
    said = _sound(action, stated)
    _demand_room(action, said)
    row = Resource(id=new_id(), action_id=action.id, withdrawn_at=None, withdrawal_reason=None)
    _state(actor, row, said)
    db.session.add(row)
    return events.ResourceAdded(**_facts(action, row))


@operation(Permission.KEEP_RESOURCES)
def change_resource(
    actor: Actor, action: Action, *, resource_id: str, stated: Stated, revision: int
) -> events.ResourceChanged:
    """Say something else of a resource; ``revision`` is its ``rev`` when its author read it.

    Raises WithdrawnAlready, Outdated, NothingChanges, TooMuchInYear and what ``_sound`` raises.
    """
    row = _locked(actor, action, resource_id, revision)
    said = _sound(action, stated, row)
    _demand_room(action, said, row)
    former = row.amount
    if asdict(said) == {name: getattr(row, name) for name in asdict(said)}:
        raise misstated.NothingChanges
    _state(actor, row, said)
    return events.ResourceChanged(**_facts(action, row), former=former)


@operation(Permission.KEEP_RESOURCES)
def withdraw_resource(
    actor: Actor, action: Action, *, resource_id: str, reason: str, revision: int
) -> events.ResourceWithdrawn:
    """Withdraw a resource, saying why. Raises ReasonNeeded, WithdrawnAlready, Outdated."""
    if not reason.strip():
        raise misstated.ReasonNeeded
    row = _locked(actor, action, resource_id, revision)
    row.withdrawn_at, row.withdrawal_reason = clock.now(), reason.strip()
    return events.ResourceWithdrawn(**_facts(action, row), reason=reason.strip())


def _lock_action(actor: Actor, action: Action) -> None:
    """Nobody withdraws or merges the fiche before the commit; who did meanwhile is obeyed."""
    current = db.session.scalars(
        select(Action).where(Action.id == action.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    demand(actor, Permission.KEEP_RESOURCES, current)


def _demand_room(action: Action, said: Stated, former: Resource | None = None) -> None:
    """A plan has so many resources at most, and those of a year so much together, as its costs have."""
    of_year = case(((Resource.year == said.year) & (Resource.status != products.REFUSED), Resource.amount), else_=0)
    others = [Resource.id != former.id] if former else []
    count, total = db.session.execute(
        select(func.count(), cast(func.coalesce(func.sum(of_year), 0), BigInteger)).where(
            Resource.action_id == action.id, Resource.withdrawn_at.is_(None), *others
        )
    ).one()
    if former is None and count >= MOST:
        raise misstated.TooManyResources(MOST)
    if _grows(said, former) and total + (said.amount or 0) > CEILING:
        raise misstated.TooMuchInYear(said.year)


def _grows(said: Stated, former: Resource | None) -> bool:
    """Whether the year would count more than it does."""
    if said.status == products.REFUSED:
        return False
    if former is None or former.year != said.year or former.status == products.REFUSED:
        return True
    return (said.amount or 0) > former.amount


def _locked(actor: Actor, action: Action, resource_id: str, revision: int) -> Resource:
    _lock_action(actor, action)
    row = db.session.scalar(
        select(Resource)
        .where(Resource.id == resource_id, Resource.action_id == action.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise Forbidden
    if not row.alive:
        raise misstated.WithdrawnAlready
    if row.rev != revision:
        raise Outdated
    return row


def _sound(action: Action, stated: Stated, former: Resource | None = None) -> Stated:
    """What is said, without what its account does not ask.

    Raises AmountNeeded, YearOutside, FunderNeeded, BodyNeeded, GiftNeeded, FunderIsSignatory, OwnFundsOfSignatory. The
    last two judge what is new: a body that signs, or a signatory that becomes the project owner, condemns nothing.
    """
    _demand_known(stated)
    if stated.amount is None or not 0 < stated.amount <= CEILING:
        raise misstated.AmountNeeded
    if stated.year not in outline().years:
        raise refusals.YearOutside
    funder = " ".join(stated.funder.split())
    if not funder:
        raise misstated.FunderNeeded
    if stated.account == products.SUBSIDY and not stated.body:
        raise misstated.BodyNeeded
    if stated.account == products.IN_KIND and not stated.gift:
        raise misstated.GiftNeeded
    if (former is None or funder != former.funder) and _signs(funder):
        raise misstated.FunderIsSignatory
    if stated.account == products.OWN and (former is None or former.account != products.OWN):
        _demand_no_signatory(action)
    return Stated(
        account=stated.account,
        funder=funder,
        year=stated.year,
        amount=stated.amount,
        body=stated.body if stated.account in (products.SUBSIDY, products.IN_KIND) else "",
        gift=stated.gift if stated.account == products.IN_KIND else "",
        nature="" if stated.account == products.IN_KIND else stated.nature,
        status=stated.status,
        note=(stated.note or "").strip() or None,
    )


def _demand_known(stated: Stated) -> None:
    """Raise Forbidden for an answer that no form offers."""
    known = (
        stated.account in products.ACCOUNTS,
        stated.body in ("", *products.BODIES),
        stated.gift in ("", *products.GIFTS),
        stated.nature in ("operating", "investment"),
        stated.status in products.STATUSES,
    )
    if not all(known):
        raise Forbidden


def _signs(funder: str) -> bool:
    """Whether it is a signatory, by one of its names as people write them."""
    names = (name for one in partners() for name in (one.name, *(later["name"] for later in one.later_names)))
    return _plain(funder) in {_plain(one) for name in names for one in _ways(name)} - {""}


def _ways(name: str) -> Iterator[str]:
    """A name whole, without what stands in brackets, that alone when it names somebody, and cut before « et »."""
    yield name
    outside = re.sub(r"\([^()]*\)", " ", name)
    yield outside
    yield outside.partition(" et ")[0]
    for inside in re.findall(r"\(([^()]*)\)", name):
        if inside.isupper():
            yield inside
            yield f"{inside} {name.partition(')')[2]}"
        elif len(inside.split()) > 2:
            yield inside


def _plain(name: str) -> str:
    """A name without small words, in which a council is its authority and a town hall its town."""
    said = " ".join(word for word in fold(name).split() if word not in _SMALL)
    for way, whole in _SAME.items():
        said = re.sub(rf"\b{way}\b", whole, said)
    return said


def _demand_no_signatory(action: Action) -> None:
    if beneficiaries.receiver(action.id).partner is not None:
        raise misstated.OwnFundsOfSignatory


def _state(actor: Actor, row: Resource, said: Stated) -> None:
    for name, value in asdict(said).items():
        setattr(row, name, value)
    row.mandate_id, row.stated_at = actor.mandate_id or "", clock.now()


def _facts(action: Action, row: Resource) -> events.ResourceFacts:
    return {
        "subject": Subject("action", action.id),
        "about": action.id,
        "action_code": action.code,
        "account": row.account,
        "year": row.year,
        "amount": row.amount,
        "status": row.status,
    }
