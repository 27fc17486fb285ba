"""Reading the steps of a tranche and the acts behind them, one statement for each question.

Named outside the seven usual files: ``queries`` reads amounts, this module reads what proves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased, contains_eager, joinedload

from cocon.actions.models import Action
from cocon.audit.models import LogChange, LogEntry
from cocon.files.models import Attachment
from cocon.files.queries import READABLE
from cocon.funding import counting, paying, stages
from cocon.funding.models import Act, Authorisation, Condition, Contribution, Step, Tranche
from cocon.funding.queries import suspended
from cocon.funding.standing import standing
from cocon.kernel import clock
from cocon.kernel.db import db
from cocon.kernel.money import Cents
from cocon.partners.models import Mandate, Partner

#: Acts on a page of the register, and in the list from which a step chooses its own.
PAGE, OFFERED = 25, 200


class Recorded(NamedTuple):
    """A step as its page shows it; ``seq`` is its entry in the log, ``sha256`` that of its act's PDF.

    ``undoing`` is the step that took it back, and ``undone`` the entry of that one, where it does not stand any more.
    """

    step: Step
    act: Act | None
    seq: int
    sha256: str | None = None
    undoing: Step | None = None
    undone: int | None = None


@dataclass(frozen=True)
class Ladder:
    """A tranche, whose it is, the steps it took in order, and what the log holds of it: numbers and kinds.

    ``asks`` and ``bound``: whether something is asked of it, or bound over years.
    """

    action: Action
    partner: Partner
    tranche: Tranche
    form: str
    taken: Sequence[Recorded]
    entries: Sequence[tuple[int, str]]
    asks: bool = False
    suspended: bool = False
    bound: bool = False

    @property
    def key(self) -> dict[str, Any]:
        """What names the tranche among those of its partner."""
        return {"year": self.tranche.year, "form": self.form, "nature": self.tranche.nature}

    @property
    def levels(self) -> list[tuple[str, Cents]]:
        """What is planned, then what the tranche counts for at each level."""
        return [(name, counting.counted(self.tranche, name)) for name in ("amount", *stages.LEVELS)]

    @property
    def early(self) -> bool:
        """Whether the year from which it may be paid has not begun."""
        return clock.today().year < self.tranche.year

    @property
    def onward(self) -> list[stages.Step]:
        """The steps that may follow and go further, the nearest first; what is engaged is paid before it is settled."""
        here = stages.rank(self.tranche.stage)
        further = [step for step in self._possible if stages.rank(step.leads or "") > here]
        paying = stages.TRANSITIONS["paid"]
        return [paying, *further] if self.tranche.stage == "paid" and paying in self._possible else further

    @property
    def back(self) -> list[stages.Step]:
        """The steps that may follow and say more of an earlier one, take back, or end."""
        return [step for step in self._possible if step not in self.onward]

    @property
    def unbound(self) -> bool:
        """Whether the contribution may still be withdrawn as it was announced."""
        tranche = self.tranche
        return tranche.amount > 0 and not (tranche.voted or tranche.credited) and tranche.stage not in stages.ENDED

    @property
    def _possible(self) -> list[stages.Step]:
        return [step for kind, step in stages.TRANSITIONS.items() if self._is_possible(kind, step)]

    @property
    def standing(self) -> list[Recorded]:
        """The steps that were not taken back."""
        return [one for one in self.taken if one.undoing is None]

    @property
    def last(self) -> str | None:
        """The kind of the last of them."""
        return self.standing[-1].step.kind if self.standing else None

    @property
    def _ended(self) -> bool:
        return paying.ended(one.step.kind for one in self.standing)

    def _is_possible(self, kind: str, step: stages.Step) -> bool:
        """Whether the step would not be refused whatever is said of it; of a fiche no more, only money comes back."""
        tranche = self.tranche
        about = self.last if kind == "cancelled" else kind
        if tranche.stage not in step.starts or not (self.action.alive or about == "returned"):
            return False
        if kind == "cancelled":
            return about is not None
        if kind == "terminated":
            return tranche.contracted > tranche.paid == tranche.engaged and not self._ended
        if kind == "paid" and (self.early or self.suspended or tranche.paid == tranche.engaged or self._ended):
            return False
        return step.proof != "outcome" or self.action.maturity == "adopted"


def ladder(action_id: str, tranche_id: str) -> Ladder | None:
    """A tranche of a fiche, with its steps; None when there is none."""
    row = db.session.execute(
        select(Action, Partner, Tranche, Contribution.form, *_besides())
        .join(Contribution, Contribution.action_id == Action.id)
        .join(Partner, Partner.id == Contribution.partner_id)
        .join(Tranche, Tranche.contribution_id == Contribution.id)
        .join(Action.axis)
        .options(contains_eager(Action.axis))
        .where(Action.id == action_id, Tranche.id == tranche_id)
    ).first()
    if row is None:
        return None
    action, partner, tranche, form, *besides = row
    return Ladder(action, partner, tranche, form, _steps(tranche.id), _entries(tranche), *besides)


def _besides() -> tuple[ColumnElement[bool], ...]:
    """Whether there is more to read of the contribution, which most often there is not; whether it is suspended."""
    authorised = exists().where(
        Authorisation.contribution_id == Contribution.id, Authorisation.nature == Tranche.nature
    )
    return exists().where(Condition.contribution_id == Contribution.id), suspended(), authorised


def _entries(tranche: Tranche) -> Sequence[tuple[int, str]]:
    """Those of its steps too, which may change nothing of it, and of the conditions that hold its payments."""
    steps = select(Step.id).where(Step.tranche_id == tranche.id)
    asked = select(Condition.id).where(Condition.contribution_id == tranche.contribution_id)
    rows = db.session.execute(
        select(LogEntry.seq, LogEntry.kind)
        .join(LogChange, LogChange.seq == LogEntry.seq)
        .where(or_(LogChange.row_id == tranche.id, LogChange.row_id.in_(steps), LogChange.row_id.in_(asked)))
        .distinct()
        .order_by(LogEntry.seq)
    )
    return [(seq, kind) for seq, kind in rows]


def _steps(tranche_id: str) -> Sequence[Recorded]:
    undoing, undone = aliased(Step), aliased(LogChange)
    rows = db.session.execute(
        select(Step, Act, LogChange.seq, Attachment.sha256, undoing, undone.seq)
        .outerjoin(Act, Act.id == Step.act_id)
        .outerjoin(
            Attachment,
            (Attachment.act_id == Act.id) & Attachment.withdrawn_at.is_(None) & Attachment.state.in_(READABLE),
        )
        .join(LogChange, (LogChange.row_id == Step.id) & (LogChange.rev == 1))
        .outerjoin(undoing, undoing.cancels_id == Step.id)
        .outerjoin(undone, (undone.row_id == undoing.id) & (undone.rev == 1))
        .options(joinedload(undoing.mandate).joinedload(Mandate.person))
        .where(Step.tranche_id == tranche_id, Step.cancels_id.is_(None))
        .order_by(Step.number)
    )
    return [Recorded(*row) for row in rows]


class Proof(NamedTuple):
    """An act in a list: whose it is, and how many steps rest on it."""

    act: Act
    partner: Partner
    uses: int


class Page(NamedTuple):
    """25 acts at most; ``next`` is the act after which the next page begins."""

    lines: Sequence[Proof]
    next: str | None


def acts(partner_id: str | None = None, after: str | None = None) -> Page:
    """The acts that partners recorded, the latest adopted first: those of one partner, or all."""
    uses = select(func.count()).where(Step.act_id == Act.id, standing()).scalar_subquery()
    found = select(Act, Partner, uses).join(Act.partner)
    if partner_id:
        found = found.where(Act.partner_id == partner_id)
    if after is not None:
        cursor = aliased(Act)
        before = tuple_(Act.adopted_on, Act.id) < tuple_(cursor.adopted_on, cursor.id)
        found = found.join(cursor, cursor.id == after).where(before)
    rows = db.session.execute(found.order_by(Act.adopted_on.desc(), Act.id.desc()).limit(PAGE + 1))
    lines = [Proof(*row) for row in rows]
    return Page(lines[:PAGE], lines[PAGE - 1].act.id if len(lines) > PAGE else None)


def own_acts(partner_id: str | None, kinds: Sequence[str]) -> Sequence[Act]:
    """The acts of these kinds that a partner may rest a step on, the latest first: one more than a list offers."""
    return db.session.scalars(
        select(Act)
        .where(Act.partner_id == partner_id, Act.kind.in_(kinds), Act.withdrawn_at.is_(None))
        .order_by(Act.adopted_on.desc(), Act.number)
        .limit(OFFERED + 1)
    ).all()


def act(act_id: str) -> tuple[Act, Partner] | None:
    """An act and its partner."""
    row = db.session.execute(select(Act, Partner).join(Act.partner).where(Act.id == act_id)).first()
    return (row[0], row[1]) if row else None
