"""The form of a message: who will read is chosen before typing."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, RadioField
from wtforms.validators import StopValidation

from cocon.discussion.operations import INTERNAL, SHARED
from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Text, required

LONGEST = 5000


class Audience(RadioField):
    """Who will read; a reply has its thread's audience and is not asked."""

    def pre_validate(self, form: Any) -> None:
        """Refuse an audience that is not one."""
        if not form.thread_id.data and self.data not in (INTERNAL, SHARED):
            raise StopValidation(str(_("Choisissez qui lira votre message.")))


class CommentForm(BaseForm):
    """A message, in a new thread or in one that exists."""

    thread_id = HiddenField()
    visibility = Audience(
        _("Qui lira ce message\u202f?"),
        choices=lambda: {SHARED: str(_("Tous les partenaires")), INTERNAL: str(_("Mon organisation seulement"))},
        validate_choice=False,
    )
    text = Text(_("Message"), [required(_("Écrivez votre message."))], maximum=LONGEST)

    def facts(self) -> dict[str, Any]:
        """The facts of posting."""
        return {
            "text": self.text.data,
            "visibility": self.visibility.data,
            "thread_id": self.thread_id.data or None,
        }
