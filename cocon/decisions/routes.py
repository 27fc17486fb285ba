"""Pages of decisions: consultations, the position of one's own partner, the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon import policy
from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.audit.words import of_the, the
from cocon.contracts.queries import demand_open
from cocon.decisions import operations, queries, refusals
from cocon.decisions.forms import OpeningForm, OutcomeForm, PositionForm
from cocon.decisions.models import Consultation, Seat
from cocon.kernel.language import _
from cocon.kernel.refusal import Outdated, Refusal
from cocon.policy import Permission
from cocon.web.access import actor, needs
from cocon.web.filters import date_long
from cocon.web.forms import VersionedForm, posted
from cocon.web.pages import done, part_done, show

blueprint = Blueprint("decisions", __name__)


@blueprint.get("/decisions", endpoint="index")
@needs(Permission.READ)
def index() -> Response:
    """All consultations: those still open first, then those decided, newest first."""
    after = request.args.get("apres")
    found = queries.listing(actor().partner_id, after)
    context = {"next": found.next, "later": after is not None, "who_decides": queries.WHO_DECIDES}
    return show("decisions/index.html", **context, **_list(found.lines))


@blueprint.get("/actions/<uuid:action_id>/decisions", endpoint="of_action")
@needs(Permission.READ)
def of_action(action_id: UUID) -> Response:
    """The consultations of a fiche."""
    action = _action(action_id)
    lines = queries.of_action(action.id, actor().partner_id)
    return show("decisions/of_action.html", action=action, **_list(lines))


@blueprint.get("/actions/<uuid:action_id>/decisions/ouvrir", endpoint="open")
@needs(Permission.CONVENE)
def opening(action_id: UUID) -> Response:
    """The form that opens a consultation."""
    action = _action(action_id)
    policy.demand(actor(), Permission.CONVENE, action)
    return _show_opening(action, OpeningForm(data={"of_version": action.version}))


@blueprint.post("/actions/<uuid:action_id>/decisions/ouvrir", endpoint="open_post")
@needs(Permission.CONVENE)
def opening_post(action_id: UUID) -> BaseResponse:
    """Open a consultation on the version chosen."""
    action = _action(action_id)
    policy.demand(actor(), Permission.CONVENE, action)
    form = posted(OpeningForm)
    if _stale(form, action.rev):
        return _show_opening(action, form)
    event = form.carry_out(operations.open_consultation, actor(), action)
    if event is None:
        return _show_opening(_action(action_id), form)
    return done(
        url_for("decisions.show", consultation_id=event.subject.id),
        _("La consultation %(number)s est ouverte\u202f: elle attend les partenaires.", number=event.number),
    )


@blueprint.get("/decisions/<uuid:consultation_id>", endpoint="show")
@needs(Permission.READ)
def consultation_page(consultation_id: UUID) -> Response:
    """A consultation: what was asked, what each partner answered, what was decided."""
    consultation, deciding = queries.whole_and_period(str(consultation_id))
    if consultation is None:
        abort(404)
    partner_id = actor().partner_id
    return show(
        "decisions/show.html",
        consultation=consultation,
        closed=deciding.closed,
        who_decides=queries.WHO_DECIDES,
        whole=actions.version(consultation.action_id, consultation.version),
        groups=queries.groups(consultation, partner_id),
        answers=queries.answers(consultation, partner_id),
        traces=queries.traces(consultation.id),
        seat=queries.seat_of(consultation, partner_id),
        stances=queries.STANCES,
        outcomes=queries.OUTCOMES,
        mine=_mine(),
        of_mine=_of_mine(),
    )


@blueprint.get("/decisions/<uuid:consultation_id>/avis", endpoint="take_position")
@needs(Permission.TAKE_POSITION)
def position_page(consultation_id: UUID) -> Response:
    """The fiche in short and the form, what was given already, or why it is too late."""
    consultation = _invited(consultation_id)
    given = _seat(consultation).position
    form = PositionForm(data={"stance": given.stance, "reason": given.reason} if given else None)
    if (closed := _closure(consultation)) is not None:
        return _show_position(consultation, form, "closed", closed)
    return _show_position(consultation, form, "given" if given and "changer" not in request.args else "form")


@blueprint.post("/decisions/<uuid:consultation_id>/avis", endpoint="take_position_post")
@needs(Permission.TAKE_POSITION)
def position_post(consultation_id: UUID) -> BaseResponse:
    """First the check page, then, once confirmed, the position itself."""
    consultation = _invited(consultation_id)
    form = posted(PositionForm)
    if (closed := _closure(consultation)) is not None:
        form.status = closed.status
        return _show_position(consultation, form, "closed", closed)
    if "modifier" in request.form or _stale(form, _seat(consultation).rev):
        return _show_position(consultation, form, "form")
    if "confirmer" not in request.form:
        form.status = 200 if form.validate() else 422
        return _show_position(consultation, form, "check" if form.status == 200 else "form")
    if form.carry_out(operations.take_position, actor(), consultation) is None:
        return _show_position(_invited(consultation_id), form, "form")
    return part_done(
        "decisions/_position.html",
        _("L’avis de votre organisation est enregistré."),
        url_for("decisions.take_position", consultation_id=consultation_id),
        **_position_context(_invited(consultation_id), form, "given"),
    )


@blueprint.get("/decisions/<uuid:consultation_id>/prononcer", endpoint="pronounce")
@needs(Permission.PRONOUNCE)
def outcome_page(consultation_id: UUID) -> Response:
    """The form that pronounces the outcome, with the positions beside it."""
    return _show_outcome(_consultation(consultation_id), OutcomeForm())


@blueprint.post("/decisions/<uuid:consultation_id>/prononcer", endpoint="pronounce_post")
@needs(Permission.PRONOUNCE)
def outcome_post(consultation_id: UUID) -> BaseResponse:
    """First the check page, then, once confirmed, the outcome itself: it is never changed afterwards."""
    consultation = _consultation(consultation_id)
    form = posted(OutcomeForm)
    if "modifier" in request.form:
        return _show_outcome(consultation, form)
    if "confirmer" not in request.form and _waiting(consultation) is None and consultation.pronounced_at is None:
        if _stale(form, queries.heard(consultation)):
            return _show_outcome(consultation, form)
        form.status = 200 if form.validate() else 422
        return _show_outcome(consultation, form, checked=form.status == 200)
    event = form.carry_out(operations.pronounce_outcome, actor(), consultation)
    if event is None:
        return _show_outcome(_consultation(consultation_id), form)
    return done(
        url_for("decisions.show", consultation_id=consultation.id),
        _("La décision %(number)s est prononcée.", number=event.number),
    )


def _mine() -> str:
    """``La Ville de Grenoble``, at the beginning of a sentence; empty for those who have no partner."""
    name = the(actor().partner_key, actor().partner_name or "")
    return name[:1].upper() + name[1:]


def _list(lines: Sequence[queries.Line]) -> dict[str, Any]:
    """What the table of consultations shows."""
    may_answer = policy.has_role(actor(), Permission.TAKE_POSITION)
    closed = next((line.deciding.closed for line in lines if line.phase == 0), None)
    return {"lines": lines, "outcomes": queries.OUTCOMES, "may_answer": may_answer, "closed": closed}


def _action(action_id: UUID) -> Action:
    action = actions.find(str(action_id))
    if action is None:
        abort(404)
    return action


def _consultation(consultation_id: UUID) -> Consultation:
    consultation = queries.whole(str(consultation_id))
    if consultation is None:
        abort(404)
    return consultation


def _invited(consultation_id: UUID) -> Consultation:
    """The consultation, for those whose partner stands on its roster."""
    consultation = _consultation(consultation_id)
    policy.demand(actor(), Permission.TAKE_POSITION, consultation)
    return consultation


def _seat(consultation: Consultation) -> Seat:
    seat = queries.seat_of(consultation, actor().partner_id)
    if seat is None:
        abort(404)
    return seat


def _closure(consultation: Consultation) -> Refusal | None:
    """Why no position can be given now, or None."""
    if not consultation.open:
        return refusals.ConsultationClosed(queries.closed_since(consultation))
    try:
        demand_open("deciding")
    except Refusal as refusal:
        return refusal
    return None


def _stale(form: VersionedForm, revision: int) -> bool:
    """Whether somebody acted since the page was made; the form says so."""
    try:
        form.demand_current(revision)
    except Outdated as refusal:
        form.refuse(refusal)
        return True
    return False


def _show_opening(action: Action, form: OpeningForm) -> Response:
    versions = actions.versions(action.id)
    form.of_version.choices = {str(line.number): _version_words(line) for line in versions}
    return show("decisions/open.html", action=action, form=form, status=form.status)


def _version_words(line: actions.VersionLine) -> str:
    said = _("Version %(number)s, du %(day)s", number=line.number, day=date_long(line.published_at))
    return f"{said} – {line.summary}" if line.summary else str(said)


def _position_context(
    consultation: Consultation, form: PositionForm, step: str, closed: Refusal | None = None
) -> dict[str, Any]:
    """What the part shows: ``form``, ``check``, ``given`` or ``closed``."""
    seat = _seat(consultation)
    context = {"consultation": consultation, "seat": seat, "form": form, "step": step, "closed": closed}
    context |= {"stances": queries.STANCES, "traces": {}, "due": [], "of_mine": _of_mine()}
    if step in ("given", "closed") and seat.position:
        context["traces"] = queries.traces(consultation.id)
    if step == "given":
        context["due"] = queries.awaiting(seat.partner_id)
    return context


def _of_mine() -> str:
    """``de la Ville de Grenoble``, ``du Conseil général de l’Isère``."""
    return "".join(of_the(actor().partner_key, actor().partner_name or ""))


def _show_position(
    consultation: Consultation, form: PositionForm, step: str, closed: Refusal | None = None
) -> Response:
    text = actions.version(consultation.action_id, consultation.version) if step == "form" else None
    context = _position_context(consultation, form, step, closed)
    return show("decisions/take_position.html", "decisions/_position.html", status=form.status, whole=text, **context)


def _waiting(consultation: Consultation) -> Refusal | None:
    """Why the outcome cannot be pronounced yet, or None."""
    seated, answered = len(consultation.seats), sum(1 for seat in consultation.seats if seat.position)
    if consultation.open and answered < seated:
        return refusals.StillOpen(consultation.deadline, seated - answered)
    return None


def _show_outcome(consultation: Consultation, form: OutcomeForm, *, checked: bool = False) -> Response:
    return show(
        "decisions/pronounce.html",
        status=form.status,
        consultation=consultation,
        form=form,
        waiting=_waiting(consultation),
        checked=checked,
        withdrawing=checked and form.outcome.data == "withdrawn",
        outcomes=queries.OUTCOMES,
        groups=queries.groups(consultation),
        heard=queries.heard(consultation),
        stances=queries.STANCES,
        name_of=queries.name_of,
    )
