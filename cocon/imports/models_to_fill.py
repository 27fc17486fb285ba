"""The model files to fill in: the headers that the import knows, examples said to be examples, a notice.

Named outside the seven usual files. XLSX is written by XlsxWriter; ODS, a ZIP of two texts, by hand.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

from cocon.actions.words import INDICATOR_KIND
from cocon.contracts.queries import outline
from cocon.funding.words import NATURES
from cocon.imports import cells, ledger
from cocon.imports.judging import Frame
from cocon.kernel.language import _

MIMES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
#: A line whose title begins so is an example: the import leaves it out.
EXAMPLE = "EXEMPLE"


def rows(frame: Frame) -> list[list[str]]:
    """The headers, then one example."""
    fields = frame.fields
    place = next(iter(frame.places()))
    axis, _dot, letter = place.partition(".")
    said = {
        "title": str(_("%(example)s à effacer\u00a0: Une recyclerie au centre-ville", example=EXAMPLE)),
        "axis": axis,
        "objective": letter,
        "context": str(_("À quel besoin l’action répond-elle\u202f?")),
        "objectives": str(_("Ce que l’action veut obtenir.")),
        "content": str(_("Ce qui sera fait, en quelques phrases.")),
        "starts": str(_("mars %(year)s", year=frame.outline.years[0])),
        "milestones": str(
            _("15/03/%(year)s\u202f; Lancement\nseptembre %(year)s\u202f; Premier bilan", year=frame.outline.years[0])
        ),
        "indicators": _indicator(frame.outline.years),
        "owner": frame.partners[0].current_name,
        "associated": "; ".join(partner.current_name for partner in frame.partners[1:3]),
        f"cost_{frame.outline.years[0]}": "12500,00",
    }
    return [[str(label) for label in fields.values()], [said.get(name, "") for name in fields]]


def _indicator(years: tuple[int, ...]) -> str:
    said = ("IND-1", _("Emplois créés"), INDICATOR_KIND["result"], _("emplois"), "0", str(years[0] - 1))
    targets = [str(2 * number) for number in range(1, len(years) + 1)]
    return "\u202f; ".join([*map(str, said), *targets, str(_("Bilan annuel"))])


def notice(frame: Frame) -> list[str]:
    """How to fill it in, one sentence a line."""
    places, years = ", ".join(frame.places()), frame.outline.years
    return [
        str(line)
        for line in (
            _("Une ligne par fiche\u202f; la première ligne nomme les colonnes. 300 fiches au plus."),
            _("La ligne d’exemple est laissée de côté à l’import\u202f: vous pouvez l’effacer."),
            _("Seul le titre est obligatoire pour créer un brouillon\u202f; le reste se complète ensuite."),
            _("Axes et objectifs du contrat\u00a0: %(places)s.", places=places),
            _("Le début et la fin de l’action sont un jour ou un mois, par exemple 15/03/2015 ou mars 2015."),
            _("Plusieurs partenaires associés se séparent par un point-virgule."),
            _(
                "Jalons\u00a0: un par ligne dans la cellule (Alt+Entrée dans Excel, Ctrl+Entrée dans LibreOffice), "
                "sous la forme «\u00a0%(shape)s\u00a0».",
                shape=cells.shape("milestones", years),
            ),
            _(
                "Indicateurs\u00a0: un par ligne dans la cellule, sous la forme «\u00a0%(shape)s\u00a0». Le type est "
                "%(kinds)s\u202f; ce qui n’est pas connu reste vide entre deux points-virgules.",
                shape=cells.shape("indicators", years),
                kinds=", ".join(map(str, INDICATOR_KIND.values())),
            ),
            _("Les montants s’écrivent en euros, par exemple 12500,00."),
            _(
                "Le coût par nature, la dépense subventionnable et les aides d’État se complètent ensuite, dans chaque "
                "brouillon."
            ),
            _("Une formule est lue par sa dernière valeur\u202f; une cellule fusionnée, par la première."),
        )
    ]


def write(form: str, frame: Frame) -> bytes:
    """The file."""
    sheets = [(str(_("Fiches")), rows(frame)), (str(_("Notice")), [[line] for line in notice(frame)])]
    return _xlsx(sheets) if form == "xlsx" else _ods(sheets)


def steps(form: str, kind: str) -> bytes:
    """A file of votes, or of payments."""
    years = outline().years
    said = {
        "code": f"{EXAMPLE} 1.A.01",
        "year": str(years[0]),
        "nature": str(NATURES["operating"]),
        "amount": "12500,00",
        "act": f"{str(years[0])[2:]}.01.001",
        "taken_on": f"15/11/{years[0]}",
        "reference": f"Mandat {years[0]}-0001",
    }
    fields = ledger.FIELDS[kind]
    lines = [[str(label) for label in fields.values()], [said[name] for name in fields]]
    told = (
        _("Une ligne par étape\u202f; la première ligne nomme les colonnes. 300 lignes au plus."),
        _("La ligne d’exemple est laissée de côté à l’import\u202f: vous pouvez l’effacer."),
        _("Une ligne fausse arrête tout\u202f: rien n’est enregistré avant que toutes soient justes."),
        _("La nature peut rester vide quand la contribution de l’exercice n’en a qu’une."),
        _("Un vote remplace le montant voté jusque-là\u202f; un versement s’ajoute aux précédents."),
        _("L’acte d’un vote s’enregistre d’abord dans Cocon\u202f; la date du vote est la sienne."),
        _("Une référence de versement ne sert qu’une fois par contribution."),
    )
    sheets = [(str(_("Lignes")), lines), (str(_("Notice")), [[str(line)] for line in told])]
    return _xlsx(sheets) if form == "xlsx" else _ods(sheets)


def _xlsx(sheets: Sequence[tuple[str, list[list[str]]]]) -> bytes:
    made = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(made, settings) as book:
        head, wrap = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"text_wrap": True})
        for number, (name, lines) in enumerate(sheets):
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 0 if number else len(lines[0]) - 1, 100 if number else 24, wrap)
            for row, cells in enumerate(lines):
                for column, text in enumerate(cells):
                    sheet.write_string(row, column, text, head if row == number == 0 else wrap)
            if not number:
                sheet.freeze_panes(1, 1)
    return made.getvalue()


_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "manifest")
)


def _ods(sheets: Sequence[tuple[str, list[list[str]]]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMES["ods"], zipfile.ZIP_STORED)
        archive.writestr("content.xml", _content(sheets))
        archive.writestr("META-INF/manifest.xml", _manifest())
    return made.getvalue()


def _content(sheets: Sequence[tuple[str, list[list[str]]]]) -> str:
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(f"<table:table-row>{''.join(map(_cell, cells))}</table:table-row>" for cells in lines)
        + "</table:table>"
        for name, lines in sheets
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} office:version="1.3">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )


def _cell(text: str) -> str:
    if not text:
        return "<table:table-cell/>"
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'


def _manifest() -> str:
    files = (("/", MIMES["ods"]), ("content.xml", "text/xml"))
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>' for path, kind in files
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest {_NAMES} manifest:version="1.3">{entries}'
        "</manifest:manifest>"
    )
