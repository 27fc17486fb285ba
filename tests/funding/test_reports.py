"""Financial reports: who owes whom which, until when, and what funders record of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Date, literal

from cocon.actions import operations as actions
from cocon.audit import checkpoints
from cocon.audit.verify import verify
from cocon.funding import operations, owed, queries, reports, steps, undertakings, unreported
from cocon.funding.models import FinancialReport
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.refusal import Forbidden
from tests.actions.making import GRENOBLE, ISERE, METRO, REGION, count, fields, known, share, signed_in
from tests.decisions.making import together
from tests.dossier.making import Stage
from tests.factories import World
from tests.funding.test_matrix import adopt
from tests.funding.test_steps import record
from tests.support.client import Client

pytestmark = pytest.mark.template("reference")
LAST_DAY, DAY_AFTER, MUCH_LATER = date(2015, 6, 30), date(2015, 7, 1), date(2015, 7, 12)


def noon(day: date) -> datetime:
    """The middle of a day in Paris."""
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC)


def pay(actor: Actor, action_id: str, amount: int, *, year: int = 2014, number: str = "D1", **kind: str) -> None:
    """A contribution that its funder paid at once."""
    action, act = known(action_id), record(actor, number)
    operations.announce_contribution(actor, action, year=year, amount=amount, **kind)
    for step in ("inscribed", "voted", "engaged", "paid"):
        taken = steps.Taken(amount=amount, taken_on=clock.today(), act_id=act, reference="EJ 1")
        steps.take_step(actor, action, year=year, step=step, taken=taken, **kind)


def paid(world: World) -> World:
    """The Région's adopted fiche, to which the Ville de Grenoble paid 500 € for 2014 in two natures."""
    with clock.standing_at(noon(date(2014, 6, 2))):
        fiche = share(world.actor("representative", REGION), title="Recycleries", costs={2014: 9_000_00}).id
        adopt(world, fiche)
    grenoble = world.actor("representative", GRENOBLE)
    with clock.standing_at(noon(date(2014, 11, 3))):
        pay(grenoble, fiche, 300_00)
        pay(grenoble, fiche, 200_00, number="D2", nature="investment")
    world.fiche = fiche  # type: ignore[attr-defined]
    return world


@pytest.fixture
def world(in_app: Flask) -> Iterator[World]:
    """What was paid, seen from inside."""
    with checkpoints.signing_later():
        yield paid(World())


@pytest.fixture
def stage(app: Flask) -> Stage:
    """What was paid, seen from browsers."""
    stage = Stage.installed(app)
    with stage.acting() as world:
        paid(world)
    return stage


def found(world: World, state: str | None = None, partner: str | None = None) -> list[owed.Owed]:
    """What the list shows."""
    db.session.rollback()
    partner_id = world.actor("reader", partner).partner_id if partner else None
    return list(owed.listed(state, partner_id).lines)


def say(world: World, kind: str, partner: str = GRENOBLE, **said: Any) -> Any:
    """The funder records a fact, today unless told."""
    actor = world.actor("representative", GRENOBLE)
    one = owed.own(world.fiche, actor.partner_id or "", 2014)  # type: ignore[attr-defined]
    assert one is not None
    told = {"kind": kind, "taken_on": clock.today(), "reason": None, **said}
    return reports.record_report(world.actor("representative", partner), one.contribution, year=2014, **told)


def states(world: World, day: date) -> list[tuple[str, int]]:
    """The state of each report on a day, and how late it is."""
    with clock.standing_at(noon(day)):
        lines = found(world)
        for state in owed.STATES:
            assert found(world, state) == [one for one in lines if one.state == state], state
        return [(one.state, max(one.late, 0)) for one in lines]


def test_a_report_is_late_the_day_after_30_june(world: World) -> None:
    (one,) = found(world)
    assert (one.paid, one.year, one.due) == (500_00, 2014, LAST_DAY)
    assert (one.debtor, one.owner.key, one.funder.key) == ("Une association", REGION, GRENOBLE)
    for day, expected in (
        (date(2014, 12, 31), ("attendus", 0)),
        (LAST_DAY, ("attendus", 0)),
        (DAY_AFTER, ("en-retard", 1)),
        (MUCH_LATER, ("en-retard", 12)),
        (date(2016, 1, 2), ("en-retard", 186)),
        (date(2016, 7, 1), ("en-retard", 367)),
    ):
        assert states(world, day) == [expected], day
    for instant, late in (
        (datetime(2015, 6, 30, 21, 59, tzinfo=UTC), 0),
        (datetime(2015, 6, 30, 22, 0, tzinfo=UTC), 1),  # midnight in Paris
    ):
        with clock.standing_at(instant):
            assert len(found(world, "en-retard")) == late


def test_who_carries_the_fiche_owes_the_report(world: World) -> None:
    """A partner owes it itself, an association through the partner that proposed the fiche; nobody to itself."""
    region, isere = (world.actor("representative", key) for key in (REGION, ISERE))
    fiche = world.fiche  # type: ignore[attr-defined]
    with clock.standing_at(noon(date(2014, 11, 3))):
        pay(region, fiche, 100_00)  # the fiche that it proposed, carried by an association
        operations.announce_contribution(isere, known(fiche), year=2014, amount=100_00)  # nothing paid
        pay(isere, fiche, 100_00, number="D3", form="instrument")  # no subsidy
        by_city = {"project_owner_id": world.actor("reader", GRENOBLE).partner_id, "project_owner_name": None}
        mine = share(isere, title="Portée par la ville", **by_city).id
        adopt(world, mine)
        pay(world.actor("representative", GRENOBLE), mine, 70_00, number="D4")  # the funder carries it
        pay(region, mine, 80_00, number="D5")
        pay(isere, mine, 60_00, number="D6")  # the one that proposed it
    told = {(one.code, one.debtor, one.owner.key, one.funder.key, one.paid) for one in found(world)}
    city, first, second = "Ville de Grenoble", known(fiche).code, known(mine).code
    assert told == {
        (first, "Une association", REGION, GRENOBLE, 500_00),
        (first, "Une association", REGION, REGION, 100_00),
        (second, city, GRENOBLE, REGION, 80_00),
        (second, city, GRENOBLE, ISERE, 60_00),
    }
    for partner, owes_or_awaits in ((GRENOBLE, {500_00, 80_00, 60_00}), (REGION, {500_00, 100_00, 80_00})):
        assert {one.paid for one in found(world, partner=partner)} == owes_or_awaits
    assert {one.paid for one in found(world, partner=ISERE)} == {60_00}
    for key, sent, awaited in ((GRENOBLE, 2, 1), (REGION, 1, 2), (ISERE, 0, 1)):
        who = world.actor("reader", key).partner_id
        day = literal(MUCH_LATER, Date)
        counted = [len(db.session.execute(owed.late(day, **side)).all()) for side in ({"owner": who}, {"funder": who})]
        assert counted == [sent, awaited], key


def publish(world: World, **owner: Any) -> None:
    """The partner that proposed the fiche publishes the next text of it, alone."""
    actor, action = world.actor("representative", REGION), known(world.fiche)  # type: ignore[attr-defined]
    text = fields(title="Recycleries", costs={2014: 9_000_00}, **owner)
    actions.publish_version(actor, action, revision=action.rev, summary="Autre porteur.", fields=text)


def carried_by(world: World, partner: str) -> dict[str, Any]:
    """What a text says of the partner that carries the fiche."""
    return {"project_owner_id": world.actor("reader", partner).partner_id, "project_owner_name": None}


def test_who_carries_the_adopted_text_owes_the_report(world: World) -> None:
    """A text that its author publishes alone makes nobody owe what was paid for another."""
    funder, isere = (world.actor("reader", key).partner_id for key in (GRENOBLE, ISERE))
    day = literal(MUCH_LATER, Date)
    for carrier in (ISERE, GRENOBLE):
        publish(world, **carried_by(world, carrier))
        (one,) = found(world)
        assert (one.debtor, one.owner.key, one.funder.key) == ("Une association", REGION, GRENOBLE)
        assert found(world, partner=ISERE) == []
    publish(world, **carried_by(world, ISERE))
    with clock.standing_at(noon(MUCH_LATER)):
        adopt(world, world.fiche)  # type: ignore[attr-defined]
    assert [(one.carrier, one.owner.key) for one in found(world)] == [(None, ISERE)]
    publish(world, **carried_by(world, METRO))
    assert [one.owner.key for one in found(world, partner=ISERE)] == [ISERE]
    assert len(db.session.execute(owed.late(day, owner=isere)).all()) == 1
    assert len(db.session.execute(owed.late(day, funder=funder)).all()) == 1


def test_a_report_of_which_something_was_recorded_stays(world: World) -> None:
    """The funder carries the fiche by an adopted text since, or all the money came back."""
    with clock.standing_at(noon(MUCH_LATER)):
        say(world, "received", reason="Classé.")
        seq = found(world)[0].seq
        publish(world, **carried_by(world, GRENOBLE))
        adopt(world, world.fiche)  # type: ignore[attr-defined]
        actor, fiche = world.actor("representative", GRENOBLE), known(world.fiche)  # type: ignore[attr-defined]
        for nature, amount in (("operating", 300_00), ("investment", 200_00)):
            assert [(one.state, one.reason, one.seq) for one in found(world)] == [("recus", "Classé.", seq)]
            taken = steps.Taken(amount=amount, taken_on=clock.today(), reason="Action annulée.")
            steps.take_step(actor, fiche, year=2014, step="returned", taken=taken, nature=nature)
        assert [(one.state, one.paid) for one in found(world, "recus", GRENOBLE)] == [("recus", 0)]
        assert owed.own(fiche.id, actor.partner_id or "", 2014) is not None


def test_money_given_back_whole_owes_nothing(world: World) -> None:
    actor, fiche = world.actor("representative", GRENOBLE), known(world.fiche)  # type: ignore[attr-defined]
    with clock.standing_at(noon(date(2015, 2, 2))):
        for nature, amount in (("operating", 300_00), ("investment", 200_00)):
            assert len(found(world)) == 1
            taken = steps.Taken(amount=amount, taken_on=clock.today(), reason="Action annulée.")
            steps.take_step(actor, fiche, year=2014, step="returned", taken=taken, nature=nature)
    assert found(world) == []


def test_received_waived_and_awaited_again_are_facts(world: World) -> None:
    with clock.standing_at(noon(MUCH_LATER)):
        say(world, "waived", reason="Action de petite taille.")
        assert [(one.state, one.reason) for one in found(world)] == [("dispenses", "Action de petite taille.")]
        say(world, "received", taken_on=date(2015, 7, 2), reason="Classé au service.")
        assert [(one.state, one.taken_on) for one in found(world)] == [("recus", date(2015, 7, 2))]
        say(world, "reopened", reason="Illisible.")
        assert states(world, MUCH_LATER) == [("en-retard", 12)]
        assert count(FinancialReport) == 3
        assert verify().ok


@pytest.mark.engines("sqlite")
def test_what_is_refused(world: World) -> None:
    with clock.standing_at(noon(MUCH_LATER)):
        for kind, said, refusal in (
            ("received", {"taken_on": None}, unreported.ReportDayNeeded),
            ("received", {"taken_on": date(2015, 7, 13)}, unreported.ReportDayNeeded),
            ("received", {"taken_on": date(2014, 1, 1)}, unreported.ReceivedTooEarly),
            ("waived", {"reason": "  "}, unreported.ReportReasonNeeded),
            ("reopened", {"reason": "x"}, unreported.FactNeeded),
            ("lost", {}, unreported.FactNeeded),
            ("received", {"partner": ISERE}, Forbidden),
            ("received", {"partner": REGION}, Forbidden),
        ):
            with pytest.raises(refusal):
                say(world, kind, **said)
        say(world, "received")
        with pytest.raises(unreported.FactStands):
            say(world, "received")
        with pytest.raises(unreported.FactNeeded):
            say(world, "waived", reason="x")
        one = found(world)[0]
        with pytest.raises(unreported.NothingOwed):
            reports.record_report(
                world.actor("representative", GRENOBLE), one.contribution, year=2015, kind="received", taken_on=None
            )
        assert count(FinancialReport) == 1


def tasks(client: Client, part: str = "#taches") -> str:
    """What a workspace asks."""
    page = client.get("/espace")
    waiting, elsewhere = len(page.select("#taches > li")), client.get("/enveloppes").words("#navigation")
    assert f"Mon espace ({waiting})" in elsewhere
    return page.words(part) if page.select(part) else ""


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("day", "late"), [(LAST_DAY, 0), (MUCH_LATER, 12)])
def test_the_workspace_tells_who_must_act(stage: Stage, day: date, late: int) -> None:
    people = [("representative", REGION), ("contributor", REGION), ("reader", REGION), ("representative", ISERE)]
    actors = [stage.actor(*who) for who in people]
    funder = stage.actor()
    with clock.standing_at(noon(day)):
        owners = [signed_in(stage.app, stage.world, actor) for actor in actors]
        seen = ["Transmettre un compte rendu" in tasks(client) for client in owners]
        assert seen == [True, True, False, False]
        client = signed_in(stage.app, stage.world, funder)
        assert "Transmettre" not in tasks(client)
        assert ("1 compte rendu financier dû à votre organisation" in tasks(client, "#attentes")) == bool(late)
        if late:
            assert "en retard de 12 jours" in tasks(client, "#attentes")
            assert "en retard de 12 jours" in tasks(owners[0])
        else:
            assert "le 30 juin au plus tard" in tasks(owners[0])
        if late:
            with stage.acting() as world:
                say(world, "received")
            assert "Transmettre" not in tasks(owners[0])
            assert "compte rendu" not in tasks(client, "#attentes")


@pytest.mark.engines("sqlite")
def test_a_report_is_asked_for_once_its_year_has_ended(stage: Stage) -> None:
    owner, url = stage.actor("representative", REGION), "/financement/comptes-rendus?etat=a-rendre"
    for day, due in ((date(2014, 12, 31), 0), (date(2015, 1, 1), 1), (LAST_DAY, 1), (DAY_AFTER, 0)):
        with clock.standing_at(noon(day)):
            client = signed_in(stage.app, stage.world, owner)
            listed = client.get(f"{url}&partenaire={REGION}&sens=doit").select("#comptes-rendus tbody tr")
            assert len(listed) == due, day
            links = client.get("/espace").select("#taches a[href*='etat=a-rendre']")
            assert bool(links) == bool(due), day
            tasks(client)
    with stage.acting() as world, clock.standing_at(noon(LAST_DAY)):
        say(world, "received")
    with clock.standing_at(noon(LAST_DAY)):
        assert "Transmettre" not in tasks(signed_in(stage.app, stage.world, owner))


@pytest.mark.engines("sqlite")
def test_each_count_of_the_workspace_leads_to_its_own_lines(stage: Stage) -> None:
    """The Ville de Grenoble awaits one late report and owes two: two counts, two lists."""
    with stage.acting() as world, clock.standing_at(noon(date(2014, 11, 3))):
        grenoble, region = (world.actor("representative", key) for key in (GRENOBLE, REGION))
        for number in (1, 2):
            fiche = share(grenoble, title=f"Fiche {number}", costs={2014: 9_000_00}).id
            adopt(world, fiche)
            pay(region, fiche, 100, number=f"R{number}")
    with clock.standing_at(noon(MUCH_LATER)):
        client = stage.client()
        page = client.get("/espace")
        links = {}
        for part in ("#taches", "#attentes"):
            [links[part]] = {str(link["href"]) for link in page.select(f"{part} a[href*='comptes-rendus']")}
        for part, owed_, awaited in (("#taches", 2, 0), ("#attentes", 0, 1)):
            listed = client.get(links[part])
            rows = [
                [" ".join(cell.get_text().split()) for cell in row.select("td")]
                for row in listed.select("#comptes-rendus tbody tr")
            ]
            assert [sum("(vous)" in row[place] for row in rows) for place in (1, 2)] == [owed_, awaited], part
            assert len(rows) == owed_ + awaited
            assert listed.select("select[name=sens] option[selected]")[0]["value"] in links[part]
        every = client.get(f"/financement/comptes-rendus?etat=en-retard&partenaire={GRENOBLE}&sens=x")
        assert len(every.select("#comptes-rendus tbody tr")) == 3
        again = every.select(".levels a")[1]
        assert "sens" not in str(again["href"])


@pytest.mark.engines("sqlite")
def test_the_page_of_the_reports(stage: Stage) -> None:
    funder, other = stage.actor(), stage.actor(partner=ISERE)
    url = f"/actions/{stage.world.fiche}/financement/comptes-rendus/2014"  # type: ignore[attr-defined]
    with clock.standing_at(noon(MUCH_LATER)):
        client, stranger = (signed_in(stage.app, stage.world, actor) for actor in (funder, other))
        page = client.get("/financement/comptes-rendus?etat=en-retard")
        assert (
            "Une association transmis par Région Rhône-Alpes Ville de Grenoble (vous) "
            "500,00 30 juin 2015 en retard de 12 jours"
        ) in page.words("#comptes-rendus tbody")
        assert [str(one["href"]) for one in page.select("#comptes-rendus tbody a")][-1] == url
        total = client.get("/financement/contributions?etape=verse")
        tranche = str(total.select("#contributions td.num a")[0]["href"])
        assert client.get(tranche).select(f"a[href='{url}']")
        assert not stranger.get(tranche).select(f"a[href='{url}']")
        assert (
            "Une association vous en doit le compte rendu, le 30 juin 2015 au plus tard. Il est en retard de 12 jours."
        ) in client.get(url).words("main")
        bad = client.submit(url, {"kind": "waived", "taken_on": "12/07/2015", "reason": ""}, status=422)
        assert "Indiquez pourquoi." in bad.words("main")
        bad = client.post(url, {"kind": "received", "taken_on": "demain", "reason": "Gardé"}, status=422)
        assert bad.select_one("textarea").get_text().strip() == "Gardé"
        client.get(url)
        client.submit(url, {"kind": "received", "taken_on": "02/07/2015", "reason": "Classé <b>au service</b>"})
        assert "Vous l’avez reçu le 2 juillet 2015." in client.get(url).words("main")
        page = client.get("/financement/comptes-rendus")
        assert "reçu le 2 juillet 2015 Classé <b>au service</b> Écriture n°" in page.words("#comptes-rendus tbody")
        entry = page.select_one("#comptes-rendus a[href^='/audit/']")["href"]
        said = "avoir reçu le 2 juillet 2015 le compte rendu financier de 2014 sur la fiche"
        assert said in stranger.get(str(entry)).words("main")[:400]
        assert "Aucun compte rendu financier n’est dû à votre organisation" in stranger.get(url).words("main")
        assert not stranger.get("/financement/comptes-rendus").select("a[href$='/comptes-rendus/2014']")
        assert "Aucun compte rendu ne répond" in stranger.get("/financement/comptes-rendus?etat=en-retard").words()
        stranger.get(url.replace("2014", "2031"), status=404)
        stranger.get("/financement/comptes-rendus?apres=x", status=404)


@pytest.mark.engines("sqlite")
def test_the_list_goes_page_after_page_at_the_same_cost(stage: Stage) -> None:
    client, url = stage.client(), "/financement/comptes-rendus"
    one = stage.cost(client, url)
    with stage.acting() as world, clock.standing_at(noon(date(2014, 11, 3))):
        grenoble, region = world.actor("representative", GRENOBLE), world.actor("representative", REGION)
        for number in range(27):
            fiche = share(region, title=f"Fiche {number}", costs={2014: 9_000_00}).id
            adopt(world, fiche)
            pay(grenoble, fiche, 100 + number, number=f"N{number}")
    page = client.get(url)
    following = str(page.select_one("nav.pagination a[rel=next]")["href"])
    codes = [cell.get_text().split()[0] for cell in page.select("#comptes-rendus tbody th")]
    codes += [cell.get_text().split()[0] for cell in client.get(following).select("#comptes-rendus tbody th")]
    assert (len(codes), len(set(codes))) == (28, 28)
    assert codes == sorted(codes)
    assert stage.cost(client, url) == one <= 5


@pytest.mark.engines("sqlite")
def test_what_money_waits_for_is_counted_and_listed_alike(stage: Stage) -> None:
    """To inscribe, to vote, to sign for: only for who may act, and each link shows as many lines as it says."""
    with stage.acting() as world:
        grenoble, region = world.actor("representative", GRENOBLE), world.actor("representative", REGION)
        for number, reached in enumerate((0, 1, 1, 2, 2)):
            fiche = share(region, title=f"Fiche {number}", costs={2014: 90_000_00}).id
            adopt(world, fiche)
            amount, act = 23_000_00 + (number == 4), record(grenoble, f"V{number}")
            operations.announce_contribution(grenoble, known(fiche), year=2014, amount=amount)
            for step in ("inscribed", "voted")[:reached]:
                taken = steps.Taken(amount=amount, taken_on=clock.today(), act_id=act)
                steps.take_step(grenoble, known(fiche), year=2014, step=step, taken=taken)
        operations.announce_contribution(grenoble, share(region, title="Partagée"), year=2014, amount=1)
    client = stage.client()
    asked = tasks(client)
    assert "Inscrire au contrat une contribution de votre organisation" in asked
    assert "Indiquer les actes qui attribuent 2 contributions inscrites au contrat" in asked
    assert "Aucune attribution n’est encore votée pour celles-ci" in asked, "others are voted"
    assert "Indiquer la convention signée pour une contribution votée" in asked
    links = [str(link["href"]) for link in client.get("/espace").select("#taches a[href*='attente=']:not(.btn)")]
    assert [len(client.get(link).select("#contributions tbody tr")) for link in sorted(links)] == [1, 1, 2]
    for role, partner in (("contributor", GRENOBLE), ("reader", GRENOBLE), ("representative", METRO)):
        assert "attente=" not in str(stage.client(role, partner).get("/espace").select("#taches"))


@pytest.mark.engines("sqlite")
def test_all_that_is_missing_is_told_at_once(stage: Stage) -> None:
    client = signed_in(stage.app, stage.world, stage.actor())
    url = f"/actions/{stage.world.fiche}/financement/comptes-rendus/2014"  # type: ignore[attr-defined]
    client.get(url)
    assert len(client.post(url, {"taken_on": ""}, status=422).select("#erreurs li")) == 2
    bad = client.post(url, {"taken_on": "02/06/2014"}, status=422)
    assert "Choisissez ce que vous indiquez." in bad.words("#erreurs")


@pytest.mark.today("2015-07-12")
@pytest.mark.parametrize("locked", [True, False])
def test_one_fact_follows_another_even_at_once(
    in_app: Flask, world: World, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """Four colleagues say at once that it came: one is kept. Without its lock the second only meets the constraint."""
    if not locked:
        monkeypatch.setattr(queries, "lock_envelope", lambda *_line: None)
    actor, fiche = world.actor("representative", GRENOBLE), world.fiche  # type: ignore[attr-defined]

    def act() -> Any:
        one = owed.own(fiche, actor.partner_id or "", 2014)
        assert one is not None
        said = {"kind": "received", "taken_on": clock.today()}
        return reports.record_report(actor, one.contribution, year=2014, **said)

    answers = together(in_app, *[act] * 4)
    kept = [answer for answer in answers if isinstance(answer, undertakings.ReportReceived)]
    refused = [answer for answer in answers if isinstance(answer, unreported.FactStands)]
    assert (len(kept), count(FinancialReport)) == (1, 1)
    assert len(refused) == 3 or not locked
    assert verify().ok
