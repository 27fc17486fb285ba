"""The field of a file that is sent: its bytes are read once, within the limit, and examined.

Named outside the seven usual files: forms of other domains have it too.
"""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import FileField
from wtforms.validators import StopValidation

from cocon.files import inspection
from cocon.files.refusals import Unreadable
from cocon.files.words import weight
from cocon.kernel.language import LazyString, _


class Upload(FileField):
    """A file, examined: ``examined`` is what it is, once it passed."""

    largest = 0
    too_large = False
    examined: inspection.Examined | None = None

    def __init__(self, label: Any, *, unaccepted: LazyString = Unreadable.sentence, **kwargs: Any) -> None:
        """``unaccepted`` is said of a file of no known type."""
        super().__init__(label, **kwargs)
        self.unaccepted = unaccepted

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
                said = self.unaccepted if str(refusal) == str(Unreadable.sentence) else refusal
                raise StopValidation(str(said)) from None

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
