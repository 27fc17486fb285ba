"""Answering: a browser gets the page, htmx gets the part; an act done answers 303 or its part."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, redirect, render_template
from werkzeug.wrappers import Response as BaseResponse

from cocon.kernel.language import LazyString
from cocon.web.htmx import wants_part


def show(page: str, part: str | None = None, *, status: int = 200, **context: Any) -> Response:
    """Render ``page``, or ``part`` for htmx when there is one."""
    if part is None or not wants_part():
        return make_response(render_template(page, **context), status)
    stale = _status("") if status >= 400 else ""  # a refusal erases the success said before it
    return make_response(render_template(part, **context) + stale, status)


def kept(body: str, part: str, status: int) -> Response:
    """A failure told in ``part``, wherever the answer was expected: the page that sent stays as it is."""
    response = make_response(body, status)
    response.headers["HX-Retarget"] = "#" + part.removesuffix(".html").replace("/_", "-")
    response.headers["HX-Reswap"] = "outerHTML"
    response.headers["Cache-Control"] = "no-store"
    return response


def done(location: str, said: LazyString | str | None = None) -> BaseResponse:
    """The act is done: 303 to ``location``, where the status line says ``said``."""
    if said is not None:
        flash(str(said))
    return redirect(location, 303)


def part_done(part: str, said: LazyString | str, location: str, **context: Any) -> BaseResponse:
    """The act is done: its part (and the status line, out of band) for htmx, 303 for the rest."""
    if not wants_part():
        return done(location, said)
    return make_response(render_template(part, **context) + _status(said, quiet=context.get("quiet", False)))


def _status(said: LazyString | str, *, quiet: bool = False) -> str:
    return render_template("layout/_statut.html", said=str(said), oob=True, quiet=quiet)
