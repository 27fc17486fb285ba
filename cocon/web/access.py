"""The guard of every view: hosts, sessions, forged requests, declared needs, idempotency keys."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, render_template, request, url_for
from flask_login import LoginManager, UserMixin
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse

from cocon import policy
from cocon.config import Config
from cocon.kernel import once
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db
from cocon.kernel.ids import new_token
from cocon.kernel.refusal import Reused
from cocon.policy import Need, Permission
from cocon.web.body import TEXT, URLENCODED, FormRequest
from cocon.web.htmx import wants_part
from cocon.web.pages import kept

logger = logging.getLogger("cocon")
View = TypeVar("View", bound=Callable[..., Any])

#: How long a form sent twice waits for the answer of the first: two seconds, then it goes on without.
ATTEMPTS, PAUSE = 40, 0.05
#: Fields that make no difference between two forms of one key: they change by themselves, or must not be hashed fast.
UNDIGESTED = ("csrf_token", "idempotency_key", "password", "confirmation")


class Session(Protocol):
    """A live session, as ``signin`` reads it."""

    @property
    def token(self) -> str: ...
    @property
    def actor(self) -> Actor | None: ...
    @property
    def person_id(self) -> str: ...
    @property
    def log_entries(self) -> int: ...


@dataclass(frozen=True)
class SessionStore:
    """What ``signin`` lends to the guard."""

    read: Callable[[str], Any]
    touch: Callable[[Any], None]


class User(UserMixin):  # type: ignore[misc]
    """The signed-in person, for Flask-Login."""

    def __init__(self, session: Session) -> None:
        self.id = session.person_id
        self.session = session


def needs(need: Permission | Need) -> Callable[[View], View]:
    """Declare what a view needs. A view that declares nothing is not served (503)."""

    def declare(view: View) -> View:
        view.need = need  # type: ignore[attr-defined]
        return view

    return declare


def unhurried(view: View) -> View:
    """Mark a POST view that must not hold the write lock (it hashes a password); its form's key is not claimed."""
    view.unhurried = True  # type: ignore[attr-defined]
    return view


def keeps_page(part: str) -> Callable[[View], View]:
    """Mark a POST view sent by a page that must stay as it is, whatever happens.

    Without a session it gets 401 and ``part`` (no redirection); with a token of an earlier session, 403 and ``part``,
    which carries the new token so that the page can send again; after any other failure, ``part`` with its reason.
    """

    def declare(view: View) -> View:
        view.kept_part = part  # type: ignore[attr-defined]
        return view

    return declare


def receives(largest: Callable[[], int]) -> Callable[[View], View]:
    """Mark a POST view whose request may be larger than others, for those only who have its permission."""

    def declare(view: View) -> View:
        view.largest = largest  # type: ignore[attr-defined]
        return view

    return declare


def init_app(app: Flask, config: Config, store: SessionStore) -> None:
    """Put the guard in front of every request."""
    app.extensions["cocon_sessions"] = store
    manager = LoginManager(app)
    manager.session_protection = None
    manager.request_loader(lambda _request: User(g.session) if g.get("session") else None)
    app.before_request(_guard)
    app.after_request(_seal)
    app.context_processor(lambda: {"csrf_token": csrf_token, "new_key": new_token})


def log_entries() -> int:
    """How many entries the log held when the request began; only for views that need a session."""
    return int(g.session.log_entries)


def actor() -> Actor:
    """The mandate worn; only for views that need a permission."""
    worn: Actor | None = g.get("actor")
    if worn is None:
        abort(404)
    return worn


def session() -> Any:
    """The live session, or None."""
    return g.get("session")


def cookie_name() -> str:
    """``__Host-`` binds the cookie to this host; browsers refuse it over plain HTTP."""
    return "__Host-session" if _config().production else "session"


def start_session(token: str) -> None:
    """Give the browser its cookie with this answer."""
    g.cookie = token


def drop_session() -> None:
    """Take the cookie back with this answer."""
    g.cookie = ""


def csrf_token() -> str:
    """A token bound to the browser's cookie, which is made the first time a form is shown."""
    g.has_form = True
    raw = g.get("cookie") or request.cookies.get(cookie_name())
    if not raw:
        raw = g.cookie = new_token()
    return _csrf(raw)


def _csrf(raw: str) -> str:
    return _sealed("csrf:" + raw)


def _sealed(text: str) -> str:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _config() -> Config:
    config: Config = current_app.extensions["cocon"]
    return config


def _guard() -> BaseResponse | None:
    if not _is_ours(request.host):
        abort(400)
    if request.method == "OPTIONS":
        return None
    _load_session()
    view = current_app.view_functions.get(request.endpoint or "")
    need = getattr(view, "need", None)
    _widen(view, need)
    _demand_text(request.environ)
    if view is None:
        return None
    once.claimed.set(None)
    if need is None:
        abort(503)
    unsafe = request.method not in ("GET", "HEAD")
    if unsafe:
        _refuse_foreign()
        if not _is_signed():
            return _unsigned(view)
    refused = _refuse_uninvited(need, view)
    if refused is not None or not unsafe or getattr(view, "unhurried", False):
        return refused
    return claim()


def _widen(view: Any, need: Permission | Need | None) -> None:
    """Let a long text in, or a file where the view receives some, for those whom the view serves."""
    known = isinstance(need, Permission) and policy.has_role(g.actor, need)
    if known or (need == Need.SIGNED_IN and g.session is not None):
        cast(FormRequest, request).widen(TEXT, view.largest() if hasattr(view, "largest") else None)


def _is_ours(host: str) -> bool:
    """In production the public address only; elsewhere this machine too, lest another site's name lead here."""
    public = urlsplit(_config().public_url)
    if _config().production:
        return host == public.netloc
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name in ("localhost", "127.0.0.1", "::1", public.hostname)


def _demand_text(environ: Mapping[str, Any]) -> None:
    """Refuse an address or a form that is not UTF-8: what cannot be read must not be kept as something else."""
    asked = unquote_to_bytes(environ.get("QUERY_STRING", "").replace("+", " ").encode("latin-1"))
    if not all(map(_is_utf8, (environ.get("PATH_INFO", "").encode("latin-1"), asked))):
        abort(400)
    if request.mimetype == URLENCODED:
        len(request.form)  # read now, or refused


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _load_session() -> None:
    store: SessionStore = current_app.extensions["cocon_sessions"]
    raw = request.cookies.get(cookie_name(), "")
    g.session = store.read(raw) if raw else None
    g.actor = g.session.actor if g.session else None
    if g.session:
        store.touch(g.session)


def _refuse_foreign() -> None:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.host:
        abort(403)


def _is_signed() -> bool:
    """Whether the form carries the token of this browser's cookie."""
    raw = request.cookies.get(cookie_name(), "")
    sent = request.form.get("csrf_token", "")
    return bool(raw) and sent.isascii() and hmac.compare_digest(_csrf(raw), sent)


def _unsigned(view: Any) -> Response:
    """403; a page that must stay gets a new token with it, which a foreign site could not read."""
    if not (wants_part() and hasattr(view, "kept_part")):
        abort(403)
    return _kept(view.kept_part, "token", 403)


def _kept(part: str, reason: str, status: int) -> Response:
    return kept(render_template(part, reason=reason), part, status)


def _refuse_uninvited(need: Permission | Need, view: Any) -> BaseResponse | None:
    if need == Need.PUBLIC:
        return None
    if g.session is None and wants_part() and hasattr(view, "kept_part"):
        return _kept(view.kept_part, "session", 401)
    if g.session is None:
        return _to_sign_in()
    if isinstance(need, Permission) and not policy.has_role(g.actor, need):
        abort(404)
    return None


def _to_sign_in() -> BaseResponse:
    where = url_for("signin.sign_in", suite=request.full_path.rstrip("?") if request.method == "GET" else None)
    if wants_part():
        return Response(status=401, headers={"HX-Redirect": where})
    return redirect(where, 303)


def claim() -> BaseResponse | None:
    """Open the write transaction and take the form's key; a key taken already gets its first answer again.

    An unhurried view calls it itself, once its slow work is done.
    """
    wanted = claim_of(_digest)
    begin_write()
    if wanted is None:
        return None
    if once.claim(wanted):
        g.claim = wanted
        once.claimed.set(wanted)
        return None
    return _replay(wanted)


def claim_of(digest: Callable[[], str]) -> once.Claim | None:
    """What the form's key would claim, or None when it has none. Raises Reused for a key that no form was given."""
    key = request.form.get("idempotency_key", "")
    if not key:
        return None
    if not (key.isascii() and key.isprintable()) or len(key) > 64:
        raise Reused
    return once.Claim(scope=_scope(), key=key, digest=digest())


def token_of_form(*typed: str) -> str:
    """A secret that only the same form from the same browser gives again: no database holds the browser's cookie."""
    raw, key = request.cookies.get(cookie_name(), ""), request.form.get("idempotency_key", "")
    return _sealed("\0".join(("token", raw, key, *typed)))


def _scope() -> str:
    """Whose key it is: a key known to one browser says nothing to another."""
    return hashlib.sha256(request.cookies.get(cookie_name(), "").encode()).hexdigest()


def _digest() -> str:
    lines = [request.path, str(wants_part())]
    lines += [f"{k}={v}" for k, v in sorted(request.form.items(multi=True)) if k not in UNDIGESTED]
    lines += [f"{name}:{_digest_of(sent)}" for name, sent in sorted(request.files.items(multi=True))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _digest_of(sent: FileStorage) -> str:
    sent.stream.seek(0)
    digest = hashlib.file_digest(sent.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    sent.stream.seek(0)
    return digest


def _replay(claim: once.Claim) -> BaseResponse:
    first = first_answer(claim)
    if first is None or first.digest != claim.digest:
        raise Reused
    if first.location:
        return redirect(first.location, 303)
    if first.body is not None:
        return Response(first.body, status=first.status or 200)
    return redirect(url_for("site.home"), 303)


def first_answer(claim: once.Claim) -> once.IdempotencyKey | None:
    """What the key was answered; its effect may be committed a moment before its answer is known."""
    for _attempt in range(ATTEMPTS):
        first = once.first_answer(claim)
        if first is None or first.digest != claim.digest or first.status is not None:
            return first
        time.sleep(PAUSE)
    return first


def _seal(response: Response) -> Response:
    """Remember the answer to a key, set the cookie, say what must not be cached."""
    claim = g.pop("claim", None)
    if claim is not None:
        once.claimed.set(None)
        if response.status_code < 400:
            _keep(claim, response)
    token = g.pop("cookie", None)
    if token is not None:
        _set_cookie(response, token)
    if g.get("session") or token or g.get("has_form"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _keep(claim: once.Claim, response: Response) -> None:
    """Remember the answer. The act is committed: a failure here is noted and changes nothing of what is answered."""
    body = None if response.location else response.get_data(as_text=True)
    try:
        once.keep_answer(claim, response.status_code, response.location, body)
    except SQLAlchemyError:
        db.session.rollback()
        logger.exception("the answer to a key is not kept")


def _set_cookie(response: Response, token: str) -> None:
    secure = _config().production
    if token:
        response.set_cookie(cookie_name(), token, secure=secure, httponly=True, samesite="Lax", path="/")
    else:
        response.delete_cookie(cookie_name(), secure=secure, httponly=True, samesite="Lax", path="/")
