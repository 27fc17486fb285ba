"""The fiche as a document: the screen's amounts to the cent, tagged and readable, inert whatever was typed."""

from __future__ import annotations

import builtins
import io
import re
import socket
import sys
import time
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.request import pathname2url

import pytest
from flask import Flask
from odfdo import Document
from pypdf import PdfReader
from pypdf.generic import ContentStream

from cocon.actions import changes, words
from cocon.actions import operations as actions
from cocon.actions.models import SPARE_FACTS, SPARE_TEXTS, Indicator, Milestone
from cocon.dossier import odt, odt_prose, pdf, printing, sheet
from cocon.funding import operations as funding
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.structure import operations as structure
from cocon.structure import queries as structure_queries
from tests.actions.making import GRENOBLE, ISERE, REGION, axis, fields, known, share, statements
from tests.decisions.making import newest, office
from tests.dossier.making import DEADLINE, Stage

HOSTILE = (
    "<script>alert(1)</script>",
    "Recherche & développement <b>gras</b>",
    "=1+1",
    "+SUM(A1:A9)",
    "@import url(http://127.0.0.1:9/x.css)",
    '<img src="http://127.0.0.1:9/x.png"> <link rel=attachment href="file:///etc/passwd">',
    "![image](http://127.0.0.1:9/x.png) [lien](javascript:alert(1)) [fichier](file:///etc/passwd)",
    "</style></title></body></html>",
    "{{ 7*7 }} {% include 'x' %} ${7*7}",
    "مرحبا بالعالم \u202e gauche \u2066 \U0001f600 👩‍👩‍👧",
    'l\'apostrophe "et" les guillemets ]]> <!-- --> &amp; &#x3c;',
    "mot" * 400,
)


@pytest.fixture
def stage(app: Flask) -> Stage:
    """The installed contract."""
    return Stage.installed(app)


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection or looks up a name is caught."""

    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def plain(text: str) -> str:
    """Words one space apart, whatever the spaces: PDF readers give spaces as they like."""
    return " ".join(text.split())


def pdf_of(stage: Stage, action_id: str, query: str = "") -> PdfReader:
    """The PDF that a reader downloads."""
    answer = stage.client("reader").http.get(f"/actions/{action_id}/export.pdf{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/pdf"
    return PdfReader(io.BytesIO(answer.data))


def odt_of(stage: Stage, action_id: str, query: str = "") -> Document:
    """The ODT that a reader downloads."""
    answer = stage.client("reader").http.get(f"/actions/{action_id}/export.odt{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.oasis.opendocument.text"
    return Document(io.BytesIO(answer.data))


def words_of(reader: PdfReader) -> str:
    return plain(" ".join(page.extract_text() for page in reader.pages))


def paragraphs_of(document: Document) -> str:
    return plain(" ".join(str(part) for part in document.body.get_elements("//text:p | //text:h")))


def cells(document: Document, name: str) -> list[list[str]]:
    """The words of a table."""
    table: Any = document.body.get_element(f"//table:table[@table:name='{name}']")
    return [
        [plain("".join(cell.xpath(".//text()"))) for cell in row.get_elements("table:table-cell")]
        for row in table.get_elements(".//table:table-row")
    ]


def funded(stage: Stage) -> str:
    """A fiche with odd cents everywhere, revised, adopted, and revised again."""
    action_id = stage.fiche("Recycleries & « réemploi »")
    with stage.acting() as world:
        for key, year, cents in ((GRENOBLE, 2014, 12_345_67), (ISERE, 2014, 1), (ISERE, 2015, 9_999_999_99)):
            funding.announce_contribution(world.actor("representative", key), known(action_id), year=year, amount=cents)
    stage.consultation(action_id)
    stage.answer(action_id, GRENOBLE, ISERE)
    with clock.standing_at(clock.end_of_day(DEADLINE) + timedelta(hours=12)):
        stage.pronounce(action_id)
    with stage.acting() as world:
        action, owner = known(action_id), world.actor("representative", REGION)
        text = fields(
            title="Recycleries & réemploi",
            content="Ouvrir dix ressourceries.\n- une par an\n- partout",
            associated=[GRENOBLE],
            costs={2014: 100_000_01, 2015: 50_50},
        )
        actions.publish_version(owner, action, revision=action.rev, summary="Calendrier précisé.", fields=text)
    return action_id


def screen(stage: Stage, action_id: str) -> list[list[str]]:
    """The financing table of the page, without the stages."""
    page = stage.client("reader").get(f"/actions/{action_id}")
    rows = page.select("#funding-table tbody tr")
    return [[plain(cell.get_text(" ").replace("(vous)", "")) for cell in row.select("th, td")][:-1] for row in rows]


def test_the_documents_say_what_the_screen_says_to_the_cent(stage: Stage) -> None:
    action_id = funded(stage)
    shown = screen(stage, action_id)
    assert len(shown) == 5
    printed = cells(odt_of(stage, action_id), "Financement")[1:]
    assert [row[1:] for row in printed] == [row[1:] for row in shown]
    heads = [row[0].partition(" HT ou TTC")[0] for row in shown[:-1]]  # which the document tells with its facts
    assert [row[0] for row in printed[:-1]] == heads
    text = words_of(pdf_of(stage, action_id))
    for row in shown:
        assert plain(" ".join(row[1:])) in text, row
    assert "12 345,67" in text
    assert "dépasse de" in text


def test_the_documents_tell_natures_and_what_is_kept_apart(stage: Stage) -> None:
    action_id = stage.fiche()
    with stage.acting() as world:
        grenoble = world.actor("representative", GRENOBLE)
        for form, nature, cents in (
            ("cash", "operating", 1_00),
            ("cash", "investment", 2_00),
            ("in_kind", "operating", 5_00),
        ):
            funding.announce_contribution(grenoble, known(action_id), year=2014, amount=cents, form=form, nature=nature)
    document = odt_of(stage, action_id)
    assert [row[:2] for row in cells(document, "Financement")[1:4]] == [
        ["Ville de Grenoble", "1,00"],
        ["Ville de Grenoble, investissement", "2,00"],
        ["Total prévu", "3,00"],
    ]
    [[name, *amounts]] = cells(document, "Apart")[1:]
    assert (name, amounts) == ("Ville de Grenoble, en nature, fonctionnement", ["5,00", "0,00", "0,00", "5,00"])
    text = words_of(pdf_of(stage, action_id))
    for said in ("Ville de Grenoble, investissement 2,00", "À part, dans aucun total", "Total prévu 3,00"):
        assert said in text
    assert "fonctionnement 5,00 0,00 0,00 5,00" in text


def test_the_pdf_is_tagged_titled_in_french_and_paged(stage: Stage) -> None:
    reader = pdf_of(stage, funded(stage))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert str(reader.metadata.title).startswith("Fiche-action 1.01")
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    kinds = tags(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/P"} <= kinds
    total = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        text = plain(page.extract_text())
        assert f"Page {number} sur {total}" in text
        assert "Édition du 06/01/2014 à" in text
        width, height = float(page.mediabox.width), float(page.mediabox.height)
        assert (round(width), round(height)) == (595, 842)


def tags(node: Any) -> set[str]:
    """The kinds of the elements of a tree of structure."""
    found, todo = set(), [node]
    while todo:
        one = todo.pop()
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, list):
            todo += one
        elif isinstance(one, dict):
            found.add(str(one.get("/S", "")))
            if "/K" in one:
                todo.append(one["/K"])
    return found


def test_heads_of_a_long_table_come_again_on_each_page(stage: Stage) -> None:
    action_id = stage.fiche()
    for number in range(24):
        with stage.acting() as world:
            action, owner = known(action_id), world.actor("representative", REGION)
            summary = f"Passage {number} : " + "précision " * 20
            text = fields(title=f"Recycleries {number}")
            actions.publish_version(owner, action, revision=action.rev, summary=summary, fields=text)
    reader = pdf_of(stage, action_id)
    carrying = [plain(page.extract_text()) for page in reader.pages]
    assert sum("Publiée par" in text and "Ce qui change" in text for text in carrying) >= 2, carrying
    rows = odt_of(stage, action_id).body.get_elements("//table:table[@table:name='Versions']/table:table-header-rows")
    assert len(rows) == 1


def test_decisions_changes_versions_and_proof_are_told(stage: Stage) -> None:
    action_id = funded(stage)
    for text in (words_of(pdf_of(stage, action_id)), paragraphs_of(odt_of(stage, action_id))):
        assert "Décision n° 2014-01 du 21 janvier 2014 sur la version 1 : adoptée (2 avis rendus sur 20" in text
        assert "Modifications introduites au titre de la version 2" in text
        assert "Depuis la version 1, adoptée par la décision n° 2014-01." in text
        assert "Coût prévisionnel 2014 : avant, 100 000,00 € ; après, 100 000,01 € (+0,01 €)" in text
        assert "Partenaires associés : avant, (vide) ; après, Ville de Grenoble" in text
        assert "Calendrier précisé." in text
        assert "version adoptée par la décision n° 2014-01" in text
        assert "une par an" in text
    with stage.app.app_context():
        last = sheet.recent.last_about(action_id)
    assert last is not None
    assert last.leaf in words_of(pdf_of(stage, action_id)).replace(" ", "")


def test_a_cost_that_nobody_wrote_is_never_zero(stage: Stage) -> None:
    action_id = funded(stage)
    document, text = odt_of(stage, action_id), words_of(pdf_of(stage, action_id))
    costs = ["100 000,01", "50,50", "à compléter", "100 050,51"]
    plan = cells(document, "Financement")
    assert cells(document, "Cout")[1] == plan[-2][1:] == costs
    assert plan[-1][3] == screen(stage, action_id)[-1][3] == "inconnu"
    assert text.count(" ".join(costs)) == 2
    for told in (text, paragraphs_of(document)):
        assert "Le coût de 2016 reste à compléter et n’est pas compté." in told
    with stage.acting() as world:
        owner = world.actor("representative", GRENOBLE)
        unknown = share(owner, title="Sans coût").id
        funding.announce_contribution(owner, known(unknown), year=2014, amount=1_00)
    document = odt_of(stage, unknown)
    assert cells(document, "Cout")[1] == cells(document, "Financement")[-2][1:] == ["à compléter"] * 4
    assert cells(document, "Financement")[-1][1:] == screen(stage, unknown)[-1][1:] == ["inconnu"] * 4
    assert "Le coût de l’action reste à compléter." in paragraphs_of(document)


def test_changes_are_ascribed_to_the_versions_that_brought_them(stage: Stage) -> None:
    action_id, other = funded(stage), stage.fiche()
    for one, title in ((action_id, "Trois"), (other, "Deux"), (other, "Trois")):
        with stage.acting() as world:
            action, owner = known(one), world.actor("representative", REGION)
            actions.publish_version(owner, action, revision=action.rev, summary="x", fields=fields(title=title))
    for text in (words_of(pdf_of(stage, action_id)), paragraphs_of(odt_of(stage, action_id))):
        assert "Modifications introduites depuis la version 1 (adoptée le 21 janvier 2014)" in text
        assert "Depuis la version 1, adoptée par la décision n° 2014-01. Ce sont celles des versions 2 à 3," in text
        assert "au titre de la version" not in text
    for text in (words_of(pdf_of(stage, other)), paragraphs_of(odt_of(stage, other))):
        assert "Modifications introduites depuis la version 1 Depuis la version 1, première version publiée." in text
    assert "au titre de la version 2" in paragraphs_of(odt_of(stage, other, "?version=2"))


def test_what_ties_a_fiche_to_others_is_printed_as_its_page_says_it(stage: Stage) -> None:
    action_id, other, twin, alone = (stage.fiche(title) for title in ("Recycleries", "Ateliers", "Doublon", "Seule"))
    with stage.acting() as world:
        secretariat, contract = office(world), structure_queries.earlier_contracts()[0]
        structure.move_action(secretariat, known(action_id), axis_id=axis(2).id, reason="Mieux placée !")
        structure.link_actions(secretariat, known(action_id), other_id=other, reason="Mêmes lieux")
        structure.merge_action(secretariat, known(twin), other_id=action_id, reason="Le même\nprojet.")
        titles = {"titles": ["Réemploi"], "other_ids": [other]}
        structure.split_action(secretariat, known(action_id), reason="Deux projets.", **titles)
        said = {"label": "Ressourceries", "former_code": "B7", "source": "Bilan, p. 3", "reason": "Même objet."}
        structure.state_lineage(secretariat, known(action_id), contract_id=contract.id, **said)
        earlier = contract.title
    told = [
        ["Ancien code", "1.01. Il mène toujours à cette fiche."],
        ["A reçu par fusion", "1.03, Doublon. Le même projet."],
        ["A donné", "1.02, Ateliers. Deux projets."],
        ["A donné", "« Réemploi », annoncée, pas encore partagée. Deux projets."],
        ["Voir aussi", "1.02, Ateliers. Mêmes lieux."],
        ["Fait suite à", f"B7, Ressourceries ({earlier}). Source : Bilan, p. 3. Même objet."],
    ]
    assert cells(odt_of(stage, action_id), "Liens") == told
    printed = words_of(pdf_of(stage, action_id))
    assert "Liens avec d’autres fiches" in printed
    assert not [line for line in told if " ".join(line) not in printed]
    assert ["Fusionnée dans", "2.01, Recycleries. Le même projet."] in cells(odt_of(stage, twin), "Liens")
    assert ["Issue de", "2.01, Recycleries. Deux projets."] in cells(odt_of(stage, other), "Liens")
    assert "Liens avec" not in paragraphs_of(odt_of(stage, alone))


def test_milestones_and_indicators_are_printed_and_compared(stage: Stage) -> None:
    action_id = stage.fiche()
    first = {"code": "R1", "label": "Emplois créés", "kind": "result", "unit": "ETP", "baseline": 12_50}
    measure = Indicator(**first, baseline_year=2013, targets={2014: 20_00}, source="CRESS")
    with stage.acting() as world:
        action, owner = known(action_id), world.actor("representative", REGION)
        text = fields(milestones=[Milestone(due="2014-03", title="Appel à projets")], indicators=[measure])
        actions.publish_version(owner, action, revision=action.rev, summary="Jalons.", fields=text)
    document = odt_of(stage, action_id)
    assert ["mars 2014", "Appel à projets"] in cells(document, "Lignes5")
    assert cells(document, "Lignes6")[1][:5] == ["R1 : Emplois créés", "résultat", "ETP", "12,5 (2013)", "20"]
    for told in (words_of(pdf_of(stage, action_id)), paragraphs_of(document)):
        assert "Jalons, n° 1 ajouté : Appel à projets, échéance : mars 2014" in told
        assert "Indicateurs prévus, n° 1 ajouté : R1 Emplois créés, type : résultat, unité : ETP" in told
    assert "mars 2014 Appel à projets" in words_of(pdf_of(stage, action_id))


def test_what_may_be_left_out_is_printed_only_where_it_is_said(stage: Stage) -> None:
    labels = ("Maître d’ouvrage délégué", "Fin de l’action", "Livrables", "Risques")
    with stage.acting() as world:
        owner = world.actor("representative", REGION)
        first = share(owner, title="Recycleries", content="x")
        said = fields(
            title="Recycleries",
            content="x",
            delegate="Une agence",
            ends="2016-12",
            deliverables="- un guide",
            risks="r",
        )
        actions.publish_version(owner, first, revision=first.rev, summary="Plus.", fields=said)
        reader = world.actor("reader", GRENOBLE)
        for number, told in ((1, set()), (2, set(labels))):
            document = sheet.of(reader, first.id, number, fictional=False)
            assert document is not None
            said_of = dict(document.facts) | {part.label: part.text for part in document.texts}
            assert said_of.keys() & {str(words.FIELDS[name]) for name in (*SPARE_TEXTS, *SPARE_FACTS)} == told
    assert said_of["Fin de l’action"] == "décembre 2016"
    assert document is not None
    assert document.changes is not None
    assert "Fin de l’action : avant, (vide) ; après, décembre 2016" in map(plain, document.changes.lines)


def test_the_cost_by_nature_is_printed_where_it_is_said(stage: Stage) -> None:
    action_id = stage.fiche()
    with stage.acting() as world:
        action, owner = known(action_id), world.actor("representative", REGION)
        charges = {(2014, "64"): 100_000_00, (2014, "86"): 500_50}
        told = {"eligible": {2014: 80_000_00}, "charges": charges, "cost_basis": "ttc", "state_aid": "no"}
        text = fields(title="Recycleries", costs={2014: 100_000_00}, **told)
        actions.publish_version(owner, action, revision=action.rev, summary="Natures.", fields=text)
    document = odt_of(stage, action_id)
    assert [[cell.replace("\u202f", " ") for cell in row[:2]] for row in cells(document, "Natures")] == [
        ["Nature", "2014"],
        ["64 Charges de personnel", "100 000,00"],
        ["86 Emplois des contributions volontaires en nature, hors coût", "500,50"],
        ["Dépense subventionnable", "80 000,00"],
        ["Coût de l’action", "100 000,00"],
    ]
    for said in (words_of(pdf_of(stage, action_id)), paragraphs_of(document)):
        assert "Coût par nature, 64 Charges de personnel, 2014 : avant, (vide) ; après, 100 000,00 €" in said
        assert "Dépense subventionnable 2014 : avant, (vide) ; après, 80 000,00 €" in said
        assert "Montants HT ou TTC : avant, (vide) ; après, toutes taxes comprises (TTC)" in said
    with stage.acting() as world:
        first = sheet.of(world.actor("reader", GRENOBLE), action_id, 1, fictional=False)
    assert first is not None
    assert first.charges is None


def test_indicators_that_changed_are_printed_field_by_field() -> None:
    jobs = Indicator(code="R1", label="Emplois", kind="result", targets={2014: 12_00})
    area = Indicator(code="R2", label="Surface", kind="output")
    rows = changes.rows([jobs, area], [replace(jobs, label="Emplois créés", targets={2014: 15_50})])
    told = list(printing.rows_changed(changes.Rows("indicators", words.FIELDS["indicators"], rows)))
    assert [plain(line) for line in told] == [
        "Indicateurs prévus, R1 Emplois créés, intitulé : avant, Emplois ; après, Emplois créés",
        "Indicateurs prévus, R1 Emplois créés, cible 2014 : avant, 12 ; après, 15,5 (+3,5)",
        "Indicateurs prévus, n° 2 retiré : R2 Surface, type : réalisation",
    ]


def test_what_people_write_keeps_its_lists_and_emphasis_in_a_word_processor() -> None:
    text = "Dix **lieux** :\n- un _par_ an\n- [partout](https://exemple.test/a)\n\n1. d’abord\n\n> cité"
    made = "".join(one.serialize() for one in odt_prose.blocks(text)).replace("<text:s/>", " ")
    assert "*" not in made
    assert re.sub(r"<[^>]+>", " ", made).split() == [
        "Dix",
        "lieux",
        ":",
        "un",
        "par",
        "an",
        "partout",
        "d’abord",
        "cité",
    ]
    for wanted in (
        '<text:span text:style-name="Gras">lieux</text:span> :',
        '<text:list text:style-name="Tirets"><text:list-item><text:p text:style-name="Texte">un ',
        '<text:span text:style-name="Italique">par</text:span> an',
        'xlink:href="https://exemple.test/a"',
        '<text:list text:style-name="Numeros">',
        '<text:p text:style-name="Citation">cité</text:p>',
    ):
        assert wanted in made


def test_a_former_version_says_so_and_an_unknown_one_is_not_found(stage: Stage) -> None:
    action_id = funded(stage)
    for text in (
        words_of(pdf_of(stage, action_id, "?version=1")),
        paragraphs_of(odt_of(stage, action_id, "?version=1")),
    ):
        assert (
            "Ce n’est pas le texte en cours : ce document donne la version 1, la fiche en est à la version 2." in text
        )
        assert "Recycleries & « réemploi »" in text
        assert "Modifications introduites" not in text
    client = stage.client("reader")
    for asked in ("3", "0", "abc", "-1", "1" * 40, "１"):
        for suffix in ("pdf", "odt"):
            assert client.http.get(f"/actions/{action_id}/export.{suffix}?version={asked}").status_code == 404, asked


def test_only_a_demonstration_calls_itself_fictional(stage: Stage) -> None:
    action_id = stage.fiche()
    with stage.acting() as world:
        actor = world.actor("reader", GRENOBLE)
        for fictional in (False, True):
            document = sheet.of(actor, action_id, None, fictional=fictional)
            assert document is not None
            assert any("fictifs" in notice for notice in document.notices) == fictional


@pytest.mark.usefixtures("_no_network")
def test_hostile_texts_are_shown_and_do_nothing(stage: Stage) -> None:
    everything = "\n\n".join(HOSTILE)
    with stage.acting() as world:
        names = dict.fromkeys(("context", "objectives", "content", "audience", "territory", "calendar"), everything)
        owner = world.actor("representative", REGION)
        action_id = share(owner, title=HOSTILE[0], results=everything, **names).id
        document = sheet.of(world.actor("reader", GRENOBLE), action_id, None, fictional=False)
        assert document is not None
        reader = PdfReader(io.BytesIO(pdf.render(document)))
        opened = odt.render(document)
    text = words_of(reader)
    assert "<script>alert(1)</script>" in text
    assert "=1+1" in text
    assert "root:" not in text
    assert "{{ 49" not in text
    assert "{% include 'x' %}" in text
    assert addresses(reader) <= {"http://127.0.0.1:9/x.css)", "http://127.0.0.1:9/x.png"}
    root: Any = reader.trailer["/Root"]
    assert "/EmbeddedFiles" not in root.get("/Names", {})
    assert not any("/JavaScript" in str(page) for page in reader.pages)
    with zipfile.ZipFile(io.BytesIO(opened)) as archive:
        content = archive.read("content.xml")
    assert b"<script" not in content
    assert b"\xe2\x80\xae" not in content
    assert set(re.findall(rb'xlink:href="([^"]*)"', content)) == {b"http://127.0.0.1:9/x.png"}
    assert b"draw:" not in content
    assert b"formula" not in content
    assert "=1+1" in paragraphs_of(Document(io.BytesIO(opened)))


def addresses(reader: PdfReader) -> set[str]:
    """Where the links of a PDF lead."""
    found = set()
    for page in reader.pages:
        assert isinstance(page.get_contents(), ContentStream | None)
        for note in page.get("/Annots", []):
            action = note.get_object().get("/A", {})
            assert action.get("/S", "/URI") == "/URI"
            found.add(str(action.get("/URI", "")))
    return found - {""}


def test_comparing_and_cutting_take_no_time_whatever_was_written() -> None:
    start = time.process_time()
    assert printing.rewritten("a " * 4_000, "a b " * 2_000).startswith("texte modifié (")
    assert printing.rewritten("un deux trois", "un trois quatre cinq") == (
        "texte modifié (2 mots ajoutés, 1 mot retiré)"
    )
    assert time.process_time() - start < 20
    cut = printing.told("a\n" * 9_990)
    assert cut.count("\n") < 700
    assert "Texte coupé ici" in cut


@pytest.mark.parametrize("code", [*range(9), 11, 12, *range(14, 32), 127, 133, 0xD800, 0xFFFE, 0xFFFF, 0x202E, 0x2066])
def test_no_character_breaks_a_document(code: int) -> None:
    assert printing.printable(f"a{chr(code)}b") == "a\ufffdb"


def test_only_our_fonts_are_read() -> None:
    font = next(pdf.FONTS[0].glob("*.woff2"))
    assert pdf.is_font(f"file://{pathname2url(str(font))}")
    for url in (
        "http://127.0.0.1/x.woff2",
        "https://example.org/x.woff2",
        "data:font/woff2;base64,AAAA",
        "ftp://example.org/x.woff2",
        "file:///etc/passwd",
        f"file://{pdf.FONTS[0]}/../cocon.css",
        f"file://{pdf.FONTS[0]}/../../pyproject.toml",
        f"file://{pdf.FONTS[0]}/LICENSE",
        "file://host/share/x.woff2",
        "",
    ):
        assert not pdf.is_font(url), url


def test_without_pango_a_sentence_says_what_to_do(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    action_id, client = stage.fiche(), stage.client("reader")
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.startswith("weasyprint")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    page = client.get(f"/actions/{action_id}/export.pdf", status=503)
    assert "bibliothèque Pango" in page.words()
    assert "ODT" in page.words()
    assert "Retry-After" in page.headers
    assert client.http.get(f"/actions/{action_id}/export.odt").status_code == 200


def test_too_many_at_once_wait_then_are_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    action_id, client = stage.fiche(), stage.client("reader")
    monkeypatch.setattr(pdf, "PATIENCE", 0.01)
    for _place in range(2):
        assert pdf.PLACES.acquire(timeout=1)
    try:
        page = client.get(f"/actions/{action_id}/export.pdf", status=503)
    finally:
        pdf.PLACES.release(2)
    assert "Trop de documents" in page.words()


def test_nothing_is_open_in_the_database_while_a_document_is_laid_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    action_id, client = stage.fiche(), stage.client("reader")
    seen: list[bool] = []

    def watch(_sheet: Any) -> bytes:
        seen.append(db.session().in_transaction())
        return b"%PDF-1.7"

    monkeypatch.setattr(pdf, "render", watch)
    monkeypatch.setattr(odt, "render", watch)
    for suffix in ("pdf", "odt"):
        answer = client.http.get(f"/actions/{action_id}/export.{suffix}")
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=fiche-1.01-version-1.")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert seen == [False, False]


def test_a_document_asks_few_questions_whatever_it_holds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    client = stage.client("reader")
    monkeypatch.setattr(pdf, "render", lambda _sheet: b"%PDF-1.7")
    empty, full = stage.fiche(), funded(stage)
    counts = []
    for action_id in (empty, empty, full):
        with statements() as seen:
            assert client.http.get(f"/actions/{action_id}/export.pdf").status_code == 200
        counts.append(len(seen))
    assert counts[2] <= counts[1] + 1 <= 11


def test_a_very_long_text_is_cut_and_says_so() -> None:
    told = printing.told("mot " * 20_000)
    assert len(told) < printing.LONGEST + 100
    assert "Texte coupé ici" in told


def test_the_office_s_decisions_are_on_the_paper_only_once_pronounced(stage: Stage) -> None:
    action_id = stage.fiche()
    stage.consultation(action_id)
    with stage.acting() as world:
        assert newest(action_id).open
        document = sheet.of(office(world), action_id, None, fictional=False)
        assert document is not None
        assert document.decisions == []
