"""Looks at pages as axe and a narrow screen do, and notes what is wrong; a page made of parts all seen is passed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lxml import etree, html
from playwright.sync_api import Page

from tests.support.browser import axe

WIDTHS = {1366: 768, 320: 640}

#: What gives an element a look or a role, beside its name and what it holds.
KEPT = ("class", "role", "type", "scope", "tabindex", "aria-invalid", "aria-current", "lang", "disabled", "hidden")

#: What gives an element a name or an aim: whether it is there and whether it is empty counts, not what it says.
NAMING = ("id", "alt", "title", "href", "autocomplete", "for", "headers")

#: What points to other elements of the page, or fails to.
POINTING = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns")

#: Elements of which axe asks what they hold: a legend, a caption, items only.
HOLDING = ("fieldset", "table", "ul", "ol", "dl", "svg", "figure", "details")
FIELDS = ("input", "select", "textarea")

#: How many of the elements around one make its place.
NEAR = 2

#: What is wider than the screen, outside the regions that scroll by themselves and can have the focus.
WIDE = """() => {
  const width = document.documentElement.clientWidth, wide = [];
  const hidden = (element) => element.closest(".visually-hidden, .skip, .defs, [hidden]");
  const scrolls = (element) => element && element !== document.documentElement && element !== document.body
    && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) ? element : scrolls(element.parentElement));
  if (document.documentElement.scrollWidth > width) wide.push("the page scrolls sideways");
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (box.right <= width + 1 || !box.width || hidden(element)) continue;
    const region = scrolls(element);
    if (!region) wide.push(element.tagName + "." + element.className + " goes to " + Math.round(box.right));
    else if (region.tabIndex < 0 && !element.closest("svg")) wide.push(region.className + " scrolls without the focus");
  }
  return [...new Set(wide)].slice(0, 5);
}"""


@dataclass
class Eyes:
    """What was seen, and what was wrong with it."""

    faults: list[str] = field(default_factory=list)
    pages: int = 0
    examined: int = 0
    _known: set[str] = field(default_factory=set)

    def look(self, page: Page) -> None:
        """Look at a page, once it is there, unless each of its parts was seen before."""
        page.wait_for_load_state()
        if self.is_new(page.content()):
            self.examine(page)

    def examine(self, page: Page) -> None:
        """Look at a page at both widths."""
        self.examined += 1
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            self.faults += [f"{width} px: {fault}" for fault in axe(page)]
        self.faults += [f"320 px: {page.url} {fault}" for fault in page.evaluate(WIDE)]
        page.set_viewport_size({"width": 1366, "height": WIDTHS[1366]})

    def is_new(self, source: str) -> bool:
        """Whether a page has an element, in its place, or an order of headings that was not met before."""
        page = html.document_fromstring(source)
        body = page.find("body")
        assert body is not None
        shapes, self.pages = {*_shapes(body), _outline(body), _whole(page)}, self.pages + 1
        new = bool(shapes - self._known)
        self._known |= shapes
        return new

    def done(self) -> None:
        """Fail if anything was wrong."""
        assert not self.faults, "\n".join(sorted(set(self.faults)))


def _shapes(root: Any) -> Iterator[str]:
    """Each element with what names it, inside those that hold it."""
    said = {element: _said(element) for element in root.iter(etree.Element)}
    ids, worded = {element.get("id") for element in said}, _worded(said)
    labelled = {label.get("for") for label in root.iter("label")}
    for element, own in said.items():
        above = [said[one] for one in islice(element.iterancestors(), NEAR) if one in said]
        told = ["text"] if element in worded else []
        if element.tag in FIELDS and (
            element.get("id") in labelled or next(element.iterancestors("label"), None) is not None
        ):
            told.append("labelled")
        yield ">".join([" ".join([own, *_named(element, ids), *told]), *above])


def _said(element: Any) -> str:
    return " ".join([element.tag, *(f"{name}={element.get(name)}" for name in KEPT if element.get(name) is not None)])


def _worded(elements: Iterable[Any]) -> set[Any]:
    """The elements that hold words, or a picture that has some."""
    found: set[Any] = set()
    for element in elements:
        here = (element.text or "").strip() or (element.get("alt") or "").strip()
        around = (element.tail or "").strip()
        for holder in (*([element] if here else []), *([element.getparent()] if around else [])):
            found |= {holder, *holder.iterancestors()}
    return found


def _named(element: Any, ids: set[str | None]) -> Iterator[str]:
    """Whether an element has what names it, never what it is called."""
    for name, value in sorted(element.items()):
        if name in NAMING or name.startswith("aria-"):
            yield name if value.strip() else f"{name} empty"
        aims = value.split() if name in POINTING else [value[1:]] if name == "href" and value[:1] == "#" else []
        if not ids.issuperset(filter(None, aims)):
            yield f"{name} to nothing"
    if element.tag in HOLDING:
        yield "holds " + ",".join(sorted({str(child.tag) for child in element.iterchildren(etree.Element)}))


def _whole(page: Any) -> str:
    """What is true of the page as such: its language, its title, the elements that share an identifier."""
    ids = Counter(element.get("id") for element in page.xpath("//*[@id]"))
    shared = {str(element.tag) for element in page.xpath("//*[@id]") if ids[element.get("id")] > 1}
    return f"page {page.get('lang')} {bool((page.findtext('.//title') or '').strip())} {sorted(shared)}"


def _outline(root: Any) -> str:
    """The levels of headings in their order; a repetition counts once."""
    levels = "".join(element.tag[1] for element in root.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    return re.sub(r"(.+?)\1+", r"\1", levels)
