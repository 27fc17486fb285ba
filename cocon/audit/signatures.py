"""Who signed a bundle, whether its log announced them, and whether what is held from elsewhere vouches for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cocon.audit.archive import Archive
from cocon.audit.held import SIGNATURES, Held, Signed, parse_keys, signers
from cocon.audit.manifest import KEYS, MANIFEST_NOTE, TIMESTAMP
from cocon.audit.note import VerifierKey
from cocon.audit.shape import Wrong
from cocon.audit.timestamp import BadToken, read_token


class Signatures:
    """The signatures of a bundle, checked in two goes: before its entries are read, and once they have been."""

    def __init__(self, archive: Archive, checkpoints: Sequence[Signed], held: Held) -> None:
        """Check every signature with the keys of the bundle and those held; raises Wrong."""
        self.held = held
        self.keys = parse_keys(KEYS, archive.text(KEYS))
        for older in checkpoints[:-1]:
            older.signers(self.keys)
        manifest_note = archive.text(MANIFEST_NOTE)
        self._both = _signers_of_both(checkpoints[-1], manifest_note, self.keys)
        if held.keys:
            self._both = _signers_of_both(checkpoints[-1], manifest_note, held.keys)
        self.stamps = _check_timestamps(archive, {one.head.size: one.note.encode() for one in checkpoints})
        self._vouched: set[VerifierKey] = set(held.keys)

    def check_announced(self, announced: Mapping[str, int]) -> None:
        """The log announced its keys, and did so before the checkpoints that are held; raises Wrong.

        ``announced`` maps each vkey to the entry that announces it. A key announced before a held checkpoint, whose
        root was found again, is as certain as that checkpoint.
        """
        for key in self.keys:
            if key.vkey not in announced:
                raise Wrong(f"{KEYS}: the log never announces key {key.key_id.hex()}", SIGNATURES)
        if 0 not in {announced[key.vkey] for key in self.keys}:
            raise Wrong(f"{KEYS}: without the first key of the log", SIGNATURES)
        for checkpoint in self.held.checkpoints:
            early = [key for key in self.keys if announced[key.vkey] < checkpoint.head.size]
            checkpoint.signers(early)
            self._vouched.update(early)

    @property
    def authentic(self) -> bool:
        """Whether a key that signed is vouched for from elsewhere."""
        return not self._vouched.isdisjoint(self._both)

    @property
    def key(self) -> VerifierKey:
        """The key to name in the verdict: one that is vouched for, if there is one."""
        return min(self._both, key=lambda key: (key not in self._vouched, key.vkey))


def _signers_of_both(newest: Signed, manifest_note: str, keys: Sequence[VerifierKey]) -> frozenset[VerifierKey]:
    both = newest.signers(keys) & signers(MANIFEST_NOTE, manifest_note, keys)
    if not both:
        raise Wrong(f"{MANIFEST_NOTE}: not signed by a key of the newest checkpoint", SIGNATURES)
    return both


def _check_timestamps(archive: Archive, notes: Mapping[int, bytes]) -> int:
    names = [found for name in sorted(archive.names) if (found := TIMESTAMP.fullmatch(name))]
    for found in names:
        name, size = found[0], int(found[1])
        try:
            stamp = read_token(archive.read(name))
        except BadToken as error:
            raise Wrong(f"{name}: {error}", SIGNATURES) from None
        if size not in notes or not stamp.covers(notes[size]):
            raise Wrong(f"{name}: stamps something else", SIGNATURES)
    return len(names)
