"""What tests of the guard, of sessions and of pages share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from flask import Flask
from sqlalchemy import select

from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import Base, db
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries
from cocon.partners.models import Person
from cocon.signin import accounts
from tests.actions.making import csrf, signed_in
from tests.factories import World
from tests.support.client import Client

GRENOBLE, REGION, ISERE, VOIRON = "ville-grenoble", "region-rhone-alpes", "cg-isere", "pays-voironnais"
PASSWORD = "un brochet dans le canal"


@dataclass
class Stage:
    """An application on the reference data, and the browsers of people in it."""

    app: Flask
    world: World = field(default_factory=World)

    def within(self, act: Callable[[], object]) -> None:
        """Do something inside a context of the application."""
        with self.app.app_context():
            act()

    def client(self, role: str, partner: str | None = None) -> Client:
        """A browser where that person is signed in."""
        with self.app.app_context():
            actor: Actor = self.world.actor(role, partner)
        return signed_in(self.app, self.world, actor)

    def secretariat(self) -> Client:
        """A browser of the secretariat."""
        return self.client("secretariat", REGION)

    def mandate(
        self, email: str, role: str = "representative", partner: str | None = GRENOBLE, ends_on: date | None = None
    ) -> str:
        """Give somebody a mandate; their identifier."""
        with self.app.app_context():
            subject = partner_queries.partner_by_key(partner) if partner else None
            partners.give_mandate(SYSTEM, subject, email=email, role=role, name="Lise Morand", ends_on=ends_on)
            return self.person(email).id

    def person(self, email: str) -> Person:
        """A person who is there. Needs a context."""
        return db.session.scalars(select(Person).where(Person.email == email)).one()

    def account(self, email: str, password: str = PASSWORD, **mandate: object) -> str:
        """Somebody with a mandate and a password; their identifier."""
        person_id = self.mandate(email, **mandate)  # type: ignore[arg-type]
        with self.app.app_context():
            accounts.set_password(person_id, password)
            db.session.commit()
        return person_id

    def digest(self) -> str:
        """A fingerprint of every row of every table."""
        with self.app.app_context():
            found = hashlib.sha256()
            for table in Base.metadata.sorted_tables:
                for row in sorted(map(repr, db.session.execute(table.select()))):
                    found.update(f"{table.name} {row}\n".encode())
            db.session.rollback()
        return found.hexdigest()


def token(stage: Stage, client: Client) -> str:
    """The token that a form of that browser would carry."""
    return csrf(stage.app, client)["csrf_token"]
