"""What a file really is: its type is read in its bytes, never in its name, and only sound files pass.

Nothing is unpacked on the disk; of an archive, small parts are read within bounds.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.parsers import expat

from PIL import JpegImagePlugin, PngImagePlugin

from cocon.files.refusals import Unreadable
from cocon.kernel.language import LazyString, _

#: Media types of the formats accepted.
FORMATS: dict[str, str] = {
    "pdf": "application/pdf",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "jpeg": "image/jpeg",
}
SUFFIXES = {"jpg", "htm", "html", "svg", "exe", "zip", "docm", "xlsm", "doc", "xls", "txt", *FORMATS}
LONGEST_NAME = 120

MOST_PIXELS = 60_000_000
MOST_MEMBERS = 5_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 120
#: Small archives may be dense: the ratio counts only beyond this.
SMALL_UNPACKED = 4 * 1024 * 1024
READ_AT_MOST = 4 * 1024 * 1024

_OOXML = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "docx",
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "xlsx",
}
_ODF = {FORMATS[name].encode(): name for name in ("odt", "ods")}
_MACROS = re.compile(
    r"vbaproject|vbadata|(^|/)activex/|(^|/)oleobject|^basic/|^scripts/|(^|/)(macro|dialog)sheets/", re.IGNORECASE
)
_ACTIVE = re.compile(r"\.(exe|dll|com|scr|bat|cmd|ps1|vbs|js|jse|wsf|hta|jar|lnk|msi|sh|html?|svgz)$", re.IGNORECASE)
_ELSEWHERE = rb"Target\s*=\s*[\"'](?:https?:|\\\\|file:)"
_REMOTE_TEMPLATE = re.compile(
    rb"attachedTemplate[^>]*" + _ELSEWHERE + rb"|" + _ELSEWHERE + rb"[^>]*attachedTemplate", re.IGNORECASE
)

#: Bytes that may come before a PDF's head: blanks, and the orders of a printer (PJL), which are text.
_PREAMBLE = 1024
_PDF_HEAD = re.compile(
    rb"(?:\xef\xbb\xbf)?(?=[\s\0]|\x1b%%-12345X|%%PDF)[\s\0\x1b -;=-~]{0,%d}?%%PDF-[12]\.\d" % _PREAMBLE
)
_PDF_OBJECT = re.compile(rb"\b\d{1,10}\s{1,20}\d{1,5}\s{1,20}obj\b")
_PDF_END = re.compile(rb"startxref\s+\d{1,12}\s.*%%EOF", re.DOTALL)

MACROS = _("Ce fichier contient des macros ou des objets actifs\u202f: enregistrez-le sans eux, puis recommencez.")
DAMAGED = _("Ce fichier est abîmé ou incomplet\u202f: ouvrez-le, enregistrez-le de nouveau, puis recommencez.")
HIDDEN = _("Ce fichier en cache un autre\u202f: enregistrez-le de nouveau depuis votre logiciel, puis recommencez.")
BOMB = _("Ce fichier se déplierait en un volume démesuré\u202f: il est refusé.")
PIXELS = _("Cette image compte trop de points\u202f: 60 millions au plus. Réduisez-la, puis recommencez.")
ENTITIES = _("Ce fichier contient une déclaration interdite dans un de ses textes (DOCTYPE)\u202f: il est refusé.")
LOCKED = _("Ce fichier est protégé par un mot de passe\u202f: retirez-le, puis recommencez.")
EMPTY = _("Ce fichier est vide.")
REMOTE = _("Ce fichier va chercher un modèle ailleurs\u202f: détachez le modèle, puis recommencez.")

#: What the readers raise when they meet bytes that are not what they begin like.
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, OSError, RuntimeError, SyntaxError,
    ValueError, LookupError, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True)
class Examined:
    """Bytes that passed, and what they are."""

    content: bytes
    format: str

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        """In hexadecimal, as the log has it."""
        return hashlib.sha256(self.content).hexdigest()


def examine(content: bytes) -> Examined:
    """Say what these bytes are; raises Unreadable with the sentence that says why they do not pass."""
    if not content:
        raise Unreadable(EMPTY)
    try:
        return Examined(content, _format(content))
    except BROKEN as error:
        raise Unreadable(DAMAGED) from error


def _format(content: bytes) -> str:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content.startswith(b"PK\x03\x04"):
        return _archive(content)
    if b"%PDF-" in content[:_PREAMBLE]:
        return _pdf(content)
    raise Unreadable


def _pdf(content: bytes) -> str:
    """A version, an object, where the table of objects is, the end; a printer may have put its orders before."""
    if not _PDF_HEAD.match(content) or not _PDF_OBJECT.search(content) or not _PDF_END.search(content[-2048:]):
        raise Unreadable(DAMAGED)
    _demand_alone(content)
    return "pdf"


def _png(content: bytes) -> str:
    image = PngImagePlugin.PngImageFile(io.BytesIO(content))
    _demand_modest(image.size)
    image.verify()
    if not content.endswith(b"IEND\xaeB`\x82"):
        raise Unreadable(HIDDEN)
    _demand_alone(content)
    return "png"


def _jpeg(content: bytes) -> str:
    image = JpegImagePlugin.JpegImageFile(io.BytesIO(content))
    _demand_modest(image.size)
    if not content.rstrip(b"\0").endswith(b"\xff\xd9"):
        raise Unreadable(HIDDEN)
    _demand_alone(content)
    return "jpeg"


def _demand_modest(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise Unreadable(PIXELS)


def _demand_alone(content: bytes) -> None:
    """No archive hides behind a document or an image."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise Unreadable(HIDDEN)


def _archive(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        _demand_bounded(members, len(content))
        for member in members:
            _demand_plain(member)
        found = _open_document(archive, members) or _office_open(archive, members)
        if found is None:
            raise Unreadable
        for member in members:
            _demand_inert(archive, member)
    return found


def _demand_bounded(members: list[zipfile.ZipInfo], size: int) -> None:
    unpacked, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED:
        raise Unreadable(BOMB)
    if packed > size or (unpacked > SMALL_UNPACKED and unpacked > MOST_RATIO * max(packed, 1)):
        raise Unreadable(BOMB)
    if not members or min(m.header_offset for m in members) != 0 or len({m.filename for m in members}) != len(members):
        raise Unreadable(HIDDEN)


def _demand_plain(member: zipfile.ZipInfo) -> None:
    """An ordinary member: no password, no link, a name that stays in its folder."""
    name = member.orig_filename
    if member.flag_bits & 0x1:
        raise Unreadable(LOCKED)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or _wanders(name):
        raise Unreadable(DAMAGED)
    if (member.external_attr >> 16) & 0o170000 == 0o120000:
        raise Unreadable(HIDDEN)
    if _MACROS.search(name) or _ACTIVE.search(name):
        raise Unreadable(MACROS)


def _wanders(name: str) -> bool:
    bad = "\\" in name or "\0" in name or ":" in name or name.startswith("/")
    return bad or ".." in PurePosixPath(name).parts or not name.isprintable()


def _open_document(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> str | None:
    """The container says its own type first, in the clear."""
    first = members[0]
    if first.filename != "mimetype" or first.file_size > 200:
        return None
    found = _ODF.get(archive.read(first))
    if found is None or not {"content.xml", "META-INF/manifest.xml"} <= {m.filename for m in members}:
        return None
    if b"encryption-data" in _start(archive, archive.getinfo("META-INF/manifest.xml")):
        raise Unreadable(LOCKED)
    return found


def _office_open(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> str | None:
    names = {m.filename for m in members}
    if "[Content_Types].xml" not in names or "_rels/.rels" not in names:
        return None
    types = _start(archive, archive.getinfo("[Content_Types].xml"))
    if re.search(rb"macroEnabled|vbaProject|activeX", types, re.IGNORECASE):
        raise Unreadable(MACROS)
    found = {name for said, name in _OOXML.items() if said in types}
    main = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
    return next((name for name in found if len(found) == 1 and main[name] in names), None)


def _start(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int = READ_AT_MOST) -> bytes:
    """The beginning of a member, within bounds."""
    with archive.open(member) as file:
        return file.read(most)


def _demand_inert(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """No document type in the texts (it is how entities come in), no template fetched from elsewhere."""
    name = member.filename.lower()
    if name.endswith(".rels") and _REMOTE_TEMPLATE.search(_start(archive, member)):
        raise Unreadable(REMOTE)
    if name.endswith((".xml", ".rels", ".rdf", ".vml", ".svg")) and member.file_size:
        _demand_no_doctype(archive, member)


class _Begun(Exception):
    """The first element was met: a document type can no longer come."""


def _demand_no_doctype(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    parser = expat.ParserCreate()

    def refuse(*_declared: object) -> None:
        raise Unreadable(ENTITIES)

    def begun(*_element: object) -> None:
        raise _Begun

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = begun
    with archive.open(member) as file:
        try:
            for _piece in range(READ_AT_MOST // 65_536):
                parser.Parse(file.read(65_536), False)
        except _Begun:
            return
    raise Unreadable(DAMAGED)


_STRANGE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*;%\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')


def safe_name(name: str, kind: str) -> str:
    """A name that any disk can hold, that reads from left to right, and whose end says what the file is."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    plain = " ".join(_STRANGE.sub(" ", plain).split()).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    if dot and suffix.lower() in SUFFIXES:
        plain = stem
    plain = plain.replace("..", ".").strip(". ")[:LONGEST_NAME].strip(". ")
    return f"{plain or 'piece'}.{'jpg' if kind == 'jpeg' else kind}"


#: How the formats are listed on the page.
ACCEPTED: LazyString = _("PDF, ODT, ODS, DOCX, XLSX, PNG ou JPEG")
