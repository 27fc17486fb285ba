"""Mon espace, and the whole fiche."""

from __future__ import annotations

from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, Response, abort, g, url_for

from cocon.actions import queries as actions
from cocon.actions import words
from cocon.audit import recent
from cocon.decisions import queries as decisions
from cocon.discussion import queries as discussion
from cocon.dossier import acts, queries, wording
from cocon.funding import queries as funding
from cocon.funding.balance import EnvelopeLine
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.language import _
from cocon.kernel.money import euros
from cocon.policy import Permission
from cocon.structure import queries as structure
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
def action_page(action_id: UUID) -> Response:
    """The fiche: what one may do, its text, its money, the positions, the exchanges."""
    actor = access.actor()
    consultation = decisions.latest(str(action_id))  # first: it reads the fiche anew, without its objective
    whole = actions.whole(str(action_id), beside=structure.beside(str(action_id), actor))
    if whole is None:
        abort(404)
    action, links = whole.action, structure.read(whole.beside)
    return show(
        "dossier/action.html",
        whole=whole,
        action=action,
        maturity=words.MATURITY[action.maturity],
        decision=words.DECISION[action.decision],
        progress=words.PROGRESS[action.progress],
        links=links,
        box=acts.box(actor, action, consultation, links),
        plan=funding.plan(funding.financing(action.id), whole.costs, actor.partner_id),
        consultation=consultation,
        groups=decisions.groups(consultation, actor.partner_id) if consultation else [],
        threads=discussion.threads(action.id, actor),
    )
