"""Signed checkpoints: the head of the log, signed only after its entries were read again and found to lead to it.

The last signed head is also kept outside the database (``heads``): a database that does not continue it is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, current_app
from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from cocon.audit import note, opening, operation, voice
from cocon.audit.derive import Grown, derived
from cocon.audit.event import Event
from cocon.audit.heads import Damaged, HeadFile, SignedHead
from cocon.audit.keyring import Keyring
from cocon.audit.models import LogCheckpoint, LogHead
from cocon.audit.refusals import Forked, NoSuchEntry, Unsigned
from cocon.config import Config, Misconfigured
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db, writing
from cocon.kernel.language import _

__all__ = [
    "Forked",
    "NoSuchEntry",
    "Unsigned",
    "daily",
    "first_vkey",
    "init_app",
    "keeper",
    "new_key",
    "sign",
    "sign_text",
    "signing_later",
]

logger = logging.getLogger("cocon.log")
_later: ContextVar[bool] = ContextVar("signing_later", default=False)


@dataclass
class Keeper:
    """What signs for this installation; lives among the application's extensions."""

    keyring: Keyring
    heads: HeadFile
    voice: voice.Voice | None = None


def init_app(app: Flask, config: Config) -> None:
    """Remember where the keys and the data are. Production needs its key from the start; raises Misconfigured."""
    keyring = Keyring(config.log_key_file)
    app.extensions["cocon_log"] = Keeper(keyring, HeadFile(config.data))
    if config.production:
        _demand_keys(keyring)
    if _cover not in operation.AFTER_FORMAL:
        operation.AFTER_FORMAL.append(_cover)


def keeper() -> Keeper:
    """What signs for the current application."""
    kept: Keeper = current_app.extensions["cocon_log"]
    return kept


def _demand_keys(keyring: Keyring) -> list[Ed25519PrivateKey]:
    try:
        return keyring.load()
    except (OSError, note.BadKey) as error:
        raise Misconfigured(f"COCON_LOG_KEY_FILE doit nommer un fichier de clés Ed25519 lisible ({error}).") from None


def first_vkey(config: Config) -> str:
    """The verification key that opens the log; in development the signing key is made if there is none."""
    keyring = Keyring(config.log_key_file)
    if not config.production and not keyring.path.exists():
        keyring.create()
    return note.verifier_key(config.origin, _demand_keys(keyring)[0]).vkey


def sign(size: int | None = None) -> str:
    """The signed note of the present head, or of an earlier size; kept in the database. Raises Unsigned, Forked.

    An earlier size is signed under a head that covers it: what is signed is never beyond what is kept outside.
    """
    keeping = keeper()
    try:
        with keeping.heads.locked():
            held = keeping.heads.read()
            _settle(keeping, held)
            if size is not None and (held is None or held.size < size):
                _signed(keeping, held, derived(held, None))
                held = keeping.heads.read()
            return _signed(keeping, held, derived(held, size))
    except Damaged:
        raise Forked(
            _("Le fichier log.signed est abîmé\u202f: rien n’est signé. Remettez-le d’une sauvegarde.")
        ) from None
    except (SQLAlchemyError, OSError, UnicodeError, LookupError, note.BadKey, note.BadNote) as error:
        raise Unsigned(_("Rien n’est signé\u202f: %(why)s.", why=str(error).splitlines()[0])) from error


def daily() -> None:
    """Sign if the log has grown since the last checkpoint, or is behind what was signed. Raises Unsigned, Forked."""
    with db.engine.connect() as connection:
        newest = select(func.max(LogCheckpoint.size)).scalar_subquery()
        row = connection.execute(select(LogHead.size, newest)).first()
    if row is not None and (row[0] > (row[1] or 0) or _behind(row[0])):
        sign()


def _behind(size: int) -> bool:
    """Whether more was signed than the log holds: an old backup was put back, and ``sign`` says so."""
    try:
        held = keeper().heads.read()
    except Damaged:
        return True
    return held is not None and held.size > size


@contextmanager
def signing_later() -> Iterator[None]:
    """Inside the block formal acts are not followed by a checkpoint each: whoever opens it signs at the end."""
    token = _later.set(True)
    try:
        yield
    finally:
        _later.reset(token)


def new_key() -> str:
    """Make a further signing key and publish it in the log; returns its vkey. Both sign from then on.

    Raises Unsigned or Forked before anything is written, when the log as it stands cannot be signed.
    """
    sign()
    key = note.generate_key()
    try:
        vkey = note.verifier_key(voice.read(db.engine).origin, key).vkey
        keeper().keyring.add(key)
    except (OSError, LookupError, note.BadKey) as error:
        raise Unsigned(_("La clé ne peut pas être ajoutée\u202f: %(why)s.", why=str(error))) from error
    opening.add_key(SYSTEM, None, key=vkey)
    sign()
    return vkey


def sign_text(text: str, size: int) -> str:
    """The log's note of a text, by the keys that its first ``size`` entries announce. Raises Unsigned."""
    keeping = keeper()
    speaking = _voice(keeping, size)
    return note.sign_note(text, speaking.origin, *_hands(keeping, speaking, size))


def _cover(_event: Event) -> None:
    """A checkpoint that covers a formal act. The act is done: what fails here is for the worker to do again."""
    if _later.get():
        return
    try:
        sign()
    except Unsigned:
        logger.exception("a formal act has no checkpoint yet; the worker will sign")


def _kept(size: int) -> str | None:
    with db.engine.connect() as connection:
        return connection.scalar(select(LogCheckpoint.note).where(LogCheckpoint.size == size))


def _signed(keeping: Keeper, held: SignedHead | None, grown: Grown) -> str:
    """Remember the head outside first: no note is given away that a restored database could contradict.

    An earlier size that is not there while checkpoints are missing is one of them made again: it was counted already.
    """
    kept = _kept(grown.size)
    signed = kept or _note(keeping, grown)
    is_last = grown.size == grown.crown.size and (held is None or grown.size > held.size)
    crown = grown.crown if is_last else held.crown() if held else None
    again = kept is not None or not (is_last or held is None or _is_new(grown.size, held))
    if kept is None:
        keeping.heads.announce(grown.size)
    if crown and (is_last or not again):
        known = held.kept if held and held.kept else _number()
        keeping.heads.write(SignedHead.of(crown, known + (not again)))
    if kept is None:
        signed = _keep(grown, signed)
        keeping.heads.settle()
    return signed


def _is_new(size: int, held: SignedHead) -> bool:
    return size != held.size and _number() >= held.kept


def _settle(keeping: Keeper, held: SignedHead | None) -> None:
    """Make the checkpoint that was announced and whose head was remembered, if the machine stopped just then.

    One that was announced only, and not counted yet, was given to nobody.
    """
    left = keeping.heads.announced()
    if left is None:
        return
    if held and left <= held.size and _kept(left) is None and not _is_new(left, held):
        grown = derived(held, left)
        _keep(grown, _note(keeping, grown))
    keeping.heads.settle()


def _number() -> int:
    with db.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(LogCheckpoint)) or 0


def _note(keeping: Keeper, grown: Grown) -> str:
    speaking = _voice(keeping, grown.size)
    text = note.checkpoint_text(speaking.origin, grown.size, grown.root)
    return note.sign_note(text, speaking.origin, *_hands(keeping, speaking, grown.size))


def _keep(grown: Grown, signed: str) -> str:
    """Store a note, unless another machine just did."""
    with db.engine.execution_options(**writing()).begin() as connection:
        kept = connection.scalar(select(LogCheckpoint.note).where(LogCheckpoint.size == grown.size))
        if kept is None:
            connection.execute(insert(LogCheckpoint).values(size=grown.size, at=grown.at, note=signed))
    return kept or signed


def _voice(keeping: Keeper, size: int) -> voice.Voice:
    if keeping.voice is None or keeping.voice.upto < size:
        keeping.voice = voice.read(db.engine)
    return keeping.voice


def _hands(keeping: Keeper, speaking: voice.Voice, size: int) -> list[Ed25519PrivateKey]:
    announced = speaking.keys(size)
    hands = [key for key in keeping.keyring.load() if note.verifier_key(speaking.origin, key).vkey in announced]
    if not hands:
        raise Unsigned(_("Aucune clé de COCON_LOG_KEY_FILE n’est annoncée par le journal\u202f: rien n’est signé."))
    return hands
