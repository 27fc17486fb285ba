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
from cocon.audit.event import Event
from cocon.audit.heads import Damaged, HeadFile, SignedHead
from cocon.audit.keyring import Keyring
from cocon.audit.models import LogCheckpoint, LogEntry, LogHead
from cocon.audit.tree import CompactRange, leaf_hash
from cocon.config import Config, Misconfigured
from cocon.kernel.actor import SYSTEM
from cocon.kernel.db import db
from cocon.kernel.language import LazyString, _
from cocon.kernel.refusal import Refusal

logger = logging.getLogger("cocon.log")
_later: ContextVar[bool] = ContextVar("signing_later", default=False)


class Unsigned(Refusal):
    """Nothing was signed."""


class Forked(Unsigned):
    """The database does not continue what was signed: an old backup was put back, or entries were changed."""


@dataclass
class Keeper:
    """What signs for this installation; lives among the application's extensions."""

    keyring: Keyring
    heads: HeadFile
    voice: voice.Voice | None = None


@dataclass(frozen=True)
class _Tree:
    """The tree found in the database; ``root`` and ``at`` are those of the size wanted."""

    size: int
    root: bytes
    at: str
    crown: CompactRange


def init_app(app: Flask, config: Config) -> None:
    """Remember where the keys and the data are. Production needs its key from the start; raises Misconfigured."""
    keyring = Keyring(config.log_key_file)
    app.extensions["cocon_log"] = Keeper(keyring, HeadFile(config.data))
    if config.production:
        _demand_keys(keyring)
    if _cover not in operation.AFTER_FORMAL:
        operation.AFTER_FORMAL.append(_cover)


def _demand_keys(keyring: Keyring) -> None:
    try:
        keyring.load()
    except (OSError, note.BadKey) as error:
        raise Misconfigured(f"COCON_LOG_KEY_FILE doit nommer une clé Ed25519 lisible ({error}).") from None


def first_vkey(config: Config) -> str:
    """The verification key that opens the log; in development the signing key is made if there is none."""
    keyring = Keyring(config.log_key_file)
    if not config.production and not keyring.path.exists():
        keyring.create()
    _demand_keys(keyring)
    return note.verifier_key(config.origin, keyring.load()[0]).vkey


def sign(size: int | None = None) -> str:
    """The signed note of the present head, or of an earlier size; kept in the database. Raises Unsigned, Forked."""
    keeper = _keeper()
    try:
        with keeper.heads.locked():
            held = keeper.heads.read()
            tree = _derived(held, size)
            return _kept(tree.size) or _signed(keeper, held, tree)
    except Damaged:
        raise Forked(_("Le fichier log.signed est abîmé\u202f: rien n’est signé. Remettez-le depuis une sauvegarde.")) from None
    except (SQLAlchemyError, OSError, UnicodeError, note.BadKey, note.BadNote) as error:
        raise Unsigned(_("Rien n’est signé\u202f: %(error)s.", error=str(error).splitlines()[0])) from error


def daily() -> None:
    """Sign if the log has grown since the last checkpoint."""
    with db.engine.connect() as connection:
        newest = select(func.max(LogCheckpoint.size)).scalar_subquery()
        row = connection.execute(select(LogHead.size, newest)).first()
    if row is not None and row[0] > (row[1] or 0):
        sign()


@contextmanager
def signing_later() -> Iterator[None]:
    """Inside the block formal acts are not followed by a checkpoint each: whoever opens it signs at the end."""
    token = _later.set(True)
    try:
        yield
    finally:
        _later.reset(token)


def new_key() -> str:
    """Make a further signing key and publish it in the log; returns its vkey. Both sign from then on."""
    keeper, key = _keeper(), note.generate_key()
    vkey = note.verifier_key(voice.read(db.engine).origin, key).vkey
    try:
        keeper.keyring.add(key)
    except (OSError, note.BadKey) as error:
        raise Unsigned(_("Le fichier des clés ne peut pas être complété\u202f: %(error)s.", error=str(error))) from error
    opening.add_key(SYSTEM, None, key=vkey)
    sign()
    return vkey


def sign_text(text: str, size: int) -> str:
    """The log's note of a text, by the keys that the first ``size`` entries announce."""
    keeper = _keeper()
    speaking = _voice(keeper, size)
    return note.sign_note(text, speaking.origin, *_hands(keeper, speaking, size))


def _cover(_event: Event) -> None:
    """A checkpoint that covers a formal act. The act is done: whatever happens here is for the worker to repair."""
    if _later.get():
        return
    try:
        sign()
    except Unsigned:
        logger.exception("a formal act has no checkpoint yet; the worker will sign")


def _keeper() -> Keeper:
    keeper: Keeper = current_app.extensions["cocon_log"]
    return keeper


def _derived(held: SignedHead | None, size: int | None) -> _Tree:
    """Read again every entry since the last signed head (all of them for an earlier size); raises Forked."""
    crown = held.crown() if held and size is None else CompactRange()
    found: _Tree | None = None
    head: tuple[int, list[str], str] | None = None
    with db.engine.connect() as connection:
        for row in connection.execution_options(yield_per=500).execute(_since(crown.size)):
            head = (row.head_size, row.range, row.head_at)
            _demand_not_shorter(held, row.head_size)
            if row.seq is not None:
                _append(crown, row.seq, row.leaf, row.body)
            if held and crown.size == held.size and crown.root() != held.root:
                raise Forked(_forked(held.size))
            if crown.size == size:
                found = _Tree(crown.size, crown.root(), row.at, crown)
    if head is None:
        raise Unsigned(_("Le journal n’est pas ouvert\u202f: lancez «\u00a0cocon init\u00a0»."))
    if crown.size != head[0] or crown.to_json() != head[1]:
        raise Forked(_forked(held.size if held else 0))
    if size is None:
        found = _Tree(crown.size, crown.root(), head[2], crown)
    if found is None:
        raise Unsigned(_("Le journal ne compte que %(n)s entrées.", n=head[0]))
    return found


def _since(start: int) -> object:
    return (
        select(
            LogHead.size.label("head_size"),
            LogHead.range,
            LogHead.at.label("head_at"),
            LogEntry.seq,
            LogEntry.at,
            LogEntry.leaf,
            LogEntry.body,
        )
        .select_from(LogHead)
        .outerjoin(LogEntry, LogEntry.seq >= start)
        .order_by(LogEntry.seq)
    )


def _append(crown: CompactRange, seq: int, leaf: bytes, body: str) -> None:
    if seq != crown.size:
        raise Forked(_("L’entrée %(seq)s du journal manque\u202f: rien n’est signé.", seq=crown.size))
    if leaf_hash(body.encode()) != leaf:
        raise Forked(_("L’entrée %(seq)s du journal a été modifiée\u202f: rien n’est signé.", seq=seq))
    crown.append(leaf)


def _demand_not_shorter(held: SignedHead | None, size: int) -> None:
    if held and size < held.size:
        raise Forked(_forked(held.size))


def _forked(size: int) -> LazyString:
    return _(
        "Le journal ne prolonge pas la tête signée en dernier (%(size)s entrées, gardée dans log.signed)\u202f: une base "
        "ancienne a été remise en place, ou des entrées ont été modifiées. Rien n’est signé.",
        size=size,
    )


def _kept(size: int) -> str | None:
    with db.engine.connect() as connection:
        return connection.scalar(select(LogCheckpoint.note).where(LogCheckpoint.size == size))


def _signed(keeper: Keeper, held: SignedHead | None, tree: _Tree) -> str:
    """Remember the head outside first: a note is never given away that would be forgotten."""
    speaking = _voice(keeper, tree.size)
    hands = _hands(keeper, speaking, tree.size)
    text = note.checkpoint_text(speaking.origin, tree.size, tree.root)
    signed = note.sign_note(text, speaking.origin, *hands)
    if held is None or tree.crown.size > held.size:
        keeper.heads.write(SignedHead.of(tree.crown))
    return _keep(tree, signed)


def _keep(tree: _Tree, signed: str) -> str:
    with db.engine.execution_options(cocon_begin="IMMEDIATE").begin() as connection:
        kept = connection.scalar(select(LogCheckpoint.note).where(LogCheckpoint.size == tree.size))
        if kept is None:
            connection.execute(insert(LogCheckpoint).values(size=tree.size, at=tree.at, note=signed))
    return kept or signed


def _voice(keeper: Keeper, size: int) -> voice.Voice:
    if keeper.voice is None or keeper.voice.upto < size:
        keeper.voice = voice.read(db.engine)
    return keeper.voice


def _hands(keeper: Keeper, speaking: voice.Voice, size: int) -> list[Ed25519PrivateKey]:
    announced = speaking.keys(size)
    hands = [key for key in keeper.keyring.load() if note.verifier_key(speaking.origin, key).vkey in announced]
    if not hands:
        raise Unsigned(_("Aucune clé du fichier COCON_LOG_KEY_FILE n’est annoncée par le journal\u202f: rien n’est signé."))
    return hands
