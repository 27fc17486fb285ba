"""The hostile corpus in a fiche that is taken away as a file: text for whoever reads it, and nothing that acts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from cocon.actions.models import TEXT_FIELDS, Indicator, Milestone
from cocon.structure import operations as structure
from cocon.structure import queries as structure_queries
from tests.actions.making import GRENOBLE, REGION, share, signed_in
from tests.factories import World
from tests.security.payloads import PAYLOADS, read
from tests.security.test_corpus import CODE

pytestmark = pytest.mark.engines("sqlite")

#: What would act in a PDF or in an OpenDocument text.
RUNS = {"/JavaScript", "/JS", "/OpenAction", "/AA", "/Launch", "/SubmitForm", "/EmbeddedFiles", "/AcroForm", "/XFA"}
ACTS = {"script", "event-listener", "object", "object-ole", "image", "plugin", "applet", "form", "dde-source"}
#: The only links: those that somebody typed as such, and that lead where they say.
TYPED = {"https://a.example", "https://a.example/x.png"}


@pytest.fixture
def papers(app: Flask) -> Callable[[str], bytes]:
    """The files, by kind, of a fiche that holds the whole corpus."""
    with app.app_context():
        world = World.installed()
        reader, action_id = world.actor("reader", GRENOBLE), _fiche(world)
    client = signed_in(app, world, reader)
    return lambda kind: client.http.get(f"/actions/{action_id}/export.{kind}").data


def _fiche(world: World) -> str:
    """Every field of the text and of a link; a short payload is in each field of one line."""
    said = {name: "\n\n".join(PAYLOADS[rank :: len(TEXT_FIELDS)]) for rank, name in enumerate(TEXT_FIELDS)}
    line = iter(payload for payload in PAYLOADS if 50 < len(payload) < 60 and payload == read(payload))
    measure = Indicator(code=CODE, label=next(line), kind="result", unit=next(line), targets={}, source=next(line))
    steps = [Milestone(due="2014-03", title=next(line))]
    owner, office = world.actor("representative", GRENOBLE), world.actor("secretariat", REGION)
    named = {"title": next(line), "project_owner_name": next(line)}
    action = share(owner, milestones=steps, indicators=[measure], **named, **said)
    earlier = structure_queries.earlier_contracts()[0].id
    names = {name: next(line) for name in ("label", "former_code", "source", "reason")}
    structure.state_lineage(office, action, contract_id=earlier, **names)
    return action.id


def test_a_pdf_shows_the_corpus_and_does_nothing(papers: Callable[[str], bytes]) -> None:
    reader = PdfReader(io.BytesIO(papers("pdf")))
    assert unread("".join(page.extract_text() for page in reader.pages)) == []
    found = [(name, str(value)) for one in dictionaries(reader.trailer) for name, value in one.items()]
    assert {name for name, _value in found} & RUNS == set()
    assert {value for name, value in found if name == "/S"} & RUNS == set()
    assert {value for name, value in found if name == "/URI"} - {"/URI"} == TYPED


def test_an_odt_shows_the_corpus_and_does_nothing(papers: Callable[[str], bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(papers("odt"))) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name.endswith((".xml", ".rdf"))}
    parts = {name: ElementTree.fromstring(text) for name, text in files.items() if text}
    assert unread("".join(parts["content.xml"].itertext())) == []
    elements = [one for part in parts.values() for one in part.iter()]
    assert {local(one.tag) for one in elements} & ACTS == set()
    assert {value for one in elements for name, value in one.items() if local(name) == "href"} == TYPED
    assert not [name for one in elements for name in one.attrib if local(name) in ("formula", "condition")]


def unread(words: str) -> list[str]:
    """What a reader of the file would not find in it, however its lines are cut."""
    said = "".join(words.split())
    return [payload for payload in PAYLOADS if "".join(read(payload).split()) not in said]


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def dictionaries(root: Any) -> Iterator[DictionaryObject]:
    """Every dictionary of a PDF, each once."""
    met: set[int] = set()
    todo = [root]
    while todo:
        one = todo.pop()
        if isinstance(one, IndirectObject):
            if one.idnum in met:
                continue
            met.add(one.idnum)
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            yield one
            todo += one.values()
        elif isinstance(one, ArrayObject):
            todo += one
