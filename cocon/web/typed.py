"""What a person typed in a form that could not be served: shown again, so that nothing typed is lost."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, PasswordField, StringField
from wtforms.fields.core import UnboundField

from cocon.web.forms import BaseForm, MoneyField, visible


def typed(sent: MultiDict[str, str]) -> list[tuple[str, str]]:
    """The texts, each with the label of its field; neither secrets nor hidden fields nor choices."""
    fields = _recognised(set(sent))
    return [
        (_label(fields[name]), visible(value))
        for name, value in sent.items(multi=True)
        if name in fields and value.strip() and _is_text(fields[name])
    ]


def _recognised(names: set[str]) -> dict[str, Any]:
    """The fields of the form of the house that has the most of these names, and the fewest others."""
    known = [{name: getattr(form, name) for name in dir(form)} for form in _family(BaseForm)]
    fields = [{name: field for name, field in form.items() if isinstance(field, UnboundField)} for form in known]
    return max(fields, key=lambda form: (len(names & set(form)), -len(form)), default={})


def _family(form: type[BaseForm]) -> list[type[BaseForm]]:
    return [form, *(member for child in form.__subclasses__() for member in _family(child))]


def _is_text(field: Any) -> bool:
    kind = field.field_class
    return issubclass(kind, (StringField, MoneyField)) and not issubclass(kind, (PasswordField, HiddenField))


def _label(field: Any) -> str:
    return str(field.args[0] if field.args else field.kwargs["label"])
