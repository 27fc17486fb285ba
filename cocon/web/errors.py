"""Errors that people can read: what happened, what to do, and the text they had typed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import BadHost, HTTPException

from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Refusal
from cocon.web.body import FormRequest
from cocon.web.htmx import wants_part
from cocon.web.pages import kept
from cocon.web.typed import typed

logger = logging.getLogger("cocon")

#: What a page that stays as it is says of a failure.
REASONS = {
    400: "unreadable",
    404: "gone",
    409: "refused",
    413: "large",
    422: "invalid",
    429: "often",
    503: "later",
}
RETRY_AFTER = {429: "60", 503: "60"}
HATLESS = _("Aucun mandat n’est porté dans votre session\u202f: votre compte dit lesquels vous pouvez porter.")


@dataclass(frozen=True)
class Told:
    """What an error says: its title, what happened, what to do."""

    title: LazyString
    explanation: LazyString
    advice: LazyString


ERRORS: dict[int, Told] = {
    400: Told(
        _("Demande illisible"),
        _("Le serveur n’a pas compris cette demande. Rien n’a été enregistré."),
        _("Revenez à la page précédente, puis recommencez."),
    ),
    403: Told(
        _("Formulaire périmé"),
        _(
            "Ce formulaire ne vient pas de votre session en cours, ou vous avez changé de mandat. "
            "Rien n’a été enregistré."
        ),
        _(
            "Copiez ce que vous aviez écrit, ouvrez de nouveau le formulaire, collez-le et envoyez-le. "
            "Votre navigateur doit accepter le cookie de ce site."
        ),
    ),
    404: Told(
        _("Page introuvable"),
        _("Cette page n’existe pas ou ne vous est pas ouverte."),
        _("Vérifiez l’adresse, ou repartez d’un des liens ci-dessous."),
    ),
    405: Told(
        _("Action impossible ici"),
        _("Cette adresse ne s’ouvre pas de cette façon. Rien n’a été enregistré."),
        _("Repartez de la page précédente."),
    ),
    409: Told(
        _("Acte refusé"),
        _("Une règle du contrat s’oppose à cet acte, ou la page a changé entre-temps."),
        _("Rien n’a été enregistré. Relisez la page, puis recommencez."),
    ),
    413: Told(
        _("Envoi trop lourd"),
        _("Ce que vous envoyez dépasse la taille acceptée. Rien n’a été enregistré."),
        _(
            "C’est trop pour être montré ici. En revenant en arrière, vous retrouverez votre texte si votre navigateur "
            "l’a gardé, ce qu’il ne fait pas toujours. Réduisez-le, puis envoyez-le de nouveau."
        ),
    ),
    422: Told(
        _("Saisie à corriger"),
        _("Le formulaire contient une erreur. Rien n’a été enregistré."),
        _("Ouvrez de nouveau le formulaire, corrigez-le, puis envoyez-le."),
    ),
    429: Told(
        _("Trop de tentatives"),
        _("Trop d’essais ont échoué en peu de temps. Rien n’a été enregistré."),
        _("Attendez quelques minutes, puis recommencez."),
    ),
    500: Told(
        _("Erreur du serveur"),
        _("Le serveur a rencontré une erreur et l’a notée. Rien n’a été enregistré."),
        _("Recommencez dans un moment. Si l’erreur revient, prévenez le secrétariat du contrat."),
    ),
    503: Told(
        _("Service momentanément indisponible"),
        _("La base de données ne répond pas. Rien n’a été enregistré\u202f; ce qui l’était déjà n’est pas perdu."),
        _("Recommencez dans une minute."),
    ),
}


def init_app(app: Flask) -> None:
    """Register the handlers on the application (routing errors never reach a blueprint)."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _unexpected)


def error_page(
    status: int, explanation: LazyString | str | None = None, headers: Any = None, *, told: Told | None = None
) -> Response:
    """The designed page (or its part for htmx) of an error."""
    told = told or ERRORS.get(status, ERRORS[400])
    response = _kept(status, explanation or told.explanation) or _page(status, explanation, told)
    for name, value in headers or ():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    if status in RETRY_AFTER:
        response.headers.setdefault("Retry-After", RETRY_AFTER[status])
    return response


def _kept(status: int, said: LazyString | str) -> Response | None:
    """The failure as the page that sent the form tells it, if that page stays as it is."""
    part = getattr(current_app.view_functions.get(request.endpoint or ""), "kept_part", None)
    if part is None or request.method != "POST" or not wants_part() or status not in REASONS:
        return None
    if status == 413 and g.get("session") is None:  # it would be let in with a session
        return kept(_render(part, reason="session"), part, 401)
    return kept(_render(part, reason=REASONS[status], said=str(said)), part, status)


def _page(status: int, explanation: LazyString | str | None, told: Told) -> Response:
    hatless = status == 404 and g.get("session") is not None and g.get("actor") is None
    body = _render(
        "layout/_error.html" if wants_part() else "layout/error.html",
        code=status,
        title=told.title,
        explanation=explanation or told.explanation,
        advice=HATLESS if hatless else told.advice,
        typed=_typed(),
        links=_links(),
    )
    return make_response(body, status)


def _render(template: str, **context: Any) -> str:
    """Render with what surrounds every page; without it when the database cannot tell."""
    try:
        return render_template(template, **context)
    except SQLAlchemyError:
        _forget_transaction()
        return current_app.jinja_env.get_template(template).render(context)


def _typed() -> list[tuple[str, str]]:
    if request.method != "POST":
        return []
    try:
        return typed(request.form)
    except HTTPException:
        return []


def _links() -> list[tuple[str, str]]:
    """Ways out: the form again, then a page that this person can open."""
    links = [(str(_("Ouvrir de nouveau le formulaire")), request.path)] if _opens_again() else []
    if g.get("actor") is not None:
        links.append((str(_("Aller à mon espace")), url_for("dossier.workspace")))
    elif g.get("session") is not None:
        links.append((str(_("Voir mon compte")), url_for("signin.account")))
    else:
        links.append((str(_("Aller à l’accueil")), url_for("site.home")))
    return [*links, (str(_("Lire l’aide")), url_for("site.help"))]


def _opens_again() -> bool:
    """Whether the form that was posted has a page at the same address."""
    if request.method != "POST" or request.url_rule is None:
        return False
    return current_app.url_map.bind("").test(request.path, "GET")


def _http(error: HTTPException) -> Response:
    if isinstance(request.routing_exception, BadHost):
        return Response(str(ERRORS[400].explanation), 400, mimetype="text/plain")  # no address can be made there
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    if status >= 500:
        return error_page(503, told=ERRORS[503 if status == 503 else 500])
    said = _too_large() if status == 413 else None
    return error_page(status if status in ERRORS else 400, said, headers=error.get_headers())


def _too_large() -> LazyString:
    """Said with the size that this address accepts."""
    size = cast(FormRequest, request).largest // (1024 * 1024)
    return _("Ce que vous envoyez dépasse la taille acceptée (%(size)s\u00a0Mo). Rien n’a été enregistré.", size=size)


def _refused(refusal: Refusal) -> Response:
    db.session.rollback()
    return error_page(refusal.status, str(refusal) if refusal.status != 404 else None)


def _database(error: DBAPIError) -> Response:
    _forget_transaction()
    if _bad_text(error):
        logger.warning("database: %s", type(error.orig).__name__)
        return error_page(400)
    logger.error("database: %s", type(error.orig).__name__, exc_info=error)
    return error_page(503)


def _bad_text(error: DBAPIError) -> bool:
    """A NUL or a lone surrogate in an address: the client's fault."""
    return type(error.orig).__name__ in ("DataError", "UnicodeEncodeError", "ValueError")


def _unexpected(error: Exception) -> Response:
    _forget_transaction()
    logger.error("unexpected: %s", type(error).__name__, exc_info=error)
    return error_page(503, told=ERRORS[500])


def _forget_transaction() -> None:
    """A failed transaction may refuse even its rollback (SQLite on a full disk): drop the connection then."""
    try:
        db.session.rollback()
    except DBAPIError:
        db.session().invalidate()
    g.pop("claim", None)
