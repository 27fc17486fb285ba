"""Playing the course: every act at its simulated date, through its operation, in the order of time."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions import queries as action_queries
from cocon.actions.models import Action
from cocon.audit import checkpoints, opening
from cocon.audit.models import LogEntry
from cocon.contracts import operations as contracts
from cocon.contracts import queries as contract_queries
from cocon.decisions import operations as decisions
from cocon.decisions import queries as decision_queries
from cocon.demo import exchanges, files, money, people, resources, structure, suggestions, views, writing
from cocon.demo.fields import place, typed_fields, version_fields
from cocon.discussion import operations as discussion
from cocon.funding import operations as funding
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Refusal
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries
from cocon.partners.models import Partner
from cocon.signin import accounts

BEGINS = date(2014, 1, 6)
ENDS = date(2015, 6, 30)
FILE = Path(__file__).with_name("fiches.toml")
INSTALLED = ("log.opened", "contracts.loaded", "partners.registered", "contracts.envelopes-opened")
CEILINGS = ("ville-grenoble", "caisse-des-depots", "cg-isere", "pays-voironnais")

Act = Callable[[], object]


class NotEmpty(Refusal):
    """The log holds something else than the installation."""

    sentence = "la démonstration ne s’ajoute qu’à une installation neuve : le journal contient déjà d’autres actes."


@dataclass
class Course:
    """What is being played: who acts, which fiche is which, and what is due when."""

    facts: dict[str, Any]
    partners: dict[str, Partner]
    actors: dict[str, Actor] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    due: list[tuple[datetime, int, Act]] = field(default_factory=list)

    def at(self, day: date, act: Act, hour: int = 10) -> None:
        """Plan an act; acts of the same hour keep the order of planning."""
        rank = len(self.due)
        moment = datetime.combine(day, time(hour, rank * 7 % 60), tzinfo=clock.PARIS)
        self.due.append((moment.astimezone(UTC), rank, act))

    def representative(self, partner: str) -> Actor:
        """Who binds that partner, under the name it has at the simulated date."""
        name = self.partners[partner].name_on(clock.today())
        return replace(self.actors[f"representant@{partner}"], partner_name=name)

    @property
    def office(self) -> Actor:
        """The secretariat."""
        return self.actors["secretariat@region-rhone-alpes"]

    def action(self, key: str) -> Action:
        """A fiche as it stands now."""
        action = action_queries.find(self.ids[key])
        if action is None:
            raise LookupError(key)
        return action


def play() -> bool:
    """Add the demonstration; False when it is there already, whole. Raises NotEmpty."""
    kinds = set(db.session.scalars(select(LogEntry.kind).distinct()))
    db.session.rollback()
    if "demo.completed" in kinds:
        return False
    if kinds - set(INSTALLED):
        raise NotEmpty
    course = Course(tomllib.loads(FILE.read_text(encoding="utf-8")), _partners())
    with clock.standing_at(datetime.combine(BEGINS, time(9), tzinfo=clock.PARIS)):
        opening.start_demo(SYSTEM, None)
        _people(course)
    _plan(course)
    _run(course)
    with clock.standing_at(datetime.combine(ENDS, time(0), tzinfo=clock.PARIS)):
        opening.complete_demo(SYSTEM, None)
        checkpoints.daily()
    views.keep([course.actors["representant@ville-grenoble"], course.office])
    return True


def _partners() -> dict[str, Partner]:
    found = {partner.key: partner for partner in partner_queries.partners()}
    db.session.rollback()
    return found


def _run(course: Course) -> None:
    """One day after the other; each day that brought something ends with a signed checkpoint."""
    days = defaultdict(list)
    for moment, rank, act in course.due:
        days[moment.date()].append((moment, rank, act))
    with checkpoints.signing_later():
        for day in sorted(days):
            for moment, _rank, act in sorted(days[day], key=lambda item: item[:2]):
                with clock.standing_at(moment):
                    act()
                    db.session.rollback()
            with clock.standing_at(datetime.combine(day, time(23, 0), tzinfo=UTC)):
                checkpoints.daily()


def _people(course: Course) -> None:
    """The accounts of the demonstration, all with the published password."""
    wanted = [("representant", "representative", key) for key in course.partners]
    wanted += [("contributeur", "contributor", key) for key in course.partners]
    wanted += [("secretariat", "secretariat", "region-rhone-alpes"), ("animation", "facilitator", "cress-rhone-alpes")]
    for number, (local, role, key) in enumerate(wanted):
        _person(course, f"{local}@{key}", role, key, people.name(number))
    _person(course, "auditeur@demo", "auditor", None, people.name(52))
    _person(course, "administration@demo", "admin", None, people.name(53))
    _person(course, "multi@demo", "contributor", "pays-voironnais", people.name(54))
    _person(course, "multi@demo", "representative", "cg-isere", people.name(54))
    accounts.set_same_password([actor.person_id for actor in course.actors.values()], people.PASSWORD)


def _person(course: Course, local: str, role: str, key: str | None, name: str) -> None:
    email = f"{local}.example"
    partners.give_mandate(
        SYSTEM, course.partners[key] if key else None, email=email, role=role, name=name, starts_on=BEGINS
    )
    person = partner_queries.person_by_email(email)
    if person is None:
        raise LookupError(email)
    mandate = next(m for m in partner_queries.mandates_of(person.id, BEGINS) if m.role == role)
    course.actors.setdefault(local, partner_queries.actor_of(mandate))


def _plan(course: Course) -> None:
    course.at(date(2014, 1, 7), lambda: _objectives(course))
    for key, amounts in _promises(course).items():
        course.at(date(2014, 1, 8), lambda key=key, amounts=amounts: _declare(course, key, amounts))  # type: ignore[misc]
    for fiche in course.facts["fiches"]:
        _plan_fiche(course, fiche)
    for identity in course.facts["identities"]:
        course.at(identity["on"], lambda identity=identity: _complete(course, identity))  # type: ignore[misc]
    exchanges.plan(course)
    for change in course.facts["changes"]:
        course.at(change["on"], lambda change=change: _change(course, change), hour=15)  # type: ignore[misc]
    for change in course.facts["second_opinions"]:
        course.at(change["on"], lambda change=change: _position(course, change["fiche"], **_opinion(change)), hour=15)  # type: ignore[misc]
    suggestions.plan(course)
    for piece in files.PIECES:
        course.at(piece.on, lambda piece=piece: _attach(course, piece))  # type: ignore[misc]
    structure.plan(course)
    money.plan(course)
    resources.plan(course)
    for draft in course.facts["drafts"]:
        course.at(draft["saved"], lambda draft=draft: _draft(course, draft))  # type: ignore[misc]
    course.at(date(2015, 6, 26), lambda: writing.await_validation(course.actors["contributeur@cg-isere"]))


def _attach(course: Course, piece: files.Piece) -> None:
    files.attach(course.representative(piece.partner), course.action(piece.fiche), piece)


def _opinion(change: dict[str, Any]) -> dict[str, Any]:
    return {"partner": change["partner"], "stance": change["stance"], "reason": change.get("reason")}


def _objectives(course: Course) -> None:
    for axis in contract_queries.axes():
        for letter, title in course.facts["objectives"][str(axis.number)].items():
            contracts.add_objective(course.office, axis, letter=letter, title=title, fictional=True)


def _complete(course: Course, identity: dict[str, Any]) -> None:
    partner = partner_queries.partner_by_key(identity["partner"])
    if partner is None:
        raise LookupError(identity["partner"])
    partners.complete_partner(course.office, partner, name=identity["name"], kind=identity["kind"])
    course.partners = _partners()


def _promises(course: Course) -> dict[str, list[int]]:
    """What each partner will bring each year, in cents: envelopes are declared a little above."""
    sums: dict[str, list[int]] = {}
    for fiche in course.facts["fiches"]:
        for partner, amounts in fiche["contributions"].items():
            known = sums.setdefault(partner, [0, 0, 0])
            sums[partner] = [a + _cents(b) for a, b in zip(known, amounts, strict=True)]
    return sums


def _cents(euros: float) -> int:
    return round(euros * 100)


def _declare(course: Course, key: str, amounts: list[int]) -> None:
    actor = course.representative(key)
    for envelope, promised in zip(contract_queries.envelopes_of(actor.partner_id or ""), amounts, strict=True):
        rounded = -(-promised * 112 // 100 // 100_000) * 100_000 + 500_000
        funding.declare_envelope(actor, envelope, amount=rounded, hard=key in CEILINGS)


def _plan_fiche(course: Course, fiche: dict[str, Any]) -> None:
    key = fiche["key"]
    course.at(fiche["shared"], lambda: _share(course, fiche))
    for position, (partner, amounts) in enumerate(fiche["contributions"].items()):
        day = fiche["funded"] + timedelta(days=position)
        course.at(day, lambda p=partner, a=amounts: _announce(course, key, p, a), hour=11)  # type: ignore[misc]
    for partner, form, nature, brought in fiche.get("apart", ()):
        course.at(
            fiche["funded"] + timedelta(days=6),
            lambda p=partner, f=form, n=nature, b=brought: _bring(course, key, p, f, n, b),  # type: ignore[misc]
            hour=15,
        )
    for partner, day, text, *visibility in fiche.get("comments", ()):
        shown = "internal" if visibility else "partners"
        course.at(day, lambda p=partner, t=text, v=shown: _comment(course, key, p, t, v), hour=14)  # type: ignore[misc]
    if "revision" in fiche:
        course.at(fiche["revision"]["on"], lambda: _revise(course, fiche), hour=16)
    if "consultation" in fiche:
        _plan_consultation(course, fiche)
    if "withdrawn" in fiche:
        gone = fiche["withdrawn"]
        course.at(gone["on"], lambda: _withdraw(course, fiche["owner"], key, gone["reason"]))


def _withdraw(course: Course, owner: str, key: str, reason: str) -> None:
    actions.withdraw_action(course.representative(owner), course.action(key), reason=reason)


def _plan_consultation(course: Course, fiche: dict[str, Any]) -> None:
    asked = fiche["consultation"]
    course.at(asked["opened"], lambda: _open(course, fiche), hour=9)
    last = min(asked["deadline"], ENDS) - timedelta(days=1)
    span = max((last - asked["opened"]).days, 1)
    for number, (partner, stance, reason) in enumerate(_opinions(course, asked)):
        day = asked["opened"] + timedelta(days=1 + number * 3 % span)
        given = {"partner": partner, "stance": stance, "reason": reason}
        course.at(day, lambda g=given: _position(course, fiche["key"], **g), hour=11 + number % 6)  # type: ignore[misc]
    if "outcome" in fiche:
        course.at(fiche["outcome"]["on"], lambda: _pronounce(course, fiche), hour=17)


def _opinions(course: Course, asked: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    for partner in course.partners:
        if partner in asked.get("silent", ()):
            continue
        if partner in asked.get("reserve", {}):
            yield partner, "reserve", asked["reserve"][partner]
        elif partner in asked.get("unfavorable", {}):
            yield partner, "unfavorable", asked["unfavorable"][partner]
        else:
            yield partner, "abstention" if partner in asked.get("abstention", ()) else "favorable", None


def _share(course: Course, fiche: dict[str, Any]) -> None:
    actor = course.representative(fiche["owner"])
    draft = drafts.start(actor, typed_fields(fiche))
    course.ids[fiche["key"]] = draft.id
    actions.share_action(actor, draft, **place(fiche), fields=version_fields(fiche, course.partners))


def _draft(course: Course, wanted: dict[str, Any]) -> None:
    drafts.start(course.representative(wanted["owner"]), typed_fields(wanted))


def _announce(course: Course, key: str, partner: str, amounts: list[float]) -> None:
    for year, euros in zip(contract_queries.outline().years, amounts, strict=True):
        if euros:
            action = course.action(key)
            actor, nature = course.representative(partner), nature_of(course, key)
            funding.announce_contribution(actor, action, year=year, amount=_cents(euros), nature=nature)


def _bring(course: Course, key: str, partner: str, form: str, nature: str, amounts: list[float]) -> None:
    """What is no money to spend: kept apart from every total."""
    cells = [
        funding.Cell(year=year, amount=_cents(euros), form=form, nature=nature)
        for year, euros in zip(contract_queries.outline().years, amounts, strict=True)
        if euros
    ]
    funding.fill_line(course.representative(partner), course.action(key), cells=cells)


def nature_of(course: Course, key: str) -> str:
    """What the money of a fiche pays for."""
    fiche = next(one for one in course.facts["fiches"] if one["key"] == key)
    return str(fiche.get("nature", "operating"))


def _change(course: Course, change: dict[str, Any]) -> None:
    actor, action = course.representative(change["partner"]), course.action(change["fiche"])
    year, amount, nature = change["year"], _cents(change["amount"]), nature_of(course, change["fiche"])
    if amount == 0:
        funding.withdraw_contribution(actor, action, year=year, nature=nature, reason=change["reason"])
    elif "reason" in change:
        funding.lower_contribution(actor, action, year=year, nature=nature, amount=amount, reason=change["reason"])
    else:
        funding.announce_contribution(actor, action, year=year, nature=nature, amount=amount)


def _comment(course: Course, key: str, partner: str, text: str, visibility: str) -> None:
    discussion.post_comment(course.representative(partner), course.action(key), text=text, visibility=visibility)


def _revise(course: Course, fiche: dict[str, Any]) -> None:
    action = course.action(fiche["key"])
    changed = {**fiche, **{k: v for k, v in fiche["revision"].items() if k not in ("on", "summary")}}
    actions.publish_version(
        course.representative(fiche["owner"]),
        action,
        revision=action.rev,
        summary=fiche["revision"]["summary"],
        fields=version_fields(changed, course.partners),
    )


def _open(course: Course, fiche: dict[str, Any]) -> None:
    action = course.action(fiche["key"])
    deadline = fiche["consultation"]["deadline"]
    decisions.open_consultation(course.office, action, version=action.version, deadline=deadline)


def _consultation(course: Course, key: str) -> Any:
    found = decision_queries.latest(course.ids[key])
    if found is None:
        raise LookupError(key)
    return found


def _position(course: Course, key: str, partner: str, stance: str, reason: str | None) -> None:
    decisions.take_position(course.representative(partner), _consultation(course, key), stance=stance, reason=reason)


def _pronounce(course: Course, fiche: dict[str, Any]) -> None:
    said = fiche["outcome"]
    decisions.pronounce_outcome(
        course.office,
        _consultation(course, fiche["key"]),
        outcome=said["outcome"],
        text=said["text"],
        reason=said["reason"],
    )
