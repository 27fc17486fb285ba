"""The pages of signatories, and the one that completes them."""

from __future__ import annotations

from datetime import date

import pytest

from cocon.kernel import clock
from tests.actions.making import statements
from tests.web.making import GRENOBLE, REGION, Stage, token

pytestmark = pytest.mark.template("reference")
WHO = {"name": "Ville d’essai", "kind": "commune", "siren": "123 456 782", "departement": "38"}
THIRTEEN = "/partenaires/collectivite-13"


def test_the_twenty_are_listed_by_college(stage: Stage) -> None:
    page = stage.client("reader", GRENOBLE).get("/partenaires")
    assert len(page.select("#regional tbody tr")) == 4
    assert len(page.select("#territorial tbody tr")) == 16
    words = page.words()
    assert "213 801 855" in words
    assert "Conseil général de l’Isère Conseil départemental de l’Isère, dès mars 2015" in words
    assert "L’identité de 5 signataires est à compléter" in words
    assert "nom tronqué dans la source, à compléter" in words
    assert words.count("nom absent des sources, à compléter") == 4
    assert page.select("a[href$='/completer']") == []


@pytest.mark.today("2016-06-01")
def test_names_follow_the_day(stage: Stage) -> None:
    page = stage.client("reader", GRENOBLE).get("/partenaires")
    words = page.words()
    assert "Région Auvergne-Rhône-Alpes Région Rhône-Alpes, avant le 1er janvier 2016" in words
    assert "Conseil départemental de l’Isère Conseil général de l’Isère, avant mars 2015" in words
    one = stage.client("reader", GRENOBLE).get("/partenaires/region-rhone-alpes")
    assert one.select_one("h1").get_text() == "Région Auvergne-Rhône-Alpes"
    assert "Région Auvergne-Rhône-Alpes (aujourd’hui) dès le 1er janvier 2016" in one.words("#noms")


def test_one_signatory(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    stage.mandate("former@example.org", role="reader", ends_on=date(2014, 1, 31))
    with clock.standing_at(clock.end_of_day(date(2014, 2, 2))):
        client = stage.client("deputy", GRENOBLE)
        page = client.get("/partenaires/ville-grenoble")
    assert "213 801 855" in page.words("#identite")
    assert "38185" in page.words("#identite")
    assert "aucune source consultée ne le donne" in page.words("#identite")
    people = page.words("#mandats")
    assert "Représentant Representative ville-grenoble depuis le 06/01/2014" in people
    assert "Mandats passés ou à venir" in people
    assert "jusqu’au 31/01/2014" in people
    assert "@" not in people, "addresses are nobody's business"
    assert page.select("a[href='/actions?partenaire=ville-grenoble']")
    assert page.select("a[href='/enveloppes']")


def test_nobody_yet(stage: Stage) -> None:
    page = stage.client("reader", GRENOBLE).get("/partenaires/pnr-pilat")
    assert "Personne n’agit encore pour ce partenaire" in page.words("#mandats")


def test_an_unknown_signatory_is_no_page(stage: Stage) -> None:
    client = stage.secretariat()
    for at in ("/partenaires/nobody", "/partenaires/nobody/completer"):
        client.get(at, status=404)


@pytest.mark.parametrize(
    ("key", "said"), [("collectivite-12", "« la communauté d’aggl »"), ("collectivite-13", "seize")]
)
def test_the_form_says_what_is_known_and_proposes_nothing(stage: Stage, key: str, said: str) -> None:
    page = stage.secretariat().get(f"/partenaires/{key}/completer")
    assert said in page.words("#su")
    assert "Rien n’est proposé d’office" in page.words("#su")
    assert page.select_one("[name=name]")["value"] == ""
    assert page.select_one("[name=siren]")["value"] == ""


def test_a_signatory_is_completed(stage: Stage) -> None:
    client = stage.secretariat()
    page = client.get("/partenaires")
    assert len(page.select("a[href$='/completer']")) == 5
    assert client.get(THIRTEEN).select(f"a.btn[href='{THIRTEEN}/completer']")
    client.get(f"{THIRTEEN}/completer")
    answer = client.submit(f"{THIRTEEN}/completer", WHO)
    assert answer.location == THIRTEEN
    page = client.follow(answer)
    assert "L’identité du partenaire est complétée." in page.words("#statut")
    assert page.select_one("h1").get_text() == "Ville d’essai"
    assert "123 456 782" in page.words("#identite")
    assert len(client.get("/partenaires").select("a[href$='/completer']")) == 4
    assert "Ville d’essai" in client.get("/").words()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "nom complet"),
        ({"name": "12"}, "nom complet"),
        ({"name": "x" * 201}, "trop long"),
        ({"siren": "213801856"}, "erreur de frappe"),
        ({"siren": "2138018"}, "9 chiffres"),
        ({"siren": "21380185X"}, "9 chiffres"),
        ({"kind": "empire"}, "Choisissez dans la liste"),
        ({"departement": "75"}, "Choisissez dans la liste"),
    ],
)
def test_a_refused_identity_says_why(stage: Stage, typed: dict[str, str], said: str) -> None:
    client = stage.secretariat()
    client.get(f"{THIRTEEN}/completer")
    before = stage.digest()
    page = client.submit(f"{THIRTEEN}/completer", {**WHO, **typed}, status=422)
    assert said.lower() in page.words(".error-summary").lower()
    assert stage.digest() == before


def test_the_siren_of_another_partner_is_refused_beside_its_field(stage: Stage) -> None:
    client = stage.secretariat()
    client.get(f"{THIRTEEN}/completer")
    before = stage.digest()
    page = client.submit(f"{THIRTEEN}/completer", {**WHO, "siren": "213 801 855"}, status=409)
    assert "déjà celui d’un autre partenaire, Ville de Grenoble" in page.words(".error-summary")
    assert page.select_one("[name=siren]")["aria-invalid"] == "true"
    assert page.select_one("[name=name]")["value"] == WHO["name"]
    assert stage.digest() == before


def test_two_secretaries_do_not_overwrite_each_other(stage: Stage) -> None:
    slow, quick = stage.secretariat(), stage.secretariat()
    for client in (slow, quick):
        client.get(f"{THIRTEEN}/completer")
    quick.submit(f"{THIRTEEN}/completer", {**WHO, "siret": "123 456 782 00010"})
    before = stage.digest()
    page = slow.submit(f"{THIRTEEN}/completer", {**WHO, "name": "Un autre nom"}, status=409)
    assert "a changé depuis l’affichage" in page.words(".error-summary")
    assert "établie" in page.words()
    assert stage.digest() == before


def test_an_established_identity_has_no_form(stage: Stage) -> None:
    client = stage.secretariat()
    page = client.get("/partenaires/ville-grenoble/completer")
    assert [field["name"] for field in page.select("main input:not([type=hidden])")] == ["siret"]
    client.submit("/partenaires/ville-grenoble/completer", {"siret": "213 801 855 00015"}, status=303)
    assert "213 801 855 00015" in client.get("/partenaires/ville-grenoble").words("#identite")
    page = client.get("/partenaires/ville-grenoble/completer")
    assert page.form("/partenaires/ville-grenoble/completer") is None
    assert "est établie" in page.words()
    form = {**WHO, "version": "2", "csrf_token": token(stage, client)}
    refused = client.post("/partenaires/ville-grenoble/completer", form, status=409)
    assert "déjà établie" in refused.words(".error-summary")


def test_what_stayed_unknown_is_completed_later(stage: Stage) -> None:
    client = stage.secretariat()
    client.get(f"{THIRTEEN}/completer")
    client.submit(f"{THIRTEEN}/completer", {"name": "Ville d’essai"})
    page = client.get(THIRTEEN)
    assert "Il reste à compléter : la nature, le SIREN, le SIRET, le département." in page.words()
    page = client.get(f"{THIRTEEN}/completer")
    assert page.select("[name=name]") == []
    client.submit(f"{THIRTEEN}/completer", {"siren": "123 456 782"})
    assert "Il reste à compléter : la nature, le SIRET, le département." in client.get(THIRTEEN).words()
    before = stage.digest()
    client.get(f"{THIRTEEN}/completer")
    page = client.submit(f"{THIRTEEN}/completer", {}, status=409)
    assert "Écrivez au moins une des réponses qui manquent." in page.words(".error-summary")
    forged = {"name": "Autre", "siren": "213801855", "kind": "commune", "csrf_token": token(stage, client)}
    client.post(f"{THIRTEEN}/completer", {**forged, "version": "1"}, status=409)
    assert stage.digest() == before
    client.get(f"{THIRTEEN}/completer")
    client.submit(f"{THIRTEEN}/completer", {"kind": "commune", "departement": "38", "siret": "123 456 782 00010"})
    page = client.get(f"{THIRTEEN}/completer")
    assert page.form(f"{THIRTEEN}/completer") is None


CHAIN = "/partenaires/ville-grenoble/validation"


def test_an_organisation_lets_its_contributors_share(stage: Stage) -> None:
    head, contributor = stage.client("representative", GRENOBLE), stage.client("contributor", GRENOBLE)
    contributor.get("/actions/nouvelle")
    draft = contributor.submit("/actions/nouvelle", {"title": "Épiceries"}).location.removesuffix("/modifier")
    general = {"title": "Épiceries", "axis": "1"}
    contributor.get(f"{draft}/modifier/general")
    contributor.submit(f"{draft}/modifier/general", general)
    contributor.get(f"{draft}/modifier/contexte")
    contributor.submit(f"{draft}/modifier/contexte", {"context": "C", "objectives": "O"})
    contributor.get(f"{draft}/modifier/contenu")
    contributor.submit(f"{draft}/modifier/contenu", {"content": "T"})
    contributor.get(f"{draft}/modifier/partenaires")
    contributor.submit(f"{draft}/modifier/partenaires", {"owner": "ville-grenoble"})
    assert contributor.get(f"{draft}/partager").form(f"{draft}/partager") is None
    contributor.post(f"{draft}/partager", {"csrf_token": token(stage, contributor)}, status=404)
    assert "un représentant valide" in head.get("/partenaires/ville-grenoble").words("#validation")
    page = head.get(CHAIN)
    assert page.select_one("[name=validates][checked]")["value"] == "oui"
    head.submit(CHAIN, {"validates": "oui"}, status=409)
    head.get(CHAIN)
    assert head.submit(CHAIN, {"validates": "non"}).location == "/partenaires/ville-grenoble#validation"
    assert "eux-mêmes" in contributor.get("/partenaires/ville-grenoble").words("#validation")
    assert "Demander la validation" not in contributor.get(f"{draft}/modifier").words()
    contributor.get(f"{draft}/partager")
    assert contributor.submit(f"{draft}/partager").location == draft
    assert "eux-mêmes" in head.get("/partenaires/ville-grenoble").words("#validation")
    head.get(CHAIN)
    head.submit(CHAIN, {"validates": "oui"})
    said = stage.client("auditor").get("/audit").words()
    assert "que ses contributeurs partagent et publient sans validation" in said
    assert "que ce que préparent ses contributeurs est validé par un représentant avant tout partage" in said


def test_the_internal_chain_is_the_organisations_own(stage: Stage) -> None:
    for role, key in (("contributor", GRENOBLE), ("representative", REGION), ("secretariat", REGION)):
        client = stage.client(role, key)
        client.get(CHAIN, status=404)
        client.post(CHAIN, {"validates": "non", "version": "0", "csrf_token": token(stage, client)}, status=404)
        assert (client.get("/partenaires/ville-grenoble").select("#validation") != []) == (key == GRENOBLE)


def test_two_representatives_do_not_overwrite_each_other(stage: Stage) -> None:
    slow, quick = stage.client("representative", GRENOBLE), stage.client("deputy", GRENOBLE)
    for client in (slow, quick):
        client.get(CHAIN)
    quick.submit(CHAIN, {"validates": "non"})
    before = stage.digest()
    page = slow.submit(CHAIN, {"validates": "oui"}, status=409)
    assert "a changé depuis l’affichage" in page.words(".error-summary")
    slow.get(CHAIN)
    page = slow.submit(CHAIN, {"validates": "peut-être"}, status=422)
    assert "Choisissez l’une des deux règles." in page.words(".error-summary")
    assert stage.digest() == before


def test_completing_is_for_the_secretariat(stage: Stage) -> None:
    client = stage.client("representative", REGION)
    client.get(f"{THIRTEEN}/completer", status=404)
    client.post(f"{THIRTEEN}/completer", {**WHO, "version": "1", "csrf_token": token(stage, client)}, status=404)
    assert "Compléter" not in client.get(THIRTEEN).words()


def test_the_pages_cost_few_statements(stage: Stage) -> None:
    client = stage.client("representative", GRENOBLE)
    for at, most in (("/partenaires", 3), ("/partenaires/ville-grenoble", 4)):
        client.get(at)
        with statements() as sent:
            client.get(at)
        assert len(sent) <= most, at
