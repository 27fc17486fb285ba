"""The forms of files: what it is, who will read it, the file itself; or why it is withdrawn."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField
from wtforms.validators import StopValidation

from cocon.files.operations import INTERNAL, SHARED
from cocon.files.uploads import Upload
from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Line, Text, required

LONGEST_TITLE, LONGEST_REASON = 200, 1000


class Audience(RadioField):
    """Who will read."""

    def pre_validate(self, form: Any) -> None:
        """Refuse an audience that is not one."""
        if self.data not in (INTERNAL, SHARED):
            raise StopValidation(str(_("Choisissez qui lira cette pièce.")))


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
