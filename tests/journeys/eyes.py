"""Looks at pages as axe and a narrow screen do, and notes what is wrong; a page like one seen before is passed."""

from __future__ import annotations

from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page

from tests.support.browser import axe

WIDTHS = {1366: 768, 320: 640}

#: What gives an element a look or a role, beside its name and what it holds.
KEPT = ("class", "role", "type", "scope", "tabindex", "aria-invalid", "aria-current", "lang", "disabled", "hidden")

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
    _known: set[str] = field(default_factory=set)

    def look(self, page: Page) -> None:
        """Look at a page, unless it is built like one seen before."""
        if self.is_new(page.content()):
            self.examine(page)

    def examine(self, page: Page) -> None:
        """Look at a page at both widths."""
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            self.faults += [f"{width} px: {fault}" for fault in axe(page)]
        self.faults += [f"320 px: {page.url} {fault}" for fault in page.evaluate(WIDE)]
        page.set_viewport_size({"width": 1366, "height": WIDTHS[1366]})

    def is_new(self, source: str) -> bool:
        """Whether no page built like this one was met before; from now on one was."""
        body = BeautifulSoup(source, "html.parser").body
        assert body is not None
        skeleton, self.pages = _skeleton(body), self.pages + 1
        new = skeleton not in self._known
        self._known.add(skeleton)
        return new

    @property
    def kinds(self) -> int:
        """How many pages were built differently."""
        return len(self._known)

    def done(self) -> None:
        """Fail if anything was wrong."""
        assert not self.faults, "\n".join(sorted(set(self.faults)))


def _skeleton(element: Tag) -> str:
    """An element without its words; alike neighbours count once."""
    said = " ".join(f"{name}={element[name]}" for name in KEPT if element.has_attr(name))
    inside = dict.fromkeys(_skeleton(child) for child in element.find_all(True, recursive=False))
    return f"<{element.name} {said}>{''.join(inside)}</>"
