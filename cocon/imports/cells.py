"""Milestones and indicators in a cell: one a line, answers between semicolons, judged by the rows of the form itself.

Named outside the seven usual files: it speaks of what stands inside a cell, where ``judging`` speaks of cells.
"""

from __future__ import annotations

from itertools import zip_longest

from werkzeug.datastructures import MultiDict

from cocon.actions import rows
from cocon.actions.words import INDICATOR_KIND
from cocon.kernel.folding import flat
from cocon.kernel.language import LazyString, _

#: The questions that a cell answers several times.
QUESTIONS = ("milestones", "indicators")
Sentences = list[LazyString | str]


def names(question: str, years: tuple[int, ...]) -> list[str]:
    """The answers of a line, in order."""
    if question == "milestones":
        return ["due", "title"]
    targets = [f"target_{year}" for year in years]
    return ["code", "label", "kind", "unit", "baseline", "baseline_year", *targets, "source"]


def shape(question: str, years: tuple[int, ...]) -> str:
    """What a line looks like: ``Jour ou mois ; Étape``."""
    row = _row(question, years)()
    return "\u202f; ".join(str(row[name].label.text) for name in names(question, years))


def read(question: str, text: str, years: tuple[int, ...]) -> tuple[dict[str, str], Sentences]:
    """The fields of a draft that a cell fills, and every fault with the line of the cell where it is."""
    lines = [(number, line.rstrip("; \t\u00a0\u202f")) for number, line in enumerate(text.split("\n"), 1)]
    filled = [(number, line) for number, line in lines if line]
    if len(filled) > rows.MOST:
        return {}, [
            _("%(max)s lignes au plus dans cette cellule\u202f: elle en a %(n)s.", max=rows.MOST, n=len(filled))
        ]
    fields: dict[str, str] = {}
    faults: Sentences = []
    for place, (number, line) in enumerate(filled):
        answers = _answers(question, line, years)
        fields |= {f"{question}-{place}-{name}": answer for name, answer in answers.items()}
        faults += _faults(question, number, answers, years) if ";" in line else [_misshapen(question, number, years)]
    return fields, faults


def count(text: str) -> int:
    """How many lines of a cell say something."""
    return sum(bool(line.strip()) for line in text.split("\n"))


def _row(question: str, years: tuple[int, ...]) -> type[rows.Row]:
    return rows.MilestoneRow if question == "milestones" else rows.indicator_row(years)


def _answers(question: str, line: str, years: tuple[int, ...]) -> dict[str, str]:
    """What each answer says; the last one keeps its own semicolons, and a kind is written as the form sends it."""
    asked = names(question, years)
    parts = [part.strip() for part in line.split(";", len(asked) - 1)]
    answers = dict(zip_longest(asked, parts, fillvalue=""))
    kinds = {flat(str(word)): kind for kind, word in INDICATOR_KIND.items()}
    return {name: kinds.get(flat(said), said) if name == "kind" else said for name, said in answers.items()}


def _faults(question: str, number: int, answers: dict[str, str], years: tuple[int, ...]) -> Sentences:
    row = _row(question, years)(MultiDict(answers))
    row.validate()
    return [
        _(
            "Ligne %(n)s de la cellule, %(label)s\u00a0: %(sentence)s",
            n=number,
            label=_label(row, name),
            sentence=sentence,
        )
        for name in answers
        for sentence in row[name].errors
    ]


def _label(row: rows.Row, name: str) -> str:
    label = str(row[name].label.text)
    return f"{label} ({', '.join(map(str, INDICATOR_KIND.values()))})" if name == "kind" else label


def _misshapen(question: str, number: int, years: tuple[int, ...]) -> LazyString:
    said = _(
        "Ligne %(n)s de la cellule\u00a0: séparez les réponses par des points-virgules, «\u00a0%(shape)s\u00a0».",
        n=number,
        shape=shape(question, years),
    )
    if question == "milestones":
        return said
    return _("%(said)s Un texte libre va plutôt dans les résultats attendus\u00a0: changez la colonne.", said=said)
