"""The tree against published vectors, and against the recursive definition of RFC 9162 written out naively."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from cocon.audit import tree

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "rfc6962.json").read_text())
LEAVES = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]
OTHER = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


class Shelf:
    """A reader over leaves in memory that counts how often it is asked."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.all = leaves
        self.reads = 0
        full = len(leaves) // tree.TILE
        self.roots = [naive_root(leaves[n * tree.TILE : (n + 1) * tree.TILE]) for n in range(full)]

    def leaves(self, start: int, stop: int) -> Sequence[bytes]:
        self.reads += 1
        return self.all[start:stop]

    def tiles(self, start: int, stop: int) -> Sequence[bytes]:
        self.reads += 1
        return self.roots[start:stop]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1, over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_consistency(old: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 9162 section 2.1.4.1."""
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*naive_consistency(old, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_consistency(old - k, leaves[k:], False), naive_root(leaves[:k])]


def split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def some_leaves(count: int) -> list[bytes]:
    return [sha256(number.to_bytes(4, "big")).digest() for number in range(count)]


def test_published_roots() -> None:
    crown = tree.CompactRange()
    assert crown.root() == tree.EMPTY == bytes.fromhex(VECTORS["empty"])
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        crown.append(leaf)
        assert crown.root() == root


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=str)
def test_published_inclusion_proofs(vector: dict[str, Any]) -> None:
    index, size = vector["index"], vector["size"]
    path = [bytes.fromhex(node) for node in vector["path"]]
    assert tree.inclusion_path(index, size, Shelf(LEAVES)) == path
    assert tree.verify_inclusion(LEAVES[index], index, size, path, ROOTS[size - 1])
    for probe in corrupt_inclusion(LEAVES[index], index, size, path, ROOTS[size - 1]):
        assert not tree.verify_inclusion(*probe)


def corrupt_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> Iterator[tuple[Any, ...]]:
    """The corruptions of transparency-dev/merkle."""
    for other in (index - 1, index + 1, index ^ 2):
        yield leaf, other, size, path, root
    for other in (size * 2, size // 2):
        yield leaf, index, other, path, root
    for wrong in (b"WrongLeaf", b"", OTHER):
        yield wrong, index, size, path, root
        yield leaf, index, size, path, wrong
    yield leaf, index, size, path, tree.EMPTY
    yield from ((leaf, index, size, wrong, root) for wrong in corrupt_path(path, root))


def corrupt_path(path: list[bytes], *extras: bytes) -> Iterator[list[bytes]]:
    for extra in (b"", *extras):
        yield [*path, extra]
        yield [extra, *path]
    for place, node in enumerate(path):
        yield [*path[:place], bytes([node[0] ^ 8]) + node[1:], *path[place + 1 :]]
        yield path[:place] + path[place + 1 :]
        yield [*path[:place], OTHER, *path[place:]]


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=str)
def test_published_consistency_proofs(vector: dict[str, Any]) -> None:
    old, new = vector["old"], vector["new"]
    path = [bytes.fromhex(node) for node in vector["path"]]
    before, after = ROOTS[old - 1], ROOTS[new - 1]
    assert tree.consistency_path(old, new, Shelf(LEAVES)) == path
    assert tree.verify_consistency(old, new, before, after, path)
    if path:
        for probe in corrupt_consistency(old, new, before, after, path):
            assert not tree.verify_consistency(*probe)


def corrupt_consistency(
    old: int, new: int, before: bytes, after: bytes, path: list[bytes]
) -> Iterator[tuple[Any, ...]]:
    """The corruptions of transparency-dev/merkle."""
    for wrong in (old - 1, old + 1, old ^ 2):
        yield wrong, new, before, after, path
    for wrong in (new * 2, new // 2):
        yield old, wrong, before, after, path
    yield old, new, b"WrongRoot", after, path
    yield old, new, before, b"WrongRoot", path
    yield old, new, OTHER, after, path
    yield old, new, before, OTHER, path
    yield old, new, after, before, path
    yield old, new, before, after, []
    yield from ((old, new, before, after, wrong) for wrong in corrupt_path(path, before, after, path[0]))


SIZES = range(71)


def test_every_small_tree_grows_like_the_recursive_one() -> None:
    leaves, crown = some_leaves(70), tree.CompactRange()
    for size in SIZES:
        assert crown.root() == naive_root(leaves[:size]) == tree.root_of(leaves[:size])
        restored = tree.CompactRange.from_json(crown.to_json(), crown.size)
        assert (restored.size, restored.root()) == (size, crown.root())
        if size < len(leaves):
            crown.append(leaves[size])


@pytest.mark.parametrize("size", SIZES[1:])
def test_every_inclusion_proof_of_a_small_tree(size: int) -> None:
    leaves = some_leaves(size)
    root, shelf = naive_root(leaves), Shelf(leaves)
    for index, leaf in enumerate(leaves):
        path = tree.inclusion_path(index, size, shelf)
        assert path == naive_path(index, leaves)
        assert tree.verify_inclusion(leaf, index, size, path, root)
        assert not any(tree.verify_inclusion(leaf, other, size, path, root) for other in range(size) if other != index)


@pytest.mark.parametrize("new", SIZES[1:])
def test_every_consistency_proof_of_a_small_tree(new: int) -> None:
    leaves = some_leaves(new)
    root, shelf = naive_root(leaves), Shelf(leaves)
    assert tree.verify_consistency(0, new, tree.EMPTY, root, tree.consistency_path(0, new, shelf))
    for old in range(1, new + 1):
        path, before = tree.consistency_path(old, new, shelf), naive_root(leaves[:old])
        assert path == naive_consistency(old, leaves)
        assert tree.verify_consistency(old, new, before, root, path)
        assert not tree.verify_consistency(old, new, OTHER, root, path)
        assert not tree.verify_consistency(old, new, before, OTHER, path)


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513, 700, 1024, 1300])
def test_proofs_across_tiles(size: int) -> None:
    leaves = some_leaves(size)
    shelf, root = Shelf(leaves), naive_root(leaves)
    for index in {0, 1, 254, 255, 256, 511, 512, size // 2, size - 2, size - 1}:
        if index < size:
            assert tree.inclusion_path(index, size, shelf) == naive_path(index, leaves)
    for old in {1, 128, 255, 256, 257, 384, 512, 640, size - 1, size}:
        if old <= size:
            path = tree.consistency_path(old, size, shelf)
            assert path == naive_consistency(old, leaves)
            assert tree.verify_consistency(old, size, naive_root(leaves[:old]), root, path)


def test_a_proof_at_a_million_entries_takes_few_reads() -> None:
    size = 1_000_000
    shelf = Shelf([])
    shelf.roots = [sha256(number.to_bytes(4, "big")).digest() for number in range(size // tree.TILE)]
    last = some_leaves(size % tree.TILE)
    tile = some_leaves(tree.TILE)
    shelf.roots[2000] = naive_root(tile)

    def leaves(start: int, stop: int) -> Sequence[bytes]:
        shelf.reads += 1
        return tile[: stop - start] if start == 2000 * tree.TILE else last[: stop - start]

    shelf.leaves = leaves  # type: ignore[method-assign]
    index = 2000 * tree.TILE + 77
    path = tree.inclusion_path(index, size, shelf)
    root = naive_root([*shelf.roots, naive_root(last)])
    assert shelf.reads <= 4
    assert tree.verify_inclusion(tile[77], index, size, path, root)
    assert len(path) == 20


def test_a_tile_has_256_leaves() -> None:
    leaves = some_leaves(256)
    assert tree.tile_root(leaves) == naive_root(leaves)
    for count in (0, 255):
        with pytest.raises(ValueError, match="256"):
            tree.tile_root(leaves[:count])


@pytest.mark.parametrize(
    ("hashes", "size"), [([], 1), (["00" * 32], 2 + 1), (["00" * 31], 1), (["00" * 32], -1), (["zz" * 32], 1)]
)
def test_a_range_that_does_not_fit_its_size_is_refused(hashes: list[str], size: int) -> None:
    with pytest.raises(ValueError):
        tree.CompactRange.from_json(hashes, size)


def test_proofs_of_what_is_not_there_are_refused() -> None:
    shelf = Shelf(some_leaves(5))
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(ValueError):
            tree.inclusion_path(index, size, shelf)
    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(ValueError):
            tree.consistency_path(old, new, shelf)


def test_empty_trees_are_consistent_with_everything_and_nothing_else_is() -> None:
    root = os.urandom(32)
    assert tree.verify_consistency(0, 0, tree.EMPTY, tree.EMPTY, [])
    assert not tree.verify_consistency(0, 1, root, root, [])
    assert not tree.verify_consistency(0, 1, tree.EMPTY, root, [root])
    assert not tree.verify_consistency(1, 0, root, tree.EMPTY, [])
    assert not tree.verify_consistency(1, 1, root, tree.EMPTY, [])
    assert not tree.verify_consistency(1, 2, root, tree.EMPTY, [])
    assert not tree.verify_consistency(-1, 2, root, root, [])
