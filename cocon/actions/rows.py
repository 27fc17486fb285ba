"""Questions with several answers: milestones and planned indicators, a row each; an empty row says nothing.

Named outside the seven usual files: the form of a fiche would not fit one file with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar

from babel.dates import get_month_names
from wtforms import Field, FieldList, Form, FormField, SelectField
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

from cocon.actions import words
from cocon.actions.models import Indicator, Milestone
from cocon.kernel.language import LazyString, _
from cocon.web.filters import day_or_month, quantity
from cocon.web.forms import Line, MoneyField, visible

#: How many milestones, how many indicators, a fiche may have.
MOST = 40
MONTHS = {name: number for number, name in get_month_names("wide", locale="fr").items()}
#: What is said of a text that is neither a day nor a month.
NO_DUE = _("Écrivez un jour ou un mois, par exemple 15/03/2015 ou mars 2015.")


class DueField(Field):
    """A day or a month as people write it; ``data`` is ``2014-03-15`` or ``2014-03``, None when empty or wrong."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = " ".join(str(valuelist[0]).split()) if valuelist else ""
        self.data = read_due(typed) if typed else None
        if typed and self.data is None:
            raise ValueError(str(NO_DUE))

    def _value(self) -> str:
        if self.raw_data:
            return visible(str(self.raw_data[0]))
        return day_or_month(self.data) if self.data else ""


def read_due(text: str) -> str | None:
    """``15/03/2015``, ``15 mars 2015``, ``03/2015``, ``mars 2015``, ``2015-03``; None for anything else."""
    match = _FRENCH.fullmatch(text.casefold()) or _ISO.fullmatch(text)
    if match is None:
        return None
    month = MONTHS.get(match["month"]) or (int(match["month"]) if match["month"].isdigit() else 0)
    try:
        day = date(int(match["year"]), month, int(match["day"] or 1))
    except ValueError:
        return None
    return day.isoformat() if match["day"] else f"{day:%Y-%m}"


_FRENCH = re.compile(r"(?:(?P<day>\d{1,2})(?:er)?[/ .])?(?P<month>\d{1,2}|[a-zéû]+)[/ .](?P<year>[12]\d{3})", re.ASCII)
_ISO = re.compile(r"(?P<year>[12]\d{3})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?", re.ASCII)


class QuantityField(MoneyField):
    """A number as people type it; ``data`` is hundredths, or None when empty."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(_("Écrivez un nombre, par exemple 1\u202f200 ou 12,5."))) from None

    def _value(self) -> str:
        if self.raw_data:
            return visible(str(self.raw_data[0]))
        return "" if self.data is None else quantity(self.data)


class YearField(Field):
    """A year of four digits, or nothing."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = str(valuelist[0]).strip() if valuelist else ""
        if typed and not re.fullmatch(r"[12]\d{3}", typed, re.ASCII):
            raise ValueError(str(_("Écrivez une année, par exemple 2013.")))
        self.data = int(typed) if typed else None

    def _value(self) -> str:
        return visible(str(self.raw_data[0])) if self.raw_data else str(self.data or "")


class Row(Form):
    """One row of answers. An empty one is always right: it is not kept."""

    class Meta:
        """French messages from WTForms itself."""

        locales = ("fr",)

    called: ClassVar[LazyString]
    needed: ClassVar[Mapping[str, LazyString]] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing at all was typed."""
        return not any(_typed(field) for field in self)

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Check a row in which something was typed."""
        if self.empty:
            for field in self:
                field.errors = []
            return True
        sound = super().validate(extra_validators)
        for name, sentence in self.needed.items():
            field = self._fields[name]
            if not field.errors and field.data in (None, ""):
                field.errors, sound = [str(sentence)], False
        return sound

    @property
    def said(self) -> Milestone | Indicator:
        """What the row says, once validated."""
        raise NotImplementedError


def _typed(field: Field) -> Any:
    if field.raw_data:
        return str(field.raw_data[0]).strip()
    return field.data if field.data not in (None, "") else ""


class MilestoneRow(Row):
    """A step of the calendar."""

    due = DueField(_("Jour ou mois"))
    title = Line(_("Étape"), maximum=200)
    called = _("Jalon")
    needed: ClassVar = {
        "due": _("Datez cette étape, au moins par un mois."),
        "title": _("Dites quelle est cette étape."),
    }

    @property
    def said(self) -> Milestone:
        """The milestone."""
        return Milestone(due=self.due.data or "", title=self.title.data or "")


def _known_kind(_form: Any, field: Field) -> None:
    if field.data and field.data not in words.INDICATOR_KIND:
        raise StopValidation(str(_("Choisissez le type.")))


class IndicatorRow(Row):
    """A planned indicator. Targets are added for the years of the contract by ``indicator_row``."""

    code = Line(_("Code"), maximum=20)
    label = Line(_("Intitulé"), maximum=300)
    kind = SelectField(
        _("Type"),
        [_known_kind],
        choices=lambda: {"": str(_("Choisir…"))} | {kind: str(word) for kind, word in words.INDICATOR_KIND.items()},
        validate_choice=False,
    )
    unit = Line(_("Unité"), maximum=60)
    baseline = QuantityField(_("Valeur de référence"))
    baseline_year = YearField(_("Année de référence"))
    source = Line(_("Source"), maximum=300)
    called = _("Indicateur")
    needed: ClassVar = {
        "code": _("Donnez un code."),
        "label": _("Dites ce qui est mesuré."),
        "kind": _("Choisissez le type."),
    }
    years: tuple[int, ...] = ()

    @property
    def target_fields(self) -> list[Any]:
        """The fields of targets, one for each year."""
        return [self[f"target_{year}"] for year in self.years]

    @property
    def said(self) -> Indicator:
        """The indicator."""
        targets = {year: self[f"target_{year}"].data for year in self.years}
        return Indicator(
            code=self.code.data or "",
            label=self.label.data or "",
            kind=self.kind.data or "",
            unit=self.unit.data or "",
            baseline=self.baseline.data,
            baseline_year=self.baseline_year.data,
            targets={year: value for year, value in targets.items() if value is not None},
            source=self.source.data or "",
        )


@lru_cache
def indicator_row(years: tuple[int, ...]) -> type[IndicatorRow]:
    """The row of an indicator, with a target for each year."""
    fields = {f"target_{year}": QuantityField(_("Cible %(year)s", year=year)) for year in years}
    return type("IndicatorRow", (IndicatorRow,), {**fields, "years": years, "__doc__": "With the years."})


class Rows(FieldList):  # type: ignore[type-arg]
    """Several rows of answers; a row is called ``Indicateur 2`` in what is said of it."""

    def __init__(self, label: Any, row: type[Row], **kwargs: Any) -> None:
        super().__init__(FormField(row), label, max_entries=MOST, **kwargs)
        self.called = row.called

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Check each row, and say which one each error is about."""
        sound = super().validate(form, extra_validators)
        for place, entry in enumerate(self.entries, 1):
            for field in entry.form:
                field.errors = [_about(self.called, place, str(error)) for error in field.errors]
        return sound

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        """Indices as our pages write them; anything else is not looked at."""
        for name in formdata:
            match = re.fullmatch(rf"{re.escape(prefix)}-(\d{{1,3}})-\w+", name, re.ASCII)
            if match:
                yield int(match[1])

    @property
    def filled(self) -> list[Row]:
        """The rows in which something was typed."""
        return [entry.form for entry in self.entries if not entry.form.empty]

    @property
    def said(self) -> list[Any]:
        """What the rows say, in their order."""
        return [row.said for row in self.filled]

    def with_empty(self, more: int) -> list[Row]:
        """The rows typed so far, then so many empty ones to fill, as long as there is place."""
        for _place in range(min(more, MOST - len(self.entries))):
            self.append_entry()
        return [entry.form for entry in self.entries]

    @property
    def typed(self) -> dict[str, str | list[str]]:
        """What was typed, row after row, by name of field; the rows left empty are gone."""
        return {
            f"{self.name}-{place}-{field.short_name}": field.data or ""
            if isinstance(field, SelectField)
            else raw(field)
            for place, row in enumerate(self.filled)
            for field in row
        }

    @property
    def told(self) -> str:
        """The rows as lines of text, whatever was typed in them."""
        return "\n".join(" · ".join(shown for field in row if (shown := _shown(field))) for row in self.filled)


def _about(called: LazyString, place: int, sentence: str) -> str:
    told = sentence[:1].lower() + sentence[1:]
    return str(_("%(row)s %(n)s\u00a0: %(sentence)s", row=called, n=place, sentence=told))


def raw(field: Any) -> str:
    """What was typed in a field, or how its value is written."""
    return str(field.raw_data[0]) if field.raw_data else str(field._value())


def _shown(field: Any) -> str:
    if isinstance(field, SelectField):
        return str(words.INDICATOR_KIND.get(field.data or "", ""))
    if isinstance(field, DueField) and field.data:
        return day_or_month(field.data)
    value = field._value()
    named = isinstance(field, QuantityField | YearField) and value
    return f"{field.label.text}\u00a0: {value}" if named else value


def data_of(row: Milestone | Indicator) -> dict[str, Any]:
    """The data of the fields of a row that says this."""
    if isinstance(row, Milestone):
        return {"due": row.due, "title": row.title}
    names = ("code", "label", "kind", "unit", "baseline", "baseline_year", "source")
    targets = {f"target_{year}": value for year, value in row.targets.items()}
    return {name: getattr(row, name) for name in names} | targets
