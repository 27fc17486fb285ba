"""The document of a fiche as a tagged PDF (PDF/UA-1, A4). Nothing is fetched but the fonts kept with the product."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import url2pathname

from flask import current_app

from cocon.dossier.sheet import Sheet
from cocon.kernel.language import LazyString, _

STATIC = Path(__file__).parents[2] / "static"
FONTS = (STATIC / "fonts", STATIC / "vendor" / "atkinson")
STYLE = STATIC / "sheet.css"

#: Documents laid out at the same time by one process, and how long the next one waits for its turn.
PLACES, PATIENCE = threading.BoundedSemaphore(2), 20.0


class Unprintable(Exception):
    """No PDF can be made now; the sentences say why and what to do."""

    def __init__(self, explanation: LazyString, advice: LazyString) -> None:
        super().__init__(str(explanation))
        self.explanation, self.advice = explanation, advice


def render(sheet: Sheet) -> bytes:
    """The PDF of a fiche; raises Unprintable."""
    return lay_out(current_app.jinja_env.get_template("dossier/sheet.html").render(sheet=sheet))


def lay_out(text: str) -> bytes:
    """The PDF of a page; raises Unprintable. Takes half a second of computing: never call it inside a write."""
    weasyprint, font_configuration, fetcher = _printer()
    with _place():
        fetch = fetcher()
        fonts = font_configuration()
        style = weasyprint.CSS(filename=str(STYLE), font_config=fonts, url_fetcher=fetch)
        page = weasyprint.HTML(string=text, url_fetcher=fetch)
        made: bytes = page.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    return made


@contextmanager
def _place() -> Iterator[None]:
    if not PLACES.acquire(timeout=PATIENCE):
        raise Unprintable(
            _("Trop de documents se préparent en même temps."), _("Recommencez dans une minute, ou prenez l’ODT.")
        )
    try:
        yield
    finally:
        PLACES.release()


def _printer() -> tuple[Any, Any, Any]:
    """WeasyPrint, read when it is first needed: it needs libraries that a machine may lack."""
    try:
        import weasyprint  # noqa: PLC0415
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError as error:
        raise Unprintable(
            _("Ce serveur ne sait pas encore composer de PDF\u00a0: il lui manque la bibliothèque Pango."),
            _(
                "Prenez la fiche en ODT, ou demandez à l’administration d’installer libpango-1.0-0, "
                "libpangoft2-1.0-0 et libharfbuzz-subset0."
            ),
        ) from error

    weasyprint.LOGGER.setLevel("CRITICAL")  # it quotes what people wrote

    class FontsOnly(URLFetcher):  # type: ignore[misc]
        """Opens the product's fonts and refuses every other address, on the network or on the disk."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=["file"], allow_redirects=False)

        def fetch(self, url: str, headers: Any = None) -> Any:
            if not is_font(url):
                raise ValueError("only the fonts of the product are read")
            return super().fetch(url, headers)

    return weasyprint, FontConfiguration, FontsOnly


def is_font(url: str) -> bool:
    """Whether an address is that of one of our font files (or of the style sheet that names them)."""
    if not url.startswith("file:///"):
        return False
    path = Path(url2pathname(url.removeprefix("file://"))).resolve()
    return path == STYLE or (path.suffix == ".woff2" and path.parent in FONTS)
