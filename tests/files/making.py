"""Files of every kind, made as their programs make them, and attached."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from flask import current_app
from odfdo import Document
from PIL import Image

from cocon.actions.models import Action
from cocon.actions.queries import find
from cocon.files import operations, queries
from cocon.files.inspection import examine
from cocon.files.models import Attachment
from cocon.files.scanning import shelf_of
from cocon.funding import documents, reports
from cocon.funding.models import Act, Contribution
from cocon.kernel.actor import Actor
from cocon.kernel.db import db

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"startxref\n9\n%%EOF\n"
)
XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
TYPES = (
    XML + b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/%s" '
    b'ContentType="application/vnd.openxmlformats-officedocument.%s.main+xml"/></Types>'
)


def zipped(members: Mapping[str, bytes], stored: tuple[str, ...] = ("mimetype",)) -> bytes:
    """An archive of these members, in this order."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return made.getvalue()


def docx(**more: bytes) -> dict[str, bytes]:
    """The members of a small text of Word's."""
    return {
        "[Content_Types].xml": TYPES % (b"word/document.xml", b"wordprocessingml.document"),
        "_rels/.rels": XML + b"<Relationships/>",
        "word/document.xml": XML + b"<document>Bonjour</document>",
        **more,
    }


def xlsx() -> dict[str, bytes]:
    """The members of a small spreadsheet of Excel's."""
    return {
        "[Content_Types].xml": TYPES % (b"xl/workbook.xml", b"spreadsheetml.sheet"),
        "_rels/.rels": XML + b"<Relationships/>",
        "xl/workbook.xml": XML + b"<workbook/>",
    }


def odf(kind: str = "text", **more: bytes) -> dict[str, bytes]:
    """The members of a small OpenDocument."""
    return {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}".encode(),
        "content.xml": XML + b"<office/>",
        "META-INF/manifest.xml": XML + b"<manifest/>",
        **more,
    }


def image(kind: str, size: tuple[int, int] = (8, 8)) -> bytes:
    """A small picture."""
    made = io.BytesIO()
    Image.new("RGB", size, "white").save(made, kind)
    return made.getvalue()


def document(kind: str) -> bytes:
    """A text or a spreadsheet as odfdo makes them."""
    made = io.BytesIO()
    Document(kind).save(made)
    return made.getvalue()


SOUND: dict[str, bytes] = {
    "pdf": PDF,
    "png": image("PNG"),
    "jpeg": image("JPEG"),
    "odt": document("text"),
    "ods": document("spreadsheet"),
    "docx": zipped(docx()),
    "xlsx": zipped(xlsx()),
}


def attach(
    actor: Actor,
    action: Action,
    *,
    title: str = "Un devis",
    content: bytes = PDF,
    visibility: str = "partners",
    name: str = "devis.pdf",
    **shelf: Any,
) -> Attachment:
    """The row of a file that the actor attached to the fiche as it stands."""
    current = find(action.id)
    assert current is not None
    event = operations.attach_file(
        actor,
        current,
        title=title,
        visibility=visibility,
        name=name,
        examined=examine(content),
        shelf=shelf.get("shelf") or shelf_of(current_app.extensions["cocon"]),
    )
    return queries.by_id(event.subject.id)


def join(actor: Actor, act_id: str, content: bytes = PDF, name: str = "acte.pdf", **told: Any) -> Attachment:
    """The row of the PDF that the actor joined to an act."""
    shelf = told.pop("shelf", None) or shelf_of(current_app.extensions["cocon"])
    act = db.session.get_one(Act, act_id)
    documents.attach_document(actor, act, name=name, examined=examine(content), shelf=shelf, **told)
    return queries.of_act(act_id)[0].attachment


def join_report(
    actor: Actor, contribution: Contribution, content: bytes = PDF, *, year: int = 2014, **told: Any
) -> Attachment:
    """The row of the PDF that the actor joined to a report that its organisation received."""
    shelf = told.pop("shelf", None) or shelf_of(current_app.extensions["cocon"])
    said = {"name": "compte-rendu.pdf", "examined": examine(content), "shelf": shelf, **told}
    documents.attach_report_document(actor, contribution, year=year, **said)
    received = reports.last(contribution.id, year)
    assert received is not None
    return queries.of_reports([received.id])[0].attachment
