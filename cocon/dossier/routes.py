"""Mon espace, the whole fiche, its versions and their comparison."""

from __future__ import annotations

from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, Response, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from cocon.actions import comparison, drafts, words
from cocon.actions import queries as actions
from cocon.actions.models import Action
from cocon.audit import recent
from cocon.decisions import queries as decisions
from cocon.discussion import queries as discussion
from cocon.dossier import acts, queries, wording
from cocon.funding import queries as funding
from cocon.funding.balance import EnvelopeLine
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.language import LazyString, _
from cocon.kernel.money import euros
from cocon.policy import Permission, demand
from cocon.suggestions import queries as suggestions
from cocon.web import access
from cocon.web.access import needs
from cocon.web.filters import date_long
from cocon.web.pages import show

blueprint = Blueprint("dossier", __name__)
RECENT = 8


@blueprint.get("/espace", endpoint="workspace")
@needs(Permission.READ)
def workspace() -> Response:
    """What awaits the mandate worn, what awaits others, what happened."""
    actor = access.actor()
    lists = queries.workspace(actor)
    todo = [wording.line(task) for task in lists.todo]
    g.waiting = len(todo)
    return show(
        "dossier/workspace.html",
        marker=[format_date(clock.today(), "EEEE", locale="fr").capitalize(), date_long(clock.today())],
        situation=wording.situation(todo),
        todo=todo,
        waiting=[wording.line(task) for task in lists.waiting],
        nothing=wording.nothing(actor),
        recents=_recents(actor),
        envelopes=lists.envelopes,
        promised=sum(line.promised for line in lists.envelopes),
        bars=[_bar(line) for line in lists.envelopes],
    )


def _bar(line: EnvelopeLine) -> dict[str, object]:
    left = "" if line.left is None else _("reste %(left)s", left=euros(line.left))
    return {"label": str(line.year), "promised": line.promised, "pending": 0, "ceiling": line.amount, "text": left}


def _recents(actor: Actor) -> list[tuple[str, str, str | None]]:
    return [
        (date_long(entry.at), entry.sentence, url_for("audit.history", action_id=entry.about) if entry.about else None)
        for entry in recent.entries(actor, RECENT)
    ]


@blueprint.get("/actions/<uuid:action_id>", endpoint="action")
@needs(Permission.READ)
def action_page(action_id: UUID) -> BaseResponse:
    """The fiche: what one may do, its text, its money, the positions, the exchanges; of one's draft, its form."""
    actor = access.actor()
    # first: it reads the fiche anew, without its objective
    consultation, deciding = decisions.latest_and_period(str(action_id))
    whole = actions.whole(str(action_id), also=suggestions.counts(str(action_id)))
    if whole is None:
        return _draft(actor, action_id)
    action = whole.action
    return show(
        "dossier/action.html",
        whole=whole,
        action=action,
        maturity=words.MATURITY[action.maturity],
        decision=words.DECISION[action.decision],
        progress=words.PROGRESS[action.progress],
        box=acts.box(actor, action, consultation, deciding, whole.also[0]),
        plan=funding.plan(funding.financing(action.id), whole.costs, actor.partner_id),
        consultation=consultation,
        groups=decisions.groups(consultation, actor.partner_id) if consultation else [],
        threads=discussion.threads(action.id, actor),
    )


def _draft(actor: Actor, action_id: UUID) -> BaseResponse:
    """What is not shared yet has no page: those who may read it are led to its form."""
    draft = drafts.find(actor, str(action_id))
    if draft is None:
        abort(404)
    demand(actor, Permission.READ_DRAFT, draft)
    return redirect(url_for("actions.edit", action_id=draft.id), 303)


@blueprint.get("/actions/<uuid:action_id>/versions", endpoint="versions")
@needs(Permission.READ)
def versions(action_id: UUID) -> Response:
    """The versions of a fiche, newest first, with what was decided on them."""
    action, before = _action(action_id), request.args.get("avant")
    return show(
        "dossier/versions.html",
        action=action,
        versions=queries.versions(str(action_id), _number(before) if before else None),
        adopted=queries.ADOPTED,
        choices=_choices(action),
        first=before is None,
    )


@blueprint.get("/actions/<uuid:action_id>/comparer", endpoint="compare")
@needs(Permission.READ)
def compare(action_id: UUID) -> Response:
    """What changed between any two versions; without a choice, what the latest one changed."""
    action = _action(action_id)
    newer = _number(request.args.get("a") or str(action.version))
    older = _number(request.args.get("de") or str(max(newer - 1, 1)))
    texts = [actions.version(action.id, number) for number in (older, newer)]
    if texts[0] is None or texts[1] is None:
        abort(404)
    return show(
        "dossier/compare.html",
        action=action,
        compared=comparison.compare(texts[0], texts[1]),
        choices=_choices(action),
        older=older,
        newer=newer,
        beside=request.args.get("vue") == "cote-a-cote",
    )


def _choices(action: Action) -> list[tuple[int, LazyString]]:
    """The versions of a fiche as a list to choose from, newest first."""
    return [(number, _("version %(n)s", n=number)) for number in range(action.version, 0, -1)]


def _action(action_id: UUID) -> Action:
    action = actions.find(str(action_id))
    if action is None:
        abort(404)
    return action


def _number(text: str) -> int:
    """The number typed in an address; 0, which no version has, when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
