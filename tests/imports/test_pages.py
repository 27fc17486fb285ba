"""The steps of an import, without script; every fault by line and column; all or nothing; one line for others."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import select

from cocon.actions import drafts
from cocon.actions import operations as actions
from cocon.actions.models import Action, Draft, Indicator, Milestone, VersionIndicator, VersionMilestone
from cocon.audit.models import LogEntry
from cocon.audit.verify import verify
from cocon.imports import judging, models_to_fill, reading, sheets
from cocon.imports.models import ImportSheet
from cocon.imports.reading import read
from cocon.kernel import clock
from cocon.kernel.db import db
from tests.actions.making import GRENOBLE, ISERE, REGION, close, count, csrf, objective
from tests.dossier.making import Stage
from tests.imports.making import HEADERS, csv, line, opened, saved, xlsx
from tests.imports.test_reading import HOSTILE
from tests.support.client import Answer, Client

HOME = "/actions/importer"


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


def send(client: Client, data: bytes, name: str = "fiches.xlsx", status: int = 303) -> Answer:
    """Choose a file and send it."""
    client.get(HOME)
    return client.post(HOME, {"file": (io.BytesIO(data), name)}, status=status)


def checked(client: Client, data: bytes, name: str = "fiches.xlsx") -> Answer:
    """Send a file and accept the guess: the check page."""
    columns = client.follow(send(client, data, name))
    return client.follow(client.submit(columns.url))


def made(client: Client, data: bytes) -> Answer:
    """Send a file and make its drafts."""
    page = checked(client, data)
    return client.follow(client.submit(page.url))


def quoted(write: Callable[..., bytes], *cells: str) -> list[str]:
    """Cells of several lines, as the file holds them."""
    return [f'"{cell}"' if write is csv else cell for cell in cells]


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def rows_of(stage: Stage, model: type) -> int:
    with stage.app.app_context():
        return count(model)


def test_the_whole_journey_ends_with_shared_fiches_and_one_line_for_others(stage: Stage) -> None:
    client = stage.client()
    page = made(client, xlsx([HEADERS, *(line(f"Fiche {number}") for number in range(12))]))
    assert len(page.select("tbody tr")) == 12
    assert "rien, prête à partager" in page.words("#brouillons")
    assert rows_of(stage, Action) == 0
    done = client.submit(page.url)
    assert "12 fiches sont partagées avec tous les partenaires" in client.follow(done).words("#statut")
    space = stage.client("representative", ISERE).get("/espace").words("#recemment")
    assert re.search(r"a partagé, au nom de la Ville de Grenoble, 12 fiches par import d’un tableur", space)
    assert "a partagé, au nom de la Ville de Grenoble, la fiche" not in space
    with stage.app.app_context():
        codes = db.session.scalars(select(Action.code).order_by(Action.rank)).all()
        assert codes == [f"1.{number:02d}" for number in range(1, 13)]
        shared = LogEntry.kind.in_(("imports.fiches-shared", "actions.shared"))
        kinds = db.session.scalars(select(LogEntry.kind).where(shared).order_by(LogEntry.seq.desc())).all()
        assert kinds == ["imports.fiches-shared", *(["actions.shared"] * 12)]
        assert verify().ok
    assert "1.03" in client.get("/actions").words()


def test_what_was_added_to_an_imported_draft_is_shared_with_it(stage: Stage) -> None:
    client = stage.client()
    page = made(client, xlsx([HEADERS, line("Une")]))
    with stage.app.app_context():
        draft = db.session.scalars(select(Draft)).one()
        more = {"milestones-0-due": "mars 2015", "milestones-0-title": "Premier bilan"}
        draft.fields = {**draft.fields, **more}
        db.session.commit()
    client.submit(page.url)
    with stage.app.app_context():
        assert db.session.scalars(select(VersionMilestone.title)).all() == ["Premier bilan"]


LISTS = [*HEADERS, "Jalons", "Indicateurs"]


@pytest.mark.parametrize("write", [xlsx, csv])
def test_milestones_and_indicators_come_with_the_fiche(stage: Stage, write: Callable[..., bytes]) -> None:
    client = stage.client()
    steps = "15/03/2014 ; Lancement\n\nseptembre 2014;Bilan ; comité"
    measures = (
        "EMP ; Emplois ; Résultat ; ETP ; 0 ; 2013 ; 1 200 ; 12,5 ; ; Bilan ; page 8\nR\u202f; Lieux ; réalisation ;;"
    )
    page = checked(client, write([LISTS, [*line("Une"), *quoted(write, steps, measures)]]))
    for told in ("2 jalons", "2 indicateurs"):
        assert told in page.words("#lignes")
    client.submit(client.follow(client.submit(page.url)).url)
    with stage.app.app_context():
        assert [row.said for row in db.session.scalars(select(VersionMilestone).order_by(VersionMilestone.due))] == [
            Milestone(due="2014-03-15", title="Lancement"),
            Milestone(due="2014-09", title="Bilan ; comité"),
        ]
        assert [row.said for row in db.session.scalars(select(VersionIndicator).order_by(VersionIndicator.code))] == [
            Indicator(
                code="EMP",
                label="Emplois",
                kind="result",
                unit="ETP",
                baseline=0,
                baseline_year=2013,
                targets={2014: 1200_00, 2015: 12_50},
                source="Bilan ; page 8",
            ),
            Indicator(code="R", label="Lieux", kind="output"),
        ]
        assert verify().ok


def test_each_line_of_a_cell_is_judged_by_the_rows_of_the_form(stage: Stage) -> None:
    client = stage.client()
    steps = "15/03/2014 ; Lancement\n31/02/2014 ; Bilan\n; Sans date\n\nmars 2014 Fin\n2014-05 ; a\u0007b"
    measures = "EMP ; ; souhait ; ; beaucoup ; 13 ; ; peu ; ; d\u0007ou"
    many = "\n".join(["mars 2014 ; x"] * 41)
    rows = [[*line("Une"), *quoted(csv, steps, measures)], [*line("Deux"), *quoted(csv, many)], line("Trois")]
    page = checked(client, csv([LISTS, *rows]))
    told = [[*map(words, row.select("th, td"))] for row in page.select("#a-corriger tbody tr")]
    day = "Écrivez un jour ou un mois, par exemple 15/03/2015 ou mars 2015."
    assert told == [
        ["Ligne 2", "H, Jalons", f"Ligne 2 de la cellule, Jour ou mois : {day}"],
        ["Ligne 2", "H, Jalons", "Ligne 3 de la cellule, Jour ou mois : Datez cette étape, au moins par un mois."],
        [
            "Ligne 2",
            "H, Jalons",
            "Ligne 5 de la cellule : séparez les réponses par des points-virgules, « Jour ou mois ; Étape ».",
        ],
        [
            "Ligne 2",
            "H, Jalons",
            "Ligne 6 de la cellule, Étape : Ce texte contient des caractères de commande invisibles : effacez-les.",
        ],
        *(
            ["Ligne 2", "I, Indicateurs prévus", f"Ligne 1 de la cellule, {fault}"]
            for fault in (
                "Intitulé : Dites ce qui est mesuré.",
                "Type (réalisation, résultat, impact) : Choisissez le type.",
                "Valeur de référence : Écrivez un nombre, par exemple 1 200 ou 12,5.",
                "Année de référence : Écrivez une année, par exemple 2013.",
                "Cible 2015 : Écrivez un nombre, par exemple 1 200 ou 12,5.",
                "Source : Ce texte contient des caractères de commande invisibles : effacez-les.",
            )
        ),
        ["Ligne 3", "H, Jalons", "40 lignes au plus dans cette cellule : elle en a 41."],
    ]
    client.submit(page.url, {"laisser": "2"}, status=409)
    assert rows_of(stage, Draft) == 0


def test_a_file_too_rich_is_cut_in_two_by_its_author(stage: Stage) -> None:
    steps = "\n".join(["mars 2014 ; x"] * 40)
    rows = [[*line(f"Fiche {number}"), *quoted(csv, steps, "")] for number in range(1 + judging.MOST_ITEMS // 40)]
    page = checked(stage.client(), csv([LISTS, *rows], delimiter=";"), "fiches.csv")
    assert page.words().count("envoyez-le en deux") == len(rows)
    assert "mars 2014" not in page.words()


def test_a_column_of_a_nature_is_no_cost(stage: Stage) -> None:
    headers = [
        "Titre",
        "60 Achats 2014",
        "Montant subventionnable 2014",
        "86 En nature 2015",
        "Coût 2014",
        "Budget 2015",
    ]
    with stage.app.test_request_context():
        guessed = judging.guess(headers, sheets.frame())
    assert guessed == {"0": "title", "4": "cost_2014", "5": "cost_2015"}


def test_the_example_of_the_model_is_sound(stage: Stage) -> None:
    with stage.app.test_request_context():
        frame = sheets.frame()
        headers, example = models_to_fill.rows(frame)
        judged = judging.judge([(2, example)], judging.guess(headers, frame), frame, GRENOBLE)[0]
        assert (judged.faults, judged.lacking) == ([], [])
        assert (judged.count("milestones"), judged.count("indicators")) == (2, 1)
        notice = " ".join(models_to_fill.notice(frame))
    assert "Alt+Entrée" in notice
    assert "Cible 2014\u202f; Cible 2015\u202f; Cible 2016\u202f; Source" in notice


def test_an_imported_draft_obeys_the_rules_of_the_form(stage: Stage) -> None:
    client = stage.client()
    page = made(client, xlsx([HEADERS, line("Une")]))
    with stage.app.app_context():
        draft = db.session.scalars(select(Draft)).one()
        draft.fields = {**draft.fields, "owner": "autre", "owner_name": "\x01" + "x" * 5_000}
        db.session.commit()
    client.submit(page.url, status=409)
    assert rows_of(stage, Action) == 0


def test_a_fiche_shared_by_itself_is_still_told(stage: Stage) -> None:
    """The negative control of the one line."""
    client = stage.client()
    client.submit(made(client, xlsx([HEADERS, line("Une")])).url)
    stage.fiche("Recycleries")
    space = stage.client("representative", ISERE).get("/espace").words("#recemment")
    assert "la fiche 1.02" in space
    assert "1 fiche par import" in space


@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_the_model_filled_in_comes_back_whole(stage: Stage, form: str) -> None:
    client = stage.client()
    answer = client.get(f"{HOME}/modele.{form}")
    assert f"modele-fiches.{form}" in answer.headers["Content-Disposition"]
    with stage.app.test_request_context():
        table = read(answer.body)
    assert table.rows[0][1][0].startswith("EXEMPLE")
    assert "Lancement\nseptembre" in table.rows[0][1][table.headers.index("Jalons")]
    empty = checked(client, answer.body, f"modele.{form}")
    assert "ne contient que la ligne d’exemple" in empty.words("#lignes")
    columns = client.get(client.get(HOME).select_one("#reprendre a")["href"])
    assert all(select.select("option[selected]") for select in columns.select("select[name^=colonne-]"))
    if form == "xlsx":
        book = opened(answer.body)
        sheet = book.worksheets[0]
        filled = {"Titre": "Recycleries", "Axe": "1", "Contexte": "Un besoin", "Objectifs": "Des buts"}
        filled |= {"Ce qui sera fait": "Un contenu", "Partenaires associés": "Conseil général de l’Isère"}
        sheet.append([filled.get(str(cell.value), "") for cell in sheet[1]])
        page = made(client, saved(book))
        assert "rien, prête à partager" in page.words("#brouillons")
        with stage.app.app_context():
            draft = db.session.scalars(select(Draft)).one()
        assert (draft.fields["title"], draft.fields["owner"]) == ("Recycleries", GRENOBLE)
        assert draft.fields["associated"] == [ISERE]


def test_dates_and_a_delegate_come_with_the_fiche(stage: Stage) -> None:
    headers = [*HEADERS, "Date de début", "FIN", "Maîtrise d’ouvrage déléguée", "Livrables", "Risques", "COG"]
    client, sound = stage.client(), ["mars 2014", "31/12/2016", "Une agence", "Un guide", "Un bail", "38185, 42"]
    wrong = [["bientôt", "2014-02", "", "", "", "3"], ["2014-04", "2014-03", "a" * 201, "", "", ""]]
    page = checked(client, csv([headers, *([*line("Une"), *more] for more in (sound, *wrong))]), "fiches.csv")
    told = page.words("#a-corriger")
    assert "M, Codes géographiques" in told
    for word in ("Ligne 3 H, Début de l’action", "Ligne 4 I, Fin de l’action", "J, Maître d’ouvrage délégué"):
        assert word in told
    client.follow(client.submit(page.url, {"laisser": ["3", "4"]}))
    with stage.app.app_context():
        draft = db.session.scalars(select(Draft)).one()
        names = ("starts", "ends", "delegate", "deliverables", "risks", "territory_codes")
        assert [draft.fields[name] for name in names] == sound


def test_every_fault_is_told_by_line_and_column_and_nothing_is_made(stage: Stage) -> None:
    client = stage.client()
    bad = ["", "9", "x\u0007y", "Des buts", "c" * 20_001, "Une association", "douze"]
    page = checked(client, csv([HEADERS, line("Bonne"), bad]), "fiches.csv")
    told = page.words("#a-corriger")
    for word in ("Ligne 3 A, Titre", "B, Axe", "C, Contexte", "E, Ce qui sera fait", "G, Coût 2014"):
        assert word in told
    refused = client.submit(page.url, status=409)
    assert "5 points à corriger dans le fichier" in refused.words("#erreurs")
    assert rows_of(stage, Draft) == 0
    client.follow(client.submit(page.url, {"laisser": "3"}))
    assert rows_of(stage, Draft) == 1


def test_a_formula_never_calculated_is_a_fault_at_its_cell(stage: Stage) -> None:
    client = stage.client()
    page = checked(client, xlsx([HEADERS, line("Une", "=1000+250"), line("=A2"), line("Trois")]))
    told = [[*map(words, row.select("th, td"))] for row in page.select("#a-corriger tbody tr")]
    assert [(place, column) for place, column, _said in told] == [
        ("Ligne 2", "G, Coût 2014, en euros"),
        ("Ligne 3", "A, Titre"),
    ]
    assert all("n’a pas été calculée" in said for _place, _column, said in told)
    assert page.words("#lignes").count("rien, prête à partager") == 1
    client.submit(page.url, status=409)
    assert rows_of(stage, Draft) == 0


def test_faults_come_in_the_order_of_the_columns(stage: Stage) -> None:
    headers = [f"Vide {number}" for number in range(20)]
    bad = ["douze", "Une association", "9", "x\u0007y", "", *[""] * 20, "c" * 20_001]
    names = ["Coût 2014", "Partenaires associés", "Axe", "Contexte", "Titre", *headers, "Publics", "Contenu"]
    page = checked(stage.client(), csv([names, [*bad, "z\u0007"]]), "fiches.csv")
    columns = [words(cell).partition(",")[0] for cell in page.select("#a-corriger tbody td:nth-of-type(1)")]
    assert columns == ["A", "B", "C", "D", "E", "Z", "AA"]


def test_beyond_what_is_told_the_lines_and_columns_are_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST_FAULTS", 3)
    bad = ["", "9", "Un besoin", "Des buts", "Un contenu", "x", "douze"]
    page = checked(stage.client(), csv([HEADERS, bad, bad, bad]), "fiches.csv")
    told = [[*map(words, row.select("th, td"))] for row in page.select("#a-corriger tbody tr")]
    assert [row[0] for row in told] == ["Ligne 2", "Ligne 2", "Ligne 2", "Ligne 3", "Ligne 4"]
    assert told[3:] == [[f"Ligne {number}", "A, B, G", "3 autres points"] for number in (3, 4)]
    assert "9 points" in page.words("#a-corriger")


def test_names_by_the_thousand_are_one_fault(stage: Stage) -> None:
    rows = [[*line("Une"), "x\n" * (judging.MOST_NAMES + 1)], [*line("Deux"), "x\n" * judging.MOST_NAMES]]
    page = checked(stage.client(), xlsx([[*HEADERS, "Partenaires associés"], *rows]))
    told = [[*map(words, row.select("th, td"))] for row in page.select("#a-corriger tbody tr")]
    assert told[0] == ["Ligne 2", "H, Partenaires associés", "50 noms au plus dans cette cellule : elle en a 51."]
    assert [row[0] for row in told].count("Ligne 3") == judging.MOST_NAMES


@pytest.mark.parametrize("broken", range(4))
def test_a_failure_at_any_line_leaves_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    client = stage.client()
    page = checked(client, xlsx([HEADERS, *(line(f"Fiche {number}") for number in range(4))]))
    whole, calls = drafts.hand_over, iter(range(100))

    def failing(*given: Any) -> Draft:
        if next(calls) == broken:
            raise RuntimeError
        return whole(*given)

    with monkeypatch.context() as patch:
        patch.setattr(drafts, "hand_over", failing)
        client.submit(page.url, status=503)
    assert rows_of(stage, Draft) == 0
    page = client.follow(client.submit(client.get(page.url).url))
    assert rows_of(stage, Draft) == 4
    share, shares = actions.share_action, iter(range(100))

    def refusing(*given: Any, **facts: Any) -> Any:
        if next(shares) == broken:
            raise RuntimeError
        return share(*given, **facts)

    with monkeypatch.context() as patch:
        patch.setattr(actions, "share_action", refusing)
        client.submit(page.url, status=503)
    assert (rows_of(stage, Action), rows_of(stage, Draft)) == (0, 4)
    client.submit(client.get(page.url).url)
    assert (rows_of(stage, Action), rows_of(stage, Draft)) == (4, 0)


@pytest.mark.parametrize("name", ["zip bomb", "macros", "NUL", "empty", "cut archive", "unclosed quote of 200 kB"])
def test_hostile_files_are_refused_beside_the_field(stage: Stage, name: str) -> None:
    client = stage.client()
    data, words = HOSTILE[name]
    page = send(client, data, status=422)
    assert words in page.words("#erreurs")
    assert rows_of(stage, ImportSheet) == 0


def test_a_file_too_heavy_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1_000)
    assert "dépasse 1 Mo" in send(stage.client(), b"a;b\n" * 300, status=422).words("#erreurs")


def test_no_file_is_asked_for(stage: Stage) -> None:
    client = stage.client()
    client.get(HOME)
    assert "Choisissez un fichier" in client.post(HOME, {}, status=422).words("#erreurs")


def test_hostile_text_is_shown_inert(stage: Stage) -> None:
    client = stage.client()
    rows = [
        ["Titre", "<script>x</script>"],
        ["<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0"],
        ["קרא אותי 🎉"],
    ]
    page = checked(client, csv(rows), "<b>x.csv")
    assert "<img src=x" not in page.text
    assert "&lt;img src=x" in page.text
    client.follow(client.submit(page.url))


def test_columns_are_chosen_once_and_one_is_the_title(stage: Stage) -> None:
    client = stage.client()
    columns = client.follow(send(client, csv([["A", "B"], ["x", "y"]]), "a.csv"))
    assert "quelle colonne contient le titre" in client.submit(columns.url, status=409).words("#erreurs")
    twice = {"colonne-0": "title", "colonne-1": "title"}
    assert "Deux colonnes" in client.submit(columns.url, twice, status=409).words("#erreurs")
    client.submit(columns.url, {"colonne-0": "", "colonne-1": "title"})


def test_a_fiche_of_the_same_title_is_offered(stage: Stage) -> None:
    stage.fiche("Été des Recycleries")
    page = checked(stage.client(), csv([["Titre"], ["ete des  recycleries"], ["Été des recycleries"]]), "a.csv")
    told = page.words("#lignes")
    assert told.count("Une fiche a déjà ce titre") == 2
    assert "1.01, Été des Recycleries" in told
    assert "Même titre que la ligne 2" in told


def test_an_objective_is_understood_however_it_is_written(stage: Stage) -> None:
    with stage.acting() as world:
        objective(world, 2, "A")
    headers = ["Titre", "Axe", "Objectif du contrat"]
    lines = [["a", "2", "A"], ["b", "Axe 2", "2.a"], ["c", "2.A", ""], ["d", "2", ""]]
    page = checked(stage.client(), csv([headers, *lines]), "a.csv")
    places = [row.select("td")[1].get_text(strip=True) for row in page.select("#lignes tbody tr")]
    assert places == ["2.A", "2.A", "2.A", "à choisir"]
    assert "Choisissez un objectif de l’axe 2" in page.words("#a-corriger")


def test_drafts_are_made_once_and_incomplete_ones_are_not_shared(stage: Stage) -> None:
    client = stage.client()
    page = checked(client, csv([["Titre"], ["Une"]]), "a.csv")
    fiches = client.follow(client.submit(page.url))
    assert "1 brouillon est à compléter" in fiches.words("#brouillons")
    assert "Contexte" in fiches.words("#brouillons")
    client.get(page.url)
    assert "déjà créés" in client.submit(page.url, status=409).words("#erreurs")
    client.post(fiches.url, {**csrf(stage.app, client), "version": "2"}, status=409)
    assert rows_of(stage, Action) == 0


def test_sharing_waits_for_its_period_and_for_a_representative(stage: Stage) -> None:
    writer = stage.client("contributor")
    page = made(writer, xlsx([HEADERS, line("Une")]))
    assert "Le partage revient à un représentant" in page.words("#brouillons")
    client = stage.client()
    page = made(client, xlsx([HEADERS, line("Deux")]))
    with stage.acting() as world:
        close(world, "proposing")
    refused = client.submit(page.url, status=409)
    assert "Aucune fiche n’a été partagée" in refused.words("#erreurs")
    assert rows_of(stage, Action) == 0


def test_no_strong_button_leads_nowhere(stage: Stage) -> None:
    client = stage.client()
    bad = line("Fausse", "douze")
    for rows, strong, others in (
        ([line("Bonne")], ["Créer les brouillons"], []),
        ([line("Bonne"), bad], ["Envoyer le fichier corrigé"], ["Créer sans les lignes laissées de côté"]),
        ([bad], ["Envoyer le fichier corrigé"], []),
    ):
        page = checked(client, xlsx([HEADERS, *rows]))
        assert [words(button) for button in page.select("main .btn-primary")] == strong
        assert [words(button) for button in page.select("main .btn-secondary")] == others
        assert bool(page.select("input[name=laisser]")) == (line("Bonne") in rows)


def test_what_was_sent_is_deleted_by_its_author_alone_and_its_drafts_stay(stage: Stage) -> None:
    client = stage.client()
    fiches = made(client, xlsx([HEADERS, line("Une")]))
    sent = client.follow(send(client, csv([["Titre"], ["Deux"]]), "b.csv"))
    drops = [url.rpartition("/")[0] + "/supprimer" for url in (fiches.url, sent.url)]
    for role, partner in (("contributor", GRENOBLE), ("representative", REGION)):
        other = stage.client(role, partner)
        for drop in drops:
            other.post(drop, csrf(stage.app, other), status=404)
    assert rows_of(stage, ImportSheet) == 2
    for drop in drops:
        client.get(HOME)
        page = client.follow(client.submit(drop))
        assert "Le fichier envoyé est supprimé" in page.words("#statut")
        client.post(drop, csrf(stage.app, client), status=404)
    assert not page.select("#reprendre")
    assert (rows_of(stage, ImportSheet), rows_of(stage, Draft)) == (0, 1)


def test_what_was_sent_is_its_author_s_alone_and_is_swept_after_a_day(stage: Stage) -> None:
    client = stage.client()
    columns = client.follow(send(client, csv([["Titre"], ["Une"]]), "a.csv"))
    for role, partner in (("contributor", GRENOBLE), ("representative", REGION), ("representative", ISERE)):
        stage.client(role, partner).get(columns.url, status=404)
    with stage.app.app_context(), clock.standing_at(clock.now() + timedelta(hours=25)):
        assert sheets.sweep() == 1
    client.get(columns.url, status=404)


def test_five_imports_at_most_wait(stage: Stage) -> None:
    client = stage.client()
    for number in range(7):
        send(client, csv([["Titre"], [f"Une {number}"]]), "a.csv")
    assert rows_of(stage, ImportSheet) == 5
