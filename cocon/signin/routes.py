"""Signing in and out, accepting an invitation, changing the mandate worn, one's own sessions."""

from __future__ import annotations

from math import ceil

from flask import Blueprint, Response, abort, g, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from cocon.kernel.language import _
from cocon.partners import operations as partners
from cocon.partners.queries import mandates_of
from cocon.policy import Need
from cocon.signin import accounts
from cocon.signin.forms import InvitationForm, SignInForm
from cocon.web import access
from cocon.web.access import needs, unhurried
from cocon.web.errors import error_page
from cocon.web.forms import posted
from cocon.web.pages import done, show

blueprint = Blueprint("signin", __name__)


@blueprint.get("/connexion", endpoint="sign_in")
@needs(Need.PUBLIC)
def sign_in_page() -> BaseResponse:
    """The form; somebody already signed in goes to the workspace."""
    if access.session():
        return done(url_for("dossier.workspace"))
    return show("signin/sign_in.html", form=SignInForm(), suite=_safe(request.args.get("suite")))


@blueprint.post("/connexion", endpoint="sign_in_post")
@needs(Need.PUBLIC)
@unhurried
def sign_in_post() -> BaseResponse:
    """Check the password; a success opens a new session, a failure says the same whatever its cause."""
    form, address = posted(SignInForm), request.remote_addr or "-"
    suite = _safe(request.form.get("suite"))
    if not form.validate():
        return show("signin/sign_in.html", form=form, suite=suite, status=422)
    wait = accounts.waiting(form.email.data, address)
    if wait:
        response = error_page(429)
        response.headers["Retry-After"] = str(ceil(wait.total_seconds()))
        return response
    person = accounts.check_password(form.email.data, form.password.data)
    if person is None:
        accounts.note_failure(form.email.data, address)
        form.form_errors = [str(_("L’adresse ou le mot de passe ne correspond pas. Vérifiez-les, puis recommencez."))]
        return show("signin/sign_in.html", form=form, suite=suite, status=422)
    accounts.forget_failures(form.email.data)
    _open(person.id)
    return done(suite or url_for("dossier.workspace"))


def _open(person_id: str) -> None:
    """A new session with a new cookie; the one the browser had, if any, ends."""
    if access.session():
        accounts.end_session(access.session().token)
    token = accounts.open_session(person_id, request.headers.get("User-Agent", ""))
    db.session.commit()
    g.session = g.actor = None
    access.start_session(token)


def _safe(target: str | None) -> str | None:
    """A path of this site to go to after signing in, or None: never another site, whatever its spelling."""
    if not target or not target.startswith("/") or target.startswith(("//", "/connexion")):
        return None
    return target if all(32 < ord(c) < 127 and c != "\\" for c in target) else None


@blueprint.post("/deconnexion", endpoint="sign_out")
@needs(Need.SIGNED_IN)
def sign_out() -> BaseResponse:
    """End the session for every copy of its cookie."""
    accounts.end_session(access.session().token)
    db.session.commit()
    access.drop_session()
    return done(url_for("site.home"), _("Vous êtes déconnecté."))


@blueprint.route("/invitation/<token>", methods=["GET"], endpoint="invitation")
@needs(Need.PUBLIC)
def invitation_page(token: str) -> BaseResponse:
    """The page of an invitation link; opening it changes nothing (mail scanners open links)."""
    invited = accounts.invitation(token)
    if invited is None:
        return show("signin/invitation_ended.html", status=404)
    form = InvitationForm(data={"name": invited[1].name})
    return show("signin/invitation.html", form=form, person=invited[1], token=token)


@blueprint.post("/invitation/<token>", endpoint="invitation_post")
@needs(Need.PUBLIC)
def invitation_post(token: str) -> BaseResponse:
    """Choose a name and a password; the link dies, the person is signed in."""
    invited = accounts.invitation(token)
    if invited is None:
        return show("signin/invitation_ended.html", status=404)
    link, person = invited
    form = posted(InvitationForm)
    if not form.validate():
        return show("signin/invitation.html", form=form, person=person, token=token, status=422)
    accounts.use_invitation(link, form.password.data)
    actor = accounts.actor_of_person(person) or SYSTEM
    partners.accept_invitation(actor, person, name=form.name.data)
    _open(person.id)
    return done(url_for("dossier.workspace"), _("Bienvenue. Votre compte est ouvert."))


@blueprint.post("/mandat", endpoint="mandate")
@needs(Need.SIGNED_IN)
def wear_mandate() -> BaseResponse:
    """Change the mandate worn."""
    if not accounts.wear(access.session(), request.form.get("mandate", "")):
        abort(404)
    db.session.commit()
    return done(url_for("dossier.workspace"), _("Vous avez changé de mandat."))


@blueprint.get("/compte", endpoint="account")
@needs(Need.SIGNED_IN)
def account() -> Response:
    """Who I am, the mandates I hold, the browsers where I am signed in."""
    session = access.session()
    return show(
        "signin/account.html",
        mandates=mandates_of(session.person_id),
        sessions=accounts.sessions_of(session.person_id),
        current=session,
    )


@blueprint.post("/compte/sessions", endpoint="end_sessions")
@needs(Need.SIGNED_IN)
def end_other_sessions() -> BaseResponse:
    """End my other sessions."""
    session = access.session()
    accounts.end_sessions(session.person_id, but=session.token)
    db.session.commit()
    return done(url_for("signin.account"), _("Vos autres sessions sont fermées."))
