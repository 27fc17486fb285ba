"""The document of a fiche as OpenDocument text, to be taken up in a word processor."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from odfdo import Document, Element, Header, Paragraph

from cocon.dossier import odt_prose
from cocon.dossier.odt_prose import element
from cocon.dossier.sheet import Sheet, Table
from cocon.kernel import clock
from cocon.kernel.language import _

FACE = "Atkinson Hyperlegible Next, Liberation Sans, sans-serif"

#: Styles of paragraphs, by name: what their paragraphs and their letters are.
STYLES: dict[str, tuple[str, str]] = {
    "Texte": ('fo:margin-bottom="0.2cm" fo:orphans="2" fo:widows="2" fo:line-height="130%"', 'fo:font-size="10.5pt"'),
    "Code": ("", 'fo:font-size="26pt" fo:color="#465563"'),
    "Titre": ('fo:margin-bottom="0.2cm"', 'fo:font-size="19pt" fo:font-weight="bold"'),
    "Rubrique": (
        'fo:margin-top="0.6cm" fo:margin-bottom="0.2cm" fo:keep-with-next="always" fo:border-top="1.4pt solid #14202b"',
        'fo:font-size="13pt" fo:font-weight="bold"',
    ),
    "Avertissement": (
        'fo:margin-bottom="0.3cm" fo:border-left="2.8pt solid #a3261b" fo:background-color="#fbefed"',
        'fo:font-size="10.5pt"',
    ),
    "Citation": (
        'fo:margin-left="0.6cm" fo:margin-bottom="0.2cm" fo:padding-left="0.3cm" fo:border-left="1.4pt solid #ccd4da"',
        'fo:font-size="10.5pt" fo:color="#465563"',
    ),
    "Note": ('fo:margin-bottom="0.15cm" fo:keep-with-next="always"', 'fo:font-size="9pt" fo:color="#465563"'),
    "Courant": ("", 'fo:font-size="8.5pt" fo:color="#465563"'),
    "Case": ("", 'fo:font-size="9.5pt"'),
    "Case_entete": ("", 'fo:font-size="9.5pt" fo:font-weight="bold"'),
    "Montant": ('fo:text-align="end"', 'fo:font-size="9.5pt"'),
    "Montant_entete": ('fo:text-align="end"', 'fo:font-size="9.5pt" fo:font-weight="bold"'),
}


def render(sheet: Sheet) -> bytes:
    """The file."""
    document = Document("text")
    document.body.clear()
    _add_styles(document)
    for part in _parts(sheet):
        document.body.append(part)
    _run_along(document, sheet)
    _describe(document, sheet)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _parts(sheet: Sheet) -> Iterator[Element]:
    yield Paragraph(sheet.code, style="Code")
    yield Header(1, sheet.title, style="Titre")
    yield Paragraph(f"{sheet.about}. {sheet.edition}.", style="Note")
    for notice in sheet.notices:
        yield Paragraph(notice, style="Avertissement")
    yield _heading(_("La fiche"))
    yield _table("Identite", [], [list(fact) for fact in sheet.facts], [], words=True)
    if sheet.links:
        yield _heading(_("Liens avec d’autres fiches"))
        yield _table("Liens", [], [list(line) for line in sheet.links], [], words=True)
    for number, part in enumerate(sheet.texts):
        yield _heading(part.label)
        yield from odt_prose.blocks(part.text)
        if part.rows:
            yield Paragraph(part.rows.caption, style="Note")
            yield _table(f"Lignes{number}", part.rows.head, part.rows.rows, [], words=True)
    yield from _grid(_("Coût prévisionnel"), "Cout", sheet.cost)
    if sheet.charges:
        yield from _amounts("Natures", sheet.charges)
    yield from _financing(sheet)
    yield from _told(sheet)
    if sheet.proof:
        yield Paragraph(sheet.proof, style="Note")


def _financing(sheet: Sheet) -> Iterator[Element]:
    yield from _grid(_("Plan de financement"), "Financement", sheet.financing, sheet.nobody)
    yield Paragraph(sheet.financing.said, style="Texte")
    for name, table in (("Apart", sheet.apart), ("Ressources", sheet.others)):
        if table:
            yield from _amounts(name, table)


def _told(sheet: Sheet) -> Iterator[Element]:
    """Decisions, changes, versions."""
    yield _heading(_("Décisions prises"))
    none = str(_("Aucune décision n’a encore été prononcée sur cette fiche."))
    yield from (Paragraph(line, style="Texte") for line in sheet.decisions or [none])
    if sheet.changes:
        yield _heading(sheet.changes.title)
        yield Paragraph(sheet.changes.since, style="Texte")
        yield from (Paragraph(f"– {line}", style="Texte") for line in sheet.changes.lines)
    yield _heading(_("Versions publiées"))
    yield Paragraph(str(_("De la plus récente à la plus ancienne, 25 au plus")), style="Note")
    head = [str(_("Version")), str(_("Date")), str(_("Publiée par")), str(_("Ce qui change"))]
    yield _table("Versions", head, sheet.versions, [], words=True)


def _heading(title: object) -> Element:
    return Header(2, str(title), style="Rubrique")


def _grid(title: object, name: str, table: Table, nobody: str = "") -> Iterator[Element]:
    yield _heading(title)
    yield from _amounts(name, table, nobody)


def _amounts(name: str, table: Table, nobody: str = "") -> Iterator[Element]:
    yield Paragraph(table.caption, style="Note")
    rows = table.rows or [[nobody, *[""] * (len(table.head) - 1)]]
    yield _table(name, table.head, rows, table.feet, words=False, named=table.named)


def _table(
    name: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    feet: Sequence[Sequence[str]],
    *,
    words: bool,
    named: bool = False,
) -> Element:
    """A table whose head comes again on each page."""
    made = element("table:table", **{"table:name": name, "table:style-name": "Tableau"})
    width = len(head or rows[0])
    made.append(element("table:table-column", **{"table:number-columns-repeated": str(width)}))
    amounts = "Case" if words else "Montant"
    first = "Case" if words or named else "Montant"
    if head:
        heads = element("table:table-header-rows")
        heads.append(_row(head, f"{first}_entete", f"{amounts}_entete"))
        made.append(heads)
    for row in rows:
        made.append(_row(row, first, amounts))
    for row in feet:
        made.append(_row(row, f"{first}_entete", f"{amounts}_entete"))
    return made


def _row(cells: Sequence[str], first: str, others: str) -> Element:
    made = element("table:table-row")
    for place, text in enumerate(cells):
        cell = element("table:table-cell", **{"office:value-type": "string", "table:style-name": "Cellule"})
        cell.append(Paragraph(text, style=others if place else first))
        made.append(cell)
    return made


def _add_styles(document: Document) -> None:
    for name, (paragraph, letters) in STYLES.items():
        document.insert_style(
            f'<style:style style:name="{name}" style:family="paragraph">'
            f"<style:paragraph-properties {paragraph}/>"
            f'<style:text-properties fo:font-family="{FACE}" fo:language="fr" fo:country="FR" {letters}/>'
            "</style:style>"
        )
    for made in odt_prose.styles():
        document.insert_style(made)
    document.insert_style(
        '<style:style style:name="Tableau" style:family="table"><style:table-properties '
        'fo:margin-bottom="0.3cm" table:align="margins" table:border-model="collapsing"/></style:style>',
        automatic=True,
    )
    document.insert_style(
        '<style:style style:name="Cellule" style:family="table-cell"><style:table-cell-properties '
        'fo:padding="0.12cm" fo:border-bottom="0.5pt solid #ccd4da"/></style:style>',
        automatic=True,
    )


def _run_along(document: Document, sheet: Sheet) -> None:
    """The running header and footer: contract and code, edition and page."""
    layout: Any = document.get_style("page-layout", "Mpm1")
    for where in ("header", "footer"):
        space = "bottom" if where == "header" else "top"
        style = layout.get_element(f"style:{where}-style")
        style.append(
            Element.from_tag(
                f'<style:header-footer-properties fo:min-height="0.9cm" fo:margin-{space}="0.4cm" '
                'style:dynamic-spacing="false"/>'
            )
        )
    master: Any = document.get_style("master-page", "Standard")
    header, footer = element("style:header"), element("style:footer")
    header.append(Paragraph(f"{sheet.contract} – {sheet.code}", style="Courant"))
    line = Paragraph(f"{sheet.edition} – Page ", style="Courant")
    for tag, after in (("text:page-number", " sur "), ("text:page-count", "")):
        number = Element.from_tag(tag)
        number.text = "1"
        number.tail = after
        line.append(number)
    footer.append(line)
    master.append(header)
    master.append(footer)


def _describe(document: Document, sheet: Sheet) -> None:
    meta = document.meta
    meta.title = f"Fiche-action {sheet.code} : {sheet.title}"
    meta.subject = sheet.contract
    meta.language = "fr-FR"
    meta.generator = "Cocon"
    meta.creation_date = meta.date = clock.now().astimezone(clock.PARIS).replace(tzinfo=None)
