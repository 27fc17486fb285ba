"""A contract with people in it, whose browsers are open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from flask import Flask

from cocon.actions import operations as actions
from cocon.audit import checkpoints
from cocon.contracts import operations as contracts
from cocon.contracts.queries import window
from cocon.decisions import operations as decisions
from cocon.kernel.actor import Actor
from tests.actions.making import GRENOBLE, REGION, fields, known, share, signed_in, statements
from tests.decisions.making import consult, newest, office
from tests.factories import World
from tests.support.client import Client

DEADLINE = date(2014, 1, 20)


@dataclass
class Stage:
    """The installed contract."""

    app: Flask
    world: World

    @classmethod
    def installed(cls, app: Flask) -> Stage:
        """The reference data, nobody yet."""
        with app.app_context():
            return cls(app, World.installed())

    def actor(self, role: str = "representative", partner: str | None = GRENOBLE) -> Actor:
        """Somebody who holds that role."""
        with self.app.app_context():
            return self.world.actor(role, partner)

    def client(self, role: str = "representative", partner: str | None = GRENOBLE) -> Client:
        """A browser where they are signed in, at the clock's time."""
        return signed_in(self.app, self.world, self.actor(role, partner))

    @contextmanager
    def acting(self) -> Iterator[World]:
        """Do things behind the pages; checkpoints, which cost time, are left to the worker."""
        with self.app.app_context(), checkpoints.signing_later():
            yield self.world

    def fiche(self, title: str = "Recycleries", partner: str = REGION) -> str:
        """The identifier of a fiche that a partner shared."""
        with self.acting() as world:
            return share(world.actor("representative", partner), title=title, costs={2014: 100_000_00}).id

    def consultation(self, action_id: str, deadline: date = DEADLINE) -> str:
        """The identifier of a consultation that has just been opened on the fiche."""
        with self.acting() as world:
            return consult(world, known(action_id), deadline).id

    def answer(self, action_id: str, *partners: str, stance: str = "favorable") -> None:
        """Each of these partners gives the position."""
        with self.acting() as world:
            for partner in partners:
                actor, reason = world.actor("representative", partner), "Le loyer." if stance == "reserve" else None
                decisions.take_position(actor, newest(action_id), stance=stance, reason=reason)

    def pronounce(self, action_id: str, outcome: str = "adopted", text: str = "Adoptée.") -> None:
        """The secretariat writes the decision."""
        with self.acting() as world:
            decisions.pronounce_outcome(office(world), newest(action_id), outcome=outcome, text=text, reason="Accord.")

    def period(self, activity: str, opens_on: date | None = None, closes_on: date | None = None) -> None:
        """The secretariat moves a period of the contract."""
        with self.acting() as world:
            moved = window(activity)
            contracts.set_window(office(world), moved, opens_on=opens_on, closes_on=closes_on, reason="Calendrier.")

    def revise(self, action_id: str, partner: str = REGION) -> None:
        """The owner publishes the next version."""
        with self.acting() as world:
            action, owner = known(action_id), world.actor("representative", partner)
            actions.publish_version(
                owner, action, revision=action.rev, summary="Précisions.", fields=fields(title=action.title)
            )

    def cost(self, client: Client, url: str) -> int:
        """The statements that a page takes, once what a process reads now and then has been read."""
        self.warm(client, url)
        with statements() as seen:
            answer = client.http.get(url)
        assert answer.status_code == 200, url
        return len(seen)

    def warm(self, client: Client, url: str) -> None:
        """Read what a process reads at most once a minute."""
        self.app.extensions.pop("cocon_site", None)
        client.http.get(url)
