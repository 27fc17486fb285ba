"""What people write, as OpenDocument: paragraphs, lists, quotations, emphasis and links, as the pages show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.token import Token
from odfdo import Element

from cocon.discussion.markup import parsed

#: Lists and the marks of their items.
LISTS = {"bullet_list_open": "Tirets", "ordered_list_open": "Numeros"}
LETTERS = {"strong": ("Gras", 'fo:font-weight="bold"'), "em": ("Italique", 'fo:font-style="italic"')}


def styles() -> Iterator[str]:
    """The styles that the blocks name, beside those of paragraphs."""
    for name, letters in LETTERS.values():
        yield f'<style:style style:name="{name}" style:family="text"><style:text-properties {letters}/></style:style>'
    dash = (
        '<text:list-level-style-bullet text:level="{level}" text:bullet-char="–">{place}</text:list-level-style-bullet>'
    )
    number = (
        '<text:list-level-style-number text:level="{level}" style:num-format="1" style:num-suffix=".">{place}'
        "</text:list-level-style-number>"
    )
    for name, mark in (("Tirets", dash), ("Numeros", number)):
        levels = "".join(mark.format(level=level, place=_place(level)) for level in range(1, 11))
        yield f'<text:list-style style:name="{name}">{levels}</text:list-style>'


def _place(level: int) -> str:
    left = f"{level * 0.6:.1f}cm"
    return (
        '<style:list-level-properties text:list-level-position-and-space-mode="label-alignment">'
        f'<style:list-level-label-alignment text:label-followed-by="listtab" fo:margin-left="{left}" '
        f'fo:text-indent="-0.6cm" text:list-tab-stop-position="{left}"/></style:list-level-properties>'
    )


def element(tag: str, **attributes: str) -> Element:
    """An element with its attributes, whose names carry their prefixes."""
    made = Element.from_tag(tag)
    for name, value in attributes.items():
        made.set_attribute(name, value)
    return made


def blocks(text: str) -> Sequence[Element]:
    """The blocks of a text, in their order."""
    top = element("text:section")
    inside, quoted = [top], 0
    for token in parsed(text):
        if token.type in LISTS:
            inside.append(_within(inside[-1], element("text:list", **{"text:style-name": LISTS[token.type]})))
        elif token.type == "list_item_open":
            inside.append(_within(inside[-1], element("text:list-item")))
        elif token.type in ("bullet_list_close", "ordered_list_close", "list_item_close"):
            inside.pop()
        elif token.type == "inline":
            _fill(_within(inside[-1], _paragraph(quoted)), token.children or [])
        quoted += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
    return list(top.children)


def _within(outer: Element, inner: Element) -> Element:
    outer.append(inner)
    return inner


def _paragraph(quoted: int) -> Element:
    return element("text:p", **{"text:style-name": "Citation" if quoted else "Texte"})


def _fill(paragraph: Element, pieces: Sequence[Token]) -> None:
    inside = [paragraph]
    for piece in pieces:
        if piece.type in ("softbreak", "hardbreak"):
            inside[-1].append(element("text:line-break"))
        elif piece.nesting == 1:
            inside.append(_within(inside[-1], _letters(piece)))
        elif piece.nesting == -1:
            inside.pop()
        elif piece.content:
            inside[-1].append(piece.content)


def _letters(piece: Token) -> Element:
    if piece.type == "link_open":
        return element("text:a", **{"xlink:type": "simple", "xlink:href": str(piece.attrGet("href"))})
    name = LETTERS.get(piece.tag, ("Gras", ""))[0]
    return element("text:span", **{"text:style-name": name})
