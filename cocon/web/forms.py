"""Forms: clean text in, a clear French sentence next to the field, and the operation carried out by the form itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Field, Form, HiddenField, StringField, TextAreaField
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from cocon.kernel import money
from cocon.kernel.actor import Actor
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Forbidden, Outdated, Refusal

E = TypeVar("E")

#: Beside what no export can carry, what makes the rest of a line read from right to left, whatever it says.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
#: What shows nothing wherever it stands (Unicode, Default_Ignorable_Code_Point, and the empty Braille pattern).
_NOTHING = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*"
)
LINE = 300
TEXT = 20_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
#: Longer than any field holds, even composed: letters are at most four characters each until then.
FAR_TOO_LONG = 4 * TEXT


def _heaps() -> re.Pattern[str]:
    """More marks on one letter than any language writes: normalising them takes the square of their number."""
    marks = [c for c in map(chr, range(0x300, 0x20000)) if unicodedata.combining(unicodedata.normalize("NFKD", c)[0])]
    return re.compile(f"[{''.join(marks)}]{{31}}")


_HEAP = _heaps()


def clean(value: str | None) -> str:
    """Text as it enters the product: NFC, unix line ends, no space around; empty when it shows nothing.

    What every field refuses is no NFC yet.
    """
    text = value or ""
    if len(text) <= FAR_TOO_LONG and not _HEAP.search(text):
        text = unicodedata.normalize("NFC", text)
    return "" if _NOTHING.fullmatch(text) else text.replace("\r\n", "\n").replace("\r", "\n").strip()


def visible(text: str) -> str:
    """What was typed as a page can show it again: each control character stands out."""
    return _CONTROL.sub("\ufffd", text)


def no_control_characters(_form: Form, field: Field) -> None:
    """Refuse characters that no keyboard types and no export can carry, and what stands for them when shown again."""
    if _CONTROL.search(field.data or "") or "\ufffd" in (field.data or ""):
        raise StopValidation(str(_("Ce texte contient des caractères de commande invisibles\u202f: effacez-les.")))
    if _HEAP.search(field.data or ""):
        raise StopValidation(str(_("Ce texte entasse des signes sur une même lettre\u202f: effacez-les.")))


def required(sentence: LazyString | str) -> Callable[[Form, Field], None]:
    """The field must be filled; ``sentence`` says what to do."""

    def check(_form: Form, field: Field) -> None:
        if field.data in (None, "", []):
            field.errors = []
            raise StopValidation(str(sentence))

    return check


class Line(StringField):
    """One line of text."""

    def __init__(self, label: Any, validators: Sequence[Any] = (), *, maximum: int = LINE, **kwargs: Any) -> None:
        checks = [*validators, _at_most(maximum), no_control_characters]
        super().__init__(label, checks, filters=[clean, lambda text: re.sub(r"\s+", " ", text)], **kwargs)

    def _value(self) -> str:
        return visible(str(self.data or ""))


class Text(TextAreaField):
    """Several lines of text."""

    def __init__(self, label: Any, validators: Sequence[Any] = (), *, maximum: int = TEXT, **kwargs: Any) -> None:
        super().__init__(label, [*validators, _at_most(maximum), no_control_characters], filters=[clean], **kwargs)

    def _value(self) -> str:
        return visible(str(self.data or ""))


def _at_most(maximum: int) -> Callable[[Form, Field], None]:
    def check(_form: Form, field: Field) -> None:
        if len(field.data or "") > maximum:
            raise StopValidation(
                str(
                    _(
                        "Ce texte est trop long\u202f: %(n)s caractères, %(max)s au plus.",
                        n=_grouped(len(field.data)),
                        max=_grouped(maximum),
                    )
                )
            )

    return check


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


class MoneyField(Field):
    """An amount in euros as people type it; ``data`` is cents, or None when empty. What was typed is kept."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]) if valuelist else ""
        self.data = None
        if typed.strip():
            try:
                self.data = money.parse(typed)
            except money.NotMoney:
                raise ValueError(str(_("Écrivez un montant en euros, par exemple 12\u202f500,00."))) from None

    def _value(self) -> str:
        if self.raw_data:
            return visible(str(self.raw_data[0]))
        return "" if self.data is None else money.amount(self.data)


class Day(DateField):
    """A date as the browser's picker sends it (``2014-11-15``) or as people type it (``15/11/2014``); else None."""

    data: Any

    def __init__(self, label: Any, validators: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(label, list(validators), format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        typed = str(valuelist[0] if valuelist else "").strip()
        if not typed:
            return
        try:
            super().process_formdata([typed])
        except ValueError:
            raise ValueError(str(_("Écrivez une date, par exemple 15/11/2014."))) from None
        if not FIRST_DAY <= self.data <= LAST_DAY:
            raise ValueError(str(_("Cette date est trop lointaine\u202f: vérifiez l’année.")))

    def pre_validate(self, form: Any) -> None:
        """What could not be read is not missing."""
        if self.process_errors:
            raise StopValidation

    def _value(self) -> str:
        if self.raw_data:
            return visible(str(self.raw_data[0]))
        return self.data.isoformat() if self.data else ""


class BaseForm(Form):
    """A form of the house. ``status`` is the answer's status; ``form_errors`` concern no field in particular."""

    class Meta:
        """French messages from WTForms itself."""

        locales = ("fr",)

    def __init__(self, formdata: MultiDict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(formdata, **kwargs)
        self.status = 200

    def facts(self) -> dict[str, Any]:
        """The keyword facts of the operation: the fields' data."""
        return {name: field.data for name, field in self._fields.items()}

    def carry_out(self, operation: Callable[..., E], actor: Actor, subject: Any, **more: Any) -> E | None:
        """Run the operation if the form is valid; None when invalid (422), refused or outdated (409)."""
        if not self.validate():
            self.status = 422
            return None
        try:
            return operation(actor, subject, **{**self.facts(), **more})
        except Forbidden:
            raise
        except Refusal as refusal:
            self.refuse(refusal)
            return None

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal next to its field, or on top."""
        self.status = refusal.status
        field = self._fields.get(refusal.field or "")
        if field is not None:
            field.errors = [*field.errors, str(refusal)]
        else:
            self.form_errors = [*self.form_errors, str(refusal)]


class VersionedForm(BaseForm):
    """A form on an editable object: ``version`` is the revision that the page showed."""

    version = HiddenField()

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "version"}

    def demand_current(self, revision: int) -> None:
        """Raise Outdated unless the page showed this revision."""
        if self.version.data != str(revision):
            raise Outdated


F = TypeVar("F", bound=BaseForm)


def posted(form: type[F], **kwargs: Any) -> F:
    """The form filled with the request's body on POST, empty (or with ``obj``/``data``) on GET."""
    return form(request.form if request.method == "POST" else None, **kwargs)
