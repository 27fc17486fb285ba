"""Signing in and out, accepting an invitation, changing the mandate worn, one's own sessions."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from flask import Blueprint, Response, abort, g, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.kernel import clock, once
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import begin_write, db
from cocon.kernel.ids import fingerprint, new_token
from cocon.kernel.language import LazyString, _, ngettext
from cocon.partners import operations as partners
from cocon.partners.models import Person
from cocon.partners.queries import ROLES, mandates_held, mandates_of, person_by_id
from cocon.policy import Need
from cocon.signin import accounts
from cocon.signin.forms import InvitationForm, SignInForm
from cocon.web import access
from cocon.web.access import needs, unhurried
from cocon.web.forms import posted
from cocon.web.pages import done, show

blueprint = Blueprint("signin", __name__)

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@blueprint.get("/connexion", endpoint="sign_in")
@needs(Need.PUBLIC)
def sign_in_page() -> BaseResponse:
    """The form; somebody already signed in goes on."""
    suite = _safe(request.args.get("suite"))
    if access.session():
        return done(_landing(access.session().person_id, suite))
    return _sign_in(SignInForm(), suite)


@blueprint.post("/connexion", endpoint="sign_in_post")
@needs(Need.PUBLIC)
@unhurried
def sign_in_post() -> BaseResponse:
    """Check the password; a success opens a new session, a failure says the same whatever its cause.

    The key is taken with the count of the attempt, and given back when the password is wrong: of a form sent many
    times at once one is counted and checked, and the others get its answer.
    """
    form, address = posted(SignInForm), request.remote_addr or "-"
    suite = _safe(request.form.get("suite"))
    if not form.validate():
        return _sign_in(form, suite, 422)
    email, password = form.email.data or "", form.password.data or ""
    token = access.token_of_form(email, password)
    claim = access.claim_of(lambda: fingerprint(token))
    first, wait = _begin(claim, email, address)
    if first:
        return _again(first, token)
    if wait:
        return _patience(form, suite, wait)
    person = accounts.check_password(email, password)
    if person is None:
        accounts.note_end(claim)
        return _sign_in(
            form, suite, 422, _("L’adresse ou le mot de passe ne correspond pas. Vérifiez-les, puis recommencez.")
        )
    begin_write()
    accounts.forget_failures(email)
    accounts.give_back(address)
    where = _landing(person.id, suite)
    mine = claim is not None and once.answer(claim, 303, where)
    _open(person, token if mine else new_token())
    return done(where)


def _begin(claim: once.Claim | None, email: str, address: str) -> tuple[once.IdempotencyKey | None, timedelta | None]:
    """The answer that the same form got already, or how long to wait; neither, and the attempt is counted.

    Another password under the same key is another attempt: counted, and without the key.
    """
    while True:
        first = access.first_answer(claim) if claim else None
        if first and claim and first.digest != claim.digest:
            first = claim = None
        wait = accounts.waiting(email, address)
        if first and not wait:
            return first, None
        if not wait:
            begin_write()
            if claim is None or once.claim(claim):
                return None, accounts.note_failure(email, address)
        elif first or claim is None or once.first_answer(claim) is None:
            return None, wait


def _again(first: once.IdempotencyKey, token: str) -> BaseResponse:
    """The answer to a form that signed in already: the same cookie, made again from what was sent, while it is good.

    The password needs no second check, for another one would give another token. It is not kept anywhere: a copy of
    the database gives nobody's session.
    """
    if accounts.read_session(token):
        access.start_session(token)
    return done(first.location or url_for("signin.sign_in"))


def _sign_in(form: SignInForm, suite: str | None, status: int = 200, said: LazyString | None = None) -> Response:
    if said is not None:
        form.form_errors = [str(said)]
    return show("signin/sign_in.html", form=form, suite=suite, status=status)


def _patience(form: SignInForm, suite: str | None, wait: timedelta) -> Response:
    seconds = ceil(wait.total_seconds())
    left = ngettext("%(num)s seconde", "%(num)s secondes", seconds)
    if seconds > 90:
        left = ngettext("%(num)s minute", "%(num)s minutes", ceil(seconds / 60))
    said = _("Trop d’essais ont échoué. Attendez %(left)s, puis recommencez.", left=left)
    response = _sign_in(form, suite, 429, said)
    response.headers["Retry-After"] = str(seconds)
    return response


def _landing(person_id: str, suite: str | None) -> str:
    """Where somebody goes once signed in: without a valid mandate, their account is all there is."""
    return suite or url_for("dossier.workspace") if mandates_of(person_id) else url_for("signin.account")


def _open(person: Person, token: str) -> None:
    """A new session with a new cookie; the one the browser had, if any, ends. Commits."""
    begin_write()
    if access.session():
        accounts.end_session(access.session().token)
    accounts.open_session(person.id, request.headers.get("User-Agent", ""), token)
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
    """End every session of the person, in every browser, and every copy of their cookies."""
    accounts.end_sessions(access.session().person_id)
    db.session.commit()
    access.drop_session()
    return done(url_for("site.home"), _("Vos sessions sont fermées, sur ce poste et sur tous les autres."))


@blueprint.get("/invitation/<token>", endpoint="invitation")
@needs(Need.PUBLIC)
def invitation_page(token: str) -> Response:
    """The page of an invitation link; opening it changes nothing (mail scanners open links)."""
    invited = accounts.invitation(token)
    if invited is None:
        return show("signin/invitation_ended.html", status=404)
    person = invited[1]
    return _invitation(InvitationForm(data={"name": person.name}), person, token)


@blueprint.post("/invitation/<token>", endpoint="invitation_post")
@needs(Need.PUBLIC)
def invitation_post(token: str) -> BaseResponse:
    """Choose a name and a password; the link dies, the person is signed in."""
    invited = accounts.invitation(token, to_use=True)
    if invited is None:
        return show("signin/invitation_ended.html", status=404)
    link, person = invited
    form = posted(InvitationForm, known=(person.email, person.name))
    if not form.validate():
        return _invitation(form, person, token, 422)
    accounts.use_invitation(link, form.password.data or "")
    actor = accounts.actor_of_person(person) or SYSTEM
    partners.accept_invitation(actor, person, name=form.name.data or "")
    begin_write()
    accounts.forget_failures(person.email)
    _open(person, new_token())
    return done(_landing(person.id, None), _("Bienvenue. Votre compte est ouvert."))


def _invitation(form: InvitationForm, person: Person, token: str, status: int = 200) -> Response:
    return show("signin/invitation.html", form=form, person=person, token=token, status=status)


@blueprint.post("/mandat", endpoint="mandate")
@needs(Need.SIGNED_IN)
def wear_mandate() -> BaseResponse:
    """Change the mandate worn."""
    token = accounts.wear(access.session(), request.form.get("mandate", ""))
    if token is None:
        abort(404)
    db.session.commit()
    access.start_session(token)
    return done(url_for("dossier.workspace"), _("Vous avez changé de mandat."))


@blueprint.get("/compte", endpoint="account")
@needs(Need.SIGNED_IN)
def account() -> Response:
    """Who I am, the mandates I hold, the browsers where I am signed in."""
    session, today = access.session(), clock.today()
    held = mandates_held(session.person_id)
    return show(
        "signin/account.html",
        person=person_by_id(session.person_id),
        mandates=[mandate for mandate in held if mandate.valid_on(today)],
        others=[mandate for mandate in held if not mandate.valid_on(today)],
        worn=session.actor.mandate_id if session.actor else None,
        sessions=[(row, _browser(row.agent)) for row in accounts.sessions_of(session.person_id)],
        here=session.token,
        roles=ROLES,
    )


def _browser(agent: str) -> str:
    """``Firefox, Windows``, as far as the browser says."""
    told = [next((name for mark, name in known if mark in agent), None) for known in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in told if name) or str(_("navigateur inconnu"))


@blueprint.post("/compte/sessions", endpoint="end_sessions")
@needs(Need.SIGNED_IN)
def end_other_sessions() -> BaseResponse:
    """End my other sessions."""
    session = access.session()
    accounts.end_sessions(session.person_id, but=session.token)
    db.session.commit()
    return done(url_for("signin.account"), _("Vos autres sessions sont fermées."))
