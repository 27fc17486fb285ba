"""Looks at pages as axe and a narrow screen do, and notes what is wrong; a page built like one seen before is passed."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.support.browser import axe

WIDTHS = {1366: 768, 320: 640}

#: The skeleton of a page: its elements and all that gives them a look or a role, without the words.
SKELETON = """() => {
  const kept = ["class", "role", "type", "scope", "tabindex", "aria-invalid", "aria-current", "lang", "disabled", "hidden"];
  const seen = new Set();
  const walk = (element) => {
    const said = kept.filter((name) => element.hasAttribute(name)).map((name) => name + "=" + element.getAttribute(name));
    const inside = [...new Set([...element.children].map(walk))].join("");
    return "<" + element.tagName + " " + said.join(" ") + ">" + inside + "</>";
  };
  return walk(document.body);
}"""

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
        """Look at a page at both widths."""
        page.set_viewport_size({"width": 1366, "height": 768})
        skeleton = str(page.evaluate(SKELETON))
        self.pages += 1
        if skeleton in self._known:
            return
        self._known.add(skeleton)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            self.faults += [f"{width} px: {fault}" for fault in axe(page)]
        self.faults += [f"320 px: {page.url} {fault}" for fault in page.evaluate(WIDE)]

    @property
    def kinds(self) -> int:
        """How many pages were built differently."""
        return len(self._known)

    def done(self) -> None:
        """Fail if anything was wrong."""
        assert not self.faults, "\n".join(sorted(set(self.faults)))
