"""The forms of a message: who will read is chosen before typing, who is told beside it."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from cocon.discussion.operations import INTERNAL, SHARED
from cocon.discussion.queries import SECTIONS
from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Line, Text, VersionedForm, required

LONGEST = 5000
LONGEST_REASON = 500


class Audience(RadioField):
    """Who will read; a reply has its thread's audience and is not asked."""

    def pre_validate(self, form: Any) -> None:
        """Refuse an audience that is not one."""
        if not form.thread_id.data and self.data not in (INTERNAL, SHARED):
            raise StopValidation(str(_("Choisissez qui lira votre message.")))


class Told(SelectMultipleField):
    """Partners to tell, as boxes; the operation knows who exists."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CommentForm(BaseForm):
    """A message, in a new thread or in one that exists."""

    thread_id = HiddenField()
    section = SelectField(
        _("De quoi s’agit-il\u202f?"),
        choices=lambda: [("", str(_("De la fiche entière"))), *((key, str(name)) for key, name in SECTIONS.items())],
        validate_choice=False,
    )
    visibility = Audience(
        _("Qui lira ce message\u202f?"),
        choices=lambda: {SHARED: str(_("Tous les partenaires")), INTERNAL: str(_("Mon organisation seulement"))},
        validate_choice=False,
    )
    text = Text(_("Message"), [required(_("Écrivez votre message."))], maximum=LONGEST)
    notify = Told(_("Partenaires"), choices=(), validate_choice=False)
    person = Line(_("Une personne"), maximum=120)

    def facts(self) -> dict[str, Any]:
        """The facts of posting."""
        return {
            "text": self.text.data,
            "visibility": self.visibility.data,
            "thread_id": self.thread_id.data or None,
            "section": self.section.data or None,
            "notify": [*(self.notify.data or ()), self.person.data],
        }


class RewriteForm(VersionedForm):
    """Another text for one's own message, in its place or as a correction."""

    text = Text(_("Message"), [required(_("Écrivez votre message."))], maximum=LONGEST)


class WithdrawForm(VersionedForm):
    """Why a message is taken back."""

    reason = Text(
        _("Motif du retrait"), [required(_("Dites pourquoi vous retirez ce message."))], maximum=LONGEST_REASON
    )
