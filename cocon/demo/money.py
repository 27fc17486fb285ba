"""What becomes of the promises of the demonstration: inscribed once their fiche is adopted, then voted, engaged, paid.

Every act and every number is fictional. Each partner votes in sessions of its own; what is due after the end of the
course simply has not happened yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from cocon.contracts import queries as contracts
from cocon.contracts.models import Envelope
from cocon.demo import undertakings
from cocon.funding import (
    acts,
    beneficiaries,
    cancelling,
    ledger,
    operations,
    owed,
    proofs,
    queries,
    reports,
    simulations,
    steps,
    transfers,
    trying,
    words,
)
from cocon.funding.acts import Votes
from cocon.funding.models import Tranche
from cocon.funding.proofs import Ladder
from cocon.kernel import clock, numbers
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners import operations as partners
from cocon.partners import queries as partner_queries

if TYPE_CHECKING:
    from cocon.demo.course import Course

#: When assemblies and authorities of the demonstration decide on money.
SESSIONS = (date(2014, 6, 26), date(2014, 11, 20), date(2015, 3, 19), date(2015, 6, 25))
#: A convention is compulsory above this subsidy to a private body (décret 2001-495 of 6 June 2001).
CONVENTION_ABOVE: Cents = 23_000_00
#: Who keeps envelopes by axis, and opens credits for the year when its budget is voted.
RESERVES, BUDGET = "region-rhone-alpes", date(2015, 1, 29)
ADOPTED = ("adopted", "adopted_with_reserve")

#: The payment that is recorded by mistake, then taken back.
MISTYPED = (18, 1)

ASSEMBLIES = {
    "region": "Commission permanente",
    "departement": "Commission permanente",
    "commune": "Conseil municipal",
    "communaute_d_agglomeration": "Conseil communautaire",
    "communaute_de_communes": "Conseil communautaire",
    "metropole": "Conseil communautaire",
}


@dataclass(frozen=True)
class Line:
    """A promise of the course: whose, to which fiche, for which year."""

    fiche: str
    partner: str
    year: int
    nature: str
    amount: Cents
    adopted: date


def plan(course: Course) -> None:
    """Plan what becomes of each promise to an adopted fiche."""
    _plan_identifiers(course)
    _plan_envelopes(course)
    recorded: dict[tuple[str, date], str] = {}
    lines = list(_lines(course))
    voted = {line: day for line in lines if (day := _session(line)) is not None}
    undertakings.plan(course, lines, recorded, voted)
    course.at(BUDGET, lambda: _open_credits(course, [line for line in lines if line.partner == RESERVES]), hour=18)
    for number, line in enumerate(lines):
        course.at(line.adopted + timedelta(days=3), lambda line=line: _inscribe(course, line), hour=9)  # type: ignore[misc]
        session = _session(line)
        if session is not None:
            course.at(session, lambda line=line, day=session: _vote(course, line, day, recorded), hour=18)  # type: ignore[misc]
            _plan_payment(course, line, session, number)


def _plan_identifiers(course: Course) -> None:
    """Fictional identifiers, which pass the check: those of partners known by name, then of most beneficiaries."""
    known = [partner for partner in course.partners.values() if partner.complete]
    for number, partner in enumerate(known, start=1):
        course.at(date(2014, 1, 9), lambda p=partner.key, n=number: _identify_partner(course, p, n))  # type: ignore[misc]
    free = [fiche for fiche in course.facts["fiches"] if "project_owner_name" in fiche]
    for number, fiche in enumerate(free, start=1):
        if number % 5:
            day = fiche["shared"] + timedelta(days=2)
            course.at(day, lambda f=fiche, n=number: _identify(course, f, n), hour=12)  # type: ignore[misc]


def _plan_envelopes(course: Course) -> None:
    """Fictional envelopes by axis of one partner, one of them raised, then a sum moved; what another tries."""
    for number in (1, 2, 3):
        course.at(date(2014, 1, 10), lambda n=number: _reserve(course, n, 0, None), hour=10)  # type: ignore[misc]
    course.at(
        date(2014, 10, 6), lambda: _reserve(course, 1, 25_000_00, "Décision modificative (exemple fictif)."), hour=10
    )
    course.at(date(2015, 2, 9), lambda: _move(course), hour=10)
    course.at(date(2015, 6, 25), lambda: _try(course), hour=10)


def _reserve(course: Course, number: int, more: Cents, reason: str | None) -> None:
    """The envelope of an axis for 2015, a little above what the course promises there."""
    actor = course.representative(RESERVES)
    promised = sum(
        round(fiche["contributions"][RESERVES][1] * 100)
        for fiche in course.facts["fiches"]
        if fiche["axis"] == number and RESERVES in fiche["contributions"]
    )
    rounded = -(-promised * 115 // 100 // 1_000_000) * 1_000_000 + 1_000_000 + more
    whole = next(one for one in contracts.envelopes_of(actor.partner_id or "") if one.year == 2015)
    axis = next(one for one in contracts.outline().axes if one.number == number)
    operations.declare_envelope(actor, whole, amount=rounded, hard=False, axis_id=axis.id, reason=reason)


def _move(course: Course) -> None:
    """From the axis that keeps most to the one that keeps least."""
    actor = course.representative(RESERVES)
    rows = [row for row in ledger.rows(actor.partner_id) if row.year == 2015 and row.axis and row.amount]
    rows.sort(key=lambda row: row.left or 0)
    source, target = db.session.get_one(Envelope, rows[-1].id), str(rows[0].id)
    amount = min(10_000_00, rows[-1].amount or 0)
    transfers.transfer_envelope(actor, source, target_id=target, amount=amount, reason="Arbitrage (exemple fictif).")


def _try(course: Course) -> None:
    """What a partner tries before a committee: a tenth more for what it plans for 2016."""
    actor = course.representative("ville-grenoble")
    shares = trying.trial(actor.partner_id or "", []).shares
    planned = {key: share for key, share in shares.items() if key[2] == 2016 and share.stage == "intention"}
    tried = [
        simulations.Tried(
            action_id=action_id,
            nature=nature,
            year=year,
            amount=share.amount + share.amount // 10,
            former=share.amount,
            revision=share.rev,
        )
        for (action_id, nature, year), share in sorted(planned.items())
        if share.amount
    ]
    made = simulations.start(actor, name="Comité de rentrée, hypothèse haute (démonstration)")
    simulations.save(actor, made, name=made.name, cells=tried)


def _identify_partner(course: Course, key: str, number: int) -> None:
    partner = partner_queries.partner_by_key(key)
    if partner is not None:
        partners.complete_partner(course.office, partner, siret=numbers.fictional_siret(number))


def _identify(course: Course, fiche: dict[str, Any], number: int) -> None:
    rna = f"W{numbers.FICTIONAL}{number:05d}" if number % 2 else None
    actor, action = course.representative(fiche["owner"]), course.action(fiche["key"])
    siret = None if rna else numbers.fictional_siret(100 + number)
    beneficiaries.identify_beneficiary(actor, action, siret=siret, rna=rna)


def _lines(course: Course) -> Iterator[Line]:
    for fiche in course.facts["fiches"]:
        outcome = fiche.get("outcome", {})
        if outcome.get("outcome") not in ADOPTED:
            continue
        for partner, amounts in fiche["contributions"].items():
            for year, euros in zip((2014, 2015, 2016), amounts, strict=True):
                if euros:
                    yield Line(
                        fiche["key"], partner, year, fiche.get("nature", "operating"), round(euros * 100), outcome["on"]
                    )


def _session(line: Line) -> date | None:
    """The first session after the fiche was adopted, of the year of the money."""
    return next((day for day in SESSIONS if day > line.adopted + timedelta(days=10) and day.year == line.year), None)


def _plan_payment(course: Course, line: Line, session: date, number: int) -> None:
    """Engaged a month after the vote, half paid two months later, the rest and the end in the spring."""
    engaged = session + timedelta(days=35)
    course.at(engaged, lambda: _engage(course, line, number), hour=11)
    if number % 5 == 4:
        return
    course.at(engaged + timedelta(days=60), lambda: _pay(course, line, number, 1), hour=11)
    if line.year == 2014 and number % 3 != 2:
        course.at(date(2015, 4, 15), lambda: _pay(course, line, number, 2), hour=11)
        course.at(date(2015, 5, 11), lambda: _report(course, line, waived=number % 9 == 3), hour=11)
        course.at(date(2015, 5, 18), lambda: _settle(course, line), hour=11)


def _ladder(course: Course, line: Line) -> Ladder | None:
    action_id = course.ids[line.fiche]
    share = queries.own_share(action_id, course.partners[line.partner].id, line.year, words.CASH, line.nature)
    return proofs.ladder(action_id, share[1].id) if share and share[1].id else None


def _tranche(course: Course, line: Line) -> Tranche | None:
    """The promise as it stands; None once it was withdrawn."""
    found = _ladder(course, line)
    return found.tranche if found and found.tranche.amount else None


def _take(course: Course, line: Line, step: str, **said: Any) -> None:
    actor, action = course.representative(line.partner), course.action(line.fiche)
    taken = steps.Taken(taken_on=clock.today(), **said)
    steps.take_step(actor, action, year=line.year, nature=line.nature, step=step, taken=taken)


def _inscribe(course: Course, line: Line) -> None:
    tranche = _tranche(course, line)
    if tranche is not None and tranche.stage == "intention":
        _take(course, line, "inscribed", amount=tranche.amount)


def _open_credits(course: Course, lines: Iterable[Line]) -> None:
    """The credits of the year, for what was inscribed by then."""
    known = {line: _tranche(course, line) for line in lines if line.year == BUDGET.year and line.adopted < BUDGET}
    kind, act = str(course.partners[RESERVES].kind), None
    for line, tranche in known.items():
        if tranche is None or not tranche.inscribed:
            continue
        act = act or acts.record_act(
            course.representative(RESERVES),
            None,
            kind=words.giving(kind)[0],
            number=f"{BUDGET:%y}.00.001",
            title="Budget primitif 2015, crédits du contrat (acte fictif)",
            adopted_on=BUDGET,
            assembly="Assemblée plénière",
        )
        _take(course, line, "credited", amount=tranche.inscribed, act_id=act.subject.id)


def _vote(course: Course, line: Line, day: date, recorded: dict[tuple[str, date], str]) -> None:
    """Vote what was inscribed, and sign a convention where the law wants one."""
    tranche = _tranche(course, line)
    if tranche is None or tranche.stage not in ("inscribed", "credited"):
        return
    key = line.partner, day
    if key not in recorded:
        recorded[key] = _record(course, line.partner, day)
    amount = tranche.inscribed
    _take(course, line, "voted", amount=amount, act_id=recorded[key])
    if amount > CONVENTION_ABOVE:
        signed = _convention(course, line, day)
        _take(course, line, "contracted", amount=amount, act_id=signed)


def _record(course: Course, partner: str, day: date) -> str:
    """The act of a session, which gives money to several fiches."""
    kind = str(course.partners[partner].kind)
    form = words.giving(kind)[0]
    rank = SESSIONS.index(day) + 1
    event = acts.record_act(
        course.representative(partner),
        None,
        kind=form,
        number=f"{day:%y}.{rank:02d}.{100 + 17 * list(course.partners).index(partner):03d}",
        title="Subventions au titre du contrat (acte fictif)",
        adopted_on=day,
        assembly=ASSEMBLIES.get(kind, "Comité syndical") if form == "deliberation" else None,
        votes=Votes(voters=30, votes_for=28, votes_against=0, abstentions=2) if form == "deliberation" else None,
    )
    return event.subject.id


def _convention(course: Course, line: Line, day: date) -> str:
    event = acts.record_act(
        course.representative(line.partner),
        None,
        kind="convention",
        number=f"C{day:%y}-{line.fiche}-{line.year}",
        title="Convention de financement (acte fictif)",
        adopted_on=day,
    )
    return event.subject.id


def _make_executory(course: Course, line: Line) -> None:
    """The days that follow the act of the vote, which the préfet received and the assembly published."""
    found = _ladder(course, line)
    voted = next((one.act for one in found.standing if one.step.kind == "voted"), None) if found else None
    if voted is None or voted.kind not in ("deliberation", "order") or voted.received_on is not None:
        return
    day = voted.adopted_on
    days = {"sent_on": day + timedelta(days=4), "received_on": day + timedelta(days=5)}
    acts.date_act(course.representative(line.partner), voted, days={**days, "published_on": day + timedelta(days=8)})


def _engage(course: Course, line: Line, number: int) -> None:
    tranche = _tranche(course, line)
    if tranche is None or not tranche.voted:
        return
    _make_executory(course, line)
    _take(course, line, "engaged", amount=tranche.voted, reference=f"EJ {line.year}-{number:04d}")


def _pay(course: Course, line: Line, number: int, part: int) -> None:
    tranche = _tranche(course, line)
    if tranche is None or not tranche.engaged:
        return
    left = tranche.engaged - tranche.paid
    amount = left // 2 if part == 1 else left
    reference = f"Mandat {line.year}-{number:04d}-{part}"
    if (number, part) == MISTYPED:
        _take(course, line, "paid", amount=left, reference=reference)
        cancelling.cancel_step(
            course.representative(line.partner),
            course.action(line.fiche),
            reason="Montant mal saisi (exemple fictif).",
            year=line.year,
            nature=line.nature,
        )
    _take(course, line, "paid", amount=amount, reference=reference)


def _report(course: Course, line: Line, *, waived: bool) -> None:
    """Record the financial report on a year, which a funder does not await from itself."""
    actor = course.representative(line.partner)
    found = owed.own(course.ids[line.fiche], actor.partner_id or "", line.year)
    if found is None or found.kind is not None:
        return
    kind, reason = ("waived", "Action de petite taille (dispense fictive).") if waived else ("received", None)
    reports.record_report(actor, found.contribution, year=line.year, kind=kind, taken_on=clock.today(), reason=reason)


def _settle(course: Course, line: Line) -> None:
    tranche = _tranche(course, line)
    if tranche is not None and tranche.stage == "paid" and tranche.paid == tranche.engaged:
        _take(course, line, "settled", reason="Action réalisée, compte rendu financier reçu.")
