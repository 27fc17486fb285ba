"""Who may do what, in one table. Read by the guard of views, by the operations, by templates and by tests.

A grant is a set of roles plus named conditions on the subject's attributes. The subject is any object that has the
attributes the conditions name; no domain is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cocon.kernel.actor import Actor
from cocon.kernel.refusal import Forbidden


class Permission(StrEnum):
    """``domain:verb``."""

    INSTALL = "contract:install"
    COMPLETE_PARTNER = "partner:complete"
    ORGANISE = "partner:organise"
    MANAGE_CONTRACT = "contract:manage"
    DECLARE_ENVELOPE = "envelope:declare"
    INVITE = "person:invite"
    JOIN = "person:join"
    READ = "plan:read"
    DRAFT = "action:draft"
    READ_DRAFT = "action:read-draft"
    VALIDATE = "action:validate"
    SHARE = "action:share"
    REVISE = "action:revise"
    PUBLISH = "action:publish"
    WITHDRAW = "action:withdraw"
    RESTRUCTURE = "action:restructure"
    COMMENT = "discussion:comment"
    SUGGEST = "suggestion:make"
    SETTLE = "suggestion:settle"
    RETRACT = "suggestion:retract"
    ANSWER = "discussion:answer"
    AMEND = "discussion:amend"
    RESOLVE = "discussion:resolve"
    ATTACH = "file:attach"
    WITHDRAW_FILE = "file:withdraw"
    READ_WITHDRAWN = "file:read-withdrawn"
    SCAN = "file:scan"
    CONTRIBUTE = "funding:contribute"
    ADVANCE = "funding:advance"
    GIVE_BACK = "funding:give-back"
    RECORD_STEPS = "funding:record-steps"
    ACCOUNT = "funding:account"
    RECORD_ACT = "funding:record-act"
    KEEP_ACT = "funding:keep-act"
    IDENTIFY = "funding:identify"
    KEEP_RESOURCES = "funding:keep-resources"
    CARRY = "funding:carry"
    SIMULATE = "funding:simulate"
    APPLY = "funding:apply"
    CONVENE = "decision:convene"
    TAKE_POSITION = "decision:take-position"
    PRONOUNCE = "decision:pronounce"
    AUDIT = "log:audit"
    EXPORT_LOG = "log:export"


class Need(StrEnum):
    """What a view may declare instead of a permission."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"


Condition = Callable[[Actor, Any], bool]


def own(actor: Actor, subject: Any) -> bool:
    """The subject's partner is the actor's."""
    return actor.partner_id is not None and subject.partner_id == actor.partner_id


def alive(actor: Actor, subject: Any) -> bool:
    """The subject was neither withdrawn nor merged."""
    return bool(subject.alive)


def unsupervised(actor: Actor, subject: Any) -> bool:
    """The actor's partner lets its contributors share and publish by themselves."""
    return not actor.supervised


def authored(actor: Actor, subject: Any) -> bool:
    """The subject was made with the very mandate that the actor wears."""
    return actor.mandate_id is not None and subject.mandate_id == actor.mandate_id


def author(actor: Actor, subject: Any) -> bool:
    """The actor wrote the subject, for the same partner."""
    return actor.person_id is not None and subject.author_id == actor.person_id and own(actor, subject)


def shared(actor: Actor, subject: Any) -> bool:
    """Every partner may read the subject."""
    return not subject.internal


def owner(actor: Actor, subject: Any) -> bool:
    """The fiche to which the subject belongs is the actor's partner's."""
    return actor.partner_id is not None and subject.owner_id == actor.partner_id


def invited(actor: Actor, subject: Any) -> bool:
    """The actor's partner stands on the roster frozen at the opening."""
    return actor.partner_id in subject.roster_ids


@dataclass(frozen=True)
class Grant:
    """Roles, and what must be true of the subject."""

    roles: frozenset[str]
    conditions: tuple[Condition, ...] = ()


def _to(roles: str, *conditions: Condition) -> Grant:
    return Grant(frozenset(roles.split()), conditions)


BINDERS = "representative deputy"
WRITERS = f"{BINDERS} contributor"
PARTNER_ROLES = f"{WRITERS} reader"
OFFICE = "secretariat facilitator"
EVERYONE = f"{PARTNER_ROLES} {OFFICE} auditor admin"

ROLES = frozenset(EVERYONE.split())
#: Mandates of these roles have no partner.
ROLES_WITHOUT_PARTNER = frozenset({"auditor", "admin"})

GRANTS: dict[Permission, tuple[Grant, ...]] = {
    Permission.INSTALL: (_to("system"),),
    Permission.INVITE: (_to("system"),),
    Permission.JOIN: (_to(f"system {EVERYONE}"),),
    Permission.COMPLETE_PARTNER: (_to("secretariat"),),
    Permission.ORGANISE: (_to(BINDERS, own),),
    Permission.MANAGE_CONTRACT: (_to("secretariat"),),
    Permission.DECLARE_ENVELOPE: (_to(BINDERS, own),),
    Permission.READ: (_to(EVERYONE),),
    Permission.DRAFT: (_to(WRITERS),),
    Permission.READ_DRAFT: (_to(WRITERS, own),),
    Permission.VALIDATE: (_to(BINDERS, own),),
    Permission.SHARE: (_to(BINDERS, own), _to("contributor", own, unsupervised)),
    Permission.REVISE: (_to(WRITERS, own, alive),),
    Permission.PUBLISH: (_to(BINDERS, own, alive), _to("contributor", own, alive, unsupervised)),
    Permission.WITHDRAW: (_to(BINDERS, own, alive),),
    Permission.RESTRUCTURE: (_to("secretariat", alive),),
    Permission.COMMENT: (_to(f"{WRITERS} {OFFICE}", alive),),
    Permission.SUGGEST: (_to(f"{WRITERS} {OFFICE}", alive),),
    Permission.SETTLE: (_to(WRITERS, own, alive),),
    Permission.RETRACT: (_to(f"{WRITERS} {OFFICE}", authored),),
    Permission.ANSWER: (_to(f"{WRITERS} {OFFICE}"),),
    Permission.AMEND: (_to(f"{WRITERS} {OFFICE}", author, alive),),
    Permission.RESOLVE: (
        _to(f"{WRITERS} {OFFICE}", own, alive),
        _to(WRITERS, owner, shared, alive),
        _to("secretariat", shared, alive),
    ),
    Permission.ATTACH: (_to(f"{WRITERS} {OFFICE}", alive),),
    Permission.WITHDRAW_FILE: (_to(f"{WRITERS} {OFFICE}", own),),
    Permission.READ_WITHDRAWN: (_to("auditor"),),
    Permission.SCAN: (_to("system"),),
    Permission.CONTRIBUTE: (_to(BINDERS, alive),),
    Permission.ADVANCE: (_to(BINDERS, alive),),
    Permission.GIVE_BACK: (_to(BINDERS),),
    Permission.RECORD_STEPS: (_to(BINDERS, own),),
    Permission.ACCOUNT: (_to(BINDERS, own),),
    Permission.RECORD_ACT: (_to(BINDERS),),
    Permission.KEEP_ACT: (_to(BINDERS, own, alive),),
    Permission.IDENTIFY: (_to(BINDERS, own, alive), _to("secretariat", alive)),
    Permission.KEEP_RESOURCES: (
        _to(BINDERS, own, alive),
        _to("contributor", own, alive, unsupervised),
        _to("secretariat", alive),
    ),
    Permission.CARRY: (_to(BINDERS, own),),
    Permission.SIMULATE: (_to(WRITERS),),
    Permission.APPLY: (_to(BINDERS, own),),
    Permission.CONVENE: (_to("secretariat", alive),),
    Permission.TAKE_POSITION: (_to(BINDERS, invited),),
    Permission.PRONOUNCE: (_to("secretariat"),),
    Permission.AUDIT: (_to("auditor secretariat admin"),),
    Permission.EXPORT_LOG: (_to("auditor secretariat"),),
}


def has_role(actor: Actor | None, permission: Permission) -> bool:
    """Whether some grant names the actor's role, whatever the subject: the guard of a view."""
    return actor is not None and any(actor.role in grant.roles for grant in GRANTS[permission])


def may(actor: Actor | None, permission: Permission, subject: Any = None) -> bool:
    """Whether the actor may do this to this subject; without a subject, conditions cannot hold."""
    if actor is None:
        return False
    return any(
        actor.role in grant.roles
        and (not grant.conditions or (subject is not None and all(holds(actor, subject) for holds in grant.conditions)))
        for grant in GRANTS[permission]
    )


def demand(actor: Actor | None, permission: Permission, subject: Any = None) -> None:
    """Raise Forbidden unless the actor may do this to this subject."""
    if not may(actor, permission, subject):
        raise Forbidden
