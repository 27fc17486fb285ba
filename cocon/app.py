"""The composition root: the only module that knows all the others."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_babel import Babel
from jinja2 import StrictUndefined
from sqlalchemy.exc import OperationalError
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

import cocon.actions.proposing  # completes the blueprint of fiches
import cocon.actions.publishing  # and so does this
import cocon.funding.advancing  # completes the blueprint of money
import cocon.funding.allotting  # and so does this
import cocon.funding.binding  # and so does this
import cocon.funding.budgeting  # and so does this
import cocon.funding.filling  # and so does this
import cocon.funding.receiving  # and so does this
import cocon.funding.registering  # and so does this
import cocon.funding.reporting  # and so does this
import cocon.funding.simulating  # and so does this
import cocon.imports.posting  # completes that of imports
import cocon.models  # noqa: F401 - the metadata must be whole
from cocon.actions import routes as actions
from cocon.audit import checkpoints
from cocon.audit import routes as audit
from cocon.catalogue import routes as catalogue
from cocon.config import Config, Misconfigured
from cocon.consolidation import routes as consolidation
from cocon.contracts import routes as contracts
from cocon.decisions import routes as decisions
from cocon.discussion import routes as discussion
from cocon.dossier import routes as dossier
from cocon.files import routes as files
from cocon.funding import routes as funding
from cocon.imports import routes as imports
from cocon.kernel import clock, numbers
from cocon.kernel.db import db, engine_options
from cocon.kernel.durability import weaknesses
from cocon.kernel.schema import migrate
from cocon.partners import routes as partners
from cocon.signin import accounts
from cocon.signin import routes as signin
from cocon.site import frame
from cocon.site import routes as site
from cocon.structure import routes as structure
from cocon.suggestions import routes as suggestions
from cocon.web import access, errors, filters, headers, htmx
from cocon.web.body import FormRequest

ROOT = Path(__file__).parents[1]

logger = logging.getLogger("cocon")

BLUEPRINTS = (
    *(site, signin, dossier, catalogue, actions, imports, structure, discussion, suggestions, files, funding),
    *(decisions, contracts, partners, audit, consolidation),
)


def create_app(config: Config | None = None) -> Flask:
    """Build the application; raises Misconfigured."""
    config = config or Config.from_env(os.environ)
    clock.pretend_today(config.today)
    numbers.accept_fictional(not config.production)
    config.data.mkdir(parents=True, exist_ok=True)
    app = Flask("cocon", root_path=str(ROOT / "cocon"), template_folder=str(ROOT / "templates"), static_folder=None)
    app.request_class = FormRequest
    app.config.update(_settings(config))
    app.extensions["cocon"] = config
    _install_jinja(app)
    db.init_app(app)
    migrate.init_app(app)
    Babel(app, default_translation_directories=str(ROOT / "translations"))
    checkpoints.init_app(app, config)
    _install_web(app, config)
    if config.production:
        _demand_sound_database(app)
    return app


def _demand_sound_database(app: Flask) -> None:
    """Refuse a database that may lose what it acknowledged; one that is away is met again at the first request."""
    with app.app_context():
        try:
            found = weaknesses()
        except OperationalError:
            logger.warning("the database is away: whether it keeps what it acknowledges is not known")
            return
        finally:
            db.engine.dispose()  # a server forks after this
    if found:
        said = ", ".join(found)
        raise Misconfigured(f"la base de données ne garde pas ce qu’elle confirme : {said} (COCON_DATABASE_URL).")


def _settings(config: Config) -> dict[str, object]:
    return {
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(config.database_url),
        "COCON_OWNER_URL": config.owner_url,
        "COCON_APP_ROLE": urlsplit(config.database_url).username if config.owner_url else None,
        "SECRET_KEY": config.secret_key,
        "SESSION_COOKIE_NAME": "__Host-message" if config.production else "message",
        "SESSION_COOKIE_SECURE": config.production,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 400,
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Paris",
    }


def _install_jinja(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _install_web(app: Flask, config: Config) -> None:
    filters.init_app(app)
    htmx.init_app(app)
    errors.init_app(app)
    headers.init_app(app, config.production)
    access.init_app(app, config, access.SessionStore(read=accounts.read_session, touch=accounts.touch))
    frame.init_app(app)
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    app.add_url_rule("/static/<path:filename>", endpoint="static", build_only=True)
    static = WhiteNoise(app.wsgi_app, root=str(ROOT / "static"), prefix="static/", max_age=86400)
    served = ProxyFix(static, x_for=config.proxies, x_proto=config.proxies, x_host=0) if config.proxies else static
    vars(app)["wsgi_app"] = served
