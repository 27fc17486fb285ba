"""One line of « Mon espace »: what it asks, and where; what lies on the desk becomes one.

Named outside the seven usual files: ``queries`` finds what awaits whom, here is what each thing found asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cocon.contracts.queries import Period
from cocon.dossier import papers
from cocon.dossier.papers import Paper
from cocon.funding import awaiting, owed
from cocon.kernel import clock
from cocon.kernel.money import Cents
from cocon.suggestions.models import CLOSED

ANY_DAY = Period()
#: What awaits others.
WAITING = ("validation", "suggested", "reports")


@dataclass(frozen=True, kw_only=True)
class Task:
    """Something to do, or to wait for. ``kind`` chooses the words, ``endpoint`` and ``args`` the page.

    ``who`` is a person and a partner; ``seen`` says where it may be marked as seen, when it may, ``shown`` what of it
    is then seen. ``kept`` is the code of the fiche into which this one was merged.
    """

    kind: str
    endpoint: str
    args: dict[str, Any] = field(default_factory=dict)
    deadline: datetime | None = None
    since: datetime | None = None
    code: str | None = None
    title: str | None = None
    axis: int | None = None
    count: int = 0
    total: int = 0
    years: tuple[int, ...] = ()
    period: Period = ANY_DAY
    by: str | None = None
    who: tuple[str, str] = ("", "")
    seen: dict[str, Any] | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    name: str = ""
    reason: str = ""
    kept: str | None = None
    amount: Cents = 0

    @property
    def order(self) -> tuple[bool, str]:
        """Nearest deadline first, then what has none, oldest first."""
        moment = self.deadline or self.since
        return self.deadline is None, clock.stamp(moment) if moment else ""


def of(paper: Paper, *, validates: bool) -> Task:
    """What a paper asks of the actor, who ``validates`` what others prepare or not."""
    if paper.kind == "draft":
        return _draft_task(paper, validates=validates)
    return _TASKS[paper.kind](paper)


def _draft_task(paper: Paper, *, validates: bool) -> Task:
    """A text being prepared; the actor's own may await a representative, or be left behind by its fiche."""
    if paper.state in papers.OVER:
        return _left_task(paper)
    forked, asked = paper.action_id is not None, paper.asked_at is not None
    waits = asked and not validates
    page = "edit" if waits or not asked else "publish" if forked else "share"
    return Task(
        kind="validation" if waits else "validate" if asked else "fork" if forked else "draft",
        endpoint=f"actions.{page}",
        args={"action_id": paper.action_id or paper.id},
        since=paper.asked_at or paper.since,
        title=paper.title or None,
        by=paper.by,
        period=ANY_DAY if forked else Period(paper.opens_on, paper.closes_on),
    )


def _left_task(paper: Paper) -> Task:
    """A next version whose fiche was withdrawn or merged."""
    return Task(
        kind="left",
        endpoint="actions.edit",
        args={"action_id": paper.action_id},
        since=paper.since,
        code=paper.code,
        title=paper.title or None,
        state=paper.state or "",
        kept=paper.kept,
    )


def _call_task(paper: Paper) -> Task:
    """A message in which somebody calls the actor or its partner, until it is answered or seen."""
    return Task(
        kind="call",
        endpoint="discussion.threads",
        args={"action_id": paper.action_id, "fil": paper.thread_id, "_anchor": f"message-{paper.id}"},
        seen={"endpoint": "discussion.seen", "action_id": paper.action_id, "comment_id": paper.id},
        since=paper.since,
        code=paper.code,
        title=paper.title,
        axis=paper.axis,
        who=(paper.by or "", paper.partner_name),
    )


def _carry_task(paper: Paper) -> Task:
    """What one's organisation promised to a fiche merged since."""
    return Task(
        kind="carry",
        endpoint="structure.carry",
        args={"action_id": paper.id},
        since=paper.since,
        code=paper.code,
        title=paper.title,
        amount=paper.amount or 0,
    )


def _suggestion_task(paper: Paper) -> Task:
    accepting = paper.kind == "settle" and not paper.count
    return Task(
        kind="apply" if accepting else paper.kind,
        endpoint="suggestions.index",
        args={"action_id": paper.id},
        since=paper.since,
        code=paper.code,
        title=paper.title or None,
        axis=paper.axis,
        count=paper.total if accepting else paper.count,
        total=paper.total,
    )


def _answer_task(paper: Paper) -> Task:
    """What became of a suggestion, until its author saw it."""
    where = {"etat": "reglees"} if paper.state in CLOSED else {}
    return Task(
        kind="answer",
        endpoint="suggestions.index",
        args={"action_id": paper.action_id, **where, "_anchor": f"suggestion-{paper.id}"},
        seen={"endpoint": "suggestions.seen", "action_id": paper.action_id, "suggestion_id": paper.id},
        shown={"version": paper.total, "answer": paper.state},
        since=paper.since,
        code=paper.code,
        title=paper.title,
        axis=paper.axis,
        count=paper.count,
        state=paper.state or "",
        name=paper.field or "",
        reason=paper.reason or "",
        kept=paper.kept,
    )


#: Whether one's organisation owes the reports of a task, or awaits them.
_SIDES = {"report": "doit", "due": "doit", "reports": "attend"}


def _report_task(paper: Paper) -> Task:
    """The reports that one's organisation owes, late or not yet, or awaits: how many, and since when the oldest."""
    state = owed.SOON if paper.kind == "due" else "en-retard"
    return Task(
        kind=paper.kind,
        endpoint="funding.reports",
        args={"etat": state, "partenaire": paper.state, "sens": _SIDES[paper.kind]},
        deadline=clock.end_of_day(owed.due_on(paper.total)),
        count=paper.count,
        total=owed.days_late(paper.total),
    )


def _step_task(paper: Paper) -> Task:
    """The contributions of one's organisation that wait for the same step."""
    args = {"partenaire": paper.state, "attente": paper.kind}
    return Task(kind=paper.kind, endpoint="funding.behind", args=args, count=paper.count)


_TASKS = {
    **dict.fromkeys(awaiting.KINDS, _step_task),
    **dict.fromkeys(("report", "due", "reports"), _report_task),
    "call": _call_task,
    "carry": _carry_task,
    "answer": _answer_task,
    "settle": _suggestion_task,
    "suggested": _suggestion_task,
}
