"""Fields of what is typed about acts: what they are, their dates, their PDF, how they are numbered.

Named outside the seven usual files: with the other forms of money it would be too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wtforms import Field, IntegerField, RadioField
from wtforms.validators import StopValidation

from cocon.files.uploads import Upload
from cocon.funding import words
from cocon.funding.acts import FOLLOWING, Votes
from cocon.funding.correcting import Said
from cocon.funding.forms import YearlyForm
from cocon.funding.grid import REASON
from cocon.funding.refusals import AssemblyNeeded
from cocon.kernel.language import _
from cocon.web.forms import BaseForm, Day, Line, Text, required


class _Count(IntegerField):
    """A number of votes, or nothing."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        typed = str(valuelist[0] if valuelist else "").strip()
        if typed and not (typed.isascii() and typed.isdecimal() and len(typed) < 6):
            raise ValueError(str(_("Écrivez un nombre entier.")))
        self.data = int(typed) if typed else None


class DatesForm(BaseForm):
    """The days that follow an act."""

    sent_on = Day(_("Transmis au contrôle de légalité le"))
    received_on = Day(_("Reçu en préfecture le"))
    published_on = Day(_("Publié ou notifié le"))

    def facts(self) -> dict[str, Any]:
        return {"days": {name: self[name].data for name in FOLLOWING}}


#: What is asked of an act, from the top of the page to its end.
_ON_PAGE = (
    *("kind", "number", "adopted_on", "assembly", "title", *FOLLOWING),
    *("voters", "votes_for", "votes_against", "abstentions"),
)


class _ActFactsForm(DatesForm):
    """What an act is, but for its kind."""

    number = Line(_("Numéro"), [required(_("Indiquez le numéro de l’acte."))], maximum=60)
    title = Line(_("Objet"), [required(_("Indiquez l’objet de l’acte."))])
    adopted_on = Day(_("Date du vote ou de la signature"), [required(_("Indiquez la date de l’acte."))])
    assembly = Line(_("Assemblée"), maximum=120)
    voters = _Count(_("Effectif des votants"))
    votes_for = _Count(_("Voix pour"))
    votes_against = _Count(_("Voix contre"))
    abstentions = _Count(_("Abstentions"))

    def __iter__(self) -> Iterator[Field]:
        """In the order of the page, which is that of its errors."""
        ranks = {name: rank for rank, name in enumerate(_ON_PAGE)}
        return iter(sorted(super().__iter__(), key=lambda field: ranks.get(field.name, len(ranks))))

    def facts(self) -> dict[str, Any]:
        told = {name: self[name].data for name in ("number", "title", "adopted_on", "assembly")}
        counted = {name: self[name].data for name in ("voters", "votes_for", "votes_against", "abstentions")}
        return {**super().facts(), **told, "votes": Votes(**counted)}


class ActForm(_ActFactsForm):
    """What my organisation's assembly or authority adopted."""

    kind = RadioField(_("Nature de l’acte"), validate_choice=False)

    def validate_kind(self, field: Field) -> None:
        """One of the four."""
        if field.data not in words.KINDS:
            raise StopValidation(str(_("Choisissez la nature de l’acte.")))

    def validate_assembly(self, field: Field) -> None:
        """A délibération is an assembly's."""
        if self.kind.data == "deliberation" and not field.data:
            raise StopValidation(str(AssemblyNeeded()))

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "kind": self.kind.data}


class CorrectionForm(YearlyForm, _ActFactsForm):
    """What was mistyped of an act, and why it is corrected."""

    reason = Text(_("Motif de la correction"), [required(_("Indiquez pourquoi."))], maximum=REASON)

    def facts(self) -> dict[str, Any]:
        said = Said(**_ActFactsForm.facts(self))
        return {"said": said, "reason": self.reason.data, "revision": self.revision}


class ActFileForm(YearlyForm):
    """The PDF of an act. After an error the browser forgets the file: it is chosen again."""

    file = Upload(
        _("Fichier PDF"),
        unaccepted=_("Ce fichier n’est pas un PDF\u202f: enregistrez-le ainsi, puis choisissez-le de nouveau."),
    )
    reason = Text(_("Pourquoi le remplacer\u202f?"), maximum=REASON)

    def facts(self) -> dict[str, Any]:
        return {
            "name": self.file.sent_name,
            "examined": self.file.examined,
            "reason": self.reason.data or "",
            "revision": self.revision,
        }


class ActExampleForm(YearlyForm):
    """How my organisation numbers its acts."""

    example = Line(_("Exemple de numéro"), maximum=60)


class ActWithdrawalForm(BaseForm):
    """Why an act was recorded by mistake."""

    reason = Text(_("Motif du retrait"), [required(_("Indiquez pourquoi l’acte est retiré."))], maximum=REASON)
