"""The name of a saved view."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField

from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Line, required

LONGEST = 80


class ViewForm(BaseForm):
    """A name; ``filters`` is what follows ``?`` in the address of the list."""

    name = Line(_("Nom de la vue"), [required(_("Donnez un nom à la vue."))], maximum=LONGEST)
    filters = HiddenField()

    def facts(self) -> dict[str, Any]:
        return {"name": self.name.data}
