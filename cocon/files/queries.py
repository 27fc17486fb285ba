"""Reading attached files: what the actor may know of, in one statement for each question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from cocon.actions.models import Action
from cocon.files.models import Attachment
from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.partners.models import Mandate, Partner

#: Files of a fiche shown on its page; nobody attaches more.
MOST = 200
READABLE = ("unscanned", "clean")


@dataclass(frozen=True)
class Piece:
    """A file as its page shows it; the partner under the name it had that day."""

    attachment: Attachment

    @property
    def author(self) -> str:
        """Who attached it."""
        return self.attachment.mandate.person.name

    @property
    def partner(self) -> str:
        """For whom."""
        partner = self.attachment.mandate.partner
        return partner.name_on(self.attachment.attached_at.astimezone(clock.PARIS).date()) if partner else ""


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Files for all partners, and those of the actor's own organisation."""
    shared = Attachment.visibility == "partners"
    if actor.partner_id is None:
        return shared
    return or_(shared, and_(Attachment.visibility == "internal", Attachment.partner_id == actor.partner_id))


def pieces(action_id: str, actor: Actor) -> Sequence[Piece]:
    """The files of a fiche that the actor may know of, newest first, the organisation's own ones before."""
    rows = db.session.scalars(
        select(Attachment)
        .join(Attachment.mandate)
        .join(Mandate.person)
        .outerjoin(Mandate.partner)
        .options(
            contains_eager(Attachment.mandate).contains_eager(Mandate.person),
            contains_eager(Attachment.mandate).contains_eager(Mandate.partner),
        )
        .where(Attachment.action_id == action_id, visible_to(actor))
        .order_by(Attachment.visibility, Attachment.attached_at.desc(), Attachment.id.desc())
        .limit(MOST)
    ).all()
    return [Piece(row) for row in rows]


def of_act(act_id: str) -> Sequence[Piece]:
    """The files that an act had, the one that stands first, then the latest."""
    return _pieces(Attachment.act_id == act_id)


def of_reports(report_ids: Sequence[str]) -> Sequence[Piece]:
    """The same of the facts about financial reports."""
    return _pieces(Attachment.report_id.in_(report_ids)) if report_ids else []


def _pieces(kept: ColumnElement[bool]) -> Sequence[Piece]:
    rows = db.session.scalars(
        select(Attachment)
        .join(Attachment.mandate)
        .join(Mandate.person)
        .outerjoin(Mandate.partner)
        .options(
            contains_eager(Attachment.mandate).contains_eager(Mandate.person),
            contains_eager(Attachment.mandate).contains_eager(Mandate.partner),
        )
        .where(kept)
        .order_by(Attachment.attached_at.desc(), Attachment.id.desc())
    ).all()
    return sorted(map(Piece, rows), key=lambda piece: not piece.attachment.alive)


def counted(action_id: Any, actor: Actor) -> ColumnElement[int]:
    """How many files of a fiche the actor may know of, but for those withdrawn, to be read with the fiche."""
    return (
        select(func.count(Attachment.id))
        .where(Attachment.action_id == action_id, Attachment.withdrawn_at.is_(None), visible_to(actor))
        .scalar_subquery()
    )


def find(piece_id: str, action_id: str, actor: Actor) -> Attachment | None:
    """One file of a fiche, if the actor may know of it, with the fiche."""
    return db.session.scalars(
        select(Attachment)
        .join(Attachment.action)
        .join(Action.axis)
        .outerjoin(Action.objective)
        .join(Action.partner)
        .options(
            contains_eager(Attachment.action).options(
                contains_eager(Action.axis), contains_eager(Action.objective), contains_eager(Action.partner)
            )
        )
        .where(Attachment.id == piece_id, Attachment.action_id == action_id, visible_to(actor))
    ).first()


def used(partner_id: str) -> int:
    """How many bytes a partner's files take, those withdrawn included: they are kept too."""
    total = select(func.coalesce(func.sum(Attachment.size), 0)).where(Attachment.partner_id == partner_id)
    return int(db.session.scalar(total) or 0)


def lock_room(partner_id: str) -> None:
    """Make the partner's uploads follow one another until the commit."""
    db.session.execute(select(Partner.id).where(Partner.id == partner_id).with_for_update(key_share=True))


def waiting() -> Sequence[str]:
    """What the antivirus has not seen, oldest first."""
    return db.session.scalars(
        select(Attachment.id)
        .where(Attachment.state.in_(("quarantine", "unscanned")))
        .order_by(Attachment.attached_at)
        .limit(MOST)
    ).all()


def by_id(piece_id: str) -> Attachment:
    """One file, whoever may know of it."""
    return db.session.scalars(select(Attachment).where(Attachment.id == piece_id)).one()


def code_of(attachment: Attachment) -> str:
    """The code of the fiche."""
    return db.session.scalar(select(Action.code).where(Action.id == attachment.action_id)) or ""


def audience_of(attachment: Attachment) -> str | None:
    """The key of the only partner that may know of the file, if it is internal."""
    if not attachment.internal:
        return None
    return db.session.scalar(select(Partner.key).where(Partner.id == attachment.partner_id))


def stored_names() -> set[str]:
    """The names on the disk that rows know."""
    return set(db.session.scalars(select(Attachment.stored)))
