"""Chromium: one per process of the run, a fresh profile per test, and the accessibility checks of axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.support import programs

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests" / "vendor" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4", "best-practice"]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
HEIGHTS = {1366: 768, 320: 640}
PATIENCE = 60_000  # milliseconds


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, open inside the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=programs.chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Opens pages on one server, and notes what no page may do: fail in its scripts, call a third party."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self.faults: list[str] = []
        self.pages: list[Page] = []
        self._browser = browser

    def open(self, path: str | None = "/", *, width: int = 1366, javascript: bool = True, **options: Any) -> Page:
        """A page in a profile of its own, already at ``path`` unless it is None."""
        context = self._browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": HEIGHTS.get(width, 768)},
            java_script_enabled=javascript,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        self._watch(page)
        if path is not None:
            page.goto(path)
        return page

    def sign_in(self, email: str, password: str = "demonstration-2014", **options: Any) -> Page:
        """A page at the workspace of this person."""
        page = self.open("/connexion", **options)
        page.locator("[name=email]").fill(email)
        page.locator("[name=password]").fill(password)
        page.locator("form:has([name=password]) [type=submit]").click()
        page.wait_for_url("**/espace")
        return page

    def close(self) -> None:
        """Close the profiles, after which a fault noted is an error."""
        for page in self.pages:
            if not page.is_closed():
                page.title()  # what the browser had to say before this answer has now been heard
            page.context.close()
        self.pages.clear()
        assert not self.faults, "\n".join(self.faults)

    def _watch(self, page: Page) -> None:
        self.pages.append(page)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", self._hear)
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        # Chromium reports each 4xx as an error of the console; the tests look at statuses themselves.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:", "about:")):
            self.faults.append(f"request to {request.url}")


def axe(page: Page, within: str | None = None) -> list[str]:
    """The violations that axe finds in a page, or in what a selector names: one readable line each."""
    page.evaluate(AXE.read_text())
    run = """([within, tags]) => axe.run(within || document, {runOnly: {type: 'tag', values: tags}})"""
    found = page.evaluate(run, [within, TAGS])
    assert found["passes"], f"axe checked nothing at {page.url}"
    return [_line(page, violation) for violation in found["violations"]]


def _line(page: Page, violation: dict[str, Any]) -> str:
    nodes = "; ".join(str(node["target"][0]) for node in violation["nodes"][:5])
    return f"{page.url} {violation['id']}: {violation['help']}: {nodes}"
