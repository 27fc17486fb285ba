"""Passwords, sessions, invitations and the slow-down of failed sign-ins: the small store of signing in.

Named outside the seven usual files: these tables are free (audit-log section 8), so their writes are no operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import contains_eager

from cocon.kernel import clock
from cocon.kernel.actor import Actor
from cocon.kernel.db import db
from cocon.kernel.ids import fingerprint, new_token
from cocon.partners.models import Mandate, Person
from cocon.partners.queries import actor_of, mandates_of
from cocon.signin.models import Invitation, Password, Throttle, WebSession

IDLE = timedelta(hours=2)
LIFE = timedelta(hours=20)
TOUCH = timedelta(minutes=5)
INVITATION_LIFE = timedelta(days=7)
MINIMUM_LENGTH = 12
#: Failures allowed before a wait begins, for an account and for an address.
PATIENCE = {"account": 5, "address": 20}
FORGET = timedelta(hours=1)
LONGEST_WAIT = timedelta(minutes=15)

_hasher = PasswordHasher()
_nobody = _hasher.hash(new_token())


@dataclass(frozen=True)
class SignedIn:
    """A live session: the hat worn, and what the page needs to know of the session itself."""

    token: str
    actor: Actor | None
    person_id: str
    seen_at: datetime


def set_password(person_id: str, password: str) -> None:
    """Store a new password and end every session of the person. The caller commits."""
    db.session.merge(Password(person_id=person_id, hash=_hasher.hash(password), changed_at=clock.now()))
    end_sessions(person_id)


def check_password(email: str, password: str) -> Person | None:
    """The person, if the password is theirs. Takes the same time whether the account exists or not."""
    row = db.session.execute(
        select(Person, Password.hash)
        .join(Password, Password.person_id == Person.id)
        .where(func.lower(Person.email) == email.strip().lower())
    ).first()
    db.session.rollback()
    try:
        _hasher.verify(row[1] if row else _nobody, password)
    except (VerificationError, InvalidHashError):
        return None
    return row[0] if row else None


def waiting(email: str, address: str) -> timedelta | None:
    """How long this account or address must still wait, if at all."""
    latest = db.session.scalar(
        select(func.max(Throttle.until)).where(Throttle.key.in_([f"account:{_name(email)}", f"address:{address}"]))
    )
    db.session.rollback()
    left = latest - clock.now() if latest else None
    return left if left and left > timedelta(0) else None


def note_failure(email: str, address: str) -> None:
    """Count a failure for the account and the address; each further one doubles the wait."""
    now = clock.now()
    for kind, name in (("account", _name(email)), ("address", address)):
        row = db.session.get(Throttle, f"{kind}:{name}", with_for_update=True)
        if row is None:
            row = Throttle(key=f"{kind}:{name}", failures=0, last_at=now, until=None)
            db.session.add(row)
        elif now - row.last_at > FORGET:
            row.failures = 0
        row.failures, row.last_at = row.failures + 1, now
        over = row.failures - PATIENCE[kind]
        if over >= 0:
            row.until = now + min(timedelta(seconds=15 * 2 ** min(over, 10)), LONGEST_WAIT)
    db.session.commit()


def forget_failures(email: str) -> None:
    """A success clears the account's count. The caller commits."""
    db.session.execute(delete(Throttle).where(Throttle.key == f"account:{_name(email)}"))


def _name(email: str) -> str:
    return fingerprint(email.strip().lower())[:40]


def open_session(person_id: str, agent: str) -> str:
    """Open a session and return the cookie's token. The caller commits."""
    token, now = new_token(), clock.now()
    mandates = mandates_of(person_id)
    db.session.add(
        WebSession(
            token=fingerprint(token),
            person_id=person_id,
            mandate_id=mandates[0].id if mandates else None,
            opened_at=now,
            seen_at=now,
            agent=agent[:200],
        )
    )
    return token


def read_session(token: str) -> SignedIn | None:
    """The live session of that cookie: one statement. Expired, unknown or mandate-less sessions are None."""
    now, today = clock.now(), clock.today()
    valid = (Mandate.starts_on <= today) & or_(Mandate.ends_on.is_(None), Mandate.ends_on >= today)
    count = (
        select(func.count())
        .select_from(Mandate)
        .where(Mandate.person_id == WebSession.person_id, valid)
        .correlate(WebSession)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(WebSession, Mandate, count)
        .outerjoin(Mandate, (Mandate.id == WebSession.mandate_id) & valid)
        .outerjoin(Mandate.person)
        .outerjoin(Mandate.partner)
        .options(contains_eager(Mandate.person), contains_eager(Mandate.partner))
        .where(WebSession.token == fingerprint(token))
    ).first()
    if row is None:
        return None
    session, mandate, mandates = row
    if now - session.seen_at > IDLE or now - session.opened_at > LIFE:
        return None
    actor = actor_of(mandate, mandates) if mandate else None
    return SignedIn(token=session.token, actor=actor, person_id=session.person_id, seen_at=session.seen_at)


def touch(signed_in: SignedIn) -> None:
    """Note that the session is alive, at most once every few minutes, and commit."""
    if clock.now() - signed_in.seen_at > TOUCH:
        db.session.execute(
            update(WebSession).where(WebSession.token == signed_in.token).values(seen_at=clock.now())
        )
        db.session.commit()


def wear(signed_in: SignedIn, mandate_id: str) -> bool:
    """Change the mandate worn, if it is the person's and valid. The caller commits."""
    mine = {mandate.id for mandate in mandates_of(signed_in.person_id)}
    if mandate_id not in mine:
        return False
    db.session.execute(
        update(WebSession).where(WebSession.token == signed_in.token).values(mandate_id=mandate_id)
    )
    return True


def sessions_of(person_id: str) -> Sequence[WebSession]:
    """The person's sessions, newest first."""
    return db.session.scalars(
        select(WebSession).where(WebSession.person_id == person_id).order_by(WebSession.opened_at.desc())
    ).all()


def end_session(token: str) -> None:
    """End one session, by its stored token. The caller commits."""
    db.session.execute(delete(WebSession).where(WebSession.token == token))


def end_sessions(person_id: str, but: str | None = None) -> None:
    """End the person's sessions (all but one). The caller commits."""
    db.session.execute(delete(WebSession).where(WebSession.person_id == person_id, WebSession.token != (but or "")))


def invite(person_id: str) -> str:
    """Make an invitation link's token; earlier ones die. Commits."""
    token, now = new_token(), clock.now()
    db.session.execute(
        update(Invitation)
        .where(Invitation.person_id == person_id, Invitation.used_at.is_(None))
        .values(used_at=now)
    )
    db.session.add(
        Invitation(
            token=fingerprint(token), person_id=person_id, made_at=now, expires_at=now + INVITATION_LIFE, used_at=None
        )
    )
    db.session.commit()
    return token


def invitation(token: str) -> tuple[Invitation, Person] | None:
    """The invitation behind a link, if it can still be used."""
    row = db.session.execute(
        select(Invitation, Person)
        .join(Person, Person.id == Invitation.person_id)
        .where(Invitation.token == fingerprint(token))
        .with_for_update(of=Invitation)
    ).first()
    if row is None or row[0].used_at is not None or row[0].expires_at < clock.now():
        return None
    return row[0], row[1]


def use_invitation(link: Invitation, password: str) -> None:
    """Spend the link and set the password. The operation that follows commits both."""
    link.used_at = clock.now()
    set_password(link.person_id, password)


def actor_of_person(person: Person) -> Actor | None:
    """The snapshot of a person's first valid mandate."""
    mandates = mandates_of(person.id)
    return actor_of(mandates[0], len(mandates)) if mandates else None


def sweep(now: datetime) -> None:
    """Forget what has expired: sessions, invitations, throttles. The caller commits."""
    db.session.execute(
        delete(WebSession).where(or_(WebSession.seen_at < now - IDLE, WebSession.opened_at < now - LIFE))
    )
    db.session.execute(delete(Invitation).where(Invitation.expires_at < now - INVITATION_LIFE))
    db.session.execute(delete(Throttle).where(Throttle.last_at < now - FORGET - LONGEST_WAIT))


def set_same_password(person_ids: Sequence[str | None], password: str) -> None:
    """Give the same password to several people, hashed once: the demonstration's published accounts. Commits."""
    shared, now = _hasher.hash(password), clock.now()
    for person_id in dict.fromkeys(person_ids):
        db.session.merge(Password(person_id=person_id, hash=shared, changed_at=now))
    db.session.commit()
