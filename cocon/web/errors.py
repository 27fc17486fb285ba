"""Errors that people can read: what happened, what to do, and the text they had typed."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, make_response, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Refusal
from cocon.web.htmx import wants_part

logger = logging.getLogger("cocon")

_SERVICE = ("csrf_token", "idempotency_key", "version", "password", "confirmation")

SENTENCES: dict[int, tuple[LazyString, LazyString]] = {
    400: (_("Demande illisible"), _("Le serveur n’a pas compris cette demande. Revenez à la page précédente, puis recommencez.")),
    403: (
        _("Formulaire périmé"),
        _("Ce formulaire ne vient pas de votre session en cours. Rechargez la page, puis envoyez-le de nouveau."),
    ),
    404: (
        _("Page introuvable"),
        _("Cette page n’existe pas ou ne vous est pas ouverte. Vérifiez l’adresse, ou repartez de votre espace."),
    ),
    405: (_("Action impossible ici"), _("Cette adresse ne s’ouvre pas de cette façon. Repartez de la page précédente.")),
    409: (_("Acte refusé"), _("Une règle du contrat s’oppose à cet acte, ou la page a changé entre-temps.")),
    413: (_("Envoi trop lourd"), _("Ce que vous envoyez dépasse la taille acceptée (2\u00a0Mo). Réduisez-le, puis recommencez.")),
    422: (_("Saisie à corriger"), _("Le formulaire contient une erreur. Revenez à la page précédente pour le corriger.")),
    429: (
        _("Trop de tentatives"),
        _("Trop d’essais ont échoué en peu de temps. Attendez quelques minutes, puis recommencez."),
    ),
    500: (
        _("Erreur du serveur"),
        _("Le serveur a rencontré une erreur et l’a notée. Rien n’a été enregistré. Recommencez dans un moment."),
    ),
    503: (
        _("Service momentanément indisponible"),
        _("L’enregistrement est impossible pour le moment. Rien n’a été perdu\u202f: recommencez dans une minute."),
    ),
}


def init_app(app: Flask) -> None:
    """Register the handlers on the application (routing errors never reach a blueprint)."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _unexpected)


def error_page(status: int, explanation: LazyString | str | None = None, headers: Any = None) -> Response:
    """The designed page (or its part for htmx) of an error."""
    title, default = SENTENCES.get(status, SENTENCES[400])
    template = "layout/_error.html" if wants_part() else "layout/error.html"
    body = render_template(
        template, status=status, title=title, explanation=explanation or default, typed=_typed()
    )
    response = make_response(body, status)
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    for name, value in headers or ():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _typed() -> list[tuple[str, str]]:
    if request.method != "POST":
        return []
    try:
        return [(k, v) for k, v in request.form.items(multi=True) if k not in _SERVICE and v.strip()]
    except HTTPException:
        return []


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    if status not in SENTENCES:
        status = 400 if status < 500 else 503
    return error_page(status, headers=error.get_headers())


def _refused(refusal: Refusal) -> Response:
    db.session.rollback()
    return error_page(refusal.status, str(refusal) if refusal.status != 404 else None)


def _database(error: DBAPIError) -> Response:
    _forget_transaction()
    logger.error("database: %s", type(error.orig).__name__, exc_info=error)
    return error_page(400 if _bad_text(error) else 503)


def _bad_text(error: DBAPIError) -> bool:
    """A NUL or a lone surrogate in an address: the client's fault."""
    return type(error.orig).__name__ in ("DataError", "UnicodeEncodeError", "ValueError")


def _unexpected(error: Exception) -> Response:
    _forget_transaction()
    logger.error("unexpected: %s", type(error).__name__, exc_info=error)
    return error_page(503)


def _forget_transaction() -> None:
    """A failed transaction may refuse even its rollback (SQLite on a full disk): drop the connection then."""
    try:
        db.session.rollback()
    except DBAPIError:
        db.session.invalidate()
    g.pop("claim", None)
