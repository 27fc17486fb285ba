"""Somebody who has a keyboard and no mouse, and who looks at where the focus is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page

FARTHEST = 150

#: What the focused element is, and how a person sees that it has the focus.
LOOK = """async () => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const group = element.type === "radio" ? element.name : "";
  const parts = [0.1, 0.5, 0.9];
  const seen = () => [...element.getClientRects()].some((box) => parts.some((x) => parts.some((y) =>
    element.contains(document.elementFromPoint(box.left + box.width * x, box.top + box.height * y)),
  )));
  for (let frame = 0; frame < 10 && !seen(); frame++) await new Promise(requestAnimationFrame);
  window.stops = window.stops || [];
  if (!window.stops.includes(element)) window.stops.push(element);
  return {
    number: group ? "radio " + group : window.stops.indexOf(element),
    name: element.tagName + "#" + element.id + " " + (element.innerText || element.name || "").slice(0, 40),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    seen: seen(),
  };
}"""


@dataclass
class Keyboard:
    """Presses keys in a page, and notes each stop at which the focus could not be seen."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def look(self) -> dict[str, Any] | None:
        """Where the focus is; None on the page as a whole."""
        stop: dict[str, Any] | None = self.page.evaluate(LOOK)
        if stop and stop["outline"] < 2:
            self.faults.append(f"{self.page.url} {stop['name']}: the focus is not drawn")
        if stop and not stop["seen"]:
            self.faults.append(f"{self.page.url} {stop['name']}: the focus is hidden")
        return stop

    def press(self, key: str) -> dict[str, Any] | None:
        """Press a key and look."""
        self.page.keyboard.press(key)
        return self.look()

    def reach(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab until the target has the focus."""
        target.wait_for()
        for _step in range(FARTHEST):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.press(key)
        raise AssertionError(f"{key} never reaches {target}")

    def write(self, target: Locator, text: str) -> None:
        """Reach a field and type in place of what it holds."""
        self.reach(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, value: str) -> None:
        """Reach a list and go down to a choice."""
        self.reach(target)
        for _step in range(FARTHEST):
            if target.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows never reach {value}")

    def use(self, target: Locator, key: str = "Enter") -> None:
        """Reach a link or a button and press it."""
        self.reach(target)
        self.page.keyboard.press(key)

    def round(self, key: str) -> list[Any]:
        """The stops from here to the end of the page, each once; a control that never lets go is an error."""
        stops: list[Any] = []
        for _step in range(FARTHEST * 2):
            stop = self.press(key)
            if stop is None or (stop["number"] in stops[:-1]):
                return stops
            if stop["number"] not in stops[-1:]:
                stops.append(stop["number"])
        raise AssertionError(f"{self.page.url}: {key} is trapped after {stops[-3:]}")
