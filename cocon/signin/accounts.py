"""Passwords, sessions, invitations and the slow-down of failed sign-ins: the small store of signing in.

Named outside the seven usual files: these tables are free (audit-log section 8), so their writes are no operations.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import contains_eager

from cocon.audit.models import LogHead
from cocon.kernel import clock, once, prepared
from cocon.kernel.actor import Actor
from cocon.kernel.db import begin_write, db, dialect
from cocon.kernel.ids import fingerprint, new_token
from cocon.partners.models import InternalChain, Mandate, Person
from cocon.partners.queries import actor_of, mandates_of
from cocon.signin import passwords
from cocon.signin.models import Invitation, Password, Throttle, WebSession

logger = logging.getLogger("cocon")

IDLE = timedelta(hours=2)
LIFE = timedelta(hours=20)
TOUCH = timedelta(minutes=5)
INVITATION_LIFE = timedelta(days=7)
#: Failures allowed before a wait begins, for an account and for an address.
PATIENCE = {"account": 5, "address": 20}
FORGET = timedelta(hours=1)
LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class SignedIn:
    """A live session: the hat worn, and what the page needs to know of the session itself."""

    token: str
    actor: Actor | None
    person_id: str
    seen_at: datetime
    log_entries: int


def set_password(person_id: str, password: str) -> None:
    """Store a new password and end every session of the person. The caller commits."""
    db.session.merge(Password(person_id=person_id, hash=passwords.hashed(password), changed_at=clock.now()))
    end_sessions(person_id)


def check_password(email: str, password: str) -> Person | None:
    """The person, if the password is theirs. Takes the same time whether the account exists or not."""
    row = db.session.execute(
        select(Person, Password.hash)
        .join(Password, Password.person_id == Person.id)
        .where(func.lower(Person.email) == email.strip().lower())
    ).first()
    db.session.rollback()
    return row[0] if passwords.matches(row[1] if row else None, password) and row else None


def waiting(email: str, address: str) -> timedelta | None:
    """How long this account or address must still wait, if at all."""
    latest = db.session.scalar(select(func.max(Throttle.until)).where(Throttle.key.in_(_keys(email, address).values())))
    db.session.rollback()
    left = latest - clock.now() if latest else None
    return left if left and left > timedelta(0) else None


def note_failure(email: str, address: str) -> timedelta | None:
    """Count a failure for the account and the address, or say how long they must still wait. Commits.

    Called before the password is checked: those who try many at once would all be let in otherwise.
    Each further failure doubles the wait.
    """
    now = clock.now()
    begin_write()
    rows = {kind: _counter(key, now) for kind, key in _keys(email, address).items()}
    left = max((row.until - now for row in rows.values() if row.until), default=timedelta(0))
    if left > timedelta(0):
        db.session.rollback()
        return left
    for kind, row in rows.items():
        failures = 1 if now - row.last_at > FORGET else row.failures + 1
        row.failures, row.last_at = failures, now
        over = failures - PATIENCE[kind]
        if over >= 0:
            row.until = now + min(timedelta(seconds=15 * 2 ** min(over, 10)), LONGEST_WAIT)
    db.session.commit()
    return None


def _counter(key: str, now: datetime) -> Throttle:
    """The row that counts, made the first time; locked at once, lest a success delete it in between."""
    make = sqlite.insert if dialect() == "sqlite" else postgresql.insert
    row = make(Throttle).values(key=key, failures=0, last_at=now, until=None)
    db.session.execute(row.on_conflict_do_update(index_elements=[Throttle.key], set_={"key": key}))
    return db.session.scalars(
        select(Throttle).where(Throttle.key == key).with_for_update().execution_options(populate_existing=True)
    ).one()


def _keys(email: str, address: str) -> dict[str, str]:
    return {"account": f"account:{_name(email)}", "address": f"address:{_place(address)}"}


def note_end(claim: once.Claim | None) -> None:
    """The attempt failed: its form may be sent again, and will count again. Commits."""
    if claim is not None:
        begin_write()
        once.release(claim)
        db.session.commit()


def forget_failures(email: str) -> None:
    """A success clears the account's count, before that of the address: rows are locked in one order.

    The caller commits.
    """
    db.session.execute(delete(Throttle).where(Throttle.key == f"account:{_name(email)}"))


def give_back(address: str) -> None:
    """A success was no failure of the address. The caller commits."""
    mine = update(Throttle).where(Throttle.key == f"address:{_place(address)}", Throttle.failures > 0)
    db.session.execute(mine.values(failures=Throttle.failures - 1, until=None))


def _name(email: str) -> str:
    return fingerprint(email.strip().lower())[:40]


def _place(address: str) -> str:
    """The address, or its network in IPv6, where one subscriber has as many addresses as they like."""
    try:
        place = ip_address(address)
    except ValueError:
        return address[:40]
    if isinstance(place, IPv6Address):
        return str(place.ipv4_mapped or IPv6Address(int(place) >> 64 << 64))
    return str(place)


def open_session(person_id: str, agent: str, token: str | None = None) -> str:
    """Open a session and return the cookie's token. The caller commits."""
    token, now = token or new_token(), clock.now()
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
    """The live session of that cookie, in one statement; its actor is None when no mandate is worn any more."""
    row = db.session.execute(_live(), {"token": fingerprint(token)}).first()
    if row is None:
        return None
    (session, mandate, mandates, validates, entries), now = row, clock.now()
    if now - session.seen_at > IDLE or now - session.opened_at > LIFE:
        return None
    actor = actor_of(mandate, mandates, supervised=validates is not False) if mandate else None
    return SignedIn(
        token=session.token, actor=actor, person_id=session.person_id, seen_at=session.seen_at, log_entries=entries
    )


@cache
def _live() -> Select[Any]:
    today = prepared.today()
    valid = (Mandate.starts_on <= today) & or_(Mandate.ends_on.is_(None), Mandate.ends_on >= today)
    count = (
        select(func.count())
        .select_from(Mandate)
        .where(Mandate.person_id == WebSession.person_id, valid)
        .correlate(WebSession)
        .scalar_subquery()
    )
    return (
        select(WebSession, Mandate, count, InternalChain.validates, select(LogHead.size).scalar_subquery())
        .outerjoin(Mandate, (Mandate.id == WebSession.mandate_id) & valid)
        .outerjoin(Mandate.person)
        .outerjoin(Mandate.partner)
        .outerjoin(InternalChain, InternalChain.partner_id == Mandate.partner_id)
        .options(contains_eager(Mandate.person), contains_eager(Mandate.partner))
        .where(WebSession.token == bindparam("token"))
    )


def touch(signed_in: SignedIn) -> None:
    """Note that the session is alive, at most once every few minutes, and commit.

    A database that cannot write (a full disk) must not keep people from reading.
    """
    if clock.now() - signed_in.seen_at <= TOUCH:
        return
    try:
        begin_write()
        db.session.execute(update(WebSession).where(WebSession.token == signed_in.token).values(seen_at=clock.now()))
        db.session.commit()
    except DBAPIError as error:
        logger.warning("a session was not touched: %s", type(error.orig).__name__)
        db.session().invalidate()


def wear(signed_in: SignedIn, mandate_id: str) -> str | None:
    """Change the mandate worn, if it is the person's and valid; the cookie's new token. The caller commits.

    The forms already shown carry the former token: what was written under one hat is not sent under another.
    """
    mine = {mandate.id for mandate in mandates_of(signed_in.person_id)}
    if mandate_id not in mine:
        return None
    token = new_token()
    changed = {"mandate_id": mandate_id, "token": fingerprint(token)}
    db.session.execute(update(WebSession).where(WebSession.token == signed_in.token).values(**changed))
    return token


def sessions_of(person_id: str) -> Sequence[WebSession]:
    """The person's live sessions, newest first."""
    now = clock.now()
    return db.session.scalars(
        select(WebSession)
        .where(WebSession.person_id == person_id, WebSession.seen_at >= now - IDLE, WebSession.opened_at >= now - LIFE)
        .order_by(WebSession.opened_at.desc(), WebSession.token)
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
        update(Invitation).where(Invitation.person_id == person_id, Invitation.used_at.is_(None)).values(used_at=now)
    )
    db.session.add(
        Invitation(
            token=fingerprint(token), person_id=person_id, made_at=now, expires_at=now + INVITATION_LIFE, used_at=None
        )
    )
    db.session.commit()
    return token


def invitation(token: str, *, to_use: bool = False) -> tuple[Invitation, Person] | None:
    """The invitation behind a link, if it can still be used; ``to_use`` locks it, so that it is used once."""
    link = (
        select(Invitation, Person)
        .join(Person, Person.id == Invitation.person_id)
        .where(Invitation.token == fingerprint(token))
    )
    row = db.session.execute(link.with_for_update(of=Invitation) if to_use else link).first()
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
    shared, now = passwords.hashed(password), clock.now()
    for person_id in dict.fromkeys(person_ids):
        db.session.merge(Password(person_id=person_id, hash=shared, changed_at=now))
    db.session.commit()
