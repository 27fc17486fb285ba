"""The document of a financial report that was received: kept, replaced and served as the PDF of an act is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from cocon.audit import queries as log
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.files import operations as files
from cocon.files import refusals as bars
from cocon.files.models import Attachment
from cocon.files.scanning import shelf_of
from cocon.files.shelf import Shelf
from cocon.funding import owed, refusals, unreported
from cocon.funding.models import Contribution
from cocon.kernel import clock
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden, Outdated, Refusal
from tests.actions.making import GRENOBLE, ISERE, REGION, signed_in
from tests.dossier.making import Stage
from tests.factories import World
from tests.files.making import PDF, SOUND, join_report
from tests.funding.test_documents import OTHER, send
from tests.funding.test_reports import found, noon, paid, say, stage

__all__ = ["stage"]
pytestmark = pytest.mark.template("reference")
LATER = date(2015, 7, 12)


def contribution(world: World) -> Contribution:
    """That of the Ville de Grenoble."""
    one = owed.own(world.fiche, world.actor("representative", GRENOBLE).partner_id or "", 2014)  # type: ignore[attr-defined]
    assert one is not None
    return one.contribution


def refused(refusal: type[Refusal], doing: Callable[[], Any]) -> None:
    """The refusal of what leaves no trace."""

    def written() -> list[int | None]:
        db.session.rollback()
        return [db.session.scalar(select(func.count()).select_from(one)) for one in (LogEntry, Attachment)]

    before = written()
    with pytest.raises(refusal):
        doing()
    assert written() == before


def test_a_document_is_joined_to_what_was_received_and_replaced_with_a_reason(in_app: Flask) -> None:
    with clock.standing_at(noon(LATER)):
        world = paid(World())
        grenoble = world.actor("representative", GRENOBLE)

        def join(content: bytes = PDF, **told: Any) -> Attachment:
            return join_report(grenoble, contribution(world), content, **told)

        refused(unreported.NotReceived, join)
        refused(unreported.NothingOwed, lambda: join(year=2015))
        say(world, "waived", reason="Petite somme.")
        refused(unreported.NotReceived, join)
        say(world, "received")
        refused(unreported.ReportPdfNeeded, lambda: join(SOUND["odt"]))
        for other in (world.actor("representative", ISERE), world.actor("contributor", GRENOBLE)):
            refused(Forbidden, lambda actor=other: join_report(actor, contribution(world)))  # type: ignore[misc]
        first = join(revision=0)
        assert (first.title, first.visibility) == ("Compte rendu financier de 2014, fiche 1.01", "partners")
        assert [one.document_id for one in found(world)] == [first.id]
        refused(Outdated, lambda: join(OTHER, reason="Mauvais.", revision=0))
        refused(refusals.StepReasonNeeded, lambda: join(OTHER, revision=1))
        refused(unreported.SameReport, lambda: join(reason="Le même."))
        second = join(OTHER, reason="Mauvais fichier.", revision=1)
        assert [one.document_id for one in found(world)] == [second.id]
        kinds = [one.kind for one in log.history(grenoble, world.fiche, decisions=False, after=None).entries]  # type: ignore[attr-defined]
        assert kinds[-2:] == ["funding.report-documented", "funding.report-document-replaced"]
        say(world, "reopened", reason="Illisible.")
        refused(unreported.NotReceived, lambda: join(OTHER))
        assert [one.document_id for one in found(world)] == [second.id], "it stands"
        say(world, "received")
        assert [one.document_id for one in found(world)] == [None]
        third = join()
        assert [one.document_id for one in found(world)] == [third.id]
        assert third.report_id != first.report_id == second.report_id
        assert verify().ok


def test_quota_and_antivirus_are_those_of_attached_files(in_app: Flask) -> None:
    with clock.standing_at(noon(LATER)):
        world = paid(World())
        grenoble = world.actor("representative", GRENOBLE)
        say(world, "received")
        kept = shelf_of(in_app.extensions["cocon"])
        small = Shelf(kept.folder, kept.largest, len(PDF) - 1, scanned=True)
        refused(bars.QuotaReached, lambda: join_report(grenoble, contribution(world), shelf=small))
        scanned = Shelf(kept.folder, kept.largest, kept.quota, scanned=True)
        row = join_report(grenoble, contribution(world), shelf=scanned)
        assert row.state == "quarantine"
        assert [one.document_id for one in found(world)] == [None], "nobody reads it yet"
        assert files.clear_file(SYSTEM, row).kind == "files.report-file-cleared"
        assert [one.document_id for one in found(world)] == [row.id]
        assert files.refuse_file(SYSTEM, row, finding="Eicar-Test-Signature").kind == "files.report-file-refused"
        assert [one.document_id for one in found(world)] == [None]
        assert verify().ok


def test_its_page_asks_for_it_and_everybody_reads_it(stage: Stage) -> None:
    people = [stage.actor(), stage.actor(partner=ISERE), stage.actor("representative", REGION)]
    page_of = f"/actions/{stage.world.fiche}/financement/comptes-rendus/2014"  # type: ignore[attr-defined]
    with clock.standing_at(noon(LATER)):
        client, stranger, owner = (signed_in(stage.app, stage.world, actor) for actor in people)
        url = f"{page_of}/fichier"
        assert "Indiquez d’abord que vous avez reçu" in client.get(url).words("main")
        assert not client.get(page_of).select(f"a[href='{url}']")
        with stage.acting() as world:
            say(world, "received")
        assert client.get(page_of).select(f"a[href='{url}']")
        refusal = send(client, url, SOUND["png"], status=422)
        assert "Le document d’un compte rendu est un PDF" in refusal.words("#fichier-error")
        page = client.follow(send(client, url))
        assert "Le document est joint." in page.words("#statut")
        assert hashlib.sha256(PDF).hexdigest() in page.words("#document")
        link = str(page.select_one("#document .piece-title a")["href"])
        for browser in (stranger, owner):
            listed = browser.get("/financement/comptes-rendus")
            assert [str(one["href"]) for one in listed.select("#comptes-rendus a[download]")] == [link]
            answer = browser.http.get(link)
            assert answer.data == PDF
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        again = send(client, url, OTHER, status=422)
        assert "Indiquez pourquoi." in again.words("#reason-error")
        page = client.follow(send(client, url, OTHER, reason="Ce n’était pas le bon."))
        assert "Motif : Ce n’était pas le bon." in page.words("#document")
        stranger.get(link, status=409)
        other = link.replace(str(stage.world.fiche), "00000000-0000-7000-8000-000000000000")  # type: ignore[attr-defined]
        stranger.get(other, status=404)
        assert "Indiquez d’abord" in stranger.get(url).words("main")


def test_who_may_read_the_money_finds_the_documents_of_a_report(stage: Stage) -> None:
    """The form is for who binds the funder; a document replaced is for the auditor; one that stands is for all."""
    people = [("representative", GRENOBLE), ("reader", GRENOBLE), ("representative", ISERE), ("auditor", None)]
    with clock.standing_at(noon(LATER)):
        with stage.acting() as world:
            grenoble = world.actor("representative", GRENOBLE)
            say(world, "received", reason="Classé.")
            former = join_report(grenoble, contribution(world)).id
            standing = join_report(grenoble, contribution(world), OTHER, reason="Mauvais fichier.", revision=1).id
            say(world, "reopened", reason="Illisible.")
        actors = [stage.actor(role, partner) for role, partner in people]
        for (role, partner), actor in zip(people, actors, strict=True):
            client = signed_in(stage.app, stage.world, actor)
            listed = client.get("/financement/comptes-rendus")
            (link,) = listed.select("#comptes-rendus tbody a[href*='/comptes-rendus/2014']")
            (document,) = listed.select("#comptes-rendus tbody a[download]")
            assert str(document["href"]).endswith(standing)
            assert "Document reçu auparavant (PDF)" in document.get_text()
            page, binds = client.get(str(link["href"])), (role, partner) == people[0]
            assert [bool(page.select("main form")), "Indiquer" in link.get_text()] == [binds, binds], role
            assert ("Votre organisation a versé" in page.words("main")) == (partner == GRENOBLE)
            assert ("Financeur : Ville de Grenoble." in page.words("main")) == (partner != GRENOBLE)
            read = [str(one["href"])[-36:] for one in page.select("#document .piece-title a")]
            assert read == [standing, former] if role == "auditor" else [standing]
            assert "Motif : Mauvais fichier." in page.words("#document")
            for one in read:
                client.get(f"/actions/{stage.world.fiche}/financement/comptes-rendus/fichiers/{one}")  # type: ignore[attr-defined]
            own = str(link["href"]).partition("?")[0]
            assert "Aucun compte rendu financier" in client.get(f"{own}?financeur={ISERE}").words("main")
            client.get(f"{own}?financeur=x", status=404)
