"""What surrounds every page: the hat worn, the navigation, the banner of a demonstration, the contract's title."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from sqlalchemy import select

from cocon.audit.models import LogEntry
from cocon.contracts.models import Contract
from cocon.dossier import queries as dossier
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.policy import Permission, has_role, may

ROLE_LABELS: dict[str, LazyString] = {
    "representative": _("représentant"),
    "deputy": _("suppléant"),
    "contributor": _("contributeur"),
    "reader": _("lecteur"),
    "secretariat": _("secrétariat"),
    "facilitator": _("animation"),
    "auditor": _("auditeur"),
    "admin": _("administration"),
}
REMEMBERED_FOR = 60.0


@dataclass(frozen=True)
class Site:
    """Facts that hardly change, read at most once a minute by each process."""

    title: str
    demonstration: bool
    read_at: float


@dataclass(frozen=True)
class Hat:
    """The actor as templates show it."""

    person_name: str | None
    partner_name: str | None
    role_label: str
    mandate_count: int


@dataclass(frozen=True)
class Link:
    """An entry of the main navigation."""

    label: str
    href: str
    current: bool
    count: int | None = None


class Navigation:
    """The entries of the main navigation, read only by templates that show them: a part costs no statement."""

    def __init__(self, actor: Actor | None) -> None:
        self._actor = actor
        self._links: list[Link] | None = None

    def __iter__(self) -> Iterator[Link]:
        return iter(self._read())

    def __getitem__(self, place: int) -> Link:
        return self._read()[place]

    def _read(self) -> list[Link]:
        if self._links is None:
            self._links = _nav(self._actor)
        return self._links

    def __bool__(self) -> bool:
        return self._actor is not None


def init_app(app: Flask) -> None:
    """Give every template what the layout needs."""
    app.context_processor(surroundings)


def surroundings() -> dict[str, Any]:
    """The layout's variables."""
    actor: Actor | None = g.get("actor")
    site = facts()
    return {
        "actor": _hat(actor),
        "nav": Navigation(actor),
        "demo_banner": _banner(site),
        "contract_title": site.title,
        "today": clock.today(),
        "may": _may,
        "me": actor,
    }


def _may(permission: str, subject: Any = None) -> bool:
    return may(g.get("actor"), Permission(permission), subject)


def facts() -> Site:
    """The contract's title and whether this is a demonstration."""
    known: Site | None = current_app.extensions.get("cocon_site")
    if known and (known.demonstration or time.monotonic() - known.read_at < REMEMBERED_FOR):
        return known
    title = db.session.scalar(select(Contract.title).where(Contract.in_force)) or "Cocon"
    started = db.session.scalar(select(LogEntry.seq).where(LogEntry.kind == "demo.started").limit(1))
    site = Site(title=title, demonstration=started is not None, read_at=time.monotonic())
    current_app.extensions["cocon_site"] = site
    return site


def _banner(site: Site) -> str | None:
    if not site.demonstration:
        return None
    return str(
        _(
            "Nous sommes le %(day)s, en temps simulé. Les montants, les personnes, les avis et les décisions sont "
            "fictifs\u202f; les axes et les partenaires que nomment les sources sont réels.",
            day=f"{clock.today():%d/%m/%Y}",
        )
    )


def _hat(actor: Actor | None) -> Hat | None:
    if actor is None:
        return None
    return Hat(actor.person_name, actor.partner_name, str(ROLE_LABELS[actor.role]), actor.mandate_count)


def _nav(actor: Actor | None) -> list[Link]:
    if actor is None:
        return []
    entries = [
        ("dossier.workspace", _("Mon espace"), Permission.READ),
        ("actions.index", _("Fiches-actions"), Permission.READ),
        ("funding.matrix", _("Financement"), Permission.READ),
        ("decisions.index", _("Décisions"), Permission.READ),
        ("contracts.show", _("Contrat"), Permission.READ),
        ("audit.index", _("Historique et preuves"), Permission.AUDIT),
    ]
    section = (request.blueprint or "", request.endpoint or "")
    waiting = g.waiting if "waiting" in g else dossier.waiting_count(actor)
    return [
        Link(
            str(label),
            url_for(endpoint),
            current=section[1] == endpoint or (section[0] == endpoint.split(".")[0] and section[0] != "dossier"),
            count=waiting if endpoint == "dossier.workspace" else None,
        )
        for endpoint, label, need in entries
        if has_role(actor, need)
    ]
