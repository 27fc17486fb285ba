"""The secretariat's acts, each read again before it is confirmed; what others then see; a promise carried."""

from __future__ import annotations

import pytest
from flask import Flask

from cocon.actions import operations as actions
from cocon.funding import operations as funding
from cocon.structure import operations, queries
from tests.actions.making import GRENOBLE, ISERE, REGION, axis, known, objective
from tests.dossier.making import Stage
from tests.support.client import Client


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


@pytest.fixture
def office(stage: Stage) -> Client:
    """A browser of the secretariat."""
    return stage.client("secretariat", REGION)


def act(client: Client, action_id: str, name: str, **answers: str) -> str:
    """Fill in the form, read the check page, confirm; what the check page said."""
    url = f"/actions/{action_id}/structure/{name}"
    client.get(url)
    check = client.submit(url, answers, status=200)
    assert "Ce qui va se passer" in check.words()
    client.post(url, {**_kept(client, url), "confirmer": "oui"})
    return check.words()


def plain(text: str) -> str:
    """Without the spaces that do not break."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def _kept(client: Client, url: str) -> dict[str, str]:
    assert client.page is not None
    form = client.page.form(url)
    assert form is not None
    return {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")}


def test_moving_says_the_codes_before_and_after(stage: Stage, office: Client) -> None:
    action_id = stage.fiche("Recycleries")
    with stage.acting() as world:
        objective(world, 2, "B")
    said = act(office, action_id, "deplacer", place="2.B", reason="Relève de l’axe 2.")
    assert "La fiche 1.01 prend le code 2.B.01" in said
    assert office.get(f"/actions/{action_id}").words("#statut") == "La fiche porte désormais le code 2.B.01."
    reader = stage.client("reader", ISERE)
    page = reader.get(f"/actions/{action_id}")
    assert "ancien code 1.01" in page.words(".title-body")
    assert "1.01" in page.words("#liens")
    for address in ("/actions/code/1.01", "/actions/code/2.b.01", "/actions?q=1.01"):
        assert reader.get(address, status=302).location == f"/actions/{action_id}"
    reader.get("/actions/code/1.02", status=404)
    space = reader.get("/espace").words("#recemment")
    assert "a déplacé la fiche 1.01, qui porte désormais le code 2.B.01." in space
    auditor = stage.client("auditor", None)
    assert "a déplacé la fiche 1.01" in auditor.get("/audit?fiche=1.01").words()


def test_merging_tells_whose_money_is_left_and_asks_them(stage: Stage, office: Client) -> None:
    double, kept = stage.fiche("Doublon"), stage.fiche("Celle qui reste")
    with stage.acting() as world:
        grenoble = world.actor("representative", GRENOBLE)
        funding.announce_contribution(grenoble, known(double), year=2014, amount=12_500_50)
    said = plain(act(office, double, "fusionner", other="1.02", reason="Même projet."))
    assert "La Ville de Grenoble : sa contribution de 12 500,50 € ne compte plus" in said
    assert "1 partenaire est concerné" in said
    assert "Son coût, 100 000,00 €, ne compte plus dans le contrat ; celui de la fiche 1.02 reste" in said
    page = stage.client("reader", ISERE).get(f"/actions/{double}")
    assert "Fusionnée dans la fiche 1.02" in page.words()
    assert page.select(f'main a[href="/actions/{kept}"]')
    assert "A reçu par fusion" in stage.client("reader", ISERE).get(f"/actions/{kept}").words("#liens")
    mine = stage.client("representative", GRENOBLE)
    assert "Reportez votre contribution de la fiche 1.01 sur la fiche 1.02" in mine.get(f"/actions/{double}").words()
    task = plain(mine.get("/espace").words("#taches"))
    assert "Reporter votre contribution de 12 500,50 € de la fiche 1.01 sur la fiche 1.02" in task
    url = f"/actions/{double}/reporter"
    mine.get(url)
    assert "pas encore de contribution" in mine.submit(url, {"settlement": "carried"}, status=409).words("#erreurs")
    assert "Dites pourquoi" in mine.submit(url, {"settlement": "left"}, status=409).words("#erreurs")
    mine.submit(url, {"settlement": ""}, status=422)
    mine.submit(url, {"settlement": "left", "reason": "Crédits réaffectés."})
    assert "Reporter" not in mine.get("/espace").words("#a-faire")
    assert "n’est pas reportée" in office.get(f"/actions/{double}/historique").words()
    stage.client("representative", ISERE).get(url, status=404)


def test_merging_says_apart_what_is_no_money(stage: Stage, office: Client) -> None:
    double, _kept_one = stage.fiche("Doublon"), stage.fiche("Celle qui reste")
    with stage.acting() as world:
        grenoble, isere = (world.actor("representative", key) for key in (GRENOBLE, ISERE))
        for actor, form, cents in ((isere, "in_kind", 300_00), (grenoble, "cash", 500_00), (grenoble, "in_kind", 7_00)):
            funding.announce_contribution(actor, known(double), year=2014, amount=cents, form=form)
    said = plain(act(office, double, "fusionner", other="1.02", reason="Même projet."))
    assert "sa contribution à part (en nature : 300,00 €) ne compte plus" in said
    assert "La Ville de Grenoble : sa contribution de 500,00 € (et à part, en nature : 7,00 €) ne compte plus" in said
    assert "2 partenaires sont concernés" in said
    tasks = [plain(stage.client("representative", key).get("/espace").words("#taches")) for key in (GRENOBLE, ISERE)]
    assert "Reporter votre contribution de 500,00 € de la fiche 1.01" in tasks[0]
    assert "Reporter votre contribution de la fiche 1.01 sur la fiche 1.02" in tasks[1]
    page = stage.client("representative", ISERE).get(f"/actions/{double}/reporter")
    rows = [plain(row.get_text(" ")) for row in page.select("#contribution .rows div")]
    assert rows == ["À part, en nature 300,00 €"]


def test_a_consultation_blocks_the_merge_in_words(stage: Stage, office: Client) -> None:
    double, _kept_one = stage.fiche("Doublon"), stage.fiche("Celle qui reste")
    stage.consultation(double)
    url = f"/actions/{double}/structure/fusionner"
    office.get(url)
    page = office.submit(url, {"other": "1.02", "reason": "Même projet."}, status=409)
    assert "La fiche 1.01 est en consultation" in page.words("#erreurs")
    assert page.select_one("input[name=other]")["value"] == "1.02"


def test_splitting_hands_drafts_over_and_shows_what_is_announced(stage: Stage, office: Client) -> None:
    action_id, other = stage.fiche("Trop grande", GRENOBLE), stage.fiche("Déjà là", GRENOBLE)
    said = act(office, action_id, "scinder", titles="Première\n\n Deuxième ", others="1.02", reason="Deux publics.")
    assert "Un brouillon « Première » est remis à la Ville de Grenoble" in plain(said)
    page = stage.client("reader", ISERE).get(f"/actions/{action_id}").words("#liens")
    assert "Première" in page
    assert "annoncée, pas encore partagée" in page
    assert "Issue de" in office.get(f"/actions/{other}").words("#liens")
    assert "Deuxième" in stage.client("representative", GRENOBLE).get("/espace").words("#taches")
    assert "a scindé la fiche 1.01" in office.get("/espace").words("#recemment")


def test_what_is_handed_over_is_said_in_french(stage: Stage, office: Client) -> None:
    url = f"/actions/{stage.fiche('Trop grande', 'pays-voironnais')}/structure/scinder"
    office.get(url)
    check = office.submit(url, {"titles": "Première", "reason": "Deux publics."}, status=200)
    assert "est remis au Pays voironnais" in check.words()


def test_linking_shows_on_both_pages_and_is_taken_back_with_a_reason(stage: Stage, office: Client) -> None:
    one, two = stage.fiche("Une"), stage.fiche("Deux")
    act(office, one, "lier", other="1.02", reason="Même public.")
    for here, there in ((one, "1.02, Deux"), (two, "1.01, Une")):
        assert there in office.get(f"/actions/{here}").words("#liens")
    link = str(office.get(f"/actions/{two}/structure").select_one("#liens a.note")["href"])
    office.get(link)
    assert "Dites pourquoi" in office.submit(link, {}, status=422).words("#erreurs")
    office.submit(link, {"reason": "Erreur."})
    assert "Aucun lien" in office.get(f"/actions/{one}").words("#liens")
    office.get(link, status=404)


def test_a_lineage_shows_its_source(stage: Stage, office: Client) -> None:
    action_id = stage.fiche("Une")
    with stage.app.app_context():
        contract = queries.earlier_contracts()[0]
    answers = {"contract": contract.id, "label": "Ressourceries", "source": "Bilan, page 8", "reason": "Même action."}
    act(office, action_id, "filiation", **answers)
    said = stage.client("reader", ISERE).get(f"/actions/{action_id}").words("#liens")
    for word in ("Fait suite à", "Ressourceries", contract.title, "Bilan, page 8"):
        assert word in said


def test_what_is_wrong_is_said_beside_its_field(stage: Stage, office: Client) -> None:
    one = stage.fiche("Une")
    for name, answers, words in (
        ("lier", {"other": "9.99"}, "Aucune fiche ne porte le code"),
        ("lier", {"other": "1.01", "reason": "x"}, "C’est la fiche elle-même"),
        ("lier", {"other": "1.01"}, "Dites pourquoi"),
        ("lier", {"other": "\u0000" * 3, "reason": "<script>"}, "caractères de commande"),
        ("lier", {"other": "<script>", "reason": "x"}, "Aucune fiche ne porte le code « <script> »"),
        ("lier", {"other": "la", "reason": "x"}, "aucune autre fiche en vigueur ne contient ces mots"),
        ("lier", {"other": "x" * 301, "reason": "x"}, "trop long"),
        ("fusionner", {"reason": "x"}, "ou des mots de son titre"),
        ("deplacer", {"place": "1", "reason": "x"}, "déjà à cet endroit"),
        ("deplacer", {"reason": "x"}, "Choisissez l’axe"),
        ("scinder", {"reason": "x"}, "Écrivez le titre d’au moins"),
        ("scinder", {"titles": "x" * 201, "reason": "x"}, "200 caractères au plus"),
        ("scinder", {"titles": "\n".join("abcdefghijkl"), "reason": "x"}, "10 fiches au plus"),
        ("filiation", {"label": "x", "reason": "x"}, "Choisissez un des contrats antérieurs"),
    ):
        url = f"/actions/{one}/structure/{name}"
        office.get(url)
        page = office.submit(url, answers, status=None)
        assert page.status in (409, 422), (name, answers)
        assert words in page.words("#erreurs"), (name, answers)


@pytest.mark.parametrize("name", ["fusionner", "lier"])
def test_the_other_fiche_is_chosen_among_those_that_hold_the_words(stage: Stage, office: Client, name: str) -> None:
    here, gone = stage.fiche("Recyclerie du centre"), stage.fiche("Recyclerie morte", GRENOBLE)
    kept = stage.fiche("Les recycleries de l’agglomération")
    with stage.acting() as world:
        actions.withdraw_action(world.actor("representative", GRENOBLE), known(gone), reason="Sans objet.")
    url = f"/actions/{here}/structure/{name}"
    office.get(url)
    asked = {"other": "recycleries", "reason": "Même projet."}
    page = office.submit(url, asked, status=422)
    assert "Choisissez la fiche parmi celles trouvées" in page.words("#erreurs")
    assert page.words("fieldset label") == "1.03, Les recycleries de l’agglomération"
    assert not page.select("input[checked]")
    assert page.select_one("#other")["value"] == "recycleries"
    assert page.words("textarea") == "Même projet."
    office.submit(url, {**asked, "among": "1.01"}, status=422)
    check = office.submit(url, {**asked, "among": "1.03"}, status=200)
    assert "Ce qui va se passer" in check.words()
    assert check.select_one("input[name=other]")["value"] == "1.03"
    office.post(url, {**_kept(office, url), "confirmer": "oui"})
    assert "1.01, Recyclerie du centre" in office.get(f"/actions/{kept}").words("#liens")


def test_a_code_is_taken_at_once_whatever_was_chosen_before(stage: Stage, office: Client) -> None:
    here = stage.fiche("Une")
    for number in range(10):
        stage.fiche(f"Recyclerie {number}")
    url = f"/actions/{here}/structure/lier"
    office.get(url)
    page = office.submit(url, {"other": "recyclerie", "reason": "x"}, status=422)
    assert len(page.select("input[name=among]")) == 8
    check = office.submit(url, {"other": "1.11", "among": "1.02", "reason": "x"}, status=200)
    assert check.select_one("input[name=other]")["value"] == "1.11"


def test_an_act_on_a_fiche_that_changed_is_read_again(stage: Stage, office: Client) -> None:
    action_id = stage.fiche("Une")
    url = f"/actions/{action_id}/structure/deplacer"
    office.get(url)
    stage.revise(action_id)
    page = office.submit(url, {"place": "2", "reason": "Relève de l’axe 2."}, status=409)
    assert "a changé depuis l’affichage" in page.words("#erreurs")
    assert "Relève de l’axe 2." in page.words("textarea")
    back = office.submit(url, {"place": "2", "reason": "Relève"}, status=200)
    office.post(url, {**_kept(office, url), "modifier": "oui"}, status=200)
    assert back.select("input[name=place][value='2']")


def test_the_page_of_a_fiche_takes_as_many_statements_with_links_as_without(stage: Stage) -> None:
    client, action_id = stage.client(), stage.fiche("Une")
    bare = stage.cost(client, f"/actions/{action_id}")
    others = [stage.fiche(f"Autre {number}") for number in range(5)]
    with stage.acting() as world:
        office = world.actor("secretariat", REGION)
        for other in others:
            operations.link_actions(office, known(action_id), other_id=other, reason="Même public.")
        operations.move_action(office, known(action_id), axis_id=axis(2).id, reason="Relève de l’axe 2.")
    assert len(client.get(f"/actions/{action_id}").select("#structure-links a")) == 5
    assert stage.cost(client, f"/actions/{action_id}") == bare <= 6
