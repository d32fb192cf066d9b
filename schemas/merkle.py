"""The hash tree of the log (RFC 6962 section 2.1), as pure functions.

A node is named by its coordinates (level, index) and is the root of the complete
subtree over the leaves ``index * 2**level`` to ``(index + 1) * 2**level - 1``. Such a
node never changes once it is complete, so a store keeps these and nothing else.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from schemas.errors import ErrorCode, SchemaError

Coordinates = tuple[int, int]
"""Level (0 = leaves) and index of a complete subtree."""

NodeReader = Callable[[int, int], bytes]
"""Looks up the hash of the complete subtree at (level, index)."""

EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a log without entries."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What one append does.

    Args:
        frontier: hashes of the largest complete subtrees, left to right, after it.
        completed: the nodes it completes, the leaf first.
    """

    frontier: tuple[bytes, ...]
    completed: tuple[tuple[Coordinates, bytes], ...]


def leaf_hash(data: bytes) -> bytes:
    """Hash one entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(frontier: Sequence[bytes], size: int, leaf: bytes) -> Appended:
    """Append the leaf hash `leaf` to a tree of `size` leaves.

    Raises:
        ValueError: `frontier` is not that of a tree of `size` leaves.
    """
    if len(frontier) != size.bit_count():
        raise ValueError(f"{len(frontier)} frontier nodes do not make {size} leaves")
    nodes, current, level = list(frontier), leaf, 0
    completed = [((0, size), leaf)]
    while size >> level & 1:
        current = node_hash(nodes.pop(), current)
        level += 1
        completed.append(((level, size >> level), current))
    return Appended((*nodes, current), tuple(completed))


def root(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree whose largest complete subtrees are `frontier`."""
    if not frontier:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(frontier))


def frontier_coordinates(size: int) -> tuple[Coordinates, ...]:
    """Name the largest complete subtrees of a tree of `size` leaves, left to right."""
    return _cover(0, size)


def root_of(size: int, node: NodeReader) -> bytes:
    """Return the root over the first `size` leaves, from stored nodes."""
    return _range_hash((0, size), node)


def inclusion_coordinates(index: int, size: int) -> frozenset[Coordinates]:
    """Name every node that `inclusion_path` will read.

    Raises:
        ValueError: the tree has no such leaf.
    """
    return frozenset(
        one for start, count in _siblings(index, size) for one in _cover(start, count)
    )


def inclusion_path(index: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """Return the path of leaf `index` in the tree over the first `size` leaves.

    Raises:
        ValueError: the tree has no such leaf.
    """
    return tuple(_range_hash(one, node) for one in _siblings(index, size))


def root_from_path(
    leaf: bytes, path: Sequence[bytes], *, index: int, size: int
) -> bytes:
    """Return the root that `path` leads to from the leaf hash `leaf`.

    Source: RFC 9162 section 2.1.3.2.

    Raises:
        SchemaError: the path has not the length this place demands
            (LOG_PROOF_INVALID).
    """
    if not 0 <= index < size or len(path) != len(_siblings(index, size)):
        raise SchemaError(ErrorCode.LOG_PROOF_INVALID, place="path")
    node, last, current = index, size - 1, leaf
    for sibling in path:
        while not node & 1 and node == last:
            node, last = node >> 1, last >> 1
        current = (
            node_hash(sibling, current) if node & 1 else node_hash(current, sibling)
        )
        node, last = node >> 1, last >> 1
    return current


def verify_inclusion(
    leaf: bytes, path: Sequence[bytes], *, index: int, size: int, root: bytes
) -> None:
    """Require that the leaf hash `leaf` stands at `index` in the tree with `root`.

    Raises:
        SchemaError: it does not (LOG_PROOF_INVALID).
    """
    if root_from_path(leaf, path, index=index, size=size) != root:
        raise SchemaError(ErrorCode.LOG_PROOF_INVALID, place="root")


def consistency_coordinates(first: int, size: int) -> frozenset[Coordinates]:
    """Name every node that `consistency_path` will read.

    Raises:
        ValueError: the first of these trees is not the smaller, or the same.
    """
    ranges = _consistency_ranges(first, size)
    return frozenset(one for start, count in ranges for one in _cover(start, count))


def consistency_path(first: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """Return what proves that the tree over `size` leaves begins with the first ones.

    Source: RFC 9162 section 2.1.4.1.

    Raises:
        ValueError: the first of these trees is not the smaller, or the same.
    """
    return tuple(_range_hash(one, node) for one in _consistency_ranges(first, size))


def verify_consistency(
    path: Sequence[bytes], *, first: tuple[int, bytes], second: tuple[int, bytes]
) -> None:
    """Require that a tree only grew: the second begins with the first.

    Source: RFC 9162 section 2.1.4.2.

    Args:
        path: the proof.
        first: size and root of the earlier tree.
        second: size and root of the later.

    Raises:
        SchemaError: it did not, or the proof does not show it (LOG_PROOF_INVALID).
    """
    (small, first_root), (large, second_root) = first, second
    if not 0 <= small <= large or len(path) != len(_consistency_ranges(small, large)):
        raise SchemaError(ErrorCode.LOG_PROOF_INVALID, place="path")
    if small in {0, large}:
        found = EMPTY_ROOT if small == 0 else second_root, second_root
    else:
        found = _roots_from(path, small, large, first_root)
    if found != (first_root, second_root):
        raise SchemaError(ErrorCode.LOG_PROOF_INVALID, place="root")


def _roots_from(
    path: Sequence[bytes], small: int, large: int, first_root: bytes
) -> tuple[bytes, bytes]:
    """Return the roots of both trees that a proof of the right length leads to."""
    # A complete subtree is no part of its own proof: the verifier knows its root.
    is_complete = small & (small - 1) == 0
    seed, *rest = (first_root, *path) if is_complete else path
    node, last = small - 1, large - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = seed
    for one in rest:
        if node & 1 or node == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, one)
        node, last = node >> 1, last >> 1
    return first, second


def _consistency_ranges(first: int, size: int) -> list[tuple[int, int]]:
    """The (start, count) ranges that make both trees, from the deepest."""
    if not 0 <= first <= size:
        raise ValueError(f"a tree of {first} is no beginning of one of {size}")
    if first == 0:
        return []
    found, start, count = [], 0, size
    while first - start < count:
        left = 1 << (count - 1).bit_length() - 1
        if first <= start + left:
            found.append((start + left, count - left))
            count = left
        else:
            found.append((start, left))
            start, count = start + left, count - left
    # What begins at the first leaf is all of the first tree, which is known.
    return [(start, count), *found[::-1]] if start else found[::-1]


def _siblings(index: int, size: int) -> list[tuple[int, int]]:
    """The (start, count) ranges beside the way from leaf to root, leaf first."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    found, start, count = [], 0, size
    while count > 1:
        left = 1 << (count - 1).bit_length() - 1
        if index < start + left:
            found.append((start + left, count - left))
            count = left
        else:
            found.append((start, left))
            start, count = start + left, count - left
    return found[::-1]


def _cover(start: int, count: int) -> tuple[Coordinates, ...]:
    """The largest complete subtrees over a range that starts at a subtree's edge."""
    found = []
    for level in reversed(range(count.bit_length())):
        if count >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return tuple(found)


def _range_hash(span: tuple[int, int], node: NodeReader) -> bytes:
    return root([node(level, index) for level, index in _cover(*span)])
