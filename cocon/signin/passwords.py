"""Hashing passwords, and refusing those that are guessed first.

Named outside the seven usual files, like ``accounts``: nothing here is an operation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cocon.kernel.ids import new_token
from cocon.kernel.language import LazyString, _

SHORTEST = 12
LONGEST = 256
#: What must be left once the words that everybody tries are taken out.
ENOUGH_LEFT = 6
ENOUGH_KINDS = 5

COMMON = (
    "administrateur", "administration", "admin", "azerty", "bienvenue", "bonjour", "chouchou", "cocon", "contrat",
    "demonstration", "démonstration", "dragon", "doudou", "football", "grenoble", "iloveyou", "jetaime", "letmein",
    "loulou", "lyon", "marseille", "master", "monkey", "motdepasse", "mot de passe", "passe", "passw0rd", "password",
    "princesse", "qwerty", "region", "région", "rhone", "rhône", "alpes", "secret", "soleil", "solidaire", "welcome",
)  # fmt: skip
ROWS = ("abcdefghijklmnopqrstuvwxyz", "0123456789012", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl")
FORWARD = frozenset(row[at : at + 2] for row in ROWS for at in range(len(row) - 1))
BACKWARD = frozenset(pair[::-1] for pair in FORWARD)

#: A hash takes 64 MiB: more at once would only exhaust the memory.
_at_once = BoundedSemaphore(4)
_hasher = PasswordHasher()
_nobody = _hasher.hash(new_token())


def hashed(password: str) -> str:
    """The argon2id hash to store."""
    with _at_once:
        return _hasher.hash(_plain(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether the password has this hash; without a hash, the same work is done in vain."""
    try:
        with _at_once:
            _hasher.verify(stored or _nobody, _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def weakness(password: str, known: Iterable[str] = ()) -> LazyString | None:
    """Why a new password is refused, if it is; ``known`` is what others know of the person (name, e-mail)."""
    if len(password) < SHORTEST:
        return _("Choisissez un mot de passe de %(n)s caractères au moins.", n=SHORTEST)
    if len(password) > LONGEST:
        return _("Choisissez un mot de passe de %(n)s caractères au plus.", n=LONGEST)
    left = _without_the_obvious(_plain(password).casefold(), known)
    if len(left) < ENOUGH_LEFT or len(set(left)) < ENOUGH_KINDS:
        return _(
            "Ce mot de passe se devine vite\u202f: évitez votre nom, les mots courants et les suites de touches. "
            "Plusieurs mots sans lien entre eux conviennent."
        )
    return None


def _plain(password: str) -> str:
    """One form for what looks the same, whatever the keyboard (NIST SP 800-63B); what is too long stays as it is."""
    return unicodedata.normalize("NFKC", password) if len(password) <= LONGEST else password


def _without_the_obvious(text: str, known: Iterable[str]) -> str:
    mine = {word for phrase in known for word in re.split(r"[\W_]+", phrase.casefold()) if len(word) > 2}
    for word in sorted(mine.union(COMMON), key=lambda word: (-len(word), word)):
        text = text.replace(word, "")
    for pairs in (FORWARD, BACKWARD):
        text = _without_runs(text, pairs)
    return re.sub(r"(19|20)\d\d|[\s_.-]", "", text)


def _without_runs(text: str, pairs: frozenset[str]) -> str:
    """The text without what follows the keyboard, the alphabet or the digits for four keys or more."""
    runs = [text[:1]]
    for place in range(1, len(text)):
        if text[place - 1 : place + 1] in pairs:
            runs[-1] += text[place]
        else:
            runs.append(text[place])
    return "".join(run for run in runs if len(run) < 4)
