"""The pages of fiches: from the list to a new version, as people meet them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask, abort
from sqlalchemy import func, select

from cocon.actions import drafts, queries
from cocon.actions.models import Action, ActionVersion, Draft, Indicator, Milestone
from cocon.decisions import operations as decisions
from cocon.kernel import ids
from cocon.kernel.db import db
from cocon.signin import accounts
from tests.actions.making import (
    GRENOBLE,
    METRO,
    REGION,
    Stage,
    close,
    csrf,
    known,
    objective,
    statements,
)
from tests.factories import World

#: What the database itself may change is played on both engines; the rest is said by templates and forms.
pytestmark = pytest.mark.engines("sqlite")
both = pytest.mark.engines("sqlite", "postgresql")

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    with app.app_context():
        world = World.installed()
    return Stage(app, world)


COMPLETE = {
    "title": "Épiceries solidaires",
    "axis": "1",
    "owner": GRENOBLE,
    "context": "Un besoin.",
    "objectives": "Un but.",
    "content": "- une opération",
    "cost_2015": "12 500,5",
}


@both
def test_from_nothing_to_a_shared_fiche(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    client.get("/actions/nouvelle")
    edit = client.submit("/actions/nouvelle", {"title": "Épiceries", "axis": "1"}).location
    assert "Terminées : 0 sur 7" in client.get(edit).words("#sections")
    here = f"{edit}/contexte"
    client.get(here)
    following = client.submit(here, {"context": "Un besoin.", "objectives": "Un but.", "suite": "continuer"}).location
    assert following == f"{edit}/contenu"
    client.get(following)
    assert client.submit(following, {"content": "- une opération", "termine": "oui", "suite": "liste"}).location == edit
    assert "Terminées : 1 sur 7" in client.get(edit).words("#sections")
    client.get(f"{edit}/calendrier")
    steps = {"milestones-0-due": "mars 2015", "milestones-0-title": "Ouverture"}
    client.submit(f"{edit}/calendrier", steps)
    client.get(f"{edit}/resultats")
    planned = {"code": "E1", "label": "Lieux", "kind": "output", "target_2015": "2,5"}
    client.submit(f"{edit}/resultats", {f"indicators-0-{name}": value for name, value in planned.items()})
    client.get(f"{edit}/cout")
    check = client.submit(f"{edit}/cout", {"cost_2015": "12 500,5", "suite": "continuer"}).location
    page = client.get(check)
    assert "12 500,50 €" in page.words()
    assert not page.select("#manque")
    assert client.submit(check).location == edit.replace("/modifier", "")

    def shared() -> tuple[object, ...]:
        action = db.session.scalars(select(Action)).one()
        whole = queries.whole(action.id)
        assert whole is not None
        said = [row.said for row in (*whole.version.milestones, *whole.version.indicators)]
        return action.code, whole.version.title, whole.version.content, whole.costs, whole.owner_name, said

    assert stage.read(shared) == (
        "1.01",
        "Épiceries",
        "- une opération",
        {2015: 1250050},
        "Ville de Grenoble",
        [
            Milestone(due="2015-03", title="Ouverture"),
            Indicator(code="E1", label="Lieux", kind="output", targets={2015: 250}),
        ],
    )
    assert stage.read(lambda: list(db.session.scalars(select(Draft)))) == []


def test_a_draft_is_offered_again_before_another_begins(stage: Stage) -> None:
    draft_id = stage.draft(title="Ma fiche")
    page = stage.client("contributor", GRENOBLE).get("/actions/nouvelle")
    assert "Vous avez un brouillon du 6 janvier 2014 : reprendre « Ma fiche »" in page.words()
    assert page.select(f'a[href="/actions/{draft_id}/modifier"]')
    assert "En commencer un autre" in page.words()
    assert "brouillon du" not in stage.client("representative", METRO).get("/actions/nouvelle").words()


@pytest.mark.parametrize("htmx", [False, True])
def test_a_row_is_added_without_losing_the_others(stage: Stage, *, htmx: bool) -> None:
    client = stage.client("contributor", GRENOBLE)
    for slug, rows, filled in (("calendrier", "milestones", "title"), ("resultats", "indicators", "label")):
        url = f"/actions/{stage.draft()}/modifier/{slug}"
        client.get(url)
        typed = {f"{rows}-0-{filled}": "La première", "ajouter": rows}
        answer = client.submit(url, typed, htmx=htmx)
        page = answer if htmx else client.get(answer.location.split("#")[0])
        assert page.select_one(f"#{rows}-0-{filled}")["value"] == "La première"
        assert page.select_one(f"#{rows}-2-{filled}")["value"] == ""
        assert not htmx or page.select_one("#actions-version")["value"] == "1"


@both
def test_a_draft_is_saved_whatever_it_says(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier"
    client = stage.client("representative", GRENOBLE)
    odd = {
        "general": {"title": HOSTILE},
        "contexte": {"context": "x" * 30_000, "objectives": "\u202egauche 🦜\x01"},
        "calendrier": {"milestones-0-due": "jamais", "milestones-0-title": HOSTILE},
        "resultats": {"indicators-0-baseline": "beaucoup", "indicators-0-kind": "wish"},
        "cout": {"cost_2014": "douze mille"},
    }
    for slug, typed in odd.items():
        client.get(f"{url}/{slug}")
        client.submit(f"{url}/{slug}", {**typed, "suite": "liste"})
    assert client.get(f"{url}/general").select_one("#title")["value"] == HOSTILE
    assert client.get(f"{url}/cout").select_one("#cost_2014")["value"] == "douze mille"
    page = client.get(f"{url}/contexte")
    assert len(page.select_one("#context").get_text().strip()) == 30_000
    assert "🦜" in page.select_one("#objectives").get_text()
    assert client.get(f"{url}/calendrier").select_one("#milestones-0-due")["value"] == "jamais"
    page = client.get(f"{url}/resultats")
    assert page.select_one("#indicators-0-baseline")["value"] == "beaucoup"
    check = client.get(url.replace("/modifier", "/partager"))
    links = [str(link["href"]).split("/modifier/")[1] for link in check.select("#manque a")]
    for wrong in (
        "contexte#context",
        "contexte#objectives",
        "calendrier#milestones-0-due",
        "resultats#indicators-0-code",
        "resultats#indicators-0-kind",
        "resultats#indicators-0-baseline",
        "cout#cost_2014",
    ):
        assert wrong in links
    assert not check.select("main script, main img")


def test_what_is_missing_is_a_link_to_its_field(stage: Stage) -> None:
    draft_id = stage.draft(
        title="x" * 201, axis="9", owner="autre", cost_2014="douze", cost_2015="-3", context="a\x01b"
    )
    client = stage.client("representative", GRENOBLE)
    page = client.get(f"/actions/{draft_id}/partager", status=200)
    links = {str(link["href"]).split("/modifier/")[1]: link.get_text() for link in page.select("#manque a")}
    assert list(links) == [
        "general#title",
        "general#axis",
        "contexte#context",
        "contexte#objectives",
        "contenu#content",
        "partenaires#owner_name",
        "cout#cost_2014",
        "cout#cost_2015",
    ]
    assert "trop long" in links["general#title"]
    assert "caractères de commande" in links["contexte#context"]
    for link in links:
        slug, field = link.split("#")
        assert client.get(f"/actions/{draft_id}/modifier/{slug}").select(f"#{field}")
    assert not page.select("form[action$=partager]")


def test_an_incomplete_draft_is_not_shared_by_force(stage: Stage) -> None:
    draft_id = stage.draft(title="Presque")
    client = stage.client("representative", GRENOBLE)
    url = f"/actions/{draft_id}/partager"
    client.get(url)
    answer = client.post(url, {**csrf(stage.app, client), "version": "1"}, status=422)
    assert answer.html.title is not None
    assert answer.html.title.get_text().startswith("Erreur")
    assert stage.read(lambda: list(db.session.scalars(select(Action)))) == []


def test_a_contributor_prepares_and_a_representative_shares(stage: Stage) -> None:
    url = f"/actions/{stage.draft(**COMPLETE)}/partager"
    contributor = stage.client("contributor", GRENOBLE)
    page = contributor.get(url)
    assert "Le partage revient à un représentant" in page.words()
    assert page.form(url) is None
    contributor.post(url, {**csrf(stage.app, contributor), "version": "1"}, status=404)
    representative = stage.client("deputy", GRENOBLE)
    representative.get(url)
    representative.submit(url)


def test_a_draft_that_changed_is_read_again_before_it_is_shared(stage: Stage) -> None:
    draft_id = stage.draft(**COMPLETE)
    url, edit = f"/actions/{draft_id}/partager", f"/actions/{draft_id}/modifier/general"
    client, colleague = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    client.get(url)
    colleague.get(edit)
    colleague.submit(edit, {"title": "Autre titre", "suite": "liste"})
    answer = client.submit(url, status=409)
    assert "Autre titre" in answer.words()
    assert "relisez-le" in answer.words()
    client.submit(url)


def test_a_closed_period_is_said_before_and_after(stage: Stage) -> None:
    url = f"/actions/{stage.draft(**COMPLETE)}/partager"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    with stage.app.app_context():
        close(stage.world, "proposing")
    answer = client.submit(url, status=409)
    assert "close depuis le 05/01/2014" in answer.words()
    assert "n’est pas ouverte" in client.get("/actions/nouvelle").words()
    assert stage.read(lambda: len(db.session.scalars(select(Draft)).all())) == 1


@both
def test_two_colleagues_in_a_section_lose_nothing(stage: Stage) -> None:
    url = f"/actions/{stage.draft(context='Au départ', objectives='But')}/modifier/contexte"
    first, second = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    first.get(url)
    second.get(url)
    first.submit(url, {"context": "Au départ\nLe premier", "objectives": "But du premier", "suite": "liste"})
    answer = second.submit(url, {"context": "Le second\nAu départ", "suite": "liste"}, status=409)
    assert "Repris de son texte, car vous n’y aviez pas touché : Objectifs." in answer.words()
    assert answer.words("#question-context .merge-side:first-child p") == "Le second Au départ"
    assert answer.select_one("#context").get_text().strip() == "Le second\nAu départ\nLe premier"
    assert not answer.select("#question-objectives")
    second.submit(url, {})
    page = second.get(url)
    assert page.select_one("#context").get_text().strip() == "Le second\nAu départ\nLe premier"
    assert page.select_one("#objectives").get_text().strip() == "But du premier"


@pytest.mark.parametrize(("choice", "kept"), [("mien", "Le second"), ("autre", "Le premier"), ("deux", "Retouché")])
def test_the_merge_page_keeps_what_is_chosen(stage: Stage, choice: str, kept: str) -> None:
    url = f"/actions/{stage.draft(context='Au départ')}/modifier/contexte"
    first, second = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    first.get(url)
    second.get(url)
    first.submit(url, {"context": "Le premier"})
    second.submit(url, {"context": "Le second"}, status=409)
    second.submit(url, {"choix-context": choice, "context": "Retouché"})
    assert second.get(url).select_one("#context").get_text().strip() == kept


def test_rows_of_both_are_kept(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier/calendrier"
    first, second = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    first.get(url)
    second.get(url)
    first.submit(url, {"milestones-0-due": "2014-02", "milestones-0-title": "La leur"})
    mine = {"milestones-0-due": "2014-03", "milestones-0-title": "La mienne"}
    answer = second.submit(url, mine, status=409)
    assert "La leur" in answer.words("#question-milestones")
    assert "La mienne" in answer.words("#question-milestones")
    assert answer.words("#reunis-milestones p") == "février 2014 · La leur mars 2014 · La mienne"
    second.submit(url)
    page = second.get(url)
    kept = [page.select_one(f"#milestones-{place}-title")["value"] for place in (0, 1)]
    assert kept == ["La leur", "La mienne"]


def test_autosave_answers_a_part_and_goes_on(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier/contexte"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    values = {"idempotency_key": None}
    answer = client.post(url, {**values, "turn": "1", "context": "Un"}, htmx=True, status=200)
    assert "Enregistré à" in answer.words("#actions-saved")
    assert answer.select_one("#actions-version")["value"] == "1"
    client.post(url, {**values, "turn": "2", "context": "Un deux"}, htmx=True, status=200)  # the answer above was lost
    late = client.post(url, {**values, "turn": "1", "context": "Un"}, htmx=True, status=409)
    assert "plus récente" in late.words("#actions-unsaved")
    overtaken = client.post(url, {**values, "turn": "2", "context": "Un deux", "suite": "liste"}, status=303)
    assert overtaken.location.endswith("/modifier")
    client.get(url)
    colleague = stage.client("contributor", GRENOBLE)
    colleague.get(url)
    colleague.submit(url, {"objectives": "Un but"})
    answer = client.post(url, {**values, "turn": "3", "context": "Un deux trois"}, htmx=True, status=409)
    assert "a enregistré cette section pendant que vous écriviez" in answer.words("#actions-unsaved")
    assert answer.headers["HX-Retarget"] == "#actions-unsaved"
    assert client.get(url).select_one("#context").get_text().strip() == "Un deux"


def test_a_session_that_ended_loses_nothing(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier/contexte"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    values = {"idempotency_key": None, "turn": "1", "context": "Tapé"}
    cookie = client.http.get_cookie("session")
    assert cookie is not None
    with stage.app.app_context():
        accounts.end_session(ids.fingerprint(cookie.value))
        db.session.commit()
    answer = client.post(url, values, htmx=True, status=401)
    assert "HX-Redirect" not in answer.headers
    assert "Votre session a pris fin" in answer.words("#actions-unsaved")
    with stage.app.app_context():
        token = stage.world.token(stage.world.actor("representative", GRENOBLE))
    client.http.set_cookie("session", token)
    answer = client.post(url, values, htmx=True, status=403)
    renewed = str(answer.select_one("#actions-token")["value"])
    client.post(url, {**values, "csrf_token": renewed}, htmx=True, status=200)
    assert client.get(url).select_one("#context").get_text().strip() == "Tapé"
    client.post(url, {**values, "csrf_token": "x"}, status=403)
    sent = {"context": "Tapé", "csrf_token": "x"}
    foreign = client.http.post(url, data=sent, headers={"HX-Request": "true", "Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert b"actions-token" not in foreign.data


def test_a_colleague_is_said_to_be_there(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier/contexte"
    client, colleague = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    assert "Personne d’autre" in client.get(url).words("#actions-presence")
    colleague.get(url)
    answer = colleague.post(f"{url}/presence", csrf(stage.app, colleague), htmx=True, status=200)
    assert "delay:45s" in str(answer.select_one("#actions-presence form")["hx-trigger"])
    answer = client.post(f"{url}/presence", csrf(stage.app, client), htmx=True, status=200)
    assert "a aussi cette section ouverte" in answer.words("#actions-presence")
    assert "delay:20s" in str(answer.select_one("#actions-presence form")["hx-trigger"])


def test_one_without_script_is_said_to_be_there(stage: Stage) -> None:
    edit = f"/actions/{stage.draft()}/modifier"
    client, colleague = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    page = client.get(f"{edit}/contexte")
    assert "delay:2s" in str(page.select_one("#actions-presence form")["hx-trigger"])
    client.submit(f"{edit}/contexte", {"context": "Un besoin", "suite": "continuer"})
    for section in ("contexte", "contenu"):
        assert "a aussi cette section ouverte" in colleague.get(f"{edit}/{section}").words("#actions-presence")
    assert "Personne d’autre" in colleague.get(f"{edit}/general").words("#actions-presence")


def _gone(stage: Stage, draft_id: str) -> None:
    with stage.app.app_context():
        drafts.drop(stage.world.actor("contributor", GRENOBLE), draft_id)


FAILURES: dict[str, tuple[Callable[..., object], int, str]] = {
    "gone": (lambda: abort(404), 404, "Ce texte ne vous est plus ouvert"),
    "unreadable": (lambda: abort(400), 400, "n’a pas pu lire cet envoi"),
    "large": (lambda: abort(413), 413, "dépasse la taille acceptée"),
    "often": (lambda: abort(429), 429, "attendez quelques minutes"),
    "later": (lambda: abort(503), 503, "attendez une minute"),
    "error": (lambda: 1 // 0, 503, "attendez une minute"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_of_a_save_has_its_reason(stage: Stage, failure: str) -> None:
    act, status, said = FAILURES[failure]
    url = f"/actions/{stage.draft()}/modifier/contexte"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafts, "save", lambda *_args, **_facts: act())
        answer = client.post(url, {"idempotency_key": None, "turn": "1", "context": "Tapé"}, htmx=True, status=status)
    assert said in answer.words("#actions-unsaved")
    assert "Le serveur ne répond pas" not in answer.text
    assert answer.headers["HX-Retarget"] == "#actions-unsaved"
    assert ("Retry-After" in answer.headers) == (status in (429, 503))
    assert bool(answer.select("[data-retry]")) == (status in (429, 503))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafts, "save", lambda *_args, **_facts: act())
        page = client.submit(url, {"context": "Tapé"}, status=status)
    assert page.select("h1"), "a browser gets the page"


def test_an_abandoned_draft_is_said_to_be_gone(stage: Stage) -> None:
    draft_id = stage.draft()
    url = f"/actions/{draft_id}/modifier/contexte"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    _gone(stage, draft_id)
    answer = client.post(url, {"idempotency_key": None, "turn": "1", "context": "Tapé"}, htmx=True, status=404)
    assert "un collègue l’a abandonné" in answer.words("#actions-unsaved")


def test_what_is_far_too_long_is_given_back(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier/calendrier"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    long = {"calendar": "é" * 90_000, "milestones-0-due": "mars 2015", "milestones-0-title": "x" * 90_000, "ends": "?"}
    page = client.submit(url, {**long, "termine": "oui"}, status=422)
    assert page.select_one("h1").get_text() == "Calendrier et jalons"
    assert [one["id"] for one in page.select("[aria-invalid=true]")] == ["calendar", "milestones-0-title"]
    assert page.select_one("#calendar").get_text().strip() == long["calendar"]
    assert page.select_one("#milestones-0-title")["value"] == long["milestones-0-title"]
    assert "90\u202f000 caractères, 20\u202f000 au plus" in page.text
    assert page.select("#termine[checked]")
    assert page.select_one("title").get_text().startswith("Erreur")
    part = client.post(url, {**long, "idempotency_key": None, "turn": "1"}, htmx=True, status=422)
    assert "« Calendrier » : Ce texte est trop long" in part.words("#actions-unsaved").replace("\xa0", " ")
    assert "« Étape » : Jalon 1 : ce texte est trop long" in part.words("#actions-unsaved").replace("\xa0", " ")
    assert client.get(url).select_one("#calendar").get_text().strip() == ""
    client.submit(url, {**long, "calendar": "é" * 30_000, "milestones-0-title": "x"}, status=303)


def test_similar_fiches_are_offered(stage: Stage) -> None:
    stage.share(METRO, title="Épiceries sociales et solidaires", content="Des lieux")
    stage.share(METRO, title="Forum des métiers")
    client = stage.client("contributor", GRENOBLE)
    part = client.get("/actions/semblables?title=EPICERIE+SOLIDAIRE", htmx=True)
    assert "1 fiche ressemble à la vôtre" in part.words("#actions-similar")
    assert "Épiceries sociales" in client.get("/actions/semblables?title=épicerie").words()
    for nothing in ("", "de+la", "navigation+fluviale", "%00%01", "%25%25%25%25"):
        assert not client.get(f"/actions/semblables?title={nothing}", htmx=True).select("details")
    draft_id = stage.draft(title="Une épicerie solidaire")
    assert "Épiceries sociales" in client.get(f"/actions/{draft_id}/modifier").words("#semblables")


def test_the_internal_chain_goes_through_the_workspace(stage: Stage) -> None:
    contributor, representative = stage.client("contributor", GRENOBLE), stage.client("representative", GRENOBLE)
    contributor.get("/actions/nouvelle")
    edit = contributor.submit("/actions/nouvelle", {"title": "Épiceries"}).location
    draft_url = edit.removesuffix("/modifier")
    assert "Épiceries" not in representative.get("/espace").words("#a-faire")
    contributor.get(edit)
    contributor.submit(f"{draft_url}/validation")
    assert "Épiceries" not in contributor.get("/espace").words("#a-faire")
    assert "Vos représentants : valider le texte « Épiceries »" in contributor.get("/espace").words("#en-attente")
    assert "Valider le texte « Épiceries »" in representative.get("/espace").words("#a-faire")
    assert "Épiceries" not in stage.client("representative", METRO).get("/espace").words()
    representative.get(f"{draft_url}/partager")
    representative.submit(f"{draft_url}/renvoyer", {"note": ""}, status=422)
    representative.submit(f"{draft_url}/renvoyer", {"note": "Précisez le public."})
    assert "Précisez le public." in contributor.get(edit).words("#note")
    assert "Reprendre le brouillon « Épiceries »" in contributor.get("/espace").words("#a-faire")
    contributor.post(f"{draft_url}/renvoyer", {**csrf(stage.app, contributor), "note": "x"}, status=404)


PRIVATE = ["modifier", "modifier/general", "partager", "abandonner"]


def test_a_draft_does_not_exist_for_anybody_else(stage: Stage) -> None:
    draft_id = stage.draft(title="kanari")
    people = [
        ("representative", METRO),
        ("contributor", METRO),
        ("secretariat", REGION),
        ("facilitator", REGION),
        ("reader", GRENOBLE),
        ("auditor", None),
        ("admin", None),
    ]
    for role, partner in people:
        client = stage.client(role, partner)
        sent = {**csrf(stage.app, client), "version": "1", "title": "x"}
        for url in (f"/actions/{draft_id}/{page}" for page in PRIVATE):
            answers = [client.get(url, status=404), client.get(url, htmx=True, status=404)]
            if not url.endswith("/modifier"):
                answers.append(client.post(url, sent, status=404))
            assert not any("kanari" in answer.text for answer in answers)
        assert "kanari" not in client.get("/actions").text
    kept = stage.read(lambda: db.session.scalars(select(Draft)).one().fields)
    assert kept == {"title": "kanari"}


def test_a_draft_is_abandoned_after_asking(stage: Stage) -> None:
    url = f"/actions/{stage.draft(title='À jeter')}/abandonner"
    client = stage.client("contributor", GRENOBLE)
    assert "À jeter" in client.get(url).words()
    assert stage.read(lambda: len(db.session.scalars(select(Draft)).all())) == 1
    client.submit(url)
    client.get(url, status=404)


@both
def test_a_fiche_is_revised_from_its_current_text(stage: Stage) -> None:
    action_id = stage.share(
        context="Contexte", objectives="But", content="Contenu", costs={2014: 5000}, associated=[METRO]
    )
    url = f"/actions/{action_id}/modifier"
    client, colleague = stage.client("contributor", GRENOBLE), stage.client("representative", GRENOBLE)
    page = client.get(f"{url}/partenaires")
    assert page.select_one("#owner option[selected]")["value"] == "autre"
    assert page.select_one("#owner_name")["value"] == "Une association"
    assert [box["value"] for box in page.select("input[name=associated][checked]")] == [METRO]
    assert client.get(f"{url}/cout").select_one("#cost_2014")["value"] == "50,00"
    assert stage.read(lambda: list(db.session.scalars(select(Draft)))) == []
    client.get(f"{url}/contenu")
    client.submit(f"{url}/contenu", {"content": "Autre contenu", "suite": "liste"})
    colleague.get(f"{url}/contexte")
    colleague.submit(f"{url}/contexte", {"context": "Contexte précisé", "suite": "liste"})
    assert "Contenu" in stage.client("reader", METRO).get(f"/actions/{action_id}").words()
    assert "Autre contenu" not in stage.client("reader", METRO).get(f"/actions/{action_id}").words()
    publish = url.replace("/modifier", "/publier")
    client = stage.client("deputy", GRENOBLE)
    page = client.get(publish)
    assert [section["id"] for section in page.select(".section[id^=champ-]")] == ["champ-context", "champ-content"]
    assert page.words("#champ-context ins") == "début de l’ajout précisé fin de l’ajout"
    client.submit(publish, {"summary": ""}, status=422)
    client.submit(publish, {"summary": "Le contenu est précisé."})

    def now() -> tuple[object, ...]:
        whole = queries.whole(action_id)
        assert whole is not None
        version = whole.version
        return version.number, version.content, version.context, version.summary, version.associated, whole.costs

    assert stage.read(now) == (
        2,
        "Autre contenu",
        "Contexte précisé",
        "Le contenu est précisé.",
        [METRO],
        {2014: 5000},
    )
    assert stage.read(lambda: list(db.session.scalars(select(Draft)))) == []


def test_all_that_changes_is_read_before_publishing_even_unfinished(stage: Stage) -> None:
    opening, count = Milestone(due="2014-03", title="Ouverture"), Indicator(code="R1", label="Emplois", kind="result")
    said = {"context": "C", "objectives": "O", "content": "T", "associated": [METRO], "costs": {2014: 5000}}
    action_id = stage.share(**said, milestones=[opening], indicators=[count])
    client = stage.client("representative", GRENOBLE)
    for slug, typed in (
        ("general", {"title": ""}),
        ("partenaires", {"owner": "personne", "associated": [REGION]}),
        ("calendrier", {"starts": "demain", "ends": "mars 2015", "milestones-0-due": "jadis"}),
        ("resultats", {"indicators-0-kind": "", "indicators-0-target_2015": "12"}),
        ("cout", {"cost_2014": "70", "cost_2015": "douze"}),
    ):
        client.get(f"/actions/{action_id}/modifier/{slug}")
        client.submit(f"/actions/{action_id}/modifier/{slug}", typed)
    with statements() as seen:
        page = client.get(f"/actions/{action_id}/publier")
    names = ("title", "ends", "milestones", "indicators", "project_owner", "associated", "costs")
    assert [section["id"] for section in page.select(".section[id^=champ-]")] == [f"champ-{name}" for name in names]
    assert page.words("#champ-ends .change") == "avant (vide) après mars 2015"
    assert "Échéance avant mars 2014 après (vide)" in page.words("#champ-milestones")
    assert "Type avant résultat après (vide)" in page.words("#champ-indicators")
    assert "Une association après (vide)" in page.words("#champ-project_owner")
    assert page.words("#champ-associated ins") == "début de l’ajout Région Rhône-Alpes fin de l’ajout"
    assert "50,00 € 70,00 €" in page.words("#champ-costs")
    assert page.select_one("#champ-costs .section-margin a")["href"] == f"/actions/{action_id}/modifier/cout"
    assert "7 champs modifiés" in page.words("#ce-qui-change")
    assert "avant de pouvoir publier" in page.words("#manque")
    assert len(seen) <= 12, seen
    assert stage.read(lambda: db.session.scalar(select(func.count()).select_from(ActionVersion))) == 1


def test_the_next_version_says_what_is_as_published(stage: Stage) -> None:
    action_id = stage.share(context="C", objectives="O", content="T")
    url, client = f"/actions/{action_id}/modifier", stage.client("representative", GRENOBLE)
    assert client.get(url).words("#sections").count("Comme la version publiée") == 7
    assert client.get(f"{url}/contenu").words("#actions-saved") == "Enregistrez avant de quitter la page."
    client.submit(f"{url}/contenu", {"content": "Autre contenu", "suite": "liste"})
    page = client.get(url)
    assert page.words("#etat-contenu") == "En cours"
    assert page.words("#etat-contexte") == "Comme la version publiée"
    assert "Une consultation est en cours" not in page.words()
    with stage.app.app_context():
        secretariat = stage.world.actor("secretariat", REGION)
        decisions.open_consultation(secretariat, known(action_id), deadline=date(2014, 2, 1))
    assert "Une consultation est en cours" in client.get(url).words()


def test_a_contributor_asks_before_a_version_is_published(stage: Stage) -> None:
    action_id = stage.share(context="C", objectives="O", content="T")
    publish, client = f"/actions/{action_id}/publier", stage.client("contributor", GRENOBLE)
    client.get(f"/actions/{action_id}/modifier/contenu")
    client.submit(f"/actions/{action_id}/modifier/contenu", {"content": "Autre contenu", "suite": "liste"})
    page = client.get(publish)
    assert page.form(publish) is None
    assert "La publication revient à un représentant" in page.words()
    client.submit(f"/actions/{action_id}/validation")
    client.post(publish, {**csrf(stage.app, client), "summary": "x"}, status=404)
    assert "Valider" in stage.client("deputy", GRENOBLE).get("/espace").words("#a-faire")


@both
def test_publishing_the_same_text_is_refused_with_a_sentence(stage: Stage) -> None:
    url = f"/actions/{stage.share(context='C', objectives='O', content='T')}/publier"
    client = stage.client("representative", GRENOBLE)
    assert "Rien n’a changé pour le moment." in client.get(url).words()
    answer = client.submit(url, {"summary": "Rien"}, status=409)
    assert "Rien n’a changé" in answer.words()
    assert answer.select_one("#summary")["value"] == "Rien"


@both
def test_a_stale_text_is_merged_and_both_are_kept(stage: Stage) -> None:
    action_id = stage.share(context="Départ", objectives="But", content="Contenu", costs={2014: 100})
    url = f"/actions/{action_id}"
    client = stage.client("representative", GRENOBLE)
    for slug, typed in (("contexte", {"context": "Le mien"}), ("resultats", {"results": "Mes résultats"})):
        client.get(f"{url}/modifier/{slug}")
        client.submit(f"{url}/modifier/{slug}", typed)
    client.get(f"{url}/publier")
    stage.publish(action_id, context="Le leur", objectives="But", content="Contenu", audience="Tous", costs={2014: 900})
    answer = client.submit(f"{url}/publier", {"summary": "Je précise."}, status=409)
    assert "Le mien" in answer.words("#question-context")
    assert "Le leur" in answer.words("#question-context")
    assert "Public, Coût en 2014" in answer.words()
    assert [str(part["id"]) for part in answer.select("section[id^=question]")] == ["question-context"]
    client.submit(f"{url}/publier", {"choix-context": "mien"})
    client.get(f"{url}/publier")
    client.submit(f"{url}/publier", {"summary": "Je précise."})

    def now() -> tuple[object, ...]:
        whole = queries.whole(action_id)
        assert whole is not None
        version = whole.version
        return version.number, version.context, version.results, version.audience, whole.costs

    assert stage.read(now) == (3, "Le mien", "Mes résultats", "Tous", {2014: 900})


def test_a_fiche_whose_situation_changed_says_so(stage: Stage) -> None:
    action_id = stage.share(context="C", objectives="O", content="T")
    url = f"/actions/{action_id}"
    client = stage.client("representative", GRENOBLE)
    client.get(f"{url}/modifier/contexte")
    client.submit(f"{url}/modifier/contexte", {"context": "Le mien"})
    client.get(f"{url}/publier")
    with stage.app.app_context():
        secretariat = stage.world.actor("secretariat", REGION)
        decisions.open_consultation(secretariat, known(action_id), deadline=date(2014, 2, 1))
    answer = client.submit(f"{url}/publier", {"summary": "s"}, status=409)
    assert "Une consultation est en cours" in answer.words()
    client.submit(f"{url}/publier")
    assert stage.read(lambda: known(action_id).version) == 2


def test_a_fork_awaits_whoever_began_it_while_the_fiche_lives(stage: Stage) -> None:
    action_id = stage.share(title="Recycleries", context="C", objectives="O", content="T")
    url = f"/actions/{action_id}"
    client, colleague = stage.client("contributor", GRENOBLE), stage.client("representative", GRENOBLE)
    client.get(f"{url}/modifier/contexte")
    client.submit(f"{url}/modifier/contexte", {"context": "Le mien"})
    task = "Reprendre la nouvelle version de « Recycleries »"
    assert task in client.get("/espace").words("#a-faire")
    assert task not in colleague.get("/espace").words()
    client.get(f"{url}/modifier")
    client.submit(f"{url}/validation")
    assert "Valider le texte « Recycleries »" in colleague.get("/espace").words("#a-faire")
    colleague.get(f"{url}/retirer")
    colleague.submit(f"{url}/retirer", {"reason": "Abandon."})
    for page in (client.get("/espace"), colleague.get("/espace")):
        assert "«\u00a0Recycleries" not in page.text.split('id="recemment"')[0]


def test_a_fork_is_abandoned_after_asking(stage: Stage) -> None:
    action_id = stage.share(context="C", objectives="O", content="T")
    url = f"/actions/{action_id}"
    client = stage.client("representative", GRENOBLE)
    client.get(f"{url}/abandonner", status=404)
    client.get(f"{url}/modifier/contexte")
    client.submit(f"{url}/modifier/contexte", {"context": "Le mien"})
    client.get(f"{url}/abandonner")
    assert client.submit(f"{url}/abandonner").location == url
    assert client.get(f"{url}/modifier/contexte").select_one("#context").get_text().strip() == "C"


def test_a_fork_starts_from_the_version_that_was_read(stage: Stage) -> None:
    action_id = stage.share(context="Départ", objectives="But", content="Contenu")
    url = f"/actions/{action_id}/modifier"
    client = stage.client("representative", GRENOBLE)
    client.get(f"{url}/contexte")
    stage.publish(action_id, context="Départ", objectives="But", content="Contenu publié")
    client.submit(f"{url}/contexte", {"context": "Le mien"})
    assert "Une autre version a été publiée entre-temps" in client.get(url).words()
    page = client.get(f"/actions/{action_id}/publier")
    assert "Ce qui sera fait" in page.words(".title")
    client.submit(f"/actions/{action_id}/publier")
    page = client.get(f"{url}/contenu")
    assert page.select_one("#content").get_text().strip() == "Contenu publié"


FAULTS = [
    ("general", "title", "x" * 201, "trop long"),
    ("contexte", "context", "x" * 20_001, "trop long"),
    ("general", "title", "", "Donnez un titre"),
    ("partenaires", "owner", "personne", "Choisissez qui porte"),
    ("partenaires", "associated", "personne", "partenaires signataires"),
    ("cout", "cost_2014", "douze", "montant en euros"),
    ("cout", "cost_2014", "-1", "négatif"),
    ("cout", "charge_2014_60", "douze <b>", "montant en euros"),
    ("cout", "charge_2016_86", "-1", "négatif"),
    ("cout", "charge_2015_64", "9 999 999 999 999", "montant en euros"),
    ("cout", "eligible_2015", "1", "Donnez aussi le coût de 2015"),
    ("cout", "state_aid_regime", HOSTILE, "dites aussi que l’action relève d’une aide d’État"),
    ("calendrier", "starts", "demain", "Écrivez un jour ou un mois"),
    ("partenaires", "delegate", "x" * 201, "trop long"),
    ("partenaires", "territory_codes", "38185, 200 040 715", "Écrivez des codes de communes"),
    ("calendrier", "milestones-0-due", "demain", "Jalon 1 : écrivez un jour ou un mois"),
    ("calendrier", "milestones-0-title", "Sans date", "Jalon 1 : datez cette étape"),
    ("resultats", "indicators-0-label", "Sans code", "Indicateur 1 : donnez un code"),
    ("resultats", "indicators-0-baseline_year", "jadis", "Indicateur 1 : écrivez une année"),
]


@pytest.mark.parametrize(("slug", "field", "typed", "said"), FAULTS)
def test_a_faulty_field_is_explained_and_kept(stage: Stage, slug: str, field: str, typed: str, said: str) -> None:
    url = f"/actions/{stage.share(context='C', objectives='O', content='T')}"
    client = stage.client("representative", GRENOBLE)
    client.get(f"{url}/modifier/{slug}")
    client.submit(f"{url}/modifier/{slug}", {field: typed})
    page = client.get(f"{url}/publier")
    assert said in page.words("#manque")
    assert not page.select("#summary")
    client.post(f"{url}/publier", {**csrf(stage.app, client), "version": "1", "summary": "s"}, status=422)
    if field not in ("owner", "associated"):
        kept = client.get(f"{url}/modifier/{slug}").select_one(f"#{field}")
        assert (kept.get("value") or kept.get_text().strip()) == typed
    assert stage.read(lambda: db.session.scalar(select(func.max(ActionVersion.number)))) == 1


def test_an_answer_that_no_list_holds_is_refused(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    url = f"/actions/{stage.draft(**COMPLETE, cost_basis=HOSTILE, state_aid='x')}"
    assert client.get(f"{url}/partager").words("#manque").count("Choisissez parmi les réponses proposées.") == 2
    assert not client.get(f"{url}/modifier/cout").select("[type=radio][checked]")
    client.submit(f"{url}/modifier/cout", {"cost_basis": "", "state_aid": "regime", "state_aid_regime": "x" * 201})
    assert client.get(f"{url}/partager").words("#manque ul").startswith("Ce texte est trop long")


BY_NATURE = {"charge_2015_60": "2 500,5", "charge_2015_64": "10.000,00", "charge_2015_86": "800"}


def test_the_natures_of_a_year_make_its_cost(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    url = f"/actions/{stage.draft(**COMPLETE)}"
    assert not client.get(f"{url}/modifier/cout").select("details[open]")
    client.submit(f"{url}/modifier/cout", {**BY_NATURE, "charge_2015_60": "2 000"})
    page = client.get(f"{url}/modifier/cout")
    assert page.select("details[open]")
    assert page.select_one("#charge_2015_64")["value"] == "10.000,00"
    said = client.get(f"{url}/partager").words("#manque")
    assert "Le coût de 2015 est de 12 500,50 € et son détail par nature fait 12 000,00 €" in said
    assert "il y a 500,50 € d’écart" in said
    assert "il y a 500,50 € d’écart" in client.get(f"{url}/modifier/cout").words("#actions-sums")
    saved = client.submit(f"{url}/modifier/cout", {**BY_NATURE, "cost_2015": ""}, htmx=True)
    assert saved.words("#actions-sums[hx-swap-oob]") == "Coût de 2015, somme de ses natures : 12 500,50 €."
    client.get(f"{url}/modifier/cout")
    client.submit(f"{url}/modifier/cout", {**BY_NATURE, "cost_2015": "12500,5", "eligible_2015": "12 500,51"})
    assert client.get(f"{url}/modifier/cout").words("#actions-sums") == ""
    assert "12 500,50 € au plus" in client.get(f"{url}/partager").words("#manque")


def test_natures_do_not_make_more_than_an_amount_may_be(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    url = f"/actions/{stage.draft(**{**COMPLETE, 'cost_2015': ''})}"
    client.get(f"{url}/modifier/cout")
    client.submit(f"{url}/modifier/cout", {"charge_2015_60": "10 000 000 000", "charge_2015_64": "0,01"})
    said = client.get(f"{url}/partager").words("#manque")
    assert "Les natures de 2015 font plus de 10 000 000 000,00 €." in said
    client.get(f"{url}/modifier/cout")
    client.submit(f"{url}/modifier/cout", {"charge_2015_64": "0"})
    assert not client.get(f"{url}/partager").select("#manque")


@both
def test_a_cost_left_empty_is_the_sum_of_its_natures(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    url = f"/actions/{stage.draft(**{**COMPLETE, 'cost_2015': '', 'cost_2014': '0'})}"
    client.get(f"{url}/modifier/cout")
    told = {"eligible_2015": "9000", "cost_basis": "ht", "state_aid": "de_minimis", "state_aid_regime": HOSTILE}
    client.submit(f"{url}/modifier/cout", {**BY_NATURE, **told})
    check = client.get(f"{url}/partager")
    assert "Coût en 2015 : 12 500,50 €" in check.words("#section-cout")
    assert "86 Emplois des contributions volontaires en nature, 2015 : 800,00 €" in check.words("#section-cout")
    assert "Total 12 500,50 €" in check.words("#section-cout")
    page = client.follow(client.submit(f"{url}/partager"))
    assert "script" not in {tag.name for tag in page.select("#cout *")}
    lines = [[cell.get_text().strip() for cell in row.select("th, td")] for row in page.select("#actions-charges tr")]
    assert lines[1][0] == "60 Achats"
    assert [line[2] for line in lines[1:]] == ["2\u202f500,50", "10\u202f000,00", "800,00", "9\u202f000,00"]
    assert lines[3][0].endswith(", hors coût")
    assert page.words("#cout dl") == (
        f"Montants HT ou TTC hors taxes (HT) Aide d’État oui, de minimis Régime d’aide d’État {HOSTILE}"
    )


def test_the_natures_of_a_fiche_are_revised_and_compared(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    first = {"eligible": {2015: 9_000_00}, "charges": {(2015, "60"): 12_500_50, (2015, "86"): 800_00}}
    aid = {"cost_basis": "ht", "state_aid": "de_minimis"}
    url = f"/actions/{stage.share(context='C', objectives='O', content='T', costs={2015: 12_500_50}, **first, **aid)}"
    fork = client.get(f"{url}/modifier/cout")
    assert fork.select_one("#cost_2015")["value"] == "12\u202f500,50"
    assert [box["value"] for box in fork.select("[type=radio][checked]")] == ["ht", "de_minimis"]
    assert "Rien n’a changé" in client.get(f"{url}/publier").words()
    client.get(f"{url}/modifier/cout")
    client.submit(f"{url}/modifier/cout", {"charge_2015_86": "1 000", "eligible_2015": "", "state_aid_regime": "R"})
    page = client.get(f"{url}/publier")
    assert "3 champs modifiés." in page.words()
    assert "volontaires en nature, 2015 800,00 € 1 000,00 € +200,00 €" in page.words("#champ-charges")
    assert "2015 9 000,00 € (vide)" in page.words("#champ-eligible")
    client.submit(f"{url}/publier", {"summary": "Précisions"})
    former = client.get(f"{url}/versions/1")
    assert "800,00" in former.words("#actions-charges")
    assert "oui, de minimis" in former.words("#cout")
    compared = client.get(f"{url}/comparer?de=2&a=1")
    assert "−200,00 €" in compared.words("#champ-charges")
    assert "Dépense subventionnable 2015 avant 9 000,00 € après –" in client.get(f"{url}/historique").words()


def test_what_may_be_left_out_is_never_missing_and_shown_only_when_said(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    url = f"/actions/{stage.draft(**COMPLETE)}"
    check = client.get(f"{url}/partager")
    assert not check.select("#manque")
    assert check.words().count("facultatif") == 13
    for slug, typed in (
        ("contenu", {"coordination": "Avec le plan local."}),
        ("partenaires", {"delegate": "Une agence <b>", "territory_codes": "2a004 ;38185"}),
        ("calendrier", {"starts": "avril 2015", "ends": "15/03/2015", "deliverables": "- un guide"}),
        ("resultats", {"risks": "Un bail à signer."}),
    ):
        client.get(f"{url}/modifier/{slug}")
        client.submit(f"{url}/modifier/{slug}", typed)
    assert "La fin de l’action précède son début" in client.get(f"{url}/partager").words("#manque")
    client.get(f"{url}/modifier/calendrier")
    client.submit(f"{url}/modifier/calendrier", {"ends": "avril 2015"})
    client.get(f"{url}/partager")
    page = client.follow(client.submit(f"{url}/partager"))
    assert page.words("#calendrier dl") == "Début de l’action avril 2015 Fin de l’action avril 2015"
    assert "Maître d’ouvrage délégué Une agence <b>" in page.words("#porteur")
    assert page.words("#territoire dl") == "Codes géographiques 2A004, 38185"
    assert page.words("#livrables li") == "un guide"
    assert page.select("#articulation")
    assert page.select("#risques")
    assert not page.select("#evaluation")
    fork = client.get(f"{url}/modifier/calendrier")
    assert [fork.select_one(f"#{name}")["value"] for name in ("starts", "ends")] == ["avril 2015", "avril 2015"]
    assert "Rien n’a changé" in client.get(f"{url}/publier").words()
    bare = client.get(f"/actions/{stage.share()}")
    assert not bare.select(
        "#actions-charges, #cout dl, #articulation, #livrables, #evaluation, #risques, #calendrier dl"
    )
    assert "délégué" not in bare.words("#porteur")


def test_hostile_text_is_shown_inert(stage: Stage) -> None:
    action_id = stage.share(
        title=HOSTILE,
        context=f"{HOSTILE}\n\n[x](javascript:alert(1)) **gras**",
        territory=HOSTILE,
        project_owner_name=HOSTILE,
    )
    client = stage.client("reader", METRO)
    for url in (f"/actions/{action_id}/versions/1", "/actions", f"/actions/{action_id}/versions"):
        page = client.get(url)
        assert not page.select("main script, main img, main [onerror], main a[href^=javascript]")
        assert HOSTILE in page.html.get_text()
    assert client.get(f"/actions/{action_id}/versions/1").select_one("#contexte strong").get_text() == "gras"


def test_a_version_says_whether_it_is_the_current_one(stage: Stage) -> None:
    action_id = stage.share(context="Avant")
    stage.publish(action_id, context="Après")
    client = stage.client("auditor")
    former = client.get(f"/actions/{action_id}/versions/1").words()
    assert "Ce n’est pas le texte en cours" in former
    assert "Avant" in former
    assert "Ce n’est pas" not in client.get(f"/actions/{action_id}/versions/2").words()
    assert "à compléter" in former
    listed = client.get(f"/actions/{action_id}/versions").words()
    assert "Version 2 (en cours)" in listed
    assert "Entre-temps." in listed
    for missing in (f"/actions/{action_id}/versions/3", f"/actions/{action_id}/versions/99999999999999999999"):
        client.get(missing, status=404)


def test_withdrawing_asks_why(stage: Stage) -> None:
    action_id = stage.share()
    url = f"/actions/{action_id}/retirer"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    client.submit(url, {"reason": " "}, status=422)
    client.submit(url, {"reason": "Le porteur renonce."})
    assert stage.read(lambda: known(action_id).withdrawal_reason) == "Le porteur renonce."
    client.get(url, status=404)
    client.get(f"/actions/{action_id}/modifier", status=404)
    assert "retirée" in client.get("/actions").words()


def test_a_fiche_that_changed_is_read_again_before_it_is_withdrawn(stage: Stage) -> None:
    action_id = stage.share()
    url = f"/actions/{action_id}/retirer"
    client = stage.client("representative", GRENOBLE)
    client.get(url)
    stage.publish(action_id, context="Autre")
    answer = client.submit(url, {"reason": "Ma raison"}, status=409)
    assert answer.select_one("#reason").get_text().strip() == "Ma raison"
    client.submit(url)


def test_nobody_edits_or_withdraws_another_s_fiche(stage: Stage) -> None:
    action_id = stage.share()
    pages = ("modifier/general", "modifier/general/presence", "retirer", "partager", "publier", "abandonner")
    for role, partner in (("representative", METRO), ("secretariat", REGION), ("auditor", None), ("reader", GRENOBLE)):
        client = stage.client(role, partner)
        sent = {**csrf(stage.app, client), "version": "1", "reason": "x"}
        client.get(f"/actions/{action_id}/modifier", status=404)
        for page in pages:
            if "presence" not in page:
                client.get(f"/actions/{action_id}/{page}", status=404)
            client.post(f"/actions/{action_id}/{page}", sent, status=404)
    assert stage.read(lambda: known(action_id).rev) == 1


def test_an_unknown_section_is_not_found(stage: Stage) -> None:
    url = f"/actions/{stage.draft()}/modifier"
    client = stage.client("representative", GRENOBLE)
    client.get(f"{url}/rien", status=404)
    client.post(f"{url}/rien", csrf(stage.app, client), status=404)


@both
def test_the_pages_of_fiches_cost_the_same_whatever_the_data(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    action_id = stage.share(associated=[METRO, REGION], costs={2014: 1, 2015: 2})
    client.get("/actions")

    def cost(url: str) -> int:
        with statements() as seen:
            client.get(url)
        return len(seen)

    one = [cost("/actions"), cost(f"/actions/{action_id}/versions"), cost(f"/actions/{action_id}/versions/1")]
    assert one[0] <= 5
    for _round in range(24):
        stage.share(costs={2014: 1})
    assert cost("/actions") == one[0]
    for number in range(35):
        stage.share(METRO, number=number % 3 + 1, costs={2014: 1})
    stage.publish(action_id, context="x")
    assert [
        cost("/actions"),
        cost(f"/actions/{action_id}/versions"),
        cost(f"/actions/{action_id}/versions/1"),
    ] == one


def test_an_axis_with_objectives_is_chosen_through_them(stage: Stage) -> None:
    with stage.app.app_context():
        objective(stage.world, 1, "A")
    client = stage.client("representative", GRENOBLE)
    options = [str(option["value"]) for option in client.get("/actions/nouvelle").select("#axis option")]
    assert options == ["", "1.A", "2", "3"]
    url = f"/actions/{stage.draft(**{**COMPLETE, 'axis': '1'})}/partager"
    assert client.get(url).select('#manque a[href$="general#axis"]')
    url = f"/actions/{stage.draft(**{**COMPLETE, 'axis': '1.A'})}/partager"
    client.get(url)
    client.submit(url)
    assert stage.read(lambda: db.session.scalar(select(Action.code))) == "1.A.01"


def test_a_page_never_writes(stage: Stage) -> None:
    action_id, draft_id = stage.share(), stage.draft(**COMPLETE)
    client = stage.client("representative", GRENOBLE)
    client.get("/actions")
    with statements() as seen:
        for url in (
            "/actions",
            "/actions/nouvelle",
            *(f"/actions/{draft_id}/{page}" for page in PRIVATE),
            *(
                f"/actions/{action_id}/{page}"
                for page in ("modifier", "modifier/calendrier", "publier", "retirer", "versions", "versions/1")
            ),
        ):
            client.get(url)
    assert [statement for statement in seen if not statement.startswith(("SELECT", "WITH base AS"))] == []
