"""The Merkle tree of RFC 6962 / RFC 9162: compact range, roots, inclusion and consistency proofs and their checks.

Two stored levels are enough: the leaves, and the roots of full tiles of 256 leaves. A proof takes three or four reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

TILE = 256
HASH = 32
EMPTY = sha256(b"").digest()


class Reader(Protocol):
    """Where proofs find their hashes."""

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        """The leaf hashes number ``start`` to ``stop - 1``."""

    def tiles(self, start: int, stop: int) -> Sequence[bytes]:
        """The roots of the full tiles number ``start`` to ``stop - 1``; tile N covers leaves 256 N to 256 N + 255."""


def leaf_hash(entry: bytes) -> bytes:
    """The leaf of an entry's canonical bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The parent of two nodes."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The roots of the full subtrees of a growing tree, largest first: all that appending needs to remember."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at the right."""
        size = self.size
        while size & 1:
            leaf = sha256(b"\x01" + self._peaks.pop() + leaf).digest()
            size >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree so far."""
        if not self._peaks:
            return EMPTY
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_json(self) -> list[str]:
        """The subtree roots in hexadecimal; the size is stored beside them."""
        return [peak.hex() for peak in self._peaks]

    @classmethod
    def from_json(cls, hashes: Sequence[str], size: int) -> CompactRange:
        """The range that ``to_json`` wrote at that size; raises ValueError when the two do not fit."""
        peaks = [bytes.fromhex(text) for text in hashes]
        if size < 0 or len(peaks) != size.bit_count() or any(len(peak) != HASH for peak in peaks):
            raise ValueError("the hashes do not make a compact range of that size")
        restored = cls()
        restored.size, restored._peaks = size, peaks
        return restored


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over a sequence of sibling hashes, leaves or roots of full tiles followed by a partial one."""
    if not hashes:
        return EMPTY
    while len(hashes) > 1:
        hashes = _parents(hashes)
    return hashes[0]


def _parents(hashes: Sequence[bytes]) -> list[bytes]:
    pairs = zip(hashes[::2], hashes[1::2], strict=False)
    parents = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return [*parents, hashes[-1]] if len(hashes) % 2 else parents


def tile_root(leaves: Sequence[bytes]) -> bytes:
    """The root of one full tile."""
    if len(leaves) != TILE:
        raise ValueError("a tile has 256 leaves")
    return root_of(leaves)


def inclusion_path(index: int, size: int, reader: Reader) -> list[bytes]:
    """The siblings from leaf ``index`` up to the root of the first ``size`` leaves (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of that size")
    tile = index // TILE
    leaves = reader.leaves(tile * TILE, min((tile + 1) * TILE, size))
    return _siblings(index % TILE, leaves) + _path_above(tile, _tiles_of(size, reader))


def _tiles_of(size: int, reader: Reader) -> list[bytes]:
    if size <= TILE:
        return []
    full = size // TILE
    tiles = list(reader.tiles(0, full))
    if size % TILE:
        tiles.append(root_of(reader.leaves(full * TILE, size)))
    return tiles


def _path_above(index: int, tiles: list[bytes]) -> list[bytes]:
    if len(tiles) <= TILE:
        return _siblings(index, tiles)
    blocks = [tuple(tiles[start : start + TILE]) for start in range(0, len(tiles), TILE)]
    block = index // TILE
    return _siblings(index % TILE, blocks[block]) + _path_above(block, [_block_root(one) for one in blocks])


# A pure function of 65,536 entries that never change: a million entries would otherwise cost 4,000 hashes a proof.
@lru_cache(maxsize=256)
def _block_root(tiles: tuple[bytes, ...]) -> bytes:
    return root_of(tiles)


def _siblings(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    path = []
    while len(hashes) > 1:
        if index ^ 1 < len(hashes):
            path.append(hashes[index ^ 1])
        index, hashes = index >> 1, _parents(hashes)
    return path


def consistency_path(old: int, new: int, reader: Reader) -> list[bytes]:
    """The proof that the tree of size ``old`` is a prefix of that of size ``new`` (RFC 9162 section 2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError("a tree grows: the old size cannot exceed the new one")
    if old in {0, new}:
        return []
    last = old - 1
    path = inclusion_path(last, new, reader)
    level = (old & -old).bit_length() - 1
    if last >> level == 0:
        return path[level:]
    (subtree,) = reader.leaves(last, old)
    for sibling in path[:level]:
        subtree = node_hash(sibling, subtree)
    return [subtree, *path[level:]]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether ``path`` proves that ``leaf`` is number ``index`` under ``root`` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or any(len(node) != HASH for node in (leaf, root, *path)):
        return False
    found, last = leaf, size - 1
    for sibling in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            found = node_hash(sibling, found)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``path`` proves that the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new or any(len(node) != HASH for node in (old_root, new_root, *path)):
        return False
    if old == 0:
        return not path and old_root == EMPTY
    if old == new:
        return not path and old_root == new_root
    nodes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    return bool(nodes) and _grows(old - 1, new - 1, nodes, old_root, new_root)


def _grows(first: int, last: int, nodes: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            after = node_hash(after, node)
        first, last = first >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
