"""Facts about attached files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cocon.audit.event import Event
from cocon.kernel.language import _


@dataclass(frozen=True, kw_only=True)
class FileAttached(Event):
    """Somebody attached a file; ``audience`` is their partner's key when only their organisation may read it."""

    kind: ClassVar[str] = "files.attached"
    phase = "discussion"
    sentence = _("{who} a joint, au nom de {partner}, une pièce à la version {version} de la fiche {code}.")

    action_code: str
    version: int
    visibility: str
    format: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FileWithdrawn(Event):
    """Who attached a file took it back, and said why; the bytes stay for the auditor."""

    kind: ClassVar[str] = "files.withdrawn"
    phase = "discussion"
    sentence = _("{who} a retiré, au nom de {partner}, une pièce jointe à la fiche {code}.")

    action_code: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FileCleared(Event):
    """The antivirus found nothing: the file may be read."""

    kind: ClassVar[str] = "files.cleared"
    phase = "discussion"
    sentence = _("{who} a contrôlé une pièce jointe à la fiche {code}\u00a0: elle est saine.")

    action_code: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FileRefused(Event):
    """The antivirus found something: nobody reads the file."""

    kind: ClassVar[str] = "files.refused"
    phase = "discussion"
    sentence = _("{who} a refusé une pièce jointe à la fiche {code}\u00a0: l’antivirus y a trouvé un danger.")

    action_code: str
    sha256: str
    finding: str


@dataclass(frozen=True, kw_only=True)
class ActFileCleared(Event):
    """The antivirus found nothing in the file of an act."""

    kind: ClassVar[str] = "files.act-file-cleared"
    phase = "funding"
    sentence = _("{who} a contrôlé le fichier d’un acte\u00a0: il est sain.")

    sha256: str


@dataclass(frozen=True, kw_only=True)
class ActFileRefused(Event):
    """The antivirus found something in the file of an act: nobody reads it."""

    kind: ClassVar[str] = "files.act-file-refused"
    phase = "funding"
    sentence = _("{who} a refusé le fichier d’un acte\u00a0: l’antivirus y a trouvé un danger.")

    sha256: str
    finding: str


@dataclass(frozen=True, kw_only=True)
class ReportFileCleared(Event):
    """The antivirus found nothing in the file of a financial report."""

    kind: ClassVar[str] = "files.report-file-cleared"
    phase = "funding"
    sentence = _("{who} a contrôlé le fichier d’un compte rendu financier\u00a0: il est sain.")

    sha256: str


@dataclass(frozen=True, kw_only=True)
class ReportFileRefused(Event):
    """The antivirus found something in the file of a financial report: nobody reads it."""

    kind: ClassVar[str] = "files.report-file-refused"
    phase = "funding"
    sentence = _("{who} a refusé le fichier d’un compte rendu financier\u00a0: l’antivirus y a trouvé un danger.")

    sha256: str
    finding: str
