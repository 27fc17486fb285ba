"""The forms of files: what it is, who will read it, the file itself; or why it is withdrawn."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import FileField, RadioField
from wtforms.validators import StopValidation

from cocon.files import inspection
from cocon.files.operations import INTERNAL, SHARED
from cocon.files.refusals import Unreadable
from cocon.files.words import weight
from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Line, Text, required

LONGEST_TITLE, LONGEST_REASON = 200, 1000


class Audience(RadioField):
    """Who will read."""

    def pre_validate(self, form: Any) -> None:
        """Refuse an audience that is not one."""
        if self.data not in (INTERNAL, SHARED):
            raise StopValidation(str(_("Choisissez qui lira cette pièce.")))


class Upload(FileField):
    """A file, examined: ``examined`` is what it is, once it passed."""

    largest = 0
    too_large = False
    examined: inspection.Examined | None = None

    @property
    def sent_name(self) -> str:
        """The name that the browser gave."""
        return (self.data.filename or "") if isinstance(self.data, FileStorage) else ""

    def pre_validate(self, form: Any) -> None:
        """Read the bytes once, within the limit, and say what they are."""
        if not isinstance(self.data, FileStorage) or not self.data.filename:
            raise StopValidation(str(_("Choisissez le fichier à joindre.")))
        if self.examined is None:
            content = self.data.stream.read(self.largest + 1)
            self.data.stream.seek(0)  # a form may be validated again
            self._demand_weight(content)
            try:
                self.examined = inspection.examine(content)
            except Unreadable as refusal:
                raise StopValidation(str(refusal)) from None

    def _demand_weight(self, content: bytes) -> None:
        self.too_large = len(content) > self.largest
        if self.too_large:
            raise StopValidation(
                str(
                    _(
                        "Ce fichier est trop lourd\u202f: %(largest)s au plus. "
                        "Réduisez-le, puis choisissez-le de nouveau.",
                        largest=weight(self.largest),
                    )
                )
            )


class AttachForm(BaseForm):
    """Attaching a file. After an error the browser forgets the file: it is chosen again."""

    visibility = Audience(
        _("Qui lira cette pièce\u202f?"),
        choices=lambda: {SHARED: str(_("Tous les partenaires")), INTERNAL: str(_("Mon organisation seulement"))},
        validate_choice=False,
    )
    title = Line(
        _("Ce que contient la pièce"),
        [required(_("Dites en quelques mots ce que contient cette pièce."))],
        maximum=LONGEST_TITLE,
    )
    file = Upload(_("Fichier"))

    def facts(self) -> dict[str, Any]:
        """The facts of attaching."""
        return {
            "title": self.title.data,
            "visibility": self.visibility.data,
            "name": self.file.sent_name,
            "examined": self.file.examined,
        }


class WithdrawForm(BaseForm):
    """Why a file is withdrawn."""

    reason = Text(
        _("Pourquoi retirer cette pièce\u202f?"),
        [required(_("Dites pourquoi cette pièce est retirée."))],
        maximum=LONGEST_REASON,
    )
