"""The PDF of an act and its correction: what is kept, what is refused, what pages say of both."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.files import operations as files
from cocon.files import queries as pieces
from cocon.files import refusals as bars
from cocon.files.models import Attachment
from cocon.files.scanning import shelf_of, sweep
from cocon.files.shelf import Shelf
from cocon.funding import acts, correcting, refusals, steps, unproven, words
from cocon.funding.correcting import Said
from cocon.funding.models import Act
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM, Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from cocon.partners.queries import partner_by_key
from tests.actions.making import GRENOBLE, ISERE, known
from tests.decisions.making import together
from tests.factories import World
from tests.files.making import PDF, SOUND, join
from tests.funding.making import EURO, announce
from tests.funding.test_step_pages import Stage, stage
from tests.funding.test_steps import STATE, adopted, record, take
from tests.support.client import Answer, Client
from tests.support.pages import words as said

__all__ = ["stage"]
pytestmark = [pytest.mark.template("reference"), pytest.mark.today("2014-06-10")]
OTHER = PDF + b"% another\n1 0 obj endobj\nstartxref\n9\n%%EOF\n"


@pytest.fixture
def world(in_app: Flask) -> World:
    """The installed contract."""
    return World()


@pytest.fixture
def grenoble(world: World) -> Actor:
    """The representative of the Ville de Grenoble."""
    return world.actor("representative", GRENOBLE)


def ago(days: int) -> date:
    """A day before today."""
    return clock.today() - timedelta(days=days)


def act(act_id: str) -> Act:
    """The act as it stands."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Act, act_id)


def refused(refusal: type[Refusal], doing: Callable[[], Any]) -> Refusal:
    """The refusal of what leaves no trace."""

    def written() -> list[int | None]:
        db.session.rollback()
        return [db.session.scalar(select(func.count()).select_from(one)) for one in (LogEntry, Attachment)]

    before = written()
    with pytest.raises(refusal) as caught:
        doing()
    assert written() == before
    return caught.value


def correct(
    actor: Actor, act_id: str, reason: str = "Faute de frappe.", revision: int | None = None, **told: Any
) -> None:
    """The act, but for what is told."""
    now = act(act_id)
    days = {name: getattr(now, name) for name in acts.FOLLOWING} | told.pop("days", {})
    kept = {"number": now.number, "title": now.title, "adopted_on": now.adopted_on, "assembly": now.assembly}
    correcting.correct_act(actor, now, said=Said(**(kept | told), days=days), reason=reason, revision=revision)


def test_a_wrong_pdf_is_replaced_and_stays_with_its_hash(grenoble: Actor, in_app: Flask) -> None:
    vote = record(grenoble, "2014-12")
    first = join(grenoble, vote, revision=0)
    refused(Outdated, lambda: join(grenoble, vote, OTHER, reason="Mauvais fichier.", revision=0))
    refused(refusals.StepReasonNeeded, lambda: join(grenoble, vote, OTHER, revision=1))
    refused(unproven.SameDocument, lambda: join(grenoble, vote, reason="Le même."))
    refused(unproven.PdfNeeded, lambda: join(grenoble, vote, SOUND["odt"], reason="Un texte."))
    join(grenoble, vote, OTHER, reason="Mauvais fichier.", revision=1)
    found = [one.attachment for one in pieces.of_act(vote)]
    assert [(one.sha256, one.alive, one.withdrawal_reason) for one in found] == [
        (hashlib.sha256(OTHER).hexdigest(), True, None),
        (hashlib.sha256(PDF).hexdigest(), False, "Mauvais fichier."),
    ]
    assert first.id == found[1].id
    assert pieces.used(grenoble.partner_id or "") == len(PDF) + len(OTHER)
    sweep(in_app.extensions["cocon"], grace=0)
    assert shelf_of(in_app.extensions["cocon"]).read(found[1].stored) == PDF
    entry = db.session.scalars(select(LogEntry.body).where(LogEntry.kind == "funding.act-document-replaced")).one()
    assert all(one.sha256 in entry for one in found)
    assert verify().ok


def test_an_act_recorded_by_mistake_takes_its_pdf_with_it(grenoble: Actor) -> None:
    vote = record(grenoble, "2014-12")
    join(grenoble, vote)
    acts.withdraw_act(grenoble, act(vote), reason="Mauvais acte.")
    (kept,) = [one.attachment for one in pieces.of_act(vote)]
    assert (kept.alive, kept.withdrawal_reason) == (False, "Mauvais acte.")
    assert verify().ok


def test_the_file_of_an_act_is_its_partners(world: World, grenoble: Actor) -> None:
    vote = record(grenoble, "2014-12")
    for other in (world.actor("representative", ISERE), world.actor("contributor", GRENOBLE)):
        refused(Forbidden, lambda actor=other: join(actor, vote))  # type: ignore[misc]
        refused(Forbidden, lambda actor=other: correct(actor, vote, title="Autre"))  # type: ignore[misc]
    acts.withdraw_act(grenoble, act(vote), reason="Erreur.")
    refused(Forbidden, lambda: join(grenoble, vote))


def test_quota_and_antivirus_are_those_of_attached_files(grenoble: Actor, in_app: Flask) -> None:
    vote = record(grenoble, "2014-12")
    kept = shelf_of(in_app.extensions["cocon"])
    small = Shelf(kept.folder, kept.largest, len(PDF) - 1, scanned=True)
    refused(bars.QuotaReached, lambda: join(grenoble, vote, shelf=small))
    row = join(grenoble, vote, shelf=Shelf(kept.folder, kept.largest, kept.quota, scanned=True))
    assert row.state == "quarantine"
    files.clear_file(SYSTEM, row)
    files.refuse_file(SYSTEM, row, finding="Eicar-Test-Signature")
    assert row.state == "refused"
    assert verify().ok


def test_two_files_at_once_are_one(world: World, grenoble: Actor, in_app: Flask) -> None:
    vote = record(grenoble, "2014-12")

    def joined(content: bytes) -> Callable[[], Any]:
        return lambda: join(grenoble, vote, content, revision=0)

    told = together(in_app, joined(PDF), joined(OTHER))
    assert sorted(type(one).__name__ for one in told) == ["Attachment", "Outdated"]
    assert [one.attachment.alive for one in pieces.of_act(vote)] == [True]


def test_what_was_mistyped_is_corrected_with_a_reason(grenoble: Actor) -> None:
    vote, known = record(grenoble, "2014-12", adopted_on=ago(9)), record(grenoble, "2014-13")
    refused(unproven.NothingCorrected, lambda: correct(grenoble, vote))
    refused(refusals.StepReasonNeeded, lambda: correct(grenoble, vote, reason=" ", number="2014-21"))
    refused(refusals.ActKnown, lambda: correct(grenoble, vote, number="2014-13"))
    refused(refusals.AssemblyNeeded, lambda: correct(grenoble, vote, assembly=""))
    refused(refusals.TooEarly, lambda: correct(grenoble, known, days={"received_on": ago(1), "sent_on": None}))
    refused(refusals.ReceivedBeforeSent, lambda: correct(grenoble, vote, days={"received_on": ago(1)}))
    before = act(vote).rev
    correct(grenoble, vote, number="2014-21", days={"sent_on": ago(8), "received_on": ago(7), "published_on": None})
    now = act(vote)
    assert (now.number, now.sent_on, now.received_on, now.published_on) == ("2014-21", ago(8), ago(7), None)
    refused(Outdated, lambda: correct(grenoble, vote, number="2014-22", revision=before))
    record(grenoble, "2014-12")
    assert verify().ok


def test_a_correction_breaks_nothing_that_was_proven(world: World, grenoble: Actor) -> None:
    action = adopted(world)
    announce(grenoble, action, 100 * EURO)
    take(grenoble, action, "inscribed", 100 * EURO)
    days = {"sent_on": ago(8), "received_on": ago(7), "published_on": ago(7)}
    vote = record(grenoble, "2014-12", adopted_on=ago(9), days=days)
    take(grenoble, action, "voted", 80 * EURO, act_id=vote, taken_on=ago(6))
    take(grenoble, action, "engaged", 50 * EURO, taken_on=ago(5))
    later = record(grenoble, "2014-13", adopted_on=ago(4), days={})
    take(grenoble, action, "voted", 90 * EURO, act_id=later, taken_on=ago(3))
    after = {"sent_on": ago(4), "received_on": ago(4), "published_on": ago(4)}
    told = refused(unproven.StillProving, lambda: correct(grenoble, vote, adopted_on=ago(5), days=after))
    assert f"{ago(6):%d/%m/%Y}" in str(told)
    told = refused(unproven.StillExecutory, lambda: correct(grenoble, vote, days={"published_on": ago(4)}))
    assert f"{ago(5):%d/%m/%Y}" in str(told)
    refused(unproven.StillExecutory, lambda: correct(grenoble, vote, days={"received_on": None}))
    correct(grenoble, vote, adopted_on=ago(8), days={"sent_on": ago(7), "published_on": ago(5)})
    correct(grenoble, later, adopted_on=ago(3))  # nothing was engaged since the second vote
    assert verify().ok


def test_an_act_whose_engagement_is_older_than_the_rule_is_corrected(
    world: World, grenoble: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was once engaged before the vote, or before it bound, stays; a day of the act does not move further away."""
    monkeypatch.setattr(steps, "_demand_bound", lambda tranche, taken: None)
    action = adopted(world)
    state, votes = world.actor("representative", STATE), []
    for actor, kind in ((state, "order"), (grenoble, "deliberation")):
        days = {"sent_on": ago(4), "received_on": ago(3), "published_on": ago(3)} if actor is grenoble else {}
        announce(actor, action, 100 * EURO)
        take(actor, known(action.id), "inscribed", 100 * EURO)
        votes.append(record(actor, "2014-12", kind, adopted_on=ago(5), days=days))
        take(actor, known(action.id), "voted", 80 * EURO, act_id=votes[-1])
        take(actor, known(action.id), "engaged", 50 * EURO, taken_on=ago(9))
    order, vote = votes
    for actor, act_id in ((state, order), (grenoble, vote)):
        correct(actor, act_id, title="Le titre, bien écrit")
        refused(unproven.VoteStillProving, lambda a=actor, i=act_id: correct(a, i, adopted_on=ago(4)))  # type: ignore[misc]
    refused(unproven.StillExecutory, lambda: correct(grenoble, vote, days={"published_on": ago(2)}))
    refused(unproven.StillExecutory, lambda: correct(grenoble, vote, days={"published_on": None}))
    correct(grenoble, vote, adopted_on=ago(6), days={"sent_on": ago(5), "received_on": ago(4), "published_on": ago(4)})
    correct(state, order, adopted_on=ago(7))
    assert verify().ok


def test_an_engagement_and_a_correction_at_once_do_not_both_stand(world: World, grenoble: Actor, in_app: Flask) -> None:
    action = adopted(world)
    fiche = action.id
    announce(grenoble, action, 100 * EURO)
    take(grenoble, action, "inscribed", 100 * EURO)
    vote = record(grenoble, "2014-12", adopted_on=ago(9), days=dict.fromkeys(acts.FOLLOWING, ago(7)))
    take(grenoble, action, "voted", 80 * EURO, act_id=vote, taken_on=ago(6))
    told = together(
        in_app,
        lambda: take(grenoble, known(fiche), "engaged", 50 * EURO, taken_on=ago(5)),
        lambda: correct(grenoble, vote, days={"received_on": ago(4), "published_on": ago(4)}),
    )
    assert sum(isinstance(one, Refusal) for one in told) == 1, told


def test_an_example_says_what_numbers_look_like() -> None:
    like = words.shape("14.04.402").fullmatch
    assert all(map(like, ("14.04.402", "15.12.1002", "14.04.7")))
    assert not any(map(like, ("2014.04.402", "14/04/402", "14.04.402b")))
    assert words.shape("CR 33-10").fullmatch("CP 11-880")
    assert words.unusual("x", "deliberation", "2014-12", example="14.04.402", partner_kind="commune")
    assert not words.unusual("x", "deliberation", "14.05.12", example="14.04.402", partner_kind="commune")
    assert not words.unusual("x", "convention", "C-1", example="14.04.402", partner_kind="commune")
    assert words.unusual("region-rhone-alpes", "deliberation", "2014-12")


def test_a_partner_says_how_it_numbers(world: World, grenoble: Actor) -> None:
    partner = partner_by_key(GRENOBLE)
    assert partner is not None
    isere = world.actor("representative", ISERE)
    refused(Forbidden, lambda: correcting.set_act_example(isere, partner, example="1"))
    read = partner.rev
    correcting.set_act_example(grenoble, partner, example=" 14.04.402 ", revision=read)
    refused(Outdated, lambda: correcting.set_act_example(grenoble, partner, example="1", revision=read))
    refused(unproven.NothingCorrected, lambda: correcting.set_act_example(grenoble, partner, example="14.04.402"))
    correcting.set_act_example(grenoble, partner, example="")
    assert partner.act_example is None
    assert verify().ok


def send(client: Client, url: str, content: bytes = PDF, status: int = 303, **typed: str) -> Answer:
    """Choose a file and send it."""
    client.get(url)
    return client.submit(url, {**typed, "file": (io.BytesIO(content), "délibération.pdf")}, status=status)


def test_the_page_of_an_act_gives_its_pdf_and_its_corrections(stage: Stage) -> None:
    vote, client = stage.record(), stage.client()
    url = f"/actes/{vote}"
    stage.take("inscribed", 500_00)
    stage.take("voted", 500_00, act=vote)
    assert "Le texte de cet acte n’est pas encore joint." in client.get(url).words("#fichier")
    refusal = send(client, f"{url}/fichier", SOUND["png"], status=422)
    assert "Le fichier d’un acte est un PDF" in refusal.words("#fichier-error")
    page = client.follow(send(client, f"{url}/fichier"))
    assert hashlib.sha256(PDF).hexdigest() in page.words("#fichier")
    link = str(page.select_one("#fichier .piece-title a")["href"])
    answer = stage.client(ISERE).http.get(link)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    proof = client.get(stage.tranche(client)).words("#etapes")
    assert f"PDF joint, empreinte {hashlib.sha256(PDF).hexdigest()[:12]}…" in proof
    again = send(client, f"{url}/fichier", OTHER, status=422)
    assert "Indiquez pourquoi." in again.words("#reason-error")
    page = client.follow(send(client, f"{url}/fichier", OTHER, reason="Ce n’était pas le bon."))
    assert "Motif : Ce n’était pas le bon." in page.words("#fichier")
    assert hashlib.sha256(PDF).hexdigest() in page.words("#fichier")
    assert stage.client(ISERE).get(link, status=409).words()
    client.get(f"{url}/corriger")
    fields = {"number": "14.06.010", "votes_for": "12", "reason": "Numéro mal recopié."}
    page = client.follow(client.submit(f"{url}/corriger", fields))
    cells = [said(one.get_text(" ")) for one in page.select("#corrections tbody tr")]
    assert cells == ["Numéro 14.06.001 14.06.010", "Voix pour rien 12"]
    assert "Motif : Numéro mal recopié." in page.words("#corrections")
    assert not stage.client(ISERE).get(url).select("a[href$=corriger], a[href$=fichier]")


def test_the_example_is_shown_beside_the_field_and_warns(stage: Stage) -> None:
    client = stage.client()
    client.get("/actes/numerotation")
    page = client.follow(client.submit("/actes/numerotation", {"example": "2014-12"}))
    assert "L’exemple de numéro est enregistré." in page.words()
    assert "par exemple 2014-12" in client.get("/actes/nouveau").words()
    assert (
        "n’a pas la forme habituelle de ce partenaire (par exemple 2014-12)"
        in client.get(f"/actes/{stage.record('14.06.001')}").words()
    )
    assert "forme habituelle" not in client.get(f"/actes/{stage.record('2014-133')}").words()
