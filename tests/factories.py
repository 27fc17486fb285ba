"""A small world for tests, made through the operations like everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import Action
from cocon.audit import checkpoints
from cocon.contracts import install
from cocon.contracts import queries as contract_queries
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries
from cocon.signin import accounts

ORIGIN = "localhost/journal"


@dataclass
class World:
    """The installed contract and the people who act in it. Needs an application context."""

    actors: dict[str, Actor] = field(default_factory=dict)

    @classmethod
    def installed(cls) -> World:
        """The reference data, nobody yet."""
        install.install(ORIGIN, checkpoints.first_vkey(current_app.extensions["cocon"]))
        return cls()

    def actor(self, role: str, partner: str | None = None) -> Actor:
        """Somebody who holds that role (for that partner key), made the first time."""
        name = f"{role}@{partner or 'cocon'}"
        if name not in self.actors:
            subject = partner_queries.partner_by_key(partner) if partner else None
            email = f"{role}@{partner or 'cocon'}.example"
            partners.give_mandate(
                SYSTEM, subject, email=email, role=role, name=f"{role.title()} {partner or ''}".strip()
            )
            person = partner_queries.person_by_email(email)
            assert person is not None
            self.actors[name] = partner_queries.actor_of(partner_queries.mandates_of(person.id)[0])
        return self.actors[name]

    def action(self, owner: Actor, title: str = "Une fiche", **fields: Any) -> Action:
        """A fiche shared by that actor under the first axis, costing 100 000 € in 2014 unless told."""
        fields = {"project_owner_name": "Une association", "costs": {2014: 100_000_00}, **fields}
        draft = drafts.start(owner, {"title": title})
        axis = contract_queries.axes()[0]
        actions.share_action(owner, draft, axis_id=axis.id, fields=actions.VersionFields(title=title, **fields))
        found = action_queries.find(draft.id)
        assert found is not None
        return found

    def token(self, actor: Actor) -> str:
        """The cookie of a fresh session of that actor."""
        assert actor.person_id
        token = accounts.open_session(actor.person_id, "test")
        db.session.commit()
        return token
