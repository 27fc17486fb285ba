"""What a line of a spreadsheet says of a fiche, and every fault in it; the same judgement is made before sharing.

Named outside the seven usual files: the import speaks of lines and columns, where the form of a draft speaks of fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from wtforms.validators import StopValidation

from cocon.actions import rows, territories
from cocon.actions.models import SPARE_FACTS, TEXT_FIELDS, Draft
from cocon.actions.operations import ends_early
from cocon.actions.refusals import CodesUnsound, SpanUnsound
from cocon.actions.words import FIELDS
from cocon.actions.work import Work, filled
from cocon.contracts.models import Objective
from cocon.contracts.queries import Outline
from cocon.imports import cells
from cocon.imports.books import UNCALCULATED, Row, letters
from cocon.kernel import money
from cocon.kernel.folding import flat
from cocon.kernel.language import LazyString, _
from cocon.partners.models import Partner
from cocon.web.forms import TEXT, clean, no_control_characters, visible

TITLE = OWNER = 200
OTHER = "autre"
#: What a fiche needs before it is shared.
NEEDED = ("title", "context", "objectives", "content", "axis", "owner")

#: Folded headers that people write, by field; the labels of the house are added to them.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "title": ("titre", "intitule", "nom", "nom de l'action", "action", "titre de l'action", "fiche", "fiche action"),
    "axis": ("axe", "n axe", "axe strategique", "axe et objectif"),
    "objective": ("objectif", "objectif operationnel", "objectif du contrat"),
    "context": ("contexte", "diagnostic", "constat", "contexte et enjeux"),
    "objectives": ("objectifs", "finalites", "objectifs de l'action"),
    "content": ("contenu", "description", "ce qui sera fait", "descriptif", "description de l'action"),
    "audience": ("public", "publics", "public cible", "beneficiaires"),
    "territory": ("territoire", "territoires", "perimetre"),
    "calendar": ("calendrier", "echeancier", "planning", "dates"),
    "results": ("resultats", "resultats attendus"),
    "coordination": ("articulation", "complementarite", "complementarites", "autres dispositifs"),
    "deliverables": ("livrable", "livrables", "productions"),
    "evaluation": ("evaluation", "modalites d'evaluation", "criteres d'evaluation"),
    "risks": ("risque", "risques", "points de vigilance"),
    "territory_codes": ("codes geographiques", "code insee", "codes insee", "cog", "code geographique"),
    "starts": ("debut", "date de debut", "demarrage", "date de demarrage"),
    "ends": ("fin", "date de fin"),
    "milestones": ("jalon", "jalons", "etapes", "jalons et etapes"),
    "indicators": ("indicateur", "indicateurs", "indicateurs de suivi"),
    "owner": ("porteur", "maitre d'ouvrage", "maitrise d'ouvrage", "pilote", "structure porteuse"),
    "delegate": ("maitre d'ouvrage delegue", "maitrise d'ouvrage deleguee"),
    "associated": ("partenaires", "partenaires associes", "partenaires techniques"),
}


@dataclass(frozen=True)
class Frame:
    """The contract that lines are judged against."""

    outline: Outline
    objectives: Sequence[Objective]
    partners: Sequence[Partner]

    @property
    def fields(self) -> dict[str, LazyString | str]:
        """What a column may hold: name and label, in the order of reading."""
        place = {"title": FIELDS["title"], "axis": _("Axe"), "objective": _("Objectif du contrat")}
        texts = {name: FIELDS[name] for name in (*TEXT_FIELDS, "territory_codes", "starts", "ends", *cells.QUESTIONS)}
        people = {"owner": FIELDS["project_owner"]} | {name: FIELDS[name] for name in ("delegate", "associated")}
        costs = {f"cost_{year}": _("Coût %(year)s, en euros", year=year) for year in self.outline.years}
        return {**place, **texts, **people, **costs}

    def places(self) -> dict[str, tuple[str, str | None]]:
        """Where a fiche can go: ``1.A`` (or ``1``) → axis and objective."""
        found: dict[str, tuple[str, str | None]] = {}
        for axis in self.outline.axes:
            under = [one for one in self.objectives if one.axis_id == axis.id]
            if not under:
                found[str(axis.number)] = (axis.id, None)
            for one in under:
                found[f"{axis.number}.{one.letter}"] = (axis.id, one.id)
        return found

    def partner(self, text: str) -> str | None:
        """The key of the partner that a text names."""
        return self._keys.get(flat(text))

    @cached_property
    def _keys(self) -> dict[str, str]:
        """By folded name; a name that two partners have had is that of the first."""
        names = [
            (flat(name), partner.key)
            for partner in self.partners
            for name in (partner.key, partner.name, partner.current_name)
        ]
        return dict(reversed(names))


def guess(headers: Sequence[str], frame: Frame) -> dict[str, str]:
    """The field that each column seems to hold, by number of column; a field is guessed once."""
    known = {flat(str(label)): name for name, label in frame.fields.items()}
    known |= {header: name for name, headers_of in SYNONYMS.items() for header in headers_of}
    mapping: dict[str, str] = {}
    for column, header in enumerate(headers):
        name = known.get(_bare(header)) or _cost(header, frame)
        if name in frame.fields and name not in mapping.values():
            mapping[str(column)] = str(name)
    return mapping


def _bare(header: str) -> str:
    """A header without its colon, its star, its brackets and its number sign."""
    return re.sub(r"\s+", " ", re.sub(r"\([^()]*\)|[:*°?]", " ", flat(header))).strip()


def _cost(header: str, frame: Frame) -> str | None:
    """The cost of the year that a header names, unless it is that of a nature, or a part of it."""
    if re.match(r"(6[0-8]|86)\b", header.strip(), re.ASCII) or "subvention" in flat(header):
        return None
    years = [year for year in frame.outline.years if str(year) in header]
    return f"cost_{years[0]}" if len(years) == 1 else None


#: Milestones and indicators of one file: each is judged by a form, and written in one act with the others.
MOST_ITEMS = 1_500
#: Partners named in a cell.
MOST_NAMES = 50
#: Faults told one by one; of the others, the page names the lines and the columns.
MOST_FAULTS = 5_000


@dataclass(frozen=True)
class Fault:
    """What is wrong in a cell."""

    line: int
    column: str
    label: LazyString | str
    sentence: LazyString | str


@dataclass
class Judged:
    """A line: the fields of a draft, what is wrong, and what it still lacks before it can be shared."""

    line: int
    fields: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    lacking: list[LazyString | str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Its title, as a page can show it."""
        return visible(str(self.fields.get("title", "")))

    def count(self, question: str) -> int:
        """How many milestones, or indicators, its cell holds."""
        return len({name.split("-")[1] for name in self.fields if name.startswith(f"{question}-")})


#: A book written by a program keeps formulas without their values, until somebody opens and saves it.
UNKNOWN = _(
    "Cette formule n’a pas été calculée\u202f: ouvrez le fichier dans votre tableur et enregistrez-le de nouveau, "
    "ou remplacez-la par sa valeur."
)


@dataclass(frozen=True)
class Rest:
    """The faults of a line that are not told one by one."""

    line: int
    columns: str
    count: int


def told(faults: Sequence[Fault]) -> tuple[Sequence[Fault], list[Rest]]:
    """Those told one by one, and the others by line, each of their columns named."""
    others: dict[int, list[str]] = {}
    for fault in faults[MOST_FAULTS:]:
        others.setdefault(fault.line, []).append(fault.column)
    rest = [Rest(line, ", ".join(dict.fromkeys(columns)), len(columns)) for line, columns in others.items()]
    return faults[:MOST_FAULTS], rest


def judge(lines: Sequence[Row], mapping: Mapping[str, str], frame: Frame, own_key: str) -> list[Judged]:
    """Every line, with every fault by line and column."""
    columns = {name: int(column) for column, name in mapping.items()}
    places = [columns[name] for name in cells.QUESTIONS if name in columns]
    items = sum(cells.count(texts[place]) for _number, texts in lines for place in places if place < len(texts))
    return [_line(number, texts, columns, frame, own_key, crowded=items > MOST_ITEMS) for number, texts in lines]


def _line(
    number: int, texts: list[str], columns: Mapping[str, int], frame: Frame, own_key: str, *, crowded: bool
) -> Judged:
    said = {name: clean(texts[column]) for name, column in columns.items() if column < len(texts)}
    judged = Judged(number, {})

    def fault(name: str, sentence: LazyString | str) -> None:
        column = columns.get(name, columns.get("axis", 0))
        judged.faults.append(Fault(number, letters(column), frame.fields[name], sentence))

    for name, text in said.items():
        for sentence in _text_faults(name, text):
            fault(name, sentence)
    if not said.get("title"):
        fault("title", _("Donnez un titre à la fiche."))
    said = {name: text for name, text in said.items() if text != UNCALCULATED}
    judged.fields = {name: said.get(name, "") for name in ("title", *TEXT_FIELDS, *SPARE_FACTS)}
    judged.fields |= {name: " ".join(judged.fields[name].split()) for name in ("title", *SPARE_FACTS)}
    _span(judged, fault)
    _codes(judged, fault)
    for name in cells.QUESTIONS:
        if crowded and said.get(name):
            fault(
                name, _("Ce fichier a plus de %(max)s jalons et indicateurs\u202f: envoyez-le en deux.", max=MOST_ITEMS)
            )
            continue
        filled_in, wrong = cells.read(name, said.get(name, ""), frame.outline.years)
        judged.fields |= filled_in
        for sentence in wrong:
            fault(name, sentence)
    _place(said, judged, frame, fault)
    _people(said, judged, frame, own_key, fault)
    _costs(said, judged, frame, fault)
    judged.faults.sort(key=lambda one: (len(one.column), one.column))
    judged.lacking = lacking(judged.fields, frame)
    return judged


def _span(judged: Judged, fault: Any) -> None:
    """The beginning and the end, each a day or a month, the one before the other."""
    read = {name: rows.read_due(judged.fields[name]) for name in ("starts", "ends")}
    for name, day in read.items():
        if judged.fields[name] and not day:
            fault(name, rows.NO_DUE)
    if ends_early(read["starts"] or "", read["ends"] or ""):
        fault("ends", SpanUnsound.sentence)


def _codes(judged: Judged, fault: Any) -> None:
    """Official codes of places."""
    if territories.wrong(judged.fields["territory_codes"]):
        fault("territory_codes", CodesUnsound.sentence)


def _text_faults(name: str, text: str) -> Iterator[LazyString | str]:
    most = {"title": TITLE, "owner": OWNER, "delegate": OWNER, "territory_codes": territories.LONGEST}.get(name, TEXT)
    if len(text) > most:
        yield _("Ce texte est trop long\u202f: %(max)s caractères au plus.", max=most)
    if text == UNCALCULATED:
        yield UNKNOWN
    if name in cells.QUESTIONS or text == UNCALCULATED:
        return
    try:
        no_control_characters(None, _Said(text))  # type: ignore[arg-type]
    except StopValidation as stop:
        yield str(stop)


@dataclass(frozen=True)
class _Said:
    data: str


def _place(said: Mapping[str, str], judged: Judged, frame: Frame, fault: Any) -> None:
    axis, objective = said.get("axis", ""), said.get("objective", "")
    judged.fields["axis"] = ""
    if not axis and not objective:
        return
    places = frame.places()
    found = _place_of(axis, objective, frame, places)
    if found in places:
        judged.fields["axis"] = found
    elif found:
        fault(
            "objective",
            _(
                "Choisissez un objectif de l’axe %(axis)s\u00a0: %(letters)s.",
                axis=found,
                letters=_under(found, places),
            ),
        )
    else:
        fault("axis" if axis else "objective", _("Cet axe ou cet objectif n’est pas dans le contrat."))


def _under(axis: str, places: Mapping[str, Any]) -> str:
    return ", ".join(place for place in places if place.startswith(f"{axis}."))


def _place_of(axis: str, objective: str, frame: Frame, places: Mapping[str, Any]) -> str:
    """``1.A``, or the axis alone when its objective is not understood, or nothing."""
    whole = re.search(r"(\d{1,2})\s*[.\-]\s*([A-Za-z])\b", f"{axis} {objective}")
    number = re.search(r"\d{1,2}", axis) or re.search(r"\d{1,2}", objective)
    by_title = next((str(one.number) for one in frame.outline.axes if axis and flat(one.title) == flat(axis)), "")
    chosen = whole[1] if whole else number[0] if number and not by_title else by_title
    chosen = str(int(chosen)) if chosen else ""
    if chosen not in {str(one.number) for one in frame.outline.axes}:
        return ""
    if chosen in places:
        return chosen
    letter = re.search(r"(?:^|objectif\s+)([A-Za-z])(?:\b|$)", objective, re.IGNORECASE)
    named = whole[2] if whole else letter[1] if letter else ""
    if not named:
        titles = {flat(one.title): one for one in frame.objectives}
        same = titles.get(flat(objective))
        named = same.letter if same else ""
    return f"{chosen}.{named.upper()}" if f"{chosen}.{named.upper()}" in places else chosen


def _people(said: Mapping[str, str], judged: Judged, frame: Frame, own_key: str, fault: Any) -> None:
    owner = said.get("owner", "")
    key = frame.partner(owner) if owner else own_key
    judged.fields["owner"] = key or OTHER
    judged.fields["owner_name"] = "" if key else owner
    judged.fields["associated"] = []
    names = [name for name in re.split(r"[;\n]", said.get("associated", "")) if name.strip()]
    if len(names) > MOST_NAMES:
        fault(
            "associated",
            _("%(max)s noms au plus dans cette cellule\u202f: elle en a %(n)s.", max=MOST_NAMES, n=len(names)),
        )
        return
    for name in names:
        guest = frame.partner(name)
        if guest is None:
            fault(
                "associated",
                _(
                    "«\u00a0%(name)s\u00a0» n’est pas signataire\u202f: séparez les noms par un point-virgule.",
                    name=visible(name.strip()[:80]),
                ),
            )
        elif guest not in judged.fields["associated"]:
            judged.fields["associated"].append(guest)


def _costs(said: Mapping[str, str], judged: Judged, frame: Frame, fault: Any) -> None:
    for year in frame.outline.years:
        name = f"cost_{year}"
        text = said.get(name, "")
        judged.fields[name] = text
        if not text:
            continue
        try:
            amount = money.parse(text)
        except money.NotMoney:
            fault(name, _("Écrivez un montant en euros, par exemple 12\u202f500,00."))
            continue
        if amount < 0:
            fault(name, _("Un coût ne peut être négatif."))
        judged.fields[name] = money.amount(amount)


def lacking(fields: Mapping[str, Any], frame: Frame) -> list[LazyString | str]:
    """What a draft still needs before it can be shared."""
    missing = [frame.fields[name] for name in NEEDED if not fields.get(name)]
    if fields.get("axis") and fields["axis"] not in frame.places():
        missing.append(frame.fields["axis"])
    if fields.get("owner") == OTHER and not fields.get("owner_name"):
        missing.append(frame.fields["owner"])
    return missing


def facts(draft: Draft) -> dict[str, Any] | None:
    """The facts of sharing a draft as its own page would share it, or None when something lacks or is wrong."""
    form = filled(Work(draft), draft.fields)
    sound: dict[str, Any] | None = form.facts() if form.validate() else None
    return sound
